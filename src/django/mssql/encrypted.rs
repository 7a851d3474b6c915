//! Always Encrypted: the four keywords of `extra_params` that open a key store belong together.
//!
//! Source: Microsoft, "Using Always Encrypted with the ODBC Driver for SQL Server".

use super::{Mssql, keywords};
use crate::django::seen::Fault;

/// The ways into a key store that the driver has without a person at a keyboard, and what each needs.
const WITH_SECRET: &str = "KeyVaultClientSecret";
const WITH_IDENTITY: &str = "KeyVaultManagedIdentity";

const AUTHENTICATION: &str = "KeyStoreAuthentication";
const PRINCIPAL: &str = "KeyStorePrincipalId";
const SECRET: &str = "KeyStoreSecret";
const ENCRYPTION: &str = "ColumnEncryption";

/// What `ColumnEncryption` begins with where an enclave attests itself.
const ATTESTATION: [&str; 2] = ["VBS-", "SGX-"];

/// What does not fit together.
pub(super) fn check(database: &Mssql<'_>) -> Vec<Fault> {
    if database.attributes.is_none() {
        return Vec::new();
    }
    let find = |name: &str| {
        database
            .known()
            .find(|attribute| attribute.name == Some(name))
    };
    let (principal, secret) = (find(PRINCIPAL), find(SECRET));
    let mut faults = Vec::new();
    let encryption = find(ENCRYPTION);
    if let Some(attribute) = encryption
        && let Some(value) = &attribute.value
        && !is_encryption(value)
    {
        let what =
            format!("`{ENCRYPTION}` must be `Enabled`, `Disabled`, or an enclave's attestation");
        faults.push(
            Fault::value(&attribute.path(), what)
                .hint("an attestation is a protocol and an address: `VBS-HGS,https://…`"),
        );
    }
    let Some(store) = find(AUTHENTICATION) else {
        for attribute in [principal, secret].into_iter().flatten() {
            let name = attribute.name.unwrap_or_default();
            let what = format!("`{name}` does nothing without `{AUTHENTICATION}`");
            faults.push(Fault::key(&attribute.path(), what).hint(ways()));
        }
        return faults;
    };
    let is_off = |value: &str| value.eq_ignore_ascii_case("Disabled");
    let is_on = encryption.is_some_and(|attribute| {
        let value = attribute.value.as_ref();
        value.is_none_or(|value| !is_off(value))
    });
    if !is_on {
        let what = format!("`{AUTHENTICATION}` does nothing without `{ENCRYPTION}`");
        faults.push(
            Fault::key(&store.path(), what).hint(format!("add `{ENCRYPTION} = \"Enabled\"`")),
        );
    }
    let Some(way) = &store.value else {
        return faults;
    };
    if keywords::is_one_of(way, &[WITH_SECRET]) {
        for (name, found) in [(PRINCIPAL, principal), (SECRET, secret)] {
            if found.is_none() {
                let what = format!("`{WITH_SECRET}` needs `{name}`");
                faults.push(Fault::value(&store.path(), what).hint(format!(
                    "`{PRINCIPAL}` is the application's id, `{SECRET}` a reference to its secret"
                )));
            }
        }
    } else if !keywords::is_one_of(way, &[WITH_IDENTITY]) {
        let what = format!("`{AUTHENTICATION}` must be `{WITH_SECRET}` or `{WITH_IDENTITY}`");
        faults.push(Fault::value(&store.path(), what).hint(
            "the driver opens a key store neither with a user's password nor by asking somebody",
        ));
    } else if let Some(attribute) = secret {
        let what = format!("`{SECRET}` does nothing with `{WITH_IDENTITY}`");
        faults.push(
            Fault::key(&attribute.path(), what)
                .hint("leave it out: a managed identity has no secret"),
        );
    }
    faults
}

fn ways() -> String {
    format!("add `{AUTHENTICATION} = \"{WITH_SECRET}\"` or `\"{WITH_IDENTITY}\"`")
}

fn is_encryption(value: &str) -> bool {
    let begins = |prefix: &&str| {
        let start = value.get(..prefix.len());
        start.is_some_and(|start| start.eq_ignore_ascii_case(prefix))
    };
    keywords::is_one_of(value, &["Enabled", "Disabled"]) || ATTESTATION.iter().any(begins)
}
