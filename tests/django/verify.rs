//! `verify`: new passwords are tried before the command gets them, against a real PostgreSQL, a real MariaDB and SQL Server's
//! protocol. The store is ahead of the database, or behind it; users alternate; and what tries may itself be broken.

use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::rotation::{Desk, KEY, ask_steadily, connections};
use crate::shop::{PATIENCE, Site};
use crate::support::http;
use crate::support::keeping::{places, state, wait_for};
use crate::support::mariadb::Mariadb;
use crate::support::postgres::{APP, MIGRATIONS, Postgres, free_port};
use crate::support::process::{Running, processes_of};
use crate::support::project::Run;

const CONNECT: &str = "verify = \"connect\"\n";

/// PostgreSQL, and connections that outlast a password.
const KEPT: &str =
    "CONN_MAX_AGE = 600\nOPTIONS = { sslmode = \"verify-full\", sslrootcert = \"@ROOT@\" }\n";

/// PostgreSQL, and a connection for each request.
const EACH: &str = "OPTIONS = { sslmode = \"verify-full\", sslrootcert = \"@ROOT@\" }\n";

/// gunicorn's arguments.
const SERVE: &[&str] = &["--bind", "127.0.0.1:0", "--workers", "2", "desk.wsgi"];

impl Desk {
    fn files(&self) -> PathBuf {
        self.project.path("web")
    }

    /// The file that the driver reads, as it is now.
    fn live_file(&self) -> Vec<u8> {
        let directory = places(&self.files()).remove(0).join("databases");
        let mut files = std::fs::read_dir(directory).unwrap().flatten();
        let file = files.next().expect("a file").path();
        assert!(files.next().is_none(), "one file");
        std::fs::read(file).unwrap()
    }

    fn wait_for_state(&self, wanted: &str) -> Value {
        wait_for(&self.files(), KEY, |value| value["state"] == wanted)
    }

    fn restarts(&self) -> Value {
        state(&self.files())["command"]["restarts"].clone()
    }
}

/// A page that names the user whom the database sees.
fn page(address: &str) -> Value {
    let (status, body) = http::get(address, "/who");
    assert_eq!(status, 200, "{body}");
    serde_json::from_str(&body).unwrap()
}

/// What was said, in which none of the passwords is.
#[track_caller]
fn said_without(running: &mut Running, passwords: &[&str]) -> String {
    let said = running.said().to_owned();
    for password in passwords {
        assert!(!said.contains(password), "a password is shown");
    }
    said
}

/// The store is ahead of the database, then behind it, while requests come in.
fn order(mut desk: Desk, run: Run) {
    let mut site = Site::start(run);
    let stop = AtomicBool::new(false);
    let address = site.address.clone();
    let (asked, failed) = std::thread::scope(|scope| {
        let asking = scope.spawn(|| ask_steadily(&address, &stop));
        // Between a change in the database and the one of the file no password is right: who is to be spared that has
        // connected before.
        connections(&address);
        let before = desk.live_file();
        desk.change_in_store("n3wInTheStoreFirst");
        let value = desk.wait_for_state("waiting");
        let error = value["error"].as_str().unwrap();
        assert!(
            error.starts_with(
                "`databases.default`: Django cannot connect with it: the login was refused"
            ),
            "{error}"
        );
        // It is tried again, and refused again.
        wait_for(&desk.files(), KEY, |value| {
            value["failures"].as_u64() > Some(1)
        });
        assert!(desk.live_file() == before, "the file stays");

        desk.change_in_database("n3wInTheStoreFirst");
        let begin = Instant::now();
        let value = desk.wait_for_state("fresh");
        assert!(
            begin.elapsed() < Duration::from_secs(10),
            "{:?}",
            begin.elapsed()
        );
        assert_eq!(value["error"], Value::Null);
        let swapped = desk.live_file();
        assert!(swapped != before);
        desk.rotate("cut");
        connections(&address);

        desk.change_in_database("n3werInTheDatabaseFirst");
        std::thread::sleep(Duration::from_millis(1500));
        assert!(desk.live_file() == swapped);
        desk.change_in_store("n3werInTheDatabaseFirst");
        let begin = Instant::now();
        while desk.live_file() == swapped {
            assert!(
                begin.elapsed() < Duration::from_secs(10),
                "{:?}",
                begin.elapsed()
            );
            std::thread::sleep(Duration::from_millis(50));
        }
        desk.wait_for_state("fresh");
        desk.rotate("cut");
        connections(&address);
        stop.store(true, Ordering::Relaxed);
        asking.join().unwrap()
    });
    assert_eq!(failed, Vec::<String>::new(), "{}", site.server.said());
    assert!(asked > 20, "there was load: {asked}");
    assert_eq!(desk.restarts(), 0);
    let said = said_without(&mut site.server, &["n3wIn", "n3werIn"]);
    let told = "warning: the new value of `databases.default.PASSWORD` is not used: \
                `databases.default`: Django cannot connect with it: the login was refused";
    assert_eq!(said.matches(told).count(), 1, "told once: {said}");
    assert_eq!(said.matches("PASSWORD` is fresh").count(), 2, "{said}");
}

/// gunicorn where no `PATH` leads: its first line names its Python.
#[test]
fn postgresql_and_a_program_by_its_path() {
    let server = Postgres::start();
    let desk = Desk::postgresql(&server, &[CONNECT, KEPT].concat());
    let gunicorn = desk.python.with_file_name("gunicorn");
    let command = [&["--", gunicorn.to_str().unwrap()], SERVE].concat();
    let supervise = ["exec", "--supervise", "--files-dir", "web"];
    let run = desk.project.nuages([&supervise[..], &command].concat());
    order(desk, run);
}

#[test]
fn mariadb_and_a_module_of_python() {
    let first = "f1rstPasswordOfTheApp";
    let server = Mariadb::start(first);
    let desk = Desk::mysql(&server, first, CONNECT);
    let command = [&["--", "python", "-m", "gunicorn"], SERVE].concat();
    let run = desk.supervise("web", &command);
    order(desk, run);
}

/// A shell names no Python: the one on the `PATH` is taken, and here it has no Django.
#[test]
fn a_python_without_django_tries_nothing() {
    let server = Postgres::start();
    let desk = Desk::postgresql(&server, &[CONNECT, EACH].concat());
    let bare = format!("#!/bin/sh\nexec {} -S \"$@\"\n", desk.python.display());
    desk.project.write("bin/python", bare);
    let bare = desk.project.path("bin/python");
    std::fs::set_permissions(&bare, std::fs::Permissions::from_mode(0o700)).unwrap();
    let gunicorn = desk.python.with_file_name("gunicorn");
    let line = format!("exec {} {}", gunicorn.display(), SERVE.join(" "));
    let run = desk.supervise("web", &["--", "sh", "-c", &line]);
    let mut site = Site::start(run.path(bare.parent().unwrap()));
    let before = desk.live_file();
    desk.change_in_store("n3wPassword");
    let value = desk.wait_for_state("failing");
    assert_eq!(
        value["error"],
        format!(
            "`databases.default`: `{}` has no Django or no driver for it: \
             `verify = {{ command = […] }}` names a command of your own",
            bare.display()
        )
    );
    assert!(desk.live_file() == before);
    page(&site.address);
    // Back to what it was: nothing is left to try.
    desk.change_in_store(APP.password);
    desk.wait_for_state("fresh");
    said_without(&mut site.server, &["n3wPassword", APP.password]);
}

/// Says what it was given, hangs with a process of its own where it is to, and connects.
const PROBE: &str = r#"echo "$DATABASES"
echo "$DATABASES" >&2
if test -e hang; then
    sleep 1234 &
    wait
fi
exec python probe.py
"#;

const PROBE_CONNECTS: &str = r#"import json, os, psycopg

database = json.loads(os.environ["DATABASES"])["default"]
psycopg.connect(
    host=database["HOST"],
    port=database["PORT"],
    dbname=database["NAME"],
    user=database["USER"],
    password=database["PASSWORD"],
    **database["OPTIONS"],
)
"#;

#[test]
fn a_command_that_hangs_and_says_all_it_knows() {
    let server = Postgres::start();
    let command = "verify = { command = [\"sh\", \"probe.sh\"] }\n";
    let mut desk = Desk::postgresql(&server, &[command, KEPT].concat());
    desk.project.write("probe.sh", PROBE);
    desk.project.write("probe.py", PROBE_CONNECTS);
    desk.project.write("hang", "");
    let words = [&["--deadline", "2", "--", "gunicorn"], SERVE].concat();
    let mut site = Site::start(desk.supervise("web", &words));
    let before = desk.live_file();

    desk.change_in_store("n3wPassword");
    let refused = |words: &str| format!("`databases.default`: `sh` has {words}");
    let value = desk.wait_for_state("waiting");
    assert_eq!(value["error"], refused("not ended within 2 s"));
    wait_for(&desk.files(), KEY, |value| {
        value["failures"].as_u64() > Some(2)
    });
    std::fs::remove_file(desk.project.path("hang")).unwrap();
    let exit = json!(refused("ended with exit code 1"));
    wait_for(&desk.files(), KEY, |value| value["error"] == exit);
    // Of those that have hung nothing is left.
    let left = processes_of(desk.project.root());
    assert!(!left.iter().any(|it| it.contains("sleep 1234")), "{left:?}");
    assert!(desk.live_file() == before);
    page(&site.address);

    desk.change_in_database("n3wPassword");
    desk.wait_for_state("fresh");
    desk.rotate("cut");
    page(&site.address);
    said_without(
        &mut site.server,
        &["n3wPassword", APP.password, "PASSWORD\": "],
    );
}

/// A login as a store keeps it that rotates between two users: user and password come together.
fn alternating(server: &Postgres, upkeep: &str) -> Desk {
    let root = server.root_certificate();
    let manifest = format!(
        "[providers.secrets]\nkind = \"file\"\npath = \"run-secrets\"\nrefresh = \"1s\"\n\
         {upkeep}\
         [databases.default]\nENGINE = \"postgresql\"\nNAME = \"shop\"\nHOST = \"localhost\"\nPORT = {}\n\
         from = \"${{secrets://db-password}}\"\nlive = true\n{CONNECT}{EACH}",
        server.port()
    );
    let manifest = manifest.replace("@ROOT@", root.to_str().unwrap());
    let login = json!({
        "host": "localhost", "port": server.port(), "dbname": "shop", "user": APP.name,
        "sslmode": "verify-full", "sslrootcert": root.to_str(),
    });
    let desk = Desk::new(&manifest, "postgresql", login, APP.password, None);
    desk.change_in_store(&login_of(APP.name, APP.password));
    desk
}

fn login_of(user: &str, password: &str) -> String {
    json!({ "username": user, "password": password, "masterarn": null }).to_string()
}

const WHOLE: &str = "databases.default.from";

#[test]
fn another_user_does_not_get_into_the_file() {
    let server = Postgres::start();
    let mut desk = alternating(&server, "");
    let mut site = Site::start(desk.supervise("web", &[&["--", "gunicorn"], SERVE].concat()));
    assert_eq!(page(&site.address)["user"], APP.name);
    let before = desk.live_file();

    desk.change_in_store(&login_of(MIGRATIONS.name, MIGRATIONS.password));
    wait_for(&desk.files(), WHOLE, |value| value["state"] == "outdated");
    assert!(
        desk.live_file() == before,
        "the old user keeps its own password"
    );
    assert_eq!(page(&site.address)["user"], APP.name);

    // The next rotation is of the user that the command has.
    desk.change_in_database("th1rdPassword");
    desk.change_in_store(&login_of(APP.name, "th1rdPassword"));
    wait_for(&desk.files(), WHOLE, |value| value["state"] == "fresh");
    assert_eq!(page(&site.address)["user"], APP.name);
    assert_eq!(desk.restarts(), 0);
    let passwords = [APP.password, MIGRATIONS.password, "th1rdPassword"];
    let said = said_without(&mut site.server, &passwords);
    let told = "the command has the old value until it is started again";
    assert_eq!(said.matches(told).count(), 1, "{said}");
}

#[test]
fn another_user_comes_with_a_restart() {
    let server = Postgres::start();
    let upkeep = "[supervise]\non_change = \"restart\"\nsettle = \"0s\"\njitter = \"0s\"\n";
    let desk = alternating(&server, upkeep);
    let address = format!("127.0.0.1:{}", free_port());
    let command = ["--", "gunicorn", "--bind", &address, "desk.wsgi"];
    let mut site = Site::start(desk.supervise("web", &command));
    let before = desk.live_file();

    // Not known to the database yet: nothing is started again for it.
    desk.change_in_store(&login_of(MIGRATIONS.name, "n0tYetKnown"));
    wait_for(&desk.files(), WHOLE, |value| {
        value["failures"].as_u64() > Some(1)
    });
    assert_eq!(desk.restarts(), 0);
    assert!(desk.live_file() == before);
    assert_eq!(page(&address)["user"], APP.name);

    desk.change_in_store(&login_of(MIGRATIONS.name, MIGRATIONS.password));
    site.server
        .wait_for(PATIENCE, |line| line.contains("Listening at").then_some(()));
    assert_eq!(page(&address)["user"], MIGRATIONS.name);
    assert!(desk.live_file() != before);
    assert_eq!(desk.restarts(), 1);
    wait_for(&desk.files(), WHOLE, |value| value["state"] == "fresh");
    said_without(&mut site.server, &[MIGRATIONS.password, "n0tYetKnown"]);
}
