//! `aws-secrets`: secrets of Secrets Manager, twenty to a call where the policy allows that.

mod fetch;
mod names;
mod put;
mod versions;

use std::{collections::BTreeMap, sync::atomic::AtomicBool};

use nuages_provider::{
    Capabilities, Descriptor, Environment, Identity, Locator, OpenFuture, OptionSpec, Provider,
    Reading, Result, Secret, Settings, Versions, Writer, async_trait,
};

use crate::{
    access::{Arn, Book, Purpose, literal},
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
    access: Some(crate::access::CONTROL),
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

/// What reading takes: each secret itself, the list of its versions where they have no stage, and the call for several at
/// once, which gives nothing of what may not be read by itself.
///
/// <https://docs.aws.amazon.com/secretsmanager/latest/userguide/auth-and-access_iam-policies.html>
pub(crate) fn access(reading: &Reading<'_>, book: &mut Book<'_>) -> Result<()> {
    let prefix = names::prefix(reading.settings.text("prefix").unwrap_or_default())?;
    let mut together: BTreeMap<Option<&str>, usize> = BTreeMap::new();
    for locator in reading.locators {
        let name = names::whole(&prefix, locator.name())?;
        let mut purposes = vec![Purpose::ReadSecrets];
        if Versions::of(locator)?.is_some_and(versions::are_listed) {
            purposes.push(Purpose::ListVersions);
        }
        if fetch::is_current(locator) {
            *together.entry(locator.batch()).or_default() += 1;
        }
        for purpose in purposes {
            if name.starts_with("arn:") {
                book.allow_arn(purpose, whole_arn(&name)?);
            } else {
                let region = locator.option("region");
                book.allow(purpose, "secretsmanager", region, &resource(&name)?);
            }
        }
    }
    if together.values().any(|count| *count > 1) {
        // This action knows no resources.
        book.allow_arn(Purpose::ReadSecretsTogether, "*".to_owned());
    }
    Ok(())
}

/// A secret of this name: its ARN ends in six random characters.
pub(crate) fn resource(name: &str) -> Result<String> {
    Ok(format!("secret:{}{RANDOM}", literal(name)?))
}

/// What stands for those characters.
const RANDOM: &str = "-??????";

/// An ARN in full, where it was written without them too.
fn whole_arn(name: &str) -> Result<String> {
    let arn = Arn::read(name)?.as_resource()?;
    let is_whole = arn
        .rsplit_once('-')
        .is_some_and(|(_, end)| end.len() == 6 && end.bytes().all(|b| b.is_ascii_alphanumeric()));
    Ok(if is_whole { arn } else { arn + RANDOM })
}
