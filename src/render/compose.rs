//! `compose`: a file for `env_file:` of Docker Compose and for its `.env`. The rules are those of `dotenv/parser.go` and
//! `template/template.go` in compose-go 2.

use super::buffer::Buffer;
use super::{Document, Format, Rendered, Settings, lines};

/// Every variable on one line: in single quotes where they hold the text as it is, in double quotes otherwise.
pub(super) struct Compose;

impl Format for Compose {
    fn name(&self) -> &'static str {
        "compose"
    }

    fn summary(&self) -> &'static str {
        "a file for env_file: of Docker Compose"
    }

    fn write(&self, document: &Document, _: &Settings) -> Rendered {
        lines::render(document, write_line)
    }
}

fn write_line(out: &mut Buffer, name: &str, text: &str) -> Result<(), &'static str> {
    lines::check(name, text)?;
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

/// Nothing is interpolated in single quotes, and a backslash matters before a quote alone.
fn fits_single_quotes(text: &str) -> bool {
    !(text.contains('\'') || text.ends_with('\\') || text.contains(char::is_control))
}

fn write_double_quoted(out: &mut Buffer, text: &str) {
    out.push('"');
    for character in text.chars() {
        match character {
            '\n' => out.push_str(r"\n"),
            '\r' => out.push_str(r"\r"),
            '\t' => out.push_str(r"\t"),
            '\\' | '"' | '$' => {
                out.push('\\');
                out.push(character);
            }
            other => out.push(other),
        }
    }
    out.push('"');
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
    fn plain_text_stands_in_single_quotes() {
        for text in ["", " a # b ", "$X ${X} $$", r"a\nb\\c", "\"", "é🎻"] {
            assert_eq!(line(text).unwrap(), format!("A='{text}'\n"));
        }
    }

    #[test]
    fn the_rest_is_escaped_in_double_quotes() {
        for (text, expected) in [
            ("it's ${X}", r#""it's \${X}""#),
            (r"end\", r#""end\\""#),
            ("a\nEVIL=1\r\t\"", r#""a\nEVIL=1\r\t\"""#),
            ("'$$", r#""'\$\$""#),
        ] {
            assert_eq!(line(text).unwrap(), format!("A={expected}\n"));
        }
        assert!(line("\0").is_err());
    }
}
