//! The `dotenv` provider: the variables of a `.env` file, with the values that the library which reads it gives them.

use std::{
    fs::File,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
};

use nuages_provider::{
    Capabilities, Descriptor, Environment, Error, ErrorKind, Identity, Locator, OpenFuture,
    Provider, Reference, Result, Secret, SecretValue, SettingKind, SettingSpec, Settings, Versions,
    async_trait,
};

use crate::{
    env::{missing, variable},
    file::read::{self, Trouble},
};

mod disagreements;
mod django_environ;
mod python;
mod rust;
mod table;

pub use disagreements::{Disagreement, Reason, disagreements};
pub use table::Problem;

use table::{Content, Table};

/// `dotenv://NAME`: the variable `NAME` of the `.env` file in the manifest's directory, or of the instance's file.
///
/// The answer is the file's value, as Django's side reads it, also where the environment has a variable of that name.
pub const DESCRIPTOR: Descriptor = Descriptor {
    scheme: "dotenv",
    summary: "variables of a `.env` file, read as Django's side reads it",
    capabilities: Capabilities::LOCAL,
    settings: &[
        SettingSpec {
            name: "path",
            kind: SettingKind::Text,
            required: false,
            summary: "the file; `.env` in the manifest's directory where it is not given",
        },
        SettingSpec {
            name: "dialect",
            kind: SettingKind::Choice(&["python-dotenv", "django-environ", "dotenvy"]),
            required: false,
            summary: "the library that reads the file elsewhere; `python-dotenv` where it is not given",
        },
    ],
    options: &[Versions::OPTION],
    bootstrap: &[],
    access: None,
    parse,
    open,
};

/// A library whose reading of a file is followed, quirks and all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Dialect {
    /// python-dotenv 1.2.4, `load_dotenv()`.
    #[default]
    PythonDotenv,
    /// django-environ 0.14.0, `Env.read_env()` and `env("NAME")`.
    DjangoEnviron,
    /// The `dotenvy` crate 0.15.7, `dotenvy::dotenv()`.
    Dotenvy,
}

impl Dialect {
    /// Every dialect.
    pub const ALL: [Self; 3] = [Self::PythonDotenv, Self::DjangoEnviron, Self::Dotenvy];

    /// The library's name, as the setting `dialect` takes it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::PythonDotenv => "python-dotenv",
            Self::DjangoEnviron => "django-environ",
            Self::Dotenvy => "dotenvy",
        }
    }

    /// The dialect of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|dialect| dialect.name() == name)
    }

    /// What makes a line unreadable, for a hint.
    fn pitfalls(self) -> &'static str {
        match self {
            Self::PythonDotenv => "look for an unclosed quote and for text behind a closing one",
            Self::DjangoEnviron => {
                "write `NAME=value` on one line, without blanks before or behind the name"
            }
            Self::Dotenvy => {
                "put the value in single quotes; nothing is read below the first line that cannot be"
            }
        }
    }

    fn read(self, text: &str, environment: &Environment) -> Table {
        match self {
            Self::PythonDotenv => python::read(text, environment),
            Self::DjangoEnviron => django_environ::read(text, environment),
            Self::Dotenvy => rust::read(text, environment),
        }
    }
}

/// The lines of a file that a dialect cannot read, for a check: fetching complains of them only where they seem to set
/// a name that is asked for.
#[must_use]
pub fn problems(text: &str, dialect: Dialect) -> Vec<Problem> {
    dialect.read(text, &Environment::default()).problems
}

/// Every variable that a text sets, in the order of its lines, with the value that the dialect gives it; `None` where that
/// value would be refused.
#[must_use]
pub fn variables(
    text: &str,
    dialect: Dialect,
    environment: &Environment,
) -> Vec<(String, Option<SecretValue>)> {
    let mut entries: Vec<_> = dialect
        .read(text, environment)
        .entries
        .into_iter()
        .collect();
    entries.sort_by_key(|(_, entry)| entry.line);
    let variable = |(name, entry): (String, table::Entry)| match entry.content {
        Content::Value(value) => Some((name, Some(SecretValue::new(value.to_vec())))),
        Content::Refused(_) => Some((name, None)),
        Content::Bare => None,
    };
    entries.into_iter().filter_map(variable).collect()
}

fn parse(reference: &Reference) -> Result<Locator> {
    variable(reference, "variable")
}

fn open(settings: Settings, environment: Environment) -> OpenFuture {
    Box::pin(async move {
        let path = match settings.text("path") {
            Some("") => return Err(Error::invalid_settings("`path` is empty")),
            path => environment.path(path.unwrap_or(".env")),
        };
        let dialect = match settings.text("dialect") {
            None => Dialect::default(),
            Some(name) => Dialect::from_name(name).ok_or_else(|| {
                Error::invalid_settings(format!("`{name}` is not a dialect of env files"))
            })?,
        };
        Ok(Box::new(EnvFile {
            path,
            dialect,
            environment,
            reading: Mutex::new(None),
        }) as Box<dyn Provider>)
    })
}

struct EnvFile {
    path: PathBuf,
    dialect: Dialect,
    environment: Environment,
    /// The file is read once: all its names are of one moment, and a pipe gives its text only once.
    reading: Mutex<Option<Arc<Reading>>>,
}

type Reading = Result<Table, Unread>;

/// Why there is no table. Plain data: it answers for every name.
#[derive(Clone, Copy)]
enum Unread {
    Trouble(Trouble),
    /// Not UTF-8, from this byte on.
    Encoding(usize),
}

impl EnvFile {
    async fn reading(&self) -> Arc<Reading> {
        let kept = self
            .reading
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        if let Some(reading) = kept {
            return reading;
        }
        let reading = Arc::new(self.read().await);
        let mut kept = self.reading.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(kept.get_or_insert(reading))
    }

    async fn read(&self) -> Reading {
        let bytes = read::read(self.path.clone())
            .await
            .map_err(Unread::Trouble)?;
        match std::str::from_utf8(&bytes) {
            Ok(text) => Ok(self.dialect.read(text, &self.environment)),
            Err(error) => Err(Unread::Encoding(error.valid_up_to())),
        }
    }

    fn answer(&self, table: &Table, locator: &Locator) -> Result<Secret> {
        let path = self.path.display();
        let mut bare = None;
        for name in locator.names() {
            match table
                .entries
                .get(name)
                .map(|entry| (entry.line, &entry.content))
            {
                Some((_, Content::Value(value))) => {
                    return Versions::of_only(locator, SecretValue::new(value.to_vec()).into());
                }
                Some((line, Content::Refused(refusal))) => {
                    return Err(refusal.error(name, line, &path.to_string()));
                }
                Some((line, Content::Bare)) => bare = bare.or(Some((name, line))),
                None => {}
            }
            // A name that does not exist may be given a default; one that only cannot be read must not.
            if let Some(problem) = table.problems.iter().find(|problem| problem.concerns(name)) {
                let dialect = self.dialect.name();
                return Err(Error::new(
                    ErrorKind::Malformed,
                    format!(
                        "`{path}`, {}, seems to set `{name}` but {dialect} cannot read it",
                        problem.place()
                    ),
                )
                .with_hint(self.dialect.pitfalls()));
            }
        }
        if let Some((name, line)) = bare {
            return Err(Error::not_found(format!(
                "`{name}` stands without a value at `{path}`, line {line}"
            ))
            .with_hint(format!("write `{name}=` for an empty value")));
        }
        let error = missing(
            locator,
            &format!("`{path}`"),
            table.entries.keys().map(String::as_str),
        );
        if error.hint().is_some() {
            return Err(error);
        }
        let name = locator.names().last().unwrap_or(locator.name());
        Err(error.with_hint(format!(
            "add `{name}=` and its value to `{path}`; `${{…:-default}}` or `optional = true` allow for a secret that does not exist"
        )))
    }
}

impl Unread {
    fn error(self, path: &std::path::Path) -> Error {
        match self {
            Self::Trouble(trouble) => trouble.error(path),
            Self::Encoding(offset) => Error::new(
                ErrorKind::Malformed,
                format!("`{}` is not UTF-8, from byte {offset} on", path.display()),
            )
            .with_hint("save it as UTF-8"),
        }
    }
}

#[async_trait]
impl Provider for EnvFile {
    async fn fetch(&self, locators: &[Locator]) -> Vec<Result<Secret>> {
        if locators.is_empty() {
            return Vec::new();
        }
        let reading = self.reading().await;
        let answer = |locator| match &*reading {
            Ok(table) => self.answer(table, locator),
            Err(unread) => Err(unread.error(&self.path)),
        };
        locators.iter().map(answer).collect()
    }

    async fn check(&self) -> Result<Identity> {
        let trouble = |trouble: Trouble| trouble.error(&self.path);
        let metadata = std::fs::metadata(&self.path).map_err(|error| trouble(error.into()))?;
        if metadata.is_dir() {
            return Err(trouble(Trouble::Directory));
        }
        // Opening a pipe would wait for its writer, and take the text away from `fetch`.
        if metadata.is_file() {
            File::open(&self.path).map_err(|error| trouble(error.into()))?;
        }
        Ok(Identity::new(self.path.display().to_string()).with("dialect", self.dialect.name()))
    }
}
