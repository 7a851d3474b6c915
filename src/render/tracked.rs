//! Whether git tracks a path, or would: a rendered secret must not be one `git add .` away from a commit.

use std::path::Path;

use gix::{bstr::ByteSlice, discover, index::entry::Mode, worktree::stack::state::ignore::Source};

/// Why a path is no place for a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tracking {
    /// It is in the index.
    Tracked,
    /// It is in a work tree and nothing ignores it.
    NotIgnored,
    /// There is a repository, and it cannot be read: fail closed.
    Unreadable,
}

/// As many symbolic links as Linux follows in one path.
const MOST_LINKS: usize = 40;

/// How git sees `path` and, where that is a symbolic link, what it leads to; `None` where it is in no work tree, inside
/// `.git`, or ignored.
#[must_use]
pub fn tracking(path: &Path) -> Option<Tracking> {
    let mut place = path.to_owned();
    for _ in 0..MOST_LINKS {
        if let Some(tracking) = tracking_of(&place) {
            return Some(tracking);
        }
        let target = std::fs::read_link(&place).ok()?;
        place = place.parent().unwrap_or(Path::new("/")).join(target);
    }
    // Writing there fails for the same reason.
    None
}

fn tracking_of(path: &Path) -> Option<Tracking> {
    let directory = path
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    // A directory that is not there yet is made by nobody here: writing will fail and say so.
    let directory = directory.canonicalize().ok()?;
    let name = path.file_name()?;
    let repository = match gix::discover(&directory) {
        Ok(repository) => repository,
        Err(error) if is_no_repository(&error) => return None,
        Err(_) => return Some(Tracking::Unreadable),
    };
    let workdir = repository.workdir()?.canonicalize().ok()?;
    let relative = directory.strip_prefix(&workdir).ok()?.join(name);
    if relative.starts_with(".git") {
        return None;
    }
    match is_tracked_or_ignored(&repository, &relative) {
        Some((true, _)) => Some(Tracking::Tracked),
        Some((false, true)) => None,
        Some((false, false)) => Some(Tracking::NotIgnored),
        None => Some(Tracking::Unreadable),
    }
}

/// Whether git tracks a path, and whether it ignores it; `None` where git could not say.
fn is_tracked_or_ignored(repository: &gix::Repository, relative: &Path) -> Option<(bool, bool)> {
    let index = repository.index_or_empty().ok()?;
    let key = gix::path::to_unix_separators_on_windows(gix::path::into_bstr(relative).ok()?);
    let is_tracked = index.entry_by_path(key.as_bstr()).is_some();
    let mut ignores = repository
        .excludes(&index, None, Source::WorktreeThenIdMappingIfNotSkipped)
        .ok()?;
    let is_ignored = ignores
        .at_path(relative, Some(Mode::FILE))
        .ok()?
        .is_excluded();
    Some((is_tracked, is_ignored))
}

fn is_no_repository(error: &gix::Error) -> bool {
    use discover::upwards::Error;
    error.iter_errors().any(|error| {
        matches!(
            error.downcast_ref::<Error>(),
            Some(
                Error::NoGitRepository { .. }
                    | Error::NoGitRepositoryWithinCeiling { .. }
                    | Error::NoGitRepositoryWithinFs { .. }
            )
        )
    })
}
