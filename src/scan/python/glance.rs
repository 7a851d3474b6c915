//! Whether a file is worth parsing: whether any secret-bearing name has, in the text close after it, a literal that could be
//! a finding. Most files have none, and cost no tree.

use super::{
    super::{
        detect::Request,
        text::{Role, Text},
        words::{self, Bearing, Look},
    },
    calls,
};
use crate::finding::Confidence;

/// How far after a name its literal can stand, in bytes.
const REACH: usize = 400;

/// How many values are looked for that are names again: each look goes through the whole text.
const LOOKUPS: usize = 16;

/// Longest name that is read.
const NAME: usize = 96;

pub(super) fn is_worth_parsing(text: &Text<'_>, source: &str, request: &Request<'_>) -> bool {
    let mut last = 0..0;
    let mut lookups = 0;
    request.hits.iter().any(|&hit| {
        if last.contains(&hit) {
            return false;
        }
        let bytes = source.as_bytes();
        if calls::KEYED
            .iter()
            .any(|call| bytes[hit..].starts_with(call.as_bytes()))
        {
            return true;
        }
        let is_part = |byte: &u8| {
            byte.is_ascii_alphanumeric() || *byte == b'_' || *byte == b'-' || *byte >= 0x80
        };
        let from = hit.saturating_sub(NAME);
        let hit_end = (hit + NAME).min(bytes.len());
        let start = bytes[from..hit]
            .iter()
            .rposition(|byte| !is_part(byte))
            .map_or(from, |at| from + at + 1);
        let end = bytes[hit..hit_end]
            .iter()
            .skip(1)
            .position(|byte| !is_part(byte))
            .map_or(hit_end, |at| hit + at + 1);
        last = start..end;
        let after = &bytes[end..bytes.len().min(end + REACH)];
        let Some(lead) = lead(after) else {
            return false;
        };
        let Some(bearing) = source.get(start..end).and_then(bearing_of) else {
            return false;
        };
        let may_be_new = |at: usize| request.is_new(text, end + lead + at);
        has_literal(
            &after[lead..],
            bearing,
            text.role,
            request.floor,
            &may_be_new,
        ) || lookups < LOOKUPS && {
            lookups += 1;
            is_bound(&after[lead..], source)
        }
    })
}

/// Whether what stands after a name is one that the text has a literal for: `KEY = "…"`, then `SECRET_KEY = KEY`.
fn is_bound(after: &[u8], source: &str) -> bool {
    let Some(value) = after.strip_prefix(b"=") else {
        return false;
    };
    let value = value.trim_ascii_start();
    let end = value
        .iter()
        .position(|&byte| !byte.is_ascii_alphanumeric() && byte != b'_');
    let Ok(name) = std::str::from_utf8(&value[..end.unwrap_or(value.len())]) else {
        return false;
    };
    name.len() > 1
        && [" = \"", " = '", "=\"", "='"]
            .iter()
            .any(|sign| source.contains(&format!("{name}{sign}")))
}

/// A name that bears a secret, or that of a call which takes one.
fn bearing_of(name: &str) -> Option<Bearing> {
    let name = name.rsplit('.').next().unwrap_or(name);
    let is_taker = || {
        calls::password_at(name).is_some()
            || calls::is_authentication(name)
            || name.starts_with("get_")
    };
    words::bearing(name).or_else(|| {
        is_taker().then_some(Bearing {
            rule: "password",
            is_strong: true,
        })
    })
}

/// Where, after a name, stands what can lead to a value: `=`, `:`, `,`, `(`, after a closing quote or bracket.
fn lead(after: &[u8]) -> Option<usize> {
    let next = after
        .iter()
        .position(|byte| !matches!(byte, b' ' | b'"' | b'\'' | b']' | b')' | b'\\' | b'\n'))?;
    let adds = [&b".append("[..], b".extend(", b".insert(", b".add("];
    (matches!(
        after[next],
        b'=' | b':' | b',' | b'(' | b'!' | b'+' | b'|' | b'['
    ) || adds.iter().any(|call| after[next..].starts_with(call)))
    .then_some(next)
}

/// Whether a literal stands close after a name that could be a finding.
fn has_literal(
    after: &[u8],
    bearing: Bearing,
    role: Role,
    floor: Confidence,
    may_be_new: &dyn Fn(usize) -> bool,
) -> bool {
    let mut rest = after;
    while let Some(open) = rest.iter().position(|byte| matches!(byte, b'"' | b'\'')) {
        let quote = rest[open];
        let body = &rest[open + 1..];
        let Some(length) = body.iter().position(|&byte| byte == quote || byte == b'\n') else {
            // Cut off by the reach: worth a look where it is long.
            return body.len() > 16;
        };
        if length > 2
            && body[length] == quote
            && may_be_new(after.len() - body.len())
            && could_count(&body[..length], bearing, role, floor)
        {
            return true;
        }
        rest = &body[length..];
        if rest.first() == Some(&quote) {
            rest = &rest[1..];
        }
    }
    false
}

/// Whether it could be a setting that Django itself reads: a weak word counts there.
fn is_own(bearing: Bearing) -> bool {
    bearing.rule == "password" || bearing.rule.starts_with("django-")
}

fn could_count(literal: &[u8], bearing: Bearing, role: Role, floor: Confidence) -> bool {
    let Ok(literal) = std::str::from_utf8(literal) else {
        return false;
    };
    // What is cut into pieces may look like less than the whole: "abc" "def".
    let look = match words::look(literal) {
        Look::NotSecret => return false,
        Look::Placeholder if is_own(bearing) && role == Role::Main && words::is_weak(literal) => {
            Look::Plain
        }
        Look::Plain if literal.len() >= 8 && literal.bytes().any(|byte| byte.is_ascii_digit()) => {
            Look::Random
        }
        look => look,
    };
    words::weigh(bearing, look, role).is_some_and(|confidence| confidence >= floor)
}
