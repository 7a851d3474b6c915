//! POSIX shells, by section 2.2 of the Shell Command Language (POSIX.1-2024): settings that a script reads with `.`, such
//! as `/etc/default/celeryd`. In what a shell runs or expands by itself, quotes mean something else: no value goes there.

use super::{COMMENT, ESCAPED, Insert, Place, Refusal, text};
use crate::render::buffer::Buffer;

#[derive(Default)]
pub(super) struct Sh {
    state: State,
    last: Option<char>,
    /// Behind a here-document, a command substitution or an expansion with braces, quotes are no longer followed.
    is_lost: bool,
    /// In `${…}`.
    braces: bool,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum State {
    #[default]
    Outside,
    Escape,
    Double,
    DoubleEscape,
    Single,
    Comment,
}

impl Sh {
    fn step(&mut self, c: char) {
        let before = self.last.replace(c);
        let expands = before == Some('$');
        let is_live = matches!(self.state, State::Outside | State::Double);
        if self.braces && is_live {
            self.is_lost |= "\"'\\#`".contains(c) || expands;
            self.braces = c != '}';
            return;
        }
        match self.state {
            State::Outside | State::Double if c == '`' => self.is_lost = true,
            State::Outside | State::Double if expands && c == '(' => self.is_lost = true,
            State::Outside if c == '<' && before == Some('<') => self.is_lost = true,
            // Quotes may stand in the braces of an expansion, and mean different things there.
            State::Outside | State::Double if expands && c == '{' => self.braces = true,
            State::Outside if expands && c == '\'' => self.is_lost = true,
            _ => {}
        }
        self.state = match self.state {
            State::Outside => match c {
                '\\' => State::Escape,
                '"' => State::Double,
                '\'' => State::Single,
                '#' if before.is_none_or(|c| c.is_whitespace() || ";&|()<>".contains(c)) => {
                    State::Comment
                }
                _ => State::Outside,
            },
            State::Escape => State::Outside,
            State::Double if c == '\\' => State::DoubleEscape,
            State::Double if c == '"' => State::Outside,
            State::Double | State::DoubleEscape => State::Double,
            State::Single if c == '\'' => State::Outside,
            State::Single => State::Single,
            State::Comment if c == '\n' => State::Outside,
            State::Comment => State::Comment,
        };
    }
}

impl Place for Sh {
    fn pass(&mut self, text: &str) -> Result<(), Refusal> {
        text.chars().for_each(|c| self.step(c));
        Ok(())
    }

    fn insert(&mut self, value: &Insert<'_>, out: &mut Buffer) -> Result<(), Refusal> {
        let text = text(value)?;
        if text.contains('\0') {
            return Err("no variable of a shell can hold a NUL character");
        }
        if self.is_lost {
            return Err(
                "a here-document, a command substitution or quotes in an expansion stand before it: put it above them",
            );
        }
        if self.braces {
            return Err("it stands in an expansion");
        }
        if self.last == Some('$') && self.state != State::Single {
            return Err("a `$` stands before it");
        }
        match self.state {
            State::Comment => return Err(COMMENT),
            State::Escape | State::DoubleEscape => return Err(ESCAPED),
            State::Single => quote(out, text),
            State::Outside => {
                out.push('\'');
                quote(out, text);
                out.push('\'');
            }
            State::Double => {
                for character in text.chars() {
                    if matches!(character, '"' | '\\' | '$' | '`') {
                        out.push('\\');
                    }
                    out.push(character);
                }
            }
        }
        self.last = Some('x');
        Ok(())
    }
}

/// Inside of single quotes nothing is special but their end: out of them, a quote by itself, and back in.
fn quote(out: &mut Buffer, text: &str) {
    for character in text.chars() {
        if character == '\'' {
            out.push_str(r"'\''");
        } else {
            out.push(character);
        }
    }
}
