//! Terraform and other HCL: `name = "value"`, the default of a `variable "db_password"`, pairs of `name` and `value`, and
//! scripts within strings. Without quotes there are expressions only.

use super::{
    code, env,
    judge::{Judge, Place},
    name::Name,
    sibling,
    value::{self, Escapes, at, blanks, whites},
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
    let Some(end) = name.closed(bytes) else {
        return env::assignment(name, judge, true);
    };
    let sign = blanks(bytes, end);
    match (at(bytes, sign), at(bytes, sign + 1)) {
        (b'=', b'=') => sign,
        (b'=' | b':', _) => pair(name, judge, sign),
        (b'{', _) if !name.quote.is_empty() && follows_variable(name, bytes) => {
            match sibling::value_in(judge, sign) {
                Some(literal) => judge.take(name, &literal, Place::default()),
                None => sign + 1,
            }
        }
        _ if !name.quote.is_empty() => match sibling::in_braces(name, judge) {
            Some(literal) => {
                judge.take(name, &literal, Place::default());
                end
            }
            None => code::read(name, judge),
        },
        _ => end,
    }
}

fn pair(name: &Name<'_>, judge: &mut Judge<'_, '_>, sign: usize) -> usize {
    let bytes = judge.bytes();
    let start = whites(bytes, sign + 1);
    let limit = judge.limit();
    match at(bytes, start) {
        b'[' => super::ini::list(name, judge, start + 1),
        b'{' => match sibling::value_in(judge, start) {
            Some(literal) => judge.take(name, &literal, Place::default()),
            None => start + 1,
        },
        b'"' | b'\\' => match value::quoted(bytes, start, Escapes::Backslash, false, limit) {
            Some(literal) => judge.take(name, &literal, Place::default()),
            None => start,
        },
        // A line of a script in a heredoc.
        _ if sign == name.span.end && start == sign + 1 && name.is_screaming() => {
            env::assignment(name, judge, true)
        }
        _ => start,
    }
}

/// `variable "…"`.
fn follows_variable(name: &Name<'_>, bytes: &[u8]) -> bool {
    let start = value::line_start(bytes, name.outer);
    matches!(bytes[start..name.outer].trim_ascii(), b"variable")
}
