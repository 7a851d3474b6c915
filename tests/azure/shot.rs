//! A run as a snapshot in `snapshots/`: its exit code and all it said, with what changes from run to run put in words.

use crate::support::project::{Outcome, Project};

/// Compares the run with `snapshots/NAME.snap`. The project's directory is shown as `/project`, every port of this
/// machine as `PORT`, every time as `N ms`, every version of a secret as `VERSION`, and each of `words` as its second half.
#[track_caller]
pub(crate) fn shot(name: &str, project: &Project, outcome: &Outcome, words: &[(&str, &str)]) {
    let root = project.root().to_str().expect("a UTF-8 path");
    let mut shown = format!("exit: {}\n", outcome.status.code().expect("an exit code"));
    for (what, text) in [("stdout", outcome.stdout()), ("stderr", outcome.stderr())] {
        if !text.is_empty() {
            shown.extend(["--- ", what, "\n", &text.replace(root, "/project")]);
        }
    }
    keeps_house_rules(outcome.stderr());
    for (word, stands_for) in words {
        shown = shown.replace(word, stands_for);
    }
    let mut settings = insta::Settings::clone_current();
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.set_snapshot_path("snapshots");
    settings.bind(|| insta::assert_snapshot!(name, scrubbed(&shown)));
}

/// Numbers that are another in each run: words of letters and digits are looked at one by one.
fn scrubbed(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(|c: char| c.is_ascii_alphanumeric()) {
        let (before, from) = rest.split_at(start);
        let end = from
            .find(|c: char| !c.is_ascii_alphanumeric())
            .unwrap_or(from.len());
        let (word, after) = from.split_at(end);
        shown.push_str(before);
        let is_number = word.bytes().all(|b| b.is_ascii_digit());
        let is_port = shown.ends_with("127.0.0.1:") || shown.ends_with("localhost:");
        let is_version = word.len() == 32 && word.bytes().all(|b| b.is_ascii_hexdigit());
        shown.push_str(match word {
            _ if is_port && is_number => "PORT",
            _ if is_version => "VERSION",
            // As people read it, and as `"milliseconds": 12`.
            _ if is_number && (after.starts_with(" ms") || shown.ends_with("milliseconds\": ")) => {
                "N"
            }
            _ => word,
        });
        rest = after;
    }
    shown + rest
}

/// Lower-case fragments without a full stop, and at most one hint a problem.
#[track_caller]
fn keeps_house_rules(stderr: &str) {
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
        let first = fragment.split(' ').next().unwrap_or_default();
        let is_name = first.chars().all(|c| !c.is_lowercase());
        assert!(
            !fragment.starts_with(char::is_uppercase) || is_name,
            "not lower case: {line}"
        );
        assert!(!fragment.ends_with('.'), "a full stop: {line}");
    }
    assert!(
        !stderr.contains("panicked") && !stderr.contains("nuages failed at"),
        "{stderr}"
    );
}
