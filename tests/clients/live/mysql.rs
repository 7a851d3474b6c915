//! mysqlclient and `PyMySQL` on a real MariaDB.

use nuages::value::{Table, Value};

use super::{Django, Live, database};
use crate::support::mariadb::{self, Mariadb};
use crate::support::python;

const FIRST: &str = "old";

/// All that the format of the file has a use for. The last one fills the line.
fn passwords() -> Vec<String> {
    let mut passwords: Vec<String> = [
        r"n\ew'1",
        r#""quoted""#,
        r#"a"b'c"#,
        r"\",
        r"\\",
        r"\n\s\t",
        " blanks ",
        "#;=[client]",
        "!include x",
        "100%(x)s",
        "'x'",
        "\"",
    ]
    .map(str::to_owned)
    .into();
    passwords.push("x".repeat(4083));
    passwords
}

fn shop(server: &Mariadb) -> Table {
    let login = [
        ("NAME", "shop"),
        ("USER", "shop_app"),
        ("HOST", "127.0.0.1"),
    ];
    let mut table = database("django.db.backends.mysql", &login);
    table.insert("PORT", Value::Integer(server.port().into()));
    let charset = [("charset".to_owned(), Value::plain("utf8mb4"))];
    table.insert("OPTIONS", Value::Table(charset.into_iter().collect()));
    table
}

/// Rotates through these passwords, each before and after the file has it.
fn rotate(is_pymysql: bool, more: &[&str]) {
    let server = Mariadb::start(FIRST);
    let mut live = Live::new(vec![("default", shop(&server)), ("kept", shop(&server))]);
    live.is_pymysql = is_pymysql;
    live.set("PASSWORD", FIRST);
    let python = python::venv_with("clients", 10);
    let mut command = live.django(&python);
    if is_pymysql {
        command.env("DRIVER", "pymysql");
    } else {
        let paths = [live.directory.path(), &mariadb::mysqlclient(&python)];
        command.env("PYTHONPATH", std::env::join_paths(paths).unwrap());
    }
    // What is left over here never beats the file.
    let mut django = Django::start(command.env("MYSQL_PWD", "stale"));
    for alias in ["default", "kept"] {
        assert_eq!(django.ask(&format!("look {alias}")), "shop_app@%");
        let settings = django.ask(&format!("settings {alias}"));
        assert_eq!(settings, r#"{"TOKEN": "None", "PASSWORD": ""}"#);
    }
    let more = more.iter().map(|password| (*password).to_owned());
    for password in passwords().into_iter().chain(more) {
        let bytes: Vec<String> = password.bytes().map(|byte| byte.to_string()).collect();
        let hash = format!("sql kept SELECT PASSWORD(CHAR({}))", bytes.join(", "));
        let hash = django.ask(&hash);
        let set = format!("sql kept SET PASSWORD = '{hash}'");
        assert_eq!(django.ask(&set), "done");
        let refused = django.ask("fresh default");
        assert!(refused.contains("Access denied"), "{refused}");
        assert_eq!(django.ask("look kept"), "shop_app@%");

        live.set("PASSWORD", &password).write();
        for word in ["fresh", "thread", "copy"] {
            let said = django.ask(&format!("{word} default"));
            assert_eq!(said, "shop_app@%", "{word}: {password}");
        }
    }
}

#[test]
fn the_next_connection_has_the_new_password() {
    rotate(false, &["\n\t\r", "é€😀", "a\u{1}\u{7f}b"]);
}

#[test]
fn pymysql_too() {
    rotate(true, &["a\tb", "a\u{1}\u{7f}b"]);
}
