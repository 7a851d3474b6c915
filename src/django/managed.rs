//! A database out of one structured secret: the JSON that AWS Secrets Manager keeps for a database login.
//!
//! Source: AWS Secrets Manager User Guide, "JSON structure of AWS Secrets Manager secrets", for the members; Amazon RDS
//! API Reference, `CreateDBInstance` and `CreateDBCluster`, `Engine`, for the names that are written as `engine`.

use std::{collections::HashMap, fmt};

use serde_json::value::RawValue;

use super::{
    database,
    engine::{self, Family},
    keys::Kind,
};
use crate::{
    suggest,
    value::{Table, Text, Value},
};

/// The members that are read, in the order their keys are given, and the key of each. All others are left alone.
const MEMBERS: &[Member] = &[
    member("engine", "ENGINE", Need::Always),
    member("dbname", "NAME", Need::Usually),
    member("username", "USER", Need::Always),
    member("password", "PASSWORD", Need::Always),
    member("host", "HOST", Need::Usually),
    member("port", "PORT", Need::Never),
];

/// What a store calls an engine, and what Django takes for it. Editions stand behind a `-`.
const ENGINES: &[(&str, &str)] = &[
    ("postgres", "postgresql"),
    ("postgresql", "postgresql"),
    ("aurora-postgresql", "postgresql"),
    ("mysql", "mysql"),
    ("mariadb", "mysql"),
    ("aurora", "mysql"),
    ("aurora-mysql", "mysql"),
    ("sqlserver", "mssql"),
    ("oracle", "oracle"),
];

/// Engines that are also written with an edition: `sqlserver-ex`, `oracle-se2`.
const WITH_EDITIONS: &[&str] = &["sqlserver", "oracle"];

/// A member of the secret and the key it becomes.
#[derive(Debug)]
struct Member {
    name: &'static str,
    key: &'static str,
    need: Need,
}

/// Whether there is a database without a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Need {
    /// Not unless its key is written beside.
    Always,
    /// Seldom: a secret that RDS manages itself has neither this nor `engine`, and then all of it is written beside.
    Usually,
    /// The driver has a default.
    Never,
}

const fn member(name: &'static str, key: &'static str, need: Need) -> Member {
    Member { name, key, need }
}

/// Why a secret gives no database. Holds no part of the secret: names of members are of [`MEMBERS`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ManagedFailure {
    /// It is not JSON.
    NotJson,
    /// It is JSON of another kind.
    NotAnObject,
    /// The object does not do.
    Members {
        /// Every reason.
        failures: Vec<MemberFailure>,
        /// Keys that are not needed and seldom missing.
        absent: Vec<&'static str>,
    },
}

/// Why a member gives no value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct MemberFailure {
    member: &'static str,
    key: &'static str,
    fault: Fault,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    Missing,
    NotText,
    NotAPort,
    UnknownEngine,
}

impl ManagedFailure {
    /// Each reason, as a fragment.
    pub(crate) fn causes(&self) -> Vec<String> {
        match self {
            Self::NotJson => vec!["the value is not JSON".to_owned()],
            Self::NotAnObject => vec!["the value is JSON, but not an object".to_owned()],
            Self::Members { failures, .. } => failures.iter().map(ToString::to_string).collect(),
        }
    }

    /// What to do about it.
    pub(crate) fn hint(&self) -> String {
        let names: Vec<&str> = MEMBERS.iter().map(|member| member.name).collect();
        let names = quoted(&names);
        let Self::Members { failures, absent } = self else {
            return format!(
                "`from` takes one JSON object with {names}; a database URL is given as `url`"
            );
        };
        let fails = |key: &str| failures.iter().any(|failure| failure.key == key);
        let lacks = |key: &str| {
            let missing = |failure: &&MemberFailure| failure.fault == Fault::Missing;
            failures
                .iter()
                .filter(missing)
                .any(|failure| failure.key == key)
        };
        if lacks("USER") && lacks("PASSWORD") {
            return format!(
                "`from` takes one JSON object with {names}; `#field` picks one out of another"
            );
        }
        let keys: Vec<&str> = MEMBERS
            .iter()
            .map(|member| member.key)
            .filter(|key| fails(key) || (lacks("ENGINE") && absent.contains(key)))
            .collect();
        let how = if fails("PASSWORD") {
            ", the password as a reference"
        } else {
            ""
        };
        format!(
            "write {} beside `from`{how}: a key there takes the place of the secret's",
            quoted(&keys)
        )
    }
}

impl fmt::Display for MemberFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.member;
        match self.fault {
            Fault::Missing => write!(f, "the secret has no `{name}`"),
            Fault::NotText => write!(f, "the secret's `{name}` is not a string"),
            Fault::NotAPort => write!(f, "the secret's `{name}` is not a port from 0 to 65535"),
            Fault::UnknownEngine => {
                let known: Vec<&str> = ENGINES.iter().map(|(name, _)| *name).collect();
                let editions: Vec<String> = WITH_EDITIONS
                    .iter()
                    .map(|name| format!("`{name}-…`"))
                    .collect();
                write!(
                    f,
                    "the secret's `{name}` is none of {}, {}",
                    suggest::list(&known),
                    editions.join(", ")
                )
            }
        }
    }
}

/// The keys of a database that a secret gives: text is kept to the letter and marked secret, `ENGINE` comes from our own
/// list and is not. A key for which `is_given` is not read from the secret at all. A member that is `null` counts as not
/// there. Of members that stand twice the last counts, as for `#field` and for Python's `json`, which AWS's own
/// rotation functions read these secrets with.
///
/// # Errors
/// Where it is not a JSON object, and every member that is needed and missing or that is of the wrong type.
pub(crate) fn from_secret(
    json: &[u8],
    is_given: impl Fn(&str) -> bool,
) -> Result<Table, ManagedFailure> {
    let whole: &RawValue = serde_json::from_slice(json).map_err(|_| ManagedFailure::NotJson)?;
    if !whole.get().starts_with('{') {
        return Err(ManagedFailure::NotAnObject);
    }
    let object: HashMap<String, &RawValue> =
        serde_json::from_str(whole.get()).map_err(|_| ManagedFailure::NotJson)?;
    let mut table = Table::new();
    let (mut failures, mut absent) = (Vec::new(), Vec::new());
    for member in MEMBERS.iter().filter(|member| !is_given(member.key)) {
        let raw = object.get(member.name).map(|raw| raw.get());
        let value = match raw.filter(|raw| *raw != "null") {
            Some(raw) => read(member, raw).map(Some),
            None if member.need == Need::Always => Err(Fault::Missing),
            None => Ok(None),
        };
        match value {
            Ok(Some(value)) => table.insert(member.key, value),
            Ok(None) if member.need == Need::Usually => absent.push(member.key),
            Ok(None) => {}
            Err(fault) => failures.push(MemberFailure {
                member: member.name,
                key: member.key,
                fault,
            }),
        }
    }
    if failures.is_empty() {
        Ok(table)
    } else {
        Err(ManagedFailure::Members { failures, absent })
    }
}

/// Whether a database of this engine has nothing of what such a secret gives.
pub(crate) fn is_foreign(engine: &str) -> bool {
    engine::find(engine).is_some_and(|engine| engine.family == Family::Sqlite)
}

fn read(member: &Member, raw: &str) -> Result<Value, Fault> {
    let is_text = raw.starts_with('"');
    if member.key == "PORT" && !is_text {
        // A number is kept as one, as it is from a manifest.
        let port: u16 = raw.parse().map_err(|_| Fault::NotAPort)?;
        return Ok(Value::Scalar(Text::secret(port.to_string())));
    }
    // The string moves into its wiped buffer: no copy of it is left behind.
    let text: String = serde_json::from_str(raw).map_err(|_| Fault::NotText)?;
    let text = Text::secret(text);
    match member.key {
        "PORT" => database::coerce(Kind::Port, &text).ok_or(Fault::NotAPort),
        "ENGINE" => django_engine(text.expose())
            .map(Value::plain)
            .ok_or(Fault::UnknownEngine),
        _ => Ok(Value::Text(text)),
    }
}

/// The engine's path in Django.
fn django_engine(name: &str) -> Option<&'static str> {
    let bare = match name.split_once('-') {
        Some((bare, edition)) if WITH_EDITIONS.contains(&bare) && !edition.is_empty() => bare,
        _ => name,
    };
    let (_, short) = ENGINES.iter().find(|(have, _)| *have == bare)?;
    engine::find(short).map(|engine| engine.path)
}

/// "`a`, `b` and `c`".
fn quoted(words: &[&str]) -> String {
    match words {
        [rest @ .., word] if !rest.is_empty() => {
            format!("{} and `{word}`", suggest::list(rest))
        }
        _ => suggest::list(words),
    }
}

#[cfg(test)]
mod tests;
