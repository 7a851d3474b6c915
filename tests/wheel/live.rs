//! Real servers: passwords and tokens that change between two connections of one process, and drivers for which the package
//! leaves a text a text.

use serde_json::json;

use crate::pack;
use crate::support::checkout;
use crate::support::mariadb::{self, Mariadb};
use crate::support::odbc::{self, Odbc};
use crate::support::postgres::{APP, Postgres};
use crate::support::project::{Outcome, Project, Run};
use crate::support::python::{self, Django};
use crate::support::tds::Tds;

fn project(manifest: &str) -> Project {
    Project::new(manifest).tree(&checkout().join("tests/wheel/site"))
}

#[test]
fn postgresql_takes_a_new_password_with_and_without_a_pool() {
    let python = python::venv_for(Django::chosen()[0]);
    let server = Postgres::start();
    let password = |project: &Project| {
        let databases: serde_json::Value =
            serde_json::from_str(&project.read("databases.json")).unwrap();
        databases["default"]["PASSWORD"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    let mut now = APP.password.to_owned();
    for pool in [json!(null), json!({ "min_size": 1, "max_size": 4 })] {
        let mut options = json!({
            "sslmode": "verify-full", "sslrootcert": server.root_certificate(),
        });
        if !pool.is_null() {
            options["pool"] = pool;
        }
        let databases = json!({ "default": {
            "ENGINE": "django.db.backends.postgresql", "NAME": "shop", "USER": APP.name, "PASSWORD": now,
            "HOST": "localhost", "PORT": server.port(), "OPTIONS": options,
        }});
        let project = project("").file("databases.json", databases.to_string());
        let run = pack::run(&project, &python, &["live_postgresql.py"]);
        let run = run.env("DATABASES_FILE", "databases.json").output().code(0);
        assert_eq!(run.stdout(), "live\n", "{}", run.stderr());
        now = password(&project);
        assert_ne!(now, APP.password);
    }
}

/// mysqlclient reads the text in C: it gets one as it stands in the file.
#[test]
fn mysqlclient_logs_in_with_a_text() {
    let python = python::venv_for(Django::chosen()[0]);
    let server = Mariadb::start("pass1word");
    let databases = json!({ "default": {
        "ENGINE": "django.db.backends.mysql", "NAME": "shop", "USER": "shop_app", "PASSWORD": "pass1word",
        "HOST": "127.0.0.1", "PORT": server.port(),
    }});
    let project = project("").file("databases.json", databases.to_string());
    let script = "import django, nuages\n\
        from django.conf import settings\n\
        settings.configure(DATABASES=nuages.databases())\n\
        from django.db import connection\n\
        connection.ensure_connection()\n\
        print(connection.mysql_is_mariadb)\n";
    let modules = mariadb::mysqlclient(&python);
    let path = std::env::join_paths([pack::installed(), &modules]).unwrap();
    for (name, value) in [
        ("DATABASES_FILE", "databases.json".to_owned()),
        ("DATABASES", databases.to_string()),
    ] {
        let run = pack::run(&project, &python, &["-c", script]);
        let run = run
            .env("PYTHONPATH", &path)
            .env(name, value)
            .output()
            .code(0);
        assert_eq!(run.stdout(), "True\n");
    }
}

/// A stand-in for SQL Server, and what its drivers need.
struct Mssql {
    server: Tds,
    odbc: Odbc,
}

impl Mssql {
    fn run(&self, run: Run) -> Outcome {
        let mut run = run.env("SSL_CERT_FILE", self.server.ca_file());
        for (name, value) in self.odbc.variables() {
            run = run.env(name, value);
        }
        run.output().code(0)
    }
}

#[test]
fn sql_server_takes_a_new_token() {
    let mssql = Mssql {
        server: Tds::start(&[]),
        odbc: Odbc::find(),
    };
    for options in [json!({}), json!({ "python_driver": "mssql_python" })] {
        let databases = json!({ "default": {
            "ENGINE": "mssql", "NAME": "shop", "HOST": "localhost", "PORT": mssql.server.port(), "TOKEN": "none yet",
            "OPTIONS": options,
        }});
        let project = project("").file("databases.json", databases.to_string());
        let run = pack::run(&project, odbc::interpreter(), &["live_mssql.py"]);
        let run = mssql.run(run.env("DATABASES_FILE", "databases.json"));
        assert_eq!(run.stdout(), "first mssql\nsecond mssql\n");
    }
}

/// The back end that the supervisor brings along reads the file whose path it finds: also where the package has made a
/// `Live` of that path.
#[test]
fn the_back_end_of_a_supervisor_goes_on_working() {
    let login = ["--login", "ada=first 1", "--login", "bob=other 2"];
    let mssql = Mssql {
        server: Tds::start(&login),
        odbc: Odbc::find(),
    };
    for (key, arguments) in [
        (
            "USER = \"ada\"\nPASSWORD",
            &["live_mssql.py", "first 1", "first 1"][..],
        ),
        ("TOKEN", &["live_mssql.py"]),
    ] {
        let project = project(&format!(
            "[databases.default]\nENGINE = \"mssql\"\nNAME = \"shop\"\nHOST = \"localhost\"\nPORT = {}\n\
             {key} = \"${{file://secret}}\"\nlive = true\n",
            mssql.server.port()
        ))
        .file("secret", "none-yet");
        let supervise = ["exec", "--supervise", "--files-dir", "made", "--", "python"];
        let run = project
            .nuages([&supervise, arguments].concat())
            .path(odbc::interpreter().parent().unwrap())
            .env("PYTHONPATH", pack::installed());
        let run = mssql.run(run);
        let users = if key == "TOKEN" {
            ["first", "second"]
        } else {
            ["ada", "ada"]
        };
        let [first, second] = users.map(|user| format!("{user} nuages_live.mssql\n"));
        assert_eq!(run.stdout(), first + &second);
    }
}

/// A file of databases that a supervisor keeps fresh: nothing is started again.
#[test]
fn a_file_of_a_supervisor_is_followed() {
    let project = project(
        "[providers.secrets]\nkind = \"file\"\npath = \"secrets\"\nrefresh = \"1s\"\n\
         [databases.default]\nENGINE = \"postgresql\"\nNAME = \"shop\"\nUSER = \"shop\"\nHOST = \"localhost\"\n\
         PASSWORD = \"${secrets://password}\"\n\
         [files.\"databases.json\"]\nrender = \"databases-json\"\nenv = \"DATABASES_FILE\"\n",
    )
    .file("secrets/password", "first-1");
    let supervise = [
        "exec",
        "--supervise",
        "--files-dir",
        "made",
        "--",
        "python",
        "follow.py",
    ];
    let run = project
        .nuages(supervise)
        .path(pack::tools().parent().unwrap())
        .env("PYTHONPATH", pack::installed());
    let mut running = run.start();
    let patience = std::time::Duration::from_mins(1);
    running.wait_for(patience, |line| (line == "password first-1").then_some(()));
    project.write("secrets/new", "second-2");
    std::fs::rename(
        project.path("secrets/new"),
        project.path("secrets/password"),
    )
    .unwrap();
    running.wait_for(patience, |line| (line == "password second-2").then_some(()));
}
