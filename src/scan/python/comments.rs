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
        end_of_last = line.end;
        let Some((name, value, span)) = assignment(source, line) else {
            continue;
        };
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

/// The text of the comment on the line of a hit, where the line is nothing but a comment.
fn comment_around(source: &str, hit: usize) -> Option<Range<usize>> {
    let bytes = source.as_bytes();
    let from = hit.saturating_sub(LONGEST);
    let start = bytes[from..hit]
        .iter()
        .rposition(|&byte| byte == b'\n')
        .map_or(from, |at| from + at + 1);
    let mark = start
        + bytes[start..hit]
            .iter()
            .position(|byte| !byte.is_ascii_whitespace())?;
    if bytes[mark] != b'#' {
        return None;
    }
    let to = (hit + LONGEST).min(bytes.len());
    let end = bytes[hit..to]
        .iter()
        .position(|&byte| byte == b'\n')
        .map_or(to, |at| hit + at);
    Some(mark + 1..end)
}

/// `NAME = "value"` or `"NAME": "value"`, with nothing before it.
fn assignment(source: &str, line: Range<usize>) -> Option<(&str, &str, Range<usize>)> {
    let comment = source.get(line.clone())?;
    let code = comment.trim_start_matches(['#', ' ', '\t', '!']);
    let (name, rest) = match code.split_once(['=', ':']) {
        Some((name, rest)) => (name.trim().trim_matches(['"', '\'']), rest.trim_start()),
        None => return None,
    };
    if name.is_empty()
        || !name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"_.[]\"'".contains(&byte))
    {
        return None;
    }
    let rest = rest.trim_start_matches(['b', 'r', 'u', '(']);
    let quote = rest
        .chars()
        .next()
        .filter(|first| matches!(first, '"' | '\''))?;
    let value = &rest[1..];
    let value = &value[..value.find(quote)?];
    let start = line.start + (value.as_ptr() as usize - comment.as_ptr() as usize);
    Some((name, value, start..start + value.len()))
}
