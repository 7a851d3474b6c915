//! What the Secret of a cluster holds: a plan's values as literals and references, typed as Django gets them.

use super::Errors;
use crate::{
    django::{database, keys::Kind},
    filter::Filter,
    manifest::{Cast, Span},
    plan::{Database, Entry, Node, Piece, Plan, Secret, SlotId, Text, Variable},
    render::{DATABASES, env_text, k8s_secret},
    value::{self, Value},
};

/// One key of the Secret.
pub(super) struct Item {
    pub(super) name: String,
    /// The key in the manifest's terms.
    pub(super) key: String,
    pub(super) span: Option<Span>,
    pub(super) parts: Vec<Part>,
}

/// A stretch of a value.
pub(super) enum Part {
    Literal(String),
    Secret(Want),
    /// Text that becomes a JSON string, quotes included, once it is whole.
    Json(Vec<Part>),
}

/// A reference in its place.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Want {
    pub(super) slot: SlotId,
    pub(super) field: Option<String>,
    pub(super) filters: Vec<Filter>,
    pub(super) key: String,
    pub(super) span: Option<Span>,
}

impl Item {
    /// The reference, where the value is one and nothing else.
    pub(super) fn direct(&self) -> Option<&Want> {
        match self.parts.as_slice() {
            [Part::Secret(want)] if want.filters.is_empty() => Some(want),
            _ => None,
        }
    }
}

/// Every reference of the items, in their order.
pub(super) fn wants(items: &[Item]) -> Vec<&Want> {
    fn collect<'a>(parts: &'a [Part], found: &mut Vec<&'a Want>) {
        for part in parts {
            match part {
                Part::Literal(_) => {}
                Part::Secret(want) => found.push(want),
                Part::Json(parts) => collect(parts, found),
            }
        }
    }
    let mut found = Vec::new();
    for item in items {
        collect(&item.parts, &mut found);
    }
    found
}

/// The Secret's keys: `DATABASES`, and every `[env]` value under its name.
pub(super) fn items(plan: &Plan, errors: &mut Errors) -> Vec<Item> {
    let mut items = Vec::new();
    if !plan.databases.is_empty() {
        let entries = plan.databases.iter().map(|database| {
            let tree = self::database(database, errors);
            (database.alias.clone(), tree)
        });
        let mut parts = Vec::new();
        write(Tree::Table(entries.collect()), &mut parts);
        items.push(Item {
            name: DATABASES.to_owned(),
            key: "databases".to_owned(),
            span: None,
            parts,
        });
    }
    for variable in &plan.env {
        let key = &variable.entry.key;
        if !k8s_secret::is_key(&variable.name)
            || (variable.name == DATABASES && !plan.databases.is_empty())
        {
            let reason = "a Secret cannot have this key beside the others";
            errors.add(key, Some(variable.entry.span.clone()), reason, None);
        }
        items.push(Item {
            name: variable.name.clone(),
            key: key.clone(),
            span: Some(variable.entry.span.clone()),
            parts: self::variable(variable, errors),
        });
    }
    for file in &plan.files {
        let reason = "files are made by `nuages exec` alone";
        let hint = "`--only databases,env` leaves them out; mount a Secret for them";
        errors.add(&file.key, Some(file.span.clone()), reason, Some(hint));
    }
    items
}

/// A value whose references are not resolved.
enum Tree {
    Value(Value),
    Text(Vec<Part>),
    List(Vec<Tree>),
    Table(Vec<(String, Tree)>),
}

fn variable(variable: &Variable, errors: &mut Errors) -> Vec<Part> {
    let entry = &variable.entry;
    match tree(&entry.node, entry, &entry.key, errors) {
        Tree::Value(Value::Text(text)) => {
            // The manifest has been read: its literals fit their types.
            let cast = variable.cast.apply(&text).unwrap_or(Value::Text(text));
            vec![Part::Literal(env_text(&cast).to_string())]
        }
        Tree::Value(value) => vec![Part::Literal(env_text(&value).to_string())],
        Tree::Text(parts) => {
            if variable.cast != Cast::Text {
                let reason =
                    "its type is checked when it is resolved, which the engine does not do";
                let hint = "without `as` it is the text that the store has";
                errors.add(&entry.key, Some(entry.span.clone()), reason, Some(hint));
            }
            parts
        }
        tree => {
            let mut parts = Vec::new();
            write(tree, &mut parts);
            parts
        }
    }
}

fn database(planned: &Database, errors: &mut Errors) -> Tree {
    let mut keys: Vec<(String, Tree)> = Vec::new();
    if let Some((entry, style)) = &planned.url {
        let hint = "write USER, PASSWORD, HOST and the others as keys of their own";
        let text = tree(&entry.node, entry, &entry.key, errors);
        if let Tree::Value(Value::Text(url)) = text {
            match database::from_url(&url, *style) {
                Ok(table) => keys.extend(
                    table
                        .into_iter()
                        .map(|(key, value)| (key, Tree::Value(value))),
                ),
                Err(failure) => errors.add(
                    &entry.key,
                    Some(entry.span.clone()),
                    &failure.to_string(),
                    None,
                ),
            }
        } else {
            let reason = "a URL with a reference in it is taken apart when it is resolved";
            errors.add(&entry.key, Some(entry.span.clone()), reason, Some(hint));
        }
    }
    if let Some(entry) = &planned.from {
        let reason = "a secret that holds a whole login is taken apart when it is resolved";
        let hint = "write the keys with fields of it: `PASSWORD = \"${secrets://db#password}\"`";
        errors.add(&entry.key, Some(entry.span.clone()), reason, Some(hint));
    }
    if planned.login.is_some() {
        let key = format!("databases.{}.auth", planned.alias);
        let reason = "a login without a password is made by `nuages exec` alone";
        errors.add(&key, planned.auth.clone(), reason, None);
    }
    for (name, entry) in &planned.entries {
        let value = typed(
            database::kind(name),
            tree(&entry.node, entry, &entry.key, errors),
            entry,
            errors,
        );
        put_on(&mut keys, name, value);
    }
    Tree::Table(keys)
}

/// A key's value with the type that Django gets; text that is not known yet can only be text.
fn typed(kind: Kind, tree: Tree, entry: &Entry, errors: &mut Errors) -> Tree {
    match tree {
        Tree::Value(Value::Text(text)) => {
            Tree::Value(database::coerce(kind, &text).unwrap_or(Value::Text(text)))
        }
        Tree::Text(parts) => {
            if !matches!(kind, Kind::Text | Kind::Port) {
                let reason = "its type is given when it is resolved, which the engine does not do";
                errors.add(&entry.key, Some(entry.span.clone()), reason, None);
            }
            Tree::Text(parts)
        }
        other => other,
    }
}

/// As `OPTIONS` beside a URL adds to the URL's.
fn put_on(keys: &mut Vec<(String, Tree)>, name: &str, value: Tree) {
    let Some(place) = keys.iter().position(|(key, _)| key == name) else {
        keys.push((name.to_owned(), value));
        return;
    };
    let mine = std::mem::replace(&mut keys[place].1, Tree::Value(Value::Null));
    keys[place].1 = match (opened(mine), value) {
        (Tree::Table(mut mine), Tree::Table(theirs)) => {
            for (key, value) in theirs {
                match mine.iter_mut().find(|(have, _)| *have == key) {
                    Some((_, have)) => *have = value,
                    None => mine.push((key, value)),
                }
            }
            Tree::Table(mine)
        }
        (_, value) => value,
    };
}

/// A table that came from a URL as one of trees.
fn opened(tree: Tree) -> Tree {
    match tree {
        Tree::Value(Value::Table(table)) => {
            let entries = table
                .into_iter()
                .map(|(key, value)| (key, Tree::Value(value)));
            Tree::Table(entries.collect())
        }
        other => other,
    }
}

/// As deep as the manifest, which its reader bounds.
fn tree(node: &Node, entry: &Entry, key: &str, errors: &mut Errors) -> Tree {
    match node {
        Node::Bool(flag) => Tree::Value(Value::Bool(*flag)),
        Node::Integer(number) => Tree::Value(Value::Integer((*number).into())),
        Node::Float(number) => Tree::Value(Value::Float(*number)),
        Node::Text(text) => self::text(text, entry, key, errors),
        Node::List(items) => Tree::List(
            items
                .iter()
                .enumerate()
                .map(|(place, item)| tree(item, entry, &format!("{key}.{place}"), errors))
                .collect(),
        ),
        Node::Table(entries) => Tree::Table(
            entries
                .iter()
                .map(|(name, node)| {
                    (
                        name.clone(),
                        tree(node, entry, &format!("{key}.{name}"), errors),
                    )
                })
                .collect(),
        ),
    }
}

fn text(text: &Text, entry: &Entry, key: &str, errors: &mut Errors) -> Tree {
    let mut parts = Vec::new();
    let mut literal = String::new();
    for piece in &text.pieces {
        match piece {
            Piece::Literal(more) => literal.push_str(more),
            Piece::FilePath(_) => {
                let reason = "the path of a file that `nuages exec` makes";
                errors.add(key, Some(entry.span.clone()), reason, None);
            }
            Piece::Secret(secret) => {
                if !literal.is_empty() {
                    parts.push(Part::Literal(std::mem::take(&mut literal)));
                }
                parts.push(Part::Secret(want(secret, entry, key, errors)));
            }
        }
    }
    if parts.is_empty() {
        return Tree::Value(Value::Text(value::Text::plain(literal)));
    }
    if !literal.is_empty() {
        parts.push(Part::Literal(literal));
    }
    Tree::Text(parts)
}

fn want(secret: &Secret, entry: &Entry, key: &str, errors: &mut Errors) -> Want {
    let span = secret.span.clone().or_else(|| Some(entry.span.clone()));
    if secret.default.is_some() {
        let reason = "the engine has no default for a secret that does not exist";
        errors.add(key, span.clone(), reason, None);
    }
    if entry.optional {
        let reason = "the engine fails where an optional secret does not exist";
        errors.add(key, span.clone(), reason, None);
    }
    Want {
        slot: secret.slot,
        field: secret.field.clone(),
        filters: secret.filters.clone(),
        key: key.to_owned(),
        span,
    }
}

/// Compact JSON, with the texts that are not known yet left open.
fn write(tree: Tree, parts: &mut Vec<Part>) {
    match tree {
        Tree::Value(value) => {
            // In a list, any value is written as JSON; alone, text would be written as it is.
            let list = env_text(&Value::List(vec![value]));
            let json = list
                .strip_prefix('[')
                .and_then(|list| list.strip_suffix(']'));
            literal(parts, json.unwrap_or("null"));
        }
        Tree::Text(text) => parts.push(Part::Json(text)),
        Tree::List(items) => {
            literal(parts, "[");
            for (place, item) in items.into_iter().enumerate() {
                if place > 0 {
                    literal(parts, ",");
                }
                write(item, parts);
            }
            literal(parts, "]");
        }
        Tree::Table(entries) => {
            literal(parts, "{");
            for (place, (key, value)) in entries.into_iter().enumerate() {
                if place > 0 {
                    literal(parts, ",");
                }
                write(Tree::Value(Value::plain(key)), parts);
                literal(parts, ":");
                write(value, parts);
            }
            literal(parts, "}");
        }
    }
}

fn literal(parts: &mut Vec<Part>, text: &str) {
    match parts.last_mut() {
        Some(Part::Literal(before)) => before.push_str(text),
        _ => parts.push(Part::Literal(text.to_owned())),
    }
}
