//! One pass over the bytes that says which keyword stands where. What no keyword asks for costs nothing more.
//!
//! A bitmap holds the hash of four bytes of every keyword, those that are rarest in ordinary text; most places of a text
//! are thrown out by one look at it.
//! Against one automaton of the same keywords (`aho-corasick`, as a DFA) it runs one and a half times as fast and is made
//! in a tenth of the time, which a hook feels, and ten times the keywords leave it as it is.

mod index;

use std::{
    borrow::Cow,
    ops::{Deref, Range},
};

use super::{
    files,
    rule::{self, Rule},
    words::{self, follows},
};
use index::{FILE, FOLD, Index, Use, WORD, WORDS, hash, other_hash, slot};

include!(concat!(env!("OUT_DIR"), "/index.rs"));

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
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wanted<'a> {
    /// Rules with a pattern, by their place in the list.
    pub(crate) rules: &'a [u32],
    /// It is a secret-bearing word.
    pub(crate) is_word: bool,
    /// `files` looks closer at a text that has it.
    pub(crate) is_file: bool,
}

/// The search for all keywords at once.
pub(crate) struct Prefilter {
    index: Kept,
}

enum Kept {
    BuiltIn(&'static Index),
    Made(Box<Index>),
}

impl Deref for Kept {
    type Target = Index;

    fn deref(&self) -> &Index {
        match self {
            Self::BuiltIn(index) => index,
            Self::Made(index) => index,
        }
    }
}

impl Prefilter {
    pub(crate) fn new(rules: &[Rule]) -> Self {
        if std::ptr::eq(rules, rule::built_in()) {
            return Self {
                index: Kept::BuiltIn(&BUILT_IN),
            };
        }
        let keywords = rules
            .iter()
            .zip(0_u32..)
            .filter(|(rule, _)| rule.pattern.is_some())
            .flat_map(|(rule, number)| {
                let keywords = rule.keywords.iter();
                keywords.map(move |keyword| (keyword.as_bytes(), Use::Rule(number)))
            });
        let words = words::STEMS.iter().map(|word| (word.as_bytes(), Use::Word));
        let files = files::KEYWORDS
            .iter()
            .map(|word| (word.as_bytes(), Use::File));
        Self {
            index: Kept::Made(Box::new(Index::new(keywords.chain(words).chain(files)))),
        }
    }

    /// Who wants to know of a hit.
    pub(crate) fn wanted(&self, hit: Hit) -> Wanted<'_> {
        let index = &*self.index;
        let uses = index.uses[hit.keyword as usize];
        Wanted {
            rules: &index.rules[range(&index.rule_ends, hit.keyword)],
            is_word: uses & WORD != 0,
            is_file: uses & FILE != 0,
        }
    }

    /// Every keyword in a text, in the order of their first bytes.
    pub(crate) fn hits(&self, bytes: &[u8], hits: &mut Vec<Hit>) {
        let first = hits.len();
        let index = &*self.index;
        // Arrays, so that no look needs a check of its bounds.
        let (Ok(bits), Ok(more_bits)) = (
            <&[u64; WORDS]>::try_from(&*index.bits),
            <&[u64; WORDS]>::try_from(&*index.more_bits),
        ) else {
            return;
        };
        for (start, window) in bytes.windows(4).enumerate() {
            let gram = u32::from_le_bytes([window[0], window[1], window[2], window[3]]) | FOLD;
            let one = hash(gram);
            if bits[one / 64] >> (one % 64) & 1 == 0 {
                continue;
            }
            let other = other_hash(gram);
            if more_bits[other / 64] >> (other % 64) & 1 != 0 {
                look(index, bytes, start, gram, hits);
            }
        }
        // A keyword of three bytes may stand at the very end.
        if let Some(start) = bytes.len().checked_sub(3) {
            let gram = u32::from_le_bytes([bytes[start], bytes[start + 1], bytes[start + 2], b' ']);
            look(index, bytes, start, gram | FOLD, hits);
        }
        hits[first..].sort_unstable_by_key(|hit| (hit.start, hit.end));
    }
}

/// The keywords known by the four bytes here.
fn look(index: &Index, bytes: &[u8], at: usize, gram: u32, hits: &mut Vec<Hit>) {
    let mut place = slot(gram, index.table.len());
    loop {
        let Some(number) = index.table[place].checked_sub(1) else {
            return;
        };
        if index.grams[number as usize] == gram {
            for anchored in range(&index.gram_ends, number) {
                let keyword = index.anchored[anchored];
                let text = &index.text[range(&index.ends, keyword)];
                let Some(start) = at.checked_sub(index.offsets[anchored] as usize) else {
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
        place = (place + 1) & (index.table.len() - 1);
    }
}

/// From the end of the one before to its own.
fn range(ends: &[u32], number: u32) -> Range<usize> {
    let number = number as usize;
    let start = number.checked_sub(1).map_or(0, |before| ends[before]);
    start as usize..ends[number] as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(filter: &Prefilter, text: &str) -> Vec<(usize, String)> {
        let mut hits = Vec::new();
        filter.hits(text.as_bytes(), &mut hits);
        let index = &filter.index;
        let keyword = |hit: &Hit| {
            String::from_utf8_lossy(&index.text[range(&index.ends, hit.keyword)]).into_owned()
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
