//! The same manifest for a cluster's own engine: references alone, no values. Nothing is fetched, nothing is resolved.
//!
//! A translation works on the [`Plan`]. What an engine cannot do as this program does it is an error that names the key,
//! and every such error is told at once: a cluster must not get other values than `nuages exec` gives.

mod content;
mod external_secret;
mod secret_provider_class;
mod sources;
mod store;
mod template;
mod yaml;

use std::fmt;

use crate::{
    diagnostic::{Class, Diagnostic},
    manifest::Span,
    plan::Plan,
    render::{Setting, Settings, k8s_secret},
};

/// One engine: a file each, all listed in [`TRANSLATIONS`].
pub trait Translation: Sync {
    /// Its name on the command line: `external-secret`.
    fn name(&self) -> &'static str;

    /// One line that says who reads it.
    fn summary(&self) -> &'static str;

    /// What can be set for it.
    fn settings(&self) -> &'static [Setting];

    /// The engine's objects as one or several YAML documents.
    ///
    /// # Errors
    ///
    /// Every key and every setting of an instance that the engine has no equal for.
    fn translate(&self, plan: &Plan, settings: &Settings) -> Result<String, Vec<Diagnostic>>;
}

impl fmt::Debug for dyn Translation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Translation").field(&self.name()).finish()
    }
}

/// Every translation there is.
pub const TRANSLATIONS: &[&dyn Translation] = &[
    &external_secret::ExternalSecret,
    &secret_provider_class::SecretProviderClass,
];

/// The translation called `name`.
#[must_use]
pub fn translation(name: &str) -> Option<&'static dyn Translation> {
    TRANSLATIONS
        .iter()
        .copied()
        .find(|translation| translation.name() == name)
}

/// What cannot be translated, gathered while the translation goes on looking.
struct Errors {
    format: &'static str,
    found: Vec<Diagnostic>,
}

impl Errors {
    fn new(format: &'static str) -> Self {
        Self {
            format,
            found: Vec::new(),
        }
    }

    fn add(&mut self, key: &str, span: Option<Span>, reason: &str, hint: Option<&str>) {
        let title = format!("cannot write `{key}` as `{}`: {reason}", self.format);
        let mut error = Diagnostic::new(Class::Provider, title).maybe_hint(hint.map(str::to_owned));
        error.span = span;
        if !self.found.contains(&error) {
            self.found.push(error);
        }
    }

    fn setting(&mut self, name: &str, reason: &str) {
        let title = format!("`--set {name}` cannot be used: {reason}");
        self.found.push(Diagnostic::new(Class::Usage, title));
    }
}

/// Name, namespace and labels of what is written, as `--set` gave them.
struct Metadata<'a> {
    name: &'a str,
    namespace: Option<&'a str>,
    labels: Vec<(String, String)>,
}

impl<'a> Metadata<'a> {
    fn read(settings: &'a Settings, errors: &mut Errors) -> Self {
        let name = settings.get("name").unwrap_or("nuages");
        // Names of stores are made from it: they need room.
        if !k8s_secret::is_subdomain(name) || name.len() > 180 {
            errors.setting(
                "name",
                "a name has small letters, digits, `-` and `.`, 180 at most",
            );
        }
        let namespace = settings.get("namespace");
        if namespace.is_some_and(|name| !k8s_secret::is_dns_label(name)) {
            errors.setting(
                "namespace",
                "a namespace has small letters, digits and `-`, 63 at most",
            );
        }
        let labels = settings.get("labels").map_or_else(Vec::new, |text| {
            k8s_secret::labels(text).unwrap_or_else(|| {
                errors.setting("labels", "labels are written a=b,c=d");
                Vec::new()
            })
        });
        Self {
            name,
            namespace,
            labels,
        }
    }

    /// The object's `metadata`, with another name where that is needed.
    fn object(&self, name: &str, is_namespaced: bool) -> serde_json::Value {
        let mut object = serde_json::json!({ "name": name });
        if let Some(namespace) = self.namespace.filter(|_| is_namespaced) {
            object["namespace"] = namespace.into();
        }
        if !self.labels.is_empty() {
            let labels = self.labels.iter();
            object["labels"] = labels
                .map(|(name, value)| (name.clone(), value.clone().into()))
                .collect::<serde_json::Map<_, _>>()
                .into();
        }
        object
    }
}

const NAME: Setting = Setting {
    name: "name",
    summary: "the name of what is made, the Secret too [default: nuages]",
};
const NAMESPACE: Setting = Setting {
    name: "namespace",
    summary: "its namespace [default: that of kubectl]",
};
const LABELS: Setting = Setting {
    name: "labels",
    summary: "labels: a=b,c=d",
};
const REGION: Setting = Setting {
    name: "region",
    summary: "AWS's region, where neither the instance nor the reference says it",
};
