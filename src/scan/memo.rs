//! What is known to hold nothing: in history the same line comes back in every version of a file, and is judged once.

use std::{
    collections::hash_map::RandomState,
    hash::BuildHasher as _,
    ops::Range,
    sync::atomic::{AtomicU64, Ordering},
};

use gix::bstr::ByteSlice as _;

use super::{detect::Match, prefilter::Hit, text::Text};

/// Places that were looked at in vain: a file's path, a line and its neighbours. Bounded; what it forgets is looked at
/// again. Keyed at random, so that nobody can write a line that passes for another.
pub struct Memo {
    hasher: RandomState,
    /// One for every eight bytes of a place.
    keys: Box<[u64]>,
    slots: Box<[AtomicU64]>,
}

/// A million places, eight megabytes.
const SLOTS: usize = 1 << 20;

/// Lines after a hit's own that may hold what its name promises: a call with an argument a line.
const LINES_AFTER: usize = 5;

/// Of a longer line only the bytes around the hit count.
pub(super) const FARTHEST: usize = 1024;

/// Two keys are taken at a time.
const PAIR: usize = 16;

impl Default for Memo {
    fn default() -> Self {
        let hasher = RandomState::new();
        let count = (2 * FARTHEST / PAIR + 1) * 2;
        Self {
            keys: (0..count).map(|number| hasher.hash_one(number)).collect(),
            slots: (0..SLOTS).map(|_| AtomicU64::new(0)).collect(),
            hasher,
        }
    }
}

impl Memo {
    /// Leaves out the hits in whose places nothing was found before, where that says all of them.
    pub(crate) fn forget_known(
        &self,
        text: &Text<'_>,
        hits: &mut Vec<Hit>,
        is_judged_by_place: impl Fn(Hit) -> bool,
    ) {
        let mut places = Places::new(self, text);
        hits.retain(|hit| {
            let key = places.at(hit.start).key;
            self.slots[slot(key)].load(Ordering::Relaxed) != key || !is_judged_by_place(*hit)
        });
    }

    /// Takes in the hits that led to nothing.
    pub(crate) fn learn(&self, text: &Text<'_>, hits: &[Hit], found: &[Match]) {
        let mut places = Places::new(self, text);
        for hit in hits {
            let place = places.at(hit.start);
            let around = &place.around;
            let is_empty = found
                .iter()
                .all(|found| found.span.end <= around.start || found.span.start >= around.end);
            if is_empty {
                self.slots[slot(place.key)].store(place.key, Ordering::Relaxed);
            }
        }
    }

    /// NH of UMAC (RFC 4418, section 5.2) with words of 64 bits: two texts of one length come to the same sum for one in 2⁶⁴
    /// choices of the keys, whoever wrote them, at a fraction of what a hash costs that is good for every use.
    fn sum(&self, bytes: &[u8]) -> u128 {
        let mut sum = 0_u128;
        let mut add = |pair: &[u8; PAIR], keys: &[u64]| {
            let [one, other] = [0, 8].map(|at| {
                let word: [u8; 8] = std::array::from_fn(|byte| pair[at + byte]);
                u64::from_le_bytes(word)
            });
            let (one, other) = (one.wrapping_add(keys[0]), other.wrapping_add(keys[1]));
            sum = sum.wrapping_add(u128::from(one) * u128::from(other));
        };
        let (pairs, rest) = bytes.as_chunks::<PAIR>();
        for (pair, keys) in pairs.iter().zip(self.keys.chunks_exact(2)) {
            add(pair, keys);
        }
        if let Some(keys) = self.keys.chunks_exact(2).nth(pairs.len()) {
            let mut last = [0; PAIR];
            last[..rest.len()].copy_from_slice(rest);
            add(&last, keys);
        }
        sum
    }
}

/// The places of a text's hits, one after another: those of a line share theirs.
struct Places<'a> {
    memo: &'a Memo,
    text: &'a Text<'a>,
    path: u64,
    last: Place,
}

#[derive(Clone, Default)]
struct Place {
    /// The hits that have this place.
    hits: Range<usize>,
    around: Range<usize>,
    key: u64,
}

impl<'a> Places<'a> {
    fn new(memo: &'a Memo, text: &'a Text<'a>) -> Self {
        Self {
            memo,
            text,
            path: memo.hasher.hash_one(text.path),
            last: Place::default(),
        }
    }

    fn at(&mut self, hit: usize) -> &Place {
        if !self.last.hits.contains(&hit) {
            let (hits, around) = neighbourhood(self.text.bytes, hit);
            let bytes = &self.text.bytes[around.clone()];
            // Where a place is the hit's alone, its bytes are only the same around the same place.
            let within = hits.start - around.start;
            let sum = self.memo.sum(bytes);
            let key = self
                .memo
                .hasher
                .hash_one((self.path, sum, bytes.len(), within));
            self.last = Place {
                hits,
                around,
                // 0 is an empty slot.
                key: key.max(1),
            };
        }
        &self.last
    }
}

/// The line before a hit, its own, and those after it; and before that the hits for which it is the same.
fn neighbourhood(bytes: &[u8], hit: usize) -> (Range<usize>, Range<usize>) {
    let earliest = hit.saturating_sub(FARTHEST);
    let mut ends_before = bytes[earliest..hit].rfind_iter(b"\n");
    let own_start = ends_before.next().map(|at| earliest + at + 1);
    let start = ends_before.next().map(|at| earliest + at + 1);
    let latest = (hit + FARTHEST).min(bytes.len());
    let mut ends = bytes[hit..latest].find_iter(b"\n");
    let own_end = ends.next().map(|at| hit + at);
    let end = ends.nth(LINES_AFTER - 1).map(|at| hit + at);
    let around = start.unwrap_or(earliest)..end.unwrap_or(latest);
    let hits = match (own_start, own_end) {
        (Some(first), Some(last)) if start.is_some() && end.is_some() => first..last.max(hit + 1),
        _ => hit..hit + 1,
    };
    (hits, around)
}

/// Whether a hit's own line is not cut off.
pub(super) fn has_whole_line(bytes: &[u8], hit: usize) -> bool {
    let (before, after) = (hit.saturating_sub(FARTHEST), hit + FARTHEST);
    (before == 0 || bytes[before..hit].contains(&b'\n'))
        && (after >= bytes.len() || bytes[hit..after].contains(&b'\n'))
}

fn slot(key: u64) -> usize {
    usize::try_from(key).unwrap_or_default() % SLOTS
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use gix::bstr::BStr;

    use super::*;
    use crate::{
        finding::Confidence,
        scan::{
            detect::{Detector, New},
            rule,
        },
    };

    fn key(memo: &Memo, path: &str, text: &str, hit: &str) -> u64 {
        let text = Text::new(BStr::new(path), text.as_bytes());
        let hit = text.bytes.find(hit).unwrap();
        Places::new(memo, &text).at(hit).key
    }

    #[test]
    fn a_place_is_the_same_as_long_as_all_around_it_is() {
        let memo = Memo::default();
        let lines = "far\nbefore\nthe key\none\ntwo\nthree\nfour\nfive\nfar\n";
        let own = key(&memo, "a.py", lines, "key");
        assert_eq!(
            own,
            key(&memo, "a.py", &format!("more\n{lines}more"), "key")
        );
        assert_eq!(own, key(&memo, "a.py", lines, "the"));
        assert_ne!(own, key(&memo, "b.py", lines, "key"));
        for part in ["before", "key", "one", "two", "three", "five"] {
            let changed = lines.replace(part, &format!("{part}!"));
            assert_ne!(own, key(&memo, "a.py", &changed, "key"), "{part}");
        }
    }

    #[test]
    fn what_is_decided_far_away_is_looked_at_again() {
        let detector = Detector::new(Cow::Borrowed(rule::built_in()));
        let memo = Memo::default();
        for value in ["Zmlyc3QtdmFsdWUtOTE=", "c2Vjb25kLXZhbHVlLTQy"] {
            let lines = "  # one\n".repeat(20);
            let text = format!("apiVersion: v1\nkind: Secret\n{lines}data:\n  dsn: {value}\n");
            let text = Text::new(BStr::new("secret.yaml"), text.as_bytes());
            let new = New {
                lines: None,
                memo: Some(&memo),
            };
            assert!(!detector.scan_new(&text, Confidence::Low, &new).is_empty());
        }
    }

    #[test]
    fn every_byte_near_a_hit_counts_in_a_long_line() {
        let memo = Memo::default();
        let text = "x".repeat(2 * FARTHEST) + "key" + &"y".repeat(2 * FARTHEST);
        let hit = 2 * FARTHEST;
        let own = key(&memo, "a", &text, "key");
        for distance in [1, 8, 15, 16, 17, 100, FARTHEST - 1, FARTHEST + 1] {
            for at in [hit - distance, hit + distance.max(3)] {
                let mut changed = text.clone();
                changed.replace_range(at..=at, "z");
                let is_near = distance < FARTHEST;
                assert_eq!(own != key(&memo, "a", &changed, "key"), is_near, "{at}");
            }
        }
    }
}
