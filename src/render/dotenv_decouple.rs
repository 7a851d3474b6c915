//! `dotenv-decouple`: a `.env` file for `RepositoryEnv` of python-decouple 3.8, whose source (`decouple.py`) gives the
//! rules: one pair of quotes is taken off, and nothing is escaped.

use super::buffer::Buffer;
use super::{Document, Format, Rendered, Settings, lines};

/// Every variable on one line in single quotes.
pub(super) struct DotenvDecouple;

impl Format for DotenvDecouple {
    fn name(&self) -> &'static str {
        "dotenv-decouple"
    }

    fn summary(&self) -> &'static str {
        "a .env file for python-decouple"
    }

    fn write(&self, document: &Document, _: &Settings) -> Rendered {
        lines::render(document, write_line)
    }
}

fn write_line(out: &mut Buffer, name: &str, text: &str) -> Result<(), &'static str> {
    lines::check(name, text)?;
    if text.contains(['\n', '\r']) {
        return Err("python-decouple ends a value at a line feed or carriage return");
    }
    out.push_str(name);
    out.push_str("='");
    out.push_str(text);
    out.push_str("'\n");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_stands_between_the_quotes_as_it_is() {
        let mut out = Buffer::new();
        write_line(&mut out, "A", "it's \"$X\" \\ # ").unwrap();
        write_line(&mut out, "B", "").unwrap();
        assert_eq!(*out.into_text(), "A='it's \"$X\" \\ # '\nB=''\n");
    }

    #[test]
    fn what_would_end_the_line_is_refused() {
        for text in ["a\nEVIL=1", "a\r", "\0"] {
            assert!(write_line(&mut Buffer::new(), "A", text).is_err());
        }
        assert!(write_line(&mut Buffer::new(), "A B", "x").is_err());
    }
}
