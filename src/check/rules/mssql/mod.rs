//! Rules for SQL Server: what mssql-django makes of the manifest, and what the ODBC driver makes of that.

mod administrator;
mod certificate;
mod login;
mod params;
mod quoting;
mod reading;
mod tls;
mod token;

use super::{Check, Rule};

pub(super) use params::{is_python, secrets_in_text};

pub(super) const RULES: &[Rule] = &[
    tls::MS001,
    tls::MS002,
    tls::MS003,
    tls::MS004,
    tls::MS005,
    reading::MS006,
    login::MS007,
    login::MS008,
    reading::MS009,
    login::MS010,
    administrator::MS011,
    administrator::MS012,
    login::MS013,
    token::MS014,
    token::MS015,
    token::MS016,
    token::MS017,
    reading::MS018,
    quoting::MS019,
    reading::MS020,
    reading::MS021,
    login::MS022,
    login::MS023,
    reading::MS024,
    login::MS025,
    tls::MS026,
    tls::MS027,
    certificate::MS028,
];

const KEYWORDS: &str =
    "https://learn.microsoft.com/en-us/sql/connect/odbc/dsn-connection-string-attribute";

/// Where Azure SQL is, in each of the clouds.
pub(super) const AZURE: &[&str] = &[
    ".database.windows.net",
    ".database.usgovcloudapi.net",
    ".database.chinacloudapi.cn",
    ".database.sovcloud-api.fr",
];

/// The driver that encrypts unless it is told not to.
const DRIVER: &str = "\"ODBC Driver 18 for SQL Server\"";

#[cfg(test)]
mod tests;
