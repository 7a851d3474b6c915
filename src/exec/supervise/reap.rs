//! Orphans: every process whose parent has ended becomes a child of ours, and is waited for when it ends.
//!
//! Programs that this process runs for itself (a provider's command) are waited for by whoever runs them. While one runs
//! ([`Guests`]), orphans have to wait: nothing tells a child that was adopted from one that was started.

use std::sync::{Arc, RwLock, RwLockReadGuard, RwLockWriteGuard};

use rustix::{
    io::Errno,
    process::{Pid, Signal, WaitOptions, WaitStatus, getpid, kill_process, wait, waitpid},
};
use rustix_libc_wrappers::process::SignalExt as _;

/// Children that are waited for before signals are looked at again: orphans may come faster than they can be counted.
const ROUND: usize = 1024;

/// What has become of the command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Change {
    /// It has ended, with the exit code that a shell would show.
    Ended(u8),
    /// It was stopped by this signal, and may go on.
    Stopped(Signal),
}

/// What one round has found.
#[derive(Debug, Default)]
pub(super) struct Round {
    pub(super) changes: Vec<Change>,
    /// There may be more to wait for at once.
    pub(super) has_more: bool,
    /// There is no child left, neither running nor ended.
    pub(super) is_alone: bool,
}

/// Leave to run programs of our own. A clone is the same.
#[derive(Clone, Debug, Default)]
pub struct Guests(Arc<RwLock<()>>);

/// While it lives, whoever waits for a program of its own gets its end.
#[derive(Debug)]
pub struct Guest<'a> {
    _shared: RwLockReadGuard<'a, ()>,
    _nudge: Nudge,
}

/// Makes the reaper look again when it is dropped.
#[derive(Debug)]
struct Nudge;

impl Drop for Nudge {
    fn drop(&mut self) {
        // We are there to be told.
        let _ = kill_process(getpid(), Signal::CHILD);
    }
}

impl Guests {
    /// Waits for nothing but a round of reaping. To be held from before the program's start until after its end.
    #[must_use]
    pub fn enter(&self) -> Guest<'_> {
        let shared = self.0.read();
        Guest {
            // A lock around nothing has nothing that a panic could have broken.
            _shared: shared.unwrap_or_else(std::sync::PoisonError::into_inner),
            _nudge: Nudge,
        }
    }
}

impl Guests {
    /// Keeps new ones out for as long as this lives; nothing where one is there.
    pub(super) fn keep_out(&self) -> Option<RwLockWriteGuard<'_, ()>> {
        self.0.try_write().ok()
    }
}

/// Makes orphans come to this process where they do not anyway: to any but process 1 (Linux). Failing is not fatal; they
/// go to the next init then.
pub(super) fn adopt() {
    #[cfg(target_os = "linux")]
    if !getpid().is_init() {
        let _ = rustix::process::set_child_subreaper(Some(getpid()));
    }
}

/// Waits for all that has ended, and tells what has become of `child`.
pub(super) fn round(guests: &Guests, child: Option<Pid>) -> Round {
    let options = WaitOptions::NOHANG | WaitOptions::UNTRACED;
    let alone = guests.0.try_write();
    let mut round = Round::default();
    for _ in 0..ROUND {
        let found = match (&alone, child) {
            (Ok(_), _) => wait(options),
            (Err(_), Some(child)) => waitpid(Some(child), options),
            (Err(_), None) => return round,
        };
        match found {
            Ok(Some((pid, status))) => {
                if Some(pid) == child {
                    round.changes.extend(change(status));
                }
            }
            Ok(None) => return round,
            Err(Errno::INTR) => {}
            Err(_) => {
                round.is_alone = alone.is_ok();
                let is_told = |change: &Change| matches!(change, Change::Ended(_));
                if child.is_some() && !round.changes.iter().any(is_told) {
                    // Somebody else has waited for it, and nobody will ever tell us how it ended.
                    round.changes.push(Change::Ended(1));
                }
                return round;
            }
        }
    }
    round.has_more = true;
    round
}

fn change(status: WaitStatus) -> Option<Change> {
    if let Some(signal) = status.stopping_signal() {
        return Signal::from_raw(signal).map(Change::Stopped);
    }
    let code = status
        .exit_status()
        .or_else(|| status.terminating_signal().map(|signal| 128 + signal))?;
    Some(Change::Ended(u8::try_from(code).unwrap_or(1)))
}
