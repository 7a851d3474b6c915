//! psycopg with and without its pool, on a real PostgreSQL.

use nuages::value::{Table, Value};

use super::{Django, Live, database};
use crate::support::postgres::{APP, Postgres};
use crate::support::python;

/// All that the format of the file has a use for.
const PASSWORDS: &[&str] = &[
    r"n:ew\'#1*",
    " é€\t\\: ",
    "plain",
    "\\",
    "*",
    "#x",
    "\r.",
    "a\u{2028}b",
];

fn shop(server: &Postgres) -> Table {
    let login = [("NAME", "shop"), ("USER", APP.name), ("HOST", "localhost")];
    let mut table = database("django.db.backends.postgresql", &login);
    table.insert("PORT", Value::Integer(server.port().into()));
    let root = server.root_certificate().display().to_string();
    let options = [("sslmode", "verify-full"), ("sslrootcert", root.as_str())];
    let options: Table = options
        .map(|(key, value)| (key.to_owned(), Value::plain(value)))
        .into_iter()
        .collect();
    table.insert("OPTIONS", Value::Table(options));
    table
}

fn pooled(server: &Postgres) -> Table {
    let mut table = shop(server);
    let Some(Value::Table(options)) = table.get_mut("OPTIONS") else {
        panic!("no options");
    };
    let pool = [("min_size", 1), ("max_size", 2)];
    let pool = pool.map(|(key, number)| (key.to_owned(), Value::Integer(number)));
    options.insert("pool", Value::Table(pool.into_iter().collect()));
    table.insert("CONN_HEALTH_CHECKS", Value::Bool(true));
    table
}

fn kept(server: &Postgres) -> Table {
    let mut table = shop(server);
    table.insert("CONN_MAX_AGE", Value::Null);
    table
}

#[test]
fn the_next_connection_has_the_new_password() {
    let server = Postgres::start();
    let mut live = Live::new(vec![
        ("default", shop(&server)),
        ("pooled", pooled(&server)),
        ("kept", kept(&server)),
        ("a/b", shop(&server)),
    ]);
    live.set("PASSWORD", APP.password);
    let mut django = Django::start(&mut live.django(&python::venv_with("clients", 10)));
    let aliases = ["default", "pooled", "kept", "a/b"];
    for alias in aliases {
        assert_eq!(django.ask(&format!("look {alias}")), APP.name);
        assert_eq!(django.ask(&format!("nodb {alias}")), "postgres");
        let settings = django.ask(&format!("settings {alias}"));
        assert_eq!(settings, r#"{"TOKEN": "None", "PASSWORD": ""}"#);
    }
    // `TEST = { MIRROR = "default" }` changes a name alone.
    assert_eq!(django.ask("mirror a/b default"), APP.name);
    for password in PASSWORDS {
        // The server first, as a rotation does: what is connected stays, and nobody else comes in.
        let kept = django.ask("sql kept SELECT pg_backend_pid()");
        let quoted = password.replace('\'', "''").replace('%', "%%");
        let change = format!(
            "sql kept ALTER ROLE CURRENT_USER PASSWORD E'{}'",
            quoted.replace('\\', "\\\\").replace('\r', "\\r")
        );
        assert_eq!(django.ask(&change), "done");
        let refused = django.ask("fresh default");
        assert!(
            refused.contains("password authentication failed")
                && refused.contains("default.pgpass"),
            "{refused}"
        );
        assert_eq!(django.ask("sql kept SELECT pg_backend_pid()"), kept);

        live.set("PASSWORD", password).write();
        for alias in ["default", "a/b"] {
            assert_eq!(django.ask(&format!("fresh {alias}")), APP.name);
            assert_eq!(django.ask(&format!("thread {alias}")), APP.name);
            assert_eq!(django.ask(&format!("copy {alias}")), APP.name);
        }
        // Cut off, the pool makes connections of its own.
        let cut = "sql default SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity \
                   WHERE pid <> pg_backend_pid() AND usename = current_user";
        let cut: u32 = django.ask(cut).parse().unwrap();
        assert!(cut >= 2, "the pool's and the kept one");
        assert_eq!(django.ask("fresh pooled"), APP.name);
        assert_eq!(django.ask("fresh kept"), APP.name);
    }
}

/// Why the variable must not be there.
#[test]
fn a_password_in_the_environment_would_be_taken_first() {
    let server = Postgres::start();
    let mut live = Live::new(vec![("default", shop(&server))]);
    live.set("PASSWORD", APP.password);
    let (_, table) = &live.databases[0];
    let sample = nuages::django::live::sample("default", table, false, live.directory.path());
    assert_eq!(sample.unwrap().hides, ["PGPASSWORD"]);
    let mut command = live.django(&python::venv_with("clients", 10));
    let mut django = Django::start(command.env("PGPASSWORD", "stale"));
    let refused = django.ask("look default");
    assert!(
        refused.contains("password authentication failed"),
        "{refused}"
    );
}
