//! The shape of `DATABASES`: aliases, keys and types.

use super::{Check, Rule};
use crate::{
    check::{
        fix::Fix,
        found::Out,
        subject::{Database, Field, Subject, has_word},
    },
    finding::Severity,
    manifest::entry,
};

const SETTINGS: &str = "https://docs.djangoproject.com/en/stable/ref/settings/#databases";
const TESTING: &str = "https://docs.djangoproject.com/en/stable/topics/testing/advanced/#tests-and-multiple-databases";

pub(super) const GN012: Rule = Rule {
    id: "GN012",
    severity: Severity::Error,
    title: "the aliases do not fit together",
    why: "Django does not start without a `default` where there are other databases, and its tests do not begin where `MIRROR` or \
          `DEPENDENCIES` name an alias that does not exist, or go in a circle.",
    remedy: "name a database `default`, and aliases that exist",
    sources: &[SETTINGS, TESTING],
    wrong: r#"[databases.reports]
ENGINE = "sqlite3"
NAME = "reports.sqlite3"
"#,
    right: r#"[databases.default]
ENGINE = "sqlite3"
NAME = "reports.sqlite3"
"#,
    check: Check::Manifest(aliases),
};

fn aliases(subject: &Subject<'_>, out: &mut Out<'_>) {
    let has = |alias: &str| {
        subject
            .databases
            .iter()
            .any(|database| database.alias.text == alias)
    };
    let first = subject.databases.first();
    if let Some(first) = first.filter(|_| !has("default")) {
        let is_completed = subject.profiles.is_empty()
            && subject
                .manifest
                .profiles
                .iter()
                .any(|(_, profile)| entry(&profile.layer.databases, "default").is_some());
        if !is_completed {
            out.at("databases", &first.alias.span)
                .note("there is no `default`");
        }
    }
    for database in &subject.databases {
        let mirror = database.field("TEST").and_then(|test| test.get("MIRROR"));
        if let Some(alias) = mirror.and_then(Field::text).filter(|alias| !has(alias)) {
            let note = format!("there is no database `{alias}`");
            out.on(database, &["TEST", "MIRROR"]).note(note);
        }
        for alias in dependencies(database).iter().filter(|alias| !has(alias)) {
            let note = format!("there is no database `{alias}`");
            out.on(database, &["TEST", "DEPENDENCIES"]).note(note);
        }
        if is_in_circle(subject, database) {
            out.on(database, &["TEST", "DEPENDENCIES"])
                .note("it depends on itself");
        }
    }
}

/// What the tests of a database wait for.
fn dependencies<'a>(database: &'a Database<'_>) -> Vec<&'a str> {
    let written = database
        .field("TEST")
        .and_then(|test| test.get("DEPENDENCIES"));
    let written = written.map_or(&[][..], Field::fields);
    written.iter().filter_map(Field::text).collect()
}

fn is_in_circle(subject: &Subject<'_>, start: &Database<'_>) -> bool {
    let mut seen: Vec<&str> = Vec::new();
    let mut open = dependencies(start);
    while let Some(alias) = open.pop() {
        if alias == start.alias.text {
            return true;
        }
        if seen.contains(&alias) {
            continue;
        }
        seen.push(alias);
        let next = subject
            .databases
            .iter()
            .find(|database| database.alias.text == alias);
        open.extend(next.map(dependencies).unwrap_or_default());
    }
    false
}

pub(super) const GN013: Rule = Rule {
    id: "GN013",
    severity: Severity::Error,
    title: "Django does not read this key",
    why: "Django takes no notice of a key of `DATABASES` that it does not know: a `PASSWROD`, a lower-case `host`, a `USER` inside \
          `OPTIONS` change nothing, and nothing says so.",
    remedy: "write the key as Django has it",
    sources: &[SETTINGS],
    wrong: r#"[databases.default]
ENGINE = "postgresql"
NAME = "shop"
PASSWROD = "${env://DB_PASSWORD}"
"#,
    right: r#"[databases.default]
ENGINE = "postgresql"
NAME = "shop"
PASSWORD = "${env://DB_PASSWORD}"
"#,
    check: Check::Reading,
};

pub(super) const GN014: Rule = Rule {
    id: "GN014",
    severity: Severity::Error,
    title: "the value is not of the type that Django takes",
    why: "Django and the drivers take what they are given: a text where a number should be fails at the first connection, and \
          the text `\"False\"` is true.",
    remedy: "write the value as the type that the key takes",
    sources: &[SETTINGS],
    wrong: r#"[databases.default]
ENGINE = "postgresql"
NAME = "shop"
CONN_MAX_AGE = "an hour"
"#,
    right: r#"[databases.default]
ENGINE = "postgresql"
NAME = "shop"
CONN_MAX_AGE = 3600
CONN_HEALTH_CHECKS = true
"#,
    check: Check::Reading,
};

pub(super) const GN015: Rule = Rule {
    id: "GN015",
    severity: Severity::Advice,
    title: "tests make a second database for the replica",
    why: "Without `TEST.MIRROR`, Django's tests make an empty database for the alias of a replica: what a test writes to the primary \
          is not to be read there.",
    remedy: "write `TEST = { MIRROR = \"default\" }`",
    sources: &[TESTING],
    wrong: r#"[databases.default]
ENGINE = "postgresql"
NAME = "shop"
HOST = "db.shop.example"
USER = "shop_app"
PASSWORD = "${env://DB_PASSWORD}"
OPTIONS = { sslmode = "verify-full", sslrootcert = "system" }

[databases.replica]
ENGINE = "postgresql"
NAME = "shop"
HOST = "replica.shop.example"
USER = "shop_app"
PASSWORD = "${env://DB_PASSWORD}"
OPTIONS = { sslmode = "verify-full", sslrootcert = "system" }
"#,
    right: r#"[databases.default]
ENGINE = "postgresql"
NAME = "shop"
HOST = "db.shop.example"
USER = "shop_app"
PASSWORD = "${env://DB_PASSWORD}"
OPTIONS = { sslmode = "verify-full", sslrootcert = "system" }

[databases.replica]
ENGINE = "postgresql"
NAME = "shop"
HOST = "replica.shop.example"
USER = "shop_app"
PASSWORD = "${env://DB_PASSWORD}"
OPTIONS = { sslmode = "verify-full", sslrootcert = "system" }
TEST = { MIRROR = "default" }
"#,
    check: Check::Manifest(replicas),
};

/// Words in the alias of a replica.
const REPLICA: &[&str] = &[
    "replica",
    "replicas",
    "read",
    "reader",
    "readonly",
    "ro",
    "secondary",
    "slave",
    "standby",
    "follower",
    "replica1",
    "replica2",
];

fn replicas(subject: &Subject<'_>, out: &mut Out<'_>) {
    let Some(primary) = subject
        .databases
        .iter()
        .find(|database| database.alias.text == "default")
    else {
        return;
    };
    for database in &subject.databases {
        let alias = &database.alias.text;
        let is_mirror = database
            .field("TEST")
            .is_some_and(|test| test.is_unknown() || test.get("MIRROR").is_some());
        let is_named = has_word(alias, REPLICA) && is_same(primary, database, "ENGINE", true);
        let is_copy = ["ENGINE", "NAME", "USER"]
            .iter()
            .all(|key| is_same(primary, database, key, false))
            && !is_same(primary, database, "HOST", false);
        if alias != "default" && !is_mirror && (is_named || is_copy && database.has("HOST")) {
            out.at(database.key(&["TEST"]), &database.alias.span)
                .fix(Fix::set(database, &["TEST", "MIRROR"], "\"default\""));
        }
    }
}

/// Whether two databases have a key alike, as far as it is known.
fn is_same(a: &Database<'_>, b: &Database<'_>, key: &str, otherwise: bool) -> bool {
    match (a.text(key), b.text(key)) {
        (Some(a), Some(b)) => a == b,
        _ => otherwise,
    }
}
