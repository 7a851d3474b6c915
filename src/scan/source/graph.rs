//! Which commit brought an object, and under which path: commits and trees as numbers, and one walk over them, oldest
//! first. What a tree holds is a list of (object, name) pairs; versions of a tree share nearly all of theirs, so that a
//! list is written as differences of a byte or so.

use std::{
    cmp::Reverse,
    collections::{BinaryHeap, HashMap},
};

use gix::{
    ObjectId,
    bstr::{BString, ByteSlice as _},
    hash,
    objs::{CommitRefIter, Kind, TagRefIter, tree::EntryMode},
};

use super::{
    catalog::{Catalog, hash_length, index},
    pack::NONE,
    pairs::{Lines, Pairs, name_of, read_list, write_list},
};

/// A path of more directories than git itself reads is cut short.
const MOST_LEVELS: usize = 4096;

/// Commits, trees and tags of a repository.
pub(super) struct Graph {
    hash: hash::Kind,
    commits: HashMap<u32, Commit>,
    /// What each tag is of.
    tags: HashMap<u32, u32>,
    /// Where the list of each tree begins in `lists`; `NONE` for what is no tree.
    starts: Vec<u32>,
    lists: Vec<u8>,
    pairs: Pairs,
    /// Objects that are named and are not here, numbered after those that are.
    missing: Vec<ObjectId>,
    missing_numbers: HashMap<ObjectId, u32>,
}

struct Commit {
    tree: u32,
    parents: Vec<u32>,
    time: i64,
}

/// What was found out of each object in the walk.
pub(super) struct Origins {
    /// The tree that has it, and the pair in it; `NONE` for a root.
    above: Vec<(u32, u32)>,
    /// The commit that brought it; `NONE` where none did.
    commits: Vec<u32>,
}

impl Graph {
    pub(super) fn new(catalog: &Catalog, hash: hash::Kind) -> Self {
        Self {
            hash,
            commits: HashMap::new(),
            tags: HashMap::new(),
            starts: vec![NONE; index(catalog.count())],
            lists: Vec::new(),
            pairs: Pairs::new(),
            missing: Vec::new(),
            missing_numbers: HashMap::new(),
        }
    }

    /// Takes a commit, a tree or a tag; `base` is the pairs of the tree that this one was made from. Gives back a tree's own.
    pub(super) fn add(
        &mut self,
        catalog: &Catalog,
        number: u32,
        kind: Kind,
        bytes: &[u8],
        base: Option<(&[u8], &Vec<u32>)>,
    ) -> Result<Vec<u32>, String> {
        match kind {
            Kind::Commit => self
                .add_commit(catalog, number, bytes)
                .ok_or("is a broken commit")?,
            Kind::Tag => {
                let target = TagRefIter::from_bytes(bytes, self.hash)
                    .target_id()
                    .map_err(|_| "is a broken tag")?;
                let target = self.number(catalog, target);
                self.tags.insert(number, target);
            }
            Kind::Tree => return self.add_tree(catalog, number, bytes, base),
            Kind::Blob => {}
        }
        Ok(Vec::new())
    }

    fn number(&mut self, catalog: &Catalog, id: ObjectId) -> u32 {
        if let Some(number) = catalog.number(&id) {
            return number;
        }
        *self.missing_numbers.entry(id).or_insert_with(|| {
            self.missing.push(id);
            catalog
                .count()
                .saturating_add(u32::try_from(self.missing.len() - 1).unwrap_or(NONE))
        })
    }

    fn add_commit(&mut self, catalog: &Catalog, number: u32, bytes: &[u8]) -> Option<()> {
        let mut iter = CommitRefIter::from_bytes(bytes, self.hash);
        let tree = iter.tree_id().ok()?;
        let parents: Vec<ObjectId> = iter.parent_ids().collect();
        let time = iter
            .committer()
            .ok()
            .map_or(0, |committer| committer.seconds());
        let commit = Commit {
            tree: self.number(catalog, tree),
            parents: parents
                .into_iter()
                .map(|parent| self.number(catalog, parent))
                .collect(),
            time,
        };
        self.commits.insert(number, commit);
        Some(())
    }

    fn add_tree(
        &mut self,
        catalog: &Catalog,
        number: u32,
        bytes: &[u8],
        base: Option<(&[u8], &Vec<u32>)>,
    ) -> Result<Vec<u32>, String> {
        let length = hash_length(self.hash);
        let mut list = Vec::new();
        let mut base = base.map(|(bytes, list)| (Lines { bytes, length }, list.iter()));
        let mut known = base
            .as_mut()
            .and_then(|(lines, list)| Some((lines.next()?, list.next()?)));
        let mut lines = Lines { bytes, length };
        let mut is_broken = false;
        for line in lines.by_ref() {
            // What the base has before this is not in this one.
            while let Some((other, _)) =
                known.filter(|(other, _)| name_of(other, length) < name_of(line, length))
            {
                debug_assert!(!other.is_empty());
                known = base
                    .as_mut()
                    .and_then(|(lines, list)| Some((lines.next()?, list.next()?)));
            }
            let pair = match known {
                Some((other, &pair)) if other == line => Some(pair),
                _ => self.pair(catalog, line, length),
            };
            is_broken |= pair.is_none();
            list.extend(pair);
        }
        let start = u32::try_from(self.lists.len())
            .ok()
            .filter(|start| *start < NONE);
        self.starts[index(number)] =
            start.ok_or("there are more trees than can be kept in mind")?;
        write_list(&list, &mut self.lists);
        // What could be read of it is known all the same.
        if is_broken || !lines.bytes.is_empty() {
            return Err("is a broken tree".to_owned());
        }
        Ok(list)
    }

    /// The pair of a tree's entry; for a submodule one without an object.
    fn pair(&mut self, catalog: &Catalog, line: &[u8], length: usize) -> Option<u32> {
        let (head, id) = line.split_at_checked(line.len() - length)?;
        let (mode, name) = head[..head.len() - 1].split_once_str(" ")?;
        let mode = EntryMode::try_from(mode).ok()?;
        let id = ObjectId::try_from(id).ok()?;
        let child = if mode.is_commit() {
            NONE
        } else {
            self.number(catalog, id)
        };
        self.pairs.number(child, name)
    }

    /// The object that a tag, or a tag of a tag, is of.
    pub(super) fn peeled(&self, number: u32) -> u32 {
        let mut number = number;
        // A circle of tags cannot be made without breaking the hash, and would end here.
        for _ in 0..MOST_LEVELS {
            match self.tags.get(&number) {
                Some(&target) => number = target,
                None => break,
            }
        }
        number
    }

    /// All commits.
    pub(super) fn commits(&self) -> impl Iterator<Item = u32> + '_ {
        self.commits.keys().copied()
    }

    /// The id of an object that is named and is not here.
    pub(super) fn missing(&self, catalog: &Catalog, number: u32) -> Option<ObjectId> {
        number
            .checked_sub(catalog.count())
            .and_then(|number| self.missing.get(index(number)).copied())
    }

    /// What is reached and is not here, each with its path.
    pub(super) fn missing_in(
        &self,
        catalog: &Catalog,
        origins: &Origins,
    ) -> Vec<(BString, ObjectId)> {
        let reached = (catalog.count()..)
            .zip(&self.missing)
            .filter(|(number, _)| origins.by(*number).is_some());
        let mut path = BString::default();
        let mut missing = Vec::new();
        for (number, &id) in reached {
            // One path is shown, the others are counted.
            if missing.is_empty() {
                origins.path(number, self, &mut path);
                path = if path.is_empty() {
                    id.to_string().into()
                } else {
                    path
                };
            }
            missing.push((std::mem::take(&mut path), id));
        }
        missing
    }

    pub(super) fn is_commit(&self, number: u32) -> bool {
        self.commits.contains_key(&number)
    }

    /// These commits and all before them, the oldest first; and the parents that are named and are not here, each with the
    /// commit that names it.
    pub(super) fn ordered(&self, tips: &[u32]) -> (Vec<u32>, Vec<(u32, u32)>) {
        let mut absent = Vec::new();
        let mut children: HashMap<u32, Vec<u32>> = HashMap::new();
        let mut open: HashMap<u32, usize> = HashMap::new();
        let mut waiting: Vec<u32> = tips
            .iter()
            .copied()
            .filter(|tip| self.commits.contains_key(tip))
            .collect();
        let mut ready = BinaryHeap::new();
        while let Some(number) = waiting.pop() {
            let Some(commit) = self
                .commits
                .get(&number)
                .filter(|_| !open.contains_key(&number))
            else {
                continue;
            };
            let mut count = 0;
            for &parent in &commit.parents {
                if self.commits.contains_key(&parent) {
                    count += 1;
                    children.entry(parent).or_default().push(number);
                    waiting.push(parent);
                } else {
                    absent.push((number, parent));
                }
            }
            open.insert(number, count);
            if count == 0 {
                ready.push(Reverse((commit.time, number)));
            }
        }
        let mut order = Vec::with_capacity(open.len());
        while let Some(Reverse((_, number))) = ready.pop() {
            order.push(number);
            for child in children.remove(&number).unwrap_or_default() {
                if let Some(count) = open.get_mut(&child) {
                    *count -= 1;
                    if *count == 0 {
                        ready.push(Reverse((self.commits[&child].time, child)));
                    }
                }
            }
        }
        (order, absent)
    }

    /// Walks the trees of these commits, each tree once.
    pub(super) fn origins(&self, catalog: &Catalog, order: &[u32]) -> Origins {
        let count = index(catalog.count()) + self.missing.len();
        let mut origins = Origins {
            above: vec![(NONE, NONE); count],
            commits: vec![NONE; count],
        };
        for &number in order {
            if let Some(commit) = self.commits.get(&number) {
                origins.commits[index(number)] = number;
                self.walk(commit.tree, number, &mut origins);
            }
        }
        origins
    }

    /// Adds what hangs on a tree, or a blob alone, that `by` brought: a commit, or the tree itself where no commit has it.
    pub(super) fn walk(&self, root: u32, by: u32, origins: &mut Origins) {
        if origins.commits[index(root)] != NONE {
            return;
        }
        origins.commits[index(root)] = by;
        let mut waiting = vec![root];
        while let Some(tree) = waiting.pop() {
            for pair in self.list(tree) {
                let child = self.pairs.child(pair);
                if child != NONE && origins.commits[index(child)] == NONE {
                    origins.commits[index(child)] = by;
                    origins.above[index(child)] = (tree, pair);
                    if self
                        .starts
                        .get(index(child))
                        .is_some_and(|&start| start != NONE)
                    {
                        waiting.push(child);
                    }
                }
            }
        }
    }

    fn list(&self, tree: u32) -> impl Iterator<Item = u32> + '_ {
        let start = self.starts.get(index(tree)).filter(|&&start| start != NONE);
        read_list(start.map_or(&[], |&start| &self.lists[index(start)..]))
    }

    /// All trees.
    pub(super) fn trees(&self) -> impl Iterator<Item = u32> + '_ {
        (0..)
            .zip(&self.starts)
            .filter(|(_, start)| **start != NONE)
            .map(|(number, _)| number)
    }

    /// Trees that no other tree has: what hangs on no commit begins there.
    pub(super) fn tops(&self) -> Vec<u32> {
        let mut has_above = vec![false; self.starts.len()];
        for tree in self.trees() {
            for pair in self.list(tree) {
                if let Some(has_above) = has_above.get_mut(index(self.pairs.child(pair))) {
                    *has_above = true;
                }
            }
        }
        self.trees()
            .filter(|&tree| !has_above[index(tree)])
            .collect()
    }
}

impl Origins {
    /// The object that brought one: a commit, mostly.
    pub(super) fn by(&self, number: u32) -> Option<u32> {
        self.commits
            .get(index(number))
            .copied()
            .filter(|&by| by != NONE)
    }

    /// The path of an object, from the root of the tree in which it was found.
    pub(super) fn path(&self, number: u32, graph: &Graph, path: &mut BString) {
        let mut names = Vec::new();
        let mut next = number;
        while names.len() < MOST_LEVELS
            && let (tree, pair) = self.above[index(next)]
            && tree != NONE
        {
            names.push(graph.pairs.name(pair));
            next = tree;
        }
        path.clear();
        for name in names.into_iter().rev() {
            if !path.is_empty() {
                path.push(b'/');
            }
            path.extend_from_slice(name);
        }
    }
}
