//! `[check] allow`: what is let pass, by rule and key, with a reason and perhaps a last day.

use std::{collections::HashMap, time::SystemTime};

use super::{
    found::{Found, Out},
    place,
    rule::Check,
    rules::{django, find, suppression},
    settings,
};
use crate::{manifest::CheckAllow, plan::is_within, scan::suppress::Date};

/// What is left after the exceptions.
pub(crate) struct Allowed {
    /// What is told.
    pub(crate) found: Vec<Found>,
    /// What is not, each with the reason.
    pub(crate) suppressed: Vec<(Found, String)>,
}

/// How much was looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Extent {
    /// A part of the manifest.
    Part,
    /// The manifest with all of its profiles.
    Manifest,
    /// The evaluated settings too.
    Settings,
}

/// Takes out what an entry lets pass, and tells of entries that have expired, or let nothing pass although everything was
/// looked at that they may be about.
pub(crate) fn allow(
    found: Vec<Found>,
    entries: &[CheckAllow],
    now: SystemTime,
    extent: Extent,
) -> Allowed {
    let today = Date::of(now);
    let expired: Vec<bool> = entries
        .iter()
        .map(|entry| {
            entry
                .until
                .as_ref()
                .is_some_and(|last| is_past(&last.text, &today))
        })
        .collect();
    let mut used = vec![false; entries.len()];
    let mut all = Allowed {
        found: Vec::new(),
        suppressed: Vec::new(),
    };
    // Which entries are of a rule is looked up once for each that was found.
    let mut of_rules: HashMap<(&'static str, String), Vec<usize>> = HashMap::new();
    for one in found {
        let mut pass = None;
        let name = (one.rule.id, one.id().to_owned());
        let of_rule = of_rules.entry(name).or_insert_with(|| {
            let entries = entries.iter().enumerate();
            let of_rule = entries.filter(|(_, entry)| is_of_rule(entry, &one));
            of_rule.map(|(place, _)| place).collect()
        });
        for &place in of_rule.iter() {
            let entry = &entries[place];
            if is_meant(entry, &one) {
                used[place] = true;
                if !expired[place] {
                    pass = Some(entry.reason.clone());
                }
            }
        }
        match pass {
            Some(reason) => all.suppressed.push((one, reason)),
            None => all.found.push(one),
        }
    }
    let states = entries.iter().zip(expired).zip(used);
    for ((entry, is_expired), is_used) in states {
        if is_expired {
            let mut out = Out::new(&suppression::EXPIRED, &mut all.found);
            let last = entry.until.as_ref().map_or("", |last| &last.text);
            let span = entry.until.as_ref().map_or(&entry.span, |last| &last.span);
            out.at("check.allow", span).note(format!(
                "it let `{}` pass until {last}: {}",
                entry.rule.text, entry.reason
            ));
        } else if !is_used && is_seen(entry, extent) {
            let mut out = Out::new(&suppression::UNUSED, &mut all.found);
            out.at("check.allow", &entry.span).note(match &entry.at {
                Some(at) => format!("`{}` is not found at `{}`", entry.rule.text, at.text),
                None => format!("`{}` is not found here", entry.rule.text),
            });
        }
    }
    all
}

fn is_of_rule(entry: &CheckAllow, found: &Found) -> bool {
    let id = &entry.rule.text;
    let is_ours = !found.rule.id.is_empty() && django::is_same(id, found.rule.id);
    is_ours || id.eq_ignore_ascii_case(found.id())
}

/// Whether an entry of a finding's rule lets it pass.
fn is_meant(entry: &CheckAllow, found: &Found) -> bool {
    let at = entry.at.as_ref();
    !found.is_mistake && at.is_none_or(|at| is_at(&at.text, found))
}

/// Whether a finding is at a key, or below it; one of a profile is also named with the profile.
fn is_at(at: &str, found: &Found) -> bool {
    let mut profiles = found.profiles.iter();
    let in_profile = profiles.any(|name| {
        let name = place::part(name);
        let key = at
            .strip_prefix("profiles.")
            .and_then(|rest| rest.strip_prefix(&name));
        key.and_then(|key| key.strip_prefix('.'))
            .is_some_and(|key| is_within(&found.key, key))
    });
    // A setting is the same whether it was found in a variable that brings it or in the settings.
    let is_named = |key: &str| key.starts_with("env.") || key.starts_with("settings.");
    let is_setting = is_named(at)
        && is_named(&found.key)
        && is_within(settings::setting(&found.key), settings::setting(at));
    in_profile || is_within(&found.key, at) || is_setting
}

/// Whether everything was looked at that an entry may be about.
fn is_seen(entry: &CheckAllow, extent: Extent) -> bool {
    let rule = find(&entry.rule.text);
    let of_settings =
        rule.is_none_or(|rule| matches!(rule.check, Check::Settings(_) | Check::AndSettings(..)));
    let in_settings = entry
        .at
        .as_ref()
        .is_some_and(|at| at.text.starts_with("settings"));
    match extent {
        Extent::Part => false,
        Extent::Manifest => !of_settings && !in_settings,
        Extent::Settings => true,
    }
}

/// A day that no calendar has is past: the entry must not hold for ever.
fn is_past(last: &str, today: &Date) -> bool {
    Date::parse(last).map_or(true, |last| last < *today)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{
        check::testing::{evaluated, found},
        manifest::Manifest,
        registry::Registry,
    };

    /// Whether an entry for a rule at a key lets the weak `SECRET_KEY` pass.
    fn passes(found: Vec<Found>, rule: &str, at: &str) -> bool {
        let entry = format!(
            "[check]\nallow = [{{ rule = \"{rule}\", at = \"{at}\", reason = \"a demonstration\" }}]\n"
        );
        let manifest = Manifest::read("nuages.toml", &entry, &Registry::builtin());
        let is_meant = |one: &&Found| django::is_same(one.id(), "DJ009");
        assert_eq!(found.iter().filter(is_meant).count(), 1);
        let now = SystemTime::now();
        let allowed = allow(found, &manifest.check.allow, now, Extent::Part);
        !allowed.found.iter().any(|one| is_meant(&one))
    }

    #[test]
    fn an_entry_holds_wherever_the_setting_was_found() {
        let in_manifest = || found("[env]\nDJANGO_SECRET_KEY = \"changeme\"\n", &[]);
        let in_settings = || {
            evaluated(
                "SECRET_KEY = 'changeme'\n",
                json!({ "SECRET_KEY": "changeme" }),
                false,
            )
        };
        for found in [&in_manifest as &dyn Fn() -> Vec<Found>, &in_settings] {
            for rule in ["DJ009", "security.W009"] {
                for at in [
                    "env.DJANGO_SECRET_KEY",
                    "env.SECRET_KEY",
                    "settings.SECRET_KEY",
                ] {
                    assert!(passes(found(), rule, at), "{rule} {at}");
                }
                assert!(!passes(found(), rule, "env.SECRET_KEY_FALLBACKS"));
                assert!(!passes(found(), "DJ018", "settings.SECRET_KEY"));
            }
        }
    }
}
