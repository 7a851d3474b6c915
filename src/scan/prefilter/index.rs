//! The keywords, laid out for the search. That of the rules that come with the program is made when it is built (by
//! `build.rs`, which reads this file too), so that a run spends nothing on it.

use std::{borrow::Cow, collections::HashMap};

use super::follows;

/// Numbers that are the program's own or were made in this run.
type Numbers = Cow<'static, [u32]>;

/// All keywords, by their four rarest bytes.
#[derive(Debug)]
pub(crate) struct Index {
    /// The keywords, one after another, and where each ends.
    pub(super) text: Cow<'static, [u8]>,
    pub(super) ends: Numbers,
    /// Rules that want to know of a keyword, and where those of each end.
    pub(super) rules: Numbers,
    pub(super) rule_ends: Numbers,
    /// What else wants to know of each.
    pub(super) uses: Cow<'static, [u8]>,
    /// One bit a hash of four bytes.
    pub(super) bits: Cow<'static, [u64]>,
    /// The same by another hash, asked where the first says yes.
    pub(super) more_bits: Cow<'static, [u64]>,
    /// Open addressing: a place in `grams`, plus one; 0 is free.
    pub(super) table: Numbers,
    /// Four folded bytes each, and where the keywords known by them end in `anchored`.
    pub(super) grams: Numbers,
    pub(super) gram_ends: Numbers,
    /// The keywords of all grams, those of one side by side, and how far in each the four bytes stand.
    pub(super) anchored: Numbers,
    pub(super) offsets: Numbers,
}

/// Who wants to know of a keyword.
#[derive(Clone, Copy)]
pub(crate) enum Use {
    /// A rule with a pattern, by its place in the list.
    Rule(u32),
    /// It is a secret-bearing word.
    Word,
    /// `files` looks closer at a text that has it.
    File,
}

/// [`Use::Word`] and [`Use::File`] as bits of [`Index::uses`].
pub(super) const WORD: u8 = 1;
pub(super) const FILE: u8 = 2;

/// Bits of a hash.
const BITS: u32 = 17;
/// Words of the bitmap: 16 KiB, which the first-level cache holds.
pub(super) const WORDS: usize = (1 << BITS) / 64;
/// ASCII's upper case to lower; it also folds a few signs, for both sides alike.
pub(super) const FOLD: u32 = 0x2020_2020;

impl Index {
    pub(crate) fn new<'a>(wanted: impl Iterator<Item = (&'a [u8], Use)>) -> Self {
        let mut keywords = Keywords::default();
        for (keyword, wanted) in wanted {
            keywords.add(keyword, wanted);
        }
        let mut index = keywords.laid_out();
        let mut all: Vec<(u32, u32, u32)> = Vec::with_capacity(keywords.list.len() * 4);
        for (keyword, text) in (0_u32..).zip(&keywords.list) {
            let (grams, offset) = grams(text);
            all.extend(grams.into_iter().map(|gram| (gram, keyword, offset)));
        }
        all.sort_unstable();
        index.fill(&all);
        index
    }

    fn fill(&mut self, all: &[(u32, u32, u32)]) {
        let (bits, more_bits) = (self.bits.to_mut(), self.more_bits.to_mut());
        let (grams, ends) = (self.grams.to_mut(), self.gram_ends.to_mut());
        let (anchored, offsets) = (self.anchored.to_mut(), self.offsets.to_mut());
        for ((gram, keyword, offset), end) in all.iter().zip(1_u32..) {
            anchored.push(*keyword);
            offsets.push(*offset);
            match (grams.last(), ends.last_mut()) {
                (Some(last), Some(last_end)) if last == gram => *last_end = end,
                _ => {
                    let (one, other) = (hash(*gram), other_hash(*gram));
                    bits[one / 64] |= 1 << (one % 64);
                    more_bits[other / 64] |= 1 << (other % 64);
                    grams.push(*gram);
                    ends.push(end);
                }
            }
        }
        // At most half full, so that a search for what is not there ends soon.
        let table = self.table.to_mut();
        table.resize((grams.len() * 2 + 2).next_power_of_two(), 0);
        for (gram, number) in grams.iter().zip(1_u32..) {
            let mut at = slot(*gram, table.len());
            while table[at] != 0 {
                at = (at + 1) & (table.len() - 1);
            }
            table[at] = number;
        }
    }
}

/// Every keyword once, and who wants it.
#[derive(Default)]
struct Keywords {
    list: Vec<Box<[u8]>>,
    rules: Vec<Vec<u32>>,
    uses: Vec<u8>,
    places: HashMap<Box<[u8]>, usize>,
}

impl Keywords {
    fn add(&mut self, keyword: &[u8], wanted: Use) {
        let place = *self.places.entry(keyword.into()).or_insert_with(|| {
            self.list.push(keyword.into());
            self.rules.push(Vec::new());
            self.uses.push(0);
            self.list.len() - 1
        });
        match wanted {
            Use::Rule(number) => self.rules[place].push(number),
            Use::Word => self.uses[place] |= WORD,
            Use::File => self.uses[place] |= FILE,
        }
    }

    fn laid_out(&self) -> Index {
        let ends = |lengths: &mut dyn Iterator<Item = usize>| {
            let mut end = 0;
            let add = |length| {
                end += u32::try_from(length).unwrap_or(0);
                end
            };
            lengths.map(add).collect::<Vec<u32>>().into()
        };
        Index {
            text: self.list.concat().into(),
            ends: ends(&mut self.list.iter().map(|text| text.len())),
            rules: self.rules.concat().into(),
            rule_ends: ends(&mut self.rules.iter().map(Vec::len)),
            uses: self.uses.clone().into(),
            bits: vec![0; WORDS].into(),
            more_bits: vec![0; WORDS].into(),
            table: Numbers::default(),
            grams: Numbers::default(),
            gram_ends: Numbers::default(),
            anchored: Numbers::default(),
            offsets: Numbers::default(),
        }
    }
}

/// The four bytes that a keyword is known by, folded, and how far in it they stand; of a keyword with three, every
/// way to go on.
fn grams(keyword: &[u8]) -> (Vec<u32>, u32) {
    let fold = |bytes: [u8; 4]| u32::from_le_bytes(bytes) | FOLD;
    if let [a, b, c] = *keyword {
        let mut grams: Vec<u32> = FOLLOWING.iter().map(|&d| fold([a, b, c, d])).collect();
        grams.sort_unstable();
        grams.dedup();
        return (grams, 0);
    }
    let windows = (0_u32..).zip(keyword.windows(4));
    let rarest = windows.min_by_key(|(_, window)| commonness(window));
    // The rules are held to three bytes where they are read.
    rarest.map_or((Vec::new(), 0), |(offset, window)| {
        (
            vec![fold([window[0], window[1], window[2], window[3]])],
            offset,
        )
    })
}

/// What may follow a keyword of three bytes in anything that is a match: what a name or a token is made of, and what may
/// stand between a name and its value. Every other byte would fill the bitmap for nothing.
const FOLLOWING: &[u8] = b"abcdefghijklmnopqrstuvwxyz0123456789_-./~+=:\"' ,;@$%!#&*()[]{}<>|`\\\t";

/// How often some bytes are met in source and prose, as a logarithm: each byte by itself, and how well each follows the
/// one before.
fn commonness(bytes: &[u8]) -> u32 {
    let alone: u32 = bytes.iter().map(|byte| u32::from(frequency(*byte))).sum();
    let pairs: u32 = bytes
        .windows(2)
        .map(|pair| u32::from(follows(pair[0], pair[1])))
        .sum();
    alone + pairs
}

/// How often a byte is met, as the base-2 logarithm of thousandths, roughly.
fn frequency(byte: u8) -> u8 {
    const LETTERS: &[u8; 26] = b"64557444624556641666645332";
    match byte.to_ascii_lowercase() {
        letter @ b'a'..=b'z' => LETTERS[usize::from(letter - b'a')] - b'0',
        b' ' => 7,
        b'_' | b'.' | b'\'' | b'"' | b'=' => 3,
        _ => 2,
    }
}

pub(super) fn hash(gram: u32) -> usize {
    (gram.wrapping_mul(0x9E37_79B1) >> (32 - BITS)) as usize
}

pub(super) fn other_hash(gram: u32) -> usize {
    (gram.wrapping_mul(0xC2B2_AE35) >> (32 - BITS)) as usize
}

/// Where the search in a table of so many slots, a power of two, begins.
pub(super) fn slot(gram: u32, slots: usize) -> usize {
    (gram.wrapping_mul(0x85EB_CA6B) >> 8) as usize & (slots - 1)
}
