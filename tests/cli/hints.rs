//! What is typed by mistake, and the one next step that the message has.

use crate::support::project::Project;

const MANIFEST: &str = "[providers.secrets]\nkind = \"dotenv\"\n\n[providers.vault]\nkind = \"dotenv\"\npath = \"x\"\n";

#[track_caller]
fn says(project: &Project, words: &[&str], code: i32, expected: &str) {
    let outcome = project.nuages(words).output().code(code);
    assert_eq!(outcome.stderr(), expected, "{words:?}");
}

#[test]
fn a_name_that_is_no_reference() {
    let title = "is not a reference: it does not say which store it is in";
    let one = Project::new("[providers.secrets]\nkind = \"dotenv\"\n");
    let two = Project::new(MANIFEST);
    for (project, typed, hint) in [
        (&one, "KEY", "did you mean `secrets://KEY`?"),
        (&one, "secrets:key", "did you mean `secrets://key`?"),
        (&one, "", "a reference is `secrets://NAME`"),
        (&two, "vault/a/b", "did you mean `vault://a/b`?"),
        (
            &two,
            "key",
            "write the instance before it, `secrets://key`; the manifest has `secrets`, `vault`",
        ),
        (
            &Project::empty(),
            "key",
            "a reference is `SCHEME://NAME`; `nuages providers` lists the schemes of this build",
        ),
    ] {
        let expected = format!("error: `{typed}` {title}\nhint: {hint}\n");
        says(project, &["get", typed], 2, &expected);
    }
}

#[test]
fn a_rule_that_is_none() {
    let project = Project::empty();
    let explain = |typed: &str| {
        let words = ["check", "--explain", typed];
        let outcome = project.nuages(words).output().code(2);
        outcome.stderr().to_owned()
    };
    let expected = "error: there is no rule `pg1`\nhint: did you mean `PG001`?\n";
    assert_eq!(explain("pg1"), expected);
    let many = explain("PG999");
    assert!(
        many.contains("hint: the rules of `PG` are `PG001` to `PG0"),
        "{many}"
    );
    assert!(many.contains("`nuages check --explain all` shows every rule"));
    for typed in ["django", "", "ü1", "99999999"] {
        let expected = format!(
            "error: there is no rule `{typed}`\nhint: `nuages check --explain all` shows every rule, each with its id\n"
        );
        assert_eq!(explain(typed), expected);
    }
}

#[test]
fn hooks_outside_of_a_repository() {
    let project = Project::empty();
    let here = project.root().display();
    let expected = format!(
        "error: `{here}` is in no git repository, and hooks are git's\nhint: go to the project's repository, or make one: `git init`\n"
    );
    for words in [["hook", "install"], ["hook", "uninstall"]] {
        says(&project, &words, 2, &expected);
    }
}

#[test]
fn a_command_without_its_dashes() {
    let project = Project::new("");
    let tip = "tip: the command stands behind `--`, as in `nuages exec -- gunicorn shop.wsgi`";
    for words in [
        &["exec"][..],
        &["exec", "--"],
        &["exec", "gunicorn", "shop.wsgi"],
        &["exec", "--supervise"],
        &["run", "gunicorn"],
    ] {
        let outcome = project.nuages(words).output().code(2);
        assert!(outcome.stderr().contains(tip), "{}", outcome.stderr());
    }
    for words in [&["exec", "--nosuch"][..], &["plan", "gunicorn"]] {
        let outcome = project.nuages(words).output().code(2);
        assert!(!outcome.stderr().contains(tip), "{}", outcome.stderr());
    }
}

/// Which key was read, which one it is, and which one is wanted: all of that is public.
#[test]
fn a_key_that_does_not_fit() {
    let project = Project::new("[providers.secrets]\nkind = \"age\"\n");
    let new_key = || {
        let made = project.nuages(["key", "new"]).output().code(0);
        made.stdout().trim().to_owned()
    };
    let wanted = new_key();
    let stored = project.nuages(["put", "a"]).stdin("x").output();
    stored.code(0);
    let file = project.path(".config/nuages/age.key");
    std::fs::remove_file(&file).unwrap();
    let ours = new_key();
    let expected = format!(
        "error: cannot resolve `secrets://a`: `secrets` denied access\ncause: the key file `{}` does not open `a`\nhint: the store \
         is encrypted to `{wanted}`, and the public half of this key is `{ours}`: put a key that fits in its place\n",
        file.display()
    );
    says(&project, &["get", "secrets://a"], 4, &expected);
}
