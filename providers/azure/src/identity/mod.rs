//! One login, shared by all instances that log in alike: which credential it is, and a token for each resource, fetched
//! once for all who ask and kept while it has some life left.

mod certificate;
mod command;
mod credential;
mod file;
mod github;
mod source;

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant, SystemTime},
};

use azure_core::{
    credentials::{AccessToken, TokenCredential, TokenRequestOptions},
    error::Error as SdkError,
};
use nuages_provider::{Environment, Error, ErrorKind, Identity, Retry, async_trait};
use nuages_provider_http::{HttpClient, is_loopback};

use crate::{claims::Claims, cloud, error, settings::Who, transport::carried};
use source::{Choice, choose};

/// A token with less life than this is fetched anew before it is used.
const TOO_OLD: Duration = Duration::from_mins(5);

/// A token that came within this time is the best there is, however little life it has.
const JUST_FETCHED: Duration = Duration::from_secs(30);

/// A login.
pub(crate) struct Login {
    /// Without what is shared: it would hold itself.
    environment: Environment,
    client: HttpClient,
    who: Who,
    choice: Choice,
    /// By scope. Two scopes never wait for each other.
    tokens: Mutex<HashMap<String, Arc<tokio::sync::Mutex<Kept>>>>,
}

/// What has come of a scope so far.
#[derive(Default)]
struct Kept {
    credential: Option<Arc<dyn TokenCredential>>,
    /// The last one, with the time when it came.
    token: Option<(AccessToken, Instant)>,
    /// The last failure: who waited for it does not ask again.
    failure: Option<Error>,
}

impl Login {
    /// The login of this identity, made by the first instance that asks.
    ///
    /// # Errors
    /// `InvalidSettings` where the environment holds no credential, or half of one.
    pub(crate) fn of(environment: &Environment, who: &Who) -> Result<Arc<Self>, Error> {
        let client = HttpClient::shared(environment)?;
        let key = format!(
            "{:?} {:?} {:?} {}",
            who.credential,
            who.client_id,
            who.tenant,
            who.authority().url
        );
        let made = environment.shared(&key, || {
            let own = Environment::new(
                environment
                    .variables()
                    .map(|(name, value)| (name.to_owned(), value.to_owned())),
                environment.base(),
            );
            let choice = choose(&own, who)?;
            Ok(Arc::new(Self {
                environment: own,
                client: client.clone(),
                who: who.clone(),
                choice,
                tokens: Mutex::default(),
            }))
        });
        match &*made {
            Ok(login) => Ok(Arc::clone(login)),
            Err(error) => {
                let error: &Error = error;
                Err(error.repeat())
            }
        }
    }

    /// A token with some life left. Those who ask for one scope at the same time share one request, and its failure.
    pub(crate) async fn token(&self, scope: &str) -> Result<AccessToken, Error> {
        let kept = {
            let mut tokens = self.tokens.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(tokens.entry(scope.to_owned()).or_default())
        };
        let (mut kept, has_waited) = if let Ok(kept) = kept.try_lock() {
            (kept, false)
        } else {
            (kept.lock().await, true)
        };
        if let Some((token, came)) = &kept.token
            && (!is_old(token) || came.elapsed() < JUST_FETCHED)
        {
            return Ok(token.clone());
        }
        // What just failed for another, or cannot work at all, is not tried by everybody.
        if let Some(failure) = &kept.failure
            && (has_waited || failure.retry() == Retry::Never)
        {
            return Err(failure.repeat());
        }
        match self.ask(&mut kept, scope).await {
            Ok(token) => {
                kept.failure = None;
                kept.token = Some((token.clone(), Instant::now()));
                Ok(token)
            }
            Err(failure) => {
                kept.token = None;
                kept.failure = Some(failure.repeat());
                Err(failure)
            }
        }
    }

    async fn ask(&self, kept: &mut Kept, scope: &str) -> Result<AccessToken, Error> {
        let credential = if let Some(credential) = &kept.credential {
            Arc::clone(credential)
        } else {
            let made = credential::make(&self.choice, &self.who, &self.environment, &self.client)?;
            Arc::clone(kept.credential.insert(made))
        };
        let token = credential
            .get_token(&[scope], None)
            .await
            .map_err(|failure: SdkError| self.explain(&error::told(&failure, "its answer")))?;
        // The SDK takes an answer that holds none for one that holds an empty one.
        if token.token.secret().is_empty() {
            let empty = Error::new(ErrorKind::Malformed, "its answer holds no token")
                .with_hint("look at a proxy on the way");
            return Err(self.explain(&empty));
        }
        Ok(token)
    }

    /// The failure with the credential's name in front, and what to do about it.
    fn explain(&self, told: &Error) -> Error {
        let text = format!("{}: {}", self.choice.source.words(), told.message());
        let error = Error::new(told.kind(), text).with_retry(told.retry());
        let last_resort = self.choice.last_resort();
        let hint = match told.kind() {
            // Who knows which identities there are is the one that was meant.
            ErrorKind::Unauthenticated => told.hint().or(last_resort),
            ErrorKind::Malformed => last_resort
                .or(self.choice.source.where_to_look())
                .or(told.hint()),
            _ => last_resort.or(told.hint()),
        };
        match hint {
            Some(hint) => error.with_hint(hint),
            None => error,
        }
    }

    /// The tenant that is logged in to, where that is known before a token is.
    pub(crate) fn who(&self) -> &Who {
        &self.who
    }

    /// Who we are, as a token says it.
    pub(crate) fn identity(&self, token: &AccessToken) -> Identity {
        let claims = Claims::read(token.token.secret()).unwrap_or_default();
        let name = claims
            .login()
            .or_else(|| claims.application())
            .or_else(|| claims.text("oid"))
            .unwrap_or("an identity that does not say its name");
        let mut identity = Identity::new(name).with("credential", self.choice.source.words());
        for (label, text) in [
            ("application", claims.application()),
            ("tenant", claims.tenant()),
        ] {
            if let Some(text) = text {
                identity = identity.with(label, text);
            }
        }
        identity
    }
}

/// Knows credentials, and shows none.
impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Login")
            .field("source", &self.choice.source)
            .finish_non_exhaustive()
    }
}

fn is_of_a_vault(scope: &str) -> bool {
    let uri = scope.parse::<http::Uri>().ok();
    let domain = uri.as_ref().and_then(http::Uri::host);
    domain.is_some_and(|domain| {
        is_loopback(domain)
            || cloud::vault_resource(&format!("any.{domain}")) == Some(format!("https://{domain}"))
    })
}

fn is_old(token: &AccessToken) -> bool {
    expires(token) <= SystemTime::now() + TOO_OLD
}

/// When a token expires, as the endpoint that gave it said.
pub(crate) fn expires(token: &AccessToken) -> SystemTime {
    let seconds = u64::try_from(token.expires_on.unix_timestamp()).unwrap_or_default();
    SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
}

/// The shared login as the SDK's client of Key Vault asks for it.
#[derive(Clone, Debug)]
pub(crate) struct Shared(pub(crate) Arc<Login>);

#[async_trait]
impl TokenCredential for Shared {
    async fn get_token(
        &self,
        scopes: &[&str],
        _: Option<TokenRequestOptions<'_>>,
    ) -> azure_core::Result<AccessToken> {
        let Some(scope) = scopes.first() else {
            return Err(carried(Error::invalid_settings("a token for nothing")));
        };
        // Whatever a challenge says: a vault is given a token for vaults, and an emulator besides one for itself.
        if !is_of_a_vault(scope) {
            let text = "a token of another service is asked for, which it does not get";
            return Err(carried(Error::new(ErrorKind::Malformed, text)));
        }
        self.0.token(scope).await.map_err(carried)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_vault_is_given_tokens_for_vaults_alone() {
        for scope in [
            "https://vault.azure.net/.default",
            "https://managedhsm.azure.net/.default",
            "https://vault.usgovcloudapi.net/.default",
            "https://localhost:8443/.default",
        ] {
            assert!(is_of_a_vault(scope), "{scope}");
        }
        for scope in [
            "https://management.azure.com/.default",
            "https://azure.net/.default",
            "https://net/.default",
            "https://shop.vault.azure.net/.default",
            "api://shop/.default",
            "",
        ] {
            assert!(!is_of_a_vault(scope), "{scope}");
        }
    }
}
