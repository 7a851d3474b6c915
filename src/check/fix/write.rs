//! Makes changes in the text of a manifest. Comments and the form of the file stay.

use std::ops::Range;

use toml_edit::{Document, DocumentMut, InlineTable, Item, Table, TableLike, Value};

use super::{Edit, Fix, form::Form};

/// The manifest with the changes made, each in the layer that it was given, or `None` where that changes nothing.
pub(in crate::check) fn apply<'a>(
    text: &str,
    fixes: impl Iterator<Item = &'a Fix>,
) -> Option<String> {
    let (form, plain) = Form::of(text);
    let edits: Vec<&Edit> = fixes.flat_map(|fix| &fix.edits).collect();
    let without = without_lines(&plain, &edits)?;
    let mut document = without.parse::<DocumentMut>().ok()?;
    for edit in edits {
        let path = edit.whole_path(&[]);
        match &edit.value {
            Some(value) => set(document.as_table_mut(), &path, value, tables(&path)),
            None => remove(document.as_table_mut(), &path),
        };
    }
    let mut changed = document.to_string();
    if !plain.ends_with('\n') && changed.ends_with('\n') {
        changed.pop();
    }
    (changed != plain).then(|| form.restore(&changed))
}

/// Whether a change takes a key out that a comment stands directly above: the comment stays, and may be about the key.
pub(in crate::check) fn leaves_comment(text: &str, fix: &Fix) -> bool {
    let (_, plain) = Form::of(text);
    let Ok(document) = Document::parse(&*plain) else {
        return false;
    };
    let removed = fix.edits.iter().filter(|edit| edit.value.is_none());
    removed
        .filter_map(|edit| key_start(document.as_table(), &edit.whole_path(&[])))
        .any(|start| {
            let mut above = plain[..start].rsplit('\n').skip(1);
            above
                .next()
                .is_some_and(|line| line.trim_start().starts_with('#'))
        })
}

/// Where a key stands.
fn key_start(table: &dyn TableLike, path: &[&str]) -> Option<usize> {
    let (name, rest) = path.split_first()?;
    let (key, item) = table.get_key_value(name)?;
    match rest {
        [] => Some(key.span()?.start),
        rest => key_start(item.as_table_like()?, rest),
    }
}

/// How many of a path's keys name tables that are written with a header: those down to a database.
fn tables(path: &[&str]) -> usize {
    match path {
        ["profiles", ..] => 4,
        _ => 2,
    }
}

/// The text without the lines of the keys that go and have lines of their own. Comments above them stay.
fn without_lines(text: &str, edits: &[&Edit]) -> Option<String> {
    let mut changed = text.to_owned();
    let document = Document::parse(text).ok()?;
    let mut lines: Vec<Range<usize>> = Vec::new();
    for edit in edits.iter().filter(|edit| edit.value.is_none()) {
        let path = edit.whole_path(&[]);
        // What has no lines of its own is taken out of the table that it stands in.
        let _ = lines_of(text, document.as_table(), &path, &mut lines);
    }
    lines.sort_by_key(|range| range.start);
    lines.dedup();
    for range in lines.into_iter().rev() {
        changed.replace_range(range, "");
    }
    Some(changed)
}

/// Adds the lines of a key and its value, or of each key below it, where they are whole lines.
fn lines_of(text: &str, table: &Table, path: &[&str], lines: &mut Vec<Range<usize>>) -> Option<()> {
    let (name, rest) = path.split_first()?;
    let (key, item) = table.get_key_value(name)?;
    if !rest.is_empty() {
        return lines_of(text, item.as_table()?, rest, lines);
    }
    if let Some(dotted) = item.as_table().filter(|table| table.is_dotted()) {
        return dotted
            .iter()
            .try_for_each(|(key, _)| lines_of(text, dotted, &[key], lines));
    }
    let value = item.as_value()?.span()?;
    let start = text[..key.span()?.start].rfind('\n').map_or(0, |at| at + 1);
    let end = text[value.end..]
        .find('\n')
        .map_or(text.len(), |at| value.end + at + 1);
    lines.push(start..end);
    Some(())
}

/// Sets a value; what it stands in is made where it is missing: the first `headers` keys as tables with a header, the
/// others inline. A table stays one.
fn set(table: &mut dyn TableLike, path: &[&str], value: &str, headers: usize) -> bool {
    let Some((key, rest)) = path.split_first() else {
        return false;
    };
    if rest.is_empty() {
        return put(table, key, value);
    }
    if table.get(key).is_none() {
        let new = if headers > 0 {
            let mut new = Table::new();
            new.set_implicit(true);
            Item::Table(new)
        } else {
            Item::Value(Value::InlineTable(InlineTable::new()))
        };
        table.insert(key, new);
    }
    let Some(item) = table.get_mut(key) else {
        return false;
    };
    // In an inline table there are no headers.
    let headers = if item.is_inline_table() {
        0
    } else {
        headers.saturating_sub(1)
    };
    let inner = item.as_table_like_mut();
    let is_set = inner.is_some_and(|inner| set(inner, rest, value, headers));
    tidy(item);
    is_set
}

fn put(table: &mut dyn TableLike, key: &str, value: &str) -> bool {
    let Ok(mut value) = value.parse::<Value>() else {
        return false;
    };
    let Some(old) = table.get_mut(key) else {
        table.insert(key, Item::Value(value));
        return true;
    };
    if let Some(inner) = old.as_table_like_mut()
        && !value.is_inline_table()
    {
        // A value with its type or its description beside it.
        return is_described(inner) && put(inner, "value", &value.to_string());
    }
    let Some(old) = old.as_value_mut() else {
        return false;
    };
    // What is written around the old value, a comment too, stays around the new.
    *value.decor_mut() = old.decor().clone();
    *old = value;
    true
}

/// Whether a table is a value with more beside it.
pub(super) fn is_described(table: &dyn TableLike) -> bool {
    table.get("value").is_some_and(Item::is_value)
}

/// Of an inline table that has got or lost its last key, the blank before `}` stays before it, and none before a comma.
fn tidy(item: &mut Item) {
    let Item::Value(Value::InlineTable(table)) = item else {
        return;
    };
    let last = table.len().saturating_sub(1);
    let has_end = table.trailing_comma()
        || table
            .trailing()
            .as_str()
            .is_some_and(|end| end.contains('\n'));
    let first = table.iter_mut().next();
    let begins = first.and_then(|(key, _)| key.leaf_decor().prefix().cloned());
    let begins = begins.as_ref().and_then(toml_edit::RawString::as_str);
    let suffixes = table.iter().filter_map(|(_, value)| value.decor().suffix());
    // Where each key has a line of its own, so has the brace.
    let broken = suffixes
        .filter_map(|suffix| suffix.as_str())
        .find(|suffix| suffix.contains('\n') && suffix.trim().is_empty());
    let broken = broken.map(str::to_owned);
    let end = match &broken {
        Some(end) => end,
        None if begins == Some("") || has_end => "",
        None => " ",
    };
    let is_plain = |text: Option<&str>| text.is_none_or(|text| text.trim().is_empty());
    for (place, (_, value)) in table.iter_mut().enumerate() {
        let decor = value.decor_mut();
        if is_plain(decor.suffix().and_then(toml_edit::RawString::as_str)) {
            decor.set_suffix(if place == last { end } else { "" });
        }
    }
}

/// Takes out what has no lines of its own: a table, or a key of an inline table.
fn remove(table: &mut dyn TableLike, path: &[&str]) -> bool {
    let Some((key, rest)) = path.split_first() else {
        return false;
    };
    let Some(item) = table.get_mut(key) else {
        return false;
    };
    if rest.is_empty() {
        return table.remove(key).is_some();
    }
    let is_removed = match item {
        Item::Value(Value::InlineTable(inner)) if rest.len() == 1 => cut(inner, rest[0]),
        _ => item
            .as_table_like_mut()
            .is_some_and(|inner| remove(inner, rest)),
    };
    tidy(item);
    is_removed
}

/// Takes a key out of an inline table. Where that has several lines, comments above the key stay, and one behind it goes.
fn cut(table: &mut InlineTable, name: &str) -> bool {
    let place = table.iter().position(|(key, _)| key == name);
    let Some((key, value)) = table.remove_entry(name) else {
        return false;
    };
    let text = |raw: Option<&toml_edit::RawString>| {
        raw.and_then(toml_edit::RawString::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    let before = text(key.leaf_decor().prefix());
    let next = place.and_then(|place| table.iter_mut().nth(place));
    if let Some((mut key, _)) = next {
        // One that was put there just now has the blank that it is given.
        if let Some(behind) = key.leaf_decor().prefix().cloned() {
            let behind = text(Some(&behind));
            key.leaf_decor_mut().set_prefix(joined(&before, &behind));
        }
    } else {
        // Without a comma at the end, what follows the value is the value's.
        let behind = text(value.decor().suffix()) + &text(Some(table.trailing()));
        let behind = if behind.contains('\n') { &behind } else { "" };
        table.set_trailing(joined(&before, behind));
    }
    true
}

/// What stands between two keys once the one between them is gone.
fn joined(before: &str, behind: &str) -> String {
    // The end of the line that the key stood in is its own.
    let behind = behind.find('\n').map_or(behind, |at| &behind[at..]);
    let above = before.trim_end_matches([' ', '\t']);
    let above = above.strip_suffix('\n').unwrap_or(above);
    if above.contains('#') {
        format!("{above}{behind}")
    } else {
        behind.to_owned()
    }
}
