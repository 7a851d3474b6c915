//! Keywords of the connection string, and the values that a driver takes for the few that a login depends on.
//!
//! Source: Microsoft, "DSN and Connection String Keywords and Attributes" for the ODBC driver; `constants.py` of
//! mssql-python 1.16 for what that one takes; the values are those that ODBC Driver 18.6 accepted.

/// The keywords of the ODBC driver, as its documentation spells them, and three that stand in Driver 18.6 itself alone.
pub(crate) const KEYWORDS: &[&str] = &[
    "AnsiNPW",
    "APP",
    "ApplicationIntent",
    "AttachDBFileName",
    "Authentication",
    "AutoTranslate",
    "ClientCertificate",
    "ClientKey",
    "ColumnEncryption",
    "ConcatNullYieldsNull",
    "ConnectRetryCount",
    "ConnectRetryInterval",
    "Database",
    "Description",
    "Driver",
    "DSN",
    "Encrypt",
    "Failover_Partner",
    "FailoverPartnerSPN",
    "FileDSN",
    "GetDataExtensions",
    "HostnameInCertificate",
    "IpAddressPreference",
    "KeepAlive",
    "KeepAliveInterval",
    "KeyStoreAuthentication",
    "KeyStoreLocation",
    "KeyStorePrincipalId",
    "KeyStoreSecret",
    "Language",
    "LongAsMax",
    "MARS_Connection",
    "MultiSubnetFailover",
    "Net",
    "Network",
    "PacketSize",
    "PWD",
    "QueryLog_On",
    "QueryLogFile",
    "QueryLogTime",
    "QuotedId",
    "Regional",
    "Replication",
    "RetryExec",
    "SaveFile",
    "Server",
    "ServerCertificate",
    "ServerSPN",
    "StatsLog_On",
    "StatsLogFile",
    "TransparentNetworkIPResolution",
    "Trusted_Connection",
    "TrustServerCertificate",
    "UID",
    "UseFMTONLY",
    "VectorTypeSupport",
    "WSID",
];

/// Other spellings, in lower case.
const SYNONYMS: &[(&str, &str)] = &[
    ("addr", "Server"),
    ("address", "Server"),
    ("integrated security", "Trusted_Connection"),
    ("packet size", "PacketSize"),
    ("password", "PWD"),
    ("trust_server_certificate", "TrustServerCertificate"),
    ("user", "UID"),
    ("user id", "UID"),
];

/// What mssql-python takes in a connection string; it refuses all else.
const PYTHON: &[&str] = &[
    "server",
    "address",
    "addr",
    "uid",
    "pwd",
    "authentication",
    "trusted_connection",
    "database",
    "encrypt",
    "trustservercertificate",
    "trust_server_certificate",
    "hostnameincertificate",
    "servercertificate",
    "serverspn",
    "multisubnetfailover",
    "applicationintent",
    "connectretrycount",
    "connectretryinterval",
    "keepalive",
    "keepaliveinterval",
    "ipaddresspreference",
    "packet size",
    "packetsize",
];

/// The values of `Encrypt`, those that refuse a server without TLS first.
pub(crate) const ENCRYPT: [&str; 5] = ["yes", "mandatory", "strict", "no", "optional"];

/// How many of [`ENCRYPT`] make sure of TLS.
pub(crate) const ENCRYPTS: usize = 3;

/// The values of `TrustServerCertificate`.
pub(super) const TRUST: [&str; 2] = ["no", "yes"];

/// The values of `Authentication` that both drivers take.
pub(super) const AUTHENTICATION: [&str; 6] = [
    "SqlPassword",
    "ActiveDirectoryPassword",
    "ActiveDirectoryMsi",
    "ActiveDirectoryServicePrincipal",
    "ActiveDirectoryIntegrated",
    "ActiveDirectoryInteractive",
];

/// The values of `Authentication` that mssql-python takes besides.
pub(super) const AUTHENTICATION_PYTHON: [&str; 2] =
    ["ActiveDirectoryDefault", "ActiveDirectoryDeviceCode"];

/// What the driver calls this keyword.
pub(crate) fn find(keyword: &str) -> Option<&'static str> {
    let lower = keyword.to_ascii_lowercase();
    let synonym = SYNONYMS.iter().find(|(other, _)| *other == lower);
    synonym.map(|(_, name)| *name).or_else(|| {
        let is_it = |name: &&&str| name.eq_ignore_ascii_case(keyword);
        KEYWORDS.iter().find(is_it).copied()
    })
}

/// Whether mssql-python takes it.
pub(super) fn python_takes(keyword: &str) -> bool {
    PYTHON.contains(&keyword.to_ascii_lowercase().as_str())
}

/// Whether `value` is one of these words, in capitals or not.
pub(crate) fn is_one_of(value: &str, words: &[&str]) -> bool {
    words.iter().any(|word| word.eq_ignore_ascii_case(value))
}
