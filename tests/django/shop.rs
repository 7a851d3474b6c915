//! The shop: the Django project in `tests/django/shop` with a manifest beside it, ready to be migrated and served.

use std::path::{Path, PathBuf};
use std::time::Duration;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use crate::support::postgres::{APP, MIGRATIONS, Postgres, free_port};
use crate::support::process::Running;
use crate::support::project::{Project, Run};
use crate::support::python::{self, Django};
use crate::support::{checkout, http};

/// The key the shop signs with; characters that a careless hand-over would change.
pub(crate) const SECRET_KEY: &str = r#"k$y #1 "with" 'quotes' \ and ${BRACES} = 100% ü"#;

/// How long a server may take to come up or to stop on a busy machine.
pub(crate) const PATIENCE: Duration = Duration::from_mins(1);

const MANIFEST: &str = r#"
[providers.secrets]
kind = "file"
path = "run-secrets"

[databases.default]
ENGINE = "postgresql"
NAME = "shop"
USER = "shop_app"
PASSWORD = "${secrets://db-password}"
HOST = "localhost"
PORT = @PORT@
CONN_MAX_AGE = 60
OPTIONS = { sslmode = "verify-full", sslrootcert = "@ROOT@" }

[env]
SECRET_KEY = "${secrets://django-secret-key}"

[profiles.migrate.databases.default]
USER = "shop_migrations"
PASSWORD = "${secrets://db-migrations-password}"

[profiles.dev.providers.secrets]
kind = "dotenv"
path = ".env"

[profiles.ci.providers.secrets]
kind = "env"
"#;

/// A project whose manifest points at one server.
pub(crate) struct Shop {
    pub(crate) project: Project,
    programs: PathBuf,
}

impl Shop {
    /// The shop with its secrets in files, talking to `server`.
    pub(crate) fn new(django: Django, server: &Postgres) -> Self {
        Self::at(django, server.port(), &server.root_certificate())
    }

    /// The shop talking to a port where nothing listens.
    pub(crate) fn without_server(django: Django) -> Self {
        Self::at(django, free_port(), Path::new("/nowhere/root.pem"))
    }

    fn at(django: Django, port: u16, root: &Path) -> Self {
        let root = root.to_str().expect("a path in UTF-8");
        let manifest = MANIFEST
            .replace("@PORT@", &port.to_string())
            .replace("@ROOT@", root);
        let project = Project::new(&manifest)
            .tree(&checkout().join("tests/django/shop"))
            .file("run-secrets/db-password", APP.password)
            .file("run-secrets/db-migrations-password", MIGRATIONS.password)
            .file("run-secrets/django-secret-key", SECRET_KEY);
        let programs = python::venv_for(django)
            .parent()
            .expect("the programs of the environment")
            .to_owned();
        Self { project, programs }
    }

    /// A run of `nuages` that finds the environment's `python` and `gunicorn`.
    pub(crate) fn nuages(&self, arguments: &[&str]) -> Run {
        self.project.nuages(arguments).path(&self.programs)
    }

    /// One of the environment's programs without `nuages` before it.
    pub(crate) fn program(&self, name: &str, arguments: &[&str]) -> Run {
        self.project
            .program(&self.programs.join(name), arguments)
            .path(&self.programs)
    }

    /// `nuages OPTIONS exec -- python manage.py ARGUMENTS`.
    pub(crate) fn manage(&self, options: &[&str], arguments: &[&str]) -> Run {
        self.nuages(&[options, &["exec", "--", "python", "manage.py"], arguments].concat())
    }

    /// Migrates with the login that may.
    pub(crate) fn migrate(&self) {
        let run = self
            .manage(&["--profile", "migrate"], &["migrate", "--no-color"])
            .output()
            .code(0);
        assert!(
            run.stdout()
                .contains("Applying catalogue.0001_initial... OK"),
            "{}",
            run.stdout()
        );
    }

    /// The manifest's line that begins with `start`, counted from 1.
    pub(crate) fn line_of(&self, start: &str) -> usize {
        let manifest = self.project.read("nuages.toml");
        let index = manifest.lines().position(|line| line.starts_with(start));
        index.expect("a line of the manifest") + 1
    }
}

/// What gunicorn is told: one worker, on whatever port is free.
pub(crate) const GUNICORN: &[&str] = &[
    "gunicorn",
    "--bind",
    "127.0.0.1:0",
    "--workers",
    "1",
    "shop.wsgi",
];

/// A served shop.
pub(crate) struct Site {
    pub(crate) server: Running,
    pub(crate) address: String,
    /// The process id that gunicorn gives for itself.
    pub(crate) gunicorn: u32,
}

impl Site {
    /// Starts a run that ends in gunicorn, and waits until it listens.
    pub(crate) fn start(run: Run) -> Self {
        let mut server = run.start();
        // [INFO] Listening at: http://127.0.0.1:33127 (4711)
        let (address, gunicorn) = server.wait_for(PATIENCE, |line| {
            let (address, rest) = line
                .split_once("Listening at: http://")?
                .1
                .split_once(" (")?;
            Some((address.to_owned(), rest.split_once(')')?.0.parse().ok()?))
        });
        Self {
            server,
            address,
            gunicorn,
        }
    }

    /// What the shop's page says about itself, told `guess` as the visitor's idea of the secret key.
    pub(crate) fn page(&mut self, guess: &str) -> serde_json::Value {
        let guess = utf8_percent_encode(guess, NON_ALPHANUMERIC);
        let (status, body) = http::get(&self.address, &format!("/?guess={guess}"));
        assert_eq!(status, 200, "{body}\n{}", self.server.said());
        serde_json::from_str(&body).expect("JSON from the shop")
    }
}
