//! A real PostgreSQL lets in who comes with a rendered password file, and with a rendered service file.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;

use nuages::render::{self, Document};
use nuages::value::{Table, Value};

use crate::support::postgres::{APP, Postgres};
use crate::support::{must_run, python};

#[test]
fn a_server_lets_both_files_in() {
    let server = Postgres::start();
    let options: Table = [
        ("sslmode", "verify-full".to_owned()),
        (
            "sslrootcert",
            server.root_certificate().display().to_string(),
        ),
    ]
    .into_iter()
    .map(|(key, text)| (key.to_owned(), Value::plain(text)))
    .collect();
    let keys: Table = [
        ("ENGINE", Value::plain("django.db.backends.postgresql")),
        ("NAME", Value::plain("shop")),
        ("USER", Value::plain(APP.name)),
        ("PASSWORD", Value::plain(APP.password)),
        ("HOST", Value::plain("localhost")),
        ("PORT", Value::Integer(server.port().into())),
        ("OPTIONS", Value::Table(options)),
    ]
    .into_iter()
    .map(|(key, value)| (key.to_owned(), value))
    .collect();
    let document = Document {
        databases: [("default".to_owned(), Value::Table(keys))]
            .into_iter()
            .collect(),
        env: Table::new(),
    };
    let directory = tempfile::tempdir().unwrap();
    let files = ["pgpass", "pg-service"].map(|format| {
        let file = directory.path().join(format);
        fs::write(
            &file,
            &*render::format(format).unwrap().render(&document).unwrap(),
        )
        .unwrap();
        fs::set_permissions(&file, Permissions::from_mode(0o600)).unwrap();
        file
    });
    let ask = "import psycopg, sys; print(psycopg.connect(sys.argv[1]).execute('select current_user, 1').fetchone())";
    let python = || {
        let mut command = Command::new(python::venv_with("clients", 10));
        command.args(["-c", ask]);
        command
    };
    let expected = format!("('{}', 1)\n", APP.name);
    let service = must_run(
        python()
            .arg("service=default")
            .env("PGSERVICEFILE", &files[1]),
    );
    assert_eq!(service, expected);
    let login = format!(
        "host=localhost port={} user={} dbname=shop sslmode=verify-full sslrootcert={}",
        server.port(),
        APP.name,
        server.root_certificate().display()
    );
    assert_eq!(
        must_run(python().arg(login).env("PGPASSFILE", &files[0])),
        expected
    );
}
