//! Values as the formats write them: quoted with escapes, in a word of their own, or to the end of the line. Every read is
//! bounded, so that a scan takes linear time on any bytes.

use std::{borrow::Cow, cell::Cell, ops::Range};

use gix::bstr::ByteSlice as _;

/// The longest value that is looked at, in bytes.
pub(super) const LONGEST: usize = 8 * 1024;

/// How far one read may go. What reads cost in all is counted, so that they can be kept in proportion to the text.
#[derive(Clone, Copy)]
pub(super) struct Limit<'a> {
    pub(super) bytes: usize,
    pub(super) spent: &'a Cell<usize>,
}

impl Limit<'_> {
    fn spend(self, bytes: usize) {
        self.spent.set(self.spent.get().saturating_add(bytes));
    }
}

/// A value in a text.
#[derive(Clone)]
pub(super) struct Literal<'a> {
    /// Its bytes, without quotes.
    pub(super) span: Range<usize>,
    /// What it says, with its escapes undone.
    pub(super) text: Cow<'a, str>,
    /// After it and its quote.
    pub(super) end: usize,
}

/// What a backslash or a doubled quote does within quotes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Escapes {
    /// `\"`, `\n`, `\u0041`.
    Backslash,
    /// `''`.
    Doubled,
    /// Nothing.
    None,
}

/// The byte at an offset; 0 after the end.
pub(super) fn at(bytes: &[u8], offset: usize) -> u8 {
    bytes.get(offset).copied().unwrap_or_default()
}

/// After blanks and tabs.
pub(super) fn blanks(bytes: &[u8], offset: usize) -> usize {
    skip(bytes, offset, |byte| matches!(byte, b' ' | b'\t'))
}

/// After white space of any kind, line ends too.
pub(super) fn whites(bytes: &[u8], offset: usize) -> usize {
    skip(bytes, offset, |byte| byte.is_ascii_whitespace())
}

/// After the bytes that `is_in` holds for; at most 1 KB of them.
pub(super) fn skip(bytes: &[u8], offset: usize, is_in: impl Fn(u8) -> bool) -> usize {
    let rest = bytes.get(offset..).unwrap_or_default();
    offset
        + rest
            .iter()
            .take(1024)
            .take_while(|&&byte| is_in(byte))
            .count()
}

/// Where blanks before an offset begin.
pub(super) fn blanks_before(bytes: &[u8], offset: usize) -> usize {
    offset
        - bytes[..offset]
            .iter()
            .rev()
            .take(1024)
            .take_while(|&&byte| matches!(byte, b' ' | b'\t'))
            .count()
}

/// The same with line ends.
pub(super) fn whites_before(bytes: &[u8], offset: usize) -> usize {
    offset
        - bytes[..offset]
            .iter()
            .rev()
            .take(1024)
            .take_while(|byte| byte.is_ascii_whitespace())
            .count()
}

/// Where the line begins, as far as 1 KB back.
pub(super) fn line_start(bytes: &[u8], offset: usize) -> usize {
    let reach = offset.saturating_sub(1024);
    bytes[reach..offset]
        .rfind_byte(b'\n')
        .map_or(reach, |at| reach + at + 1)
}

/// Where the line ends, without its end, as far as `limit` bytes.
pub(super) fn line_end(bytes: &[u8], offset: usize, limit: usize) -> usize {
    let rest = bytes.get(offset..).unwrap_or_default();
    let rest = &rest[..rest.len().min(limit)];
    let mut end = offset + rest.find_byte(b'\n').unwrap_or(rest.len());
    if end > offset && bytes[end - 1] == b'\r' {
        end -= 1;
    }
    end
}

/// A quote, with the backslashes that a string around it needs, that ends at `offset`; empty where there is none.
pub(super) fn quote_before(bytes: &[u8], offset: usize) -> &[u8] {
    let Some(last) = offset.checked_sub(1).filter(|&last| is_quote(bytes[last])) else {
        return b"";
    };
    let slashes = bytes[..last]
        .iter()
        .rev()
        .take(8)
        .take_while(|&&byte| byte == b'\\')
        .count();
    &bytes[last - slashes..offset]
}

/// A quote that begins at `offset`, with its backslashes; empty where there is none.
pub(super) fn quote_at(bytes: &[u8], offset: usize) -> &[u8] {
    let rest = bytes.get(offset..).unwrap_or_default();
    let slashes = rest
        .iter()
        .take(8)
        .take_while(|&&byte| byte == b'\\')
        .count();
    match rest.get(slashes) {
        Some(&byte) if is_quote(byte) => &rest[..=slashes],
        _ => b"",
    }
}

const fn is_quote(byte: u8) -> bool {
    matches!(byte, b'"' | b'\'' | b'`')
}

/// The quoted value that begins at `offset`. One that goes over a line end counts where `many_lines`.
pub(super) fn quoted<'a>(
    bytes: &'a [u8],
    offset: usize,
    escapes: Escapes,
    many_lines: bool,
    limit: Limit<'_>,
) -> Option<Literal<'a>> {
    let quote = quote_at(bytes, offset);
    match quote.len() {
        0 => None,
        1 => {
            let triple = [quote[0]; 3];
            if escapes != Escapes::Doubled && bytes[offset..].starts_with(&triple) {
                return tripled(bytes, offset, triple, escapes, limit);
            }
            single(bytes, offset, quote[0], escapes, many_lines, limit)
        }
        _ => nested(bytes, offset, quote, limit),
    }
}

fn single<'a>(
    bytes: &'a [u8],
    offset: usize,
    quote: u8,
    escapes: Escapes,
    many_lines: bool,
    limit: Limit<'_>,
) -> Option<Literal<'a>> {
    let start = offset + 1;
    let stop = bytes.len().min(start.saturating_add(limit.bytes));
    let mut here = start;
    while here < stop {
        match bytes[here] {
            b'\\' if escapes == Escapes::Backslash => here += 1,
            b'\n' if !many_lines => break,
            byte if byte == quote => {
                if escapes == Escapes::Doubled && at(bytes, here + 1) == quote {
                    here += 1;
                } else {
                    limit.spend(here - start);
                    return Some(Literal {
                        text: decoded(&bytes[start..here], escapes, quote),
                        span: start..here,
                        end: here + 1,
                    });
                }
            }
            _ => {}
        }
        here += 1;
    }
    limit.spend(here - start);
    None
}

fn tripled<'a>(
    bytes: &'a [u8],
    offset: usize,
    quote: [u8; 3],
    escapes: Escapes,
    limit: Limit<'_>,
) -> Option<Literal<'a>> {
    let start = offset + 3;
    let stop = bytes.len().min(start.saturating_add(limit.bytes));
    let mut here = start;
    while here < stop {
        if bytes[here] == b'\\' && escapes == Escapes::Backslash {
            here += 1;
        } else if bytes[here..].starts_with(&quote) {
            limit.spend(here - start);
            return Some(Literal {
                text: decoded(&bytes[start..here], escapes, quote[0]),
                span: start..here,
                end: here + 3,
            });
        }
        here += 1;
    }
    limit.spend(here - start);
    None
}

/// Quotes within another string: `\"…\"`. The same number of backslashes ends it.
fn nested<'a>(
    bytes: &'a [u8],
    offset: usize,
    quote: &[u8],
    limit: Limit<'_>,
) -> Option<Literal<'a>> {
    let start = offset + quote.len();
    let stop = bytes.len().min(start.saturating_add(limit.bytes));
    let (depth, mark) = (quote.len() - 1, quote[quote.len() - 1]);
    let mut here = start;
    while here < stop {
        let slashes = bytes[here..stop]
            .iter()
            .take_while(|&&byte| byte == b'\\')
            .count();
        let byte = at(bytes, here + slashes);
        if byte == mark && slashes == depth {
            let text = decoded(&bytes[start..here], Escapes::Backslash, mark);
            limit.spend(here - start);
            return Some(Literal {
                text,
                span: start..here,
                end: here + quote.len(),
            });
        }
        if byte == b'\n' || (byte == mark && slashes < depth) {
            break;
        }
        here += slashes + 1;
    }
    limit.spend(here - start);
    None
}

/// From `offset` to the first byte that `stops`; `None` where nothing stands there or too much.
pub(super) fn word<'a>(
    bytes: &'a [u8],
    offset: usize,
    limit: Limit<'_>,
    stops: impl Fn(u8) -> bool,
) -> Option<Literal<'a>> {
    let rest = bytes.get(offset..).unwrap_or_default();
    let length = rest
        .iter()
        .take(limit.bytes.saturating_add(1))
        .take_while(|&&byte| !stops(byte))
        .count();
    limit.spend(length);
    if length == 0 || length > limit.bytes {
        return None;
    }
    Some(plain(bytes, offset..offset + length))
}

/// The same for a word of a grammar, of at most so many bytes.
pub(super) fn short_word(
    bytes: &[u8],
    offset: usize,
    most: usize,
    stops: impl Fn(u8) -> bool,
) -> Option<Range<usize>> {
    let rest = bytes.get(offset..).unwrap_or_default();
    let length = rest
        .iter()
        .take(most + 1)
        .take_while(|&&byte| !stops(byte))
        .count();
    (length > 0 && length <= most).then_some(offset..offset + length)
}

/// From `offset` to the end of the line, without blanks around it and without a comment that one of `comments` begins.
pub(super) fn rest_of_line<'a>(
    bytes: &'a [u8],
    offset: usize,
    comments: &[u8],
    limit: Limit<'_>,
) -> Option<Literal<'a>> {
    let start = blanks(bytes, offset);
    let mut end = line_end(bytes, start, limit.bytes.saturating_add(1));
    limit.spend(end - start);
    if end - start > limit.bytes {
        return None;
    }
    let cut = (start..end).find(|&here| {
        comments.contains(&bytes[here])
            && here
                .checked_sub(1)
                .is_none_or(|before| bytes[before].is_ascii_whitespace())
    });
    end = cut.unwrap_or(end);
    while end > start && matches!(bytes[end - 1], b' ' | b'\t' | b'\r') {
        end -= 1;
    }
    (end > start).then(|| plain(bytes, start..end))
}

/// The bytes as they stand.
pub(super) fn plain(bytes: &[u8], span: Range<usize>) -> Literal<'_> {
    Literal {
        text: String::from_utf8_lossy(&bytes[span.clone()]),
        end: span.end,
        span,
    }
}

/// What a quoted text says.
fn decoded(raw: &[u8], escapes: Escapes, quote: u8) -> Cow<'_, str> {
    let needs = match escapes {
        Escapes::Backslash => raw.contains(&b'\\'),
        Escapes::Doubled => raw.contains(&quote),
        Escapes::None => false,
    };
    if !needs {
        return String::from_utf8_lossy(raw);
    }
    let text = String::from_utf8_lossy(raw);
    if escapes == Escapes::Doubled {
        let quote = char::from(quote);
        return Cow::Owned(text.replace(&format!("{quote}{quote}"), &quote.to_string()));
    }
    let mut said = String::with_capacity(text.len());
    let mut rest = text.chars();
    while let Some(letter) = rest.next() {
        if letter != '\\' {
            said.push(letter);
            continue;
        }
        match rest.next() {
            Some('n') => said.push('\n'),
            Some('t') => said.push('\t'),
            Some('r' | '\n') => {}
            Some('u') => said.extend(code_point(&mut rest, 4)),
            Some('x') => said.extend(code_point(&mut rest, 2)),
            Some(other) => said.push(other),
            None => said.push('\\'),
        }
    }
    Cow::Owned(said)
}

/// The letter that so many hexadecimal digits stand for; nothing where they are none, or half of a pair.
fn code_point(rest: &mut std::str::Chars<'_>, digits: usize) -> Option<char> {
    let code = rest
        .as_str()
        .get(..digits)
        .and_then(|digits| u32::from_str_radix(digits, 16).ok())?;
    for _ in 0..digits {
        rest.next();
    }
    char::from_u32(code)
}
