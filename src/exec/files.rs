//! `[files]`: a private directory, in memory where there is such a place, and the files in it.
//!
//! The directory's name depends on the manifest and its profiles alone, so that a restart finds its own files and
//! replaces them: nothing is left after `execve` that could remove them, and nothing piles up.

use std::{
    fs::DirBuilder,
    hash::{DefaultHasher, Hash, Hasher},
    io,
    os::unix::fs::{DirBuilderExt, MetadataExt},
    path::{Path, PathBuf},
};

use nuages_provider::Environment;
use rustix::{fs::Access, process::geteuid};

use crate::{
    diagnostic::{Class, Diagnostic},
    render::file::write_atomically,
    resolve::ResolvedFile,
    variables::{TMPDIR, XDG_RUNTIME_DIR},
};

/// Linux's number for tmpfs, from `statfs(2)`.
#[cfg(target_os = "linux")]
const TMPFS: rustix::fs::FsWord = 0x0102_1994;

/// Where the files of a manifest go, and whether that is memory. Nothing is made yet.
#[must_use]
pub fn directory(
    environment: &Environment,
    manifest: &Path,
    profiles: &[String],
) -> (PathBuf, bool) {
    let mut hasher = DefaultHasher::new();
    // One manifest has one directory, whatever it is called by.
    let manifest = manifest
        .canonicalize()
        .unwrap_or_else(|_| manifest.to_owned());
    manifest.hash(&mut hasher);
    profiles.hash(&mut hasher);
    let name = format!("{}{:0DIGITS$x}", prefix(), hasher.finish());
    let runtime = environment
        .var(XDG_RUNTIME_DIR)
        .map(PathBuf::from)
        .filter(|path| is_private(path));
    let memory = runtime
        .into_iter()
        .chain([PathBuf::from("/dev/shm"), PathBuf::from("/run")]);
    for place in memory {
        if is_memory(&place)
            && rustix::fs::access(&place, Access::WRITE_OK | Access::EXEC_OK).is_ok()
        {
            return (place.join(name), true);
        }
    }
    let place = environment
        .var(TMPDIR)
        .map(PathBuf::from)
        .filter(|path| path.is_absolute());
    (
        place.unwrap_or_else(|| PathBuf::from("/tmp")).join(name),
        false,
    )
}

/// How many digits follow it.
const DIGITS: usize = 16;

/// What the names of our user's directories begin with.
fn prefix() -> String {
    format!("nuages-{}-", geteuid().as_raw())
}

/// Whether a directory is called as [`directory`] calls those of our user.
pub(crate) fn is_default(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str());
    let digits = name.and_then(|name| name.strip_prefix(&prefix()));
    digits.is_some_and(|digits| {
        digits.len() == DIGITS && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
    })
}

#[cfg(target_os = "linux")]
fn is_memory(path: &Path) -> bool {
    rustix::fs::statfs(path).is_ok_and(|found| found.f_type == TMPFS)
}

#[cfg(not(target_os = "linux"))]
fn is_memory(_path: &Path) -> bool {
    false
}

/// A directory of ours that nobody else can enter.
pub(crate) fn is_private(path: &Path) -> bool {
    path.symlink_metadata().is_ok_and(|found| {
        found.is_dir() && found.uid() == geteuid().as_raw() && found.mode() & 0o077 == 0
    })
}

/// Makes the directory and writes every file, readable by us alone.
///
/// # Errors
/// Where the directory is somebody else's, or a file cannot be written.
pub fn write(directory: &Path, files: &[ResolvedFile]) -> Result<(), Box<Diagnostic>> {
    for file in files {
        let mut outcome = write_one(directory, file);
        for _ in 0..MOST_TRIES {
            match &outcome {
                // A supervisor that ends removes the directory if it is empty: it is made again.
                Err((_, error)) if error.kind() == io::ErrorKind::NotFound => {
                    outcome = write_one(directory, file);
                }
                _ => break,
            }
        }
        outcome.map_err(|(diagnostic, _)| diagnostic)?;
    }
    Ok(())
}

/// How often a directory is made again that somebody takes away.
const MOST_TRIES: usize = 3;

fn write_one(directory: &Path, file: &ResolvedFile) -> Result<(), (Box<Diagnostic>, io::Error)> {
    let failed = |what: &str, path: &Path, error: io::Error| (failure(what, path, &error), error);
    make_private(directory)
        .map_err(|error| failed("the directory of `[files]`", directory, error))?;
    let what = format!("`{}`", file.key);
    let parents = Path::new(&file.path)
        .ancestors()
        .skip(1)
        .filter(|part| !part.as_os_str().is_empty());
    for parent in parents.collect::<Vec<_>>().into_iter().rev() {
        let parent = directory.join(parent);
        make_private(&parent).map_err(|error| failed(&what, &parent, error))?;
    }
    let path = directory.join(&file.path);
    write_atomically(&path, file.content.expose(), 0o600)
        .map_err(|error| failed(&what, &path, error))
}

/// Makes a directory for us alone, or accepts one that is.
pub(crate) fn make_private(path: &Path) -> io::Result<()> {
    match DirBuilder::new().mode(0o700).create(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && is_private(path) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(io::Error::new(
            io::ErrorKind::PermissionDenied,
            "it is there already, and it is not a directory that belongs to this user alone",
        )),
        result => result,
    }
}

fn failure(what: &str, path: &Path, error: &io::Error) -> Box<Diagnostic> {
    let title = format!("cannot write {what} to `{}`", path.display());
    let diagnostic = Diagnostic::new(Class::Provider, title)
        .cause(error.to_string())
        .hint("`--files-dir DIR` chooses another place");
    Box::new(diagnostic)
}
