//! The keys of one database of `DATABASES` and what Django does with their types.
//!
//! Source: Django 5.2 and 6.1, `docs/ref/settings.txt` and `django/db/utils.py`; mssql-django 2.0 for its own two.

/// A key of a database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key {
    /// As Django spells it.
    pub name: &'static str,
    /// What it takes.
    pub kind: Kind,
    /// One line for editors.
    pub summary: &'static str,
}

/// What a key takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A string.
    Text,
    /// An engine's short name or dotted path.
    Engine,
    /// A port: a whole number, or a string of what the driver takes.
    Port,
    /// Seconds, zero or more, or null for "for ever".
    SecondsOrNull,
    /// A boolean.
    Flag,
    /// A table of anything, handed to the driver.
    Options,
    /// A table of anything, for the test database.
    Test,
}

/// Every key of a database.
pub const KEYS: &[Key] = &[
    key(
        "ENGINE",
        Kind::Engine,
        "the backend: a short name such as postgresql, or a dotted path",
    ),
    key("NAME", Kind::Text, "the database's name, or SQLite's file"),
    key("USER", Kind::Text, "the login"),
    key("PASSWORD", Kind::Text, "the login's password; a reference"),
    key(
        "HOST",
        Kind::Text,
        "the server's host name, or a socket's directory",
    ),
    key("PORT", Kind::Port, "the server's port"),
    key("OPTIONS", Kind::Options, "options of the driver"),
    key(
        "CONN_MAX_AGE",
        Kind::SecondsOrNull,
        "seconds a connection is kept; \"none\" is for ever",
    ),
    key(
        "CONN_HEALTH_CHECKS",
        Kind::Flag,
        "check a kept connection before it is used again",
    ),
    key("ATOMIC_REQUESTS", Kind::Flag, "one transaction a request"),
    key(
        "AUTOCOMMIT",
        Kind::Flag,
        "false turns Django's transaction management off",
    ),
    key(
        "DISABLE_SERVER_SIDE_CURSORS",
        Kind::Flag,
        "for poolers in transaction mode",
    ),
    key(
        "TIME_ZONE",
        Kind::Text,
        "the time zone of the database's dates",
    ),
    key("TEST", Kind::Test, "the test database"),
    key(
        "TOKEN",
        Kind::Text,
        "mssql-django: an Entra access token; a reference",
    ),
    key(
        "Trusted_Connection",
        Kind::Text,
        "mssql-django: integrated security",
    ),
];

/// Keys that only mssql-django reads.
pub const MSSQL_ONLY: &[&str] = &["TOKEN", "Trusted_Connection"];

/// Keys of `TEST` that hold a table or list of their own are handed on as they are.
pub const TEST_KEYS: &[&str] = &[
    "CHARSET",
    "COLLATION",
    "DEPENDENCIES",
    "MIGRATE",
    "MIRROR",
    "NAME",
    "TEMPLATE",
    "CREATE_DB",
    "CREATE_USER",
    "USER",
    "PASSWORD",
    "ORACLE_MANAGED_FILES",
    "TBLSPACE",
    "TBLSPACE_TMP",
    "DATAFILE",
    "DATAFILE_TMP",
    "DATAFILE_MAXSIZE",
    "DATAFILE_TMP_MAXSIZE",
    "DATAFILE_SIZE",
    "DATAFILE_TMP_SIZE",
    "DATAFILE_EXTSIZE",
    "DATAFILE_TMP_EXTSIZE",
];

const fn key(name: &'static str, kind: Kind, summary: &'static str) -> Key {
    Key {
        name,
        kind,
        summary,
    }
}

/// The key of this name, spelled exactly so.
#[must_use]
pub fn find(name: &str) -> Option<&'static Key> {
    KEYS.iter().find(|key| key.name == name)
}

impl Kind {
    /// What a value must be, for errors: "a boolean".
    #[must_use]
    pub fn expects(self) -> &'static str {
        match self {
            Self::Text => "a string",
            Self::Engine => "an engine's short name or dotted path",
            Self::Port => "a port: a number, or a string of digits",
            Self::SecondsOrNull => "a whole number of seconds, zero or more, or \"none\"",
            Self::Flag => "`true` or `false`",
            Self::Options | Self::Test => "a table",
        }
    }
}
