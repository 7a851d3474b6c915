//! Rules for PostgreSQL: what Django hands on to psycopg, and psycopg to libpq.

mod cluster;
mod files;
mod libpq;
mod login;
mod methods;
mod pool;
mod tls;
mod values;
mod verify;

use super::{Check, Rule, shared};

pub(super) const RULES: &[Rule] = &[
    tls::ABSENT,
    tls::OFF,
    tls::PREFER,
    tls::REQUIRE,
    verify::ANY_NAME,
    verify::NO_AUTHORITY,
    verify::WEAK_SYSTEM,
    verify::NO_MODE,
    methods::UNBOUND,
    methods::KERBEROS,
    methods::ANY_METHOD,
    verify::NO_NAME,
    values::BOOLEAN,
    values::ISOLATION,
    pool::KEPT,
    pool::FROZEN,
    login::TWO_PASSWORDS,
    files::UNREAD,
    files::NO_LINE,
    files::SERVICE,
    login::SUPERUSER,
    values::LONG_NAME,
    login::SYSTEM_DATABASE,
    cluster::CURSORS,
    cluster::SINGLE_SERVER,
    cluster::OLD_ENGINE,
    cluster::URL_QUERY,
];

#[cfg(test)]
mod tests;
