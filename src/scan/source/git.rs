//! A repository as the sources need it: opened without a `git` process, its index, its blobs, and who brought a commit.

use std::path::{Path, PathBuf};

use gix::{
    ObjectId, Repository, ThreadSafeRepository,
    bstr::{BString, ByteSlice as _},
    open::Options,
    sec::{
        Trust,
        trust::{DefaultForLevel as _, Mapping},
    },
};

use super::{Error, Trouble, nesting};
use crate::finding::Origin;

/// Where a repository is: found as git finds it, from a directory upwards, unless a hook's environment says it.
#[derive(Clone, Debug, Default)]
pub struct Place {
    /// A directory in the work tree, or a bare repository.
    pub directory: PathBuf,
    /// `GIT_DIR`, where that is set.
    pub git_dir: Option<PathBuf>,
    /// `GIT_INDEX_FILE`, where that is set: `git commit FILE` and `git commit --all` prepare another index for the hook.
    pub index: Option<PathBuf>,
}

/// A blob of more bytes than this is not read.
pub(super) const MOST_BYTES: u64 = 512 << 20;

/// What one object, or one index, may need in memory: a delta and its base, each as large as a blob may be.
const MOST_MEMORY: usize = 1100 << 20;

impl Place {
    /// A repository around a directory.
    pub fn at(directory: impl Into<PathBuf>) -> Self {
        Self {
            directory: directory.into(),
            ..Self::default()
        }
    }

    pub(super) fn open(&self) -> Result<Repository, Error> {
        let opened = if let Some(git_dir) = &self.git_dir {
            gix::open_opts(self.directory.join(git_dir), limited(Options::default()))
        } else {
            let by_trust = Mapping {
                full: limited(Options::default_for_level(Trust::Full)),
                reduced: limited(Options::default_for_level(Trust::Reduced)),
            };
            let upwards = gix::discover::upwards::Options::default();
            ThreadSafeRepository::discover_opts(&self.directory, upwards, by_trust).map(Into::into)
        };
        opened.map_err(|error| refused(&self.directory, &error))
    }
}

/// No object gets all memory because it says that it needs it.
fn limited(options: Options) -> Options {
    options.config_overrides([format!("gitoxide.objects.allocLimit={MOST_MEMORY}")])
}

/// Whether there is none, rather than one that cannot be opened.
pub(crate) fn is_no_repository(error: &gix::Error) -> bool {
    use gix::discover::upwards::Error as Discover;
    error.iter_errors().any(|error| {
        matches!(
            error.downcast_ref::<Discover>(),
            Some(
                Discover::NoGitRepository { .. }
                    | Discover::NoGitRepositoryWithinCeiling { .. }
                    | Discover::NoGitRepositoryWithinFs { .. }
            )
        )
    })
}

fn refused(directory: &Path, error: &gix::Error) -> Error {
    let place = directory.display();
    if is_no_repository(error) {
        return Error::new(format!("`{place}` is in no git repository"));
    }
    Error::new(format!(
        "the repository of `{place}` cannot be opened: {}",
        reason(error)
    ))
}

/// What an error of the git library says, as a fragment.
pub(super) fn reason(error: &dyn std::error::Error) -> String {
    let text = error.to_string();
    let line = text.lines().next().unwrap_or_default();
    let mut characters = line.chars();
    let first = characters
        .next()
        .map(|first| first.to_lowercase().to_string())
        .unwrap_or_default();
    first + characters.as_str()
}

/// An index file, also a split, sparse or version 4 one. Its checksum is not looked at, as git does not.
pub(super) fn read_index(path: &Path, hash: gix::hash::Kind) -> Result<gix::index::File, Error> {
    let options = gix::index::decode::Options {
        thread_limit: Some(1),
        alloc_limit_bytes: Some(MOST_MEMORY),
        ..Default::default()
    };
    let unreadable = |reason: &str| {
        Error::new(format!(
            "the index `{}` cannot be read: {reason}",
            path.display()
        ))
    };
    nesting::check(path, hash).map_err(|what| unreadable(&format!("it {what}")))?;
    gix::index::File::at_or_default(path, hash, true, options)
        .map_err(|error| unreadable(&reason(&error)))
}

/// Reads blobs, and says why one cannot be read.
pub(super) struct Blobs {
    repository: Repository,
    is_partial: bool,
}

impl Blobs {
    pub(super) fn of(repository: Repository) -> Self {
        let is_partial = is_partial(&repository);
        Self {
            repository,
            is_partial,
        }
    }

    /// The content of a blob, put in place of what `buffer` has.
    pub(super) fn read(&self, id: ObjectId, buffer: &mut Vec<u8>) -> Result<(), String> {
        use gix::prelude::FindExt as _;
        buffer.clear();
        // A header is a reading of its own, of which a hook with a dozen new files would pay a dozen.
        if !self.is_small(id) {
            let header = self
                .repository
                .find_header(id)
                .map_err(|error| self.why_not(id, &error))?;
            is_blob(id, header.kind(), header.size())?;
        }
        match self.repository.objects.find(&id, buffer) {
            Ok(found) => is_blob(id, found.kind, found.data.len() as u64),
            Err(error) => Err(self.why_not(id, &error)),
        }
    }

    /// Whether it is a file of its own, too small to become more than 66 MB (deflate makes at most 1,032 bytes of one).
    fn is_small(&self, id: ObjectId) -> bool {
        const SMALL: u64 = 64 << 10;
        let hex = id.to_string();
        let (folder, name) = hex.split_at(2);
        let path = self.repository.objects.store_ref().path().join(folder);
        path.join(name)
            .metadata()
            .is_ok_and(|found| found.is_file() && found.len() <= SMALL)
    }

    fn why_not(&self, id: ObjectId, error: &dyn std::error::Error) -> String {
        if self.repository.has_object(id) {
            return format!("the object `{id}` cannot be read: {}", reason(error));
        }
        missing(id, self.is_partial)
    }
}

fn is_blob(id: ObjectId, kind: gix::object::Kind, size: u64) -> Result<(), String> {
    if kind != gix::object::Kind::Blob {
        return Err(format!("`{id}` is no blob but a {kind}"));
    }
    if size > MOST_BYTES {
        return Err(too_large(size));
    }
    Ok(())
}

pub(super) fn too_large(size: u64) -> String {
    format!(
        "has {size} bytes, more than the {} MB that are read of one",
        MOST_BYTES >> 20
    )
}

pub(super) fn missing(id: ObjectId, is_partial: bool) -> String {
    if is_partial {
        format!(
            "the object `{id}` is not here: this is a partial clone, and `git fetch --refetch --no-filter` brings the rest"
        )
    } else {
        format!("the object `{id}` is missing: `git fsck` says what else is")
    }
}

/// Whether objects may be missing because another repository promised to have them.
pub(super) fn is_partial(repository: &Repository) -> bool {
    let config = repository.config_snapshot();
    config.string("extensions.partialClone").is_some()
        || config
            .plumbing()
            .sections_by_name("remote")
            .is_some_and(|mut remotes| {
                remotes.any(|remote| {
                    remote
                        .value("promisor")
                        .is_some_and(|value| value != "false")
                })
            })
}

/// Who brought a commit, and when. Text that is not UTF-8 is shown as far as it can be.
///
/// # Errors
/// The repository cannot be opened, or the commit is not there or is broken.
pub fn origin(place: &Place, commit: ObjectId) -> Result<Origin, Error> {
    origin_in(&place.open()?, commit)
}

/// As [`origin`], in a repository that is open: for many commits of one.
///
/// # Errors
/// The commit is not there or is broken.
pub fn origin_in(repository: &Repository, commit: ObjectId) -> Result<Origin, Error> {
    let broken = |error: &dyn std::error::Error| {
        Error::new(format!(
            "the commit `{commit}` cannot be read: {}",
            reason(error)
        ))
    };
    let found = repository
        .find_commit(commit)
        .map_err(|error| broken(&error))?;
    let decoded = found.decode().map_err(|error| broken(&error))?;
    let author = decoded.author().map_err(|error| broken(&error))?;
    let summary = decoded
        .message
        .lines()
        .find(|line| !line.trim().is_empty())
        .unwrap_or_default();
    Ok(Origin {
        commit: commit.to_string(),
        author: author.name.trim().to_str_lossy().into_owned(),
        email: author.email.trim().to_str_lossy().into_owned(),
        time: author.seconds(),
        summary: summary.trim().to_str_lossy().into_owned(),
    })
}

/// Opens a repository for [`origin_in`].
///
/// # Errors
/// It cannot be opened.
pub fn open(place: &Place) -> Result<Repository, Error> {
    place.open()
}

pub(super) fn trouble(place: impl Into<BString>, error: &dyn std::error::Error) -> Trouble {
    Trouble::new(place, reason(error))
}
