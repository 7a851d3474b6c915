//! The terminal that a command keeps while its output goes through us: one of its own, of the same size and settings,
//! behind which ours is raw for as long as the command runs.

use std::{
    fs::File,
    io::{self, Read as _},
    os::fd::{AsFd, OwnedFd},
};

use nix::unistd::{getpgrp, tcgetpgrp};
use pty_process::blocking::{Pts, Pty, open};
use rustix::{
    event::{PollFd, PollFlags, poll},
    termios::{
        OptionalActions, OutputModes, Termios, isatty, tcgetattr, tcgetwinsize, tcsetattr,
        tcsetwinsize,
    },
};
use zeroize::Zeroizing;

use super::pump::write_all;

/// Ours, and the command's.
pub(super) struct Terminal {
    /// A descriptor of our own terminal.
    ours: OwnedFd,
    inner: Pty,
    /// Our settings as we found them, where ours is raw now.
    found: Option<Termios>,
}

impl Terminal {
    /// Makes a terminal for the command, like `ours`. With `with_input`, what is typed goes there.
    pub(super) fn new(ours: OwnedFd, with_input: bool) -> io::Result<(Self, Pts)> {
        let (inner, end) = open().map_err(into_io)?;
        let found = tcgetattr(&ours)?;
        let mut settings = found.clone();
        if !with_input {
            // Ours still makes line ends of line breaks: not twice.
            settings.output_modes.remove(OutputModes::OPOST);
        }
        tcsetattr(&end, OptionalActions::Now, &settings)?;
        let mut terminal = Self {
            ours,
            inner,
            found: with_input.then_some(found),
        };
        terminal.resize();
        terminal.make_raw();
        Ok((terminal, end))
    }

    /// The command's terminal has the size of ours. The kernel tells the command.
    pub(super) fn resize(&self) {
        if let Ok(size) = tcgetwinsize(&self.ours) {
            let _ = tcsetwinsize(&self.inner, size);
        }
    }

    /// Ours passes on every byte as it is typed; what a byte means, the command's terminal says. Also after we were stopped,
    /// since a shell puts its own settings back then.
    pub(super) fn make_raw(&mut self) {
        if let Some(found) = &self.found {
            let mut raw = found.clone();
            raw.make_raw();
            let _ = tcsetattr(&self.ours, OptionalActions::Now, &raw);
        }
    }

    /// The side of the command's terminal that we read and write.
    pub(super) fn side(&self) -> io::Result<File> {
        Ok(self.inner.as_fd().try_clone_to_owned()?.into())
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        if let Some(found) = &self.found {
            // Once all has been written: the last line ends as the command's terminal ended it.
            let _ = tcsetattr(&self.ours, OptionalActions::Drain, found);
        }
    }
}

/// Whether we may read from this terminal: in the background that would stop us.
pub(super) fn is_ours(terminal: impl AsFd) -> bool {
    isatty(&terminal) && tcgetpgrp(terminal).is_ok_and(|group| group == getpgrp())
}

/// Hands on what is typed, until one of the two is gone.
pub(super) fn pass_input(input: OwnedFd, mut to: File) {
    let mut input = File::from(input);
    let mut buffer = Zeroizing::new([0; 4096]);
    loop {
        if poll(&mut [PollFd::new(&input, PollFlags::IN)], None).is_err() {
            continue;
        }
        if !is_ours(&input) {
            if !isatty(&input) {
                return;
            }
            std::thread::sleep(std::time::Duration::from_millis(200));
            continue;
        }
        match input.read(&mut *buffer) {
            Ok(0) => return,
            Ok(count) => {
                if write_all(&mut to, &buffer[..count]).is_err() {
                    return;
                }
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(_) => return,
        }
    }
}

pub(super) fn into_io(error: pty_process::Error) -> io::Error {
    match error {
        pty_process::Error::Io(error) => error,
        pty_process::Error::Rustix(error) => error.into(),
    }
}
