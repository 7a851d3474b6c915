//! Secrets into a file: whoever reads it sees the old content or the new, whole, however the writer ends.

use std::ffi::OsStr;
use std::fs::{self, File, OpenOptions, Permissions};
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io::{self, Write};
use std::os::fd::OwnedFd;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, Mode, OFlags};
use rustix::io::Errno;

/// How many names are tried for the temporary file. One is enough unless someone guesses 64 random bits.
const ATTEMPTS: usize = 8;

/// As many symbolic links as Linux follows in one path.
const MOST_LINKS: usize = 40;

/// Puts `bytes` into the file at `path`, whose permissions become `mode` (such as `0o600`).
///
/// The content goes to a temporary file in the same directory, reaches the disk, and only then takes the name. Where the
/// system has files without a name (`O_TMPFILE`), a writer that is killed leaves no partial file behind; in the instant
/// between naming and renaming it can leave a complete one, `.nuages-….tmp`, with the permissions asked for.
///
/// A symbolic link stays and the file it leads to is replaced. What exists and is no regular file (`/dev/stdout`, a FIFO)
/// is written to as it stands, and so is what `/proc` and `/dev/fd` lead to: those bytes go out as they come.
///
/// # Errors
///
/// A directory at `path`, a path without a file name, and whatever the system refuses. Unless the directory alone could
/// not be synced, the old content is still there then.
pub fn write_atomically(path: &Path, bytes: &[u8], mode: u32) -> io::Result<()> {
    match destination(path)? {
        Destination::File(path) => replace(&path, bytes, mode),
        Destination::OpenFile => OpenOptions::new().append(true).open(path)?.write_all(bytes),
        // With `O_CREAT`, Linux refuses a FIFO that a stranger left in `/tmp` (sysctl `fs.protected_fifos`).
        Destination::Stream => OpenOptions::new()
            .append(true)
            .create(true)
            .mode(0o600)
            .open(path)?
            .write_all(bytes),
    }
}

enum Destination {
    /// The path without symbolic links in its last part.
    File(PathBuf),
    /// A regular file that somebody holds open and would miss: standard output, redirected.
    OpenFile,
    /// A pipe, a terminal, a device.
    Stream,
}

fn destination(path: &Path) -> io::Result<Destination> {
    // Asked first, and through the links: this is where the system refuses the links strangers leave in `/tmp`.
    match fs::metadata(path) {
        Ok(found) if found.is_dir() => return Err(Errno::ISDIR.into()),
        Ok(found) if !found.is_file() => return Ok(Destination::Stream),
        Ok(_) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    let mut place = path.to_owned();
    for _ in 0..MOST_LINKS {
        match fs::read_link(&place) {
            Ok(_) if is_in_proc(parent(&place))? => return Ok(Destination::OpenFile),
            Ok(target) => place = parent(&place).join(target),
            Err(error)
                if matches!(
                    error.kind(),
                    io::ErrorKind::InvalidInput | io::ErrorKind::NotFound
                ) =>
            {
                return Ok(Destination::File(place));
            }
            Err(error) => return Err(error),
        }
    }
    Err(Errno::LOOP.into())
}

fn parent(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if parent.as_os_str().is_empty() => Path::new("."),
        Some(parent) => parent,
        None => path,
    }
}

/// Whether links in `directory` are those of procfs, which stand for open files: `/dev/stdout` is one in the end.
#[cfg(target_os = "linux")]
fn is_in_proc(directory: &Path) -> io::Result<bool> {
    Ok(rustix::fs::statfs(directory)?.f_type == rustix::fs::PROC_SUPER_MAGIC)
}

#[cfg(not(target_os = "linux"))]
#[allow(
    clippy::unnecessary_wraps,
    reason = "the signature of the other systems"
)]
fn is_in_proc(_: &Path) -> io::Result<bool> {
    Ok(false)
}

fn replace(path: &Path, bytes: &[u8], mode: u32) -> io::Result<()> {
    let name = path
        .file_name()
        .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "the path names no file"))?;
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let directory = rustix::fs::open(parent(path), flags, Mode::empty())?;
    let temporary = match without_a_name(&directory, bytes, mode)? {
        Some(temporary) => temporary,
        None => with_a_name(&directory, bytes, mode)?,
    };
    temporary.rename(name)?;
    match rustix::fs::fsync(&directory) {
        // Some network file systems sync no directories.
        Ok(()) | Err(Errno::INVAL) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// A complete file under a name of its own; gone with this value unless it was renamed.
struct Temporary<'a> {
    directory: &'a OwnedFd,
    name: String,
    renamed: bool,
}

impl<'a> Temporary<'a> {
    fn new(directory: &'a OwnedFd, name: String) -> Self {
        Self {
            directory,
            name,
            renamed: false,
        }
    }

    fn rename(mut self, name: &OsStr) -> io::Result<()> {
        rustix::fs::renameat(self.directory, self.name.as_str(), self.directory, name)?;
        self.renamed = true;
        Ok(())
    }
}

impl Drop for Temporary<'_> {
    fn drop(&mut self) {
        if !self.renamed {
            // An error is on its way already; there is nobody to tell about a second one.
            let _: Result<(), Errno> =
                rustix::fs::unlinkat(self.directory, self.name.as_str(), AtFlags::empty());
        }
    }
}

/// Fills a file that has no name yet and then names it. `None` where the system or the file system cannot do that.
#[cfg(target_os = "linux")]
fn without_a_name<'a>(
    directory: &'a OwnedFd,
    bytes: &[u8],
    mode: u32,
) -> io::Result<Option<Temporary<'a>>> {
    use std::os::fd::AsRawFd;

    let flags = OFlags::TMPFILE | OFlags::WRONLY | OFlags::CLOEXEC;
    let file = match rustix::fs::openat(directory, ".", flags, Mode::RUSR | Mode::WUSR) {
        Ok(file) => File::from(file),
        Err(Errno::OPNOTSUPP | Errno::ISDIR | Errno::NOENT | Errno::INVAL) => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    fill(&file, bytes, mode)?;
    let open_file = format!("/proc/self/fd/{}", file.as_raw_fd());
    for _ in 0..ATTEMPTS {
        let name = temporary_name();
        match rustix::fs::linkat(
            rustix::fs::CWD,
            &open_file,
            directory,
            &name,
            AtFlags::SYMLINK_FOLLOW,
        ) {
            Ok(()) => return Ok(Some(Temporary::new(directory, name))),
            Err(Errno::EXIST) => {}
            // `/proc` may not be mounted, a policy may forbid links: the other way works, or says what is wrong.
            Err(_) => return Ok(None),
        }
    }
    Err(Errno::EXIST.into())
}

#[cfg(not(target_os = "linux"))]
#[allow(
    clippy::unnecessary_wraps,
    reason = "the signature of the other systems"
)]
fn without_a_name<'a>(_: &'a OwnedFd, _: &[u8], _: u32) -> io::Result<Option<Temporary<'a>>> {
    Ok(None)
}

/// Makes a file under a temporary name, for its owner alone until it is complete.
fn with_a_name<'a>(directory: &'a OwnedFd, bytes: &[u8], mode: u32) -> io::Result<Temporary<'a>> {
    let flags = OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::WRONLY | OFlags::CLOEXEC;
    for _ in 0..ATTEMPTS {
        let name = temporary_name();
        match rustix::fs::openat(directory, &name, flags, Mode::RUSR | Mode::WUSR) {
            Ok(file) => {
                let temporary = Temporary::new(directory, name);
                fill(&File::from(file), bytes, mode)?;
                return Ok(temporary);
            }
            Err(Errno::EXIST) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(Errno::EXIST.into())
}

fn fill(mut file: &File, bytes: &[u8], mode: u32) -> io::Result<()> {
    file.write_all(bytes)?;
    file.set_permissions(Permissions::from_mode(mode))?;
    file.sync_all()
}

/// Short whatever the target is called, so that the longest file name there can be still works.
fn temporary_name() -> String {
    // Every `RandomState` has new random keys: random bits without another dependency. `O_EXCL` guards the rest.
    format!(
        ".nuages-{:016x}.tmp",
        RandomState::new().build_hasher().finish()
    )
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{FileTypeExt, MetadataExt, symlink};
    use std::sync::atomic::{AtomicBool, Ordering};

    use super::*;

    fn names(directory: &Path) -> Vec<String> {
        let entries = fs::read_dir(directory).unwrap();
        let mut names: Vec<_> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    fn mode_of(path: &Path) -> u32 {
        fs::metadata(path).unwrap().mode() & 0o7777
    }

    #[test]
    fn a_file_is_made_and_replaced_with_its_mode() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("x".repeat(255));
        for (bytes, mode) in [
            (b"old".as_slice(), 0o600),
            (b"newer", 0o640),
            (b"", 0o400),
            (b"last", 0o600),
        ] {
            write_atomically(&path, bytes, mode).unwrap();
            assert_eq!(
                (fs::read(&path).unwrap().as_slice(), mode_of(&path)),
                (bytes, mode)
            );
        }
        assert_eq!(names(directory.path()).len(), 1);
    }

    #[test]
    fn a_file_made_under_a_name_is_as_good() {
        let directory = tempfile::tempdir().unwrap();
        let open = File::open(directory.path()).unwrap().into();
        let abandoned = with_a_name(&open, b"abandoned", 0o600).unwrap();
        assert_eq!(names(directory.path()), [abandoned.name.as_str()]);
        drop(abandoned);
        assert!(names(directory.path()).is_empty());

        with_a_name(&open, b"kept", 0o640)
            .unwrap()
            .rename(OsStr::new("target"))
            .unwrap();
        assert_eq!(names(directory.path()), ["target"]);
        let target = directory.path().join("target");
        assert_eq!(
            (fs::read(&target).unwrap().as_slice(), mode_of(&target)),
            (b"kept".as_slice(), 0o640)
        );
    }

    #[test]
    fn a_failed_rename_leaves_nothing() {
        let directory = tempfile::tempdir().unwrap();
        fs::create_dir(directory.path().join("taken")).unwrap();
        let open = File::open(directory.path()).unwrap().into();
        assert!(
            with_a_name(&open, b"x", 0o600)
                .unwrap()
                .rename(OsStr::new("taken"))
                .is_err()
        );
        assert_eq!(names(directory.path()), ["taken"]);
    }

    #[test]
    fn a_link_stays_and_its_file_is_replaced() {
        let directory = tempfile::tempdir().unwrap();
        let (real, link) = (directory.path().join("real"), directory.path().join("link"));
        symlink("real", directory.path().join("middle")).unwrap();
        symlink("middle", &link).unwrap();
        for bytes in [b"through a dangling link".as_slice(), b"again"] {
            write_atomically(&link, bytes, 0o600).unwrap();
            assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
            assert_eq!(fs::read(&real).unwrap(), bytes);
        }
        assert_eq!(names(directory.path()), ["link", "middle", "real"]);
    }

    #[test]
    fn directories_and_missing_directories_are_errors() {
        let directory = tempfile::tempdir().unwrap();
        let kind = |path: &Path| write_atomically(path, b"x", 0o600).unwrap_err().kind();
        assert_eq!(kind(directory.path()), io::ErrorKind::IsADirectory);
        assert_eq!(
            kind(&directory.path().join("no/file")),
            io::ErrorKind::NotFound
        );
        assert_eq!(kind(Path::new("")), io::ErrorKind::InvalidInput);
        assert!(names(directory.path()).is_empty());
    }

    #[test]
    fn a_fifo_is_written_through() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("fifo");
        assert!(
            std::process::Command::new("mkfifo")
                .arg(&path)
                .status()
                .unwrap()
                .success()
        );
        let reader = std::thread::spawn({
            let path = path.clone();
            move || fs::read(path).unwrap()
        });
        write_atomically(&path, b"through", 0o600).unwrap();
        assert_eq!(reader.join().unwrap(), b"through");
        assert!(fs::metadata(&path).unwrap().file_type().is_fifo());
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn an_open_file_reached_through_proc_is_appended_to() {
        use std::os::fd::AsRawFd;

        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("redirected");
        fs::write(&path, "before ").unwrap();
        let open = File::open(&path).unwrap();
        let inode = fs::metadata(&path).unwrap().ino();
        let link = directory.path().join("stdout");
        symlink(format!("/proc/self/fd/{}", open.as_raw_fd()), &link).unwrap();
        write_atomically(&link, b"after", 0o600).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"before after");
        assert_eq!(fs::metadata(&path).unwrap().ino(), inode);
    }

    #[test]
    fn a_reader_sees_one_whole_content_or_the_other() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("file");
        let contents = [vec![b'a'; 300_000], vec![b'b'; 200_000]];
        write_atomically(&path, &contents[0], 0o600).unwrap();
        let done = AtomicBool::new(false);
        std::thread::scope(|scope| {
            let reader = scope.spawn(|| {
                let mut reads = 0;
                while !done.load(Ordering::Relaxed) {
                    let seen = fs::read(&path).unwrap();
                    assert!(contents.contains(&seen), "{} bytes", seen.len());
                    reads += 1;
                }
                reads
            });
            for turn in 0..60 {
                write_atomically(&path, &contents[turn % 2], 0o600).unwrap();
            }
            done.store(true, Ordering::Relaxed);
            assert!(reader.join().unwrap() > 0);
        });
    }
}
