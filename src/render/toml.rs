//! `toml`: the values of a TOML 1.0 file. TOML has no null: leaving one out would give Django its default instead, so it
//! is refused.

use super::buffer::Buffer;
use super::data::{self, Limits};
use super::{DATABASES, Document, Format, Rendered, Settings};
use crate::value::{Table, Value};

const LIMITS: Limits = Limits {
    value: reason_against,
    key: |_| None,
};

/// The `[env]` values first, since they cannot follow a table's header; then a table for each database.
pub(super) struct Toml;

impl Format for Toml {
    fn name(&self) -> &'static str {
        "toml"
    }

    fn summary(&self) -> &'static str {
        "TOML: every [env] value with its type and the tables of DATABASES"
    }

    fn write(&self, document: &Document, _: &Settings) -> Rendered {
        let faults = LIMITS.faults(document);
        if !faults.is_empty() {
            return Err(faults);
        }
        let mut out = Buffer::new();
        write_lines(&mut out, &document.env, |_| true);
        let is_alias = |value: &Value| matches!(value, Value::Table(_));
        if !document.databases.is_empty() {
            write_header(&mut out, None);
            write_lines(&mut out, &document.databases, |value| !is_alias(value));
        }
        for (alias, value) in document.databases.iter() {
            if let Value::Table(table) = value {
                write_header(&mut out, Some(alias));
                write_lines(&mut out, table, |_| true);
            }
        }
        Ok(out.into_bytes())
    }
}

fn reason_against(value: &Value) -> Option<&'static str> {
    let is_too_large = |number: &str| {
        number
            .trim_start_matches('-')
            .bytes()
            .all(|byte| byte.is_ascii_digit())
            && number.parse::<i64>().is_err()
    };
    match value {
        Value::Null => Some("TOML has no null"),
        Value::Integer(number) if i64::try_from(*number).is_err() => {
            Some("TOML holds whole numbers of 64 bits")
        }
        Value::Scalar(json) if is_too_large(json.expose()) => {
            Some("TOML holds whole numbers of 64 bits")
        }
        _ => None,
    }
}

fn write_header(out: &mut Buffer, alias: Option<&str>) {
    if out.len() > 0 {
        out.push('\n');
    }
    out.push('[');
    out.push_str(DATABASES);
    if let Some(alias) = alias {
        out.push('.');
        write_key(out, alias);
    }
    out.push_str("]\n");
}

fn write_lines(out: &mut Buffer, table: &Table, belongs: impl Fn(&Value) -> bool) {
    for (key, value) in table.iter().filter(|(_, value)| belongs(value)) {
        write_key(out, key);
        out.push_str(" = ");
        write_value(out, value);
        out.push('\n');
    }
}

fn write_key(out: &mut Buffer, key: &str) {
    let is_bare = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    if !key.is_empty() && key.bytes().all(is_bare) {
        out.push_str(key);
    } else {
        data::write_quoted(out, key);
    }
}

/// A value on one line.
fn write_value(out: &mut Buffer, value: &Value) {
    match value {
        // Refused before.
        Value::Null => {}
        Value::Bool(flag) => out.push_formatted(format_args!("{flag}")),
        Value::Integer(number) => out.push_formatted(format_args!("{number}")),
        Value::Float(number) => out.push_formatted(format_args!("{number:?}")),
        Value::Text(text) => data::write_quoted(out, text.expose()),
        Value::Scalar(json) => out.push_str(json.expose()),
        Value::List(items) => {
            out.push('[');
            for (place, item) in items.iter().enumerate() {
                if place > 0 {
                    out.push_str(", ");
                }
                write_value(out, item);
            }
            out.push(']');
        }
        Value::Table(table) => {
            out.push('{');
            for (place, (key, value)) in table.iter().enumerate() {
                out.push_str(if place > 0 { ", " } else { " " });
                write_key(out, key);
                out.push_str(" = ");
                write_value(out, value);
            }
            out.push_str(if table.is_empty() { "}" } else { " }" });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::Text;

    fn document(databases: Table, env: Table) -> Document {
        Document { databases, env }
    }

    fn table(entries: &[(&str, Value)]) -> Table {
        entries
            .iter()
            .map(|(key, value)| ((*key).to_owned(), value.clone()))
            .collect()
    }

    #[test]
    fn files_are_laid_out_for_people() {
        let options = table(&[
            ("sslmode", Value::plain("require")),
            ("a b", Value::Bool(true)),
        ]);
        let default = table(&[
            ("PASSWORD", Value::Text(Text::secret("p\"\n"))),
            ("OPTIONS", Value::Table(options)),
            ("TEST", Value::Table(Table::new())),
        ]);
        let env = table(&[(
            "LIST",
            Value::List(vec![Value::Integer(1), Value::Float(1e300)]),
        )]);
        let bytes = Toml
            .write(
                &document(table(&[("a'b", Value::Table(default))]), env),
                &Settings::default(),
            )
            .unwrap();
        let expected = r#"LIST = [1, 1e300]

[DATABASES]

[DATABASES."a'b"]
PASSWORD = "p\"\n"
OPTIONS = { sslmode = "require", "a b" = true }
TEST = {}
"#;
        assert_eq!(std::str::from_utf8(&bytes).unwrap(), expected);
    }

    #[test]
    fn what_toml_lacks_is_refused() {
        let big = i128::from(i64::MAX) + 1;
        let env = table(&[
            ("NOTHING", Value::Null),
            ("LIST", Value::List(vec![Value::Integer(big)])),
            ("HIDDEN", Value::Scalar(Text::secret(big.to_string()))),
            ("FLOAT", Value::Scalar(Text::secret("1e300"))),
            ("LEAST", Value::Integer(i64::MIN.into())),
        ]);
        let faults = Toml
            .write(&document(Table::new(), env), &Settings::default())
            .unwrap_err();
        let keys: Vec<_> = faults.iter().map(|fault| fault.key.as_str()).collect();
        assert_eq!(keys, ["env.NOTHING", "env.LIST.0", "env.HIDDEN"]);
    }
}
