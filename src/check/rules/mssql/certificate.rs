//! Whose certificate SQL Server may show.

use super::{
    Check, Rule,
    params::{Params, holds_secret},
};
use crate::{
    check::{
        fix::Fix,
        found::Out,
        subject::{Database, Field, Host, Known, Subject},
    },
    django::{engine::Family, mssql::keywords},
    finding::Severity,
};

pub(super) const MS028: Rule = Rule {
    id: "MS028",
    severity: Severity::Warning,
    title: "the certificate may be of another host",
    why: "`HostnameInCertificate` is the name that the server's certificate is held against. Where it is not of the domain that \
          `HOST` is of, the holder of a certificate of that other name can answer in the server's place.",
    remedy: "take `HostnameInCertificate` out, and connect by a name that stands in the certificate",
    sources: &[
        "https://learn.microsoft.com/en-us/sql/connect/odbc/dsn-connection-string-attribute#hostnameincertificate",
    ],
    wrong: r#"[databases.default]
ENGINE = "mssql"
NAME = "shop"
HOST = "sql.shop.example"
USER = "shop_app"
PASSWORD = "${env://DB_PASSWORD}"

[databases.default.OPTIONS]
driver = "ODBC Driver 18 for SQL Server"
extra_params = { Encrypt = "yes", HostnameInCertificate = "other.test" }
"#,
    right: r#"[databases.default]
ENGINE = "mssql"
NAME = "shop"
HOST = "sql.shop.example"
USER = "shop_app"
PASSWORD = "${env://DB_PASSWORD}"

[databases.default.OPTIONS]
driver = "ODBC Driver 18 for SQL Server"
extra_params = { Encrypt = "yes", HostnameInCertificate = "*.shop.example" }
"#,
    check: Check::Family(Family::Mssql, other_host),
};

fn other_host(database: &Database<'_>, _: &Subject<'_>, out: &mut Out<'_>) {
    let params = Params::of(database);
    let Some(name) = params
        .value("HostnameInCertificate")
        .filter(|name| !name.is_empty())
    else {
        return;
    };
    // An address has no name to hold it against: then this is what makes checking possible.
    let Host::Name(host) = database.host() else {
        return;
    };
    // Of a table, each value has a place of its own: a reference may have brought this one.
    let is_it = |field: &&Field| keywords::find(&field.name) == Some("HostnameInCertificate");
    let is_written = |field: &Field| match &field.value {
        Known::Table(fields) => fields.iter().find(is_it).is_some_and(Field::is_public),
        _ => field.is_public(),
    };
    let is_public = database.option("extra_params").is_some_and(is_written)
        && database.field("HOST").is_some_and(Field::is_public)
        && !holds_secret(&params.all);
    if !is_related(&host, name) {
        let fix = params.remove("HostnameInCertificate").map(Fix::shown);
        let found = params.found(out, "HostnameInCertificate");
        if is_public {
            found.note(format!("`{name}` is not of the domain of `{host}`"));
        }
        found.fix = fix;
    }
}

/// Whether the holder of a certificate of this name may well be the host.
fn is_related(host: &str, name: &str) -> bool {
    let (host, name) = (lower(host), lower(name));
    let first = |name: &str| name.split('.').next().unwrap_or_default().to_owned();
    // A short name that the resolver completes, and the same machine in another zone.
    if first(&host) == first(&name) {
        return true;
    }
    let above = name.strip_prefix("*.").unwrap_or(&name);
    let is_above = !is_suffix(above) && host.ends_with(&format!(".{above}"));
    is_above || domain(&host) == domain(&name)
}

fn lower(name: &str) -> String {
    name.trim_end_matches('.').to_ascii_lowercase()
}

/// What follows the first part of a name: `*.shop.example` and `db.shop.example` are of one domain.
fn domain(name: &str) -> &str {
    match name.split_once('.') {
        Some((_, domain)) if !is_suffix(domain) => domain,
        _ => name,
    }
}

/// Whether anybody can have a name below this one: `com`, `co.uk`.
fn is_suffix(domain: &str) -> bool {
    const SECOND: &[&str] = &["ac", "co", "com", "edu", "gov", "net", "or", "org"];
    match domain.split_once('.') {
        None => true,
        Some((second, top)) => top.len() == 2 && SECOND.contains(&second),
    }
}
