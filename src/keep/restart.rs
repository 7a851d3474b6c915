//! Starting the command again with all values, since no process can be given another environment.

use std::{sync::Arc, time::Duration};

use super::{
    bring::{Outcome, phrase},
    handover::{Handover, Live},
    keeper::Keeper,
    ledger::Look,
    schedule,
};
use crate::{diagnostic::Diagnostic, resolve::Session};

/// How long after a restart that could not be made it is tried again, at first.
const SECOND_TRY: Duration = Duration::from_secs(2);

impl Keeper {
    pub(super) fn plan_restart(&self) {
        let upkeep = self.plan.upkeep;
        let wait = upkeep.settle + upkeep.jitter.mul_f64(schedule::chance());
        if self.desk.ledger().plan_restart(wait) {
            self.desk.tell(&format!(
                "values have changed: the command is started again in {} s",
                wait.as_secs()
            ));
        }
    }

    /// Fetches everything and has the command started again with it.
    pub(super) async fn restart(&mut self) {
        self.desk.ledger().forget_restart();
        self.refused.clear();
        let plan = Arc::clone(&self.plan);
        let (environment, prints) = (self.environment.afresh(), self.prints.clone());
        let guests = self.guests.clone();
        let _guest = guests.enter();
        let mut session = Session::new(&plan, &environment, &self.options, &prints);
        let handover = match self.prepare(&mut session).await {
            Ok(handover) => handover,
            Err(phrase) => {
                self.record_reads(&session, &[]);
                self.failed_restarts = self.failed_restarts.saturating_add(1);
                if self.failed_restarts == 1 {
                    self.desk.tell(&format!(
                        "warning: the command is not started again yet: {phrase}"
                    ));
                }
                let pause = schedule::pause(self.failed_restarts, None, schedule::chance());
                self.desk.ledger().plan_restart(SECOND_TRY + pause);
                return;
            }
        };
        self.failed_restarts = 0;
        let noted = session.noted();
        let is_same = handover.marks.environment == self.marks.environment
            && handover.marks.files == self.marks.files;
        let mut ledger = self.desk.ledger();
        ledger.add_new(&plan, &noted);
        drop(ledger);
        self.record_reads(&session, &[]);
        let mut ledger = self.desk.ledger();
        for (slot, noted) in &noted {
            if ledger.note(*slot, noted) == Look::Same {
                ledger.accept(*slot, noted);
            } else {
                ledger.outdate(*slot);
            }
        }
        drop(ledger);
        if std::mem::take(&mut self.must_restart) || !is_same {
            self.marks = handover.marks.clone();
            let masking = self.masking.as_ref();
            let held = masking.map(|masking| masking.current.hold());
            self.desk.order(handover.into_order(noted, held));
            return;
        }
        if self.desk.has_order() {
            // What was ordered last is what it will have.
            return;
        }
        // It has become what it was, and the command goes on.
        self.desk
            .tell("the values are what they were: the command is not started again");
        self.marks = handover.marks;
        let mut ledger = self.desk.ledger();
        for (slot, noted) in &noted {
            ledger.accept(*slot, noted);
        }
    }

    /// All that the command is started again with.
    pub(super) async fn prepare(&mut self, session: &mut Session<'_>) -> Result<Handover, String> {
        let plan = Arc::clone(&self.plan);
        let told = |errors: Vec<Diagnostic>| phrase(&errors);
        let resolved = session.resolve(&plan, &self.options).await.map_err(told)?;
        if let Err(Outcome::Refused { phrase, .. }) = self.verify(session, &resolved).await {
            return Err(phrase);
        }
        let handover = Handover::new(&plan, &resolved, &self.surroundings, &self.prints);
        let mut handover = fits(handover.map_err(told)?)?;
        let before = self.mask(None, session, &resolved).map_err(told)?;
        if let Err(error) = self.write_at_once(&mut handover) {
            self.take_back(before);
            return Err(format!("a file for a driver cannot be written: {error}"));
        }
        Ok(handover)
    }

    /// Writes what the command that runs can read as well, and leaves in `handover` what goes with its next start alone: a
    /// command may take long to end, and the start must not undo what has been written meanwhile.
    pub(super) fn write_at_once(&self, handover: &mut Handover) -> std::io::Result<()> {
        let tables = &handover.marks.tables;
        let (at_once, later) = std::mem::take(&mut handover.live)
            .into_iter()
            .partition(|live: &Live| self.marks.tables.get(&live.alias) == tables.get(&live.alias));
        handover.live = later;
        let at_once: Vec<Live> = at_once;
        let mut at_once = at_once.iter();
        at_once.try_for_each(|live| self.desk.replace_live(live).map(drop))
    }
}

/// Whether the kernel takes the environment: `execve(2)` gives a quarter of the stack to it and the arguments. The old
/// command is not ended for one that cannot start.
fn fits(handover: Handover) -> Result<Handover, String> {
    const ROOM_FOR_ARGUMENTS: u64 = 256 * 1024;
    let variables = handover.environment.variables.iter();
    // With `=`, the byte at the end and a pointer each.
    let size: usize = variables
        .map(|(name, value)| name.len() + value.len() + 2 + size_of::<usize>())
        .sum();
    let stack = rustix::process::getrlimit(rustix::process::Resource::Stack).current;
    let most = stack.map_or(u64::MAX, |stack| stack / 4);
    if u64::try_from(size).is_ok_and(|size| size.saturating_add(ROOM_FOR_ARGUMENTS) <= most) {
        Ok(handover)
    } else {
        Err("the environment as a whole is too long for the kernel".to_owned())
    }
}
