//! The whole file: the base layer, `[profiles.NAME]`, and what holds between them.

use std::collections::BTreeSet;

use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use super::{
    Layer, Manifest, Name, Profile, Source,
    document::{self, Pair, Reader, name},
    providers::check_settings,
};
use crate::{registry::Registry, suggest};

/// The keys of a layer.
const LAYER: &[&str] = &[
    "providers",
    "databases",
    "env",
    "files",
    "supervise",
    "audit",
];

pub(super) fn read(source: Source, registry: &Registry) -> Manifest {
    let mut manifest = Manifest {
        source,
        ..Manifest::empty()
    };
    let text = manifest.source.clone();
    let table = match document::parse(&text) {
        Ok(table) => table,
        Err(errors) => {
            manifest.errors = errors;
            manifest.is_unread = true;
            return manifest;
        }
    };
    let mut reader = Reader {
        text: &text.text,
        registry,
        instances: instance_names(&table),
        errors: Vec::new(),
    };
    for pair in &table {
        let key = name(pair.0);
        if key.text == "profiles" {
            manifest.profiles = reader.profiles(pair.1);
        } else if key.text == "scan" {
            manifest.scan = reader.scan(pair.1).unwrap_or_default();
        } else if key.text == "check" {
            manifest.check = reader.check(pair.1).unwrap_or_default();
        } else if !reader.layer_key(&mut manifest.base, &key, pair.1) {
            let known: Vec<&str> = LAYER
                .iter()
                .copied()
                .chain(["profiles", "scan", "check"])
                .collect();
            reader.unknown_key("the manifest", &key, &known);
        }
    }
    reader.check_kinds(&table);
    reader.check_inheritance(&manifest.profiles);
    reader.check_instances(&manifest);
    manifest.errors = reader.errors;
    manifest
}

/// Every instance named anywhere, before anything is read that may refer to one.
fn instance_names(table: &DeTable<'_>) -> Vec<String> {
    let mut names = BTreeSet::new();
    let mut add = |layer: &DeTable<'_>| {
        if let Some(DeValue::Table(providers)) = layer.get("providers").map(Spanned::get_ref) {
            names.extend(providers.iter().map(|(key, _)| key.get_ref().to_string()));
        }
    };
    add(table);
    if let Some(DeValue::Table(profiles)) = table.get("profiles").map(Spanned::get_ref) {
        for (_, profile) in profiles {
            if let DeValue::Table(layer) = profile.get_ref() {
                add(layer);
            }
        }
    }
    names.into_iter().collect()
}

impl Reader<'_> {
    fn layer_key(&mut self, layer: &mut Layer, key: &Name, value: &Spanned<DeValue<'_>>) -> bool {
        match key.text.as_str() {
            "providers" => layer.providers = self.providers(value),
            "databases" => layer.databases = self.databases(value),
            "env" => layer.env = self.env(value),
            "files" => layer.files = self.files(value),
            "supervise" => layer.supervise = self.supervise(value),
            "audit" => layer.audit = self.audit(value),
            _ => return false,
        }
        true
    }

    fn profiles(&mut self, value: &Spanned<DeValue<'_>>) -> Vec<(Name, Profile)> {
        let Some(table) = self.table("`profiles`", value) else {
            return Vec::new();
        };
        table.iter().filter_map(|pair| self.profile(pair)).collect()
    }

    fn profile(&mut self, (key, value): Pair<'_, '_>) -> Option<(Name, Profile)> {
        let profile_name = name(key);
        let place = format!("`profiles.{}`", profile_name.text);
        if profile_name.text.contains(',') || profile_name.text.trim() != profile_name.text {
            self.error(
                format!("`{}` cannot name a profile", profile_name.text),
                profile_name.span.clone(),
            )
            .hint = Some("`NUAGES_PROFILE` separates names by commas".to_owned());
        }
        let table = self.table(&place, value)?;
        let mut profile = Profile {
            extends: Vec::new(),
            layer: Layer::default(),
        };
        for (key, value) in table {
            let key = name(key);
            if key.text == "extends" {
                profile.extends = self.extends(value);
            } else if !self.layer_key(&mut profile.layer, &key, value) {
                let known: Vec<&str> = LAYER.iter().copied().chain(["extends"]).collect();
                self.unknown_key(&place, &key, &known);
            }
        }
        Some((profile_name, profile))
    }

    /// One name or a list of names.
    fn extends(&mut self, value: &Spanned<DeValue<'_>>) -> Vec<Name> {
        match value.get_ref() {
            DeValue::Array(items) => items
                .iter()
                .filter_map(|item| self.plain("a name in `extends`", item))
                .collect(),
            _ => self.plain("`extends`", value).into_iter().collect(),
        }
    }

    /// Only a profile may leave an instance's kind to the layer below.
    fn check_kinds(&mut self, table: &DeTable<'_>) {
        let Some(DeValue::Table(providers)) = table.get("providers").map(Spanned::get_ref) else {
            return;
        };
        for (key, value) in providers {
            let is_table =
                matches!(value.get_ref(), DeValue::Table(table) if table.get("kind").is_none());
            if is_table {
                let error = self.registry.no_kind(&name(key));
                self.errors.push(error);
            }
        }
    }

    fn check_inheritance(&mut self, profiles: &[(Name, Profile)]) {
        for (profile, body) in profiles {
            for parent in &body.extends {
                if !profiles.iter().any(|(have, _)| have.text == parent.text) {
                    let hint = suggest::hint(
                        &parent.text,
                        profiles.iter().map(|(have, _)| have.text.as_str()),
                    );
                    self.error(
                        format!("there is no profile `{}`", parent.text),
                        parent.span.clone(),
                    )
                    .hint = hint;
                } else if let Some(path) = path_back(profiles, &parent.text, &profile.text) {
                    let circle = suggest::list(&path).replace(", ", " → ");
                    self.error(
                        format!(
                            "profile `{}` extends itself: `{}` → {circle}",
                            profile.text, profile.text
                        ),
                        parent.span.clone(),
                    );
                }
            }
        }
    }

    /// Settings are held against their provider's list wherever the kind is known.
    fn check_instances(&mut self, manifest: &Manifest) {
        let profiles = manifest.profiles.iter().map(|(_, profile)| &profile.layer);
        for layer in std::iter::once(&manifest.base).chain(profiles) {
            for (instance, entry) in &layer.providers {
                let below = super::entry(&manifest.base.providers, &instance.text);
                let kind = entry
                    .kind
                    .as_ref()
                    .or_else(|| below.and_then(|entry| entry.kind.as_ref()));
                let Some(descriptor) = kind.and_then(|kind| self.registry.find(&kind.text)) else {
                    continue;
                };
                let is_whole = entry.kind.is_some();
                if let Err(errors) = check_settings(instance, descriptor, &entry.settings, is_whole)
                {
                    self.errors.extend(errors);
                }
            }
        }
    }
}

/// The way from `from` up to `goal` by `extends`, where there is one.
fn path_back(profiles: &[(Name, Profile)], from: &str, goal: &str) -> Option<Vec<String>> {
    let mut seen = BTreeSet::new();
    let mut paths = vec![vec![from.to_owned()]];
    while let Some(path) = paths.pop() {
        let last = path.last()?.clone();
        if last == goal {
            return Some(path);
        }
        if !seen.insert(last.clone()) {
            continue;
        }
        let Some((_, profile)) = profiles.iter().find(|(have, _)| have.text == last) else {
            continue;
        };
        for parent in &profile.extends {
            let mut next = path.clone();
            next.push(parent.text.clone());
            paths.push(next);
        }
    }
    None
}
