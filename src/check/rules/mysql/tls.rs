//! MY001 to MY004: a connection that somebody on the way can read, or answer.

use super::{
    Check, Rule,
    client::{Asked, asked, asked_by_default, connector_is_told_nothing, is_connector, verify},
    shared::{by_default, missing, transport},
};
use crate::{
    check::{
        found::{Found, Out},
        subject::{Database, Subject},
    },
    django::engine::Family,
    finding::Severity,
};

pub(super) const CONNECTIONS: &str =
    "https://dev.mysql.com/doc/refman/8.4/en/using-encrypted-connections.html";
const OPTIONS: &str = "https://dev.mysql.com/doc/refman/8.4/en/connection-options.html";
const MYSQLCLIENT: &str =
    "https://mysqlclient.readthedocs.io/user_guide.html#functions-and-attributes";
const CONNECTOR: &str = "https://github.com/PyMySQL/mysqlclient/issues/474";

const REMEDY: &str =
    "write `ssl_mode = \"VERIFY_IDENTITY\"`, and the authorities as `ssl = { ca = \"…\" }`";

const CONNECTOR_REMEDY: &str =
    "write `ssl_ca = \"…\"`, `ssl_verify_cert = true` and `ssl_verify_identity = true`";

pub(super) const RIGHT: &str = r#"[databases.default]
ENGINE = "mysql"
NAME = "shop"
HOST = "db.shop.example"
USER = "shop_app"
PASSWORD = "${env://DB_PASSWORD}"
OPTIONS = { ssl_mode = "VERIFY_IDENTITY", ssl = { ca = "/etc/ssl/certs/ca-certificates.crt" } }
"#;

pub(super) const ABSENT: Rule = Rule {
    id: "MY001",
    severity: Severity::Error,
    title: "TLS is not asked for",
    why: "Without `ssl` and `ssl_mode` the client takes TLS where the server offers it, or does not ask for it at all, as \
          MariaDB's client library and PyMySQL do; without `ssl_ca` and its like, MySQL's Connector/Python goes on in plain \
          text where the server has none. Somebody on the way reads every query, and can have the login. A \
          socket and a server on this machine are not meant; of what an option file says nothing is known.",
    remedy: REMEDY,
    sources: &[CONNECTIONS, OPTIONS, CONNECTOR],
    wrong: r#"[databases.default]
ENGINE = "mysql"
NAME = "shop"
HOST = "db.shop.example"
USER = "shop_app"
PASSWORD = "${env://DB_PASSWORD}"
"#,
    right: RIGHT,
    check: Check::Database(absent),
};

pub(super) const OFF: Rule = Rule {
    id: "MY002",
    severity: Severity::Error,
    title: "TLS is off, or given up where the server has none",
    why: "`DISABLED` and `ssl = false` never use TLS. `PREFERRED` goes on in plain text where the server offers no TLS, \
          and somebody on the way can make it look so; MariaDB's client library uses none with it at all. The login and \
          every query can be read.",
    remedy: REMEDY,
    sources: &[OPTIONS, CONNECTIONS, CONNECTOR],
    wrong: r#"[databases.default]
ENGINE = "mysql"
NAME = "shop"
HOST = "db.shop.example"
USER = "shop_app"
PASSWORD = "${env://DB_PASSWORD}"
OPTIONS = { ssl_mode = "PREFERRED" }
"#,
    right: RIGHT,
    check: Check::Family(Family::Mysql, off),
};

pub(super) const UNVERIFIED: Rule = Rule {
    id: "MY003",
    severity: Severity::Warning,
    title: "TLS without checking who answers",
    why: "With `REQUIRED` or `ssl = true` no certificate is checked, and `ssl` with a `ca` alone does not insist on one: \
          somebody on the way can answer in the server's place. MariaDB's client library before 3.4, on which \
          Debian's mysqlclient is built, then even goes on in plain text where the server offers no TLS; `VERIFY_CA` \
          and `VERIFY_IDENTITY` alone refuse to.",
    remedy: REMEDY,
    sources: &[OPTIONS, MYSQLCLIENT, CONNECTOR],
    wrong: r#"[databases.default]
ENGINE = "mysql"
NAME = "shop"
HOST = "db.shop.example"
USER = "shop_app"
PASSWORD = "${env://DB_PASSWORD}"
OPTIONS = { ssl_mode = "REQUIRED" }
"#,
    right: RIGHT,
    check: Check::Family(Family::Mysql, unverified),
};

pub(super) const ANY_NAME: Rule = Rule {
    id: "MY004",
    severity: Severity::Warning,
    title: "the certificate's name is not checked",
    why: "With `VERIFY_CA` any server will do that the authority has certified: with an authority that certifies others \
          too, such as a cloud's or a company's, each of them can answer in this server's place.",
    remedy: REMEDY,
    sources: &[OPTIONS],
    wrong: r#"[databases.default]
ENGINE = "mysql"
NAME = "shop"
HOST = "db.shop.example"
USER = "shop_app"
PASSWORD = "${env://DB_PASSWORD}"
OPTIONS = { ssl_mode = "VERIFY_CA", ssl = { ca = "/etc/ssl/certs/ca-certificates.crt" } }
"#,
    right: RIGHT,
    check: Check::Family(Family::Mysql, any_name),
};

fn absent(database: &Database<'_>, subject: &Subject<'_>, out: &mut Out<'_>) {
    if is_connector(database) {
        if database.is_remote() && connector_is_told_nothing(database) {
            let found = missing(out, database, &["OPTIONS", "ssl_ca"]);
            transport(found, subject).remedy(CONNECTOR_REMEDY);
        }
        return;
    }
    let is_absent =
        |database: &Database<'_>| database.is_remote() && asked(database) == Asked::Nothing;
    if database.family != Some(Family::Mysql) {
        return;
    }
    let is_written = is_absent(database);
    let is_default = || database.by_default().is_some_and(|other| is_absent(&other));
    if is_written || is_default() {
        let found = missing(out, database, &["OPTIONS", "ssl_mode"]);
        fault(found, database, subject);
        if database.option("ssl-mode").is_some() {
            found.note("`ssl-mode` is the command line's spelling, which no driver takes");
        }
        if !is_written {
            by_default(found);
        }
    }
}

fn off(database: &Database<'_>, subject: &Subject<'_>, out: &mut Out<'_>) {
    weak(Asked::Off, database, subject, out);
}

fn unverified(database: &Database<'_>, subject: &Subject<'_>, out: &mut Out<'_>) {
    weak(Asked::Unverified, database, subject, out);
}

fn any_name(database: &Database<'_>, subject: &Subject<'_>, out: &mut Out<'_>) {
    weak(Asked::AnyName, database, subject, out);
}

fn weak(what: Asked, database: &Database<'_>, subject: &Subject<'_>, out: &mut Out<'_>) {
    let is_default = asked_by_default(database) == what;
    if !database.is_remote() || (asked(database) != what && !is_default) {
        return;
    }
    let names = [
        "ssl_mode",
        "ssl_disabled",
        "ssl_ca",
        "ssl_verify_cert",
        "ssl_verify_identity",
        "ssl_cert",
        "ssl",
    ];
    let name = names
        .into_iter()
        .find(|name| database.option(name).is_some())
        .unwrap_or("ssl_mode");
    let found = out.on(database, &["OPTIONS", name]);
    fault(found, database, subject);
    if is_default {
        by_default(found);
    }
}

fn fault(found: &mut Found, database: &Database<'_>, subject: &Subject<'_>) {
    let found = transport(found, subject);
    let (fix, authority) = verify(database);
    match (fix, authority) {
        (Some(fix), Some(authority)) => {
            found.fix(fix);
            found.remedy(format!("{}; then {REMEDY}", authority.remedy));
        }
        (Some(fix), None) => {
            found.fix(fix);
        }
        (None, _) => {
            found.remedy(
                "write `ssl = { ca = \"…\", check_hostname = true }`: PyMySQL has no `ssl_mode`",
            );
        }
    }
}
