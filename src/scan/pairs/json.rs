//! JSON, and what is written within its strings: `"name": "value"`, pairs of `name` and `value`, lists, environment
//! variables, the cells of a notebook.

use super::{
    code, env, ini,
    judge::{Judge, Place},
    name::Name,
    sibling,
    value::{self, Escapes, at, whites},
};

/// Reads what stands after a name.
pub(super) fn read(name: &Name<'_>, judge: &mut Judge<'_, '_>) -> usize {
    let bytes = judge.bytes();
    if let Some(end) = env::variable(name, judge) {
        return end;
    }
    if name.dashes > 0 {
        return env::option(name, judge);
    }
    let Some(end) = name.closed(bytes).filter(|_| !name.quote.is_empty()) else {
        return within(name, judge);
    };
    let sign = whites(bytes, end);
    match at(bytes, sign) {
        b':' => pair(name, judge, whites(bytes, sign + 1)),
        b',' | b'}' => match sibling::in_braces(name, judge) {
            Some(literal) => {
                judge.take(name, &literal, Place::default());
                end
            }
            None => end,
        },
        // Code within a string: `os.environ[\"X\"] = …`, `getenv(\"X\", …)`.
        b']' | b')' | b'=' => code::read(name, judge),
        _ => end,
    }
}

/// After the colon.
pub(super) fn pair(name: &Name<'_>, judge: &mut Judge<'_, '_>, start: usize) -> usize {
    let bytes = judge.bytes();
    let limit = judge.limit();
    match at(bytes, start) {
        b'[' => ini::list(name, judge, start + 1),
        b'{' => match sibling::value_in(judge, start) {
            Some(literal) => judge.take(name, &literal, Place::default()),
            None => start + 1,
        },
        b'0'..=b'9' => match value::short_word(bytes, start, 64, |byte| !byte.is_ascii_digit()) {
            Some(span) => judge.take(name, &value::plain(bytes, span), Place::default()),
            None => start,
        },
        _ => match value::quoted(bytes, start, Escapes::Backslash, true, limit) {
            Some(literal) => judge.take(name, &literal, Place::default()),
            None => start,
        },
    }
}

/// A name within a string: a command, a variable, a line of code.
fn within(name: &Name<'_>, judge: &mut Judge<'_, '_>) -> usize {
    let bytes = judge.bytes();
    let end = name.span.end;
    let sign = value::blanks(bytes, end);
    if at(bytes, sign) != b'=' {
        return if name.quote.is_empty()
            && at(bytes, sign) == b':'
            && !value::quote_at(bytes, value::blanks(bytes, sign + 1)).is_empty()
        {
            code::read(name, judge)
        } else {
            end
        };
    }
    if !value::quote_at(bytes, value::blanks(bytes, sign + 1)).is_empty() {
        return code::read(name, judge);
    }
    // `"NAME=value"` as a whole string, or a part of a command.
    let is_whole = !name.quote.is_empty();
    env::assignment(name, judge, !(is_whole && name.is_screaming()))
}
