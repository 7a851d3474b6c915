//! PG009 to PG011: how the login is proved, and what is put around the connection.

use super::{
    Check, Rule,
    libpq::Link,
    shared::{is_live, is_token},
    tls::{PARAMETERS, RIGHT},
};
use crate::{
    check::{
        fix::Fix,
        found::Out,
        subject::{Database, Field, Subject},
    },
    django::engine::Family,
    finding::Severity,
};

pub(super) const UNBOUND: Rule = Rule {
    id: "PG009",
    severity: Severity::Advice,
    title: "the login is not bound to the TLS connection",
    why: "With channel binding the password's proof holds for this one TLS connection: whoever stands in between, with a \
          certificate that the client takes for good, can do nothing with it. libpq uses it where the server offers it, \
          and with `channel_binding=require` goes on in no other way. It takes a password that the server keeps as \
          SCRAM, the default since PostgreSQL 14, and no pooler in between. A login by token or certificate is not \
          meant, nor are Redshift and CockroachDB, which cannot bind.",
    remedy: "write `channel_binding = \"require\"`, once the server keeps this password as SCRAM",
    sources: &[
        PARAMETERS,
        "https://www.postgresql.org/docs/current/sasl-authentication.html",
    ],
    wrong: RIGHT,
    right: r#"[databases.default]
ENGINE = "postgresql"
NAME = "shop"
HOST = "db.shop.example"
USER = "shop_app"
PASSWORD = "${env://DB_PASSWORD}"
OPTIONS = { sslmode = "verify-full", sslrootcert = "system", channel_binding = "require" }
"#,
    check: Check::Family(Family::Postgresql, unbound),
};

pub(super) const KERBEROS: Rule = Rule {
    id: "PG010",
    severity: Severity::Advice,
    title: "Kerberos may encrypt the connection in place of TLS",
    why: "Where libpq finds Kerberos credentials and the server takes them, it encrypts the connection by GSSAPI and \
          asks for no TLS, whatever `sslmode` says: no certificate is checked then. Found only where the manifest \
          shows that Kerberos is used: an option or a variable of it, or a keytab.",
    remedy: "write `gssencmode = \"disable\"` where TLS is to protect the connection, or `require` where Kerberos is",
    sources: &[PARAMETERS],
    wrong: r#"[databases.default]
ENGINE = "postgresql"
NAME = "shop"
HOST = "db.shop.example"
USER = "shop_app"
OPTIONS = { sslmode = "verify-full", sslrootcert = "system", krbsrvname = "postgres" }
"#,
    right: r#"[databases.default]
ENGINE = "postgresql"
NAME = "shop"
HOST = "db.shop.example"
USER = "shop_app"
OPTIONS = { sslmode = "verify-full", sslrootcert = "system", krbsrvname = "postgres", gssencmode = "disable" }
"#,
    check: Check::Family(Family::Postgresql, kerberos),
};

pub(super) const ANY_METHOD: Rule = Rule {
    id: "PG011",
    severity: Severity::Advice,
    title: "the server may ask for the password in any way",
    why: "libpq answers as the server asks: for the password itself, or for an MD5 of it, too. A server that is not the \
          right one, or not yet set up as it should be, gets the password so. With `require_auth` (libpq 16) libpq gives \
          nothing but the proof that SCRAM asks for; a `require_auth` that names `password` or `md5` lets just these \
          through. A login by token is not meant: a token is sent as it is. Nor is one with \
          `channel_binding = \"require\"`, which takes SCRAM alone, one of which another rule says that the \
          connection is in plain text, which comes first, or one at Redshift or CockroachDB.",
    remedy: "write `require_auth = \"scram-sha-256\"`, once the server keeps this password as SCRAM",
    sources: &[
        PARAMETERS,
        "https://www.postgresql.org/docs/current/auth-password.html",
    ],
    wrong: r#"[databases.default]
ENGINE = "postgresql"
NAME = "shop"
HOST = "pgbouncer.shop.example"
USER = "shop_app"
PASSWORD = "${env://DB_PASSWORD}"
DISABLE_SERVER_SIDE_CURSORS = true
OPTIONS = { sslmode = "verify-full", sslrootcert = "system" }
"#,
    right: r#"[databases.default]
ENGINE = "postgresql"
NAME = "shop"
HOST = "pgbouncer.shop.example"
USER = "shop_app"
PASSWORD = "${env://DB_PASSWORD}"
DISABLE_SERVER_SIDE_CURSORS = true
OPTIONS = { sslmode = "verify-full", sslrootcert = "system", require_auth = "scram-sha-256" }
"#,
    check: Check::Family(Family::Postgresql, any_method),
};

/// Options that nobody writes who does not use Kerberos.
const OF_KERBEROS: &[&str] = &["krbsrvname", "gsslib", "gssdelegation"];

/// Methods by which a server learns the password, or what is as good as it.
const SENT: &[&str] = &["password", "md5"];

/// Files of Kerberos.
const KERBEROS_FILES: &[&str] = &[".keytab", "krb5.conf"];

/// Whether the login is by a password that may be proved without being sent.
fn is_by_password(link: &Link<'_>) -> bool {
    let database = link.database;
    let has_password = database.has("PASSWORD")
        || link.has("password")
        || link.has("passfile")
        || is_live(database);
    has_password && !is_token(database, link.subject)
}

fn unbound(database: &Database<'_>, subject: &Subject<'_>, out: &mut Out<'_>) {
    let link = Link::new(database, subject);
    if is_unbound(&link) {
        let path = ["OPTIONS", "channel_binding"];
        link.found(out, "channel_binding")
            .fix(Fix::set(database, &path, "\"require\"").shown());
    }
}

fn is_unbound(link: &Link<'_>) -> bool {
    if !link.needs_tls() || !link.is_encrypted() || !is_by_password(link) || !link.is_postgresql() {
        return false;
    }
    if let Some(methods) = link.option("require_auth") {
        let may_be_scram = methods
            .text()
            .is_none_or(|text| is_allowed(text, "scram-sha-256"));
        if !may_be_scram {
            return false;
        }
    }
    match link.text("channel_binding") {
        Some("disable") => true,
        // A pooler logs clients in itself, and cannot bind.
        Some("prefer") => !super::cluster::is_pooled(link.database),
        Some(_) => false,
        None => link.lacks("channel_binding") && !super::cluster::is_pooled(link.database),
    }
}

fn kerberos(database: &Database<'_>, subject: &Subject<'_>, out: &mut Out<'_>) {
    let link = Link::new(database, subject);
    let is_preferred = match link.option("gssencmode") {
        Some(mode) => mode.text() == Some("prefer"),
        None => link.lacks("gssencmode") && has_kerberos(&link),
    };
    if link.is_remote() && is_preferred {
        let path = ["OPTIONS", "gssencmode"];
        link.found(out, "gssencmode")
            .fix(Fix::set(database, &path, "\"disable\"").shown());
    }
}

fn has_kerberos(link: &Link<'_>) -> bool {
    let subject = link.subject;
    let has_variable = subject
        .env
        .iter()
        .any(|field| field.name.starts_with("KRB5") && !field.is_empty());
    let has_file = subject.layer.files.iter().any(|(path, _)| {
        let path = path.text.to_ascii_lowercase();
        KERBEROS_FILES.iter().any(|end| path.ends_with(end))
    });
    let asks_for = link
        .text("require_auth")
        .is_some_and(|methods| methods.split(',').any(|method| method.trim() == "gss"));
    OF_KERBEROS.iter().any(|option| link.has(option)) || has_variable || has_file || asks_for
}

fn any_method(database: &Database<'_>, subject: &Subject<'_>, out: &mut Out<'_>) {
    let link = Link::new(database, subject);
    let is_bound = link
        .option("channel_binding")
        .is_some_and(|field| field.is_unknown() || field.text() == Some("require"));
    let is_encrypted_otherwise = link.text("gssencmode") == Some("require");
    let lets_any = match link.option("require_auth").and_then(Field::text) {
        Some(methods) => SENT.iter().any(|method| is_allowed(methods, method)),
        None => link.lacks("require_auth"),
    };
    if link.is_remote()
        && lets_any
        && is_by_password(&link)
        && !is_bound
        && !is_encrypted_otherwise
        && !link.is_plain()
        && link.is_postgresql()
    {
        let path = ["OPTIONS", "require_auth"];
        link.found(out, "require_auth")
            .fix(Fix::set(database, &path, "\"scram-sha-256\"").shown());
    }
}

/// Whether a list of methods lets one pass: those that it names, or all but those with a `!`; an empty one, all.
fn is_allowed(list: &str, method: &str) -> bool {
    if list.is_empty() {
        return true;
    }
    let mut names = list.split(',').map(str::trim).peekable();
    if names.peek().is_some_and(|name| name.starts_with('!')) {
        return !names.any(|name| name.strip_prefix('!') == Some(method));
    }
    names.any(|name| name == method)
}
