//! One login, shared by all instances that log in alike: made once, kept fresh, and the role on top of it.

use std::{
    fmt,
    sync::Arc,
    time::{Duration, SystemTime},
};

use aws_config::{
    BehaviorVersion, SdkConfig, profile::ProfileFileRegionProvider,
    provider_config::ProviderConfig, retry::RetryConfig, timeout::TimeoutConfig,
};
use aws_credential_types::{
    Credentials,
    provider::{
        self, ProvideCredentials,
        error::{CredentialsError, TokenError},
        future,
        token::ProvideToken,
    },
};
use aws_sdk_sts::config::IdentityCache;
use aws_types::region::Region;
use nuages_provider::{Environment, Error, ErrorKind, Retry};
use tokio::sync::{Mutex, OnceCell};

use crate::{
    error::{Action, classify},
    login::{self, Login, METADATA_LIMIT, SESSION_NAME},
    settings::{Connection, Role},
    sources::Source,
    transport::Transport,
};

/// Credentials with less life than this are fetched anew before they are used.
const TOO_OLD: Duration = Duration::from_mins(5);

/// One login, shared by all instances that log in alike.
pub(crate) struct Shared {
    environment: Environment,
    pub(crate) transport: Transport,
    profile: Option<String>,
    role: Option<Role>,
    /// Where STS is asked too, where the store is an emulator on this machine.
    emulator: Option<String>,
    state: Mutex<State>,
    /// For instances that name none themselves.
    default_region: OnceCell<Option<Region>>,
}

/// What has come of it so far.
enum State {
    New,
    Open(Box<Opened>),
    /// It cannot work, and need not be tried by every instance.
    Failed(Error),
}

struct Opened {
    login: Login,
    /// Where STS is asked for the role.
    region: Option<Region>,
    /// Of the role, where one is assumed.
    credentials: Option<Credentials>,
}
impl Shared {
    pub(crate) fn of(
        environment: &Environment,
        connection: &Connection,
        transport: &Transport,
    ) -> Arc<Self> {
        let emulator = connection
            .endpoint
            .as_ref()
            .filter(|endpoint| nuages_provider_http::is_loopback(&endpoint.host))
            .map(|endpoint| endpoint.url.clone());
        let key = format!(
            "{:?} {:?} {emulator:?}",
            connection.profile, connection.role
        );
        environment.shared(&key, || Self {
            // Without what is shared: it would hold itself.
            environment: Environment::new(
                environment
                    .variables()
                    .map(|(name, value)| (name.to_owned(), value.to_owned())),
                environment.base(),
            ),
            transport: transport.clone(),
            profile: connection.profile.clone(),
            role: connection.role.clone(),
            emulator: emulator.clone(),
            state: Mutex::new(State::New),
            default_region: OnceCell::new(),
        })
    }

    /// Logs in once for all; the others wait. Gives the region to ask: `given`, or the one that the profile or the
    /// machine itself says.
    pub(crate) async fn log_in(&self, given: Option<Region>) -> Result<Option<Region>, Error> {
        let source = self.open(given.clone()).await?;
        if given.is_some() {
            return Ok(given);
        }
        Ok(self.default_region(&source).await)
    }

    async fn open(&self, given: Option<Region>) -> Result<Source, Error> {
        let mut state = self.state.lock().await;
        match &*state {
            State::Open(opened) => return Ok(opened.login.source.clone()),
            State::Failed(error) => return Err(error.repeat()),
            State::New => {}
        }
        match self.first(given).await {
            Ok(opened) => {
                let source = opened.login.source.clone();
                *state = State::Open(Box::new(opened));
                Ok(source)
            }
            Err(error) => {
                if error.retry() == Retry::Never {
                    *state = State::Failed(error.repeat());
                }
                Err(error)
            }
        }
    }

    async fn first(&self, given: Option<Region>) -> Result<Opened, Error> {
        let profile = self.profile.as_deref();
        let region = match given {
            Some(region) => Some(region),
            None => self.profile_region().await,
        };
        let login =
            login::log_in(&self.environment, &self.transport, profile, region.clone()).await?;
        let region = match region {
            Some(region) => Some(region),
            None => self.default_region(&login.source).await,
        };
        let mut opened = Opened {
            login,
            region,
            credentials: None,
        };
        opened.credentials = self.assume(&opened).await?;
        Ok(opened)
    }

    /// The profile's region, else the machine's own; that one only where its metadata is already known to answer.
    async fn default_region(&self, source: &Source) -> Option<Region> {
        let found = self.default_region.get_or_init(|| async {
            match (self.profile_region().await, source) {
                (None, Source::InstanceMetadata) => self.metadata_region().await,
                (region, _) => region,
            }
        });
        found.await.clone()
    }

    async fn profile_region(&self) -> Option<Region> {
        use aws_config::meta::region::ProvideRegion;
        let mut builder = ProfileFileRegionProvider::builder();
        if let Some(name) = &self.profile {
            builder = builder.profile_name(name);
        }
        builder.build().region().await
    }

    async fn metadata_region(&self) -> Option<Region> {
        use aws_config::imds::region::ImdsRegionProvider;
        let configuration =
            ProviderConfig::without_region().with_http_client(self.transport.clone());
        let provider = ImdsRegionProvider::builder()
            .imds_client(login::metadata_client(&configuration, &self.transport))
            .build();
        let asked = provider.region();
        tokio::time::timeout(METADATA_LIMIT, asked).await.ok()?
    }

    pub(crate) fn token_service(&self, configuration: &SdkConfig) -> aws_sdk_sts::Client {
        let mut builder = aws_sdk_sts::config::Builder::from(configuration);
        if let Some(url) = &self.emulator {
            builder.set_endpoint_url(Some(url.clone()));
        }
        aws_sdk_sts::Client::from_conf(builder.build())
    }

    /// The role's credentials, where the manifest names a role.
    async fn assume(&self, opened: &Opened) -> Result<Option<Credentials>, Error> {
        let Some(role) = &self.role else {
            return Ok(None);
        };
        let region = opened.region.clone().ok_or_else(|| {
            Error::invalid_settings("a role is assumed in a region, and none is known")
                .with_hint("set `AWS_REGION`, or give the instance a `region`")
        })?;
        let mut loader = aws_config::defaults(BehaviorVersion::latest())
            .http_client(self.transport.clone())
            .region(region)
            .credentials_provider(opened.login.provider.clone())
            .token_provider(NoToken)
            .identity_cache(IdentityCache::no_cache())
            .retry_config(RetryConfig::disabled())
            .timeout_config(TimeoutConfig::disabled());
        if let Some(profile) = &self.profile {
            loader = loader.profile_name(profile);
        }
        let configuration = loader.load().await;
        let answer = self
            .token_service(&configuration)
            .assume_role()
            .role_arn(&role.arn)
            .role_session_name(
                self.environment
                    .text("AWS_ROLE_SESSION_NAME")
                    .unwrap_or(SESSION_NAME),
            )
            .set_external_id(role.external_id.clone())
            .send()
            .await
            .map_err(|error| {
                let cause = classify(&error, Action("sts:AssumeRole"));
                let text = format!("cannot assume `{}`: {cause}", role.arn);
                let told = Error::new(cause.kind(), text).with_retry(cause.retry());
                let hint = cause.hint().unwrap_or(
                    "the role's trust policy must name this identity, and its policy allow sts:AssumeRole",
                );
                told.with_hint(hint)
            })?;
        let given = answer.credentials().ok_or_else(|| {
            Error::new(ErrorKind::Malformed, "sts:AssumeRole gave no credentials")
        })?;
        Ok(Some(Credentials::new(
            given.access_key_id(),
            given.secret_access_key(),
            Some(given.session_token().to_owned()),
            SystemTime::try_from(*given.expiration()).ok(),
            "role",
        )))
    }

    /// Credentials with some life left.
    pub(crate) async fn credentials(&self) -> Result<Credentials, Error> {
        let mut state = self.state.lock().await;
        let State::Open(opened) = &mut *state else {
            return Err(Error::new(ErrorKind::Unauthenticated, "not logged in"));
        };
        let current = opened
            .credentials
            .as_ref()
            .unwrap_or(&opened.login.credentials);
        if !is_old(current) {
            return Ok(current.clone());
        }
        let fresh = opened.login.provider.provide_credentials().await;
        opened.login.credentials = fresh.map_err(|error| {
            crate::error::inner(&error).unwrap_or_else(|| {
                let name = opened.login.source.name();
                Error::new(
                    ErrorKind::Unauthenticated,
                    format!("{name} gives no fresh credentials"),
                )
            })
        })?;
        opened.credentials = self.assume(opened).await?;
        Ok(opened
            .credentials
            .as_ref()
            .unwrap_or(&opened.login.credentials)
            .clone())
    }

    /// Where the credentials are from, in words.
    pub(crate) async fn source(&self) -> String {
        let state = self.state.lock().await;
        let State::Open(opened) = &*state else {
            return "none".to_owned();
        };
        match &self.role {
            Some(role) => format!("{}, then `{}`", opened.login.source.name(), role.arn),
            None => opened.login.source.name(),
        }
    }
}

fn is_old(credentials: &Credentials) -> bool {
    credentials
        .expiry()
        .is_some_and(|expiry| SystemTime::now() + TOO_OLD >= expiry)
}

/// No API that is asked here takes a bearer token; the SDK's own search for one would ask the machine for its region.
#[derive(Debug)]
pub(crate) struct NoToken;

impl ProvideToken for NoToken {
    fn provide_token<'a>(&'a self) -> future::ProvideToken<'a>
    where
        Self: 'a,
    {
        future::ProvideToken::ready(Err(TokenError::not_loaded("no token is needed")))
    }
}

/// The shared login as the SDK asks for it.
pub(crate) struct Provided(pub(crate) Arc<Shared>);

impl fmt::Debug for Provided {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Provided")
    }
}

impl ProvideCredentials for Provided {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(async {
            let outcome: provider::Result = self
                .0
                .credentials()
                .await
                .map_err(CredentialsError::provider_error);
            outcome
        })
    }
}
