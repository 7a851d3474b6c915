//! Policy: what is unsafe, fragile or pointless in how a deployment reaches its databases, told before it is deployed.
//!
//! A rule looks at a subject: the manifest with some profiles on it. What it finds becomes a
//! [`Finding`](crate::finding::Finding), like those of a scan.

mod administrators;
mod allow;
mod diagnose;
mod fix;
mod found;
pub mod grants;
mod heard;
mod pages;
mod place;
mod report;
mod rule;
mod rules;
pub mod server;
pub(crate) mod settings;
mod subject;
#[cfg(test)]
mod testing;

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    time::SystemTime,
};

use toml_edit::Document as Toml;

use crate::{
    diagnostic::Diagnostic,
    manifest::{Layer, Manifest, Node},
    plan::{Selection, plan},
    registry::Registry,
};

pub(crate) use allow::{Allowed, Extent, allow};
pub(crate) use found::{Found, Place};
pub(crate) use heard::{heard, may_alter, targets};
pub use pages::{Page, page, pages};
pub(crate) use pages::{ids, is_rule};
pub(crate) use report::Checked;
pub(crate) use subject::{
    Brought, Stage, Subject, UNMADE, is_development, is_production, stage, stage_of,
};

/// What is around a manifest: files, and the day.
pub(crate) struct Surroundings<'a> {
    /// The manifest's directory, which relative paths start at.
    pub(crate) base: &'a Path,
    /// Where `~` leads.
    pub(crate) home: Option<&'a Path>,
}

impl Surroundings<'_> {
    /// Where a path leads: a relative one starts at the manifest's directory.
    pub(crate) fn lead(&self, path: &str) -> PathBuf {
        self.base.join(path)
    }
}

/// What to check.
pub(crate) struct Request<'a> {
    pub(crate) manifest: &'a Manifest,
    pub(crate) registry: &'a Registry,
    /// The profiles that were asked for; where there are none, each is looked at by itself, besides the base.
    pub(crate) selection: &'a Selection,
    /// What references brought, for that selection.
    pub(crate) resolved: Option<Brought<'a>>,
    /// `None` where no file is to be looked at.
    pub(crate) surroundings: Option<&'a Surroundings<'a>>,
    pub(crate) now: SystemTime,
}

/// What was found, before anything is suppressed.
pub(crate) struct Outcome {
    pub(crate) found: Vec<Found>,
    /// Mistakes of the manifest that no rule tells of.
    pub(crate) mistakes: Vec<Diagnostic>,
    /// What could not be looked at.
    pub(crate) notes: Vec<String>,
}

/// Holds every rule against the manifest.
///
/// # Errors
/// Where a profile that was asked for does not exist.
pub(crate) fn check(request: &Request<'_>) -> Result<Outcome, Vec<Diagnostic>> {
    let selections = selections(request);
    let mut layers: Vec<(Selection, Layer)> = Vec::with_capacity(selections.len());
    for selection in selections {
        let layer = request.manifest.select(&selection.profiles)?;
        layers.push((selection, layer));
    }
    let subjects: Vec<Subject<'_>> = layers
        .iter()
        .map(|(selection, layer)| {
            Subject::new(
                (request.manifest, request.registry),
                layer,
                selection,
                request.resolved,
                request.now,
            )
        })
        .collect();
    let mut all = Outcome {
        found: Vec::new(),
        mistakes: Vec::new(),
        notes: Vec::new(),
    };
    for ((selection, _), subject) in layers.iter().zip(&subjects) {
        let mut found = rules::apply(subject, request.surroundings);
        if let Err(errors) = plan(request.manifest, selection, request.registry) {
            let (told, untold) = diagnose::told(errors, subject);
            found.extend(told);
            all.mistakes.extend(untold);
        }
        for one in &mut found {
            one.profiles.clone_from(&subject.profiles);
        }
        all.found.extend(found);
        note_unseen(subject, &mut all.notes);
    }
    let beside = beside(request)?;
    let beside: Vec<Subject<'_>> = beside
        .iter()
        .map(|(selection, layer)| {
            let sources = (request.manifest, request.registry);
            Subject::new(sources, layer, selection, None, request.now)
        })
        .collect();
    all.found.extend(rules::across(&subjects, &beside));
    name(&mut all.found, &request.manifest.source.text);
    place(request, &layers, &mut all.found)?;
    once(&mut all.found);
    all.mistakes
        .dedup_by(|a, b| a.title == b.title && a.span == b.span);
    Ok(all)
}

/// Values that references brought and that no command can be given: those that a rule tells of are added to what it has
/// found, unless it has done so itself, and the others are left.
pub(crate) fn add_unusable(
    request: &Request<'_>,
    failures: Vec<Diagnostic>,
    found: &mut Vec<Found>,
) -> Vec<Diagnostic> {
    let (mut told, others) = diagnose::unusable(failures);
    name(&mut told, &request.manifest.source.text);
    let is_same = |one: &Found, have: &Found| {
        one.rule.id == have.rule.id && (one.key == have.key || one.place == have.place)
    };
    told.retain(|one| !found.iter().any(|have| is_same(one, have)));
    for mut one in told {
        one.profiles.clone_from(&request.selection.profiles);
        found.push(one);
    }
    others
}

/// Gives every change that is proposed its place. A layer is part of other ways to use the manifest than those that were
/// asked for, so these are looked at too.
fn place(
    request: &Request<'_>,
    layers: &[(Selection, Layer)],
    found: &mut [Found],
) -> Result<(), Vec<Diagnostic>> {
    if found.iter().all(|one| one.fix.is_none()) {
        return Ok(());
    }
    let mut ways: Vec<Vec<String>> = layers
        .iter()
        .map(|(selection, _)| selection.profiles.clone())
        .collect();
    let alone = request
        .manifest
        .profiles()
        .map(|name| vec![name.to_owned()]);
    let mut elsewhere = Vec::new();
    for profiles in [Vec::new()].into_iter().chain(alone) {
        if ways.contains(&profiles) {
            continue;
        }
        let layer = request.manifest.select(&profiles)?;
        let selection = Selection {
            profiles: profiles.clone(),
            ..request.selection.clone()
        };
        let subject = Subject::new(
            (request.manifest, request.registry),
            &layer,
            &selection,
            None,
            request.now,
        );
        let mut found = rules::apply(&subject, request.surroundings);
        for one in &mut found {
            one.profiles.clone_from(&profiles);
        }
        elsewhere.extend(found);
        ways.push(profiles);
    }
    fix::settle(request.manifest, &ways, found, &elsewhere);
    Ok(())
}

/// The manifest's text with what was found mended, where it can be.
pub(crate) fn fixed(manifest: &Manifest, found: &[&Found]) -> Option<String> {
    let fixes = found.iter().filter_map(|one| one.fix.as_ref());
    fix::apply(&manifest.source.text, fixes)
}

/// Whether mending it takes a key out and leaves the comment directly above.
pub(crate) fn leaves_comment(manifest: &Manifest, found: &Found) -> bool {
    let fix = found.fix.as_ref();
    fix.is_some_and(|fix| fix::leaves_comment(&manifest.source.text, fix))
}

/// The selection that was asked for, or the base and each profile on it.
fn selections(request: &Request<'_>) -> Vec<Selection> {
    let asked = request.selection;
    if !asked.profiles.is_empty() || request.resolved.is_some() {
        return vec![asked.clone()];
    }
    let profiles = request.manifest.profiles().map(|profile| Selection {
        profiles: vec![profile.to_owned()],
        ..asked.clone()
    });
    // What a profile for production is put on is not deployed by itself.
    let is_base = request.manifest.profiles().any(subject::is_production);
    let base = (!is_base).then(|| asked.clone());
    base.into_iter().chain(profiles).collect()
}

/// The ways for production, where a single one was asked for: the profiles that are named for it, or else the base.
fn beside(request: &Request<'_>) -> Result<Vec<(Selection, Layer)>, Vec<Diagnostic>> {
    let asked = request.selection;
    if asked.profiles.is_empty() {
        return Ok(Vec::new());
    }
    let named = request
        .manifest
        .profiles()
        .filter(|name| subject::is_production(name));
    let mut ways: Vec<Vec<String>> = named.map(|name| vec![name.to_owned()]).collect();
    if ways.is_empty() {
        ways.push(Vec::new());
    }
    ways.retain(|profiles| *profiles != asked.profiles);
    let way = |profiles: Vec<String>| {
        let layer = request.manifest.select(&profiles)?;
        let only = asked.only.clone();
        Ok((Selection { profiles, only }, layer))
    };
    ways.into_iter().map(way).collect()
}

/// Gives what was found by its place alone the key that stands there.
fn name(found: &mut [Found], text: &str) {
    let mut nameless = found.iter_mut().filter(|one| one.key.is_empty()).peekable();
    if nameless.peek().is_none() {
        return;
    }
    let Ok(document) = Toml::parse(text) else {
        return;
    };
    for one in nameless {
        if let Place::Manifest(span) = &one.place {
            one.key = place::key_at(&document, span).unwrap_or_default();
        }
    }
}

/// What several ways of using the manifest have alike is told once, where it is written, as seriously as any of them takes
/// it.
fn once(found: &mut Vec<Found>) {
    let mut places: HashMap<(&'static str, String, Place, Vec<String>), usize> = HashMap::new();
    let mut kept: Vec<Found> = Vec::with_capacity(found.len());
    for one in found.drain(..) {
        let name = (
            one.rule.id,
            one.key.clone(),
            one.place.clone(),
            one.notes.clone(),
        );
        match places.get(&name) {
            Some(place) if kept[*place].severity < one.severity => kept[*place] = one,
            Some(_) => {}
            None => {
                places.insert(name, kept.len());
                kept.push(one);
            }
        }
    }
    *found = kept;
}

/// Databases whose keys, or whose engine, nobody can name before a reference is resolved.
fn note_unseen(subject: &Subject<'_>, notes: &mut Vec<String>) {
    // Where they were resolved and are still unknown, it is told what stands in the way.
    let unseen = subject.databases.iter().filter(|_| !subject.is_resolved);
    for database in unseen {
        let alias = &database.alias.text;
        let engine = database.field("ENGINE");
        let note = if database.is_opaque && comes_from_a_store(database) {
            format!(
                "what `databases.{alias}` is comes from a store: it is looked at with `--resolve`"
            )
        } else if database.family.is_none() && engine.is_some_and(subject::Field::is_unknown) {
            format!(
                "which engine `databases.{alias}` has comes from a reference: it is looked at with `--resolve`"
            )
        } else {
            continue;
        };
        if !notes.contains(&note) {
            notes.push(note);
        }
    }
}

/// Whether a reference stands in its `url`, or it has a `from`.
fn comes_from_a_store(database: &subject::Database<'_>) -> bool {
    let url = database.entry.url.as_ref().map(|url| &url.node);
    let in_url = matches!(url, Some(Node::Text(text)) if text.literal().is_none());
    in_url || database.entry.from.is_some()
}
