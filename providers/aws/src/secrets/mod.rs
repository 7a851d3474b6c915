//! `aws-secrets`: secrets of Secrets Manager, twenty to a call where the policy allows that.

mod fetch;
mod names;
mod put;
mod versions;

use std::sync::atomic::AtomicBool;

use nuages_provider::{
    Capabilities, Descriptor, Environment, Identity, Locator, OpenFuture, OptionSpec, Provider,
    Result, Secret, Settings, Versions, Writer, async_trait,
};

use crate::{
    session::Session,
    settings::{Connection, ENDPOINT, EXTERNAL_ID, PREFIX, PROFILE, REGION, REGIONS, ROLE_ARN},
};

/// The provider.
pub const DESCRIPTOR: Descriptor = Descriptor {
    scheme: "aws-secrets",
    summary: "AWS Secrets Manager",
    capabilities: Capabilities {
        max_batch: 20,
        concurrency: 10,
        versions: true,
        writable: true,
        ..Capabilities::REMOTE
    },
    settings: &[
        PREFIX,
        REGION,
        REGIONS,
        PROFILE,
        ROLE_ARN,
        EXTERNAL_ID,
        ENDPOINT,
    ],
    options: &[
        OptionSpec {
            name: "version_id",
            summary: "an earlier version, by its ID",
        },
        OptionSpec {
            name: "stage",
            summary: "the version at this stage, such as AWSPREVIOUS [default: AWSCURRENT]",
        },
        Versions::OPTION,
        OptionSpec {
            name: "region",
            summary: "another region than the instance's",
        },
    ],
    bootstrap: crate::BOOTSTRAP,
    parse: names::parse,
    open,
};

/// An opened instance.
struct SecretsManager {
    session: Session,
    prefix: String,
    /// Cleared when the policy turns out not to allow reading several at once.
    may_batch: AtomicBool,
}

fn open(settings: Settings, environment: Environment) -> OpenFuture {
    Box::pin(async move {
        let prefix = names::prefix(settings.text("prefix").unwrap_or_default())?;
        let connection = Connection::read(&settings)?;
        let session = Session::open(&environment, &connection).await?;
        Ok(Box::new(SecretsManager {
            session,
            prefix,
            may_batch: AtomicBool::new(true),
        }) as Box<dyn Provider>)
    })
}

#[async_trait]
impl Provider for SecretsManager {
    async fn fetch(&self, locators: &[Locator]) -> Vec<Result<Secret>> {
        fetch::fetch(self, locators).await
    }

    async fn check(&self) -> Result<Identity> {
        let (identity, endpoint) =
            tokio::join!(self.session.identity(), fetch::knock(&self.session));
        Ok(identity?.with("endpoint", endpoint?))
    }

    fn writer(&self) -> Option<&dyn Writer> {
        Some(self)
    }
}
