//! Rules for PostgreSQL: libpq's options, as psycopg hands them on.

use super::{Check, Rule};
use crate::{
    check::{
        fix::Fix,
        found::Out,
        subject::{Database, Subject},
    },
    django::engine::Family,
    finding::Severity,
};

pub(super) const RULES: &[Rule] = &[PG004];

const SSL: &str = "https://www.postgresql.org/docs/current/libpq-ssl.html";

const PG004: Rule = Rule {
    id: "PG004",
    severity: Severity::Warning,
    title: "TLS without checking who answers",
    why: "With `sslmode=require` the connection is encrypted, to whoever answers: no certificate is checked (with a \
          `root.crt` in the home directory it is, but not its name). Somebody on the way can answer in the server's place, \
          and gets the password and every query.",
    remedy: "write `sslmode = \"verify-full\"`, and the CA's certificate as `sslrootcert`",
    sources: &[SSL],
    wrong: r#"[databases.default]
ENGINE = "postgresql"
NAME = "shop"
HOST = "db.shop.example"
USER = "shop_app"
PASSWORD = "${env://DB_PASSWORD}"
OPTIONS = { sslmode = "require" }
"#,
    right: r#"[databases.default]
ENGINE = "postgresql"
NAME = "shop"
HOST = "db.shop.example"
USER = "shop_app"
PASSWORD = "${env://DB_PASSWORD}"
OPTIONS = { sslmode = "verify-full", sslrootcert = "system" }
"#,
    check: Check::Family(Family::Postgresql, require),
};

fn require(database: &Database<'_>, _: &Subject<'_>, out: &mut Out<'_>) {
    if database.is_remote() && database.option_text("sslmode") == Some("require") {
        out.on(database, &["OPTIONS", "sslmode"]).fix(Fix::set(
            database,
            &["OPTIONS", "sslmode"],
            "\"verify-full\"",
        ));
    }
}
