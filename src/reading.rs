//! Reads a file whole that others may have made: it waits for no pipe, and reads no more than a file of its kind can have.

use std::{
    fs::File,
    io::{self, Read as _},
    path::Path,
};

use rustix::fs::{Mode, OFlags};
use zeroize::Zeroizing;

/// What may be at a path.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Files,
    /// Besides, what the process was started with: a pipe of its own, which a path leads to.
    OwnPipes,
}

/// Where the descriptors of a process have names: `/dev/stdin`, and what a shell writes for `<(…)`.
const OWN: &[&str] = &["/dev/stdin", "/dev/fd", "/proc/self/fd"];

/// The bytes of a file of at most `most`, wiped after use.
///
/// # Errors
///
/// Where it is no file but a directory, a pipe or a device, and where it is larger.
pub(crate) fn bytes(path: &Path, most: u64) -> io::Result<Zeroizing<Vec<u8>>> {
    read(path, most, Kind::Files)
}

/// As [`bytes`], as text.
///
/// # Errors
///
/// As of [`bytes`], and where it is not UTF-8.
pub(crate) fn text(path: &Path, most: u64) -> io::Result<String> {
    utf8(&bytes(path, most)?)
}

/// As [`text`], for a path that a person has typed: it may also be `/dev/stdin` or what a shell writes for `<(…)`.
///
/// # Errors
///
/// As of [`text`].
pub(crate) fn named_text(path: &Path, most: u64) -> io::Result<String> {
    utf8(&read(path, most, Kind::OwnPipes)?)
}

fn read(path: &Path, most: u64, kind: Kind) -> io::Result<Zeroizing<Vec<u8>>> {
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    let file = rustix::fs::open(path, flags, Mode::empty()).map_err(|error| match error {
        // Nothing else is told so: a socket has no reader.
        rustix::io::Errno::NXIO => refused("a socket"),
        error => error.into(),
    })?;
    // As it was written, and not where links lead: whoever made a link did not start this process.
    let is_own = kind == Kind::OwnPipes && OWN.iter().any(|own| path.starts_with(own));
    let file = File::from(file);
    let metadata = file.metadata()?;
    if !metadata.is_file() {
        let is_empty = kind == Kind::OwnPipes && path == Path::new("/dev/null");
        if !(is_own || is_empty) || metadata.is_dir() {
            return Err(refused(name(&metadata)));
        }
        let flags = rustix::fs::fcntl_getfl(&file)? - OFlags::NONBLOCK;
        rustix::fs::fcntl_setfl(&file, flags)?;
    }
    if metadata.len() > most {
        return Err(too_large(most));
    }
    // In one piece where its size is known: a buffer that grows would leave copies behind.
    let room = usize::try_from(metadata.len()).unwrap_or_default() + 1;
    let mut bytes = Zeroizing::new(Vec::with_capacity(room));
    file.take(most + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > most {
        return Err(too_large(most));
    }
    Ok(bytes)
}

fn name(metadata: &std::fs::Metadata) -> &'static str {
    use std::os::unix::fs::FileTypeExt as _;
    let kind = metadata.file_type();
    if kind.is_dir() {
        "a directory"
    } else if kind.is_fifo() {
        "a pipe"
    } else {
        "a device"
    }
}

fn refused(what: &str) -> io::Error {
    io::Error::new(
        io::ErrorKind::InvalidInput,
        format!("it is {what}, not a file"),
    )
}

fn too_large(most: u64) -> io::Error {
    let size = match most >> 20 {
        0 => format!("{} KiB", most >> 10),
        size => format!("{size} MiB"),
    };
    io::Error::new(
        io::ErrorKind::FileTooLarge,
        format!("it is larger than {size}"),
    )
}

fn utf8(bytes: &[u8]) -> io::Result<String> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Ok(text.to_owned()),
        Err(error) => Err(io::Error::new(
            io::ErrorKind::InvalidData,
            format!("it is not UTF-8, at byte {}", error.valid_up_to()),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOST: u64 = 1 << 10;

    fn told(result: io::Result<String>) -> String {
        result.unwrap_err().to_string()
    }

    #[test]
    fn what_is_no_file_is_refused_and_not_waited_for() {
        let directory = tempfile::tempdir().unwrap();
        let pipe = directory.path().join("pipe");
        rustix::fs::mknodat(
            rustix::fs::CWD,
            &pipe,
            rustix::fs::FileType::Fifo,
            Mode::RUSR | Mode::WUSR,
            0,
        )
        .unwrap();
        let socket = directory.path().join("socket");
        let _listener = std::os::unix::net::UnixListener::bind(&socket).unwrap();
        let link = directory.path().join("link");
        std::os::unix::fs::symlink("/dev/stdin", &link).unwrap();
        for read in [text, named_text] {
            assert_eq!(told(read(&pipe, MOST)), "it is a pipe, not a file");
            assert_eq!(told(read(&socket, MOST)), "it is a socket, not a file");
            let zero = Path::new("/dev/zero");
            assert_eq!(told(read(zero, MOST)), "it is a device, not a file");
            let here = directory.path();
            assert_eq!(told(read(here, MOST)), "it is a directory, not a file");
        }
        assert!(named_text(Path::new("/dev/null"), MOST).unwrap().is_empty());
        assert!(text(Path::new("/dev/null"), MOST).is_err());
    }

    #[test]
    fn a_pipe_of_our_own_is_read_to_its_end_where_it_was_typed() {
        use std::{io::Write as _, os::fd::AsRawFd as _};
        let (reader, mut writer) = io::pipe().unwrap();
        let path = format!("/dev/fd/{}", reader.as_raw_fd());
        let path = Path::new(&path);
        let thread = std::thread::spawn(move || writer.write_all(b"[env]\n").unwrap());
        assert_eq!(named_text(path, MOST).unwrap(), "[env]\n");
        thread.join().unwrap();
        assert_eq!(told(text(path, MOST)), "it is a pipe, not a file");
    }

    #[test]
    fn a_file_is_read_up_to_its_bound() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("file");
        std::fs::write(&path, [b'a'; 2 << 10]).unwrap();
        assert_eq!(text(&path, 2 << 10).unwrap().len(), 2 << 10);
        assert_eq!(told(text(&path, MOST)), "it is larger than 1 KiB");
        std::fs::write(&path, b"a\xff").unwrap();
        assert_eq!(told(text(&path, MOST)), "it is not UTF-8, at byte 1");
    }
}
