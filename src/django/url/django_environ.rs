//! The grammar of django-environ 0.14.0 (`Env.db_url_config` in `environ/environ.py`), with its
//! second reading of URLs whose special characters were not percent-encoded.

use zeroize::Zeroizing;

use super::literal::{self, Refusal};
use super::urllib::{self, SplitUrl};
use super::{ParseOptions, ParsedUrl, UrlError, engine_of, python};
use crate::value::{Table, Value};

/// Scheme and `ENGINE`, as `Env.DB_SCHEMES` lists them. No URL scheme may hold `_`, so the
/// `prometheus_*` names are reached through the `engine` argument alone.
pub(super) const ENGINES: &[(&str, &str)] = &[
    ("postgres", "django.db.backends.postgresql"),
    ("postgresql", "django.db.backends.postgresql"),
    ("psql", "django.db.backends.postgresql"),
    ("pgsql", "django.db.backends.postgresql"),
    ("postgis", "django.contrib.gis.db.backends.postgis"),
    (
        "prometheus_postgresql",
        "django_prometheus.db.backends.postgresql",
    ),
    (
        "prometheus_postgis",
        "django_prometheus.db.backends.postgis",
    ),
    ("cockroachdb", "django_cockroachdb"),
    ("mysql", "django.db.backends.mysql"),
    ("mysql2", "django.db.backends.mysql"),
    ("mysql-connector", "mysql.connector.django"),
    ("mysqlgis", "django.contrib.gis.db.backends.mysql"),
    ("prometheus_mysql", "django_prometheus.db.backends.mysql"),
    ("mssql", "mssql"),
    ("oracle", "django.db.backends.oracle"),
    ("pyodbc", "sql_server.pyodbc"),
    ("redshift", "django_redshift_backend"),
    ("spatialite", "django.contrib.gis.db.backends.spatialite"),
    (
        "prometheus_spatialite",
        "django_prometheus.db.backends.spatialite",
    ),
    ("sqlite", "django.db.backends.sqlite3"),
    ("prometheus_sqlite", "django_prometheus.db.backends.sqlite3"),
    ("ldap", "ldapdb.backends.ldap"),
];

/// `Env.POSTGRES_FAMILY`, as far as a URL scheme can name it.
const POSTGRES_FAMILY: [&str; 5] = ["postgres", "postgresql", "psql", "pgsql", "postgis"];

/// Query keys, in any case, that become Django keys instead of driver options.
const DJANGO_KEYS: [&str; 5] = [
    "CONN_MAX_AGE",
    "ATOMIC_REQUESTS",
    "AUTOCOMMIT",
    "DISABLE_SERVER_SIDE_CURSORS",
    "CONN_HEALTH_CHECKS",
];

/// What the library quotes nothing of when it percent-encodes a whole URL.
const WHOLE_URL_SAFE: &[u8] = b":/?&=@";

/// Reads `url` as `Env.db_url_config` does.
pub(super) fn parse(url: &str, options: &ParseOptions) -> Result<ParsedUrl, UrlError> {
    let cleaned = urllib::clean(url);
    let (quoted, requoted);
    let mut split = if let Ok(split) = SplitUrl::parse(&cleaned) {
        split
    } else {
        quoted = urllib::quote(url, WHOLE_URL_SAFE);
        SplitUrl::parse(&quoted)?
    };
    // An unescaped `#` in a password ends the host part early and leaves no path. (It also means
    // that a URL without a path has its percent signs encoded once more; the library does so.)
    if split.path.is_empty() {
        requoted = urllib::quote(&split.unsplit_without_path(), WHOLE_URL_SAFE);
        split = SplitUrl::parse(&requoted)?;
    }

    let mut warnings = Vec::new();
    let mut keys = base_keys(&split, &mut warnings)?;
    if !split.query.is_empty() {
        let driver_options = query_keys(split.query, &mut keys)?;
        keys.insert("OPTIONS", Value::Table(driver_options));
    }
    let engine = options.engine().unwrap_or(&split.scheme);
    if engine.is_empty() {
        warnings.push("the URL has no scheme, so it names no engine");
        return Ok(ParsedUrl {
            keys: Table::new(),
            warnings,
        });
    }
    keys.insert(
        "ENGINE",
        Value::plain(engine_of(ENGINES, engine).unwrap_or(engine)),
    );
    Ok(ParsedUrl { keys, warnings })
}

/// NAME, USER, PASSWORD, HOST and PORT.
fn base_keys(split: &SplitUrl<'_>, warnings: &mut Vec<&'static str>) -> Result<Table, UrlError> {
    let scheme = &*split.scheme;
    let mut path = urllib::unquote_plus(urllib::after_first(split.path));
    if scheme == "sqlite" {
        if path.is_empty() {
            path.push_str(":memory:");
        }
        if !split.netloc.is_empty() {
            warnings.push("a sqlite URL's host part is ignored; a path starts after `sqlite:///`");
        }
    }
    if scheme == "ldap" {
        let host = split.hostname();
        let host = if host.is_empty() { "None" } else { &host };
        path = Zeroizing::new(match split.port()? {
            None | Some(0) => format!("ldap://{host}"),
            Some(port) => format!("ldap://{host}:{port}"),
        });
    }

    let postgres = POSTGRES_FAMILY.contains(&scheme);
    let hosts = urllib::unquote(split.host_and_port());
    let (mut host, port) = if postgres && hosts.contains(',') {
        cluster(&hosts)?
    } else {
        (split.hostname(), python::port(split.port()?))
    };

    let mut name = path;
    if name.starts_with('/') && (postgres || name.contains("cloudsql")) {
        let cut = name.rfind('/').unwrap_or(0);
        host = Zeroizing::new(name[..cut].to_owned());
        name = Zeroizing::new(name[cut + 1..].to_owned());
    } else if scheme == "oracle" && name.is_empty() {
        // With no path, Oracle's host is the name of a service that the client resolves.
        std::mem::swap(&mut name, &mut host);
    }

    let mut keys = Table::new();
    keys.insert("NAME", python::text(name));
    keys.insert("USER", python::text(urllib::unquote(split.username())));
    keys.insert("PASSWORD", python::text(urllib::unquote(split.password())));
    keys.insert("HOST", python::text(host));
    // Django's Oracle backend strips the port as text, and takes an empty one for a given one.
    if scheme != "oracle" {
        keys.insert("PORT", port);
    } else if python::is_true(&port) {
        keys.insert("PORT", python::text(python::str_of(&port)));
    }
    Ok(keys)
}

/// `h1:1,h2:2` as libpq wants it: `h1,h2` and `1,2`. A host without a port adds none to the list,
/// and a list of one port is a number, as in the library.
fn cluster(hosts: &str) -> Result<(Zeroizing<String>, Value), UrlError> {
    let (names, ports): (Vec<&str>, Vec<&str>) = hosts.split(',').map(host_and_port).unzip();
    let ports: Vec<&str> = ports.into_iter().filter(|port| !port.is_empty()).collect();
    let ports = ports.join(",");
    let port = if python::is_digit(&ports) {
        match python::int(&ports)? {
            0 => Value::plain(""),
            port => Value::Integer(port),
        }
    } else {
        Value::plain(ports)
    };
    Ok((Zeroizing::new(names.join(",")), port))
}

/// One host of a cluster and its port, empty if it has none.
fn host_and_port(host: &str) -> (&str, &str) {
    if host.starts_with('[') {
        match host.find(']') {
            Some(end) if host[end + 1..].starts_with(':') => (&host[..=end], &host[end + 2..]),
            _ => (host, ""),
        }
    } else {
        match host.rsplit_once(':') {
            Some((name, port)) if python::is_digit(port) => (name, port),
            _ => (host, ""),
        }
    }
}

/// Puts the query's Django keys into `keys`, and gives the driver's options back. Of a key given
/// more than once, the first value counts.
fn query_keys(query: &str, keys: &mut Table) -> Result<Table, UrlError> {
    let mut driver_options = Table::new();
    for (name, values) in urllib::parse_qs(query) {
        let Some(value) = values.first() else {
            continue;
        };
        let upper = name.to_uppercase();
        if let Some(key) = DJANGO_KEYS.into_iter().find(|key| *key == upper) {
            let value = match literal::eval(value) {
                Ok(value) => value,
                Err(Refusal::NotLiteral) => Value::plain(value.as_str()),
                Err(Refusal::TooBig) => return Err(UrlError::NumberTooBig),
                Err(Refusal::NoShape) => return Err(UrlError::Unrepresentable(key)),
            };
            keys.insert(key, value);
        } else if python::is_digit(value) {
            driver_options.insert(name, Value::Integer(python::int(value)?));
        } else {
            driver_options.insert(name, Value::plain(value.as_str()));
        }
    }
    Ok(driver_options)
}
