//! Passwords that change under load: Django behind gunicorn and in a worker as Celery's, a real PostgreSQL and a real
//! MariaDB, and the password changed ten times in the database and in the store. Nothing is started again, every
//! new connection comes with the new password, and no request fails but one that runs while the server cuts its connection.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::shop::{PATIENCE, Site};
use crate::support::keeping::{state, wait_for};
use crate::support::mariadb::{self, Mariadb};
use crate::support::postgres::{APP, Postgres};
use crate::support::process::Running;
use crate::support::project::{Project, Run};
use crate::support::python::{self, Django};
use crate::support::{checkout, http};

const ROTATIONS: usize = 10;
pub(crate) const KEY: &str = "databases.default.PASSWORD";

/// Twenty requests a second.
const PACE: Duration = Duration::from_millis(50);

const MANIFEST: &str = r#"
[providers.secrets]
kind = "file"
path = "run-secrets"
refresh = "1s"

[databases.default]
NAME = "shop"
USER = "shop_app"
PASSWORD = "${secrets://db-password}"
CONN_HEALTH_CHECKS = true
live = true
"#;

pub(crate) const GUNICORN: &[&str] = &[
    "--",
    "gunicorn",
    "--bind",
    "127.0.0.1:0",
    "--workers",
    "2",
    "desk.wsgi",
];

/// A database server with a login whose password changes, and a deployment that uses it.
pub(crate) struct Desk {
    pub(crate) project: Project,
    pub(crate) python: PathBuf,
    modules: Option<PathBuf>,
    engine: &'static str,
    /// How a driver connects, less the password.
    login: Value,
    pub(crate) password: String,
}

impl Desk {
    pub(crate) fn postgresql(server: &Postgres, more: &str) -> Self {
        let root = server.root_certificate();
        let root = root.to_str().unwrap();
        let login = json!({
            "host": "localhost", "port": server.port(), "dbname": "shop", "user": APP.name,
            "sslmode": "verify-full", "sslrootcert": root,
        });
        let manifest = format!(
            "{MANIFEST}ENGINE = \"postgresql\"\nHOST = \"localhost\"\nPORT = {}\n{}",
            server.port(),
            more.replace("@ROOT@", root)
        );
        Self::new(&manifest, "postgresql", login, APP.password, None)
    }

    pub(crate) fn mysql(server: &Mariadb, password: &str, more: &str) -> Self {
        let login = json!({
            "host": "127.0.0.1", "port": server.port(), "user": "shop_app", "database": "shop",
        });
        let manifest = format!(
            "{MANIFEST}ENGINE = \"mysql\"\nHOST = \"127.0.0.1\"\nPORT = {}\nCONN_MAX_AGE = 600\n{more}",
            server.port()
        );
        let python = python::venv_for(Django::chosen()[0]);
        let modules = mariadb::mysqlclient(&python);
        Self::new(&manifest, "mysql", login, password, Some(modules))
    }

    pub(crate) fn new(
        manifest: &str,
        engine: &'static str,
        login: Value,
        password: &str,
        modules: Option<PathBuf>,
    ) -> Self {
        let project = Project::new(manifest)
            .tree(&checkout().join("tests/django/rotation"))
            .file("run-secrets/db-password", password);
        Self {
            project,
            python: python::venv_for(Django::chosen()[0]),
            modules,
            engine,
            login,
            password: password.to_owned(),
        }
    }

    pub(crate) fn supervise(&self, files: &str, command: &[&str]) -> Run {
        let arguments = ["exec", "--supervise", "--files-dir", files];
        let mut run = self
            .project
            .nuages([&arguments, command].concat())
            .path(self.python.parent().unwrap());
        if let Some(modules) = &self.modules {
            run = run.env("PYTHONPATH", modules);
        }
        run
    }

    /// Runs `rotate.py` with the password of now.
    pub(crate) fn rotate(&self, task: &str) {
        let mut login = self.login.clone();
        login["password"] = json!(self.password);
        let mut command = Command::new(&self.python);
        command
            .arg(self.project.path("rotate.py"))
            .args([task, self.engine]);
        if let Some(modules) = &self.modules {
            command.env("PYTHONPATH", modules);
        }
        let mut child = command.stdin(Stdio::piped()).spawn().unwrap();
        let mut input = child.stdin.take().unwrap();
        input.write_all(login.to_string().as_bytes()).unwrap();
        drop(input);
        assert!(child.wait().unwrap().success(), "rotate.py {task}");
    }

    pub(crate) fn change_in_database(&mut self, password: &str) {
        self.rotate(password);
        password.clone_into(&mut self.password);
    }

    /// Replaced as a whole, as stores do it.
    pub(crate) fn change_in_store(&self, secret: &str) {
        self.project.write("run-secrets/new", secret);
        let file = self.project.path("run-secrets/db-password");
        std::fs::rename(self.project.path("run-secrets/new"), file).unwrap();
    }

    /// Changes the password in the database and in the store, and waits until both supervisors have it.
    fn change(&mut self, password: &str) {
        let before = ["web", "worker"].map(|files| changed(&self.project.path(files)));
        self.change_in_database(password);
        self.change_in_store(password);
        for (files, before) in ["web", "worker"].iter().zip(before) {
            wait_for(&self.project.path(files), KEY, |value| {
                value["changed"] != before && value["state"] == "fresh"
            });
        }
    }
}

fn changed(files: &Path) -> Value {
    wait_for(files, KEY, |value| value["state"] == "fresh")["changed"].clone()
}

/// Asks for the page at a steady pace until it is told to stop: how often, and every answer that was none.
pub(crate) fn ask_steadily(address: &str, stop: &AtomicBool) -> (usize, Vec<String>) {
    let (mut asked, mut failed) = (0, Vec::new());
    let begin = Instant::now();
    while !stop.load(Ordering::Relaxed) {
        let (status, body) = http::get(address, "/");
        asked += 1;
        if status != 200 {
            failed.push(format!("after {:?}: {status} {body}", begin.elapsed()));
        }
        let next = PACE * u32::try_from(asked).unwrap();
        std::thread::sleep(next.saturating_sub(begin.elapsed()));
    }
    (asked, failed)
}

/// The connections that answer now, of both workers: each takes what comes as it likes, so that it is asked until both have
/// answered.
pub(crate) fn connections(address: &str) -> Vec<i64> {
    let mut found = std::collections::BTreeSet::new();
    for count in 0.. {
        let (_, body) = http::get(address, "/");
        let body: Value = serde_json::from_str(&body).unwrap_or_else(|_| panic!("{body}"));
        found.insert(body["connection"].as_i64().unwrap());
        if count >= 20 && found.len() >= 2 {
            break;
        }
        assert!(count < 1000, "one worker of two never answers");
    }
    found.into_iter().collect()
}

fn rotate_under_load(mut desk: Desk, password: impl Fn(usize) -> String) {
    let mut site = Site::start(desk.supervise("web", GUNICORN));
    let mut worker = desk
        .supervise("worker", &["--", "python", "worker.py"])
        .start();
    wait_for_connection(&mut worker);
    let stop = AtomicBool::new(false);
    let address = site.address.clone();
    let (asked, failed) = std::thread::scope(|scope| {
        let asking = scope.spawn(|| ask_steadily(&address, &stop));
        for round in 0..ROTATIONS {
            let before = connections(&address);
            desk.change(&password(round));
            // The server takes the old password no more: who connects from here on has the new one.
            desk.rotate("cut");
            // The next change comes when all have connected again: for a login of one name there is a time between the
            // change in the database and the one in the store when no password is right.
            wait_for_connection(&mut worker);
            let after = connections(&address);
            assert!(
                after.iter().all(|connection| !before.contains(connection)),
                "{before:?} and {after:?}"
            );
        }
        stop.store(true, Ordering::Relaxed);
        asking.join().unwrap()
    });
    println!("{asked} requests, {} failed", failed.len());
    let said = site.server.said();
    let cut = said.lines().filter(|line| was_cut(line)).count();
    assert!(failed.len() <= cut, "{failed:?}: {said}");
    assert!(asked > 20, "there was load: {asked}");
    for files in ["web", "worker"] {
        assert_eq!(state(&desk.project.path(files))["command"]["restarts"], 0);
    }
    for running in [&mut site.server, &mut worker] {
        let said = said_without_passwords(running, &desk);
        assert!(!said.lines().any(task_failed), "{said}");
        assert_eq!(said.matches("Booting worker").count() % 2, 0, "{said}");
    }
}

/// Whether a query says that the server has cut its connection while it ran: the one failure that no password can help.
fn was_cut(line: &str) -> bool {
    line.contains("OperationalError: terminating connection due to administrator command")
        || line.contains("OperationalError: (2013, ")
        || line.contains("OperationalError: (1927, ")
}

fn task_failed(line: &str) -> bool {
    line.contains("task failed") && !was_cut(line)
}

fn wait_for_connection(worker: &mut Running) {
    worker.wait_for(PATIENCE, |line| {
        assert!(!task_failed(line), "{line}");
        line.starts_with("connection ").then_some(())
    });
}

fn said_without_passwords(running: &mut Running, desk: &Desk) -> String {
    let said = running.said().to_owned();
    assert!(!said.contains(&desk.password), "{said}");
    said
}

/// Characters that a password file has to escape.
fn awkward(round: usize) -> String {
    format!(r#"r{round}: \:\\ "d'ü#x" {}"#, "y".repeat(round))
}

#[test]
fn persistent_connections_to_postgresql() {
    let server = Postgres::start();
    let more =
        "CONN_MAX_AGE = 600\nOPTIONS = { sslmode = \"verify-full\", sslrootcert = \"@ROOT@\" }\n";
    rotate_under_load(Desk::postgresql(&server, more), awkward);
}

#[test]
fn psycopgs_pool() {
    let server = Postgres::start();
    let more = "OPTIONS = { sslmode = \"verify-full\", sslrootcert = \"@ROOT@\", pool = { min_size = 2, max_size = 2 } }\n";
    rotate_under_load(Desk::postgresql(&server, more), awkward);
}

#[test]
fn persistent_connections_to_mariadb() {
    let first = "f1rstPasswordOfTheApp";
    let server = Mariadb::start(first);
    rotate_under_load(Desk::mysql(&server, first, ""), |round| {
        format!("r{round} # 'it\\t' \"x\\y\" = ; {}", "z".repeat(round))
    });
}
