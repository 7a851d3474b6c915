//! PostgreSQL: the token is the password, and libpq sends it to whoever passes its checks.
//!
//! Source: PostgreSQL documentation, "SSL Support" and "Database Connection Control Functions"; `sslrootcert=system` is
//! there since libpq 16.

use super::{check_host, check_user};
use crate::{
    django::seen::{Fault, Seen},
    value::{Table, Value},
};

/// Options that bring a login or a server of their own, and why each may not.
const ELSEWHERE: &[(&str, &str)] = &[
    ("passfile", "leave it out: the token is the password"),
    (
        "service",
        "leave it out: `HOST`, `PORT` and `NAME` say where to",
    ),
];

pub(super) fn check(database: &Seen<'_>) -> Vec<Fault> {
    let mut faults = Vec::new();
    let is_socket = |host: &str| {
        host.split(',')
            .any(|one| one.is_empty() || one.starts_with(['/', '@']))
    };
    faults.extend(check_host(database, is_socket));
    faults.extend(check_user(database));
    for (option, hint) in ELSEWHERE {
        if database.option(option).is_some() {
            let what = format!("`{option}` cannot stand beside `auth`");
            faults.push(Fault::key(&["OPTIONS", option], what).hint(*hint));
        }
    }
    let sslmode = database.option("sslmode");
    let sslrootcert = database.option("sslrootcert");
    let has_system = matches!(sslrootcert, Some(Seen::Text("system")));
    match sslmode {
        Some(mode) if !mode.may_be(&["verify-full", "verify-ca"]) => faults.push(
            Fault::value(
                &["OPTIONS", "sslmode"],
                "`sslmode` must be `verify-full` or `verify-ca` beside `auth`: the token is the password, and with less whoever answers gets it",
            )
            .hint("leave it out: `auth` writes `verify-full`"),
        ),
        Some(Seen::Text("verify-ca")) if has_system => faults.push(
            Fault::value(
                &["OPTIONS", "sslmode"],
                "`sslrootcert = \"system\"` goes with `sslmode = \"verify-full\"` alone",
            )
            .hint("leave `sslmode` out: `auth` writes `verify-full`"),
        ),
        _ => {}
    }
    faults
}

/// Writes what was left out.
pub(super) fn complete(options: &mut Table) {
    if options.get("sslmode").is_some() {
        return;
    }
    options.insert("sslmode", Value::plain("verify-full"));
    if options.get("sslrootcert").is_none() {
        options.insert("sslrootcert", Value::plain("system"));
    }
}
