//! Names that nobody has, names that nobody can have, and vaults that are none.

use nuages_fakecloud::FakeCloud;

use super::{fails, many};
use crate::cloud::{MARKER, SHOP, env, made, render, shop};
use crate::shot::shot;
use crate::support::project::Project;

/// Insists on a failure before anything is asked of anybody.
#[track_caller]
fn refused(name: &str, manifest: &str, code: i32) {
    let cloud = FakeCloud::start();
    fails(&cloud, name, manifest, code);
    assert_eq!(cloud.requests(), []);
    assert_eq!((cloud.tunnels().len(), cloud.connections()), (0, 0));
}

#[test]
fn names_that_cannot_be_are_told_before_anything_is_asked() {
    let long = format!("${{secrets://{}}}", "a".repeat(128));
    let entries = [
        ("A", "${secrets://DB_PASSWORD}"),
        ("B", "${secrets://../keys/db}"),
        ("C", "${secrets://shop/db/0123}"),
        ("D", "${secrets://shop/db.password}"),
        ("E", "${secrets://db%25252Fx}"),
        ("F", "${secrets://shop/}"),
        ("G", "${azure-kv://db}"),
        ("H", "${azure-kv://sh/db}"),
        ("I", "${azure-kv://shop--x/db}"),
        ("J", "${azure-kv://shop.example.org/db}"),
        ("K", "${azure-kv://user@shop/db}"),
        ("L", "${secrets://pl\u{e4}in}"),
        ("M", "${secrets://db?version=latest}"),
        (
            "N",
            "${secrets://db?version=0123456789abcdef0123456789abcde/}",
        ),
        (
            "O",
            "${secrets://db?versoin=0123456789abcdef0123456789abcdef}",
        ),
        ("P", &*long),
    ];
    refused("names", &shop(entries), 3);
}

#[test]
fn a_vault_that_is_none_is_told_before_anything_is_asked() {
    let instances = [
        ("a", "vault = 'https://shop.example.org'"),
        ("b", "vault = 'https://shop.vault.azure.net.example.org'"),
        ("c", "vault = 'http://shop.vault.azure.net'"),
        ("d", "vault = 'https://shop.vault.azure.net/secrets'"),
        (
            "e",
            "vault = 'https://user:value-marker-5d20@shop.vault.azure.net'",
        ),
        ("f", "vault = 'my_shop'"),
        ("g", "vault = 'shop'\nendpoint = 'https://localhost:8443'"),
        ("h", "endpoint = 'https://vault.example.org'"),
        ("i", "endpoint = 'http://localhost:8443'"),
        ("j", "vault = 'shop'\nprefix = 'shop_'"),
        ("k", "vault = 'shop.vault.azure.cn'\ncloud = 'usgov'"),
        ("l", "vault = 'shop'\ntenant = 'shop/../x'"),
        (
            "m",
            "vault = 'shop'\nauthority = 'http://login.example.org'",
        ),
        ("n", ""),
    ];
    let settings = instances
        .map(|(name, settings)| format!("[providers.{name}]\nkind = 'azure-kv'\n{settings}\n"));
    let entries = instances.map(|(name, _)| (name, format!("${{{name}://db}}")));
    let manifest = settings.concat() + &env(entries.iter().map(|(a, b)| (*a, &**b)));
    refused("vaults", &manifest, 4);
}

#[test]
fn settings_that_are_none_are_told_at_their_lines() {
    let manifest = format!(
        "[providers.secrets]\nkind = 'azure-kv'\nvault = 5\ncloud = 'mars'\ncredential = 'password'\n\
         allow_expired = 'yes'\nvualt = 'shop'\n{}",
        env([("A", "${secrets://db}")])
    );
    refused("settings", &manifest, 3);
}

#[test]
fn a_prefix_completes_every_name() {
    let cloud = FakeCloud::start();
    let vault = cloud.vault("shop");
    for name in ["prod-db", "db", "prod-shared"] {
        vault.set(name, &format!("at {name}"));
    }
    let other = cloud.vault("other");
    other.set("prod-db", "at the other's prod-db");
    other.set("db", "at the other's db");
    let rendered = render(
        &cloud,
        &format!(
            "[providers.prod]\nkind = 'azure-kv'\nvault = 'shop'\nprefix = 'prod-'\n\
             [providers.none]\nkind = 'azure-kv'\nvault = 'shop'\n{}",
            env([
                ("PROD", "${prod://db}"),
                ("SHARED", "${prod://shared}"),
                ("OTHER", "${prod://other/db}"),
                ("DIRECT", "${azure-kv://other/db}"),
                ("NONE", "${none://db}"),
            ])
        ),
    );
    let values: Vec<_> = rendered.values().collect();
    let expected = [
        "at prod-db",
        "at prod-shared",
        "at the other's prod-db",
        "at the other's db",
        "at db",
    ];
    assert_eq!(values, expected);
}

#[test]
fn a_prefix_that_makes_a_name_too_long_is_told() {
    let cloud = many(1);
    let manifest = format!(
        "[providers.long]\nkind = 'azure-kv'\nvault = 'shop'\nprefix = '{}-'\n{}",
        "p".repeat(126),
        env([("A", "${long://db}")])
    );
    fails(&cloud, "prefix_too_long", &manifest, 4);
    assert_eq!(cloud.count("vault.get"), 0);
}

#[test]
fn a_missing_one_among_nine_is_reported_alone() {
    let cloud = many(9);
    let manifest = super::all_of_them(10);
    let outcome = fails(&cloud, "missing", &manifest, 4);
    assert_eq!(outcome.stdout(), "");
    made(&cloud, &[("msi.token", 1), ("vault.get", 10)]);
}

#[test]
fn a_missing_version_and_a_deleted_secret_are_told() {
    let cloud = many(1);
    cloud.vault("shop").set("gone", MARKER);
    cloud.vault("shop").delete("gone");
    let version = "${secrets://s000?version=ffffffffffffffffffffffffffffffff}";
    let manifest = shop([("VERSION", version), ("GONE", "${secrets://gone}")]);
    fails(&cloud, "missing_version", &manifest, 4);
}

#[test]
fn a_vault_that_nobody_has_is_told() {
    let cloud = FakeCloud::start();
    fails(&cloud, "no_vault", &shop([("A", "${secrets://db}")]), 4);
    assert_eq!(cloud.count("vault"), 0);
}

/// Other values of the manifest name a vault; the way to it is the same.
#[test]
fn a_vaults_name_has_no_case() {
    let cloud = many(1);
    let rendered = render(
        &cloud,
        &format!(
            "{SHOP}{}",
            env([
                ("A", "${azure-kv://SHOP/s000}"),
                ("B", "${azure-kv://shop.vault.azure.net/s000}"),
                ("C", "${secrets://Shop.Vault.Azure.NET/s000}"),
            ])
        ),
    );
    assert!(rendered.values().all(|value| value == "value-000"));
    let project = Project::new(SHOP);
    let variables = cloud.environment_app_service();
    let outcome = crate::cloud::run(&variables, &project, &["get", "secrets://S000"]).output();
    shot("kv_case", &project, &outcome.code(0), &[]);
}
