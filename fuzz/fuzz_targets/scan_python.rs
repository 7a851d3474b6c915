//! Any text as Python source, as it is and nested deeply; and the edit that takes literals out of it. The first byte and
//! a line break say how it is nested.
#![no_main]

use std::ops::Range;

use libfuzzer_sys::fuzz_target;
use nuages::{
    finding::Confidence,
    scan::{
        fix::{self, Change, Names, Place},
        text::Text,
    },
};
use nuages_fuzz::scan::{DETECTOR, check_matches, expand, in_time};

const PATH: &str = "shop/settings.py";

/// Pairs that nest: opened often, with the text within.
const NESTS: &[(&str, &str)] = &[
    ("(", ")"),
    ("[", "]"),
    ("{1:", "}"),
    ("{*", "}"),
    ("f(", ")"),
    ("f(a=", ")"),
    ("x[", "]"),
    ("not ", ""),
    ("-", ""),
    ("~", ""),
    ("1+", ""),
    ("1**", ""),
    ("1<", ""),
    ("1 and ", ""),
    ("1 if 1 else ", ""),
    ("lambda:", ""),
    ("await ", ""),
    ("f'{", "}'"),
    ("f\"{x!r:{", "}}\""),
    ("t'{", "}'"),
    ("(yield ", ")"),
    ("[x for x in ", "]"),
    ("if 1:\n ", "\n"),
    ("x=", ""),
    ("x.", "y"),
    ("a:=", ""),
    ("*", ""),
    ("\"a\" ", "\"b\""),
    ("@", "\n"),
    ("x:", ""),
    ("elif 1:\n pass\n", ""),
    ("else:\n if 1:\n  pass\n ", ""),
    ("case ", ""),
    ("a|", ""),
    ("import a.", "b"),
    ("def f(a=", "): pass"),
    ("class A(", "): pass"),
    ("try:\n ", "\nfinally:\n pass\n"),
    ("with ", ": pass"),
    ("(a:=", ")"),
];

fuzz_target!(|input: &[u8]| {
    let [mode, _, bytes @ ..] = input else {
        return;
    };
    let bytes = expand(bytes);
    let Ok(source) = std::str::from_utf8(&bytes) else {
        return;
    };
    match NESTS.get(usize::from(*mode) ^ 0x80) {
        Some((open, close)) => nested(source, open, close),
        None => plain(source),
    }
});

/// Lines that count upwards in depth cannot be made by repetition alone: the text itself is repeated too.
fn nested(source: &str, open: &str, close: &str) {
    let (head, within) = source.split_once('\u{1}').unwrap_or(("", source));
    for levels in [100, 1_000, 8_000, 30_000] {
        let long = format!(
            "{head}{}{within}{}",
            open.repeat(levels),
            close.repeat(levels)
        );
        let long = format!("SECRET_KEY = {long}\nDATABASES = {{'PASSWORD': {long}}}\n");
        let text = Text::new(PATH.into(), long.as_bytes());
        in_time(long.len(), "a nested text", || {
            let found = DETECTOR.scan(&text, Confidence::Low);
            check_spans(&text, found.iter().map(|found| found.span.clone()));
            fixed(&text, &places(&found));
        });
    }
}

fn plain(source: &str) {
    let text = Text::new(PATH.into(), source.as_bytes());
    let found = DETECTOR.scan(&text, Confidence::Low);
    check_matches(&text, &found);
    let places = places(&found);
    fixed(&text, &places);
    for place in &places {
        fixed(&text, std::slice::from_ref(place));
    }
    // What a scan might say of any literal.
    let mut literals = Vec::new();
    let mut from = 0;
    while let Some(start) = source[from..].find(['"', '\'']).map(|at| from + at + 1)
        && literals.len() < 20
    {
        let end = source[start..]
            .find(['"', '\''])
            .map_or(source.len(), |at| start + at);
        literals.push(Place {
            span: start..end,
            rule: "django-secret-key".to_owned(),
        });
        from = end;
    }
    fixed(&text, &literals);
}

fn places(found: &[nuages::scan::detect::Match]) -> Vec<Place> {
    let place = |found: &nuages::scan::detect::Match| Place {
        span: found.span.clone(),
        rule: found.rule.to_string(),
    };
    found.iter().map(place).collect()
}

fn check_spans(text: &Text<'_>, spans: impl Iterator<Item = Range<usize>>) {
    let mut end = 0;
    for span in spans {
        assert!(span.start >= end && span.start < span.end && span.end <= text.bytes.len());
        end = span.end;
    }
}

/// Plans and makes the edit: all that is not edited stays, in its order, and what comes out can be read again.
fn fixed(text: &Text<'_>, places: &[Place]) {
    let source = std::str::from_utf8(text.bytes).expect("UTF-8");
    let planned = fix::plan(text, places);
    assert_eq!(planned.len(), places.len(), "an answer a place");
    let changes: Vec<&Change> = planned
        .iter()
        .filter_map(|change| change.as_ref().ok())
        .collect();
    if changes.is_empty() {
        return;
    }
    let given = Names::default().give(&changes);
    let named: Vec<(&Change, &str)> = changes
        .iter()
        .zip(&given)
        .filter_map(|(change, name)| Some((*change, name.as_ref().ok()?.as_str())))
        .collect();
    let Ok(new) = fix::apply(text, &named, "nuages.toml") else {
        return;
    };
    let mut ranges: Vec<Range<usize>> = named.iter().map(|(change, _)| range_of(change)).collect();
    ranges.sort_by_key(|range| (range.start, range.end));
    ranges.dedup();
    let mut kept = String::new();
    let mut done = 0;
    for range in &ranges {
        kept.push_str(&source[done..range.start]);
        done = range.end;
    }
    kept.push_str(&source[done..]);
    let mut rest = new.bytes();
    for byte in kept.bytes() {
        assert!(
            rest.any(|other| other == byte),
            "the edit loses what it does not change"
        );
    }
    let again = Text::new(text.path, new.as_bytes());
    let found = DETECTOR.scan(&again, Confidence::Low);
    let still = found.iter().map(|found| found.span.clone());
    check_spans(&again, still);
    let diff = fix::unified(PATH, source, &new, &|text: &str| {
        let text = Text::new(PATH.into(), text.as_bytes());
        let found = DETECTOR.scan(&text, Confidence::Low);
        found.into_iter().map(|found| found.span).collect()
    });
    assert!(diff.starts_with("--- "));
}

/// The bytes that give way: a change says them to those who debug it.
fn range_of(change: &Change) -> Range<usize> {
    let shown = format!("{change:?}");
    let (_, range) = shown.rsplit_once("range: ").expect("a range");
    let range = range.trim_end_matches(|c: char| !c.is_ascii_digit());
    let (start, end) = range
        .split(|c: char| !c.is_ascii_digit() && c != '.')
        .next()
        .and_then(|range| range.split_once(".."))
        .expect("two numbers");
    start.parse().expect("a number")..end.parse().expect("a number")
}
