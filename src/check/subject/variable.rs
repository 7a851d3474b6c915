//! Databases whose addresses stand in variables: `DATABASE_URL`, which django-environ and dj-database-url read.

use super::{
    database::Database,
    field::{Field, From, Known},
    url::from_template,
};
use crate::{
    django::{database::from_url, url::UrlStyle},
    manifest::{DatabaseEntry, Item, Layer, Name, Node},
    render::Document,
    value::Value,
};

/// What a database has that no table of the manifest is about.
static NO_TABLE: DatabaseEntry = DatabaseEntry {
    keys: Vec::new(),
    url: None,
    from: None,
    url_style: None,
    auth: None,
    live: None,
    verify: None,
};

/// Each address that can be told; `resolved` is what references brought.
pub(super) fn addressed<'a>(layer: &'a Layer, resolved: Option<&Document>) -> Vec<Database<'a>> {
    let variables = layer.env.iter().filter(|(name, _)| is_named(&name.text));
    let databases = variables.filter_map(|(name, entry)| {
        let brought = resolved.and_then(|document| document.env.get(&name.text));
        addressed_by(name, &entry.slot.item, brought)
    });
    databases.collect()
}

fn is_named(variable: &str) -> bool {
    const NAME: &str = "DATABASE_URL";
    let before = variable.strip_suffix(NAME);
    before.is_some_and(|before| before.is_empty() || before.ends_with('_'))
}

fn addressed_by<'a>(name: &'a Name, item: &Item, brought: Option<&Value>) -> Option<Database<'a>> {
    let fields: Vec<Field> = match (brought, &item.node) {
        (Some(Value::Text(text)), _) => {
            let keys = from_url(text, UrlStyle::default()).ok()?;
            let field = |(key, value): (String, Value)| {
                let value = Known::of(&value, From::Url, &item.span);
                Field::brought(&key, value, From::Url, &item.span)
            };
            keys.into_iter().map(field).collect()
        }
        (None, Node::Text(template)) => from_template(template, &NO_TABLE, &item.span)?,
        _ => return None,
    };
    let mut database = Database::of_settings(name, &NO_TABLE, fields);
    database.is_variable = true;
    database.family.is_some().then_some(database)
}
