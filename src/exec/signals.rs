//! Signals that reach a parent: which of them the command is to get as well.
//!
//! A terminal sends its signals to a whole process group, so a command in our group has them already; what a process
//! sends, it sends to us alone.

use std::{io, os::unix::net::UnixStream};

use rustix::process::{Pid, Signal, kill_process};
use signal_hook::{
    consts::signal,
    iterator::{backend::SignalDelivery, exfiltrator::WithOrigin},
    low_level::siginfo::Cause,
};

/// What is handed on to the command. The rest is either about ourselves or cannot be caught.
const FORWARDED: [(i32, Signal); 10] = [
    (signal::SIGTERM, Signal::TERM),
    (signal::SIGINT, Signal::INT),
    (signal::SIGHUP, Signal::HUP),
    (signal::SIGQUIT, Signal::QUIT),
    (signal::SIGUSR1, Signal::USR1),
    (signal::SIGUSR2, Signal::USR2),
    (signal::SIGWINCH, Signal::WINCH),
    (signal::SIGTTIN, Signal::TTIN),
    (signal::SIGTTOU, Signal::TTOU),
    (signal::SIGCONT, Signal::CONT),
];

/// Signals that end a parent whose command has ended already.
const ENDING: [Signal; 4] = [Signal::TERM, Signal::INT, Signal::HUP, Signal::QUIT];

pub(super) struct Signals(SignalDelivery<UnixStream, WithOrigin>);

/// What has reached us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Arrived {
    /// A child has changed its state.
    Child,
    /// A signal, and whether a process sent it rather than the terminal.
    Signal(Signal, bool),
}

impl Signals {
    /// Catches them from now on: before the command starts, or one that comes at once is lost. What we were started to
    /// ignore (`nohup`) stays ignored, for us and for the command.
    pub(super) fn catch() -> io::Result<Self> {
        let (read, write) = UnixStream::pair()?;
        let ignored = ignored();
        let caught = FORWARDED
            .iter()
            .map(|(number, _)| *number)
            .filter(|number| ignored >> (number - 1) & 1 == 0)
            .chain([signal::SIGCHLD]);
        SignalDelivery::with_pipe(read, write, WithOrigin::default(), caught).map(Self)
    }

    /// Becomes readable when something has arrived.
    pub(super) fn descriptor(&self) -> &UnixStream {
        self.0.get_read()
    }

    pub(super) fn arrived(&mut self) -> Vec<Arrived> {
        let pending = self.0.pending();
        pending
            .filter_map(|origin| {
                if origin.signal == signal::SIGCHLD {
                    return Some(Arrived::Child);
                }
                let known = FORWARDED
                    .iter()
                    .find(|(number, _)| *number == origin.signal);
                let is_sent = matches!(origin.cause, Cause::Sent(_));
                known.map(|(_, signal)| Arrived::Signal(*signal, is_sent))
            })
            .collect()
    }
}

pub(super) fn is_ending(signal: Signal) -> bool {
    ENDING.contains(&signal)
}

/// Hands a signal on to a child that has not been waited for: its number is no other process's then.
pub(super) fn send(child: &std::process::Child, signal: Signal) {
    if let Some(pid) = i32::try_from(child.id()).ok().and_then(Pid::from_raw) {
        // A child that has just ended is no failure.
        let _ = kill_process(pid, signal);
    }
}

/// The signals that are ignored, one bit each, the lowest for signal 1. Only Linux tells; elsewhere none counts as ignored.
fn ignored() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    status
        .lines()
        .find_map(|line| line.strip_prefix("SigIgn:"))
        .and_then(|bits| u64::from_str_radix(bits.trim(), 16).ok())
        .unwrap_or(0)
}
