//! JSON, by RFC 8259.

use super::{BEHIND, ESCAPED, Insert, MANY, Place, Refusal, Shape, escape_double};
use crate::render::buffer::Buffer;

#[derive(Default)]
pub(super) struct Json {
    state: State,
    /// The last character outside of strings that is no blank.
    last: Option<char>,
    /// Whether a value was written outside of strings, with nothing behind it yet.
    is_behind: bool,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum State {
    #[default]
    Outside,
    Text,
    Escape,
}

impl Place for Json {
    fn pass(&mut self, text: &str) -> Result<(), Refusal> {
        for c in text.chars() {
            match self.state {
                State::Outside if c.is_ascii_whitespace() => {}
                State::Outside => {
                    if std::mem::take(&mut self.is_behind) && !",]}:".contains(c) {
                        return Err(BEHIND);
                    }
                    if c == '"' {
                        self.state = State::Text;
                    }
                    self.last = Some(c);
                }
                State::Text if c == '\\' => self.state = State::Escape,
                State::Text if c == '"' => self.state = State::Outside,
                State::Text => {}
                State::Escape => self.state = State::Text,
            }
        }
        Ok(())
    }

    fn insert(&mut self, value: &Insert<'_>, out: &mut Buffer) -> Result<(), Refusal> {
        match self.state {
            State::Escape => return Err(ESCAPED),
            State::Text if value.shape == Shape::Json => return Err(MANY),
            State::Text => {
                escape_double(out, value.text);
                return Ok(());
            }
            State::Outside => {}
        }
        let begins = self.last.is_none_or(|last| "[{,:".contains(last));
        if !begins || self.is_behind {
            return Err("no value of JSON can stand there");
        }
        if value.shape == Shape::Text && value.done != Some("json") {
            out.push('"');
            escape_double(out, value.text);
            out.push('"');
        } else {
            out.push_str(value.text);
        }
        self.is_behind = true;
        self.last = Some('"');
        Ok(())
    }
}
