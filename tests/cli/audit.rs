//! `[audit]`: every read leaves a line, a failed one too; where none can be left, nothing is handed over.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use serde_json::Value;

use crate::shot::shot;
use crate::support::project::Project;

const MANIFEST: &str = r#"[audit]
path = "log/audit.jsonl"

[providers.secrets]
kind = "file"
path = "secrets"

[databases.default]
ENGINE = "postgresql"
PASSWORD = "${secrets://db-password}"

[env]
PASSWORD_AGAIN = "${secrets://db-password}"
SENTRY = { value = "${secrets://sentry}", optional = true }
HOME_OF = "${env://HOME}"

[profiles.elsewhere.audit]
path = "/nowhere/audit.jsonl"
"#;

fn project() -> Project {
    Project::new(MANIFEST)
        .file("secrets/db-password", "hunter2")
        .file("log/keep", "")
}

/// The log's lines, with what differs between runs checked and left out.
fn lines(project: &Project) -> Vec<Value> {
    let text = project.read("log/audit.jsonl");
    let read = |line: &str| {
        let mut line: Value = serde_json::from_str(line).expect("a line of JSON");
        let time = line["time"].take();
        let time = time.as_str().expect("a time");
        assert!(
            time.starts_with("20") && time.ends_with('Z') && time.len() == 24,
            "{time}"
        );
        assert!(line["caller"]["pid"].take().as_u64().is_some());
        let uid = line["caller"]["uid"].take();
        assert_eq!(uid, u64::from(rustix::process::geteuid().as_raw()));
        line
    };
    text.lines().map(read).collect()
}

#[test]
fn every_read_is_told() {
    let project = project();
    let script = "cat log/audit.jsonl >seen.jsonl; echo $PASSWORD_AGAIN";
    let run = project.nuages(["exec", "--", "sh", "-c", script]);
    assert_eq!(run.output().code(0).stdout(), "hunter2\n");
    let log = project.read("log/audit.jsonl");
    assert_eq!(
        project.read("seen.jsonl"),
        log,
        "told before it was handed over"
    );
    assert!(!log.contains("hunter2"));
    assert_eq!(project.mode("log/audit.jsonl"), 0o600);
    let shown: Vec<String> = lines(&project).iter().map(Value::to_string).collect();
    insta::assert_snapshot!(shown.join("\n"), @r#"
    {"time":null,"act":"read","keys":["databases.default.PASSWORD","env.PASSWORD_AGAIN"],"instance":"secrets","provider":"file","locator":"db-password","version":null,"expires":null,"outcome":"ok","caller":{"pid":null,"uid":null,"command":"exec"}}
    {"time":null,"act":"read","keys":["env.SENTRY"],"instance":"secrets","provider":"file","locator":"sentry","version":null,"expires":null,"outcome":"not-found","caller":{"pid":null,"uid":null,"command":"exec"}}
    {"time":null,"act":"read","keys":["env.HOME_OF"],"instance":"env","provider":"env","locator":"HOME","version":null,"expires":null,"outcome":"ok","caller":{"pid":null,"uid":null,"command":"exec"}}
    "#);
}

#[test]
fn every_command_that_reads_is_told() {
    let project = project();
    let commands = |project: &Project| -> Vec<(String, String)> {
        let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        lines(project)
            .iter()
            .map(|line| (word(&line["caller"]["command"]), word(&line["act"])))
            .collect()
    };
    for arguments in [
        &["render", "json"][..],
        &["get", "secrets://db-password"],
        &["redact"],
        &["--only", "PASSWORD_AGAIN", "scan", "--known", "secrets"],
    ] {
        let _ = fs::remove_file(project.path("log/audit.jsonl"));
        project.nuages(arguments).output();
        let command = arguments
            .iter()
            .find(|word| ["render", "get", "redact", "scan"].contains(word));
        let said = commands(&project);
        assert!(!said.is_empty(), "{arguments:?}");
        for (caller, act) in said {
            assert_eq!((Some(&caller.as_str()), act.as_str()), (command, "read"));
        }
    }
    // What fetches nothing tells nothing.
    fs::remove_file(project.path("log/audit.jsonl")).expect("the log is there");
    for arguments in [&["plan"][..], &["doctor"], &["schema"]] {
        project.nuages(arguments).output().code(0);
    }
    assert!(!project.path("log/audit.jsonl").exists());
}

#[test]
fn what_is_stored_is_told() {
    let project = Project::new(
        "[audit]\npath = \"audit.jsonl\"\n\n[providers.secrets]\nkind = \"age\"\nkey_file = \"age.key\"\n",
    );
    project
        .nuages(["key", "new", "-o", "age.key"])
        .output()
        .code(0);
    let put = |arguments: &[&str]| project.nuages(arguments).stdin("hunter2").output();
    put(&["put", "db-password"]).code(0);
    put(&["put", "db-password"]).code(4);
    let log = project.read("audit.jsonl");
    assert!(!log.contains("hunter2"), "{log}");
    let lines: Vec<Value> = log
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let outcomes: Vec<_> = lines
        .iter()
        .map(|line| {
            (
                line["act"].as_str(),
                line["locator"].as_str(),
                line["outcome"].as_str(),
            )
        })
        .collect();
    let told = |outcome| (Some("write"), Some("db-password"), Some(outcome));
    assert_eq!(outcomes, [told("ok"), told("already-exists")]);
}

#[test]
fn what_has_failed_is_told_with_its_reason() {
    let project = project();
    fs::remove_file(project.path("secrets/db-password")).expect("the secret is there");
    project.nuages(["render"]).output().code(4);
    let outcomes: Vec<String> = lines(&project)
        .iter()
        .map(|line| format!("{} {}", line["locator"], line["outcome"]))
        .collect();
    assert!(
        outcomes.contains(&r#""db-password" "not-found""#.to_owned()),
        "{outcomes:?}"
    );
}

#[test]
fn nothing_is_handed_over_off_the_record() {
    let project = project();
    let exec = ["exec", "--", "sh", "-c", "echo $PASSWORD_AGAIN"];
    let profile = [&["--profile", "elsewhere"][..], &exec].concat();
    let outcome = project.nuages(profile).output().code(4);
    shot(
        "audit_no_directory",
        &project,
        &outcome.silent_about(&["hunter2"]),
    );

    project.write("log/audit.jsonl", "");
    let open = fs::Permissions::from_mode(0o666);
    fs::set_permissions(project.path("log/audit.jsonl"), open).expect("permissions");
    let outcome = project.nuages(exec).output().code(4);
    shot(
        "audit_open_to_all",
        &project,
        &outcome.silent_about(&["hunter2"]),
    );
    let get = ["get", "secrets://db-password"];
    project
        .nuages(get)
        .output()
        .code(4)
        .silent_about(&["hunter2"]);

    // A disk that is full when the line is to be written.
    let full = Project::new("[audit]\npath = \"/dev/full\"\n\n[env]\nA = \"${file://a}\"\n")
        .file("a", "hunter2");
    let outcome = full.nuages(["render", "json"]).output().code(4);
    shot("audit_full", &full, &outcome.silent_about(&["hunter2"]));
}

/// Beside what failed, that it could not be told.
#[test]
fn a_failure_off_the_record_is_told_as_well() {
    let project = Project::new("[audit]\npath = \"/dev/full\"\n\n[env]\nA = \"${file://a}\"\n");
    let outcome = project.nuages(["render", "json"]).output().code(4);
    shot("audit_full_and_missing", &project, &outcome);
}

/// Where a container's log is to have the lines.
#[test]
fn a_pipe_of_ours_will_do() {
    let manifest = "[audit]\npath = \"/dev/stderr\"\n\n[env]\nA = \"${file://a}\"\n";
    let project = Project::new(manifest).file("a", "hunter2");
    let outcome = project.nuages(["render", "dotenv"]).output().code(0);
    assert_eq!(outcome.stdout(), "A='hunter2'\n");
    let line: Value = serde_json::from_str(outcome.stderr()).expect("one line of JSON");
    assert_eq!(
        (&line["keys"][0], &line["outcome"]),
        (&"env.A".into(), &"ok".into())
    );
}
