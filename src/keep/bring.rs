//! Bringing what has changed to the command, part by part.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

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
    /// Brings changed values to every part that has them: first what nobody tries, which is to wait for nothing.
    pub(super) async fn bring(&mut self, session: &mut Session<'_>, changed: &[SlotId]) {
        let (tried, others): (Vec<SlotId>, Vec<SlotId>) = changed
            .iter()
            .copied()
            .partition(|slot| self.is_tried(*slot));
        self.bring_accepted(session, &others).await;
        let unverified = self.verify_first(session, &tried).await;
        let accepted: Vec<SlotId> = tried
            .into_iter()
            .filter(|slot| !unverified.contains(slot))
            .collect();
        self.bring_accepted(session, &accepted).await;
    }

    async fn bring_accepted(&mut self, session: &mut Session<'_>, changed: &[SlotId]) {
        if changed.is_empty() {
            return;
        }
        let mut outcomes = Vec::new();
        let mut files = Vec::new();
        let mut signals: Vec<Signal> = Vec::new();
        for part in parts::reached(&self.plan, changed) {
            let outcome = match &part {
                Part::Live(alias) => self.live(session, alias, &mut signals).await,
                Part::Environment => self.environment(session, &mut signals).await,
                Part::File(path) => {
                    files.push(path.clone());
                    continue;
                }
            };
            outcomes.push((part, outcome));
        }
        outcomes.extend(self.files(session, files, &mut signals).await);
        let mut refused = BTreeMap::new();
        let mut outdated = BTreeSet::new();
        for (part, outcome) in outcomes {
            match outcome {
                Outcome::Done => {}
                Outcome::Outdated => {
                    outdated.insert(part);
                }
                Outcome::Refused {
                    name,
                    phrase,
                    is_waiting,
                } => {
                    refused.insert(part, (name, phrase, is_waiting));
                }
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
        refused: &BTreeMap<Part, (&'static str, String, bool)>,
        outdated: &BTreeSet<Part>,
    ) {
        let reached = parts::reached(&self.plan, &[slot]);
        let refused = reached.iter().find_map(|part| refused.get(part));
        let mut ledger = self.desk.ledger();
        if let Some((name, phrase, is_waiting)) = refused {
            drop(ledger);
            self.refuse(slot, name, phrase, *is_waiting);
        } else if !reached.is_disjoint(outdated) {
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
            return self.as_before(&reached);
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
            is_written &= self.desk.replace_live(live)?;
        }
        Ok(is_written)
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

    /// What has become of a part that is what it was to be already.
    pub(super) fn as_before(&self, part: &Part) -> Outcome {
        if self.desk.is_unwritten(part) {
            Outcome::Outdated
        } else {
            Outcome::Done
        }
    }

    /// Has values masked before the command can have them. What to take back should it not get them.
    pub(super) fn mask(
        &mut self,
        part: Option<&Part>,
        session: &Session<'_>,
        resolved: &Resolved,
    ) -> Result<Vec<Before>, Vec<Diagnostic>> {
        let Some(masking) = &mut self.masking else {
            return Ok(Vec::new());
        };
        let plan = &self.plan;
        let fetched = session.fetched(plan, |slot| {
            part.is_none_or(|part| parts::reached(plan, &[slot]).contains(part))
        });
        let (lines, before) = masking.bring(part, resolved, &fetched)?;
        for line in lines {
            self.desk.tell(&line);
        }
        Ok(before)
    }

    /// What was to be masked has not got to the command.
    pub(super) fn take_back(&self, before: impl IntoIterator<Item = Before>) {
        if let Some(masking) = &self.masking {
            for before in before {
                masking.take_back(before);
            }
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
