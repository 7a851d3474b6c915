//! Env files: the assignment that holds a secret becomes a comment. What different readers of such files take for different
//! values is left alone.

use std::collections::BTreeSet;

use zeroize::Zeroizing;

use super::{Change, Form, Left, Name, Place, names::is_variable};

const UNCLEAR: Left = "readers of env files differ on what its value is";

/// What can be done about each of the places.
pub(super) fn plan(source: &str, places: &[Place], is_shell: bool) -> Vec<Result<Change, Left>> {
    let assignments = assignments(source);
    let reads = reads(source);
    let answer = |place: &Place| {
        let after = assignments.partition_point(|one| one.value.start <= place.span.start);
        let assignment = after
            .checked_sub(1)
            .and_then(|number| assignments.get(number))
            .filter(|one| place.span.end <= one.value.end)
            .ok_or("it stands in no `NAME=value`")?;
        if reads.contains(assignment.name) {
            return Err("another line of the file reads its variable");
        }
        assignment.change(source, is_shell)
    };
    places.iter().map(answer).collect()
}

/// Every assignment, in order: a quoted value may go over lines.
fn assignments(source: &str) -> Vec<Assignment<'_>> {
    let mut all = Vec::new();
    let mut start = 0;
    while start < source.len() {
        let assignment = Assignment::read(source, start);
        let end = assignment.as_ref().map_or(start, |one| one.whole.end);
        all.extend(assignment);
        start = source[end..]
            .find('\n')
            .map_or(source.len(), |line_end| end + line_end + 1);
    }
    all
}

/// The variables of `$NAME` and `${NAME…}`, wherever they stand.
fn reads(source: &str) -> BTreeSet<&str> {
    let name = |(at, _)| {
        let rest = &source[at + 1..];
        let rest = rest.strip_prefix('{').unwrap_or(rest);
        let is_end = |c: char| !c.is_ascii_alphanumeric() && c != '_';
        &rest[..rest.find(is_end).unwrap_or(rest.len())]
    };
    source.match_indices('$').map(name).collect()
}

struct Assignment<'a> {
    name: &'a str,
    is_exported: bool,
    /// The byte that quotes the value, where one does.
    quote: Option<u8>,
    /// What stands between the quotes.
    value: std::ops::Range<usize>,
    /// From the name, or `export`, to the value's end.
    whole: std::ops::Range<usize>,
}

impl<'a> Assignment<'a> {
    /// The assignment that begins on the line at `start`.
    fn read(source: &'a str, start: usize) -> Option<Self> {
        let blanks = |text: &str| text.len() - text.trim_start_matches([' ', '\t']).len();
        let line = source.get(start..)?;
        let line = &line[..line.find('\n').unwrap_or(line.len())];
        let line = line.strip_suffix('\r').unwrap_or(line);
        let indent = blanks(line);
        let mut at = indent;
        let exported = line[at..]
            .strip_prefix("export")
            .filter(|rest| rest.starts_with([' ', '\t']));
        if let Some(rest) = exported {
            at = line.len() - rest.len() + blanks(rest);
        }
        let (name, _) = line[at..].split_once('=')?;
        let mut from = at + name.len() + 1;
        let name = name.trim_end_matches([' ', '\t']);
        from += blanks(&line[from..]);
        if !is_variable(name) {
            return None;
        }
        let quote = line[from..]
            .bytes()
            .next()
            .filter(|byte| matches!(byte, b'"' | b'\''));
        let (value, end) = if let Some(quote) = quote {
            let from = start + from + 1;
            let end = from + closing(&source.as_bytes()[from..], quote)?;
            (from..end, end + 1)
        } else {
            let rest = &line[from..];
            let comment = rest.find(" #").or_else(|| rest.find("\t#"));
            let value = rest[..comment.unwrap_or(rest.len())].trim_end();
            let end = start + from + value.len();
            (start + from..end, end)
        };
        Some(Self {
            name,
            is_exported: exported.is_some(),
            quote,
            value,
            whole: start + indent..end,
        })
    }

    fn change(&self, source: &str, is_shell: bool) -> Result<Change, Left> {
        let value = &source[self.value.clone()];
        let rest = &source[self.whole.end..];
        let rest = rest[..rest.find('\n').unwrap_or(rest.len())].trim_start();
        if !rest.is_empty() && !rest.starts_with('#') {
            return Err(UNCLEAR);
        }
        let is_shell = is_shell || self.is_exported;
        if self.is_unclear(value, is_shell) || value.contains('\0') {
            return Err(UNCLEAR);
        }
        Ok(Change {
            name: Name::Fixed(self.name.to_owned()),
            range: self.whole.clone(),
            form: Form::Comment,
            value: Zeroizing::new(value.to_owned()),
        })
    }

    /// Escapes and variables within a value: python-dotenv, django-environ, compose and shells each have rules of their own.
    fn is_unclear(&self, value: &str, is_shell: bool) -> bool {
        let is_literal = self.quote == Some(b'\'');
        let has_variable = value.contains("${") || value.contains("$(") || value.starts_with('$');
        value.is_empty()
            || value.contains('\\')
            || has_variable
            || is_shell && !is_literal && value.contains(['$', '`'])
            || is_shell && self.quote.is_none() && value.contains(SHELL)
            || self.quote.is_none() && value.contains(['"', '\'', '`'])
    }
}

/// What a shell does not take for a part of a word.
const SHELL: [char; 11] = [' ', '\t', ';', '&', '|', '(', ')', '<', '>', '*', '#'];

/// Where the quote ends; none where a backslash might hide the end.
fn closing(bytes: &[u8], quote: u8) -> Option<usize> {
    bytes
        .iter()
        .position(|byte| *byte == quote || *byte == b'\\')
        .filter(|end| bytes[*end] == quote)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan_of(source: &str, secret: &str) -> Result<(String, String), Left> {
        let start = source.find(secret).unwrap();
        let place = Place {
            span: start..start + secret.len(),
            rule: "password".into(),
        };
        let answer = plan(source, &[place], false).pop().unwrap();
        answer.map(|change| {
            assert!(matches!(change.name, Name::Fixed(_)));
            let mut new = source.to_owned();
            new.replace_range(change.range.clone(), "…");
            (change.value.to_string(), new)
        })
    }

    #[test]
    fn an_assignment_gives_way_and_what_stands_around_it_stays() {
        for (source, value, new) in [
            ("A=1\nP=pw-x # why\nB=2\n", "pw-x", "A=1\n… # why\nB=2\n"),
            ("  export P = 'pw-x'\r\n", "pw-x", "  …\r\n"),
            ("P=\"pw-x\ny\"\nB=2", "pw-x\ny", "…\nB=2"),
            ("P=pw-x$a#b", "pw-x$a#b", "…"),
            ("U=postgres://u:pw-x@h/d\n", "postgres://u:pw-x@h/d", "…\n"),
        ] {
            assert_eq!(
                plan_of(source, "pw-x"),
                Ok((value.to_owned(), new.to_owned())),
                "{source}"
            );
        }
    }

    #[test]
    fn a_value_that_readers_take_differently_stays() {
        for source in [
            "P=pw-x\\n",
            "P=\"pw-x\\n\"",
            "P=${A}pw-x",
            "export P=pw-x$a",
            "P='pw-x'tail",
            "# P=pw-x",
            "P=pw-x\nB=a${P}",
            "pw-x",
            "P='pw-x",
        ] {
            assert!(plan_of(source, "pw-x").is_err(), "{source}");
        }
    }
}
