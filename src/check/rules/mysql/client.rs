//! What is known of the client library, and of the TLS that it is asked for.

use super::shared::{Authority, authority, default_of, may_be_named};
use crate::{
    check::{
        fix::Fix,
        subject::{Database, Field, Known},
    },
    manifest::Live,
};

/// Options that `PyMySQL` has and mysqlclient refuses.
const OF_PYMYSQL: &[&str] = &[
    "ssl_ca",
    "ssl_cert",
    "ssl_disabled",
    "ssl_key",
    "ssl_key_password",
    "ssl_verify_cert",
    "ssl_verify_identity",
];

/// Keys of `ssl` that mean something to `PyMySQL` alone.
const OF_ITS_SSL: &[&str] = &["check_hostname", "verify_mode"];

/// The words of `ssl_mode`.
pub(super) const MODES: &[&str] = &[
    "DISABLED",
    "PREFERRED",
    "REQUIRED",
    "VERIFY_CA",
    "VERIFY_IDENTITY",
];

/// What is asked of TLS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asked {
    /// Nothing says anything of it.
    Nothing,
    /// None, or only where the server offers it.
    Off,
    /// TLS, to whoever answers, or with a certificate that nobody insists on.
    Unverified,
    /// A certificate of the authority, whosever it is.
    AnyName,
    /// A certificate of the authority in the server's name.
    Verified,
    /// A reference or a file brings it, or it is nothing that the driver takes.
    Unknown,
}

/// Whether the driver is known to be `PyMySQL`.
pub(super) fn is_pymysql(database: &Database<'_>) -> bool {
    let is_told = database
        .entry
        .live
        .as_ref()
        .is_some_and(|(live, _)| *live == Live::PyMysql);
    // mysqlclient passes over these, so that they tell nothing beside an option of its own.
    let has_key = database.option("ssl_mode").is_none()
        && OF_ITS_SSL
            .iter()
            .any(|key| database.at(&["OPTIONS", "ssl", key]).is_some());
    is_told || has_key || OF_PYMYSQL.iter().any(|key| database.option(key).is_some())
}

/// Whether the engine is that of Connector/Python, whose options are its own.
pub(super) fn is_connector(database: &Database<'_>) -> bool {
    let engine = database.text("ENGINE").unwrap_or_default();
    engine.starts_with("mysql.connector.")
}

/// Whether Connector/Python is told nothing of TLS: it takes it where the server offers it.
pub(super) fn connector_is_told_nothing(database: &Database<'_>) -> bool {
    let is_said = |name: &str| name.starts_with("ssl_") || name.starts_with("tls_");
    let is_elsewhere = ["option_files", "unix_socket"]
        .iter()
        .any(|name| database.has_option(name));
    let is_given = |field: &Field| is_said(&field.name) && !field.is_empty();
    !database.is_opaque && !is_elsewhere && !database.options().iter().any(is_given)
}

/// What the options ask of TLS.
pub(super) fn asked(database: &Database<'_>) -> Asked {
    if let Some(mode) = database.option("ssl_mode") {
        if is_pymysql(database) {
            return Asked::Unknown;
        }
        return asked_by(mode.text());
    }
    if is_pymysql(database) {
        return asked_of_pymysql(database);
    }
    let nothing = if may_come_elsewhere(database) {
        Asked::Unknown
    } else {
        Asked::Nothing
    };
    match database.option("ssl").map(|field| &field.value) {
        None | Some(Known::Null) => nothing,
        Some(Known::Flag(false)) => Asked::Off,
        Some(Known::Table(fields)) if fields.iter().all(Field::is_empty) => nothing,
        // An option file may say `ssl-mode`.
        Some(Known::Table(_)) if may_come_elsewhere(database) => Asked::Unknown,
        Some(Known::Flag(true) | Known::Table(_)) => Asked::Unverified,
        Some(_) => Asked::Unknown,
    }
}

/// What a word of `ssl_mode` asks.
fn asked_by(word: Option<&str>) -> Asked {
    match word {
        Some("DISABLED" | "PREFERRED") => Asked::Off,
        Some("REQUIRED") => Asked::Unverified,
        Some("VERIFY_CA") => Asked::AnyName,
        Some("VERIFY_IDENTITY") => Asked::Verified,
        // Of a word that no driver takes another rule tells.
        _ => Asked::Unknown,
    }
}

/// What is asked where the reference that `ssl_mode` is brings nothing.
pub(super) fn asked_by_default(database: &Database<'_>) -> Asked {
    let mode = database.option("ssl_mode").and_then(default_of);
    asked_by(mode.filter(|_| !is_pymysql(database)))
}

/// `PyMySQL` verifies by options of its own, or by what is in `ssl`.
fn asked_of_pymysql(database: &Database<'_>) -> Asked {
    let option = |name: &str| database.option(name).filter(|field| !field.is_empty());
    let is_on = |name: &str| option(name).is_some_and(|field| is_true(field) != Some(false));
    if is_on("ssl_disabled") {
        return Asked::Off;
    }
    if OF_PYMYSQL.iter().any(|name| is_on(name)) {
        // Without authorities of its own it takes the system's, and compares no names.
        let has_authority = option("ssl_ca").is_some();
        let checks_name = is_on("ssl_verify_identity") && has_authority;
        return verified(is_on("ssl_verify_cert"), checks_name);
    }
    match database.option("ssl").map(|field| &field.value) {
        Some(Known::Table(fields)) if !fields.is_empty() => in_ssl(database),
        None | Some(Known::Null | Known::Flag(false) | Known::Table(_)) => {
            if may_come_elsewhere(database) {
                Asked::Unknown
            } else {
                Asked::Nothing
            }
        }
        Some(_) => Asked::Unknown,
    }
}

/// With authorities `PyMySQL` checks certificate and name, unless it is told not to.
fn in_ssl(database: &Database<'_>) -> Asked {
    const OFF: &[&str] = &["none", "0", "false", "no"];
    let key = |name: &str| database.at(&["OPTIONS", "ssl", name]);
    let is_off = |field: &Field| match &field.value {
        Known::Text(text) => OFF.contains(&text.expose().to_ascii_lowercase().as_str()),
        _ => is_true(field) == Some(false),
    };
    let has_authority = has_authority(database);
    let checks_name = key("check_hostname").and_then(is_true) != Some(false);
    let checks_chain = match key("verify_mode").filter(|field| !field.is_empty()) {
        Some(field) => !is_off(field),
        None => has_authority,
    };
    verified(checks_chain, has_authority && checks_name)
}

fn verified(checks_chain: bool, checks_name: bool) -> Asked {
    match (checks_chain, checks_name) {
        (true, true) => Asked::Verified,
        (true, false) => Asked::AnyName,
        (false, _) => Asked::Unverified,
    }
}

fn is_true(field: &Field) -> Option<bool> {
    match &field.value {
        Known::Flag(flag) => Some(*flag),
        Known::Number(number) => Some(number != "0"),
        _ => None,
    }
}

/// Whether what is not in `OPTIONS` may be in a file that the driver reads, or in a URL that nobody has seen.
fn may_come_elsewhere(database: &Database<'_>) -> bool {
    let has_hidden_url = database.is_opaque && database.entry.url.is_some();
    has_hidden_url
        || database.has_option("read_default_file")
        || database.has_option("read_default_group")
}

/// Whether authorities are named that a certificate can be held against.
pub(super) fn has_authority(database: &Database<'_>) -> bool {
    ["ca", "capath"].iter().any(|key| {
        database
            .at(&["OPTIONS", "ssl", key])
            .is_some_and(|field| !field.is_empty())
    })
}

/// The options with which the server is verified: made where authorities are named, else shown with an example.
pub(super) fn verify(database: &Database<'_>) -> (Option<Fix>, Option<&'static Authority>) {
    if is_pymysql(database) {
        return (None, None);
    }
    let mode = Fix::set(database, &["OPTIONS", "ssl_mode"], "\"VERIFY_IDENTITY\"");
    if has_authority(database) {
        // Without `ssl_mode` nothing tells which driver it is, and PyMySQL would refuse the option.
        let is_known = database.option("ssl_mode").is_some();
        let is_ours = database.method.is_some() || database.entry.live.is_some();
        let fix = if (is_known || is_ours) && may_be_named(&database.hosts()) {
            mode
        } else {
            mode.shown()
        };
        return (Some(fix), None);
    }
    let authority = authority(&database.hosts());
    let path = authority.map_or(SYSTEM, |authority| authority.path);
    let is_table = database
        .option("ssl")
        .is_some_and(|field| matches!(field.value, Known::Table(_)));
    let fix = if is_table {
        mode.and_set(database, &["OPTIONS", "ssl", "ca"], format!("\"{path}\""))
    } else {
        mode.and_set(
            database,
            &["OPTIONS", "ssl"],
            format!("{{ ca = \"{path}\" }}"),
        )
    };
    (Some(fix.shown()), authority)
}

/// The authorities of Debian, Ubuntu and Alpine.
const SYSTEM: &str = "/etc/ssl/certs/ca-certificates.crt";
