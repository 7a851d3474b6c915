//! The manifest with new references in `[env]`: what people have written around them stays.

use toml_edit::{DocumentMut, Item, Table, value};

use super::super::super::{
    Exit,
    context::{Context, Loaded},
};
use crate::{
    diagnostic::{Class, Diagnostic},
    manifest::{Manifest, Node, entry},
    plan,
};

/// The manifest's text with an entry for each variable and its reference. One that is there stays.
///
/// An entry with something else in it is an error, and so is a manifest that cannot be planned afterwards.
pub(super) fn with_entries(
    context: &Context,
    loaded: &Loaded,
    entries: &[(String, String)],
) -> Result<String, Exit> {
    let source = &loaded.manifest.source;
    let refuse = |title: String, hint: &str| {
        Err(context.fail(Diagnostic::new(Class::Manifest, title).hint(hint)))
    };
    let Ok(mut document) = source.text.parse::<DocumentMut>() else {
        return refuse(
            format!("`{}` is not TOML", source.name),
            "nothing was changed",
        );
    };
    let env = document
        .entry("env")
        .or_insert_with(|| Item::Table(Table::new()));
    let Some(env) = env.as_table_like_mut() else {
        return refuse("`env` is no table".to_owned(), "nothing was changed");
    };
    let mut is_changed = false;
    for (variable, reference) in entries {
        let wanted = format!("${{{reference}}}");
        match env.get(variable) {
            None => {
                env.insert(variable, value(&wanted));
                is_changed = true;
            }
            Some(there) if text_of(there) == Some(&wanted) => {}
            Some(_) => return refuse(clash(variable), &instead(variable, &wanted)),
        }
    }
    refuse_overlays(context, loaded, entries)?;
    if !is_changed {
        return Ok(source.text.clone());
    }
    let text = document.to_string();
    let read = Manifest::read(source.name.clone(), text.clone(), &context.registry);
    plan::plan(&read, &context.selection(), &context.registry)
        .map_err(|errors| context.fail_all(&errors, Some(&read.source)))?;
    Ok(text)
}

/// A profile that sets the variable would win over the new entry.
fn refuse_overlays(
    context: &Context,
    loaded: &Loaded,
    entries: &[(String, String)],
) -> Result<(), Exit> {
    let manifest = &loaded.manifest;
    let layer = manifest
        .select(&context.selection().profiles)
        .map_err(|errors| context.fail_all(&errors, Some(&manifest.source)))?;
    for (variable, reference) in entries {
        let Some(there) = entry(&layer.env, variable) else {
            continue;
        };
        let wanted = format!("${{{reference}}}");
        let item = &there.slot.item;
        let text = manifest.source.text.get(item.span.clone());
        let is_same = matches!(item.node, Node::Text(_))
            && text.is_some_and(|text| text.trim_matches(['"', '\'']) == wanted);
        if !is_same {
            let problem = Diagnostic::manifest(clash(variable), item.span.clone())
                .hint(instead(variable, &wanted));
            return Err(context.fail_all(&[problem], Some(&manifest.source)));
        }
    }
    Ok(())
}

fn clash(variable: &str) -> String {
    format!("`env.{variable}` is there already, and is something else; nothing was changed")
}

fn instead(variable: &str, wanted: &str) -> String {
    format!("it would be `{variable} = \"{wanted}\"`: change the file by hand, or that entry")
}

/// What an entry is, however it is written.
fn text_of(item: &Item) -> Option<&str> {
    item.as_str()
        .or_else(|| item.as_table_like()?.get("value")?.as_str())
}
