//! `exec --from-env` with references in other tools' words, and 1Password through a program that stands in for its own.

use std::process::Command;

use crate::shot::shot;
use crate::support::project::{Project, Run};

/// What 1Password's program does, as its documentation has it: `op read --no-newline -- REFERENCE`.
const OP: &str = r#"#!/bin/sh
[ "$1 $2 $3" = "read --no-newline --" ] || exit 9
[ "$OP_SERVICE_ACCOUNT_TOKEN" = "ops_marker" ] || exit 8
case "$4" in
    "op://shop/db/password") printf '%s' 'hunter2 of 1Password' ;;
    *) echo "[ERROR] 2026/01/01 12:00:00 could not read secret '$4': hunter2: \"none\" isn't an item" >&2; exit 1 ;;
esac
"#;

fn project() -> Project {
    let project = Project::empty().file("program", OP);
    // Not by this process: what it has open for writing while another test starts a program cannot be run.
    let made = Command::new("sh")
        .args(["-c", "mkdir bin && cp program bin/op && chmod 755 bin/op"])
        .current_dir(project.root())
        .status();
    assert!(made.unwrap().success());
    project
}

fn from_env(project: &Project, variables: &[(&str, &str)]) -> Run {
    let path = std::env::var("PATH").unwrap();
    let bin = project.path("bin");
    let mut run = project
        .nuages(["exec", "--from-env", "--", "env"])
        .env("PATH", format!("{}:{path}", bin.display()))
        .env("OP_SERVICE_ACCOUNT_TOKEN", "ops_marker");
    for (name, value) in variables {
        run = run.env(*name, *value);
    }
    run
}

#[test]
fn onepassword_answers_and_its_token_stays_here() {
    let project = project();
    let variables = [("PASSWORD", "op://shop/db/password"), ("PLAIN", "op: no")];
    let outcome = from_env(&project, &variables).output().code(0);
    let lines: Vec<&str> = outcome.stdout().lines().collect();
    assert!(
        lines.contains(&"PASSWORD=hunter2 of 1Password"),
        "{lines:?}"
    );
    assert!(lines.contains(&"PLAIN=op: no"), "{lines:?}");
    assert!(!outcome.stdout().contains("ops_marker"));
}

#[test]
fn what_it_does_not_have_is_told_without_its_words() {
    let project = project();
    let variables = [
        ("A", "op://shop/none/password"),
        ("B", "op://shop/db/password"),
    ];
    let outcome = from_env(&project, &variables).output();
    shot(
        "from_env_op_missing",
        &project,
        &outcome.silent_about(&["hunter2"]),
    );
}

#[test]
fn words_without_an_equal_are_all_told() {
    let project = project();
    let variables = [
        ("CLOUD", "{{resolve:secretsmanager:db:SecretBinary}}"),
        ("INIT", "azure:keyvault:db"),
        ("SERVICE", "@Microsoft.KeyVault(VaultName=shop)"),
        ("VALS", "ref+vault://secret/db#/password"),
        (
            "ROLE",
            "ref+awsssm://shop/db?role_arn=arn:aws:iam::1:role/x",
        ),
    ];
    let outcome = from_env(&project, &variables).output();
    shot("from_env_no_equal", &project, &outcome);
}
