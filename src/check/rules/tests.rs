//! What holds for every rule: ids, texts, and the examples that its page shows.

use std::collections::HashSet;

use super::{FAMILIES, Rule, all};
use crate::check::testing::{fixed, ids};

#[test]
fn ids_are_unique_and_in_order() {
    let mut seen = HashSet::new();
    for family in FAMILIES {
        let ids: Vec<&str> = family.rules.iter().map(|rule| rule.id).collect();
        assert!(ids.is_sorted(), "{}: {ids:?}", family.name);
        for id in ids {
            assert!(seen.insert(id), "{id} stands twice");
            let is_id = id.len() == 5 && id[..2].bytes().all(|byte| byte.is_ascii_uppercase());
            assert!(is_id, "{id} is no id");
        }
    }
}

#[test]
fn texts_are_whole() {
    for rule in all() {
        let Rule {
            id,
            title,
            why,
            remedy,
            sources,
            ..
        } = rule;
        assert!(!title.is_empty() && !title.ends_with('.'), "{id}: {title}");
        assert!(why.ends_with(['.', '?', ')']), "{id}: {why}");
        assert!(
            !remedy.is_empty() && !remedy.ends_with('.'),
            "{id}: {remedy}"
        );
        assert!(
            sources.iter().all(|source| source.starts_with("https://")),
            "{id}: {sources:?}"
        );
        assert_eq!(rule.wrong.is_empty(), rule.right.is_empty(), "{id}");
    }
}

#[test]
fn what_the_page_calls_wrong_is_found_and_what_it_calls_right_is_not() {
    for rule in all().filter(|rule| !rule.wrong.is_empty()) {
        let wrong = ids(rule.wrong);
        assert!(
            wrong.contains(&rule.id),
            "{}: {wrong:?}\n{}",
            rule.id,
            rule.wrong
        );
        let right = ids(rule.right);
        assert!(
            !right.contains(&rule.id),
            "{}: {right:?}\n{}",
            rule.id,
            rule.right
        );
    }
}

#[test]
fn what_a_fix_has_changed_is_found_no_more() {
    for rule in all().filter(|rule| !rule.wrong.is_empty()) {
        if let Some(text) = fixed(rule.wrong, rule.id) {
            let found = ids(&text);
            assert!(!found.contains(&rule.id), "{}: {found:?}\n{text}", rule.id);
        }
    }
}
