//! Reads a file whole: at most so much, into memory that is wiped, without holding up the runtime, and tells apart
//! why it cannot.

use std::{
    fs::{File, Metadata},
    io::{self, Read},
    path::{Path, PathBuf},
};

use nuages_provider::{Error, ErrorKind};
use zeroize::Zeroizing;

/// Bytes that are wiped when dropped.
pub(crate) type Wiped = Zeroizing<Vec<u8>>;

/// The largest file that is read, in bytes: 16 MiB.
pub(crate) const LIMIT: usize = 16 << 20;

/// Why a file cannot be read. Plain data, so that one reading can answer for many references.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trouble {
    Missing,
    Denied,
    Directory,
    TooLarge,
    Io(io::ErrorKind),
}

impl Trouble {
    /// The same in words.
    pub(crate) fn error(self, path: &Path) -> Error {
        let path = path.display();
        match self {
            Self::Missing => Error::not_found(format!("`{path}` does not exist")),
            Self::Denied => Error::new(ErrorKind::PermissionDenied, format!("`{path}` may not be read"))
                .with_hint("this needs read permission on the file and search permission on every directory above it"),
            Self::Directory => Error::new(ErrorKind::Malformed, format!("`{path}` is a directory, not a file"))
                .with_hint("a container runtime makes an empty directory where a mounted file is missing on the host"),
            Self::TooLarge => Error::new(
                ErrorKind::Malformed,
                format!("`{path}` is larger than {} MiB, the most that is read", LIMIT >> 20),
            ),
            Self::Io(kind) => Error::new(ErrorKind::Unavailable, format!("`{path}` cannot be read: {kind}")),
        }
    }
}

impl From<io::Error> for Trouble {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            // A file where a directory should be: nothing can exist below it.
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => Self::Missing,
            io::ErrorKind::PermissionDenied => Self::Denied,
            io::ErrorKind::IsADirectory => Self::Directory,
            kind => Self::Io(kind),
        }
    }
}

/// The whole file. A pipe or device, which may keep its reader waiting, is read on another thread, so that the
/// caller's deadline holds.
pub(crate) async fn read(path: PathBuf) -> Result<Wiped, Trouble> {
    let metadata = std::fs::metadata(&path)?;
    if metadata.is_dir() {
        return Err(Trouble::Directory);
    }
    if metadata.is_file() {
        return read_now(&path, &metadata);
    }
    tokio::task::spawn_blocking(move || read_now(&path, &metadata))
        .await
        .unwrap_or(Err(Trouble::Io(io::ErrorKind::Other)))
}

fn read_now(path: &Path, metadata: &Metadata) -> Result<Wiped, Trouble> {
    let size = usize::try_from(metadata.len()).unwrap_or(usize::MAX);
    if size > LIMIT {
        return Err(Trouble::TooLarge);
    }
    read_to_limit(File::open(path)?, size, LIMIT)
}

/// Everything `source` gives, at most `limit` bytes. `size` is a guess that saves growing.
fn read_to_limit(mut source: impl Read, size: usize, limit: usize) -> Result<Wiped, Trouble> {
    // One more than expected: the read that finds the end needs room too.
    let mut bytes = Zeroizing::new(vec![0; (size + 1).max(4096)]);
    let mut filled = 0;
    loop {
        if filled == bytes.len() {
            // Growing in place would leave an unwiped copy behind.
            let mut larger = Zeroizing::new(vec![0; bytes.len() * 2]);
            larger[..filled].copy_from_slice(&bytes);
            bytes = larger;
        }
        match source.read(&mut bytes[filled..]) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error.into()),
        }
        if filled > limit {
            return Err(Trouble::TooLarge);
        }
    }
    bytes.truncate(filled);
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_is_read_whole_whatever_size_was_guessed() {
        let all: Vec<u8> = (0..100_000_u32).flat_map(u32::to_le_bytes).collect();
        for size in [0, 1, all.len() - 1, all.len(), all.len() + 1] {
            assert!(*read_to_limit(&all[..], size, LIMIT).unwrap() == all);
        }
    }

    #[test]
    fn a_source_without_end_is_given_up_at_the_limit() {
        assert_eq!(
            read_to_limit(io::repeat(7), 0, 10_000).unwrap_err(),
            Trouble::TooLarge
        );
        assert_eq!(
            read_to_limit(io::repeat(7).take(10_000), 0, 10_000)
                .unwrap()
                .len(),
            10_000
        );
        assert_eq!(
            read_to_limit(io::repeat(7).take(10_001), 0, 10_000).unwrap_err(),
            Trouble::TooLarge
        );
    }
}
