//! `node`: a `.env` file that `node --env-file` (20 to 24) and the package dotenv (16 to 18) read alike. The rules are
//! those of `src/node_dotenv.cc` in Node.js and of `parse` in dotenv; neither can escape a quote.

use super::buffer::Buffer;
use super::{Document, Format, Rendered, Settings, lines};

/// Every variable in the first kind of quotes that its text does not hold; a line break stays one, inside the quotes.
pub(super) struct Node;

impl Format for Node {
    fn name(&self) -> &'static str {
        "node"
    }

    fn summary(&self) -> &'static str {
        "a .env file for node --env-file and the package dotenv"
    }

    fn write(&self, document: &Document, _: &Settings) -> Rendered {
        lines::render(document, write_line)
    }
}

fn write_line(out: &mut Buffer, name: &str, text: &str) -> Result<(), &'static str> {
    lines::check(name, text)?;
    if text.contains('\r') {
        return Err("`node --env-file` cannot hold a carriage return");
    }
    let quote = if text.ends_with('\\') {
        if !fits_no_quotes(text) {
            return Err(
                "a `.env` file of Node.js cannot hold a backslash before a closing quote, and this text needs quotes",
            );
        }
        None
    } else {
        let quote = ['\'', '`', '"']
            .into_iter()
            .find(|quote| fits(text, *quote));
        if quote.is_none() && !fits_no_quotes(text) {
            return Err(
                "a `.env` file of Node.js cannot hold each kind of quote in a text that needs quotes",
            );
        }
        quote
    };
    out.push_str(name);
    out.push('=');
    if let Some(quote) = quote {
        out.push(quote);
    }
    out.push_str(text);
    if let Some(quote) = quote {
        out.push(quote);
    }
    out.push('\n');
    Ok(())
}

/// Whether the text means itself between two of these quotes. In double quotes, `\n` and `\r` mean line breaks.
fn fits(text: &str, quote: char) -> bool {
    !(text.contains(quote) || (quote == '"' && (text.contains(r"\n") || text.contains(r"\r"))))
}

/// Whether the text means itself without quotes: one line, no comment in it, and nothing at its ends to be taken off.
fn fits_no_quotes(text: &str) -> bool {
    let is_quote = |character: char| "'\"`".contains(character);
    let is_space = |character: char| character.is_whitespace() || character == '\u{feff}';
    // Quotes are taken off where a line begins with one, and for dotenv lines begin after these too.
    let mut lines = text.split(['\u{2028}', '\u{2029}']);
    !(text.is_empty()
        || text.contains(['#', '\n'])
        || text.starts_with(is_space)
        || text.ends_with(is_space)
        || lines.any(|line| line.starts_with(is_quote)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(text: &str) -> Result<String, &'static str> {
        let mut out = Buffer::new();
        write_line(&mut out, "A", text)?;
        Ok(out.into_text().to_string())
    }

    #[test]
    fn the_quotes_are_those_the_text_does_not_hold() {
        for (text, expected) in [
            ("", "''"),
            (" a # \"b\" $X \n", "' a # \"b\" $X \n'"),
            (r"a\n'", r"`a\n'`"),
            ("`'", "\"`'\""),
            ("C:\\", "C:\\"),
            ("a'b\"c`d", "a'b\"c`d"),
            ("a'b`c\"", "a'b`c\""),
            ("a'\"`\u{2028}b\"", "a'\"`\u{2028}b\""),
        ] {
            assert_eq!(line(text).unwrap(), format!("A={expected}\n"));
        }
    }

    #[test]
    fn what_neither_reader_can_unescape_is_refused() {
        for text in [
            "\r",
            "\0",
            " '\"`",
            "a#\\",
            "\\\n\\",
            r"`'\n#",
            "'`\"",
            "a\u{2028}'`\"",
        ] {
            assert!(line(text).is_err(), "{text:?}");
        }
    }
}
