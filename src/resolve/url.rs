//! Database URLs with references in them: whether what they brought is a part of the URL, and no more.

use crate::{
    django::{database, url::UrlStyle},
    plan::{Entry, Node, Piece},
    value::{Table, Text, Value},
};

/// Whether a value that stands in a URL as it is has changed where the URL leads: `a@b/c` for a password makes `b` the host,
/// which would be asked for by name, with the login on its way there.
pub(super) fn leads_elsewhere(entry: &Entry, style: UrlStyle, keys: &Table) -> bool {
    /// Means itself in every part of a URL but a port.
    const HOLE: &str = "nuages0reference0";
    let Node::Text(text) = &entry.node else {
        return false;
    };
    let shape: String = text
        .pieces
        .iter()
        .map(|piece| match piece {
            Piece::Literal(text) => text.as_str(),
            _ => HOLE,
        })
        .collect();
    // Where the shape alone is no database, its references bring more than a part.
    let Ok(shape) = database::from_url(&Text::plain(shape), style) else {
        return false;
    };
    ["HOST", "NAME"].iter().any(|key| {
        let (Some(Value::Text(wanted)), found) = (shape.get(key), keys.get(key)) else {
            return false;
        };
        let is_same =
            matches!(found, Some(Value::Text(found)) if found.expose() == wanted.expose());
        !is_same && !wanted.expose().contains(HOLE)
    })
}
