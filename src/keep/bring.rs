//! Bringing what has changed to the command, part by part.

use std::{collections::BTreeSet, sync::Arc};

use rustix::process::Signal;

use super::{
    Request,
    handover::{Handover, Marks},
    keeper::Keeper,
    parts::{self, Part},
};
use crate::{
    audit::Act,
    diagnostic::Diagnostic,
    manifest::OnChange,
    plan::SlotId,
    redact::Before,
    resolve::{Noted, Resolved, Session},
};

/// What became of one part.
pub(super) enum Outcome {
    /// The command has it, or will read it by itself.
    Done,
    /// The command has the old value until it is started again.
    Outdated,
    /// The old value stays.
    Refused {
        name: &'static str,
        phrase: String,
        is_waiting: bool,
    },
}

impl Keeper {
    /// Brings changed values to every part that has them.
    pub(super) async fn bring(&mut self, session: &mut Session<'_>, changed: &[SlotId]) {
        let unverified = self.verify_first(session, changed).await;
        let accepted: Vec<SlotId> = changed
            .iter()
            .filter(|slot| !unverified.contains(slot))
            .copied()
            .collect();
        let changed = &accepted[..];
        let mut refused: Vec<(Part, &'static str, String, bool)> = Vec::new();
        let mut outdated = BTreeSet::new();
        let mut signals: Vec<Signal> = Vec::new();
        for part in parts::reached(&self.plan, changed) {
            let outcome = match &part {
                Part::Live(alias) => self.live(session, alias, &mut signals).await,
                Part::File(path) => self.file(session, path, &mut signals).await,
                Part::Environment => self.environment(session, &mut signals).await,
            };
            match outcome {
                Outcome::Done => {}
                Outcome::Outdated => {
                    outdated.insert(part);
                }
                Outcome::Refused {
                    name,
                    phrase,
                    is_waiting,
                } => refused.push((part, name, phrase, is_waiting)),
            }
        }
        for signal in signals {
            self.desk.ask(Request::Signal(signal));
        }
        let noted = session.noted();
        let plan = Arc::clone(&self.plan);
        self.desk.ledger().add_new(&plan, &noted);
        let changed: BTreeSet<SlotId> = changed.iter().copied().collect();
        for (slot, noted) in &noted {
            if changed.contains(slot) {
                self.settle(*slot, noted, &refused, &outdated);
            }
        }
    }

    /// Takes down what has become of a changed value.
    pub(super) fn settle(
        &self,
        slot: SlotId,
        noted: &Noted,
        refused: &[(Part, &'static str, String, bool)],
        outdated: &BTreeSet<Part>,
    ) {
        let reached = parts::reached(&self.plan, &[slot]);
        let mut refused = refused.iter();
        let mut ledger = self.desk.ledger();
        if let Some((_, name, phrase, is_waiting)) =
            refused.find(|(part, ..)| reached.contains(part))
        {
            drop(ledger);
            self.refuse(slot, name, phrase, *is_waiting);
        } else if outdated.iter().any(|part| reached.contains(part)) {
            let is_first = ledger.outdate(slot);
            let keys = ledger.get(slot).map(|entry| entry.keys.clone());
            let restart = ledger.restart().is_some();
            drop(ledger);
            if is_first && !restart {
                self.desk.tell(&format!(
                    "warning: {} has changed, and the command has the old value until it is started again (`on_change`)",
                    crate::suggest::list(&keys.unwrap_or_default())
                ));
            }
        } else {
            let is_news = ledger.accept(slot, noted);
            let entry = ledger.get(slot).filter(|_| is_news).cloned();
            drop(ledger);
            if let Some(entry) = entry {
                self.desk.record(Act::Swap, &entry, noted, "ok");
                self.desk.tell(&format!(
                    "{} is fresh{}",
                    crate::suggest::list(&entry.keys),
                    entry
                        .version
                        .as_ref()
                        .map(|version| format!(" (version {version})"))
                        .unwrap_or_default()
                ));
            }
        }
    }

    /// A database whose driver reads its password afresh.
    pub(super) async fn live(
        &mut self,
        session: &mut Session<'_>,
        alias: &str,
        signals: &mut Vec<Signal>,
    ) -> Outcome {
        let reached = Part::Live(alias.to_owned());
        let part = parts::plan_for(&self.plan, &BTreeSet::from([reached.clone()]));
        let resolved = match session.resolve(&part, &self.options).await {
            Ok(resolved) => resolved,
            Err(errors) => return refused(&errors),
        };
        let handover = match Handover::new(&part, &resolved, &self.surroundings, &self.prints) {
            Ok(handover) => handover,
            Err(errors) => return refused(&errors),
        };
        let is_same = |old: &Marks, new: &Marks| old.tables.get(alias) == new.tables.get(alias);
        if !is_same(&self.marks, &handover.marks) {
            // Another user or host: the driver has those from the environment, and the old password belongs to them.
            return self.environment(session, signals).await;
        }
        if self.marks.live.get(alias) == handover.marks.live.get(alias) {
            return Outcome::Done;
        }
        let before = match self.mask(Some(&reached), session, &resolved) {
            Ok(before) => before,
            Err(errors) => return refused(&errors),
        };
        match self.write_live(&handover) {
            Ok(true) => {}
            Ok(false) => return Outcome::Outdated,
            Err(error) => {
                self.take_back(before);
                return unwritten(&error);
            }
        }
        self.marks.whole.extend(handover.marks.whole);
        self.marks.live.extend(handover.marks.live);
        Outcome::Done
    }

    /// Whether all of it was written.
    pub(super) fn write_live(&self, handover: &Handover) -> std::io::Result<bool> {
        let mut is_written = true;
        for live in &handover.live {
            is_written &= self.desk.replace_live(&live.files)?;
        }
        Ok(is_written)
    }

    /// A file of `[files]`.
    pub(super) async fn file(
        &mut self,
        session: &mut Session<'_>,
        path: &str,
        signals: &mut Vec<Signal>,
    ) -> Outcome {
        let reached = Part::File(path.to_owned());
        let part = parts::plan_for(&self.plan, &BTreeSet::from([reached.clone()]));
        let resolved = match session.resolve(&part, &self.options).await {
            Ok(resolved) => resolved,
            Err(errors) => return refused(&errors),
        };
        if let Err(refusal) = self.verify(session, &resolved).await {
            return refusal;
        }
        let handover = match Handover::new(&part, &resolved, &self.surroundings, &self.prints) {
            Ok(handover) => handover,
            Err(errors) => return refused(&errors),
        };
        if self.marks.files.get(path) == handover.marks.files.get(path) {
            return Outcome::Done;
        }
        let before = match self.mask(Some(&reached), session, &resolved) {
            Ok(before) => before,
            Err(errors) => return refused(&errors),
        };
        if let Some(directory) = &self.surroundings.files
            && let Err(error) = self.desk.replace_files(directory, &handover.files)
        {
            self.take_back(before);
            return Outcome::Refused {
                name: "unwritten",
                phrase: error.causes.first().unwrap_or(&error.title).clone(),
                is_waiting: false,
            };
        }
        self.marks.files.extend(handover.marks.files);
        let mut files = self.plan.files.iter();
        let on_change = files
            .find(|file| file.path == path)
            .and_then(|file| file.on_change)
            .unwrap_or(self.plan.upkeep.on_change);
        if self.react(on_change, signals) {
            self.must_restart = true;
            return Outcome::Outdated;
        }
        Outcome::Done
    }

    /// The environment: only another start brings it.
    pub(super) async fn environment(
        &mut self,
        session: &mut Session<'_>,
        signals: &mut Vec<Signal>,
    ) -> Outcome {
        let part = parts::plan_for(&self.plan, &BTreeSet::from([Part::Environment]));
        let resolved = match session.resolve(&part, &self.options).await {
            Ok(resolved) => resolved,
            Err(errors) => return refused(&errors),
        };
        match Handover::new(&part, &resolved, &self.surroundings, &self.prints) {
            // Another field of the secret, or a default that is not used.
            Ok(handover) if handover.marks.environment == self.marks.environment => {
                // It is in the order; the command has what was before.
                return if self.desk.has_order() {
                    Outcome::Outdated
                } else {
                    Outcome::Done
                };
            }
            Ok(_) => {}
            Err(errors) => return refused(&errors),
        }
        self.react(self.plan.upkeep.on_change, signals);
        Outcome::Outdated
    }

    /// Tells the command, or plans its restart: whether that.
    pub(super) fn react(&self, on_change: OnChange, signals: &mut Vec<Signal>) -> bool {
        match on_change {
            OnChange::None => false,
            OnChange::Signal(signal) if !(signal == Signal::HUP && self.is_preloaded) => {
                if !signals.contains(&signal) {
                    signals.push(signal);
                }
                false
            }
            OnChange::Signal(_) | OnChange::Restart => {
                self.plan_restart();
                true
            }
        }
    }

    /// Has values masked before the command can have them.
    pub(super) fn mask(
        &mut self,
        part: Option<&Part>,
        session: &Session<'_>,
        resolved: &Resolved,
    ) -> Result<Option<Before>, Vec<Diagnostic>> {
        let Some(masking) = &mut self.masking else {
            return Ok(None);
        };
        let plan = &self.plan;
        let fetched = session.fetched(plan, |slot| {
            part.is_none_or(|part| parts::reached(plan, &[slot]).contains(part))
        });
        let (lines, before) = masking.bring(part, resolved, &fetched)?;
        for line in lines {
            self.desk.tell(&line);
        }
        Ok(Some(before))
    }

    /// What was to be masked has not got to the command.
    pub(super) fn take_back(&self, before: Option<Before>) {
        if let (Some(masking), Some(before)) = (&self.masking, before) {
            masking.take_back(before);
        }
    }
}

pub(super) fn refused(errors: &[Diagnostic]) -> Outcome {
    Outcome::Refused {
        name: "unusable",
        phrase: phrase(errors),
        is_waiting: false,
    }
}

pub(super) fn unwritten(error: &std::io::Error) -> Outcome {
    Outcome::Refused {
        name: "unwritten",
        phrase: format!("the file for it cannot be written: {error}"),
        is_waiting: false,
    }
}

/// The first of several problems, in one line.
pub(super) fn phrase(errors: &[Diagnostic]) -> String {
    let Some(first) = errors.first() else {
        return String::new();
    };
    let mut text = first.title.clone();
    if let Some(cause) = first.causes.first() {
        text.push_str(": ");
        text.push_str(cause);
    }
    text
}
