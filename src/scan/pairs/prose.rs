//! Documentation and plain text, where a word beside a word is a sentence: only what a generator made counts.

use super::{
    env,
    judge::{Judge, Place},
    name::Name,
    value::{self, Escapes, at, blanks},
};

/// Reads what stands after a name.
pub(super) fn read(name: &Name<'_>, judge: &mut Judge<'_, '_>) -> usize {
    let bytes = judge.bytes();
    if name.dashes > 0 && at(bytes, name.span.end) == b'=' {
        return env::assignment(name, judge, true);
    }
    let near = name.closed(bytes).unwrap_or(name.span.end);
    let sign = blanks(bytes, near);
    let after = match (at(bytes, sign), at(bytes, sign + 1)) {
        (b'=', b'>') | (b':', b'=') => sign + 2,
        (b'=' | b':', next) if next != at(bytes, sign) => sign + 1,
        _ => return near,
    };
    let start = blanks(bytes, after);
    let limit = judge.limit();
    let place = Place {
        is_loose: true,
        ..Place::default()
    };
    let literal = value::quoted(bytes, start, Escapes::Backslash, false, limit).or_else(|| {
        value::word(bytes, start, limit, |byte| {
            byte.is_ascii_whitespace() || matches!(byte, b'"' | b'\'' | b'`' | b'<' | b',' | b';')
        })
    });
    match literal {
        Some(literal) => judge.take(name, &literal, place),
        None => start,
    }
}
