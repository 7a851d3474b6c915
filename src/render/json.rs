//! JSON in ASCII: `databases-json` and `json`, and the compact writer that the env-file formats carry `DATABASES` in.
//!
//! It is a writer of its own so that no secret passes through a JSON tree that is not wiped.

use super::buffer::Buffer;
use super::{DATABASES, Document, Format, Rendered, Settings};
use crate::value::{Table, Value};

/// `databases-json`: the `DATABASES` object alone, two blanks an indent, a line break at the end.
pub(super) struct DatabasesJson;

impl Format for DatabasesJson {
    fn name(&self) -> &'static str {
        "databases-json"
    }

    fn summary(&self) -> &'static str {
        "the DATABASES object alone, as JSON"
    }

    fn holds_env(&self) -> bool {
        false
    }

    fn write(&self, document: &Document, _: &Settings) -> Rendered {
        let mut out = Buffer::new();
        write_table(
            &mut out,
            document.databases.iter(),
            Style::Pretty { depth: 0 },
        );
        out.push('\n');
        Ok(out.into_bytes())
    }
}

/// `json`: one object with `DATABASES`, when there are any, and then every `[env]` value under its name.
pub(super) struct Json;

impl Format for Json {
    fn name(&self) -> &'static str {
        "json"
    }

    fn summary(&self) -> &'static str {
        "one JSON object: DATABASES and every [env] value with its type"
    }

    fn write(&self, document: &Document, _: &Settings) -> Rendered {
        let mut out = Buffer::new();
        let databases =
            (!document.databases.is_empty()).then(|| Value::Table(document.databases.clone()));
        let entries = databases
            .iter()
            .map(|databases| (DATABASES, databases))
            .chain(document.env.iter());
        write_table(&mut out, entries, Style::Pretty { depth: 0 });
        out.push('\n');
        Ok(out.into_bytes())
    }
}

/// `value` on one line without blanks, in the alphabet of [`is_plain`] and JSON's own punctuation.
pub(super) fn write_compact(out: &mut Buffer, value: &Value) {
    write_value(out, value, Style::Compact);
}

/// `table` as [`write_compact`] writes it.
pub(super) fn write_compact_table(out: &mut Buffer, table: &Table) {
    write_table(out, table.iter(), Style::Compact);
}

#[derive(Clone, Copy)]
enum Style {
    Compact,
    Pretty { depth: usize },
}

impl Style {
    fn deeper(self) -> Self {
        match self {
            Self::Compact => Self::Compact,
            Self::Pretty { depth } => Self::Pretty { depth: depth + 1 },
        }
    }

    /// The break between two parts of a list or table.
    fn break_line(self, out: &mut Buffer) {
        if let Self::Pretty { depth } = self {
            out.push('\n');
            for _ in 0..depth {
                out.push_str("  ");
            }
        }
    }
}

fn write_value(out: &mut Buffer, value: &Value, style: Style) {
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(true) => out.push_str("true"),
        Value::Bool(false) => out.push_str("false"),
        Value::Integer(number) => out.push_formatted(format_args!("{number}")),
        // `Debug` of a float is the shortest text that reads back as the same number, with a point or an exponent.
        Value::Float(number) => out.push_formatted(format_args!("{number:?}")),
        Value::Text(text) => write_text(out, text.expose(), style),
        Value::Scalar(json) => out.push_str(json.expose()),
        Value::List(items) => write_list(out, items, style),
        Value::Table(table) => write_table(out, table.iter(), style),
    }
}

fn write_list(out: &mut Buffer, items: &[Value], style: Style) {
    out.push('[');
    for (place, item) in items.iter().enumerate() {
        if place > 0 {
            out.push(',');
        }
        style.deeper().break_line(out);
        write_value(out, item, style.deeper());
    }
    if !items.is_empty() {
        style.break_line(out);
    }
    out.push(']');
}

fn write_table<'a>(
    out: &mut Buffer,
    entries: impl Iterator<Item = (&'a str, &'a Value)>,
    style: Style,
) {
    out.push('{');
    let mut empty = true;
    for (key, value) in entries {
        if !empty {
            out.push(',');
        }
        empty = false;
        style.deeper().break_line(out);
        write_text(out, key, style);
        out.push(':');
        if matches!(style, Style::Pretty { .. }) {
            out.push(' ');
        }
        write_value(out, value, style.deeper());
    }
    if !empty {
        style.break_line(out);
    }
    out.push('}');
}

/// A text as [`write_compact`] writes it, without its quotes.
pub(super) fn write_compact_inside(out: &mut Buffer, text: &str) {
    write_inside(out, text, Style::Compact);
}

fn write_text(out: &mut Buffer, text: &str, style: Style) {
    out.push('"');
    write_inside(out, text, style);
    out.push('"');
}

fn write_inside(out: &mut Buffer, text: &str, style: Style) {
    for character in text.chars() {
        if is_plain(character) || (character == ' ' && matches!(style, Style::Pretty { .. })) {
            out.push(character);
        } else {
            for unit in character.encode_utf16(&mut [0; 2]) {
                out.push_formatted(format_args!("\\u{unit:04x}"));
            }
        }
    }
}

/// How many bytes [`write_compact`] makes of a text, with its quotes.
pub(crate) fn compact_length(text: &str) -> usize {
    let length = |character: char| {
        if is_plain(character) {
            1
        } else {
            6 * character.len_utf16()
        }
    };
    text.chars().map(length).sum::<usize>() + 2
}

/// Whether a character means itself, in any place, to JSON, to a shell inside single quotes and to every reader of
/// env files that was tried (python-dotenv 1.2, environs 15.2, django-environ 0.14, python-decouple 3.8, dynaconf 3.3,
/// node's and dotenv's own, dotenvy 0.15, systemd 252, bash, dash, docker 28). Anything else is written as `\uXXXX`.
fn is_plain(character: char) -> bool {
    character.is_ascii_alphanumeric() || "!%*+,-./:=?@[]^_".contains(character)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::Text;

    fn compact(value: &Value) -> String {
        let mut out = Buffer::new();
        write_compact(&mut out, value);
        out.into_text().to_string()
    }

    fn text_of(bytes: &[u8]) -> &str {
        std::str::from_utf8(bytes).unwrap()
    }

    #[test]
    fn every_character_reads_back_and_stays_in_the_alphabet() {
        let every: String = ('\0'..=char::MAX).collect();
        let written = compact(&Value::plain(every.clone()));
        assert_eq!(serde_json::from_str::<String>(&written).unwrap(), every);
        assert!(written.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!%*+,-./:=?@[]^_\"\\".contains(&byte)));
    }

    #[test]
    fn astral_characters_become_surrogate_pairs() {
        assert_eq!(compact(&Value::plain("é🎻")), r#""\u00e9\ud83c\udfbb""#);
    }

    #[test]
    fn numbers_keep_their_value_and_their_type() {
        for (value, expected) in [
            (
                Value::Integer(i128::MIN),
                "-170141183460469231731687303715884105728",
            ),
            (Value::Float(1.0), "1.0"),
            (Value::Float(-0.0), "-0.0"),
            (Value::Float(1e300), "1e300"),
            (Value::Float(5e-324), "5e-324"),
        ] {
            assert_eq!(compact(&value), expected);
        }
    }

    #[test]
    fn files_are_laid_out_for_people() {
        let options: Table = [(
            "a b".to_owned(),
            Value::List(vec![Value::Integer(1), Value::Null]),
        )]
        .into_iter()
        .collect();
        let default: Table = [
            ("PASSWORD".to_owned(), Value::Text(Text::secret("p w'\n"))),
            ("OPTIONS".to_owned(), Value::Table(options)),
            ("TEST".to_owned(), Value::Table(Table::new())),
            ("LIST".to_owned(), Value::List(Vec::new())),
        ]
        .into_iter()
        .collect();
        let document = Document {
            databases: [("default".to_owned(), Value::Table(default))]
                .into_iter()
                .collect(),
            env: [("DEBUG".to_owned(), Value::Bool(false))]
                .into_iter()
                .collect(),
        };
        let databases = r#"{
  "default": {
    "PASSWORD": "p w\u0027\u000a",
    "OPTIONS": {
      "a b": [
        1,
        null
      ]
    },
    "TEST": {},
    "LIST": []
  }
}
"#;
        assert_eq!(
            text_of(
                &DatabasesJson
                    .write(&document, &Settings::default())
                    .unwrap()
            ),
            databases
        );
        let everything = format!(
            "{{\n  \"DATABASES\": {},\n  \"DEBUG\": false\n}}\n",
            databases.trim_end().replace('\n', "\n  ")
        );
        assert_eq!(
            text_of(&Json.write(&document, &Settings::default()).unwrap()),
            everything
        );
    }

    #[test]
    fn without_databases_json_has_no_such_key() {
        assert_eq!(
            text_of(
                &Json
                    .write(&Document::default(), &Settings::default())
                    .unwrap()
            ),
            "{}\n"
        );
        assert_eq!(
            text_of(
                &DatabasesJson
                    .write(&Document::default(), &Settings::default())
                    .unwrap()
            ),
            "{}\n"
        );
    }
}
