//! Suppression by value: the project's own baseline.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use gix::bstr::BStr;
use nuages::scan::suppress::{
    Baseline, Date, Key, Suppressions, Verdict,
    baseline::{Item, Stamp},
};

use super::{Case, TODAY, case, date, key};

fn stamp<'a>(reason: &'a str, added: &'a Date) -> Stamp<'a> {
    Stamp {
        reason,
        added,
        by: None,
        expires: None,
    }
}

pub(super) fn baseline_of(items: &[Item]) -> Baseline {
    let mut baseline = Baseline::new(key(), false);
    let added = date("2025-11-30");
    baseline.update(items, &stamp("of the sandbox", &added), &|_| true);
    baseline
}

fn with_baseline(baseline: &Baseline) -> Suppressions {
    let baseline = Baseline::read(baseline.write().as_bytes(), None).unwrap();
    Suppressions::new(date(TODAY)).baseline(baseline)
}

#[test]
fn a_moved_line_stays_quiet_and_a_new_secret_on_it_does_not() {
    let first = case("shop/settings.py", "TOKEN = 'swordfish-1'\n", "swordfish-1");
    let suppressions = with_baseline(&baseline_of(&[first.item(&key())]));
    assert!(first.is_quiet(&suppressions));
    let moved = "import os\n\n\nclass A:\n    TOKEN = \"swordfish-1\", 'other-2222'\n";
    assert!(case("shop/settings.py", moved, "swordfish-1").is_quiet(&suppressions));
    assert!(!case("shop/settings.py", moved, "other-2222").is_quiet(&suppressions));
    assert!(
        !case("shop/settings.py", "TOKEN = 'swordfish-2'\n", "swordfish-2").is_quiet(&suppressions)
    );
}

#[test]
fn an_entry_counts_in_its_path_and_in_files_of_that_name() {
    let text = "TOKEN = 'swordfish-1'\n";
    let first = case("shop/settings.py", text, "swordfish-1");
    let suppressions = with_baseline(&baseline_of(&[first.item(&key())]));
    assert!(case("conf/settings.py", text, "swordfish-1").is_quiet(&suppressions));
    assert!(!case("shop/production.py", text, "swordfish-1").is_quiet(&suppressions));
    let other_rule = Case {
        rule: "other-rule",
        ..first
    };
    assert!(!other_rule.is_quiet(&suppressions));
}

#[test]
fn an_entry_without_a_path_counts_anywhere_and_one_that_has_expired_nowhere() {
    let value = key().value("some-rule", b"swordfish-1");
    let read = |more: &str| {
        let key = "07".repeat(32);
        let entry = format!(
            r#"{{"rule":"some-rule","value":"{value}","reason":"why","added":"2025-01-01"{more}}}"#
        );
        let file = format!(r#"{{"version":1,"key":"{key}","entries":[{entry}]}}"#);
        Suppressions::new(date(TODAY)).baseline(Baseline::read(file.as_bytes(), None).unwrap())
    };
    let found = case("any/where.txt", "k: swordfish-1", "swordfish-1");
    assert!(found.is_quiet(&read("")));
    assert!(found.is_quiet(&read(r#","expires":"2026-01-31""#)));
    let expired = read(r#","expires":"2026-01-30""#);
    let note = "its entry in the baseline has expired on 2026-01-30".to_owned();
    assert_eq!(found.judge(&expired), Verdict::Said(vec![note]));
    assert!(expired.unused()[0].expired);
}

#[test]
fn updating_keeps_reasons_drops_what_is_gone_and_follows_files() {
    let text = "a = 'one-1111', 'two-2222', 'three-33', 'four-444'";
    let item = |path, secret| case(path, text, secret).item(&key());
    let mut baseline = baseline_of(&[
        item("a.py", "one-1111"),
        item("a.py", "two-2222"),
        item("old/b.py", "three-33"),
        item("elsewhere/c.py", "four-444"),
    ]);
    let today = date(TODAY);
    let found = [
        item("a.py", "one-1111"),
        item("new/b.py", "three-33"),
        item("d.py", "four-444"),
    ];
    let is_covered = |path: &BStr| !path.starts_with(b"elsewhere/");
    let (new, dropped) = baseline.update(&found, &stamp("seen today", &today), &is_covered);
    assert_eq!((new, dropped), (1, 1));
    let file: serde_json::Value = serde_json::from_str(&baseline.write()).unwrap();
    let entries: Vec<(&str, &str, &str)> = file["entries"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| ["path", "reason", "added"].map(|key| entry[key].as_str().unwrap()))
        .map(|[path, reason, added]| (path, reason, added))
        .collect();
    assert_eq!(
        entries,
        [
            ("a.py", "of the sandbox", "2025-11-30"),
            ("d.py", "seen today", TODAY),
            ("elsewhere/c.py", "of the sandbox", "2025-11-30"),
            ("new/b.py", "of the sandbox", "2025-11-30"),
        ]
    );
    // Once more changes nothing.
    let before = baseline.write();
    assert_eq!(
        baseline.update(&found, &stamp("later", &today), &is_covered),
        (0, 0)
    );
    assert_eq!(baseline.write(), before);
}

#[test]
fn a_baseline_holds_no_value_and_with_a_key_from_a_store_no_key() {
    let found = case("a.py", "a = 'swordfish-1'", "swordfish-1");
    let mut baseline = Baseline::new(key(), true);
    let added = date(TODAY);
    baseline.update(&[found.item(&key())], &stamp("why", &added), &|_| true);
    let file = baseline.write();
    for hidden in [
        "swordfish",
        &STANDARD.encode("swordfish-1"),
        &"07".repeat(32),
    ] {
        assert!(!file.contains(hidden), "{hidden}");
    }
    let refusal = |key| {
        Baseline::read(file.as_bytes(), key)
            .err()
            .map(|error| error.to_string())
    };
    assert_eq!(
        refusal(None).as_deref(),
        Some("its key is kept in a store, and none was handed in")
    );
    let other = Key::random().unwrap();
    assert_eq!(
        refusal(Some(other)).as_deref(),
        Some("it was written with another key than the one at hand")
    );
    let baseline = Baseline::read(file.as_bytes(), Some(key())).unwrap();
    assert!(found.is_quiet(&Suppressions::new(added).baseline(baseline)));
}

#[test]
fn what_is_wrong_in_a_baseline_is_said() {
    let key = "07".repeat(32);
    let value = "00".repeat(32);
    let whole = |entry: &str| format!(r#"{{"version":1,"key":"{key}","entries":[{entry}]}}"#);
    let entry = |more: &str| {
        whole(&format!(
            r#"{{"rule":"r","value":"{value}","reason":"why","added":"2025-01-01"{more}}}"#
        ))
    };
    assert!(Baseline::read(entry("").as_bytes(), None).is_ok());
    let cases = [
        (String::new(), "line 1: this is not JSON"),
        ("{\n]".to_owned(), "line 2: this is not JSON"),
        ("[]".to_owned(), "this is no baseline: no `entries`"),
        (r#"{"version":2}"#.to_owned(), "its `version` is not 1"),
        (
            r#"{"version":1,"entries":[]}"#.to_owned(),
            "it has neither `key` nor `key_check`, or both",
        ),
        (
            r#"{"version":1,"key":"0","entries":[]}"#.to_owned(),
            "its `key` is not 64 hex digits",
        ),
        (
            format!(r#"{{"version":1,"key":"{key}"}}"#),
            "this is no baseline: no list `entries`",
        ),
        (
            format!(r#"{{"version":1,"key":"{key}","entry":[]}}"#),
            "the baseline has no key `entry`",
        ),
        (whole("1"), "entry 1: this is no table"),
        (
            entry(r#","expire":"2025-01-01""#),
            "entry 1 has no key `expire`",
        ),
        (
            entry(r#","expires":"soon""#),
            "entry 1: a date is written `2026-01-31`",
        ),
        (entry(r#","by":1"#), "entry 1: `by` is no text"),
        (whole(r#"{"rule":"r"}"#), "entry 1: it has no `value`"),
        (
            whole(r#"{"rule":"r","value":"0"}"#),
            "entry 1: its `value` is not 64 hex digits",
        ),
    ];
    for (file, expected) in cases {
        let refusal = Baseline::read(file.as_bytes(), None)
            .err()
            .map(|error| error.to_string());
        assert_eq!(refusal.as_deref(), Some(expected), "{file}");
    }
}

#[test]
fn a_file_of_one_value_and_many_paths_is_read_at_once() {
    let value = key().value("some-rule", b"swordfish-1");
    let items: Vec<Item> = (0..20_000)
        .map(|n| Item {
            rule: "some-rule".to_owned(),
            path: format!("d{n}/a.py").into(),
            value: value.clone(),
        })
        .collect();
    let mut baseline = baseline_of(&items);
    let today = date(TODAY);
    assert_eq!(
        baseline.update(&[], &stamp("", &today), &|_| true),
        (0, 20_000)
    );
    let suppressions = with_baseline(&baseline_of(&items));
    for n in 0..1_000 {
        let path = format!("e{n}/a.py");
        assert!(case(&path, "a = 'swordfish-1'", "swordfish-1").is_quiet(&suppressions));
    }
}
