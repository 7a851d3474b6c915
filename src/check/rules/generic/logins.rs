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
          application does not start. What brings no login takes no password's place: `gssencmode` other than `require`, a \
          certificate without its key, a plugin that asks for a password.",
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

/// What takes a password's place, by family: keys of `OPTIONS`, and variables that the client reads. Some of the keys count
/// with certain values alone, see [`is_in_place`].
const INSTEAD: &[(Family, &[&str], &[&str])] = &[
    (
        Family::Postgresql,
        &[
            "passfile",
            "service",
            "sslcert",
            "gssencmode",
            "krbsrvname",
            "gsslib",
            "require_auth",
            "oauth_issuer",
            "password",
        ],
        &[
            "PGPASSWORD",
            "PGPASSFILE",
            "PGSERVICE",
            "PGSERVICEFILE",
            "KRB5CCNAME",
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
            "access_token",
            "extra_auth_params",
            "password",
        ],
        &[],
    ),
    (Family::Mssql, &["dsn"], &[]),
];

/// Methods of libpq's `require_auth` that ask for no password.
const WITHOUT_PASSWORD: &[&str] = &["gss", "sspi", "oauth"];

/// Plugins of MySQL and MariaDB that log in with a token, a ticket, a key, or with what stands elsewhere; the others ask for
/// a password.
const PLUGINS: &[&str] = &[
    "mysql_clear_password",
    "dialog",
    "authentication_fido_client",
    "authentication_kerberos_client",
    "authentication_ldap_sasl_client",
    "authentication_oci_client",
    "authentication_openid_connect_client",
    "authentication_webauthn_client",
    "auth_gssapi_client",
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
        || options
            .iter()
            .any(|name| is_in_place(database, name, subject))
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

/// Whether an option brings a login: `ssl` without a certificate of the client's is none, nor is a certificate without its
/// key.
fn is_in_place(database: &Database<'_>, option: &str, subject: &Subject<'_>) -> bool {
    let text = |is_meant: &dyn Fn(&str) -> bool| {
        let field = database.option(option);
        field.is_some_and(|field| field.is_unknown() || field.text().is_some_and(is_meant))
    };
    match option {
        "ssl" => {
            let ssl = database.option("ssl");
            ssl.is_some_and(|ssl| ssl.is_unknown() || ssl.get("cert").is_some())
        }
        "sslcert" => [("sslcert", "PGSSLCERT"), ("sslkey", "PGSSLKEY")]
            .iter()
            .all(|(name, variable)| {
                database.has_option(name) || subject.variable(variable).is_some()
            }),
        "gssencmode" => text(&|mode| mode == "require"),
        "require_auth" => {
            let is_without = |method: &str| WITHOUT_PASSWORD.contains(&method.trim());
            text(&|methods| methods.split(',').any(is_without))
        }
        "auth_plugin" => text(&|plugin| PLUGINS.contains(&plugin)),
        "externalauth" => database
            .option(option)
            .is_some_and(|field| field.flag() != Some(false)),
        _ => database.has_option(option),
    }
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
