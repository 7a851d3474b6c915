//! The dialect of python-dotenv 1.2.4, as `load_dotenv()` reads a file: the grammar of its `parser.py` and the
//! `${NAME}` of its `variables.py`.

use std::collections::BTreeMap;

use nuages_provider::Environment;
use zeroize::Zeroizing;

use super::table::{Content, Entry, Problem, Table, is_space, universal_newlines};
use crate::file::read::Wiped;

/// Reads a file.
pub(super) fn read(text: &str, environment: &Environment) -> Table {
    let text = universal_newlines(text);
    let mut reader = Reader {
        rest: text.strip_prefix('\u{feff}').unwrap_or(&text),
        line: 1,
    };
    let mut table = Table::default();
    loop {
        reader.take_while(is_space);
        if reader.rest.is_empty() {
            return table;
        }
        let (start, line) = (reader.rest, reader.line);
        match reader.statement() {
            Ok(Some((name, value))) => {
                let content = match value {
                    Some(value) => Content::Value(expand(&value, environment, &table.entries)),
                    None => Content::Bare,
                };
                table
                    .entries
                    .insert(name.to_owned(), Entry { line, content });
            }
            Ok(None) => {}
            Err(Unreadable) => {
                reader.take_while(|c| c != '\n');
                table.problems.push(Problem::new(
                    line,
                    &start[..start.len() - reader.rest.len()],
                ));
            }
        }
    }
}

struct Unreadable;

/// A name, and its value where it has one.
type Statement<'a> = (&'a str, Option<Zeroizing<String>>);

/// What is left of the text, and the line it begins at.
struct Reader<'a> {
    rest: &'a str,
    line: usize,
}

impl<'a> Reader<'a> {
    /// A name and its value, if it has one; nothing for a comment.
    fn statement(&mut self) -> Result<Option<Statement<'a>>, Unreadable> {
        self.export();
        let name = self.name()?;
        self.take_while(is_blank);
        let mut value = None;
        if self.take("=") {
            let blanks = self.take_while(is_blank);
            // `NAME= # text` is an empty value and a comment, `NAME=#text` is a value.
            let comment = !blanks.is_empty() && self.rest.starts_with('#');
            value = Some(if comment {
                Zeroizing::default()
            } else {
                self.value()?
            });
        }
        self.comment();
        self.end_of_line()?;
        Ok(name.map(|name| (name, value)))
    }

    fn export(&mut self) {
        let after = self
            .rest
            .strip_prefix("export")
            .map(|rest| rest.trim_start_matches(is_blank));
        if let Some(after) = after.filter(|after| after.len() + "export".len() < self.rest.len()) {
            self.rest = after;
        }
    }

    fn name(&mut self) -> Result<Option<&'a str>, Unreadable> {
        if self.rest.starts_with('#') {
            return Ok(None);
        }
        if let Some(quoted) = self.rest.strip_prefix('\'') {
            let end = quoted.find('\'').filter(|end| *end > 0).ok_or(Unreadable)?;
            self.advance(end + 2);
            return Ok(Some(&quoted[..end]));
        }
        let name = self.take_while(|c| !matches!(c, '=' | '#') && !is_space(c));
        if name.is_empty() {
            Err(Unreadable)
        } else {
            Ok(Some(name))
        }
    }

    fn value(&mut self) -> Result<Zeroizing<String>, Unreadable> {
        match self.rest.chars().next() {
            Some('\'') => Ok(unescape(self.quoted('\'')?, |c| {
                matches!(c, '\\' | '\'').then_some(c)
            })),
            Some('"') => Ok(unescape(self.quoted('"')?, |c| {
                Some(match c {
                    '\\' | '\'' | '"' => c,
                    'a' => '\u{7}',
                    'b' => '\u{8}',
                    'f' => '\u{c}',
                    'n' => '\n',
                    'r' => '\r',
                    't' => '\t',
                    'v' => '\u{b}',
                    _ => return None,
                })
            })),
            _ => {
                let line = self.take_while(|c| c != '\n');
                Ok(Zeroizing::new(
                    without_comment(line).trim_end_matches(is_space).to_owned(),
                ))
            }
        }
    }

    /// What stands between two quotes, escapes and all. Nothing is taken where the second is missing.
    fn quoted(&mut self, quote: char) -> Result<&'a str, Unreadable> {
        let inner = &self.rest[1..];
        let mut escaped = false;
        for (at, c) in inner.char_indices() {
            match c {
                _ if escaped => escaped = false,
                '\\' => escaped = true,
                c if c == quote => {
                    self.advance(at + 2);
                    return Ok(&inner[..at]);
                }
                _ => {}
            }
        }
        Err(Unreadable)
    }

    fn comment(&mut self) {
        let after = self.rest.trim_start_matches(is_blank);
        if after.starts_with('#') {
            self.rest = after.trim_start_matches(|c| c != '\n');
        }
    }

    fn end_of_line(&mut self) -> Result<(), Unreadable> {
        let after = self.rest.trim_start_matches(is_blank);
        if !after.is_empty() && !after.starts_with('\n') {
            return Err(Unreadable);
        }
        self.rest = after;
        self.take("\n");
        Ok(())
    }

    fn take(&mut self, text: &str) -> bool {
        let found = self.rest.starts_with(text);
        if found {
            self.advance(text.len());
        }
        found
    }

    fn take_while(&mut self, fits: impl Fn(char) -> bool) -> &'a str {
        let end = self.rest.find(|c| !fits(c)).unwrap_or(self.rest.len());
        let taken = &self.rest[..end];
        self.advance(end);
        taken
    }

    fn advance(&mut self, count: usize) {
        self.line += self.rest[..count].matches('\n').count();
        self.rest = &self.rest[count..];
    }
}

fn is_blank(c: char) -> bool {
    is_space(c) && c != '\n' && c != '\r'
}

/// A bare value ends at the first `#` with white space before it.
fn without_comment(line: &str) -> &str {
    let comment = line
        .match_indices('#')
        .find(|(at, _)| line[..*at].ends_with(is_space));
    comment.map_or(line, |(at, _)| &line[..at])
}

/// Replaces a backslash and the character after it, where `meaning` knows what the two stand for.
fn unescape(text: &str, meaning: impl Fn(char) -> Option<char>) -> Zeroizing<String> {
    let mut out = Zeroizing::new(String::with_capacity(text.len()));
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        let next = chars.clone().next().filter(|_| c == '\\');
        match next.map(|next| (next, meaning(next))) {
            Some((_, Some(meant))) => {
                out.push(meant);
                chars.next();
            }
            _ => out.push(c),
        }
    }
    out
}

/// Replaces every `${NAME}` and `${NAME:-default}`. Like `load_dotenv()`, the environment is asked first, then the
/// names set further up; a name in neither stands for its default or for nothing. `$NAME` is left alone.
fn expand(value: &str, environment: &Environment, above: &BTreeMap<String, Entry>) -> Wiped {
    let mut pieces: Vec<&[u8]> = Vec::new();
    // Nothing is replaced behind the last brace: not looking there keeps a file of many `${` quick to read.
    let (mut rest, tail) = value.split_at(value.rfind('}').map_or(0, |last| last + 1));
    while let Some(at) = rest.find("${") {
        let Some((name, default, after)) = variable(&rest[at + 2..]) else {
            pieces.push(&rest.as_bytes()[..at + 2]);
            rest = &rest[at + 2..];
            continue;
        };
        pieces.push(&rest.as_bytes()[..at]);
        pieces.push(
            match (
                environment.var(name),
                above.get(name).map(|entry| &entry.content),
            ) {
                (Some(value), _) => value.as_encoded_bytes(),
                (None, Some(Content::Value(value))) => value,
                (None, Some(_)) => b"",
                (None, None) => default.as_bytes(),
            },
        );
        rest = after;
    }
    pieces.extend([rest.as_bytes(), tail.as_bytes()]);
    Zeroizing::new(pieces.concat())
}

/// Name, default and what follows, of a text that begins behind `${`.
fn variable(text: &str) -> Option<(&str, &str, &str)> {
    let end = text.find(['}', ':'])?;
    let (name, rest) = text.split_at(end);
    if let Some(after) = rest.strip_prefix('}') {
        return Some((name, "", after));
    }
    let (default, after) = rest.strip_prefix(":-")?.split_once('}')?;
    Some((name, default, after))
}
