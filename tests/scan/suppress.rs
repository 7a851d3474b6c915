//! What is not said again: by value, by mark, by what other tools' users have written. And that nothing else is.

mod baseline;
mod gitleaks;
mod hostile;

use std::fmt::Write as _;

use gix::bstr::BStr;
use nuages::scan::{
    suppress::{
        Allow, AllowEntry, By, Candidate, Date, DetectSecrets, GitleaksIgnore, Key, Suppressions,
        Unused, Verdict, baseline::Item,
    },
    text::Text,
};

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
            .fold(String::new(), |mut text, byte| {
                let _ = write!(text, "{byte:02x}");
                text
            })
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
