//! Connections that are kept.

use super::{Check, Rule};
use crate::{
    check::{
        fix::Fix,
        found::Out,
        settings::Settings,
        subject::{Database, Subject},
    },
    django::engine::Family,
    finding::Severity,
};

pub(super) const GN010: Rule = Rule {
    id: "GN010",
    severity: Severity::Advice,
    title: "kept connections are used without being tried",
    why: "A connection that is kept between requests may have been closed meanwhile: by the server's restart, a failover, a \
          firewall, a password that was rotated. Without `CONN_HEALTH_CHECKS` the next request on it fails.",
    remedy: "write `CONN_HEALTH_CHECKS = true`",
    sources: &["https://docs.djangoproject.com/en/stable/ref/settings/#conn-health-checks"],
    wrong: r#"[databases.default]
ENGINE = "postgresql"
NAME = "shop"
HOST = "db.shop.example"
USER = "shop_app"
PASSWORD = "${env://DB_PASSWORD}"
CONN_MAX_AGE = 60
OPTIONS = { sslmode = "verify-full", sslrootcert = "system" }
"#,
    right: r#"[databases.default]
ENGINE = "postgresql"
NAME = "shop"
HOST = "db.shop.example"
USER = "shop_app"
PASSWORD = "${env://DB_PASSWORD}"
CONN_MAX_AGE = 60
CONN_HEALTH_CHECKS = true
OPTIONS = { sslmode = "verify-full", sslrootcert = "system" }
"#,
    check: Check::Database(unchecked),
};

fn unchecked(database: &Database<'_>, _: &Subject<'_>, out: &mut Out<'_>) {
    // A pool that a reference may bring is none.
    let is_pooled = database
        .option("pool")
        .is_some_and(|pool| !pool.is_unknown() && !pool.is_empty() && pool.flag() != Some(false));
    let is_kept = database.keeps_connections() || is_pooled;
    let checks = database.field("CONN_HEALTH_CHECKS");
    let is_checked = checks.is_some_and(|field| field.flag() != Some(false));
    let is_file = database.family == Some(Family::Sqlite);
    if is_kept && !is_checked && !is_file {
        let path = &["CONN_HEALTH_CHECKS"];
        let key: &[&str] = if checks.is_some() {
            path
        } else if database.keeps_connections() {
            &["CONN_MAX_AGE"]
        } else {
            &["OPTIONS", "pool"]
        };
        out.on(database, key).fix(Fix::set(database, path, "true"));
    }
}

pub(super) const GN011: Rule = Rule {
    id: "GN011",
    severity: Severity::Warning,
    title: "connections are kept under ASGI",
    why: "Under ASGI a connection belongs to a thread that may not serve another request: kept connections pile up until the \
          server refuses new ones. Django says that persistent connections should be off there.",
    remedy: "write `CONN_MAX_AGE = 0`, and let a pool keep connections: `OPTIONS = { pool = true }` with PostgreSQL",
    sources: &["https://docs.djangoproject.com/en/stable/topics/async/"],
    wrong: "",
    right: "",
    check: Check::Settings(under_asgi),
};

/// Applications that serve Django under ASGI.
const SERVERS: &[&str] = &[
    "channels",
    "daphne",
    "uvicorn",
    "uvicorn_worker",
    "hypercorn",
];

fn under_asgi(settings: &Settings<'_>, out: &mut Out<'_>) {
    let has_application = settings
        .field("ASGI_APPLICATION")
        .is_some_and(|field| !field.is_empty());
    let server = SERVERS.iter().find(|name| settings.has_app(name));
    let why = match server {
        _ if has_application => "`ASGI_APPLICATION` is set".to_owned(),
        Some(name) => format!("`{name}` is installed"),
        None => return,
    };
    for database in &settings.subject.databases {
        let is_file = database.family == Some(Family::Sqlite);
        if database.keeps_connections() && !is_file {
            out.on(database, &["CONN_MAX_AGE"]).note(why.clone());
        }
    }
}
