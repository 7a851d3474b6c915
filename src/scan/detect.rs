//! What detection finds, before anybody decides whether to say it: a rule and a span of a text.

use std::{borrow::Cow, ops::Range};

use super::{
    files, pairs, pattern::Patterns, prefilter::Prefilter, python, rule::Rule,
    text::{Kind, Text},
};
use crate::finding::Confidence;

/// One secret in one text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Match {
    /// The rule's id.
    pub rule: Cow<'static, str>,
    /// The secret's bytes in the text.
    pub span: Range<usize>,
    /// How sure.
    pub confidence: Confidence,
    /// Why, or why not quite: lower-case fragments.
    pub notes: Vec<Cow<'static, str>>,
}

/// What `python`, `pairs` and `files` are given beside the text.
pub(crate) struct Request<'a> {
    /// Where a secret-bearing word (`words::STEMS`) begins, in order: places without one need no look.
    pub(crate) hits: &'a [usize],
    /// Below this nothing is wanted: what cannot reach it need not be looked at.
    pub(crate) floor: Confidence,
}

/// Rules, and what a scan needs to run them. Shared by all threads.
pub struct Detector {
    rules: Cow<'static, [Rule]>,
    prefilter: Prefilter,
    patterns: Patterns,
}

impl Detector {
    /// Takes the rules. Patterns are compiled when they are first needed.
    #[must_use]
    pub fn new(rules: Cow<'static, [Rule]>) -> Self {
        Self {
            prefilter: Prefilter,
            patterns: Patterns,
            rules,
        }
    }

    /// Everything in a text that is at least as sure as `floor`, in the order of the text.
    pub fn scan(&self, text: &Text<'_>, floor: Confidence) -> Vec<Match> {
        let mut found = Vec::new();
        let request = Request { hits: &[], floor };
        if text.kind == Kind::Python {
            python::scan(text, &request, &mut found);
        }
        pairs::scan(text, &request, &mut found);
        files::scan(text, &request, &mut found);
        let _ = (&self.rules, &self.prefilter, &self.patterns);
        found
    }
}
