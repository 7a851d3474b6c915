//! The quick look: where could a form begin at all? Two looks, each at one bit of a hash. The first takes in a block of four
//! places: a form of eleven bytes or more that begins at any of them has the same eight bytes behind the block's last
//! place as one of its first four windows; shorter forms are looked for place by place, where there are any. The
//! second look is at the first bytes of every form, and exact.

use std::hash::{BuildHasher as _, RandomState};

use zeroize::{Zeroize as _, Zeroizing};

use super::{
    automaton::{Automaton, State},
    forms::Form,
};

/// Bytes that are loaded at each place.
const WINDOW: usize = 8;

/// Places that the first look takes in at once.
const BLOCK: usize = 4;

/// Blocks that are looked at before anything is decided: their loads do not wait for each other.
const BLOCKS: usize = 4;

/// What a form must have for the look at a whole block.
const LONG: usize = WINDOW + BLOCK - 1;

/// Bits of a table for each one that is set: so few are set that a wrong hit is rare.
const SPARSE: usize = 32;

pub(super) struct Prefilter {
    /// The windows of long forms.
    long: Bits,
    /// The first bytes of shorter ones.
    short: Option<Bits>,
    /// The first bytes of all.
    all: Bits,
    begins: Begins,
}

impl Prefilter {
    pub(super) fn new(forms: &[Form], automaton: &Automaton) -> Self {
        let is_long = |form: &&Form| form.len() >= LONG;
        let longs = forms.iter().filter(is_long).count();
        let shortest = forms.iter().map(|form| form.len()).min();
        let length = shortest.unwrap_or(WINDOW).min(WINDOW);
        let mut filter = Self {
            long: Bits::new(longs * BLOCK, WINDOW),
            short: (longs < forms.len()).then(|| Bits::new(forms.len() - longs, length)),
            all: Bits::new(forms.len(), length),
            begins: Begins::new(forms.len()),
        };
        for form in forms {
            if is_long(&form) {
                for window in form[..LONG].windows(WINDOW) {
                    filter.long.set(window);
                }
            } else if let Some(short) = &mut filter.short {
                short.set(&form[..length]);
            }
            let begin = &form[..length];
            let state = begin
                .iter()
                .fold(0, |state, &byte| automaton.step(state, byte));
            let (gram, hash) = filter.all.set(begin);
            filter.begins.insert(gram, hash, state);
        }
        filter
    }

    /// How many bytes the second look takes in.
    pub(super) fn length(&self) -> usize {
        self.all.length
    }

    /// The first place from `from` on where a form begins, and the state after its [`Self::length`] first bytes. `Err` is the
    /// first place that is too near to the end for a look.
    pub(super) fn find(&self, bytes: &[u8], from: usize) -> Result<(usize, State), usize> {
        match &self.short {
            None => self.find_with(bytes, from, |_| false),
            Some(short) => self.find_with(bytes, from, |block| {
                (0..BLOCK).fold(false, |hit, place| hit | short.has(load(&block[place..])))
            }),
        }
    }

    #[inline]
    fn find_with(
        &self,
        bytes: &[u8],
        from: usize,
        begins_short: impl Fn(&[u8]) -> bool,
    ) -> Result<(usize, State), usize> {
        const STEP: usize = BLOCK * BLOCKS;
        let mut place = from;
        let rest = bytes.get(from..).unwrap_or_default();
        for step in rest.windows(STEP + WINDOW - 1).step_by(STEP) {
            let hits: [bool; BLOCKS] = std::array::from_fn(|block| {
                let block = &step[block * BLOCK..];
                self.long.has(load(&block[BLOCK - 1..])) | begins_short(block)
            });
            if hits.contains(&true) {
                for (block, _) in hits.iter().enumerate().filter(|(_, hit)| **hit) {
                    let first = place + block * BLOCK;
                    if let Some(found) = self.begin_in(bytes, first..first + BLOCK) {
                        return Ok(found);
                    }
                }
            }
            place += STEP;
        }
        let last = bytes.len().saturating_sub(WINDOW - 1).max(place);
        self.begin_in(bytes, place..last).ok_or(last)
    }

    /// The second look, at these places; each has a whole window.
    fn begin_in(&self, bytes: &[u8], places: std::ops::Range<usize>) -> Option<(usize, State)> {
        places.into_iter().find_map(|place| {
            let (gram, hash) = self.all.hash(load(&bytes[place..]));
            let state = self
                .all
                .passes(hash)
                .then(|| self.begins.get(gram, hash))
                .flatten()?;
            Some((place, state))
        })
    }
}

#[inline]
fn load(bytes: &[u8]) -> u64 {
    bytes
        .first_chunk::<WINDOW>()
        .map_or(0, |chunk| u64::from_le_bytes(*chunk))
}

/// A set of begins of so many bytes, as one bit of a hash each.
struct Bits {
    length: usize,
    mask: u64,
    multiplier: u64,
    /// Takes the hash's highest bits.
    shift: u32,
    words: Vec<u64>,
}

impl Bits {
    fn new(count: usize, length: usize) -> Self {
        let size = (count * SPARSE).next_power_of_two().clamp(1 << 12, 1 << 24);
        Self {
            length,
            mask: u64::MAX >> (64 - 8 * length),
            multiplier: RandomState::new().hash_one(0) | 1,
            shift: 64 - size.trailing_zeros(),
            words: vec![0; size / 64],
        }
    }

    /// The begin as a number, and its hash.
    fn set(&mut self, begin: &[u8]) -> (u64, usize) {
        let mut bytes = Zeroizing::new([0; WINDOW]);
        bytes[..self.length].copy_from_slice(begin);
        let (gram, hash) = self.hash(u64::from_le_bytes(*bytes));
        self.words[hash / 64] |= 1 << (hash % 64);
        (gram, hash)
    }

    #[inline]
    fn hash(&self, window: u64) -> (u64, usize) {
        let gram = window & self.mask;
        let hash = gram.wrapping_mul(self.multiplier) >> self.shift;
        // At most 24 bits: it fits.
        (gram, usize::try_from(hash).unwrap_or(0))
    }

    #[inline]
    fn passes(&self, hash: usize) -> bool {
        self.words[hash / 64] >> (hash % 64) & 1 != 0
    }

    #[inline]
    fn has(&self, window: u64) -> bool {
        self.passes(self.hash(window).1)
    }
}

/// The begins themselves: a table with open addresses, half empty.
struct Begins {
    /// The begin and its state; state 0 is a free place, since no begin leads to the root.
    places: Vec<(u64, State)>,
}

impl Begins {
    fn new(count: usize) -> Self {
        let size = (count * 2).next_power_of_two().max(16);
        Self {
            places: vec![(0, 0); size],
        }
    }

    fn insert(&mut self, gram: u64, hash: usize, state: State) {
        let mask = self.places.len() - 1;
        let mut place = hash & mask;
        while self.places[place].1 != 0 {
            if self.places[place].0 == gram {
                return;
            }
            place = (place + 1) & mask;
        }
        self.places[place] = (gram, state);
    }

    fn get(&self, gram: u64, hash: usize) -> Option<State> {
        let mask = self.places.len() - 1;
        let mut place = hash & mask;
        loop {
            let (known, state) = self.places[place];
            if state == 0 {
                return None;
            }
            if known == gram {
                return Some(state);
            }
            place = (place + 1) & mask;
        }
    }
}

impl Drop for Begins {
    fn drop(&mut self) {
        for (gram, _) in &mut self.places {
            gram.zeroize();
        }
    }
}
