//! nginx, by `ngx_conf_read_token` in `src/core/ngx_conf_file.c` of nginx 1.22: a parameter may stand in quotes, in which a
//! backslash makes a quote or another backslash plain. Nothing makes a dollar sign plain: it begins a variable.

use super::{
    COMMENT, CONTROL, ESCAPED, Insert, MIDDLE, Place, Refusal, has_control, is_word, text,
};
use crate::render::buffer::Buffer;

/// The longest parameter: nginx reads 4,096 bytes at a time, and a parameter must lie in them.
const LONGEST: usize = 4000;

#[derive(Default)]
pub(super) struct Nginx {
    state: State,
    /// Within a variable's name, to which letters would be added.
    is_name: bool,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum State {
    /// Where a parameter may begin.
    #[default]
    Between,
    /// In a parameter without quotes.
    Bare,
    BareEscape,
    Quoted(char),
    QuotedEscape(char),
    /// Behind a closing quote.
    Closed,
    Comment,
}

impl Nginx {
    fn step(&mut self, c: char) -> Result<(), Refusal> {
        let is_end = c.is_ascii_whitespace() || c == ';' || c == '{';
        self.is_name = match self.state {
            State::Bare | State::Quoted(_) | State::Between => {
                c == '$' || self.is_name && (c.is_ascii_alphanumeric() || "_{".contains(c))
            }
            _ => false,
        };
        self.state = match self.state {
            State::Between if c == '#' => State::Comment,
            State::Between if c == '"' || c == '\'' => State::Quoted(c),
            State::Between | State::Bare if c == '\\' => State::BareEscape,
            State::Between if is_end || c == '}' => State::Between,
            // `${name}` in a parameter without quotes does not end it.
            State::Bare if c == '{' && self.is_name => State::Bare,
            State::Bare if is_end => State::Between,
            State::Between | State::Bare | State::BareEscape => State::Bare,
            State::Quoted(quote) if c == '\\' => State::QuotedEscape(quote),
            State::Quoted(quote) if c == quote => State::Closed,
            State::Quoted(quote) | State::QuotedEscape(quote) => State::Quoted(quote),
            // Behind the bracket of an `if`, the next parameter has begun with it.
            State::Closed if c == ')' => State::Bare,
            State::Closed if is_end => State::Between,
            State::Closed => return Err("a blank or `;` must stand behind a closing quote"),
            State::Comment if c == '\n' => State::Between,
            State::Comment => State::Comment,
        };
        Ok(())
    }
}

impl Place for Nginx {
    fn pass(&mut self, text: &str) -> Result<(), Refusal> {
        text.chars().try_for_each(|c| self.step(c))
    }

    fn insert(&mut self, value: &Insert<'_>, out: &mut Buffer) -> Result<(), Refusal> {
        let text = text(value)?;
        if has_control(text) {
            return Err(CONTROL);
        }
        if text.contains('$') {
            return Err(
                "`$` begins a variable in nginx, and nothing makes it plain: `| base64` or `| urlencode` do without",
            );
        }
        if text.len() > LONGEST {
            return Err("it is longer than a parameter of nginx may be");
        }
        if self.is_name {
            return Err("it would belong to the variable's name before it: write `${name}`");
        }
        match self.state {
            State::Comment => Err(COMMENT),
            State::BareEscape | State::QuotedEscape(_) => Err(ESCAPED),
            State::Closed => Err("a quote is closed right before it"),
            State::Quoted(_) => {
                escape(out, text);
                Ok(())
            }
            State::Between if !is_word(text) => {
                out.push('"');
                escape(out, text);
                out.push('"');
                self.state = State::Closed;
                Ok(())
            }
            State::Bare if !is_word(text) => Err(MIDDLE),
            State::Between | State::Bare => {
                out.push_str(text);
                self.state = State::Bare;
                Ok(())
            }
        }
    }
}

/// Both quotes are plain behind a backslash, in quotes of either kind.
fn escape(out: &mut Buffer, text: &str) {
    for character in text.chars() {
        if matches!(character, '"' | '\'' | '\\') {
            out.push('\\');
        }
        out.push(character);
    }
}
