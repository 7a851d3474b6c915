//! A project with a program in it, and what every test of `command` asks of an error.

use std::{ffi::OsString, fs, path::Path};

use nuages_provider::{
    Environment, Error, Locator, Provider, Reference, Result, Secret, Setting, Settings,
};
use nuages_provider_local::command::DESCRIPTOR;
use tempfile::TempDir;

/// What every value in these tests begins with: no error may show it.
pub(crate) const MARK: &str = "hunter2";

/// A directory with a program in it, which `sh` runs.
pub(crate) struct Project {
    pub(crate) directory: TempDir,
    pub(crate) settings: Settings,
}

impl Project {
    pub(crate) fn new(script: &str) -> Self {
        let directory = TempDir::new().unwrap();
        fs::write(directory.path().join("program.sh"), script).unwrap();
        let settings = Settings::new().with("argv", argv(&["sh", "program.sh"]));
        Self {
            directory,
            settings,
        }
    }

    pub(crate) fn json_lines(script: &str) -> Self {
        let mut project = Self::new(script);
        project.settings = project.settings.with_text("protocol", "json-lines");
        project
    }

    pub(crate) fn with(mut self, name: &str, value: Setting) -> Self {
        self.settings = self.settings.with(name, value);
        self
    }

    pub(crate) fn environment(&self) -> Environment {
        environment(self.directory.path())
    }

    pub(crate) async fn open(&self) -> Box<dyn Provider> {
        (DESCRIPTOR.open)(self.settings.clone(), self.environment())
            .await
            .unwrap()
    }

    pub(crate) async fn fetch(&self, names: &[&str]) -> Vec<Result<Secret>> {
        let locators: Vec<_> = names.iter().map(|name| locator(name)).collect();
        self.open().await.fetch(&locators).await
    }

    pub(crate) async fn value(&self, name: &str) -> Vec<u8> {
        self.fetch(&[name])
            .await
            .remove(0)
            .unwrap()
            .value
            .expose()
            .to_vec()
    }

    pub(crate) async fn error(&self, name: &str) -> Error {
        failure(self.fetch(&[name]).await.remove(0))
    }

    pub(crate) fn file(&self, name: &str) -> String {
        fs::read_to_string(self.directory.path().join(name)).unwrap_or_default()
    }
}

pub(crate) fn argv(items: &[&str]) -> Setting {
    Setting::TextList(items.iter().map(ToString::to_string).collect())
}

pub(crate) fn environment(base: &Path) -> Environment {
    let variables = [
        ("PATH", "/usr/local/bin:/usr/bin:/bin"),
        ("GREETING", "bonjour"),
    ];
    Environment::new(
        variables.map(|(name, value)| (OsString::from(name), OsString::from(value))),
        base,
    )
}

pub(crate) fn locator(name: &str) -> Locator {
    (DESCRIPTOR.parse)(&Reference::new("command", name)).unwrap()
}

/// The error, which shows no value in any form.
pub(crate) fn failure(answer: Result<Secret>) -> Error {
    let error = answer.unwrap_err();
    assert!(
        !format!("{error:?} {error}").contains(MARK),
        "an error shows a value: {error:?}"
    );
    error
}
