//! `userlist.txt` of `PgBouncer`: `"user" "password"`, by `load_auth_file` in its `src/loader.c`, version 1.18. A quote in quotes is
//! written twice.

use super::{BEHIND, COMMENT, CONTROL, Insert, Place, Refusal, has_control, text};
use crate::render::buffer::Buffer;

/// The longest user and the longest password, quotes counted twice: `MAX_USERNAME` and `MAX_PASSWORD`, each with its NUL.
const LONGEST: [usize; 2] = [127, 2047];

#[derive(Default)]
pub(super) struct Userlist {
    state: State,
    /// Of the two fields of this line, how many are read.
    fields: usize,
    /// How long the field is that is being read.
    length: usize,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum State {
    #[default]
    Outside,
    Quoted,
    /// Behind a quote in quotes: another makes it a character.
    Closing,
    /// Behind a value that brought its quotes.
    Behind,
    Comment,
}

impl Place for Userlist {
    fn pass(&mut self, text: &str) -> Result<(), Refusal> {
        for c in text.chars() {
            if self.state == State::Closing {
                if c == '"' {
                    self.state = State::Quoted;
                    self.length += 2;
                    continue;
                }
                self.state = State::Outside;
                self.fields += 1;
            }
            match self.state {
                State::Quoted if c == '"' => self.state = State::Closing,
                State::Quoted => self.length += c.len_utf8(),
                _ if c == '\n' => {
                    self.state = State::Outside;
                    self.fields = 0;
                }
                State::Behind if c.is_ascii_whitespace() => self.state = State::Outside,
                State::Behind => return Err(BEHIND),
                State::Outside if c == ';' && self.fields == 0 => self.state = State::Comment,
                State::Outside if c == '"' => {
                    self.state = State::Quoted;
                    self.length = 0;
                }
                State::Outside | State::Comment | State::Closing => {}
            }
        }
        Ok(())
    }

    fn insert(&mut self, value: &Insert<'_>, out: &mut Buffer) -> Result<(), Refusal> {
        let text = text(value)?;
        if has_control(text) {
            return Err(CONTROL);
        }
        if self.state == State::Comment {
            return Err(COMMENT);
        }
        let Some(longest) = LONGEST.get(self.fields) else {
            return Err("PgBouncer reads nothing behind the password");
        };
        let quotes = text.bytes().filter(|byte| *byte == b'"').count();
        let before = if self.state == State::Quoted {
            self.length
        } else {
            0
        };
        if before + text.len() + quotes > *longest {
            return Err(
                "it is longer than PgBouncer reads: 127 bytes of a user, 2,047 of a password",
            );
        }
        match self.state {
            State::Closing | State::Behind => return Err("a quote stands right before it"),
            State::Quoted => {
                escape(out, text);
                self.length += text.len() + quotes;
            }
            _ => {
                out.push('"');
                escape(out, text);
                out.push('"');
                self.state = State::Behind;
                self.fields += 1;
            }
        }
        Ok(())
    }
}

fn escape(out: &mut Buffer, text: &str) {
    for character in text.chars() {
        if character == '"' {
            out.push('"');
        }
        out.push(character);
    }
}
