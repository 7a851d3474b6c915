//! Names of vaults, secrets and versions: what the manifest may write, checked before anything is asked, because a name
//! becomes part of a URL.
//!
//! <https://learn.microsoft.com/azure/key-vault/general/about-keys-secrets-certificates#objects-identifiers-and-versioning>

use nuages_provider::{Error, Locator, Reference, Settings, Versions};
use nuages_provider_http::is_loopback;

use crate::{
    cloud::{self, Cloud},
    settings::https_host,
};

/// The longest name of a secret.
const LONGEST: usize = 127;

/// Where a vault is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Vault {
    /// `https://host`.
    pub(super) url: String,
    pub(super) host: String,
    /// An emulator on this machine, or a host that the manifest names as `endpoint`.
    pub(super) is_endpoint: bool,
}

impl Vault {
    fn at(host: String) -> Self {
        Self {
            url: format!("https://{host}"),
            host,
            is_endpoint: false,
        }
    }
}

/// What a reference means: `vault/name`, or a name alone where an instance says the vault.
pub(super) fn parse(reference: &Reference) -> Result<Locator, Error> {
    let text = reference.locator();
    let (vault, name) = match text.split_once('/') {
        Some((vault, name)) => (Some(vault), name),
        None => (None, text),
    };
    match vault {
        Some(vault) => {
            check_vault(vault)?;
        }
        None if reference.is_named() => {}
        None => {
            return Err(Error::invalid_reference("the vault is missing")
                .with_hint("write `azure-kv://vault/name`, or name an instance with its `vault`"));
        }
    }
    check(name)?;
    let locator = Locator::new(match vault {
        Some(vault) => format!("{}/{name}", vault.to_ascii_lowercase()),
        None => name.to_owned(),
    });
    if let Some(versions) = Versions::of_reference(reference, &["version"])? {
        return Ok(versions.on(locator));
    }
    match reference.option("version") {
        None => Ok(locator),
        Some(version) if is_version(version) => {
            Ok(locator.with_option("version", version.to_ascii_lowercase()))
        }
        Some(version) => Err(Error::invalid_reference(format!(
            "`{version}` is no ID of a version: it has 32 hexadecimal digits"
        ))
        .with_hint("`az keyvault secret list-versions` shows them")),
    }
}

/// The vault and the name of a locator.
pub(super) fn split(locator: &Locator) -> (Option<&str>, &str) {
    match locator.name().split_once('/') {
        Some((vault, name)) => (Some(vault), name),
        None => (None, locator.name()),
    }
}

/// The prefix of an instance, checked.
pub(super) fn prefix(prefix: &str) -> Result<String, Error> {
    if prefix.chars().all(is_name_character) {
        return Ok(prefix.to_owned());
    }
    Err(
        Error::invalid_settings("`prefix` has a character that no secret's name has")
            .with_hint("a name has letters, digits and `-`"),
    )
}

/// The whole name to ask for.
pub(super) fn whole(prefix: &str, name: &str) -> Result<String, Error> {
    let whole = format!("{prefix}{name}");
    check(&whole)?;
    Ok(whole)
}

/// Refuses what could not be a secret's name; a `..` would ask for something else.
fn check(name: &str) -> Result<(), Error> {
    if name.is_empty() {
        return Err(Error::invalid_reference("a secret's name is missing")
            .with_hint("write `azure-kv://vault/name`"));
    }
    if name.len() > LONGEST {
        return Err(Error::invalid_reference(format!(
            "the name has {} characters, and at most {LONGEST} are allowed",
            name.len()
        )));
    }
    match name.chars().find(|c| !is_name_character(*c)) {
        None => Ok(()),
        Some('_') => Err(Error::invalid_reference(format!(
            "`{name}` has `_` in it, which no secret's name has"
        ))
        .with_hint(format!(
            "write `{}`",
            name.replace('_', "-").to_ascii_lowercase()
        ))),
        Some(bad) => Err(Error::invalid_reference(format!(
            "`{name}` has `{}` in it, which no secret's name has",
            bad.escape_debug()
        ))
        .with_hint("a name has letters, digits and `-`")),
    }
}

fn is_name_character(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '-'
}

fn is_version(text: &str) -> bool {
    text.len() == 32 && text.bytes().all(|b| b.is_ascii_hexdigit())
}

/// The vault that an instance names, by `vault` or `endpoint`.
pub(super) fn vault_setting(
    settings: &Settings,
    cloud: &'static Cloud,
) -> Result<Option<Vault>, Error> {
    let as_setting = |error: Error| {
        Error::invalid_settings(error.message())
            .with_hint(error.hint().unwrap_or("write the vault's name"))
    };
    match (settings.text("vault"), settings.text("endpoint")) {
        (None, None) => Ok(None),
        (Some(_), Some(_)) => Err(Error::invalid_settings(
            "`vault` and `endpoint` are both given; keep one",
        )),
        (Some(url), None) if url.contains("://") => {
            let host = https_host("`vault`", url)?;
            if cloud::of_vault(&host).is_none() {
                let text = format!("`{host}` is no Key Vault's host");
                return Err(Error::invalid_settings(text).with_hint(
                    "a vault is below `vault.azure.net` or its cloud's own domain; an emulator is an `endpoint`",
                ));
            }
            Ok(Some(Vault::at(host)))
        }
        (Some(name), None) => vault(name, cloud).map(Some).map_err(as_setting),
        (None, Some(url)) => {
            let host = https_host("`endpoint`", url)?;
            if !is_loopback(&host) {
                return Err(Error::invalid_settings("`endpoint` is not on this machine")
                    .with_hint(
                        "it is for an emulator; a vault, with a private endpoint too, is a `vault`",
                    ));
            }
            Ok(Some(Vault {
                url: url.trim_end_matches('/').to_owned(),
                host,
                is_endpoint: true,
            }))
        }
    }
}

/// The vault of a name, or of a host's name in full.
pub(super) fn vault(name: &str, cloud: &'static Cloud) -> Result<Vault, Error> {
    check_vault(name)?;
    let name = name.to_ascii_lowercase();
    Ok(Vault::at(if name.contains('.') {
        name
    } else {
        format!("{name}{}", cloud.vaults)
    }))
}

pub(super) fn check_vault(name: &str) -> Result<(), Error> {
    let invalid = |text: String| {
        Err(Error::invalid_reference(text).with_hint(
            "a vault has 3 to 24 letters, digits and single `-`, and begins with a letter",
        ))
    };
    let label = match name.split_once('.') {
        None => name,
        Some((label, _)) if cloud::of_vault(name).is_some() => label,
        Some(_) => return invalid(format!("`{name}` is no Key Vault's host")),
    };
    let fits = (3..=24).contains(&label.len())
        && label.chars().all(is_name_character)
        && label.starts_with(|c: char| c.is_ascii_alphabetic())
        && !label.ends_with('-')
        && !label.contains("--");
    if fits {
        return Ok(());
    }
    invalid(format!("`{}` is no name of a vault", name.escape_debug()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> String {
        shown(parse(&Reference::new("azure-kv", text)))
    }

    fn shown(outcome: Result<Locator, Error>) -> String {
        match outcome {
            Ok(locator) => locator.to_string(),
            Err(error) => error.message().to_owned(),
        }
    }

    #[test]
    fn a_reference_names_vault_and_secret() {
        assert_eq!(parsed("shop/db-password"), "shop/db-password");
        assert_eq!(parsed("Shop/db"), "shop/db");
        assert_eq!(parsed("shop.vault.azure.cn/db"), "shop.vault.azure.cn/db");
        assert_eq!(parsed("db"), "the vault is missing");
        let named = Reference::new("secrets", "db").through_instance();
        assert_eq!(shown(parse(&named)), "db");
    }

    #[test]
    fn what_could_ask_for_something_else_is_refused() {
        for text in [
            "shop/../x",
            "shop/..",
            "shop/a/b",
            "shop/a%2Fb",
            "shop/a?b",
            "shop/a b",
            "shop/",
            "/db",
            "a/db",
            "shop--x/db",
            "shop-/db",
            "1shop/db",
            "shop.example.org/db",
            "shop@example.org/db",
            "vault.azure.net/db",
        ] {
            assert!(parse(&Reference::new("azure-kv", text)).is_err(), "{text}");
        }
        assert!(
            parse(&Reference::new(
                "azure-kv",
                format!("shop/{}", "a".repeat(128))
            ))
            .is_err()
        );
        let underscore = parse(&Reference::new("azure-kv", "shop/DB_PASSWORD")).unwrap_err();
        assert_eq!(underscore.hint(), Some("write `db-password`"));
    }

    #[test]
    fn a_version_has_32_digits() {
        let with = |version: &str| {
            shown(parse(
                &Reference::new("azure-kv", "shop/db").with_option("version", version),
            ))
        };
        let id = "0123456789ABCDEF0123456789abcdef";
        assert_eq!(with(id), format!("shop/db?version={}", id.to_lowercase()));
        assert!(with("3").contains("no ID of a version"));
        assert!(with("../../keys/x").contains("no ID of a version"));
        let counted = Reference::new("azure-kv", "shop/db").with_option("versions", "2..3");
        assert_eq!(shown(parse(&counted)), "shop/db?versions=2..3");
        assert!(shown(parse(&counted.with_option("version", id))).contains("both given"));
    }

    #[test]
    fn an_instance_names_its_vault() {
        let public = &cloud::CLOUDS[0];
        let named = |name: &str, value: &str| {
            vault_setting(&Settings::new().with_text(name, value), public)
                .map(|vault| vault.unwrap().url)
                .map_err(|error| error.message().to_owned())
        };
        assert_eq!(
            named("vault", "shop").unwrap(),
            "https://shop.vault.azure.net"
        );
        assert_eq!(
            named("vault", "https://shop.vault.usgovcloudapi.net/").unwrap(),
            "https://shop.vault.usgovcloudapi.net"
        );
        assert_eq!(
            named("endpoint", "https://localhost:8443").unwrap(),
            "https://localhost:8443"
        );
        for (name, value) in [
            ("vault", "https://shop.example.org"),
            ("vault", "http://shop.vault.azure.net"),
            ("vault", "https://u:hunter2@shop.vault.azure.net"),
            ("vault", "a"),
            ("endpoint", "https://vault.example.org"),
            ("endpoint", "http://localhost:8443"),
        ] {
            let message = named(name, value).unwrap_err();
            assert!(!message.contains("hunter2"), "{message}");
        }
        let china = vault("shop", cloud::named("china").unwrap()).unwrap();
        assert_eq!(china.host, "shop.vault.azure.cn");
    }
}
