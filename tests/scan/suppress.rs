//! What is not said again: by value, by mark, by what other tools' users have written. And that nothing else is.

use std::ops::Range;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use gix::bstr::{BStr, ByteSlice as _};
use nuages::scan::{
    config::{self, Custom},
    suppress::{
        Allow, AllowEntry, Baseline, By, Candidate, Date, DetectSecrets, GitleaksIgnore, Key,
        Suppressions, Unused, Verdict,
        baseline::{Item, Stamp},
    },
    text::Text,
};
use proptest::prelude::*;

const TODAY: &str = "2026-01-31";

fn date(text: &str) -> Date {
    Date::parse(text).unwrap()
}

fn key() -> Key {
    Key::from_bytes(&[7; 32]).unwrap()
}

/// One finding of a secret in a text.
struct Case<'a> {
    rule: &'a str,
    path: &'a str,
    text: &'a str,
    secret: &'a str,
    commit: Option<&'a str>,
}

fn case<'a>(path: &'a str, text: &'a str, secret: &'a str) -> Case<'a> {
    Case {
        rule: "some-rule",
        path,
        text,
        secret,
        commit: None,
    }
}

impl Case<'_> {
    fn judge(&self, suppressions: &Suppressions) -> Verdict {
        let text = Text::new(BStr::new(self.path), self.text.as_bytes());
        let start = self.text.find(self.secret).unwrap();
        let span = start..start + self.secret.len();
        let (line, _) = text.position(start);
        suppressions.judge(&Candidate {
            rule: self.rule,
            shaped: true,
            text: &text,
            span: &span,
            line,
            commit: self.commit,
        })
    }

    fn is_quiet(&self, suppressions: &Suppressions) -> bool {
        self.judge(suppressions) == Verdict::Suppressed
    }

    fn item(&self, key: &Key) -> Item {
        Item {
            rule: self.rule.to_owned(),
            path: self.path.into(),
            value: key.value(self.rule, self.secret.as_bytes()),
        }
    }
}

fn stamp<'a>(reason: &'a str, added: &'a Date) -> Stamp<'a> {
    Stamp {
        reason,
        added,
        by: None,
        expires: None,
    }
}

fn baseline_of(items: &[Item]) -> Baseline {
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
fn gitleaks_fingerprints_count_at_their_line() {
    let commit = "0123456789abcdef0123456789abcdef01234567";
    let file = format!(
        "# accepted\n\na.py:generic-api-key:2\nb:c.py:some:1\n{commit}:d.py:some:1\nnonsense\n.\\e\\f.py:some:1\na.py:some:0\n"
    );
    let (ignore, strange) = GitleaksIgnore::read(file.as_bytes()).unwrap();
    assert_eq!(strange, [6, 8]);
    let suppressions = Suppressions::new(date(TODAY)).gitleaks_ignore(ignore);
    let first = "k = 'swordfish-1'\nx";
    let second = "\nk = 'swordfish-1'";
    assert!(case("a.py", second, "swordfish-1").is_quiet(&suppressions));
    assert!(!case("a.py", first, "swordfish-1").is_quiet(&suppressions));
    assert!(case("b:c.py", first, "swordfish-1").is_quiet(&suppressions));
    assert!(!case("d.py", first, "swordfish-1").is_quiet(&suppressions));
    let unused: Vec<String> = suppressions
        .unused()
        .into_iter()
        .map(|unused| unused.entry)
        .collect();
    assert_eq!(
        unused,
        [
            r".\e\f.py:some:1".to_owned(),
            format!("{commit}:d.py:some:1")
        ]
    );
    let old = Case {
        commit: Some(commit),
        ..case("d.py", first, "swordfish-1")
    };
    assert!(old.is_quiet(&suppressions));
}

#[test]
fn a_baseline_of_detect_secrets_counts_by_value() {
    let sha1 = |text: &str| {
        let digest = ring::digest::digest(&ring::digest::SHA1_FOR_LEGACY_USE_ONLY, text.as_bytes());
        digest
            .as_ref()
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect::<String>()
    };
    let file = serde_json::json!({
        "version": "1.5.0",
        "plugins_used": [{ "name": "KeywordDetector" }],
        "results": {
            "a.py": [
                { "type": "Secret Keyword", "filename": "a.py", "hashed_secret": sha1("swordfish-1"), "is_verified": false, "line_number": 9 },
                { "type": "Secret Keyword", "filename": "a.py", "hashed_secret": sha1("audited-22"), "is_secret": true, "line_number": 9 },
                { "type": "Secret Keyword", "filename": "a.py", "hashed_secret": sha1("harmless-3"), "is_secret": false, "line_number": 9 },
            ],
        },
    });
    let baseline = DetectSecrets::read(file.to_string().as_bytes()).unwrap();
    let suppressions = Suppressions::new(date(TODAY)).detect_secrets(baseline);
    let text = "k = 'swordfish-1', 'audited-22', 'harmless-3', 'another-44'";
    assert!(case("a.py", text, "swordfish-1").is_quiet(&suppressions));
    assert!(case("a.py", text, "harmless-3").is_quiet(&suppressions));
    assert!(!case("a.py", text, "audited-22").is_quiet(&suppressions));
    assert!(!case("a.py", text, "another-44").is_quiet(&suppressions));
    assert!(!case("b.py", text, "swordfish-1").is_quiet(&suppressions));
    for wrong in [
        "",
        "{}",
        r#"{"results":{"a":1}}"#,
        r#"{"results":{"a":[{"hashed_secret":"x"}]}}"#,
    ] {
        assert!(DetectSecrets::read(wrong.as_bytes()).is_err(), "{wrong}");
    }
}

#[test]
fn allow_entries_need_all_that_they_name() {
    let entry = |reason: &str| AllowEntry {
        reason: reason.to_owned(),
        ..AllowEntry::default()
    };
    let some = |text: &str| Some(text.to_owned());
    let entries = [
        AllowEntry {
            rule: some("other-rule"),
            ..entry("another rule")
        },
        AllowEntry {
            path: some("tests/**"),
            pattern: some("^sword"),
            ..entry("of the tests")
        },
        AllowEntry {
            value: Some(key().value("", b"known-5555")),
            ..entry("of the sandbox")
        },
        AllowEntry {
            path: some("*.snap"),
            until: some("2026-01-30"),
            ..entry("until then")
        },
    ];
    let allow = Allow::new(&entries, Some(key())).unwrap();
    let suppressions = Suppressions::new(date(TODAY)).allow(allow);
    let text = "k = 'swordfish-1', 'known-5555', 'another-44'";
    assert!(case("tests/a.py", text, "swordfish-1").is_quiet(&suppressions));
    assert!(!case("tests/a.py", text, "another-44").is_quiet(&suppressions));
    assert!(!case("shop/a.py", text, "swordfish-1").is_quiet(&suppressions));
    assert!(case("shop/a.py", text, "known-5555").is_quiet(&suppressions));
    let note = "an allow entry for it has expired on 2026-01-30".to_owned();
    assert_eq!(
        case("a.snap", text, "another-44").judge(&suppressions),
        Verdict::Said(vec![note])
    );
    let used: Vec<Option<String>> = suppressions
        .used()
        .into_iter()
        .map(|used| used.reason)
        .collect();
    assert_eq!(used, [some("of the sandbox"), some("of the tests")]);
    let unused: Vec<Unused> = suppressions.unused();
    let names: Vec<(&str, bool)> = unused
        .iter()
        .map(|unused| (unused.entry.as_str(), unused.expired))
        .collect();
    assert_eq!(
        names,
        [("path `*.snap`", true), ("rule `other-rule`", false)]
    );
}

#[test]
fn an_allow_entry_that_cannot_be_used_is_refused() {
    let some = |text: &str| Some(text.to_owned());
    let entry = AllowEntry {
        rule: some("r"),
        reason: "why".to_owned(),
        ..AllowEntry::default()
    };
    let value = "00".repeat(32);
    let cases = [
        (
            AllowEntry {
                reason: " ".to_owned(),
                ..entry.clone()
            },
            "an allow entry needs a `reason`",
        ),
        (
            AllowEntry {
                rule: None,
                ..entry.clone()
            },
            "an allow entry needs a `rule`, `path`, `value` or `pattern`: this one would accept everything",
        ),
        (
            AllowEntry {
                value: some("0"),
                ..entry.clone()
            },
            "its `value` is not 64 hex digits",
        ),
        (
            AllowEntry {
                value: Some(value),
                ..entry.clone()
            },
            "its `value` needs the key it was made with, and there is none",
        ),
        (
            AllowEntry {
                until: some("soon"),
                ..entry.clone()
            },
            "a date is written `2026-01-31`",
        ),
    ];
    for (wrong, expected) in cases {
        let (place, error) = Allow::new(&[entry.clone(), wrong], None).err().unwrap();
        assert_eq!((place, error.message.as_str()), (1, expected));
    }
    let broken = AllowEntry {
        pattern: some("("),
        ..entry
    };
    assert!(Allow::new(&[broken], None).is_err());
}

#[test]
fn what_is_kept_quiet_is_written_down_with_its_reason() {
    let suppressions = Suppressions::new(date(TODAY));
    let text =
        "a = 'swordfish-1'  # nuages:allow of the sandbox\nb = 'swordfish-2'  # nuages:allow\n";
    assert!(case("a.py", text, "swordfish-2").is_quiet(&suppressions));
    assert!(case("a.py", text, "swordfish-1").is_quiet(&suppressions));
    let used = suppressions.used();
    let seen: Vec<_> = used
        .iter()
        .map(|used| (used.line, used.reason.as_deref(), used.wants_reason))
        .collect();
    assert_eq!(seen, [(1, Some("of the sandbox"), false), (2, None, true)]);
    assert_eq!(used[0].by, By::Mark("nuages:allow"));
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

fn read(config: &str) -> Custom {
    config::gitleaks(config).unwrap_or_else(|error| panic!("{error}\n{config}"))
}

const CONFIG: &str = r#"
title = "ours"

[extend]
useDefault = true
disabledRules = ["noisy-rule"]

[[rules]]
id = "shop-token"
description = "token of the shop"
regex = '''shop_([a-z0-9]{8})\b'''
keywords = ["SHOP_"]
entropy = 2
tags = ["shop", "token"]
  [[rules.allowlists]]
  description = "of the sandbox"
  condition = "AND"
  paths = ['''^sandbox/''']
  stopwords = ["Test"]

[[rules]]
id = "shop-old"
regex = '''(old|former)=(\w+)|legacy:(\w+)'''
path = '''\.cfg$'''
  [rules.allowlist]
  regexTarget = "match"
  regexes = ['''^old=harmless''']

[[rules]]
id = "keystore"
description = "key store"
path = '''(?i)\.jks$'''

[[allowlists]]
description = "not ours"
paths = ['''^third_party/''']

[[allowlists]]
targetRules = ["shop-token"]
regexTarget = "line"
regexes = ['''# fine$''']

[allowlist]
commits = ["0123456789abcdef0123456789abcdef01234567"]
"#;

#[test]
fn a_gitleaks_configuration_is_read_to_rules() {
    // TOML has no key twice in one table, but `allowlist` and `allowlists` are two.
    let custom = read(CONFIG);
    assert!(custom.use_default);
    assert!(!custom.applies("noisy-rule", BStr::new("a")));
    assert!(custom.applies("some-rule", BStr::new("a")));
    assert!(custom.applies("shop-old", BStr::new("a.cfg")));
    assert!(!custom.applies("shop-old", BStr::new("a.py")));
    assert!(custom.skips(BStr::new("third_party/a.py")));
    assert!(!custom.skips(BStr::new("shop/a.py")));
    let files: Vec<&str> = custom
        .file_rules(BStr::new("a.JKS"))
        .map(|rule| &*rule.title)
        .collect();
    assert_eq!(files, ["key store"]);
    assert_eq!(custom.file_rules(BStr::new("a.py")).count(), 0);
    let rules: Vec<(&str, &str, usize)> = custom
        .rules
        .iter()
        .map(|rule| (&*rule.id, &*rule.title, rule.group))
        .collect();
    // Of several groups none is in every match: the whole match.
    assert_eq!(
        rules,
        [
            ("shop-token", "token of the shop", 1),
            ("shop-old", "shop-old", 0)
        ]
    );
    assert_eq!(
        custom.rules[0].keywords.first().map(|word| &**word),
        Some("shop_")
    );
    assert!((custom.rules[0].entropy - 2.0).abs() < f32::EPSILON);
}

#[test]
fn the_allowlists_of_a_gitleaks_configuration_count() {
    let suppressions = Suppressions::new(date(TODAY)).custom(read(CONFIG));
    let quiet = |rule, path, text, secret, commit| {
        Case {
            rule,
            path,
            text,
            secret,
            commit,
        }
        .is_quiet(&suppressions)
    };
    let text = "k = shop_abtest12, old=harmless1, old=other123";
    assert!(quiet("shop-token", "sandbox/a", text, "abtest12", None));
    assert!(!quiet("shop-token", "shop/a", text, "abtest12", None));
    assert!(!quiet("other-rule", "sandbox/a", text, "abtest12", None));
    assert!(quiet("shop-old", "a.cfg", text, "harmless1", None));
    assert!(!quiet("shop-old", "a.cfg", text, "other123", None));
    assert!(quiet("any", "third_party/a", text, "other123", None));
    let line = "a = shop_12345678 # fine\nb = shop_87654321";
    assert!(quiet("shop-token", "a", line, "12345678", None));
    assert!(!quiet("shop-token", "a", line, "87654321", None));
    assert!(!quiet("any", "a", line, "12345678", None));
    let commit = "0123456789ABCDEF0123456789abcdef01234567";
    assert!(quiet("any", "a", line, "87654321", Some(commit)));
    assert_eq!(suppressions.used()[0].by, By::Allowlist);
}

#[test]
fn a_configuration_goes_over_the_one_it_builds_on() {
    let base = read(
        "[[rules]]\nid = 'a'\nregex = 'base-a'\n[[rules]]\nid = 'b'\nregex = 'base-b'\n[[rules]]\nid = 'c'\nregex = 'base-c'\n\
         [allowlist]\npaths = ['^base/']\n",
    );
    let own = read(
        "[extend]\npath = 'base.toml'\ndisabledRules = ['c']\n[[rules]]\nid = 'a'\nregex = 'own-a'\n\
         [[rules]]\nid = 'b'\n[[rules.allowlists]]\nstopwords = ['fine']\n",
    );
    assert_eq!(own.extends.as_deref(), Some("base.toml"));
    let both = own.over(base);
    let mut patterns: Vec<&str> = both
        .rules
        .iter()
        .filter_map(|rule| rule.pattern.as_deref())
        .collect();
    patterns.sort_unstable();
    assert_eq!(patterns, ["base-b", "own-a"]);
    assert!(both.skips(BStr::new("base/x")));
    let suppressions = Suppressions::new(date(TODAY)).custom(both);
    let found = Case {
        rule: "b",
        ..case("x", "k = base-b-fine", "base-b-fine")
    };
    assert!(found.is_quiet(&suppressions));
}

#[test]
fn what_is_not_understood_in_a_configuration_is_said_with_its_line() {
    let cases = [
        ("a = [", 1, "this is not TOML"),
        ("\nrule = 1", 2, "a configuration has no key `rule`"),
        ("[[rules]]\nregex = 'a'", 1, "a rule has no `id`"),
        (
            "[[rules]]\nid = 'a'",
            1,
            "the rule `a` has neither `regex` nor `path`",
        ),
        (
            "[[rules]]\nid = 'a'\nregex = 'x'\n[[rules]]\nid = 'a'\nregex = 'x'",
            4,
            "there is another rule `a`",
        ),
        (
            "[[rules]]\nid = 'a'\nregex = 'a(?=b)'",
            3,
            "`regex` cannot be used",
        ),
        (
            "[[rules]]\nid = 'a'\nregex = '\\pL'",
            3,
            "`regex` cannot be used",
        ),
        (
            "[[rules]]\nid = 'a'\nregex = 'a'\nsecretGroup = 1",
            1,
            "the rule `a` has no group",
        ),
        (
            "[[rules]]\nid = 'a'\nregex = 'a'\nentropy = 'x'",
            4,
            "`entropy` is no number",
        ),
        (
            "[[rules]]\nid = 'a'\nregex = 'a'\nkeyword = 'x'",
            4,
            "a rule has no key `keyword`",
        ),
        (
            "[[rules]]\nid = 'a'\nregex = 'a'\n[[rules.required]]\nid = 'b'",
            4,
            "rules that need other rules",
        ),
        ("[rules]\nid = 'a'", 1, "rules is written `[[rules]]`"),
        ("[allowlist]\ndescription = 'x'", 1, "an allowlist is empty"),
        (
            "[allowlist]\nregexTarget = 'file'\nregexes = ['a']",
            2,
            "`regexTarget` is",
        ),
        (
            "[allowlist]\ncondition = 'XOR'\nregexes = ['a']",
            2,
            "`condition` is",
        ),
        (
            "[allowlist]\nregexes = [\n'a',\n'(']",
            4,
            "`regexes` cannot be used",
        ),
        ("[allowlist]\nstopwords = ['']", 2, "an empty word"),
        ("[extend]\nurl = 'x'", 2, "`extend` has no key `url`"),
    ];
    for (config, line, message) in cases {
        let error = config::gitleaks(config)
            .err()
            .unwrap_or_else(|| panic!("{config}"));
        assert_eq!(error.line, Some(line), "{config}\n{error}");
        assert!(error.message.starts_with(message), "{config}\n{error}");
    }
}

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
        let suppressions = Suppressions::new(date(TODAY)).custom(read(CONFIG)).baseline(baseline_of(&[]));
        for shaped in [false, true] {
            let _ = suppressions.judge(&Candidate { rule: "shop-old", shaped, text: &text, span: &span, line: 1, commit: None });
        }
        // Neither do places that lie outside of the text.
        let _ = nuages::scan::suppress::allowed(&text, "a", &(span.start..usize::MAX), true);
        let _ = nuages::scan::suppress::allowed(&text, "a", &(usize::MAX..usize::MAX), false);
    }
}
