//! `entra`: a token for a database or any other resource, instead of a password; and the name to log in with.

mod names;

use std::time::SystemTime;

use nuages_provider::{
    Capabilities, Descriptor, Environment, Error, ErrorKind, Identity, Locator, OpenFuture,
    OptionSpec, Provider, Result, Secret, SecretValue, Settings, async_trait,
};

use crate::{
    claims::Claims,
    cloud, error,
    identity::{Login, expires},
    settings::{AUTHORITY, CLIENT_ID, CLOUD, CREDENTIAL, TENANT, Who, check_id},
};

/// The provider.
pub const DESCRIPTOR: Descriptor = Descriptor {
    scheme: "entra",
    summary: "a token of Microsoft Entra ID for Azure SQL, PostgreSQL, MySQL or any resource",
    capabilities: Capabilities {
        expiring: true,
        fields: true,
        ..Capabilities::REMOTE
    },
    settings: &[CREDENTIAL, CLIENT_ID, TENANT, CLOUD, AUTHORITY],
    options: &[
        OptionSpec {
            name: "tenant",
            summary: "another tenant than the environment's",
        },
        OptionSpec {
            name: "client_id",
            summary: "another identity than the environment's",
        },
        OptionSpec {
            name: "host",
            summary: "the database's host, which says its cloud",
        },
    ],
    bootstrap: crate::BOOTSTRAP,
    access: Some(crate::access::CONTROL),
    parse: names::parse,
    open,
};

/// An opened instance.
struct Entra {
    environment: Environment,
    who: Who,
}

fn open(settings: Settings, environment: Environment) -> OpenFuture {
    Box::pin(async move {
        let who = Who::read(&settings, &environment)?;
        Ok(Box::new(Entra { environment, who }) as Box<dyn Provider>)
    })
}

#[async_trait]
impl Provider for Entra {
    async fn fetch(&self, locators: &[Locator]) -> Vec<Result<Secret>> {
        let mut answers = Vec::with_capacity(locators.len());
        for locator in locators {
            answers.push(self.one(locator).await);
        }
        answers
    }

    async fn check(&self) -> Result<Identity> {
        let login = Login::of(&self.environment, &self.who)?;
        let cloud = self.who.cloud();
        // A tenant may know one kind of database and not the other.
        let token = match login.token(&error::scope(cloud.sql)).await {
            Err(error) if error.kind() == ErrorKind::InvalidSettings => {
                login.token(&error::scope(cloud.open_source)).await?
            }
            outcome => outcome?,
        };
        Ok(login
            .identity(&token)
            .with("authority", login.who().authority().url))
    }
}

impl Entra {
    async fn one(&self, locator: &Locator) -> Result<Secret> {
        let (client_id, tenant) = (locator.option("client_id"), locator.option("tenant"));
        let of_host = locator.option(names::CLOUD).and_then(cloud::named);
        let who = self.who.with(client_id, tenant).in_cloud(of_host);
        let resource = names::resource(locator.name(), of_host.unwrap_or_else(|| who.cloud()));
        if let Some(of_host) = of_host
            && of_host != who.cloud()
        {
            let text = format!(
                "the database's host is in the cloud `{}`, and the login is in `{}`",
                of_host.name,
                who.cloud().name
            );
            return Err(Error::invalid_settings(text)
                .with_hint("look at the instance's `cloud`, and at `AZURE_AUTHORITY_HOST`"));
        }
        let login = Login::of(&self.environment, &who)?;
        let token = login.token(&error::scope(&resource)).await?;
        let text = token.token.secret();
        let claims = Claims::read(text);
        match &claims {
            Some(claims) => claims.check(&resource, SystemTime::now())?,
            None if names::is_database(locator.name()) => {
                let text = "the token is no JSON Web Token, as a database's is";
                return Err(Error::new(ErrorKind::Malformed, text));
            }
            // Some services have tokens that only they can read.
            None => {}
        }
        let end = claims.as_ref().and_then(Claims::expires);
        let value = match locator.option(names::FIELD) {
            None => text.to_owned(),
            Some(_) => claims
                .as_ref()
                .and_then(Claims::login)
                .ok_or_else(nameless)?
                .to_owned(),
        };
        let mut secret = Secret::new(SecretValue::from_text(value));
        if locator.option(names::FIELD).is_none() {
            secret.expires = Some(end.unwrap_or_else(|| expires(&token)));
        }
        Ok(secret)
    }
}

fn nameless() -> Error {
    Error::new(
        ErrorKind::Malformed,
        "the token does not say by which name the database knows the identity",
    )
    .with_hint("write the name as `USER`: an application's is the one it was added with")
}

/// An ID in a reference.
fn check_option(name: &str, id: &str) -> Result<()> {
    check_id(&format!("`{name}`"), id).map_err(|error| {
        let told = Error::invalid_reference(error.message());
        match error.hint() {
            Some(hint) => told.with_hint(hint),
            None => told,
        }
    })
}
