//! Files of a work tree to units: opened so that no link is followed and no pipe waits, read in one piece where they are
//! small.

use std::{
    fs::File,
    io::{self, Read as _},
    os::fd::{BorrowedFd, OwnedFd},
    path::Path,
    sync::{Mutex, PoisonError},
};

use gix::bstr::{BStr, BString, ByteSlice as _};
use rustix::{
    buffer::spare_capacity,
    fs::{FileType, Mode, OFlags},
    io::Errno,
};

use super::{
    Sink, Trouble,
    content::{Encoding, HEAD},
    parts::{self, Label},
};

/// A file of more bytes than this is read by one thread at a time.
const LARGE: u64 = 4 << 20;
/// What a first read takes.
const FIRST: usize = 64 << 10;

/// Reads files; shared by all threads.
pub(super) struct Reader<'a> {
    pub(super) sink: &'a dyn Sink,
    pub(super) large: Mutex<()>,
}

impl Reader<'_> {
    /// Reads files of a directory, by name; `shown` is the directory's path.
    pub(super) fn files(
        &self,
        directory: BorrowedFd<'_>,
        shown: &BStr,
        names: &[BString],
        buffer: &mut Vec<u8>,
    ) {
        let mut path = shown.to_owned();
        if !path.is_empty() && !path.ends_with(b"/") {
            path.push(b'/');
        }
        let start = path.len();
        for name in names {
            path.truncate(start);
            path.extend_from_slice(name);
            let opened = rustix::fs::openat(
                directory,
                name.as_slice(),
                OFlags::RDONLY
                    | OFlags::NOFOLLOW
                    | OFlags::NONBLOCK
                    | OFlags::CLOEXEC
                    | OFlags::NOCTTY,
                Mode::empty(),
            );
            let scanned = match opened {
                Ok(file) => self.open_file(file, path.as_bstr(), buffer),
                // A link now; or gone.
                Err(Errno::LOOP | Errno::NOENT | Errno::NOTDIR) => Ok(true),
                Err(error) => Err(error.into()),
            };
            if let Err(error) = scanned {
                self.sink
                    .trouble(Trouble::new(path.clone(), parts::io_reason(&error)));
            }
        }
    }

    /// A path that was named: links are followed, and what is no file is said to be none.
    pub(super) fn named(&self, path: &Path, name: BString) {
        let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::CLOEXEC | OFlags::NOCTTY;
        let scanned = rustix::fs::open(path, flags, Mode::empty())
            .map_err(io::Error::from)
            .and_then(|file| self.open_file(file, name.as_bstr(), &mut Vec::new()));
        match scanned {
            Ok(true) => {}
            Ok(false) => self.sink.trouble(Trouble::new(
                name,
                "is no file but a pipe, a socket or a device",
            )),
            Err(error) => self
                .sink
                .trouble(Trouble::new(name, parts::io_reason(&error))),
        }
    }

    /// Reads a file and hands it on; whether it is a file at all.
    fn open_file(&self, file: OwnedFd, path: &BStr, buffer: &mut Vec<u8>) -> io::Result<bool> {
        let stat = rustix::fs::fstat(&file)?;
        if !FileType::from_raw_mode(stat.st_mode).is_file() {
            return Ok(false);
        }
        let size = u64::try_from(stat.st_size).unwrap_or_default();
        if size > LARGE {
            let _one = self.large.lock().unwrap_or_else(PoisonError::into_inner);
            parts::stream(&mut File::from(file), Label::path(path), self.sink)?;
            return Ok(true);
        }
        buffer.clear();
        // One more than there is, so that a first read that is short says that this is all.
        buffer.reserve(usize::try_from(size).unwrap_or(FIRST).clamp(HEAD, FIRST) + 1);
        loop {
            let room = buffer.capacity() - buffer.len();
            let count = match rustix::io::read(&file, spare_capacity(buffer)) {
                Err(Errno::INTR) => continue,
                count => count?,
            };
            let is_first = count == buffer.len();
            if is_first && Encoding::of(buffer) == Encoding::Binary {
                return Ok(true);
            }
            if count < room {
                break;
            }
            if buffer.len() > parts::MOST_WHOLE {
                // It grew while it was read.
                let mut rest = io::Cursor::new(std::mem::take(buffer)).chain(File::from(file));
                parts::stream(&mut rest, Label::path(path), self.sink)?;
                return Ok(true);
            }
            buffer.reserve(
                usize::try_from(size)
                    .unwrap_or(0)
                    .saturating_sub(buffer.len())
                    .max(FIRST)
                    + 1,
            );
        }
        parts::whole(buffer, Label::path(path), self.sink);
        Ok(true)
    }
}
