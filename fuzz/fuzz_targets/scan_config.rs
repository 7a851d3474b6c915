//! What people write to steer a scan: a configuration of gitleaks, `[scan]` of the manifest, own rules, allow entries,
//! globs; read, and used on a text where it can be used. The first byte says which; NUL bytes part what follows.
#![no_main]

use std::borrow::Cow;

use libfuzzer_sys::fuzz_target;
use nuages::{
    finding::Confidence,
    manifest::Manifest,
    registry::Registry,
    scan::{
        config,
        detect::Detector,
        glob,
        rule::{self, Rule},
        suppress::{Allow, AllowEntry, Key, Suppressions},
        text::Text,
    },
};
use nuages_fuzz::{
    check,
    scan::{DETECTOR, check_spans, expand, in_time, parts, scan_stream, today},
};

fuzz_target!(|input: &[u8]| {
    let [mode, _, bytes @ ..] = input else {
        return;
    };
    match mode {
        b'g' => gitleaks(bytes),
        b'm' => manifest(&String::from_utf8_lossy(bytes)),
        b'r' => own_rule(bytes),
        b'a' => allow(bytes),
        _ => globs(bytes),
    }
});

/// Two configurations, one over the other, and a text.
fn gitleaks(bytes: &[u8]) {
    let [upper, lower, path, text] = parts(bytes);
    let text = expand(text.as_bytes());
    let read = |text: &str| {
        let read = in_time(text.len(), "a configuration", || config::gitleaks(text));
        if let Err(error) = &read {
            let lines = text.lines().count().max(1);
            assert!(
                error
                    .line
                    .is_none_or(|line| (1..=lines + 1).contains(&line))
            );
            assert!(!error.to_string().is_empty());
        }
        read.ok()
    };
    let Some(mut custom) = read(&upper) else {
        return;
    };
    if let Some(lower) = read(&lower) {
        custom = custom.over(lower);
    }
    let rules = custom.rules.clone();
    for rule in &rules {
        let groups = rule::check_pattern(rule.pattern.as_deref().unwrap_or_default());
        assert!(
            groups.is_ok_and(|groups| rule.group < groups),
            "an unusable rule"
        );
    }
    let _ = (
        custom.skips(path.as_bytes().into()),
        custom.file_rules(path.as_bytes().into()).count(),
    );
    used(
        rules,
        Suppressions::new(today()).custom(custom),
        &path,
        &text,
    );
}

/// Looks with these rules, and with what lets pass.
fn used(rules: Vec<Rule>, suppressions: Suppressions, path: &str, text: &[u8]) {
    let detector = Detector::new(Cow::Owned(rules));
    in_time(text.len(), "a scan", || {
        let text = Text::new(path.into(), text);
        check_spans(&text, &detector.scan(&text, Confidence::Low));
    });
    in_time(text.len(), "a scan with what is allowed", || {
        scan_stream(&detector, path, text, Confidence::Low, &suppressions);
        scan_stream(&DETECTOR, path, text, Confidence::Low, &suppressions);
    });
    for used in suppressions.used() {
        assert!(used.line >= 1);
    }
    let _ = suppressions.unused();
}

fn manifest(text: &str) {
    let text = format!("[scan]\n{text}");
    let manifest = Manifest::read("nuages.toml", text, &Registry::builtin());
    check(manifest.errors(), &manifest.source);
}

/// A rule as a manifest has it.
fn own_rule(bytes: &[u8]) {
    let [pattern, keywords, paths, path, text] = parts(bytes);
    let text = expand(text.as_bytes());
    let groups = in_time(pattern.len(), "a pattern", || rule::check_pattern(&pattern));
    let Ok(groups) = groups else {
        return;
    };
    let list = |text: &str| {
        let words = text.split(',').filter(|word| !word.is_empty());
        words
            .map(|word| Cow::Owned(word.to_ascii_lowercase()))
            .collect::<Vec<_>>()
    };
    let mut keywords: Vec<Cow<'static, str>> = list(&keywords);
    if keywords.iter().any(|keyword| keyword.len() < 4) {
        keywords.clear();
    }
    let rule = Rule {
        id: "own".into(),
        title: "own".into(),
        keywords: keywords.into(),
        multiline: pattern.contains("\\n") || pattern.contains("(?s"),
        pattern: Some(pattern.into_owned().into()),
        group: usize::from(groups > 1),
        entropy: 0.0,
        validator: None,
        confidence: Confidence::High,
        shown: 0,
        before: rule::REACH,
        after: rule::REACH,
        paths: list(&paths).into(),
        remedy: Cow::Borrowed(""),
        source: Cow::Borrowed(""),
    };
    used(vec![rule], Suppressions::new(today()), &path, &text);
}

fn allow(bytes: &[u8]) {
    let [rule, glob, value, pattern, until, path, text] = parts(bytes);
    let text = expand(text.as_bytes());
    let given = |text: Cow<'_, str>| (!text.is_empty()).then(|| text.into_owned());
    let entry = AllowEntry {
        rule: given(rule),
        path: given(glob),
        value: given(value),
        pattern: given(pattern),
        reason: "a reason".to_owned(),
        until: given(until),
    };
    let key = Key::derived(&[7; 32]).expect("a key");
    match Allow::new(&[AllowEntry::default(), entry.clone()], None) {
        Err((0, _)) => {}
        _ => panic!("an entry without a reason is taken"),
    }
    if let Ok(allow) = Allow::new(&[entry], Some(key)) {
        let suppressions = Suppressions::new(today()).allow(allow);
        scan_stream(&DETECTOR, &path, &text, Confidence::Low, &suppressions);
        let _ = (suppressions.used(), suppressions.unused());
    }
}

fn globs(bytes: &[u8]) {
    let [pattern, path] = parts(bytes);
    if path.len() > 4096 {
        return;
    }
    in_time(pattern.len(), "a glob", || {
        glob::covers(&pattern, path.as_bytes().into())
    });
}
