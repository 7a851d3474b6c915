//! What differs between two trees: equal subtrees are not looked into, and no depth of directories overflows a stack.

use std::collections::HashMap;

use gix::{
    ObjectId, Repository,
    bstr::{BStr, BString, ByteSlice as _},
    objs::{TreeRefIter, tree::EntryMode},
    prelude::FindExt as _,
};

use super::git;

/// A file that one tree has and the other has not, or not so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Change {
    pub(super) path: BString,
    /// The blob before, where there was a file or a link of that name.
    pub(super) old: Option<ObjectId>,
    /// The blob after; `None` where the path is gone.
    pub(super) new: Option<ObjectId>,
}

/// A directory's entries, by name.
pub(super) type Entries = HashMap<BString, (EntryMode, ObjectId)>;

/// Reads a tree; none of it where there is none.
pub(super) fn entries(repository: &Repository, id: Option<ObjectId>) -> Result<Entries, String> {
    let Some(id) = id.filter(|id| !id.is_empty_tree()) else {
        return Ok(Entries::new());
    };
    let mut buffer = Vec::new();
    let tree = repository.objects.find_tree_iter(&id, &mut buffer);
    let tree = tree.map_err(|error| unreadable(repository, "tree", id, &error))?;
    read(tree).map_err(|error| format!("the tree `{id}` cannot be read: {}", git::reason(&error)))
}

fn read(tree: TreeRefIter<'_>) -> Result<Entries, gix::Error> {
    let mut entries = Entries::new();
    for entry in tree {
        let entry = entry?;
        entries.insert(
            entry.filename.to_owned(),
            (entry.mode, entry.oid.to_owned()),
        );
    }
    Ok(entries)
}

fn unreadable(
    repository: &Repository,
    kind: &str,
    id: ObjectId,
    error: &dyn std::error::Error,
) -> String {
    if repository.has_object(id) {
        format!("the {kind} `{id}` cannot be read: {}", git::reason(error))
    } else {
        git::missing(id, git::is_partial(repository))
    }
}

/// The parents of a commit, and its tree.
pub(super) fn of_commit(
    repository: &Repository,
    id: ObjectId,
) -> Result<(Vec<ObjectId>, ObjectId), String> {
    let mut buffer = Vec::new();
    let commit = repository.objects.find_commit_iter(&id, &mut buffer);
    let mut commit = commit.map_err(|error| unreadable(repository, "commit", id, &error))?;
    let tree = commit
        .tree_id()
        .map_err(|error| unreadable(repository, "commit", id, &error))?;
    Ok((commit.parent_ids().collect(), tree))
}

/// What comes of a difference.
pub(super) trait Differences {
    /// A file was added, changed or removed.
    fn change(&mut self, change: Change);
    /// A submodule has another commit, or is new.
    fn submodule(&mut self, path: &BStr);
    /// A directory could not be compared, for this reason.
    fn unreadable(&mut self, path: &BStr, reason: String);
}

/// So many pairs of trees are compared under whatever path they stand; then each so many times. Ten trees in which each has the
/// next one ten times make ten thousand million paths, and a broken pack can have a tree within itself.
const MOST_PLACES: usize = 10_000;
const MOST_TIMES: usize = 100;
/// No system takes a longer path.
const LONGEST_PATH: usize = 4096;

/// Compares two trees and all below them.
pub(super) fn compare(
    repository: &Repository,
    old: Option<ObjectId>,
    new: Option<ObjectId>,
    prefix: &BStr,
    found: &mut dyn Differences,
) {
    let mut waiting = vec![(prefix.to_owned(), old, new)];
    let (mut places, mut seen) = (0_usize, HashMap::new());
    let (mut is_cut, mut is_repeated) = (false, false);
    while let Some((prefix, old, new)) = waiting.pop() {
        if old == new {
            continue;
        }
        places += 1;
        if places > MOST_PLACES {
            let times: &mut usize = seen.entry((old, new)).or_default();
            *times += 1;
            if *times > MOST_TIMES {
                if !is_repeated {
                    let reason = "the same directories stand in more places than are read";
                    found.unreadable(prefix.as_ref(), reason.to_owned());
                }
                is_repeated = true;
                continue;
            }
        }
        if prefix.len() > LONGEST_PATH {
            if !is_cut {
                let start = BStr::new(&prefix[..64]);
                found.unreadable(
                    start,
                    "there are longer paths below than are read".to_owned(),
                );
            }
            is_cut = true;
            continue;
        }
        match (entries(repository, old), entries(repository, new)) {
            (Ok(before), Ok(after)) => compare_entries(&prefix, before, after, &mut waiting, found),
            (Ok(_), Err(reason)) => found.unreadable(prefix.as_ref(), reason),
            // All of the new one, rather than nothing.
            (Err(reason), after) => {
                found.unreadable(prefix.as_ref(), reason);
                if let Ok(after) = after {
                    compare_entries(&prefix, Entries::new(), after, &mut waiting, found);
                }
            }
        }
    }
}

type Waiting = Vec<(BString, Option<ObjectId>, Option<ObjectId>)>;

fn compare_entries(
    prefix: &BString,
    mut before: Entries,
    after: Entries,
    waiting: &mut Waiting,
    found: &mut dyn Differences,
) {
    for (name, (mode, id)) in after {
        let old = before.remove(&name);
        if old == Some((mode, id)) {
            continue;
        }
        let path = below(prefix, &name);
        let (old_tree, old_blob) = sides(old);
        if mode.is_tree() {
            waiting.push((path.clone(), old_tree, Some(id)));
            if old_blob.is_some() {
                found.change(Change {
                    path,
                    old: old_blob,
                    new: None,
                });
            }
            continue;
        }
        if old_tree.is_some() {
            waiting.push((path.clone(), old_tree, None));
        }
        if mode.is_commit() {
            found.submodule(path.as_ref());
        } else if old_blob != Some(id) {
            found.change(Change {
                path,
                old: old_blob,
                new: Some(id),
            });
        }
    }
    for (name, entry) in before {
        let path = below(prefix, &name);
        let (old_tree, old_blob) = sides(Some(entry));
        if old_tree.is_some() {
            waiting.push((path, old_tree, None));
        } else if old_blob.is_some() {
            found.change(Change {
                path,
                old: old_blob,
                new: None,
            });
        }
    }
}

/// An entry as a tree, or else as a blob: a file or a link.
pub(super) fn sides(entry: Option<(EntryMode, ObjectId)>) -> (Option<ObjectId>, Option<ObjectId>) {
    match entry {
        Some((mode, id)) if mode.is_tree() => (Some(id), None),
        Some((mode, id)) if !mode.is_commit() => (None, Some(id)),
        _ => (None, None),
    }
}

pub(super) fn below(prefix: &BString, name: &BString) -> BString {
    let mut path = prefix.clone();
    if !path.is_empty() {
        path.push(b'/');
    }
    path.extend_from_slice(name);
    path
}

/// The blob that a tree has at a path, where it has one.
pub(super) fn blob_at(
    repository: &Repository,
    tree: ObjectId,
    path: &BStr,
) -> Result<Option<ObjectId>, String> {
    let mut next = Some(tree);
    let mut names = path.split_str("/").peekable();
    while let Some(name) = names.next() {
        let entry = entries(repository, next)?.remove(name.as_bstr());
        let (tree, blob) = sides(entry);
        if names.peek().is_none() {
            return Ok(blob);
        }
        next = tree;
        if next.is_none() {
            break;
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use gix::objs::{
        Tree,
        tree::{Entry, EntryKind},
    };

    use super::*;

    #[derive(Default)]
    struct Found {
        changes: Vec<Change>,
        unreadable: Vec<String>,
    }

    impl Differences for Found {
        fn change(&mut self, change: Change) {
            self.changes.push(change);
        }

        fn submodule(&mut self, _: &BStr) {}

        fn unreadable(&mut self, _: &BStr, reason: String) {
            self.unreadable.push(reason);
        }
    }

    /// Trees within each other, each by all of these names, around one file.
    fn nest(repository: &Repository, levels: usize, names: &[String]) -> ObjectId {
        let mut kind = EntryKind::Blob;
        let mut id = repository.write_blob(b"text").unwrap().detach();
        for _ in 0..=levels {
            let entries = names.iter().map(|name| Entry {
                mode: kind.into(),
                filename: name.as_str().into(),
                oid: id,
            });
            let tree = Tree {
                entries: entries.collect(),
            };
            id = repository.write_object(&tree).unwrap().detach();
            kind = EntryKind::Tree;
        }
        id
    }

    #[test]
    fn a_tree_with_more_paths_than_can_be_counted_comes_to_an_end() {
        let directory = tempfile::tempdir().unwrap();
        let repository = gix::init(directory.path()).unwrap();
        let names: Vec<String> = (0..10).map(|number| format!("d{number}")).collect();
        let bomb = nest(&repository, 10, &names);
        let mut found = Found::default();
        compare(&repository, None, Some(bomb), b"".as_bstr(), &mut found);
        assert!(found.changes.len() > MOST_PLACES / 2);
        assert!(found.changes.len() <= 20 * MOST_PLACES);
        assert_eq!(found.unreadable.len(), 1);
    }

    #[test]
    fn a_path_that_no_system_takes_is_told_of() {
        let directory = tempfile::tempdir().unwrap();
        let repository = gix::init(directory.path()).unwrap();
        for (levels, is_read) in [(15, true), (40, false)] {
            let deep = nest(&repository, levels, &["d".repeat(250)]);
            let mut found = Found::default();
            compare(&repository, None, Some(deep), b"".as_bstr(), &mut found);
            assert_eq!(found.changes.len(), usize::from(is_read));
            assert_eq!(found.unreadable.len(), usize::from(!is_read));
        }
    }
}
