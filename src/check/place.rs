//! Which key of the manifest a place belongs to.

use std::ops::Range;

use toml_edit::{Document, Item, Key};

/// The key as messages name it: `databases.default.CONN_MAX_AGE`; `None` where nothing stands there.
pub(super) fn key_at(document: &Document<&str>, span: &Range<usize>) -> Option<String> {
    let mut path = Vec::new();
    descend(document.as_item(), span, &mut path);
    (!path.is_empty()).then(|| path.join("."))
}

fn descend(item: &Item, span: &Range<usize>, path: &mut Vec<String>) {
    let Some(table) = item.as_table_like() else {
        return;
    };
    for (name, below) in table.iter() {
        let key = table.key(name).and_then(Key::span);
        let is_key = key.is_some_and(|key| key.start <= span.start && span.end <= key.end);
        if is_key {
            path.push(part(name));
            return;
        }
        let reaches = below
            .span()
            .is_some_and(|place| place.start <= span.start && span.end <= place.end);
        let before = path.len();
        path.push(part(name));
        let is_table = below.is_table_like();
        if is_table {
            descend(below, span, path);
        }
        // A table that is written in several places has the span of its first.
        if path.len() > before + 1 || reaches && !is_header(below, span) {
            return;
        }
        path.truncate(before);
    }
}

/// Whether a place is none of a table's keys, but its header.
fn is_header(item: &Item, span: &Range<usize>) -> bool {
    item.is_table() && item.span().is_some_and(|place| place.start > span.start)
}

/// A part of a key as it is written.
pub(super) fn part(name: &str) -> String {
    Key::new(name).display_repr().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_have_keys() {
        let text = "[databases.default]\nNAME = \"shop\"\nOPTIONS = { a = 1, \"b.c\" = [1, 2] }\n[databases.\"a.b\".TEST]\nNAEM = 'x'\n[env]\nX.value = 'y'\n";
        let document = Document::parse(text).unwrap();
        for (part, key) in [
            ("NAME", Some("databases.default.NAME")),
            ("\"shop\"", Some("databases.default.NAME")),
            ("shop", Some("databases.default.NAME")),
            ("a = 1", Some("databases.default.OPTIONS")),
            ("2", Some("databases.default.OPTIONS.\"b.c\"")),
            ("NAEM", Some("databases.\"a.b\".TEST.NAEM")),
            ("'y'", Some("env.X.value")),
        ] {
            let start = text.find(part).unwrap();
            let found = key_at(&document, &(start..start + part.len()));
            assert_eq!(found.as_deref(), key, "{part}");
        }
        assert_eq!(key_at(&document, &(text.len()..text.len())), None);
    }
}
