//! What a dialect makes of a file: values by name, and the lines it cannot read. Shared by all dialects.

use std::{collections::BTreeMap, fmt};

use nuages_provider::{Error, ErrorKind};
use zeroize::Zeroizing;

use crate::file::read::Wiped;

/// The names of a file.
#[derive(Default)]
pub(super) struct Table {
    pub(super) entries: BTreeMap<String, Entry>,
    pub(super) problems: Vec<Problem>,
}

/// What stands under one name.
pub(super) struct Entry {
    /// Where it is set, from 1. Where it is set more than once, the place that counts.
    pub(super) line: usize,
    pub(super) content: Content,
}

pub(super) enum Content {
    Value(Wiped),
    /// The name stands alone, without `=`: the library sets no variable.
    Bare,
    /// The library would give another value than the one written, or fail.
    Refused(Refusal),
}

/// Why a value is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// django-environ takes a value that begins with `$` for the name of another variable, and there is none.
    Proxy,
    /// The same, and the chain of names never ends.
    ProxyLoop,
    /// dotenvy replaces `$name` by nothing where the name is not set.
    Dollar,
    /// dotenvy drops a backslash at the end of a value.
    Backslash,
}

/// Lines that a dialect cannot read. Holds no text of the file, as these may be a part of a secret.
#[derive(Clone, PartialEq, Eq)]
pub struct Problem {
    first_line: usize,
    last_line: usize,
    /// The names these lines seem to set. Private: a line of a broken key can look like a name.
    names: Vec<String>,
}

impl Problem {
    /// A statement of this text, which begins at `first_line`.
    pub(super) fn new(first_line: usize, text: &str) -> Self {
        let text = text.strip_suffix('\n').unwrap_or(text);
        Self {
            first_line,
            last_line: first_line + text.matches('\n').count(),
            names: text
                .lines()
                .filter_map(name_set_by)
                .map(str::to_owned)
                .collect(),
        }
    }

    /// The first line, from 1.
    #[must_use]
    pub fn first_line(&self) -> usize {
        self.first_line
    }

    /// The last line, from 1.
    #[must_use]
    pub fn last_line(&self) -> usize {
        self.last_line
    }

    /// Whether one of the lines seems to set `name`.
    #[must_use]
    pub fn concerns(&self, name: &str) -> bool {
        self.names.iter().any(|n| n == name)
    }

    /// `line 3` or `lines 3 to 5`.
    pub(super) fn place(&self) -> String {
        if self.first_line == self.last_line {
            return format!("line {}", self.first_line);
        }
        format!("lines {} to {}", self.first_line, self.last_line)
    }
}

impl fmt::Debug for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Problem({})", self.place())
    }
}

/// The name that a person would say a line sets: what stands before `=`, without `export` and quotes.
fn name_set_by(line: &str) -> Option<&str> {
    let (name, _) = line.trim_start_matches('\u{feff}').split_once('=')?;
    let name = name.trim();
    let name = name
        .strip_prefix("export")
        .filter(|rest| rest.starts_with(char::is_whitespace))
        .unwrap_or(name);
    Some(name.trim().trim_matches(['\'', '"'])).filter(|name| !name.is_empty())
}

impl Refusal {
    /// The same in words, for `name` set at `line` of `path`.
    pub(super) fn error(self, name: &str, line: usize, path: &str) -> Error {
        let (what, hint) = match self {
            Self::Proxy => (
                "begins with `$`, which django-environ takes for the name of a variable, and there is none of that name",
                "no quoting avoids this: let the value begin with another character, or read the file as python-dotenv does",
            ),
            Self::ProxyLoop => (
                "begins with `$`, which django-environ takes for the name of a variable, and following it never ends",
                "give the value itself",
            ),
            Self::Dollar => (
                "holds a `$` that dotenvy takes for a variable, and there is none of that name",
                "put the value in single quotes, or write `\\$`",
            ),
            Self::Backslash => (
                "ends with a backslash, which dotenvy drops",
                "write `\\\\` for a backslash",
            ),
        };
        Error::new(
            ErrorKind::Malformed,
            format!("the value of `{name}` at `{path}`, line {line}, {what}"),
        )
        .with_hint(hint)
    }
}

/// The text with every line break as `\n`, as Python's text mode reads it.
pub(super) fn universal_newlines(text: &str) -> Zeroizing<String> {
    let mut out = Zeroizing::new(String::with_capacity(text.len()));
    let mut rest = text;
    while let Some(at) = rest.find('\r') {
        out.push_str(&rest[..at]);
        out.push('\n');
        rest = &rest[at + 1..];
        rest = rest.strip_prefix('\n').unwrap_or(rest);
    }
    out.push_str(rest);
    out
}

/// The characters of Python's `\s`: those of Unicode's `White_Space` and the four separators of ASCII.
pub(super) fn is_space(c: char) -> bool {
    c.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_knows_its_lines_and_the_names_on_them() {
        let problem = Problem::new(3, "export A=\"x\n B = y\n'C'=z\n");
        assert_eq!(format!("{problem:?}"), "Problem(lines 3 to 5)");
        for name in ["A", "B", "C"] {
            assert!(problem.concerns(name), "{name}");
        }
        assert!(!problem.concerns("x") && !problem.concerns(""));
    }

    #[test]
    fn line_breaks_of_every_system_become_one() {
        assert_eq!(*universal_newlines("a\r\nb\rc\n\r\r\n"), "a\nb\nc\n\n\n");
    }
}
