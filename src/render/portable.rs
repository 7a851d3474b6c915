//! `portable`: bare lines that every reader of env files and every shell takes alike. The alphabet was found by trying
//! each character in each place with the readers named at `is_plain` in the JSON writer, kubectl's and Compose's too.

use super::buffer::Buffer;
use super::{Document, Format, Rendered, Settings, docker, lines, sh};

/// `NAME=text` for every variable, with nothing quoted.
pub(super) struct Portable;

impl Format for Portable {
    fn name(&self) -> &'static str {
        "portable"
    }

    fn summary(&self) -> &'static str {
        "bare lines that every env-file reader and shell takes alike; anything else is refused"
    }

    fn write(&self, document: &Document, _: &Settings) -> Rendered {
        lines::render(document, write_line)
    }
}

fn write_line(out: &mut Buffer, name: &str, text: &str) -> Result<(), &'static str> {
    lines::check(name, text)?;
    if sh::is_kept_by_bash(name) {
        return Err("bash keeps this name for itself");
    }
    let mut before = None;
    for character in text.chars() {
        if let Some(reason) = reason_against(before, character) {
            return Err(reason);
        }
        before = Some(character);
    }
    if name.len() + 1 + text.len() > docker::LONGEST_LINE {
        return Err(
            "`portable` files cannot hold a line longer than 65535 bytes, name and `=` included",
        );
    }
    out.push_str(name);
    out.push('=');
    out.push_str(text);
    out.push('\n');
    Ok(())
}

/// Why some reader would take `character`, after `before`, for something else.
fn reason_against(before: Option<char>, character: char) -> Option<&'static str> {
    Some(match character {
        _ if character.is_ascii_alphanumeric() || "!%*+,-./:=?@[]^_{}".contains(character) => {
            return None;
        }
        // A shell replaces it where a path may begin.
        '~' if !matches!(before, None | Some(':' | '=')) => return None,
        '~' => "`portable` files cannot hold `~` at the beginning of a value, or after `:` or `=`",
        '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}' => {
            "`portable` files cannot hold a line break"
        }
        '\'' | '"' | '`' => {
            "`portable` files cannot hold a quote, as in the JSON of databases, lists and tables"
        }
        '$' => "`portable` files cannot hold `$`",
        '\\' => "`portable` files cannot hold a backslash",
        '#' => "`portable` files cannot hold `#`",
        _ if character.is_whitespace() => "`portable` files cannot hold a blank",
        _ if character.is_control() => "`portable` files cannot hold a control character",
        _ if character.is_ascii() => {
            "`portable` files cannot hold a sign that a shell gives a meaning: `&`, `(`, `)`, `;`, `<`, `>` or `|`"
        }
        _ if character.is_alphabetic() => return None,
        _ => "`portable` files cannot hold a character outside of ASCII that is no letter",
    })
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
    fn the_alphabet_stands_bare() {
        for text in [
            "",
            "Az09!%*+,-./:=?@[]^_{}",
            "a~b",
            "postgresql://u:p%40ss@h:5432/n?sslmode=require",
            "dGVzdA==",
            "clé",
        ] {
            assert_eq!(line(text).unwrap(), format!("A={text}\n"));
        }
    }

    #[test]
    fn the_first_offence_is_named() {
        for (text, word) in [
            ("a b$", "blank"),
            ("a$ b", "`$`"),
            ("x\ny'", "line break"),
            ("x'\n", "a quote"),
            ("a\\", "backslash"),
            ("a#", "`#`"),
            ("\t", "blank"),
            ("\u{1}", "control"),
            ("a&b", "shell"),
            ("~a", "`~`"),
            ("a:~", "`~`"),
            ("🎻", "outside of ASCII"),
            ("\0", "NUL"),
        ] {
            assert!(line(text).unwrap_err().contains(word), "{text:?}");
        }
        assert!(write_line(&mut Buffer::new(), "UID", "1").is_err());
        assert!(line(&"x".repeat(65_534)).is_err());
    }
}
