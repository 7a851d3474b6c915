//! What has to be found and what must not, in the small: files of snippets, each after a line `=== path`. Values are
//! written as `@@KIND@@` and made up when a test runs: in a dirty snippet each of them has to be found, to the byte, and
//! nothing else.

use std::{borrow::Cow, collections::BTreeSet, fmt::Write as _, fs};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use nuages::{
    finding::Confidence,
    scan::{detect::Detector, rule::Rule, text::Text},
};

use crate::notation::{Random, expand};

/// One file's worth of text, with what stands in it.
struct Snippet {
    path: String,
    place: String,
    text: String,
    values: Vec<std::ops::Range<usize>>,
}

/// `=== path`, then the text up to the next such line.
fn snippets(file: &str, seed: u64) -> Vec<Snippet> {
    let source = fs::read_to_string(format!("tests/data/scan/{file}")).expect("the data");
    let mut snippets: Vec<Snippet> = Vec::new();
    for (number, line) in source.lines().enumerate() {
        if let Some(path) = line.strip_prefix("=== ") {
            let place = format!("{file}:{}: {path}", number + 1);
            snippets.push(Snippet {
                path: path.trim().to_owned(),
                place,
                text: String::new(),
                values: Vec::new(),
            });
        } else {
            let snippet = snippets.last_mut().expect("a path first");
            snippet.text.push_str(line);
            snippet.text.push('\n');
        }
    }
    for (number, snippet) in snippets.iter_mut().enumerate() {
        let text = std::mem::take(&mut snippet.text);
        fill(
            snippet,
            text.trim_end_matches('\n'),
            seed * 1000 + number as u64,
        );
        snippet.text.push('\n');
    }
    snippets
}

/// Puts values in the place of the marks. A mark that ends in `?` need not be found.
fn fill(snippet: &mut Snippet, text: &str, seed: u64) {
    for (number, part) in text.split("@@").enumerate() {
        if number % 2 == 0 {
            snippet.text.push_str(part);
            continue;
        }
        let (what, is_wanted) = part
            .strip_suffix('?')
            .map_or((part, true), |what| (what, false));
        let value = value(what, seed.wrapping_mul(31) + number as u64);
        let start = snippet.text.len();
        snippet.text.push_str(&value);
        if is_wanted {
            snippet.values.push(start..snippet.text.len());
        }
    }
}

/// `RANDOM40`, `HEX32`, `WORD`, `DIGITS8`, `HASH`, `TEXT:postgres`, `B64:user:RANDOM20`.
fn value(what: &str, seed: u64) -> String {
    if let Some(inner) = what.strip_prefix("B64:") {
        let (before, inner) = inner
            .rsplit_once(':')
            .map_or(("", inner), |(before, inner)| (before, inner));
        let colon = if before.is_empty() { "" } else { ":" };
        return STANDARD.encode(format!("{before}{colon}{}", value(inner, seed)));
    }
    if let Some(text) = what.strip_prefix("TEXT:") {
        return text.to_owned();
    }
    if what == "PEM64" {
        return STANDARD.encode(format!(
            "-----BEGIN PRIVATE {}\n{}\n-----END PRIVATE KEY-----\n",
            "KEY-----",
            expand("{base64:64}", seed)
        ));
    }
    let digits = what.trim_start_matches(|letter: char| letter.is_ascii_uppercase());
    let length: usize = if digits.is_empty() {
        0
    } else {
        digits.parse().expect("a length")
    };
    match what.trim_end_matches(|letter: char| letter.is_ascii_digit()) {
        "RANDOM" => random(length, seed),
        "HEX" => expand(&format!("{{hex:{length}}}"), seed),
        "BASE" => expand(&format!("{{base64:{length}}}="), seed),
        "DIGITS" => expand(&format!("{{digits:{length}}}"), seed),
        "WORD" => word(seed),
        "INSECURE" => format!("django-insecure-{}", random(length, seed)),
        "UUID" => expand("{hex:8}-{hex:4}-4{hex:3}-a{hex:3}-{hex:12}", seed),
        "URL" => STANDARD.encode(format!("postgres://web:{}@db/shop", random(length, seed))),
        "HASH" => format!(
            "pbkdf2_sha256${}${}=",
            600_000,
            expand("{alnum:22}${base64:43}", seed)
        ),
        "CRYPT" => format!("$apr1${}", expand("{alnum:8}${alnum:22}", seed)),
        other => panic!("`{other}` is no kind of value"),
    }
}

/// Letters of both cases and digits, all three of them for sure.
fn random(length: usize, seed: u64) -> String {
    let rest = expand(&format!("{{alnum:{}}}", length - 3), seed);
    format!("k{}7Q{}", &rest[..rest.len() / 2], &rest[rest.len() / 2..])
}

/// A password that a person made.
fn word(seed: u64) -> String {
    const FIRST: &[&str] = &[
        "Kolibri",
        "marmelade",
        "Zugspitze",
        "tortuga",
        "Blaubeere",
        "granite",
        "Wolkig",
        "pamplemousse",
        "gitano",
        "Samois",
    ];
    let mut random = Random::new(seed);
    let first = FIRST[random.below(FIRST.len())];
    let second = FIRST[random.below(FIRST.len())].to_lowercase();
    let sign = ["", "-", "_", "!"][random.below(4)];
    format!("{first}{sign}{second}{}", 10 + random.below(89))
}

/// The rules that have no pattern: what is measured here is structure.
pub(crate) fn detector() -> Detector {
    let rules: Vec<Rule> = nuages::scan::rule::built_in()
        .iter()
        .filter(|rule| rule.pattern.is_none())
        .cloned()
        .collect();
    Detector::new(Cow::Owned(rules))
}

/// Scans every snippet of a file, with values of five seeds.
pub(crate) fn check(file: &str, floor: Confidence) {
    let detector = detector();
    let mut wrong = BTreeSet::new();
    let mut count = 0;
    for seed in 1..=5 {
        for snippet in snippets(file, seed) {
            count += 1;
            let text = Text::new(snippet.path.as_str().into(), snippet.text.as_bytes());
            let found = detector.scan(&text, floor);
            for value in &snippet.values {
                if !found.iter().any(|found| found.span == *value) {
                    wrong.insert(format!(
                        "{} misses {:?}",
                        snippet.place,
                        &snippet.text[value.clone()]
                    ));
                }
            }
            for found in found
                .iter()
                .filter(|found| !snippet.values.contains(&found.span))
            {
                wrong.insert(format!(
                    "{} takes {:?} as {} ({}; {:?})",
                    snippet.place,
                    &snippet.text[found.span.clone()],
                    found.rule,
                    found.confidence,
                    found.notes
                ));
            }
        }
    }
    let mut list = String::new();
    for line in &wrong {
        let _ = writeln!(list, "{line}");
    }
    assert!(
        count >= 5 && wrong.is_empty(),
        "{} of {count}:\n{list}",
        wrong.len()
    );
}
