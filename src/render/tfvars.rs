//! `tfvars`: variable definitions for Terraform and `OpenTofu` (`secrets.auto.tfvars`), in HCL's native syntax: its
//! specification (`hclsyntax/spec.md`) and cty, which holds text in Unicode's normalization form C alone.

use unicode_normalization::{IsNormalized, is_nfc_quick};

use super::buffer::Buffer;
use super::data::{self, Limits, Node};
use super::{Document, Format, Rendered, Settings, lines};
use crate::value::Value;

const LIMITS: Limits = Limits {
    value: |value| match value {
        Value::Text(text) => reason_against(text.expose()),
        _ => None,
    },
    key: reason_against,
};

/// `NAME = value` for `DATABASES` and every `[env]` value. No heredocs: their reader keeps no line break as it is.
pub(super) struct Tfvars;

impl Format for Tfvars {
    fn name(&self) -> &'static str {
        "tfvars"
    }

    fn summary(&self) -> &'static str {
        "variable definitions for Terraform and OpenTofu"
    }

    fn write(&self, document: &Document, _: &Settings) -> Rendered {
        let mut faults = LIMITS.faults(document);
        for (name, _) in document.env.iter() {
            if !lines::is_identifier(name) {
                faults.push(super::Unrepresentable {
                    key: format!("env.{name}"),
                    reason: "a variable of Terraform has a name of letters, digits and `_` alone, and no digit first",
                });
            }
        }
        if !faults.is_empty() {
            return Err(faults);
        }
        let mut out = Buffer::new();
        for (name, node) in data::entries(document) {
            out.push_str(name);
            out.push_str(" = ");
            write_node(&mut out, node, 0);
            out.push('\n');
        }
        Ok(out.into_bytes())
    }
}

fn reason_against(text: &str) -> Option<&'static str> {
    match is_nfc_quick(text.chars()) {
        IsNormalized::Yes => None,
        IsNormalized::No | IsNormalized::Maybe => Some(
            "Terraform composes characters (normalization form C), and this text has some that it may compose",
        ),
    }
}

fn write_node(out: &mut Buffer, node: Node<'_>, depth: usize) {
    if let Some(table) = node.table() {
        out.push('{');
        if !table.is_empty() {
            out.push('\n');
            for (key, node) in data::nodes(table) {
                data::write_indent(out, depth + 1);
                write_text(out, key);
                out.push_str(" = ");
                write_node(out, node, depth + 1);
                out.push('\n');
            }
            data::write_indent(out, depth);
        }
        out.push('}');
        return;
    }
    let Node::Value(value) = node else { return };
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(flag) => out.push_formatted(format_args!("{flag}")),
        Value::Integer(number) => out.push_formatted(format_args!("{number}")),
        Value::Float(number) => out.push_formatted(format_args!("{number:?}")),
        Value::Text(text) => write_text(out, text.expose()),
        Value::Scalar(json) => out.push_str(json.expose()),
        Value::List(items) => {
            out.push('[');
            for (place, item) in items.iter().enumerate() {
                if place > 0 {
                    out.push_str(", ");
                }
                write_node(out, Node::Value(item), depth);
            }
            out.push(']');
        }
        Value::Table(_) => {}
    }
}

/// Text in double quotes. `${` and `%{` would begin a template, so their sign is written by its number: HCL's own `$${`
/// would do but after another `$`, and python-hcl2 takes it for a beginning all the same.
fn write_text(out: &mut Buffer, text: &str) {
    out.push('"');
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        if matches!(character, '$' | '%') && characters.peek() == Some(&'{') {
            data::write_escape(out, character);
        } else {
            data::write_inside_quotes(out, character);
        }
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::{Table, Text};

    fn table(entries: &[(&str, Value)]) -> Table {
        entries
            .iter()
            .map(|(key, value)| ((*key).to_owned(), value.clone()))
            .collect()
    }

    #[test]
    fn files_are_laid_out_for_people() {
        let default = table(&[
            ("PASSWORD", Value::Text(Text::secret("a${b}%{c}\n"))),
            ("PORT", Value::Integer(5432)),
            ("TEST", Value::Table(Table::new())),
            ("CONN_MAX_AGE", Value::Null),
        ]);
        let document = Document {
            databases: table(&[("default", Value::Table(default))]),
            env: table(&[(
                "LIST",
                Value::List(vec![Value::Bool(true), Value::plain("x")]),
            )]),
        };
        let expected = r#"DATABASES = {
  "default" = {
    "PASSWORD" = "a\u0024{b}\u0025{c}\n"
    "PORT" = 5432
    "TEST" = {}
    "CONN_MAX_AGE" = null
  }
}
LIST = [true, "x"]
"#;
        let bytes = Tfvars.write(&document, &Settings::default()).unwrap();
        assert_eq!(std::str::from_utf8(&bytes).unwrap(), expected);
    }

    #[test]
    fn no_template_begins_in_a_text() {
        for (text, expected) in [
            ("$", "$"),
            ("$$x%", "$$x%"),
            ("${", r"\u0024{"),
            ("$${", r"$\u0024{"),
            ("%${", r"%\u0024{"),
            ("%%{${", r"%\u0025{\u0024{"),
        ] {
            let mut out = Buffer::new();
            write_text(&mut out, text);
            assert_eq!(*out.into_text(), format!("\"{expected}\""), "{text}");
        }
    }

    #[test]
    fn what_terraform_would_change_is_refused() {
        let env = table(&[
            ("A", Value::plain("e\u{301}")),
            ("B", Value::List(vec![Value::plain("\u{212b}")])),
            ("C", Value::Table(table(&[("\u{2126}", Value::Null)]))),
            ("D", Value::plain("é")),
            ("e-f", Value::Null),
        ]);
        let document = Document {
            databases: Table::new(),
            env,
        };
        let faults = Tfvars.write(&document, &Settings::default()).unwrap_err();
        let keys: Vec<_> = faults.iter().map(|fault| fault.key.as_str()).collect();
        assert_eq!(keys, ["env.A", "env.B.0", "env.C.\u{2126}", "env.e-f"]);
    }
}
