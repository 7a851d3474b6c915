//! Both drivers of mssql-django against a stand-in for SQL Server, which tells what each login brought.

use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use nuages::value::{Table, Value};

use super::{Django, Live, database};
use crate::support::odbc::{self, Odbc};
use crate::support::python;
use crate::support::tds::Tds;

/// Both drivers, as `OPTIONS.python_driver` names them.
const DRIVERS: &[Option<&str>] = &[None, Some("mssql_python")];

/// The environments to run in: Django 5.2, and 6.1 where `NUAGES_TEST_DJANGO` does not leave it out.
fn pythons() -> Vec<PathBuf> {
    let chosen = python::Django::chosen().into_iter();
    chosen
        .map(|django| match django {
            python::Django::V5_2 => odbc::interpreter().to_owned(),
            python::Django::V6_1 => python::venv_with("mssql-6.1", 12),
        })
        .collect()
}

fn shop(server: &Tds, driver: Option<&str>, entries: &[(&str, &str)]) -> Table {
    let place = [("NAME", "shop"), ("HOST", "localhost")];
    let mut table = database("mssql", &[&place, entries].concat());
    table.insert("PORT", Value::Integer(server.port().into()));
    let mut options = vec![("extra_params", "Encrypt=yes;TrustServerCertificate=no")];
    options.extend(driver.map(|driver| ("python_driver", driver)));
    let options = options
        .into_iter()
        .map(|(key, value)| (key.to_owned(), Value::plain(value)));
    table.insert("OPTIONS", Value::Table(options.collect()));
    table
}

fn command(live: &Live, python: &Path, server: &Tds, odbc: &Odbc) -> Command {
    let mut command = live.django(python);
    command
        .envs(odbc.variables())
        .env("SSL_CERT_FILE", server.ca_file());
    command
}

/// A token that the stand-in takes for half an hour.
fn token(name: &str) -> String {
    let end = SystemTime::now() + Duration::from_mins(30);
    let end = end.duration_since(UNIX_EPOCH).unwrap().as_secs();
    let claims =
        format!(r#"{{"aud": "https://database.windows.net", "exp": {end}, "appid": "{name}"}}"#);
    format!("e30.{}.c2ln", URL_SAFE_NO_PAD.encode(claims))
}

#[test]
fn the_next_connection_has_the_new_token() {
    let odbc = Odbc::find();
    for python in pythons() {
        for driver in DRIVERS {
            let server = Tds::start(&[]);
            let mut live = Live::new(vec![("default", shop(&server, *driver, &[]))]);
            let tokens = ["shop-1", "shop-2", "shop-3"].map(token);
            live.set("TOKEN", &tokens[0]);
            let mut django = Django::start(&mut command(&live, &python, &server, &odbc));
            for (number, token) in (1..).zip(&tokens) {
                live.set("TOKEN", token).write();
                let name = format!("shop-{number}");
                for word in ["fresh", "thread", "copy"] {
                    assert_eq!(django.ask(&format!("{word} default")), name, "{driver:?}");
                    let login = server.logins().pop().unwrap();
                    assert_eq!(login.token.as_deref(), Some(token.as_str()));
                    assert_eq!(login.tls.as_deref(), Some("TLSv1.2"));
                }
                // What is connected stays.
                assert_eq!(django.ask("look default"), name);
            }
            let settings = django.ask("settings default");
            let path = live.path("default.secret").display().to_string();
            assert_eq!(
                settings,
                format!(r#"{{"TOKEN": "{path}", "PASSWORD": ""}}"#)
            );
        }
    }
}

#[test]
fn the_next_connection_has_the_new_password() {
    let odbc = Odbc::find();
    let (old, new) = ("old", "};PWD={x}; = 'ü' \"$HOME\" \\ \t#");
    for python in pythons() {
        for driver in DRIVERS {
            let server = Tds::start(&["--login", &format!("shop={new}")]);
            let entries = [("USER", "shop"), ("PASSWORD", old)];
            let mut live = Live::new(vec![("default", shop(&server, *driver, &entries))]);
            let mut django = Django::start(&mut command(&live, &python, &server, &odbc));
            let refused = django.ask("look default");
            assert!(refused.contains("Login failed"), "{refused}");
            live.set("PASSWORD", new).write();
            for word in ["look", "fresh", "thread", "copy"] {
                assert_eq!(
                    django.ask(&format!("{word} default")),
                    "shop",
                    "{word}, {driver:?}"
                );
                assert!(server.logins().pop().unwrap().password == new);
            }
            live.set("PASSWORD", old).write();
            assert_eq!(django.ask("look default"), "shop");
            let refused = django.ask("fresh default");
            assert!(refused.contains("Login failed"), "{refused}");
        }
    }
}

/// The driver manager's pool knows connection strings, and no tokens.
#[test]
fn no_connection_of_an_earlier_token_comes_out_of_a_pool() {
    let odbc = Odbc::find();
    let server = Tds::start(&[]);
    let pooling = tempfile::tempdir().unwrap();
    let variables = odbc.variables();
    let (_, place) = variables
        .iter()
        .find(|(name, _)| *name == "ODBCSYSINI")
        .unwrap();
    let drivers = fs::read_to_string(PathBuf::from(place).join("odbcinst.ini")).unwrap();
    let drivers = format!(
        "[ODBC]\nPooling=Yes\n{}\nCPTimeout=600\n",
        drivers.trim_end()
    );
    fs::write(pooling.path().join("odbcinst.ini"), drivers).unwrap();
    let pooling: OsString = pooling.path().into();

    let tokens = ["shop-1", "shop-2"].map(token);
    let mut live = Live::new(vec![(
        "default",
        shop(&server, None, &[("TOKEN", &tokens[0])]),
    )]);
    let python = odbc::interpreter().to_owned();
    let mut django =
        Django::start(command(&live, &python, &server, &odbc).env("ODBCSYSINI", &pooling));
    assert_eq!(django.ask("fresh default"), "shop-1");
    live.set("TOKEN", &tokens[1]).write();
    assert_eq!(django.ask("fresh default"), "shop-2");
    drop(django);

    // Why: with mssql-django alone, the first token's connection is used again.
    let before = server.logins().len();
    let plain = format!(
        r#"{{"default": {{"ENGINE": "mssql", "NAME": "shop", "HOST": "localhost", "PORT": {}, "TOKEN": "{}", "OPTIONS": {{"extra_params": "Encrypt=yes"}}}}}}"#,
        server.port(),
        tokens[0]
    );
    let mut command = command(&live, &python, &server, &odbc);
    let mut django = Django::start(command.env("ODBCSYSINI", &pooling).env("DATABASES", plain));
    for _ in 0..3 {
        assert_eq!(django.ask("fresh default"), "shop-1");
    }
    assert_eq!(server.logins().len() - before, 1);
}

#[test]
fn a_file_that_is_not_as_it_should_be_is_named() {
    let odbc = Odbc::find();
    let server = Tds::start(&[]);
    let live = Live::new(vec![("default", shop(&server, None, &[("TOKEN", "t")]))]);
    let python = odbc::interpreter().to_owned();
    let mut django = Django::start(&mut command(&live, &python, &server, &odbc));
    let path = live.path("default.secret");
    for (content, why) in [
        (Some(&b""[..]), "is empty"),
        (Some(b"\n"), "is empty"),
        (Some(b"canary\xff\xfe"), "is not UTF-8"),
        (None, "No such file or directory"),
    ] {
        match content {
            Some(content) => fs::write(&path, content).unwrap(),
            None => fs::remove_file(&path).unwrap(),
        }
        let said = django.ask("look default");
        assert!(said.starts_with("ImproperlyConfigured: "), "{said}");
        assert!(
            said.contains(why) && said.contains(path.to_str().unwrap()),
            "{said}"
        );
        assert!(!said.contains("canary") && !said.contains("0xff"), "{said}");
    }
    assert_eq!(server.logins().len(), 0);
}

#[test]
fn all_else_is_mssql_djangos_own() {
    let odbc = Odbc::find();
    let server = Tds::start(&[]);
    let live = Live::new(vec![("default", shop(&server, None, &[("TOKEN", "t")]))]);
    for python in pythons() {
        let mut django = Django::start(&mut command(&live, &python, &server, &odbc));
        let ours = django.ask("parts default");
        let plain = live.write().replace("nuages_live.mssql", "mssql");
        let mut command = command(&live, &python, &server, &odbc);
        let mut django = Django::start(command.env("DATABASES", plain));
        let theirs = django.ask("parts default");
        assert_eq!(ours, theirs);
        assert!(
            ours.starts_with("microsoft mssql.schema mssql.features."),
            "{ours}"
        );
    }
}

/// `manage.py dbshell` has the password, and not where others can see it.
#[test]
fn the_shell_of_the_database_gets_the_password() {
    let odbc = Odbc::find();
    let server = Tds::start(&[]);
    let entries = [("USER", "shop"), ("PASSWORD", "s3 cret")];
    let live = Live::new(vec![("default", shop(&server, None, &entries))]);
    let programs = tempfile::tempdir().unwrap();
    let sqlcmd = programs.path().join("sqlcmd");
    fs::write(&sqlcmd, "#!/bin/sh\necho \"$* / $SQLCMDPASSWORD\"\n").unwrap();
    fs::set_permissions(&sqlcmd, fs::Permissions::from_mode(0o755)).unwrap();
    let path = format!("{}:/usr/bin:/bin", programs.path().display());
    for python in pythons() {
        let mut django = Django::start(command(&live, &python, &server, &odbc).env("PATH", &path));
        let said = django.ask("shell default");
        let expected = format!("-S localhost,{} -U shop -d shop / s3 cret", server.port());
        assert_eq!(said, expected);
    }
}
