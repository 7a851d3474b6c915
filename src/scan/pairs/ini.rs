//! INI, TOML, `.properties`, and files of no known kind: `name = value`, `name: value`, to the end of the line, with
//! continuation lines, lists and variables of an environment within values.

use super::{
    code, env,
    judge::{Judge, Place},
    name::Name,
    value::{self, Escapes, Literal, at, blanks},
};
use crate::scan::text::Kind;

/// Reads what stands after a name.
pub(super) fn read(name: &Name<'_>, judge: &mut Judge<'_, '_>) -> usize {
    let bytes = judge.bytes();
    if let Some(end) = env::variable(name, judge) {
        return end;
    }
    if name.dashes > 0 {
        return env::option(name, judge);
    }
    if !starts_key(name, bytes) {
        return match pair_of_server(name, bytes) {
            Some(start) => blank(name, judge, start, false),
            None => within(name, judge),
        };
    }
    let Some(near) = name.closed(bytes) else {
        return name.span.end;
    };
    let sign = blanks(bytes, near);
    match (at(bytes, sign), at(bytes, sign + 1)) {
        (b'=', b'=' | b'~') => sign,
        (b'=', b'>') | (b':' | b'?' | b'+', b'=') => pair(name, judge, sign + 2, false),
        (b'=', _) => pair(name, judge, sign + 1, false),
        (b':', next) if judge.text.kind != Kind::Toml && next != b':' => {
            pair(name, judge, sign + 1, judge.text.kind == Kind::Other)
        }
        _ if sign > near => blank(name, judge, sign, true),
        _ => near,
    }
}

/// After the separator.
fn pair(name: &Name<'_>, judge: &mut Judge<'_, '_>, after: usize, is_loose: bool) -> usize {
    let bytes = judge.bytes();
    let limit = judge.limit();
    let kind = judge.text.kind;
    let start = blanks(bytes, after);
    let place = Place {
        is_loose,
        ..Place::default()
    };
    match at(bytes, start) {
        b'[' => return list(name, judge, start + 1),
        b'"' | b'\'' => {
            let escapes = if at(bytes, start) == b'"' {
                Escapes::Backslash
            } else {
                Escapes::None
            };
            // Quotes in a Java properties file are part of the value, but nobody means them.
            if let Some(literal) = value::quoted(bytes, start, escapes, kind == Kind::Toml, limit) {
                return judge.take(
                    name,
                    &literal,
                    Place {
                        is_loose: false,
                        ..place
                    },
                );
            }
        }
        b'{' if kind == Kind::Toml => return start + 1,
        b'\n' | b'\r' => return next_line(name, judge, start),
        _ => {}
    }
    // Without quotes TOML has numbers and dates.
    if kind == Kind::Toml {
        return match value::word(bytes, start, limit, |byte| {
            byte.is_ascii_whitespace() || matches!(byte, b',' | b'}' | b'#')
        }) {
            Some(literal) if literal.text.bytes().all(|byte| byte.is_ascii_digit()) => {
                judge.take(name, &literal, place)
            }
            _ => start,
        };
    }
    let comments: &[u8] = if kind == Kind::Properties { b"" } else { b"#;" };
    if let Some(literal) = value::rest_of_line(bytes, start, comments, limit) {
        return judge.take(name, &without_end(bytes, literal), place);
    }
    // A generated value may begin with what begins a comment elsewhere.
    match value::rest_of_line(bytes, start, b"", limit) {
        Some(literal) => judge.take(
            name,
            &literal,
            Place {
                is_loose: true,
                ..place
            },
        ),
        None => start,
    }
}

/// A value of its own line, indented below its name; none where that line is a pair itself.
fn next_line(name: &Name<'_>, judge: &mut Judge<'_, '_>, end: usize) -> usize {
    let bytes = judge.bytes();
    let line = end
        + if bytes[end..].starts_with(b"\r\n") {
            2
        } else {
            1
        };
    let start = blanks(bytes, line);
    let limit = judge.limit();
    if start == line || judge.text.kind == Kind::Toml {
        return line.min(bytes.len());
    }
    match value::rest_of_line(bytes, start, b"#;", limit) {
        Some(literal) if !literal.text.contains('=') => {
            judge.take(name, &literal, Place::default())
        }
        _ => line,
    }
}

/// `["…", "…"]`.
pub(super) fn list(name: &Name<'_>, judge: &mut Judge<'_, '_>, start: usize) -> usize {
    let bytes = judge.bytes();
    let mut here = value::whites(bytes, start);
    for _ in 0..16 {
        let limit = judge.limit();
        let escapes = if at(bytes, here) == b'\'' && judge.text.kind == Kind::Toml {
            Escapes::None
        } else {
            Escapes::Backslash
        };
        let Some(literal) = value::quoted(bytes, here, escapes, false, limit) else {
            break;
        };
        here = value::whites(bytes, judge.take(name, &literal, Place::default()));
        if at(bytes, here) != b',' {
            break;
        }
        here = value::whites(bytes, here + 1);
    }
    here
}

/// `password value`: the way of many servers' files, where words follow as well (`password required pam_unix.so`).
fn blank(name: &Name<'_>, judge: &mut Judge<'_, '_>, start: usize, is_loose: bool) -> usize {
    let bytes = judge.bytes();
    let limit = judge.limit();
    let literal = match at(bytes, start) {
        b'"' | b'\'' => value::quoted(bytes, start, Escapes::Backslash, false, limit),
        _ => value::rest_of_line(bytes, start, b"#", limit)
            .map(|literal| without_end(bytes, literal)),
    };
    match literal {
        Some(literal) if !literal.text.contains(' ') => judge.take(
            name,
            &literal,
            Place {
                is_loose,
                ..Place::default()
            },
        ),
        _ => start,
    }
}

/// After the name in `SetEnv NAME value` of Apache, `fastcgi_param NAME value;` of nginx and their like.
fn pair_of_server(name: &Name<'_>, bytes: &[u8]) -> Option<usize> {
    const WORDS: &[&[u8]] = &[
        b"SetEnv",
        b"fastcgi_param",
        b"uwsgi_param",
        b"scgi_param",
        b"passenger_env_var",
        b"PassengerEnvVar",
    ];
    let start = value::line_start(bytes, name.outer);
    let head = bytes[start..name.outer].trim_ascii();
    let end = name.closed(bytes)?;
    (WORDS.contains(&head) && matches!(at(bytes, end), b' ' | b'\t')).then(|| blanks(bytes, end))
}

/// Within a value: `environment=A="b",SECRET_KEY="c"`, `"SECRET_KEY=c"` in a list, a command line, a connection string.
fn within(name: &Name<'_>, judge: &mut Judge<'_, '_>) -> usize {
    let bytes = judge.bytes();
    let end = name.closed(bytes).unwrap_or(name.span.end);
    let next = at(bytes, blanks(bytes, end));
    if judge.text.kind == Kind::Toml && is_inline_key(name, bytes) {
        return if next == b'=' {
            pair(name, judge, blanks(bytes, end) + 1, false)
        } else {
            end
        };
    }
    if at(bytes, end) == b'=' && at(bytes, end + 1) != b'=' {
        return env::assignment(name, judge, !name.is_screaming());
    }
    // `proxy_set_header X-Api-Key "…"`.
    if name.quote.is_empty() && next == b'"' {
        let limit = judge.limit();
        let start = blanks(bytes, end);
        return match value::quoted(bytes, start, Escapes::Backslash, false, limit) {
            Some(literal) => judge.take(
                name,
                &literal,
                Place {
                    is_loose: true,
                    ..Place::default()
                },
            ),
            None => end,
        };
    }
    // Code or JSON within a value.
    if matches!(next, b':' | b'=' | b',') && !name.quote.is_empty() {
        return code::read(name, judge);
    }
    end
}

/// `{ password = "…" }`.
fn is_inline_key(name: &Name<'_>, bytes: &[u8]) -> bool {
    let before = value::blanks_before(bytes, name.outer);
    before > 0 && matches!(bytes[before - 1], b'{' | b',')
}

/// Whether a pair begins here: at the line's begin, in a comment, or after `export`.
fn starts_key(name: &Name<'_>, bytes: &[u8]) -> bool {
    let start = value::line_start(bytes, name.outer);
    let head = bytes[start..name.outer].trim_ascii();
    let head = head
        .strip_prefix(b"#")
        .or_else(|| head.strip_prefix(b";"))
        .unwrap_or(head)
        .trim_ascii();
    let head = head.strip_prefix(b"-").unwrap_or(head);
    matches!(head, b"" | b"export" | b"set" | b"!" | b"$")
}

/// nginx ends a line with `;`, JSON-like files with `,`.
fn without_end<'a>(bytes: &'a [u8], literal: Literal<'a>) -> Literal<'a> {
    match literal.text.as_bytes() {
        [.., b';' | b','] if literal.span.len() > 1 => {
            value::plain(bytes, literal.span.start..literal.span.end - 1)
        }
        _ => literal,
    }
}
