//! What the threads of a supervisor share: what is known of the secrets, of the command, and what is asked of whom.

use std::{
    ffi::OsString,
    io::{self, PipeReader, PipeWriter, Write as _},
    path::Path,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
    time::{Duration, SystemTime},
};

use rustix::process::Signal;

use super::{
    Order, Prepared, Request,
    handover::Live,
    ledger::{Entry, Ledger},
    parts::{Part, reached},
    place::Place,
    unwritten::Unwritten,
};
use crate::{
    audit::{Act, Audit, Record},
    diagnostic::Diagnostic,
    plan::{Plan, SlotId},
    resolve::{Noted, ResolvedFile},
};

/// The command, as far as it is told of.
#[derive(Clone, Debug)]
pub(crate) struct Running {
    pub(crate) program: OsString,
    pub(crate) pid: Option<u32>,
    pub(crate) started: SystemTime,
    pub(crate) restarts: u32,
}

/// A line for the person who reads the log.
pub(crate) type Tell = Box<dyn Fn(&str) + Send + Sync>;

/// What the threads of a supervisor share.
pub(crate) struct Desk {
    pub(super) ledger: Mutex<Ledger>,
    pub(super) running: Mutex<Running>,
    pub(super) place: Option<Place>,
    /// What the command is started again with, once it has ended.
    pub(super) order: Mutex<Option<Box<Order>>>,
    /// What its last start could not write. Locked after the order.
    pub(super) unwritten: Mutex<Unwritten>,
    pub(super) audit: Option<Audit>,
    pub(super) has_told_audit: AtomicBool,
    pub(super) tell: Tell,
    pub(super) requests: Mutex<mpsc::Sender<Request>>,
    pub(super) wake: PipeWriter,
    pub(super) manifest: std::path::PathBuf,
    pub(super) plan: Arc<Plan>,
    pub(super) profiles: Vec<String>,
    pub(super) started: SystemTime,
}

/// What the supervisor hears from the keeper.
pub(crate) struct Inbox {
    pub(crate) requests: mpsc::Receiver<Request>,
    /// Has something to read when there is a request.
    pub(crate) wake: PipeReader,
}

/// A lock whose content no panic leaves half done.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What a desk is set up with.
pub(crate) struct Setup<'a> {
    pub(crate) plan: Arc<Plan>,
    pub(crate) noted: &'a [(SlotId, Noted)],
    pub(crate) place: Option<Place>,
    pub(crate) audit: Option<Audit>,
    pub(crate) tell: Tell,
    pub(crate) manifest: std::path::PathBuf,
    pub(crate) program: OsString,
}

impl Desk {
    /// Sets up what the threads share.
    ///
    /// # Errors
    /// Where no pipe can be made.
    pub(crate) fn new(setup: Setup<'_>) -> io::Result<(Arc<Self>, Inbox)> {
        let (requests, inbox) = mpsc::channel();
        let (reader, wake) = io::pipe()?;
        let now = SystemTime::now();
        let desk = Self {
            ledger: Mutex::new(Ledger::new(&setup.plan, setup.noted)),
            running: Mutex::new(Running {
                program: setup.program,
                pid: None,
                started: now,
                restarts: 0,
            }),
            place: setup.place,
            order: Mutex::new(None),
            unwritten: Mutex::default(),
            audit: setup.audit,
            has_told_audit: AtomicBool::new(false),
            tell: setup.tell,
            requests: Mutex::new(requests),
            wake,
            manifest: setup.manifest,
            profiles: setup.plan.profiles.clone(),
            plan: setup.plan,
            started: now,
        };
        let inbox = Inbox {
            requests: inbox,
            wake: reader,
        };
        Ok((Arc::new(desk), inbox))
    }

    /// Replaces the files of a live database. Where they wait to be written for a restart, they are replaced there alone: they
    /// go with another login than the command has that runs. Whether they were written.
    pub(super) fn replace_live(&self, live: &Live) -> io::Result<bool> {
        let mut order = lock(&self.order);
        let mut waiting = order.iter_mut().flat_map(|order| &mut order.live);
        if let Some(waiting) = waiting.find(|waiting| waiting.alias == live.alias) {
            waiting.clone_from(live);
            return Ok(false);
        }
        self.write_live(live)?;
        self.is_written(&[Part::Live(live.alias.clone())]);
        Ok(true)
    }

    /// Replaces files of `[files]`, in the same way.
    pub(super) fn replace_files(
        &self,
        directory: &Path,
        files: &[ResolvedFile],
    ) -> Result<(), Box<Diagnostic>> {
        let mut order = lock(&self.order);
        crate::exec::files::write(directory, files)?;
        for file in files {
            let waiting = order.iter_mut().flat_map(|order| &mut order.files);
            for old in waiting.filter(|have| have.path == file.path) {
                old.content.clone_from(&file.content);
            }
        }
        let parts = files.iter().map(|file| Part::File(file.path.clone()));
        self.is_written(&parts.collect::<Vec<_>>());
        Ok(())
    }

    /// What a start could not write is not to be written any more: something newer is there.
    fn is_written(&self, parts: &[Part]) {
        let mut unwritten = lock(&self.unwritten);
        if !unwritten.is_empty() {
            for part in parts {
                unwritten.forget(part);
            }
            self.settle_written(&mut unwritten);
        }
    }

    /// Has the command started again with this.
    pub(super) fn order(&self, mut order: Order) {
        let mut waiting = lock(&self.order);
        // What an earlier order was to write goes with this start.
        for live in waiting.take().into_iter().flat_map(|earlier| earlier.live) {
            if !order.live.iter().any(|have| have.alias == live.alias) {
                order.live.push(live);
            }
        }
        *waiting = Some(Box::new(order));
        drop(waiting);
        self.ask(Request::Restart);
    }

    /// Whether there is something to start the command again with.
    pub(crate) fn has_order(&self) -> bool {
        lock(&self.order).is_some()
    }

    /// Writes the files for the next start, and gives the rest of it; nothing where none was ordered. The old command is gone:
    /// one with the file of before is better than none.
    pub(crate) fn prepare(&self, directory: Option<&Path>) -> Option<Prepared> {
        let mut waiting = lock(&self.order);
        let order = *waiting.take()?;
        let mut unwritten = lock(&self.unwritten);
        unwritten.add(order.files, order.live, order.noted);
        self.write_all(&mut unwritten, directory);
        self.settle_written(&mut unwritten);
        Some(Prepared {
            variables: order.environment.variables,
            held: order.held,
        })
    }

    /// Writes the files of a live database.
    pub(super) fn write_live(&self, live: &Live) -> io::Result<()> {
        let place = self.place.as_ref();
        let place = place.ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))?;
        let mut files = live.files.iter();
        files.try_for_each(|(name, content)| place.write(name, content.expose()))
    }

    /// The command is no more, and nothing is kept.
    pub(crate) fn close(&self) {
        if let Some(place) = &self.place {
            place.remove();
        }
    }

    /// The command has been told.
    pub(crate) fn signalled(&self) {
        self.record_command(Act::Signal, Vec::new(), Record::OK);
    }

    /// The command has been started.
    pub(crate) fn started(&self, pid: Option<u32>, is_again: bool) {
        let mut running = lock(&self.running);
        running.pid = pid;
        running.started = SystemTime::now();
        running.restarts += u32::from(is_again);
        drop(running);
        if is_again {
            self.record_command(Act::Restart, Vec::new(), Record::OK);
        }
    }

    /// Lines about what will go stale in the command: tokens in its environment that nothing replaces, and live databases
    /// whose password is never looked at again.
    pub(crate) fn stale_ahead(&self) -> Vec<String> {
        let mut lines = Vec::new();
        let restarts = self.plan.upkeep.on_change == crate::manifest::OnChange::Restart;
        for entry in &self.ledger().entries {
            let keys = crate::suggest::list(&entry.keys);
            let parts = reached(&self.plan, &[entry.slot]);
            if entry.expires.is_some() && parts.contains(&Part::Environment) && !restarts {
                lines.push(format!(
                    "warning: {keys} expires while the command runs, and its environment cannot be changed: \
                     `live = true` or `[supervise] on_change = \"restart\"` brings a newer value"
                ));
            }
            let is_live = parts.iter().any(|part| matches!(part, Part::Live(_)));
            if is_live && entry.next().is_none() && self.can_refresh(entry) {
                lines.push(format!(
                    "warning: {keys} is not looked at again: `[providers.{}]` has no `refresh`",
                    entry.instance
                ));
            }
        }
        lines
    }

    /// The command takes its time to end.
    pub(crate) fn note_slow(&self, so_far: Duration) {
        self.tell(&format!(
            "warning: the command was told to end {} s ago, to be started again, and still runs: `--kill-after` gives it a limit",
            so_far.as_secs()
        ));
    }

    /// The command would end by a signal that was to tell it something.
    pub(crate) fn note_uncaught(&self, signal: Signal) {
        self.record_command(Act::Signal, Vec::new(), "uncaught");
        let name = crate::manifest::signal_name(signal).unwrap_or("that signal");
        self.tell(&format!(
            "warning: the command does not catch {name}, and is not told of the change: {name} would end it"
        ));
    }

    /// Whether there is a `refresh` to be asked for: a provider that needs no instance, and reads what is on this machine,
    /// gives what cannot change while we run.
    pub(super) fn can_refresh(&self, entry: &Entry) -> bool {
        let instance = &self.plan.instances[entry.slot.instance];
        instance.span.is_some() || !instance.descriptor.capabilities.offline
    }

    pub(super) fn ledger(&self) -> MutexGuard<'_, Ledger> {
        lock(&self.ledger)
    }

    pub(super) fn tell(&self, text: &str) {
        (self.tell)(text);
    }

    /// Asks the supervisor.
    pub(super) fn ask(&self, request: Request) {
        // Whoever supervises no more needs no telling.
        if lock(&self.requests).send(request).is_ok() {
            let _ = (&self.wake).write_all(b".");
        }
    }

    pub(super) fn record(&self, act: Act, entry: &Entry, noted: &Noted, outcome: &str) {
        let (version, expires) = match noted {
            Noted::Present {
                version, expires, ..
            } => (version.clone(), *expires),
            Noted::Absent | Noted::Failed { .. } => (None, None),
        };
        self.audit(&Record {
            act,
            keys: entry.keys.clone(),
            instance: Some(entry.instance.clone()),
            provider: Some(entry.provider.to_owned()),
            locator: Some(entry.locator.clone()),
            version,
            expires,
            outcome: outcome.to_owned(),
        });
    }

    /// What was done with the command, for these keys.
    pub(super) fn record_command(&self, act: Act, keys: Vec<String>, outcome: &str) {
        self.audit(&Record::of_command(act, keys, outcome));
    }

    pub(super) fn audit(&self, record: &Record) {
        if let Some(audit) = &self.audit
            && let Err(error) = audit.write(std::slice::from_ref(record))
            && !self.has_told_audit.swap(true, Ordering::Relaxed)
        {
            self.tell(&format!(
                "warning: the audit log cannot be written: {error}"
            ));
        }
    }
}
