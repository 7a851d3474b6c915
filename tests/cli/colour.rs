//! Colour: the order of what decides about it, for all that has colour.

use std::process::Stdio;

use crate::support::project::Project;
use crate::support::terminal::Terminal;

/// A manifest with a finding, and a file with one.
fn project() -> Project {
    Project::new("[databases.default]\nENGINE = \"postgresql\"\nNAME = \"shop\"\nHOST = \"db.internal\"\nOPTIONS = { sslmode = \"disable\" }\n")
        .file("settings.py", "SECRET_KEY = 'k2#v9!qzx8w4mpl0rty7bhn3gfd6sjc5aeiu1o'\n")
}

/// Whatever has colour: errors, reports, clap's help and clap's errors.
const COLOURED: &[&[&str]] = &[
    &["get", "none"],
    &["check"],
    &["scan", "settings.py"],
    &["--help"],
    &["help", "exec"],
    &["exec"],
    &["rnder"],
];

fn is_coloured(text: &str) -> bool {
    text.contains("\x1b[")
}

#[test]
fn at_a_terminal() {
    for words in COLOURED {
        for (variables, option, expected) in [
            (&[][..], None, true),
            (&[("NO_COLOR", "1")], None, false),
            (&[("NO_COLOR", "")], None, true),
            (&[("NO_COLOR", "1"), ("CLICOLOR_FORCE", "1")], None, false),
            (&[("CLICOLOR", "0")], None, false),
            (&[("TERM", "dumb")], None, false),
            (&[("NO_COLOR", "1")], Some("always"), true),
            (&[("CLICOLOR_FORCE", "1")], Some("never"), false),
            (&[("NO_COLOR", "1")], Some("auto"), false),
        ] {
            let project = project();
            let option = option.map(|option| format!("--color={option}"));
            let words: Vec<&str> = option
                .iter()
                .map(String::as_str)
                .chain(words.iter().copied())
                .collect();
            let mut command = project.nuages(&words).env("TERM", "xterm").into_command();
            command.envs(variables.iter().copied());
            let (_, screen) = Terminal::start(command).end();
            let shown = screen.replace(crate::support::terminal::CLEARED, "");
            assert_eq!(
                is_coloured(&shown),
                expected,
                "{variables:?} {words:?}\n{shown:?}"
            );
        }
    }
}

#[test]
fn elsewhere() {
    for words in COLOURED {
        for (variables, option, expected) in [
            (&[("TERM", "xterm")][..], None, false),
            (&[("CLICOLOR_FORCE", "1")], None, true),
            (&[("CLICOLOR_FORCE", "0")], None, false),
            (&[], Some("always"), true),
            (&[], Some("never"), false),
        ] {
            let project = project();
            let mut run = project.nuages(
                option
                    .iter()
                    .flat_map(|option| ["--color", option])
                    .chain(words.iter().copied()),
            );
            for (name, value) in variables {
                run = run.env(name, value);
            }
            let outcome = run.output();
            let all = format!("{}{}", outcome.stdout(), outcome.stderr());
            assert_eq!(
                is_coloured(&all),
                expected,
                "{variables:?} {option:?} {words:?}\n{all:?}"
            );
        }
    }
}

/// A report in a file has no colour because somebody looks at the messages.
#[test]
fn each_stream_is_looked_at_by_itself() {
    for words in [&["check"][..], &["scan", "settings.py"]] {
        let project = project();
        let command = project.nuages(words).env("TERM", "xterm").into_command();
        let file = std::fs::File::create(project.path("report")).unwrap();
        let terminal = Terminal::start_with(command, |command| command.stdout(Stdio::from(file)));
        terminal.end();
        let report = project.read("report");
        assert!(
            report.lines().count() > 2 && !is_coloured(&report),
            "{report:?}"
        );
    }
}
