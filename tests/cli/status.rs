//! `nuages status` before supervisors of the test's own: what it shows, what it makes of answers that are none, and when
//! it ends with 1.

use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::shot::shot;
use crate::support::project::{Outcome, Project};

/// Listens as the supervisor `pid` does, and answers every caller with these bytes.
fn supervisor(directory: &Path, pid: u32, answer: impl Into<Vec<u8>>) {
    let answer = answer.into();
    let listener = listen(directory, pid);
    thread::spawn(move || {
        for stream in listener.incoming() {
            // Whoever has heard enough hangs up.
            let _ = stream.expect("a caller").write_all(&answer);
        }
    });
}

/// As a supervisor makes its directory and those above: nobody else can enter.
fn make(directory: &Path) {
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(directory)
        .expect("a supervisor's directory");
}

fn listen(directory: &Path, pid: u32) -> UnixListener {
    let own = directory.join(format!(".nuages/{pid}"));
    make(&own);
    // Where its path is too long for a socket's address, as it is there.
    let here = std::fs::File::open(&own).expect("the directory");
    let number = std::os::fd::AsRawFd::as_raw_fd(&here);
    UnixListener::bind(format!("/proc/self/fd/{number}/status.sock")).expect("a socket")
}

fn value(key: &str, state: &str) -> Value {
    json!({
        "keys": [key],
        "instance": "secrets",
        "provider": "aws-ssm",
        "locator": "/shop/db",
        "version": "3",
        "state": state,
        "read": "2026-11-23T02:54:49Z",
        "changed": "2026-11-23T00:50:01Z",
        "expires": null,
        "next": "2026-11-23T02:59:01Z",
        "delivery": "live",
        "failures": 0,
        "error": null,
    })
}

fn state(pid: u32, values: &[Value]) -> Value {
    json!({
        "nuages": "0.1.0",
        "pid": pid,
        "manifest": "/app/nuages.toml",
        "profiles": ["prod"],
        "started": "2026-11-23T00:50:01Z",
        "now": "2026-11-23T02:55:01Z",
        "command": { "program": "gunicorn", "pid": pid + 1, "started": "2026-11-23T00:50:01Z", "restarts": 0 },
        "restart": null,
        "values": values,
    })
}

fn project() -> Project {
    Project::new("[env]\nA = \"x\"\n")
}

fn status(project: &Project, arguments: &[&str]) -> Outcome {
    let arguments = [&["status", "--files-dir", "files"][..], arguments].concat();
    project.nuages(arguments).output()
}

#[test]
fn all_that_runs_is_shown() {
    let project = project();
    let mut token = value("databases.reports.PASSWORD", "waiting");
    token["instance"] = json!("aws-rds-token");
    token["locator"] = json!("reports.internal:5432/reader");
    token["version"] = Value::Null;
    token["expires"] = json!("2026-11-23T03:04:30Z");
    let mut shared = value("env.DB_PASSWORD", "outdated");
    shared["keys"] = json!(["env.DB_PASSWORD", "env.B", "env.C", "files.\"d.json\""]);
    shared["version"] = json!("0123456789abcdef0123456789abcdef");
    shared["next"] = Value::Null;
    let mut one = state(
        7,
        &[value("databases.default.PASSWORD", "fresh"), token, shared],
    );
    one["restart"] = json!("2026-11-23T02:55:13.250Z");
    one["command"]["restarts"] = json!(3);
    supervisor(&project.path("files"), 7, one.to_string());
    supervisor(&project.path("files"), 107, state(107, &[]).to_string());
    shot("status", &project, &status(&project, &[]).code(0));
    shot(
        "status_one",
        &project,
        &status(&project, &["--pid", "107"]).code(0),
    );

    let outcome = status(&project, &["--format", "json"]).code(0);
    let said: Value = serde_json::from_str(outcome.stdout()).expect("JSON");
    assert_eq!(said, json!([one, state(107, &[])]));
    let outcome = status(&project, &["-q"]).code(0);
    assert_eq!((outcome.stdout(), outcome.stderr()), ("", ""));
    shot(
        "status_no_such_pid",
        &project,
        &status(&project, &["--pid", "8"]).code(1),
    );
}

#[test]
fn what_is_not_fresh_is_no_success() {
    let project = project();
    let mut failing = value("databases.default.PASSWORD", "failing");
    failing["failures"] = json!(4);
    failing["error"] =
        json!("`secrets` is unavailable: no connection to `ssm.eu-west-1.amazonaws.com`");
    let mut expired = value("databases.reports.PASSWORD", "expired");
    expired["expires"] = json!("2026-11-23T02:50:01Z");
    expired["failures"] = json!(1);
    expired["error"] = json!("`secrets` denied access");
    supervisor(
        &project.path("files"),
        7,
        state(7, &[failing, expired]).to_string(),
    );
    shot("status_failing", &project, &status(&project, &[]).code(1));
    let outcome = status(&project, &["-q"]).code(1);
    assert_eq!((outcome.stdout(), outcome.stderr()), ("", ""));
    status(&project, &["--format", "json"]).code(1);
}

/// A state that this version does not know may be a bad one.
#[test]
fn what_is_not_known_to_be_good_is_no_success() {
    let answers = [
        state(7, &[value("env.A", "shiny")]),
        json!({ "pid": 7, "values": [{}] }),
        json!({ "pid": 7 }),
    ];
    for answer in answers {
        let project = project();
        supervisor(&project.path("files"), 7, answer.to_string());
        status(&project, &[]).code(1);
    }
}

#[test]
fn nothing_runs() {
    let project = project();
    shot("status_nothing", &project, &status(&project, &[]).code(1));
    // One that was killed leaves its socket behind.
    drop(listen(&project.path("files"), 7));
    make(&project.path("files/.nuages/8"));
    make(&project.path("files/.nuages/x"));
    shot("status_nothing", &project, &status(&project, &[]).code(1));
    supervisor(&project.path("files"), 9, state(9, &[]).to_string());
    status(&project, &[]).code(0);
    let empty = Project::empty();
    shot(
        "status_no_manifest",
        &empty,
        &empty.nuages(["status"]).output().code(3),
    );
}

#[test]
fn answers_that_are_none() {
    let deep = "[".repeat(100_000);
    for (name, answer) in [
        ("status_garbage", "hunter2 \u{1b}[2J".as_bytes()),
        ("status_garbage", b"[1]"),
        ("status_garbage", b"{\"pid\": 7"),
        ("status_garbage", b"\xff\xfe"),
        ("status_garbage", deep.as_bytes()),
    ] {
        let project = project();
        supervisor(&project.path("files"), 7, answer);
        shot(name, &project, &status(&project, &[]).code(1));
        // Beside one that does answer.
        supervisor(&project.path("files"), 9, state(9, &[]).to_string());
        let outcome = status(&project, &[]).code(1);
        assert!(
            outcome.stdout().contains("nuages (pid 9)"),
            "{}",
            outcome.stdout()
        );
    }
}

#[test]
fn nobody_is_waited_for_long_or_heard_without_end() {
    let project = project();
    let silent = listen(&project.path("files"), 7);
    let begin = Instant::now();
    shot("status_silent", &project, &status(&project, &[]).code(1));
    let took = begin.elapsed();
    assert!(
        took >= Duration::from_secs(2) && took < Duration::from_secs(10),
        "{took:?}"
    );
    drop(silent);

    let project = self::project();
    let endless = listen(&project.path("files"), 7);
    thread::spawn(move || {
        let (mut stream, _) = endless.accept().expect("a caller");
        let blanks = vec![b' '; 1 << 20];
        while stream.write_all(&blanks).is_ok() {}
    });
    let outcome = status(&project, &[]).code(1);
    assert!(outcome.stdout().is_empty());
    assert!(
        outcome.stderr().contains("pid 7 cannot be asked"),
        "{}",
        outcome.stderr()
    );
}

/// What a supervisor says is shown, and steers no terminal.
#[test]
fn what_is_said_cannot_steer_a_terminal() {
    let project = project();
    let mut bad = value("env.\u{1b}[2J", "fresh\u{1b}[1m");
    for key in ["instance", "locator", "version", "error"] {
        bad[key] = json!("a\u{1b}]0;x\u{7}\nb\u{9b}");
    }
    let mut state = state(7, &[bad]);
    state["command"]["program"] = json!("\u{1b}c");
    supervisor(&project.path("files"), 7, state.to_string());
    let outcome = status(&project, &[]).code(1);
    let shown = outcome.stdout();
    assert!(
        !shown.chars().any(|c| c.is_control() && c != '\n'),
        "{shown:?}"
    );
    assert!(shown.contains("u{1b}"), "{shown}");
}

/// Without `--files-dir`, where `nuages exec` of the same manifest, profiles and user has its files.
#[test]
fn supervisors_are_found_by_manifest_and_profiles() {
    let project = Project::new("[files.a]\ncontent = \"x\"\n\n[profiles.prod]\n");
    let place = |profile: &[&str]| -> PathBuf {
        let arguments = [
            profile,
            &["exec", "--", "sh", "-c", "printf %s \"$A_FILE\""],
        ]
        .concat();
        let run = project.nuages(arguments).output().code(0);
        Path::new(run.stdout())
            .parent()
            .expect("a directory")
            .to_owned()
    };
    let (base, prod) = (place(&[]), place(&["--profile", "prod"]));
    assert_ne!(base, prod);
    supervisor(&prod, 7, state(7, &[]).to_string());
    project.nuages(["status"]).output().code(1);
    project
        .nuages(["--profile", "prod", "status"])
        .output()
        .code(0);
    project
        .nuages(["status"])
        .env("NUAGES_PROFILE", "prod")
        .output()
        .code(0);
    for directory in [base, prod] {
        std::fs::remove_dir_all(directory).expect("the directory can be removed");
    }
}

/// What another user could have put there says nothing of ours.
#[test]
fn a_directory_that_others_can_enter_is_passed_over() {
    let project = Project::new("");
    supervisor(&project.path("files"), 9, state(9, &[]).to_string());
    status(&project, &[]).code(0);
    let open = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(project.path("files"), open).expect("an open directory");
    status(&project, &[]).code(1);
}
