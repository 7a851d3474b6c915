//! Values kept fresh under `nuages exec --supervise --redact`: the new ones are masked as the old ones are.

use std::time::Duration;

use super::{MANIFEST, end, expect, project, replace, start};

/// The command says every value that it has had: each is masked from the first time on, and stays so.
#[test]
fn renewed_values_are_masked() {
    let child = r#"trap 'echo "heard $(cat history $PART_FILE)"; cat $PART_FILE >> history' USR1
trap 'echo told; exit 0' TERM
printf '%s\n' "$A" >> history
cat $PART_FILE >> history
echo "started with $(cat history)" | tr '\n' ' '; echo
while :; do sleep 0.05; done
"#;
    let project = project(MANIFEST)
        .file(".env", "A=zero-of-a\nPART=\"zero of part\n\"\n")
        .file("child.sh", child);
    let mut running = start(&project, &["--redact"]);
    let is_masked = |line: &str| line.split_whitespace().all(|word| word == "********");
    for value in ["first", "second", "third"] {
        replace(
            &project,
            &format!("A=zero-of-a\nPART=\"{value} of part\n\"\n"),
        );
        assert!(is_masked(&expect(&mut running, "heard ")));
    }
    for value in ["first-of-a", "second-of-a"] {
        let part = format!("with {value}");
        replace(&project, &format!("A={value}\nPART=\"{part}\n\"\n"));
        assert!(is_masked(&expect(&mut running, "started with ")));
    }
    let history = project.read("history");
    for value in [
        "zero-of-a",
        "third of part",
        "with first-of-a",
        "with second-of-a",
    ] {
        assert!(history.lines().any(|line| line == value), "{history}");
    }
    let said = end(running);
    for part in [" of part", "-of-a", "with "] {
        let values = said.replace("started with", "");
        assert!(!values.contains(part), "{part}: {said}");
    }
}

/// A driver's file, which the command writes out again and again while it changes: with the escapes that the file has.
#[test]
fn a_live_password_is_masked_while_it_changes() {
    let manifest = r#"
[providers.secrets]
kind = "dotenv"
path = ".env"
refresh = "1s"

[databases.default]
ENGINE = "postgresql"
NAME = "shop"
HOST = "db.internal"
USER = "shop_app"
PASSWORD = "${secrets://a}"
live = true
"#;
    let child = r#"trap 'exit 0' TERM
file=$(ls made/.nuages/*/databases/*)
echo "started with $file"
while :; do cat "$file"; sleep 0.01; done
"#;
    let env = |number: u32| format!("A=\"db:5432/?Action=connect&X={number:04}\"\n");
    let project = project(manifest)
        .file(".env", env(0))
        .file("child.sh", child);
    let mut running = start(&project, &["--redact"]);
    for number in 1..4 {
        replace(&project, &env(number));
        expect(
            &mut running,
            "nuages: `databases.default.PASSWORD` is fresh",
        );
        std::thread::sleep(Duration::from_millis(300));
    }
    let said = end(running);
    let line = "db.internal:*:*:shop_app:********";
    assert!(
        said.lines().filter(|said| *said == line).count() > 10,
        "{said}"
    );
    assert!(!said.contains("Action"), "{said}");
}

/// A command that does not follow its restart still has what it was started with, however much is prepared for the next one.
#[test]
fn what_a_command_was_started_with_is_masked_while_it_runs() {
    let manifest = r#"
[providers.changing]
kind = "command"
argv = ["sh", "-c", "echo made >> asked; echo value-$(wc -l < asked)-of-many"]
refresh = "1s"

[supervise]
on_change = "restart"
settle = "0s"
jitter = "0s"

[env]
A = "${changing://a}"
"#;
    let child = r#"trap 'echo "heard $A"' USR1
trap 'test -e ready && exit 0' TERM
echo "$A" >> history
echo "started with $A"
while :; do sleep 0.05; done
"#;
    let project = project(manifest).file("child.sh", child);
    let mut running = start(&project, &["--redact"]);
    // Each second one is of a restart that is ordered.
    let begin = std::time::Instant::now();
    while project.read("asked").lines().count() < 24 {
        assert!(begin.elapsed() < super::PATIENCE);
        std::thread::sleep(Duration::from_millis(100));
    }
    running.send(rustix::process::Signal::USR1);
    assert_eq!(expect(&mut running, "heard "), "********");
    assert_eq!(
        project.read("history").lines().count(),
        1,
        "it has not been started again"
    );
    project.write("ready", "");
    end(running);
}
