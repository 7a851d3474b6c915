//! PG013, PG014 and PG022: values that Django or libpq refuse, or take for something else.

use super::{Check, Rule, shared::is_told, tls::PARAMETERS};
use crate::{
    check::{
        fix::Fix,
        found::Out,
        subject::{Database, Field, Known, Subject},
    },
    django::{database::flag, engine::Family},
    finding::Severity,
};

const DJANGO: &str = "https://docs.djangoproject.com/en/stable/ref/databases/#postgresql-notes";

/// Options that libpq reads as whole numbers.
const NUMBERS: &[&str] = &[
    "connect_timeout",
    "keepalives",
    "keepalives_count",
    "keepalives_idle",
    "keepalives_interval",
    "tcp_user_timeout",
];

/// Options that are on where they are `1`, and off with any other word.
const SWITCHES: &[&str] = &["gssdelegation", "keepalives", "sslcompression", "sslsni"];

/// Options that libpq reads as words, so that a boolean is never one of them.
const WORDS: &[&str] = &[
    "channel_binding",
    "gssencmode",
    "gsslib",
    "hostaddr",
    "krbsrvname",
    "load_balance_hosts",
    "max_protocol_version",
    "min_protocol_version",
    "options",
    "passfile",
    "require_auth",
    "requirepeer",
    "service",
    "ssl_max_protocol_version",
    "ssl_min_protocol_version",
    "sslcert",
    "sslcertmode",
    "sslcrl",
    "sslcrldir",
    "sslkey",
    "sslkeylogfile",
    "sslnegotiation",
    "sslrootcert",
    "target_session_attrs",
];

/// Django's isolation levels, by psycopg 3's numbers.
const LEVELS: &[(&str, &str)] = &[
    ("read uncommitted", "1"),
    ("read committed", "2"),
    ("repeatable read", "3"),
    ("serializable", "4"),
];

pub(super) const BOOLEAN: Rule = Rule {
    id: "PG013",
    severity: Severity::Error,
    title: "libpq has no booleans",
    why: "psycopg hands a boolean on as `True` or `False`. Where libpq wants a number or a word it makes no connection; \
          where it wants a file it looks for one of that name, and goes on without it where it may; \
          `sslsni`, `sslcompression` and `gssdelegation` are on where they are `1`, and `True` turns them off without a \
          word.",
    remedy: "write `1` or `0`",
    sources: &[PARAMETERS],
    wrong: r#"[databases.default]
ENGINE = "postgresql"
NAME = "shop"
HOST = "db.shop.example"
USER = "shop_app"
PASSWORD = "${env://DB_PASSWORD}"
OPTIONS = { sslmode = "verify-full", sslrootcert = "system", keepalives = true }
"#,
    right: r#"[databases.default]
ENGINE = "postgresql"
NAME = "shop"
HOST = "db.shop.example"
USER = "shop_app"
PASSWORD = "${env://DB_PASSWORD}"
OPTIONS = { sslmode = "verify-full", sslrootcert = "system", keepalives = 1 }
"#,
    check: Check::Family(Family::Postgresql, boolean),
};

pub(super) const ISOLATION: Rule = Rule {
    id: "PG014",
    severity: Severity::Error,
    title: "`isolation_level` is no level",
    why: "Django makes a level of the driver out of the number, and raises `ImproperlyConfigured` for a word or any other \
          number. psycopg 3 counts from 1, read uncommitted, to 4, serializable; psycopg 2 has 1 for read committed, 2 for \
          repeatable read and 3 for serializable.",
    remedy: "write the number: with psycopg 3, `2` is read committed, `3` repeatable read and `4` serializable",
    sources: &[
        "https://docs.djangoproject.com/en/stable/ref/databases/#isolation-level",
        "https://www.psycopg.org/psycopg3/docs/api/connections.html#psycopg.IsolationLevel",
    ],
    wrong: r#"[databases.default]
ENGINE = "postgresql"
NAME = "shop"
OPTIONS = { isolation_level = "serializable" }
"#,
    right: r#"[databases.default]
ENGINE = "postgresql"
NAME = "shop"
OPTIONS = { isolation_level = 4 }
"#,
    check: Check::Family(Family::Postgresql, isolation),
};

pub(super) const LONG_NAME: Rule = Rule {
    id: "PG022",
    severity: Severity::Error,
    title: "`NAME` is longer than 63 characters",
    why: "PostgreSQL has no names that are longer, and Django raises `ImproperlyConfigured` before it connects.",
    remedy: "give the database a shorter name",
    sources: &[
        "https://www.postgresql.org/docs/current/sql-syntax-lexical.html#SQL-SYNTAX-IDENTIFIERS",
        DJANGO,
    ],
    wrong: r#"[databases.default]
ENGINE = "postgresql"
NAME = "the_database_of_the_shop_in_its_name_all_that_it_ever_was_to_have"
"#,
    right: r#"[databases.default]
ENGINE = "postgresql"
NAME = "shop"
"#,
    check: Check::Family(Family::Postgresql, long_name),
};

/// PostgreSQL's `NAMEDATALEN`, less the byte at the end.
const LONGEST_NAME: usize = 63;

fn boolean(database: &Database<'_>, subject: &Subject<'_>, out: &mut Out<'_>) {
    for name in NUMBERS.iter().chain(SWITCHES).chain(WORDS) {
        // One that stands in two lists is told of in the first.
        if *name == "keepalives" && !NUMBERS.contains(name) {
            continue;
        }
        let Some(field) = database.option(name) else {
            continue;
        };
        let is_word = WORDS.contains(name);
        let value = match &field.value {
            Known::Flag(value) => Some(*value),
            Known::Text(text) if !is_word => truth(text.expose()),
            _ => None,
        };
        let Some(value) = value else { continue };
        let path = ["OPTIONS", *name];
        let found = out.on(database, &path);
        if SWITCHES.contains(name) && is_told(field, subject) {
            found.fix(Fix::set(database, &path, if value { "1" } else { "0" }));
        } else if !SWITCHES.contains(name) {
            found.remedy(if is_word {
                "write what the option takes, or take it out"
            } else {
                "write a number, or take it out"
            });
        }
    }
}

/// A word for true or false; `1` and `0` are numbers.
fn truth(text: &str) -> Option<bool> {
    let is_number = text.trim().parse::<i64>().is_ok();
    if is_number { None } else { flag(text.trim()) }
}

fn isolation(database: &Database<'_>, subject: &Subject<'_>, out: &mut Out<'_>) {
    let Some(field) = database.option("isolation_level") else {
        return;
    };
    let is_level = match &field.value {
        Known::Number(number) => LEVELS.iter().any(|(_, level)| level == number),
        Known::Unknown => true,
        _ => false,
    };
    if is_level {
        return;
    }
    let path = ["OPTIONS", "isolation_level"];
    let found = out.on(database, &path);
    if let Some(level) = level(field).filter(|_| is_told(field, subject)) {
        found.fix(Fix::set(database, &path, level).shown());
    }
}

/// The number for a word.
fn level(field: &Field) -> Option<&'static str> {
    let text = field.text()?.trim().to_ascii_lowercase();
    let text = text.replace(['_', '-'], " ");
    LEVELS
        .iter()
        .find(|(word, level)| *word == text || *level == text)
        .map(|(_, level)| *level)
}

fn long_name(database: &Database<'_>, _: &Subject<'_>, out: &mut Out<'_>) {
    let length = database.text("NAME").map_or(0, |name| name.chars().count());
    if length > LONGEST_NAME {
        out.on(database, &["NAME"]);
    }
}
