//! `pgbouncer.ini`, by <https://www.pgbouncer.org/config.html> and `cstr_get_pair` in its `src/loader.c`, version 1.18: in
//! the sections of connection strings a value may stand in single quotes, in which one is written twice.

use super::{
    BEHIND, CONTROL, Insert, MIDDLE, Place, Refusal, has_control, is_word,
    lines::{self, Line},
    text,
};
use crate::render::buffer::Buffer;

const CONNECTIONS: &[&str] = &["databases", "users", "peers"];

#[derive(Default)]
pub(super) struct Pgbouncer {
    line: Line,
}

impl Place for Pgbouncer {
    fn pass(&mut self, text: &str) -> Result<(), Refusal> {
        for c in text.chars() {
            if std::mem::take(&mut self.line.ends) && !c.is_ascii_whitespace() {
                return Err(BEHIND);
            }
            self.line.step(c);
        }
        Ok(())
    }

    fn insert(&mut self, value: &Insert<'_>, out: &mut Buffer) -> Result<(), Refusal> {
        let text = text(value)?;
        let (_, before) = self.line.setting(&['='])?;
        if !CONNECTIONS.contains(&&*self.line.section) {
            lines::check(text)?;
            out.push_str(text);
            self.line.wrote(text.len());
            return Ok(());
        }
        if has_control(text) {
            return Err(CONTROL);
        }
        if self.line.ends {
            return Err(BEHIND);
        }
        // A quote that is written twice is counted twice.
        if before.matches('\'').count() % 2 == 1 {
            escape(out, text);
        } else if before.trim_end().ends_with('=') {
            if text.is_empty() {
                return Err("PgBouncer takes no empty value there");
            }
            out.push('\'');
            escape(out, text);
            out.push('\'');
            self.line.ends = true;
        } else if is_word(text) && before.ends_with(|c: char| !c.is_whitespace() && c != '\'') {
            out.push_str(text);
        } else if before.trim().is_empty() {
            return Err(
                "it would be the whole connection string: write its parameters apart, `password={{ … }}`",
            );
        } else {
            return Err(MIDDLE);
        }
        self.line.wrote(text.len());
        Ok(())
    }
}

fn escape(out: &mut Buffer, text: &str) {
    for character in text.chars() {
        if character == '\'' {
            out.push('\'');
        }
        out.push(character);
    }
}
