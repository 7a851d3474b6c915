//! The private directory of one supervisor: the files that drivers read afresh, and the socket that tells of them. It is
//! gone when the supervisor is; what a killed one has left behind, the next one removes.

use std::{
    fs::{self, File},
    io,
    os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
};

use rustix::process::getpid;

use crate::{
    exec::files::{is_default, is_private, make_private},
    manifest::SUPERVISORS,
    render::file::write_atomically,
};

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
        remove_left_beside(directory);
        let all = directory.join(SUPERVISORS);
        for number in 0..MOST {
            let mut name = getpid().as_raw_nonzero().to_string();
            if number > 0 {
                name = format!("{name}.{number}");
            }
            let path = all.join(name);
            // Taken for what is left, they may be gone again.
            match make_all(&[directory, &all, &path]) {
                Err(error)
                    if error.kind() == io::ErrorKind::NotFound
                        && directory.parent().is_some_and(Path::is_dir) =>
                {
                    continue;
                }
                made => made?,
            }
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
        if let Some(all) = self.path.parent() {
            remove_empty(all);
        }
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

fn make_all(directories: &[&Path]) -> io::Result<()> {
    directories.iter().try_for_each(|path| make_private(path))
}

/// Removes what killed supervisors have left behind: those of this manifest, and where its directory has a name of ours, those
/// of our user's others too.
fn remove_left_beside(directory: &Path) {
    remove_left(directory);
    let beside = directory.parent().filter(|_| is_default(directory));
    let Some(entries) = beside.and_then(|beside| fs::read_dir(beside).ok()) else {
        return;
    };
    for entry in entries.flatten() {
        let path = entry.path();
        if is_default(&path) && is_private(&path) && path != directory {
            remove_left(&path);
        }
    }
}

/// Removes the directories of supervisors that no process holds any more, and those around them where nothing else is in them.
fn remove_left(directory: &Path) {
    let all = directory.join(SUPERVISORS);
    if is_private(directory) && is_private(&all) {
        for entry in fs::read_dir(&all).into_iter().flatten().flatten() {
            let path = entry.path();
            match File::open(path.join(LOCK)) {
                Ok(lock) if lock.try_lock().is_ok() => {
                    let _ = fs::remove_dir_all(&path);
                }
                Ok(_) => {}
                // One that is just being made is empty for a moment, and is made again.
                Err(_) => drop(fs::remove_dir(&path)),
            }
        }
        remove_empty(&all);
    }
}

/// Removes the directory of all supervisors, where there are none; and the one above it, where that has a name of ours: another
/// may have been made for us by somebody whom we cannot ask again.
fn remove_empty(all: &Path) {
    if fs::remove_dir(all).is_ok()
        && let Some(directory) = all.parent().filter(|above| is_default(above))
    {
        // Only what is empty goes.
        let _ = fs::remove_dir(directory);
    }
}

/// Lets nobody but us connect.
pub(crate) fn close_to_others(socket: &Path) -> io::Result<()> {
    fs::set_permissions(socket, fs::Permissions::from_mode(0o600))
}
