//! `nuages scan` and `nuages hook` as they are typed: the real program, the real git.

mod hook;
mod known;
mod scan;

use std::cell::Cell;

use crate::{
    notation::expand,
    support::project::{Outcome, Project},
};

/// A project that is a repository, without anybody's settings of git.
pub(super) struct Repository {
    pub(super) project: Project,
    /// Seconds: each run of git is a minute after the one before.
    clock: Cell<u64>,
}

impl Repository {
    pub(super) fn new() -> Self {
        Self::of(Project::empty())
    }

    pub(super) fn of(project: Project) -> Self {
        let repository = Self {
            project,
            clock: Cell::new(1_700_000_000),
        };
        repository.git(&["init", "--quiet", "--initial-branch=main"]);
        repository
    }

    /// Runs git, which must succeed; what it prints.
    pub(super) fn git(&self, arguments: &[&str]) -> String {
        self.try_git(arguments).code(0).stdout().trim().to_owned()
    }

    /// Runs git, with `nuages` on its path for hooks.
    pub(super) fn try_git(&self, arguments: &[&str]) -> Outcome {
        self.clock.set(self.clock.get() + 60);
        let date = format!("{} +0000", self.clock.get());
        let program = std::path::Path::new(env!("CARGO_BIN_EXE_nuages"));
        self.project
            .program("git".as_ref(), arguments)
            .path(program.parent().expect("a directory"))
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_AUTHOR_DATE", &date)
            .env("GIT_COMMITTER_DATE", &date)
            .env("GIT_AUTHOR_NAME", "Ada")
            .env("GIT_AUTHOR_EMAIL", "ada@shop.example")
            .env("GIT_COMMITTER_NAME", "Ada")
            .env("GIT_COMMITTER_EMAIL", "ada@shop.example")
            .output()
    }

    pub(super) fn write(&self, path: &str, text: &str) -> &Self {
        self.project.write(path, text);
        self
    }

    /// Writes, stages and commits.
    pub(super) fn commit(&self, path: &str, text: &str) -> String {
        self.write(path, text);
        self.git(&["add", "--force", path]);
        self.git(&["commit", "--quiet", "--no-verify", "--message", "Change"]);
        self.git(&["rev-parse", "HEAD"])
    }

    pub(super) fn scan(&self, arguments: &[&str]) -> Outcome {
        let all = [&["scan"], arguments].concat();
        self.project.nuages(all).output()
    }
}

/// A secret that no two tests share.
pub(super) fn secret(seed: u64) -> String {
    expand("{alnum:40}", seed)
}

/// A line of settings that holds it.
pub(super) fn line(secret: &str) -> String {
    format!("SECRET_KEY = \"{secret}\"\n")
}
