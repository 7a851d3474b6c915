//! Whether an expression can be compiled, told by reading it: users' rules come by the thousand, and most are never run.

use regex_automata::util::syntax;
use regex_syntax::ast::{
    Ast, ClassSet, ClassSetItem, Flag, Flags, FlagsItemKind, GroupKind, Literal, RepetitionKind,
    RepetitionRange, parse::Parser,
};

use super::{SIZE_LIMIT, compile};

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

/// Whether [`compile`] takes an expression.
///
/// # Errors
///
/// As [`compile`].
pub(crate) fn check(pattern: &str) -> Result<Checked, String> {
    let written = Parser::new().parse(pattern).ok();
    match written.and_then(|written| read(&written)) {
        Some(read) if read.size <= SIZE_LIMIT => Ok(Checked {
            groups: read.groups + 1,
            is_full: read.always == Some(read.groups),
            size: read.size,
        }),
        // What is not told by how it is written, and what is wrong with it.
        _ => {
            let properties = syntax::parse_with(pattern, &super::syntax())
                .map_err(|error| error.to_string())?
                .properties()
                .clone();
            compile(pattern)?;
            let groups = properties.explicit_captures_len();
            Ok(Checked {
                groups: groups + 1,
                is_full: properties.static_explicit_captures_len() == Some(groups),
                size: SIZE_LIMIT,
            })
        }
    }
}

/// What a part of an expression comes to.
#[derive(Clone, Copy)]
struct Read {
    groups: usize,
    /// How many groups every match has, where that is the same for all.
    always: Option<usize>,
    /// More bytes than its automaton takes.
    size: usize,
}

/// One state of an automaton, and one transition of a state that has many, in bytes.
const STATE: usize = 64;
const TRANSITION: usize = 16;

impl Read {
    const fn one(size: usize) -> Self {
        Self {
            groups: 0,
            always: Some(0),
            size,
        }
    }

    const fn then(self, next: Self) -> Self {
        Self {
            groups: self.groups + next.groups,
            always: match (self.always, next.always) {
                (Some(one), Some(other)) => Some(one + other),
                _ => None,
            },
            size: self.size.saturating_add(next.size),
        }
    }
}

/// `None` for what is not plain ASCII: whether that can be used takes more than a look. The parser has bounded the depth.
fn read(part: &Ast) -> Option<Read> {
    match part {
        Ast::Empty(_) | Ast::Assertion(_) => Some(Read::one(STATE)),
        Ast::Dot(_) | Ast::ClassPerl(_) => Some(Read::one(STATE + 8 * TRANSITION)),
        Ast::ClassUnicode(_) => None,
        Ast::Literal(literal) => is_plain(literal).then_some(Read::one(STATE)),
        Ast::Flags(set) => is_usual(&set.flags).then_some(Read::one(STATE)),
        Ast::ClassBracketed(class) => {
            let items = items(&class.kind)?;
            // Both cases of each, and all others where it is negated; bytes have no more ranges than this.
            let ranges = (items * 4 + 2).min(128);
            Some(Read::one(STATE + ranges * TRANSITION))
        }
        Ast::Group(group) => {
            let inner = read(&group.ast)?;
            match &group.kind {
                GroupKind::NonCapturing(flags) => is_usual(flags).then_some(inner),
                GroupKind::CaptureIndex(_) | GroupKind::CaptureName { .. } => {
                    Some(inner.then(Read {
                        groups: 1,
                        always: Some(1),
                        size: 2 * STATE,
                    }))
                }
            }
        }
        Ast::Concat(parts) => parts
            .asts
            .iter()
            .try_fold(Read::one(STATE), |sum, part| Some(sum.then(read(part)?))),
        Ast::Alternation(parts) => {
            let mut read = parts.asts.iter().map(read);
            let first = read.next()??;
            read.try_fold(first, |sum, part| {
                let part = part?;
                Some(Read {
                    always: sum.always.filter(|_| sum.always == part.always),
                    ..sum.then(part).then(Read::one(2 * STATE))
                })
            })
        }
        Ast::Repetition(repetition) => {
            let inner = read(&repetition.ast)?;
            let (least, times) = match &repetition.op.kind {
                RepetitionKind::ZeroOrOne | RepetitionKind::ZeroOrMore => (0, 1),
                RepetitionKind::OneOrMore => (1, 2),
                RepetitionKind::Range(RepetitionRange::Exactly(count)) => (*count, *count),
                RepetitionKind::Range(RepetitionRange::AtLeast(least)) => {
                    (*least, least.saturating_add(1))
                }
                RepetitionKind::Range(RepetitionRange::Bounded(least, most)) => (*least, *most),
            };
            // `(a){0}` has no match with its group, and is no expression that anyone writes.
            if times == 0 {
                return None;
            }
            Some(Read {
                groups: inner.groups,
                always: inner.always.filter(|&always| least > 0 || always == 0),
                size: inner
                    .size
                    .saturating_add(2 * STATE)
                    .saturating_mul(times as usize),
            })
        }
    }
}

/// How many things a class lists; `None` where one is not plain.
fn items(set: &ClassSet) -> Option<usize> {
    match set {
        ClassSet::Item(item) => listed(item),
        // `[a-z&&[^b]]`: rare.
        ClassSet::BinaryOp(_) => None,
    }
}

fn listed(item: &ClassSetItem) -> Option<usize> {
    match item {
        ClassSetItem::Empty(_) => Some(0),
        ClassSetItem::Literal(literal) => is_plain(literal).then_some(1),
        ClassSetItem::Range(range) => (is_plain(&range.start) && is_plain(&range.end)).then_some(1),
        ClassSetItem::Ascii(_) | ClassSetItem::Perl(_) => Some(4),
        ClassSetItem::Unicode(_) => None,
        ClassSetItem::Bracketed(class) => Some(items(&class.kind)? + 1),
        ClassSetItem::Union(union) => {
            let mut items = union.items.iter();
            items.try_fold(0, |sum, item| Some(sum + listed(item)?))
        }
    }
}

const fn is_plain(literal: &Literal) -> bool {
    literal.c.is_ascii()
}

/// Whether nothing turns Unicode on.
fn is_usual(flags: &Flags) -> bool {
    flags
        .items
        .iter()
        .all(|item| item.kind != FlagsItemKind::Flag(Flag::Unicode))
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
        fn any_expression_is_judged_alike(pattern in "([a-cX]|\\(|\\(\\?:|\\(\\?i\\)|\\(\\?-u:|\\(\\?u:|\\(\\?P<n>|\\)|\\[\\^?[a-c]-?[a-c]\\]|\\[\\[:alpha:\\]\\\\w\\]|\\\\[wdspb]|\\\\pL|\\\\xff|é|\\||\\{[0-9]{1,3}(,[0-9]{0,3})?\\}|[*+?^$.]){0,12}") {
            prop_assert!(agree(&pattern), "{pattern}");
        }
    }
}
