//! Database URLs with references in them: whether what they brought is a part of the URL, and no more.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;
use zeroize::Zeroizing;

use crate::{
    django::{database, url::UrlStyle},
    plan::{self, Piece},
    value::{Table, Text, Value},
};

/// Whether a value that stands in a URL as it is has changed where the URL leads: `a@b/c` for a password makes `b` the host,
/// which would be asked for by name, with the login on its way there. `parts` are what the pieces of the text brought.
pub(super) fn leads_elsewhere(
    text: &plan::Text,
    parts: &[Zeroizing<Vec<u8>>],
    style: UrlStyle,
    keys: &Table,
) -> bool {
    // A file is on this machine, wherever it is.
    let is_file = |engine: &str| engine.ends_with(".sqlite3") || engine.ends_with(".spatialite");
    if keys.get("ENGINE").and_then(texts).is_some_and(is_file) {
        return false;
    }
    let Some(holes) = holes(text, parts) else {
        return false;
    };
    // Where the shape alone is no database, its references bring more than a part.
    let Ok(shape) = database::from_url(&Text::plain(shape(text, &holes)), style) else {
        return false;
    };
    let is_whole_login = shape.get("USER").and_then(texts).is_none_or(str::is_empty);
    let has_changed = |key: &str| {
        let Some(wanted) = shape.get(key).and_then(texts) else {
            return false;
        };
        let found = keys.get(key).and_then(texts).unwrap_or_default();
        let wanted = filled(wanted, &holes);
        let decoded = decoded(&wanted);
        ![&wanted, &decoded].into_iter().any(|wanted| match key {
            "HOST" => is_host(wanted, is_whole_login, found),
            _ => wanted.as_str() == found,
        })
    };
    has_changed("HOST") || has_changed("NAME") || brings_options(&holes, &shape, keys)
}

/// A reference in a URL.
struct Hole<'a> {
    /// What stands for it.
    mark: String,
    value: &'a str,
    /// It stands where a name of an option would, and may bring several.
    is_query: bool,
}

/// The references; nothing where one brought what is no text.
fn holes<'a>(text: &plan::Text, parts: &'a [Zeroizing<Vec<u8>>]) -> Option<Vec<Hole<'a>>> {
    let literal = |place: Option<usize>| match place.and_then(|place| text.pieces.get(place)) {
        Some(Piece::Literal(text)) => text.as_str(),
        _ => "",
    };
    let mut holes = Vec::new();
    for (place, (piece, part)) in text.pieces.iter().zip(parts).enumerate() {
        if matches!(piece, Piece::Literal(_)) {
            continue;
        }
        let before = literal(place.checked_sub(1));
        let is_last = place + 1 == text.pieces.len();
        let is_port = before.ends_with(':')
            && (is_last || literal(Some(place + 1)).starts_with(['/', '?', '#']));
        holes.push(Hole {
            // A port is a number; everywhere else the name means itself.
            mark: if is_port {
                "1".to_owned()
            } else {
                format!("nuages0reference{place}x")
            },
            value: std::str::from_utf8(part).ok()?,
            is_query: before.ends_with(['?', '&']),
        });
    }
    Some(holes)
}

/// The URL with marks for its references.
fn shape(text: &plan::Text, holes: &[Hole<'_>]) -> String {
    let mut marks = holes.iter();
    let pieces = text.pieces.iter().map(|piece| match piece {
        Piece::Literal(text) => text.as_str(),
        _ => marks.next().map_or("", |hole| &hole.mark),
    });
    pieces.collect()
}

/// A part of the shape with the values in their places.
fn filled(part: &str, holes: &[Hole<'_>]) -> Zeroizing<String> {
    let mut filled = Zeroizing::new(part.to_owned());
    for hole in holes.iter().filter(|hole| hole.mark != "1") {
        filled = Zeroizing::new(filled.replace(&hole.mark, hole.value));
    }
    filled
}

/// What the escapes in it stand for.
fn decoded(text: &str) -> Zeroizing<String> {
    let decoded: Cow<'_, str> = percent_decode_str(text).decode_utf8_lossy();
    Zeroizing::new(decoded.into_owned())
}

/// Whether this is the host of what stands where the URL has one: a reference may bring its port or its brackets as well, and
/// where there is no login beside it, that too.
fn is_host(text: &str, with_login: bool, found: &str) -> bool {
    let text = match text.rsplit_once('@') {
        Some((_, host)) if with_login => host,
        _ => text,
    };
    let is_found = |host: &str| bare(host).eq_ignore_ascii_case(bare(found));
    let is_port = |port: &str| port.bytes().all(|byte| byte.is_ascii_digit());
    is_found(text)
        || text
            .rsplit_once(':')
            .is_some_and(|(host, port)| is_port(port) && is_found(host))
}

/// A host without the brackets of an IPv6 address.
fn bare(host: &str) -> &str {
    let inner = host
        .strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'));
    inner.unwrap_or(host)
}

/// Whether there are options that the URL does not name: `hostaddr` is one of them.
fn brings_options(holes: &[Hole<'_>], shape: &Table, keys: &Table) -> bool {
    let (Some(Value::Table(found)), false) =
        (keys.get("OPTIONS"), holes.iter().any(|hole| hole.is_query))
    else {
        return false;
    };
    let Some(Value::Table(named)) = shape.get("OPTIONS") else {
        return !found.is_empty();
    };
    found.iter().any(|(name, _)| named.get(name).is_none())
}

fn texts(value: &Value) -> Option<&str> {
    match value {
        Value::Text(text) => Some(text.expose()),
        _ => None,
    }
}
