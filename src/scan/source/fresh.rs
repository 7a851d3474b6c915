//! The new lines of a changed file: its blob against those that it came from.

use std::ops::Range;

use gix::{ObjectId, bstr::BStr};

use super::{
    Sink, Trouble,
    diff::{added_lines, common},
    git::Blobs,
    parts::{self, Label},
};

/// A file as it is after a change.
pub(super) struct Fresh<'a> {
    pub(super) path: &'a BStr,
    pub(super) blob: ObjectId,
    pub(super) commit: Option<ObjectId>,
    /// What it was before: one blob, or one for each parent of a merge that had the file; none for a new file.
    pub(super) old: &'a [ObjectId],
    /// All lines are wanted, not just the new ones.
    pub(super) whole: bool,
}

/// What is used again from one blob to the next.
#[derive(Default)]
pub(super) struct Buffers {
    new: Vec<u8>,
    old: Vec<u8>,
    new_text: Vec<u8>,
    old_text: Vec<u8>,
}

impl Fresh<'_> {
    /// Reads the blobs and hands on the lines that are new against each of the old ones; nothing where there are none.
    pub(super) fn hand_on(&self, blobs: &Blobs, buffers: &mut Buffers, sink: &dyn Sink) {
        let label = Label {
            path: self.path,
            commit: self.commit,
            blob: Some(self.blob),
        };
        if let Err(reason) = blobs.read(self.blob, &mut buffers.new) {
            sink.trouble(Trouble::new(self.path, reason));
            return;
        }
        let Some(text) = parts::text(&buffers.new, &mut buffers.new_text) else {
            return;
        };
        let mut added: Option<Vec<Range<usize>>> = None;
        for &old in self.old.iter().filter(|_| !self.whole) {
            // Where the old one cannot be read, all of the new one is new.
            let old = blobs
                .read(old, &mut buffers.old)
                .ok()
                .and_then(|()| parts::text(&buffers.old, &mut buffers.old_text));
            if let Some(old) = old {
                let more = added_lines(old, text);
                added = Some(added.map_or_else(|| more.clone(), |added| common(&added, &more)));
            }
        }
        if added.as_ref().is_none_or(|added| !added.is_empty()) {
            parts::decoded(text, added.as_deref(), label, sink);
        }
    }
}
