//! Names that the dialects read differently, for a check: it tells which and why, never a value.

use std::fmt;

use nuages_provider::Environment;

use super::{
    Dialect,
    table::{Content, Table},
};

/// A name whose value depends on the library that reads the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Disagreement {
    /// The name.
    pub name: String,
    /// The line that sets it, from 1: the one that the first dialect to find it goes by.
    pub line: usize,
    /// The dialects, those together that read the same. At least two groups.
    pub groups: Vec<Vec<Dialect>>,
    /// Those that find no value at all: the line cannot be read, or the library would change the value.
    pub without_value: Vec<Dialect>,
    /// What in the file they make different things of.
    pub reason: Reason,
}

/// What the dialects make different things of: the first in this list that the lines of the name hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reason {
    /// The name is set more than once.
    Repeated,
    /// `$`: a variable to one, a character to another.
    Dollar,
    /// `\`: an escape to one, a character to another.
    Backslash,
    /// `'` or `"`.
    Quote,
    /// `#`: a comment to one, part of the value to another.
    Hash,
    /// White space at an end or in the midst of an unquoted value, or around `=`.
    Blank,
    /// None of these: the spelling of the name, or a line further up that one dialect stops at.
    Other,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Repeated => "the name is set more than once",
            Self::Dollar => "a `$`",
            Self::Backslash => "a backslash",
            Self::Quote => "a quote",
            Self::Hash => "a `#`",
            Self::Blank => "white space",
            Self::Other => "the line or one above it",
        })
    }
}

/// Which of `names` (as the file spells them) do not have one and the same value in every dialect. A name that no
/// dialect finds is no disagreement.
#[must_use]
pub fn disagreements(text: &str, names: &[&str], environment: &Environment) -> Vec<Disagreement> {
    let tables = Dialect::ALL.map(|dialect| (dialect, dialect.read(text, environment)));
    names
        .iter()
        .filter_map(|name| disagreement(text, name, &tables))
        .collect()
}

fn disagreement(text: &str, name: &str, tables: &[(Dialect, Table)]) -> Option<Disagreement> {
    let mut groups: Vec<(Option<&[u8]>, Vec<Dialect>)> = Vec::new();
    for (dialect, table) in tables {
        let value = value(table, name);
        match groups.iter_mut().find(|(other, _)| *other == value) {
            Some((_, dialects)) => dialects.push(*dialect),
            None => groups.push((value, vec![*dialect])),
        }
    }
    if groups.len() < 2 {
        return None;
    }
    let without_value = groups
        .iter()
        .find(|(value, _)| value.is_none())
        .map(|(_, dialects)| dialects.clone());
    let line = tables
        .iter()
        .find_map(|(_, table)| table.entries.get(name))
        .map_or(1, |entry| entry.line);
    Some(Disagreement {
        name: name.to_owned(),
        line,
        groups: groups.into_iter().map(|(_, dialects)| dialects).collect(),
        without_value: without_value.unwrap_or_default(),
        reason: reason(text, name, line, tables),
    })
}

fn value<'a>(table: &'a Table, name: &str) -> Option<&'a [u8]> {
    match &table.entries.get(name)?.content {
        Content::Value(value) => Some(value),
        Content::Bare | Content::Refused(_) => None,
    }
}

fn reason(text: &str, name: &str, line: usize, tables: &[(Dialect, Table)]) -> Reason {
    let mut lines = tables
        .iter()
        .filter_map(|(_, table)| table.entries.get(name))
        .map(|entry| entry.line);
    if lines.any(|other| other != line) {
        return Reason::Repeated;
    }
    let statement = statement_at(text, name, line, tables);
    let value = statement.split_once('=').map_or("", |(_, value)| value);
    let holds = |marks: &[char]| value.contains(marks);
    match () {
        () if holds(&['$']) => Reason::Dollar,
        () if holds(&['\\']) => Reason::Backslash,
        () if holds(&['\'', '"']) => Reason::Quote,
        () if holds(&['#']) => Reason::Hash,
        () if statement
            .trim_end_matches(['\n', '\r'])
            .contains(char::is_whitespace) =>
        {
            Reason::Blank
        }
        () => Reason::Other,
    }
}

/// The lines from `line` to the one before the next name of any dialect.
fn statement_at<'a>(
    text: &'a str,
    name: &str,
    line: usize,
    tables: &[(Dialect, Table)],
) -> &'a str {
    let others = tables
        .iter()
        .flat_map(|(_, table)| &table.entries)
        .filter(|(other, _)| *other != name);
    let next = others
        .map(|(_, entry)| entry.line)
        .filter(|next| *next > line)
        .min()
        .unwrap_or(usize::MAX);
    let start = |wanted: usize| {
        let mut at = 0;
        text.split_inclusive('\n')
            .take(wanted - 1)
            .for_each(|line| at += line.len());
        at
    };
    &text[start(line)..start(next)]
}
