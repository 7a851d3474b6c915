//! A terminal of its own for a program: what it writes there, and keys that are pressed.

use std::io::{Read as _, Write as _};
use std::process::{Child, Command, ExitStatus};
use std::time::Duration;

use pty_process::{Size, blocking::Pty};
use rustix::event::{PollFd, PollFlags, Timespec, poll};

/// A program that hangs is to fail the test, and not to hold up the others.
const PATIENCE: Duration = Duration::from_mins(2);

/// What clears the line that the cursor is in.
pub(crate) const CLEARED: &str = "\r\x1b[2K";

/// A running program with a terminal.
pub(crate) struct Terminal {
    pty: Pty,
    child: Child,
    seen: Vec<u8>,
}

impl Terminal {
    /// Starts a program. What of its streams is not set already, is the terminal.
    pub(crate) fn start(command: Command) -> Self {
        Self::start_with(command, |command| command)
    }

    /// The same, where a stream of it is something else.
    pub(crate) fn start_with(
        command: Command,
        set: impl FnOnce(pty_process::blocking::Command) -> pty_process::blocking::Command,
    ) -> Self {
        let (pty, pts) = pty_process::blocking::open().expect("a terminal");
        pty.resize(Size::new(24, 80)).expect("the terminal's size");
        let command = set(pty_process::blocking::Command::from(command));
        let child = command.spawn(pts).expect("a program on the terminal");
        Self {
            pty,
            child,
            seen: Vec::new(),
        }
    }

    pub(crate) fn child(&mut self) -> &mut Child {
        &mut self.child
    }

    /// All that was written so far.
    pub(crate) fn seen(&self) -> String {
        String::from_utf8_lossy(&self.seen).into_owned()
    }

    /// The end of it, for a message.
    fn last(&self) -> String {
        let start = self.seen.len().saturating_sub(2000);
        String::from_utf8_lossy(&self.seen[start..]).into_owned()
    }

    /// Presses keys.
    pub(crate) fn press(&mut self, keys: &str) {
        self.pty.write_all(keys.as_bytes()).expect("a keyboard");
    }

    /// Waits until this was written.
    #[track_caller]
    pub(crate) fn until(&mut self, text: &str) {
        while !self.seen().contains(text) {
            assert!(self.read(), "`{text}` was not written:\n{}", self.last());
        }
    }

    /// Waits for the end: how the program ended, and all that was written.
    #[track_caller]
    pub(crate) fn end(mut self) -> (ExitStatus, String) {
        while self.read() {}
        let status = self.child.wait().expect("the end of a program");
        (status, self.seen())
    }

    /// Reads what there is. False at the end.
    #[track_caller]
    fn read(&mut self) -> bool {
        let time = Timespec::try_from(PATIENCE).expect("a time");
        let ready = poll(&mut [PollFd::new(&self.pty, PollFlags::IN)], Some(&time));
        assert_ne!(ready.expect("a poll"), 0, "nothing came:\n{}", self.last());
        let mut buffer = [0; 4096];
        // Linux calls it an error where nobody has the terminal any more.
        match self.pty.read(&mut buffer) {
            Ok(0) | Err(_) => false,
            Ok(count) => {
                self.seen.extend_from_slice(&buffer[..count]);
                true
            }
        }
    }
}
