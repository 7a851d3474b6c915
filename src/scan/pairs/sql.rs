//! Passwords in statements of SQL, wherever those stand: `ALTER USER a PASSWORD '…'` on the command line of psql,
//! `SET PASSWORD FOR a = '…'`. In a file of SQL the first is read as any other name.

use super::{
    judge::{Judge, Place},
    name::Name,
    value::{self, Escapes, at, blanks},
};

/// How much of a statement before and after the name is looked at, in bytes.
const REACH: usize = 256;

/// Reads what a statement gives `PASSWORD`; `None` where the name is in none.
pub(super) fn read(name: &Name<'_>, judge: &mut Judge<'_, '_>) -> Option<usize> {
    if !name.text.eq_ignore_ascii_case("password") || !name.quote.is_empty() || name.dashes > 0 {
        return None;
    }
    let bytes = judge.bytes();
    let next = blanks(bytes, name.span.end);
    if !matches!(at(bytes, next), b'f' | b'F' | b'(' | b'\'') {
        return None;
    }
    let start = value::line_start(bytes, name.outer).max(name.outer.saturating_sub(REACH));
    let head = bytes[start..name.outer].to_ascii_lowercase();
    let words: Vec<&[u8]> = head
        .split(|byte| !byte.is_ascii_alphanumeric() && *byte != b'_')
        .filter(|word| !word.is_empty())
        .collect();
    let last = words.last().copied().unwrap_or_default();
    let from = if last == b"set" {
        after_account(bytes, next)?
    } else if last == b"using" && at(bytes, next) == b'(' {
        blanks(bytes, next + 1)
    } else if next > name.span.end && gives_a_role(&words) {
        next
    } else {
        return None;
    };
    let limit = judge.limit();
    let literal = (at(bytes, from) == b'\'')
        .then(|| value::quoted(bytes, from, Escapes::Doubled, false, limit))??;
    Some(judge.take(name, &literal, Place::default()))
}

/// `ALTER USER`, `CREATE ROLE` before it, with nothing but a name and options between.
fn gives_a_role(words: &[&[u8]]) -> bool {
    words
        .windows(2)
        .any(|pair| matches!(pair[0], b"alter" | b"create") && matches!(pair[1], b"user" | b"role"))
}

/// Where the value stands in `FOR 'a'@'h' = PASSWORD('…')`, `FOR a TO '…'`.
fn after_account(bytes: &[u8], start: usize) -> Option<usize> {
    let end = value::line_end(bytes, start, REACH);
    let rest = &bytes[start..end];
    if !rest.get(..4)?.eq_ignore_ascii_case(b"for ") {
        return None;
    }
    let to = |at: usize| {
        rest.get(at..at + 4)
            .is_some_and(|word| word.eq_ignore_ascii_case(b" to "))
    };
    let sign = (4..rest.len()).find(|&at| rest[at] == b'=' || to(at))?;
    let length = if rest[sign] == b'=' { 1 } else { 4 };
    let from = blanks(bytes, start + sign + length);
    // The server's own function, which is given the password itself.
    let word = value::skip(bytes, from, |byte| {
        byte.is_ascii_alphabetic() || byte == b'_'
    });
    let is_call = bytes[from..word]
        .to_ascii_lowercase()
        .ends_with(b"password")
        && at(bytes, word) == b'(';
    Some(if is_call {
        blanks(bytes, word + 1)
    } else {
        from
    })
}
