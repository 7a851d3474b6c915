//! The command while it runs: its process, its group, and the threads that mask its output.

use std::{
    io::{self, PipeReader},
    process::Command,
    sync::{Arc, mpsc},
};

use rustix::process::{Pid, Signal, kill_process, kill_process_group};

use super::{Launch, spawn::spawn};
use crate::{
    exec::{
        parent::{Running, start, wipe},
        signals::Signals,
    },
    redact::{Current, Redactor},
};

pub(super) struct Kept {
    pid: Pid,
    /// Its group has its own number; else it is in ours.
    own_group: bool,
    /// Where its output is masked.
    output: Option<Output>,
    has_ended: bool,
}

struct Output {
    running: Running,
    done: PipeReader,
    failures: mpsc::Receiver<io::Error>,
}

impl Kept {
    pub(super) fn start(launch: Launch<'_>, own_group: bool) -> io::Result<Self> {
        let Launch {
            program,
            arguments,
            environment,
            secrets,
        } = launch;
        let started = if let Some(secrets) = secrets {
            let mut command = Command::new(program);
            command
                .args(arguments)
                .env_clear()
                .envs(environment.iter().map(|(name, value)| (name, value)));
            start_masked(command, &secrets, own_group)
        } else {
            spawn(program, arguments, &environment, own_group).map(|pid| (pid, own_group, None))
        };
        wipe(environment);
        let (pid, own_group, output) = started?;
        Ok(Self {
            pid,
            own_group,
            output,
            has_ended: false,
        })
    }

    pub(super) fn pid(&self) -> Pid {
        self.pid
    }

    /// Its number, as long as that is nobody else's.
    pub(super) fn living(&self) -> Option<Pid> {
        (!self.has_ended).then_some(self.pid)
    }

    pub(super) fn ended(&mut self) {
        self.has_ended = true;
    }

    pub(super) fn has_own_group(&self) -> bool {
        self.own_group
    }

    /// Whether it has our terminal, if there is one, rather than one that we have made for it.
    pub(super) fn shares_terminal(&self) -> bool {
        let output = self.output.as_ref();
        output.is_none_or(|output| output.running.terminal.is_none())
    }

    pub(super) fn send(&self, signal: Signal) {
        if let Some(pid) = self.living() {
            // One that has just ended is no failure, here and below.
            let _ = kill_process(pid, signal);
        }
    }

    pub(super) fn send_to_group(&self, signal: Signal) {
        match self.living() {
            Some(pid) if self.own_group => {
                let _ = kill_process_group(pid, signal);
            }
            _ => self.send(signal),
        }
    }

    pub(super) fn kill(&self) {
        // A group of its own that it has left is not there.
        self.send_to_group(Signal::KILL);
        self.send(Signal::KILL);
    }

    /// Where it has a terminal that we have made, that follows ours. Whether the command is told by that already.
    pub(super) fn adjust_terminal(&mut self, signal: Signal, is_sent: bool) -> bool {
        let output = self.output.as_mut();
        let Some(terminal) = output.and_then(|output| output.running.terminal.as_mut()) else {
            return false;
        };
        if signal == Signal::CONT {
            terminal.make_raw();
            terminal.resize();
        }
        if signal == Signal::WINCH && !is_sent {
            terminal.resize();
            return true;
        }
        false
    }

    pub(super) fn finish(self, signals: &mut Signals) -> (Option<io::Error>, bool) {
        let Some(output) = self.output else {
            return (None, false);
        };
        output
            .running
            .drain(signals, &output.done, &output.failures)
    }
}

/// The values stay with the threads that mask them.
fn start_masked(
    command: Command,
    secrets: &Arc<Current>,
    own_group: bool,
) -> io::Result<(Pid, bool, Option<Output>)> {
    let mut running = start(command, own_group)?;
    let (done, all_done) = io::pipe()?;
    let failures = running.start_pumps(|| Redactor::following(secrets), &all_done)?;
    let raw = i32::try_from(running.child.id()).ok();
    let pid = raw
        .and_then(Pid::from_raw)
        .ok_or_else(|| io::Error::other("a process without a number"))?;
    let own_group = own_group || running.terminal.is_some();
    let output = Output {
        running,
        done,
        failures,
    };
    Ok((pid, own_group, Some(output)))
}
