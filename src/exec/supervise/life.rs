//! When a command that was told to end has had its time. Nothing is done here: what comes in is signals and the time, what
//! comes out is what to do.

use std::time::{Duration, Instant};

use rustix::process::Signal;

/// Within this time after the first, a second TERM says nothing new: `timeout(1)` tells a process and then its whole group.
const SAME_WISH: Duration = Duration::from_secs(1);

/// What to do with a signal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Hand it on to the command.
    HandOn,
    /// The command has had its chance: end it, and all that it has started.
    Kill,
}

/// One run of the command, from its start to its end.
#[derive(Clone, Debug, Default)]
pub struct Life {
    kill_after: Option<Duration>,
    told: Option<Instant>,
    /// Only we have told it, to start it again.
    is_for_restart: bool,
    is_killed: bool,
}

impl Life {
    /// A run that is killed `kill_after` its first TERM. Without, it has all the time in the world, unless it is told again.
    #[must_use]
    pub fn new(kill_after: Option<Duration>) -> Self {
        Self {
            kill_after,
            told: None,
            is_for_restart: false,
            is_killed: false,
        }
    }

    /// A signal has come. INT alone is no order to end: many commands go on after it.
    #[must_use]
    pub fn signal(&mut self, signal: Signal, now: Instant) -> Step {
        if self.is_for_restart && (signal == Signal::TERM || signal == Signal::INT) {
            // The first word from outside is no second one.
            self.is_for_restart = false;
            self.told = Some(now);
            return Step::HandOn;
        }
        match self.told {
            None if signal == Signal::TERM => self.told = Some(now),
            Some(told)
                if (signal == Signal::TERM || signal == Signal::INT)
                    && now.saturating_duration_since(told) >= SAME_WISH =>
            {
                return Step::Kill;
            }
            _ => {}
        }
        Step::HandOn
    }

    /// We tell it to end, to start it again.
    pub fn end_for_restart(&mut self, now: Instant) {
        self.is_for_restart = self.told.is_none();
        self.told.get_or_insert(now);
    }

    /// When [`Step::Kill`] is due, where that is certain already.
    #[must_use]
    pub fn kill_at(&self) -> Option<Instant> {
        if self.is_killed {
            return None;
        }
        self.told?.checked_add(self.kill_after?)
    }

    /// The command has been killed: nothing more is due.
    pub fn killed(&mut self) {
        self.is_killed = true;
    }

    /// Whether the command was killed rather than told.
    #[must_use]
    pub fn is_killed(&self) -> bool {
        self.is_killed
    }

    /// Whether the command was told to end.
    #[must_use]
    pub fn is_ending(&self) -> bool {
        self.told.is_some()
    }
}
