//! `dotenv`: a `.env` file as python-dotenv 1.2 reads it, its interpolation switched on, and so environs,
//! pydantic-settings and dynaconf 3.3. The rules are those of `dotenv/parser.py` and `dotenv/variables.py` in that release.

use super::buffer::Buffer;
use super::{Document, Format, Rendered, Settings, lines};

/// Every variable on one line, in single quotes where they hold the text as it is, in double quotes otherwise.
pub(super) struct Dotenv;

impl Format for Dotenv {
    fn name(&self) -> &'static str {
        "dotenv"
    }

    fn summary(&self) -> &'static str {
        "a .env file for python-dotenv and what builds on it (environs, pydantic-settings, …)"
    }

    fn write(&self, document: &Document, _: &Settings) -> Rendered {
        lines::render(document, write_line)
    }
}

fn write_line(out: &mut Buffer, name: &str, text: &str) -> Result<(), &'static str> {
    check_name(name)?;
    if text.contains('\0') {
        return Err("no environment variable can hold a NUL character");
    }
    out.push_str(name);
    out.push('=');
    if fits_single_quotes(text) {
        out.push('\'');
        out.push_str(text);
        out.push('\'');
    } else {
        write_double_quoted(out, text);
    }
    out.push('\n');
    Ok(())
}

/// What the parser would not read as this very name, were it written bare.
fn check_name(name: &str) -> Result<(), &'static str> {
    // Python's `\s` counts the four separators of ASCII as blanks; Unicode's White_Space does not.
    let is_blank =
        |character: char| character.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&character);
    if name.is_empty() {
        Err("the name is empty")
    } else if name.contains(is_blank) || name.contains(['=', '#', '\0']) {
        Err("`dotenv` files cannot hold a name with a blank, `=`, `#` or NUL in it")
    } else if name.starts_with(['\'', '\u{feff}']) {
        Err("`dotenv` files cannot hold a name that begins with a quote or a byte order mark")
    } else {
        Ok(())
    }
}

/// Whether the text can stand between single quotes with nothing escaped. Other readers of `.env` files differ from
/// python-dotenv in the escapes they know, hardly in this.
fn fits_single_quotes(text: &str) -> bool {
    !(text.contains('\'')
        || text.contains("${")
        || text.contains("\\\\")
        || text.ends_with('\\')
        || text.contains(char::is_control))
}

fn write_double_quoted(out: &mut Buffer, text: &str) {
    out.push('"');
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            // The older parser that dynaconf carries takes a backslash before the closing quote for an escape.
            '\\' if characters.peek().is_none() => out.push_str(r"${=:-\\}"),
            '\\' => out.push_str(r"\\"),
            '"' => out.push_str("\\\""),
            '\n' => out.push_str(r"\n"),
            '\r' => out.push_str(r"\r"),
            '\t' => out.push_str(r"\t"),
            '\u{7}' => out.push_str(r"\a"),
            '\u{8}' => out.push_str(r"\b"),
            '\u{b}' => out.push_str(r"\v"),
            '\u{c}' => out.push_str(r"\f"),
            // `${NAME}` is replaced inside any quotes and nothing escapes it; but what it is replaced with is not
            // looked at again. So the dollar comes from the default of a variable named `=`, which no environment
            // has: the name of a variable ends at its first `=`.
            '$' if characters.peek() == Some(&'{') => out.push_str("${=:-$}"),
            other => out.push(other),
        }
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(name: &str, text: &str) -> Result<String, &'static str> {
        let mut out = Buffer::new();
        write_line(&mut out, name, text)?;
        Ok(out.into_text().to_string())
    }

    #[test]
    fn plain_text_stands_in_single_quotes() {
        for text in [
            "",
            "plain",
            " a # b ",
            "$HOME `id` $(id)",
            r"a\nb",
            "\"",
            "é🎻\u{2028}",
        ] {
            assert_eq!(line("A", text).unwrap(), format!("A='{text}'\n"));
        }
    }

    #[test]
    fn the_rest_is_escaped_in_double_quotes() {
        for (text, expected) in [
            ("it's", r#""it's""#),
            ("\"'\\", r#""\"'${=:-\\}""#),
            ("a\nEVIL=1", r#""a\nEVIL=1""#),
            ("\r\t\u{7}\u{8}\u{b}\u{c}", r#""\r\t\a\b\v\f""#),
            (r"a\\b", r#""a\\\\b""#),
            (r"end\", r#""end${=:-\\}""#),
            ("$${X}$", r#""$${=:-$}{X}$""#),
            ("${=:-$}", r#""${=:-$}{=:-$}""#),
        ] {
            assert_eq!(line("A", text).unwrap(), format!("A={expected}\n"));
        }
    }

    #[test]
    fn what_the_parser_would_misread_is_refused() {
        for name in [
            "",
            "a b",
            "a=b",
            "a#b",
            "#a",
            "'a'",
            "a\u{1c}b",
            "a\u{a0}b",
            "\u{feff}a",
            "a\nb",
            "a\0",
        ] {
            assert!(line(name, "x").is_err(), "{name:?}");
        }
        assert!(line("A", "a\0b").is_err());
        for name in ["export", "a.b-c", "1", "\"q\"", "Ä"] {
            assert!(line(name, "x").is_ok(), "{name:?}");
        }
    }
}
