//! A database as far as it is known: whole once it is resolved, with gaps where the manifest has references. The rules
//! that hold for a login are written once, against this.

use crate::value::{Table, Value};

/// A value as far as it is known. It may be a secret, so there is no `Debug`.
#[derive(Clone)]
pub(crate) enum Seen<'a> {
    /// Text.
    Text(&'a str),
    /// A boolean.
    Flag(bool),
    /// A number, as it is written.
    Number(String),
    /// A list, or nothing.
    Other,
    /// A table.
    Table(Vec<(&'a str, Self)>),
    /// A reference will bring it.
    Unknown,
}

impl<'a> Seen<'a> {
    /// A database that is resolved.
    pub(crate) fn of(table: &'a Table) -> Self {
        let entries = table.iter().map(|(key, value)| (key, Self::value(value)));
        Self::Table(entries.collect())
    }

    fn value(value: &'a Value) -> Self {
        match value {
            Value::Text(text) => Self::Text(text.expose()),
            Value::Bool(flag) => Self::Flag(*flag),
            Value::Integer(number) => Self::Number(number.to_string()),
            Value::Float(number) => Self::Number(number.to_string()),
            Value::Table(table) => Self::of(table),
            Value::Null | Value::Scalar(_) | Value::List(_) => Self::Other,
        }
    }

    /// The value of a key of this table.
    pub(crate) fn get(&self, key: &str) -> Option<&Self> {
        match self {
            Self::Table(entries) => entries
                .iter()
                .find(|(have, _)| *have == key)
                .map(|(_, value)| value),
            _ => None,
        }
    }

    /// A key of `OPTIONS`.
    pub(crate) fn option(&self, key: &str) -> Option<&Self> {
        self.get("OPTIONS")?.get(key)
    }

    /// Whether it is, or may turn out to be, one of these words.
    pub(crate) fn may_be(&self, words: &[&str]) -> bool {
        match self {
            Self::Text(text) => words.contains(text),
            Self::Unknown => true,
            _ => false,
        }
    }
}

/// What is wrong with a database. It names keys and no value, for the value may be a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    /// From the database down: `OPTIONS`, `sslmode`. Empty where something is missing altogether.
    pub(crate) path: Vec<String>,
    /// Whether the key should not stand there at all, rather than its value be another.
    pub(crate) is_key: bool,
    /// A fragment.
    pub(crate) what: String,
    /// What to do.
    pub(crate) hint: Option<String>,
    /// The rule that tells of it too.
    pub(crate) rule: Option<&'static str>,
}

impl Fault {
    /// A value that should be another.
    pub(crate) fn value(path: &[&str], what: impl Into<String>) -> Self {
        Self {
            path: path.iter().map(|&key| key.to_owned()).collect(),
            is_key: false,
            what: what.into(),
            hint: None,
            rule: None,
        }
    }

    /// A key that should not be there.
    pub(crate) fn key(path: &[&str], what: impl Into<String>) -> Self {
        Self {
            is_key: true,
            ..Self::value(path, what)
        }
    }

    /// Something that is missing.
    pub(crate) fn missing(what: impl Into<String>) -> Self {
        Self::value(&[], what)
    }

    /// Says which rule tells of it too.
    pub(crate) fn rule(mut self, rule: &'static str) -> Self {
        self.rule = Some(rule);
        self
    }

    /// Says what to do.
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}
