//! Pairs whose name is itself a value: `{"name": "DB_PASSWORD", "value": "…"}`, in both orders, as containers' definitions,
//! deployments and templates write them.

use super::{
    judge::Judge,
    name::Name,
    value::{self, Escapes, Literal, at, blanks, whites},
};

/// How far the other half may be, in bytes.
const REACH: usize = 512;

/// Keys whose value is a name.
const NAMES: &[&str] = &[
    "name",
    "key",
    "variable",
    "env",
    "envname",
    "parameterkey",
    "parametername",
    "option_name",
    "optionname",
    "field",
    "id",
    "k",
    "setting",
];

/// Keys whose value is the value.
const VALUES: &[&str] = &[
    "value",
    "parametervalue",
    "default",
    "defaultvalue",
    "default_value",
    "val",
    "v",
    "content",
    "secret_value",
    "plaintext",
];

/// Whether the key that a name is the value of is one of `NAMES`: `name: X`, `"name": "X"`, `name = "X"`.
pub(super) fn is_named(name: &Name<'_>, bytes: &[u8]) -> bool {
    key_before(bytes, name.outer).is_some_and(|key| {
        NAMES
            .iter()
            .any(|known| key.eq_ignore_ascii_case(known.as_bytes()))
    })
}

/// Where the key begins that a name is the value of, without its quote.
pub(super) fn key_before(bytes: &[u8], offset: usize) -> Option<&[u8]> {
    let sign = blanks_back(bytes, offset);
    if sign == 0 || !matches!(bytes[sign - 1], b':' | b'=') {
        return None;
    }
    let mut end = blanks_back(bytes, sign - 1);
    end -= value::quote_before(bytes, end).len();
    let length = bytes[..end]
        .iter()
        .rev()
        .take(32)
        .take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_'))
        .count();
    (length > 0).then(|| &bytes[end - length..end])
}

fn blanks_back(bytes: &[u8], offset: usize) -> usize {
    offset
        - bytes[..offset]
            .iter()
            .rev()
            .take(64)
            .take_while(|byte| byte.is_ascii_whitespace())
            .count()
}

/// The value in the same braces as a name.
pub(super) fn in_braces<'t>(name: &Name<'_>, judge: &Judge<'t, '_>) -> Option<Literal<'t>> {
    let bytes = judge.bytes();
    if !is_named(name, bytes) {
        return None;
    }
    let end = name.closed(bytes)?;
    let stop = closing(bytes, end);
    let start = opening(bytes, name.outer);
    if !judge.spend(2 * (stop - start)) {
        return None;
    }
    find(judge, end, stop).or_else(|| find(judge, start, name.outer))
}

/// The value in the object that begins at `start`: `"password": {"type": "string", "value": "…"}`.
pub(super) fn value_in<'t>(judge: &Judge<'t, '_>, start: usize) -> Option<Literal<'t>> {
    let stop = closing(judge.bytes(), start + 1);
    if !judge.spend(2 * (stop - start)) {
        return None;
    }
    find(judge, start + 1, stop)
}

/// Where the braces around an offset close, as far as `REACH`.
fn closing(bytes: &[u8], offset: usize) -> usize {
    let stop = bytes.len().min(offset.saturating_add(REACH));
    let mut here = offset;
    let mut depth = 0_usize;
    while here < stop {
        match bytes[here] {
            b'"' => {
                here += bytes[here + 1..stop]
                    .iter()
                    .position(|&byte| byte == b'"' || byte == b'\n')
                    .unwrap_or(stop - here - 1)
                    + 1;
            }
            b'{' => depth += 1,
            b'}' if depth == 0 => return here,
            b'}' => depth -= 1,
            _ => {}
        }
        here += 1;
    }
    stop
}

/// Where the braces around an offset open, as far back as `REACH`.
fn opening(bytes: &[u8], offset: usize) -> usize {
    let reach = offset.saturating_sub(REACH);
    bytes[reach..offset]
        .iter()
        .rposition(|&byte| matches!(byte, b'{' | b'}'))
        .map_or(reach, |at| reach + at + 1)
}

/// The first value that one of `VALUES` has between two offsets.
fn find<'t>(judge: &Judge<'t, '_>, start: usize, stop: usize) -> Option<Literal<'t>> {
    let bytes = judge.bytes();
    let mut here = start;
    while here < stop {
        if !bytes[here].is_ascii_alphabetic() {
            here += 1;
            continue;
        }
        let length = bytes[here..stop]
            .iter()
            .take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
            .count();
        let word = &bytes[here..here + length];
        here += length;
        if !is_value(word) {
            continue;
        }
        let sign = blanks(bytes, here + value::quote_at(bytes, here).len());
        if !matches!(at(bytes, sign), b':' | b'=') {
            continue;
        }
        let from = whites(bytes, sign + 1);
        let limit = judge.limit();
        if let Some(literal) = value::quoted(bytes, from, Escapes::Backslash, true, limit) {
            return Some(literal);
        }
        // Without quotes it is a value in YAML alone.
        if judge.text.kind == crate::scan::text::Kind::Yaml && at(bytes, sign) == b':' {
            return value::word(bytes, from, limit, |byte| {
                byte.is_ascii_whitespace() || matches!(byte, b',' | b'}')
            });
        }
        return None;
    }
    None
}

/// Whether a key holds the value of a pair.
pub(super) fn is_value(key: &[u8]) -> bool {
    VALUES
        .iter()
        .any(|known| key.eq_ignore_ascii_case(known.as_bytes()))
}
