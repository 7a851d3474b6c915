//! A project's directory with a store's key, and what every test of `age` asks of an error.

use std::{ffi::OsString, fs, path::PathBuf};

use nuages_provider::{
    Environment, Error, Locator, Provider, PutOptions, PutOutcome, Reference, Result, SecretValue,
    Settings,
};
use nuages_provider_local::age::{DESCRIPTOR, new_identity};
use tempfile::TempDir;

/// What every value in these tests begins with: no error and no file may show it.
pub(crate) const MARK: &str = "hunter2";

/// A project's directory with a key in the environment.
pub(crate) struct Project {
    pub(crate) directory: TempDir,
    pub(crate) settings: Settings,
    pub(crate) variables: Vec<(String, String)>,
    pub(crate) recipient: String,
}

impl Project {
    pub(crate) fn new() -> Self {
        let (key, recipient) = new_identity();
        let mut project = Self {
            directory: TempDir::new().unwrap(),
            settings: Settings::new(),
            variables: Vec::new(),
            recipient,
        };
        project.set("NUAGES_AGE_KEY", key.expose_text().unwrap());
        project
    }

    pub(crate) fn set(&mut self, name: &str, value: &str) {
        self.variables.retain(|(set, _)| set != name);
        self.variables.push((name.to_owned(), value.to_owned()));
    }

    /// Leaves no key but what a test puts somewhere.
    pub(crate) fn forget_key(&mut self) -> String {
        let home = self.path("home").display().to_string();
        let key = std::mem::replace(&mut self.variables, vec![("HOME".to_owned(), home)]);
        key.into_iter()
            .find(|(name, _)| name == "NUAGES_AGE_KEY")
            .unwrap()
            .1
    }

    pub(crate) fn environment(&self) -> Environment {
        let variables = self
            .variables
            .iter()
            .map(|(name, value)| (OsString::from(name), OsString::from(value)));
        Environment::new(variables, self.directory.path())
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    pub(crate) fn text(&self) -> String {
        fs::read_to_string(self.path("secrets.age")).unwrap()
    }

    /// Writes the store's text as somebody's editor would.
    pub(crate) fn edit(&self, change: impl FnOnce(String) -> String) {
        fs::write(self.path("secrets.age"), change(self.text())).unwrap();
    }

    pub(crate) fn open(&self) -> Box<dyn Provider> {
        block_on((DESCRIPTOR.open)(self.settings.clone(), self.environment())).unwrap()
    }

    pub(crate) fn put(&self, name: &str, value: &[u8]) -> Result<PutOutcome> {
        self.write(name, value, true)
    }

    pub(crate) fn write(&self, name: &str, value: &[u8], overwrite: bool) -> Result<PutOutcome> {
        let (provider, value) = (self.open(), SecretValue::new(value.to_vec()));
        block_on(provider.writer().unwrap().put(
            &locator(name),
            &value,
            &PutOptions::new().overwrite(overwrite),
        ))
    }

    pub(crate) fn get(&self, name: &str) -> Result<Vec<u8>> {
        let mut answers = block_on(self.open().fetch(&[locator(name)]));
        answers
            .remove(0)
            .map(|secret| secret.value.expose().to_vec())
    }

    pub(crate) fn error(&self, name: &str) -> Error {
        quiet(self.get(name).unwrap_err())
    }
}

pub(crate) fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap()
        .block_on(future)
}

pub(crate) fn locator(name: &str) -> Locator {
    (DESCRIPTOR.parse)(&Reference::new("age", name)).unwrap()
}

/// The error, which shows neither a value nor a private key.
pub(crate) fn quiet(error: Error) -> Error {
    let text = format!("{error:?} {error}");
    let key_follows = |rest: &str| rest.starts_with(|c: char| c.is_ascii_alphanumeric());
    assert!(!text.contains(MARK), "an error shows a value: {text}");
    assert!(
        !text.split("AGE-SECRET-KEY-1").skip(1).any(key_follows),
        "an error shows a key: {text}"
    );
    error
}

/// The base64 of an entry.
pub(crate) fn sealed(text: &str, name: &str) -> String {
    let line = text
        .lines()
        .find(|line| line.starts_with(&format!("\"{name}\" = ")))
        .unwrap();
    line.split('"').nth(3).unwrap().to_owned()
}
