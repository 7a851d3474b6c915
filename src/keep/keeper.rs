//! The loop that looks at secrets again and brings what has changed to the command.

use std::{
    collections::{BTreeMap, BTreeSet},
    ffi::OsString,
    sync::Arc,
    thread,
    time::Duration,
};

use nuages_provider::Environment;

use super::{
    Desk,
    handover::{Marks, Surroundings},
    ledger::Look,
    mask::Masking,
    verify::Refusal,
};
use crate::{
    audit::{Act, Record},
    exec::supervise::Guests,
    plan::{Plan, SlotId},
    resolve::{Noted, Options, Print, Prints, Session},
};

/// The longest sleep: the clock may be set, and a machine may have slept meanwhile.
const LONGEST_SLEEP: Duration = Duration::from_secs(15);

/// What keeps the values of one command fresh.
pub(crate) struct Keeper {
    pub(super) plan: Arc<Plan>,
    /// Where providers find what they log in with.
    pub(super) environment: Environment,
    pub(super) options: Options,
    pub(super) surroundings: Surroundings,
    pub(super) prints: Prints,
    /// What the command has.
    pub(super) marks: Marks,
    /// What masks its output, where that is masked.
    pub(super) masking: Option<Masking>,
    pub(super) desk: Arc<Desk>,
    pub(super) guests: Guests,
    pub(super) program: OsString,
    /// A signal does not bring the command to read its settings again.
    pub(super) is_preloaded: bool,
    pub(super) failed_restarts: u32,
    /// Of databases that have been tried and work.
    pub(super) verified: BTreeMap<String, Print>,
    /// Of databases that have been tried in this round, and why they were refused.
    pub(super) refused: BTreeMap<String, (Print, Refusal)>,
    /// A file wants the restart, which the environment does not show.
    pub(super) must_restart: bool,
}

impl Keeper {
    /// Works until there is nothing left to do.
    pub(crate) fn run(mut self) {
        loop {
            let has_work = self.desk.has_work();
            let until_write = self.desk.until_write();
            let (expired, restart, due, idle, is_idle) = {
                let mut ledger = self.desk.ledger();
                (
                    ledger.newly_expired(),
                    ledger.restart_is_due(),
                    ledger.due(),
                    ledger.idle(),
                    ledger.is_idle() && ledger.restart().is_none() && !has_work,
                )
            };
            for key in expired {
                self.desk.tell(&format!(
                    "warning: the value of `{key}` has expired, and there is no newer one"
                ));
            }
            if until_write.is_some_and(|wait| wait.is_zero()) {
                self.write_again();
            } else if restart {
                self.with_runtime(async |keeper| keeper.restart().await);
            } else if !due.is_empty() {
                self.with_runtime(async |keeper| keeper.refresh(&due).await);
            } else if is_idle {
                return;
            } else {
                let sleep = [idle, until_write, Some(LONGEST_SLEEP)];
                thread::sleep(sleep.into_iter().flatten().min().unwrap_or(LONGEST_SLEEP));
            }
        }
    }

    /// Each round of asking has a runtime of its own: with it go the connections, in whose buffers answers are left.
    fn with_runtime(&mut self, work: impl AsyncFnOnce(&mut Self)) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build();
        match runtime {
            Ok(runtime) => {
                runtime.block_on(work(self));
                // What still runs is past its deadline: it is not waited for.
                runtime.shutdown_background();
            }
            Err(error) => {
                self.desk
                    .tell(&format!("warning: nothing can be refreshed: {error}"));
                thread::sleep(LONGEST_SLEEP);
            }
        }
    }

    async fn refresh(&mut self, due: &[SlotId]) {
        self.refused.clear();
        let plan = Arc::clone(&self.plan);
        let (environment, prints) = (self.environment.afresh(), self.prints.clone());
        let guests = self.guests.clone();
        // Providers may run programs, whose end is theirs to wait for.
        let _guest = guests.enter();
        let mut session = Session::new(&plan, &environment, &self.options, &prints);
        session.fetch(due).await;
        let mut changed = Vec::new();
        for (slot, noted) in session.noted() {
            if self.look(slot, &noted) {
                changed.push(slot);
            }
        }
        if !changed.is_empty() {
            self.bring(&mut session, &changed).await;
            self.record_reads(&session, due);
        }
    }

    /// Puts on record what was asked for besides.
    pub(super) fn record_reads(&self, session: &Session<'_>, recorded: &[SlotId]) {
        let recorded: BTreeSet<SlotId> = recorded.iter().copied().collect();
        for (slot, noted) in session.noted() {
            let entry = self.desk.ledger().get(slot).cloned();
            if let Some(entry) = entry.filter(|_| !recorded.contains(&slot)) {
                let outcome = match &noted {
                    Noted::Failed { name, .. } => name,
                    Noted::Absent => "not-found",
                    Noted::Present { .. } => Record::OK,
                };
                self.desk.record(Act::Refresh, &entry, &noted, outcome);
            }
        }
    }

    /// Takes down one answer. Whether it is another value.
    fn look(&self, slot: SlotId, noted: &Noted) -> bool {
        let mut ledger = self.desk.ledger();
        let had_failed = ledger
            .get(slot)
            .is_some_and(|entry| entry.failures > 0 && !entry.is_waiting);
        let look = ledger.note(slot, noted);
        if look == Look::Same {
            ledger.accept(slot, noted);
        } else if look == Look::Outdated {
            ledger.outdate(slot);
        }
        let Some(entry) = ledger.get(slot).cloned() else {
            return false;
        };
        drop(ledger);
        let outcome = match noted {
            Noted::Failed { name, .. } => name,
            _ if look == Look::Same => "unchanged",
            _ => "ok",
        };
        self.desk.record(Act::Refresh, &entry, noted, outcome);
        let keys = crate::suggest::list(&entry.keys);
        if let Noted::Failed { phrase, .. } = noted {
            if look == Look::FailedFirst {
                self.desk.tell(&format!(
                    "warning: cannot refresh {keys}: `{}` {phrase}; the last good value stays",
                    entry.instance
                ));
            }
            return false;
        }
        if had_failed && look == Look::Same {
            self.desk.tell(&format!("{keys} can be refreshed again"));
        }
        look == Look::Changed
    }

    /// The new value is not used. Told the first time in a row.
    pub(super) fn refuse(&self, slot: SlotId, name: &'static str, phrase: &str, is_waiting: bool) {
        let mut ledger = self.desk.ledger();
        let failures = ledger.get(slot).map_or(0, |entry| entry.failures);
        ledger.refuse(slot, name, phrase, is_waiting);
        let keys = ledger.get(slot).map(|entry| entry.keys.clone());
        drop(ledger);
        if failures == 0 {
            self.desk.tell(&format!(
                "warning: the new value of {} is not used: {phrase}; the last good value stays",
                crate::suggest::list(&keys.unwrap_or_default())
            ));
        }
    }
}
