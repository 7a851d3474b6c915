//! Lines at the end of a file that the CI system made: all of them, or none.

use std::{
    fmt,
    fs::{self, File, OpenOptions},
    io::{self, Read as _, Seek as _, SeekFrom, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::Path,
};

use rustix::fs::OFlags;

/// Why nothing was appended.
#[derive(Debug)]
pub enum Failure {
    /// There is no file, or what is there is not one.
    Unfit(&'static str),
    /// It cannot be opened or written; it is as it was.
    Io(io::Error),
    /// It cannot be written, and what was written cannot be taken back.
    Remains {
        /// Why it cannot be written.
        error: io::Error,
        /// Why it cannot be taken back.
        rollback: io::Error,
    },
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unfit(reason) => f.write_str(reason),
            Self::Io(error) => write!(f, "{error}; the file is as it was"),
            Self::Remains { error, rollback } => write!(
                f,
                "{error}; a part of the values remains in the file, as it cannot be cut: {rollback}"
            ),
        }
    }
}

impl std::error::Error for Failure {}

const NO_FILE: &str = "there is no such file, and the system should have made it";

/// Whether [`append`] would find a file: asked before any secret is fetched.
///
/// # Errors
/// No file where one must be, a symbolic link, and everything else that is no regular file.
pub fn check(path: &Path, may_create: bool) -> Result<(), Failure> {
    match fs::symlink_metadata(path) {
        Ok(found) if found.is_symlink() => Err(Failure::Unfit(
            "it is a symbolic link, which is not followed",
        )),
        Ok(found) if found.is_dir() => Err(Failure::Unfit("it is a directory")),
        Ok(found) if !found.is_file() => Err(Failure::Unfit("it is no regular file")),
        Ok(_) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let parent = path
                .parent()
                .filter(|parent| !parent.as_os_str().is_empty());
            if may_create && parent.is_none_or(Path::is_dir) {
                Ok(())
            } else {
                Err(Failure::Unfit(NO_FILE))
            }
        }
        Err(error) => Err(Failure::Io(error)),
    }
}

/// Appends whole lines. Where the file does not end in a line break, one comes first.
///
/// A file that is made here is its owner's alone. When writing fails midway, the file is cut to its former length.
///
/// # Errors
/// As [`check`]; and whatever the system refuses.
pub fn append(path: &Path, lines: &[u8], may_create: bool) -> Result<(), Failure> {
    check(path, may_create)?;
    // A link or a FIFO that took the file's place since then is not opened, or not waited for.
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let mut file = OpenOptions::new()
        .read(true)
        .append(true)
        .create(may_create)
        .mode(0o600)
        .custom_flags(flags.bits().cast_signed())
        .open(path)
        .map_err(Failure::Io)?;
    let found = file.metadata().map_err(Failure::Io)?;
    if !found.is_file() {
        return Err(Failure::Unfit("it is no regular file"));
    }
    let before = found.len();
    let breaks = ends_within_a_line(&mut file, before).map_err(Failure::Io)?;
    or_cut(&file, before, |mut file| {
        if breaks {
            file.write_all(b"\n")?;
        }
        file.write_all(lines)?;
        file.sync_all()
    })
}

fn ends_within_a_line(file: &mut File, length: u64) -> io::Result<bool> {
    let Some(last) = length.checked_sub(1) else {
        return Ok(false);
    };
    let mut byte = [0];
    file.seek(SeekFrom::Start(last))?;
    file.read_exact(&mut byte)?;
    Ok(byte != *b"\n")
}

/// Writes, or leaves the file as long as it was.
pub(super) fn or_cut(
    file: &File,
    length: u64,
    write: impl FnOnce(&File) -> io::Result<()>,
) -> Result<(), Failure> {
    let Err(error) = write(file) else {
        return Ok(());
    };
    match file.set_len(length) {
        Ok(()) => Err(Failure::Io(error)),
        Err(rollback) => Err(Failure::Remains { error, rollback }),
    }
}
