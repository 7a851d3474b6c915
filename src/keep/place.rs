//! The private directory of one supervisor: the files that drivers read afresh, and the socket that tells of them. It is
//! gone when the supervisor is; what a killed one has left behind, the next one removes.

use std::{
    fs::{self, File},
    io,
    os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
};

use rustix::process::getpid;

use crate::{exec::files::make_private, manifest::SUPERVISORS, render::file::write_atomically};

/// The socket's name.
pub(crate) const SOCKET: &str = "status.sock";

/// What is locked for as long as the supervisor lives.
const LOCK: &str = "lock";

/// How many supervisors with one number there can be: in containers that share their memory, all are process 1.
const MOST: u32 = 64;

/// A directory that is ours while this lives.
#[derive(Debug)]
pub(crate) struct Place {
    path: PathBuf,
    _lock: File,
}

impl Place {
    /// Makes it, below the directory of `[files]`.
    ///
    /// # Errors
    /// Where that directory is somebody else's, or cannot be written.
    pub(crate) fn make(directory: &Path) -> io::Result<Self> {
        make_private(directory)?;
        let all = directory.join(SUPERVISORS);
        make_private(&all)?;
        remove_left(&all);
        for number in 0..MOST {
            let mut name = getpid().as_raw_nonzero().to_string();
            if number > 0 {
                name = format!("{name}.{number}");
            }
            let path = all.join(name);
            make_private(&path)?;
            // Taken for one that is left, it may be gone again.
            let Ok(lock) = open_lock(&path) else {
                continue;
            };
            if lock.try_lock().is_ok() && is_at(&lock, &path) {
                return Ok(Self { path, _lock: lock });
            }
        }
        Err(io::Error::new(
            io::ErrorKind::ResourceBusy,
            "too many supervisors have a directory there",
        ))
    }

    /// Removes it, with all that is in it.
    pub(crate) fn remove(&self) {
        // What cannot be removed, the next supervisor tries again.
        let _ = fs::remove_dir_all(&self.path);
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Writes a file below it, whole or not at all.
    pub(crate) fn write(&self, name: &str, content: &[u8]) -> io::Result<()> {
        let path = self.path.join(name);
        // Somebody may have tidied up: it is made again.
        for directory in [
            self.path.parent().and_then(Path::parent),
            self.path.parent(),
        ] {
            directory.map_or(Ok(()), make_private)?;
        }
        make_private(&self.path)?;
        let above = Path::new(name).ancestors().skip(1);
        let above: Vec<&Path> = above.filter(|part| !part.as_os_str().is_empty()).collect();
        for parent in above.into_iter().rev() {
            make_private(&self.path.join(parent))?;
        }
        write_atomically(&path, content, 0o600)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.remove();
    }
}

fn open_lock(directory: &Path) -> io::Result<File> {
    File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .mode(0o600)
        .custom_flags(rustix::fs::OFlags::NOFOLLOW.bits().cast_signed())
        .open(directory.join(LOCK))
}

/// Whether a lock is the one that is there: somebody may have taken the directory for one that is left, and removed it.
fn is_at(lock: &File, directory: &Path) -> bool {
    let there = fs::metadata(directory.join(LOCK));
    matches!((lock.metadata(), there), (Ok(ours), Ok(there))
        if ours.ino() == there.ino() && ours.dev() == there.dev())
}

/// Removes the directories that no process holds any more.
fn remove_left(all: &Path) {
    let Ok(entries) = fs::read_dir(all) else {
        return;
    };
    for entry in entries.flatten() {
        let path = entry.path();
        let Ok(lock) = File::open(path.join(LOCK)) else {
            continue;
        };
        if lock.try_lock().is_ok() {
            let _ = fs::remove_dir_all(&path);
        }
    }
}

/// Lets nobody but us connect.
pub(crate) fn close_to_others(socket: &Path) -> io::Result<()> {
    fs::set_permissions(socket, fs::Permissions::from_mode(0o600))
}
