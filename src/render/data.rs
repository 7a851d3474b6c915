//! What the formats of typed values share: their entries in order, the search for what one cannot hold, and text in
//! double quotes with escapes that YAML, TOML and HCL all know.

use super::buffer::Buffer;
use super::{DATABASES, Document, Unrepresentable};
use crate::value::{Table, Value};

/// A value, or the databases, which are none.
#[derive(Clone, Copy)]
pub(super) enum Node<'a> {
    Value(&'a Value),
    Table(&'a Table),
}

impl<'a> Node<'a> {
    /// The table in it, unless there is another kind of value.
    pub(super) fn table(self) -> Option<&'a Table> {
        match self {
            Self::Table(table) | Self::Value(Value::Table(table)) => Some(table),
            Self::Value(_) => None,
        }
    }
}

/// `DATABASES`, when there are any, and then the `[env]` values in their order.
pub(super) fn entries(document: &Document) -> impl Iterator<Item = (&str, Node<'_>)> {
    let databases =
        (!document.databases.is_empty()).then_some((DATABASES, Node::Table(&document.databases)));
    databases.into_iter().chain(nodes(&document.env))
}

/// The entries of a table.
pub(super) fn nodes(table: &Table) -> impl Iterator<Item = (&str, Node<'_>)> {
    table.iter().map(|(key, value)| (key, Node::Value(value)))
}

/// What one format cannot hold: a reason against a value, not counting what is inside of it, and against a key.
pub(super) struct Limits {
    pub(super) value: fn(&Value) -> Option<&'static str>,
    pub(super) key: fn(&str) -> Option<&'static str>,
}

impl Limits {
    /// Everything in `document` that is beyond them.
    pub(super) fn faults(&self, document: &Document) -> Vec<Unrepresentable> {
        let mut faults = Vec::new();
        self.visit_table("databases", &document.databases, &mut faults);
        self.visit_table("env", &document.env, &mut faults);
        faults
    }

    fn visit_table(&self, place: &str, table: &Table, faults: &mut Vec<Unrepresentable>) {
        for (name, value) in table.iter() {
            // Keys that came from a secret stay in.
            let key = if table.hides_keys() {
                place.to_owned()
            } else {
                format!("{place}.{name}")
            };
            if let Some(reason) = (self.key)(name) {
                faults.push(Unrepresentable {
                    key: key.clone(),
                    reason,
                });
            }
            self.visit(key, value, faults);
        }
    }

    fn visit(&self, key: String, value: &Value, faults: &mut Vec<Unrepresentable>) {
        match value {
            Value::Table(table) => self.visit_table(&key, table, faults),
            Value::List(items) => {
                for (place, item) in items.iter().enumerate() {
                    self.visit(format!("{key}.{place}"), item, faults);
                }
            }
            _ => {}
        }
        if let Some(reason) = (self.value)(value) {
            faults.push(Unrepresentable { key, reason });
        }
    }
}

/// `text` in double quotes, in ASCII: as it is, `\"`, `\\`, `\n`, `\uXXXX`, or `\UXXXXXXXX` for one character.
pub(super) fn write_quoted(out: &mut Buffer, text: &str) {
    out.push('"');
    for character in text.chars() {
        write_inside_quotes(out, character);
    }
    out.push('"');
}

/// One character of [`write_quoted`].
pub(super) fn write_inside_quotes(out: &mut Buffer, character: char) {
    match character {
        '"' | '\\' => {
            out.push('\\');
            out.push(character);
        }
        '\n' => out.push_str(r"\n"),
        ' '..='~' => out.push(character),
        _ => write_escape(out, character),
    }
}

/// The code point of one character.
pub(super) fn write_escape(out: &mut Buffer, character: char) {
    let code = u32::from(character);
    if code <= 0xffff {
        out.push_formatted(format_args!("\\u{code:04X}"));
    } else {
        out.push_formatted(format_args!("\\U{code:08X}"));
    }
}

/// Starts a new line of a nested part.
pub(super) fn write_indent(out: &mut Buffer, depth: usize) {
    for _ in 0..depth {
        out.push_str("  ");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::Text;

    #[test]
    fn quoted_text_is_ascii_and_a_character_is_one_escape() {
        let mut out = Buffer::new();
        write_quoted(&mut out, "a \"\\\n\r\0é\u{ffff}🎻");
        assert_eq!(
            *out.into_text(),
            r#""a \"\\\n\u000D\u0000\u00E9\uFFFF\U0001F3BB""#
        );
    }

    #[test]
    fn a_fault_has_its_place_and_shows_no_secret_key() {
        let hidden = Value::Table([("k3y".to_owned(), Value::Null)].into_iter().collect())
            .as_secret_as(&Text::secret(""));
        let list = Value::List(vec![Value::Bool(true), Value::Null]);
        let document = Document {
            databases: [("default".to_owned(), list)].into_iter().collect(),
            env: [("A".to_owned(), hidden), ("bad".to_owned(), Value::Null)]
                .into_iter()
                .collect(),
        };
        let limits = Limits {
            value: |value| matches!(value, Value::Null).then_some("null"),
            key: |key| (key == "bad").then_some("bad"),
        };
        let keys: Vec<_> = limits
            .faults(&document)
            .into_iter()
            .map(|fault| fault.key)
            .collect();
        assert_eq!(keys, ["databases.default.1", "env.A", "env.bad", "env.bad"]);
    }
}
