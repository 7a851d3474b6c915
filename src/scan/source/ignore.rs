//! What git would leave out of a work tree: `.gitignore` files, `info/exclude`, `core.excludesFile`; and what it tracks all
//! the same. Rules as in gitignore(5): the deepest file decides first, within a file the last pattern that matches.

use std::{
    ffi::OsStr,
    fs, io,
    os::unix::ffi::OsStrExt as _,
    path::{Path, PathBuf},
    sync::{Arc, OnceLock},
};

use gix::{
    bstr::{BStr, BString, ByteSlice as _},
    glob::{
        Pattern,
        pattern::{Case, Mode},
        search::pattern::List,
        wildmatch,
    },
    ignore::search::Ignore,
    index::entry,
};

use super::{Sink, Trouble};
use crate::scan::glob;

/// A `.gitignore` of more bytes than this is not written by people, and matching it would take for ever.
const MOST_BYTES: u64 = 1 << 20;

/// A work tree with its index and the ignore files that hold for all of it.
pub(super) struct WorkTree {
    root: PathBuf,
    index_path: PathBuf,
    object_hash: gix::hash::Kind,
    case: Case,
    /// Of the repository and of the user; the first decides before the second.
    shared: Vec<List<Ignore>>,
    index: OnceLock<Option<gix::index::File>>,
}

/// The ignore files from a directory up to the work tree's root.
pub(super) struct Ignores {
    parent: Option<Arc<Ignores>>,
    list: List<Ignore>,
}

impl WorkTree {
    /// The work tree that has a directory, where there is one.
    pub(super) fn around(directory: &Path, home: Option<&Path>) -> Option<Self> {
        Self::of(&gix::discover(directory).ok()?, home)
    }

    /// The work tree whose root a directory is, by the `.git` in it.
    pub(super) fn at(directory: &Path, home: Option<&Path>) -> Option<Self> {
        Self::of(&gix::open(directory).ok()?, home)
    }

    fn of(repository: &gix::Repository, home: Option<&Path>) -> Option<Self> {
        let root = repository.workdir()?.canonicalize().ok()?;
        let config = repository.config_snapshot();
        let is_folded = config.boolean("core.ignoreCase").unwrap_or(false);
        let user = config
            .trusted_path("core.excludesFile")
            .ok()
            .flatten()
            .or_else(|| home.map(Path::to_owned));
        let info = repository.common_dir().join("info").join("exclude");
        let shared = std::iter::once(info)
            .chain(user)
            .filter_map(|path| read(&path, None).ok().flatten())
            .collect();
        Some(Self {
            root,
            index_path: repository.index_path(),
            object_hash: repository.object_hash(),
            case: if is_folded {
                Case::Fold
            } else {
                Case::Sensitive
            },
            shared,
            index: OnceLock::new(),
        })
    }

    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    /// Adds the ignore file of a directory, given relative to the root, to those above it.
    pub(super) fn enter(
        &self,
        relative: &BStr,
        parent: Option<Arc<Ignores>>,
    ) -> io::Result<Option<Arc<Ignores>>> {
        let path = self
            .root
            .join(OsStr::from_bytes(relative))
            .join(".gitignore");
        Ok(match read(&path, Some(&self.root))? {
            Some(list) => Some(Arc::new(Ignores { parent, list })),
            None => parent,
        })
    }

    /// Whether git would leave a path out, were it not tracked. A directory on its way that is ignored is not looked at here.
    pub(super) fn is_ignored(
        &self,
        relative: &BStr,
        is_directory: bool,
        ignores: Option<&Ignores>,
    ) -> bool {
        let name = relative.rfind_byte(b'/').map(|at| at + 1);
        std::iter::successors(ignores, |ignores| ignores.parent.as_deref())
            .map(|ignores| &ignores.list)
            .chain(&self.shared)
            .find_map(|list| {
                let (path, name) =
                    list.strip_base_handle_recompute_basename_pos(relative, name, self.case)?;
                let mut patterns = list.patterns.iter().rev().map(|mapping| &mapping.pattern);
                patterns.find(|pattern| self.matches(pattern, path, name, is_directory))
            })
            .is_some_and(|pattern| !pattern.is_negative())
    }

    /// As git does it, but for what would take git for ever. `name` is where the last part of the path begins.
    fn matches(
        &self,
        pattern: &Pattern,
        path: &BStr,
        name: Option<usize>,
        is_directory: bool,
    ) -> bool {
        const FLAGS: wildmatch::Mode = wildmatch::Mode::NO_MATCH_SLASH_LITERAL;
        if !glob::is_costly(&pattern.text) {
            let is_directory = Some(is_directory);
            return pattern.matches_repo_relative_path(path, name, is_directory, self.case, FLAGS);
        }
        if pattern.mode.contains(Mode::MUST_BE_DIR) && !is_directory {
            return false;
        }
        let is_of_names =
            pattern.mode.contains(Mode::NO_SUB_DIR) && !pattern.mode.contains(Mode::ABSOLUTE);
        let skip = name.filter(|_| is_of_names).unwrap_or_default();
        let flags = match self.case {
            Case::Fold => FLAGS | wildmatch::Mode::IGNORE_CASE,
            Case::Sensitive => FLAGS,
        };
        glob::matches(&pattern.text, path[skip..].as_bstr(), flags)
    }

    /// Whether a path is in the index.
    pub(super) fn is_tracked(&self, relative: &BStr, sink: &dyn Sink) -> bool {
        self.index(sink)
            .is_some_and(|index| index.entry_by_path(relative).is_some())
    }

    /// The files in the index below a directory, relative to the root.
    pub(super) fn tracked_below(&self, relative: &BStr, sink: &dyn Sink) -> Vec<BString> {
        let Some(index) = self.index(sink) else {
            return Vec::new();
        };
        let mut prefix = relative.to_owned();
        prefix.push(b'/');
        let entries = index.prefixed_entries(prefix.as_bstr()).unwrap_or_default();
        let files = entries
            .iter()
            .filter(|entry| matches!(entry.mode, entry::Mode::FILE | entry::Mode::FILE_EXECUTABLE));
        let mut paths: Vec<BString> = files.map(|entry| entry.path(index).to_owned()).collect();
        // An unmerged path stands there up to three times.
        paths.dedup();
        paths
    }

    /// The index, read once. Where it cannot be read, nobody knows which of the ignored files are tracked.
    fn index(&self, sink: &dyn Sink) -> Option<&gix::index::File> {
        let open = || {
            let read = super::git::read_index(&self.index_path, self.object_hash);
            read.map_err(|error| {
                let place = self.index_path.display().to_string();
                sink.trouble(Trouble::new(place, error));
            })
            .ok()
        };
        self.index.get_or_init(open).as_ref()
    }
}

/// An ignore file's patterns; `None` where there is no such file, or it is none: git follows no link here, and neither do we.
fn read(path: &Path, root: Option<&Path>) -> io::Result<Option<List<Ignore>>> {
    let metadata = if root.is_some() {
        fs::symlink_metadata(path)
    } else {
        fs::metadata(path)
    };
    let is_readable = match metadata {
        Ok(metadata) => metadata.is_file() && metadata.len() <= MOST_BYTES,
        Err(error)
            if matches!(
                error.kind(),
                io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
            ) =>
        {
            false
        }
        Err(error) => return Err(error),
    };
    if !is_readable {
        return Ok(None);
    }
    let list = List::from_bytes(&fs::read(path)?, path.to_owned(), root, Ignore::default())?;
    Ok((!list.patterns.is_empty()).then_some(list))
}
