//! One line at a terminal that says what is waited for: there after a moment, gone when done.

use std::{
    io,
    sync::{Arc, Condvar, Mutex, PoisonError},
    thread::JoinHandle,
    time::{Duration, Instant},
};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
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
    over: Arc<Over>,
    drawer: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Over {
    is_over: Mutex<bool>,
    changed: Condvar,
}

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
        let over = Arc::new(Over::default());
        let theirs = Arc::clone(&over);
        // Without a thread there is no line, and the run goes on.
        let drawer = std::thread::Builder::new()
            .spawn(move || draw(&theirs, &line))
            .ok();
        Self { over, drawer }
    }

    /// Draws nothing.
    pub(super) fn none() -> Self {
        Self {
            over: Arc::default(),
            drawer: None,
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        *self
            .over
            .is_over
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = true;
        self.over.changed.notify_all();
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
    /// Waits for the end, or for the moment to draw. Whether the end has come.
    fn within(&self, wait: Duration) -> bool {
        let is_over = self.is_over.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self
            .changed
            .wait_timeout_while(is_over, wait, |is_over| !*is_over);
        *waited.unwrap_or_else(PoisonError::into_inner).0
    }
}

fn draw(over: &Over, line: &dyn Fn(Duration) -> String) {
    let start = Instant::now();
    if over.within(PATIENCE) {
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
        if over.within(TICK) {
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
