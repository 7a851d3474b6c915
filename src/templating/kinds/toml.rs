//! TOML 1.0: <https://toml.io/en/v1.0.0#string>.

use super::{
    BEHIND, COMMENT, ESCAPED, Insert, MANY, Place, Refusal, Shape, escape_double, is_special,
};
use crate::render::buffer::Buffer;

#[derive(Default)]
pub(super) struct Toml {
    state: State,
    /// Quotes of one kind in a row outside of strings, or at the end of one of several lines.
    quotes: usize,
    last: Option<char>,
    /// So many quotes may still belong to the string of several lines that has just ended.
    extra: usize,
    is_behind: bool,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum State {
    #[default]
    Outside,
    Comment,
    Basic,
    Escape,
    Literal,
    /// A string of several lines, by its quote.
    Long(char),
    LongEscape,
}

impl Toml {
    fn outside(&mut self, c: char) -> Result<(), Refusal> {
        if self.extra > 0 && self.last == Some(c) {
            self.extra -= 1;
            return Ok(());
        }
        self.extra = 0;
        let is_end = c == '\n' || c == '#' || ",]}".contains(c);
        if self.is_behind && !c.is_whitespace() && !is_end {
            return Err(BEHIND);
        }
        if !c.is_whitespace() || c == '\n' {
            self.is_behind = false;
        }
        match c {
            '#' => self.state = State::Comment,
            // Behind two quotes of a kind: a third makes them the beginning of a long string.
            '"' | '\'' if self.quotes == 2 && self.last == Some(c) => {
                self.quotes = 0;
                self.state = State::Long(c);
                return Ok(());
            }
            '"' => self.state = State::Basic,
            '\'' => self.state = State::Literal,
            _ => {}
        }
        self.quotes = usize::from(matches!(c, '"' | '\''));
        if !c.is_whitespace() {
            self.last = Some(c);
        }
        Ok(())
    }

    fn step(&mut self, c: char) -> Result<(), Refusal> {
        match self.state {
            State::Outside => return self.outside(c),
            State::Comment if c == '\n' => self.state = State::Outside,
            State::Comment => {}
            State::Basic if c == '\\' => {
                self.state = State::Escape;
                self.quotes = 0;
            }
            State::Basic if c == '"' => self.close(),
            State::Literal if c == '\'' => self.close(),
            State::Basic | State::Literal => self.quotes = 0,
            State::Escape => self.state = State::Basic,
            State::Long('"') if c == '\\' => self.state = State::LongEscape,
            State::LongEscape => {
                self.state = State::Long('"');
                self.quotes = 0;
            }
            State::Long(quote) => {
                self.quotes = if c == quote { self.quotes + 1 } else { 0 };
                if self.quotes == 3 {
                    // One or two quotes more belong to the string: they open and close nothing.
                    self.state = State::Outside;
                    self.extra = 2;
                    self.quotes = 0;
                    self.last = Some(quote);
                }
            }
        }
        Ok(())
    }

    /// The end of a short string; of an empty one, two quotes stand in a row.
    fn close(&mut self) {
        self.quotes += usize::from(self.quotes == 1);
        self.state = State::Outside;
    }
}

impl Place for Toml {
    fn pass(&mut self, text: &str) -> Result<(), Refusal> {
        text.chars().try_for_each(|c| self.step(c))
    }

    fn insert(&mut self, value: &Insert<'_>, out: &mut Buffer) -> Result<(), Refusal> {
        let is_text = value.shape == Shape::Text;
        match self.state {
            State::Comment => return Err(COMMENT),
            State::Escape | State::LongEscape => return Err(ESCAPED),
            State::Long(_) => return Err("it stands in a string of several lines"),
            _ if value.shape == Shape::Json => return Err(MANY),
            State::Basic => {
                self.quotes = 0;
                escape_double(out, value.text);
                return Ok(());
            }
            State::Literal if value.text.contains('\'') || value.text.contains(is_special) => {
                return Err("single quotes cannot hold it: write double ones");
            }
            State::Literal => {
                self.quotes = 0;
                out.push_str(value.text);
                return Ok(());
            }
            State::Outside => {}
        }
        let begins = self.last.is_some_and(|last| "=[,".contains(last));
        if !begins || self.is_behind {
            return Err("no value of TOML can stand there");
        }
        if value.text == "null" && !is_text {
            return Err("TOML has no null");
        }
        if is_text {
            out.push('"');
            escape_double(out, value.text);
            out.push('"');
        } else {
            out.push_str(value.text);
        }
        self.is_behind = true;
        self.quotes = 0;
        self.last = Some('v');
        Ok(())
    }
}
