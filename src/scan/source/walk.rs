//! Work shared among threads: a stack of tasks, each of which may bring more, and the threads that empty it.

use std::{
    num::NonZero,
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
    thread,
};

/// More threads than this bring more memory than speed.
const MOST_THREADS: usize = 8;

/// How many threads to use where the caller leaves it open (0).
pub(super) fn threads(asked: usize) -> usize {
    match asked {
        0 => thread::available_parallelism()
            .map_or(1, NonZero::get)
            .min(MOST_THREADS),
        asked => asked,
    }
}

/// What waits to be done. The last that came is done first, so that a tree is walked in depth and little waits at once.
pub(super) struct Tasks<T> {
    state: Mutex<State<T>>,
    changed: Condvar,
}

struct State<T> {
    waiting: Vec<T>,
    /// Tasks being done now, which may bring more.
    busy: usize,
}

impl<T: Send> Tasks<T> {
    /// Does these tasks and all that they bring: `work` gets a thread's own state, made by `start`, and says what comes next.
    pub(super) fn run<S>(
        first: Vec<T>,
        threads: usize,
        start: impl Fn() -> S + Sync,
        work: impl Fn(&mut S, T, &mut Vec<T>) + Sync,
    ) {
        let tasks = Self {
            state: Mutex::new(State {
                waiting: first,
                busy: 0,
            }),
            changed: Condvar::new(),
        };
        let each = || {
            let (mut state, mut more) = (start(), Vec::new());
            let mut next = tasks.next(false, &mut more);
            while let Some(task) = next {
                work(&mut state, task, &mut more);
                next = tasks.next(true, &mut more);
            }
        };
        thread::scope(|scope| {
            for _ in 1..threads {
                scope.spawn(each);
            }
            each();
        });
    }

    /// Puts what a task brought on the stack and takes the next one; `None` once all is done.
    fn next(&self, was_busy: bool, more: &mut Vec<T>) -> Option<T> {
        let mut state = self.lock();
        state.busy -= usize::from(was_busy);
        let brought = more.len();
        state.waiting.append(more);
        loop {
            if let Some(task) = state.waiting.pop() {
                state.busy += 1;
                if brought > 1 {
                    self.changed.notify_all();
                }
                return Some(task);
            }
            if state.busy == 0 {
                self.changed.notify_all();
                return None;
            }
            state = self
                .changed
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Does something with each of many items, on several threads where there are many; `start` makes a thread's own state.
pub(super) fn for_each<T: Send, S>(
    items: Vec<T>,
    start: impl Fn() -> S + Sync,
    work: impl Fn(&mut S, T) + Sync,
) {
    let threads = if items.len() < 32 { 1 } else { threads(0) };
    Tasks::run(items, threads, start, |state, item, _| work(state, item));
}
