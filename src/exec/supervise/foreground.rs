//! Our controlling terminal, and whose process group it listens to.
//!
//! A command that starts in the foreground shares our group: keys reach it as they would without us, in a pipeline too, and
//! nothing has to be handed over. One that starts in the background has its own, so that what is sent to ours reaches it
//! once; it gets the terminal when our group does.

use std::{
    fs::{File, OpenOptions},
    os::unix::fs::OpenOptionsExt as _,
};

use nix::{
    errno::Errno,
    sys::signal::{self, SigSet, killpg},
    unistd::{Pid, getpgrp, tcgetpgrp, tcsetpgrp},
};
use rustix::{fs::OFlags, process};

pub(super) struct Foreground(Option<File>);

impl Foreground {
    pub(super) fn open() -> Self {
        let flags = i32::try_from(OFlags::NOCTTY.bits()).unwrap_or(0);
        let terminal = OpenOptions::new()
            .read(true)
            .write(true)
            .custom_flags(flags)
            .open("/dev/tty");
        Self(terminal.ok())
    }

    /// Whether keys come to our group.
    pub(super) fn is_ours(&self) -> bool {
        self.group() == Some(getpgrp())
    }

    pub(super) fn is_of(&self, group: process::Pid) -> bool {
        self.group() == Some(number(group))
    }

    /// Whether there is a terminal at all.
    pub(super) fn is_there(&self) -> bool {
        self.0.is_some()
    }

    fn group(&self) -> Option<Pid> {
        tcgetpgrp(self.0.as_ref()?).ok()
    }

    /// Makes this group the one that keys come to.
    pub(super) fn give(&self, group: process::Pid) {
        self.hand_to(number(group));
    }

    fn hand_to(&self, group: Pid) {
        let Some(terminal) = &self.0 else {
            return;
        };
        // From the background this is answered with TTOU, unless that is blocked.
        let mut block = SigSet::empty();
        block.add(signal::Signal::SIGTTOU);
        let found = block.thread_swap_mask(signal::SigmaskHow::SIG_BLOCK);
        // The group may have gone, or the terminal: then there is nothing to give.
        let _ = tcsetpgrp(terminal, group);
        if let Ok(found) = found {
            let _ = found.thread_set_mask();
        }
    }

    /// After the command's end: the terminal is ours again where it was the command's. Another's it may be by now.
    pub(super) fn take_back(&self, command: process::Pid) {
        let Some(group) = self.group() else {
            return;
        };
        // A group that was made outside of our container has the number 0.
        let is_gone = || group.as_raw() > 0 && killpg(group, None) == Err(Errno::ESRCH);
        if group != getpgrp() && (group == number(command) || is_gone()) {
            self.hand_to(getpgrp());
        }
    }
}

fn number(process: process::Pid) -> Pid {
    Pid::from_raw(process.as_raw_nonzero().get())
}
