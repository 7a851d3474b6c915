//! What External Secrets Operator is asked for: a store for each instance and place, and each secret once.

use serde_json::{Value, json};

use super::content::{self, Item, Want};
use super::store::{self, Remote, Service, Version};
use super::{Errors, template};
use crate::plan::{Instance, Plan};

/// A store that has to be made: an instance in one region or vault.
pub(super) struct Store {
    pub(super) instance: usize,
    pub(super) service: Service,
    pub(super) place: String,
    pub(super) name: String,
}

/// One entry of `data`: a secret or a field of it, under the key that templates use.
pub(super) struct Datum {
    pub(super) want: Want,
    pub(super) store: usize,
    pub(super) reference: Value,
}

pub(super) struct Sources {
    pub(super) stores: Vec<Store>,
    pub(super) data: Vec<Datum>,
}

impl Sources {
    pub(super) fn of(
        plan: &Plan,
        items: &[Item],
        region: Option<&str>,
        errors: &mut Errors,
    ) -> Self {
        let mut sources = Self {
            stores: Vec::new(),
            data: Vec::new(),
        };
        for want in content::wants(items) {
            for filter in &want.filters {
                if template::filter(*filter).is_none() {
                    let reason =
                        format!("the engine has no equal of the filter `{}`", filter.name());
                    errors.add(&want.key, want.span.clone(), &reason, None);
                }
            }
            let Some(remote) = store::remote(plan, want, region, errors) else {
                continue;
            };
            let reference = remote_ref(&remote, want, errors);
            if sources.find(want).is_none() {
                let store = sources.store(&remote, &plan.instances[remote.instance]);
                let want = want.clone();
                sources.data.push(Datum {
                    want,
                    store,
                    reference,
                });
            }
        }
        sources
    }

    /// Where the data has this secret.
    pub(super) fn find(&self, want: &Want) -> Option<usize> {
        self.data
            .iter()
            .position(|datum| datum.want.slot == want.slot && datum.want.field == want.field)
    }

    fn store(&mut self, remote: &Remote, instance: &Instance) -> usize {
        let known = self
            .stores
            .iter()
            .position(|store| store.instance == remote.instance && store.place == remote.place);
        if let Some(known) = known {
            return known;
        }
        let word: String = instance
            .name
            .chars()
            .map(|c| {
                if c.is_ascii_alphanumeric() {
                    c.to_ascii_lowercase()
                } else {
                    '-'
                }
            })
            .take(40)
            .collect();
        let base = word.trim_matches('-').to_owned();
        let mut name = base.clone();
        let mut count = 1;
        while self.stores.iter().any(|store| store.name == name) {
            count += 1;
            name = format!("{base}-{count}");
        }
        self.stores.push(Store {
            instance: remote.instance,
            service: remote.service,
            place: remote.place.clone(),
            name,
        });
        self.stores.len() - 1
    }
}

/// `remoteRef`. A version of Secrets Manager is a stage unless it starts with `uuid/`.
fn remote_ref(remote: &Remote, want: &Want, errors: &mut Errors) -> Value {
    let mut reference = json!({ "key": remote.name });
    if let Some(field) = &want.field {
        match property(field) {
            Some(property) => reference["property"] = property.into(),
            None => errors.add(
                &want.key,
                want.span.clone(),
                "a field without a name has no property",
                None,
            ),
        }
    }
    match (&remote.version, remote.service) {
        (None, _) => {}
        (Some(Version::Number(id)), Service::SecretsManager) => {
            reference["version"] = format!("uuid/{id}").into();
        }
        (Some(Version::Number(text) | Version::Label(text)), _) => {
            reference["version"] = text.as_str().into();
        }
    }
    reference
}

/// A path of gjson that means this field and no other: letters, digits, `-` and `_` as they are, everything else escaped.
/// Steps are joined by `|`, since the operator first takes a path with dots for a key that has dots.
fn property(field: &str) -> Option<String> {
    let mut path = String::new();
    for token in store::tokens(field) {
        if token.is_empty() {
            return None;
        }
        if !path.is_empty() {
            path.push('|');
        }
        for c in token.chars() {
            if c.is_ascii() && !(c.is_ascii_alphanumeric() || c == '-' || c == '_') {
                path.push('\\');
            }
            path.push(c);
        }
    }
    Some(path)
}
