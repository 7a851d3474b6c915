//! The marks one by one, and where a comment begins and a reason ends.

use gix::bstr::ByteSlice as _;

use super::inline::Allowed;

/// The longest reason that is kept, in characters.
const REASON: usize = 200;

/// What ends a comment, in whatever language.
const ENDS: [&str; 6] = ["*/", "-->", "#}", "%}", "--%>", "\"\"\""];

/// detect-secrets: `pragma: allowlist secret`, by its README.
pub(super) fn pragma(text: &[u8], nextline: bool) -> Option<Allowed> {
    text.find_iter("pragma:").find_map(|at| {
        let mut words = text[at + "pragma:".len()..].fields();
        let is_list = words
            .next()
            .is_some_and(|word| word == b"allowlist" || word == b"whitelist");
        let is_place = !nextline || words.next() == Some(b"nextline");
        let is_secret = words
            .next()
            .is_some_and(|word| word.strip_prefix(b"secret").is_some_and(ends_word));
        let mark = if nextline {
            "pragma: allowlist nextline secret"
        } else {
            "pragma: allowlist secret"
        };
        (is_list && is_place && is_secret).then(|| Allowed::by(mark, None))
    })
}

/// flake8's `noqa` with the codes of flake8-bandit, and bandit's own `nosec`, for hard-coded passwords.
pub(super) fn linter(text: &[u8]) -> Option<Allowed> {
    let lower = text.to_ascii_lowercase();
    let codes = |rest: &[u8]| -> Vec<Vec<u8>> {
        let rest = rest.trim_ascii_start();
        let rest = rest.strip_prefix(b":").unwrap_or(rest);
        let words = rest.split(|byte| byte.is_ascii_whitespace() || *byte == b',');
        let words = words.filter(|word| !word.is_empty()).map(<[u8]>::to_vec);
        words
            .take_while(|word| word[1..].iter().all(u8::is_ascii_digit))
            .collect()
    };
    if let Some(at) = lower.find("noqa") {
        // A code may be cut short: `S1` stands for all that begin so.
        let is_ours = |code: &Vec<u8>| {
            ["s105", "s106", "s107"]
                .iter()
                .any(|own| own.as_bytes().starts_with(code))
        };
        if codes(&lower[at + 4..]).iter().any(is_ours) {
            return Some(Allowed::by("noqa: S105", None));
        }
    }
    let at = lower.find("nosec")?;
    let rest = &lower[at + 5..];
    let codes = codes(rest);
    let is_ours = |code: &Vec<u8>| [&b"b105"[..], b"b106", b"b107"].contains(&code.as_slice());
    (ends_word(rest) && (codes.is_empty() || codes.iter().any(is_ours)))
        .then(|| Allowed::by("nosec", None))
}

/// What follows a mark, up to the end of the comment.
pub(super) fn reason(rest: &[u8]) -> Option<String> {
    let text = rest.to_str_lossy();
    let mut text = text.lines().next().unwrap_or_default();
    for end in ENDS {
        text = text.split(end).next().unwrap_or_default();
    }
    let text = text.trim_matches(|c: char| c.is_whitespace() || ":-—–,;".contains(c));
    let shown = text.chars().filter(|c| !c.is_control()).take(REASON);
    let reason: String = shown.collect();
    (!reason.is_empty()).then_some(reason)
}

/// Whether a word is over here: `nuages:allowed` is another one.
pub(super) fn ends_word(rest: &[u8]) -> bool {
    rest.first()
        .is_none_or(|byte| !(byte.is_ascii_alphanumeric() || b"_-[".contains(byte)))
}

/// Where a comment begins on a line of Python: the first `#` outside of quotes.
pub(super) fn comment(line: &[u8]) -> Option<usize> {
    let mut quote: Option<(u8, usize)> = None;
    let mut at = 0;
    while let Some(&byte) = line.get(at) {
        let run = line[at..]
            .iter()
            .take_while(|next| **next == byte)
            .take(3)
            .count();
        match quote {
            Some(_) if byte == b'\\' => at += 1,
            Some((mark, length)) if byte == mark && run >= length => {
                at += length - 1;
                quote = None;
            }
            None if byte == b'#' => return Some(at),
            None if byte == b'"' || byte == b'\'' => {
                let length = if run == 3 { 3 } else { 1 };
                at += length - 1;
                quote = Some((byte, length));
            }
            _ => {}
        }
        at += 1;
    }
    None
}
