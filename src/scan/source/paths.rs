//! Files and directories as they are: hidden ones too, links not followed, what git ignores left out.
//!
//! Left out: `.git`, binary files, and what an ignore file names, unless it is tracked or is an `.env` file. An ignored
//! directory is listed for `.env` files, and not entered (`node_modules` is not walked). A path that is named is always
//! scanned. A nested repository or submodule is walked with its own ignore files.

use std::{
    ffi::OsStr,
    fs,
    os::{
        fd::{AsFd as _, OwnedFd},
        unix::ffi::OsStrExt as _,
    },
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
};

use gix::bstr::{BStr, BString, ByteSlice as _};
use rustix::{
    fs::{AtFlags, Dir, FileType, Mode, OFlags},
    io::Errno,
};

use super::{
    Sink, Trouble,
    ignore::{Ignores, WorkTree},
    parts,
    read::Reader,
    walk::{Tasks, threads},
};

/// How paths are walked.
#[derive(Clone, Debug, Default)]
pub struct PathOptions {
    /// How many threads; 0 for as many as the machine runs at once, up to 8.
    pub threads: usize,
    /// The user's own ignore file, for repositories that set no `core.excludesFile`: git's default is
    /// `$XDG_CONFIG_HOME/git/ignore`, or `~/.config/git/ignore`.
    pub user_ignores: Option<PathBuf>,
}

/// So many files of a directory are one task.
const FILES: usize = 64;

/// Scans what is named: files whatever they are, directories with all that is in them.
pub fn paths(roots: &[PathBuf], options: &PathOptions, sink: &dyn Sink) {
    let walk = Walk {
        sink,
        user_ignores: options.user_ignores.as_deref(),
        reader: Reader {
            sink,
            large: Mutex::new(()),
        },
    };
    let first = roots
        .iter()
        .rev()
        .filter_map(|root| walk.root(root))
        .collect();
    Tasks::run(
        first,
        threads(options.threads),
        Vec::new,
        |buffer, task, more| walk.task(task, buffer, more),
    );
}

enum Task {
    /// A path as it was named.
    Named(PathBuf),
    /// A directory to list.
    List(Arc<Place>, Entering),
    /// Files of a directory, by name.
    Files(Arc<Place>, Vec<BString>),
}

/// Which of a directory's entries are wanted.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Entering {
    All,
    /// Just its own `.env` files: it is ignored.
    EnvFiles,
}

/// A directory, and what git thinks of it.
struct Place {
    /// As the system finds it.
    path: PathBuf,
    /// As it is shown; empty where the scan began.
    shown: BString,
    tree: Option<InTree>,
    is_root: bool,
}

#[derive(Clone)]
struct InTree {
    work_tree: Arc<WorkTree>,
    /// Relative to the work tree's root.
    relative: BString,
    ignores: Option<Arc<Ignores>>,
}

struct Walk<'a> {
    sink: &'a dyn Sink,
    user_ignores: Option<&'a Path>,
    reader: Reader<'a>,
}

impl Walk<'_> {
    fn root(&self, root: &Path) -> Option<Task> {
        match fs::metadata(root) {
            Ok(metadata) if metadata.is_dir() => Some(self.root_directory(root)),
            Ok(_) => Some(Task::Named(root.to_owned())),
            Err(error) => {
                self.sink
                    .trouble(Trouble::new(shown(root), parts::io_reason(&error)));
                None
            }
        }
    }

    fn root_directory(&self, root: &Path) -> Task {
        let place = Place {
            path: root.to_owned(),
            shown: shown(root),
            tree: self.tree_around(root),
            is_root: true,
        };
        Task::List(Arc::new(place), Entering::All)
    }

    /// The work tree around a directory, with the ignore files from its root down to the directory's parent.
    fn tree_around(&self, directory: &Path) -> Option<InTree> {
        let work_tree = WorkTree::around(directory, self.user_ignores)?;
        let directory = directory.canonicalize().ok()?;
        let relative = BString::from(
            directory
                .strip_prefix(work_tree.root())
                .ok()?
                .as_os_str()
                .as_bytes(),
        );
        let above = relative.find_iter(b"/").map(|at| &relative[..at]);
        let above = std::iter::once(&b""[..])
            .chain(above)
            .filter(|above| *above != relative.as_slice());
        let ignores = above.fold(None, |ignores, above| {
            self.enter(&work_tree, above.as_bstr(), ignores)
        });
        Some(InTree {
            work_tree: Arc::new(work_tree),
            relative,
            ignores,
        })
    }

    fn enter(
        &self,
        work_tree: &WorkTree,
        relative: &BStr,
        parent: Option<Arc<Ignores>>,
    ) -> Option<Arc<Ignores>> {
        work_tree
            .enter(relative, parent.clone())
            .unwrap_or_else(|error| {
                self.sink.trouble(Trouble::new(
                    joined(relative, b".gitignore".as_bstr()),
                    parts::io_reason(&error),
                ));
                parent
            })
    }

    fn task(&self, task: Task, buffer: &mut Vec<u8>, more: &mut Vec<Task>) {
        match task {
            Task::Named(path) => self.reader.named(&path, shown(&path)),
            Task::List(place, entering) => {
                let name = place.shown.clone();
                if let Err(error) = self.list(place, entering, buffer, more)
                    && error != Errno::NOENT
                {
                    self.sink.trouble(Trouble::new(
                        directory_name(name),
                        parts::io_reason(&error.into()),
                    ));
                }
            }
            Task::Files(place, names) => match open_directory(&place) {
                Ok(directory) => {
                    let shown = place.shown.as_bstr();
                    self.reader.files(directory.as_fd(), shown, &names, buffer);
                }
                Err(Errno::NOENT | Errno::NOTDIR | Errno::LOOP) => {}
                Err(error) => self.sink.trouble(Trouble::new(
                    directory_name(place.shown.clone()),
                    parts::io_reason(&error.into()),
                )),
            },
        }
    }

    fn list(
        &self,
        mut place: Arc<Place>,
        entering: Entering,
        buffer: &mut Vec<u8>,
        more: &mut Vec<Task>,
    ) -> Result<(), Errno> {
        let directory = match open_directory(&place) {
            // It was a directory a moment ago, and is a link or a file now: as if it had vanished.
            Err(Errno::NOTDIR | Errno::LOOP) => return Ok(()),
            opened => opened?,
        };
        let mut listing = read_directory(&directory)?;
        let has = |name: &[u8]| listing.iter().any(|(entry, _)| entry == name);
        if entering == Entering::All && (has(b".git") || has(b".gitignore")) {
            place = Arc::new(self.with_ignores(&place, has(b".git"), has(b".gitignore")));
        }
        listing.retain(|(name, _)| name != ".git");
        let mut files = Vec::new();
        for (name, kind) in listing {
            match self.choose(&place, &name, kind, entering) {
                Chosen::File => files.push(name),
                Chosen::Directory(entering) => {
                    push_directory(&place, name.as_bstr(), entering, self.sink, more);
                }
                Chosen::Nothing => {
                    // What would have been looked at as a file is told of, ignored names are not.
                    if let Some(what) = no_file(&directory, name.as_bstr(), kind)
                        && matches!(
                            self.choose(&place, &name, FileType::RegularFile, entering),
                            Chosen::File
                        )
                    {
                        let path = joined(place.shown.as_bstr(), name.as_bstr());
                        self.sink.note(path.as_bstr(), what);
                    }
                }
            }
        }
        // The rest of many files may be read by other threads.
        while files.len() > FILES {
            let rest = files.split_off(files.len() - FILES);
            more.push(Task::Files(Arc::clone(&place), rest));
        }
        let shown = place.shown.as_bstr();
        self.reader.files(directory.as_fd(), shown, &files, buffer);
        Ok(())
    }

    /// A directory's place, once it is known to have a repository or an ignore file of its own.
    fn with_ignores(&self, place: &Place, has_git: bool, has_ignores: bool) -> Place {
        let mut tree = place.tree.clone();
        if has_git && !place.is_root {
            // What cannot be opened as a repository is walked as the directory it is.
            tree = WorkTree::at(&place.path, self.user_ignores).map(|work_tree| InTree {
                work_tree: Arc::new(work_tree),
                relative: BString::default(),
                ignores: None,
            });
        }
        if let Some(tree) = tree.as_mut().filter(|_| has_ignores) {
            tree.ignores = self.enter(
                &tree.work_tree,
                tree.relative.as_bstr(),
                tree.ignores.take(),
            );
        }
        Place {
            path: place.path.clone(),
            shown: place.shown.clone(),
            tree,
            is_root: place.is_root,
        }
    }

    fn choose(&self, place: &Place, name: &BString, kind: FileType, entering: Entering) -> Chosen {
        if entering == Entering::EnvFiles {
            return if kind == FileType::RegularFile && is_env_file(name) {
                Chosen::File
            } else {
                Chosen::Nothing
            };
        }
        let is_directory = kind == FileType::Directory;
        let path = || {
            place
                .tree
                .as_ref()
                .map(|tree| (tree, joined(tree.relative.as_bstr(), name.as_bstr())))
        };
        let is_ignored = || {
            path().is_some_and(|(tree, path)| {
                tree.work_tree
                    .is_ignored(path.as_bstr(), is_directory, tree.ignores.as_deref())
            })
        };
        let is_tracked = || {
            path().is_some_and(|(tree, path)| tree.work_tree.is_tracked(path.as_bstr(), self.sink))
        };
        match kind {
            FileType::Directory if is_ignored() => Chosen::Directory(Entering::EnvFiles),
            FileType::Directory => Chosen::Directory(Entering::All),
            FileType::RegularFile if !is_ignored() || is_env_file(name) || is_tracked() => {
                Chosen::File
            }
            FileType::RegularFile | FileType::Symlink => Chosen::Nothing,
            _ => {
                if is_tracked() {
                    let what = joined(place.shown.as_bstr(), name.as_bstr());
                    self.sink.trouble(Trouble::new(
                        what,
                        "is tracked, and is no file now but a pipe, a socket or a device",
                    ));
                }
                Chosen::Nothing
            }
        }
    }
}

enum Chosen {
    File,
    Directory(Entering),
    Nothing,
}

/// Adds a directory to what is to be listed; of an ignored one also the files that are tracked.
fn push_directory(
    place: &Place,
    name: &BStr,
    entering: Entering,
    sink: &dyn Sink,
    more: &mut Vec<Task>,
) {
    let tree = place.tree.as_ref().map(|tree| InTree {
        relative: joined(tree.relative.as_bstr(), name),
        ..tree.clone()
    });
    let child = Arc::new(Place {
        path: place.path.join(OsStr::from_bytes(name)),
        shown: joined(place.shown.as_bstr(), name),
        tree,
        is_root: false,
    });
    if let Some(tree) = child
        .tree
        .as_ref()
        .filter(|_| entering == Entering::EnvFiles)
    {
        let skip = tree.relative.len() + 1;
        let tracked = tree.work_tree.tracked_below(tree.relative.as_bstr(), sink);
        // The `.env` files that stand directly in it are found by listing it.
        let below = tracked.iter().map(|path| path[skip..].into());
        let below: Vec<BString> = below
            .filter(|path: &BString| path.contains(&b'/') || !is_env_file(path))
            .collect();
        more.extend(
            below
                .chunks(FILES)
                .map(|below| Task::Files(Arc::clone(&child), below.to_vec())),
        );
    }
    more.push(Task::List(child, entering));
}

fn open_directory(place: &Place) -> Result<OwnedFd, Errno> {
    let mut flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    if !place.is_root {
        flags |= OFlags::NOFOLLOW;
    }
    rustix::fs::open(&place.path, flags, Mode::empty())
}

/// Names and kinds, in the order of the names.
fn read_directory(directory: &OwnedFd) -> Result<Vec<(BString, FileType)>, Errno> {
    let mut listing = Vec::new();
    for entry in Dir::read_from(directory)? {
        let entry = entry?;
        let name = entry.file_name();
        if matches!(name.to_bytes(), b"." | b"..") {
            continue;
        }
        let kind = match entry.file_type() {
            // Some file systems do not say.
            FileType::Unknown => {
                match rustix::fs::statat(directory, name, AtFlags::SYMLINK_NOFOLLOW) {
                    Ok(stat) => FileType::from_raw_mode(stat.st_mode),
                    Err(Errno::NOENT) => continue,
                    Err(error) => return Err(error),
                }
            }
            kind => kind,
        };
        listing.push((BString::from(name.to_bytes()), kind));
    }
    Ok(listing)
}

/// What an entry is that never can be read as a file, and is no directory.
fn no_file(directory: &OwnedFd, name: &BStr, kind: FileType) -> Option<&'static str> {
    match kind {
        FileType::Fifo => Some("is a pipe, and was not looked at"),
        FileType::Socket => Some("is a socket, and was not looked at"),
        FileType::CharacterDevice | FileType::BlockDevice => {
            Some("is a device, and was not looked at")
        }
        FileType::Symlink => {
            let target = rustix::fs::statat(directory, name.as_bytes(), AtFlags::empty());
            (target.err() == Some(Errno::LOOP)).then_some("is a link that leads back to itself")
        }
        _ => None,
    }
}

fn is_env_file(name: &[u8]) -> bool {
    name.starts_with(b".env") || name.ends_with(b".env") || name == b".flaskenv"
}

fn joined(directory: &BStr, name: &BStr) -> BString {
    let mut path = directory.to_owned();
    if !path.is_empty() && !path.ends_with(b"/") {
        path.push(b'/');
    }
    path.extend_from_slice(name);
    path
}

/// A path as it was named, without what says nothing.
fn shown(path: &Path) -> BString {
    let mut path = BString::from(path.as_os_str().as_bytes());
    while let Some(rest) = path.strip_prefix(b"./") {
        path = rest.into();
    }
    while path.len() > 1 && path.ends_with(b"/") {
        path.pop();
    }
    if path == "." {
        BString::default()
    } else {
        path
    }
}

fn directory_name(shown: BString) -> BString {
    if shown.is_empty() { ".".into() } else { shown }
}
