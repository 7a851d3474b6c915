//! The loop that looks at secrets again and brings what has changed to the command.

use std::{
    collections::{BTreeMap, BTreeSet},
    ffi::OsString,
    sync::Arc,
    thread,
    time::Duration,
};

use nuages_provider::Environment;
use rustix::process::Signal;

use super::{
    Desk, Request,
    handover::{Handover, Marks, Surroundings},
    ledger::Look,
    mask::Masking,
    parts::{self, Part},
    schedule,
    verify::{self, Refusal},
};
use crate::{
    audit::Act,
    diagnostic::Diagnostic,
    exec::{parent::wipe, supervise::Guests},
    manifest::{OnChange, Verify},
    plan::{Plan, SlotId},
    redact::Before,
    resolve::{Noted, Options, Print, Prints, Resolved, Session},
    value::{Table, Value},
};

/// The longest sleep: the clock may be set, and a machine may have slept meanwhile.
const LONGEST_SLEEP: Duration = Duration::from_secs(15);

/// How long after a restart that could not be made it is tried again, at first.
const SECOND_TRY: Duration = Duration::from_secs(2);

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
    /// A file wants the restart, which the environment does not show.
    pub(super) must_restart: bool,
}

/// What became of one part.
enum Outcome {
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
    /// Works until there is nothing left to do.
    pub(crate) fn run(mut self) {
        loop {
            let (expired, restart, due, idle, is_idle) = {
                let mut ledger = self.desk.ledger();
                (
                    ledger.newly_expired(),
                    ledger.restart_is_due(),
                    ledger.due(),
                    ledger.idle(),
                    ledger.is_idle() && ledger.restart().is_none(),
                )
            };
            for key in expired {
                self.desk.tell(&format!(
                    "warning: the value of `{key}` has expired, and there is no newer one"
                ));
            }
            if restart {
                self.with_runtime(async |keeper| keeper.restart().await);
            } else if !due.is_empty() {
                self.with_runtime(async |keeper| keeper.refresh(&due).await);
            } else if is_idle {
                return;
            } else {
                let sleep = idle.unwrap_or(LONGEST_SLEEP).min(LONGEST_SLEEP);
                thread::sleep(sleep);
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
        let plan = Arc::clone(&self.plan);
        let (environment, prints) = (self.environment.clone(), self.prints.clone());
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

    /// Brings changed values to every part that has them.
    async fn bring(&mut self, session: &mut Session<'_>, changed: &[SlotId]) {
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

    /// Tries every database that changed secrets reach and that is to be tried, before anything of it is handed on. The secrets
    /// of those that are refused.
    async fn verify_first(
        &mut self,
        session: &mut Session<'_>,
        changed: &[SlotId],
    ) -> BTreeSet<SlotId> {
        let plan = Arc::clone(&self.plan);
        let mut unverified = BTreeSet::new();
        for database in plan
            .databases
            .iter()
            .filter(|planned| planned.verify.is_some())
        {
            let reaching: Vec<SlotId> = changed
                .iter()
                .filter(|slot| parts::reaches(&plan, **slot, &database.alias))
                .copied()
                .collect();
            if reaching.is_empty() {
                continue;
            }
            let part = parts::plan_to_verify(&plan, &database.alias);
            let tried = match session.resolve(&part, &self.options).await {
                Ok(resolved) => self.verify(session, &resolved).await,
                // What cannot be put together is told of where it is wanted.
                Err(_) => continue,
            };
            let Err(Outcome::Refused {
                name,
                phrase,
                is_waiting,
            }) = tried
            else {
                continue;
            };
            for slot in reaching {
                self.refuse(slot, name, &phrase, is_waiting);
                unverified.insert(slot);
            }
        }
        unverified
    }

    /// The new value is not used. Told the first time in a row.
    fn refuse(&self, slot: SlotId, name: &'static str, phrase: &str, is_waiting: bool) {
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

    /// Takes down what has become of a changed value.
    fn settle(
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
            ledger.accept(slot, noted);
            let entry = ledger.get(slot).cloned();
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
    async fn live(
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
        if let Err(error) = self.write_live(&handover) {
            self.take_back(before);
            return unwritten(&error);
        }
        self.marks.whole.extend(handover.marks.whole);
        self.marks.live.extend(handover.marks.live);
        Outcome::Done
    }

    fn write_live(&self, handover: &Handover) -> std::io::Result<()> {
        let mut live = handover.live.iter();
        live.try_for_each(|live| self.desk.replace_live(&live.files))
    }

    /// A file of `[files]`.
    async fn file(
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
        self.must_restart |= self.react(on_change, signals);
        Outcome::Done
    }

    /// The environment: only another start brings it.
    async fn environment(
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
                return Outcome::Done;
            }
            Ok(_) => {}
            Err(errors) => return refused(&errors),
        }
        self.react(self.plan.upkeep.on_change, signals);
        Outcome::Outdated
    }

    /// Tells the command, or plans its restart: whether that.
    fn react(&self, on_change: OnChange, signals: &mut Vec<Signal>) -> bool {
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

    fn plan_restart(&self) {
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
    async fn restart(&mut self) {
        self.desk.ledger().forget_restart();
        let plan = Arc::clone(&self.plan);
        let (environment, prints) = (self.environment.clone(), self.prints.clone());
        let guests = self.guests.clone();
        let _guest = guests.enter();
        let mut session = Session::new(&plan, &environment, &self.options, &prints);
        let handover = match self.prepare(&mut session).await {
            Ok(handover) => handover,
            Err(phrase) => {
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
            self.desk.order(handover.into_order(noted));
            return;
        }
        // It has become what it was, and the command goes on; what drivers read may be another.
        if let Err(error) = self.write_live(&handover) {
            // What was noted before stays, and is looked at again in its time.
            self.desk.tell(&format!(
                "warning: the files of live databases cannot be written: {error}"
            ));
            return;
        }
        self.marks = handover.marks;
        let mut ledger = self.desk.ledger();
        for (slot, noted) in &noted {
            ledger.accept(*slot, noted);
        }
    }

    /// Has values masked before the command can have them.
    fn mask(
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
    fn take_back(&self, before: Option<Before>) {
        if let (Some(masking), Some(before)) = (&self.masking, before) {
            masking.take_back(before);
        }
    }

    /// All that the command is started again with.
    async fn prepare(&mut self, session: &mut Session<'_>) -> Result<Handover, String> {
        let plan = Arc::clone(&self.plan);
        let told = |errors: Vec<Diagnostic>| phrase(&errors);
        let resolved = session.resolve(&plan, &self.options).await.map_err(told)?;
        if let Err(Outcome::Refused { phrase, .. }) = self.verify(session, &resolved).await {
            return Err(phrase);
        }
        let handover = Handover::new(&plan, &resolved, &self.surroundings, &self.prints);
        let handover = fits(handover.map_err(told)?)?;
        self.mask(None, session, &resolved).map_err(told)?;
        Ok(handover)
    }

    /// Tries the databases that are not as they were, where the manifest says so.
    async fn verify(
        &mut self,
        session: &mut Session<'_>,
        resolved: &Resolved,
    ) -> Result<(), Outcome> {
        let plan = Arc::clone(&self.plan);
        for planned in &plan.databases {
            let how = match &planned.verify {
                None | Some(Verify::None) => continue,
                Some(how) => how.clone(),
            };
            let Some(Value::Table(database)) = resolved.document.databases.get(&planned.alias)
            else {
                continue;
            };
            let whole = self
                .prints
                .of(crate::render::env_text(&Value::Table(database.clone())).as_bytes());
            let known = [&self.marks.whole, &self.verified];
            if known
                .iter()
                .any(|known| known.get(&planned.alias) == Some(&whole))
            {
                continue;
            }
            let tried = self.try_out(session, &planned.alias, database, how).await;
            let outcome = match &tried {
                Ok(()) => "ok",
                Err(Refusal::Refused(_)) => "refused",
                Err(Refusal::Untried(_)) => "untried",
            };
            let key = format!("databases.{}", planned.alias);
            self.desk
                .record_command(Act::Verify, vec![key.clone()], outcome);
            if tried.is_ok() {
                self.verified.insert(planned.alias.clone(), whole);
            }
            if let Err(refusal) = tried {
                let (Refusal::Refused(phrase) | Refusal::Untried(phrase)) = refusal;
                return Err(Outcome::Refused {
                    name: outcome,
                    phrase: format!("`{key}`: {phrase}"),
                    is_waiting: true,
                });
            }
        }
        Ok(())
    }

    async fn try_out(
        &self,
        session: &mut Session<'_>,
        alias: &str,
        database: &Table,
        how: Verify,
    ) -> Result<(), Refusal> {
        let untried = |errors: &[Diagnostic]| Refusal::Untried(phrase(errors));
        let part = match &how {
            Verify::Command { .. } => (*self.plan).clone(),
            Verify::Connect | Verify::None => parts::plan_to_verify(&self.plan, alias),
        };
        let resolved = session
            .resolve(&part, &self.options)
            .await
            .map_err(|errors| untried(&errors))?;
        // What is tried is the password itself, not the file that the driver will have it from.
        let surroundings = Surroundings {
            place: None,
            ..self.surroundings.clone()
        };
        let handover = Handover::new(&part, &resolved, &surroundings, &self.prints)
            .map_err(|errors| untried(&errors))?;
        let mut environment = handover.environment.variables;
        let within = self.options.deadline;
        let program = self.program.clone();
        let (alias, database) = (alias.to_owned(), database.clone());
        let work = move || {
            let tried = match how {
                Verify::Command { command } => verify::by_command(&command, &environment, within),
                Verify::Connect | Verify::None => {
                    environment.retain(|(name, _)| name != crate::render::DATABASES);
                    let python = verify::python(&program, &environment);
                    verify::connect(&python, &alias, &database, &environment, within)
                }
            };
            wipe(environment);
            tried
        };
        tokio::task::spawn_blocking(work)
            .await
            .unwrap_or_else(|_| Err(Refusal::Untried("nuages failed within itself".to_owned())))
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

fn refused(errors: &[Diagnostic]) -> Outcome {
    Outcome::Refused {
        name: "unusable",
        phrase: phrase(errors),
        is_waiting: false,
    }
}

fn unwritten(error: &std::io::Error) -> Outcome {
    Outcome::Refused {
        name: "unwritten",
        phrase: format!("the file for it cannot be written: {error}"),
        is_waiting: false,
    }
}

/// The first of several problems, in one line.
fn phrase(errors: &[Diagnostic]) -> String {
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
