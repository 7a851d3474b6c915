//! Which values of a run are to be masked: every text in the outcome that came from a store, and what the stores gave, of
//! which a text may hold a part.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::SystemTime,
};

use super::{common, is_too_short};
use crate::{
    resolve::{Fetched, Origin, Resolved},
    value::{Table, Value},
};

/// A value to mask. Shown by no formatter.
pub(crate) struct Chosen<'a> {
    /// `env.SECRET_KEY`
    pub(crate) key: String,
    pub(crate) value: &'a [u8],
    /// When it stops working; `None` where a part of it may go on.
    pub(crate) expires: Option<SystemTime>,
}

/// A value that is not masked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PassedOver {
    pub(crate) key: String,
    pub(crate) reason: Reason,
}

/// Why a value is not masked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reason {
    /// It has fewer than [`super::SHORTEST`] bytes.
    Short,
    /// It stands in every text.
    Everybodys,
}

/// The values, and those that are left out. Nothing is said of an empty one.
pub(crate) fn of<'a>(
    resolved: &'a Resolved,
    fetched: &'a [Fetched],
) -> (Vec<Chosen<'a>>, Vec<PassedOver>) {
    let mut values = Values {
        all: Vec::new(),
        expires: by_key(&resolved.origins),
    };
    values.of_resolved(resolved);
    values.of_fetched(fetched);
    let mut chosen = values.all;
    let mut passed_over = Vec::new();
    chosen.retain(|secret| {
        let reason = if common::is_everybodys(secret.value) {
            Reason::Everybodys
        } else if is_too_short(secret.value) {
            Reason::Short
        } else {
            return true;
        };
        if !secret.value.is_empty() {
            let key = secret.key.clone();
            passed_over.push(PassedOver { key, reason });
        }
        false
    });
    (chosen, passed_over)
}

/// Whether there is something in the value of a variable that would be masked, were it long enough.
pub(crate) fn holds_secret(value: &Value) -> bool {
    let mut values = Values::default();
    values.of_value(String::new(), value);
    values.is_secret()
}

/// The same for all databases, whose names, hosts and users are no secret.
pub(crate) fn database_holds_secret(databases: &Table) -> bool {
    let mut values = Values::default();
    values.of_databases(databases);
    values.is_secret()
}

/// When the last of what each key is made of has expired; `None` where some of it never does.
fn by_key(origins: &[Origin]) -> BTreeMap<&str, Option<SystemTime>> {
    let mut expires: BTreeMap<&str, Option<SystemTime>> = BTreeMap::new();
    for origin in origins {
        let of_key = expires.entry(&origin.key).or_insert(origin.expires);
        *of_key = of_key
            .zip(origin.expires)
            .map(|(one, other)| one.max(other));
    }
    expires
}

#[derive(Default)]
struct Values<'a> {
    all: Vec<Chosen<'a>>,
    expires: BTreeMap<&'a str, Option<SystemTime>>,
}

impl<'a> Values<'a> {
    fn of_resolved(&mut self, resolved: &'a Resolved) {
        for (name, value) in resolved.document.env.iter() {
            self.of_value(format!("env.{name}"), value);
        }
        self.of_databases(&resolved.document.databases);
        for file in &resolved.files {
            self.add(file.key.clone(), file.content.expose());
        }
    }

    fn of_databases(&mut self, databases: &'a Table) {
        for (alias, value) in databases.iter() {
            let key = format!("databases.{alias}");
            let Value::Table(database) = value else {
                self.of_value(key, value);
                continue;
            };
            self.of_table(&key, database, true);
        }
    }

    /// Whether one of them is none that stands in every text.
    fn is_secret(&self) -> bool {
        let mut values = self.all.iter().map(|secret| secret.value);
        values.any(|value| !value.is_empty() && !common::is_everybodys(value))
    }

    fn of_table(&mut self, key: &str, table: &'a Table, is_database: bool) {
        for (number, (name, value)) in table.iter().enumerate() {
            if is_database && common::is_public_key(name) {
                continue;
            }
            // A key that came from a store is not shown.
            let key = if table.hides_keys() {
                format!("{key}[{number}]")
            } else {
                format!("{key}.{name}")
            };
            self.of_value(key, value);
        }
    }

    fn of_value(&mut self, key: String, value: &'a Value) {
        match value {
            Value::Text(text) | Value::Scalar(text) if text.is_secret() => {
                self.add(key, text.expose().as_bytes());
            }
            Value::List(items) => {
                for (number, item) in items.iter().enumerate() {
                    self.of_value(format!("{key}[{number}]"), item);
                }
            }
            Value::Table(table) => self.of_table(&key, table, false),
            _ => {}
        }
    }

    fn add(&mut self, key: String, value: &'a [u8]) {
        let expires = self.expires.get(key.as_str()).copied().flatten();
        self.all.push(Chosen {
            key,
            value,
            expires,
        });
    }

    fn of_fetched(&mut self, fetched: &'a [Fetched]) {
        let mut told: BTreeSet<&[u8]> = self.all.iter().map(|secret| secret.value).collect();
        for secret in fetched {
            let field = secret.key.rsplit_once('#').map(|(_, field)| field);
            let is_public = field.is_some_and(common::is_public_key);
            // The same value under its own key has been told already.
            let value = secret.value.expose();
            if !is_public && told.insert(value) {
                self.all.push(Chosen {
                    key: secret.key.clone(),
                    value,
                    expires: secret.expires,
                });
            }
        }
    }
}

#[cfg(test)]
mod tests;
