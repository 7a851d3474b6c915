//! What the manifest and the settings both show is told once, where it can be mended: in the manifest.

use super::evaluated::Evaluated;
use crate::{
    check::{found::Found, rules::django::is_same, subject::Field},
    manifest::{Layer, Live, entry},
    plan::is_within,
};

/// SQL Server's pooling, which only the settings turn off.
const POOLING: &str = "MS017";
const POOLING_SETTING: &str = "DATABASE_CONNECTION_POOLING";

/// Rules on tokens that stand in settings for good.
const TOKENS: &[&str] = &["MS014", POOLING];

/// What Django's error pages show.
const SHOWN: &str = "GN018";

/// Adds what was found in the settings to what was found in the manifest; `layer` is the manifest with the chosen profiles.
pub(crate) fn merge(
    evaluated: &Evaluated,
    layer: &Layer,
    manifest: &mut Vec<Found>,
    settings: Vec<Found>,
) {
    let pooling = evaluated.field(POOLING_SETTING).and_then(Field::flag);
    if pooling == Some(false) {
        manifest.retain(|one| one.rule.id != POOLING);
    }
    // What the settings bind is known: a variable alone shows nothing.
    let is_shown = |one: &Found| one.rule.id != SHOWN || is_bound(evaluated, one, &settings);
    manifest.retain(is_shown);
    let before = manifest.len();
    for one in settings.into_iter().filter(|one| !is_live(layer, one)) {
        let have = manifest[..before].iter_mut();
        let twin = have.filter_map(|have| Some((twin(have, &one)?, have)));
        match twin.min_by_key(|(twin, _)| *twin) {
            Some((how, twin)) => {
                if how == Twin::Same || twin.rule.id == POOLING {
                    twin.severity = twin.severity.max(one.severity);
                }
                if let Some(id) = one.django {
                    if twin.django.is_none() {
                        twin.note(format!("also `{}` of nuages", twin.rule.id));
                    }
                    twin.django = Some(id);
                }
            }
            None => manifest.push(one),
        }
    }
}

/// Whether the settings bind what stands in a variable: they have a setting of its name, or the same is found in them.
fn is_bound(evaluated: &Evaluated, found: &Found, settings: &[Found]) -> bool {
    let name = setting(&found.key);
    evaluated.field(name).is_some() || settings.iter().any(|other| twin(found, other).is_some())
}

/// Whether a finding is of a token that a supervisor would keep fresh: nothing supervises the settings while they are
/// looked at.
fn is_live(layer: &Layer, found: &Found) -> bool {
    let alias = found.key.split('.').nth(1).unwrap_or_default();
    let live = entry(&layer.databases, alias).and_then(|database| database.live.as_ref());
    TOKENS.contains(&found.rule.id) && live.is_some_and(|(live, _)| *live != Live::Not)
}

/// How a finding of the manifest tells what one of the settings does.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Twin {
    /// Of the same key.
    Same,
    /// Of what brings the key: `auth`, `url`.
    Above,
}

fn twin(manifest: &Found, settings: &Found) -> Option<Twin> {
    let is_rule = manifest.rule.id == settings.rule.id
        || !settings.rule.id.is_empty() && is_same(manifest.rule.id, settings.rule.id);
    let (mine, theirs) = (setting(&manifest.key), setting(&settings.key));
    let is_of_variable = manifest.key.starts_with("env.");
    if is_rule && (mine == theirs || is_of_variable && is_within(theirs, mine)) {
        return Some(Twin::Same);
    }
    let above = mine.rsplit_once('.');
    let above = above.filter(|(_, key)| matches!(*key, "auth" | "from" | "url"));
    let brings = above.is_some_and(|(database, _)| is_within(theirs, database));
    (is_rule && brings).then_some(Twin::Above)
}

/// The setting that a key is about: a variable `DJANGO_DEBUG` is read into `DEBUG`.
pub(in crate::check) fn setting(key: &str) -> &str {
    match key.strip_prefix("env.") {
        Some(variable) => variable.strip_prefix("DJANGO_").unwrap_or(variable),
        None => key.strip_prefix("settings.").unwrap_or(key),
    }
}

#[cfg(test)]
mod tests;
