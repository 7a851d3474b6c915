//! The rules' regular expressions, each compiled when its keyword is first met.

mod check;

use std::{ops::Range, sync::OnceLock};

use regex_automata::{
    Input,
    meta::{self, Regex},
    util::syntax,
};

use super::rule::Rule;
pub(crate) use check::{Checked, check};

/// One place for each rule's expression.
pub(crate) struct Patterns {
    compiled: Vec<OnceLock<Option<Regex>>>,
}

/// What one expression may need when it is compiled: a hostile rule is refused, not run.
const SIZE_LIMIT: usize = 4 << 20;

impl Patterns {
    pub(crate) fn new(rules: &[Rule]) -> Self {
        Self {
            compiled: rules.iter().map(|_| OnceLock::new()).collect(),
        }
    }

    /// The secrets of one rule within a window of a text, as `(whole match, secret)`.
    pub(crate) fn find(
        &self,
        number: usize,
        rule: &Rule,
        bytes: &[u8],
        window: Range<usize>,
        mut take: impl FnMut(Range<usize>, Range<usize>),
    ) {
        let compiled = self.compiled[number].get_or_init(|| {
            // Built-in expressions are compiled by a test, and all others where they are read.
            rule.pattern
                .as_deref()
                .and_then(|pattern| compile(pattern).ok())
        });
        let Some(regex) = compiled else {
            return;
        };
        // What stands before and behind the window still decides whether a word ends there.
        let input = Input::new(bytes).range(window);
        for captures in regex.captures_iter(input) {
            let whole = captures.get_match().map(|found| found.range());
            let secret = captures.get_group(rule.group).map(|span| span.range());
            if let (Some(whole), Some(secret)) = (whole, secret) {
                take(whole, secret);
            }
        }
    }
}

fn syntax() -> syntax::Config {
    syntax::Config::new().unicode(false).utf8(false)
}

/// An expression over bytes: no Unicode, no backtracking, bounded size.
///
/// # Errors
///
/// Where it is none, or too large.
pub(crate) fn compile(pattern: &str) -> Result<Regex, String> {
    Regex::builder()
        .syntax(syntax())
        .configure(
            meta::Config::new()
                .utf8_empty(false)
                .nfa_size_limit(Some(SIZE_LIMIT))
                // Most are run over a few lines: what takes long to build does not pay.
                .onepass(false)
                .dfa(false)
                .hybrid_cache_capacity(1 << 20),
        )
        .build(pattern)
        .map_err(|error| match error.syntax_error() {
            Some(error) => error.to_string(),
            None => error.to_string(),
        })
}
