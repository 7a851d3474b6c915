//! MySQL: the token is sent as a password in the clear, so everything hangs on the TLS around it.
//!
//! Source: MySQL Reference Manual, "Client-Side Cleartext Pluggable Authentication"; Django's `mysql/base.py`; mysqlclient
//! 2.3, of which `ssl_mode` `REQUIRED` was seen to connect without TLS where the server offers none.

use super::{check_host, check_user};
use crate::{
    django::seen::{Fault, Seen},
    value::{Table, Value},
};

/// Without it Oracle's client library refuses to send a password in the clear, over TLS too.
pub(crate) const CLEARTEXT_VARIABLE: &str = "LIBMYSQL_ENABLE_CLEARTEXT_PLUGIN";

/// The plugin that sends the password in the clear.
pub(crate) const CLEARTEXT_PLUGIN: &str = "mysql_clear_password";

/// What makes the driver hold the server's certificate against the authorities.
const VERIFYING: &[&str] = &["VERIFY_IDENTITY", "VERIFY_CA"];

/// Options that bring a login or a server of their own, and what to do.
const ELSEWHERE: &[(&str, &str)] = &[
    ("password", "leave it out: the token is the password"),
    ("passwd", "leave it out: the token is the password"),
    ("user", "write it as `USER`, or leave it out"),
    ("host", "write it as `HOST`"),
    ("unix_socket", "leave it out: `HOST` says where to"),
    (
        "read_default_file",
        "leave it out: an option file brings settings that nobody sees here",
    ),
    (
        "read_default_group",
        "leave it out: an option file brings settings that nobody sees here",
    ),
];

pub(super) fn check(database: &Seen<'_>) -> Vec<Fault> {
    let mut faults = Vec::new();
    // The client library takes `localhost` for its socket.
    faults.extend(check_host(database, |host| {
        host.starts_with('/') || host == "localhost"
    }));
    faults.extend(check_user(database));
    for (option, hint) in ELSEWHERE {
        if database.option(option).is_some() {
            let what = format!("`{option}` cannot stand beside `auth`");
            faults.push(Fault::key(&["OPTIONS", option], what).hint(*hint));
        }
    }
    if let Some(mode) = database.option("ssl_mode")
        && !mode.may_be(VERIFYING)
    {
        faults.push(
            Fault::value(
                &["OPTIONS", "ssl_mode"],
                "`ssl_mode` must be `VERIFY_IDENTITY` or `VERIFY_CA` beside `auth`: the token is the password, and with less whoever answers gets it",
            )
            .hint("leave it out: `auth` writes `VERIFY_IDENTITY`"),
        );
    }
    faults.extend(check_authority(database));
    if let Some(plugin) = database.option("auth_plugin")
        && !plugin.may_be(&[CLEARTEXT_PLUGIN])
    {
        let what = format!(
            "`auth_plugin` must be `{CLEARTEXT_PLUGIN}` beside `auth`: the server wants the token itself"
        );
        faults.push(
            Fault::value(&["OPTIONS", "auth_plugin"], what)
                .hint(format!("leave it out: `auth` writes `{CLEARTEXT_PLUGIN}`")),
        );
    }
    faults
}

/// Oracle's library checks no certificate without a list of authorities, and knows of none itself.
fn check_authority(database: &Seen<'_>) -> Option<Fault> {
    const WHAT: &str = "the authorities that the server's certificate is held against";
    const HINT: &str = "`ssl = { ca = \"/etc/ssl/certs/ca-certificates.crt\" }` has those of Debian, Ubuntu and Alpine";
    let fault = match database.option("ssl") {
        None => Fault::missing(format!("`auth` needs `ssl` in `OPTIONS`: {WHAT}")),
        Some(ssl) if has_authority(ssl) => return None,
        Some(_) => Fault::value(
            &["OPTIONS", "ssl"],
            format!("`ssl` beside `auth` needs `ca` or `capath`: {WHAT}"),
        ),
    };
    Some(fault.hint(HINT))
}

/// Whether `ssl` names authorities.
fn has_authority(ssl: &Seen<'_>) -> bool {
    let is_path = |seen: &Seen<'_>| match seen {
        Seen::Text(path) => !path.is_empty(),
        seen => matches!(seen, Seen::Unknown),
    };
    ["ca", "capath"]
        .iter()
        .any(|key| ssl.get(key).is_some_and(is_path))
}

/// Whether the options make sure of the server before it gets a password.
pub(crate) fn is_verified(database: &Seen<'_>) -> bool {
    let verifies = database
        .option("ssl_mode")
        .is_some_and(|mode| mode.may_be(VERIFYING));
    verifies && database.option("ssl").is_some_and(has_authority)
}

/// Writes what was left out.
pub(super) fn complete(options: &mut Table) {
    for (option, value) in [
        ("ssl_mode", "VERIFY_IDENTITY"),
        ("auth_plugin", CLEARTEXT_PLUGIN),
    ] {
        if options.get(option).is_none() {
            options.insert(option, Value::plain(value));
        }
    }
}
