//! `examples/pre-commit`: what its README has the reader type, with the pre-commit framework itself, then with git alone.

use std::fs;
use std::path::Path;

use crate::lint;
use crate::support::project::{Outcome, Project};
use crate::support::{checkout, python};

const HERE: &str = "examples/pre-commit";

/// A copy of the example, and a shell in it.
struct Shell {
    project: Project,
    home: Project,
    readme: String,
}

impl Shell {
    fn new() -> Self {
        let project = Project::empty().tree(&checkout().join(HERE));
        let readme = project.read("README.md");
        Self {
            project,
            home: Project::empty(),
            readme,
        }
    }

    fn types(&self, script: &str) -> Outcome {
        let nuages = Path::new(env!("CARGO_BIN_EXE_nuages")).parent().unwrap();
        let framework = python::venv_with("pre-commit", 9);
        let path = std::env::join_paths([
            nuages,
            framework.parent().unwrap(),
            "/usr/bin".as_ref(),
            "/bin".as_ref(),
        ]);
        self.project
            .program("bash".as_ref(), ["-euo", "pipefail", "-c", script])
            .env("PATH", path.unwrap())
            .env("HOME", self.home.root())
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_AUTHOR_NAME", "Ada")
            .env("GIT_AUTHOR_EMAIL", "ada@shop.example")
            .env("GIT_COMMITTER_NAME", "Ada")
            .env("GIT_COMMITTER_EMAIL", "ada@shop.example")
            .output()
    }

    /// The nth block of a language in the README.
    fn block(&self, language: &str, number: usize) -> &str {
        let fence = format!("```{language}\n");
        let block = self.readme.split(&fence).nth(number + 1).unwrap();
        block.split("```").next().unwrap()
    }

    fn commits(&self) -> usize {
        self.types("git log --oneline")
            .code(0)
            .stdout()
            .lines()
            .count()
    }

    fn settings(&self) -> String {
        self.project.read("shop/settings.py")
    }
}

#[test]
fn the_readme_is_typed_to_its_end() {
    let shell = Shell::new();
    shell.types(shell.block("sh", 1)).code(0);
    assert_eq!(shell.commits(), 1);
    let before = shell.settings();

    // The leak: no commit, and the message that the README shows.
    let stopped = shell.types(shell.block("sh", 2)).code(1);
    let settings = shell.settings();
    let key = settings.lines().last().unwrap().split('\'').nth(1).unwrap();
    assert!(key.len() == 64 && shell.commits() == 1);
    let stopped = stopped.silent_about(&[key]);
    let shown = shell.block("text", 0);
    assert!(stopped.stderr().contains(shown), "{}", stopped.stderr());

    let mended = shell.types(shell.block("sh", 3)).code(0);
    let (shown, length) = shell.block("text", 1).split_once('…').unwrap();
    assert!(mended.stdout().starts_with(shown) && mended.stdout().ends_with(length));
    assert_eq!((shell.settings(), shell.commits()), (before, 2));
    // What git ignores can still be forced in, and is stopped.
    let stopped = shell
        .types("echo A=b > .env; git add --force .env; git commit --message Env")
        .code(1);
    assert!(
        stopped.stderr().contains("error[env-file]"),
        "{}",
        stopped.stderr()
    );
    shell.types("git restore --staged .env").code(0);
    // A manifest that is less safe is stopped by the check.
    let unsafe_manifest = "printf '[databases.reports]\\nENGINE = \"postgresql\"\\nNAME = \"reports\"\\nHOST = \"db.internal\"\\n' >> nuages.toml; git commit --all --message Reports";
    let stopped = shell.types(unsafe_manifest).code(1);
    assert!(
        stopped.stderr().contains("nuages check") && stopped.stderr().contains("error[PG001]"),
        "{}",
        stopped.stderr()
    );
    shell
        .types("git restore --staged --worktree nuages.toml")
        .code(0);

    // git alone.
    shell.types(shell.block("sh", 4)).code(0);
    let stopped = shell.types(shell.block("sh", 2)).code(1);
    assert!(
        stopped.stderr().contains("error[django-secret-key]")
            && !stopped.stderr().contains("hook id"),
        "{}",
        stopped.stderr()
    );
    assert_eq!(shell.commits(), 2);
}

/// The local hooks are those that the repository offers.
#[test]
fn the_hooks_are_those_of_the_repository() {
    let offered = lint::documents(&checkout().join(".pre-commit-hooks.yaml")).remove(0);
    let config = lint::documents(&checkout().join(HERE).join(".pre-commit-config.yaml")).remove(0);
    let hooks = config["repos"][0]["hooks"].as_array().unwrap();
    assert_eq!(hooks.len(), 2);
    for hook in hooks {
        assert!(offered.as_array().unwrap().contains(hook), "{hook}");
    }
    let readme = fs::read_to_string(checkout().join(HERE).join("README.md")).unwrap();
    for id in ["nuages-scan", "nuages-check"] {
        assert!(readme.contains(&format!("- id: {id}\n")));
        assert!(offered.as_array().unwrap().iter().any(|it| it["id"] == id));
    }
}
