//! What people make passwords of: the words that are tried first, names, years, and the same once more.

use crate::scan::words::{is_weak, split};

/// Words that are tried first, in lower case and without what is put behind them.
const COMMON: &[&str] = &[
    "abc",
    "admin",
    "administrator",
    "app",
    "azerty",
    "azertyuiop",
    "changeit",
    "changeme",
    "asdf",
    "asdfgh",
    "asdfghjkl",
    "database",
    "db",
    "default",
    "django",
    "docker",
    "guest",
    "hunter",
    "letmein",
    "mariadb",
    "master",
    "monkey",
    "mssql",
    "mysql",
    "oracle",
    "pass",
    "passw0rd",
    "passwd",
    "password",
    "pa$$w0rd",
    "p@ssw0rd",
    "p@ssword",
    "iloveyou",
    "postgres",
    "postgresql",
    "qwert",
    "qwerty",
    "qwertyuiop",
    "qwertz",
    "qwertzuiop",
    "root",
    "sa",
    "secret",
    "sql",
    "sqlserver",
    "super",
    "superuser",
    "sys",
    "system",
    "test",
    "tiger",
    "toor",
    "zxcvbn",
    "zxcvbnm",
    "user",
    "welcome",
    "yourstrong(!)password",
    "yourstrongpassword",
    "yourstrong",
    "mysecretpassword",
    "supersecret",
    "topsecret",
    "secretpassword",
    "dbpassword",
    "mypassword",
];

/// Words that stand beside those: seasons, months and days, what a password is for.
const BESIDE: &[&str] = &[
    "and",
    "for",
    "from",
    "is",
    "my",
    "of",
    "our",
    "the",
    "this",
    "to",
    "with",
    "your",
    "dev",
    "live",
    "local",
    "prod",
    "production",
    "pwd",
    "pw",
    "staging",
    "key",
    "login",
    "name",
    "owner",
    "server",
    "service",
    "spring",
    "summer",
    "autumn",
    "fall",
    "winter",
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
    "hello",
    "company",
    "dragon",
    "football",
    "sunshine",
    "princess",
];

/// Without what people put behind a word to please a rule.
pub(super) fn bare(lower: &str) -> &str {
    lower.trim_end_matches(|c: char| c.is_ascii_digit() || "!?.$#@_-".contains(c))
}

/// Letters in place of the digits and signs that people write for them.
pub(super) fn plain(lower: &str) -> String {
    let letter = |c| match c {
        '@' | '4' => 'a',
        '3' => 'e',
        '1' | '!' => 'i',
        '0' => 'o',
        '$' | '5' => 's',
        '7' => 't',
        other => other,
    };
    lower.chars().map(letter).collect()
}

/// Whether a text is one of the words that are tried first, with or without digits and signs for its letters.
pub(super) fn is_common(value: &str) -> bool {
    let lower = value.trim().to_ascii_lowercase();
    let trimmed = bare(&lower);
    let plain = plain(trimmed);
    [lower.as_str(), trimmed, plain.as_str()]
        .iter()
        .any(|text| COMMON.contains(text))
        || is_weak(value)
}

/// Of a text that is another some times over, that other: `letmein` of `letmeinletmein`, `abc1` of `abc1abc1ab`.
pub(super) fn once(text: &str) -> &str {
    let whole = text.as_bytes();
    let length = (3..=whole.len() / 2)
        .take(64)
        .find(|length| whole[*length..] == whole[..whole.len() - length]);
    length.and_then(|length| text.get(..length)).unwrap_or(text)
}

/// Digits that anybody counts: few of them, or one after the other. Many that follow no rule are as good as letters.
pub(super) fn is_row_of_digits(lower: &str) -> bool {
    const ENOUGH: usize = 16;
    if !bare(lower).is_empty() {
        return false;
    }
    let digits: Vec<u8> = lower.bytes().filter(u8::is_ascii_digit).collect();
    let steps = digits
        .windows(2)
        .filter(|pair| (pair[1] + 10 - pair[0]) % 10 == 1)
        .count();
    digits.len() < ENOUGH || steps + 2 > digits.len()
}

/// Signs that hold up somebody who tries, in what is left without the names and the words that are tried first; `None`
/// where a text has none of them. A digit counts half, a year and digits in their order not at all.
pub(super) fn remainder(value: &str, names: &[String]) -> Option<usize> {
    let names: Vec<String> = names
        .iter()
        .flat_map(|name| split(name).into_iter().chain([name.to_ascii_lowercase()]))
        .filter(|name| name.len() > 2)
        .collect();
    let is_word = |word: &str| {
        word.len() > 1
            && (COMMON.contains(&word)
                || BESIDE.contains(&word)
                || names.iter().any(|name| name == word))
    };
    let mut has_word = false;
    let mut left = 0;
    for (word, digits) in parts(value) {
        let letters = word.chars().count();
        if letters > 0 && (is_word(&word) || is_word(&plain(&word)) || is_joined(&word, &is_word)) {
            // Two letters stand beside each other by chance as well.
            has_word |= letters > 2;
        } else {
            left += 2 * letters;
        }
        let is_year = digits.len() == 4 && (digits.starts_with("19") || digits.starts_with("20"));
        if !is_year && !is_counted(&digits) {
            left += digits.len();
        }
    }
    has_word.then_some(left.div_ceil(2))
}

/// Whether digits are one after the other, or one alone some times.
fn is_counted(digits: &str) -> bool {
    let mut pairs = digits.as_bytes().windows(2);
    digits.len() > 1 && pairs.all(|pair| pair[1] == pair[0] || pair[1] == pair[0] + 1)
}

/// The words of a text in lower case, cut where `split` cuts them, each with the digits behind it.
fn parts(value: &str) -> Vec<(String, String)> {
    let mut parts: Vec<(String, String)> = Vec::new();
    let mut previous = ' ';
    for letter in value.chars() {
        let begins = letter.is_uppercase() && !previous.is_uppercase()
            || !letter.is_ascii_digit() && !previous.is_alphabetic();
        if begins || parts.is_empty() {
            parts.push(Default::default());
        }
        if let Some((word, digits)) = parts.last_mut() {
            if letter.is_ascii_digit() {
                digits.push(letter);
            } else if letter.is_alphabetic() {
                word.extend(letter.to_lowercase());
            }
        }
        previous = letter;
    }
    parts
}

/// Whether a text is such words written together: `shoppassword`.
fn is_joined(text: &str, is_word: &impl Fn(&str) -> bool) -> bool {
    const LONGEST: usize = 48;
    if text.len() > LONGEST || !text.is_ascii() {
        return false;
    }
    let mut reached = vec![false; text.len() + 1];
    reached[0] = true;
    for from in 0..text.len() {
        for to in from + 3..=text.len() {
            reached[to] |= reached[from] && is_word(&text[from..to]);
        }
    }
    reached[text.len()]
}
