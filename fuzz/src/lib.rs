//! What the fuzz targets share: a runtime, a scratch directory in memory, opened providers, and the rule that every
//! diagnostic keeps.
#![allow(clippy::missing_panics_doc, reason = "a panic is how a target reports")]

use std::ffi::OsString;
use std::future::Future;
use std::path::{Path, PathBuf};

use nuages::{diagnostic::Diagnostic, manifest::Source, report};
use nuages_provider::{Descriptor, Environment, Locator, Provider, Secret, Settings};
use tempfile::TempDir;
use tokio::runtime::{Builder, Runtime};

pub mod changed;
pub mod repository;
pub mod scan;

/// Stands for a password wherever a target wants to see whether one gets out.
pub const MARKER: &str = "Zq7xW-kept-9Kv";

/// What a target keeps between two inputs.
pub struct Bench {
    runtime: Runtime,
    directory: TempDir,
}

impl Default for Bench {
    fn default() -> Self {
        let memory = Path::new("/dev/shm");
        let directory = if memory.is_dir() {
            TempDir::new_in(memory)
        } else {
            TempDir::new()
        };
        Self {
            runtime: Builder::new_current_thread()
                .enable_all()
                .build()
                .expect("a runtime"),
            directory: directory.expect("a scratch directory"),
        }
    }
}

impl Bench {
    pub fn run<T>(&self, future: impl Future<Output = T>) -> T {
        self.runtime.block_on(future)
    }

    /// A place in the scratch directory.
    pub fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// Writes a file of the scratch directory.
    pub fn write(&self, name: &str, content: &[u8]) -> PathBuf {
        let path = self.directory.path().join(name);
        std::fs::write(&path, content).expect("a file in the scratch directory");
        path
    }

    pub fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.directory.path().join(name))
            .expect("a file in the scratch directory")
    }

    /// An environment of these variables that starts at the scratch directory.
    pub fn environment(&self, variables: Vec<(OsString, OsString)>) -> Environment {
        Environment::new(variables, self.directory.path())
    }

    /// Opens an instance whose settings are known to be good.
    pub fn open(
        &self,
        descriptor: &Descriptor,
        settings: Settings,
        environment: Environment,
    ) -> Box<dyn Provider> {
        self.run((descriptor.open)(settings, environment))
            .unwrap_or_else(|error| panic!("cannot open `{}`: {error}", descriptor.scheme))
    }

    /// Fetches, and insists on one answer a locator.
    pub fn fetch(
        &self,
        provider: &dyn Provider,
        locators: &[Locator],
    ) -> Vec<nuages_provider::Result<Secret>> {
        let answers = self.run(provider.fetch(locators));
        assert_eq!(answers.len(), locators.len(), "one answer a locator");
        answers
    }
}

/// Every place lies in the text and between two characters, and the message can be drawn.
pub fn check(diagnostics: &[Diagnostic], source: &Source) {
    let text = &source.text;
    for diagnostic in diagnostics {
        let related = diagnostic.related.iter().map(|(span, _)| span);
        for span in diagnostic.span.iter().chain(related) {
            assert!(
                text.get(span.clone()).is_some(),
                "{span:?} is no place of a text of {} bytes: {}",
                text.len(),
                diagnostic.title
            );
        }
    }
    // A text with thousands of mistakes would be drawn for minutes.
    let shown = &diagnostics[..diagnostics.len().min(4)];
    let drawn = report::human(shown, Some(source), false);
    let is_tame = |c: char| c == '\n' || !c.is_control();
    let names: String = shown.iter().map(|d| d.title.as_str()).collect();
    assert!(
        drawn
            .lines()
            .next()
            .is_none_or(|line| line.chars().all(is_tame)),
        "a title steers the terminal: {names:?}"
    );
}

/// An error of a provider is one line for a terminal, and shows no secret.
pub fn check_error(error: &nuages_provider::Error) {
    let shown = format!("{error} {error:?} {}", error.hint().unwrap_or_default());
    assert!(!shown.contains(MARKER), "an error shows a secret");
}
