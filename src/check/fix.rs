//! The change of the manifest that mends a finding: shown with it, and made by `--fix` where nothing that works today can
//! become less safe by it. Comments and the form of the file stay.

use toml_edit::{DocumentMut, InlineTable, Item, Table, TableLike, Value};

use super::subject::Database;

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
    // The last layer that has the key; for one that is new, the last that has what it belongs to, then further up.
    for depth in (1..=path.len()).rev() {
        if edit.value.is_none() && depth < path.len() {
            return false;
        }
        let profiles = layers
            .iter()
            .rev()
            .map(|name| vec!["profiles", name.as_str()]);
        for prefix in profiles.chain([Vec::new()]) {
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
    let profile = layers.last();
    let prefix = profile.map(|name| ["profiles", name.as_str()]);
    let whole: Vec<&str> = prefix.into_iter().flatten().chain(path).collect();
    edit.value
        .as_ref()
        .is_some_and(|value| set(document.as_table_mut(), &whole, value, false))
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
            insert(table, key, value, is_inline);
        }
        return true;
    }
    if table.get(key).is_none() {
        let is_deep = rest.len() == 1;
        if is_deep || is_inline {
            let new = Value::InlineTable(InlineTable::new());
            insert(table, key, new, is_inline);
        } else {
            let mut new = Table::new();
            new.set_implicit(true);
            table.insert(key, Item::Table(new));
        }
    }
    let Some(item) = table.get_mut(key) else {
        return false;
    };
    let is_inline = item.is_inline_table();
    item.as_table_like_mut()
        .is_some_and(|inner| set(inner, rest, value, is_inline))
}

/// Adds a key at the end. In a table on one line the blank before the `}` belongs to the last value.
fn insert(table: &mut dyn TableLike, key: &str, mut value: Value, is_inline: bool) {
    let last = table.iter().last().map(|(key, _)| key.to_owned());
    let last = last.and_then(|last| table.get_mut(&last)?.as_value_mut());
    if let Some(last) = last.filter(|_| is_inline) {
        let behind = last.decor().suffix().cloned().unwrap_or_default();
        last.decor_mut().set_suffix("");
        value.decor_mut().set_suffix(behind);
    }
    table.insert(key, Item::Value(value));
}

fn remove(table: &mut dyn TableLike, path: &[&str]) -> bool {
    let Some((key, rest)) = path.split_first() else {
        return false;
    };
    if rest.is_empty() {
        return table.remove(key).is_some();
    }
    table
        .get_mut(key)
        .and_then(Item::as_table_like_mut)
        .is_some_and(|inner| remove(inner, rest))
}

/// A key as TOML writes it.
fn key(part: &str) -> String {
    toml_edit::Key::new(part).to_string()
}
