//! An identity and a place: credentials that all instances of one login share, and the SDK's configuration for them.

use std::{fmt, sync::Arc, time::Duration};

use aws_config::{
    BehaviorVersion, SdkConfig, meta::region::RegionProviderChain, retry::RetryConfig,
    stalled_stream_protection::StalledStreamProtectionConfig, timeout::TimeoutConfig,
};
use aws_credential_types::Credentials;
use aws_sdk_sts::config::IdentityCache;
use aws_types::{app_name::AppName, origin::Origin, region::Region};
use nuages_provider::{Environment, Error, Identity};
use nuages_provider_http::HttpClient;

use crate::{
    error::{Action, classify},
    identity::{NoToken, Provided, Shared},
    settings::{Connection, check_endpoints},
    transport::Transport,
};

/// How long a region may take to answer where there is another to ask.
const FAILOVER_AFTER: Duration = Duration::from_secs(5);

/// An opened connection: everything a client needs.
#[derive(Clone)]
pub(crate) struct Session {
    pub(crate) transport: Transport,
    regions: Vec<Region>,
    endpoint: Option<String>,
    configuration: SdkConfig,
    identity: Arc<Shared>,
}

impl Session {
    /// Logs in. Reads no secret.
    pub(crate) async fn open(
        environment: &Environment,
        connection: &Connection,
    ) -> Result<Self, Error> {
        check_endpoints(environment)?;
        let client = HttpClient::shared(environment)?;
        let host = connection
            .endpoint
            .as_ref()
            .map(|endpoint| endpoint.host.as_str());
        // Logging in goes to AWS's own hosts, whatever the store's endpoint is.
        let identity = Shared::of(
            environment,
            connection,
            &Transport::new(client.clone(), None),
        );
        let transport = Transport::new(client, host);
        let mut regions: Vec<Region> = connection
            .regions
            .iter()
            .cloned()
            .map(Region::new)
            .collect();
        let given = regions
            .first()
            .cloned()
            .or_else(|| environment_region(environment));
        let found = identity.log_in(given).await?;
        if regions.is_empty() {
            regions.extend(found);
        }
        let configuration = configuration(
            &identity,
            &transport,
            regions.first().cloned(),
            connection.profile.as_deref(),
        )
        .await;
        Ok(Self {
            transport,
            regions,
            endpoint: connection
                .endpoint
                .as_ref()
                .map(|endpoint| endpoint.url.clone()),
            configuration,
            identity,
        })
    }

    /// The regions to ask in turn, with the time each of them has: the one that a reference names, or the instance's.
    pub(crate) fn regions(
        &self,
        asked: Option<&str>,
    ) -> Result<Vec<(Region, Option<Duration>)>, Error> {
        let regions = match asked {
            Some(region) => vec![Region::new(region.to_owned())],
            None => self.regions.clone(),
        };
        let last = regions.len().checked_sub(1).ok_or_else(|| {
            Error::invalid_settings("no region is known")
                .with_hint("set `AWS_REGION`, or give the instance a `region`")
        })?;
        let limit = |place| (place < last).then_some(FAILOVER_AFTER);
        Ok(regions
            .into_iter()
            .enumerate()
            .map(|(place, region)| (region, limit(place)))
            .collect())
    }

    /// The SDK's configuration, for one region.
    pub(crate) fn configuration(&self, region: Region, transport: Transport) -> SdkConfig {
        let mut builder = self
            .configuration
            .to_builder()
            .region(region)
            .http_client(transport);
        if let Some(url) = &self.endpoint {
            builder.set_endpoint_url(Some(url.clone()));
            // Or the SDK would let `AWS_ENDPOINT_URL` go before what the manifest says.
            builder.insert_origin("endpoint_url", Origin::shared_config());
        }
        builder.build()
    }

    /// The credentials themselves, for signing here, with the moment they end.
    pub(crate) async fn credentials(&self) -> Result<Credentials, Error> {
        self.identity.credentials().await
    }

    /// Who we are, asked of STS.
    pub(crate) async fn identity(&self) -> Result<Identity, Error> {
        let (region, _) = self
            .regions(None)?
            .into_iter()
            .next()
            .ok_or_else(|| Error::invalid_settings("no region is known"))?;
        // The store's own endpoint is not STS's, unless it is an emulator on this machine.
        let configuration = self
            .configuration
            .to_builder()
            .region(region.clone())
            .http_client(self.identity.transport.apart())
            .build();
        let answer = self
            .identity
            .token_service(&configuration)
            .get_caller_identity()
            .send()
            .await
            .map_err(|error| classify(&error, Action("sts:GetCallerIdentity")))?;
        let who = answer.arn().unwrap_or("unknown").to_owned();
        let regions: Vec<&str> = self.regions.iter().map(Region::as_ref).collect();
        Ok(Identity::new(who)
            .with("account", answer.account().unwrap_or("unknown"))
            .with("credentials", self.identity.source().await)
            .with("region", regions.join(", ")))
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("regions", &self.regions)
            .field("endpoint", &self.endpoint)
            .finish_non_exhaustive()
    }
}

/// The SDK's own switches (FIPS, dual-stack, endpoints of single services) from the environment and the profile; retries
/// and time limits are the caller's.
async fn configuration(
    identity: &Arc<Shared>,
    transport: &Transport,
    region: Option<Region>,
    profile: Option<&str>,
) -> SdkConfig {
    let mut loader = aws_config::defaults(BehaviorVersion::latest())
        .http_client(transport.clone())
        .region(RegionProviderChain::first_try(region))
        .credentials_provider(Provided(Arc::clone(identity)))
        .token_provider(NoToken)
        .identity_cache(IdentityCache::no_cache())
        .retry_config(RetryConfig::disabled())
        .timeout_config(TimeoutConfig::disabled())
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled());
    if let Ok(name) = AppName::new("nuages") {
        loader = loader.app_name(name);
    }
    if let Some(profile) = profile {
        loader = loader.profile_name(profile);
    }
    loader.load().await
}

fn environment_region(environment: &Environment) -> Option<Region> {
    let name = environment
        .text("AWS_REGION")
        .or_else(|| environment.text("AWS_DEFAULT_REGION"))?;
    Some(Region::new(name.to_owned()))
}
