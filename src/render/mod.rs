//! Resolved values to bytes: one file a format, all listed in [`FORMATS`]. [`mod@file`] puts the bytes where they belong.
//!
//! A format never writes something its reader would take for something else. What it cannot hold is an
//! [`Unrepresentable`], every one of them is reported, and then there are no bytes at all.

pub(crate) mod buffer;
mod compose;
mod data;
mod docker;
mod dotenv;
mod dotenv_decouple;
mod dotenv_django_environ;
pub mod file;
mod json;
mod json_env;
pub(crate) mod k8s_secret;
pub(crate) mod libpq;
mod lines;
pub(crate) mod login;
pub(crate) mod my_cnf;
mod node;
mod pg_service;
pub(crate) mod pgpass;
mod portable;
mod sh;
mod systemd;
mod tfvars;
mod toml;
pub mod tracked;
mod url;
mod yaml;

use std::{collections::BTreeMap, fmt};

use zeroize::Zeroizing;

use crate::value::{Table, Value};
pub(crate) use buffer::Buffer;
pub(crate) use json::compact_length;
pub(crate) use lines::{Variable, check as check_variable, variables};

/// The variable that carries the databases, in the formats that hold variables.
pub(crate) const DATABASES: &str = "DATABASES";

/// What stands in for a secret in a masked document.
pub(crate) const MASK: &str = "********";

/// What there is to render: the resolved values under the names the process will see.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Document {
    /// Alias to `Value::Table`: Django's `DATABASES`.
    pub databases: Table,
    /// Variable name to value: a scalar, or a list or table that the process will see as JSON.
    pub env: Table,
}

/// A value its format cannot hold. It says which and why, and shows nothing of the value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unrepresentable {
    /// The key in the manifest's terms: `databases`, `databases.default.OPTIONS.timeout`, `env.SECRET_KEY`.
    pub key: String,
    /// A fragment that begins in lower case, such as "`docker` env files cannot hold a line break".
    pub reason: &'static str,
}

impl fmt::Display for Unrepresentable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cannot render `{}`: {}", self.key, self.reason)
    }
}

impl std::error::Error for Unrepresentable {}

/// The bytes of a document in one format, or everything that format cannot hold.
pub type Rendered = Result<Zeroizing<Vec<u8>>, Vec<Unrepresentable>>;

/// One format: a file each, all listed in [`FORMATS`].
pub trait Format: Sync {
    /// Its name on the command line: `databases-json`.
    fn name(&self) -> &'static str;

    /// One line that says who reads it.
    fn summary(&self) -> &'static str;

    /// Whether the `[env]` values are written too, or the databases alone.
    fn holds_env(&self) -> bool {
        true
    }

    /// What can be set for it, beside the values.
    fn settings(&self) -> &'static [Setting] {
        &[]
    }

    /// Writes `document`, of which the numbers and names are sound; the bytes end in a line break.
    ///
    /// # Errors
    ///
    /// Every key whose value or name this format cannot hold.
    fn write(&self, document: &Document, settings: &Settings) -> Rendered;
}

impl dyn Format {
    /// Renders `document`, with nothing set.
    ///
    /// # Errors
    ///
    /// Every key whose value or name this format cannot hold.
    pub fn render(&self, document: &Document) -> Rendered {
        self.render_with(document, &Settings::default())
    }

    /// Renders `document`; the bytes end in a line break.
    ///
    /// # Errors
    ///
    /// Every key whose value or name this format cannot hold.
    pub fn render_with(&self, document: &Document, settings: &Settings) -> Rendered {
        let mut faults = faults(document, self.holds_env());
        match self.write(document, settings) {
            Ok(bytes) if faults.is_empty() => Ok(bytes),
            Ok(_) => Err(faults),
            Err(more) => {
                faults.extend(more);
                Err(faults)
            }
        }
    }
}

impl fmt::Debug for dyn Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Format").field(&self.name()).finish()
    }
}

/// Something that a format can be told: `--set namespace=shop`.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    /// `namespace`.
    pub name: &'static str,
    /// One line that says what it does, and what holds without it.
    pub summary: &'static str,
}

/// What a format was told.
#[derive(Clone, Debug, Default)]
pub struct Settings(BTreeMap<String, String>);

impl Settings {
    /// The value of a setting.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }
}

impl FromIterator<(String, String)> for Settings {
    fn from_iter<T: IntoIterator<Item = (String, String)>>(settings: T) -> Self {
        Self(settings.into_iter().collect())
    }
}

/// Every format there is; the first is the default.
pub const FORMATS: &[&dyn Format] = &[
    &json::DatabasesJson,
    &json::Json,
    &json_env::JsonEnv,
    &yaml::Yaml,
    &toml::Toml,
    &tfvars::Tfvars,
    &dotenv::Dotenv,
    &dotenv_django_environ::DotenvDjangoEnviron,
    &dotenv_decouple::DotenvDecouple,
    &node::Node,
    &sh::Sh,
    &systemd::Systemd,
    &docker::Docker,
    &compose::Compose,
    &portable::Portable,
    &url::Url,
    &pgpass::Pgpass,
    &pg_service::PgService,
    &my_cnf::MyCnf,
    &k8s_secret::K8sSecret,
];

/// The format called `name`.
#[must_use]
pub fn format(name: &str) -> Option<&'static dyn Format> {
    FORMATS.iter().copied().find(|format| format.name() == name)
}

/// What no format of variables can hold, whatever it writes.
pub(crate) fn faults(document: &Document, holds_env: bool) -> Vec<Unrepresentable> {
    let mut faults = Vec::new();
    find_unwritable_numbers(
        "databases",
        &Entries::Table(&document.databases),
        &mut faults,
    );
    if holds_env {
        find_unwritable_numbers("env", &Entries::Table(&document.env), &mut faults);
        if !document.databases.is_empty() && document.env.get(DATABASES).is_some() {
            faults.push(Unrepresentable {
                key: format!("env.{DATABASES}"),
                reason: "the same variable is made from `databases`",
            });
        }
    }
    faults
}

/// A text as it stands inside of `DATABASES`, without the quotes around it.
pub(crate) fn json_inside(text: &str) -> Zeroizing<String> {
    let mut out = Buffer::new();
    json::write_compact_inside(&mut out, text);
    out.into_text()
}

/// The text of an `[env]` value in the process's environment.
///
/// Text as it is, `true` or `false`, numbers in decimal, nothing for null, and compact JSON in ASCII for a list or
/// a table.
pub fn env_text(value: &Value) -> Zeroizing<String> {
    let mut text = Buffer::new();
    match value {
        Value::Null => {}
        Value::Text(plain) | Value::Scalar(plain) => text.push_str(plain.expose()),
        other => json::write_compact(&mut text, other),
    }
    text.into_text()
}

/// The document with `********` for every secret text: fit for a terminal.
///
/// A masked document may be representable where the real one is not, so whoever wants to know renders the real one.
#[must_use]
pub fn masked(document: &Document) -> Document {
    Document {
        databases: masked_table(&document.databases),
        env: masked_table(&document.env),
    }
}

fn masked_table(table: &Table) -> Table {
    table
        .iter()
        .map(|(key, value)| (key.to_owned(), masked_value(value)))
        .collect()
}

fn masked_value(value: &Value) -> Value {
    match value {
        Value::Text(text) | Value::Scalar(text) if text.is_secret() => Value::plain(MASK),
        Value::Table(table) if table.hides_keys() => Value::plain(MASK),
        Value::List(items) => Value::List(items.iter().map(masked_value).collect()),
        Value::Table(table) => Value::Table(masked_table(table)),
        other => other.clone(),
    }
}

/// A list or a table, under one roof for the walk below.
enum Entries<'a> {
    List(&'a [Value]),
    Table(&'a Table),
}

/// JSON has no infinity and no NaN, and no reader of a variable agrees with the next on how to spell them.
fn find_unwritable_numbers(key: &str, entries: &Entries<'_>, faults: &mut Vec<Unrepresentable>) {
    let mut visit = |key: String, value: &Value| match value {
        Value::Float(number) if !number.is_finite() => faults.push(Unrepresentable {
            key,
            reason: "the number is not finite",
        }),
        Value::List(items) => find_unwritable_numbers(&key, &Entries::List(items), faults),
        Value::Table(table) => find_unwritable_numbers(&key, &Entries::Table(table), faults),
        _ => {}
    };
    match entries {
        Entries::List(items) => {
            for (place, value) in items.iter().enumerate() {
                visit(format!("{key}.{place}"), value);
            }
        }
        Entries::Table(table) => {
            for (name, value) in table.iter() {
                visit(format!("{key}.{name}"), value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::Text;

    fn table(entries: &[(&str, Value)]) -> Table {
        entries
            .iter()
            .map(|(key, value)| ((*key).to_owned(), value.clone()))
            .collect()
    }

    #[test]
    fn formats_are_found_by_their_own_name_only() {
        for expected in FORMATS {
            assert_eq!(
                format(expected.name()).map(Format::name),
                Some(expected.name())
            );
        }
        assert!(format("xml").is_none());
    }

    #[test]
    fn env_text_is_what_a_process_expects() {
        let list = Value::List(vec![Value::plain("a b"), Value::Null, Value::Bool(true)]);
        for (value, expected) in [
            (Value::plain(" as\nit is "), " as\nit is "),
            (Value::Null, ""),
            (Value::Bool(false), "false"),
            (Value::Integer(-5432), "-5432"),
            (Value::Float(0.5), "0.5"),
            (Value::Float(2.0), "2.0"),
            (list, r#"["a\u0020b",null,true]"#),
            (
                Value::Table(table(&[("k", Value::Integer(1))])),
                r#"{"k":1}"#,
            ),
        ] {
            assert_eq!(*env_text(&value), expected);
        }
    }

    #[test]
    fn a_masked_document_keeps_its_shape_and_no_secret() {
        let inner = table(&[
            ("PASSWORD", Value::Text(Text::secret("hunter2"))),
            ("HOST", Value::plain("db")),
            (
                "OPTIONS",
                Value::List(vec![
                    Value::Text(Text::secret("hunter3")),
                    Value::Integer(1),
                ]),
            ),
        ]);
        let document = Document {
            databases: table(&[("default", Value::Table(inner))]),
            env: table(&[("KEY", Value::Text(Text::secret("")))]),
        };
        let masked = masked(&document);
        let expected = table(&[
            ("PASSWORD", Value::plain("********")),
            ("HOST", Value::plain("db")),
            (
                "OPTIONS",
                Value::List(vec![Value::plain("********"), Value::Integer(1)]),
            ),
        ]);
        assert_eq!(
            masked.databases,
            table(&[("default", Value::Table(expected))])
        );
        assert_eq!(masked.env, table(&[("KEY", Value::plain("********"))]));
    }

    #[test]
    fn numbers_no_reader_takes_are_refused_with_their_place() {
        let options = table(&[("timeout", Value::Float(f64::INFINITY))]);
        let document = Document {
            databases: table(&[(
                "default",
                Value::Table(table(&[("OPTIONS", Value::Table(options))])),
            )]),
            env: table(&[(
                "RATIO",
                Value::List(vec![Value::Bool(true), Value::Float(f64::NAN)]),
            )]),
        };
        for format in FORMATS {
            let keys: Vec<_> = format
                .render(&document)
                .unwrap_err()
                .into_iter()
                .map(|fault| fault.key)
                .collect();
            let in_databases = "databases.default.OPTIONS.timeout";
            if format.holds_env() {
                assert_eq!(
                    keys[..2],
                    [in_databases, "env.RATIO.1"],
                    "{}",
                    format.name()
                );
            } else {
                // Formats of one kind of client also miss the engine here.
                assert_eq!(keys[0], in_databases, "{}", format.name());
            }
        }
    }

    #[test]
    fn one_variable_from_two_sources_is_refused() {
        let both = Document {
            databases: table(&[("default", Value::Table(Table::new()))]),
            env: table(&[("DATABASES", Value::plain("{}"))]),
        };
        let env_alone = Document {
            databases: Table::new(),
            ..both.clone()
        };
        for format in FORMATS {
            assert_eq!(
                format.render(&both).is_err(),
                format.holds_env(),
                "{}",
                format.name()
            );
            assert!(format.render(&env_alone).is_ok(), "{}", format.name());
        }
    }

    #[test]
    fn everything_a_format_cannot_hold_is_told_at_once() {
        let document = Document {
            databases: Table::new(),
            env: table(&[
                ("A", Value::plain("one\ntwo")),
                ("B", Value::plain("fine")),
                ("C", Value::plain("end\r")),
                ("D", Value::plain("nul\0")),
                ("E F", Value::plain("fine")),
            ]),
        };
        let keys = |name: &str| -> Vec<String> {
            let faults = format(name).unwrap().render(&document).unwrap_err();
            faults.into_iter().map(|fault| fault.key).collect()
        };
        assert_eq!(keys("docker"), ["env.A", "env.C", "env.D", "env.E F"]);
        assert_eq!(keys("sh"), ["env.D", "env.E F"]);
        assert_eq!(keys("dotenv"), ["env.D", "env.E F"]);
    }
}
