//! Files that a start of the command could not write: kept until they can be, tried again with growing pauses, and told of
//! once.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    time::Duration,
};

use super::{
    Desk,
    desk::lock,
    handover::Live,
    ledger::Due,
    parts::{Part, reached},
    schedule,
};
use crate::{
    audit::{Act, Record},
    plan::SlotId,
    resolve::{Noted, ResolvedFile},
};

/// What is still to be written.
#[derive(Default)]
pub(super) struct Unwritten {
    files: Vec<ResolvedFile>,
    live: Vec<Live>,
    /// What the command has once all is written.
    noted: Vec<(SlotId, Noted)>,
    /// Why each could not be.
    reasons: BTreeMap<Part, String>,
    /// Of which that has been told.
    told: BTreeSet<String>,
    failures: u32,
    next: Option<Due>,
}

impl Unwritten {
    /// What the next start is to have, in place of what an earlier one was.
    pub(super) fn add(
        &mut self,
        files: Vec<ResolvedFile>,
        live: Vec<Live>,
        noted: Vec<(SlotId, Noted)>,
    ) {
        self.files = files;
        self.live
            .retain(|old| !live.iter().any(|new| new.alias == old.alias));
        self.live.extend(live);
        // All of them: a start has every value.
        self.noted = noted;
    }

    pub(super) fn is_empty(&self) -> bool {
        self.files.is_empty() && self.live.is_empty()
    }

    /// What has been written since in another way.
    pub(super) fn forget(&mut self, part: &Part) {
        self.files
            .retain(|file| !matches!(part, Part::File(path) if *path == file.path));
        self.live
            .retain(|live| !matches!(part, Part::Live(alias) if *alias == live.alias));
        self.reasons.remove(part);
    }

    /// Why a part could not be written; nothing where it was.
    pub(super) fn reason(&self, part: &Part) -> Option<&str> {
        self.reasons.get(part).map(String::as_str)
    }

    /// Everything that could not be written, by the keys of the manifest, and why.
    pub(super) fn reasons(&self) -> impl Iterator<Item = (String, &str)> {
        let reasons = self.reasons.iter();
        reasons.map(|(part, reason)| (key(part), reason.as_str()))
    }

    /// When it is tried again.
    pub(super) fn next(&self) -> Option<Due> {
        self.next
    }
}

fn key(part: &Part) -> String {
    match part {
        Part::Live(alias) => format!("databases.{alias}"),
        Part::File(path) => format!("files.{path}"),
        Part::Environment => "env".to_owned(),
    }
}

impl Desk {
    /// Writes what there is to write, as far as that can be: the parts that were.
    pub(super) fn write_all(
        &self,
        unwritten: &mut Unwritten,
        directory: Option<&Path>,
    ) -> Vec<Part> {
        let mut written = Vec::new();
        let mut reasons = BTreeMap::new();
        let mut is_left = |part: Part, outcome: Result<(), String>| {
            let Err(reason) = outcome else {
                written.push(part);
                return false;
            };
            reasons.insert(part, reason);
            true
        };
        // Each for itself: a new login must not be without its file because of another.
        unwritten.files.retain(|file| {
            let outcome = directory.map_or(Ok(()), |directory| {
                crate::exec::files::write(directory, std::slice::from_ref(file))
                    .map_err(|error| error.causes.first().unwrap_or(&error.title).clone())
            });
            is_left(Part::File(file.path.clone()), outcome)
        });
        unwritten.live.retain(|live| {
            let outcome = self.write_live(live).map_err(|error| error.to_string());
            is_left(Part::Live(live.alias.clone()), outcome)
        });
        unwritten.reasons = reasons;
        if !unwritten.is_empty() {
            unwritten.failures = unwritten.failures.saturating_add(1);
            let pause = schedule::pause(unwritten.failures, None, schedule::chance());
            unwritten.next = Due::after(pause);
        }
        written
    }

    /// Takes down what the command has now, and tells what is new about that.
    pub(super) fn settle_written(&self, unwritten: &mut Unwritten) {
        let noted = std::mem::take(&mut unwritten.noted);
        let (open, done): (Vec<_>, Vec<_>) = noted.into_iter().partition(|(slot, _)| {
            let parts = reached(&self.plan, &[*slot]);
            parts.iter().any(|part| unwritten.reason(part).is_some())
        });
        unwritten.noted = open;
        let mut ledger = self.ledger();
        for (slot, noted) in &done {
            if ledger.is_older(*slot, noted) {
                continue;
            }
            let is_news = ledger.accept(*slot, noted);
            let entry = ledger.get(*slot).filter(|_| is_news).cloned();
            if let Some(entry) = entry {
                self.record(Act::Swap, &entry, noted, Record::OK);
            }
        }
        drop(ledger);
        if unwritten.is_empty() {
            unwritten.failures = 0;
            unwritten.next = None;
        }
        let keys: BTreeSet<String> = unwritten.reasons().map(|(key, _)| key).collect();
        let recovered: Vec<&String> = unwritten.told.difference(&keys).collect();
        if !recovered.is_empty() {
            let recovered = crate::suggest::list(&recovered);
            self.tell(&format!("{recovered} could be written now"));
        }
        let failed: Vec<&String> = keys.difference(&unwritten.told).collect();
        let reason = unwritten.reasons.values().next();
        if let Some(reason) = reason.filter(|_| !failed.is_empty()) {
            let failed = crate::suggest::list(&failed);
            self.tell(&format!(
                "warning: cannot write {failed}: {reason}; the command starts with what was there before, and it is tried again"
            ));
        }
        unwritten.told = keys;
    }

    /// Tries again: the parts that were written.
    pub(super) fn write_again(&self, directory: Option<&Path>) -> Vec<Part> {
        // Nobody else writes meanwhile.
        let _order = lock(&self.order);
        let mut unwritten = lock(&self.unwritten);
        let written = self.write_all(&mut unwritten, directory);
        self.settle_written(&mut unwritten);
        written
    }

    /// Whether a part could not be written with the last start.
    pub(super) fn is_unwritten(&self, part: &Part) -> bool {
        lock(&self.unwritten).reason(part).is_some()
    }

    /// How long it is until unwritten files are tried again; nothing where there are none.
    pub(super) fn until_write(&self) -> Option<Duration> {
        lock(&self.unwritten).next().map(|next| next.wait())
    }

    /// Whether the command may have been started with files of before.
    pub(crate) fn has_unwritten(&self) -> bool {
        !lock(&self.unwritten).is_empty()
    }

    /// Whether a start is to come, or files are to be written.
    pub(super) fn has_work(&self) -> bool {
        let order = lock(&self.order);
        order.is_some() || self.has_unwritten()
    }
}
