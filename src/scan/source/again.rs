//! History that was scanned before: what was not clean is read again, and of the commits that came since only what they
//! brought.

use std::{
    collections::{BTreeSet, HashSet},
    sync::{Mutex, PoisonError},
};

use gix::{
    ObjectId, Repository,
    bstr::{BStr, ByteSlice as _},
};

use super::{
    Sink, Trouble, Verdict,
    cache::{Found, Known},
    git::Blobs,
    parts::{self, Label},
    revisions,
    tree::{self, Change, Differences},
    walk::for_each,
};

/// Beyond so many new commits it is quicker to go through the packs.
const MOST_COMMITS: usize = 2000;

/// Brings what is known up to date, where that is short; whether it was.
pub(super) fn rescan(
    repository: &Repository,
    tips: &BTreeSet<ObjectId>,
    known: &mut Known,
    sink: &dyn Sink,
) -> bool {
    if known.tips.is_empty() {
        return false;
    }
    let Some(commits) = commits_since(repository, tips, &known.tips) else {
        return false;
    };
    let mut blobs = std::mem::take(&mut known.found);
    let seen = blobs.iter().map(|found| found.blob).collect();
    let mut new = New {
        known,
        seen,
        blobs: Vec::new(),
        commit: None,
        sink,
    };
    for commit in commits {
        new.commit = Some(commit);
        let trees = trees_of(repository, commit);
        match trees {
            Ok((old, tree)) => tree::compare(repository, old, Some(tree), b"".as_bstr(), &mut new),
            Err(reason) => sink.trouble(Trouble::new(commit.to_string(), reason)),
        }
    }
    blobs.append(&mut new.blobs);
    // Read from the end.
    blobs.reverse();
    let (clean, found) = scan(repository, blobs, sink);
    known.add(clean, found);
    true
}

/// The commits that are new, the oldest first; `None` where that is not easily said, or some are not wanted any more.
fn commits_since(
    repository: &Repository,
    tips: &BTreeSet<ObjectId>,
    before: &BTreeSet<ObjectId>,
) -> Option<Vec<ObjectId>> {
    let peeled = |id| revisions::commit_of(repository, id);
    let new = tips
        .difference(before)
        .map(|&id| peeled(id))
        .collect::<Option<Vec<_>>>()?;
    let gone = before
        .difference(tips)
        .map(|&id| peeled(id))
        .collect::<Option<Vec<_>>>()?;
    if new.is_empty() {
        return gone.is_empty().then(Vec::new);
    }
    let hidden: Vec<ObjectId> = before.iter().filter_map(|&id| peeled(id)).collect();
    let walk = repository
        .rev_walk(new.iter().copied())
        .with_hidden(hidden)
        .all()
        .ok()?;
    let mut commits = Vec::new();
    let mut reached: HashSet<ObjectId> = new.into_iter().collect();
    for commit in walk.take(MOST_COMMITS + 1) {
        let commit = commit.ok()?;
        reached.extend(commit.parent_ids.iter().copied());
        commits.push(commit.id);
    }
    commits.reverse();
    // What a reference was at must still hang on one, or its blobs are history no more.
    let is_short = commits.len() <= MOST_COMMITS && gone.iter().all(|id| reached.contains(id));
    is_short.then_some(commits)
}

/// The tree of a commit's first parent, and its own.
fn trees_of(
    repository: &Repository,
    commit: ObjectId,
) -> Result<(Option<ObjectId>, ObjectId), String> {
    let (parents, tree) = tree::of_commit(repository, commit)?;
    let old = match parents.first() {
        Some(&parent) => Some(tree::of_commit(repository, parent)?.1),
        None => None,
    };
    Ok((old, tree))
}

/// Collects the blobs that were not there before.
struct New<'a> {
    known: &'a Known,
    seen: HashSet<ObjectId>,
    blobs: Vec<Found>,
    commit: Option<ObjectId>,
    sink: &'a dyn Sink,
}

impl Differences for New<'_> {
    fn change(&mut self, change: Change) {
        let Some(blob) = change.new.filter(|blob| !self.known.is_clean(blob)) else {
            return;
        };
        if self.seen.insert(blob) {
            self.blobs.push(Found {
                blob,
                commit: self.commit,
                path: change.path,
            });
        }
    }

    fn submodule(&mut self, _: &BStr) {}

    fn unreadable(&mut self, path: &BStr, reason: String) {
        self.sink.trouble(Trouble::new(path, reason));
    }
}

fn scan(
    repository: &Repository,
    blobs: Vec<Found>,
    sink: &dyn Sink,
) -> (Vec<ObjectId>, Vec<Found>) {
    let done = Mutex::new((Vec::new(), Vec::new()));
    sink.expect(blobs.len());
    let shared = repository.clone().into_sync();
    let start = || (Blobs::of(shared.to_thread_local()), Vec::new());
    for_each(blobs, start, |(blobs, buffer), found| {
        let label = Label {
            path: found.path.as_ref(),
            commit: found.commit,
            blob: Some(found.blob),
        };
        let verdict = blobs
            .read(found.blob, buffer)
            .map(|()| parts::whole(buffer, label, sink));
        let mut done = done.lock().unwrap_or_else(PoisonError::into_inner);
        match verdict {
            Ok(Verdict::Clean) => done.0.push(found.blob),
            Ok(Verdict::Found) => done.1.push(found),
            Err(reason) => sink.trouble(Trouble::new(found.path, reason)),
        }
    });
    done.into_inner().unwrap_or_else(PoisonError::into_inner)
}
