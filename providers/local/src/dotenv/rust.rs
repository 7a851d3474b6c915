//! The dialect of the `dotenvy` crate 0.15.7, as `dotenvy::dotenv()` loads a file. The crate reads every file without a
//! `$` in it. What a `$` stands for is worked out here: the crate would ask the environment of the process itself, and
//! drop an unknown name without a word. The reading here also says where the crate stops, which its errors cannot
//! without quoting the line.

use std::{collections::BTreeSet, str::Chars};

use nuages_provider::Environment;
use zeroize::Zeroizing;

use super::table::{Content, Entry, Problem, Refusal, Table};

/// Reads a file. As in the crate the first line that sets a name counts, and the first that cannot be read is the last.
pub(super) fn read(text: &str, environment: &Environment) -> Table {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut table = Table::default();
    let mut rest = text;
    let mut place = 1;
    while !rest.is_empty() {
        let Some((line, length)) = logical_line(rest) else {
            table.problems.push(Problem::new(place, rest));
            break;
        };
        match statement(line, environment, &table) {
            Ok(Some((name, content))) => {
                table.entries.entry(name.to_owned()).or_insert(Entry {
                    line: place,
                    content,
                });
            }
            Ok(None) => {}
            Err(Unreadable) => {
                // Nothing below is read either.
                table.problems.push(Problem::new(place, rest));
                break;
            }
        }
        place += rest[..length].matches('\n').count();
        rest = &rest[length..];
    }
    if !text.contains('$') {
        read_by_crate(text, &mut table);
    }
    table
}

/// Puts the crate's own values into the table. What has been refused stays refused.
fn read_by_crate(text: &str, table: &mut Table) {
    let mut seen = BTreeSet::new();
    // The crate's error quotes the line, so it is dropped unread: the place is in `table.problems`.
    for (name, value) in dotenvy::from_read_iter(text.as_bytes()).map_while(Result::ok) {
        let value = Zeroizing::new(value);
        if let Some(entry) = table.entries.get_mut(&name)
            && seen.insert(name)
            && matches!(entry.content, Content::Value(_))
        {
            entry.content = Content::Value(Zeroizing::new(value.as_bytes().to_vec()));
        }
    }
}

struct Unreadable;

#[derive(Clone, Copy, PartialEq)]
enum State {
    Plain,
    Blank,
    Escape,
    Single,
    SingleEscape,
    Double,
    DoubleEscape,
}

/// The first statement, which quotes and a blank or backslash at the end of a line carry on, without its comment, and
/// how much of the text it takes. `None` where the text ends too early.
fn logical_line(text: &str) -> Option<(&str, usize)> {
    let mut state = State::Plain;
    let mut start = 0;
    for physical in text.split_inclusive('\n') {
        let end = start + physical.len();
        if text[..end].trim_start().starts_with('#') {
            return Some(("", end));
        }
        for (at, c) in physical.char_indices() {
            state = match (state, c) {
                (State::Blank, '#') => return Some((&text[..start + at], end)),
                (State::Plain | State::Blank, '\\') => State::Escape,
                (State::Plain | State::Blank, '"') => State::Double,
                (State::Plain | State::Blank, '\'') => State::Single,
                (State::Plain, c) if c.is_whitespace() && c != '\n' && c != '\r' => State::Blank,
                (State::Plain | State::Blank | State::Escape, _)
                | (State::Double, '"')
                | (State::Single, '\'') => State::Plain,
                (State::Double, '\\') => State::DoubleEscape,
                (State::Double | State::DoubleEscape, _) => State::Double,
                (State::Single, '\\') => State::SingleEscape,
                (State::Single | State::SingleEscape, _) => State::Single,
            };
        }
        if state == State::Plain {
            let line = &text[..end];
            let line = line
                .strip_suffix("\r\n")
                .or_else(|| line.strip_suffix('\n'))
                .unwrap_or(line);
            return Some((line, end));
        }
        start = end;
    }
    None
}

/// A name and what stands under it; nothing for an empty line.
fn statement<'a>(
    line: &'a str,
    environment: &Environment,
    above: &Table,
) -> Result<Option<(&'a str, Content)>, Unreadable> {
    let line = line.trim();
    if line.is_empty() || line.starts_with('#') {
        return Ok(None);
    }
    let (mut name, mut rest) = split_name(line)?;
    let mut after = rest.strip_prefix('=');
    if name == "export" && after.is_none() {
        (name, rest) = split_name(rest)?;
        after = rest.strip_prefix('=');
    }
    let value = after.ok_or(Unreadable)?.trim_start();
    if value.is_empty() || value.starts_with('#') {
        return Ok(Some((name, Content::Value(Zeroizing::default()))));
    }
    Ok(Some((name, Value::read(value, environment, above)?)))
}

/// A name, and what follows it and the white space behind it.
fn split_name(text: &str) -> Result<(&str, &str), Unreadable> {
    if !text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') {
        return Err(Unreadable);
    }
    let end = text
        .find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '.')))
        .unwrap_or(text.len());
    Ok((&text[..end], text[end..].trim_start()))
}

/// A value while it is read.
struct Value<'a> {
    chars: Chars<'a>,
    environment: &'a Environment,
    above: &'a Table,
    pieces: Vec<Piece<'a>>,
    refusal: Option<Refusal>,
}

enum Piece<'a> {
    Char(char),
    Text(&'a [u8]),
}

impl<'a> Value<'a> {
    fn read(
        text: &'a str,
        environment: &'a Environment,
        above: &'a Table,
    ) -> Result<Content, Unreadable> {
        let mut value = Self {
            chars: text.chars(),
            environment,
            above,
            pieces: Vec::new(),
            refusal: None,
        };
        let mut double = false;
        while let Some(c) = value.chars.next() {
            match c {
                '$' => value.variable()?,
                '\\' => value.escape()?,
                '"' => double = !double,
                '\'' if !double => value.single()?,
                ' ' | '\t' if !double => {
                    value.end()?;
                    break;
                }
                c => value.push(c),
            }
        }
        if double {
            Err(Unreadable)
        } else {
            Ok(value.content())
        }
    }

    fn push(&mut self, c: char) {
        self.pieces.push(Piece::Char(c));
    }

    fn single(&mut self) -> Result<(), Unreadable> {
        loop {
            match self.chars.next().ok_or(Unreadable)? {
                '\'' => return Ok(()),
                c => self.push(c),
            }
        }
    }

    fn escape(&mut self) -> Result<(), Unreadable> {
        match self.chars.next() {
            Some(c @ ('\\' | '\'' | '"' | '$' | ' ')) => self.push(c),
            Some('n') => self.push('\n'),
            Some(_) => return Err(Unreadable),
            None => self.refusal = Some(Refusal::Backslash),
        }
        Ok(())
    }

    /// What follows `$`: `{…}` or the longest run of letters and digits (no `_`). The character behind such a run
    /// loses its meaning: a quote there is a quote in the value.
    fn variable(&mut self) -> Result<(), Unreadable> {
        loop {
            let text = self.chars.as_str();
            if let Some(block) = text.strip_prefix('{') {
                let end = block.find('}').ok_or(Unreadable)?;
                self.substitute(&block[..end]);
                self.chars = block[end + 1..].chars();
                return Ok(());
            }
            let end = text
                .find(|c: char| !c.is_alphanumeric())
                .unwrap_or(text.len());
            self.substitute(&text[..end]);
            self.chars = text[end..].chars();
            match self.chars.next() {
                Some('$') => {}
                Some(c) => {
                    self.push(c);
                    return Ok(());
                }
                None => return Ok(()),
            }
        }
    }

    fn substitute(&mut self, name: &str) {
        let set = self.environment.var(name).and_then(|value| value.to_str());
        match (
            set,
            self.above.entries.get(name).map(|entry| &entry.content),
        ) {
            (Some(value), _) => self.pieces.push(Piece::Text(value.as_bytes())),
            (None, Some(Content::Value(value))) => self.pieces.push(Piece::Text(value)),
            (None, _) => self.refusal = Some(Refusal::Dollar),
        }
    }

    /// Behind a blank there is nothing but a comment.
    fn end(&mut self) -> Result<(), Unreadable> {
        let rest = self.chars.as_str().trim_start_matches([' ', '\t']);
        if rest.is_empty() || rest.starts_with('#') {
            Ok(())
        } else {
            Err(Unreadable)
        }
    }

    fn content(self) -> Content {
        if let Some(refusal) = self.refusal {
            return Content::Refused(refusal);
        }
        let length = self.pieces.iter().map(|piece| match piece {
            Piece::Char(c) => c.len_utf8(),
            Piece::Text(text) => text.len(),
        });
        let mut value = Zeroizing::new(Vec::with_capacity(length.sum()));
        for piece in &self.pieces {
            match piece {
                Piece::Char(c) => value.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
                Piece::Text(text) => value.extend_from_slice(text),
            }
        }
        Content::Value(value)
    }
}
