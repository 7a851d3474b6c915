//! `systemd`: a file for `EnvironmentFile=` of a unit. The rules are those of `load_env_file` in `src/basic/env-file.c`
//! and of `src/basic/env-util.c` and `utf8.c` in systemd 252, unchanged in what matters here up to 258.

use super::buffer::Buffer;
use super::{Document, Format, Rendered, Settings, lines};

/// Every variable in double quotes; a line break in a value stays one, inside the quotes.
pub(super) struct Systemd;

impl Format for Systemd {
    fn name(&self) -> &'static str {
        "systemd"
    }

    fn summary(&self) -> &'static str {
        "a file for a systemd unit's EnvironmentFile="
    }

    fn write(&self, document: &Document, _: &Settings) -> Rendered {
        lines::render(document, write_line)
    }
}

fn write_line(out: &mut Buffer, name: &str, text: &str) -> Result<(), &'static str> {
    lines::check(name, text)?;
    if text.contains(is_noncharacter) {
        return Err(
            "systemd refuses a file with one of Unicode's noncharacters, such as U+FFFE, in it",
        );
    }
    out.push_str(name);
    out.push_str("=\"");
    for character in text.chars() {
        if matches!(character, '"' | '\\' | '`' | '$') {
            out.push('\\');
        }
        out.push(character);
    }
    out.push_str("\"\n");
    Ok(())
}

/// What `unichar_is_valid` counts as no text though UTF-8 can carry it.
fn is_noncharacter(character: char) -> bool {
    let code = u32::from(character);
    (0xfdd0..=0xfdef).contains(&code) || code & 0xfffe == 0xfffe
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
    fn four_characters_are_escaped_and_no_other() {
        assert_eq!(
            line("\"a\\ $X `id`'\nEVIL=1\r").unwrap(),
            "A=\"\\\"a\\\\ \\$X \\`id\\`'\nEVIL=1\r\"\n"
        );
        assert_eq!(line("").unwrap(), "A=\"\"\n");
    }

    #[test]
    fn noncharacters_are_refused() {
        for text in ["\u{fdd0}", "\u{fdef}", "\u{fffe}", "\u{10ffff}", "\0"] {
            assert!(line(text).is_err(), "{text:?}");
        }
        for text in ["\u{fdcf}", "\u{fdf0}", "\u{fffd}", "\u{feff}", "\u{1}"] {
            assert!(line(text).is_ok(), "{text:?}");
        }
    }
}
