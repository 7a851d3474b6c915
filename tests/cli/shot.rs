//! A run as a snapshot in `snapshots/`: its exit code and all it said. The rules of the house for messages are checked
//! on the way, so that nobody accepts a snapshot that breaks them.

use std::process::Command;

use crate::support::project::{Outcome, Project};

/// Compares the run with `snapshots/NAME.snap`. The project's directory is shown as `/project`.
#[track_caller]
pub(crate) fn shot(name: &str, project: &Project, outcome: &Outcome) {
    let root = project.root().to_str().expect("a UTF-8 path");
    let mut shown = format!("exit: {}\n", outcome.status.code().expect("an exit code"));
    for (what, text) in [("stdout", outcome.stdout()), ("stderr", outcome.stderr())] {
        if !text.is_empty() {
            shown.push_str(&format!("--- {what}\n{}", text.replace(root, "/project")));
        }
    }
    keeps_house_rules(outcome.stderr());
    let mut settings = insta::Settings::clone_current();
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.set_snapshot_path("snapshots");
    settings.bind(|| insta::assert_snapshot!(name, shown));
}

/// Lower-case fragments without a full stop, and at most one hint a problem. What `clap` says of usage has its own form.
#[track_caller]
fn keeps_house_rules(stderr: &str) {
    if stderr.contains("Usage: nuages") {
        return;
    }
    let mut hints = 0;
    for line in stderr.lines() {
        let fragment = if let Some(title) = line.strip_prefix("error: ") {
            hints = 0;
            title
        } else if let Some(hint) = line.strip_prefix("hint: ") {
            hints += 1;
            hint
        } else {
            continue;
        };
        assert!(hints <= 1, "more than one hint in\n{stderr}");
        assert!(
            !fragment.starts_with(char::is_uppercase) || is_name(fragment),
            "not lower case: {line}"
        );
        assert!(!fragment.ends_with('.'), "a full stop: {line}");
    }
    assert!(
        !stderr.contains("panicked") && !stderr.contains("nuages failed at"),
        "{stderr}"
    );
}

/// Whether the first word is a name that is written so: `HOME`, `TOML`.
fn is_name(fragment: &str) -> bool {
    fragment
        .split(' ')
        .next()
        .is_some_and(|word| word.chars().all(|c| !c.is_lowercase()))
}

/// Runs a command that a test has set up itself, without input.
#[track_caller]
pub(crate) fn run(mut command: Command) -> Outcome {
    let output = command
        .output()
        .unwrap_or_else(|error| panic!("cannot start {command:?}: {error}"));
    Outcome {
        status: output.status,
        stdout: output.stdout,
        stderr: output.stderr,
    }
}
