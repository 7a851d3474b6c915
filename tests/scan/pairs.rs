//! Names and values in every kind of file, and files that are credentials: what has to be found and what must not.

use std::time::Instant;

use nuages::{
    finding::Confidence,
    scan::{detect::Detector, text::Text},
};

use crate::snippets::{check, detector};

#[test]
fn finds_every_value_in_the_dirty_snippets_and_nothing_else() {
    check("pairs/dirty.txt", Confidence::Medium);
}

#[test]
fn finds_nothing_in_the_clean_snippets() {
    check("pairs/clean.txt", Confidence::Medium);
}

#[test]
fn finds_doubtful_values_where_they_are_asked_for() {
    check("pairs/low.txt", Confidence::Low);
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
        "ALTER USER a PASSWORD '",
        "SET PASSWORD FOR a",
        "\\npassword = ",
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
        "ALTER USER a PASSWORD '",
        "SET PASSWORD FOR a ",
        "\\npassword = ",
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
