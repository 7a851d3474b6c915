//! The change of the manifest that mends a finding: shown with it, and made by `--fix` where nothing that works today can
//! become less safe by it. Comments and the form of the file stay.

mod form;
mod place;
mod write;

use std::fmt;

use super::subject::Database;
use crate::report;

pub(super) use place::settle;
pub(super) use write::{apply, leaves_comment};

/// Changes that belong together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fix {
    /// In order.
    pub(crate) edits: Vec<Edit>,
    /// Whether `--fix` makes it. What fails closed is safe: a connection that is refused where it was open to anybody.
    pub(crate) is_safe: bool,
}

/// One change. Its value may hold a secret that the manifest holds, so there is no derived `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Edit {
    /// From a layer down: `databases`, `default`, `OPTIONS`, `sslmode`.
    pub(crate) path: Vec<String>,
    /// The value as TOML, or `None` where the key goes.
    pub(crate) value: Option<String>,
    /// What is shown in place of the value, where that holds more than what changes.
    shown: Option<String>,
    /// Where it is made.
    target: Target,
}

/// The layer that an edit is made in.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Target {
    /// Not known yet.
    Open,
    /// What stands outside of every profile.
    Base,
    /// A profile.
    Profile(String),
}

impl Target {
    /// The profile that it is, unless it is the base.
    fn profile(&self) -> Option<&str> {
        match self {
            Self::Profile(name) => Some(name),
            Self::Base | Self::Open => None,
        }
    }
}

impl Fix {
    /// Makes a key of a database this value, which is TOML: `"verify-full"` with its quotes.
    pub(crate) fn set(database: &Database<'_>, path: &[&str], value: impl Into<String>) -> Self {
        Self::safe(vec![Edit::of(database, path, Some(value.into()))])
    }

    /// Takes a key of a database out.
    pub(crate) fn remove(database: &Database<'_>, path: &[&str]) -> Self {
        Self::safe(vec![Edit::of(database, path, None)])
    }

    /// Makes a key that is not a database's this value.
    pub(crate) fn set_key(path: &[&str], value: impl Into<String>) -> Self {
        Self::safe(vec![Edit::at(path, Some(value.into()))])
    }

    /// Takes a key that is not a database's out.
    pub(crate) fn remove_key(path: &[&str]) -> Self {
        Self::safe(vec![Edit::at(path, None)])
    }

    fn safe(edits: Vec<Edit>) -> Self {
        Self {
            edits,
            is_safe: true,
        }
    }

    /// Also makes a key of a database this value.
    pub(crate) fn and_set(
        mut self,
        database: &Database<'_>,
        path: &[&str],
        value: impl Into<String>,
    ) -> Self {
        self.edits
            .push(Edit::of(database, path, Some(value.into())));
        self
    }

    /// Also takes a key of a database out.
    pub(crate) fn and_remove(mut self, database: &Database<'_>, path: &[&str]) -> Self {
        self.edits.push(Edit::of(database, path, None));
        self
    }

    /// Is shown, and left to people: it may stop what works today, or needs a name that only they know.
    pub(crate) fn shown(mut self) -> Self {
        self.is_safe = false;
        self
    }

    /// Shows this in place of the value that was given last: `TrustServerCertificate=no` of a whole `extra_params`.
    pub(crate) fn telling(mut self, shown: impl Into<String>) -> Self {
        if let Some(edit) = self.edits.last_mut() {
            edit.shown = Some(shown.into());
        }
        self
    }

    /// The keys that it changes, once they have their place.
    pub(crate) fn keys(&self) -> impl Iterator<Item = String> {
        self.edits.iter().map(|edit| edit.key(&[]))
    }

    /// As it is shown: `databases.default.OPTIONS.sslmode = "verify-full"`. What has no place yet is taken to go into the
    /// last of these profiles.
    pub(crate) fn describe(&self, profiles: &[String]) -> String {
        let lines = self.edits.iter().map(|edit| edit.describe(profiles));
        lines.collect::<Vec<_>>().join("; ")
    }
}

impl Edit {
    fn of(database: &Database<'_>, path: &[&str], value: Option<String>) -> Self {
        let root = ["databases", &database.alias.text];
        let path: Vec<&str> = root.into_iter().chain(path.iter().copied()).collect();
        Self::at(&path, value)
    }

    fn at(path: &[&str], value: Option<String>) -> Self {
        Self {
            path: path.iter().map(|&part| part.to_owned()).collect(),
            value,
            shown: None,
            target: Target::Open,
        }
    }

    /// The way to its key from the top of the file.
    fn whole_path<'a>(&'a self, profiles: &'a [String]) -> Vec<&'a str> {
        let profile = match &self.target {
            Target::Open => profiles.last(),
            Target::Base => None,
            Target::Profile(name) => Some(name),
        };
        below(profile.map(String::as_str), &self.path)
    }

    fn key(&self, profiles: &[String]) -> String {
        let path = self.whole_path(profiles);
        let path: Vec<String> = path.into_iter().map(key).collect();
        path.join(".")
    }

    fn describe(&self, profiles: &[String]) -> String {
        let key = self.key(profiles);
        match (&self.shown, &self.value) {
            (Some(shown), _) => format!("{key}: {shown}"),
            (None, Some(value)) => format!("{key} = {}", without_secrets(value)),
            (None, None) => format!("remove {key}"),
        }
    }
}

impl fmt::Debug for Edit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.describe(&[]))
    }
}

/// A path in a layer, from the top of the file.
fn below<'a>(profile: Option<&'a str>, path: &'a [String]) -> Vec<&'a str> {
    let prefix = profile.map(|name| ["profiles", name]);
    let path = path.iter().map(String::as_str);
    prefix.into_iter().flatten().chain(path).collect()
}

/// A value that may be shown: of an address, which may hold a login, what references say.
fn without_secrets(value: &str) -> String {
    const KEY: &str = "url = ";
    if !value.contains("://") {
        return value.to_owned();
    }
    let masked = report::masked(&format!("{KEY}{value}"));
    masked.strip_prefix(KEY).unwrap_or_default().to_owned()
}

/// Text as a TOML string that the manifest reads as this text, whatever it holds.
pub(crate) fn literal(text: &str) -> String {
    toml_edit::Value::from(text.replace("${", "$${")).to_string()
}

/// A key as TOML writes it.
fn key(part: &str) -> String {
    toml_edit::Key::new(part).to_string()
}

#[cfg(test)]
mod tests;
