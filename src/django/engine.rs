//! Database engines: short names, the dotted paths they stand for, and which of them are one family.

use crate::suggest;

/// An engine that has a short name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Engine {
    /// The name in a manifest.
    pub short: &'static str,
    /// What Django takes.
    pub path: &'static str,
    /// Which engines are changed into each other without starting the settings afresh.
    pub family: Family,
}

/// Engines that talk to the same kind of server with the same options.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// libpq and psycopg.
    Postgresql,
    /// MySQL and MariaDB.
    Mysql,
    /// A file or memory.
    Sqlite,
    /// Oracle.
    Oracle,
    /// SQL Server through mssql-django.
    Mssql,
}

/// The engines that Django ships (docs: Settings, `DATABASES`, `ENGINE`), and mssql-django's.
pub const ENGINES: &[Engine] = &[
    engine(
        "postgresql",
        "django.db.backends.postgresql",
        Family::Postgresql,
    ),
    engine(
        "postgis",
        "django.contrib.gis.db.backends.postgis",
        Family::Postgresql,
    ),
    engine("mysql", "django.db.backends.mysql", Family::Mysql),
    engine(
        "mysqlgis",
        "django.contrib.gis.db.backends.mysql",
        Family::Mysql,
    ),
    engine("sqlite3", "django.db.backends.sqlite3", Family::Sqlite),
    engine(
        "spatialite",
        "django.contrib.gis.db.backends.spatialite",
        Family::Sqlite,
    ),
    engine("oracle", "django.db.backends.oracle", Family::Oracle),
    engine(
        "oraclegis",
        "django.contrib.gis.db.backends.oracle",
        Family::Oracle,
    ),
    engine("mssql", "mssql", Family::Mssql),
];

const fn engine(short: &'static str, path: &'static str, family: Family) -> Engine {
    Engine {
        short,
        path,
        family,
    }
}

/// The engine of a short name or of its own dotted path.
#[must_use]
pub fn find(name: &str) -> Option<&'static Engine> {
    ENGINES
        .iter()
        .find(|engine| engine.short == name || engine.path == name)
}

/// Packages for servers that are reached as PostgreSQL is, by libpq, and can do less: `CockroachDB` and Redshift. Their
/// engines have their names, without a dot.
pub const RELATIVES: &[&str] = &["django_cockroachdb", "django_redshift_backend"];

/// Whether an engine's server is reached as PostgreSQL is, and is another.
#[must_use]
pub fn is_relative(name: &str) -> bool {
    let package = name.split('.').next().unwrap_or(name);
    RELATIVES.contains(&package)
}

/// What Django takes for `name`: a short name's path, or the path of a module as it is: `django_cockroachdb`. A name without
/// a dot that is nearly a short one, or a server's, is a slip.
#[must_use]
pub fn expand(name: &str) -> Option<&str> {
    let is_slip = || {
        let short = ENGINES.iter().map(|engine| engine.short);
        NO_ENGINES.contains(&name) || has_ended(name) || suggest::nearest(name, short).is_some()
    };
    find(name)
        .map(|engine| engine.path)
        .or_else(|| (is_path(name) && (name.contains('.') || !is_slip())).then_some(name))
}

/// What servers, drivers and schemes are called, and no back end's module.
pub(crate) const NO_ENGINES: &[&str] = &[
    "cockroach",
    "cockroachdb",
    "db2",
    "mariadb",
    "mongodb",
    "mysql2",
    "mysqlclient",
    "mysqldb",
    "odbc",
    "pg",
    "pgsql",
    "postgis_psycopg2",
    "postgres",
    "postgresql_psycopg2",
    "psql",
    "psycopg",
    "psycopg2",
    "pymysql",
    "pyodbc",
    "redshift",
    "snowflake",
    "spanner",
    "sqlite",
];

/// Back ends for SQL Server whose packages have ended: django-pyodbc, django-pyodbc-azure, django-mssql-backend,
/// django-sqlserver, django-mssql, django-pymssql.
pub(crate) const ENDED: &[&str] = &[
    "django_mssql",
    "django_pymssql",
    "django_pyodbc",
    "sql_server.pyodbc",
    "sqlserver",
    "sqlserver_ado",
    "sqlserver_pymssql",
];

/// Whether a back end's package has ended.
#[must_use]
pub fn has_ended(name: &str) -> bool {
    ENDED.contains(&name)
}

fn is_path(name: &str) -> bool {
    let part = |part: &str| {
        part.starts_with(|c: char| c.is_alphabetic() || c == '_')
            && part.chars().all(|c| c.is_alphanumeric() || c == '_')
    };
    name.split('.').all(part)
}

/// Whether going from one engine to the other means another kind of server.
#[must_use]
pub fn is_other_family(from: &str, to: &str) -> bool {
    match (find(from), find(to)) {
        (Some(from), Some(to)) => from.family != to.family,
        (None, None) => from != to,
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_names_expand_and_paths_stand() {
        assert_eq!(expand("postgresql"), Some("django.db.backends.postgresql"));
        assert_eq!(expand("mssql"), Some("mssql"));
        assert_eq!(
            expand("django_cockroachdb.backend"),
            Some("django_cockroachdb.backend")
        );
        for module in [
            "django_cockroachdb",
            "django_mongodb_backend",
            "django_redshift_backend",
            "django_snowflake",
            "django_spanner",
            "django_tidb",
            "djongo",
            "firebird",
            "ibm_db_django",
        ] {
            assert_eq!(expand(module), Some(module));
        }
        for slip in NO_ENGINES
            .iter()
            .chain(ENDED)
            .chain(&["oracledb", "Postgres", "mysq", "", "2b"])
        {
            assert_eq!(
                expand(slip),
                (*slip == "sql_server.pyodbc").then_some(*slip),
                "{slip}"
            );
        }
        assert_eq!(expand("a..b"), None);
        assert_eq!(expand("a.b c"), None);
    }

    #[test]
    fn what_has_ended_is_known_and_no_engine() {
        for name in ENDED {
            assert!(has_ended(name) && find(name).is_none(), "{name}");
        }
        assert!(!has_ended("mssql") && !has_ended("django_pyodbc.shop"));
    }

    #[test]
    fn a_gis_engine_is_of_its_servers_family() {
        assert!(!is_other_family(
            "postgresql",
            "django.contrib.gis.db.backends.postgis"
        ));
        assert!(is_other_family("postgresql", "sqlite3"));
        assert!(is_other_family("postgresql", "x.y"));
        assert!(!is_other_family("x.y", "x.y"));
    }
}
