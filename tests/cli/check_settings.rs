//! `nuages check` where there is a Django project: its settings are read for secrets, and nothing of them is run unless
//! `--settings` says so.

use crate::shot::shot;
use crate::support::project::{Outcome, Project};

const MANAGE: &str =
    "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings')\n";

/// Put together here, so that no scan of this file finds them.
fn value(number: usize) -> String {
    let parts = ["Kq7ZpX2v", "Lm9RtY4w", "Nb3GhJ8s", "Vc5DfW6x", "Tz1QeU0y"];
    (0..5)
        .map(|at| parts[(at * (number + 1) + number) % parts.len()])
        .collect::<String>()
        + &format!("{number}a")
}

fn settings(mark: &str) -> String {
    format!(
        "from .base import *\n\nimport os\nDATABASES = {{\n    'default': {{\n        'ENGINE': 'django.db.backends.postgresql',\n        \
         'PASSWORD': '{}',{mark}\n    }},\n}}\nEMAIL_HOST_PASSWORD = os.environ['MAIL_PASSWORD']\n",
        value(1)
    )
}

fn shop() -> Project {
    let base = format!(
        "SECRET_KEY = '{}'  # was '{}'\nDEBUG = True\n",
        value(0),
        value(2)
    );
    Project::empty()
        .file("manage.py", MANAGE)
        .file("shop/base.py", base)
        .file("shop/settings.py", settings(""))
}

fn check(project: &Project, more: &[&str]) -> Outcome {
    let values: Vec<String> = (0..4).map(value).collect();
    let values: Vec<&str> = values.iter().map(String::as_str).collect();
    project
        .nuages([&["check"], more].concat())
        .output()
        .silent_about(&values)
}

/// How long it took, without which the rest is always the same.
fn timeless(outcome: &Outcome) -> Outcome {
    let stderr = outcome.stderr();
    let lines = stderr.lines().map(|line| match line.split_once("; in ") {
        Some((before, _)) if line.starts_with("nuages: ") => format!("{before}\n"),
        _ => format!("{line}\n"),
    });
    Outcome {
        status: outcome.status,
        stdout: outcome.stdout.clone(),
        stderr: lines.collect::<String>().into_bytes(),
    }
}

#[track_caller]
fn shown(name: &str, project: &Project, more: &[&str], code: i32) {
    let outcome = check(project, more).code(code);
    shot(name, project, &timeless(&outcome));
}

#[test]
fn neither_a_manifest_nor_a_project() {
    shown("check_nothing", &Project::empty(), &[], 3);
}

#[test]
fn literals_of_settings_are_shown_by_their_lines() {
    shown("check_settings_read", &shop(), &[], 1);
}

#[test]
fn settings_beside_a_manifest_are_read() {
    let project = shop();
    project.write(
        "nuages.toml",
        "[env]\nDEBUG = \"true\"\n\n[check]\nallow = [{ rule = \"GN001\", at = \"databases.default\", reason = \"of the demo\" }]\n",
    );
    shown(
        "check_settings_and_manifest",
        &project,
        &["--show-suppressed"],
        1,
    );
}

#[test]
fn what_a_scan_lets_pass_is_let_pass() {
    let count = |project: &Project| {
        let outcome = check(project, &["--format", "json"]);
        outcome.stdout().matches("\"rule\": \"GN001\"").count()
    };
    let project = shop();
    assert_eq!(count(&project), 2);
    project.write("shop/settings.py", settings("  # nuages:allow the demo's"));
    assert_eq!(count(&project), 1);
    let outcome = check(&project, &["--show-suppressed"]).code(1);
    assert!(
        outcome.stderr().contains("let pass: shop/settings.py:7: ")
            && outcome.stderr().contains("the demo's"),
        "{}",
        outcome.stderr()
    );
    project
        .nuages(["scan", "--write-baseline"])
        .output()
        .code(0);
    assert_eq!(count(&project), 0);
    std::fs::remove_file(project.path(".nuages-baseline.json")).unwrap();
    project.write("nuages.toml", "[scan]\nexclude = [\"shop/base.py\"]\n");
    assert_eq!(count(&project), 0);
    project.write("nuages.toml", "[scan]\nexclude = [\"shop\"]\n");
    assert_eq!(count(&project), 0);
}

#[test]
fn nothing_is_run_without_being_asked() {
    let project = shop();
    let settings = format!("open('{}', 'w')\n", project.path("ran").display());
    project.write("shop/settings.py", settings);
    check(&project, &[]).code(0);
    assert!(!project.path("ran").exists());
}

#[test]
fn settings_that_are_not_there() {
    let project = shop();
    shown(
        "check_settings_no_file",
        &project,
        &["--settings", "shop/nowhere.py"],
        2,
    );
    shown(
        "check_settings_no_project",
        &Project::new(""),
        &["--settings"],
        2,
    );
    shown(
        "check_settings_no_interpreter",
        &project,
        &["--settings", "--python", "./nowhere/python"],
        2,
    );
    shown("check_python_alone", &project, &["--python", "python3"], 2);
}

#[test]
fn an_interpreter_of_another_kind() {
    use std::os::unix::fs::PermissionsExt as _;

    let project = shop();
    for (name, script) in [
        ("ends", "exit 3"),
        ("says", "echo hello"),
        (
            "lies",
            "echo '{\"values\": {\"DEBUG\": true, \"A\": {\"\\u0000\": 1}}, \"own\": [\"DEBUG\"], \"file\": \"/etc/passwd\"}'",
        ),
        ("floods", "head -c 17000000 /dev/zero; echo"),
    ] {
        let path = project.path(format!("{name}.sh"));
        std::fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        let python = format!("./{name}.sh");
        let outcome = check(&project, &["--settings", "--python", &python]).code(4);
        shot(
            &format!("check_settings_python_{name}"),
            &project,
            &timeless(&outcome),
        );
    }
}

#[test]
fn pages_of_djangos_checks() {
    let ours = check(&shop(), &["--explain", "DJ009"]).code(0);
    let theirs = check(&shop(), &["--explain", "security.W009"]).code(0);
    assert_eq!(ours.stdout(), theirs.stdout());
    shown(
        "check_explain_django",
        &shop(),
        &["--explain", "security.W001"],
        0,
    );
}
