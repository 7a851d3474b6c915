//! What the formats of one variable a line share: the order of the variables, the gathering of faults, and the names
//! and texts that no format of this kind takes.

use zeroize::Zeroizing;

use super::buffer::Buffer;
use super::{DATABASES, Document, Rendered, Unrepresentable, env_text, json};

/// Writes one variable with its line break, or says why the format cannot hold it and writes nothing.
pub(super) type WriteLine = fn(&mut Buffer, name: &str, text: &str) -> Result<(), &'static str>;

/// A variable as a process would get it.
pub(crate) struct Variable {
    /// The key in the manifest's terms: `databases`, `env.SECRET_KEY`.
    pub(crate) key: String,
    pub(crate) name: String,
    pub(crate) text: Zeroizing<String>,
    /// Whether any part of it came from a store.
    pub(crate) is_secret: bool,
}

/// `DATABASES`, when there are any, and then the `[env]` values in their order.
pub(crate) fn variables(document: &Document) -> Vec<Variable> {
    let mut variables = Vec::new();
    if !document.databases.is_empty() {
        let mut text = Buffer::new();
        json::write_compact_table(&mut text, &document.databases);
        variables.push(Variable {
            key: "databases".to_owned(),
            name: DATABASES.to_owned(),
            text: text.into_text(),
            is_secret: document.databases.hides_keys()
                || document
                    .databases
                    .iter()
                    .any(|(_, value)| value.is_secret()),
        });
    }
    variables.extend(document.env.iter().map(|(name, value)| Variable {
        key: format!("env.{name}"),
        name: name.to_owned(),
        text: env_text(value),
        is_secret: value.is_secret(),
    }));
    variables
}

/// One line a variable.
pub(super) fn render(document: &Document, write_line: WriteLine) -> Rendered {
    let mut out = Buffer::new();
    let mut faults = Vec::new();
    for variable in variables(document) {
        if let Err(reason) = write_line(&mut out, &variable.name, &variable.text) {
            faults.push(Unrepresentable {
                key: variable.key,
                reason,
            });
        }
    }
    if faults.is_empty() {
        Ok(out.into_bytes())
    } else {
        Err(faults)
    }
}

/// Refuses a name that is no identifier, and a text with a NUL.
pub(crate) fn check(name: &str, text: &str) -> Result<(), &'static str> {
    if !is_identifier(name) {
        Err("its reader takes names of ASCII letters, digits and `_` alone, and no digit first")
    } else if text.contains('\0') {
        Err("no environment variable can hold a NUL character")
    } else {
        Ok(())
    }
}

/// POSIX.1-2024, XBD 3.216 "Name".
pub(super) fn is_identifier(name: &str) -> bool {
    let word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    name.bytes().all(word)
        && name
            .bytes()
            .next()
            .is_some_and(|first| !first.is_ascii_digit())
}
