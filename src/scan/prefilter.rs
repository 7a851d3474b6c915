//! One pass over the bytes that says which keyword stands where. What no keyword asks for costs nothing more.
//!
//! A bitmap holds the hash of four bytes of every keyword, those that are rarest in ordinary text; most places of a text
//! are thrown out by one look at it.
//! Against one automaton of the same keywords (`aho-corasick`, as a DFA) it runs one and a half times as fast and is made
//! in a tenth of the time, which a hook feels, and ten times the keywords leave it as it is.

use std::{collections::HashMap, ops::Range};

use super::{files, rule::Rule, words};

/// A keyword, met.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Hit {
    /// Its place in the prefilter's list.
    pub(crate) keyword: u32,
    /// Its first byte in the text.
    pub(crate) start: usize,
    /// The byte after its last.
    pub(crate) end: usize,
}

/// Who wants to know of a keyword.
#[derive(Clone, Debug, Default)]
pub(crate) struct Wanted {
    /// Rules with a pattern, by their place in the list.
    pub(crate) rules: Vec<u32>,
    /// It is a secret-bearing word.
    pub(crate) is_word: bool,
    /// `files` looks closer at a text that has it.
    pub(crate) is_file: bool,
}

/// All keywords, by their four rarest bytes.
pub(crate) struct Prefilter {
    keywords: Vec<Box<[u8]>>,
    wanted: Vec<Wanted>,
    /// One bit a hash of four bytes.
    bits: Box<[u64; WORDS]>,
    /// The same by another hash, asked where the first says yes.
    more_bits: Box<[u64; WORDS]>,
    /// Open addressing: a place in `grams`, plus one; 0 is free.
    table: Vec<u32>,
    /// Four folded bytes, and where in `anchored` the keywords are that are known by them.
    grams: Vec<(u32, Range<usize>)>,
    /// The keywords of all grams, those of one side by side.
    anchored: Vec<Anchored>,
}

/// A keyword, and how far in it the four bytes stand.
#[derive(Clone, Copy)]
struct Anchored {
    keyword: u32,
    offset: usize,
}

/// Bits of a hash.
const BITS: u32 = 17;
/// Words of the bitmap: 16 KiB, which the first-level cache holds.
const WORDS: usize = (1 << BITS) / 64;
/// ASCII's upper case to lower; it also folds a few signs, for both sides alike.
const FOLD: u32 = 0x2020_2020;

impl Prefilter {
    pub(crate) fn new(rules: &[Rule]) -> Self {
        let mut all = Keywords::default();
        for (number, rule) in rules
            .iter()
            .enumerate()
            .filter(|(_, rule)| rule.pattern.is_some())
        {
            let number = u32::try_from(number).unwrap_or(u32::MAX);
            for keyword in rule.keywords.iter() {
                all.wanted(keyword).rules.push(number);
            }
        }
        for word in words::STEMS {
            all.wanted(word).is_word = true;
        }
        for word in files::KEYWORDS {
            all.wanted(word).is_file = true;
        }
        let mut filter = Self {
            bits: Box::new([0; WORDS]),
            more_bits: Box::new([0; WORDS]),
            table: Vec::new(),
            grams: Vec::new(),
            anchored: Vec::new(),
            keywords: all.list,
            wanted: all.wanted,
        };
        filter.index();
        filter
    }

    fn index(&mut self) {
        let mut all: Vec<(u32, Anchored)> = Vec::with_capacity(self.keywords.len() * 4);
        for (keyword, text) in (0_u32..).zip(&self.keywords) {
            let (grams, offset) = grams(text);
            all.extend(
                grams
                    .into_iter()
                    .map(|gram| (gram, Anchored { keyword, offset })),
            );
        }
        all.sort_unstable_by_key(|(gram, anchored)| (*gram, anchored.keyword));
        self.anchored.reserve(all.len());
        for (gram, anchored) in all {
            let end = self.anchored.len() + 1;
            match self.grams.last_mut() {
                Some((last, range)) if *last == gram => range.end = end,
                _ => {
                    let (one, other) = (hash(gram), other_hash(gram));
                    self.bits[one / 64] |= 1 << (one % 64);
                    self.more_bits[other / 64] |= 1 << (other % 64);
                    self.grams.push((gram, end - 1..end));
                }
            }
            self.anchored.push(anchored);
        }
        // At most half full, so that a search for what is not there ends soon.
        self.table = vec![0; (self.grams.len() * 2 + 2).next_power_of_two()];
        for (number, (gram, _)) in (1_u32..).zip(&self.grams) {
            let mut slot = self.slot(*gram);
            while self.table[slot] != 0 {
                slot = (slot + 1) & (self.table.len() - 1);
            }
            self.table[slot] = number;
        }
    }

    fn slot(&self, gram: u32) -> usize {
        // The length is a power of two.
        (gram.wrapping_mul(0x85EB_CA6B) >> 8) as usize & (self.table.len() - 1)
    }

    /// Who wants to know of a hit.
    pub(crate) fn wanted(&self, hit: Hit) -> &Wanted {
        &self.wanted[hit.keyword as usize]
    }

    /// Every keyword in a text, in the order of their first bytes.
    pub(crate) fn hits(&self, bytes: &[u8], hits: &mut Vec<Hit>) {
        let first = hits.len();
        for (start, window) in bytes.windows(4).enumerate() {
            let gram = u32::from_le_bytes([window[0], window[1], window[2], window[3]]) | FOLD;
            let one = hash(gram);
            if self.bits[one / 64] >> (one % 64) & 1 == 0 {
                continue;
            }
            let other = other_hash(gram);
            if self.more_bits[other / 64] >> (other % 64) & 1 != 0 {
                self.look(bytes, start, gram, hits);
            }
        }
        // A keyword of three bytes may stand at the very end.
        if let Some(start) = bytes.len().checked_sub(3) {
            let gram = u32::from_le_bytes([bytes[start], bytes[start + 1], bytes[start + 2], b' ']);
            self.look(bytes, start, gram | FOLD, hits);
        }
        hits[first..].sort_unstable_by_key(|hit| (hit.start, hit.end));
    }

    fn look(&self, bytes: &[u8], at: usize, gram: u32, hits: &mut Vec<Hit>) {
        let mut slot = self.slot(gram);
        loop {
            let Some(number) = (self.table[slot] as usize).checked_sub(1) else {
                return;
            };
            let (found, range) = &self.grams[number];
            if *found == gram {
                for &Anchored { keyword, offset } in &self.anchored[range.clone()] {
                    let text = &self.keywords[keyword as usize];
                    let Some(start) = at.checked_sub(offset) else {
                        continue;
                    };
                    let end = start + text.len();
                    let there = bytes.get(start..end);
                    if there.is_some_and(|there| there.eq_ignore_ascii_case(text)) {
                        hits.push(Hit {
                            keyword,
                            start,
                            end,
                        });
                    }
                }
                return;
            }
            slot = (slot + 1) & (self.table.len() - 1);
        }
    }
}

#[derive(Default)]
struct Keywords {
    list: Vec<Box<[u8]>>,
    wanted: Vec<Wanted>,
    places: HashMap<Box<[u8]>, usize>,
}

impl Keywords {
    fn wanted(&mut self, keyword: &str) -> &mut Wanted {
        let place = *self
            .places
            .entry(keyword.as_bytes().into())
            .or_insert_with(|| {
                self.list.push(keyword.as_bytes().into());
                self.wanted.push(Wanted::default());
                self.wanted.len() - 1
            });
        &mut self.wanted[place]
    }
}

/// The four bytes that a keyword is known by, folded, and how far in it they stand; of a keyword with three, every
/// way to go on.
fn grams(keyword: &[u8]) -> (Vec<u32>, usize) {
    let fold = |bytes: [u8; 4]| u32::from_le_bytes(bytes) | FOLD;
    if let [a, b, c] = *keyword {
        let mut grams: Vec<u32> = FOLLOWING.iter().map(|&d| fold([a, b, c, d])).collect();
        grams.sort_unstable();
        grams.dedup();
        return (grams, 0);
    }
    let windows = keyword.windows(4).enumerate();
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
        .map(|pair| u32::from(words::follows(pair[0], pair[1])))
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

fn other_hash(gram: u32) -> usize {
    (gram.wrapping_mul(0xC2B2_AE35) >> (32 - BITS)) as usize
}

fn hash(gram: u32) -> usize {
    (gram.wrapping_mul(0x9E37_79B1) >> (32 - BITS)) as usize
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scan::rule;

    fn found(filter: &Prefilter, text: &str) -> Vec<(usize, String)> {
        let mut hits = Vec::new();
        filter.hits(text.as_bytes(), &mut hits);
        let keyword = |hit: &Hit| {
            String::from_utf8_lossy(&filter.keywords[hit.keyword as usize]).into_owned()
        };
        hits.iter().map(|hit| (hit.start, keyword(hit))).collect()
    }

    fn filter(keywords: &[&str]) -> Prefilter {
        let mut rule = rule::built_in()[0].clone();
        rule.keywords = keywords
            .iter()
            .map(|keyword| (*keyword).to_owned().into())
            .collect();
        Prefilter::new(&[rule])
    }

    #[test]
    fn finds_keywords_of_any_case_at_both_ends_of_a_text() {
        let filter = filter(&["zap", "zapper", "qux_"]);
        assert_eq!(found(&filter, "Zap"), [(0, "zap".into())]);
        assert_eq!(
            found(&filter, "QUX_ zapPER zap"),
            [
                (0, "qux_".into()),
                (5, "zap".into()),
                (5, "zapper".into()),
                (12, "zap".into()),
            ]
        );
        assert_eq!(found(&filter, "za"), []);
        assert_eq!(found(&filter, ""), []);
    }

    proptest::proptest! {
        #[test]
        fn says_what_a_plain_search_says(text in "[zapqux_ ]{0,40}") {
            let keywords = ["zap", "zapp", "qux_", "uxu", "apzap"];
            let filter = filter(&keywords);
            for keyword in keywords {
                let plain: Vec<usize> = (0..text.len()).filter(|&at| text[at..].starts_with(keyword)).collect();
                let ours: Vec<usize> = found(&filter, &text).into_iter().filter(|hit| hit.1 == keyword).map(|hit| hit.0).collect();
                proptest::prop_assert_eq!(ours, plain);
            }
        }
    }
}
