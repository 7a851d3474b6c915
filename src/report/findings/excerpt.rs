//! The line that a finding stands in, as it may be shown: every secret masked, control characters spelt out, cut around
//! the place.

use std::{collections::HashSet, ops::Range};

use gix::bstr::ByteSlice as _;

use super::escape;

/// How many characters are shown before the place, and how many from there on.
const BEFORE: usize = 40;
const AFTER: usize = 80;

/// How far to both sides of the place the line is looked at, in bytes: more than can be shown, and yet little in a line
/// of megabytes.
const REACH: usize = 400;

/// A secret shorter than this is masked where it was found; elsewhere on the line it may be any word.
const RECOGNISABLE: usize = 3;

/// What stands for the hidden part of a secret.
const MASK: char = '…';

/// A secret in a text: where, and how many of its first bytes are the vendor's public prefix.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hidden {
    /// Its bytes in the text.
    pub span: Range<usize>,
    /// How many of them may be shown.
    pub shown: usize,
}

/// Every secret of a text, made once for all its excerpts: in order, those that overlap as one.
#[derive(Clone, Debug, Default)]
pub struct Secrets(Vec<Hidden>);

impl Secrets {
    /// Takes them in any order. Name every match there is, also what is not said: a line is shown with all of it masked.
    #[must_use]
    pub fn new(mut secrets: Vec<Hidden>) -> Self {
        secrets.sort_by_key(|secret| (secret.span.start, std::cmp::Reverse(secret.span.end)));
        let mut joined: Vec<Hidden> = Vec::with_capacity(secrets.len());
        for secret in secrets {
            match joined.last_mut() {
                Some(last) if secret.span.start < last.span.end => {
                    // The prefix of two that begin alike is what both allow.
                    if last.span.start == secret.span.start {
                        last.shown = last.shown.min(secret.shown);
                    } else {
                        // It must not reach into one that begins inside.
                        last.shown = last.shown.min(secret.span.start - last.span.start);
                    }
                    last.span.end = last.span.end.max(secret.span.end);
                }
                _ => joined.push(secret),
            }
        }
        Self(joined)
    }

    /// Those that reach into a part of the text.
    fn within(&self, part: &Range<usize>) -> &[Hidden] {
        let first = self
            .0
            .partition_point(|secret| secret.span.end < part.start);
        let last = self
            .0
            .partition_point(|secret| secret.span.start <= part.end);
        self.0.get(first..last).unwrap_or_default()
    }
}

/// A part of one line, safe to show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Excerpt {
    /// The text, on one line.
    pub text: String,
    /// The bytes of `text` to point at.
    pub mark: Range<usize>,
}

impl Excerpt {
    /// Takes the line around `place`, which is masked like all of `secrets`. Looks at no more than some kilobytes,
    /// however long the line is. A finding without a place of its own, such as a whole file, has an empty excerpt: the
    /// line would say nothing of it, and might hold what nobody has looked for.
    #[must_use]
    pub fn new(bytes: &[u8], place: &Range<usize>, secrets: &Secrets) -> Self {
        let start = place.start.min(bytes.len());
        if place.end.min(bytes.len()) <= start {
            return Self {
                text: String::new(),
                mark: 0..0,
            };
        }
        let window = line_around(bytes, start);
        let mut inside = secrets.within(&window).to_vec();
        if !inside.iter().any(|secret| holds(secret, start)) {
            let span = start..place.end.clamp(start, bytes.len());
            inside.push(Hidden { span, shown: 0 });
        }
        let Secrets(inside) = Secrets::new(spread(bytes, &window, inside));
        draw(bytes, &window, start, &inside)
    }
}

impl Excerpt {
    /// Takes the line around `place` of a text in which every secret is masked already, and points at the part of it that
    /// stands on that line.
    #[must_use]
    pub fn plain(text: &str, place: &Range<usize>) -> Self {
        let bytes = text.as_bytes();
        let start = text.floor_char_boundary(place.start);
        let window = line_around(bytes, start);
        let window = text.ceil_char_boundary(window.start)..text.floor_char_boundary(window.end);
        let start = start.clamp(window.start, window.end);
        let end = text.floor_char_boundary(place.end).clamp(start, window.end);
        let (mut before, mut mark, mut after) = (String::new(), String::new(), String::new());
        show(&mut before, &bytes[window.start..start]);
        show(&mut mark, &bytes[start..end]);
        show(&mut after, &bytes[end..window.end]);
        let begins_line = window.start == 0 || bytes[window.start - 1] == b'\n';
        assemble(&before, &mark, &after, begins_line)
    }
}

/// A secret as it may be shown: at most the vendor's public prefix, then `…`. Of a prefix that is not plain text, or
/// that is most of the secret, nothing is shown.
#[must_use]
pub fn mask(secret: &[u8], shown: usize) -> String {
    let mut masked = String::new();
    if shown <= secret.len() / 2 {
        let prefix = secret[..shown].to_str().unwrap_or_default();
        masked.extend(prefix.chars().filter(|c| !escape::is_active(*c)));
    }
    masked.push(MASK);
    masked
}

/// Whether a secret begins at or goes over a byte.
fn holds(secret: &Hidden, at: usize) -> bool {
    secret.span.start == at || secret.span.contains(&at)
}

/// The part of the line around a byte that is looked at.
fn line_around(bytes: &[u8], at: usize) -> Range<usize> {
    let first = at.saturating_sub(REACH);
    let last = at.saturating_add(REACH).min(bytes.len());
    let is_end = |byte: &u8| *byte == b'\n';
    let start = bytes[first..at].iter().rposition(is_end);
    let end = bytes[at..last].iter().position(is_end);
    start.map_or(first, |end| first + end + 1)..end.map_or(last, |end| at + end)
}

/// Adds the other places of the window where one of the secrets stands again.
fn spread(bytes: &[u8], window: &Range<usize>, mut secrets: Vec<Hidden>) -> Vec<Hidden> {
    let mut again = Vec::new();
    let mut looked = HashSet::new();
    for secret in &secrets {
        let value = part(bytes, &secret.span);
        if (RECOGNISABLE..=window.len()).contains(&value.len()) && looked.insert(value) {
            let found = bytes[window.clone()].find_iter(value);
            again.extend(found.map(|at| Hidden {
                span: window.start + at..window.start + at + value.len(),
                shown: secret.shown,
            }));
        }
    }
    secrets.append(&mut again);
    secrets
}

fn part<'a>(bytes: &'a [u8], span: &Range<usize>) -> &'a [u8] {
    let end = span.end.min(bytes.len());
    &bytes[span.start.min(end)..end]
}

/// Pieces of the window, in order: text that may be shown, and masks.
fn draw(bytes: &[u8], window: &Range<usize>, at: usize, secrets: &[Hidden]) -> Excerpt {
    let (mut before, mut mark, mut after) = (String::new(), None, String::new());
    let mut done = window.start;
    for secret in secrets {
        if secret.span.end <= window.start && secret.span.end != at {
            continue;
        }
        let start = secret.span.start.clamp(done, window.end);
        let between = if mark.is_none() {
            &mut before
        } else {
            &mut after
        };
        show(between, &bytes[done..start]);
        let masked = mask(part(bytes, &secret.span), secret.shown);
        if mark.is_none() && holds(secret, at) {
            mark = Some(masked);
        } else {
            between.push_str(&masked);
        }
        done = secret.span.end.clamp(start, window.end);
    }
    let rest = if mark.is_none() {
        &mut before
    } else {
        &mut after
    };
    show(rest, &bytes[done..window.end]);
    let begins_line = window.start == 0 || bytes[window.start - 1] == b'\n';
    assemble(&before, &mark.unwrap_or_default(), &after, begins_line)
}

/// Cuts to what is shown.
fn assemble(before: &str, mark: &str, after: &str, begins_line: bool) -> Excerpt {
    let before = if begins_line {
        before.trim_start()
    } else {
        before
    };
    let count = before.chars().count();
    let mut text = String::new();
    if count > BEFORE || !begins_line {
        text.push(MASK);
    }
    text.extend(before.chars().skip(count.saturating_sub(BEFORE)));
    let start = text.len();
    text.push_str(mark);
    let end = text.len();
    text.push_str(&super::cut(after.trim_end(), AFTER));
    Excerpt {
        text,
        mark: start..end,
    }
}

/// Adds bytes as one line of text; a tab as one space, so that places stay right at any width.
fn show(text: &mut String, bytes: &[u8]) {
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            match c {
                '\t' => text.push(' '),
                '\r' => {}
                c => escape::push_visible(text, c),
            }
        }
        if !chunk.invalid().is_empty() {
            text.push(char::REPLACEMENT_CHARACTER);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn excerpt(text: &str, place: &str, others: &[&str]) -> (String, String) {
        let find = |part: &str| {
            let start = text.find(part).unwrap();
            start..start + part.len()
        };
        let others = others.iter().map(|other| Hidden {
            span: find(other),
            shown: 0,
        });
        let own = Hidden {
            span: find(place),
            shown: 4,
        };
        let secrets = Secrets::new(others.chain([own]).collect());
        let excerpt = Excerpt::new(text.as_bytes(), &find(place), &secrets);
        let mark = excerpt.text[excerpt.mark.clone()].to_owned();
        (excerpt.text, mark)
    }

    #[test]
    fn every_secret_of_the_line_is_masked_wherever_it_stands() {
        let text = "first\n  a = 'pre_hunter2', b = 'swordfish'  # pre_hunter2\nlast";
        let (shown, mark) = excerpt(text, "pre_hunter2", &["swordfish"]);
        assert_eq!(shown, "a = 'pre_…', b = '…'  # pre_…");
        assert_eq!(mark, "pre_…");
    }

    #[test]
    fn a_long_line_is_cut_around_the_place() {
        let text = format!("{}k='pre_hunter2'{}", "x".repeat(3000), "y".repeat(3000));
        let (shown, mark) = excerpt(&text, "pre_hunter2", &[]);
        assert_eq!(mark, "pre_…");
        assert!(
            shown.starts_with("…xxx") && shown.ends_with("yyy…"),
            "{shown}"
        );
        assert!(shown.chars().count() <= BEFORE + AFTER + 10);
    }

    #[test]
    fn nothing_on_the_line_can_steer_a_terminal() {
        let (shown, _) = excerpt(
            "\u{1b}]0;x\u{7}\tk = pre_hunter2\u{202e}\r\n",
            "pre_hunter2",
            &[],
        );
        assert_eq!(shown, "\\u{1b}]0;x\\u{7} k = pre_…\\u{202e}");
    }

    #[test]
    fn of_a_secret_that_goes_over_lines_only_the_mask_is_shown() {
        let text = "K = '''abc\ndef'''";
        let (shown, mark) = excerpt(text, "abc\ndef", &[]);
        assert_eq!((shown.as_str(), mark.as_str()), ("K = '''…", "…"));
        let later = Secrets::new(vec![Hidden {
            span: 7..14,
            shown: 0,
        }]);
        let place = 14..15;
        assert_eq!(Excerpt::new(text.as_bytes(), &place, &later).text, "……''");
    }

    #[test]
    fn a_finding_without_a_place_shows_no_line() {
        let excerpt = Excerpt::new(b"swordfish", &(0..0), &Secrets::default());
        assert_eq!((excerpt.text.as_str(), excerpt.mark), ("", 0..0));
    }

    #[test]
    fn a_prefix_is_shown_only_where_it_is_the_smaller_part() {
        assert_eq!(mask(b"ghp_0123456789", 4), "ghp_…");
        assert_eq!(mask(b"ghp_01", 4), "…");
        assert_eq!(mask(b"\xff\xff\xff\xff0123456789", 4), "…");
        assert_eq!(mask(b"", 0), "…");
    }

    #[test]
    fn a_text_full_of_secrets_takes_no_square_of_time() {
        let count = 200_000;
        let text = "abcd ".repeat(count);
        let spans = (0..count).map(|n| Hidden {
            span: n * 5..n * 5 + 4,
            shown: 0,
        });
        let secrets = Secrets::new(spans.collect());
        for n in (0..count).step_by(1000) {
            let excerpt = Excerpt::new(text.as_bytes(), &(n * 5..n * 5 + 4), &secrets);
            assert!(!excerpt.text.contains('b'));
        }
    }
}
