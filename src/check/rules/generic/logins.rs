//! Logins: that there is one.

use super::{Check, Rule};
use crate::{
    check::{
        found::Out,
        subject::{Database, Subject},
    },
    django::engine::Family,
    finding::Severity,
    suggest,
};

pub(super) const OWASP: &str =
    "https://cheatsheetseries.owasp.org/cheatsheets/Database_Security_Cheat_Sheet.html";

pub(super) const GN002: Rule = Rule {
    id: "GN002",
    severity: Severity::Warning,
    title: "no password, and nothing in its place",
    why: "A server that lets this login in asks for no password: whoever reaches the port has the database. If it does ask, the \
          application does not start.",
    remedy: "write `PASSWORD` as a reference, or what takes its place: `auth`, a passfile, an option file, a client certificate",
    sources: &[OWASP],
    wrong: r#"[databases.default]
ENGINE = "postgresql"
NAME = "shop"
HOST = "db.shop.example"
USER = "shop_app"
OPTIONS = { sslmode = "verify-full", sslrootcert = "system" }
"#,
    right: r#"[databases.default]
ENGINE = "postgresql"
NAME = "shop"
HOST = "db.shop.example"
USER = "shop_app"
OPTIONS = { sslmode = "verify-full", sslrootcert = "system", sslcert = "/run/tls/shop.crt", sslkey = "/run/tls/shop.key" }
"#,
    check: Check::Database(no_password),
};

/// What takes a password's place, by family: keys of `OPTIONS`, and variables that the client reads.
const INSTEAD: &[(Family, &[&str], &[&str])] = &[
    (
        Family::Postgresql,
        &[
            "passfile",
            "service",
            "sslcert",
            "sslkey",
            "gssencmode",
            "krbsrvname",
            "gsslib",
            "oauth_issuer",
            "password",
        ],
        &[
            "PGPASSWORD",
            "PGPASSFILE",
            "PGSERVICE",
            "PGSERVICEFILE",
            "KRB5CCNAME",
            "PGSSLCERT",
        ],
    ),
    (
        Family::Mysql,
        &[
            "read_default_file",
            "read_default_group",
            "passwd",
            "password",
            "auth_plugin",
            "unix_socket",
            "ssl",
        ],
        &["MYSQL_PWD"],
    ),
    (
        Family::Oracle,
        &[
            "wallet_location",
            "externalauth",
            "config_dir",
            "access_token",
            "password",
        ],
        &["TNS_ADMIN"],
    ),
    (Family::Mssql, &["dsn"], &[]),
];

fn no_password(database: &Database<'_>, subject: &Subject<'_>, out: &mut Out<'_>) {
    let Some((_, options, variables)) = INSTEAD
        .iter()
        .find(|(family, ..)| Some(*family) == database.family)
    else {
        return;
    };
    let is_open = database.is_opaque || database.method.is_some() || !database.is_remote();
    // Without a user, another rule says so.
    let is_other =
        database.family == Some(Family::Mssql) && (!database.has("USER") || has_login(database));
    if is_open
        || is_other
        || database.has("PASSWORD")
        || database.field("TOKEN").is_some()
        || database.has("Trusted_Connection")
        || options.iter().any(|name| is_in_place(database, name))
        || variables
            .iter()
            .any(|name| subject.variable(name).is_some())
        || is_misspelt(database, subject)
    {
        return;
    }
    let found = out.on(database, &["PASSWORD"]);
    if !subject.is_production() {
        found.severity(Severity::Advice);
    }
}

/// Whether a key that Django does not read was to be the password: the manifest's reader says so already.
fn is_misspelt(database: &Database<'_>, subject: &Subject<'_>) -> bool {
    let source = &subject.manifest.source.text;
    let place = format!("`databases.{}` has no key", database.alias.text);
    subject.manifest.errors().iter().any(|error| {
        let key = error.span.clone().and_then(|span| source.get(span));
        let is_here = error.title.starts_with(&place) || error.title.contains("inside `OPTIONS`");
        error.rule == Some("GN013")
            && is_here
            && key
                .is_some_and(|key| suggest::nearest(key.trim_matches('"'), ["PASSWORD"]).is_some())
    })
}

/// `ssl` without a certificate of the client's is no login.
fn is_in_place(database: &Database<'_>, option: &str) -> bool {
    if option == "ssl" {
        let ssl = database.option("ssl");
        return ssl.is_some_and(|ssl| ssl.is_unknown() || ssl.get("cert").is_some());
    }
    database.has_option(option)
}

/// Whether `extra_params` logs in by itself.
fn has_login(database: &Database<'_>) -> bool {
    database.option("extra_params").is_some_and(|field| {
        let names = ["authentication", "pwd", "password", "trusted_connection"];
        let has = |text: &str| {
            let lower = text.to_ascii_lowercase();
            names.iter().any(|name| lower.contains(name))
        };
        field.is_unknown()
            || field.text().is_some_and(has)
            || field.fields().iter().any(|field| has(&field.name))
    })
}
