//! Marks in the text itself: `nuages:allow` with its reason, and what other tools' users have written.
//!
//! | mark | where | speaks of |
//! |---|---|---|
//! | `nuages:allow reason`, `nuages:allow[rule, rule] reason` | on the line, or first in a comment on the line before | any finding, or those of the rules |
//! | `gitleaks:allow`, `betterleaks:allow` | on the line | any finding |
//! | `pragma: allowlist secret`, `pragma: whitelist secret` | on the line | any finding |
//! | `pragma: allowlist nextline secret` (or `whitelist`) | on the line before | any finding |
//! | `noqa: S105` (S106, S107), `nosec`, `nosec B105` (B106, B107) | on the line, Python | findings that go by a name |
//!
//! The last row's marks say that a name like `password` holds no password, which a token of a vendor's own shape
//! disproves: such a finding stays. A `noqa` without codes says nothing about secrets. A secret over several lines may
//! be marked on its first line or on its last. In Python a mark counts only behind a `#` that is in no string, as far as
//! the line alone tells; elsewhere the mark may stand anywhere outside of the secret.

use std::ops::Range;

use gix::bstr::ByteSlice as _;

use super::{
    super::text::{Kind, Text},
    marks::{comment, ends_word, linter, pragma, reason},
};

/// How far to both sides of a secret its line is looked at, in bytes: comments stand near, and lines of megabytes exist.
const REACH: usize = 4096;

/// What begins a comment, in whatever language.
const COMMENTS: [&str; 11] = [
    "#", "//", "/*", "*", "--", ";", "<!--", "{#", "{%", "%", "'",
];

/// A mark that speaks of a finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Allowed {
    /// The mark, as one would search for it.
    pub mark: &'static str,
    /// Why, where the author says so.
    pub reason: Option<String>,
    /// Whether a reason is missing: our own mark asks for one.
    pub wants_reason: bool,
}

/// The mark that allows a finding. `shaped` says that the rule knows the secret by its own form, not by the name beside
/// it.
#[must_use]
pub fn allowed(text: &Text<'_>, rule: &str, span: &Range<usize>, shaped: bool) -> Option<Allowed> {
    let bytes = text.bytes;
    let span =
        span.start.min(bytes.len())..span.end.clamp(span.start.min(bytes.len()), bytes.len());
    let is_python = text.kind == Kind::Python;
    let (line, after) = (line_before(bytes, span.start), line_after(bytes, span.end));
    let line_start = span.start - line.len();
    let finding = Finding {
        rule,
        shaped,
        is_python,
    };
    let is_one_line = !bytes[span.clone()].contains(&b'\n');
    // What is before the secret must not count as its comment in Python: there, a comment ends the line.
    let behind = if is_python && is_one_line {
        comment(&bytes[line_start..span.end + after.len()])
            .map(|at| &bytes[(line_start + at).max(span.end)..span.end + after.len()])
    } else if is_python {
        after.find_byte(b'#').map(|at| &after[at..])
    } else {
        Some(after)
    };
    // A secret in a comment has its mark in the same comment, before or behind.
    let own = behind.and_then(|behind| finding.on_line(behind));
    own.or_else(|| {
        let is_commented = !is_python || comment(line).is_some();
        let before = if is_commented {
            finding.on_line(line)
        } else {
            None
        };
        // What follows the mark reaches up to the secret.
        before.map(Allowed::without_tail)
    })
    .or_else(|| {
        let end = line_start.checked_sub(1)?;
        let is_end = bytes[end] == b'\n';
        is_end.then(|| finding.on_line_before(line_before(bytes, end)))?
    })
}

/// What a mark is asked about.
struct Finding<'a> {
    rule: &'a str,
    shaped: bool,
    is_python: bool,
}

impl Finding<'_> {
    /// A mark on the finding's own line.
    fn on_line(&self, text: &[u8]) -> Option<Allowed> {
        let theirs = ["gitleaks:allow", "betterleaks:allow"]
            .into_iter()
            .find(|mark| {
                text.find_iter(mark)
                    .any(|at| ends_word(&text[at + mark.len()..]))
            });
        self.ours(text)
            .or_else(|| theirs.map(|mark| Allowed::by(mark, None)))
            .or_else(|| pragma(text, false))
            .or_else(|| {
                if self.is_python && !self.shaped {
                    linter(text)
                } else {
                    None
                }
            })
    }

    /// A mark on the line before.
    fn on_line_before(&self, line: &[u8]) -> Option<Allowed> {
        let line = line.trim_ascii();
        let inside = COMMENTS
            .iter()
            .find_map(|begin| line.strip_prefix(begin.as_bytes()));
        let inside = inside.map(|inside| inside.trim_start_with(|c| "#/*-;! \t".contains(c)));
        let ours = inside.filter(|inside| inside.starts_with(b"nuages:allow"));
        let is_comment = !self.is_python || comment(line).is_some();
        ours.and_then(|inside| self.ours(inside))
            .or_else(|| if is_comment { pragma(line, true) } else { None })
    }

    fn ours(&self, text: &[u8]) -> Option<Allowed> {
        const MARK: &str = "nuages:allow";
        text.find_iter(MARK).find_map(|at| {
            let rest = &text[at + MARK.len()..];
            let rest = match rest.strip_prefix(b"[") {
                Some(rules) => {
                    let (rules, rest) = rules.split_once_str("]")?;
                    let is_named = |named: &[u8]| named.trim_ascii() == self.rule.as_bytes();
                    rules.split_str(",").any(is_named).then_some(rest)?
                }
                None => ends_word(rest).then_some(rest)?,
            };
            let mut allowed = Allowed::by(MARK, reason(rest));
            allowed.wants_reason = allowed.reason.is_none();
            Some(allowed)
        })
    }
}

impl Allowed {
    pub(super) const fn by(mark: &'static str, reason: Option<String>) -> Self {
        Self {
            mark,
            reason,
            wants_reason: false,
        }
    }

    /// The text behind a mark that stands before the secret is most likely the code that holds it: no reason.
    fn without_tail(self) -> Self {
        let wants_reason = self.mark == "nuages:allow";
        Self {
            reason: None,
            wants_reason,
            ..self
        }
    }
}

/// The text of the line before a byte, as far as it is looked at.
fn line_before(bytes: &[u8], at: usize) -> &[u8] {
    let before = &bytes[at.saturating_sub(REACH)..at];
    before
        .rfind_byte(b'\n')
        .map_or(before, |end| &before[end + 1..])
}

/// The text of the line from a byte on, as far as it is looked at.
fn line_after(bytes: &[u8], at: usize) -> &[u8] {
    let after = &bytes[at..at.saturating_add(REACH).min(bytes.len())];
    after.find_byte(b'\n').map_or(after, |end| &after[..end])
}

#[cfg(test)]
mod tests {
    use gix::bstr::BStr;

    use super::*;

    /// What allows the secret `s3cret` of a text.
    fn mark(path: &str, text: &str) -> Option<(&'static str, Option<String>)> {
        judge(path, text, false)
    }

    fn judge(path: &str, text: &str, shaped: bool) -> Option<(&'static str, Option<String>)> {
        let start = text.find("s3cret").unwrap();
        let text = Text::new(BStr::new(path), text.as_bytes());
        let allowed = allowed(&text, "some-rule", &(start..start + 6), shaped)?;
        assert_eq!(
            allowed.wants_reason,
            allowed.mark == "nuages:allow" && allowed.reason.is_none()
        );
        Some((allowed.mark, allowed.reason))
    }

    #[test]
    fn marks_on_the_line_and_their_reasons() {
        let ours = |reason: &str| Some(("nuages:allow", Some(reason.to_owned())));
        let cases = [
            (
                "K = 's3cret'  # nuages:allow of the sandbox",
                ours("of the sandbox"),
            ),
            (
                "K = 's3cret'  # nuages:allow: of the sandbox\r\n",
                ours("of the sandbox"),
            ),
            ("K = 's3cret'  # nuages:allow", Some(("nuages:allow", None))),
            (
                "K = 's3cret'  # nuages:allow[other, some-rule] why",
                ours("why"),
            ),
            ("K = 's3cret'  # nuages:allow[other] why", None),
            ("K = 's3cret'  # nuages:allow[some-rule why", None),
            ("K = 's3cret'  # nuages:allowed", None),
            (
                "K = 's3cret'  # gitleaks:allow",
                Some(("gitleaks:allow", None)),
            ),
            (
                "K = 's3cret'  # betterleaks:allow",
                Some(("betterleaks:allow", None)),
            ),
            (
                "K = 's3cret'  # pragma: allowlist secret",
                Some(("pragma: allowlist secret", None)),
            ),
            (
                "K = 's3cret'  #pragma:whitelist secret",
                Some(("pragma: allowlist secret", None)),
            ),
            ("K = 's3cret'  # pragma: allowlist secrets", None),
            ("K = 's3cret'  # pragma: no cover", None),
            ("K = 's3cret', 'nuages:allow x'", None),
            ("K = 's3cret', '# nuages:allow x'", None),
            ("K = '''# nuages:allow x''', 's3cret'", None),
            (
                "J = 'it\\'s'; K = 's3cret'  # nuages:allow it's",
                ours("it's"),
            ),
            ("# K = 's3cret' nuages:allow old", ours("old")),
            ("# nuages:allow K = 's3cret'", Some(("nuages:allow", None))),
            ("K = 's3cret'\n# nuages:allow the next line's", None),
        ];
        for (text, expected) in cases {
            assert_eq!(mark("settings.py", text), expected, "{text}");
        }
    }

    #[test]
    fn marks_in_other_files_stand_anywhere_outside_of_the_secret() {
        let ours = |reason: &str| Some(("nuages:allow", Some(reason.to_owned())));
        let cases = [
            ("k: s3cret /* nuages:allow why */ x", ours("why")),
            (
                "<!-- nuages:allow why --><k>s3cret</k>",
                Some(("nuages:allow", None)),
            ),
            ("<k>s3cret</k><!-- nuages:allow why -->", ours("why")),
            (
                "{\"k\": \"s3cret\", \"_\": \"gitleaks:allow\"}",
                Some(("gitleaks:allow", None)),
            ),
            ("k: s3cret # noqa: S105", None),
        ];
        for (text, expected) in cases {
            assert_eq!(mark("a.txt", text), expected, "{text}");
        }
    }

    #[test]
    fn marks_on_the_line_before_stand_alone() {
        let ours = |reason: &str| Some(("nuages:allow", Some(reason.to_owned())));
        let cases = [
            ("x\n  # nuages:allow why\n  K = 's3cret'", ours("why")),
            (
                "x\n// nuages:allow[some-rule] why\nK = 's3cret'",
                ours("why"),
            ),
            ("x\n/* nuages:allow why */\r\nK = 's3cret'", ours("why")),
            ("x\nJ = 'y'  # nuages:allow why\nK = 's3cret'", None),
            ("x\n# J = 'y'  # nuages:allow why\nK = 's3cret'", None),
            ("x\n# nuages:allow why\n\nK = 's3cret'", None),
            ("x\n# gitleaks:allow\nK = 's3cret'", None),
            (
                "x\n# pragma: allowlist nextline secret\nK = 's3cret'",
                Some(("pragma: allowlist nextline secret", None)),
            ),
            ("x\n# pragma: allowlist secret\nK = 's3cret'", None),
        ];
        for (text, expected) in cases {
            assert_eq!(mark("a.js", text), expected, "{text}");
        }
    }

    #[test]
    fn what_linters_are_told_counts_for_names_alone() {
        let cases = [
            ("K = 's3cret'  # noqa: S105", Some("noqa: S105")),
            ("K = 's3cret'  # NOQA:E501,S106 long", Some("noqa: S105")),
            ("K = 's3cret'  # noqa: S1", Some("noqa: S105")),
            ("K = 's3cret'  # noqa: E501", None),
            ("K = 's3cret'  # noqa", None),
            ("K = 's3cret'  # nosec", Some("nosec")),
            ("K = 's3cret'  # nosec B105, B106", Some("nosec")),
            ("K = 's3cret'  # nosec: B608", None),
            ("K = 's3cret'  # nosecret", None),
        ];
        for (text, expected) in cases {
            let found = mark("settings.py", text).map(|(mark, _)| mark);
            assert_eq!(found, expected, "{text}");
            assert_eq!(judge("settings.py", text, true), None, "{text}");
        }
    }

    #[test]
    fn a_secret_over_lines_is_marked_on_its_first_or_its_last() {
        let text = "K = '''s3cret\nmore'''  # nuages:allow why\n";
        let start = text.find("s3cret").unwrap();
        let span = start..text.find("'''  #").unwrap();
        let text = Text::new(BStr::new("a.py"), text.as_bytes());
        let allowed = allowed(&text, "some-rule", &span, true).unwrap();
        assert_eq!(allowed.reason.as_deref(), Some("why"));
    }

    #[test]
    fn a_line_of_megabytes_is_not_read_whole_for_each_secret() {
        let text = "s3cret ".repeat(500_000) + "# nuages:allow far away";
        let text = Text::new(BStr::new("a.txt"), text.as_bytes());
        for n in 0..2_000 {
            let start = n * 7;
            assert_eq!(allowed(&text, "some-rule", &(start..start + 6), true), None);
        }
    }
}
