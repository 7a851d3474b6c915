//! The command under an init: signals handed on, orphans waited for, the terminal kept, and an end that comes when it is
//! told to.
//!
//! [`Supervisor`] is driven from outside: [`Supervisor::wait`] comes back at the command's end, at a time, or when a
//! descriptor has something to read, so that whoever drives it can do other things in between and start the command again.

mod early;
mod foreground;
mod kept;
mod life;
mod process;
mod reap;
mod spawn;
#[cfg(test)]
mod tests;

use std::{
    ffi::OsString,
    io,
    os::fd::BorrowedFd,
    sync::Arc,
    time::{Duration, Instant},
};

use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    process::{Pid, Signal, getpid, kill_current_process_group, kill_process},
};
use signal_hook::{consts::signal::SIGSTOP, low_level};

pub use self::{
    early::Early,
    life::{Life, Step},
    reap::{Guest, Guests},
};
use self::{foreground::Foreground, kept::Kept, reap::Change};
use super::signals::{Arrived, Signals, is_ending};
use crate::redact::Current;

/// How long processes that were killed may take to be gone.
const LAST_MOMENTS: Duration = Duration::from_secs(2);

/// How long after INT or QUIT the end of a command is meant.
const INTERRUPTED: Duration = Duration::from_secs(30);

/// How often killed processes are looked for.
const GLANCE: Duration = Duration::from_millis(5);

/// A command to start.
pub struct Launch<'a> {
    /// The program, looked up in the `PATH` of `environment`.
    pub program: &'a OsString,
    /// Its arguments, byte for byte.
    pub arguments: &'a [OsString],
    /// All of its environment. Wiped once the command has it.
    pub environment: Vec<(OsString, OsString)>,
    /// What to mask in its output, which may change while it runs; `None` leaves its output alone.
    pub secrets: Option<Arc<Current>>,
}

/// Why [`Supervisor::wait`] has come back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// The command has ended with this exit code: 128 and the signal's number where a signal ended it.
    Ended(u8),
    /// The time has come.
    Due,
    /// The descriptor has something to read, or is closed.
    Readable,
}

/// An init for one command at a time.
pub struct Supervisor {
    signals: Signals,
    guests: Guests,
    foreground: Foreground,
    kill_after: Option<Duration>,
    life: Life,
    kept: Option<Kept>,
    is_leader: bool,
    /// We have stopped with the command, and not been woken since.
    has_stopped: bool,
    /// Somebody else has told the command to end: for good, or by a signal that many a command goes on after.
    was_told: bool,
    interrupted: Option<Instant>,
}

impl Supervisor {
    /// Catches every signal and adopts orphans from now on. A command that is told to end (TERM) is killed after
    /// `kill_after`, or when it is told again a second or more later.
    ///
    /// # Errors
    /// Where signals cannot be caught.
    pub fn new(kill_after: Option<Duration>) -> io::Result<Self> {
        let signals = Signals::catch_all()?;
        reap::adopt();
        Ok(Self {
            signals,
            guests: Guests::default(),
            foreground: Foreground::open(),
            kill_after,
            life: Life::new(kill_after),
            kept: None,
            is_leader: process::leads_session(),
            has_stopped: false,
            was_told: false,
            interrupted: None,
        })
    }

    /// Leave for programs of our own, which are waited for by whoever runs them.
    #[must_use]
    pub fn guests(&self) -> Guests {
        self.guests.clone()
    }

    /// Starts the command. One that runs already is to have ended.
    ///
    /// # Errors
    /// Where it cannot be started: [`super::exit_code`].
    pub fn start(&mut self, launch: Launch<'_>) -> io::Result<()> {
        self.life = Life::new(self.kill_after);
        let own_group = !self.foreground.is_ours();
        self.kept = Some(Kept::start(launch, own_group)?);
        Ok(())
    }

    /// Whether the command was told to end, or killed.
    #[must_use]
    pub fn is_ending(&self) -> bool {
        self.life.is_ending()
    }

    /// Whether somebody else has told the command to end: then it is not started again.
    #[must_use]
    pub fn was_told(&self) -> bool {
        let recently = |at: Instant| at.elapsed() < self.kill_after.unwrap_or(INTERRUPTED);
        self.was_told || self.interrupted.is_some_and(recently)
    }

    /// Tells the command to end, to start it again: its time runs as after TERM from outside.
    pub fn end_for_restart(&mut self) {
        self.life.end_for_restart(Instant::now());
        if let Some(kept) = &self.kept {
            kept.send(Signal::TERM);
            // One that is stopped would not see it; init systems do the same.
            kept.send(Signal::CONT);
        }
    }

    /// Ends what the command has left behind, before it is started again: it would keep its ports. Programs of our own are
    /// waited for a moment; if they take longer, nothing is ended.
    pub fn clear(&mut self) {
        let end = Instant::now() + LAST_MOMENTS;
        let mut was_told = false;
        while Instant::now() < end {
            let mut round = reap::round(&self.guests, None);
            while round.has_more {
                round = reap::round(&self.guests, None);
            }
            if round.is_alone {
                return;
            }
            if !was_told {
                was_told = self.kill_left(Signal::TERM);
            }
            std::thread::sleep(GLANCE);
        }
        let end = Instant::now() + LAST_MOMENTS;
        while Instant::now() < end && !reap::round(&self.guests, None).is_alone {
            self.kill_left(Signal::KILL);
            std::thread::sleep(GLANCE);
        }
        for arrived in self.signals.arrived() {
            if let Arrived::Signal(signal, _) = arrived {
                self.was_told |= is_ending(signal);
            }
        }
    }

    /// Sends a signal to all children, also those that are stopped, unless a program of our own may be among them. Whether it was sent.
    fn kill_left(&self, signal: Signal) -> bool {
        let Some(_alone) = self.guests.keep_out() else {
            return false;
        };
        for child in process::children() {
            // One that has just ended is no failure.
            let _ = kill_process(child, signal);
            let _ = kill_process(child, Signal::CONT);
        }
        true
    }

    /// The command's process, while it runs.
    #[must_use]
    pub fn pid(&self) -> Option<Pid> {
        self.kept.as_ref().and_then(Kept::living)
    }

    /// Whether the command would hear a signal, or is not moved by it; `None` where that cannot be told.
    #[must_use]
    pub fn catches(&self, signal: Signal) -> Option<bool> {
        process::catches(self.pid()?, signal)
    }

    /// Sends the command a signal, as if it had come from outside: after TERM its time runs.
    pub fn send(&mut self, signal: Signal) {
        match self.life.signal(signal, Instant::now()) {
            Step::HandOn => {
                if let Some(kept) = &self.kept {
                    kept.send(signal);
                }
            }
            Step::Kill => self.kill(),
        }
    }

    /// Keeps the command until it ends, `until`, or until there is something to read from `wake`.
    ///
    /// # Errors
    /// Where nothing can be waited for.
    pub fn wait(
        &mut self,
        until: Option<Instant>,
        wake: Option<BorrowedFd<'_>>,
    ) -> io::Result<Event> {
        loop {
            let has_more = match self.reap() {
                Reaped::Ended(code) => return Ok(Event::Ended(code)),
                Reaped::Some { has_more } => has_more,
            };
            let now = Instant::now();
            if self.life.kill_at().is_some_and(|at| at <= now) {
                self.kill();
            }
            if until.is_some_and(|until| until <= now) {
                return Ok(Event::Due);
            }
            let next = [until, self.life.kill_at()].into_iter().flatten().min();
            let timeout = if has_more {
                Some(Duration::ZERO)
            } else {
                next.map(|next| next.saturating_duration_since(now))
            };
            let is_readable = self.poll(timeout, wake)?;
            for arrived in self.signals.arrived() {
                if let Arrived::Signal(signal, is_sent) = arrived {
                    self.hand_on(signal, is_sent);
                }
            }
            if is_readable {
                return Ok(Event::Readable);
            }
        }
    }

    /// Lets the rest of the command's output be passed on. The reason why some of it could not be.
    pub fn finish(&mut self) -> Option<io::Error> {
        let kept = self.kept.take()?;
        let (unwritten, is_told) = kept.finish(&mut self.signals);
        self.was_told |= is_told;
        unwritten
    }

    /// Kills whatever the command has left behind, and waits until it is gone. Not as process 1, with whose end the kernel
    /// ends everything anyway.
    pub fn sweep(&self) {
        let end = Instant::now() + LAST_MOMENTS;
        while Instant::now() < end {
            let mut round = reap::round(&self.guests, None);
            while round.has_more {
                round = reap::round(&self.guests, None);
            }
            if round.is_alone {
                return;
            }
            for child in process::children() {
                // One that has just ended is no failure.
                let _ = kill_process(child, Signal::KILL);
            }
            std::thread::sleep(GLANCE);
        }
    }

    fn poll(&self, timeout: Option<Duration>, wake: Option<BorrowedFd<'_>>) -> io::Result<bool> {
        let timeout = timeout.and_then(|timeout| Timespec::try_from(timeout).ok());
        let mut polled = vec![PollFd::new(self.signals.descriptor(), PollFlags::IN)];
        if let Some(wake) = &wake {
            polled.push(PollFd::new(wake, PollFlags::IN));
        }
        match poll(&mut polled, timeout.as_ref()) {
            Ok(_) => Ok(polled.get(1).is_some_and(|wake| !wake.revents().is_empty())),
            Err(rustix::io::Errno::INTR) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    fn reap(&mut self) -> Reaped {
        let pid = self.kept.as_ref().and_then(Kept::living);
        let round = reap::round(&self.guests, pid);
        for change in round.changes {
            match change {
                Change::Ended(code) => {
                    self.ended();
                    return Reaped::Ended(code);
                }
                Change::Stopped(signal) => self.stopped(signal),
            }
        }
        Reaped::Some {
            has_more: round.has_more,
        }
    }

    fn ended(&mut self) {
        if let Some(kept) = &mut self.kept {
            if kept.shares_terminal() {
                self.foreground.take_back(kept.pid());
            }
            kept.ended();
        }
        // One that is to be started again is cleared up after when that is done.
        if self.life.is_killed() && self.was_told && !getpid().is_init() {
            self.sweep();
        }
    }

    fn kill(&mut self) {
        if let Some(kept) = &self.kept {
            kept.kill();
        }
        self.life.killed();
    }

    /// What a terminal has sent to our group, the command in it has already; but a terminal that hangs up tells the
    /// leader of its session alone.
    fn hand_on(&mut self, signal: Signal, is_sent: bool) {
        let ends_what_is_ending =
            self.life.is_ending() && [Signal::INT, Signal::QUIT, Signal::HUP].contains(&signal);
        self.was_told |= signal == Signal::TERM || ends_what_is_ending;
        if signal == Signal::INT || signal == Signal::QUIT {
            self.interrupted = Some(Instant::now());
        }
        let Some(kept) = &mut self.kept else {
            return;
        };
        let hangs_up = signal == Signal::HUP && self.is_leader;
        if !is_sent && !kept.has_own_group() && !hangs_up {
            return;
        }
        if kept.adjust_terminal(signal, is_sent) {
            return;
        }
        let is_waking = signal == Signal::CONT && std::mem::take(&mut self.has_stopped);
        if is_waking && !kept.has_own_group() && !process::is_stopped(kept.pid()) {
            // A shell wakes a group as a whole.
            return;
        }
        if signal == Signal::CONT && kept.has_own_group() && kept.shares_terminal() {
            if self.foreground.is_ours() {
                self.foreground.give(kept.pid());
            }
            kept.send_to_group(Signal::CONT);
        } else if is_sent {
            self.send(signal);
        } else {
            kept.send_to_group(signal);
        }
    }

    /// The command was stopped. Where a terminal did that, and a shell is there to wake us, we stop as well.
    fn stopped(&mut self, signal: Signal) {
        let Some(kept) = self.kept.as_ref().filter(|kept| kept.shares_terminal()) else {
            return;
        };
        let by_terminal = [Signal::TSTP, Signal::TTIN, Signal::TTOU].contains(&signal);
        if !by_terminal || !self.foreground.is_there() {
            return;
        }
        if signal != Signal::TSTP && kept.has_own_group() && self.foreground.is_ours() {
            // It wants the terminal, and we have been brought to the foreground.
            self.foreground.give(kept.pid());
            kept.send_to_group(Signal::CONT);
        } else if process::has_job_control() && process::is_stopped(kept.pid()) {
            if kept.has_own_group() && self.foreground.is_of(kept.pid()) {
                self.foreground.take_back(kept.pid());
                // The others of a pipeline, and a script that waits for us: the terminal would have stopped them too.
                let _ = kill_current_process_group(Signal::TSTP);
            }
            self.has_stopped = true;
            let _ = low_level::raise(SIGSTOP);
        }
    }
}

enum Reaped {
    Ended(u8),
    Some { has_more: bool },
}

/// Runs the command to its end.
///
/// # Errors
/// Where it cannot be started: [`super::exit_code`].
pub fn run(mut supervisor: Supervisor, launch: Launch<'_>) -> io::Result<super::parent::Ended> {
    supervisor.start(launch)?;
    loop {
        if let Event::Ended(code) = supervisor.wait(None, None)? {
            let unwritten = supervisor.finish();
            return Ok(super::parent::Ended { code, unwritten });
        }
    }
}
