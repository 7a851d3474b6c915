//! A range of commits: of each the lines that it brought, so that a secret that a later commit removes is found too.

use std::collections::HashSet;

use gix::{
    ObjectId, Repository,
    bstr::{BStr, ByteSlice as _},
};

use super::{
    Error, Sink, Trouble,
    fresh::{Buffers, Fresh},
    git::{self, Blobs, Place},
    revisions,
    tree::{self, Change, Differences},
    walk::for_each,
};

/// How a range is scanned.
#[derive(Clone, Debug, Default)]
pub struct RangeOptions {
    /// All lines of a changed file, not just the new ones.
    pub whole: bool,
}

/// What git tells a pre-push hook of one reference.
#[derive(Clone, Debug)]
pub struct Push {
    /// The commit that is to be pushed, as hex; zeros where the reference is to be deleted.
    pub local: String,
    /// What the remote has, as hex; zeros where the reference is new there.
    pub remote: String,
    /// The name of the remote: what its own references have is not new. All remotes' where it has none here, or no name.
    pub name: Option<String>,
}

/// Scans the commits of `A..B` (in B and not in A), `A...B` (in one of them, not in both), or `A` for `A..HEAD`. A side that is
/// left out is `HEAD`. Of a merge the lines are scanned that are new against each parent.
///
/// # Errors
/// There is no repository, it has no such revisions, or it is a shallow clone that does not reach far enough.
pub fn range(
    place: &Place,
    range: &str,
    options: &RangeOptions,
    sink: &dyn Sink,
) -> Result<(), Error> {
    let repository = place.open()?;
    // The git library panics over one that is broken.
    if let Err(error) = repository.shallow_commits() {
        let reason = git::reason(&error);
        return Err(Error::new(format!(
            "where the clone is cut off cannot be read: {reason}"
        )));
    }
    let side = |text: &str| resolve(&repository, if text.is_empty() { "HEAD" } else { text });
    let (tips, hidden) = if let Some((one, other)) = range.split_once("...") {
        let (one, other) = (side(one)?, side(other)?);
        let bases = repository.merge_bases_many(one, &[other]);
        let bases = bases.map_err(|error| {
            Error::new(format!(
                "`{range}` has no common begin: {}",
                git::reason(&error)
            ))
        })?;
        (
            vec![one, other],
            bases.into_iter().map(gix::Id::detach).collect(),
        )
    } else if let Some((from, to)) = range.split_once("..") {
        (vec![side(to)?], vec![side(from)?])
    } else {
        (vec![side("")?], vec![side(range)?])
    };
    scan(repository, tips, hidden, options, sink)
}

/// Scans what a push would bring to a remote.
///
/// # Errors
/// As for [`range`](fn@range).
pub fn pushed(
    place: &Place,
    push: &Push,
    options: &RangeOptions,
    sink: &dyn Sink,
) -> Result<(), Error> {
    let repository = place.open()?;
    let id = |text: &str| {
        ObjectId::from_hex(text.as_bytes())
            .map_err(|_| Error::new(format!("`{text}` is no id of an object")))
    };
    let (local, remote) = (id(&push.local)?, id(&push.remote)?);
    if local.is_null() {
        return Ok(());
    }
    let mut hidden = Vec::new();
    if let Some(name) = &push.name {
        hidden = commits_of_references(&repository, &format!("refs/remotes/{name}/"));
    }
    if hidden.is_empty() {
        hidden = commits_of_references(&repository, "refs/remotes/");
    }
    // What the remote has may not be here yet: then there is more to scan, not less.
    hidden.extend(revisions::commit_of(&repository, remote));
    let Some(tip) = revisions::commit_of(&repository, local) else {
        return Err(Error::new(format!("`{local}` is no commit")));
    };
    scan(repository, vec![tip], hidden, options, sink)
}

fn commits_of_references(repository: &Repository, prefix: &str) -> Vec<ObjectId> {
    let Ok(references) = repository.references() else {
        return Vec::new();
    };
    let Ok(references) = references.prefixed(prefix) else {
        return Vec::new();
    };
    let ids = references.filter_map(|reference| reference.ok()?.try_id().map(gix::Id::detach));
    ids.filter_map(|id| revisions::commit_of(repository, id))
        .collect()
}

fn resolve(repository: &Repository, revision: &str) -> Result<ObjectId, Error> {
    let parsed = || repository.rev_parse_single(revision).ok();
    let found = is_sound(repository, revision).then(parsed).flatten();
    let found = found.and_then(|id| revisions::commit_of(repository, id.detach()));
    found.ok_or_else(|| {
        let error = Error::new(format!("there is no commit `{revision}` here"));
        if revisions::cuts(repository).is_empty() {
            error
        } else {
            error.hint(DEEPER)
        }
    })
}

/// Whether what a revision begins with is a commit, where it is a reference: the git library panics over a broken tag.
fn is_sound(repository: &Repository, revision: &str) -> bool {
    let name = revision.split(['~', '^', '@', ':']).next();
    let reference = name.and_then(|name| repository.try_find_reference(name).ok().flatten());
    let id = reference.and_then(|mut reference| reference.follow_to_object().ok());
    id.is_none_or(|id| revisions::commit_of(repository, id.detach()).is_some())
}

const DEEPER: &str = "the clone is shallow: let the checkout fetch all history (`fetch-depth: 0`), or run `git fetch --unshallow`";

fn scan(
    repository: Repository,
    tips: Vec<ObjectId>,
    hidden: Vec<ObjectId>,
    options: &RangeOptions,
    sink: &dyn Sink,
) -> Result<(), Error> {
    let unreadable = |error: gix::Error| {
        Error::new(format!(
            "the commits cannot be read: {}",
            git::reason(&error)
        ))
    };
    let walk = repository
        .rev_walk(tips)
        .with_hidden(hidden)
        .all()
        .map_err(unreadable)?;
    let commits: Vec<ObjectId> = walk
        .map(|commit| commit.map(|commit| commit.id))
        .collect::<Result<_, _>>()
        .map_err(unreadable)?;
    let cuts = revisions::cuts(&repository);
    if let Some(commit) = commits.iter().find(|commit| cuts.contains(*commit)) {
        let error = Error::new(format!(
            "what `{commit}` changed is not known: the clone is cut off there"
        ));
        return Err(error.hint(DEEPER));
    }
    sink.expect(commits.len());
    let shared = repository.into_sync();
    let start = || {
        let repository = shared.to_thread_local();
        (
            Blobs::of(repository.clone()),
            repository,
            Buffers::default(),
        )
    };
    for_each(commits, start, |(blobs, repository, buffers), commit| {
        if let Err(reason) = scan_commit(repository, commit, options.whole, blobs, buffers, sink) {
            sink.trouble(Trouble::new(commit.to_string(), reason));
        }
    });
    Ok(())
}

fn scan_commit(
    repository: &Repository,
    commit: ObjectId,
    whole: bool,
    blobs: &Blobs,
    buffers: &mut Buffers,
    sink: &dyn Sink,
) -> Result<(), String> {
    let (parents, tree) = tree::of_commit(repository, commit)?;
    let mut befores = Vec::new();
    for parent in parents {
        befores.push(tree::of_commit(repository, parent)?.1);
    }
    let mut changes = Changes {
        changes: Vec::new(),
        sink,
    };
    tree::compare(
        repository,
        befores.first().copied(),
        Some(tree),
        b"".as_bstr(),
        &mut changes,
    );
    let changes = changes.changes;
    let gone: HashSet<ObjectId> = changes
        .iter()
        .filter(|change| change.new.is_none())
        .filter_map(|change| change.old)
        .collect();
    for change in &changes {
        let Some(blob) = change.new else {
            continue;
        };
        let mut old: Vec<ObjectId> = change.old.into_iter().collect();
        for &before in befores.iter().skip(1) {
            old.extend(tree::blob_at(repository, before, change.path.as_ref())?);
        }
        let is_moved = old.is_empty() && gone.contains(&blob);
        if !is_moved && !old.contains(&blob) {
            let fresh = Fresh {
                path: change.path.as_ref(),
                blob,
                commit: Some(commit),
                old: &old,
                whole,
            };
            fresh.hand_on(blobs, buffers, sink);
        }
    }
    Ok(())
}

struct Changes<'a> {
    changes: Vec<Change>,
    sink: &'a dyn Sink,
}

impl Differences for Changes<'_> {
    fn change(&mut self, change: Change) {
        self.changes.push(change);
    }

    fn submodule(&mut self, _: &BStr) {}

    fn unreadable(&mut self, path: &BStr, reason: String) {
        self.sink.trouble(Trouble::new(path, reason));
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use gix::objs::{Kind, Write as _};

    use super::*;
    use crate::scan::source::{Unit, Verdict};

    struct Nothing;

    impl Sink for Nothing {
        fn unit(&self, _: &Unit<'_>) -> Verdict {
            Verdict::Clean
        }

        fn trouble(&self, trouble: Trouble) {
            panic!("{trouble:?}");
        }
    }

    /// A repository of one commit, and the commit.
    fn repository(directory: &std::path::Path) -> (Repository, ObjectId) {
        let repository = gix::init(directory).unwrap();
        let tree = repository.objects.write_buf(Kind::Tree, b"").unwrap();
        let by = "A U <a@b.example> 1 +0000";
        let commit = format!("tree {tree}\nauthor {by}\ncommitter {by}\n\nfirst\n");
        let commit = repository
            .objects
            .write_buf(Kind::Commit, commit.as_bytes());
        let commit = commit.unwrap();
        let git = repository.git_dir();
        fs::write(git.join("HEAD"), "ref: refs/heads/main\n").unwrap();
        fs::write(git.join("refs/heads/main"), format!("{commit}\n")).unwrap();
        (repository, commit)
    }

    fn reason(directory: &std::path::Path, text: &str) -> String {
        let options = RangeOptions::default();
        range(&Place::at(directory), text, &options, &Nothing)
            .unwrap_err()
            .reason
    }

    #[test]
    fn a_broken_tag_is_no_commit() {
        let directory = tempfile::tempdir().unwrap();
        let (repository, _) = repository(directory.path());
        let tag = repository
            .objects
            .write_buf(Kind::Tag, b"object 1\n")
            .unwrap();
        fs::write(
            repository.git_dir().join("refs/tags/v1"),
            format!("{tag}\n"),
        )
        .unwrap();
        for side in ["v1", "v1~1", "v1^{commit}"] {
            let reason = reason(directory.path(), &format!("{side}..HEAD"));
            assert_eq!(reason, format!("there is no commit `{side}` here"));
        }
        let push = Push {
            local: tag.to_string(),
            remote: ObjectId::null(gix::hash::Kind::Sha1).to_string(),
            name: None,
        };
        let options = RangeOptions::default();
        let refused = pushed(&Place::at(directory.path()), &push, &options, &Nothing);
        assert_eq!(refused.unwrap_err().reason, format!("`{tag}` is no commit"));
    }

    #[test]
    fn a_broken_list_of_cuts_is_told_of() {
        let directory = tempfile::tempdir().unwrap();
        let (repository, commit) = repository(directory.path());
        let range_of = format!("{commit}..HEAD~0");
        let options = RangeOptions::default();
        range(&Place::at(directory.path()), &range_of, &options, &Nothing).unwrap();
        fs::write(repository.git_dir().join("shallow"), "x\n").unwrap();
        let reason = reason(directory.path(), &range_of);
        assert!(
            reason.starts_with("where the clone is cut off cannot be read"),
            "{reason}"
        );
    }
}
