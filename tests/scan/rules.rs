//! Every rule's own examples, with the engine that runs in a scan.

use std::{borrow::Cow, fs};

use nuages::{
    finding::Confidence,
    scan::{detect::Detector, rule, text::Text},
};

use crate::notation::expand;

/// The rules as their files have them.
fn tables() -> Vec<(String, toml::Table)> {
    let mut tables = Vec::new();
    for entry in fs::read_dir("src/scan/rules").expect("the rules") {
        let path = entry.expect("a file").path();
        let text = fs::read_to_string(&path).expect("a file of rules");
        let document: toml::Table = text
            .parse()
            .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        for rule in document["rule"].as_array().expect("a list of rules") {
            tables.push((
                path.display().to_string(),
                rule.as_table().expect("a rule").clone(),
            ));
        }
    }
    tables
}

fn texts<'a>(rule: &'a toml::Table, key: &str) -> Vec<&'a str> {
    let items = rule.get(key).and_then(toml::Value::as_array);
    items
        .into_iter()
        .flatten()
        .map(|item| item.as_str().expect("a text"))
        .collect()
}

/// A file name that the rule holds for.
fn path(rule: &toml::Table) -> String {
    let glob = texts(rule, "paths")
        .first()
        .copied()
        .unwrap_or("shop/main.txt")
        .to_owned();
    glob.replace("**", "x").replace('*', "x")
}

fn finds(detector: &Detector, id: &str, path: &str, text: &str) -> bool {
    let text = Text::new(path.into(), text.as_bytes());
    detector.scan_one(id, &text, Confidence::Low)
}

#[test]
fn every_rule_finds_its_positive_examples_and_no_negative_one() {
    let detector = Detector::new(Cow::Borrowed(rule::built_in()));
    let mut wrong = Vec::new();
    for (file, rule) in tables() {
        let id = rule["id"].as_str().expect("an id");
        if !rule.contains_key("pattern") {
            continue;
        }
        let (positive, negative) = (texts(&rule, "positive"), texts(&rule, "negative"));
        if positive.len() < 2 || negative.len() < 2 {
            wrong.push(format!("{file}: {id} needs two examples of each kind"));
        }
        for seed in 1..=5 {
            for (examples, is_positive) in [(&positive, true), (&negative, false)] {
                for example in examples {
                    let text = expand(example, seed);
                    if finds(&detector, id, &path(&rule), &text) != is_positive {
                        let verb = if is_positive { "misses" } else { "takes" };
                        wrong.push(format!("{file}: {id} {verb} {example:?}"));
                    }
                }
            }
        }
    }
    wrong.sort();
    wrong.dedup();
    assert!(
        wrong.is_empty(),
        "{} examples:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

#[test]
fn every_rule_is_named_once_and_compiles() {
    let mut ids = Vec::new();
    for rule in rule::built_in() {
        assert!(!ids.contains(&&rule.id), "`{}` stands twice", rule.id);
        ids.push(&rule.id);
        if let Some(pattern) = &rule.pattern {
            let compiled = regex_automata::meta::Regex::builder()
                .syntax(
                    regex_automata::util::syntax::Config::new()
                        .unicode(false)
                        .utf8(false),
                )
                .build(pattern)
                .unwrap_or_else(|error| panic!("`{}`: {error}", rule.id));
            assert!(
                compiled.captures_len() > rule.group,
                "`{}` has no group {}",
                rule.id,
                rule.group
            );
            assert!(
                compiled.memory_usage() < 1 << 20,
                "`{}` is too large",
                rule.id
            );
        }
        assert!(
            rule.source.starts_with("https://"),
            "`{}` names no page",
            rule.id
        );
        assert!(
            !rule.title.ends_with('.') && !rule.remedy.ends_with('.'),
            "`{}` ends in a full stop",
            rule.id
        );
    }
}
