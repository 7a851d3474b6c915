//! Which roles each kind of reference takes, and on what.

use nuages_provider::{Descriptor, Locator, Reference, Settings};

use super::*;
use crate::entra;

fn access(
    descriptor: Descriptor,
    settings: &Settings,
    references: &[&str],
) -> Result<Access, Error> {
    let locators: Vec<Locator> = references
        .iter()
        .map(|text| {
            let (name, range) = text.split_once('&').unwrap_or((text, ""));
            let mut reference = Reference::new("secrets", name).through_instance();
            if !range.is_empty() {
                reference = reference.with_option("versions", range);
            }
            (descriptor.parse)(&reference).unwrap()
        })
        .collect();
    let locators: Vec<&Locator> = locators.iter().collect();
    let reading = Reading {
        scheme: descriptor.scheme,
        instance: "secrets",
        settings,
        locators: &locators,
    };
    needs(&[reading], &[])
}

#[test]
fn each_secret_gets_the_role_and_no_vault_does() {
    let settings = Settings::new()
        .with_text("vault", "shop-prod")
        .with_text("prefix", "web-");
    let access = access(
        kv::DESCRIPTOR,
        &settings,
        &["db", "key", "key&2..3", "shared/sentry"],
    )
    .unwrap();
    assert_eq!(access.documents.len(), 1);
    let document = &access.documents[0];
    assert_eq!(
        document.text,
        "set -eu\n\
         : \"${ASSIGNEE:?the client or object ID of the identity that nuages logs in as}\"\n\
         vault=$(az keyvault show --name shared --query id --output tsv)\n\
         az role assignment create --role 4633458b-17de-408a-b874-0445c86b69e6 --assignee \"$ASSIGNEE\" --scope \"$vault/secrets/web-sentry\"\n\
         vault=$(az keyvault show --name shop-prod --query id --output tsv)\n\
         az role assignment create --role 4633458b-17de-408a-b874-0445c86b69e6 --assignee \"$ASSIGNEE\" --scope \"$vault/secrets/web-db\"\n\
         az role assignment create --role 4633458b-17de-408a-b874-0445c86b69e6 --assignee \"$ASSIGNEE\" --scope \"$vault/secrets/web-key\"\n"
    );
    let json: Value = serde_json::from_str(&document.json).unwrap();
    assert_eq!(json[1]["dataActions"], json!([GET]));
    assert_eq!(json[2]["dataActions"], json!([GET, READ_METADATA]));
    assert!(
        json[2]["scope"]
            .as_str()
            .unwrap()
            .ends_with("/vaults/shop-prod/secrets/web-key")
    );
}

#[test]
fn an_identity_that_is_named_is_the_one() {
    let id = "00001111-aaaa-2222-bbbb-3333cccc4444";
    let settings = Settings::new()
        .with_text("vault", "https://shop.vault.usgovcloudapi.net")
        .with_text("client_id", id);
    let access = access(kv::DESCRIPTOR, &settings, &["db"]).unwrap();
    let text = &access.documents[0].text;
    assert!(text.contains(&format!("--assignee {id} ")), "{text}");
    assert!(text.contains("--name shop "), "{text}");
    assert!(access.notes.iter().any(|note| note.contains("`usgov`")));
}

#[test]
fn what_takes_no_role_is_told() {
    let emulator = Settings::new().with_text("endpoint", "https://localhost:8443");
    let access_of = |settings, references: &[&str]| access(kv::DESCRIPTOR, settings, references);
    let told = access_of(&emulator, &["db"]).unwrap();
    assert!(told.documents.is_empty());
    assert_eq!(
        told.notes,
        ["`secrets` is an emulator on this machine: it takes no role"]
    );
    let hsm = Settings::new().with_text("vault", "https://shop.managedhsm.azure.net");
    let told = access_of(&hsm, &["db"]).unwrap();
    assert!(told.notes[0].contains("managed HSM"));
    let told = access(entra::DESCRIPTOR, &Settings::new(), &["postgresql"]).unwrap();
    assert!(told.documents.is_empty());
    assert!(told.notes[0].starts_with("a token for `postgresql` takes no role"));
    assert!(access_of(&Settings::new(), &["db"]).is_err());
}

/// A URL's host may hold what a shell would run.
#[test]
fn nothing_of_a_name_reaches_the_shell_as_more() {
    for vault in [
        "https://$(id).vault.azure.net",
        "https://a;id;b.vault.azure.net",
        "https://shop'x.vault.azure.net",
    ] {
        let settings = Settings::new().with_text("vault", vault);
        assert!(
            access(kv::DESCRIPTOR, &settings, &["db"]).is_err(),
            "{vault}"
        );
    }
}

/// One secret in two clouds is two secrets, and one in other letters is one.
#[test]
fn each_cloud_has_its_own_commands() {
    let vaults = [
        "https://shop.vault.azure.net",
        "https://shop.vault.azure.cn",
    ];
    let all: Vec<(Settings, Locator)> = vaults
        .iter()
        .flat_map(|vault| {
            ["Db-Password", "db-password"].map(|name| {
                let cloud = if vault.rsplit_once('.').is_some_and(|(_, last)| last == "cn") {
                    "china"
                } else {
                    "public"
                };
                let settings = Settings::new()
                    .with_text("vault", *vault)
                    .with_text("cloud", cloud);
                let reference = Reference::new("secrets", name).through_instance();
                (settings, (kv::DESCRIPTOR.parse)(&reference).unwrap())
            })
        })
        .collect();
    let locators: Vec<Vec<&Locator>> = all.iter().map(|(_, locator)| vec![locator]).collect();
    let readings: Vec<Reading<'_>> = all
        .iter()
        .zip(&locators)
        .map(|((settings, _), locators)| Reading {
            scheme: kv::DESCRIPTOR.scheme,
            instance: "secrets",
            settings,
            locators,
        })
        .collect();
    let access = needs(&readings, &[]).unwrap();
    assert_eq!(access.documents.len(), 2, "{access:?}");
    for document in &access.documents {
        assert!(
            document.identity.contains(", in the cloud `"),
            "{document:?}"
        );
        assert_eq!(document.text.matches("role assignment create").count(), 1);
        assert!(
            document.text.contains("/secrets/db-password\""),
            "{document:?}"
        );
    }
}
