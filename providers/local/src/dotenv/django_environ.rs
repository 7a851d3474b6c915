//! The dialect of django-environ 0.14.0: the lines of its `Env.read_env` with its defaults, and the values as
//! `env("NAME")` gives them.

use std::collections::{BTreeMap, BTreeSet};

use nuages_provider::Environment;
use zeroize::Zeroizing;

use super::table::{Content, Entry, Problem, Refusal, Table, is_space, universal_newlines};

type Raw = BTreeMap<String, (usize, Zeroizing<String>)>;

/// Reads a file.
pub(super) fn read(text: &str, environment: &Environment) -> Table {
    let text = universal_newlines(text);
    let mut raw = Raw::new();
    let mut table = Table::default();
    for (place, line) in lines(&text) {
        match statement(line) {
            Some((name, value)) => {
                raw.insert(name.to_owned(), (place, unquote(value)));
            }
            // A line of blanks is as unreadable to the library, yet nobody misses it.
            None if line.starts_with('#') || line.trim_matches(is_space).is_empty() => {}
            None => table.problems.push(Problem::new(place, line)),
        }
    }
    for (name, (line, _)) in &raw {
        let content = follow(name, &raw, environment);
        table.entries.insert(
            name.clone(),
            Entry {
                line: *line,
                content,
            },
        );
    }
    table
}

/// The lines of Python's `str.splitlines`, which ends them at more characters than an editor does. Each with the
/// number an editor shows, from 1.
fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let ends = [
        '\n', '\u{b}', '\u{c}', '\u{1c}', '\u{1d}', '\u{1e}', '\u{85}', '\u{2028}', '\u{2029}',
    ];
    let mut place = 1;
    text.split_inclusive(ends).map(move |line| {
        let here = place;
        place += usize::from(line.ends_with('\n'));
        (here, line.strip_suffix(ends).unwrap_or(line))
    })
}

/// `NAME=value` or `export NAME=value`: one blank behind `export`, none anywhere else.
fn statement(line: &str) -> Option<(&str, &str)> {
    let (name, value) = line
        .strip_prefix("export ")
        .unwrap_or(line)
        .split_once('=')?;
    let fits = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    fits.then_some((name, value))
}

/// Takes off one pair of single quotes, then one pair of double quotes and their backslashes.
fn unquote(value: &str) -> Zeroizing<String> {
    let value = inside(value, '\'').unwrap_or(value);
    let Some(quoted) = inside(value, '"') else {
        return Zeroizing::new(value.to_owned());
    };
    let mut out = Zeroizing::new(String::with_capacity(quoted.len()));
    let mut chars = quoted.chars();
    while let Some(c) = chars.next() {
        let escaped = if c == '\\' { chars.next() } else { None };
        match escaped {
            // `\n`, `\r` and `\t` stay two characters: the library leaves them to `env.str(…, multiline=True)`.
            Some('r' | 'n' | 't') | None => out.push(c),
            Some(_) => {}
        }
        out.extend(escaped);
    }
    out
}

fn inside(value: &str, quote: char) -> Option<&str> {
    value.strip_prefix(quote)?.strip_suffix(quote)
}

/// The value of `name`, where a value that begins with `$` stands for the variable it names: in the environment, or
/// else in the file.
fn follow(name: &str, raw: &Raw, environment: &Environment) -> Content {
    let mut value = raw
        .get(name)
        .map_or(&b""[..], |(_, value)| value.as_bytes());
    let mut seen = BTreeSet::new();
    while value.starts_with(b"$") {
        let dollars = value.iter().take_while(|b| **b == b'$').count();
        let Ok(target) = std::str::from_utf8(&value[dollars..]) else {
            return Content::Refused(Refusal::Proxy);
        };
        if !seen.insert(target) {
            return Content::Refused(Refusal::ProxyLoop);
        }
        value = match (environment.var(target), raw.get(target)) {
            (Some(value), _) => value.as_encoded_bytes(),
            (None, Some((_, value))) => value.as_bytes(),
            (None, None) => return Content::Refused(Refusal::Proxy),
        };
    }
    Content::Value(Zeroizing::new(value.to_vec()))
}
