//! Settings that are commented out: `# SECRET_KEY = "…"`. Whoever reads the file reads them too.

use std::ops::Range;

use super::super::{
    detect::{Match, Request},
    text::Text,
    words,
};
use crate::finding::Confidence;

pub(super) fn scan(text: &Text<'_>, source: &str, request: &Request<'_>, found: &mut Vec<Match>) {
    if request.floor > Confidence::Medium {
        return;
    }
    let mut end_of_last = 0;
    for &hit in request.hits {
        if hit < end_of_last {
            continue;
        }
        let Some(line) = comment_around(source, hit) else {
            continue;
        };
        let Some((name, value, span)) = assignment(source, line, hit) else {
            continue;
        };
        end_of_last = span.end;
        let Some((bearing, _, confidence)) = words::judge(name, value, text.role) else {
            continue;
        };
        // Nothing runs what is commented out: it may be long gone.
        let confidence = confidence.min(Confidence::Medium);
        if confidence >= request.floor {
            found.push(Match {
                rule: bearing.rule.into(),
                span,
                confidence,
                notes: vec!["in a comment".into()],
            });
        }
    }
}

/// How far a comment is looked at, in bytes.
const LONGEST: usize = 512;

/// The text of the comment that a hit stands in, up to the end of its line.
fn comment_around(source: &str, hit: usize) -> Option<Range<usize>> {
    let bytes = source.as_bytes();
    let from = hit.saturating_sub(LONGEST);
    let start = bytes[from..hit]
        .iter()
        .rposition(|&byte| byte == b'\n')
        .map_or(from, |at| from + at + 1);
    let mark = start + comment_in(&bytes[start..hit])?;
    let to = (hit + LONGEST).min(bytes.len());
    let end = bytes[hit..to]
        .iter()
        .position(|&byte| byte == b'\n')
        .map_or(to, |at| hit + at);
    Some(mark + 1..end)
}

/// Where a comment begins in the beginning of a line: at a `#` that is in no quotes.
fn comment_in(line: &[u8]) -> Option<usize> {
    let mut quote = None;
    let mut here = 0;
    while here < line.len() {
        match (line[here], quote) {
            (b'\\', Some(_)) => here += 1,
            (byte, Some(open)) if byte == open => quote = None,
            (byte @ (b'"' | b'\''), None) => quote = Some(byte),
            (b'#', None) => return Some(here),
            _ => {}
        }
        here += 1;
    }
    None
}

/// `NAME = "value"` or `"NAME": "value"` around a hit, whatever words stand before it.
fn assignment(source: &str, line: Range<usize>, hit: usize) -> Option<(&str, &str, Range<usize>)> {
    let is_part = |letter: char| letter.is_alphanumeric() || matches!(letter, '_' | '.' | '-');
    let before = source.get(line.start..hit)?;
    let name_start = line.start + before.trim_end_matches(is_part).len();
    let rest = source.get(name_start..line.end)?;
    // A word of the vocabulary may begin with a sign that stands before the name.
    let rest = rest.trim_start_matches(|letter: char| !is_part(letter));
    let name = &rest[..rest.find(|letter| !is_part(letter)).unwrap_or(rest.len())];
    // `DATABASES["default"]["PASSWORD"]`, `PASSWORD: str`.
    let after = rest[name.len()..].trim_start_matches(['"', '\'', ']', ' ', '\t']);
    let value = match after.as_bytes() {
        [b'=', b'=', ..] => return None,
        [b':', ..] => typed(&after[1..]).unwrap_or(&after[1..]).trim_start(),
        [b'=', ..] => after[1..].trim_start(),
        _ => return None,
    };
    let value = value.trim_start_matches(['b', 'r', 'u', '(', '[']);
    let quote = value
        .chars()
        .next()
        .filter(|first| matches!(first, '"' | '\''))?;
    let value = &value[1..];
    let value = &value[..value.find(quote)?];
    let start = line.start + (value.as_ptr() as usize - source[line].as_ptr() as usize);
    Some((name, value, start..start + value.len()))
}

/// After the type in `SECRET_KEY: str = "…"`.
fn typed(rest: &str) -> Option<&str> {
    let (kind, value) = rest.split_once('=')?;
    let is_type = |letter: char| letter.is_alphanumeric() || " _.[]|".contains(letter);
    (!value.starts_with('=') && kind.chars().all(is_type)).then_some(value)
}
