//! The parameters of libpq 18, the variables that stand in for them, and what becomes of each here.
//! <https://www.postgresql.org/docs/18/libpq-envars.html>

/// Parameters, the variables that stand in for them, and whether they are honoured.
pub(super) const PARAMETERS: &[(&str, &str, Use)] = &[
    ("host", "PGHOST", Use::Honoured),
    ("hostaddr", "PGHOSTADDR", Use::Honoured),
    ("port", "PGPORT", Use::Honoured),
    ("dbname", "PGDATABASE", Use::Honoured),
    ("user", "PGUSER", Use::Honoured),
    ("password", "PGPASSWORD", Use::Honoured),
    ("passfile", "PGPASSFILE", Use::Honoured),
    ("require_auth", "PGREQUIREAUTH", Use::Honoured),
    ("channel_binding", "PGCHANNELBINDING", Use::Honoured),
    ("connect_timeout", "PGCONNECT_TIMEOUT", Use::Honoured),
    ("options", "PGOPTIONS", Use::Honoured),
    ("application_name", "PGAPPNAME", Use::Honoured),
    ("sslmode", "PGSSLMODE", Use::Honoured),
    ("sslnegotiation", "PGSSLNEGOTIATION", Use::Honoured),
    ("sslcert", "PGSSLCERT", Use::Honoured),
    ("sslkey", "PGSSLKEY", Use::Honoured),
    ("sslrootcert", "PGSSLROOTCERT", Use::Honoured),
    ("sslsni", "PGSSLSNI", Use::Honoured),
    (
        "ssl_min_protocol_version",
        "PGSSLMINPROTOCOLVERSION",
        Use::Honoured,
    ),
    (
        "ssl_max_protocol_version",
        "PGSSLMAXPROTOCOLVERSION",
        Use::Honoured,
    ),
    (
        "target_session_attrs",
        "PGTARGETSESSIONATTRS",
        Use::Honoured,
    ),
    // Nothing that is told depends on these.
    ("client_encoding", "PGCLIENTENCODING", Use::OfNoAccount),
    ("fallback_application_name", "", Use::OfNoAccount),
    ("keepalives", "", Use::OfNoAccount),
    ("keepalives_idle", "", Use::OfNoAccount),
    ("keepalives_interval", "", Use::OfNoAccount),
    ("keepalives_count", "", Use::OfNoAccount),
    ("tcp_user_timeout", "", Use::OfNoAccount),
    ("sslcompression", "PGSSLCOMPRESSION", Use::OfNoAccount),
    ("sslkeylogfile", "", Use::OfNoAccount),
    ("load_balance_hosts", "PGLOADBALANCEHOSTS", Use::OfNoAccount),
    ("krbsrvname", "PGKRBSRVNAME", Use::OfNoAccount),
    ("gsslib", "PGGSSLIB", Use::OfNoAccount),
    (
        "max_protocol_version",
        "PGMAXPROTOCOLVERSION",
        Use::OfNoAccount,
    ),
    // Of these, only what changes nothing.
    (
        "gssencmode",
        "PGGSSENCMODE",
        Use::Only(&["disable", "prefer"]),
    ),
    ("gssdelegation", "PGGSSDELEGATION", Use::Only(&["0"])),
    ("sslcertmode", "PGSSLCERTMODE", Use::Only(&["allow"])),
    ("requiressl", "PGREQUIRESSL", Use::Only(&["0"])),
    ("replication", "", Use::Only(&["false", "0", "no", "off"])),
    (
        "min_protocol_version",
        "PGMINPROTOCOLVERSION",
        Use::Only(&["3.0"]),
    ),
    ("sslpassword", "", Use::Only(&[])),
    ("sslcrl", "PGSSLCRL", Use::Only(&[])),
    ("sslcrldir", "PGSSLCRLDIR", Use::Only(&[])),
    ("requirepeer", "PGREQUIREPEER", Use::Only(&[])),
    ("scram_client_key", "", Use::Only(&[])),
    ("scram_server_key", "", Use::Only(&[])),
    ("oauth_issuer", "", Use::Only(&[])),
    ("oauth_client_id", "", Use::Only(&[])),
    ("oauth_client_secret", "", Use::Only(&[])),
    ("oauth_scope", "", Use::Only(&[])),
    ("service", "PGSERVICE", Use::Only(&[])),
];

/// What becomes of a parameter.
#[derive(Clone, Copy)]
pub(super) enum Use {
    Honoured,
    OfNoAccount,
    /// These values change nothing; any other is refused by the parameter's name.
    Only(&'static [&'static str]),
}
