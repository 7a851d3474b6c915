//! Key Vault: every kind of value, version and name, in as few requests and connections as there can be.

mod challenges;
mod clouds;
mod dates;
mod denied;
mod names;
mod throttling;
mod versions;

use std::collections::BTreeSet;
use std::time::Duration;

use nuages_fakecloud::{CLIENT_ID, FakeCloud, SYSTEM_IDENTITY, Variables};
use serde_json::{Value, json};

use crate::cloud::{MARKER, SHOP, asked, env, keeps_quiet, made, render, render_as, run, shop};
use crate::shot::shot;
use crate::support::project::{Outcome, Project};

/// The run of those tests that fail, as talkative as can be.
const EXEC: [&str; 6] = ["-vvv", "exec", "--", "sh", "-c", "touch started"];

/// Insists on a failure as the app's own identity with this exit code, no child, and silence about secrets; compares all
/// it said with `snapshots/kv_NAME.snap`.
#[track_caller]
fn fails(cloud: &FakeCloud, name: &str, manifest: &str, code: i32) -> Outcome {
    fails_as(
        cloud,
        &cloud.environment_app_service(),
        name,
        manifest,
        code,
    )
}

/// The same, with these variables.
#[track_caller]
fn fails_as(
    cloud: &FakeCloud,
    variables: &Variables,
    name: &str,
    manifest: &str,
    code: i32,
) -> Outcome {
    let project = Project::new(manifest);
    let outcome = run(variables, &project, &EXEC).output().code(code);
    keeps_quiet(cloud, variables, &outcome);
    assert!(!project.path("started").exists(), "a child was started");
    shot(&format!("kv_{name}"), &project, &outcome, &[]);
    outcome
}

/// A cloud whose vault `shop` has `count` secrets `sNNN` with the values `value-NNN`.
fn many(count: usize) -> FakeCloud {
    let cloud = FakeCloud::start();
    let vault = cloud.vault("shop");
    for n in 0..count {
        vault.set(&format!("s{n:03}"), &format!("value-{n:03}"));
    }
    cloud
}

/// The manifest that reads them as `S000`, `S001`, …
fn all_of_them(count: usize) -> String {
    let entries: Vec<_> = (0..count)
        .map(|n| (format!("S{n:03}"), format!("${{secrets://s{n:03}}}")))
        .collect();
    shop(entries.iter().map(|(name, value)| (&**name, &**value)))
}

/// How many connections brought requests for this host.
fn connections_to(cloud: &FakeCloud, host: &str) -> usize {
    let seen = cloud.requests().into_iter();
    let numbers: BTreeSet<u64> = seen
        .filter(|seen| seen.host == host)
        .map(|seen| seen.connection)
        .collect();
    numbers.len()
}

/// How many tunnels were asked for to this host.
fn tunnels_to(cloud: &FakeCloud, host: &str) -> usize {
    let target = format!("{host}:443");
    cloud.tunnels().iter().filter(|to| **to == target).count()
}

#[test]
fn ten_secrets_and_their_token_are_eleven_requests() {
    let cloud = many(10);
    for (variables, login) in [
        (cloud.environment_app_service(), "msi.token"),
        (cloud.environment_client_secret(), "entra.token"),
        (cloud.environment_certificate(), "entra.token"),
        (
            cloud.environment_workload_identity().unwrap(),
            "entra.token",
        ),
    ] {
        cloud.forget();
        let rendered = render_as(&variables, &all_of_them(10));
        for (n, (name, value)) in rendered.iter().enumerate() {
            let expected = (&format!("S{n:03}"), &json!(format!("value-{n:03}")));
            assert_eq!((name, value), expected);
        }
        assert_eq!(rendered.len(), 10);
        made(&cloud, &[(login, 1), ("vault.get", 10)]);
        let host = "shop.vault.azure.net";
        assert_eq!(tunnels_to(&cloud, host), 1, "{:?}", cloud.tunnels());
        assert_eq!(connections_to(&cloud, host), 1);
        for seen in asked(&cloud).iter().filter(|seen| seen.host == host) {
            assert_eq!(seen.version, "HTTP/2.0");
            assert_eq!(seen.header("authorization"), Some("Bearer"));
            assert_eq!(seen.status, 200);
        }
    }
}

/// What opens the connection ahead has nothing in it that a vault, or whoever took its place, could use.
#[test]
fn the_connection_is_opened_ahead_without_a_token() {
    let cloud = many(1);
    // The token is later than the connection may be.
    cloud.script(
        "entra.token",
        nuages_fakecloud::Reply::json(200, &token_of_entra(&cloud)).late(Duration::from_secs(4)),
    );
    render_as(&cloud.environment_client_secret(), &all_of_them(1));
    let heads: Vec<_> = cloud
        .requests()
        .into_iter()
        .filter(|seen| seen.method == "HEAD")
        .collect();
    assert_eq!(heads.len(), 1);
    let head = &heads[0];
    assert_eq!(
        (&*head.host, &*head.path),
        ("shop.vault.azure.net", "/healthstatus")
    );
    assert_eq!(head.status, 200);
    assert_eq!(head.header("authorization"), None);
    assert_eq!(tunnels_to(&cloud, "shop.vault.azure.net"), 1);
    assert_eq!(connections_to(&cloud, "shop.vault.azure.net"), 1);
    let order: Vec<_> = cloud.requests().iter().map(|seen| seen.operation).collect();
    assert_eq!(order, ["vault.health", "entra.token", "vault.get"]);
}

/// What Entra answers with a good token for Key Vault.
fn token_of_entra(cloud: &FakeCloud) -> Value {
    let token = cloud.issue_token("https://vault.azure.net");
    json!({"token_type": "Bearer", "expires_in": 3599, "access_token": token})
}

#[test]
fn a_hundred_secrets_are_asked_for_at_once_on_one_connection() {
    let cloud = many(100);
    // One after another they would take 50 s, which is beyond the deadline.
    cloud.latency(Duration::from_millis(500));
    let rendered = render(&cloud, &all_of_them(100));
    let values: BTreeSet<_> = rendered.values().map(|value| value.as_str()).collect();
    assert_eq!((rendered.len(), values.len()), (100, 100));
    assert_eq!(rendered["S099"], "value-099");
    made(&cloud, &[("msi.token", 1), ("vault.get", 100)]);
    let host = "shop.vault.azure.net";
    assert_eq!(tunnels_to(&cloud, host), 1, "{:?}", cloud.tunnels());
    let paths: BTreeSet<String> = asked(&cloud).into_iter().map(|seen| seen.path).collect();
    assert_eq!(paths.len(), 101, "each name once");
}

#[test]
fn the_same_reference_in_five_keys_is_fetched_once() {
    let cloud = many(1);
    let manifest = format!(
        "{SHOP}\
         [databases.default]\nENGINE = 'postgresql'\nNAME = 'shop'\nPASSWORD = '${{secrets://s000}}'\n\
         [databases.reports]\nurl = 'postgres://u:${{secrets://s000 | urlencode}}@db/reports'\n\
         [env]\nA = '${{secrets://s000}}'\nB = 'x-${{secrets://s000}}'\nC = '${{secrets://s000 | base64}}'\n"
    );
    let rendered = render(&cloud, &manifest);
    assert_eq!(rendered["DATABASES"]["default"]["PASSWORD"], "value-000");
    assert_eq!(rendered["DATABASES"]["reports"]["PASSWORD"], "value-000");
    assert_eq!(
        [&rendered["A"], &rendered["B"], &rendered["C"]],
        ["value-000", "x-value-000", "dmFsdWUtMDAw"]
    );
    made(&cloud, &[("msi.token", 1), ("vault.get", 1)]);
}

#[test]
fn two_vaults_are_one_login() {
    let cloud = many(2);
    cloud.vault("shared").set("dsn", "of the other vault");
    let manifest = format!(
        "{SHOP}{}",
        env([
            ("A", "${secrets://s000}"),
            ("B", "${azure-kv://shared/dsn}"),
            ("C", "${azure-kv://shop/s001}"),
            ("D", "${secrets://shared/dsn}"),
        ])
    );
    let rendered = render_as(&cloud.environment_client_secret(), &manifest);
    let expected = json!({
        "A": "value-000", "B": "of the other vault", "C": "value-001", "D": "of the other vault"
    });
    assert_eq!(Value::Object(rendered), expected);
    assert_eq!(cloud.count("entra.token"), 1, "one token for both vaults");
    assert_eq!(cloud.count("vault.get"), 4);
    assert_eq!(cloud.tokens().len(), 1);
}

#[test]
fn three_instances_share_a_token_of_each_scope() {
    let cloud = many(3);
    // Late enough for all three to ask while the first still waits.
    cloud.latency(Duration::from_millis(800));
    let manifest = format!(
        "[providers.a]\nkind = 'azure-kv'\nvault = 'shop'\n\
         [providers.b]\nkind = 'azure-kv'\nvault = 'https://shop.vault.azure.net'\n\
         [providers.c]\nkind = 'azure-kv'\nvault = 'SHOP'\nprefix = 's'\n\
         [providers.token]\nkind = 'entra'\n{}",
        env([
            ("A", "${a://s000}"),
            ("B", "${b://s001}"),
            ("C", "${c://002}"),
            ("SQL", "${token://azure-sql}"),
            ("SAME", "${entra://azure-sql}"),
        ])
    );
    let rendered = render_as(&cloud.environment_client_secret(), &manifest);
    assert_eq!(
        [&rendered["A"], &rendered["B"], &rendered["C"]],
        ["value-000", "value-001", "value-002"]
    );
    assert_eq!(rendered["SQL"], rendered["SAME"]);
    assert_eq!(tunnels_to(&cloud, "shop.vault.azure.net"), 1);
    made(&cloud, &[("entra.token", 2), ("vault.get", 3)]);
    let mut scopes: Vec<_> = asked(&cloud)
        .iter()
        .filter_map(|seen| seen.field("scope").map(str::to_owned))
        .collect();
    scopes.sort();
    assert_eq!(
        scopes,
        [
            "https://database.windows.net/.default",
            "https://vault.azure.net/.default"
        ]
    );
}

/// As another identity it is another login, and nobody gets the other's token.
#[test]
fn each_instance_may_be_another_identity() {
    let cloud = many(2);
    let user = nuages_fakecloud::USER_IDENTITY;
    let manifest = format!(
        "[providers.own]\nkind = 'azure-kv'\nvault = 'shop'\n\
         [providers.other]\nkind = 'azure-kv'\nvault = 'shop'\nclient_id = '{user}'\n{}",
        env([("A", "${own://s000}"), ("B", "${other://s001}")])
    );
    render(&cloud, &manifest);
    made(&cloud, &[("msi.token", 2), ("vault.get", 2)]);
    let mut who: Vec<_> = cloud
        .tokens()
        .into_iter()
        .map(|one| one.client_id)
        .collect();
    who.sort();
    assert_eq!(who, [SYSTEM_IDENTITY, user]);
    assert!(who.iter().all(|one| one != CLIENT_ID));
}

#[test]
fn every_kind_of_value_is_read_as_it_is() {
    let cloud = FakeCloud::start();
    let vault = cloud.vault("shop");
    let largest = "x\u{e9}".repeat(25_600 / 3) + "y";
    assert_eq!(largest.len(), 25_600);
    let values = [
        ("plain", "hunter2"),
        ("unicode", "pl\u{e4}in \u{1f511} \u{4e2d}\u{6587} \u{202e}"),
        ("quotes", "\"q\" 'q' $HOME ${x} \\n %41 #?|}"),
        ("lines", "-----BEGIN-----\nabc=\r\n-----END-----\n"),
        ("spaces", "  \t around  "),
        ("controls", "a\u{1}b\u{7f}c"),
        ("empty", ""),
        ("base64", "AJ+Sllv/Cg=="),
        ("largest", &*largest),
    ];
    for (name, value) in values {
        vault.set(name, value);
    }
    let entries = values.map(|(name, _)| (name, format!("${{secrets://{name}}}")));
    let rendered = render(&cloud, &shop(entries.iter().map(|(a, b)| (*a, &**b))));
    for (name, value) in values {
        assert_eq!(rendered[name], value, "{name}");
    }
    // Bytes are kept as base64, and come out as bytes.
    let project = Project::new(SHOP);
    let arguments = ["get", "secrets://base64 | base64decode"];
    let outcome = run(&cloud.environment_app_service(), &project, &arguments).output();
    assert_eq!(outcome.code(0).stdout, [0, 159, 146, 150, 91, 255, 10]);
}

#[test]
fn fields_and_versions_are_picked() {
    let cloud = FakeCloud::start();
    let vault = cloud.vault("shop");
    let first = vault.set("db", "first");
    let second = vault.set("db", "second");
    vault.set("db", "third");
    vault.set(
        "stripe",
        "{\"live\": {\"key\": \"sk-1\"}, \"test\": \"sk-2\"}",
    );
    let upper = second.to_uppercase();
    let rendered = render(
        &cloud,
        &shop([
            ("CURRENT", "${secrets://db}"),
            ("FIRST", &*format!("${{secrets://db?version={first}}}")),
            ("SECOND", &*format!("${{secrets://db?version={second}}}")),
            ("SAME", &*format!("${{secrets://db?version={upper}}}")),
            ("LIVE", "${secrets://stripe#/live/key}"),
            ("TEST", "${secrets://stripe#test}"),
        ]),
    );
    let expected = json!({
        "CURRENT": "third", "FIRST": "first", "SECOND": "second", "SAME": "second", "LIVE": "sk-1", "TEST": "sk-2"
    });
    assert_eq!(Value::Object(rendered), expected);
    made(&cloud, &[("msi.token", 1), ("vault.get", 4)]);
    let mut paths: Vec<_> = asked(&cloud)
        .into_iter()
        .filter(|seen| seen.operation == "vault.get")
        .map(|seen| seen.path.trim_end_matches('/').to_owned())
        .collect();
    paths.sort();
    let mut versions = [
        "/secrets/db".to_owned(),
        format!("/secrets/db/{first}"),
        format!("/secrets/db/{second}"),
        "/secrets/stripe".to_owned(),
    ];
    versions.sort();
    assert_eq!(paths, versions);
}

#[test]
fn a_default_and_optional_cover_what_is_missing() {
    let cloud = many(1);
    cloud.vault("shop").set("gone", MARKER);
    cloud.vault("shop").delete("gone");
    let none = "0123456789abcdef0123456789abcdef";
    let manifest = format!(
        "{SHOP}[env]\n\
         HERE = '${{secrets://s000}}'\n\
         DEFAULT = '${{secrets://none:-a default}}'\n\
         VERSION = '${{secrets://s000?version={none}:-no such version}}'\n\
         NEXT = '${{secrets://none:-${{secrets://s000}}}}'\n\
         DELETED = '${{secrets://gone:-it is deleted}}'\n\
         OPTIONAL = {{ value = '${{secrets://none}}', optional = true }}\n"
    );
    let expected = json!({
        "HERE": "value-000",
        "DEFAULT": "a default",
        "VERSION": "no such version",
        "NEXT": "value-000",
        "DELETED": "it is deleted",
    });
    assert_eq!(Value::Object(render(&cloud, &manifest)), expected);
}

#[test]
fn variables_that_are_references_need_no_manifest() {
    let cloud = many(12);
    let project = Project::empty();
    let variables = cloud.environment_client_secret();
    let mut run = run(&variables, &project, &["exec", "--from-env", "--", "env"]);
    for n in 0..12 {
        run = run.env(format!("S{n:03}"), format!("azure-kv://shop/s{n:03}"));
    }
    let outcome = run
        .env("BESIDE", "see azure-kv://shop/s000")
        .output()
        .code(0);
    keeps_quiet(&cloud, &variables, &outcome);
    let lines: BTreeSet<&str> = outcome.stdout().lines().collect();
    for n in 0..12 {
        let line = format!("S{n:03}=value-{n:03}");
        assert!(lines.contains(&*line), "{lines:#?}");
    }
    assert!(lines.contains("BESIDE=see azure-kv://shop/s000"));
    assert!(!outcome.stdout().contains("AZURE_CLIENT_SECRET"));
    made(&cloud, &[("entra.token", 1), ("vault.get", 12)]);
}

/// App Service, vals and secret-init name the secrets that are there.
#[test]
fn variables_in_other_tools_words_are_read() {
    let cloud = many(4);
    let project = Project::empty();
    let variables = cloud.environment_client_secret();
    let given = [
        (
            "URI",
            "@Microsoft.KeyVault(SecretUri=https://shop.vault.azure.net/secrets/s000/)",
        ),
        (
            "NAME",
            "@Microsoft.KeyVault(VaultName=shop;SecretName=s001)",
        ),
        ("VALS", "ref+azurekeyvault://shop/s002"),
        ("INIT", "azure:keyvault:s003"),
    ];
    let mut run = run(&variables, &project, &["exec", "--from-env", "--", "env"])
        .env("AZURE_KEY_VAULT_URL", "https://shop.vault.azure.net/");
    for (name, value) in given {
        run = run.env(name, value);
    }
    let outcome = run.output().code(0);
    keeps_quiet(&cloud, &variables, &outcome);
    let lines: BTreeSet<&str> = outcome.stdout().lines().collect();
    for (n, (name, _)) in given.iter().enumerate() {
        let line = format!("{name}=value-{n:03}");
        assert!(lines.contains(&*line), "{lines:#?}");
    }
}
