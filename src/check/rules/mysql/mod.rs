//! Rules for MySQL and MariaDB: what Django hands on to mysqlclient, or to `PyMySQL` in its place.

mod client;
mod login;
mod options;
mod tls;

use super::{Check, Rule, shared};

pub(super) const RULES: &[Rule] = &[
    tls::ABSENT,
    tls::OFF,
    tls::UNVERIFIED,
    tls::ANY_NAME,
    options::NO_FILE,
    options::TYPES,
    login::SUPERUSER,
    options::LOCAL_INFILE,
    login::OPTION_FILE,
    options::PYMYSQL_ONLY,
    options::NOT_STRICT,
];

#[cfg(test)]
mod tests;
