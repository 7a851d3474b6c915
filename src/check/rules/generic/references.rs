//! Every reference of a manifest with some profiles on it.

use crate::{
    manifest::{FileContent, Item, Layer, Node},
    template::{Hole, Template},
};

/// The references, those in defaults too.
pub(super) fn holes(layer: &Layer) -> impl Iterator<Item = &Hole> {
    let mut templates: Vec<&Template> = Vec::new();
    for (_, database) in &layer.databases {
        for item in [&database.url, &database.from].into_iter().flatten() {
            collect(item, &mut templates);
        }
        for (_, slot) in &database.keys {
            collect(&slot.item, &mut templates);
        }
    }
    for (_, variable) in &layer.env {
        collect(&variable.slot.item, &mut templates);
    }
    for (_, file) in &layer.files {
        if let FileContent::Value(slot) = &file.content {
            collect(&slot.item, &mut templates);
        }
    }
    templates.into_iter().flat_map(Template::holes)
}

fn collect<'a>(item: &'a Item, templates: &mut Vec<&'a Template>) {
    match &item.node {
        Node::Text(template) => templates.push(template),
        Node::List(items) => items.iter().for_each(|item| collect(item, templates)),
        Node::Table(entries) => entries
            .iter()
            .for_each(|(_, item)| collect(item, templates)),
        _ => {}
    }
}
