//! The grammar of dj-database-url 3.1.2 (`dj_database_url/__init__.py`): what each scheme means,
//! and how a query becomes OPTIONS.

use zeroize::Zeroizing;

use super::urllib::{self, SplitUrl};
use super::{ParseOptions, ParsedUrl, UrlError, engine_of, python};
use crate::value::{Table, Value};

/// Scheme and `ENGINE`, as the library registers them; `mssql` is ours (see `DEVIATIONS`).
pub(super) const ENGINES: &[(&str, &str)] = &[
    ("postgres", "django.db.backends.postgresql"),
    ("postgresql", "django.db.backends.postgresql"),
    ("pgsql", "django.db.backends.postgresql"),
    ("postgis", "django.contrib.gis.db.backends.postgis"),
    ("redshift", "django_redshift_backend"),
    ("timescale", "timescale.db.backends.postgresql"),
    ("timescalegis", "timescale.db.backends.postgis"),
    ("cockroach", "django_cockroachdb"),
    ("mysql", "django.db.backends.mysql"),
    ("mysql2", "django.db.backends.mysql"),
    ("mysqlgis", "django.contrib.gis.db.backends.mysql"),
    ("mysql-connector", "mysql.connector.django"),
    ("sqlite", "django.db.backends.sqlite3"),
    ("spatialite", "django.contrib.gis.db.backends.spatialite"),
    ("oracle", "django.db.backends.oracle"),
    ("oraclegis", "django.contrib.gis.db.backends.oracle"),
    ("mssql", "mssql"),
    ("mssqlms", "mssql"),
];

/// Reads `url` as `dj_database_url.parse` does.
pub(super) fn parse(url: &str, options: &ParseOptions) -> Result<ParsedUrl, UrlError> {
    let cleaned = urllib::clean(url);
    let split = SplitUrl::split(&cleaned)?;
    let Some(engine) = engine_of(ENGINES, &split.scheme) else {
        return Err(UrlError::UnknownScheme(split.shown_scheme(&cleaned)));
    };
    let mut driver_options = Table::new();
    for (name, values) in urllib::parse_qs(split.query) {
        driver_options.insert(name, option_value(&values)?);
    }
    let mut keys = Table::new();
    keys.insert("ENGINE", Value::plain(engine));
    keys.insert("USER", python::text(urllib::unquote(split.username())));
    keys.insert("PASSWORD", python::text(urllib::unquote(split.password())));
    keys.insert("HOST", python::text(urllib::unquote(&split.hostname())));
    keys.insert("PORT", python::port(split.port()?));
    keys.insert(
        "NAME",
        python::text(urllib::unquote(urllib::after_first(split.path))),
    );
    adjust(&split.scheme, &mut keys, &mut driver_options);
    apply(options, &mut keys, driver_options);
    Ok(ParsedUrl {
        keys,
        warnings: Vec::new(),
    })
}

/// What the library registers for one scheme beside its engine.
fn adjust(scheme: &str, keys: &mut Table, driver_options: &mut Table) {
    match scheme {
        "sqlite" if keys.get("NAME").is_some_and(|name| !python::is_true(name)) => {
            keys.insert("NAME", Value::plain(":memory:"));
        }
        "oracle" | "mssql" | "mssqlms" => {
            if let Some(port) = keys.get("PORT").map(python::str_of) {
                keys.insert("PORT", python::text(port));
            }
        }
        "mysql" | "mysql2" => {
            if let Some(ca) = driver_options.remove("ssl-ca").filter(python::is_true) {
                let ssl = Table::from_iter([("ca".to_owned(), ca)]);
                driver_options.insert("ssl", Value::Table(ssl));
            }
        }
        "postgres" | "postgresql" | "pgsql" | "postgis" | "redshift" | "timescale"
        | "timescalegis" => {
            if let Some(schema) = driver_options
                .remove("currentSchema")
                .filter(python::is_true)
            {
                let search_path = format!("-c search_path={}", *python::str_of(&schema));
                driver_options.insert("options", Value::plain(search_path));
            }
        }
        _ => {}
    }
}

/// The library's keyword arguments, in the order it applies them. OPTIONS keeps its place behind
/// the URL's own keys, and is left out where it holds nothing.
fn apply(options: &ParseOptions, keys: &mut Table, mut driver_options: Table) {
    if options.ssl_require {
        driver_options.insert("sslmode", Value::plain("require"));
    }
    if !driver_options.is_empty() {
        keys.insert("OPTIONS", Value::Table(driver_options));
    }
    let max_age = options
        .conn_max_age
        .map_or(Value::Null, |age| Value::Integer(age.into()));
    keys.insert("CONN_MAX_AGE", max_age);
    keys.insert(
        "CONN_HEALTH_CHECKS",
        Value::Bool(options.conn_health_checks),
    );
    keys.insert(
        "DISABLE_SERVER_SIDE_CURSORS",
        Value::Bool(options.disable_server_side_cursors),
    );
    if let Some(engine) = options.engine() {
        keys.insert("ENGINE", Value::plain(engine));
    }
    if !options.test_options.is_empty() {
        keys.insert("TEST", Value::Table(options.test_options.clone()));
    }
}

/// One query key's values: a list only where the key was given more than once.
fn option_value(values: &[Zeroizing<String>]) -> Result<Value, UrlError> {
    match values {
        [only] => scalar(only),
        _ => values
            .iter()
            .map(|value| scalar(value))
            .collect::<Result<_, _>>()
            .map(Value::List),
    }
}

/// Digits are a number, `true` and `false` in any case a boolean, the rest is text.
fn scalar(value: &str) -> Result<Value, UrlError> {
    if python::is_digit(value) {
        python::int(value).map(Value::Integer)
    } else if value.eq_ignore_ascii_case("true") {
        Ok(Value::Bool(true))
    } else if value.eq_ignore_ascii_case("false") {
        Ok(Value::Bool(false))
    } else {
        Ok(Value::plain(value))
    }
}
