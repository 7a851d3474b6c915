//! What real servers say of a database, held against what was set up in them: PostgreSQL and MariaDB with and without TLS,
//! with logins that may much and little; and servers that are none, hang or lie.
#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    clippy::format_push_string,
    reason = "what goes wrong here is to fail the test at once, and plain words beat speed"
)]
#![cfg_attr(
    not(all(feature = "connect-mysql", feature = "connect-postgresql")),
    allow(
        dead_code,
        reason = "some of it is for servers that this build does not ask"
    )
)]

#[path = "../support/mod.rs"]
mod support;

#[cfg(all(feature = "connect-mysql", feature = "connect-postgresql"))]
mod liar;
#[cfg(all(feature = "connect-mysql", feature = "connect-postgresql"))]
mod lying;
#[cfg(feature = "connect-mysql")]
mod mariadb;
#[cfg(feature = "connect-postgresql")]
mod postgresql;
mod python;
mod rules;

use std::{
    ffi::{OsStr, OsString},
    sync::{Arc, Mutex, PoisonError, Weak},
    time::Duration,
};

use nuages::{
    check::server::{Heard, listen},
    value::{Table, Text, Value},
};

/// Time enough for every server that answers.
const LONG: Duration = Duration::from_secs(30);

/// A server that tests share, and that ends with the last of them: nothing ends what a static holds.
struct Shared<T>(Mutex<Weak<T>>);

impl<T> Shared<T> {
    const fn new() -> Self {
        Self(Mutex::new(Weak::new()))
    }

    fn get(&self, start: impl FnOnce() -> T) -> Arc<T> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.upgrade().unwrap_or_else(|| {
            let started = Arc::new(start());
            *kept = Arc::downgrade(&started);
            started
        })
    }
}

/// A database of an engine, with its keys and its options. A password is a secret.
fn database(engine: &str, keys: &[(&str, &str)], options: &[(&str, &str)]) -> Table {
    let mut table = Table::new();
    table.insert("ENGINE", Value::plain(engine));
    for (key, value) in keys {
        let value = match *key {
            "PASSWORD" => Value::Text(Text::secret(*value)),
            _ => Value::plain(*value),
        };
        table.insert(*key, value);
    }
    let options = options
        .iter()
        .map(|(key, value)| ((*key).to_owned(), Value::plain(*value)));
    table.insert("OPTIONS", Value::Table(options.collect()));
    table
}

/// Asks for one database.
fn ask(settings: &Table) -> Heard {
    ask_within(settings, &Vec::new(), None, false, LONG)
}

fn ask_within(
    settings: &Table,
    environment: &Vec<(OsString, OsString)>,
    python: Option<&OsStr>,
    may_alter: bool,
    within: Duration,
) -> Heard {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let databases = [("default", settings, may_alter)];
    let heard = listen(&databases, python, environment, within);
    let heard = runtime.block_on(heard).pop().unwrap();
    runtime.shutdown_background();
    heard
}

/// The ids of the rules that hold.
fn ids(heard: &Heard) -> Vec<&'static str> {
    heard.told.iter().map(|told| told.rule).collect()
}

/// What one rule has seen.
fn note<'a>(heard: &'a Heard, rule: &str) -> &'a str {
    let told = heard.told.iter().find(|told| told.rule == rule);
    told.map_or_else(
        || panic!("{rule} does not hold: {heard:#?}"),
        |told| &told.note,
    )
}

/// A value in the facts, by its JSON pointer.
fn fact<'a>(heard: &'a Heard, pointer: &str) -> &'a serde_json::Value {
    assert_eq!(heard.outcome, "answered", "{heard:#?}");
    heard
        .json
        .pointer(pointer)
        .unwrap_or_else(|| panic!("no {pointer}: {heard:#?}"))
}
