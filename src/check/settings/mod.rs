//! The project's settings: evaluated by its own Python and held against the rules, with what Django's own checks find; or
//! read, without running anything, for secrets that are written out.

mod deploy;
mod evaluate;
mod evaluated;
mod literals;
mod mask;
mod merge;
mod places;
mod secrets;
mod shape;
#[cfg(test)]
mod tests;

use std::{sync::Arc, time::SystemTime};

use zeroize::Zeroizing;

use super::{
    found::{Found, Place},
    rule::Check,
    rules,
};
use crate::{
    init::Parent,
    redact::{Redactor, Secrets, TooMany},
    registry::Registry,
    scan::detect::Detector,
};

#[cfg(test)]
pub(super) use evaluate::Message;
pub(crate) use evaluate::{Answer, Failure, Question, Raised, evaluate, is_check};
pub(crate) use evaluated::{Evaluated, Settings};
pub(crate) use literals::{Session, literals};
pub(crate) use merge::merge;
pub(super) use merge::setting;
pub(super) use rules::is_hidden;
pub(super) use secrets::{in_address as address_secrets, in_params as params_secrets};

/// Where a rule for manifests says that something stands.
const IN_MANIFEST: &str = "in the manifest";

/// A file that settings are made of.
pub(crate) struct File {
    /// Its path, as people are told.
    pub(crate) path: String,
    /// Its text, without a byte-order mark.
    pub(crate) text: Zeroizing<String>,
    /// What it is built on, each with its place among the files where it is one of the project's.
    pub(crate) parents: Vec<(Parent, Option<usize>)>,
}

/// A file as it may be shown.
pub(crate) struct Shown<'a> {
    /// Its path, as people are told.
    pub(crate) path: &'a str,
    /// Its text, for places.
    pub(crate) text: &'a str,
    /// Its text without what may be a secret; every place stays where it is.
    pub(crate) masked: String,
}

/// The files as they may be shown. `known` are values that stand nowhere.
pub(crate) fn shown<'a>(
    files: &'a [File],
    detector: &Detector,
    known: &[Zeroizing<String>],
) -> Vec<Shown<'a>> {
    let shown = |(number, file): (usize, &'a File)| Shown {
        path: &file.path,
        text: &file.text,
        masked: mask::masked(files, number, detector, known),
    };
    files.iter().enumerate().map(shown).collect()
}

/// What is found in evaluated settings.
pub(crate) struct Looked {
    pub(crate) found: Vec<Found>,
    /// What the settings themselves let pass, each with the reason.
    pub(crate) suppressed: Vec<(Found, String)>,
}

/// Holds the rules against evaluated settings, and takes what Django's own checks have found.
///
/// # Errors
/// Where the settings hold more secrets than can be masked.
pub(crate) fn look(
    evaluated: &Evaluated,
    registry: &Registry,
    now: SystemTime,
) -> Result<Looked, TooMany> {
    let settings = evaluated.settings(registry, now);
    let mut found = rules::apply(&settings.subject, None);
    // What looks at settings knows more of them than what it does with a manifest.
    found.retain(|one| !matches!(one.rule.check, Check::AndSettings(..)));
    found.extend(rules::across(std::slice::from_ref(&settings.subject), &[]));
    found.extend(rules::of_settings(&settings));
    found.extend(shape::faults(&settings.subject));
    super::once(&mut found);
    found.retain(|one| !deploy::is_for_deployments(one.rule) || settings.is_production());
    let messages = evaluated.checks.as_deref().unwrap_or_default();
    deploy::add(evaluated, messages, &mut found);
    let secrets = evaluated.secrets().iter().map(|secret| secret.as_bytes());
    let secrets = Arc::new(Secrets::new(secrets)?);
    for one in &mut found {
        if let Place::Manifest(span) = &one.place {
            one.place = evaluated.place(span);
        }
        // What mends the manifest mends no settings.
        one.fix = None;
        if one.title.is_none() && one.rule.title.contains(IN_MANIFEST) {
            one.title = Some(one.rule.title.replace(IN_MANIFEST, "in the settings"));
        }
        hide(one, &secrets);
    }
    let (suppressed, found) = found
        .into_iter()
        .partition(|one| deploy::is_silenced(evaluated, one));
    let reason = || "`SILENCED_SYSTEM_CHECKS` of the settings".to_owned();
    let suppressed: Vec<Found> = suppressed;
    Ok(Looked {
        found,
        suppressed: suppressed.into_iter().map(|one| (one, reason())).collect(),
    })
}

/// Masks what is known in everything that is told.
fn hide(found: &mut Found, secrets: &Arc<Secrets>) {
    let texts = found.notes.iter_mut().chain(&mut found.title);
    for text in texts.chain(&mut found.remedy).chain([&mut found.key]) {
        let mut masked = Vec::with_capacity(text.len());
        let mut redactor = Redactor::new(secrets);
        redactor.push(text.as_bytes(), &mut masked);
        redactor.finish(&mut masked);
        *text = String::from_utf8_lossy(&masked).into_owned();
    }
}
