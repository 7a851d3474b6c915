//! For the tests of rules: a manifest as text to what is found in it.

use std::time::SystemTime;

use super::{Found, Request, allow, check, fix};
use crate::{manifest::Manifest, plan::Selection, registry::Registry, render::Document};

/// Everything that is found in a manifest, without its values and its files.
pub(super) fn found(text: &str, profiles: &[&str]) -> Vec<Found> {
    look(text, profiles, None)
}

/// Everything that is found once references are resolved to this.
pub(super) fn look(text: &str, profiles: &[&str], resolved: Option<&Document>) -> Vec<Found> {
    let registry = Registry::builtin();
    let manifest = Manifest::read("nuages.toml", text, &registry);
    let selection = Selection {
        profiles: profiles.iter().map(|&name| name.to_owned()).collect(),
        only: Vec::new(),
    };
    let now = SystemTime::now();
    let request = Request {
        manifest: &manifest,
        registry: &registry,
        selection: &selection,
        resolved,
        surroundings: None,
        now,
    };
    let outcome = check(&request).unwrap_or_else(|errors| panic!("{errors:?}\n{text}"));
    let mistakes: Vec<&str> = outcome
        .mistakes
        .iter()
        .map(|error| error.title.as_str())
        .collect();
    assert!(mistakes.is_empty(), "{mistakes:?}\n{text}");
    allow::allow(outcome.found, &manifest.check.allow, now, true).found
}

/// The ids of what is found, with every profile.
pub(super) fn ids(text: &str) -> Vec<&'static str> {
    ids_with(text, &[])
}

/// The ids of what is found with these profiles.
pub(super) fn ids_with(text: &str, profiles: &[&str]) -> Vec<&'static str> {
    found(text, profiles)
        .iter()
        .map(|one| one.rule.id)
        .collect()
}

/// The manifest after the safe fixes of this rule, where it has any.
pub(super) fn fixed(text: &str, rule: &str) -> Option<String> {
    let found = found(text, &[]);
    let fixes = found
        .iter()
        .filter(|one| one.rule.id == rule)
        .filter_map(|one| one.fix.as_ref().map(|fix| (fix, &one.profiles[..])))
        .filter(|(fix, _)| fix.is_safe);
    fix::apply(text, fixes)
}
