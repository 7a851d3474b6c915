//! `supervisord.conf`, by `options.py` and `datatypes.py` of Supervisor 4, and what it is built on: Python's `ConfigParser`
//! with interpolation (`%` is written twice).

use super::{
    COMMENT, Insert, Place, Refusal,
    lines::{self, Line},
    text,
};
use crate::render::buffer::Buffer;

/// Files of `key = value` that `configparser.ConfigParser()` reads with the interpolation it has by itself.
#[derive(Default)]
pub(super) struct ConfigParser {
    line: Line,
}

impl Place for ConfigParser {
    fn pass(&mut self, text: &str) -> Result<(), Refusal> {
        for c in text.chars() {
            self.line.step(c);
        }
        Ok(())
    }

    fn insert(&mut self, value: &Insert<'_>, out: &mut Buffer) -> Result<(), Refusal> {
        let text = text(value)?;
        let (_, before) = self.line.setting(&['=', ':'])?;
        check_percent(before)?;
        lines::check(text)?;
        escape(out, text);
        self.line.wrote(text.len());
        Ok(())
    }
}

#[derive(Default)]
pub(super) struct Supervisor {
    line: Line,
    /// The setting so far: lines that begin with a blank go on with it.
    setting: String,
    /// Whether a value that brought its quotes was written last.
    ends: bool,
}

const QUOTED: Refusal = "Supervisor knows no escapes: it cannot hold the quotes that are in it";

impl Place for Supervisor {
    fn pass(&mut self, text: &str) -> Result<(), Refusal> {
        for c in text.chars() {
            if std::mem::take(&mut self.ends) && !c.is_ascii_whitespace() && c != ',' {
                return Err(super::BEHIND);
            }
            // A setting goes on behind lines that are comments.
            if self.line.text.is_empty() && !matches!(c, ' ' | '\t' | '\n' | ';' | '#') {
                self.setting.clear();
            }
            if c == '\n' {
                // Quotes in a comment are none.
                let comment = comment(&self.line.text).unwrap_or(self.line.text.len());
                let rest = self.line.text.len() - comment;
                self.setting
                    .truncate(self.setting.len().saturating_sub(rest));
            }
            self.setting.push(c);
            self.line.step(c);
        }
        Ok(())
    }

    fn insert(&mut self, value: &Insert<'_>, out: &mut Buffer) -> Result<(), Refusal> {
        let text = text(value)?;
        lines::check_length(&self.setting)?;
        lines::check_length(&self.line.text)?;
        let line = self.line.text.trim_start();
        if comment(&self.line.text).is_some() {
            return Err(COMMENT);
        }
        if line.starts_with('[') {
            return Err("it stands in the name of a section");
        }
        let setting = self.setting.split_once(['=', ':']);
        let (key, before) = setting.ok_or("no key with `=` stands before it")?;
        check_percent(before)?;
        lines::check(text)?;
        let begins_comment = text.starts_with([';', '#']) && before.ends_with(char::is_whitespace)
            || text.starts_with([';', '#']) && before.is_empty();
        if comment_behind_blank(text).is_some() || begins_comment {
            return Err(
                "it has a blank with `;` or `#` behind it, where Supervisor begins a comment",
            );
        }
        match key.trim().to_ascii_lowercase().as_str() {
            "environment" => self.ends = environment(before, text, out)?,
            "command" => {
                return Err(
                    "every user of the machine sees what a command is given: put it in `environment`",
                );
            }
            _ => escape(out, text),
        }
        self.line.wrote(text.len());
        self.setting.push('x');
        Ok(())
    }
}

/// A value of `environment=A="…",B="…"`, which `shlex` takes apart without escapes; whether it brought its quotes.
fn environment(before: &str, text: &str, out: &mut Buffer) -> Result<bool, Refusal> {
    if text.starts_with(['"', '\'']) || text.ends_with(['"', '\'']) {
        return Err("Supervisor cuts quotes off at both ends of a value");
    }
    if let Some(quote) = open_quote(before) {
        if text.contains(quote) {
            return Err(QUOTED);
        }
        escape(out, text);
        return Ok(false);
    }
    if !before.trim_end().ends_with('=') {
        return Err("no key with `=` stands before it");
    }
    let quote = ['"', '\''].into_iter().find(|quote| !text.contains(*quote));
    let quote = quote.ok_or(QUOTED)?;
    out.push(quote);
    escape(out, text);
    out.push(quote);
    Ok(true)
}

/// The quote that is open at the end of a text. One in the midst of a word opens nothing.
fn open_quote(text: &str) -> Option<char> {
    let mut open = None;
    let mut last = ',';
    for c in text.chars() {
        let begins = last.is_whitespace() || "=,".contains(last);
        match open {
            Some(quote) if c == quote => open = None,
            None if begins && matches!(c, '"' | '\'') => open = Some(c),
            _ => {}
        }
        last = c;
    }
    open
}

/// Where the comment of a line begins.
fn comment(line: &str) -> Option<usize> {
    let begin = line.len() - line.trim_start().len();
    if line[begin..].starts_with([';', '#']) {
        return Some(begin);
    }
    comment_behind_blank(line)
}

/// Where a blank has the sign of a comment behind it: quotes or not, `ConfigParser` cuts the line there.
fn comment_behind_blank(text: &str) -> Option<usize> {
    let mut blank = false;
    let begins = |(_, c): &(usize, char)| {
        let begins = blank && matches!(c, ';' | '#');
        blank = c.is_whitespace();
        begins
    };
    text.char_indices().find(begins).map(|(place, _)| place)
}

/// A `%` that waits for its other half would take the value's first character.
fn check_percent(before: &str) -> Result<(), Refusal> {
    let signs = before.len() - before.trim_end_matches('%').len();
    if signs % 2 == 1 {
        return Err("a single `%` stands before it");
    }
    Ok(())
}

fn escape(out: &mut Buffer, text: &str) {
    for character in text.chars() {
        if character == '%' {
            out.push('%');
        }
        out.push(character);
    }
}
