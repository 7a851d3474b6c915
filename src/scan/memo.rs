//! What is known to hold nothing: in history the same line comes back in every version of a file, and is judged once.

use std::{
    collections::hash_map::RandomState,
    hash::BuildHasher as _,
    sync::atomic::{AtomicU64, Ordering},
};

use gix::bstr::ByteSlice as _;

use super::{detect::Match, text::Text};

/// Places that were looked at in vain: a file's path, a line and its neighbours. Bounded; what it forgets is looked at
/// again. Keyed at random, so that nobody can write a line that passes for another.
pub struct Memo {
    hasher: RandomState,
    slots: Box<[AtomicU64]>,
}

/// A million places, eight megabytes.
const SLOTS: usize = 1 << 20;

/// Lines after a hit's own that may hold what its name promises.
const LINES_AFTER: usize = 3;

/// Of a longer line only the bytes around the hit count.
const FARTHEST: usize = 1024;

impl Default for Memo {
    fn default() -> Self {
        Self {
            hasher: RandomState::new(),
            slots: (0..SLOTS).map(|_| AtomicU64::new(0)).collect(),
        }
    }
}

impl Memo {
    pub(crate) fn is_known(&self, text: &Text<'_>, hit: usize) -> bool {
        let key = self.key(text, hit);
        self.slots[slot(key)].load(Ordering::Relaxed) == key
    }

    /// Takes in the hits that led to nothing.
    pub(crate) fn learn(
        &self,
        text: &Text<'_>,
        hits: impl Iterator<Item = usize>,
        found: &[Match],
    ) {
        for hit in hits {
            let around = neighbourhood(text.bytes, hit);
            let is_empty = found
                .iter()
                .all(|found| found.span.end <= around.start || found.span.start >= around.end);
            if is_empty {
                let key = self.key(text, hit);
                self.slots[slot(key)].store(key, Ordering::Relaxed);
            }
        }
    }

    fn key(&self, text: &Text<'_>, hit: usize) -> u64 {
        let around = neighbourhood(text.bytes, hit);
        let place = hit - around.start;
        // 0 is an empty slot.
        self.hasher
            .hash_one((text.path, place, &text.bytes[around]))
            .max(1)
    }
}

/// The line before a hit, its own, and those after it.
fn neighbourhood(bytes: &[u8], hit: usize) -> std::ops::Range<usize> {
    let earliest = hit.saturating_sub(FARTHEST);
    let mut ends_before = bytes[earliest..hit].rfind_iter(b"\n");
    ends_before.next();
    let start = ends_before.next().map_or(earliest, |at| earliest + at + 1);
    let latest = (hit + FARTHEST).min(bytes.len());
    let end = bytes[hit..latest]
        .find_iter(b"\n")
        .nth(LINES_AFTER)
        .map_or(latest, |at| hit + at);
    start..end
}

fn slot(key: u64) -> usize {
    usize::try_from(key).unwrap_or_default() % SLOTS
}
