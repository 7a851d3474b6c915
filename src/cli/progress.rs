//! One line at a terminal for what takes long: there after a moment, gone when done.

use std::{
    sync::{
        Arc, Condvar, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    thread::JoinHandle,
    time::Duration,
};

use indicatif::{ProgressBar, ProgressStyle};

/// A run that ends sooner shows nothing.
const PATIENCE: Duration = Duration::from_millis(300);
const TICK: Duration = Duration::from_millis(100);

/// Counts what is done, from any thread; draws on standard error.
pub(super) struct Progress {
    shared: Arc<Shared>,
    drawer: Option<JoinHandle<()>>,
}

struct Shared {
    done: AtomicU64,
    is_over: Mutex<bool>,
    over: Condvar,
}

impl Progress {
    /// For a run of `what` ("files"); draws nothing where nobody looks.
    pub(super) fn new(what: &'static str, is_visible: bool) -> Self {
        let shared = Arc::new(Shared {
            done: AtomicU64::new(0),
            is_over: Mutex::new(false),
            over: Condvar::new(),
        });
        let theirs = Arc::clone(&shared);
        let drawer = is_visible.then(|| std::thread::spawn(move || draw(&theirs, what)));
        Self { shared, drawer }
    }

    /// One more.
    pub(super) fn add(&self) {
        self.shared.done.fetch_add(1, Ordering::Relaxed);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        *self
            .shared
            .is_over
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = true;
        self.shared.over.notify_all();
        if let Some(drawer) = self.drawer.take() {
            // It draws, and a drawing that failed is no reason to fail.
            let _ = drawer.join();
        }
    }
}

/// Waits for the end, or for the moment to draw. Whether the end has come.
fn is_over(shared: &Shared, wait: Duration) -> bool {
    let is_over = shared
        .is_over
        .lock()
        .unwrap_or_else(PoisonError::into_inner);
    let waited = shared
        .over
        .wait_timeout_while(is_over, wait, |is_over| !*is_over);
    *waited.unwrap_or_else(PoisonError::into_inner).0
}

fn draw(shared: &Shared, what: &'static str) {
    if is_over(shared, PATIENCE) {
        return;
    }
    let style = ProgressStyle::with_template("{spinner} {human_pos} {msg}, {per_sec}");
    let bar = ProgressBar::new_spinner().with_message(what);
    if let Ok(style) = style {
        bar.set_style(style);
    }
    while !is_over(shared, TICK) {
        bar.set_position(shared.done.load(Ordering::Relaxed));
        bar.tick();
    }
    bar.finish_and_clear();
}
