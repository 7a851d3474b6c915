//! Any document in every format: rendering never panics, and what a format does write is read back as it was meant.
#![no_main]

use std::cell::RefCell;

use libfuzzer_sys::{arbitrary::Arbitrary, fuzz_target};
use nuages::{
    render::{Document, FORMATS, env_text, masked},
    value::{Table, Text, Value},
};
use nuages_fuzz::{Bench, MARKER};
use nuages_provider::{Locator, Settings};
use nuages_provider_local::dotenv;

#[derive(Arbitrary, Debug)]
enum Any {
    Null,
    Bool(bool),
    Integer(i64),
    Float(f64),
    Plain(String),
    Secret(String),
    List(Vec<Any>),
    Table(Vec<(String, Any)>),
}

#[derive(Arbitrary, Debug)]
struct Input {
    databases: Vec<(String, Vec<(String, Any)>)>,
    env: Vec<(String, Any)>,
}

thread_local! {
    static BENCH: RefCell<Bench> = RefCell::default();
}

fn value(any: Any) -> Value {
    match any {
        Any::Null => Value::Null,
        Any::Bool(flag) => Value::Bool(flag),
        Any::Integer(number) => Value::Integer(number.into()),
        Any::Float(number) => Value::Float(number),
        Any::Plain(text) => Value::plain(text),
        Any::Secret(text) => Value::Text(Text::secret(format!("{text}{MARKER}"))),
        Any::List(items) => Value::List(items.into_iter().map(value).collect()),
        Any::Table(entries) => Value::Table(table(entries)),
    }
}

fn table(entries: Vec<(String, Any)>) -> Table {
    entries
        .into_iter()
        .map(|(key, any)| (key, value(any)))
        .collect()
}

/// Name and text of every variable, in order.
fn variables(document: &Document) -> Vec<(String, String)> {
    let mut variables = Vec::new();
    if !document.databases.is_empty() {
        let databases = Value::Table(document.databases.clone());
        variables.push(("DATABASES".to_owned(), env_text(&databases).to_string()));
    }
    let env = document.env.iter();
    variables.extend(env.map(|(name, value)| (name.to_owned(), env_text(value).to_string())));
    variables
}

/// `export NAME='…'` lines by the letter of POSIX; `None` for anything else.
fn read_exports(script: &str) -> Option<Vec<(String, String)>> {
    let mut seen = Vec::new();
    let mut rest = script;
    while !rest.is_empty() {
        let (name, after) = rest.strip_prefix("export ")?.split_once('=')?;
        let mut text = String::new();
        let mut characters = after.chars();
        loop {
            match characters.next()? {
                '\'' => loop {
                    match characters.next()? {
                        '\'' => break,
                        inside => text.push(inside),
                    }
                },
                '\\' => text.push(characters.next()?),
                '\n' => break,
                _ => return None,
            }
        }
        seen.push((name.to_owned(), text));
        rest = characters.as_str();
    }
    Some(seen)
}

fn read_back(bench: &Bench, format: &str, text: &str, document: &Document) {
    assert!(
        text.is_empty() || text.ends_with('\n'),
        "{format}: no line break at the end"
    );
    let meant = variables(document);
    match format {
        "databases-json" | "json" => {
            assert!(text.is_ascii());
            serde_json::from_str::<serde_json::Value>(text).expect("JSON");
        }
        "json-env" => {
            let json = text
                .strip_prefix("DATABASES='")
                .and_then(|rest| rest.strip_suffix("'\n"));
            let json = json.expect("one line in quotes");
            assert!(!json.contains(['\'', '\n', '\r', '$', '`', '#', ' ']) && json.is_ascii());
            serde_json::from_str::<serde_json::Value>(json).expect("JSON");
        }
        "dotenv" => {
            assert_eq!(
                text.matches('\n').count(),
                meant.len(),
                "one line a variable"
            );
            bench.write(".env", text.as_bytes());
            let environment = bench.environment(Vec::new());
            let provider = bench.open(&dotenv::DESCRIPTOR, Settings::new(), environment);
            let names: Vec<Locator> = meant.iter().map(|(name, _)| Locator::new(name)).collect();
            let answers = bench.fetch(&*provider, &names);
            for ((name, text), answer) in meant.iter().zip(answers) {
                let answer = answer.unwrap_or_else(|error| panic!("{name:?}: {error}"));
                assert_eq!(answer.value.expose_text(), Ok(text.as_str()), "{name:?}");
            }
        }
        "sh" => assert_eq!(read_exports(text).as_ref(), Some(&meant)),
        "docker" => {
            let seen: Option<Vec<_>> = text
                .split_terminator('\n')
                .map(|line| line.split_once('='))
                .collect();
            let meant = meant
                .iter()
                .map(|(name, text)| (name.as_str(), text.as_str()));
            assert_eq!(seen, Some(meant.collect()));
        }
        "toml" => {
            let read: toml::Table = text.parse().expect("TOML");
            let databases = usize::from(!document.databases.is_empty());
            let env = document.env.iter();
            let kept = env.filter(|(_, value)| **value != Value::Null).count();
            assert_eq!(read.len(), databases + kept);
        }
        "dotenv-decouple" | "portable" => assert_eq!(
            text.matches('\n').count(),
            meant.len(),
            "one line a variable"
        ),
        // The others have readers of their own, which the tests hold them to.
        _ => {}
    }
}

fuzz_target!(|input: Input| {
    let databases = input.databases.into_iter();
    let document = Document {
        databases: databases
            .map(|(alias, keys)| (alias, Value::Table(table(keys))))
            .collect(),
        env: table(input.env),
    };
    let hidden = masked(&document);
    assert!(
        !format!("{document:?}").contains(MARKER),
        "`Debug` shows a secret"
    );
    for format in FORMATS {
        match format.render(&document) {
            Ok(bytes) => {
                let text = std::str::from_utf8(&bytes).expect("UTF-8");
                BENCH.with_borrow(|bench| read_back(bench, format.name(), text, &document));
            }
            Err(faults) => {
                assert!(!faults.is_empty(), "a refusal says why");
                for fault in faults {
                    assert!(
                        !fault.to_string().contains(MARKER),
                        "a refusal shows a secret"
                    );
                }
            }
        }
        if let Ok(bytes) = format.render(&hidden) {
            assert!(
                !String::from_utf8_lossy(&bytes).contains(MARKER),
                "a mask lets through"
            );
        }
    }
});
