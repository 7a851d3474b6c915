//! `[providers.NAME]`: instances and their settings.

use std::time::Duration;

use nuages_provider::{Descriptor, Setting, SettingKind, Settings};
use toml::{Spanned, de::DeValue};

use super::{
    Entries, InstanceEntry, Item, Name, Node,
    document::{Pair, Reader, name},
};
use crate::{diagnostic::Diagnostic, reference::is_scheme, registry::FILES_SCHEME, suggest};

/// How often an instance's values are looked at again: a key of every instance, whatever its kind.
pub(super) const REFRESH: &str = "refresh";

/// A store is not a message queue.
const SHORTEST_REFRESH: Duration = Duration::from_secs(1);

impl Reader<'_> {
    pub(super) fn providers(&mut self, value: &Spanned<DeValue<'_>>) -> Entries<InstanceEntry> {
        let Some(table) = self.table("`providers`", value) else {
            return Vec::new();
        };
        table
            .iter()
            .filter_map(|pair| self.instance(pair))
            .collect()
    }

    fn instance(&mut self, (key, value): Pair<'_, '_>) -> Option<(Name, InstanceEntry)> {
        let instance = name(key);
        let place = format!("`providers.{}`", instance.text);
        if !is_scheme(&instance.text) {
            self.error(
                format!("`{}` cannot name an instance", instance.text),
                instance.span.clone(),
            )
            .hint =
                Some("a name is letters, digits, `-` and `_`, beginning with a letter".to_owned());
        }
        if instance.text == FILES_SCHEME {
            self.error("an instance cannot be named `files`", instance.span.clone())
                .hint = Some("`files://` names a file of `[files]`".to_owned());
        }
        let table = self.table(&place, value)?;
        let mut entry = InstanceEntry {
            kind: None,
            settings: Vec::new(),
            refresh: None,
        };
        for (key, value) in table {
            let setting = name(key);
            if setting.text == "kind" {
                entry.kind = self
                    .plain("`kind`", value)
                    .and_then(|kind| self.kind(&instance, kind));
            } else if setting.text == REFRESH {
                entry.refresh = self.period("`refresh`", value, SHORTEST_REFRESH);
            } else {
                let item = Item {
                    node: self.setting(value),
                    span: value.span(),
                };
                entry.settings.push((setting, item));
            }
        }
        Some((instance, entry))
    }

    /// A kind that exists, and that does not give a provider's own name to another.
    fn kind(&mut self, instance: &Name, kind: Name) -> Option<Name> {
        if self.registry.find(&kind.text).is_none() {
            let error = self.registry.unknown_kind(&kind.text).at(kind.span);
            self.errors.push(error);
            return None;
        }
        if instance.text != kind.text && self.registry.find(&instance.text).is_some() {
            let title = format!(
                "instance `{}` has the name of another provider than its kind",
                instance.text
            );
            self.error(title, instance.span.clone()).hint = Some(format!(
                "`${{{}://…}}` would mean two things: rename the instance",
                instance.text
            ));
        }
        Some(kind)
    }

    /// A setting's value: no templates, they would need a provider to open a provider.
    fn setting(&mut self, value: &Spanned<DeValue<'_>>) -> Node {
        match value.get_ref() {
            DeValue::String(_) => match self.plain("a provider's setting", value) {
                Some(text) => Node::Text(crate::template::Template {
                    parts: vec![crate::template::Part::Literal(text.text)],
                }),
                None => Node::Invalid,
            },
            DeValue::Array(items) => Node::List(
                items
                    .iter()
                    .map(|item| Item {
                        node: self.setting(item),
                        span: item.span(),
                    })
                    .collect(),
            ),
            _ => self.item("a provider's setting", value).node,
        }
    }
}

/// Holds settings against the provider's list.
pub(crate) fn check_settings(
    instance: &Name,
    descriptor: &Descriptor,
    entries: &Entries<Item>,
    is_whole: bool,
) -> Result<Settings, Vec<Diagnostic>> {
    let mut errors = Vec::new();
    let mut settings = Settings::new();
    for (key, item) in entries {
        let Some(spec) = descriptor
            .settings
            .iter()
            .find(|spec| spec.name == key.text)
        else {
            let known = descriptor
                .settings
                .iter()
                .map(|spec| spec.name)
                .chain(["kind", REFRESH]);
            let title = format!("`{}` has no setting `{}`", descriptor.scheme, key.text);
            errors.push(
                Diagnostic::manifest(title, key.span.clone())
                    .maybe_hint(suggest::hint(&key.text, known)),
            );
            continue;
        };
        match setting(spec.kind, item) {
            Ok(Some(value)) => settings = settings.with(spec.name, value),
            Ok(None) => {}
            Err(expected) => {
                let title = format!(
                    "`{}` of `{}` must be {expected}",
                    spec.name, descriptor.scheme
                );
                errors.push(Diagnostic::manifest(title, item.span.clone()));
            }
        }
    }
    for spec in descriptor
        .settings
        .iter()
        .filter(|spec| is_whole && spec.required)
    {
        if !entries.iter().any(|(key, _)| key.text == spec.name) {
            let title = format!("`providers.{}` needs `{}`", instance.text, spec.name);
            errors.push(Diagnostic::manifest(title, instance.span.clone()).label(spec.summary));
        }
    }
    if errors.is_empty() {
        Ok(settings)
    } else {
        Err(errors)
    }
}

/// One setting as its kind; `None` where it was wrong in a way that is already reported.
fn setting(kind: SettingKind, item: &Item) -> Result<Option<Setting>, String> {
    let value = match (kind, &item.node) {
        (_, Node::Invalid) => return Ok(None),
        (SettingKind::Text, Node::Text(text)) => {
            text.literal().map(|text| Setting::Text(text.to_owned()))
        }
        (SettingKind::Choice(choices), Node::Text(text)) => text
            .literal()
            .filter(|text| choices.contains(text))
            .map(|text| Setting::Text(text.to_owned())),
        (SettingKind::Flag, Node::Bool(flag)) => Some(Setting::Flag(*flag)),
        (SettingKind::Integer, Node::Integer(number)) => {
            u64::try_from(*number).ok().map(Setting::Integer)
        }
        (SettingKind::TextList, Node::List(items)) => texts(items).map(Setting::TextList),
        _ => None,
    };
    match value {
        Some(value) => Ok(Some(value)),
        None => Err(match kind {
            SettingKind::Text => "a string".to_owned(),
            SettingKind::Choice(choices) => format!("one of {}", suggest::list(choices)),
            SettingKind::Flag => "`true` or `false`".to_owned(),
            SettingKind::Integer => "a whole number, zero or more".to_owned(),
            SettingKind::TextList => "a list of strings".to_owned(),
        }),
    }
}

fn texts(items: &[Item]) -> Option<Vec<String>> {
    items
        .iter()
        .map(|item| match &item.node {
            Node::Text(text) => text.literal().map(str::to_owned),
            _ => None,
        })
        .collect()
}
