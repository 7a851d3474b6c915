//! One stream on its way through a redactor: read, masked, written, as it comes.

use std::{
    fs::File,
    io::{self, Read as _, Write as _},
    os::fd::AsFd,
};

use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    io::Errno,
};
use zeroize::Zeroizing;

use crate::redact::Redactor;

/// Bytes that are read at once: as much as a pipe holds.
const READ: usize = 64 * 1024;

/// How long a watched stream is quiet before a held byte is shown.
const PAUSE: Timespec = Timespec {
    tv_sec: 0,
    tv_nsec: 100_000_000,
};

/// How long a terminal may take to pass on the last that was written to it.
const LAST_WORDS: Timespec = Timespec {
    tv_sec: 0,
    tv_nsec: 200_000_000,
};

const NOW: Timespec = Timespec {
    tv_sec: 0,
    tv_nsec: 0,
};

/// A stream to mask.
pub(crate) struct Pump {
    pub(crate) from: File,
    pub(crate) to: File,
    /// Closed at its other end when the writer is gone. What the stream holds then is still passed on.
    pub(crate) until: Option<io::PipeReader>,
    /// Someone watches: see [`Redactor::pause`].
    pub(crate) is_watched: bool,
    /// The stream is a terminal's, which ends with an error once nobody has it open.
    pub(crate) is_terminal: bool,
}

impl Pump {
    /// Runs to the stream's end.
    ///
    /// # Errors
    /// Where it cannot be written; the stream is closed then, as it would be for a program that writes there itself.
    pub(crate) fn run(mut self, mut redactor: Redactor) -> io::Result<()> {
        let mut buffer = Zeroizing::new(vec![0; READ]);
        let mut masked = Vec::with_capacity(2 * READ);
        // Set once the writer is gone: how much may still come.
        let mut left: Option<u64> = None;
        loop {
            let waited = self.wait(left.is_some(), redactor.holds_one())?;
            match waited {
                Waited::Paused => redactor.pause(&mut masked),
                Waited::Ended if left.is_some() => break,
                Waited::Ended => {
                    // Others may keep the pipe open and go on writing: what is there now is the command's.
                    left = Some(if self.is_terminal {
                        u64::MAX
                    } else {
                        rustix::io::ioctl_fionread(&self.from).unwrap_or(0)
                    });
                }
                Waited::Readable => {
                    let most =
                        left.map_or(READ, |left| usize::try_from(left).unwrap_or(READ).min(READ));
                    let count = match self.from.read(&mut buffer[..most]) {
                        Ok(0) => break,
                        Ok(count) => count,
                        Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                        Err(error) if error.kind() == io::ErrorKind::WouldBlock => continue,
                        // A terminal's way to say that it is closed.
                        Err(_) => break,
                    };
                    redactor.push(&buffer[..count], &mut masked);
                    left = left.map(|left| left.saturating_sub(as_u64(count)));
                }
            }
            write_all(&mut self.to, &masked)?;
            masked.clear();
        }
        redactor.finish(&mut masked);
        write_all(&mut self.to, &masked)
    }

    fn wait(&self, has_ended: bool, holds_one: bool) -> io::Result<Waited> {
        let timeout = match (has_ended, self.is_terminal) {
            (true, true) => Some(&LAST_WORDS),
            (true, false) => Some(&NOW),
            (false, _) => (self.is_watched && holds_one).then_some(&PAUSE),
        };
        let mut polled = vec![PollFd::new(&self.from, PollFlags::IN)];
        if let Some(until) = self.until.as_ref().filter(|_| !has_ended) {
            polled.push(PollFd::new(until, PollFlags::IN));
        }
        loop {
            match poll(&mut polled, timeout) {
                Ok(0) if has_ended => return Ok(Waited::Ended),
                Ok(0) => return Ok(Waited::Paused),
                Ok(_) => break,
                Err(Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
        // The end first: a stream that never is empty would hide it.
        if polled.get(1).is_some_and(|end| !end.revents().is_empty()) {
            return Ok(Waited::Ended);
        }
        Ok(Waited::Readable)
    }
}

/// What there is to do.
enum Waited {
    Readable,
    Paused,
    /// The writer is gone; told again, nothing is left.
    Ended,
}

/// Writes everything, also where another process has made the file one that does not wait.
pub(super) fn write_all(to: &mut File, mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        match to.write(bytes) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(count) => bytes = &bytes[count..],
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                // Interrupted or ready: the next write tells.
                let _ = poll(&mut [PollFd::new(&to.as_fd(), PollFlags::OUT)], None);
            }
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

fn as_u64(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}
