//! A PostgreSQL login as libpq sees it: the connection parameters that Django 5.2 and 6.1 hand to psycopg
//! (`django/db/backends/postgresql/base.py`, `get_connection_params`), each under libpq's own keyword.

use super::login::{Faults, Login, Parameter, plain};
use crate::value::Value;

/// Keywords of libpq, by the documentation of PostgreSQL 18, "Parameter Key Words". `service` is not among them: a
/// service that names another is refused by libpq, and a password file does not know services.
const KEYWORDS: &[&str] = &[
    "host",
    "hostaddr",
    "port",
    "dbname",
    "user",
    "password",
    "passfile",
    "require_auth",
    "channel_binding",
    "connect_timeout",
    "client_encoding",
    "options",
    "application_name",
    "fallback_application_name",
    "keepalives",
    "keepalives_idle",
    "keepalives_interval",
    "keepalives_count",
    "tcp_user_timeout",
    "replication",
    "gssencmode",
    "sslmode",
    "requiressl",
    "sslnegotiation",
    "sslcompression",
    "sslcert",
    "sslkey",
    "sslkeylogfile",
    "sslpassword",
    "sslcertmode",
    "sslrootcert",
    "sslcrl",
    "sslcrldir",
    "sslsni",
    "requirepeer",
    "ssl_min_protocol_version",
    "ssl_max_protocol_version",
    "min_protocol_version",
    "max_protocol_version",
    "krbsrvname",
    "gsslib",
    "gssdelegation",
    "scram_client_key",
    "scram_server_key",
    "oauth_issuer",
    "oauth_client_id",
    "oauth_client_secret",
    "oauth_scope",
    "target_session_attrs",
    "load_balance_hosts",
];

/// Options that Django or psycopg keep for themselves: they never reach libpq.
const NOT_LIBPQ: &[&str] = &[
    "assume_role",
    "isolation_level",
    "pool",
    "server_side_binding",
    "prepare_threshold",
    "cursor_factory",
    "context",
    "autocommit",
];

/// The parameters that psycopg would be handed, in the order host, port, dbname, user, password and then the options'.
pub(crate) fn parameters(login: &Login<'_>, faults: &mut Faults) -> Vec<Parameter> {
    let mut found = Vec::new();
    let mut add = |name: &'static str, key: &str, faults: &mut Faults| {
        if let Some(text) = login.text(key, faults) {
            let key = login.path(key);
            found.push(Parameter { name, text, key });
        }
    };
    add("host", "HOST", faults);
    add("port", "PORT", faults);
    add("dbname", "NAME", faults);
    add("user", "USER", faults);
    add("password", "PASSWORD", faults);
    let null_name = matches!(login.keys.get("NAME"), Some(Value::Null));
    for (name, value) in login.options(faults) {
        if NOT_LIBPQ.contains(&name) {
            continue;
        }
        let path = login.option_path(name);
        let Some(keyword) = KEYWORDS.iter().find(|keyword| **keyword == name) else {
            // Where NAME is null, Django takes the service out again.
            if !(name == "service" && null_name) {
                let reason = if name == "service" {
                    "the login is in another file, which is not read here"
                } else {
                    "libpq has no such parameter"
                };
                faults.push(login.fault(&path, reason));
            }
            continue;
        };
        match plain(value) {
            Ok(Some(text)) => put_option(&mut found, keyword, text, login.path(&path)),
            Ok(None) => {}
            Err(reason) => faults.push(login.fault(&path, reason)),
        }
    }
    if null_name && !found.iter().any(|parameter| parameter.name == "dbname") {
        found.push(Parameter {
            name: "dbname",
            text: "postgres".to_owned().into(),
            key: login.path("NAME"),
        });
    }
    found
}

/// `OPTIONS.dbname` beats `NAME`; of the others, Django's own keys beat the options.
fn put_option(
    found: &mut Vec<Parameter>,
    name: &'static str,
    text: zeroize::Zeroizing<String>,
    key: String,
) {
    match found.iter_mut().find(|parameter| parameter.name == name) {
        Some(parameter) if name == "dbname" => {
            parameter.text = text;
            parameter.key = key;
        }
        Some(_) => {}
        None => found.push(Parameter { name, text, key }),
    }
}

/// The parameter of this name, where there is one.
pub(crate) fn get<'a>(parameters: &'a [Parameter], name: &str) -> Option<&'a Parameter> {
    parameters.iter().find(|parameter| parameter.name == name)
}
