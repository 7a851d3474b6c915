//! PG001 to PG004: a connection that somebody on the way can read, or answer.

use super::{
    Check, Rule,
    libpq::{Link, has_root},
    shared::by_default,
};
use crate::{
    check::{
        Surroundings,
        found::Out,
        subject::{Database, Subject},
    },
    django::engine::Family,
    finding::Severity,
};

pub(super) const SSL: &str = "https://www.postgresql.org/docs/current/libpq-ssl.html";
pub(super) const PARAMETERS: &str = "https://www.postgresql.org/docs/current/libpq-connect.html";

pub(super) const REMEDY: &str = "write `sslmode = \"verify-full\"`, and as `sslrootcert` the CA's certificate, or `system` for the authorities that the system trusts";

pub(super) const RIGHT: &str = r#"[databases.default]
ENGINE = "postgresql"
NAME = "shop"
HOST = "db.shop.example"
USER = "shop_app"
PASSWORD = "${env://DB_PASSWORD}"
OPTIONS = { sslmode = "verify-full", sslrootcert = "system" }
"#;

pub(super) const ABSENT: Rule = Rule {
    id: "PG001",
    severity: Severity::Error,
    title: "TLS is left to chance",
    why: "Without `sslmode` libpq takes `prefer`: it asks for TLS, goes on in plain text where the server says no, and \
          checks no certificate. Somebody on the way can say no in the server's name, and reads the login and every \
          query. A socket and a server on this machine are not meant, nor is `sslrootcert = \"system\"` by itself, \
          which stands for `verify-full`.",
    remedy: REMEDY,
    sources: &[SSL, PARAMETERS],
    wrong: r#"[databases.default]
ENGINE = "postgresql"
NAME = "shop"
HOST = "db.shop.example"
USER = "shop_app"
PASSWORD = "${env://DB_PASSWORD}"
"#,
    right: RIGHT,
    check: Check::Family(Family::Postgresql, absent),
};

pub(super) const OFF: Rule = Rule {
    id: "PG002",
    severity: Severity::Error,
    title: "the connection is in plain text",
    why: "`sslmode=disable` never uses TLS, and `allow` only where the server insists on it. Everybody on the way reads \
          the login and every query.",
    remedy: REMEDY,
    sources: &[SSL],
    wrong: r#"[databases.default]
ENGINE = "postgresql"
NAME = "shop"
HOST = "db.shop.example"
USER = "shop_app"
PASSWORD = "${env://DB_PASSWORD}"
OPTIONS = { sslmode = "disable" }
"#,
    right: RIGHT,
    check: Check::Family(Family::Postgresql, off),
};

pub(super) const PREFER: Rule = Rule {
    id: "PG003",
    severity: Severity::Error,
    title: "TLS is given up where the server says no",
    why: "With `sslmode=prefer` libpq asks for TLS and goes on in plain text where the answer is no; a certificate is not \
          checked. Somebody on the way can give that answer, and reads the login and every query.",
    remedy: REMEDY,
    sources: &[SSL],
    wrong: r#"[databases.default]
ENGINE = "postgresql"
NAME = "shop"
HOST = "db.shop.example"
USER = "shop_app"
PASSWORD = "${env://DB_PASSWORD}"
OPTIONS = { sslmode = "prefer" }
"#,
    right: RIGHT,
    check: Check::Family(Family::Postgresql, prefer),
};

pub(super) const REQUIRE: Rule = Rule {
    id: "PG004",
    severity: Severity::Warning,
    title: "TLS without checking who answers",
    why: "With `sslmode=require` the connection is encrypted, to whoever answers: no certificate is checked. With an \
          `sslrootcert`, or a `root.crt` in the home directory, it is, but not whose it is: any server that this \
          authority has certified will do. Somebody on the way can answer in the server's place, and gets the password \
          and every query.",
    remedy: REMEDY,
    sources: &[SSL],
    wrong: r#"[databases.default]
ENGINE = "postgresql"
NAME = "shop"
HOST = "db.shop.example"
USER = "shop_app"
PASSWORD = "${env://DB_PASSWORD}"
OPTIONS = { sslmode = "require" }
"#,
    right: RIGHT,
    check: Check::Files(require),
};

fn absent(database: &Database<'_>, subject: &Subject<'_>, out: &mut Out<'_>) {
    let link = Link::new(database, subject);
    let is_absent = link.option("sslmode").is_none() && !link.is_open();
    if link.needs_tls() && is_absent && !link.takes_system_mode() {
        link.fault(out, "sslmode");
    }
}

fn off(database: &Database<'_>, subject: &Subject<'_>, out: &mut Out<'_>) {
    weak(&["disable", "allow"], database, subject, out);
}

fn prefer(database: &Database<'_>, subject: &Subject<'_>, out: &mut Out<'_>) {
    weak(&["prefer"], database, subject, out);
}

fn require(subject: &Subject<'_>, surroundings: Option<&Surroundings<'_>>, out: &mut Out<'_>) {
    let has_root = has_root(surroundings);
    for link in Link::every(subject) {
        let Some(("require", is_default)) = link.mode() else {
            continue;
        };
        if link.needs_tls() && link.text("sslrootcert") != Some("system") {
            let found = link.fault_with(out, "sslmode", has_root);
            if is_default {
                by_default(found);
            }
        }
    }
}

/// `sslrootcert=system` does not go with any of these: libpq says so itself, and another rule.
fn weak(modes: &[&str], database: &Database<'_>, subject: &Subject<'_>, out: &mut Out<'_>) {
    let link = Link::new(database, subject);
    let Some((mode, is_default)) = link.mode() else {
        return;
    };
    let is_weak = modes.contains(&mode) && link.text("sslrootcert") != Some("system");
    if is_weak && link.needs_tls() {
        let found = link.fault(out, "sslmode");
        if is_default {
            by_default(found);
        }
    }
}
