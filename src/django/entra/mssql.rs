//! SQL Server: the token goes to the driver as `TOKEN`, and `extra_params` makes sure who gets it.
//!
//! Source: Microsoft, "Using Microsoft Entra ID with the ODBC Driver", and what ODBC Driver 18.6 was seen to do: with
//! `Encrypt=no` or `optional` it sends the token in the clear to a server that offers no TLS.

use super::{Login, Method, check_host};
use crate::{
    django::{
        mssql::{
            Mssql, driver_is_path,
            extra_params::{self, Attribute},
            is_login, is_path,
            keywords::{self, find},
        },
        seen::{Fault, Seen},
    },
    value::{Table, Text, Value},
};

/// The driver that is named where the manifest names none: without a name, mssql-django falls back on Driver 17, which
/// does not encrypt unless it is told to.
const DRIVER: &str = "ODBC Driver 18 for SQL Server";

/// Keywords that lead elsewhere, and the key that says so for both drivers.
const PLACES: &[(&str, &str)] = &[
    ("Server", "write it as `HOST`"),
    ("Database", "write it as `NAME`"),
    ("Driver", "write it as `driver`, a key of `OPTIONS`"),
    (
        "DSN",
        "leave it out: a data source brings settings that nobody sees here",
    ),
    (
        "FileDSN",
        "leave it out: a data source brings settings that nobody sees here",
    ),
    (
        "SaveFile",
        "leave it out: it writes the connection's settings to a file",
    ),
];

pub(super) fn check(method: Method, database: &Seen<'_>) -> Vec<Fault> {
    let mssql = Mssql::new(database);
    let mut faults = mssql.check(true);
    let known = mssql.known();
    faults.extend(known.filter_map(|attribute| check_attribute(method, attribute)));
    faults.extend(check_host(database, |host| {
        host.starts_with("np:") || host.starts_with("lpc:")
    }));
    if mssql.is_python == Some(false) {
        faults.extend(check_driver(database));
    }
    faults
}

fn check_attribute(method: Method, attribute: &Attribute<'_>) -> Option<Fault> {
    let name = attribute.name?;
    let path = attribute.path();
    if is_login(attribute) {
        let hint = match method {
            Method::Token => "leave it out: the token says who logs in",
            Method::DriverMsi => {
                "leave it out: `auth` writes it; `client_id` of `auth` names a user-assigned identity"
            }
        };
        let what = format!("`{name}` in `extra_params` cannot stand beside `auth`");
        return Some(Fault::key(&path, what).hint(hint));
    }
    if let Some((_, hint)) = PLACES.iter().find(|(place, _)| *place == name) {
        let what = format!("`{name}` in `extra_params` cannot stand beside `auth`");
        return Some(Fault::key(&path, what).hint(*hint));
    }
    let value = attribute.value.as_ref()?;
    let strict = &keywords::ENCRYPT[..keywords::ENCRYPTS];
    match name {
        "Encrypt" if !keywords::is_one_of(value, strict) => Some(
            Fault::value(
                &path,
                "`Encrypt` must be `yes`, `mandatory` or `strict` beside `auth`: with less, a server that offers no TLS gets the token in the clear",
            )
            .rule("MS003")
            .hint("leave it out: `auth` writes `Encrypt=yes`"),
        ),
        "TrustServerCertificate" if !keywords::is_one_of(value, &["no"]) => Some(
            Fault::value(
                &path,
                "`TrustServerCertificate` must be `no` beside `auth`: whoever answers would get the token",
            )
            .rule("MS001")
            .hint("leave it out; a private authority's certificate is trusted by `SSL_CERT_FILE`"),
        ),
        _ => None,
    }
}

fn check_driver(database: &Seen<'_>) -> Vec<Fault> {
    let mut faults = Vec::new();
    if database.option("dsn").is_some() {
        faults.push(
            Fault::key(
                &["OPTIONS", "dsn"],
                "`dsn` cannot stand beside `auth`: a data source brings settings that nobody sees here",
            )
            .hint("leave it out: `HOST` and `NAME` say where to"),
        );
    }
    match database.option("driver") {
        None | Some(Seen::Unknown) => {}
        Some(Seen::Text(driver)) if is_path(driver) => faults.push(driver_is_path()),
        Some(Seen::Text(driver)) if is_modern(driver) => {}
        Some(_) => faults.push(
            Fault::value(
                &["OPTIONS", "driver"],
                "`driver` must be `ODBC Driver 18 for SQL Server` or a later one beside `auth`: earlier ones, and others, do not encrypt unless told to",
            )
            .hint("leave it out: `auth` writes `ODBC Driver 18 for SQL Server`"),
        ),
    }
    faults
}

/// `ODBC Driver 18 for SQL Server`, or a later number.
fn is_modern(driver: &str) -> bool {
    let number = driver
        .strip_prefix("ODBC Driver ")
        .and_then(|rest| rest.strip_suffix(" for SQL Server"));
    number
        .and_then(|number| number.parse::<u16>().ok())
        .is_some_and(|number| number >= 18)
}

/// Writes what was left out. `extra_params` is text by now.
pub(super) fn complete(options: &mut Table, login: &Login) {
    let (is_python, missing) = {
        let seen = Seen::Table(vec![("OPTIONS", Seen::of(options))]);
        let mssql = Mssql::new(&seen);
        let has = |keyword: &str| mssql.known().any(|have| have.name == find(keyword));
        let mut missing = vec![];
        if !has("Encrypt") {
            missing.push(("Encrypt", "yes"));
        }
        if !has("TrustServerCertificate") {
            missing.push(("TrustServerCertificate", "no"));
        }
        (mssql.is_python == Some(true), missing)
    };
    let mut attributes = missing;
    if login.method == Method::DriverMsi {
        attributes.push(("Authentication", "ActiveDirectoryMsi"));
        attributes.extend(login.client_id.as_deref().map(|id| ("UID", id)));
    }
    if !is_python && options.get("driver").is_none() {
        options.insert("driver", Value::plain(DRIVER));
    }
    let ours = extra_params::write(attributes.into_iter());
    let text = match options.get("extra_params") {
        Some(Value::Text(theirs)) => joined(&ours, theirs),
        _ => Text::plain(ours.as_str()),
    };
    if !text.expose().is_empty() {
        options.insert("extra_params", Value::Text(text));
    }
}

/// Ours first: of two the ODBC driver takes the first.
fn joined(ours: &str, theirs: &Text) -> Text {
    let rest = theirs.expose();
    let mut text = String::with_capacity(ours.len() + 1 + rest.len());
    text.push_str(ours);
    if !ours.is_empty() && !rest.is_empty() {
        text.push(';');
    }
    text.push_str(rest);
    if theirs.is_secret() {
        Text::secret(text)
    } else {
        Text::plain(text)
    }
}
