//! The variables a process needs to find itself in this cloud, one kind of place at a time.

use std::io;

use crate::cloud::{FakeCloud, SERVICE_CONNECTION};
use crate::lock;
use crate::oidc::{CLUSTER_ISSUER, CLUSTER_SUBJECT};
use crate::world::{CLIENT_ID, EXCHANGE, TENANT};

/// Names and values.
pub type Variables = Vec<(String, String)>;

/// Seconds the token lives that a cluster puts into a file.
const LIFE: i64 = 3_600;

impl FakeCloud {
    /// What leads every host of Azure here: `HTTPS_PROXY` and `SSL_CERT_FILE`. The others below hold it as well.
    pub fn environment_network(&self) -> Variables {
        variables([
            ("HTTPS_PROXY", self.proxy_url()),
            ("SSL_CERT_FILE", self.ca_file().display().to_string()),
        ])
    }

    /// App Service, Functions or Container Apps with a managed identity.
    pub fn environment_app_service(&self) -> Variables {
        self.with([
            (
                "IDENTITY_ENDPOINT",
                format!("{}/msi/token", self.http_url()),
            ),
            ("IDENTITY_HEADER", self.identity_header()),
        ])
    }

    /// A pod of AKS with workload identity: [`CLIENT_ID`] and a fresh token of its service account in a file.
    ///
    /// # Errors
    ///
    /// The file cannot be written.
    pub fn environment_workload_identity(&self) -> io::Result<Variables> {
        let path = self.directory().join("azure-identity-token");
        let token = self.federated_token(CLUSTER_ISSUER, CLUSTER_SUBJECT, EXCHANGE, LIFE);
        std::fs::write(&path, token)?;
        Ok(self.application([
            ("AZURE_AUTHORITY_HOST", LOGIN.to_owned()),
            ("AZURE_FEDERATED_TOKEN_FILE", path.display().to_string()),
        ]))
    }

    /// [`CLIENT_ID`] with its client secret.
    pub fn environment_client_secret(&self) -> Variables {
        self.application([("AZURE_CLIENT_SECRET", self.client_secret().to_owned())])
    }

    /// [`CLIENT_ID`] with its certificate, key and certificate in one PEM file.
    pub fn environment_certificate(&self) -> Variables {
        let path = self.certificate_file().display().to_string();
        self.application([("AZURE_CLIENT_CERTIFICATE_PATH", path)])
    }

    /// A job of GitHub Actions with the permission `id-token: write`, for [`CLIENT_ID`].
    pub fn environment_github(&self) -> Variables {
        let url = format!(
            "https://run-actions-1-azure-eastus.actions.githubusercontent.com/57/{PLAN}/_apis/distributedtask/hubs/Actions/plans/{PLAN}/jobs/{JOB}/idtoken?api-version=2.0"
        );
        let token = lock(&self.shared.world).jobs.github_token.clone();
        self.application([
            ("GITHUB_ACTIONS", "true".to_owned()),
            ("ACTIONS_ID_TOKEN_REQUEST_URL", url),
            ("ACTIONS_ID_TOKEN_REQUEST_TOKEN", token),
        ])
    }

    /// A job of Azure Pipelines within a task that logs in by its service connection, as [`CLIENT_ID`].
    pub fn environment_pipelines(&self) -> Variables {
        let url = format!(
            "https://dev.azure.com/shop/9f2d7c15-6b48-4e03-8a91-d4c5e6f70a2b/_apis/distributedtask/hubs/build/plans/{PLAN}/jobs/{JOB}/oidctoken"
        );
        let token = lock(&self.shared.world).jobs.pipelines_token.clone();
        self.with([
            ("TF_BUILD", "True".to_owned()),
            ("SYSTEM_OIDCREQUESTURI", url),
            ("SYSTEM_ACCESSTOKEN", token),
            ("AZURESUBSCRIPTION_TENANT_ID", TENANT.to_owned()),
            ("AZURESUBSCRIPTION_CLIENT_ID", CLIENT_ID.to_owned()),
            (
                "AZURESUBSCRIPTION_SERVICE_CONNECTION_ID",
                SERVICE_CONNECTION.to_owned(),
            ),
        ])
    }

    /// A virtual machine, whose identity is asked for at 169.254.169.254 without any variable: let the cloud listen there
    /// ([`listen_on`](crate::Builder::listen_on)). Microsoft's Python library reaches it here without that.
    pub fn environment_imds(&self) -> Variables {
        self.with([("AZURE_POD_IDENTITY_AUTHORITY_HOST", self.http_url())])
    }

    fn with<const N: usize>(&self, more: [(&str, String); N]) -> Variables {
        let mut all = self.environment_network();
        all.extend(variables(more));
        all
    }

    fn application<const N: usize>(&self, more: [(&str, String); N]) -> Variables {
        let mut all = self.with([
            ("AZURE_TENANT_ID", TENANT.to_owned()),
            ("AZURE_CLIENT_ID", CLIENT_ID.to_owned()),
        ]);
        all.extend(variables(more));
        all
    }
}

const LOGIN: &str = "https://login.microsoftonline.com/";
const PLAN: &str = "1d6b3f7e-5a2c-4c89-b0e4-8f97d163a25c";
const JOB: &str = "12f1170f-54f2-53f3-20dd-22fc7dff55f9";

fn variables<const N: usize>(pairs: [(&str, String); N]) -> Variables {
    pairs
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
}
