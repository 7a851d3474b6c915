//! One client a vault, whose requests carry their token from the first.
//!
//! The SDK sends its first request without a token, to be told which one is wanted. For a vault of a known domain that is no
//! news: the token goes with the request, and the answer is the secret. Elsewhere, and where the vault wants another, the
//! SDK's own way stays as it is.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use azure_core::{
    Bytes,
    credentials::AccessToken,
    http::{
        Context, Method, Request,
        headers::AUTHORIZATION,
        policies::{Policy, PolicyResult},
    },
};
use azure_security_keyvault_secrets::{SecretClient, SecretClientOptions};
use nuages_provider::{Environment, Error, async_trait};
use nuages_provider_http::{HostPolicy, HttpClient};

use super::names::{self, Vault};
use crate::{
    cloud::{self, CLOUDS},
    error,
    identity::{Login, Shared},
    settings::Who,
    transport::{Transport, carried},
};

/// How long the connection that is opened ahead may take.
const AHEAD_LIMIT: Duration = Duration::from_secs(5);

/// The vaults of an instance.
#[derive(Clone)]
pub(super) struct Vaults {
    environment: Environment,
    who: Who,
    default: Option<Vault>,
    open: Arc<Mutex<BTreeMap<Vault, Arc<Opened>>>>,
}

/// A vault with what asks it.
pub(super) struct Opened {
    pub(super) vault: Vault,
    pub(super) client: SecretClient,
    pub(super) login: Arc<Login>,
    pub(super) scope: Option<String>,
}

impl Vaults {
    pub(super) fn new(environment: Environment, who: Who, default: Option<Vault>) -> Self {
        Self {
            environment,
            who,
            default,
            open: Arc::default(),
        }
    }

    /// Fetches the token of the instance's vault, and opens the connection to it meanwhile.
    pub(super) async fn log_in(&self) -> Result<(), Error> {
        let Some(vault) = &self.default else {
            return Ok(());
        };
        let opened = self.opened(vault)?;
        let Some(scope) = &opened.scope else {
            return Ok(());
        };
        ahead(&self.environment, vault)?;
        opened.login.token(scope).await.map(drop)
    }

    /// The vault of this name, or the instance's own.
    pub(super) fn find(&self, name: Option<&str>) -> Result<Arc<Opened>, Error> {
        let named = name
            .map(|name| names::vault(name, self.who.cloud()))
            .transpose()?;
        let vault = named.as_ref().or(self.default.as_ref()).ok_or_else(|| {
            Error::invalid_settings("no vault is named")
                .with_hint("give the instance a `vault`, or write `vault/name` in the reference")
        })?;
        self.opened(vault)
    }

    fn opened(&self, vault: &Vault) -> Result<Arc<Opened>, Error> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(opened) = open.get(vault) {
            return Ok(Arc::clone(opened));
        }
        let who = self.who.in_cloud(cloud::of_vault(&vault.host));
        let login = Login::of(&self.environment, &who)?;
        let scope = cloud::vault_resource(&vault.host).map(|resource| error::scope(&resource));
        let transport = Transport::new(
            HttpClient::shared(&self.environment)?,
            policy(),
            error::vault,
        );
        let mut options = transport.options(&who.authority().url);
        if let Some(scope) = &scope {
            options.per_try_policies.push(Arc::new(FromTheFirst {
                host: vault.host.clone(),
                scope: scope.clone(),
                login: Arc::clone(&login),
            }));
        }
        let client = SecretClient::new(
            &vault.url,
            Arc::new(Shared(Arc::clone(&login))),
            Some(SecretClientOptions {
                client_options: options,
                // An emulator on this machine speaks of the vaults it stands for.
                verify_challenge_resource: Some(!vault.is_endpoint),
                ..SecretClientOptions::default()
            }),
        )
        .map_err(|failure| {
            Error::invalid_settings(format!("`{}` is no vault's URL", vault.host))
                .with_source(failure)
        })?;
        let opened = Arc::new(Opened {
            vault: vault.clone(),
            client,
            login,
            scope,
        });
        open.insert(vault.clone(), Arc::clone(&opened));
        Ok(opened)
    }
}

impl Opened {
    /// The token that the vault's requests carry.
    pub(super) async fn token(&self) -> Result<AccessToken, Error> {
        let resource = &CLOUDS[0].vaults[1..];
        match &self.scope {
            Some(scope) => self.login.token(scope).await,
            None => {
                self.login
                    .token(&format!("https://{resource}/.default"))
                    .await
            }
        }
    }
}

/// The vaults and managed HSMs of all clouds; this machine is always allowed.
fn policy() -> HostPolicy {
    let domains: Vec<&str> = CLOUDS
        .iter()
        .flat_map(|cloud| [cloud.vaults, cloud.hsms])
        .collect();
    HostPolicy::below(&domains)
}

/// Opens a connection with a request that carries no token and whose answer nobody waits for.
fn ahead(environment: &Environment, vault: &Vault) -> Result<(), Error> {
    let client = HttpClient::shared(environment)?;
    let request = http::Request::head(format!("{}/", vault.url)).body(Bytes::new());
    if let Ok(request) = request {
        tokio::spawn(async move {
            // Whatever is wrong there, the request that matters will say.
            drop(client.send(request, &policy(), Some(AHEAD_LIMIT)).await);
        });
    }
    Ok(())
}

/// Gives a request for a secret its token where the SDK left it without.
#[derive(Debug)]
struct FromTheFirst {
    host: String,
    scope: String,
    login: Arc<Login>,
}

#[async_trait]
impl Policy for FromTheFirst {
    async fn send(
        &self,
        context: &Context,
        request: &mut Request,
        next: &[Arc<dyn Policy>],
    ) -> PolicyResult {
        // Not where the SDK has put the body aside until it is asked for a token.
        let is_bare = request.method() == Method::Get
            && request.headers().get_optional_str(&AUTHORIZATION).is_none();
        let is_ours = request
            .url()
            .host_str()
            .is_some_and(|host| host.eq_ignore_ascii_case(&self.host));
        if is_bare && is_ours {
            let token = self.login.token(&self.scope).await.map_err(carried)?;
            request.insert_header(AUTHORIZATION, format!("Bearer {}", token.token.secret()));
        }
        next[0].send(context, request, &next[1..]).await
    }
}
