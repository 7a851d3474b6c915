//! Django on a real PostgreSQL with a token for a password: `nuages exec` alone brings the login, its name and the token.

use std::process::Command;

use nuages_fakecloud::FakeCloud;

use crate::shop::SECRET_KEY;
use crate::support::postgres::{APP, Postgres};
use crate::support::project::{Project, Run};
use crate::support::python::{self, Django};
use crate::support::{checkout, must_run};

const MANIFEST: &str = r#"
[databases.default]
ENGINE = "postgresql"
NAME = "shop"
HOST = "localhost"
PORT = @PORT@
auth = "entra"
OPTIONS = { sslrootcert = "@ROOT@", sslmode = "verify-full" }

[env]
SECRET_KEY = "${file://secret-key}"
"#;

/// The user-assigned identity of the app, whose name is that of the login.
const IDENTITY: &str = "2f6a7f4e-0a53-4d0c-9a0e-64b2a9c61e58";

const AUDIENCE: &str = "https://ossrdbms-aad.database.windows.net";

/// Prints as whom Django is logged in, and over what.
const LOOK: &str = "
from django.db import connection
with connection.cursor() as cursor:
    cursor.execute('SELECT current_user, ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()')
    print(*cursor.fetchone())
";

/// A login may change its own password, which is all that is needed to have the server expect the token.
const EXPECT: &str = "
import sys, psycopg
connection, password = sys.stdin.read().split('\\0')
with psycopg.connect(connection) as connection:
    connection.execute(psycopg.sql.SQL('ALTER ROLE CURRENT_USER PASSWORD {}').format(password))
";

struct App {
    project: Project,
    cloud: FakeCloud,
    python: std::path::PathBuf,
}

impl App {
    fn new(server: &Postgres) -> Self {
        let root = server.root_certificate();
        let manifest = MANIFEST
            .replace("@PORT@", &server.port().to_string())
            .replace("@ROOT@", root.to_str().unwrap());
        let project = Project::new(&manifest)
            .tree(&checkout().join("tests/django/shop"))
            .file("secret-key", SECRET_KEY);
        let cloud = FakeCloud::start();
        cloud.add_user_identity(IDENTITY, APP.name);
        Self {
            project,
            cloud,
            python: python::venv_for(Django::chosen()[0]),
        }
    }

    fn look(&self) -> Run {
        let arguments = ["exec", "--", "python", "manage.py", "shell", "-c", LOOK];
        let mut run = self
            .project
            .nuages(arguments)
            .path(self.python.parent().unwrap());
        for (name, value) in self.cloud.environment_app_service() {
            run = run.env(name, value);
        }
        run.env("AZURE_CLIENT_ID", IDENTITY)
    }
}

fn expect(app: &App, server: &Postgres, password: &str) {
    let quoted = APP.password.replace('\\', "\\\\").replace('\'', "\\'");
    let connection = format!(
        "host=localhost port={} dbname=shop user={} password='{quoted}' sslmode=verify-full sslrootcert={}",
        server.port(),
        APP.name,
        server.root_certificate().display(),
    );
    let input = app.project.path("input");
    app.project
        .write("input", format!("{connection}\0{password}"));
    let mut command = Command::new(&app.python);
    command
        .args(["-c", EXPECT])
        .stdin(std::fs::File::open(&input).unwrap());
    must_run(&mut command);
}

#[test]
fn django_logs_in_with_the_token_under_the_identitys_name() {
    let server = Postgres::start();
    let app = App::new(&server);
    app.cloud.same_tokens(true);
    let token = app.cloud.issue(IDENTITY, AUDIENCE).unwrap();
    expect(&app, &server, &token);

    let run = app.look().output().code(0).silent_about(&[&token]);
    assert_eq!(run.stdout().lines().last(), Some("shop_app True"));
    // One token for the name and the password.
    assert_eq!(app.cloud.count("msi.token"), 1);
    assert_eq!(
        app.cloud.tokens().len(),
        1,
        "the very token that was issued"
    );
}

/// Without `OPTIONS` the authorities are the system's. The OpenSSL in psycopg's binary package looks for them where no system
/// has them, so the variable names them, to `nuages` as well.
#[test]
fn what_is_left_out_verifies_the_server() {
    let server = Postgres::start();
    let app = App::new(&server);
    let manifest = app.project.read("nuages.toml");
    let plain = manifest.lines().filter(|line| !line.contains("OPTIONS"));
    let plain: Vec<&str> = plain.collect();
    app.project.write("nuages.toml", plain.join("\n"));
    app.cloud.same_tokens(true);
    let token = app.cloud.issue(IDENTITY, AUDIENCE).unwrap();
    expect(&app, &server, &token);

    let run = app.look().output().code(1);
    assert!(
        run.stderr().contains("certificate verify failed"),
        "{}",
        run.stderr()
    );
    let authorities = [app.cloud.ca_file(), server.root_certificate()];
    let authorities = authorities.map(|file| std::fs::read(file).unwrap());
    app.project.write("authorities.pem", authorities.concat());
    let file = app.project.path("authorities.pem");
    let run = app.look().env("SSL_CERT_FILE", file).output().code(0);
    assert_eq!(run.stdout().lines().last(), Some("shop_app True"));
}

#[test]
fn another_token_is_refused_by_the_server() {
    let server = Postgres::start();
    let app = App::new(&server);
    let token = app.cloud.issue(IDENTITY, AUDIENCE).unwrap();
    expect(&app, &server, &token);

    let run = app.look().output().code(1);
    let fresh = app.cloud.tokens();
    assert_eq!(fresh.len(), 2, "a token of its own");
    let complaint = r#"password authentication failed for user "shop_app""#;
    assert!(run.stderr().contains(complaint), "{}", run.stderr());
    run.silent_about(&[&token, &fresh[1].token]);
}

#[test]
fn a_token_goes_to_no_server_that_may_be_another() {
    let server = Postgres::start();
    let app = App::new(&server);
    let manifest = app.project.read("nuages.toml");
    for (weaker, code) in [("require", 3), ("prefer", 3), ("disable", 3)] {
        app.project
            .write("nuages.toml", manifest.replace("verify-full", weaker));
        let run = app.look().output().code(code);
        assert!(run.stderr().contains("`sslmode`"), "{}", run.stderr());
        assert_eq!(app.cloud.connections(), 0, "{weaker}");
    }
    // The authority that certified another server.
    app.project.write(
        "nuages.toml",
        manifest.replace(
            server.root_certificate().to_str().unwrap(),
            app.cloud.ca_file().to_str().unwrap(),
        ),
    );
    let run = app.look().output().code(1);
    assert!(
        run.stderr().contains("certificate verify failed"),
        "{}",
        run.stderr()
    );
}
