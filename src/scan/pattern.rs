//! The rules' regular expressions, each compiled when its keyword is first met.

use std::{ops::Range, sync::OnceLock};

use regex_automata::{
    Input,
    meta::{self, Regex},
    util::syntax,
};
use regex_syntax::hir::{Class, Hir, HirKind};

use super::rule::Rule;

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

/// What is known of an expression that can be compiled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Checked {
    /// Its groups, the whole match among them.
    pub(crate) groups: usize,
    /// Whether every match has all of them.
    pub(crate) is_full: bool,
    /// At most so many bytes does it take when it is compiled.
    pub(crate) size: usize,
}

/// Whether [`compile`] takes an expression, told by reading it: users' rules come by the thousand, and most are never run.
///
/// # Errors
///
/// As [`compile`].
pub(crate) fn check(pattern: &str) -> Result<Checked, String> {
    let expression = syntax::parse_with(pattern, &syntax()).map_err(|error| error.to_string())?;
    let size = size(&expression);
    if size > SIZE_LIMIT {
        // The bound is no judgement.
        compile(pattern)?;
    }
    let properties = expression.properties();
    let groups = properties.explicit_captures_len();
    Ok(Checked {
        groups: groups + 1,
        is_full: properties.static_explicit_captures_len() == Some(groups),
        size: size.min(SIZE_LIMIT),
    })
}

/// More bytes than the automaton of an expression takes. The parser has bounded the depth.
fn size(expression: &Hir) -> usize {
    /// One state, and one transition of a state that has many.
    const STATE: usize = 64;
    const TRANSITION: usize = 16;
    let all = |parts: &[Hir]| {
        parts.iter().fold(STATE, |sum, part| {
            sum.saturating_add(size(part)).saturating_add(TRANSITION)
        })
    };
    match expression.kind() {
        HirKind::Empty | HirKind::Look(_) => STATE,
        HirKind::Literal(literal) => literal.0.len().saturating_mul(STATE),
        HirKind::Class(Class::Bytes(class)) => STATE + class.ranges().len() * TRANSITION,
        // There is none without Unicode.
        HirKind::Class(Class::Unicode(_)) => usize::MAX,
        HirKind::Capture(capture) => size(&capture.sub).saturating_add(2 * STATE),
        HirKind::Concat(parts) | HirKind::Alternation(parts) => all(parts),
        HirKind::Repetition(repeated) => {
            let times = repeated
                .max
                .map_or(repeated.min.saturating_add(1), |max| max);
            size(&repeated.sub)
                .saturating_add(2 * STATE)
                .saturating_mul(times.max(1) as usize)
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Whether reading says what compiling says, and never thinks it smaller than it is.
    fn agree(pattern: &str) -> bool {
        match (check(pattern), compile(pattern)) {
            (Ok(checked), Ok(compiled)) => {
                let groups = compiled.captures_len();
                checked.groups == groups
                    && checked.is_full == (compiled.static_captures_len() == Some(groups))
            }
            (Err(_), Err(_)) => true,
            _ => false,
        }
    }

    #[test]
    fn reading_an_expression_is_as_good_as_compiling_it() {
        for pattern in [
            "",
            "a",
            "(a)(?:b)(?P<c>c)",
            "(a)|b",
            "(a)?",
            r"(?i)\b[a-z0-9]{32}\b",
            r"[^\s]{20,}",
            "(",
            "a{5000}",
            "(?:a{100}){100}",
            "(?:[a-z]{1000}){1000}",
            "(?:(?:(?:a{100}){100}){100}){100}",
            r"\pL",
            r"(?u)é",
            "(?:a|b|cd)*?",
            "(?-i:X)",
        ] {
            assert!(agree(pattern), "{pattern}");
        }
    }

    proptest! {
        #[test]
        fn any_expression_is_judged_alike(pattern in "([a-c]|\\(|\\)|\\[a-c\\]|\\||\\{[0-9]{1,3}(,[0-9]{0,3})?\\}|[*+?^$.]){0,12}") {
            prop_assert!(agree(&pattern), "{pattern}");
        }
    }
}
