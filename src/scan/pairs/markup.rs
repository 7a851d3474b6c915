//! XML and HTML: `<password>x</password>`, `<add key="Password" value="x"/>`, `password="x"`, `<key>Password</key>`
//! `<string>x</string>`, and the scripts within pages. A form's field named `password` is none.

use super::{
    code,
    judge::{Judge, Place},
    name::Name,
    sibling,
    value::{self, Limit, Literal, at, blanks, whites},
};

/// Elements of a page whose attributes name fields, not secrets.
const FIELDS: &[&[u8]] = &[
    b"input",
    b"label",
    b"button",
    b"form",
    b"a",
    b"div",
    b"span",
    b"select",
    b"option",
    b"textarea",
    b"script",
    b"link",
    b"meta",
    b"img",
    b"svg",
    b"path",
    b"use",
    b"i",
    b"li",
    b"ul",
    b"p",
    b"td",
    b"th",
    b"tr",
    b"h1",
    b"h2",
    b"h3",
    b"fieldset",
    b"template",
    b"section",
];

/// Reads what stands after a name.
pub(super) fn read(name: &Name<'_>, judge: &mut Judge<'_, '_>) -> usize {
    let bytes = judge.bytes();
    let end = name.span.end;
    let before = name.before(bytes);
    let follows_slash = before == b'/' && name.outer > 1 && bytes[name.outer - 2] == b'<';
    if follows_slash {
        return end;
    }
    if let Some(tag) = tag_around(bytes, name.outer) {
        return in_tag(name, judge, tag);
    }
    // `<key>Password</key><string>x</string>`.
    if before == b'>' && bytes[end..].starts_with(b"</") {
        return match after_key(name, judge) {
            Some(literal) => judge.take(name, &literal, Place::default()),
            None => end,
        };
    }
    code::read(name, judge)
}

/// Where the tag begins that an offset is in, after its `<`.
fn tag_around(bytes: &[u8], offset: usize) -> Option<usize> {
    let reach = offset.saturating_sub(512);
    let last = bytes[reach..offset]
        .iter()
        .rposition(|&byte| matches!(byte, b'<' | b'>'))?
        + reach;
    let first = at(bytes, last + 1);
    (bytes[last] == b'<' && (first.is_ascii_alphabetic() || first == b'_' || last + 1 == offset))
        .then_some(last + 1)
}

/// A name that is an element, an attribute or an attribute's value.
fn in_tag(name: &Name<'_>, judge: &mut Judge<'_, '_>, tag: usize) -> usize {
    let bytes = judge.bytes();
    let end = name.span.end;
    let limit = judge.limit();
    let element_end = value::skip(bytes, tag, |byte| {
        byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b':') || byte >= 0x80
    });
    let element = &bytes[tag..element_end];
    if name.span.start < element_end {
        return match content(bytes, end, limit) {
            Some(literal) => judge.take(name, &literal, Place::default()),
            None => end,
        };
    }
    if FIELDS
        .iter()
        .any(|field| element.eq_ignore_ascii_case(field))
    {
        return end;
    }
    if name.quote.is_empty() {
        if at(bytes, end) != b'=' {
            return end;
        }
        return match value::quoted(
            bytes,
            blanks(bytes, end + 1),
            value::Escapes::None,
            false,
            limit,
        ) {
            Some(literal) => judge.take(name, &literal, Place::default()),
            None => end,
        };
    }
    let Some(closed) = name.closed(bytes) else {
        return end;
    };
    let literal = if sibling::is_named(name, bytes) {
        attribute(judge, tag, closed).or_else(|| content(bytes, closed, limit))
    } else {
        None
    };
    if let Some(literal) = literal {
        judge.take(name, &literal, Place::default());
    }
    closed
}

/// The value of `value="…"` in the same tag.
fn attribute<'t>(judge: &Judge<'t, '_>, tag: usize, after: usize) -> Option<Literal<'t>> {
    let bytes = judge.bytes();
    let stop = after
        + bytes[after..]
            .iter()
            .take(512)
            .position(|&byte| byte == b'>')?;
    judge.spend(stop.saturating_sub(tag));
    let limit = judge.limit();
    let inside = &bytes[tag..stop];
    let at_value = inside
        .windows(6)
        .position(|part| part.eq_ignore_ascii_case(b"value="))?;
    value::quoted(bytes, tag + at_value + 6, value::Escapes::None, true, limit)
}

/// The text of an element from somewhere within its opening tag: up to the next tag, without blanks around it.
fn content<'a>(bytes: &'a [u8], offset: usize, limit: Limit<'_>) -> Option<Literal<'a>> {
    let close = offset
        + bytes[offset..]
            .iter()
            .take(512)
            .position(|&byte| matches!(byte, b'>' | b'<'))?;
    if bytes[close] != b'>' || bytes[close - 1] == b'/' {
        return None;
    }
    let start = whites(bytes, close + 1);
    let is_data = bytes[start.min(bytes.len())..].starts_with(b"<![CDATA[");
    let start = start + if is_data { 9 } else { 0 };
    let literal = value::word(bytes, start, limit, |byte| {
        if is_data { byte == b']' } else { byte == b'<' }
    })?;
    let text = bytes[literal.span.clone()].trim_ascii_end();
    let is_closed = is_data || bytes[literal.end..].starts_with(b"</");
    (is_closed && !text.is_empty()).then(|| value::plain(bytes, start..start + text.len()))
}

/// The element after `<key>…</key>` of a property list.
fn after_key<'t>(name: &Name<'_>, judge: &Judge<'t, '_>) -> Option<Literal<'t>> {
    let bytes = judge.bytes();
    let limit = judge.limit();
    let end = name.span.end;
    let opened = &bytes[..name.outer];
    let is_named = [&b"<key>"[..], b"<name>", b"<Name>", b"<Key>"]
        .iter()
        .any(|tag| opened.ends_with(tag));
    let closed = end
        + bytes[end..]
            .iter()
            .take(64)
            .position(|&byte| byte == b'>')?
        + 1;
    let next = whites(bytes, closed);
    (is_named && at(bytes, next) == b'<').then(|| content(bytes, next + 1, limit))?
}
