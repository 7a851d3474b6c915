//! SQL Server and Oracle through Django: here one that a test has made up, since what is held is how its answers are read.

use std::{
    ffi::{OsStr, OsString},
    fs,
    time::Duration,
};

use nuages::{check::server::Heard, value::Table};
use tempfile::TempDir;

use super::{LONG, ask_within, database, fact, ids, note};

const PASSWORD: &str = "the-secret-password";

/// As much of Django as is used, with answers by the begin of a question.
const DJANGO: &str = r#"
import json, os, sys, types

SCRIPT = json.loads(os.environ["SCRIPT"])


def module(name, **names):
    made = types.ModuleType(name)
    made.__dict__.update(names)
    sys.modules[name] = made
    return made


class ImproperlyConfigured(Exception):
    pass


class Settings:
    def configure(self, **given):
        self.given = given


settings = Settings()


class Cursor:
    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def execute(self, question):
        for part, rows in SCRIPT["answers"].items():
            if part in question:
                self.rows = rows
                return
        raise Exception("permission denied")

    def fetchmany(self, count):
        return self.rows[:count]


class Connection:
    def __init__(self, database):
        assert database["PASSWORD"] == "the-secret-password"
        assert "the-secret-password" not in " ".join(sys.argv)

    def ensure_connection(self):
        if SCRIPT.get("error"):
            raise Exception(*SCRIPT["error"])

    def cursor(self):
        return Cursor()

    def close(self):
        pass


class Connections:
    def __getitem__(self, alias):
        if SCRIPT.get("misconfigured"):
            raise ImproperlyConfigured("no driver")
        return Connection(settings.given["DATABASES"][alias])


module("django.conf", settings=settings)
module("django.core")
module("django.core.exceptions", ImproperlyConfigured=ImproperlyConfigured)
module("django.db", connections=Connections())


def setup():
    pass
"#;

#[allow(clippy::disallowed_methods, reason = "tests do read the environment")]
fn path() -> OsString {
    std::env::var_os("PATH").unwrap()
}

/// A directory with that Django, and an environment that leads to it.
fn django(script: &serde_json::Value) -> (TempDir, Vec<(OsString, OsString)>) {
    let directory = tempfile::tempdir().unwrap();
    fs::create_dir(directory.path().join("django")).unwrap();
    fs::write(directory.path().join("django/__init__.py"), DJANGO).unwrap();
    let environment = vec![
        ("PATH".into(), path()),
        ("PYTHONPATH".into(), directory.path().into()),
        ("SCRIPT".into(), script.to_string().into()),
    ];
    (directory, environment)
}

fn settings(engine: &str) -> Table {
    let keys = [
        ("NAME", "shop"),
        ("HOST", "db.example"),
        ("PORT", "1433"),
        ("USER", "ann"),
        ("PASSWORD", PASSWORD),
    ];
    database(engine, &keys, &[])
}

fn look(engine: &str, script: &serde_json::Value) -> Heard {
    let (_directory, environment) = django(script);
    let heard = ask_within(
        &settings(engine),
        &environment,
        Some(OsStr::new("python3")),
        false,
        LONG,
    );
    assert!(!format!("{heard:?}").contains(PASSWORD), "{heard:#?}");
    heard
}

fn now() -> f64 {
    let since = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap();
    since.as_secs_f64()
}

fn mssql() -> serde_json::Value {
    serde_json::json!({ "answers": {
        "ProductVersion": [["15.0.4460.4", "Standard Edition (64-bit)", 2, "ann", "ann", "shop", "dbo"]],
        "DATEDIFF_BIG": [[now()]],
        "IS_SRVROLEMEMBER": [],
        "IS_ROLEMEMBER": [],
        "HAS_PERMS_BY_NAME(NULL": [],
        "QUOTENAME(SCHEMA_NAME())": [[0]],
        "CONNECTIONPROPERTY": [["TCP", "SQL"]],
    } })
}

#[test]
fn sql_server_is_told_as_it_is() {
    let mut script = mssql();
    let heard = look("mssql", &script);
    assert_eq!(fact(&heard, "/server/product"), "SQL Server");
    assert_eq!(fact(&heard, "/place"), "db.example:1433");
    assert_eq!(ids(&heard), Vec::<&str>::new(), "{heard:#?}");
    // The server does not tell this login.
    assert!(fact(&heard, "/tls").is_null());
    assert!(
        fact(&heard, "/not_looked_at/0")
            .as_str()
            .unwrap()
            .contains("VIEW SERVER STATE")
    );

    let answers = script["answers"].as_object_mut().unwrap();
    answers.insert("dm_exec_connections".into(), serde_json::json!([["FALSE"]]));
    answers.insert("IS_SRVROLEMEMBER".into(), serde_json::json!([["sysadmin"]]));
    answers.insert(
        "HAS_PERMS_BY_NAME(NULL".into(),
        serde_json::json!([["CONTROL SERVER"], ["CONTROL"]]),
    );
    answers.insert("DATEDIFF_BIG".into(), serde_json::json!([[now() + 600.0]]));
    let heard = look("mssql", &script);
    assert_eq!(ids(&heard), ["SV010", "SV020", "SV050"], "{heard:#?}");
    assert_eq!(note(&heard, "SV020"), "`ann` has sysadmin");
    assert!(
        note(&heard, "SV050").contains("9 minutes ahead of"),
        "{heard:#?}"
    );

    let answers = script["answers"].as_object_mut().unwrap();
    answers.insert("dm_exec_connections".into(), serde_json::json!([["TRUE"]]));
    answers.insert(
        "IS_SRVROLEMEMBER".into(),
        serde_json::json!([["securityadmin"]]),
    );
    answers.insert("IS_ROLEMEMBER".into(), serde_json::json!([["db_owner"]]));
    answers.insert(
        "HAS_PERMS_BY_NAME(NULL".into(),
        serde_json::json!([["CONTROL"], ["CREATE TABLE"]]),
    );
    answers.insert("QUOTENAME(SCHEMA_NAME())".into(), serde_json::json!([[1]]));
    answers.insert("DATEDIFF_BIG".into(), serde_json::json!([[now()]]));
    let heard = look("mssql", &script);
    assert_eq!(ids(&heard), ["SV022", "SV025"], "{heard:#?}");
    assert_eq!(note(&heard, "SV022"), "`ann` has securityadmin");
    assert!(
        note(&heard, "SV025").contains("db_owner; CREATE TABLE, ALTER on its schema"),
        "{heard:#?}"
    );
    assert_eq!(fact(&heard, "/tls/in_use"), true);
}

#[test]
fn oracle_is_told_as_it_is() {
    let script = |dba: &str, roles: serde_json::Value, privileges: serde_json::Value| {
        serde_json::json!({ "answers": {
            "ISDBA": [["ANN", "ANN", "SHOP", dba, "tcps", "PASSWORD"]],
            "product_component_version": [["Oracle Database 18c Enterprise Edition", "18.0.0.0.0"]],
            "SYS_EXTRACT_UTC": [[now()]],
            "session_privs": privileges,
            "session_roles": roles,
            "user_tables": [[3]],
        } })
    };
    let none = serde_json::json!([]);
    let privileges = serde_json::json!([
        ["CREATE SESSION"],
        ["CREATE TABLE"],
        ["SELECT ANY TABLE"],
        ["CREATE USER"]
    ]);
    let heard = look(
        "django.db.backends.oracle",
        &script("FALSE", none, privileges.clone()),
    );
    assert_eq!(
        ids(&heard),
        ["SV022", "SV023", "SV025", "SV030"],
        "{heard:#?}"
    );
    assert!(
        note(&heard, "SV030").contains("Oracle Database 18c"),
        "{heard:#?}"
    );
    assert_eq!(fact(&heard, "/tls/verified"), "unknown");
    let heard = look(
        "django.db.backends.oracle",
        &script("TRUE", serde_json::json!([["DBA"]]), privileges),
    );
    assert_eq!(ids(&heard), ["SV020", "SV030"]);
    assert_eq!(note(&heard, "SV020"), "`ANN` has SYSDBA, DBA");
}

#[test]
fn what_django_cannot_open_is_told_by_its_cause() {
    for (error, rule) in [
        (
            serde_json::json!(["28000", "Login failed for user 'ann' the-secret-password"]),
            "SV001",
        ),
        (
            serde_json::json!(["08001", "SSL Provider: certificate verify failed"]),
            "SV003",
        ),
        (
            serde_json::json!(["HYT00", "Login timeout expired"]),
            "SV002",
        ),
        (serde_json::json!(["the-secret-password"]), "SV008"),
    ] {
        let heard = look(
            "mssql",
            &serde_json::json!({ "answers": {}, "error": error }),
        );
        assert_eq!(ids(&heard), [rule], "{heard:#?}");
    }
}

#[test]
fn nobody_who_could_ask_is_told_too() {
    let engine = "mssql";
    let not_looked_at =
        |python: Option<&str>, environment: &Vec<(OsString, OsString)>, words: &str| {
            let python = python.map(OsStr::new);
            let heard = ask_within(&settings(engine), environment, python, false, LONG);
            assert_eq!(heard.outcome, "not looked at", "{heard:#?}");
            assert!(heard.lines[0].contains(words), "{heard:#?}");
        };
    let variables = vec![("PATH".into(), path())];
    not_looked_at(None, &variables, "no Python is known");
    not_looked_at(Some("/nowhere/python"), &variables, "cannot run");
    not_looked_at(Some("true"), &variables, "is not what was asked for");
    let (_directory, mut environment) = django(&serde_json::json!({ "misconfigured": true }));
    not_looked_at(Some("python3"), &environment, "no driver");
    environment.retain(|(name, _)| name != "PYTHONPATH");
    let isolated = tempfile::tempdir().unwrap();
    environment.push(("PYTHONHOME".into(), isolated.path().into()));
    not_looked_at(Some("python3"), &environment, "has ended with exit code");
}

#[test]
fn what_django_says_is_not_believed() {
    let script = |program: &str| {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("python");
        fs::write(&file, format!("#!/bin/sh\n{program}\n")).unwrap();
        let mode = <fs::Permissions as std::os::unix::fs::PermissionsExt>::from_mode(0o755);
        fs::set_permissions(&file, mode).unwrap();
        (directory, file)
    };
    let variables = vec![("PATH".into(), path())];
    for (program, outcome) in [
        ("echo '{}'", "not looked at"),
        (
            "echo '{\"answers\": {\"who\": [[1]]}, \"clock\": null}'",
            "not looked at",
        ),
        ("echo '{\"answers\": [], \"clock\": null}'", "not looked at"),
        (
            "echo '{\"answers\": {}, \"clock\": [\"1\"]}'",
            "not looked at",
        ),
        ("echo '{\"class\": 7}'; exit 3", "not looked at"),
        ("exec yes", "refused"),
        (
            "echo '{\"answers\": {\"who\": [[\"\\u001b[2J\", null]]}, \"clock\": [\"nan\", \"inf\", \"x\"]}'",
            "answered",
        ),
        ("sleep 60", "refused"),
    ] {
        let (_directory, file) = script(program);
        let within = Duration::from_secs(2);
        let heard = ask_within(
            &settings("mssql"),
            &variables,
            Some(file.as_os_str()),
            false,
            within,
        );
        assert_eq!(heard.outcome, outcome, "{program}: {heard:#?}");
        assert!(
            heard
                .lines
                .iter()
                .all(|line| !line.chars().any(char::is_control)),
            "{heard:#?}"
        );
        assert!(heard.took < within * 2, "{heard:#?}");
    }
}
