//! `examples/quickstart/run` from nothing to an answer out of the database, and once more over what it left.

use std::path::Path;

use crate::looks::with_pip;
use crate::support::checkout;
use crate::support::project::{Outcome, Project};

const HERE: &str = "examples/quickstart";

/// A copy of the example at its place in an otherwise empty checkout; what earlier runs left behind stays behind.
fn fresh_clone() -> Project {
    let clone = Project::empty();
    crate::support::copy_tree(&checkout().join(HERE), &clone.path(HERE));
    for made in ["secrets.age", "db.sqlite3", ".nuages/age.key"] {
        let made = clone.path(HERE).join(made);
        if made.exists() {
            std::fs::remove_file(made).unwrap();
        }
    }
    clone
}

fn run(clone: &Project) -> Outcome {
    // A home of its own: pip asks rustc for its version, and the rustup behind it makes a directory there.
    let home = Project::empty();
    let run = clone
        .program(&clone.path(HERE).join("run"), std::iter::empty::<&str>())
        .env("NUAGES_BIN", env!("CARGO_BIN_EXE_nuages"))
        .env("HOME", home.root());
    with_pip(run).output().code(0)
}

/// The files of a directory, by name.
fn files(directory: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(directory).unwrap();
    let mut names: Vec<_> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn quickstart_answers_from_its_encrypted_store() {
    let clone = fresh_clone();
    let before = files(&clone.path(HERE));
    let report = "shop_report: 3 records in db.sqlite3 (django.db.backends.sqlite3), \
                  SECRET_KEY of 64 characters, PAYMENT_KEY of 64";
    let first = run(&clone);
    assert_eq!(first.stdout().lines().last(), Some(report));
    assert!(
        clone.read(format!("{HERE}/README.md")).contains(report),
        "the README shows what is printed"
    );

    let key = format!("{HERE}/.nuages/age.key");
    assert_eq!(clone.mode(&key), 0o600);
    let secrets: Vec<String> = ["django-secret-key", "payment-key"]
        .into_iter()
        .map(|name| {
            let get = clone.program(env!("CARGO_BIN_EXE_nuages").as_ref(), ["-f"]);
            let get = get
                .arg(clone.path(HERE).join("nuages.toml"))
                .arg("get")
                .arg(format!("secrets://{name}"));
            get.output().code(0).stdout().to_owned()
        })
        .collect();
    assert_eq!(
        secrets.iter().map(String::len).collect::<Vec<_>>(),
        [64, 64]
    );
    assert_ne!(secrets[0], secrets[1]);
    let store = std::fs::read(clone.path(HERE).join("secrets.age")).unwrap();
    for secret in &secrets {
        assert!(
            !store
                .windows(secret.len())
                .any(|window| window == secret.as_bytes()),
            "the store is encrypted"
        );
    }
    first.silent_about(&secrets.iter().map(String::as_str).collect::<Vec<_>>());

    // Whatever is made is ignored by git: the example's own list says so.
    let ignored = clone.read(format!("{HERE}/.gitignore"));
    for made in files(&clone.path(HERE))
        .into_iter()
        .filter(|name| !before.contains(name))
    {
        assert!(
            ignored.lines().any(|line| line.trim_matches('/') == made),
            "`{made}` is not ignored by git"
        );
    }
    assert_eq!(
        files(clone.root()),
        ["examples", "target"],
        "nothing is made elsewhere"
    );

    let (old_key, old_store) = (clone.read(&key), store);
    let second = run(&clone);
    assert_eq!(second.stdout().lines().last(), Some(report));
    assert_eq!(clone.read(&key), old_key, "the key is kept");
    assert!(
        std::fs::read(clone.path(HERE).join("secrets.age")).unwrap() == old_store,
        "the store is kept"
    );

    commands_of_the_readme(&clone);
}

/// Types in what the README says to do next.
fn commands_of_the_readme(clone: &Project) {
    let readme = clone.read(format!("{HERE}/README.md"));
    let blocks: Vec<&str> = readme
        .split("```sh\n")
        .skip(1)
        .map(|rest| rest.split("```").next().unwrap())
        .collect();
    assert_eq!(
        blocks.len(),
        2,
        "one block to run the example, one for what comes next"
    );
    assert_eq!(blocks[0].trim(), format!("{HERE}/run"));

    let programs = Path::new(env!("CARGO_BIN_EXE_nuages")).parent().unwrap();
    let path = std::env::join_paths([
        programs,
        &clone.path("target/quickstart-venv/bin"),
        "/usr/bin".as_ref(),
        "/bin".as_ref(),
    ]);
    let new_key = "a new payment key";
    let typed = clone
        .program("bash".as_ref(), ["-euo", "pipefail", "-c"])
        .arg(format!("cd {HERE}\n{}", blocks[1]))
        .env("PATH", path.unwrap())
        .env("NEW_KEY", new_key)
        .output()
        .code(0);
    assert!(
        typed.stdout().contains("env.PAYMENT_KEY"),
        "the plan names the keys: {}",
        typed.stdout()
    );
    assert_eq!(
        typed.stdout().lines().last().map(str::trim),
        Some(new_key.len().to_string().as_str())
    );
}
