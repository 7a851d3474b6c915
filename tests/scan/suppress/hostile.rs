//! Files and texts that somebody wrote to break the readers.

use std::ops::Range;

use gix::bstr::{BStr, ByteSlice as _};
use nuages::scan::{
    config,
    suppress::{Baseline, Candidate, Date, DetectSecrets, GitleaksIgnore, Suppressions, allowed},
    text::Text,
};
use proptest::prelude::*;

use super::{TODAY, baseline::baseline_of, date, gitleaks};

/// Bytes that are near enough to what is read to get past the first look.
fn near(seed: &'static [&'static str]) -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        3 => prop::sample::select(seed).prop_map(|text| text.as_bytes().to_vec()),
        1 => prop::collection::vec(any::<u8>(), 0..6),
    ];
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

const PIECES: &[&str] = &[
    "{",
    "}",
    "[",
    "]",
    "\"",
    ":",
    ",",
    "\n",
    "version",
    "1",
    "entries",
    "results",
    "a.py",
    "\"a.py\":",
    "[[rules]]\n",
    "[allowlist]\n",
    "id = 'a'\n",
    "regex = '''",
    "'''\n",
    "\\Q",
    "\\E",
    "\\",
    "[^",
    "[[:",
    ":]",
    "{2,",
    "-",
    "&&",
    "(?i)",
    "(",
    ")",
    "|",
    "*",
    "a",
    "é",
    "# ",
    "nuages:allow",
    "[",
    "]",
    "pragma: allowlist",
    " secret",
    "noqa: S105",
    "nosec",
    "'",
    "\"\"\"",
    "0123456789abcdef0123456789abcdef01234567",
    "swordfish",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn no_bytes_make_a_reader_panic(bytes in near(PIECES)) {
        let _ = Baseline::read(&bytes, None);
        let _ = DetectSecrets::read(&bytes);
        let (ignore, _) = GitleaksIgnore::read(&bytes).unwrap();
        let _ = Date::parse(&bytes.to_str_lossy());
        let _ = config::gitleaks(&bytes.to_str_lossy());
        let config = format!("[[rules]]\nid = 'a'\nregex = '''{}'''", bytes.to_str_lossy());
        if let Err(error) = config::gitleaks(&config) {
            prop_assert!(error.line.is_some());
        }
        let _ = ignore;
    }

    #[test]
    fn no_text_makes_a_judge_panic(
        bytes in near(PIECES),
        place in any::<(prop::sample::Index, prop::sample::Index)>(),
        path in prop::sample::select(&["a.py", "a.js", "a"][..]),
    ) {
        let (one, other) = (place.0.index(bytes.len() + 1), place.1.index(bytes.len() + 1));
        let span: Range<usize> = one.min(other)..one.max(other);
        let text = Text::new(BStr::new(path), &bytes);
        let suppressions = Suppressions::new(date(TODAY)).custom(gitleaks::read(gitleaks::CONFIG)).baseline(baseline_of(&[]));
        for shaped in [false, true] {
            let _ = suppressions.judge(&Candidate { rule: "shop-old", shaped, text: &text, span: &span, line: 1, commit: None });
        }
        // Neither do places that lie outside of the text.
        let _ = allowed(&text, "a", &(span.start..usize::MAX), true);
        let _ = allowed(&text, "a", &(usize::MAX..usize::MAX), false);
    }
}
