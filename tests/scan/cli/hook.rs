//! The hooks, run by git itself and by the pre-commit framework.

use std::{fs, os::unix::fs::PermissionsExt as _, path::Path};

use super::{Repository, line, secret};
use crate::support::{checkout, project::Project, python};

fn install(repository: &Repository) {
    repository
        .project
        .nuages(["hook", "install"])
        .output()
        .code(0);
}

#[test]
fn a_commit_with_a_secret_is_stopped_and_one_without_is_made() {
    let repository = Repository::new();
    install(&repository);
    let secret = secret(1);
    repository.write("settings.py", &line(&secret));
    repository.git(&["add", "settings.py"]);
    let stopped = repository
        .try_git(&["commit", "--message", "Leak"])
        .code(1)
        .silent_about(&[&secret]);
    // Git takes what a hook prints to its own standard error.
    assert!(
        stopped.stderr().contains("settings.py:1:15"),
        "{}",
        stopped.stderr()
    );
    repository.write("settings.py", "DEBUG = True\n");
    repository.git(&["add", "settings.py"]);
    repository.git(&["commit", "--message", "Begin"]);
    // `commit --all` prepares an index of its own for the hook.
    repository.write("settings.py", &line(&secret));
    repository
        .try_git(&["commit", "--all", "--message", "Leak"])
        .code(1);
}

#[test]
fn env_files_and_rendered_ones_are_stopped_whatever_they_hold() {
    let repository = Repository::new();
    install(&repository);
    for (path, text) in [
        (".env", "DEBUG=1\n"),
        (
            "databases.json",
            "{\"default\": {\"ENGINE\": \"django.db.backends.postgresql\", \"PASSWORD\": \"p\"}}\n",
        ),
    ] {
        repository.write(path, text);
        repository.git(&["add", path]);
        let stopped = repository.try_git(&["commit", "--message", "Leak"]).code(1);
        assert!(stopped.stderr().contains(path), "{}", stopped.stderr());
        repository.git(&["rm", "--cached", "--quiet", path]);
    }
    repository.write(".env.example", "DEBUG=1\n");
    repository.git(&["add", ".env.example"]);
    repository.git(&["commit", "--message", "An example"]);
}

#[test]
fn a_push_is_stopped_by_what_the_remote_does_not_have() {
    let remote = Project::empty();
    let repository = Repository::new();
    repository.git(&[
        "init",
        "--quiet",
        "--bare",
        &remote.root().display().to_string(),
    ]);
    repository.git(&[
        "remote",
        "add",
        "origin",
        &remote.root().display().to_string(),
    ]);
    let (old, new) = (secret(1), secret(2));
    repository.commit("old.py", &line(&old));
    repository.git(&["push", "--quiet", "origin", "main"]);
    install(&repository);
    // What the remote has is nothing new, on a new branch either.
    repository.commit("clean.py", "DEBUG = True\n");
    repository.git(&["push", "--quiet", "origin", "main", "main:copy"]);
    repository.commit("leak.py", &line(&new));
    repository.commit("leak.py", "DEBUG = True\n");
    let stopped = repository
        .try_git(&["push", "--quiet", "origin", "main:other"])
        .code(1);
    let said = stopped.stdout().to_owned() + stopped.stderr();
    assert!(
        said.contains("leak.py") && !said.contains("old.py"),
        "{said}"
    );
    // A branch that is deleted brings nothing.
    repository.git(&["push", "--quiet", "origin", ":copy"]);
}

#[test]
fn a_hook_that_is_there_keeps_running_and_comes_back() {
    let repository = Repository::new();
    let hook = repository.project.path(".git/hooks/pre-commit");
    fs::create_dir_all(hook.parent().expect("a folder")).expect("the folder of hooks");
    fs::write(&hook, "#!/bin/sh\ntouch theirs-ran\n").expect("their hook");
    fs::set_permissions(&hook, fs::Permissions::from_mode(0o755)).expect("executable");
    install(&repository);
    repository.write("a.py", "DEBUG = True\n");
    repository.git(&["add", "a.py"]);
    repository.git(&["commit", "--message", "Begin"]);
    assert!(repository.project.path("theirs-ran").exists());
    repository
        .project
        .nuages(["hook", "uninstall"])
        .output()
        .code(0);
    assert!(
        fs::read_to_string(&hook)
            .expect("their hook")
            .contains("theirs-ran")
    );
}

#[test]
fn hooks_go_where_git_looks_for_them() {
    let repository = Repository::new();
    repository.git(&["config", "core.hooksPath", ".githooks"]);
    install(&repository);
    assert!(repository.project.path(".githooks/pre-commit").exists());
    let elsewhere = Project::empty();
    repository.git(&[
        "config",
        "core.hooksPath",
        &elsewhere.root().display().to_string(),
    ]);
    let refused = repository
        .project
        .nuages(["hook", "install"])
        .output()
        .code(2);
    assert!(
        refused.stderr().contains("outside of this repository"),
        "{}",
        refused.stderr()
    );
    assert!(!elsewhere.path("pre-commit").exists());
    repository
        .project
        .nuages(["hook", "install", "--shared", "pre-commit"])
        .output()
        .code(0);
    assert!(elsewhere.path("pre-commit").exists() && !elsewhere.path("pre-push").exists());
}

#[test]
fn without_the_program_nothing_is_committed() {
    let repository = Repository::new();
    install(&repository);
    repository.write("a.py", "DEBUG = True\n");
    repository.git(&["add", "a.py"]);
    let without = repository
        .project
        .program("git".as_ref(), ["commit", "--message", "Begin"])
        .env("GIT_AUTHOR_NAME", "Ada")
        .env("GIT_AUTHOR_EMAIL", "ada@shop.example")
        .env("GIT_COMMITTER_NAME", "Ada")
        .env("GIT_COMMITTER_EMAIL", "ada@shop.example")
        .output();
    let without = without.code(1);
    assert!(
        without.stderr().contains("nuages is not on PATH"),
        "{}",
        without.stderr()
    );
}

#[test]
fn the_pre_commit_framework_runs_the_scan() {
    let pre_commit = python::venv_with("pre-commit", 9).with_file_name("pre-commit");
    let repository = Repository::new();
    // The hooks' own repository, as pre-commit clones it.
    let hooks = Repository::new();
    let file = fs::read_to_string(checkout().join(".pre-commit-hooks.yaml")).expect("the hooks");
    let revision = hooks.commit(".pre-commit-hooks.yaml", &file);
    let hook = |id: &str| {
        format!(
            "repos:\n- repo: {}\n  rev: {revision}\n  hooks:\n  - id: {id}\n",
            hooks.project.root().display()
        )
    };
    let run = |arguments: &[&str]| {
        let program = Path::new(env!("CARGO_BIN_EXE_nuages"));
        let run = repository.project.program(&pre_commit, arguments);
        run.path(program.parent().expect("a directory")).output()
    };
    let secret = secret(1);
    repository.commit("committed.py", &line(&secret));
    repository.write(".pre-commit-config.yaml", &hook("nuages-scan-system"));
    repository.write("settings.py", &line(&secret));
    repository.git(&["add", ".pre-commit-config.yaml", "settings.py"]);
    let stopped = run(&["run"]).code(1).silent_about(&[&secret]);
    assert!(
        stopped.stdout().contains("settings.py:1:15"),
        "{}",
        stopped.stdout()
    );
    assert!(
        !stopped.stdout().contains("committed.py"),
        "{}",
        stopped.stdout()
    );
    repository.write("settings.py", "DEBUG = True\n");
    repository.git(&["add", "settings.py"]);
    run(&["run"]).code(0);
    repository.write(".pre-commit-config.yaml", &hook("nuages-scan-files-system"));
    repository.git(&["add", ".pre-commit-config.yaml"]);
    let all = run(&["run", "--all-files"]).code(1);
    assert!(
        all.stdout().contains("committed.py:1:15"),
        "{}",
        all.stdout()
    );
    // The check runs where the manifest changes, and there alone.
    repository.write(".pre-commit-config.yaml", &hook("nuages-check-system"));
    repository.git(&["add", ".pre-commit-config.yaml"]);
    let skipped = run(&["run"]).code(0);
    assert!(skipped.stdout().contains("Skipped"), "{}", skipped.stdout());
    let manifest = "[databases.reports]\nENGINE = \"sqlite3\"\nNAME = \"r.sqlite3\"\n";
    repository.write("nuages.toml", manifest);
    repository.git(&["add", "nuages.toml"]);
    let stopped = run(&["run"]).code(1);
    assert!(
        stopped.stdout().contains("error[GN012]"),
        "{}",
        stopped.stdout()
    );
}
