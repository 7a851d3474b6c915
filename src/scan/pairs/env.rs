//! Env files, shell scripts, Dockerfiles and makefiles: `NAME=value`, `export`, `ENV NAME value`, `--name value`.

use super::{
    judge::{Judge, Place},
    name::Name,
    value::{self, Escapes, Limit, Literal, at, blanks},
};
use crate::scan::text::Kind;

/// Reads what stands after a name.
pub(super) fn read(name: &Name<'_>, judge: &mut Judge<'_, '_>) -> usize {
    let bytes = judge.bytes();
    if let Some(end) = variable(name, judge) {
        return end;
    }
    if name.dashes > 0 {
        return option(name, judge);
    }
    if judge.text.kind == Kind::Env && starts_line(name, bytes) {
        return line(name, judge);
    }
    if starts_line(name, bytes) && is_docker_pair(name, bytes) {
        let start = blanks(bytes, name.span.end);
        let limit = judge.limit();
        return match quoted(bytes, start, limit)
            .or_else(|| value::rest_of_line(bytes, start, b"", limit))
        {
            Some(literal) => judge.take(name, &literal, Place::default()),
            None => name.span.end,
        };
    }
    assignment(name, judge, false)
}

/// `${NAME:-default}`, wherever it stands. `Some` as well for `$NAME`, which is a read.
pub(super) fn variable(name: &Name<'_>, judge: &mut Judge<'_, '_>) -> Option<usize> {
    let bytes = judge.bytes();
    let before = &bytes[..name.span.start];
    if before.ends_with(b"${") {
        let rest = &bytes[name.span.end..];
        let mark = [&b":-"[..], b":=", b"-", b"=", b":"]
            .into_iter()
            .find(|mark| rest.starts_with(mark));
        let Some(mark) = mark.filter(|mark| !rest[mark.len()..].starts_with(b"?")) else {
            return Some(name.span.end);
        };
        let limit = judge.limit();
        let start = name.span.end + mark.len();
        return Some(
            match value::word(bytes, start, limit, |byte| {
                matches!(byte, b'}' | b'\n' | b'"')
            }) {
                Some(literal) => judge.take(name, &literal, Place::default()),
                None => start,
            },
        );
    }
    // PowerShell's and PHP's variables are written to by that name as well.
    let is_read = before.ends_with(b"$") && at(bytes, blanks(bytes, name.span.end)) != b'='
        || before.ends_with(b"${{")
        || before.ends_with(b"{{");
    is_read.then_some(name.span.end)
}

/// `--password value`, `--password=value`.
pub(super) fn option(name: &Name<'_>, judge: &mut Judge<'_, '_>) -> usize {
    let bytes = judge.bytes();
    let mut start = name.span.end;
    // `["--password", "value"]`.
    if !name.quote.is_empty() && bytes[start..].starts_with(name.quote) {
        start = blanks(bytes, start + name.quote.len());
        if at(bytes, start) != b',' {
            return start;
        }
        start = blanks(bytes, start + 1);
        let limit = judge.limit();
        return match value::quoted(bytes, start, Escapes::Backslash, false, limit) {
            Some(literal) => judge.take(name, &literal, Place::default()),
            None => start,
        };
    }
    match at(bytes, start) {
        b'=' => start += 1,
        b' ' | b'\t' => start = blanks(bytes, start),
        _ => return start,
    }
    let limit = judge.limit();
    if let Some(literal) = quoted(bytes, start, limit) {
        return judge.take(name, &literal, Place::default());
    }
    match value::word(bytes, start, limit, ends_word) {
        // `--password` before the next option, or in the text of a manual: `--password PASSWORD`, `--password <file>`.
        Some(literal) if !literal.text.starts_with('-') => judge.take(
            name,
            &literal,
            Place {
                is_code: true,
                ..Place::default()
            },
        ),
        _ => start,
    }
}

/// `NAME=value` in a command, a string, a list of variables; with quotes around all of it where the name has one before it.
pub(super) fn assignment(name: &Name<'_>, judge: &mut Judge<'_, '_>, is_loose: bool) -> usize {
    let bytes = judge.bytes();
    let place = Place {
        is_loose,
        ..Place::default()
    };
    let limit = judge.limit();
    let Some((start, is_tight)) = separator(name, judge) else {
        return name.span.end;
    };
    if let Some(literal) = quoted(bytes, start, limit) {
        return judge.take(name, &literal, place);
    }
    // A blank before an unquoted value is no assignment to a shell.
    if !is_tight && !starts_line(name, bytes) {
        return start;
    }
    let literal = match name.quote {
        // Docker takes a value as it stands.
        [] if is_tight && is_of_docker(name, bytes) => {
            value::word(bytes, start, limit, |byte| byte.is_ascii_whitespace())
        }
        [] => value::word(bytes, start, limit, ends_word),
        quote => {
            let mark = quote[quote.len() - 1];
            value::word(bytes, start, limit, |byte| {
                byte == mark || matches!(byte, b'\n' | b'\r' | b'\\' | b' ' | b'&' | b';' | b',')
            })
        }
    };
    match literal {
        Some(literal) => judge.take(name, &literal, place),
        None => start,
    }
}

/// A line of a settings file that is a text here: `"[db]\nPASSWORD = value\n"`.
pub(super) fn setting(name: &Name<'_>, judge: &mut Judge<'_, '_>, after: usize) -> usize {
    let bytes = judge.bytes();
    let start = blanks(bytes, after);
    let limit = judge.limit();
    let literal =
        quoted(bytes, start, limit).or_else(|| value::word(bytes, start, limit, ends_word));
    match literal {
        Some(literal) => judge.take(name, &literal, Place::default()),
        None => start,
    }
}

/// After `=`, `:=`, `?=` or, in an env file, `: `; and whether nothing stands between the name and the value.
fn separator(name: &Name<'_>, judge: &Judge<'_, '_>) -> Option<(usize, bool)> {
    let bytes = judge.bytes();
    let near = name.closed(bytes).unwrap_or(name.span.end);
    let sign = blanks(bytes, near);
    // An env file has no comparisons, nor has what a Dockerfile sets: there the second `=` is of the value.
    let is_line = sign == near
        && (judge.text.kind == Kind::Env && starts_line(name, bytes) || is_of_docker(name, bytes));
    let after = match (at(bytes, sign), at(bytes, sign + 1)) {
        (b'=', b'=' | b'~') if !is_line => return None,
        (b'=', _) => sign + 1,
        (b':' | b'?' | b'+', b'=') => sign + 2,
        (b':', b' ' | b'"' | b'\'') if judge.text.kind == Kind::Env || !name.quote.is_empty() => {
            sign + 1
        }
        _ => return None,
    };
    let start = blanks(bytes, after);
    Some((start, sign == near && start == after))
}

/// A line of an env file: the value goes to the end of the line.
fn line(name: &Name<'_>, judge: &mut Judge<'_, '_>) -> usize {
    let bytes = judge.bytes();
    let limit = judge.limit();
    let Some((start, _)) = separator(name, judge) else {
        return name.span.end;
    };
    let literal = match at(bytes, start) {
        b'"' => value::quoted(bytes, start, Escapes::Backslash, true, limit),
        b'\'' | b'`' => value::quoted(bytes, start, Escapes::None, true, limit),
        _ => value::rest_of_line(bytes, start, b"#", limit),
    };
    match literal.or_else(|| value::rest_of_line(bytes, start, b"", limit)) {
        Some(literal) => judge.take(name, &literal, Place::default()),
        None => start,
    }
}

/// A shell's quoted value: `"…"`, `'…'`, `$'…'`.
pub(super) fn quoted<'a>(bytes: &'a [u8], start: usize, limit: Limit<'_>) -> Option<Literal<'a>> {
    let (start, escapes) = match (at(bytes, start), at(bytes, start + 1)) {
        (b'"' | b'\\', _) => (start, Escapes::Backslash),
        (b'$', b'\'' | b'"') => (start + 1, Escapes::Backslash),
        (b'\'', _) => (start, Escapes::None),
        _ => return None,
    };
    value::quoted(bytes, start, escapes, true, limit)
}

/// Whether only blanks, a comment's mark and a word such as `export` stand before it on its line.
pub(super) fn starts_line(name: &Name<'_>, bytes: &[u8]) -> bool {
    const WORDS: &[&[u8]] = &[
        b"export",
        b"set",
        b"ENV",
        b"ARG",
        b"env",
        b"setenv",
        b"declare",
        b"local",
        b"readonly",
        b"setx",
        b"SET",
        b"-x",
        b"-gx",
        b"-Ux",
        b"$",
        b"declare -x",
        b"set -x",
        b"set -gx",
    ];
    let start = value::line_start(bytes, name.outer);
    let head = bytes[start..name.outer].trim_ascii();
    let head = head
        .strip_prefix(b"#")
        .or_else(|| head.strip_prefix(b";"))
        .unwrap_or(head)
        .trim_ascii();
    head.is_empty() || WORDS.contains(&head)
}

/// `ENV NAME value`, `setenv NAME value`, `setx NAME value`, `set -x NAME value`.
pub(super) fn is_docker_pair(name: &Name<'_>, bytes: &[u8]) -> bool {
    const WORDS: &[&[u8]] = &[b"ENV", b"env", b"setenv", b"setx", b"set -x", b"set -gx"];
    let start = value::line_start(bytes, name.outer);
    let head = bytes[start..name.outer].trim_ascii();
    matches!(at(bytes, name.span.end), b' ' | b'\t')
        && at(bytes, blanks(bytes, name.span.end)) != b'='
        && WORDS.contains(&head)
}

/// `ENV NAME=value`, `ARG NAME=value`.
fn is_of_docker(name: &Name<'_>, bytes: &[u8]) -> bool {
    let start = value::line_start(bytes, name.outer);
    matches!(bytes[start..name.outer].trim_ascii(), b"ENV" | b"ARG")
}

/// What ends an unquoted word of a shell.
pub(super) const fn ends_word(byte: u8) -> bool {
    byte.is_ascii_whitespace()
        || matches!(
            byte,
            b';' | b'&' | b'|' | b')' | b'<' | b'>' | b'"' | b'\'' | b'`' | b',' | b'\\'
        )
}
