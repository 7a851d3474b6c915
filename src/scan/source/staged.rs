//! What the next commit will hold: the index against the commit that `HEAD` is at. The work tree is never looked at, and no
//! attribute, filter or setting of git's output has a say.
//!
//! The index remembers the trees that its directories were written as; one that `HEAD` has too is not looked into.

use std::{
    collections::{HashMap, HashSet},
    ops::Range,
};

use gix::{
    ObjectId, Repository,
    bstr::{BStr, BString, ByteSlice as _},
    index::{
        Entry,
        entry::{Flags, Mode, Stage},
        extension::Tree,
    },
};

use super::{
    Error, Sink, Trouble,
    fresh::{Buffers, Fresh},
    git::{self, Blobs, Place},
    revisions,
    tree::{self, Change, Differences},
    walk::for_each,
};

/// How the index is scanned.
#[derive(Clone, Debug, Default)]
pub struct StagedOptions {
    /// All lines of a changed file, not just the new ones.
    pub whole: bool,
}

/// Scans what is staged: for each file that differs from `HEAD`, the lines that are new.
///
/// A file that was only moved has no new line. A conflict that is not resolved is a [`Trouble`], and both sides are scanned.
///
/// # Errors
/// There is no repository, or it, its `HEAD` or its index cannot be read.
pub fn staged(place: &Place, options: &StagedOptions, sink: &dyn Sink) -> Result<(), Error> {
    let repository = place.open()?;
    let index_path = match &place.index {
        Some(path) => place.directory.join(path),
        None => repository.index_path(),
    };
    let index = git::read_index(&index_path, repository.object_hash())?;
    let head = head_tree(&repository)?;
    let mut staging = Staging {
        repository: &repository,
        index: &index,
        sink,
        changes: Vec::new(),
        gone: Vec::new(),
        waiting: Vec::new(),
    };
    staging.waiting.push(Directory {
        path: BString::default(),
        start: 0,
        entries: 0..index.entries().len(),
        head,
        cached: index.tree(),
    });
    while let Some(directory) = staging.waiting.pop() {
        staging.directory(&directory);
    }
    let moved = staging.moved();
    let mut changes = staging.changes;
    changes.retain(|change| {
        !(change.old.is_none() && change.new.is_some_and(|new| moved.contains(&new)))
    });
    changes.sort_by(|one, other| other.path.cmp(&one.path));
    sink.expect(changes.len());
    let shared = repository.into_sync();
    let start = || (Blobs::of(shared.to_thread_local()), Buffers::default());
    for_each(changes, start, |(blobs, buffers), change| {
        if let Some(blob) = change.new {
            let fresh = Fresh {
                path: change.path.as_ref(),
                blob,
                commit: None,
                old: change.old.as_slice(),
                whole: options.whole,
            };
            fresh.hand_on(blobs, buffers, sink);
        }
    });
    Ok(())
}

/// The tree of the commit that `HEAD` is at; `None` before a first commit.
fn head_tree(repository: &Repository) -> Result<Option<ObjectId>, Error> {
    let unreadable = |reason: &str| Error::new(format!("`HEAD` cannot be read: {reason}"));
    let failed = |error: gix::Error| unreadable(&git::reason(&error));
    let head = repository.head().map_err(failed)?;
    if head.is_unborn() {
        return Ok(None);
    }
    let own = head.id().map(gix::Id::detach);
    let id = match head.try_into_referent() {
        Some(mut reference) => Some(reference.follow_to_object().map_err(failed)?.detach()),
        None => own,
    };
    let id = id.ok_or_else(|| unreadable("it is at no object"))?;
    let commit = revisions::commit_of(repository, id)
        .ok_or_else(|| unreadable(&format!("`{id}` is no commit that is here")))?;
    let (_, tree) = tree::of_commit(repository, commit).map_err(|reason| unreadable(&reason))?;
    Ok(Some(tree))
}

/// A directory of the index and the same one in `HEAD`.
struct Directory<'a> {
    path: BString,
    /// Where the names in it begin: a directory's own name may be empty in an index that git did not write.
    start: usize,
    entries: Range<usize>,
    head: Option<ObjectId>,
    cached: Option<&'a Tree>,
}

struct Staging<'a> {
    repository: &'a Repository,
    index: &'a gix::index::File,
    sink: &'a dyn Sink,
    changes: Vec<Change>,
    /// Blobs of `HEAD`, and trees to find them in, that are not in the index where they were.
    gone: Vec<(Option<ObjectId>, Option<ObjectId>)>,
    waiting: Vec<Directory<'a>>,
}

impl<'a> Staging<'a> {
    fn directory(&mut self, directory: &Directory<'a>) {
        let mut head = tree::entries(self.repository, directory.head).unwrap_or_else(|reason| {
            // Without the old tree all in it is new.
            self.sink
                .trouble(Trouble::new(shown(&directory.path), reason));
            HashMap::new()
        });
        let cached: HashMap<&[u8], &Tree> = directory.cached.map_or_else(HashMap::new, |cached| {
            cached
                .children
                .iter()
                .map(|child| (child.name.as_slice(), child))
                .collect()
        });
        let start = directory.start;
        let mut at = directory.entries.start;
        while at < directory.entries.end {
            let entry = &self.index.entries()[at];
            let path = entry.path(self.index);
            let rest = path.get(start..).unwrap_or_default();
            let Some(end) = rest.find_byte(b'/') else {
                let old = head.get(rest.as_bstr()).copied();
                at = self.file(path, at, directory.entries.end, tree::sides(old));
                if tree::sides(old).0.is_none() {
                    head.remove(rest.as_bstr());
                }
                continue;
            };
            let name = rest[..end].as_bstr();
            let (old_tree, _) = tree::sides(head.get(name).copied());
            if old_tree.is_some() {
                head.remove(name);
            }
            let run = self.run(&path[..=start + end], at..directory.entries.end);
            let path: BString = path[..start + end].into();
            if entry.mode == Mode::DIR {
                // A sparse index has whole directories as one entry.
                tree::compare(
                    self.repository,
                    old_tree,
                    Some(entry.id),
                    path.as_ref(),
                    self,
                );
            } else {
                let cached = cached.get(&**name).copied();
                let is_same = old_tree.is_some()
                    && cached.is_some_and(|cached| {
                        cached.num_entries.is_some() && Some(cached.id) == old_tree
                    });
                if !is_same {
                    let (entries, head) = (run.clone(), old_tree);
                    self.waiting.push(Directory {
                        path,
                        start: start + end + 1,
                        entries,
                        head,
                        cached,
                    });
                }
            }
            at = run.end;
        }
        self.gone
            .extend(head.into_values().map(|entry| tree::sides(Some(entry))));
    }

    /// The entries from `range.start` on that begin with a directory's path.
    fn run(&self, directory: &[u8], range: Range<usize>) -> Range<usize> {
        let entries = &self.index.entries()[range.clone()];
        let length = entries.partition_point(|entry| entry.path(self.index).starts_with(directory));
        range.start..range.start + length.max(1)
    }

    /// Looks at all entries of one path, of which an unmerged one has several. Gives back where the next path is.
    fn file(
        &mut self,
        path: &BStr,
        at: usize,
        end: usize,
        (_, old): (Option<ObjectId>, Option<ObjectId>),
    ) -> usize {
        let entries = &self.index.entries()[at..end];
        let count = entries
            .iter()
            .take_while(|entry| entry.path(self.index) == path)
            .count();
        let entries = &entries[..count];
        if entries
            .iter()
            .any(|entry| entry.stage() != Stage::Unconflicted)
        {
            self.sink.trouble(Trouble::new(
                path,
                "has a conflict that is not resolved: there is no version of it to commit yet",
            ));
        }
        for entry in entries.iter().filter(|entry| entry.stage() != Stage::Base) {
            self.entry(path, entry, old);
        }
        at + count
    }

    fn entry(&mut self, path: &BStr, entry: &Entry, old: Option<ObjectId>) {
        if entry.flags.contains(Flags::INTENT_TO_ADD) {
            return;
        }
        if entry.mode == Mode::COMMIT {
            self.submodule(path);
            return;
        }
        if old != Some(entry.id) {
            self.change(Change {
                path: path.to_owned(),
                old,
                new: Some(entry.id),
            });
        }
    }

    /// The blobs that stand elsewhere in `HEAD` and no more where they stood.
    fn moved(&mut self) -> HashSet<ObjectId> {
        let mut moved = HashSet::new();
        if !self
            .changes
            .iter()
            .any(|change| change.old.is_none() && change.new.is_some())
        {
            return moved;
        }
        for (tree, blob) in std::mem::take(&mut self.gone) {
            moved.extend(blob);
            if tree.is_some() {
                let mut below = Gone(&mut moved);
                tree::compare(self.repository, tree, None, b"".as_bstr(), &mut below);
            }
        }
        moved.extend(
            self.changes
                .iter()
                .filter(|change| change.new.is_none())
                .filter_map(|change| change.old),
        );
        moved
    }
}

impl Differences for Staging<'_> {
    fn change(&mut self, change: Change) {
        self.changes.push(change);
    }

    fn submodule(&mut self, path: &BStr) {
        self.sink.note(
            path,
            "is a submodule: its commit is staged here, its files are in a repository of their own",
        );
    }

    fn unreadable(&mut self, path: &BStr, reason: String) {
        self.sink.trouble(Trouble::new(shown(path), reason));
    }
}

/// Collects the blobs of a tree that is gone. What cannot be read of it is not counted as moved, and so is scanned.
struct Gone<'a>(&'a mut HashSet<ObjectId>);

impl Differences for Gone<'_> {
    fn change(&mut self, change: Change) {
        self.0.extend(change.old);
    }

    fn submodule(&mut self, _: &BStr) {}

    fn unreadable(&mut self, _: &BStr, _: String) {}
}

fn shown(path: &[u8]) -> BString {
    if path.is_empty() {
        ".".into()
    } else {
        path.into()
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::scan::source::{Unit, Verdict};

    struct Nothing;

    impl Sink for Nothing {
        fn unit(&self, _: &Unit<'_>) -> Verdict {
            Verdict::Clean
        }

        fn trouble(&self, _: Trouble) {}
    }

    #[test]
    fn directories_without_a_name_come_to_an_end() {
        let directory = tempfile::tempdir().unwrap();
        let repository = gix::init(directory.path()).unwrap();
        for path in ["/a", "//a", "a//b", "/"] {
            let mut index = b"DIRC\0\0\0\x02\0\0\0\x01".to_vec();
            let start = index.len();
            index.extend([0; 24]);
            index.extend(0o100_644_u32.to_be_bytes());
            index.extend([7; 12 + 20]);
            index.extend(u16::try_from(path.len()).unwrap().to_be_bytes());
            index.extend(path.as_bytes());
            index.push(0);
            index.resize(start + (index.len() - start).next_multiple_of(8), 0);
            index.extend([0; 20]);
            fs::write(repository.index_path(), index).unwrap();
            let place = Place::at(directory.path());
            staged(&place, &StagedOptions::default(), &Nothing).unwrap();
        }
    }
}
