//! The proposed manifest as text: instances, databases, environment, a profile for laptops.

use std::fmt::Write as _;

use toml_edit::Key;

use super::{
    Store,
    databases::{Database, Literal, Read, Value},
};
use crate::{
    django::{
        engine::{self, Family},
        keys::{self, Kind},
        url::UrlStyle,
    },
    registry::kind,
    template::{Part, Template},
};

/// What a value of the manifest may refer to.
pub(super) trait Refer {
    /// The reference that takes a literal's place, where it is a secret.
    fn literal(&self, literal: &Literal) -> Option<String>;
    /// What a variable is, and what is known of it; a value in a database's `key` may be a secret by that.
    fn variable(&self, name: &str, key: &str, default: Option<&Literal>) -> Known;
}

/// What is known of a variable.
pub(super) enum Known {
    /// A secret under this reference, which has or gets a value.
    Stored(String),
    /// A secret under this reference that nobody has a value of.
    Unknown(String),
    /// No secret; its value, where there is one.
    Plain(Option<String>),
}

/// One variable of `[env]`.
pub(super) struct Entry {
    pub(super) name: String,
    /// What stands in the string.
    pub(super) value: String,
    pub(super) is_optional: bool,
    /// What stands in the string in the profile `dev`, where that is something else.
    pub(super) on_laptops: Option<String>,
}

const TLS: &str = "\
# Without sslmode in OPTIONS libpq checks neither the server's name nor its certificate, and falls back to no TLS at all.
# For a server that has a certificate: sslmode = \"verify-full\", sslrootcert = \"system\"
";

/// The manifest, or nothing where a database has a value that no manifest can hold.
pub(super) fn write(
    store: &Store,
    databases: &[Database],
    entries: &[Entry],
    refer: &dyn Refer,
) -> Option<String> {
    let mut text =
        String::from("# What this project needs, by reference: no secret is in here.\n\n");
    instance(&mut text, store);
    for database in databases {
        let _ = writeln!(text, "\n[databases.{}]", key(&database.alias));
        let keys = keys_of(database, refer)?;
        pairs(&mut text, &keys);
        if wants_tls(database) {
            text.push_str(TLS);
        }
    }
    if !entries.is_empty() {
        text.push_str("\n[env]\n");
        let entries: Vec<(String, String)> = entries
            .iter()
            .map(|entry| {
                let value = quoted(&entry.value);
                let value = if entry.is_optional {
                    optional(&value)
                } else {
                    value
                };
                (entry.name.clone(), value)
            })
            .collect();
        pairs(&mut text, &entries);
    }
    if let Some(dev) = &store.dev {
        let _ = writeln!(
            text,
            "\n[profiles.dev.providers.{}]   # the same references, from a laptop's env file",
            key(&store.instance)
        );
        pairs(
            &mut text,
            &[
                vec![("kind".to_owned(), quoted(kind::DOTENV))],
                settings(dev),
            ]
            .concat(),
        );
    }
    let on_laptops: Vec<(String, String)> = entries
        .iter()
        .filter_map(|entry| Some((entry.name.clone(), quoted(entry.on_laptops.as_ref()?))))
        .collect();
    if !on_laptops.is_empty() {
        text.push_str("\n[profiles.dev.env]   # on where it is asked for, never by default\n");
        pairs(&mut text, &on_laptops);
    }
    Some(text)
}

/// A manifest whose variables `V0`, `V1`, … are these secrets of the store; one that is not there is empty.
pub(super) fn of_secrets(store: &Store, secrets: &[&str]) -> String {
    let entries: Vec<(String, String)> = secrets
        .iter()
        .enumerate()
        .map(|(number, secret)| {
            let reference = format!("${{{}://{secret}:-}}", store.instance);
            (format!("V{number}"), quoted(&reference))
        })
        .collect();
    let mut text = String::new();
    instance(&mut text, store);
    text.push_str("[env]\n");
    pairs(&mut text, &entries);
    text
}

fn instance(text: &mut String, store: &Store) {
    let _ = writeln!(text, "[providers.{}]", key(&store.instance));
    let kind = vec![("kind".to_owned(), quoted(&store.kind))];
    pairs(text, &[kind, settings(&store.settings)].concat());
}

/// The text with `${` as a literal's.
pub(super) fn plain(text: &str) -> String {
    text.replace("${", "$${")
}

/// `${reference:-default}`, where a default can be written at all.
pub(super) fn with_default(reference: &str, default: &str) -> Option<String> {
    let escaped = default
        .replace("${", "$${")
        .replace('}', "$}")
        .replace('|', "$|");
    let has_break = default.contains(['\n', '\r', '\0']);
    [plain(default), escaped]
        .into_iter()
        .map(|default| format!("${{{reference}:-{default}}}"))
        .find(|text| !has_break && is_default(text, default))
}

/// Whether a text is one reference with this very default.
fn is_default(text: &str, default: &str) -> bool {
    Template::parse(text).is_ok_and(|template| match template.parts.as_slice() {
        [Part::Hole(hole)] => {
            hole.filters.is_empty()
                && hole.default.as_ref().and_then(Template::literal) == Some(default)
        }
        _ => false,
    })
}

fn settings(settings: &[(String, String)]) -> Vec<(String, String)> {
    settings
        .iter()
        .map(|(name, value)| (name.clone(), setting(value)))
        .collect()
}

/// A setting as it is typed: TOML where it is a flag, a number or a list, and text otherwise.
fn setting(text: &str) -> String {
    match text.parse::<toml_edit::Value>() {
        Ok(value) if !value.is_str() && !value.is_datetime() && !value.is_inline_table() => {
            value.to_string().trim().to_owned()
        }
        _ => quoted(text),
    }
}

fn keys_of(database: &Database, refer: &dyn Refer) -> Option<Vec<(String, String)>> {
    let mut pairs = Vec::new();
    if let Some((value, style)) = &database.url {
        // A database without its URL is none: it is never left out.
        let url = match value {
            Value::Text(literal) => text(literal, refer),
            Value::Read(read) => quoted(&read_value(read, "url", refer)?.0),
            _ => return None,
        };
        pairs.push(("url".to_owned(), url));
        if *style != UrlStyle::default() {
            pairs.push(("url_style".to_owned(), quoted(style.name())));
        }
    }
    for (name, value) in &database.keys {
        match top(name, value, refer) {
            Top::Written(value) => pairs.push((name.clone(), value)),
            Top::Default => {}
            Top::Unwritable => return None,
        }
    }
    Some(pairs)
}

/// A key of a database in the manifest.
enum Top {
    Written(String),
    /// Django's default is meant: nothing stands there.
    Default,
    Unwritable,
}

fn top(name: &str, value: &Value, refer: &dyn Refer) -> Top {
    let kind = keys::find(name).map(|key| key.kind);
    let written = match (value, kind) {
        (Value::None, Some(Kind::SecondsOrNull)) => Some(quoted("none")),
        (Value::None, Some(_)) => return Top::Default,
        (Value::Text(literal), Some(Kind::Engine)) => {
            let short = engine::find(&literal.text).map(|engine| engine.short);
            Some(quoted(&plain(short.unwrap_or(&literal.text))))
        }
        // Django would get text where it got something else.
        (Value::Read(read), None | Some(Kind::Text | Kind::Engine)) if read.is_cast => None,
        (Value::Text(_) | Value::Read(_), _) => scalar(value, name, refer),
        (value, _) => inner(name, value, refer),
    };
    written.map_or(Top::Unwritable, Top::Written)
}

/// Text, literal or read.
fn scalar(value: &Value, name: &str, refer: &dyn Refer) -> Option<String> {
    match value {
        Value::Text(literal) => Some(text(literal, refer)),
        Value::Read(read) => read_value(read, name, refer).map(|(value, is_optional)| {
            let value = quoted(&value);
            if is_optional { optional(&value) } else { value }
        }),
        _ => None,
    }
}

/// What a read of a variable becomes, and whether it may be missing.
fn read_value(read: &Read, key: &str, refer: &dyn Refer) -> Option<(String, bool)> {
    let default = read.default.as_ref();
    Some(match refer.variable(&read.name, key, default) {
        Known::Stored(reference) => (format!("${{{reference}}}"), false),
        Known::Unknown(reference) => match default {
            Some(default) => (with_default(&reference, &default.text)?, false),
            None => (format!("${{{reference}}}"), read.is_optional),
        },
        Known::Plain(value) => {
            let reference = format!("env://{}", read.name);
            let default = value
                .as_deref()
                .or_else(|| default.map(|default| default.text.as_str()));
            match default {
                Some(default) => (with_default(&reference, default)?, false),
                None => (format!("${{{reference}}}"), read.is_optional),
            }
        }
    })
}

/// What stands in a table or a list.
fn inner(name: &str, value: &Value, refer: &dyn Refer) -> Option<String> {
    Some(match value {
        Value::Text(literal) => text(literal, refer),
        Value::Integer(number) => number.to_string(),
        Value::Float(number) => toml_edit::Value::from(*number).to_string(),
        Value::Flag(flag) => flag.to_string(),
        Value::None => return None,
        Value::List(items) => {
            let items: Option<Vec<String>> =
                items.iter().map(|item| inner(name, item, refer)).collect();
            format!("[{}]", items?.join(", "))
        }
        Value::Table(entries) => {
            let entries: Option<Vec<String>> = entries
                .iter()
                .map(|(name, value)| {
                    Some(format!("{} = {}", key(name), inner(name, value, refer)?))
                })
                .collect();
            format!("{{ {} }}", entries?.join(", "))
        }
        Value::Read(read) => {
            let (value, is_optional) = read_value(read, name, refer)?;
            // Nothing inside of a table can be left out, and everything read is text.
            (!is_optional && !read.is_cast).then(|| quoted(&value))?
        }
    })
}

fn text(literal: &Literal, refer: &dyn Refer) -> String {
    match refer.literal(literal) {
        Some(reference) => quoted(&format!("${{{reference}}}")),
        None => quoted(&plain(&literal.text)),
    }
}

/// A PostgreSQL server somewhere else, without a word on TLS.
fn wants_tls(database: &Database) -> bool {
    let of = |wanted: &str| {
        let mut keys = database.keys.iter();
        keys.find(|(name, _)| name == wanted)
            .map(|(_, value)| value)
    };
    let is_postgresql = matches!(of("ENGINE"), Some(Value::Text(engine))
        if engine::find(&engine.text).is_some_and(|engine| engine.family == Family::Postgresql));
    let is_far = match of("HOST") {
        Some(Value::Text(host)) => {
            !matches!(host.text.as_str(), "" | "localhost" | "127.0.0.1" | "::1")
                && !host.text.starts_with('/')
        }
        Some(Value::Read(_)) => true,
        _ => false,
    };
    let has_mode = match of("OPTIONS") {
        Some(Value::Table(options)) => options
            .iter()
            .any(|(name, _)| name == "sslmode" || name == "service"),
        _ => false,
    };
    is_postgresql && is_far && !has_mode
}

fn optional(value: &str) -> String {
    format!("{{ value = {value}, optional = true }}")
}

fn quoted(text: &str) -> String {
    // On one line, whatever is in it: the same string may stand in an inline table.
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            c if c.is_control() => {
                let _ = write!(quoted, "\\u{:04X}", u32::from(c));
            }
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

fn key(name: &str) -> String {
    Key::new(name).display_repr().into_owned()
}

/// `name = value` lines with their signs below each other.
fn pairs(text: &mut String, pairs: &[(String, String)]) {
    const WIDEST: usize = 24;
    let names: Vec<String> = pairs.iter().map(|(name, _)| key(name)).collect();
    let widths = names.iter().map(|name| name.chars().count());
    let width = widths.filter(|width| *width <= WIDEST).max().unwrap_or(0);
    for (name, (_, value)) in names.iter().zip(pairs) {
        let _ = writeln!(text, "{name:<width$} = {value}");
    }
}
