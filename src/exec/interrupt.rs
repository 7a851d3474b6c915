//! Signals that end us while something is drawn on the terminal: they wait until it is gone. Children have them as they were,
//! and so has the command that we become: what is caught is not inherited, and what is ignored is not caught.

use std::{
    io::Read as _,
    os::{
        fd::{AsFd, BorrowedFd},
        unix::net::UnixStream,
    },
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};

use rustix::process::getpid;
use signal_hook::{
    consts::signal,
    flag,
    low_level::{emulate_default_handler, pipe},
};

use super::signals::ignored;

/// What people and their programs end a run with.
const ENDING: [i32; 2] = [signal::SIGINT, signal::SIGTERM];

/// Whether a signal ends us at once: where nothing is drawn and nobody else has use for it.
static AT_ONCE: OnceLock<Arc<AtomicBool>> = OnceLock::new();

/// Where a signal that has arrived is told, so that nobody who waits for something else is late for it.
static TOLD: OnceLock<Option<UnixStream>> = OnceLock::new();

/// While it lives, a signal that would end us is kept for [`Interrupt::end_if_asked`].
#[derive(Debug)]
pub(crate) struct Interrupt {
    at_once: Arc<AtomicBool>,
    arrived: Arc<AtomicUsize>,
    told: Option<&'static UnixStream>,
}

impl Interrupt {
    /// From now on.
    pub(crate) fn defer() -> Self {
        static ARRIVED: OnceLock<Arc<AtomicUsize>> = OnceLock::new();
        // Until all is ready for it to be kept, a signal ends us: none is lost in between.
        let at_once = AT_ONCE.get_or_init(|| Arc::new(AtomicBool::new(true)));
        let arrived = ARRIVED.get_or_init(|| {
            let arrived = Arc::new(AtomicUsize::new(0));
            let ignored = ignored();
            // The kernel keeps from the first process what it does not catch: for it there is no default to go back to.
            let is_first = getpid().is_init();
            for number in ENDING {
                if !is_first && ignored >> (number - 1) & 1 == 0 {
                    // One that cannot be caught ends us as before.
                    let _ = flag::register_conditional_default(number, Arc::clone(at_once));
                    let value = usize::try_from(number).unwrap_or_default();
                    let _ = flag::register_usize(number, Arc::clone(&arrived), value);
                }
            }
            arrived
        });
        // What it was told of before has been looked at.
        let told = TOLD.get_or_init(|| tell_of(ignored()).ok()).as_ref();
        if let Some(mut told) = told {
            while told.read(&mut [0; 64]).is_ok_and(|count| count > 0) {}
        }
        arrived.store(0, Ordering::SeqCst);
        at_once.store(false, Ordering::SeqCst);
        Self {
            at_once: Arc::clone(at_once),
            arrived: Arc::clone(arrived),
            told,
        }
    }

    /// What can be read once one has arrived; nothing where there were no more descriptors.
    pub(crate) fn told(&self) -> Option<BorrowedFd<'static>> {
        self.told.map(AsFd::as_fd)
    }

    /// Whether one has arrived.
    pub(crate) fn has_arrived(&self) -> bool {
        self.arrived.load(Ordering::SeqCst) != 0
    }

    /// Nothing is drawn any more: what has arrived does what it would have done.
    pub(crate) fn end_if_asked(self) {
        self.at_once.store(true, Ordering::SeqCst);
        let number = self.arrived.load(Ordering::SeqCst);
        if let Some(number) = i32::try_from(number).ok().filter(|number| *number != 0) {
            let _ = emulate_default_handler(number);
        }
    }
}

/// Has each signal that is not ignored written to a socket, and gives what it is read from. After the flags: by the time it can
/// be read, they are set.
fn tell_of(ignored: u64) -> std::io::Result<UnixStream> {
    let (read, write) = UnixStream::pair()?;
    read.set_nonblocking(true)?;
    for number in ENDING {
        if !getpid().is_init() && ignored >> (number - 1) & 1 == 0 {
            pipe::register(number, write.try_clone()?)?;
        }
    }
    Ok(read)
}

/// From now on what is pressed to interrupt is for the program that has the terminal: a pager goes on after it, and ends with a
/// key. It has both signals as they were.
pub(crate) fn leave_to_child() {
    let ignored = ignored();
    for number in [signal::SIGINT, signal::SIGQUIT] {
        if ignored >> (number - 1) & 1 == 0 {
            // One that cannot be caught ends us as before.
            let _ = flag::register(number, Arc::default());
        }
    }
}

/// Somebody else catches signals now, and decides about them.
pub(super) fn hand_over() {
    if let Some(at_once) = AT_ONCE.get() {
        at_once.store(false, Ordering::SeqCst);
    }
}
