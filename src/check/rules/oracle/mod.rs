//! Rules for Oracle: Django makes a connect descriptor of `HOST`, `PORT` and `NAME`, or hands `NAME` on as one.

mod dsn;

use super::{
    Check, Rule,
    shared::{by_default, login_name, transport, user},
};
use crate::{
    check::{
        fix::Fix,
        found::Out,
        subject::{Database, Field, Host, Known, Subject},
    },
    django::engine::Family,
    finding::Severity,
};

pub(super) const RULES: &[Rule] = &[HALF, PLAIN, ANY_NAME, SUPERUSER];

const DJANGO: &str = "https://docs.djangoproject.com/en/stable/ref/databases/#oracle-notes";
const EASY_CONNECT: &str =
    "https://python-oracledb.readthedocs.io/en/latest/user_guide/connection_handling.html";
const EASY_CONNECT_PLUS: &str = "https://docs.oracle.com/en/database/oracle/oracle-database/23/netag/support-easy-connect-plus.html";
const TLS: &str = "https://docs.oracle.com/en/database/oracle/oracle-database/23/dbseg/configuring-transport-layer-security-encryption.html";

const RIGHT: &str = r#"[databases.default]
ENGINE = "oracle"
NAME = "tcps://db.shop.example:2484/shop"
USER = "shop_app"
PASSWORD = "${env://DB_PASSWORD}"
"#;

const HALF: Rule = Rule {
    id: "OR001",
    severity: Severity::Warning,
    title: "`HOST` and `PORT` go together",
    why: "Django looks at `PORT` alone: with it, it connects to `HOST`, or to `localhost` where there is none; without it, \
          `HOST` is not looked at, and `NAME` must be a name of `tnsnames.ora`, a connect string or a whole descriptor.",
    remedy: "write both, or neither and the whole connect string as `NAME`",
    sources: &[DJANGO],
    wrong: r#"[databases.default]
ENGINE = "oracle"
NAME = "shop"
HOST = "localhost"
USER = "shop_app"
PASSWORD = "${env://DB_PASSWORD}"
"#,
    right: r#"[databases.default]
ENGINE = "oracle"
NAME = "shop"
HOST = "localhost"
PORT = 1521
USER = "shop_app"
PASSWORD = "${env://DB_PASSWORD}"
"#,
    check: Check::Family(Family::Oracle, half),
};

const PLAIN: Rule = Rule {
    id: "OR002",
    severity: Severity::Error,
    title: "the connection has no TLS",
    why: "With `PROTOCOL=TCP`, and with a connect string that does not begin with `tcps://`, everybody on the way reads \
          every query. Django's `HOST` and `PORT` always become `PROTOCOL=TCP`, whatever `OPTIONS` say, and a `dsn` in \
          `OPTIONS` is refused beside the one that Django makes. A server on this \
          machine is not meant, nor a name of `tnsnames.ora`, behind which anything may stand.",
    remedy: "write the whole connect string as `NAME`, `tcps://host:2484/service`, and no `HOST` and `PORT`",
    sources: &[EASY_CONNECT_PLUS, EASY_CONNECT, TLS, DJANGO],
    wrong: r#"[databases.default]
ENGINE = "oracle"
NAME = "(DESCRIPTION=(ADDRESS=(PROTOCOL=TCP)(HOST=db.shop.example)(PORT=1521))(CONNECT_DATA=(SERVICE_NAME=shop)))"
USER = "shop_app"
PASSWORD = "${env://DB_PASSWORD}"
"#,
    right: RIGHT,
    check: Check::Family(Family::Oracle, plain),
};

const ANY_NAME: Rule = Rule {
    id: "OR003",
    severity: Severity::Error,
    title: "the certificate's name is not checked",
    why: "Without `ssl_server_dn_match` any server will do that the authority has certified: with an authority that \
          certifies others too, such as a cloud's or a company's, each of them can answer in this server's place.",
    remedy: "take `ssl_server_dn_match` out, since it is on by itself; `ssl_server_cert_dn` says which name it must be",
    sources: &[EASY_CONNECT, TLS],
    wrong: r#"[databases.default]
ENGINE = "oracle"
NAME = "tcps://db.shop.example:2484/shop"
USER = "shop_app"
PASSWORD = "${env://DB_PASSWORD}"
OPTIONS = { ssl_server_dn_match = false }
"#,
    right: RIGHT,
    check: Check::Family(Family::Oracle, any_name),
};

const SUPERUSER: Rule = Rule {
    id: "OR004",
    severity: Severity::Error,
    title: "the application logs in as an administrator",
    why: "`SYS` and `SYSTEM` own the data dictionary and may do everything in every schema. One query that somebody else has \
          written is enough. `ADMIN` of an autonomous database and RDS's `rdsadmin` may do nearly as much, and are a \
          warning.",
    remedy: "make a user of the application's own, with rights on its own schema, and write it as `USER`",
    sources: &[
        "https://docs.oracle.com/en/database/oracle/oracle-database/23/dbseg/managing-security-for-oracle-database-users.html",
        "https://cheatsheetseries.owasp.org/cheatsheets/Database_Security_Cheat_Sheet.html",
    ],
    wrong: r#"[databases.default]
ENGINE = "oracle"
NAME = "tcps://db.shop.example:2484/shop"
USER = "system"
PASSWORD = "${env://DB_PASSWORD}"
"#,
    right: RIGHT,
    check: Check::Family(Family::Oracle, superuser),
};

/// Logins that every server is set up with, and those of services.
const SUPERUSERS: &[&str] = &[
    "sys",
    "sysbackup",
    "sysdg",
    "syskm",
    "sysman",
    "sysrac",
    "system",
];
const NEARLY: &[&str] = &["admin", "rdsadmin"];

/// Whether a key is there; Django takes an empty one, and a zero, for none.
fn is_set(field: Option<&Field>) -> bool {
    field.is_some_and(|field| match &field.value {
        Known::Number(number) => number != "0",
        Known::Text(text) => !text.expose().trim().is_empty(),
        Known::Null => false,
        _ => true,
    })
}

fn half(database: &Database<'_>, _: &Subject<'_>, out: &mut Out<'_>) {
    if database.is_opaque {
        return;
    }
    let (host, port) = (database.field("HOST"), database.field("PORT"));
    match (is_set(host), is_set(port)) {
        (true, false) => {
            let found = out.on(database, &["HOST"]);
            found.note("without `PORT` it is not looked at");
            found.fix(Fix::set(database, &["PORT"], "1521").shown());
        }
        (false, true) => {
            out.on(database, &["PORT"])
                .note("without `HOST` it is a port of `localhost`");
        }
        _ => {}
    }
}

fn plain(database: &Database<'_>, subject: &Subject<'_>, out: &mut Out<'_>) {
    let is_far = |host: &String| {
        let host = database.host_of(host);
        !matches!(host, Host::Local | Host::Loopback)
    };
    let dsn = database.option_text("dsn").unwrap_or_default();
    if dsn::plain_hosts(dsn).iter().any(is_far) {
        transport(out.on(database, &["OPTIONS", "dsn"]), subject)
            .note("Django hands the driver a `dsn` of its own, and a second one is refused");
        return;
    }
    let port = database.field("PORT");
    if port.is_some_and(Field::is_unknown) {
        return;
    }
    if is_set(port) {
        let is_remote = match database.field("HOST") {
            Some(host) if is_set(Some(host)) => database.is_remote(),
            _ => false,
        };
        if is_remote {
            transport(out.on(database, &["HOST"]), subject)
                .note("`HOST` and `PORT` become `PROTOCOL=TCP`");
        }
        return;
    }
    let Some(name) = database.text("NAME") else {
        return;
    };
    if dsn::plain_hosts(name).iter().any(is_far) {
        transport(out.on(database, &["NAME"]), subject);
    }
}

fn any_name(database: &Database<'_>, subject: &Subject<'_>, out: &mut Out<'_>) {
    // What is plain TCP checks no name whatever is asked for, and another rule tells of it.
    if is_set(database.field("PORT")) {
        return;
    }
    let name = database.text("NAME");
    let hosts = name.map(dsn::hosts).unwrap_or_default();
    let plain = name.map(dsn::plain_hosts).unwrap_or_default();
    if !hosts.is_empty() && plain.len() == hosts.len() {
        return;
    }
    let is_near = |host: &String| {
        let host = database.host_of(host);
        matches!(host, Host::Local | Host::Loopback)
    };
    if !hosts.is_empty() && hosts.iter().all(is_near) {
        return;
    }
    let path = ["OPTIONS", "ssl_server_dn_match"];
    let is_off = database.at(&path).is_some_and(|field| match &field.value {
        Known::Flag(flag) => !flag,
        Known::Number(number) => number == "0",
        // What the driver does not take for true is false.
        Known::Text(text) => !dsn::is_true(text.expose()),
        _ => false,
    });
    if is_off {
        transport(out.on(database, &path), subject).fix(Fix::set(database, &path, "true"));
    } else if name.is_some_and(dsn::turns_match_off) {
        transport(out.on(database, &["NAME"]), subject)
            .remedy("take `SSL_SERVER_DN_MATCH` out of the connect string");
    }
}

fn superuser(database: &Database<'_>, subject: &Subject<'_>, out: &mut Out<'_>) {
    let login = user(database).and_then(|field| login_name(database, field));
    let Some((name, is_default)) = login else {
        return;
    };
    let is_nearly = NEARLY.contains(&name.as_str());
    if !is_nearly && !SUPERUSERS.contains(&name.as_str()) {
        return;
    }
    let found = out.on(database, &["USER"]);
    if !subject.is_production() {
        found.severity(Severity::Advice);
    } else if is_nearly {
        found.severity(Severity::Warning);
    }
    if is_default {
        by_default(found);
    }
}

#[cfg(test)]
mod tests;
