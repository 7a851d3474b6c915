//! Stores that are broken in a way of their own, with the canary where each would be tempted to quote it.

use super::{CANARY, CORE, says_nothing};
use crate::support::project::Project;

/// Fails with exit code 4 and says nothing of the canary.
#[track_caller]
fn is_silent(project: &Project, variables: &[(&str, &str)]) {
    for arguments in [
        &["-vvv", "render", "json"][..],
        &["-vvv", "exec", "--", "true"],
    ] {
        let mut run = project.nuages(arguments);
        for (name, value) in variables {
            run = run.env(name, value);
        }
        let outcome = run.output().code(4);
        says_nothing("an error", &[outcome.stdout, outcome.stderr].concat());
    }
}

#[test]
fn dotenv_files_that_a_dialect_cannot_take() {
    let lines = [
        ("python-dotenv", format!("KEY='{CORE}\n")),
        ("python-dotenv", format!("KEY=\"{CORE}\" {CORE}\n")),
        ("dotenvy", format!("KEY={CORE} {CORE}\n")),
        ("dotenvy", format!("KEY=before${CORE}\n")),
        ("dotenvy", format!("KEY='{CORE}\n")),
        ("dotenvy", format!("{CORE}\nKEY=x\n")),
        ("django-environ", format!("KEY=${CORE}\n")),
    ];
    for (dialect, text) in lines {
        let project = Project::new(&format!(
            "[providers.s]\nkind = \"dotenv\"\ndialect = \"{dialect}\"\n[env]\nA = \"${{s://KEY}}\"\n"
        ))
        .file(".env", &text);
        is_silent(&project, &[]);
    }
    let project = Project::new("[providers.s]\nkind = \"dotenv\"\n[env]\nA = \"${s://KEY}\"\n")
        .file(".env", [b"KEY=", CORE.as_bytes(), b"\xff\n"].concat());
    is_silent(&project, &[]);
}

#[test]
fn programs_that_say_too_much() {
    let scripts = [
        format!("echo '{CORE}'; echo '{CORE}' >&2; exit 3"),
        format!("echo '{CORE}'; kill -9 $$"),
        format!("echo '{CORE}'; exit 44"),
    ];
    for script in scripts {
        let project = Project::new(
            "[providers.s]\nkind = \"command\"\nargv = [\"sh\", \"./program\"]\n[env]\nA = \"${s://KEY}\"\n",
        )
        .file("program", &script);
        is_silent(&project, &[]);
    }
}

#[test]
fn programs_that_break_the_protocol() {
    let answers = [
        CANARY.to_owned(),
        format!("\"{CORE}\""),
        format!("[\"{CORE}\"]"),
        format!("{{\"id\":0,\"value\":\"{CORE}\""),
        format!("{{\"id\":\"{CORE}\",\"value\":\"{CORE}\"}}"),
        format!("{{\"id\":7,\"value\":\"{CORE}\"}}"),
        format!("{{\"value\":\"{CORE}\"}}"),
        format!("{{\"id\":0,\"value\":[\"{CORE}\"]}}"),
        format!("{{\"id\":0,\"base64\":\"*{CORE}\"}}"),
        format!("{{\"id\":0,\"value\":\"{CORE}\",\"base64\":\"{CORE}\"}}"),
        format!("{{\"id\":0,\"error\":\"{CORE}\",\"value\":\"{CORE}\"}}"),
        format!("{{\"id\":0,\"value\":\"{CORE}\",\"expires\":\"{CORE}\"}}"),
        format!("{{\"id\":0,\"value\":\"{CORE}\",\"protocol\":2}}"),
        format!("{{\"id\":0,\"value\":\"{CORE}\"}}\n{{\"id\":0,\"value\":\"{CORE}\"}}"),
        format!("{{\"id\":0,\"value\":\"{CORE}\"}}\n{CORE}"),
    ];
    for answer in answers {
        let project = Project::new(
            "[providers.s]\nkind = \"command\"\nprotocol = \"json-lines\"\nargv = [\"cat\", \"./answer\"]\n[env]\nA = \"${s://KEY}\"\n",
        )
        .file("answer", &answer);
        is_silent(&project, &[]);
    }
}

#[test]
fn keys_of_the_embedded_store_that_are_none() {
    let project = Project::new(
        "[providers.s]\nkind = \"age\"\nkey_file = \"age.key\"\n[env]\nA = \"${s://KEY}\"\n",
    );
    project.nuages(["key", "new"]).output().code(0);
    project.nuages(["put", "KEY"]).stdin("x").output().code(0);
    let key = project.read("age.key");
    let secret = key
        .lines()
        .find(|line| line.starts_with("AGE-SECRET-KEY-1"))
        .expect("a secret key")
        .to_owned();

    // The key itself, then keys that are nearly one.
    let shortened = &secret[..secret.len() - 3];
    for broken in [
        CORE.to_owned(),
        format!("AGE-SECRET-KEY-1{CORE}"),
        shortened.to_owned(),
    ] {
        project.write("age.key", format!("# created\n{broken}\n"));
        for variables in [&[][..], &[("NUAGES_AGE_KEY", broken.as_str())]] {
            is_silent(&project, variables);
            let mut run = project.nuages(["-vvv", "render", "json"]);
            for (name, value) in variables {
                run = run.env(name, value);
            }
            run.output()
                .code(4)
                .silent_about(&[&broken, &secret[20..40]]);
        }
    }

    // A key that fits nothing in the store.
    let other = project.nuages(["key", "new", "-o", "-"]).output().code(0);
    assert!(!other.stderr().contains("AGE-SECRET-KEY"));
    let other = other
        .stdout()
        .lines()
        .find(|line| line.starts_with("AGE-SECRET-KEY-1"))
        .expect("a key")
        .to_owned();
    let outcome = project
        .nuages(["-vvv", "render", "json"])
        .env("NUAGES_AGE_KEY", &other)
        .output()
        .code(4);
    outcome.silent_about(&[&other, &secret]);
}

#[test]
fn a_value_that_is_not_stored_is_not_shown() {
    let project = Project::new("[providers.s]\nkind = \"age\"\nkey_file = \"age.key\"\n");
    let without_key = project
        .nuages(["-vvv", "put", "KEY"])
        .stdin(CANARY)
        .output();
    assert!(!without_key.status.success());
    says_nothing("put without a key", &without_key.stderr);
    project.nuages(["key", "new"]).output().code(0);
    for (arguments, works) in [
        (&["put", "KEY"][..], true),
        (&["put", "KEY"], false),
        (&["put", "--overwrite", "KEY"], true),
        (&["put", "not a name"], false),
        (&["put", "s://KEY#field"], false),
        (&["put", "env://KEY"], false),
        (&["put", "KEY", CANARY], false),
    ] {
        let outcome = project
            .nuages([&["-vvv"], arguments].concat())
            .stdin(CANARY)
            .output();
        assert_eq!(
            outcome.status.success(),
            works,
            "{arguments:?}\n{}",
            outcome.stderr()
        );
        if arguments.len() < 3 || works {
            says_nothing("put", &[outcome.stdout, outcome.stderr].concat());
        }
    }
    says_nothing("the store", project.read("secrets.age").as_bytes());
}
