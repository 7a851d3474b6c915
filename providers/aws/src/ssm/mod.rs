//! `aws-ssm`: parameters of Systems Manager Parameter Store, ten to a call.

mod fetch;
mod names;
mod put;
mod versions;

use nuages_provider::{
    Capabilities, Descriptor, Environment, Error, Identity, Locator, OpenFuture, OptionSpec,
    Provider, Reading, Result, Secret, SettingKind, SettingSpec, Settings, Versions, Writer,
    async_trait,
};

use crate::{
    access::{Arn, Book, Purpose, literal},
    session::Session,
    settings::{Connection, ENDPOINT, EXTERNAL_ID, PREFIX, PROFILE, REGION, REGIONS, ROLE_ARN},
};

/// The provider.
pub const DESCRIPTOR: Descriptor = Descriptor {
    scheme: "aws-ssm",
    summary: "AWS Systems Manager Parameter Store",
    capabilities: Capabilities {
        max_batch: 10,
        concurrency: 20,
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
        SettingSpec {
            name: "tier",
            kind: SettingKind::Choice(&["standard", "advanced", "intelligent"]),
            required: false,
            summary: "the tier of parameters that `nuages put` makes [default: the account's]",
        },
    ],
    options: &[
        OptionSpec {
            name: "version",
            summary: "an earlier version, by its number",
        },
        OptionSpec {
            name: "label",
            summary: "the version that has this label",
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
struct ParameterStore {
    session: Session,
    prefix: String,
    tier: Option<String>,
}

fn open(settings: Settings, environment: Environment) -> OpenFuture {
    Box::pin(async move {
        let prefix = names::prefix(settings.text("prefix").unwrap_or_default())?;
        let connection = Connection::read(&settings)?;
        let session = Session::open(&environment, &connection).await?;
        Ok(Box::new(ParameterStore {
            session,
            prefix,
            tier: settings.text("tier").map(str::to_owned),
        }) as Box<dyn Provider>)
    })
}

#[async_trait]
impl Provider for ParameterStore {
    async fn fetch(&self, locators: &[Locator]) -> Vec<Result<Secret>> {
        fetch::fetch(&self.session, &self.prefix, locators).await
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

/// What reading takes: one action, at whatever version; and where a name leads to Secrets Manager, what that takes too.
///
/// <https://docs.aws.amazon.com/systems-manager/latest/userguide/integration-ps-secretsmanager.html>
pub(crate) fn access(reading: &Reading<'_>, book: &mut Book<'_>) -> Result<()> {
    let prefix = names::prefix(reading.settings.text("prefix").unwrap_or_default())?;
    for locator in reading.locators {
        let name = names::whole(&prefix, locator.name())?;
        if name.starts_with("arn:") {
            let arn = Arn::read(&name)?.as_resource()?;
            book.allow_arn(Purpose::ReadParameters, arn);
            continue;
        }
        let region = locator.option("region");
        let parameter = format!("parameter/{}", literal(name.trim_start_matches('/'))?);
        book.allow(Purpose::ReadParameters, "ssm", region, &parameter);
        if let Some(secret) = name.strip_prefix(fetch::SECRET_REFERENCE) {
            let secret = crate::secrets::resource(secret)?;
            book.allow(Purpose::ReadSecrets, "secretsmanager", region, &secret);
        }
    }
    Ok(())
}

/// The whole name of what a locator asks for, in the API's spelling.
fn asked(prefix: &str, locator: &Locator) -> Result<(String, String), Error> {
    let name = names::whole(prefix, locator.name())?;
    let text = match locator.option("selector") {
        Some(selector) => format!("{name}:{selector}"),
        None => name.clone(),
    };
    Ok((name, text))
}
