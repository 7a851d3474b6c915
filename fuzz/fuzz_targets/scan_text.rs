//! Any bytes as a file of any kind. Two bytes and a line break before the text say which file, and how it is looked at.
#![no_main]

use libfuzzer_sys::fuzz_target;
use nuages::{
    finding::Confidence,
    scan::{
        detect::{Match, New},
        memo::Memo,
        session::{Options, Session},
        source::{Sink as _, Unit},
        suppress::Suppressions,
        text::Text,
    },
};
use nuages_fuzz::scan::{
    DETECTOR, check_matches, check_outcome, expand, in_time, name, scan_stream, today,
};

/// A text that is repeated to so many bytes must not take more time for each of them.
const LONG: usize = 128 << 10;

fuzz_target!(|input: &[u8]| {
    let [file, mode, _, bytes @ ..] = input else {
        return;
    };
    let file = name(*file);
    let bytes = &expand(bytes)[..];
    if *mode == b'R' {
        return repeated(file, bytes);
    }
    let text = Text::new(file.into(), bytes);
    let all = DETECTOR.scan(&text, Confidence::Low);
    check_matches(&text, &all);
    assert_eq!(DETECTOR.scan(&text, Confidence::Low), all, "a second look");

    // A higher floor loses nothing that is above it. It may find more: in a string that is not looked at as a whole then.
    for floor in [Confidence::Medium, Confidence::High] {
        let found = DETECTOR.scan(&text, floor);
        for sure in all.iter().filter(|found| found.confidence >= floor) {
            let is_there = |other: &Match| {
                other.span.start < sure.span.end && sure.span.start < other.span.end
            };
            assert!(found.iter().any(is_there), "{floor} loses {sure:?}");
        }
    }

    let memo = Memo::default();
    for _ in 0..2 {
        let new = New {
            lines: None,
            memo: Some(&memo),
        };
        let found = DETECTOR.scan_new(&text, Confidence::Low, &new);
        assert_eq!(found, all, "what was looked at before");
    }
    let whole = [0..bytes.len() + 1];
    let new = New {
        lines: Some(&whole),
        memo: None,
    };
    let found = DETECTOR.scan_new(&text, Confidence::Low, &new);
    assert_eq!(found, all, "all lines are new");
    some_lines(&text, *mode);

    let suppressions = Suppressions::new(today());
    scan_stream(&DETECTOR, file, bytes, Confidence::Low, &suppressions);
    let _ = (suppressions.used(), suppressions.unused());
});

/// As with what a commit changes: some lines alone.
fn some_lines(text: &Text<'_>, mode: u8) {
    let count = text.bytes.iter().filter(|&&byte| byte == b'\n').count() + 1;
    let step = usize::from(mode % 7) + 2;
    let lines: Vec<_> = (usize::from(mode) % 5..count)
        .step_by(step)
        .map(|line| line..line + 1)
        .collect();
    let new = New {
        lines: Some(&lines),
        memo: None,
    };
    check_matches(text, &DETECTOR.scan_new(text, Confidence::Low, &new));
    let suppressions = Suppressions::new(today());
    let session = Session::new(&DETECTOR, &suppressions, Options::default());
    session.unit(&Unit {
        path: text.path,
        bytes: text.bytes,
        added: Some(&lines),
        commit: None,
        blob: None,
        first_line: 0,
        first_column: 0,
    });
    let outcome = session.finish(|_| None);
    check_outcome(&outcome);
    for caught in &outcome.caught {
        let place = &caught.finding.location;
        let is_new = lines
            .iter()
            .any(|line| line.start < place.end_line && place.line <= line.end);
        assert!(is_new, "a finding in a line that is not new");
    }
}

/// A first line, and after it the rest over and over.
fn repeated(file: &str, bytes: &[u8]) {
    let end = bytes
        .iter()
        .position(|&byte| byte == 0)
        .map_or(0, |at| at + 1);
    let (head, unit) = bytes.split_at(end);
    if unit.is_empty() {
        return;
    }
    let mut long = head.to_vec();
    long.extend(unit.iter().cycle().take(LONG));
    let text = Text::new(file.into(), &long);
    let found = in_time(long.len(), "a scan", || {
        DETECTOR.scan(&text, Confidence::Low)
    });
    let mut end = 0;
    for found in found {
        assert!(found.span.start >= end && found.span.end <= long.len());
        end = found.span.end;
    }
    let suppressions = Suppressions::new(today());
    in_time(long.len(), "a scan with its report", || {
        scan_stream(&DETECTOR, file, &long, Confidence::Medium, &suppressions)
    });
}
