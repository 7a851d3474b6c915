//! Which credential the environment holds: decided by what is there, in one fixed order, without trying any.
//!
//! The order is that of `DefaultAzureCredential` (<https://learn.microsoft.com/azure/developer/python/sdk/authentication/credential-chains>),
//! with the federated tokens of build services between; `AZURE_TOKEN_CREDENTIALS` narrows it in the same words.

use std::path::PathBuf;

use nuages_provider::{Environment, Error};

use crate::settings::Who;

/// A credential that can be used as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Source {
    ClientSecret,
    ClientCertificate(PathBuf),
    WorkloadIdentity(PathBuf),
    AzurePipelines,
    GitHubActions,
    /// App Service, Functions or Container Apps.
    AppService,
    /// A machine's own metadata service.
    Machine,
    AzureCli,
    AzureDeveloperCli,
}

/// What was chosen, and as whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Choice {
    pub(super) source: Source,
    pub(super) client_id: Option<String>,
    pub(super) tenant: Option<String>,
    /// Nothing else was there: what fails then is explained by that.
    is_last: bool,
}

impl Source {
    /// In words that fit before a colon.
    pub(super) fn words(&self) -> String {
        match self {
            Self::ClientSecret => "client secret".to_owned(),
            Self::ClientCertificate(path) => format!("client certificate `{}`", path.display()),
            Self::WorkloadIdentity(_) => "workload identity".to_owned(),
            Self::AzurePipelines => "service connection of Azure Pipelines".to_owned(),
            Self::GitHubActions => "identity token of GitHub Actions".to_owned(),
            Self::AppService => "managed identity of the app".to_owned(),
            Self::Machine => "managed identity of the machine".to_owned(),
            Self::AzureCli => "Azure CLI".to_owned(),
            Self::AzureDeveloperCli => "Azure Developer CLI".to_owned(),
        }
    }

    /// Where to look when something else than a token comes from there.
    pub(super) fn where_to_look(&self) -> Option<&'static str> {
        match self {
            Self::AppService => Some("look who answers at `IDENTITY_ENDPOINT`"),
            Self::AzureCli => Some(
                "run `az account get-access-token` by hand; it has to be of version 2.54 or later",
            ),
            Self::AzureDeveloperCli => Some("run `azd auth token` by hand"),
            _ => None,
        }
    }

    /// Whether the manifest's or the environment's client ID says which identity it is, rather than being a part of it.
    fn needs_application(&self) -> bool {
        !matches!(
            self,
            Self::AppService | Self::Machine | Self::AzureCli | Self::AzureDeveloperCli
        )
    }
}

impl Choice {
    /// What to do where the machine's metadata service was only asked because nothing else was there.
    pub(super) fn last_resort(&self) -> Option<&'static str> {
        self.is_last.then_some(
            "the environment holds no credential: `AZURE_FEDERATED_TOKEN_FILE`, `AZURE_CLIENT_SECRET`, `AZURE_CLIENT_CERTIFICATE_PATH` or `IDENTITY_ENDPOINT`; on a laptop, `az login`",
        )
    }
}

/// Chooses.
///
/// # Errors
/// `InvalidSettings` where the chosen one is not whole.
pub(super) fn choose(environment: &Environment, who: &Who) -> Result<Choice, Error> {
    let seen = Seen {
        environment,
        client_id: who.client_id.clone(),
        tenant: who.tenant.clone(),
    };
    if let Some(name) = &who.credential {
        return seen.named(name, "the instance's `credential`");
    }
    let narrowed = environment
        .text("AZURE_TOKEN_CREDENTIALS")
        .map(|text| text.trim().to_ascii_lowercase())
        .filter(|text| !text.is_empty());
    match narrowed.as_deref() {
        None => seen.any(true, true),
        Some("prod") => seen.any(true, false),
        Some("dev") => seen.any(false, true),
        Some(name) => {
            let ours = sdk_name(name).ok_or_else(|| {
                Error::invalid_settings(
                    "`AZURE_TOKEN_CREDENTIALS` in the environment names no credential that is known here",
                )
                .with_hint("`prod`, `dev`, or a credential such as `ManagedIdentityCredential`")
            })?;
            if ours == "environment" {
                return seen.service_principal().unwrap_or_else(|| {
                    Err(Error::invalid_settings(
                        "neither `AZURE_CLIENT_SECRET` nor `AZURE_CLIENT_CERTIFICATE_PATH` is in the environment",
                    )
                    .with_hint("`AZURE_TOKEN_CREDENTIALS` asks for one of them"))
                });
            }
            seen.named(ours, "`AZURE_TOKEN_CREDENTIALS`")
        }
    }
}

/// Our name for a credential of the Azure SDKs, which is given in lower case.
fn sdk_name(name: &str) -> Option<&'static str> {
    Some(match name {
        "environmentcredential" => "environment",
        "workloadidentitycredential" => "workload-identity",
        "managedidentitycredential" => "managed-identity",
        "azureclicredential" => "azure-cli",
        "azuredeveloperclicredential" => "azure-developer-cli",
        _ => return None,
    })
}

/// What the environment and the manifest hold.
struct Seen<'a> {
    environment: &'a Environment,
    client_id: Option<String>,
    tenant: Option<String>,
}

impl Seen<'_> {
    /// The first that is there; the machine's metadata service where nothing is.
    fn any(&self, deployed: bool, developer: bool) -> Result<Choice, Error> {
        let has = |name: &str| self.environment.text(name).is_some();
        if deployed {
            if let Some(choice) = self.service_principal() {
                return choice;
            }
            for (is_there, name, because) in [
                (
                    has("AZURE_FEDERATED_TOKEN_FILE"),
                    "workload-identity",
                    "`AZURE_FEDERATED_TOKEN_FILE`",
                ),
                (
                    has("SYSTEM_OIDCREQUESTURI") && has("AZURESUBSCRIPTION_SERVICE_CONNECTION_ID"),
                    "azure-pipelines",
                    "`AZURESUBSCRIPTION_SERVICE_CONNECTION_ID`",
                ),
                (
                    has("ACTIONS_ID_TOKEN_REQUEST_URL")
                        && self.client_id("AZURE_CLIENT_ID").is_some(),
                    "github-actions",
                    "`ACTIONS_ID_TOKEN_REQUEST_URL`",
                ),
                (
                    has("IDENTITY_ENDPOINT") || has("MSI_ENDPOINT"),
                    "managed-identity",
                    "`IDENTITY_ENDPOINT`",
                ),
            ] {
                if is_there {
                    return self.named(name, because);
                }
            }
        }
        if developer {
            for (program, place, name) in [
                ("az", self.azure_directory(), "azure-cli"),
                ("azd", self.home_directory(".azd"), "azure-developer-cli"),
            ] {
                if place.is_some_and(|place| place.is_dir()) && self.is_on_path(program) {
                    return self.named(name, "the environment");
                }
            }
        }
        if !deployed {
            return Err(Error::invalid_settings(
                "neither the Azure CLI nor the Azure Developer CLI is set up here",
            )
            .with_hint("`az login`, or `azd auth login`"));
        }
        Ok(Choice {
            is_last: true,
            ..self.named("managed-identity", "the environment")?
        })
    }

    fn service_principal(&self) -> Option<Result<Choice, Error>> {
        let has = |name: &str| self.environment.text(name).is_some();
        if has("AZURE_CLIENT_SECRET") {
            return Some(self.named("client-secret", "`AZURE_CLIENT_SECRET`"));
        }
        has("AZURE_CLIENT_CERTIFICATE_PATH")
            .then(|| self.named("client-certificate", "`AZURE_CLIENT_CERTIFICATE_PATH`"))
    }

    /// The one that is asked for, with all it needs.
    fn named(&self, name: &str, because: &str) -> Result<Choice, Error> {
        let need = |variable: &str| {
            self.environment
                .text(variable)
                .ok_or_else(|| missing(variable, because))
        };
        let source = match name {
            "client-secret" => {
                need("AZURE_CLIENT_SECRET")?;
                Source::ClientSecret
            }
            "client-certificate" => {
                let path = need("AZURE_CLIENT_CERTIFICATE_PATH")?;
                Source::ClientCertificate(self.environment.path(path))
            }
            "workload-identity" => {
                let path = need("AZURE_FEDERATED_TOKEN_FILE")?;
                Source::WorkloadIdentity(self.environment.path(path))
            }
            "azure-pipelines" => {
                need("SYSTEM_OIDCREQUESTURI")?;
                need("SYSTEM_ACCESSTOKEN")?;
                need("AZURESUBSCRIPTION_SERVICE_CONNECTION_ID")?;
                Source::AzurePipelines
            }
            "github-actions" => {
                need("ACTIONS_ID_TOKEN_REQUEST_URL")?;
                need("ACTIONS_ID_TOKEN_REQUEST_TOKEN")?;
                Source::GitHubActions
            }
            "azure-cli" => Source::AzureCli,
            "azure-developer-cli" => Source::AzureDeveloperCli,
            // The settings have been held against the list: this is what is left of it.
            _ => self.managed()?,
        };
        let (client_name, tenant_name) = if source == Source::AzurePipelines {
            ("AZURESUBSCRIPTION_CLIENT_ID", "AZURESUBSCRIPTION_TENANT_ID")
        } else {
            ("AZURE_CLIENT_ID", "AZURE_TENANT_ID")
        };
        let client_id = self.client_id(client_name);
        // A person is logged in to a tenant of their own: the environment's is for services.
        let tenant = match (&self.tenant, &source) {
            (Some(tenant), _) => Some(tenant.clone()),
            (None, Source::AzureCli | Source::AzureDeveloperCli) => None,
            (None, _) => self.environment.text(tenant_name).map(str::to_owned),
        };
        if source.needs_application() {
            for (have, variable, setting) in [
                (&client_id, client_name, "client_id"),
                (&tenant, tenant_name, "tenant"),
            ] {
                let Some(id) = have else {
                    let text = format!(
                        "{} needs `{variable}` in the environment, or `{setting}` in the manifest",
                        source.words()
                    );
                    return Err(Error::invalid_settings(text)
                        .with_hint(format!("it was chosen because of {because}")));
                };
                crate::settings::check_id(&format!("`{variable}` in the environment"), id)?;
            }
        }
        Ok(Choice {
            source,
            client_id,
            tenant,
            is_last: false,
        })
    }

    /// Which managed identity's endpoint there is; those that no Azure SDK for Rust can talk to are told.
    fn managed(&self) -> Result<Source, Error> {
        let has = |name: &str| self.environment.var(name).is_some();
        let unsupported = |name: &str| {
            Err(Error::new(
                nuages_provider::ErrorKind::Unsupported,
                format!("the managed identity of {name} cannot be used"),
            )
            .with_hint("name another `credential`, such as `client-certificate`"))
        };
        if has("IDENTITY_ENDPOINT") {
            if has("IDENTITY_HEADER") {
                if has("IDENTITY_SERVER_THUMBPRINT") {
                    return unsupported("Service Fabric");
                }
                return Ok(Source::AppService);
            }
            if has("IMDS_ENDPOINT") {
                return unsupported("Azure Arc");
            }
            return Err(missing("IDENTITY_HEADER", "`IDENTITY_ENDPOINT`"));
        }
        if has("MSI_ENDPOINT") {
            return unsupported(if has("MSI_SECRET") {
                "Azure ML"
            } else {
                "Cloud Shell"
            });
        }
        Ok(Source::Machine)
    }

    fn client_id(&self, variable: &str) -> Option<String> {
        self.client_id
            .clone()
            .or_else(|| self.environment.text(variable).map(str::to_owned))
    }

    /// Where the Azure CLI keeps its logins.
    fn azure_directory(&self) -> Option<PathBuf> {
        self.environment
            .text("AZURE_CONFIG_DIR")
            .map(PathBuf::from)
            .or_else(|| self.home_directory(".azure"))
    }

    fn home_directory(&self, name: &str) -> Option<PathBuf> {
        self.environment.home().map(|home| home.join(name))
    }

    fn is_on_path(&self, program: &str) -> bool {
        let path = self.environment.var("PATH").unwrap_or_default();
        std::env::split_paths(path).any(|directory| directory.join(program).is_file())
    }
}

fn missing(variable: &str, because: &str) -> Error {
    // What a build service holds back until its job asks for it.
    let hint = match variable {
        "SYSTEM_ACCESSTOKEN" => {
            "the task's `env` has to map it: `SYSTEM_ACCESSTOKEN: $(System.AccessToken)`".to_owned()
        }
        "ACTIONS_ID_TOKEN_REQUEST_URL" | "ACTIONS_ID_TOKEN_REQUEST_TOKEN" => {
            "the job needs `permissions: id-token: write`".to_owned()
        }
        _ => format!("{because} asks for it"),
    };
    Error::invalid_settings(format!("`{variable}` is missing in the environment")).with_hint(hint)
}

#[cfg(test)]
mod tests;
