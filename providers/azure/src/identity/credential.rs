//! A credential of the SDK for what was chosen, over the shared HTTP client.

use std::{sync::Arc, time::Duration};

use azure_core::credentials::{Secret, TokenCredential};
use azure_identity::{
    AzureCliCredential, AzureCliCredentialOptions, AzureDeveloperCliCredential,
    AzureDeveloperCliCredentialOptions, AzurePipelinesCredential, AzurePipelinesCredentialOptions,
    ClientAssertionCredential, ClientAssertionCredentialOptions, ClientSecretCredential,
    ClientSecretCredentialOptions, ManagedIdentityCredential, ManagedIdentityCredentialOptions,
    UserAssignedId, WorkloadIdentityCredential, WorkloadIdentityCredentialOptions,
};
use nuages_provider::{Environment, Error};
use nuages_provider_http::{HostPolicy, HttpClient};

use super::{
    certificate::Certificate,
    command::Runner,
    github::GitHub,
    source::{Choice, Source},
};
use crate::{cloud::CLOUDS, error, settings::Who, transport::Transport};

/// How long a machine's metadata service may take for an answer, once there is a connection.
const METADATA_LIMIT: Duration = Duration::from_millis(2500);

/// Where Azure Pipelines gives a job its identity token, besides `dev.azure.com`.
const PIPELINES: &str = ".visualstudio.com";

/// Where GitHub does.
const GITHUB: &[&str] = &[".actions.githubusercontent.com", ".ghe.com"];

/// Makes the credential.
///
/// # Errors
/// What is wrong with its parts.
pub(super) fn make(
    choice: &Choice,
    who: &Who,
    environment: &Environment,
    client: &HttpClient,
) -> Result<Arc<dyn TokenCredential>, Error> {
    let made = match choice.source {
        Source::AppService | Source::Machine => managed(choice, who, environment, client)?,
        Source::AzureCli | Source::AzureDeveloperCli => tool(choice, environment),
        _ => application(choice, who, environment, client)?,
    };
    made.map_err(|failure| {
        error::inner(&failure).unwrap_or_else(|| {
            Error::invalid_settings(format!("{} cannot be used", choice.source.words()))
                .with_source(failure)
        })
    })
}

/// What the SDK made, or why it did not.
type Made = azure_core::Result<Arc<dyn TokenCredential>>;

/// An application that proves itself to Entra: by a secret, or by an assertion that somebody signed.
fn application(
    choice: &Choice,
    who: &Who,
    environment: &Environment,
    client: &HttpClient,
) -> Result<Made, Error> {
    let authority = who.authority();
    let client_id = choice.client_id.clone().unwrap_or_default();
    let tenant = choice.tenant.clone().unwrap_or_default();
    let variable = |name: &str| environment.text(name).unwrap_or_default().to_owned();
    let entra = || Transport::new(client.clone(), issuers(who), error::token);
    let assertions = ClientAssertionCredentialOptions {
        client_options: entra().options(&authority.url),
    };
    Ok(match &choice.source {
        Source::ClientCertificate(path) => {
            let certificate =
                Certificate::read(path, environment, &authority.url, &tenant, &client_id)?;
            ClientAssertionCredential::new(tenant, client_id, certificate, Some(assertions))
                .map(|made| made as _)
        }
        Source::WorkloadIdentity(path) => {
            readable(path)?;
            WorkloadIdentityCredential::new(Some(WorkloadIdentityCredentialOptions {
                credential_options: assertions,
                client_id: Some(client_id),
                tenant_id: Some(tenant),
                token_file_path: Some(path.clone()),
            }))
            .map(|made| made as _)
        }
        Source::AzurePipelines => {
            let name = "SYSTEM_OIDCREQUESTURI";
            is_of(environment, name, "Azure Pipelines", &pipelines())?;
            AzurePipelinesCredential::new(
                tenant,
                client_id,
                &variable("AZURESUBSCRIPTION_SERVICE_CONNECTION_ID"),
                variable("SYSTEM_ACCESSTOKEN"),
                Some(AzurePipelinesCredentialOptions {
                    credential_options: assertions,
                }),
            )
            .map(|made| made as _)
        }
        Source::GitHubActions => {
            let name = "ACTIONS_ID_TOKEN_REQUEST_URL";
            is_of(environment, name, "GitHub", &HostPolicy::below(GITHUB))?;
            let github = GitHub::new(environment, entra())?;
            ClientAssertionCredential::new(tenant, client_id, github, Some(assertions))
                .map(|made| made as _)
        }
        // What is left of those that `make` sends here.
        _ => ClientSecretCredential::new(
            &tenant,
            client_id,
            Secret::new(variable("AZURE_CLIENT_SECRET")),
            Some(ClientSecretCredentialOptions {
                client_options: assertions.client_options,
            }),
        )
        .map(|made| made as _),
    })
}

/// An identity that the platform or the machine itself vouches for.
fn managed(
    choice: &Choice,
    who: &Who,
    environment: &Environment,
    client: &HttpClient,
) -> Result<Made, Error> {
    let (policy, limit) = metadata(&choice.source, environment)?;
    let transport = Transport::new(client.clone(), policy, error::metadata).limited(limit);
    Ok(
        ManagedIdentityCredential::new(Some(ManagedIdentityCredentialOptions {
            user_assigned_id: choice.client_id.clone().map(UserAssignedId::ClientId),
            client_options: transport.options(&who.authority().url),
        }))
        .map(|made| made as _),
    )
}

/// A person, logged in to a tool.
fn tool(choice: &Choice, environment: &Environment) -> Made {
    let tenant_id = choice.tenant.clone();
    if choice.source == Source::AzureCli {
        return AzureCliCredential::new(Some(AzureCliCredentialOptions {
            tenant_id,
            executor: Some(Runner::shared("az", environment)),
            ..AzureCliCredentialOptions::default()
        }))
        .map(|made| made as _);
    }
    AzureDeveloperCliCredential::new(Some(AzureDeveloperCliCredentialOptions {
        tenant_id,
        executor: Some(Runner::shared("azd", environment)),
    }))
    .map(|made| made as _)
}

/// The authorities of all clouds, what the manifest allows besides, and the services that vouch for a job.
fn issuers(who: &Who) -> HostPolicy {
    let hosts = CLOUDS.iter().flat_map(|cloud| cloud.authorities);
    let services: Vec<&str> = GITHUB.iter().copied().chain([PIPELINES]).collect();
    let policy = hosts.fold(HostPolicy::below(&services), |policy, host| {
        policy.and_host(host)
    });
    let policy = policy.and_host("dev.azure.com");
    match who.authority().allowed {
        Some(host) => policy.and_host(&host),
        None => policy,
    }
}

fn pipelines() -> HostPolicy {
    HostPolicy::below(&[PIPELINES]).and_host("dev.azure.com")
}

/// Refuses to send a job's token anywhere but to the service that gave it.
fn is_of(
    environment: &Environment,
    variable: &str,
    service: &str,
    policy: &HostPolicy,
) -> Result<(), Error> {
    let url = environment.text(variable).map(str::parse::<http::Uri>);
    if let Some(Ok(url)) = url
        && policy.check(&url).is_ok()
    {
        return Ok(());
    }
    let text = format!("`{variable}` in the environment is no https URL of {service}");
    Err(Error::invalid_settings(text).with_hint("the job's runner sets it; look who else does"))
}

/// Where a managed identity's tokens come from: the platform names an address in its own network.
fn metadata(
    source: &Source,
    environment: &Environment,
) -> Result<(HostPolicy, Option<Duration>), Error> {
    if *source == Source::Machine {
        return Ok((HostPolicy::default(), Some(METADATA_LIMIT)));
    }
    let wrong = || {
        Error::invalid_settings(
            "`IDENTITY_ENDPOINT` in the environment is no URL of an address in this network",
        )
        .with_hint("the platform sets it; look who else does")
    };
    let url = environment.text("IDENTITY_ENDPOINT").ok_or_else(wrong)?;
    let uri: http::Uri = url.parse().map_err(|_| wrong())?;
    let host = uri.host().ok_or_else(wrong)?;
    let policy = HostPolicy::default()
        .and_private_host(host)
        .ok_or_else(wrong)?;
    Ok((policy, None))
}

/// Reads the token as the SDK is going to, which would not say what is wrong with it.
fn readable(path: &std::path::Path) -> Result<(), Error> {
    let reason = match super::file::read(path)
        .map(|bytes| String::from_utf8(bytes).map(zeroize::Zeroizing::new))
    {
        Ok(Ok(token)) if !token.trim().is_empty() => return Ok(()),
        Ok(Ok(_)) => "it is empty".to_owned(),
        Ok(Err(_)) => "it is not text".to_owned(),
        Err(reason) => reason,
    };
    let path = path.display();
    Err(Error::new(
        nuages_provider::ErrorKind::Unauthenticated,
        format!("the federated token `{path}` cannot be read: {reason}"),
    )
    .with_hint("look at `AZURE_FEDERATED_TOKEN_FILE`, and at the pod's label `azure.workload.identity/use`"))
}
