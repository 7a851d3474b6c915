//! `dotenv-django-environ`: a `.env` file for `environ.Env.read_env` of django-environ 0.14, read back with `env("NAME")`.
//! The rules are those of `read_env` and `get_value` in `environ/environ.py` of that release.

use super::buffer::Buffer;
use super::{Document, Format, Rendered, Settings, lines};

/// Every variable on one line in single quotes, in which nothing is escaped.
pub(super) struct DotenvDjangoEnviron;

impl Format for DotenvDjangoEnviron {
    fn name(&self) -> &'static str {
        "dotenv-django-environ"
    }

    fn summary(&self) -> &'static str {
        "a .env file for django-environ"
    }

    fn write(&self, document: &Document, _: &Settings) -> Rendered {
        lines::render(document, write_line)
    }
}

fn write_line(out: &mut Buffer, name: &str, text: &str) -> Result<(), &'static str> {
    lines::check(name, text)?;
    if text.contains(ends_a_line) {
        return Err(
            "django-environ ends a value at a line break: LF, CR, U+000B, U+000C, U+001C to U+001E, U+0085, U+2028 or U+2029",
        );
    }
    if text.starts_with('$') {
        return Err(
            "django-environ takes a value that begins with `$` for the name of another variable",
        );
    }
    out.push_str(name);
    out.push_str("='");
    if text.len() > 1 && text.starts_with('"') && text.ends_with('"') {
        // What the single quotes hold is unquoted once more when it stands in double ones.
        out.push('"');
        for character in text.chars() {
            if matches!(character, '"' | '\\') {
                out.push('\\');
            }
            out.push(character);
        }
        out.push('"');
    } else {
        out.push_str(text);
    }
    out.push_str("'\n");
    Ok(())
}

/// The line boundaries of Python's `str.splitlines`.
fn ends_a_line(character: char) -> bool {
    matches!(
        character,
        '\n'..='\r' | '\u{1c}'..='\u{1e}' | '\u{85}' | '\u{2028}' | '\u{2029}'
    )
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
    fn text_stands_in_single_quotes_as_it_is() {
        for text in ["", " a # b ", "'", "it's", "a$X${X}", r"\n\", "\"", "a\"b"] {
            assert_eq!(line(text).unwrap(), format!("A='{text}'\n"));
        }
    }

    #[test]
    fn text_that_is_quoted_itself_is_quoted_twice() {
        assert_eq!(line(r#""a\n""#).unwrap(), "A='\"\\\"a\\\\n\\\"\"'\n");
        assert_eq!(line("\"\"").unwrap(), "A='\"\\\"\\\"\"'\n");
    }

    #[test]
    fn what_the_reader_would_cut_or_look_up_is_refused() {
        for text in [
            "a\nEVIL=1",
            "\r",
            "\u{b}",
            "\u{1e}",
            "\u{85}",
            "\u{2029}",
            "$HOME",
            "\0",
        ] {
            assert!(line(text).is_err(), "{text:?}");
        }
        assert!(line("\t\u{1f}").is_ok());
    }
}
