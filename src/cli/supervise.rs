//! `nuages exec --supervise`: resolve, start the command as its init, keep its values fresh, and end as it ends.

use std::{
    ffi::OsString,
    io,
    os::fd::AsFd as _,
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use rustix::process::Signal;

use super::{Exit, Outcome, arguments::Exec, context::Context, exec, output, redact};
use crate::{
    diagnostic::{Class, Diagnostic},
    exec::{
        files,
        parent::Ended,
        supervise::{Early, Event, Launch, Supervisor},
    },
    keep::{
        self, Desk, Inbox, Prepared, Request, Setup, Start,
        handover::{Handover, Surroundings},
        mask::Masking,
        place::Place,
    },
    plan::Plan,
    redact::{Current, Held, TooMany},
    report,
    resolve::{self, Prints},
};

pub(super) fn run(context: &Context, command: &Exec) -> Outcome {
    let early = Early::new().map_err(|error| cannot_catch(context, &error))?;
    let (loaded, plan) = exec::plan(context, command.from_env)?;
    let (program, arguments) = exec::program(context, command)?;
    let directory = exec::files_directory(context, command, &loaded, &plan)?;
    let options = context.resolve_options(directory.clone().filter(|_| plan.has_files()))?;
    let prints = Prints::new().map_err(|_| {
        context.fail(Diagnostic::new(
            Class::Provider,
            "the system has no random numbers",
        ))
    })?;
    let kept = context.resolve_noted(&plan, &loaded, &options, &prints)?;
    let place = match &directory {
        Some(directory) => place(context, &plan, directory)?,
        None => None,
    };
    let surroundings = Surroundings {
        inherited: context.environment.clone(),
        bootstrap: exec::bootstrap(context),
        pristine: command.pristine,
        files: directory,
        place: place.as_ref().map(|place| place.path().to_owned()),
        has_databases_file: keep::has_databases_file(&plan),
    };
    let handover = Handover::new(&plan, &kept.resolved, &surroundings, &prints)
        .map_err(|errors| context.fail_all(&errors, Some(&plan.source)))?;
    exec::tell_environment(context, &handover.environment);
    write(context, &handover, &surroundings, place.as_ref())?;
    let masking = command
        .redact
        .then(|| masking(context, &kept))
        .transpose()?;
    let noted = kept.noted;
    drop((kept.resolved, kept.fetched));
    let plan = Arc::new(plan);
    let (desk, inbox) = Desk::new(Setup {
        plan: Arc::clone(&plan),
        noted: &noted,
        place,
        audit: context.audit(&plan, &loaded)?,
        tell: tell(context),
        manifest: loaded.path.clone(),
        program: program.clone(),
    })
    .map_err(|error| cannot_catch(context, &error))?;
    tell_what_stays(context, &desk);
    let supervisor =
        Supervisor::new(command.kill_after).map_err(|error| cannot_catch(context, &error))?;
    // Only now: what asks us to end in between is either obeyed or handed on.
    drop(early);
    // Nothing of it is held longer than the start needs: its files are wiped here, its variables once they are handed over.
    let (environment, marks) = handover.into_environment();
    let mut kept = Kept {
        supervisor,
        desk,
        program,
        arguments,
        secrets: masking.as_ref().map(|masking| Arc::clone(&masking.current)),
        surroundings,
        held: None,
        held_before: None,
        ending_since: None,
    };
    let first = Prepared {
        variables: environment.variables,
        held: None,
    };
    kept.launch(first, false).map_err(|error| {
        kept.desk.close();
        exec::not_started(context, program, &error)
    })?;
    let start = Start {
        // What the first round has in common holds logins, which nobody needs any more.
        environment: loaded.environment.afresh(),
        options,
        surroundings: kept.surroundings.clone(),
        prints,
        marks,
        masking,
        guests: kept.supervisor.guests(),
        program: program.clone(),
        arguments: arguments.to_vec(),
    };
    if let Err(error) = keep::start(&kept.desk, start) {
        context.note(&format!("warning: nothing is kept fresh: {error}"));
    }
    let desk = Arc::clone(&kept.desk);
    let ended = kept.run(&inbox);
    desk.close();
    let ended = ended.map_err(|error| exec::not_started(context, program, &error))?;
    exec::end(context, &ended)
}

/// The command and all that belongs to it.
struct Kept<'a> {
    supervisor: Supervisor,
    desk: Arc<Desk>,
    program: &'a OsString,
    arguments: &'a [OsString],
    secrets: Option<Arc<Current>>,
    /// What the output of the command is masked of for as long as it runs: the values that it was started with.
    held: Option<Vec<Held>>,
    /// The same of the last command whose files could all be written: a file may still be that one's.
    held_before: Option<Vec<Held>>,
    surroundings: Surroundings,
    /// When it was told to end for a restart.
    ending_since: Option<Instant>,
}

impl Kept<'_> {
    fn launch(&mut self, prepared: Prepared, is_again: bool) -> io::Result<()> {
        let files_of_now = self.secrets.as_ref().map(|secrets| secrets.hold());
        let held = prepared.held.into_iter().chain(files_of_now).collect();
        let before = self.held.replace(held);
        if self.desk.has_unwritten() {
            self.held_before = self.held_before.take().or(before);
        } else {
            self.held_before = None;
        }
        self.supervisor.start(Launch {
            program: self.program,
            arguments: self.arguments,
            environment: prepared.variables,
            secrets: self.secrets.clone(),
        })?;
        let pid = self.supervisor.pid();
        let pid = pid.and_then(|pid| u32::try_from(pid.as_raw_pid()).ok());
        self.desk.started(pid, is_again);
        Ok(())
    }

    /// Keeps the command until it ends, and starts it again where that is asked for.
    fn run(mut self, inbox: &Inbox) -> io::Result<Ended> {
        let mut unsent: Vec<(Signal, Instant)> = Vec::new();
        loop {
            let is_waiting = !unsent.is_empty() || self.desk.has_order();
            let until = is_waiting.then(|| Instant::now() + GLANCE);
            match self.supervisor.wait(until, Some(inbox.wake.as_fd()))? {
                Event::Ended(code) => {
                    let unwritten = self.supervisor.finish();
                    unsent.clear();
                    if self.supervisor.was_told() || !self.start_again()? {
                        return Ok(Ended { code, unwritten });
                    }
                }
                Event::Readable => {
                    if !drain(inbox) {
                        continue;
                    }
                    for request in inbox.requests.try_iter() {
                        match request {
                            Request::Signal(signal) => unsent.push((signal, Instant::now())),
                            Request::Restart => {}
                        }
                    }
                }
                Event::Due => {}
            }
            if self.desk.has_order() {
                self.end_for_restart();
            }
            unsent.retain(|(signal, asked)| !self.tell(*signal, *asked));
        }
    }

    /// Where a restart is wanted, the command is told to end: unless it is ending, or may be, as somebody else wants.
    fn end_for_restart(&mut self) {
        if self.supervisor.is_ending() {
            if let Some(asked) = self.ending_since.filter(|asked| asked.elapsed() > SLOW_END) {
                self.ending_since = None;
                self.desk.note_slow(asked.elapsed());
            }
        } else if !self.supervisor.was_told() {
            self.supervisor.end_for_restart();
            self.ending_since = Some(Instant::now());
        }
    }

    /// Sends a signal, unless the command does not catch it and would end by it; one that has just started may do so yet.
    /// Whether there is nothing more to do.
    fn tell(&mut self, signal: Signal, asked: Instant) -> bool {
        if self.supervisor.catches(signal) == Some(false) {
            let is_late = asked.elapsed() > TIME_TO_CATCH;
            if is_late {
                self.desk.note_uncaught(signal);
            }
            return is_late;
        }
        self.supervisor.send(signal);
        self.desk.signalled();
        true
    }

    /// Files first: the old command is gone, and the new one is to find its own. Whether there was anything to start.
    fn start_again(&mut self) -> io::Result<bool> {
        if !self.desk.has_order() {
            return Ok(false);
        }
        self.supervisor.clear();
        if self.supervisor.was_told() {
            return Ok(false);
        }
        let Some(prepared) = self.desk.prepare(self.surroundings.files.as_deref()) else {
            return Ok(false);
        };
        self.launch(prepared, true)?;
        Ok(true)
    }
}

/// How often a command is looked at that does not catch what it is to be told by.
const GLANCE: Duration = Duration::from_millis(200);

/// A command that takes longer to end for its restart is told of.
const SLOW_END: Duration = Duration::from_secs(30);

/// How long a command may take to catch it.
const TIME_TO_CATCH: Duration = Duration::from_secs(20);

/// Takes what wakes us out of the pipe. Whether there was something.
fn drain(inbox: &Inbox) -> bool {
    let mut bytes = [0_u8; 64];
    // One read: what is left wakes us again.
    rustix::io::read(&inbox.wake, &mut bytes).is_ok_and(|count| count > 0)
}

/// The private directory. Only where something is live is there no going on without it.
fn place(context: &Context, plan: &Plan, directory: &Path) -> Result<Option<Place>, Exit> {
    match Place::make(directory) {
        Ok(place) => Ok(Some(place)),
        Err(error) if plan.is_live() => {
            let title = format!(
                "cannot make a private directory in `{}`",
                directory.display()
            );
            let diagnostic = Diagnostic::new(Class::Provider, title)
                .cause(error.to_string())
                .hint("`--files-dir DIR` chooses another place");
            Err(context.fail(diagnostic))
        }
        Err(error) => {
            if context.global.verbose > 0 {
                context.note(&format!(
                    "warning: `nuages status` will know nothing of this: `{}`: {error}",
                    directory.display()
                ));
            }
            Ok(None)
        }
    }
}

/// The values that its output is masked of, at first.
fn masking(context: &Context, kept: &resolve::Kept) -> Result<Masking, Exit> {
    let (masking, passed_over) =
        Masking::new(&kept.resolved, &kept.fetched).map_err(|TooMany| redact::too_many(context))?;
    redact::tell(context, &passed_over);
    Ok(masking)
}

/// Writes all files, before the command starts.
fn write(
    context: &Context,
    handover: &Handover,
    surroundings: &Surroundings,
    place: Option<&Place>,
) -> Outcome {
    if let Some(directory) = surroundings
        .files
        .as_ref()
        .filter(|_| !handover.files.is_empty())
    {
        files::write(directory, &handover.files).map_err(|error| context.fail(*error))?;
    }
    let Some(place) = place else { return Ok(()) };
    let modules = handover.modules();
    let modules = modules.map(|(name, text)| place.write(&name, text.as_bytes()));
    let files = handover.live.iter().flat_map(|live| &live.files);
    let files = files.map(|(name, content)| place.write(name, content.expose()));
    let written: io::Result<()> = modules.chain(files).collect();
    written.map_err(|error| {
        let title = format!(
            "cannot write what drivers read to `{}`",
            place.path().display()
        );
        context.fail(
            Diagnostic::new(Class::Provider, title)
                .cause(error.to_string())
                .hint("`--files-dir DIR` chooses another place"),
        )
    })
}

/// Lines for who reads the log, unless `--quiet`.
fn tell(context: &Context) -> keep::Tell {
    let is_quiet = context.global.quiet;
    Box::new(move |text| {
        if !is_quiet {
            // A store names versions, and what it says may be told: no part of that moves the cursor.
            output::error_line(&format!("nuages: {}", report::visible(text)));
        }
    })
}

/// Values that nothing will bring to the command when they change.
fn tell_what_stays(context: &Context, desk: &Desk) {
    for line in desk.stale_ahead() {
        context.note(&line);
    }
}

fn cannot_catch(context: &Context, error: &io::Error) -> Exit {
    let title = "cannot supervise";
    context.fail(Diagnostic::new(Class::Usage, title).cause(error.to_string()))
}
