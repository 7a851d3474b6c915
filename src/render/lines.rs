//! What the formats of one variable a line share: the order of the variables, the gathering of faults, and the names
//! and texts that no format of this kind takes.

use super::buffer::Buffer;
use super::{DATABASES, Document, Rendered, Unrepresentable, env_text, json};

/// Writes one variable with its line break, or says why the format cannot hold it and writes nothing.
pub(super) type WriteLine = fn(&mut Buffer, name: &str, text: &str) -> Result<(), &'static str>;

/// `DATABASES`, when there are any, and then the `[env]` values in their order.
pub(super) fn render(document: &Document, write_line: WriteLine) -> Rendered {
    let mut out = Buffer::new();
    let mut faults = Vec::new();
    let mut line = |key: &dyn Fn() -> String, name: &str, text: &str| {
        if let Err(reason) = write_line(&mut out, name, text) {
            faults.push(Unrepresentable { key: key(), reason });
        }
    };
    if !document.databases.is_empty() {
        let mut databases = Buffer::new();
        json::write_compact_table(&mut databases, &document.databases);
        line(
            &|| "databases".to_owned(),
            DATABASES,
            &databases.into_text(),
        );
    }
    for (name, value) in document.env.iter() {
        line(&|| format!("env.{name}"), name, &env_text(value));
    }
    if faults.is_empty() {
        Ok(out.into_bytes())
    } else {
        Err(faults)
    }
}

/// Refuses a name that is no identifier, and a text with a NUL.
pub(super) fn check(name: &str, text: &str) -> Result<(), &'static str> {
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
