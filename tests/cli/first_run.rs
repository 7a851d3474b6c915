//! A first run: what is said where there is no manifest yet, and where something was mistyped.

use std::fs;

use crate::shot::shot;
use crate::support::project::Project;

/// Each command that needs a manifest.
const NEEDY: &[&[&str]] = &[
    &["exec", "--", "true"],
    &["render"],
    &["plan"],
    &["doctor"],
    &["redact"],
    &["status"],
    &["check", "--grants"],
    &["put", "name"],
    &["scan", "--known"],
    &["scan", "fingerprint"],
];

#[test]
fn every_command_says_where_it_looked_and_what_to_type() {
    let project = Project::empty();
    let here = project.root().canonicalize().unwrap();
    for words in NEEDY {
        let outcome = project.nuages(*words).output().code(3);
        let expected = format!(
            "error: there is no `nuages.toml`\ncause: looked in `{}`, and in no parent, as this is no git repository\nhint: \
             `nuages init` in the directory of a Django project makes one; `--manifest FILE` names one that is elsewhere\n",
            here.display()
        );
        assert_eq!(outcome.stderr(), expected, "{words:?}");
    }
}

/// What needs a manifest for one name alone says that there is none.
#[test]
fn a_reference_to_an_instance() {
    let project = Project::empty();
    shot(
        "first_run_get",
        &project,
        &project.nuages(["get", "secrets://x"]).output().code(3),
    );
}

#[test]
fn a_django_project_is_pointed_to_init() {
    let project = Project::empty().file("manage.py", "");
    shot(
        "first_run_django",
        &project,
        &project.nuages(["plan"]).output().code(3),
    );
    fs::create_dir_all(project.path(".git")).unwrap();
    shot(
        "first_run_repository",
        &project,
        &project.nuages(["plan"]).output().code(3),
    );
    let below = project.path("shop/templates");
    fs::create_dir_all(&below).unwrap();
    let mut command = project.nuages(["plan"]).into_command();
    command.current_dir(&below);
    shot(
        "first_run_below",
        &project,
        &crate::shot::run(command).code(3),
    );
}

#[test]
fn nothing_typed_shows_the_help_and_is_no_success() {
    let project = Project::empty();
    let nothing = project.nuages::<&str>([]).output().code(2);
    let help = project.nuages(["-h"]).output().code(0);
    assert_eq!(nothing.stderr(), help.stdout());
}

#[test]
fn help_is_a_command_too() {
    let project = Project::empty();
    let typed = project.nuages(["help", "scan", "rules"]).output().code(0);
    let asked = project.nuages(["scan", "rules", "--help"]).output().code(0);
    assert_eq!(typed.stdout(), asked.stdout());
    let whole = project.nuages(["help"]).output().code(0);
    assert_eq!(
        whole.stdout(),
        project.nuages(["--help"]).output().code(0).stdout()
    );
}

/// Each example is one that the program takes, up to what the command itself would look at.
#[test]
fn every_command_has_examples_that_are_commands() {
    let project = Project::empty();
    for command in crate::man::commands() {
        let words: Vec<&str> = command
            .iter()
            .map(String::as_str)
            .chain(["--help"])
            .collect();
        let help = project.nuages(&words).output().code(0);
        let examples = help.stdout().split("\nExamples:\n").nth(1);
        let examples = examples.unwrap_or_else(|| panic!("{command:?} has no examples"));
        let examples = examples.split("\n\n").next().unwrap();
        assert!(examples.contains("nuages"), "{command:?}: {examples}");
        for line in examples.lines() {
            let Some((_, typed)) = line.split_once("nuages ") else {
                continue;
            };
            // The options before the command and its name; what follows may be any text.
            let mut words = typed.split_whitespace().peekable();
            let mut kept = Vec::new();
            while let Some(word) = words.next_if(|word| word.starts_with('-')) {
                kept.push(word);
                if ["--profile", "--manifest", "--only"].contains(&word) {
                    kept.extend(words.next());
                }
            }
            kept.extend(words.next());
            kept.push("--help");
            project.nuages(&kept).output().code(0);
        }
    }
}

/// The nearest manifest counts, also where it cannot be read.
#[test]
fn a_link_that_leads_nowhere_does_not_pass_for_a_parents_manifest() {
    let project = Project::new("[env]\nA = \"of the parent\"\n").file("shop/README", "");
    fs::create_dir_all(project.path(".git")).unwrap();
    let shop = project.path("shop");
    let run = || {
        let mut command = project.nuages(["plan"]).into_command();
        command.current_dir(&shop);
        crate::shot::run(command)
    };
    assert_eq!(run().status.code(), Some(0));
    for target in ["nowhere", "nuages.toml"] {
        std::os::unix::fs::symlink(target, shop.join("nuages.toml")).unwrap();
        let outcome = run();
        assert_eq!(outcome.status.code(), Some(3), "{target}");
        let start = "error: cannot read the manifest `nuages.toml`\n";
        assert!(outcome.stderr().starts_with(start), "{}", outcome.stderr());
        fs::remove_file(shop.join("nuages.toml")).unwrap();
    }
}
