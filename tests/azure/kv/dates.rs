//! Secrets that are not to be used now: disabled, expired, not valid yet; and the end of those that are.

use std::time::{Duration, SystemTime};

use nuages::manifest::Manifest;
use nuages::plan::{self, Selection};
use nuages::registry::Registry;
use nuages::resolve::{self, Options};
use nuages_fakecloud::{FakeCloud, Reply, SecretSetup};
use nuages_provider::Environment;

use super::{fails, many};
use crate::cloud::{MARKER, made, render, shop};

/// 2020-02-03, and 2096-02-11.
const PAST: i64 = 1_580_688_000;
const FUTURE: i64 = 3_979_756_800;

/// A vault with a secret for every state there is.
fn cloud() -> FakeCloud {
    let cloud = FakeCloud::start();
    let vault = cloud.vault("shop");
    let setup = SecretSetup::default;
    let states = [
        (
            "disabled",
            SecretSetup {
                disabled: true,
                ..setup()
            },
        ),
        (
            "expired",
            SecretSetup {
                expires: Some(PAST),
                ..setup()
            },
        ),
        (
            "early",
            SecretSetup {
                not_before: Some(FUTURE),
                ..setup()
            },
        ),
        (
            "current",
            SecretSetup {
                not_before: Some(PAST),
                expires: Some(FUTURE),
                ..setup()
            },
        ),
    ];
    for (name, setup) in states {
        vault.set_with(name, MARKER, setup);
    }
    cloud
}

const ALL: [(&str, &str); 4] = [
    ("DISABLED", "${secrets://disabled}"),
    ("EXPIRED", "${secrets://expired}"),
    ("EARLY", "${secrets://early}"),
    ("CURRENT", "${secrets://current}"),
];

#[test]
fn a_secret_outside_its_dates_is_no_value() {
    let cloud = cloud();
    fails(&cloud, "dates", &shop(ALL), 4);
    made(&cloud, &[("msi.token", 1), ("vault.get", 4)]);
    assert_eq!(render(&cloud, &shop([ALL[3]]))["CURRENT"], MARKER);
}

/// None of them is missing, so no default stands in for it.
#[test]
fn a_default_does_not_cover_it() {
    let cloud = cloud();
    let entries = [
        ("DISABLED", "${secrets://disabled:-x}"),
        ("EXPIRED", "${secrets://expired:-x}"),
        ("EARLY", "${secrets://early:-x}"),
    ];
    fails(&cloud, "dates_default", &shop(entries), 4);
}

/// `allow_expired` is about dates alone: what is disabled the vault itself does not give.
#[test]
fn dates_can_be_passed_over() {
    let cloud = cloud();
    let allow = |entries: &[(&str, &str)]| {
        shop(entries.iter().copied())
            .replace("vault = 'shop'\n", "vault = 'shop'\nallow_expired = true\n")
    };
    let rendered = render(&cloud, &allow(&ALL[1..]));
    assert_eq!(rendered.len(), 3);
    assert!(rendered.values().all(|value| value == MARKER));
    fails(&cloud, "disabled_allowed", &allow(&ALL[..1]), 4);
}

/// The other way in which the service says it: a 403 with the reason inside.
#[test]
fn the_vault_itself_may_refuse_by_the_dates() {
    let cloud = many(2);
    for (name, code) in [("s000", "SecretExpired"), ("s001", "SecretNotYetValid")] {
        let body = serde_json::json!({
            "error": {"code": "Forbidden", "message": MARKER, "innererror": {"code": code}}
        });
        cloud.script("vault.get", Reply::json(403, &body).naming(name).always());
    }
    let manifest = shop([
        ("EXPIRED", "${secrets://s000}"),
        ("EARLY", "${secrets://s001}"),
    ]);
    fails(&cloud, "dates_forbidden", &manifest, 4);
    made(&cloud, &[("msi.token", 1), ("vault.get", 2)]);
}

/// An earlier version has dates of its own.
#[test]
fn a_version_has_its_own_dates() {
    let cloud = FakeCloud::start();
    let vault = cloud.vault("shop");
    let old = SecretSetup {
        expires: Some(PAST),
        ..SecretSetup::default()
    };
    let old = vault.set_with("db", MARKER, old);
    vault.set("db", "the current one");
    assert_eq!(
        render(&cloud, &shop([("A", "${secrets://db}")]))["A"],
        "the current one"
    );
    let reference = format!("${{secrets://db?version={old}}}");
    fails(&cloud, "dates_version", &shop([("A", &*reference)]), 4);
}

/// Nothing on the command line shows it yet; who uses the library plans the next resolve by it.
#[test]
fn the_end_of_a_value_goes_with_it() {
    let cloud = cloud();
    let manifest = shop([
        ("CURRENT", "${secrets://current}"),
        ("TOKEN", "${entra://azure-sql}"),
    ]);
    let registry = Registry::builtin();
    let manifest = Manifest::read("nuages.toml", &*manifest, &registry);
    let plan = plan::plan(&manifest, &Selection::default(), &registry).unwrap();
    let variables = cloud.environment_client_secret();
    let variables = variables.into_iter().map(|(a, b)| (a.into(), b.into()));
    let environment = Environment::new(variables, "/");
    let options = Options {
        deadline: Duration::from_secs(30),
        files: None,
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let resolved = runtime.block_on(resolve::resolve(&plan, &environment, &options));
    let resolved = resolved.unwrap();
    let mut ends: Vec<_> = resolved
        .origins
        .iter()
        .filter_map(|origin| origin.expires)
        .collect();
    ends.sort();
    let at = |seconds: i64| {
        SystemTime::UNIX_EPOCH + Duration::from_secs(u64::try_from(seconds).unwrap())
    };
    let token = cloud.tokens();
    let token = token
        .iter()
        .find(|one| one.audience.contains("database"))
        .unwrap();
    assert_eq!(ends, [at(token.expires_on), at(FUTURE)]);
}
