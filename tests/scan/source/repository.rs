//! A repository made by the real `git`, with nobody's settings but its own.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use nuages::scan::source::git::Place;
use tempfile::TempDir;

/// A repository with a work tree in a temporary directory.
pub(crate) struct Repository {
    directory: TempDir,
    /// Seconds: each commit is a minute after the one before.
    clock: std::cell::Cell<u64>,
}

impl Repository {
    pub(crate) fn new() -> Self {
        Self::with(&[])
    }

    /// As `git init` makes it with these arguments.
    pub(crate) fn with(arguments: &[&str]) -> Self {
        let repository = Self::nothing();
        let all = [&["init", "--quiet", "--initial-branch=main"], arguments].concat();
        repository.git(&all);
        repository
    }

    /// A directory that is no repository yet.
    pub(crate) fn nothing() -> Self {
        Self {
            directory: TempDir::new().unwrap(),
            clock: std::cell::Cell::new(1_700_000_000),
        }
    }

    pub(crate) fn root(&self) -> &Path {
        self.directory.path()
    }

    pub(crate) fn path(&self, path: impl AsRef<[u8]>) -> PathBuf {
        self.root().join(OsStr::from_bytes(path.as_ref()))
    }

    pub(crate) fn place(&self) -> Place {
        Place::at(self.root())
    }

    /// Writes a file; directories on the way are made.
    pub(crate) fn write(&self, path: impl AsRef<[u8]>, content: impl AsRef<[u8]>) -> &Self {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
        self
    }

    /// Runs git, which must succeed; what it prints.
    pub(crate) fn git(&self, arguments: &[&str]) -> String {
        self.git_in(self.root(), arguments)
    }

    pub(crate) fn git_in(&self, directory: &Path, arguments: &[&str]) -> String {
        let output = self.command(directory, arguments).output().unwrap();
        assert!(
            output.status.success(),
            "git {arguments:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }

    /// Runs git, which must fail.
    pub(crate) fn git_fails(&self, arguments: &[&str]) {
        let output = self.command(self.root(), arguments).output().unwrap();
        assert!(!output.status.success(), "git {arguments:?}");
    }

    fn command(&self, directory: &Path, arguments: &[&str]) -> Command {
        let mut command = Command::new("git");
        let date = format!("{} +0000", self.clock.get());
        command
            .args([
                "-c",
                "protocol.file.allow=always",
                "-c",
                "gc.auto=0",
                "-c",
                "maintenance.auto=false",
            ])
            .args(arguments)
            .current_dir(directory)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.root())
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_AUTHOR_NAME", "Élodie Auteur")
            .env("GIT_AUTHOR_EMAIL", "elodie@example.org")
            .env("GIT_COMMITTER_NAME", "Somebody Else")
            .env("GIT_COMMITTER_EMAIL", "else@example.org")
            .env("GIT_AUTHOR_DATE", &date)
            .env("GIT_COMMITTER_DATE", date);
        command
    }

    /// Commits all that is in the work tree; the commit's id.
    pub(crate) fn commit(&self, message: &str) -> String {
        self.git(&["add", "--all", "--force"]);
        self.commit_staged(message)
    }

    /// Commits what is staged; the commit's id.
    pub(crate) fn commit_staged(&self, message: &str) -> String {
        self.clock.set(self.clock.get() + 60);
        self.git(&[
            "commit",
            "--quiet",
            "--allow-empty",
            "--no-verify",
            "--message",
            message,
        ]);
        self.git(&["rev-parse", "HEAD"])
    }
}
