//! What is not a finding, by commit, path, text or word.

use std::ops::Range;

use gix::bstr::{BStr, ByteSlice as _};
use regex_automata::meta::Regex;

use super::super::suppress::Candidate;

/// One list. Without anything in it, it would hold for nothing; the reader refuses such a one.
#[derive(Default)]
pub(super) struct Allowlist {
    pub(super) description: String,
    /// Whether every kind that is given must hold (`AND`), or one of them.
    pub(super) needs_all: bool,
    pub(super) commits: Vec<String>,
    pub(super) paths: Vec<Regex>,
    pub(super) target: Target,
    pub(super) regexes: Vec<Regex>,
    /// In lower case.
    pub(super) stopwords: Vec<Vec<u8>>,
    /// The rules it speaks of; empty for all.
    pub(super) rules: Vec<String>,
}

/// What the expressions are held against.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Target {
    #[default]
    Secret,
    Match,
    Line,
}

impl Allowlist {
    pub(super) fn is_empty(&self) -> bool {
        self.commits.is_empty()
            && self.paths.is_empty()
            && self.regexes.is_empty()
            && self.stopwords.is_empty()
    }

    /// Whether a finding is on it. `matched` gives the whole match.
    pub(super) fn holds(
        &self,
        candidate: &Candidate<'_>,
        matched: &dyn Fn() -> Range<usize>,
    ) -> bool {
        if !self.rules.is_empty() && !self.rules.iter().any(|rule| rule == candidate.rule) {
            return false;
        }
        let has_commit = || {
            let is_it = |commit: &str| {
                self.commits
                    .iter()
                    .any(|own| own.eq_ignore_ascii_case(commit))
            };
            candidate.commit.is_some_and(is_it)
        };
        let has_text = || {
            let part = match self.target {
                Target::Secret => candidate.secret(),
                Target::Match => part(candidate, matched()),
                Target::Line => part(candidate, super::line(candidate)),
            };
            self.regexes.iter().any(|regex| regex.is_match(part))
        };
        let has_word = || {
            let secret = candidate.secret().to_ascii_lowercase();
            self.stopwords.iter().any(|word| secret.contains_str(word))
        };
        let kinds: [(bool, &dyn Fn() -> bool); 4] = [
            (self.commits.is_empty(), &has_commit),
            (self.paths.is_empty(), &|| {
                self.has_path(candidate.text.path)
            }),
            (self.regexes.is_empty(), &has_text),
            (self.stopwords.is_empty(), &has_word),
        ];
        let mut given = kinds.iter().filter(|(is_empty, _)| !is_empty);
        if self.needs_all {
            !self.is_empty() && given.all(|(_, holds)| holds())
        } else {
            given.any(|(_, holds)| holds())
        }
    }

    /// Whether it holds for all that is in a file, by the path alone.
    pub(super) fn skips(&self, path: &BStr) -> bool {
        let is_alone =
            self.commits.is_empty() && self.regexes.is_empty() && self.stopwords.is_empty();
        self.rules.is_empty() && (is_alone || !self.needs_all) && self.has_path(path)
    }

    fn has_path(&self, path: &BStr) -> bool {
        self.paths
            .iter()
            .any(|regex| regex.is_match(path.as_bytes()))
    }
}

fn part<'a>(candidate: &Candidate<'a>, range: Range<usize>) -> &'a [u8] {
    candidate.text.bytes.get(range).unwrap_or_default()
}
