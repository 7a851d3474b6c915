//! Names and values in every kind of file, and files that are credentials: what has to be found and what must not.
//!
//! The files of `tests/data/scan/pairs` hold snippets, each after a line `=== path`. Values are written as `@@KIND@@` and
//! made up when a test runs: in a dirty snippet each of them has to be found, to the byte, and nothing else.

use std::{borrow::Cow, collections::BTreeSet, fmt::Write as _, fs, time::Instant};

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
    let source = fs::read_to_string(format!("tests/data/scan/pairs/{file}")).expect("the data");
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

fn check(file: &str, floor: Confidence) {
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

#[test]
fn finds_every_value_in_the_dirty_snippets_and_nothing_else() {
    check("dirty.txt", Confidence::Medium);
}

#[test]
fn finds_nothing_in_the_clean_snippets() {
    check("clean.txt", Confidence::Medium);
}

#[test]
fn finds_doubtful_values_where_they_are_asked_for() {
    check("low.txt", Confidence::Low);
}

/// Every kind of file, by a path of each.
const PATHS: &[&str] = &[
    "a.py",
    "a.yml",
    "a.toml",
    "a.json",
    "a.ini",
    "a.properties",
    ".env",
    "a.sh",
    "a.tf",
    "a.xml",
    "a.md",
    "a.js",
    "a.po",
    "a",
    ".netrc",
    ".pgpass",
    ".npmrc",
    ".my.cnf",
    "wp-config.php",
    "sitemanager.xml",
    "a.tfstate",
    ".git-credentials",
    ".htpasswd",
    "a.ovpn",
    "secret_key.txt",
    "a.p12",
    "Dockerfile",
];

proptest::proptest! {
    #[test]
    fn takes_any_bytes(bytes in pieces()) {
        let detector = detector();
        for path in PATHS {
            let text = Text::new((*path).into(), &bytes);
            for found in detector.scan(&text, Confidence::Low) {
                proptest::prop_assert!(bytes.get(found.span.clone()).is_some(), "{path}: {found:?}");
                if let Ok(text) = std::str::from_utf8(&bytes) {
                    proptest::prop_assert!(text.get(found.span.clone()).is_some(), "{path}: {found:?}");
                }
            }
        }
    }
}

/// Pieces of all grammars in any order, with any bytes between.
fn pieces() -> impl proptest::strategy::Strategy<Value = Vec<u8>> {
    use proptest::prelude::*;
    const PIECES: &[&str] = &[
        "password",
        "SECRET_KEY",
        "api-key",
        "\"token\"",
        "'pass'",
        "client_secret",
        "=",
        ":",
        " ",
        "\n",
        "\r\n",
        "\t",
        "\"",
        "'",
        "`",
        "\\",
        "\\\"",
        "\"\"\"",
        "{",
        "}",
        "[",
        "]",
        "(",
        ")",
        "<",
        ">",
        "</",
        "/>",
        "|",
        "||",
        "??",
        "=>",
        ":=",
        "- ",
        "--",
        "#",
        "//",
        ";",
        ",",
        "$",
        "${",
        ":-",
        "{{",
        "}}",
        "!vault",
        "!!str ",
        "&a ",
        "*a",
        "name: ",
        "value: ",
        "\"name\": \"",
        "\"value\": \"",
        "value=\"",
        "<key>",
        "</key>",
        "<![CDATA[",
        "variable \"",
        "default = ",
        "kind: Secret\n",
        "data:\n  ",
        "stringData:\n  ",
        "\"kind\": \"Secret\"",
        "\"data\": {",
        "---\n",
        "machine h login u password ",
        "IDENTIFIED BY '",
        "é",
        "密码",
        "\u{feff}",
        "define(",
        "\"auths\"",
        "\"auth\": \"",
        "client-key-data: ",
        "<Pass encoding=\"base64\">",
        "\"sensitive\": true",
        "hunter2hunter",
        "Zm9vOmJhcg==",
        "k9Xz7QpL2mW4tR8v",
    ];
    let piece = prop_oneof![
        8 => proptest::sample::select(PIECES).prop_map(|piece| piece.as_bytes().to_vec()),
        1 => proptest::collection::vec(any::<u8>(), 0..4),
    ];
    proptest::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

/// Texts made of nothing but what asks for a look cost no more than in proportion to their length.
#[test]
fn takes_linear_time_on_hostile_text() {
    let detector = detector();
    let pieces = [
        "password=",
        "password=\"",
        "password: ",
        "\"password\": \"",
        "secretsecret",
        "password='\"",
        "{\"name\":\"password\",",
        "password: |\n",
        "- name: password\n",
        "<password>",
        "x=\"password\" ",
        "password=\\\"",
        "${password:-",
        "password(",
        "password \n",
        "\"password\",",
        "password: [",
        "a.password = x ",
        "password:\n",
        "kind: Secret\n",
        "data:\n  a: ",
        "\"data\": {",
        "<Pass",
        "IDENTIFIED ",
        "requirepass ",
    ];
    for piece in pieces {
        let text = piece.repeat((32 << 10) / piece.len());
        for path in [
            "a.yml",
            "a.json",
            "a.ini",
            ".env",
            "a.sh",
            "a.tf",
            "a.xml",
            "a.md",
            "a.js",
            "a",
            "sitemanager.xml",
            "a.tfstate",
        ] {
            assert_quick(&detector, path, &text, piece);
        }
    }
    assert_quick(
        &detector,
        "a.yml",
        &"password=".repeat((1 << 20) / 9),
        "1 MB in one line",
    );
}

/// Quadratic time would be minutes.
fn assert_quick(detector: &Detector, path: &str, text: &str, what: &str) {
    let begin = Instant::now();
    detector.scan(&Text::new(path.into(), text.as_bytes()), Confidence::Low);
    let took = begin.elapsed();
    assert!(took.as_secs() < 30, "{path} of {what:?} took {took:?}");
}
