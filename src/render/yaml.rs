//! `yaml`: one mapping for readers of YAML 1.1 (`PyYAML`) and 1.2 (ruamel.yaml, Go, Ruby) alike. All text stands in double
//! quotes in ASCII, so that nothing is taken for a number, a date, `no`, an alias or a merge key.

use super::buffer::Buffer;
use super::data::{self, Node};
use super::{Document, Format, Rendered, Settings};
use crate::value::Value;

/// The longest key, in bytes before escaping, that is written before its colon: there a key may have 1,024 characters
/// (YAML 1.2.2, 8.2.2), and none becomes more than ten.
const LONGEST_PLAIN_KEY: usize = 100;

/// Block mappings, two blanks an indent; lists on one line.
pub(super) struct Yaml;

impl Format for Yaml {
    fn name(&self) -> &'static str {
        "yaml"
    }

    fn summary(&self) -> &'static str {
        "one YAML mapping: DATABASES and every [env] value with its type"
    }

    fn write(&self, document: &Document, _: &Settings) -> Rendered {
        let mut out = Buffer::new();
        if document.databases.is_empty() && document.env.is_empty() {
            out.push_str("{}\n");
        }
        write_mapping(&mut out, data::entries(document), 0);
        Ok(out.into_bytes())
    }
}

fn write_mapping<'a>(
    out: &mut Buffer,
    entries: impl Iterator<Item = (&'a str, Node<'a>)>,
    depth: usize,
) {
    for (key, node) in entries {
        data::write_indent(out, depth);
        let is_long = key.len() > LONGEST_PLAIN_KEY;
        if is_long {
            out.push_str("? ");
        }
        data::write_quoted(out, key);
        if is_long {
            out.push('\n');
            data::write_indent(out, depth);
        }
        out.push(':');
        match node.table() {
            Some(table) if !table.is_empty() => {
                out.push('\n');
                write_mapping(out, data::nodes(table), depth + 1);
            }
            _ => {
                out.push(' ');
                write_node(out, node);
                out.push('\n');
            }
        }
    }
}

/// A value on one line.
fn write_node(out: &mut Buffer, node: Node<'_>) {
    if let Some(table) = node.table() {
        write_flow_mapping(out, data::nodes(table));
        return;
    }
    let Node::Value(value) = node else { return };
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(flag) => out.push_formatted(format_args!("{flag}")),
        Value::Integer(number) => out.push_formatted(format_args!("{number}")),
        Value::Float(number) => write_number(out, &format!("{number:?}")),
        Value::Text(text) => data::write_quoted(out, text.expose()),
        Value::Scalar(json) => write_number(out, json.expose()),
        Value::List(items) => {
            out.push('[');
            for (place, item) in items.iter().enumerate() {
                if place > 0 {
                    out.push_str(", ");
                }
                write_node(out, Node::Value(item));
            }
            out.push(']');
        }
        Value::Table(_) => {}
    }
}

fn write_flow_mapping<'a>(out: &mut Buffer, entries: impl Iterator<Item = (&'a str, Node<'a>)>) {
    out.push('{');
    let mut first = true;
    for (key, node) in entries {
        if !first {
            out.push_str(", ");
        }
        first = false;
        // With the question mark a key may have any length.
        out.push_str("? ");
        data::write_quoted(out, key);
        out.push_str(" : ");
        write_node(out, node);
    }
    out.push('}');
}

/// A number or a boolean from its JSON. YAML 1.1 takes `1e300` for text: it wants a point and the exponent's sign.
fn write_number(out: &mut Buffer, json: &str) {
    let Some((digits, exponent)) = json
        .split_once(['e', 'E'])
        .filter(|_| json != "false" && json != "true")
    else {
        out.push_str(json);
        return;
    };
    out.push_str(digits);
    if !digits.contains('.') {
        out.push_str(".0");
    }
    out.push('e');
    if !exponent.starts_with(['+', '-']) {
        out.push('+');
    }
    out.push_str(exponent);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::{Table, Text};

    fn rendered(document: &Document) -> String {
        let bytes = Yaml.write(document, &Settings::default()).unwrap();
        String::from_utf8(bytes.to_vec()).unwrap()
    }

    fn env(value: Value) -> Document {
        Document {
            env: [("A".to_owned(), value)].into_iter().collect(),
            ..Document::default()
        }
    }

    #[test]
    fn files_are_laid_out_for_people() {
        let default: Table = [
            ("PASSWORD".to_owned(), Value::Text(Text::secret("no\n"))),
            ("PORT".to_owned(), Value::Integer(5432)),
            ("TEST".to_owned(), Value::Table(Table::new())),
        ]
        .into_iter()
        .collect();
        let inner: Table = [("k".to_owned(), Value::Null)].into_iter().collect();
        let document = Document {
            databases: [("default".to_owned(), Value::Table(default))]
                .into_iter()
                .collect(),
            env: [
                ("DEBUG".to_owned(), Value::Bool(false)),
                (
                    "LIST".to_owned(),
                    Value::List(vec![Value::Integer(1), Value::Table(inner)]),
                ),
            ]
            .into_iter()
            .collect(),
        };
        let expected = r#""DATABASES":
  "default":
    "PASSWORD": "no\n"
    "PORT": 5432
    "TEST": {}
"DEBUG": false
"LIST": [1, {? "k" : null}]
"#;
        assert_eq!(rendered(&document), expected);
        assert_eq!(rendered(&Document::default()), "{}\n");
    }

    #[test]
    fn numbers_are_numbers_in_yaml_1_1_too() {
        for (value, expected) in [
            (Value::Float(1e300), "1.0e+300"),
            (Value::Float(-5e-324), "-5.0e-324"),
            (Value::Float(0.5), "0.5"),
            (Value::Scalar(Text::secret("1.5e20")), "1.5e+20"),
            (Value::Scalar(Text::secret("false")), "false"),
            (Value::Scalar(Text::secret("true")), "true"),
            (Value::Scalar(Text::secret("-7")), "-7"),
        ] {
            assert_eq!(rendered(&env(value)), format!("\"A\": {expected}\n"));
        }
    }

    #[test]
    fn a_long_key_is_marked_as_one() {
        let key = "k".repeat(2000);
        let table: Table = [(key.clone(), Value::Integer(1))].into_iter().collect();
        assert_eq!(
            rendered(&env(Value::Table(table))),
            format!("\"A\":\n  ? \"{key}\"\n  : 1\n")
        );
    }
}
