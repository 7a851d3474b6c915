//! The command as a child, where something is to be done with what it writes: we stay, hand on every signal, and end as it
//! ends.
//!
//! Each stream has a thread, which may wait for its reader as long as it likes; signals and the child's end are met here.

use std::{
    ffi::{OsStr, OsString},
    io::{self, PipeReader, PipeWriter},
    os::{
        fd::{AsFd, OwnedFd},
        unix::{
            ffi::OsStringExt as _,
            process::{CommandExt as _, ExitStatusExt as _},
        },
    },
    process::{Child, Command, ExitStatus, Stdio},
    sync::{Arc, mpsc},
    thread,
};

use rustix::{
    event::{PollFd, PollFlags, poll},
    process::Signal,
    termios::isatty,
};
use zeroize::Zeroize as _;

use super::{
    pump::Pump,
    signals::{Arrived, Signals, is_ending, send},
    terminal::{self, Terminal},
};
use crate::redact::{Redactor, Secrets};

/// How the command ended.
#[derive(Debug)]
pub struct Ended {
    /// Its exit code; 128 and the signal's number where a signal ended it.
    pub code: u8,
    /// Why some of what it wrote could not be passed on. A reader that has gone away is no such reason.
    pub unwritten: Option<io::Error>,
}

/// Runs the command with exactly this environment and masks what it writes to standard output and standard error, each by
/// itself. Where ours are a terminal, the command has one too. The environment is wiped once the command has it.
///
/// Processes that outlive the command are not waited for: what lies in the pipe at its end is passed on, and no more.
///
/// # Errors
/// Where it cannot be started: [`super::exit_code`].
pub fn run_masked(
    program: &OsStr,
    arguments: &[OsString],
    environment: Vec<(OsString, OsString)>,
    secrets: Secrets,
) -> io::Result<Ended> {
    let mut signals = Signals::catch()?;
    let mut command = Command::new(program);
    command
        .args(arguments)
        .env_clear()
        .envs(environment.iter().map(|(name, value)| (name, value)));
    let streams = start(command, false);
    wipe(environment);
    let mut running = streams?;
    let (done, all_done) = io::pipe()?;
    let secrets = Arc::new(secrets);
    let failures = running.start_pumps(|| Redactor::new(&secrets), &all_done)?;
    drop(all_done);
    let status = running.wait(&mut signals)?;
    let (unwritten, _) = running.drain(&mut signals, &done, &failures);
    Ok(Ended {
        code: exit_code(status),
        unwritten,
    })
}

/// Overwrites the values that a command has been handed.
pub(crate) fn wipe(environment: Vec<(OsString, OsString)>) {
    for (_, value) in environment {
        value.into_vec().zeroize();
    }
}

/// The command, and where its output comes from.
pub(super) struct Running {
    pub(super) child: Child,
    pub(super) terminal: Option<Terminal>,
    streams: Vec<Stream>,
    /// Closed at the child's end: the pumps stop then.
    alive: Option<PipeWriter>,
    ending: PipeReader,
}

/// One stream from the command to us.
struct Stream {
    from: OwnedFd,
    to: OwnedFd,
    is_terminal: bool,
}

/// Starts the command on pipes, or on a terminal of its own for those of our streams that are one; there it leads a session
/// of its own, else with `own_group` a process group.
pub(super) fn start(mut command: Command, own_group: bool) -> io::Result<Running> {
    let (input, output, error) = (
        rustix::stdio::stdin(),
        rustix::stdio::stdout(),
        rustix::stdio::stderr(),
    );
    let ours = [output, error].into_iter().find(|stream| isatty(stream));
    let (ending, alive) = io::pipe()?;
    let mut streams = Vec::new();
    let (child, terminal) = if let Some(ours) = ours {
        let with_input = terminal::is_ours(input);
        let (terminal, end) = Terminal::new(ours.try_clone_to_owned()?, with_input)?;
        streams.push(Stream {
            from: terminal.side()?.into(),
            to: ours.try_clone_to_owned()?,
            is_terminal: true,
        });
        let mut command = pty_process::blocking::Command::from(command);
        if !with_input {
            command = command.stdin(Stdio::inherit());
        }
        if !isatty(output) {
            command = command.stdout(Stdio::piped());
        }
        if !isatty(error) {
            command = command.stderr(Stdio::piped());
        }
        let child = command.spawn(end).map_err(terminal::into_io)?;
        if with_input {
            let (input, to) = (input.try_clone_to_owned()?, terminal.side()?);
            // Never waited for: it may be waiting for a key.
            thread::spawn(move || terminal::pass_input(input, to));
        }
        (child, Some(terminal))
    } else {
        if own_group {
            command.process_group(0);
        }
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        (command.spawn()?, None)
    };
    let mut running = Running {
        child,
        terminal,
        streams,
        alive: Some(alive),
        ending,
    };
    running.take_pipes(output.as_fd(), error.as_fd())?;
    Ok(running)
}

impl Running {
    fn take_pipes(&mut self, output: impl AsFd, error: impl AsFd) -> io::Result<()> {
        let pipes = [
            (
                self.child.stdout.take().map(OwnedFd::from),
                output.as_fd().try_clone_to_owned()?,
            ),
            (
                self.child.stderr.take().map(OwnedFd::from),
                error.as_fd().try_clone_to_owned()?,
            ),
        ];
        for (from, to) in pipes {
            if let Some(from) = from {
                self.streams.push(Stream {
                    from,
                    to,
                    is_terminal: false,
                });
            }
        }
        Ok(())
    }

    /// A thread for each stream, with a redactor of its own. `done` hangs up when the last of them has ended.
    pub(super) fn start_pumps(
        &mut self,
        redactor: impl Fn() -> Redactor,
        done: &PipeWriter,
    ) -> io::Result<mpsc::Receiver<io::Error>> {
        let (failed, failures) = mpsc::channel();
        for stream in self.streams.drain(..) {
            let pump = Pump {
                from: stream.from.into(),
                to: stream.to.into(),
                until: Some(self.ending.try_clone()?),
                is_watched: stream.is_terminal,
                is_terminal: stream.is_terminal,
            };
            let redactor = redactor();
            let (failed, done) = (failed.clone(), done.try_clone()?);
            thread::spawn(move || {
                if let Err(error) = pump.run(redactor) {
                    let _ = failed.send(error);
                }
                drop(done);
            });
        }
        Ok(failures)
    }

    /// Hands on signals until the command has ended.
    fn wait(&mut self, signals: &mut Signals) -> io::Result<ExitStatus> {
        loop {
            if let Some(status) = self.child.try_wait()? {
                return Ok(status);
            }
            // Interrupted or ready: what has arrived tells.
            let _ = poll(
                &mut [PollFd::new(signals.descriptor(), PollFlags::IN)],
                None,
            );
            for arrived in signals.arrived() {
                if let Arrived::Signal(signal, is_sent) = arrived {
                    self.hand_on(signal, is_sent);
                }
            }
        }
    }

    fn hand_on(&mut self, signal: Signal, is_sent: bool) {
        match &mut self.terminal {
            // The terminal told the command's whole group, and that is ours.
            None if !is_sent => return,
            // The command is told by its own terminal.
            Some(terminal) if signal == Signal::WINCH && !is_sent => {
                terminal.resize();
                return;
            }
            Some(terminal) if signal == Signal::CONT => {
                terminal.make_raw();
                terminal.resize();
            }
            _ => {}
        }
        send(&self.child, signal);
    }

    /// Lets the pumps pass on what is left. A reader that takes nothing is waited for, as the command would have waited; a
    /// signal to end is obeyed.
    pub(super) fn drain(
        mut self,
        signals: &mut Signals,
        done: &PipeReader,
        failures: &mpsc::Receiver<io::Error>,
    ) -> (Option<io::Error>, bool) {
        drop(self.alive.take());
        let is_told = loop {
            let mut polled = [
                PollFd::new(done, PollFlags::IN),
                PollFd::new(signals.descriptor(), PollFlags::IN),
            ];
            let is_done = poll(&mut polled, None).is_ok() && !polled[0].revents().is_empty();
            let is_told = signals
                .arrived()
                .iter()
                .any(|arrived| matches!(arrived, Arrived::Signal(signal, _) if is_ending(*signal)));
            if is_done || is_told {
                break is_told;
            }
        };
        let mut failures = failures.try_iter();
        let unwritten = failures.find(|error| error.kind() != io::ErrorKind::BrokenPipe);
        (unwritten, is_told)
    }
}

fn exit_code(status: ExitStatus) -> u8 {
    let code = status
        .code()
        .or_else(|| status.signal().map(|signal| 128 + signal));
    code.and_then(|code| u8::try_from(code).ok()).unwrap_or(1)
}
