//! Signals that reach a parent: which of them the command is to get as well.
//!
//! A terminal sends its signals to a whole process group, so a command in our group has them already; what a process
//! sends, it sends to us alone.

use std::{io, os::unix::net::UnixStream};

use nix::sys::signal::SigSet;
use rustix::process::{Pid, Signal, getpid, kill_process};
use rustix_libc_wrappers::process::SignalExt as _;
use signal_hook::{
    consts::signal,
    iterator::{backend::SignalDelivery, exfiltrator::WithOrigin},
    low_level::siginfo::Cause,
};

/// What is handed on to the command. The rest is either about ourselves or cannot be caught.
const FORWARDED: [i32; 10] = [
    signal::SIGTERM,
    signal::SIGINT,
    signal::SIGHUP,
    signal::SIGQUIT,
    signal::SIGUSR1,
    signal::SIGUSR2,
    signal::SIGWINCH,
    signal::SIGTTIN,
    signal::SIGTTOU,
    signal::SIGCONT,
];

/// What an init hands on besides: whatever a process may send to it and the command could wait for. Not the signals that
/// tell a process of its own faults and limits.
const ALSO_FORWARDED: [i32; 6] = [
    signal::SIGTSTP,
    signal::SIGALRM,
    signal::SIGVTALRM,
    signal::SIGPROF,
    signal::SIGURG,
    signal::SIGIO,
];

/// The same, of Linux alone.
#[cfg(target_os = "linux")]
const OF_LINUX: [i32; 1] = [Signal::POWER.as_raw()];
#[cfg(not(target_os = "linux"))]
const OF_LINUX: [i32; 0] = [];

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
    ///
    /// A mask that we were started with would keep them from us for ever: it is lifted.
    pub(super) fn catch() -> io::Result<Self> {
        Self::catch_these(FORWARDED.into_iter())
    }

    /// The same for every signal that an init is to hand on, real-time ones among them.
    pub(super) fn catch_all() -> io::Result<Self> {
        let more = ALSO_FORWARDED.into_iter().chain(OF_LINUX);
        Self::catch_these(FORWARDED.into_iter().chain(more).chain(real_time()))
    }

    fn catch_these(numbers: impl Iterator<Item = i32>) -> io::Result<Self> {
        let (read, write) = UnixStream::pair()?;
        let ignored = ignored();
        let caught = numbers
            .filter(|number| ignored >> (number - 1) & 1 == 0)
            .chain([signal::SIGCHLD]);
        let caught = SignalDelivery::with_pipe(read, write, WithOrigin::default(), caught)?;
        super::interrupt::hand_over();
        SigSet::all().thread_unblock()?;
        Ok(Self(caught))
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
                let sender = origin.process.map(|process| process.pid);
                if sender == Some(getpid().as_raw_nonzero().get()) {
                    // What we told our whole group is no news to us.
                    return None;
                }
                let is_sent = matches!(origin.cause, Cause::Sent(_));
                Signal::from_raw(origin.signal).map(|signal| Arrived::Signal(signal, is_sent))
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

#[cfg(target_os = "linux")]
fn real_time() -> impl Iterator<Item = i32> {
    Signal::rt_min().as_raw()..=Signal::rt_max().as_raw()
}

#[cfg(not(target_os = "linux"))]
fn real_time() -> impl Iterator<Item = i32> {
    std::iter::empty()
}

/// The signals that are ignored, one bit each, the lowest for signal 1. Only Linux tells; elsewhere none counts as ignored.
pub(super) fn ignored() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    status
        .lines()
        .find_map(|line| line.strip_prefix("SigIgn:"))
        .and_then(|bits| u64::from_str_radix(bits.trim(), 16).ok())
        .unwrap_or(0)
}
