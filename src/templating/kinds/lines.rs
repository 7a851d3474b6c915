//! What files of `[section]` and `key = value` have in common: one line is one setting, and nothing in it ends it early.

use super::{COMMENT, CONTROL, Refusal, has_control};

/// The longest line, or setting of several lines, that takes a value: a reader looks at all of it for each.
const LONGEST: usize = 16 * 1024;

/// The line that has been reached.
#[derive(Default)]
pub(super) struct Line {
    /// The text between `[` and `]` above, in lower case.
    pub(super) section: String,
    /// Its text so far; of each value, an `x`.
    pub(super) text: String,
    /// How many bytes it has, values included.
    pub(super) bytes: usize,
    /// Whether a value that must end here was written last.
    pub(super) ends: bool,
}

impl Line {
    /// One character of the template; true where it ended the line.
    pub(super) fn step(&mut self, c: char) -> bool {
        if c != '\n' {
            self.text.push(c);
            self.bytes += c.len_utf8();
            return false;
        }
        let line = self.text.trim();
        if let Some(section) = line.strip_prefix('[') {
            let end = section.find(']').unwrap_or(section.len());
            self.section = section[..end].trim().to_ascii_lowercase();
        }
        self.text.clear();
        self.bytes = 0;
        self.ends = false;
        true
    }

    /// Notes that a value of so many bytes was written.
    pub(super) fn wrote(&mut self, bytes: usize) {
        self.text.push('x');
        self.bytes += bytes;
    }

    /// Whether what stands before is a key with one of these signs behind it, and what stands behind the sign.
    pub(super) fn setting(&self, signs: &[char]) -> Result<(&str, &str), Refusal> {
        check_length(&self.text)?;
        let line = self.text.trim_start();
        if line.starts_with([';', '#']) {
            return Err(COMMENT);
        }
        if line.starts_with('[') {
            return Err("it stands in the name of a section");
        }
        let (key, value) = line
            .split_once(signs)
            .ok_or("no key with `=` stands before it on its line")?;
        Ok((key.trim(), value))
    }
}

/// What stands before a value is looked at for each value: what is too long for that takes none.
pub(super) fn check_length(before: &str) -> Result<(), Refusal> {
    if before.len() > LONGEST {
        return Err("more than 16 KiB of the same setting stand before it");
    }
    Ok(())
}

/// Text that a reader keeps as it is: blanks at its ends would be cut off, and it must not end the line.
pub(super) fn check(text: &str) -> Result<(), Refusal> {
    if has_control(text) {
        Err(CONTROL)
    } else if text.starts_with(char::is_whitespace) || text.ends_with(char::is_whitespace) {
        Err("it begins or ends with a blank, which its reader would cut off")
    } else {
        Ok(())
    }
}
