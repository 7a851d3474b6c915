//! Values that stay fresh under a command that runs: looked at again before they expire and as often as the manifest says,
//! brought to the command in the way that each of them can be, and told of without being shown.
//!
//! A thread of its own asks the providers ([`keeper`]) and writes the files that drivers read; whoever supervises the
//! command does what it is asked to ([`Request`]). Values are held only while they are on their way: what is kept of them
//! is a keyed print ([`ledger`]).

mod bring;
pub(crate) mod handover;
mod keeper;
mod ledger;
pub(crate) mod mask;
mod parts;
pub(crate) mod place;
mod restart;
mod schedule;
mod status;
mod trial;
mod verify;

use std::{
    ffi::{OsStr, OsString},
    io::{self, PipeReader, PipeWriter, Write as _},
    path::Path,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
    thread,
    time::{Duration, SystemTime},
};

use nuages_provider::Environment;
use rustix::process::Signal;

use self::{
    handover::{Handover, Surroundings},
    keeper::Keeper,
    ledger::{Entry, Ledger},
    mask::Masking,
    place::Place,
};
use crate::{
    audit::{Act, Audit, Record},
    diagnostic::Diagnostic,
    exec::{child::ChildEnvironment, supervise::Guests},
    plan::{Plan, SlotId},
    resolve::{Bytes, Noted, Options, Prints, ResolvedFile},
};

/// What the supervisor is asked to do.
pub(crate) enum Request {
    /// Send the command a signal.
    Signal(Signal),
    /// End the command, and start it again with the order that lies on the desk.
    Restart,
}

/// An environment: names and values.
pub(crate) type Variables = Vec<(OsString, OsString)>;

/// What the command is started again with.
struct Order {
    environment: ChildEnvironment,
    /// `[files]`.
    files: Vec<ResolvedFile>,
    /// What the command has then.
    noted: Vec<(SlotId, Noted)>,
    /// Files of the private directory.
    live: Vec<(String, Bytes)>,
}

impl Handover {
    /// What there is to write and to start with.
    fn into_order(self, noted: Vec<(SlotId, Noted)>) -> Order {
        Order {
            noted,
            environment: self.environment,
            files: self.files,
            live: self.live.into_iter().flat_map(|live| live.files).collect(),
        }
    }
}

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
    ledger: Mutex<Ledger>,
    running: Mutex<Running>,
    place: Option<Place>,
    /// What the command is started again with, once it has ended.
    order: Mutex<Option<Box<Order>>>,
    audit: Option<Audit>,
    has_told_audit: AtomicBool,
    tell: Tell,
    requests: Mutex<mpsc::Sender<Request>>,
    wake: PipeWriter,
    manifest: std::path::PathBuf,
    plan: Arc<Plan>,
    profiles: Vec<String>,
    started: SystemTime,
}

/// What the supervisor hears from the keeper.
pub(crate) struct Inbox {
    pub(crate) requests: mpsc::Receiver<Request>,
    /// Has something to read when there is a request.
    pub(crate) wake: PipeReader,
}

/// A lock whose content no panic leaves half done.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
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

    /// Replaces the files of a live database. What waits to be written for a restart is no newer than this.
    fn replace_live(&self, files: &[(String, Bytes)]) -> io::Result<()> {
        let mut order = lock(&self.order);
        for (name, content) in files {
            self.write(name, content.expose())?;
            let waiting = order.iter_mut().flat_map(|order| &mut order.live);
            for (_, old) in waiting.filter(|(have, _)| have == name) {
                old.clone_from(content);
            }
        }
        Ok(())
    }

    /// Replaces files of `[files]`, in the same way.
    fn replace_files(
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
        Ok(())
    }

    /// Has the command started again with this.
    fn order(&self, order: Order) {
        *lock(&self.order) = Some(Box::new(order));
        self.ask(Request::Restart);
    }

    /// Whether there is something to start the command again with.
    pub(crate) fn has_order(&self) -> bool {
        lock(&self.order).is_some()
    }

    /// Writes the files for the next start, and gives its environment; nothing where none was ordered.
    pub(crate) fn prepare(&self, directory: Option<&Path>) -> Option<Variables> {
        let mut order = lock(&self.order);
        let order = order.take()?;
        let files = directory.filter(|_| !order.files.is_empty());
        let written = files.map_or(Ok(()), |directory| {
            crate::exec::files::write(directory, &order.files)
                .map_err(|error| error.causes.first().unwrap_or(&error.title).clone())
        });
        let mut live = order.live.iter();
        let written = written.and_then(|()| {
            live.try_for_each(|(name, content)| self.write(name, content.expose()))
                .map_err(|error| error.to_string())
        });
        // The old command is gone: one with the file of before is better than none.
        if let Err(cause) = written {
            self.tell(&format!(
                "warning: the command starts with files of before: they cannot be written: {cause}"
            ));
        } else {
            let mut ledger = self.ledger();
            for (slot, noted) in &order.noted {
                let is_news = ledger.accept(*slot, noted);
                let entry = ledger.get(*slot).filter(|_| is_news).cloned();
                if let Some(entry) = entry {
                    self.record(Act::Swap, &entry, noted, Record::OK);
                }
            }
        }
        Some(order.environment.variables)
    }

    /// Writes a file of the private directory.
    fn write(&self, name: &str, content: &[u8]) -> io::Result<()> {
        match &self.place {
            Some(place) => place.write(name, content),
            None => Err(io::Error::from(io::ErrorKind::NotFound)),
        }
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
        use parts::{Part, reached};
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
    fn can_refresh(&self, entry: &Entry) -> bool {
        let instance = &self.plan.instances[entry.slot.instance];
        instance.span.is_some() || !instance.descriptor.capabilities.offline
    }

    fn ledger(&self) -> MutexGuard<'_, Ledger> {
        lock(&self.ledger)
    }

    fn tell(&self, text: &str) {
        (self.tell)(text);
    }

    /// Asks the supervisor.
    fn ask(&self, request: Request) {
        // Whoever supervises no more needs no telling.
        if lock(&self.requests).send(request).is_ok() {
            let _ = (&self.wake).write_all(b".");
        }
    }

    fn record(&self, act: Act, entry: &Entry, noted: &Noted, outcome: &str) {
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
    fn record_command(&self, act: Act, keys: Vec<String>, outcome: &str) {
        self.audit(&Record::of_command(act, keys, outcome));
    }

    fn audit(&self, record: &Record) {
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

/// What a keeper starts with.
pub(crate) struct Start {
    pub(crate) environment: Environment,
    pub(crate) options: Options,
    pub(crate) surroundings: Surroundings,
    pub(crate) prints: Prints,
    pub(crate) marks: handover::Marks,
    /// Where the command's output is masked.
    pub(crate) masking: Option<Masking>,
    pub(crate) guests: Guests,
    pub(crate) program: OsString,
    pub(crate) arguments: Vec<OsString>,
}

/// Starts the threads: one that keeps, one that answers who asks for the state.
///
/// # Errors
/// Where no thread can be started.
pub(crate) fn start(desk: &Arc<Desk>, start: Start) -> io::Result<()> {
    if let Err(error) = status::serve(desk) {
        desk.tell(&format!(
            "warning: `nuages status` will know nothing of this: {error}"
        ));
    }
    if desk.ledger().is_idle() {
        return Ok(());
    }
    let is_preloaded = is_preloaded(&start.program, &start.arguments, &start.surroundings);
    let keeper = Keeper {
        plan: Arc::clone(&desk.plan),
        environment: start.environment,
        options: start.options,
        surroundings: start.surroundings,
        prints: start.prints,
        marks: start.marks,
        masking: start.masking,
        desk: Arc::clone(desk),
        guests: start.guests,
        program: start.program,
        is_preloaded,
        failed_restarts: 0,
        verified: std::collections::BTreeMap::new(),
        must_restart: false,
    };
    thread::Builder::new()
        .name("nuages-keep".to_owned())
        .spawn(move || keeper.run())?;
    Ok(())
}

/// Whether this is gunicorn with `--preload`: its master imports the project once, so that HUP starts workers that have
/// the settings of before (gunicorn's documentation, "FAQ: Why are my workers not reloaded").
fn is_preloaded(program: &OsStr, arguments: &[OsString], surroundings: &Surroundings) -> bool {
    let words: Vec<&str> = arguments.iter().filter_map(|word| word.to_str()).collect();
    let name = std::path::Path::new(program)
        .file_name()
        .unwrap_or_default();
    let is_gunicorn = name == "gunicorn" || words.iter().any(|word| word.ends_with("gunicorn"));
    let variable = surroundings.inherited.text("GUNICORN_CMD_ARGS");
    let by_variable = variable.is_some_and(|text| text.split_whitespace().any(is_option));
    is_gunicorn && (by_variable || words.iter().any(|word| is_option(word)))
}

fn is_option(word: &str) -> bool {
    word == "--preload"
}
