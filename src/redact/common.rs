//! What is no secret by itself, wherever it comes from: words that stand in every text, and the keys beside a password; and
//! what the name of a key tells of its value.

use crate::scan::words::bearing;

/// Values that stand in every text: masking them would hide what the text says and keep nothing secret.
const EVERYBODYS: &[&str] = &[
    "[]",
    "admin",
    "default",
    "false",
    "localhost",
    "mariadb",
    "mssql",
    "mysql",
    "none",
    "null",
    "oracle",
    "postgres",
    "postgresql",
    "public",
    "root",
    "sqlite",
    "sqlite3",
    "test",
    "true",
    "127.0.0.1",
    "0.0.0.0",
];

/// Keys of a database that say where it is and who asks, not the password; and what stores call these.
const PUBLIC_KEYS: &[&str] = &[
    "ENGINE",
    "HOST",
    "NAME",
    "PORT",
    "USER",
    "database",
    "db",
    "dbClusterIdentifier",
    "dbInstanceIdentifier",
    "dbname",
    "engine",
    "host",
    "hostname",
    "name",
    "port",
    "user",
    "username",
];

/// Whether what stands under a key may let somebody in, as its name tells: `databases.default.PASSWORD`, `env.REDIS_URL`.
pub(crate) fn lets_in(key: &str) -> bool {
    let name = key.rsplit('.').next().unwrap_or(key);
    let lower = name.to_ascii_lowercase();
    let is_address = ["url", "dsn"].iter().any(|end| lower.ends_with(end));
    is_address || matches!(name, "PASSWORD" | "TOKEN") || bearing(name).is_some()
}

/// Keys of a database, mostly options, whose value is a word of the driver: what says which, where and how, and not who.
const OPEN_KEYS: &[&str] = &[
    "ATOMIC_REQUESTS",
    "AUTOCOMMIT",
    "BACKEND",
    "CHARSET",
    "CONN_HEALTH_CHECKS",
    "CONN_MAX_AGE",
    "MIRROR",
    "Trusted_Connection",
    "auth_plugin",
    "channel_binding",
    "charset",
    "connect_timeout",
    "driver",
    "gssencmode",
    "init_command",
    "isolation_level",
    "pool",
    "python_driver",
    "require_auth",
    "ssl",
    "ssl_mode",
    "ssl_server_dn_match",
    "sslmode",
    "sslrootcert",
    "transaction_mode",
];

/// The longest number that is more likely a port, a year or a count.
const LONGEST_COMMON_NUMBER: usize = 5;

/// Whether a value stands in every text.
pub(crate) fn is_everybodys(value: &[u8]) -> bool {
    let value = value.trim_ascii();
    let is_number = value.len() <= LONGEST_COMMON_NUMBER
        && !value.is_empty()
        && value.iter().all(u8::is_ascii_digit);
    is_number
        || EVERYBODYS
            .iter()
            .any(|word| value.eq_ignore_ascii_case(word.as_bytes()))
}

/// Whether the value of a key of a database is a word of its driver, in whatever case the key is written.
pub(crate) fn is_open_key(name: &str) -> bool {
    OPEN_KEYS.iter().any(|key| name.eq_ignore_ascii_case(key))
}

/// Whether a key of a database, or of a secret for one, has a value that is no secret.
pub(crate) fn is_public_key(name: &str) -> bool {
    PUBLIC_KEYS.contains(&name)
}
