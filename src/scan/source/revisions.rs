//! Where history begins: references, `HEAD` of each work tree, stashes, reflogs; and where a clone is cut off.

use std::{
    collections::{BTreeSet, HashSet},
    fs,
    path::{Path, PathBuf},
};

use gix::{
    ObjectId, Repository,
    bstr::ByteSlice as _,
    objs::{Kind, TagRefIter},
    prelude::FindExt as _,
};

use super::{Error, Sink, Trouble, git};

/// What all references, work trees and stashes are at: commits, and whatever tags are of. With `reflogs` also what they
/// have been at.
pub(super) fn tips(
    repository: &Repository,
    reflogs: bool,
    sink: &dyn Sink,
) -> Result<BTreeSet<ObjectId>, Error> {
    let unreadable = |error: gix::Error| {
        Error::new(format!(
            "the references cannot be read: {}",
            git::reason(&error)
        ))
    };
    let mut tips = BTreeSet::new();
    let references = repository.references().map_err(unreadable)?;
    for reference in references.all().map_err(unreadable)? {
        match reference {
            Ok(reference) => tips.extend(reference.try_id().map(gix::Id::detach)),
            Err(error) => sink.trouble(Trouble::new(
                "refs",
                format!("a reference cannot be read: {error}").to_lowercase(),
            )),
        }
    }
    let common = repository.common_dir();
    let mut places = vec![common.to_owned(), repository.git_dir().to_owned()];
    places.extend(children(&common.join("worktrees")));
    for place in &places {
        // A `HEAD` at a branch is among the references.
        let head = fs::read(place.join("HEAD")).unwrap_or_default();
        tips.extend(ObjectId::from_hex(head.trim()).ok());
    }
    for log in logs(common, &places, reflogs) {
        let lines = fs::read(&log).unwrap_or_default();
        for line in lines.lines() {
            let ids = line
                .split_str(" ")
                .take(2)
                .filter_map(|id| ObjectId::from_hex(id).ok());
            tips.extend(ids.filter(|id| !id.is_null()));
        }
    }
    Ok(tips)
}

/// The commit that an object is, or that a tag of a tag of it is of; `None` where there is none, or a tag is broken. The git
/// library's own way panics there, and goes on for ever where tags are of each other.
pub(super) fn commit_of(repository: &Repository, id: ObjectId) -> Option<ObjectId> {
    const MOST_TAGS: usize = 100;
    let (mut id, mut buffer) = (id, Vec::new());
    for _ in 0..MOST_TAGS {
        let object = repository.objects.find(&id, &mut buffer).ok()?;
        match object.kind {
            Kind::Commit => return Some(id),
            Kind::Tag => {
                let tag = TagRefIter::from_bytes(object.data, repository.object_hash());
                id = tag.target_id().ok()?;
            }
            Kind::Tree | Kind::Blob => return None,
        }
    }
    None
}

/// The logs to read: of the stashes, each of which but the last stands only there; or all.
fn logs(common: &Path, places: &[PathBuf], all: bool) -> Vec<PathBuf> {
    if !all {
        return vec![common.join("logs/refs/stash")];
    }
    let mut files = Vec::new();
    let mut waiting: Vec<PathBuf> = places.iter().map(|place| place.join("logs")).collect();
    while let Some(path) = waiting.pop() {
        match fs::symlink_metadata(&path) {
            Ok(metadata) if metadata.is_dir() => waiting.extend(children(&path)),
            Ok(metadata) if metadata.is_file() => files.push(path),
            _ => {}
        }
    }
    files
}

fn children(directory: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory).into_iter().flatten();
    entries
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .collect()
}

/// The commits of a shallow clone whose parents were left out.
pub(super) fn cuts(repository: &Repository) -> HashSet<ObjectId> {
    match repository.shallow_commits() {
        Ok(Some(commits)) => commits.iter().copied().collect(),
        _ => HashSet::new(),
    }
}
