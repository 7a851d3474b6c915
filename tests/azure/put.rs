//! `nuages put` to Key Vault: what is there afterwards, and what is refused before anything is there.

use nuages_fakecloud::{Denied, FakeCloud, Reply, SecretSetup};

use crate::cloud::{MARKER, SHOP, asked, keeps_quiet, made, render, run, shop};
use crate::shot::shot;
use crate::support::project::{Outcome, Project};

fn cloud() -> FakeCloud {
    let cloud = FakeCloud::start();
    cloud.vault("shop");
    cloud
}

/// Puts a value that no output may show.
#[track_caller]
fn put(cloud: &FakeCloud, arguments: &[&str], value: &[u8], code: i32) -> (Project, Outcome) {
    let project = Project::new(&SHOP.replace("'shop'", "'shop'\nprefix = 'prod-'"));
    let variables = cloud.environment_app_service();
    let arguments = [&["-vvv", "put"], arguments].concat();
    let outcome = run(&variables, &project, &arguments)
        .stdin(value)
        .output()
        .code(code);
    assert_eq!(outcome.stdout(), "");
    keeps_quiet(cloud, &variables, &outcome);
    (project, outcome)
}

/// The same, with all it said compared with `snapshots/put_NAME.snap`.
#[track_caller]
fn told(cloud: &FakeCloud, name: &str, arguments: &[&str], value: &[u8], code: i32) {
    let (project, outcome) = put(cloud, arguments, value, code);
    shot(&format!("put_{name}"), &project, &outcome, &[]);
}

#[track_caller]
fn holds(cloud: &FakeCloud, value: Option<&str>) {
    assert_eq!(cloud.vault("shop").value("prod-db").as_deref(), value);
}

#[test]
fn a_secret_is_made_and_not_replaced_unasked() {
    let cloud = cloud();
    told(&cloud, "new", &["secrets://db"], MARKER.as_bytes(), 0);
    holds(&cloud, Some(MARKER));
    assert_eq!((cloud.count("msi.token"), cloud.count("vault.set")), (1, 1));
    cloud.forget();

    told(&cloud, "again", &["secrets://db"], b"another", 4);
    holds(&cloud, Some(MARKER));
    assert_eq!(cloud.count("vault.set"), 0, "it is looked up first");

    let overwrite = ["--overwrite", "secrets://db"];
    told(&cloud, "overwrite", &overwrite, b"another\n", 0);
    holds(&cloud, Some("another"));
}

/// What was there before is a version still, and the new one is there for the next who reads.
#[test]
fn an_earlier_version_is_read_after_as_before() {
    let cloud = cloud();
    let first = cloud.vault("shop").set("prod-db", "the first");
    put(
        &cloud,
        &["--overwrite", "secrets://db"],
        MARKER.as_bytes(),
        0,
    );
    let rendered = render(
        &cloud,
        &shop([
            ("NOW", "${secrets://prod-db}"),
            ("FIRST", &*format!("${{secrets://prod-db?version={first}}}")),
        ]),
    );
    assert_eq!(
        [&rendered["NOW"], &rendered["FIRST"]],
        [MARKER, "the first"]
    );
}

/// A provider that needs no settings needs no manifest either.
#[test]
fn a_secret_is_put_by_its_whole_reference() {
    let cloud = cloud();
    let project = Project::empty();
    let variables = cloud.environment_client_secret();
    let arguments = ["put", "azure-kv://shop/prod-db"];
    let outcome = run(&variables, &project, &arguments).stdin(MARKER).output();
    keeps_quiet(&cloud, &variables, &outcome.code(0));
    holds(&cloud, Some(MARKER));
}

/// The value goes with a request that has a token, to nobody else and not before.
#[test]
fn the_value_goes_with_a_token_alone() {
    let cloud = cloud();
    put(&cloud, &["secrets://db"], MARKER.as_bytes(), 0);
    let writes: Vec<_> = asked(&cloud)
        .into_iter()
        .filter(|seen| seen.method == "PUT")
        .collect();
    for seen in &writes {
        let length = seen.header("content-length").unwrap_or("0");
        let is_bare = seen.header("authorization").is_none();
        assert!(!is_bare || length == "0", "{seen:?}");
        assert_eq!(seen.host, "shop.vault.azure.net");
    }
    assert_eq!(writes.iter().filter(|seen| seen.status == 200).count(), 1);
}

#[test]
fn an_identity_that_may_only_write_can_when_asked_to_overwrite() {
    let cloud = cloud();
    let denied = serde_json::json!({
        "error": {"code": "Forbidden", "message": MARKER, "innererror": {"code": "ForbiddenByRbac"}}
    });
    cloud.script("vault.get", Reply::json(403, &denied).always());
    told(
        &cloud,
        "write_only",
        &["secrets://db"],
        MARKER.as_bytes(),
        4,
    );
    holds(&cloud, None);
    let overwrite = ["--overwrite", "secrets://db"];
    told(
        &cloud,
        "write_only_overwrite",
        &overwrite,
        MARKER.as_bytes(),
        0,
    );
    holds(&cloud, Some(MARKER));
}

#[test]
fn an_identity_that_may_only_read_is_told_what_writing_needs() {
    let cloud = cloud();
    for (name, code) in [("rbac", "ForbiddenByRbac"), ("policy", "ForbiddenByPolicy")] {
        let denied = serde_json::json!({
            "error": {"code": "Forbidden", "message": MARKER, "innererror": {"code": code}}
        });
        cloud.clear_scripts();
        cloud.script("vault.set", Reply::json(403, &denied).always());
        let name = format!("read_only_{name}");
        told(&cloud, &name, &["secrets://db"], MARKER.as_bytes(), 4);
    }
    cloud.clear_scripts();
    cloud.vault("shop").deny(Denied::ByFirewall);
    told(
        &cloud,
        "firewall",
        &["--overwrite", "secrets://db"],
        MARKER.as_bytes(),
        4,
    );
    holds(&cloud, None);
}

#[test]
fn a_value_may_have_25_kilobytes() {
    let cloud = cloud();
    let longest = "\u{e9}".repeat(12_800);
    put(&cloud, &["secrets://db"], longest.as_bytes(), 0);
    holds(&cloud, Some(&longest));
    cloud.forget();
    let longer = longest + "x";
    let arguments = ["--overwrite", "secrets://db"];
    told(&cloud, "too_long", &arguments, longer.as_bytes(), 4);
    made(&cloud, &[("msi.token", 1)]);
}

#[test]
fn what_the_vault_cannot_hold_is_not_sent() {
    let cloud = cloud();
    told(&cloud, "not_text", &["secrets://db"], b"\xff\xfe\x00", 4);
    let version = "secrets://db?version=0123456789abcdef0123456789abcdef";
    told(&cloud, "version", &[version], MARKER.as_bytes(), 4);
    let key = [
        "--kms-key",
        "https://shop.vault.azure.net/keys/x",
        "secrets://db",
    ];
    told(&cloud, "kms_key", &key, MARKER.as_bytes(), 4);
    assert_eq!(cloud.count("vault.set"), 0);
    assert_eq!(cloud.count("vault.get"), 0);
    told(
        &cloud,
        "name",
        &["secrets://DB_PASSWORD"],
        MARKER.as_bytes(),
        3,
    );
}

#[test]
fn values_are_kept_to_the_letter() {
    for value in [
        "pl\u{e4}in \u{1f511}",
        "two\nlines",
        "{\"a\": \"\\u0000\"}",
        " x ",
        "\"'$`\\",
    ] {
        let cloud = cloud();
        put(&cloud, &["secrets://db"], value.as_bytes(), 0);
        holds(&cloud, Some(value));
    }
}

/// Its name is taken until somebody purges it, which is nobody's to do unasked.
#[test]
fn a_deleted_secret_that_can_be_recovered_is_told() {
    let cloud = cloud();
    let vault = cloud.vault("shop");
    vault.set("prod-db", "the deleted");
    vault.delete("prod-db");
    told(&cloud, "deleted", &["secrets://db"], MARKER.as_bytes(), 4);
    told(
        &cloud,
        "deleted",
        &["--overwrite", "secrets://db"],
        MARKER.as_bytes(),
        4,
    );
    assert_eq!(
        (cloud.count("vault.purge"), cloud.count("vault.recover")),
        (0, 0)
    );
    holds(&cloud, None);
}

#[test]
fn a_disabled_secret_is_there_all_the_same() {
    let cloud = cloud();
    let disabled = SecretSetup {
        disabled: true,
        ..SecretSetup::default()
    };
    cloud
        .vault("shop")
        .set_with("prod-db", "the disabled", disabled);
    told(&cloud, "disabled", &["secrets://db"], MARKER.as_bytes(), 4);
    holds(&cloud, Some("the disabled"));
    put(
        &cloud,
        &["--overwrite", "secrets://db"],
        MARKER.as_bytes(),
        0,
    );
    holds(&cloud, Some(MARKER));
}

/// Entra's tokens come from Entra.
#[test]
fn a_token_cannot_be_put() {
    let cloud = cloud();
    told(
        &cloud,
        "token",
        &["entra://azure-sql"],
        MARKER.as_bytes(),
        4,
    );
    assert_eq!(cloud.requests(), []);
}
