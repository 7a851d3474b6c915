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
    let narrowed = environment.text("AZURE_TOKEN_CREDENTIALS");
    match narrowed {
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
                    Err(missing("AZURE_CLIENT_SECRET", "`AZURE_TOKEN_CREDENTIALS`"))
                });
            }
            seen.named(ours, "`AZURE_TOKEN_CREDENTIALS`")
        }
    }
}

/// Our name for a credential of the Azure SDKs.
fn sdk_name(name: &str) -> Option<&'static str> {
    Some(match name.to_ascii_lowercase().as_str() {
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
            for (is_there, name) in [
                (has("AZURE_FEDERATED_TOKEN_FILE"), "workload-identity"),
                (
                    has("SYSTEM_OIDCREQUESTURI") && has("AZURESUBSCRIPTION_SERVICE_CONNECTION_ID"),
                    "azure-pipelines",
                ),
                (
                    has("ACTIONS_ID_TOKEN_REQUEST_URL")
                        && self.client_id("AZURE_CLIENT_ID").is_some(),
                    "github-actions",
                ),
                (
                    has("IDENTITY_ENDPOINT") || has("MSI_ENDPOINT"),
                    "managed-identity",
                ),
            ] {
                if is_there {
                    return self.named(name, "the environment");
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
    Error::invalid_settings(format!("`{variable}` is missing in the environment"))
        .with_hint(format!("{because} asks for it"))
}

#[cfg(test)]
mod tests {
    use nuages_provider::Settings;

    use super::*;

    fn chosen(variables: &[(&str, &str)], settings: &Settings) -> Result<Choice, Error> {
        let variables = variables
            .iter()
            .map(|(name, value)| ((*name).into(), (*value).into()));
        let environment = Environment::new(variables, "/project");
        let who = Who::read(settings, &environment)?;
        choose(&environment, &who)
    }

    fn source(variables: &[(&str, &str)]) -> Source {
        chosen(variables, &Settings::new()).unwrap().source
    }

    const IDS: [(&str, &str); 2] = [("AZURE_CLIENT_ID", "app"), ("AZURE_TENANT_ID", "t")];

    fn with<'a>(more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
        IDS.iter().chain(more).copied().collect()
    }

    #[test]
    fn what_is_there_decides() {
        let secret = ("AZURE_CLIENT_SECRET", "x");
        let certificate = ("AZURE_CLIENT_CERTIFICATE_PATH", "app.pem");
        let federated = ("AZURE_FEDERATED_TOKEN_FILE", "/var/run/token");
        let endpoint = [
            ("IDENTITY_ENDPOINT", "http://127.0.0.1:1"),
            ("IDENTITY_HEADER", "x"),
        ];
        let file = Source::WorkloadIdentity("/var/run/token".into());
        assert_eq!(
            source(&with(&[secret, certificate, federated])),
            Source::ClientSecret
        );
        assert_eq!(
            source(&with(&[certificate, federated])),
            Source::ClientCertificate("/project/app.pem".into())
        );
        assert_eq!(source(&with(&[federated, endpoint[0], endpoint[1]])), file);
        assert_eq!(source(&endpoint), Source::AppService);
        let github = [
            ("ACTIONS_ID_TOKEN_REQUEST_URL", "https://x"),
            ("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "x"),
        ];
        assert_eq!(source(&with(&github)), Source::GitHubActions);
        let nothing = chosen(&[], &Settings::new()).unwrap();
        assert_eq!(nothing.source, Source::Machine);
        assert!(nothing.last_resort().is_some());
    }

    #[test]
    fn the_manifest_decides_before() {
        let all = with(&[
            ("AZURE_CLIENT_SECRET", "x"),
            ("AZURE_FEDERATED_TOKEN_FILE", "/f"),
        ]);
        let settings = Settings::new()
            .with_text("credential", "workload-identity")
            .with_text("client_id", "other");
        let choice = chosen(&all, &settings).unwrap();
        assert_eq!(choice.source, Source::WorkloadIdentity("/f".into()));
        assert_eq!(choice.client_id.as_deref(), Some("other"));
        let machine = Settings::new().with_text("credential", "managed-identity");
        let choice = chosen(&all, &machine).unwrap();
        assert_eq!(
            (choice.source.clone(), choice.last_resort()),
            (Source::Machine, None)
        );
    }

    #[test]
    fn the_sdks_own_variable_narrows_it() {
        let all = with(&[
            ("AZURE_CLIENT_SECRET", "x"),
            ("AZURE_TOKEN_CREDENTIALS", "ManagedIdentityCredential"),
        ]);
        assert_eq!(source(&all), Source::Machine);
        let error = chosen(&[("AZURE_TOKEN_CREDENTIALS", "dev")], &Settings::new()).unwrap_err();
        assert!(
            error.message().starts_with("neither the Azure CLI"),
            "{error}"
        );
        let error =
            chosen(&[("AZURE_TOKEN_CREDENTIALS", "hunter2")], &Settings::new()).unwrap_err();
        assert!(!error.message().contains("hunter2"));
    }

    #[test]
    fn half_a_credential_is_told() {
        let message = |variables: &[(&str, &str)]| {
            chosen(variables, &Settings::new())
                .unwrap_err()
                .message()
                .to_owned()
        };
        assert_eq!(
            message(&[("AZURE_CLIENT_SECRET", "x"), ("AZURE_CLIENT_ID", "app")]),
            "client secret needs `AZURE_TENANT_ID` in the environment, or `tenant` in the manifest"
        );
        assert_eq!(
            message(&[("IDENTITY_ENDPOINT", "http://127.0.0.1:1")]),
            "`IDENTITY_HEADER` is missing in the environment"
        );
        assert_eq!(
            message(&[("MSI_ENDPOINT", "http://127.0.0.1:1")]),
            "the managed identity of Cloud Shell cannot be used"
        );
    }
}
