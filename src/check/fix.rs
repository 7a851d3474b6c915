//! The change of the manifest that mends a finding: shown with it, and made by `--fix` where nothing that works today can
//! become less safe by it. Comments and the form of the file stay.

use toml_edit::{DocumentMut, InlineTable, Item, Table, TableLike, Value};

use super::subject::Database;
use crate::django::engine;

/// Changes that belong together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fix {
    /// In order.
    pub(crate) edits: Vec<Edit>,
    /// Whether `--fix` makes it. What fails closed is safe: a connection that is refused where it was open to anybody.
    pub(crate) is_safe: bool,
}

/// One change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Edit {
    /// From a layer down: `databases`, `default`, `OPTIONS`, `sslmode`.
    pub(crate) path: Vec<String>,
    /// The value as TOML, or `None` where the key goes.
    pub(crate) value: Option<String>,
}

impl Fix {
    /// Makes a key of a database this value, which is TOML: `"verify-full"` with its quotes.
    pub(crate) fn set(database: &Database<'_>, path: &[&str], value: impl Into<String>) -> Self {
        Self::safe(vec![Edit::of(database, path, Some(value.into()))])
    }

    /// Takes a key of a database out.
    pub(crate) fn remove(database: &Database<'_>, path: &[&str]) -> Self {
        Self::safe(vec![Edit::of(database, path, None)])
    }

    /// Makes a key that is not a database's this value.
    pub(crate) fn set_key(path: &[&str], value: impl Into<String>) -> Self {
        Self::safe(vec![Edit::at(path, Some(value.into()))])
    }

    /// Takes a key that is not a database's out.
    pub(crate) fn remove_key(path: &[&str]) -> Self {
        Self::safe(vec![Edit::at(path, None)])
    }

    fn safe(edits: Vec<Edit>) -> Self {
        Self {
            edits,
            is_safe: true,
        }
    }

    /// Also makes a key of a database this value.
    pub(crate) fn and_set(
        mut self,
        database: &Database<'_>,
        path: &[&str],
        value: impl Into<String>,
    ) -> Self {
        self.edits
            .push(Edit::of(database, path, Some(value.into())));
        self
    }

    /// Also takes a key of a database out.
    pub(crate) fn and_remove(mut self, database: &Database<'_>, path: &[&str]) -> Self {
        self.edits.push(Edit::of(database, path, None));
        self
    }

    /// Is shown, and left to people: it may stop what works today, or needs a name that only they know.
    pub(crate) fn shown(mut self) -> Self {
        self.is_safe = false;
        self
    }

    /// As it is shown: `databases.default.OPTIONS.sslmode = "verify-full"`.
    pub(crate) fn describe(&self, profiles: &[String]) -> String {
        let line = |edit: &Edit| {
            let path: Vec<&str> = layer_of(edit, profiles)
                .chain(edit.path.iter().map(String::as_str))
                .collect();
            let key: Vec<String> = path.iter().map(|part| key(part)).collect();
            match &edit.value {
                Some(value) => format!("{} = {value}", key.join(".")),
                None => format!("remove {}", key.join(".")),
            }
        };
        self.edits.iter().map(line).collect::<Vec<_>>().join("; ")
    }
}

/// Where an edit that cannot be seen in a file would go.
fn layer_of<'a>(_: &Edit, profiles: &'a [String]) -> impl Iterator<Item = &'a str> {
    let last = profiles.last().map(String::as_str);
    last.map(|profile| ["profiles", profile])
        .into_iter()
        .flatten()
}

impl Edit {
    fn of(database: &Database<'_>, path: &[&str], value: Option<String>) -> Self {
        let root = ["databases", &database.alias.text];
        let path: Vec<&str> = root.into_iter().chain(path.iter().copied()).collect();
        Self::at(&path, value)
    }

    fn at(path: &[&str], value: Option<String>) -> Self {
        Self {
            path: path.iter().map(|&part| part.to_owned()).collect(),
            value,
        }
    }
}

/// The manifest with the changes made, or `None` where none could be. `layers` are the profiles that are put on, the last
/// wins, with those that they extend; a key changes where the last of them writes it, else where its database is first
/// written.
pub(crate) fn apply<'a>(
    text: &str,
    fixes: impl Iterator<Item = (&'a Fix, &'a [String])>,
) -> Option<String> {
    let mut document = text.parse::<DocumentMut>().ok()?;
    let mut has_changed = false;
    for (fix, layers) in fixes {
        for edit in &fix.edits {
            has_changed |= change(&mut document, edit, layers);
        }
    }
    has_changed.then(|| document.to_string())
}

fn change(document: &mut DocumentMut, edit: &Edit, layers: &[String]) -> bool {
    let path: Vec<&str> = edit.path.iter().map(String::as_str).collect();
    let layers = in_force(document, &path, layers);
    // The last layer that has the key; for one that is new, the last that has what it belongs to, then further up.
    for depth in (1..=path.len()).rev() {
        if edit.value.is_none() && depth < path.len() {
            return false;
        }
        let profiles = layers
            .iter()
            .rev()
            .map(|name| name.map_or_else(Vec::new, |name| vec!["profiles", name]));
        for prefix in profiles {
            let whole: Vec<&str> = prefix.iter().chain(&path[..depth]).copied().collect();
            if find(document, &whole).is_none() {
                continue;
            }
            let whole: Vec<&str> = prefix.iter().chain(&path).copied().collect();
            return match &edit.value {
                Some(value) => set(document.as_table_mut(), &whole, value, false),
                None => remove(document.as_table_mut(), &whole),
            };
        }
    }
    let profile = layers.last().copied().flatten();
    let prefix = profile.map(|name| ["profiles", name]);
    let whole: Vec<&str> = prefix.into_iter().flatten().chain(path).collect();
    edit.value
        .as_ref()
        .is_some_and(|value| set(document.as_table_mut(), &whole, value, false))
}

/// The layers that a key is looked for in, the base as `None` first: of a database, none below the last that starts
/// it afresh, as the manifest's merging has it.
fn in_force<'a>(
    document: &DocumentMut,
    path: &[&str],
    layers: &'a [String],
) -> Vec<Option<&'a str>> {
    let all = [None].into_iter();
    let all: Vec<_> = all
        .chain(layers.iter().map(|name| Some(name.as_str())))
        .collect();
    let ["databases", alias, ..] = path else {
        return all;
    };
    let mut start = 0;
    let mut engine: Option<String> = None;
    for (place, layer) in all.iter().enumerate() {
        let prefix = layer.map(|name| ["profiles", name]);
        let path: Vec<&str> = prefix
            .into_iter()
            .flatten()
            .chain(["databases", *alias])
            .collect();
        let Some(database) = find(document, &path) else {
            continue;
        };
        let own = database.get("ENGINE").and_then(Item::as_str);
        let moves = match (engine.as_deref(), own) {
            (Some(below), Some(own)) => engine::is_other_family(below, own),
            _ => false,
        };
        if database.get("url").is_some() || database.get("from").is_some() || moves {
            start = place;
            engine = None;
        }
        engine = own.map(str::to_owned).or(engine);
    }
    all[start..].to_vec()
}

fn find<'a>(document: &'a DocumentMut, path: &[&str]) -> Option<&'a Item> {
    let mut item = document.as_item();
    for key in path {
        item = item.get(key)?;
    }
    Some(item)
}

/// Sets a value; what it stands in is made where it is missing: inline below a database, a table above.
fn set(table: &mut dyn TableLike, path: &[&str], value: &str, is_inline: bool) -> bool {
    let Some((key, rest)) = path.split_first() else {
        return false;
    };
    if rest.is_empty() {
        let Ok(mut value) = value.parse::<Value>() else {
            return false;
        };
        // A value with its type or its description beside it.
        if let Some(Item::Value(Value::InlineTable(described))) = table.get_mut(key)
            && described.contains_key("value")
            && !value.is_inline_table()
        {
            return set(described, &["value"], &value.to_string(), true);
        }
        if let Some(Item::Value(old)) = table.get_mut(key) {
            // What is written around the old value, a comment too, stays around the new.
            *value.decor_mut() = old.decor().clone();
            *old = value;
        } else {
            table.insert(key, Item::Value(value));
        }
        return true;
    }
    if table.get(key).is_none() {
        let is_deep = rest.len() == 1;
        if is_deep || is_inline {
            let new = Value::InlineTable(InlineTable::new());
            table.insert(key, Item::Value(new));
        } else {
            let mut new = Table::new();
            new.set_implicit(true);
            table.insert(key, Item::Table(new));
        }
    }
    let Some(item) = table.get_mut(key) else {
        return false;
    };
    let is_inner = item.is_inline_table();
    let is_set = item
        .as_table_like_mut()
        .is_some_and(|inner| set(inner, rest, value, is_inner));
    tidy(item);
    is_set
}

/// Of an inline table that has got or lost its last key, the blank before `}` stays before it, and none before a comma.
fn tidy(item: &mut Item) {
    let Item::Value(Value::InlineTable(table)) = item else {
        return;
    };
    let last = table.len().saturating_sub(1);
    let first = table.iter_mut().next();
    let begins = first.and_then(|(key, _)| key.leaf_decor().prefix().cloned());
    let is_tight = begins.is_some_and(|blank| blank.as_str() == Some(""));
    let end = if is_tight { "" } else { " " };
    let is_plain = |text: Option<&str>| text.is_none_or(|text| text.trim().is_empty());
    for (place, (_, value)) in table.iter_mut().enumerate() {
        let decor = value.decor_mut();
        if is_plain(decor.suffix().and_then(toml_edit::RawString::as_str)) {
            decor.set_suffix(if place == last { end } else { "" });
        }
    }
}

fn remove(table: &mut dyn TableLike, path: &[&str]) -> bool {
    let Some((key, rest)) = path.split_first() else {
        return false;
    };
    if rest.is_empty() {
        return table.remove(key).is_some();
    }
    let Some(item) = table.get_mut(key) else {
        return false;
    };
    let is_removed = item
        .as_table_like_mut()
        .is_some_and(|inner| remove(inner, rest));
    tidy(item);
    is_removed
}

/// A key as TOML writes it.
fn key(part: &str) -> String {
    toml_edit::Key::new(part).to_string()
}
