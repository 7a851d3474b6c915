//! Configurations of gitleaks, read to rules and allowlists.

use gix::bstr::BStr;
use nuages::scan::{
    config::{self, Custom},
    suppress::{By, Suppressions},
};

use super::{Case, TODAY, case, date};

pub(super) fn read(config: &str) -> Custom {
    config::gitleaks(config).unwrap_or_else(|error| panic!("{error}\n{config}"))
}

pub(super) const CONFIG: &str = r#"
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
