//! The shape of `DATABASES`: aliases, keys and types.

use std::collections::{HashMap, HashSet};

use super::{Check, Rule, circles::circles};
use crate::{
    check::{
        fix::Fix,
        found::Out,
        subject::{Database, Field, Subject, is_replica},
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
          `DEPENDENCIES` name an alias that does not exist, or go in a circle. An alias that mirrors itself gets no test \
          database: its tests write to the real one.",
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
    let aliases: HashSet<&str> = subject
        .databases
        .iter()
        .map(|database| database.alias.text.as_str())
        .collect();
    let has = |alias: &str| aliases.contains(alias);
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
    let mirrors: HashMap<&str, &Field> = subject
        .databases
        .iter()
        .filter_map(|database| {
            let mirror = database.field("TEST")?.get("MIRROR")?;
            (!mirror.is_empty()).then_some((database.alias.text.as_str(), mirror))
        })
        .collect();
    let waits = Waits::new(subject, &mirrors);
    for database in &subject.databases {
        let mirror = mirrors.get(database.alias.text.as_str());
        if let Some(mirror) = mirror.filter(|mirror| mirror.text().is_some_and(|to| !has(to))) {
            let note = absent(mirror);
            out.on(database, &["TEST", "MIRROR"]).note(note);
            continue;
        }
        if mirror.is_some() && is_own_mirror(&database.alias.text, &mirrors) {
            out.on(database, &["TEST", "MIRROR"])
                .note("it mirrors itself: tests make no database for it, and run in the real one");
        }
        let path = &["TEST", "DEPENDENCIES"];
        for field in dependencies(database) {
            let Some(alias) = field.text() else { continue };
            if !has(alias) {
                let note = absent(field);
                out.on(database, path).note(note);
            } else if mirrors.contains_key(alias) && mirror.is_none() {
                let note = "it waits for a mirror, which has no database of its own in tests";
                out.on(database, path).note(note);
            }
        }
        if database.at(path).is_some() && waits.circles.contains(database.alias.text.as_str()) {
            let found = out.on(database, path);
            found.note("it depends on itself");
            if waits.has_unwritten() {
                found.note("an alias without `DEPENDENCIES` waits for `default`");
            }
        }
    }
}

/// Whether the mirrors lead back to where they begin.
fn is_own_mirror(start: &str, mirrors: &HashMap<&str, &Field>) -> bool {
    let mut at = start;
    for _ in 0..mirrors.len() {
        match mirrors.get(at).and_then(|mirror| mirror.text()) {
            Some(next) if next == start => return true,
            Some(next) => at = next,
            None => return false,
        }
    }
    false
}

/// That a database does not exist; its name only where the manifest itself has it.
fn absent(field: &Field) -> String {
    match field.text().filter(|_| field.is_public()) {
        Some(alias) => format!("there is no database `{alias}`"),
        None => "there is no database of the name that the reference brings".to_owned(),
    }
}

/// What the tests of a database wait for, as it is written.
fn dependencies<'a>(database: &'a Database<'_>) -> &'a [Field] {
    let written = database.at(&["TEST", "DEPENDENCIES"]);
    written.map_or(&[], Field::fields)
}

/// Which databases Django's tests make before which.
struct Waits<'a> {
    /// The aliases that wait for themselves.
    circles: HashSet<&'a str>,
    has_unwritten: bool,
}

impl<'a> Waits<'a> {
    /// A mirror is not made; an alias that says nothing waits for `default`. See `get_unique_databases_and_mirrors` of
    /// `django.test.utils`.
    fn new(subject: &'a Subject<'_>, mirrors: &HashMap<&str, &Field>) -> Self {
        let waits = |database: &'a Database<'_>| {
            let alias = database.alias.text.as_str();
            let written = database.at(&["TEST", "DEPENDENCIES"]).is_some();
            let texts = dependencies(database).iter().filter_map(Field::text);
            let waits = match written {
                _ if mirrors.contains_key(alias) => Vec::new(),
                true => texts.collect(),
                false if alias == "default" => Vec::new(),
                false => vec!["default"],
            };
            (alias, waits)
        };
        let unwritten = |database: &Database<'_>| {
            let alias = database.alias.text.as_str();
            let is_written = database.at(&["TEST", "DEPENDENCIES"]).is_some();
            !is_written && alias != "default" && !mirrors.contains_key(alias)
        };
        Self {
            circles: circles(&subject.databases.iter().map(waits).collect()),
            has_unwritten: subject.databases.iter().any(unwritten),
        }
    }

    /// Whether an alias waits for `default` though nobody wrote it.
    fn has_unwritten(&self) -> bool {
        self.has_unwritten
    }
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
        // Shards have one name too: only the alias tells a replica.
        let is_copy = ["ENGINE", "NAME"]
            .iter()
            .all(|key| is_same(primary, database, key));
        if alias != "default" && !is_mirror && is_replica(alias) && is_copy {
            out.at(database.key(&["TEST"]), &database.alias.span)
                .fix(Fix::set(database, &["TEST", "MIRROR"], "\"default\"").shown());
        }
    }
}

/// Whether two databases have a key alike, as far as it is known.
fn is_same(a: &Database<'_>, b: &Database<'_>, key: &str) -> bool {
    match (a.text(key), b.text(key)) {
        (Some(a), Some(b)) => a == b,
        _ => true,
    }
}
