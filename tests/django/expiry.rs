//! Tokens that expire while Django runs: SQL Server's protocol, both drivers of mssql-django, tokens with a life of seconds,
//! and every login with one that still lives. Then an identity endpoint that goes away, for a while and for too long.

use std::fs;
use std::time::{Duration, Instant, SystemTime};

use nuages_fakecloud::{FakeCloud, Issued, Reply};
use serde_json::Value;

use crate::shop::PATIENCE;
use crate::support::checkout;
use crate::support::keeping::{state, wait_for};
use crate::support::odbc::{self, Odbc};
use crate::support::process::Running;
use crate::support::project::Project;
use crate::support::tds::Tds;

const KEY: &str = "databases.default.TOKEN";

const MANIFEST: &str = r#"
[databases.default]
ENGINE = "mssql"
NAME = "shop"
HOST = "localhost"
PORT = @PORT@
auth = "entra"
live = true
"#;

const MSSQL_PYTHON: &str = "OPTIONS = { python_driver = \"mssql_python\" }\n";

/// A worker under a supervisor, in an app of App Service beside its database.
struct Desk {
    project: Project,
    cloud: FakeCloud,
    server: Tds,
    running: Running,
    /// The worker's Python and its driver last as long as the worker.
    _odbc: Odbc,
}

impl Desk {
    fn start(manifest: &str, life: Duration) -> Self {
        let (cloud, server, odbc) = (FakeCloud::start(), Tds::start(&[]), Odbc::find());
        cloud.token_life(life);
        let manifest = MANIFEST.replace("@PORT@", &server.port().to_string()) + manifest;
        let project = Project::new(&manifest).tree(&checkout().join("tests/django/expiry"));
        // Both authorities in one file: `nuages` and the drivers read the same variable.
        let authorities = [cloud.ca_file(), server.ca_file()].map(|file| fs::read(file).unwrap());
        project.write("authorities.pem", authorities.concat());
        let arguments = ["--deadline", "2", "exec", "--supervise", "--files-dir"];
        let command = ["made", "--", "python", "worker.py"];
        let mut run = project
            .nuages([&arguments[..], &command].concat())
            .path(odbc::interpreter().parent().unwrap());
        for (name, value) in cloud.environment_app_service() {
            run = run.env(name, value);
        }
        for (name, value) in odbc.variables() {
            run = run.env(name, value);
        }
        let running = run
            .env("SSL_CERT_FILE", project.path("authorities.pem"))
            .start();
        Self {
            project,
            cloud,
            server,
            running,
            _odbc: odbc,
        }
    }

    /// Waits for the next task that is done.
    fn wait_for_task(&mut self, by: &str) {
        self.running.wait_for(PATIENCE, |line| {
            line.starts_with("task done")
                .then(|| assert!(line.ends_with(by), "{line}"))
        });
    }

    /// The number, among those that were issued, of each token that was logged in with.
    #[track_caller]
    fn logins(&self) -> Vec<usize> {
        let issued = self.cloud.tokens();
        let logins = self.server.logins().into_iter().map(|login| {
            // The server refuses what has expired.
            assert_eq!(login.refused, None);
            assert_eq!((login.user.as_str(), login.password.as_str()), ("", ""));
            let token = login.token.expect("a token");
            let number = issued.iter().position(|issued| issued.token == token);
            number.expect("a token that was issued")
        });
        logins.collect()
    }

    fn wait_for_state(&self, wanted: &str) -> Value {
        wait_for(&self.project.path("made"), KEY, |value| {
            value["state"] == wanted
        })
    }

    /// What was said, in which no token is, and which says that nothing was started again.
    fn said(&mut self) -> String {
        let state = state(&self.project.path("made"));
        assert_eq!(state["command"]["restarts"], 0);
        let said = self.running.said().to_owned();
        for text in [&said, &state.to_string()] {
            let tokens = self.cloud.tokens();
            let has_token = tokens.iter().any(|issued| text.contains(&issued.token));
            assert!(!has_token, "a token is shown");
        }
        said
    }
}

fn has_expired(issued: &Issued) -> bool {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    issued.expires_on <= i64::try_from(now.unwrap().as_secs()).unwrap()
}

#[test]
fn tokens_expire_and_the_newest_logs_in() {
    const LIFE: Duration = Duration::from_secs(20);
    let begin = Instant::now();
    // pyodbc's tokens are tried before they are used; those of the other driver are not.
    let mut desks = [
        (Desk::start("verify = \"connect\"\n", LIFE), "pyodbc"),
        (Desk::start(MSSQL_PYTHON, LIFE), "mssql_python"),
    ];
    for (desk, driver) in &mut desks {
        desk.wait_for_task(driver);
        let expired = || {
            desk.cloud
                .tokens()
                .iter()
                .filter(|it| has_expired(it))
                .count()
        };
        while expired() < 3 || begin.elapsed() < 3 * LIFE {
            assert!(begin.elapsed() < 6 * LIFE, "{driver}: tokens are renewed");
            std::thread::sleep(Duration::from_millis(200));
        }
        // What is issued is in use a moment later.
        let newest = desk.cloud.tokens().len() - 1;
        assert!(newest >= 3, "{driver}: {newest}");
        let issued = Instant::now();
        let mut logins = desk.logins();
        while *logins.last().unwrap() < newest {
            assert!(issued.elapsed() < LIFE / 4, "{driver}: {logins:?}");
            std::thread::sleep(Duration::from_millis(200));
            logins = desk.logins();
        }
        assert!(logins.len() > 30, "{driver}: {logins:?}");
        // No login goes back to a token that had been replaced: not from a pool, not from a file. Of each token but the
        // first, the first login is the trial, and the worker may have one more with the token of before.
        let mut tried = 0;
        if *driver == "pyodbc" {
            logins.retain(|number| {
                let is_trial = *number > tried;
                tried = tried.max(*number);
                !is_trial
            });
        }
        assert!(logins.is_sorted(), "{driver}: {logins:?}");
        let said = desk.said();
        assert!(!said.contains("task failed"), "{said}");
        assert!(!said.contains("warning"), "{said}");
    }
}

#[test]
fn an_identity_endpoint_that_goes_away_takes_no_login_with_it() {
    let mut desk = Desk::start("", Duration::from_secs(40));
    desk.wait_for_task("pyodbc");

    // For a while: the token that is there does for every login.
    desk.cloud.script("msi.token", Reply::status(503).always());
    let value = desk.wait_for_state("failing");
    let error = value["error"].as_str().unwrap();
    assert!(error.contains("503"), "{error}");
    let expires = value["expires"].as_str().unwrap().to_owned();
    let before = desk.logins().len();
    desk.running.said();
    desk.wait_for_task("pyodbc");
    let logins = desk.logins();
    assert!(logins.len() > before);
    assert!(logins.iter().all(|number| *number == 0), "{logins:?}");
    desk.cloud.clear_scripts();
    let value = desk.wait_for_state("fresh");
    assert_ne!(value["expires"].as_str(), Some(&*expires));
    assert_eq!(value["failures"], 0);
    std::thread::sleep(Duration::from_millis(1500));
    assert_eq!(desk.logins().last(), Some(&1));
    let said = desk.said();
    assert!(!said.contains("task failed"), "{said}");
    let warnings = said.matches("warning: cannot refresh").count();
    assert_eq!(warnings, 1, "told once: {said}");

    // For longer than a token lives: then logins fail, and the worker lives on and recovers with the endpoint.
    desk.cloud.script("msi.token", Reply::status(503).always());
    desk.wait_for_state("expired");
    desk.running.wait_for(PATIENCE, |line| {
        line.starts_with("task failed").then_some(())
    });
    desk.cloud.clear_scripts();
    desk.wait_for_state("fresh");
    desk.running.said();
    desk.wait_for_task("pyodbc");
    let said = desk.said();
    assert!(
        said.contains("has expired, and there is no newer one"),
        "{said}"
    );
    let again = said.matches("`databases.default.TOKEN` is fresh").count();
    assert_eq!(again, 2, "{said}");
}
