//! What names a finding for as long as it stands there, on whatever line: for reports that are compared with each other.
//! Reports are read by many, so nothing of any value goes in: who guesses a password cannot check the guess.

use std::{collections::HashMap, ops::Range};

use gix::bstr::ByteSlice as _;
use ring::digest::{Context, SHA256};

use super::super::{detect::Match, text::Text};

/// Changes when the same finding would get another fingerprint.
const VERSION: &[u8] = b"nuages finding 1";

/// How far before a secret its name is looked for, in bytes.
const REACH: usize = 256;

/// What may stand between a name and its value. No comma: what is before one is another value.
const BETWEEN: &[u8] = b" \t\"'`=:>([{]\\|@/-";

/// One fingerprint a match, in the order of the matches: SHA-256 in lower-case hex over the rule, the path, the name that
/// the value is given to (`PASSWORD`, `--token`, `Bearer`), and how many like it came before in the same text. So it
/// stays when lines move and when the value changes, and a second secret of the same name has another one.
///
/// Hand in every match of the text, also those that are not said: the count is over all of them.
#[must_use]
pub fn fingerprints(text: &Text<'_>, matches: &[Match]) -> Vec<String> {
    let mut order: Vec<usize> = (0..matches.len()).collect();
    order.sort_by_key(|&place| matches[place].span.start);
    let mut seen: HashMap<(&str, &[u8]), u64> = HashMap::new();
    let mut fingerprints = vec![String::new(); matches.len()];
    // The name must not be taken out of another secret.
    let mut secret_until = 0;
    for place in order {
        let Match { rule, span, .. } = &matches[place];
        let name = name_before(text.bytes, span, secret_until);
        let ordinal = seen.entry((rule, name)).or_default();
        fingerprints[place] = digest(&[rule.as_bytes(), text.path, name, &ordinal.to_be_bytes()]);
        *ordinal += 1;
        secret_until = secret_until.max(span.end);
    }
    fingerprints
}

/// The name on the same line that the value is given to; empty where there is none.
fn name_before<'t>(bytes: &'t [u8], span: &Range<usize>, secret_until: usize) -> &'t [u8] {
    let end = span.start.min(bytes.len());
    let first = end.saturating_sub(REACH).max(secret_until.min(end));
    let before = &bytes[first..end];
    let line = before
        .rfind_byte(b'\n')
        .map_or(before, |at| &before[at + 1..]);
    let line = without_between(line);
    // The letter of a literal: `f"…"`, `b'…'`.
    let literal = [&b"f"[..], b"b", b"r", b"u", b"rb", b"br", b"rf", b"fr"];
    let name = last_word(line);
    if literal
        .iter()
        .any(|letter| name.eq_ignore_ascii_case(letter))
    {
        return last_word(without_between(&line[..line.len() - name.len()]));
    }
    name
}

fn without_between(line: &[u8]) -> &[u8] {
    line.trim_end_with(|c| u8::try_from(c).is_ok_and(|byte| BETWEEN.contains(&byte)))
}

fn last_word(line: &[u8]) -> &[u8] {
    let is_other = |byte: &u8| !(byte.is_ascii_alphanumeric() || b"_.$-".contains(byte));
    let start = line.iter().rposition(is_other).map_or(0, |at| at + 1);
    &line[start..]
}

/// Parts, each with its length before it, so that none can pass for the begin of the next.
fn digest(parts: &[&[u8]]) -> String {
    let mut context = Context::new(&SHA256);
    context.update(VERSION);
    for part in parts {
        context.update(&part.len().to_be_bytes());
        context.update(part);
    }
    super::hex(context.finish().as_ref())
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use gix::bstr::BStr;

    use super::*;
    use crate::finding::Confidence;

    fn of(path: &str, text: &str, secrets: &[&str]) -> Vec<String> {
        let mut from = 0;
        let matches: Vec<Match> = secrets
            .iter()
            .map(|secret| {
                let start = from + text[from..].find(secret).unwrap();
                from = start + secret.len();
                Match {
                    rule: Cow::Borrowed("some-rule"),
                    span: start..from,
                    confidence: Confidence::High,
                    notes: Vec::new(),
                }
            })
            .collect();
        fingerprints(&Text::new(BStr::new(path), text.as_bytes()), &matches)
    }

    #[test]
    fn it_stays_when_lines_move_and_values_change() {
        let one = of("a.py", "TOKEN = 'abcdef'\n", &["abcdef"]);
        assert_eq!(one[0].len(), 64);
        let moved = "import os\n\n    TOKEN   =   \"other9\"  # and a comment\n";
        assert_eq!(of("a.py", moved, &["other9"]), one);
        assert_ne!(of("b.py", moved, &["other9"]), one);
        assert_ne!(of("a.py", "KEY = 'abcdef'\n", &["abcdef"]), one);
    }

    #[test]
    fn each_of_several_has_its_own() {
        let text = "A = 'one111'\nA = 'two222'\nB = ['three3', 'four44']\n";
        let all = of("a.py", text, &["one111", "two222", "three3", "four44"]);
        let distinct: std::collections::HashSet<_> = all.iter().collect();
        assert_eq!(distinct.len(), 4);
        // Whatever the values are.
        let text = "A = 'x'\nA = 'y'\nB = ['z', 'w']\n";
        assert_eq!(of("a.py", text, &["x", "y", "z", "w"]), all);
    }

    #[test]
    fn the_name_is_that_which_the_value_is_given_to() {
        let cases = [
            ("DATABASES[\"default\"][\"PASSWORD\"] = \"@\"", "PASSWORD"),
            ("  'PASSWORD': f'@'", "PASSWORD"),
            ("curl -H 'Authorization: Bearer @'", "Bearer"),
            ("login --password @", "--password"),
            ("postgres://shop:@", "shop"),
            ("<password>@", "password"),
            ("x = '@@@@', '@", ""),
            ("TOKEN =\n  '@", ""),
            ("@", ""),
        ];
        for (text, name) in cases {
            let at = text.rfind('@').unwrap();
            assert_eq!(
                name_before(text.as_bytes(), &(at..at + 1), 0).as_bstr(),
                name,
                "{text}"
            );
        }
    }
}
