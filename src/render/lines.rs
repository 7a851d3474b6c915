//! What the formats of one variable a line share: the order of the variables and the gathering of faults.

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
