//! `azure-kv`: secrets of Key Vault, all at once over one connection.

mod client;
mod fetch;
mod names;
mod put;
mod versions;

use nuages_provider::{
    Capabilities, Descriptor, Environment, Error, Identity, Locator, OpenFuture, OptionSpec,
    Provider, Result, Secret, SettingKind, SettingSpec, Settings, Versions, Writer, async_trait,
};

use crate::cloud::Cloud;
use crate::settings::{AUTHORITY, CLIENT_ID, CLOUD, CREDENTIAL, TENANT, Who, text};
use client::Vaults;

/// The provider.
pub const DESCRIPTOR: Descriptor = Descriptor {
    scheme: "azure-kv",
    summary: "Azure Key Vault",
    capabilities: Capabilities {
        // What an HTTP/2 server commonly takes at once on one connection.
        concurrency: 100,
        versions: true,
        expiring: true,
        writable: true,
        ..Capabilities::REMOTE
    },
    settings: &[
        text("vault", "the vault's name, or its URL"),
        text("prefix", "put in front of every name"),
        text("endpoint", "an emulator's URL, instead of `vault`"),
        SettingSpec {
            name: "allow_expired",
            kind: SettingKind::Flag,
            required: false,
            summary: "take secrets whose expiry date has passed, and those not active yet",
        },
        CREDENTIAL,
        CLIENT_ID,
        TENANT,
        CLOUD,
        AUTHORITY,
    ],
    options: &[
        OptionSpec {
            name: "version",
            summary: "an earlier version, by its ID",
        },
        Versions::OPTION,
    ],
    bootstrap: crate::BOOTSTRAP,
    access: Some(crate::access::CONTROL),
    parse: names::parse,
    open,
};

/// An opened instance.
struct KeyVault {
    vaults: Vaults,
    prefix: String,
    allow_expired: bool,
}

fn open(settings: Settings, environment: Environment) -> OpenFuture {
    Box::pin(async move {
        let prefix = names::prefix(settings.text("prefix").unwrap_or_default())?;
        let who = Who::read(&settings, &environment)?;
        let default = names::vault_setting(&settings, who.cloud())?;
        let vaults = Vaults::new(environment, who, default);
        vaults.log_in().await?;
        Ok(Box::new(KeyVault {
            vaults,
            prefix,
            allow_expired: settings.flag("allow_expired"),
        }) as Box<dyn Provider>)
    })
}

#[async_trait]
impl Provider for KeyVault {
    async fn fetch(&self, locators: &[Locator]) -> Vec<Result<Secret>> {
        let mut answers = Vec::with_capacity(locators.len());
        for locator in locators {
            answers.push(fetch::one(self, locator).await);
        }
        answers
    }

    async fn check(&self) -> Result<Identity> {
        fetch::knock(&self.vaults).await
    }

    fn writer(&self) -> Option<&dyn Writer> {
        Some(self)
    }
}

/// The host of a secret's vault, none for an emulator on this machine, and the secret's whole name.
pub(crate) fn place(
    settings: &Settings,
    cloud: &'static Cloud,
    locator: &Locator,
) -> Result<(Option<String>, String)> {
    let prefix = names::prefix(settings.text("prefix").unwrap_or_default())?;
    let (vault, name) = names::split(locator);
    let name = names::whole(&prefix, name)?;
    let vault = match vault {
        Some(vault) => Some(names::vault(vault, cloud)?),
        None => names::vault_setting(settings, cloud)?,
    };
    match vault {
        Some(vault) if vault.is_endpoint => Ok((None, name)),
        Some(vault) => {
            // Of a URL the domain alone was checked.
            names::check_vault(&vault.host)?;
            Ok((Some(vault.host), name))
        }
        None => Err(Error::invalid_settings("no vault is named")
            .with_hint("give the instance a `vault`, or write `vault/name` in the reference")),
    }
}
