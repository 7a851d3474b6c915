//! App Service's references to a vault, and secret-init's.
//!
//! <https://learn.microsoft.com/azure/app-service/app-service-key-vault-references> has the forms of the first.

use nuages_provider::Reference;

use super::{Filled as _, ImportError, enclosed};

const APP_SERVICE: &str = "a Key Vault reference of App Service";
const OF_SECRET_INIT: &str = "a reference of secret-init";

/// What secret-init's references to a vault begin with.
pub(super) const SECRET_INIT: &str = "azure:keyvault:";

/// `NAME[/VERSION]`, in the vault that the environment names.
pub(super) fn secret_init(rest: &str, vault_url: Option<&str>) -> Result<Reference, ImportError> {
    let (name, version) = match rest.split_once('/') {
        Some((name, version)) => (name, Some(version)),
        None => (rest, None),
    };
    if name.is_empty() {
        return Err(ImportError::new(
            OF_SECRET_INIT,
            "the secret's name is missing",
        ));
    }
    let vault = vault_url.filter(|url| !url.is_empty()).ok_or_else(|| {
        ImportError::new(OF_SECRET_INIT, "it does not say which vault")
            .hint("set `AZURE_KEY_VAULT_URL`, or write `azure-kv://vault/name`")
    })?;
    let vault = host(vault, OF_SECRET_INIT)?;
    Ok(Reference::new("azure-kv", format!("{vault}/{name}")).option_of("version", version))
}

/// What stands in the parentheses of `@Microsoft.KeyVault(…)`. App Service looks at no case.
pub(super) fn app_service_inner(text: &str) -> Option<&str> {
    const OPEN: &str = "@microsoft.keyvault(";
    let open = text.get(..OPEN.len())?;
    open.eq_ignore_ascii_case(OPEN)
        .then(|| enclosed(text, open, ")"))?
}

pub(super) fn app_service(inner: &str) -> Result<Reference, ImportError> {
    let mut given: Vec<(String, &str)> = Vec::new();
    for part in inner.split(';').filter(|part| !part.trim().is_empty()) {
        let Some((name, value)) = part.split_once('=') else {
            return Err(ImportError::new(
                APP_SERVICE,
                "a part of it is no `name=value`",
            ));
        };
        let name = name.trim().to_ascii_lowercase();
        if !["secreturi", "vaultname", "secretname", "secretversion"].contains(&name.as_str()) {
            return Err(
                ImportError::new(APP_SERVICE, "one of its parts is not known").hint(
                    "the parts are `SecretUri`, or `VaultName`, `SecretName` and `SecretVersion`",
                ),
            );
        }
        if given.iter().any(|(have, _)| *have == name) {
            return Err(ImportError::new(
                APP_SERVICE,
                format!("`{name}` stands twice"),
            ));
        }
        given.push((name, value.trim()));
    }
    let get = |name: &str| {
        let found = given.iter().find(|(have, _)| have == name);
        found
            .map(|(_, value)| *value)
            .filter(|value| !value.is_empty())
    };
    match (get("secreturi"), get("vaultname"), get("secretname")) {
        (Some(uri), None, None) => by_uri(uri),
        (None, Some(vault), Some(name)) => {
            Ok(Reference::new("azure-kv", format!("{vault}/{name}"))
                .option_of("version", get("secretversion")))
        }
        _ => Err(ImportError::new(
            APP_SERVICE,
            "it has neither `SecretUri` alone nor `VaultName` and `SecretName`",
        )),
    }
}

/// `https://vault.vault.azure.net/secrets/name[/version]`.
fn by_uri(uri: &str) -> Result<Reference, ImportError> {
    let host = host(uri, APP_SERVICE)?;
    let path = uri.splitn(4, '/').nth(3).unwrap_or_default();
    let path = path.split(['?', '#']).next().unwrap_or_default();
    let mut parts = path.trim_end_matches('/').split('/');
    match (parts.next(), parts.next(), parts.next(), parts.next()) {
        (Some("secrets"), Some(name), version, None) if !name.is_empty() => {
            Ok(Reference::new("azure-kv", format!("{host}/{name}")).option_of("version", version))
        }
        _ => Err(
            ImportError::new(APP_SERVICE, "its `SecretUri` is not that of a secret")
                .hint("such a URI is https://VAULT.vault.azure.net/secrets/NAME"),
        ),
    }
}

/// The vault of a URL: its name where it is the public cloud's, its host elsewhere.
fn host(url: &str, spelling: &'static str) -> Result<String, ImportError> {
    let host = url
        .strip_prefix("https://")
        .and_then(|rest| rest.split('/').next())
        .filter(|host| !host.is_empty() && !host.contains(['@', ':']));
    let Some(host) = host else {
        return Err(ImportError::new(spelling, "its vault is no https URL"));
    };
    let host = host.to_ascii_lowercase();
    Ok(match host.strip_suffix(".vault.azure.net") {
        Some(name) if !name.is_empty() && !name.contains('.') => name.to_owned(),
        _ => host,
    })
}
