//! `json-env`: the one line `DATABASES='{…}'`, in characters that every env-file reader and shell takes alike.

use super::buffer::Buffer;
use super::{DATABASES, Document, Format, Rendered, Settings, json};

/// The line, with `{}` when there are no databases.
pub(super) struct JsonEnv;

impl Format for JsonEnv {
    fn name(&self) -> &'static str {
        "json-env"
    }

    fn summary(&self) -> &'static str {
        "one line DATABASES='{…}' that shells and env-file readers take alike"
    }

    fn holds_env(&self) -> bool {
        false
    }

    fn write(&self, document: &Document, _: &Settings) -> Rendered {
        let mut out = Buffer::new();
        out.push_str(DATABASES);
        out.push_str("='");
        json::write_compact_table(&mut out, &document.databases);
        out.push_str("'\n");
        Ok(out.into_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::{Table, Text, Value};

    #[test]
    fn the_worst_password_leaves_one_tame_line() {
        let default: Table = [(
            "PASSWORD".to_owned(),
            Value::Text(Text::secret("'\"`$\\\n\r #é")),
        )]
        .into_iter()
        .collect();
        let document = Document {
            databases: [("default".to_owned(), Value::Table(default))]
                .into_iter()
                .collect(),
            env: [("OTHER".to_owned(), Value::plain("left out"))]
                .into_iter()
                .collect(),
        };
        assert_eq!(
            JsonEnv
                .write(&document, &Settings::default())
                .unwrap()
                .as_slice(),
            concat!(
                r#"DATABASES='{"default":{"PASSWORD":"#,
                r#""\u0027\u0022\u0060\u0024\u005c\u000a\u000d\u0020\u0023\u00e9"}}'"#,
                "\n"
            )
            .as_bytes()
        );
    }

    #[test]
    fn no_databases_are_an_empty_object() {
        assert_eq!(
            JsonEnv
                .write(&Document::default(), &Settings::default())
                .unwrap()
                .as_slice(),
            b"DATABASES='{}'\n"
        );
    }
}
