//! One line at a terminal that says what is waited for: there after a moment, gone when done.

use std::{
    io::{self, PipeReader, PipeWriter},
    thread::JoinHandle,
    time::{Duration, Instant},
};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    io::Errno,
    process::getpgrp,
    termios::{LocalModes, tcgetattr, tcgetpgrp, tcgetwinsize},
};

use super::{colour, context::Context};
use crate::{exec::interrupt::Interrupt, plan::Instance, resolve::Waiting};

/// A run that ends sooner shows nothing.
const PATIENCE: Duration = Duration::from_millis(300);
const TICK: Duration = Duration::from_millis(100);

/// In fewer columns than these a line says nothing, and wraps.
const NARROWEST: u16 = 10;

/// Draws on standard error until it is dropped; then nothing of it is left, neither on the terminal nor as a thread.
pub(super) struct Progress {
    /// Closed at the end, which is how the drawer hears of it.
    over: Option<PipeWriter>,
    drawer: Option<JoinHandle<()>>,
}

/// What the drawer hears of the end by.
struct Over(PipeReader);

impl Context {
    /// The line that says what is waited for, where somebody looks. Drop it before anything else is said.
    pub(super) fn progress(&self, line: impl Fn(Duration) -> String + Send + 'static) -> Progress {
        let is_wanted = !self.global.quiet && colour::is_steerable(&self.environment);
        Progress::new(is_wanted, line)
    }

    /// The same for stores. A program that writes to the terminal itself may ask for something there: it has it for itself.
    pub(super) fn progress_of_stores(&self, instances: &[Instance], waiting: &Waiting) -> Progress {
        let writes = |one: &Instance| one.settings.text("stderr") == Some("inherit");
        if instances.iter().any(writes) {
            return Progress::none();
        }
        let waiting = waiting.clone();
        self.progress(move |took| format!("waiting for {waiting}, {} s", took.as_secs()))
    }
}

impl Progress {
    /// Draws what `line` says after so long, if it is wanted and somebody looks.
    fn new(is_wanted: bool, line: impl Fn(Duration) -> String + Send + 'static) -> Self {
        if !is_wanted || !is_watched() {
            return Self::none();
        }
        // Without a pipe or a thread there is no line, and the run goes on.
        let Ok((theirs, over)) = io::pipe() else {
            return Self::none();
        };
        let drawer = std::thread::Builder::new()
            .spawn(move || draw(&Over(theirs), &line))
            .ok();
        Self {
            over: Some(over),
            drawer,
        }
    }

    /// Draws nothing.
    pub(super) fn none() -> Self {
        Self {
            over: None,
            drawer: None,
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        drop(self.over.take());
        if let Some(drawer) = self.drawer.take() {
            // It draws, and a drawing that failed is no reason to fail.
            let _ = drawer.join();
        }
    }
}

/// Whether standard error is a terminal, and we are what it shows: a job in the background is silent.
fn is_watched() -> bool {
    tcgetpgrp(io::stderr()).is_ok_and(|group| group == getpgrp())
}

/// Whether nobody else has use for the terminal at this moment. A program that asks for a passphrase, a pager or an editor
/// has its echo off, after Ctrl-Z it belongs to the shell, and after Ctrl-S whoever writes has to wait.
fn is_free() -> bool {
    let stderr = io::stderr();
    let asks_nothing = tcgetattr(&stderr).is_ok_and(|found| {
        found
            .local_modes
            .contains(LocalModes::ECHO | LocalModes::ICANON)
    });
    // One that does not know its width is taken for a usual one.
    let is_wide =
        tcgetwinsize(&stderr).is_ok_and(|size| size.ws_col == 0 || size.ws_col >= NARROWEST);
    let mut takes = [PollFd::new(&stderr, PollFlags::OUT)];
    let takes = poll(&mut takes, Some(&Timespec::default())).is_ok_and(|count| count == 1);
    is_watched() && asks_nothing && is_wide && takes
}

impl Over {
    /// Waits for the end, for the moment to draw, or for a signal that is to end us. Whether the end has come.
    fn within(&self, wait: Duration, interrupt: Option<&Interrupt>) -> bool {
        let until = Instant::now() + wait;
        let told = interrupt.and_then(Interrupt::told);
        loop {
            let left = until.saturating_duration_since(Instant::now());
            let left = Timespec::try_from(left).unwrap_or_default();
            let mut ready = vec![PollFd::new(&self.0, PollFlags::IN)];
            ready.extend(told.map(|told| PollFd::from_borrowed_fd(told, PollFlags::IN)));
            match poll(&mut ready, Some(&left)) {
                // Nobody writes to it: whatever is said of it is its end.
                Ok(_) => return !ready[0].revents().is_empty(),
                Err(Errno::INTR) => {}
                // Without a way to wait nothing is drawn.
                Err(_) => return true,
            }
        }
    }
}

fn draw(over: &Over, line: &dyn Fn(Duration) -> String) {
    let start = Instant::now();
    if over.within(PATIENCE, None) {
        return;
    }
    let interrupt = Interrupt::defer();
    let bar = ProgressBar::new_spinner();
    if let Ok(style) = ProgressStyle::with_template("{spinner} {wide_msg}") {
        bar.set_style(style);
    }
    while !interrupt.has_arrived() {
        if is_free() {
            bar.set_message(line(start.elapsed()));
            bar.tick();
        }
        if over.within(TICK, Some(&interrupt)) {
            break;
        }
    }
    if !is_free() {
        // What stands where the cursor is now is somebody else's.
        bar.set_draw_target(ProgressDrawTarget::hidden());
    }
    bar.finish_and_clear();
    interrupt.end_if_asked();
}

#[cfg(test)]
mod tests {
    use signal_hook::{consts::signal::SIGTERM, low_level::raise};

    use super::*;

    const FOR_EVER: Duration = Duration::from_hours(24);

    /// One that came late, or not at all, would be waited for all day.
    #[test]
    fn a_signal_and_the_end_are_heard_of_at_once() {
        let (reader, writer) = io::pipe().unwrap();
        let over = Over(reader);
        let interrupt = Interrupt::defer();
        assert!(!interrupt.has_arrived());
        raise(SIGTERM).unwrap();
        assert!(!over.within(FOR_EVER, Some(&interrupt)));
        assert!(interrupt.has_arrived());
        // What has been looked at is not told again.
        let interrupt = Interrupt::defer();
        assert!(!interrupt.has_arrived());
        let end = std::thread::spawn(move || drop(writer));
        assert!(over.within(FOR_EVER, Some(&interrupt)));
        end.join().unwrap();
    }
}
