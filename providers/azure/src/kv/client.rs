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
use nuages_provider::{Environment, Error, ErrorKind, Identity, Retry, async_trait};
use nuages_provider_http::{CONNECT_LIMIT, HostPolicy, HttpClient};
use tokio::sync::watch;

use super::names::{self, Vault};
use crate::{
    cloud::{self, CLOUDS},
    error,
    identity::{Login, Shared},
    settings::Who,
    transport::{Transport, carried},
};

/// How long the connection that is opened ahead may take, with the answer that shows it to be there.
const AHEAD_LIMIT: Duration = CONNECT_LIMIT.saturating_add(Duration::from_secs(1));

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

    /// Fetches the token of the instance's vault, while the connection to it is being opened.
    pub(super) async fn log_in(&self) -> Result<(), Error> {
        let Some(vault) = &self.default else {
            return Ok(());
        };
        let opened = self.opened(vault)?;
        match &opened.scope {
            Some(scope) => opened.login.token(scope).await.map(drop),
            None => Ok(()),
        }
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

    /// Whether the instance says its vault; else each reference does.
    pub(super) fn have_default(&self) -> bool {
        self.default.is_some()
    }

    /// Who we are, without a vault to ask.
    pub(super) async fn identity(&self) -> Result<Identity, Error> {
        let login = Login::of(&self.environment, &self.who)?;
        let resource = self.who.cloud().vault_resource();
        let token = login.token(&error::scope(&resource)).await?;
        Ok(login.identity(&token))
    }

    fn opened(&self, vault: &Vault) -> Result<Arc<Opened>, Error> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(opened) = open.get(vault) {
            return Ok(Arc::clone(opened));
        }
        let of_vault = cloud::of_vault(&vault.host);
        if let (Some(of_vault), Some(ours)) = (of_vault, self.who.cloud)
            && of_vault != ours
        {
            let text = format!(
                "`{}` is in the cloud `{}`, and the login is in `{}`",
                vault.host, of_vault.name, ours.name
            );
            return Err(Error::invalid_settings(text)
                .with_hint("look at the instance's `cloud`, and at `AZURE_AUTHORITY_HOST`"));
        }
        let who = self.who.in_cloud(of_vault);
        let login = Login::of(&self.environment, &who)?;
        let scope = cloud::vault_resource(&vault.host).map(|resource| error::scope(&resource));
        let http = HttpClient::shared(&self.environment)?;
        let transport = Transport::new(http.clone(), policy(), error::vault);
        let mut options = transport.options(&who.authority().url);
        if let Some(scope) = &scope {
            // Of all instances that name this vault.
            let ahead = self
                .environment
                .shared(&format!("ahead {}", vault.url), || {
                    Ahead::start(http.clone(), vault)
                });
            options.per_try_policies.push(Arc::new(FromTheFirst {
                host: vault.host.clone(),
                scope: scope.clone(),
                login: Arc::clone(&login),
                ahead,
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
        let of_cloud = || error::scope(&self.login.who().cloud().vault_resource());
        // An emulator's domain says nothing: it stands for the vaults of the login's cloud.
        let scope = self.scope.clone().unwrap_or_else(of_cloud);
        self.login.token(&scope).await
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

/// A connection that is opened while the token is fetched, with a request that carries none: whether it is there, a vault
/// tells everybody. The requests for secrets wait for it: it takes them all, where each would otherwise open its own.
#[derive(Debug)]
struct Ahead(watch::Receiver<Option<Error>>);

impl Ahead {
    fn start(client: HttpClient, vault: &Vault) -> Self {
        let (failed, end) = watch::channel(None);
        let request = http::Request::head(format!("{}/healthstatus", vault.url)).body(Bytes::new());
        if let Ok(request) = request {
            tokio::spawn(async move {
                let sent = client.send(request, &policy(), Some(AHEAD_LIMIT)).await;
                let error = sent.err().map(|error| error.to_error());
                // What may pass the request that matters finds out itself; what stays as it is, it need not wait for again.
                if let Some(error) = error.filter(is_final) {
                    failed.send_replace(Some(error));
                }
            });
        }
        Self(end)
    }

    /// Waits until it is there, or known not to be.
    async fn ready(&self) -> Result<(), Error> {
        let mut end = self.0.clone();
        // It ends when the task does, which keeps the other half.
        while end.changed().await.is_ok() {}
        let failure = end.borrow();
        match &*failure {
            Some(error) => Err(error.repeat()),
            None => Ok(()),
        }
    }
}

/// Whether no other connection would be any better. An answer that is none says nothing of that.
fn is_final(error: &Error) -> bool {
    error.retry() == Retry::Never && error.kind() != ErrorKind::Malformed
}

/// Gives a request for a secret its token where the SDK left it without.
#[derive(Debug)]
struct FromTheFirst {
    host: String,
    scope: String,
    login: Arc<Login>,
    ahead: Arc<Ahead>,
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
            self.ahead.ready().await.map_err(carried)?;
            request.insert_header(AUTHORIZATION, format!("Bearer {}", token.token.secret()));
        }
        next[0].send(context, request, &next[1..]).await
    }
}
