//! YAML 1.2, as far as a file of settings uses it. Text of several lines (`|`, `>`) takes no value: it knows no escapes.

use super::{
    BEHIND, COMMENT, ESCAPED, Insert, MIDDLE, Place, Refusal, Shape, escape_double, is_special,
    is_word,
};
use crate::render::buffer::Buffer;

#[derive(Default)]
pub(super) struct Yaml {
    state: State,
    /// The text of this line so far outside of quotes, without its indentation; a quoted part or a value is one `"`.
    line: String,
    indentation: usize,
    /// How many `[` and `{` are open.
    depth: usize,
    is_behind: bool,
    /// The indentation of the line that began a text of several lines.
    block: Option<usize>,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum State {
    #[default]
    Outside,
    Comment,
    Double,
    Escape,
    Single,
    /// Behind a quote in single quotes: another makes it a character.
    Closing,
}

impl Yaml {
    fn step(&mut self, c: char) -> Result<(), Refusal> {
        if self.state == State::Closing {
            if c == '\'' {
                self.state = State::Single;
                return Ok(());
            }
            self.state = State::Outside;
        }
        match self.state {
            State::Double if c == '\\' => self.state = State::Escape,
            State::Double if c == '"' => self.state = State::Outside,
            State::Escape => self.state = State::Double,
            State::Single if c == '\'' => self.state = State::Closing,
            State::Double | State::Single | State::Closing => {}
            _ if c == '\n' => self.end_line(),
            State::Comment => {}
            State::Outside => return self.outside(c),
        }
        Ok(())
    }

    fn outside(&mut self, c: char) -> Result<(), Refusal> {
        if self.line.is_empty() && matches!(c, ' ' | '\t') {
            self.indentation += 1;
            return Ok(());
        }
        if self.is_in_block() {
            self.line.push(c);
            return Ok(());
        }
        if !c.is_whitespace() {
            self.block = None;
        }
        let blank = self.line.ends_with([' ', '\t']) || self.line.is_empty();
        if self.is_behind && !c.is_whitespace() {
            let is_end = c == '#' && blank || self.depth > 0 && ",]}".contains(c);
            if !is_end {
                return Err(BEHIND);
            }
            self.is_behind = false;
        }
        match c {
            '#' if blank => {
                self.state = State::Comment;
                return Ok(());
            }
            '"' if self.begins_node() => self.state = State::Double,
            '\'' if self.begins_node() => self.state = State::Single,
            '[' | '{' if self.depth > 0 || self.begins_node() => self.depth += 1,
            ']' | '}' => self.depth = self.depth.saturating_sub(1),
            _ => {}
        }
        self.line.push(if c == '\'' { '"' } else { c });
        Ok(())
    }

    /// The next line may be text of several lines, if this one says so.
    fn end_line(&mut self) {
        if !self.is_in_block() {
            let content = self.line.trim_end();
            let sign = content.trim_end_matches(|c: char| "+-".contains(c) || c.is_ascii_digit());
            let opens = sign.ends_with(['|', '>']) && content.len() - sign.len() <= 2;
            if opens && self.depth == 0 {
                self.block = Some(self.indentation);
            }
        }
        self.line.clear();
        self.indentation = 0;
        self.is_behind = false;
        self.state = State::Outside;
    }

    fn is_in_block(&self) -> bool {
        self.block.is_some_and(|block| self.indentation > block)
    }

    /// Whether a quote or a bracket here is one to YAML. In the midst of plain text it is a character like any other.
    fn begins_node(&self) -> bool {
        let mut content = self.line.trim_end();
        let has_blank = content.len() < self.line.len();
        // A tag or an anchor may stand before it.
        while has_blank
            && let Some((before, last)) = content.rsplit_once([' ', '\t'])
            && last.starts_with(['!', '&'])
        {
            content = before.trim_end();
        }
        if self.depth > 0 {
            let is_behind_key = |key: &str| has_blank || key.ends_with(['"', ']', '}']);
            return content.ends_with(['[', '{', ','])
                || content.strip_suffix(':').is_some_and(is_behind_key);
        }
        let is_sign = |part: &str| ["-", "?", ":", "---"].contains(&part);
        content.is_empty()
            || has_blank
                && (content.split_ascii_whitespace().all(is_sign)
                    || content
                        .strip_suffix(':')
                        .is_some_and(|key| !key.contains(": ")))
    }

    /// Whether a whole value can begin here.
    fn begins_value(&self) -> bool {
        let content = self.line.trim_end();
        let has_blank = content.len() < self.line.len();
        if self.depth > 0 {
            return content.ends_with(['[', '{', ',']) || content.ends_with(':') && has_blank;
        }
        let is_item = !content.is_empty() && content.chars().all(|c| "- ".contains(c));
        let is_key = content.ends_with(':') && !content[..content.len() - 1].contains(": ");
        (is_item || is_key) && has_blank
    }
}

/// Inside of double quotes. Blanks at an end are folded away where the template breaks the line beside them.
fn escape_folded(out: &mut Buffer, text: &str) {
    let body = text.trim_start_matches(' ');
    let before = text.len() - body.len();
    let body = body.trim_end_matches(' ');
    let behind = text.len() - before - body.len();
    (0..before).for_each(|_| out.push_str("\\x20"));
    escape_double(out, body);
    (0..behind).for_each(|_| out.push_str("\\x20"));
}

impl Place for Yaml {
    fn pass(&mut self, text: &str) -> Result<(), Refusal> {
        text.chars().try_for_each(|c| self.step(c))
    }

    fn insert(&mut self, value: &Insert<'_>, out: &mut Buffer) -> Result<(), Refusal> {
        if value.shape == Shape::Json && self.state != State::Outside {
            return Err(super::MANY);
        }
        match self.state {
            State::Comment => return Err(COMMENT),
            State::Escape => return Err(ESCAPED),
            State::Closing => return Err("a quote stands before it"),
            State::Double => {
                escape_folded(out, value.text);
                return Ok(());
            }
            State::Single
                if value.text.contains(is_special)
                    || value.text.starts_with(' ')
                    || value.text.ends_with(' ') =>
            {
                return Err("single quotes cannot hold it: write double ones");
            }
            State::Single => {
                value.text.split_inclusive('\'').for_each(|part| {
                    out.push_str(part);
                    if part.ends_with('\'') {
                        out.push('\'');
                    }
                });
                return Ok(());
            }
            State::Outside => {}
        }
        if self.is_in_block() {
            return Err("it stands in text of several lines, which knows no escapes");
        }
        if self.is_behind {
            return Err(BEHIND);
        }
        if !self.begins_value() {
            let is_inside = self
                .line
                .ends_with(|c: char| c.is_alphanumeric() || "/@.:_-=".contains(c));
            if !is_inside || self.line.trim().is_empty() || !is_word(value.text) {
                return Err(MIDDLE);
            }
            out.push_str(value.text);
            self.line.push('x');
            return Ok(());
        }
        if value.shape == Shape::Text && value.done != Some("json") {
            out.push('"');
            escape_double(out, value.text);
            out.push('"');
        } else if value.text.contains(is_special) {
            return Err("as JSON it has characters that YAML does not print: leave the filter out");
        } else {
            out.push_str(value.text);
        }
        self.line.push('"');
        self.is_behind = true;
        Ok(())
    }
}
