//! `nuages doctor`: who answers, who does not, and what is said of each. Times are shown as `N ms`, keys by their owner.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use crate::shot::shot;
use crate::support::project::{Outcome, Project};

/// One instance of every kind; nothing refers to `spare`, and `env` and `file` are used without an instance.
const MANIFEST: &str = r#"[providers.secrets]
kind = "age"
key_file = "age.key"

[providers.laptop]
kind = "dotenv"

[providers.spare]
kind = "file"
path = "run/secrets"

[providers.vault]
kind = "command"
argv = ["tools/vault", "{}"]
protocol = "value"

[env]
SECRET_KEY = "${secrets://django-secret-key}"
STRIPE = "${laptop://STRIPE:-${env://STRIPE}}"
TOKEN = "${vault://token}"

[files.ca]
content = "${file:///etc/ca.pem}"

[profiles.dev.providers.secrets]
kind = "dotenv"
path = "dev.env"

[profiles.ci.providers.runner]
kind = "env"
"#;

const VALUE: &str = "canary-Zq8vX2";

/// A project where everything is in its place, and its public key.
fn whole() -> (Project, String) {
    let project = Project::new(MANIFEST)
        .file(".env", format!("STRIPE={VALUE}\n"))
        .file("dev.env", "")
        .file("run/secrets/one", VALUE)
        .file("tools/vault", "#!/bin/sh\ntouch started\n");
    let executable = fs::Permissions::from_mode(0o700);
    fs::set_permissions(project.path("tools/vault"), executable).expect("a program");
    let key = project.nuages(["key", "new"]).output().code(0);
    let put = ["put", "--instance", "secrets", "django-secret-key"];
    project.nuages(put).stdin(VALUE).output().code(0);
    (project, key.stdout().trim().to_owned())
}

/// [`shot`], with what differs from run to run taken out.
#[track_caller]
fn scrubbed(name: &str, project: &Project, outcome: Outcome, keys: &[(&str, &str)]) {
    let hide = |text: &str| {
        let mut shown: String = text.lines().map(|line| hide_time(line) + "\n").collect();
        for (key, owner) in keys {
            shown = shown.replace(key, owner);
        }
        shown.into_bytes()
    };
    let outcome = outcome.silent_about(&[VALUE]);
    let outcome = Outcome {
        stdout: hide(outcome.stdout()),
        stderr: hide(outcome.stderr()),
        status: outcome.status,
    };
    shot(name, project, &outcome);
    assert!(!project.path("started").exists(), "the program was run");
}

/// `… ok  24 ms` and `"milliseconds": 24` without the number; a deadline stays.
fn hide_time(line: &str) -> String {
    let is_digit = |c: char| c.is_ascii_digit();
    let has_status = line.contains("  ok ") || line.contains("  failed ");
    if let Some(rest) = line.strip_suffix(" ms").filter(|_| has_status) {
        return format!("{}N ms", rest.trim_end_matches(is_digit));
    }
    match line
        .strip_suffix(',')
        .map(|rest| rest.trim_end_matches(is_digit))
    {
        Some(rest) if rest.ends_with("\"milliseconds\": ") => format!("{rest}0,"),
        _ => line.to_owned(),
    }
}

#[test]
fn every_instance_and_every_provider_used_directly_is_asked() {
    let (project, key) = whole();
    let keys = [(key.as_str(), "age1mine")];
    for (name, arguments) in [
        ("doctor", &["doctor"][..]),
        ("doctor_json", &["doctor", "--format", "json"]),
        (
            "doctor_profile",
            &["--profile", "dev", "--profile", "ci", "doctor"],
        ),
        ("doctor_only", &["doctor", "--only", "STRIPE"]),
        ("doctor_named", &["doctor", "env", "vault", "laptop", "env"]),
    ] {
        scrubbed(
            name,
            &project,
            project.nuages(arguments).output().code(0),
            &keys,
        );
    }
    let json = project.nuages(["doctor", "--format", "json"]).output();
    let list: Vec<serde_json::Value> = serde_json::from_str(json.stdout()).expect("JSON");
    let names: Vec<&str> = list
        .iter()
        .filter_map(|one| one["instance"].as_str())
        .collect();
    assert_eq!(
        names,
        ["secrets", "laptop", "spare", "vault", "env", "file"]
    );
}

#[test]
fn profiles_from_the_environment_count_and_quiet_keeps_the_result() {
    let (project, _) = whole();
    let outcome = project
        .nuages(["-q", "doctor", "secrets"])
        .env("NUAGES_PROFILE", "dev")
        .output()
        .code(0);
    assert!(
        outcome.stdout().starts_with("secrets  dotenv  ok  "),
        "{}",
        outcome.stdout()
    );
}

#[test]
fn what_is_wrong_is_told_of_each() {
    let (project, key) = whole();
    let other = Project::empty();
    let theirs = other.nuages(["key", "new", "-o", "k"]).output().code(0);
    let keys = [
        (key.as_str(), "age1mine"),
        (theirs.stdout().trim(), "age1other"),
    ];
    project.write("age.key", other.read("k"));
    for gone in [".env", "run/secrets/one", "tools/vault"] {
        fs::remove_file(project.path(gone)).expect("a file to remove");
    }
    fs::remove_dir(project.path("run/secrets")).expect("a directory to remove");
    for (name, arguments) in [
        ("doctor_failures", &["doctor"][..]),
        (
            "doctor_failures_json",
            &["doctor", "--format=json", "secrets", "laptop", "env"],
        ),
    ] {
        scrubbed(
            name,
            &project,
            project.nuages(arguments).output().code(4),
            &keys,
        );
    }
    fs::remove_file(project.path("secrets.age")).expect("a store to remove");
    let outcome = project.nuages(["doctor", "secrets"]).output().code(4);
    scrubbed("doctor_no_store", &project, outcome, &keys);
}

#[test]
fn a_provider_used_directly_is_shown_where_it_is_used() {
    let project = Project::new("[env]\nA = \"${dotenv://A}\"\nB = \"${dotenv://B}\"\n");
    let outcome = project.nuages(["doctor"]).output().code(4);
    scrubbed("doctor_direct", &project, outcome, &[]);
}

#[test]
fn a_name_that_cannot_be_asked() {
    let (project, _) = whole();
    for (name, instance) in [
        ("doctor_near", "secerts"),
        ("doctor_far", "moon"),
        ("doctor_reference", "secrets://django-secret-key"),
        ("doctor_other_profile", "runner"),
        ("doctor_needs_settings", "command"),
        ("doctor_files", "files"),
    ] {
        let outcome = project.nuages(["doctor", "env", instance]).output().code(2);
        assert!(
            outcome.stdout.is_empty(),
            "nobody is asked before all names are known"
        );
        shot(name, &project, &outcome);
    }
    let outcome = project
        .nuages(["doctor", "--only", "NONE"])
        .output()
        .code(2);
    shot("doctor_only_unknown", &project, &outcome);
    let outcome = project
        .nuages(["doctor", "--format", "yaml"])
        .output()
        .code(2);
    shot("doctor_format_unknown", &project, &outcome);
}

#[test]
fn a_provider_that_is_named_needs_no_manifest() {
    let project = Project::empty();
    let outcome = project.nuages(["doctor", "env"]).output().code(0);
    assert!(
        outcome.stdout().starts_with("env  env  ok  "),
        "{}",
        outcome.stdout()
    );
    shot(
        "doctor_no_manifest",
        &project,
        &project.nuages(["doctor"]).output().code(3),
    );
    let outcome = project.nuages(["doctor", "command"]).output().code(2);
    shot("doctor_needs_settings_and_an_instance", &project, &outcome);
}

#[test]
fn nothing_to_ask() {
    let project = Project::new("[env]\nDEBUG = false\n");
    shot(
        "doctor_nothing",
        &project,
        &project.nuages(["doctor"]).output().code(0),
    );
    let json = project
        .nuages(["doctor", "--format", "json"])
        .output()
        .code(0);
    assert_eq!(json.stdout(), "[]\n");
}

#[test]
fn mistakes_of_the_manifest_come_first() {
    let project = Project::new(
        "[providers.a]\nkind = \"dotenv\"\npaht = \".env\"\n[env]\nA = \"${b://x}\"\n[profiles.p.providers.c]\n",
    );
    for (name, arguments) in [
        ("doctor_mistakes", &["doctor"][..]),
        ("doctor_mistakes_named", &["doctor", "env"]),
    ] {
        let outcome = project.nuages(arguments).output().code(3);
        assert!(outcome.stdout.is_empty());
        shot(name, &project, &outcome);
    }
    let without_kind = Project::new("[profiles.p.providers.c]\npath = \"x\"\n");
    let outcome = without_kind
        .nuages(["--profile", "p", "doctor"])
        .output()
        .code(3);
    shot("doctor_without_kind", &without_kind, &outcome);
}

#[test]
fn what_a_store_says_cannot_steer_the_terminal() {
    let project = Project::new("[providers.a]\nkind = \"file\"\npath = \"b\\u001b[2J\"\n")
        .file("b\u{1b}[2J/x", "");
    let outcome = project.nuages(["doctor"]).output().code(0);
    assert!(
        outcome.stdout().contains("b\\u{1b}[2J"),
        "{}",
        outcome.stdout()
    );
    assert!(!outcome.stdout().contains('\u{1b}'));
}

/// Holds a lease on a file: until it ends, nobody else can open it, as on a network mount that has gone away. The
/// kernel breaks the lease after `/proc/sys/fs/lease-break-time`, 45 s, which is longer than these runs.
struct Held(Child);

impl Held {
    fn new(path: &Path) -> Self {
        let program = "import fcntl, os, signal, sys\n\
             signal.signal(signal.SIGIO, signal.SIG_IGN)\n\
             fcntl.fcntl(os.open(sys.argv[1], os.O_RDWR), fcntl.F_SETLEASE, fcntl.F_WRLCK)\n\
             print('held', flush=True)\n\
             sys.stdin.read()\n";
        let mut holder = Command::new("python3")
            .args(["-c", program])
            .arg(path)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("python3");
        let mut line = String::new();
        let out = holder.stdout.take().expect("a pipe");
        BufReader::new(out).read_line(&mut line).expect("a line");
        assert_eq!(line, "held\n", "the file system has leases");
        Self(holder)
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        drop(self.0.stdin.take());
        let _ = self.0.wait();
    }
}

#[test]
fn one_that_hangs_does_not_hide_the_others() {
    let (project, key) = whole();
    let keys = [(key.as_str(), "age1mine")];
    let _held = Held::new(&project.path(".env"));
    for (name, arguments) in [
        ("doctor_hangs", &["--deadline", "1.5", "doctor"][..]),
        (
            "doctor_hangs_json",
            &["--deadline", "2", "doctor", "laptop", "--format", "json"],
        ),
    ] {
        scrubbed(
            name,
            &project,
            project.nuages(arguments).output().code(5),
            &keys,
        );
    }
    let json = project
        .nuages(["--deadline", "0.25", "doctor", "laptop", "--format", "json"])
        .output();
    assert!(
        json.stdout().contains("\"milliseconds\": 250,"),
        "{}",
        json.stdout()
    );
    fs::remove_file(project.path("age.key")).expect("a key to remove");
    let outcome = project
        .nuages(["--deadline", "1", "doctor"])
        .output()
        .code(4);
    scrubbed("doctor_hangs_and_fails", &project, outcome, &keys);
}
