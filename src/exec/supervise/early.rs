//! Before the command runs, as process 1: the kernel keeps from it every signal that it does not catch, so a container
//! that is stopped while values are fetched would be waited for.

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use rustix::process::getpid;
use signal_hook::{consts::signal, flag};

/// Ends this process at a signal that asks for it, while it lives.
#[derive(Debug)]
pub struct Early(Arc<AtomicBool>);

impl Early {
    /// From now on. Any process but the first ends by itself.
    ///
    /// # Errors
    /// Where a signal cannot be caught.
    pub fn new() -> io::Result<Self> {
        let armed = Arc::new(AtomicBool::new(true));
        if getpid().is_init() {
            for number in [
                signal::SIGTERM,
                signal::SIGINT,
                signal::SIGHUP,
                signal::SIGQUIT,
            ] {
                flag::register_conditional_shutdown(number, 128 + number, Arc::clone(&armed))?;
            }
        }
        Ok(Self(armed))
    }
}

impl Drop for Early {
    fn drop(&mut self) {
        self.0.store(false, Ordering::SeqCst);
    }
}
