//! `odbc.ini` and `odbcinst.ini` of unixODBC 2.3 (`ini/iniOpen.c`, `ini/_iniPropertyRead.c`): a line is read up to its end, and
//! no more than a thousand bytes of it at a time. There are no quotes and no escapes.

use zeroize::Zeroizing;

use super::{
    Insert, Place, Refusal,
    lines::{self, Line},
    text,
};
use crate::render::buffer::Buffer;

/// `INI_MAX_LINE` is 1,000, with the line break and a NUL: the rest of a longer line would be read as another.
const LONGEST: usize = 990;

#[derive(Default)]
pub(super) struct Odbc {
    line: Line,
    has_value: bool,
}

const TOO_LONG: Refusal = "its line is longer than unixODBC reads: 990 bytes";

impl Place for Odbc {
    fn pass(&mut self, text: &str) -> Result<(), Refusal> {
        for c in text.chars() {
            if self.line.step(c) {
                self.has_value = false;
            } else if self.has_value && self.line.bytes > LONGEST {
                return Err(TOO_LONG);
            }
        }
        Ok(())
    }

    fn insert(&mut self, value: &Insert<'_>, out: &mut Buffer) -> Result<(), Refusal> {
        let text = text(value)?;
        self.line.setting(&['='])?;
        lines::check(text)?;
        self.line.wrote(text.len());
        if self.line.bytes > LONGEST {
            return Err(TOO_LONG);
        }
        out.push_str(text);
        self.has_value = true;
        Ok(())
    }
}

/// A value of a connection string in braces, a closing one written twice: "Connection String and Attributes" in the
/// reference of `SQLDriverConnect`.
pub(in crate::templating) fn in_braces(text: &str) -> Zeroizing<String> {
    let mut out = Buffer::new();
    out.push('{');
    for character in text.chars() {
        if character == '}' {
            out.push('}');
        }
        out.push(character);
    }
    out.push('}');
    out.into_text()
}
