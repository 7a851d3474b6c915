//! Secrets that are written out: which are told, and which are let pass.

use std::time::SystemTime;

use super::*;
use crate::{
    check::settings::tests::secret,
    scan::{rule, suppress::Date},
};

/// What is said of literals in a file: rule, key and line of each, and how many are let pass.
fn written_out(path: &str, source: &str) -> (Vec<(String, Severity)>, usize) {
    let files = [File {
        path: path.to_owned(),
        text: source.to_owned().into(),
        parents: Vec::new(),
    }];
    let detector = Detector::new(rule::built_in().into());
    let suppressions = Suppressions::new(Date::of(SystemTime::now()));
    let session = Session {
        detector: &detector,
        suppressions: &suppressions,
        excludes: &|path: &BStr| path == "excluded.py",
        floor: Confidence::Medium,
    };
    let (found, suppressed) = literals(&files, &[0], &session);
    assert!(found.iter().all(|one| one.rule.id == "GN001"));
    let told = found.iter().map(|one| (one.key.clone(), one.severity));
    (told.collect(), suppressed)
}

#[test]
fn secrets_that_are_written_out() {
    let key = secret(1);
    for (source, keys) in [
        (
            format!("SECRET_KEY = '{key}'\n"),
            vec!["settings.SECRET_KEY"],
        ),
        (
            "DATABASES = {'default': {'PASSWORD': 'hunter'}}\n".to_owned(),
            vec!["databases.default.PASSWORD"],
        ),
        (
            format!("EMAIL = dict(HOST_PASSWORD='{key}')\n"),
            vec!["settings.EMAIL.HOST_PASSWORD"],
        ),
        (
            "import os\nSECRET_KEY = os.environ['SECRET_KEY']\n".to_owned(),
            vec![],
        ),
        (
            "DATABASES = {'default': {'PASSWORD': ''}}\n".to_owned(),
            vec![],
        ),
        (
            "PASSWORD_HASHERS = ['django.contrib.auth.hashers.X']\n".to_owned(),
            vec![],
        ),
    ] {
        let (found, _) = written_out("shop/settings.py", &source);
        let told: Vec<&str> = found.iter().map(|(key, _)| key.as_str()).collect();
        assert_eq!(told, keys, "{source}");
    }
    let source = format!("SECRET_KEY = '{key}'  # nuages:allow rotated daily\n");
    assert_eq!(written_out("shop/settings.py", &source), (vec![], 1));
    let source = format!("SECRET_KEY = '{key}'\n");
    assert_eq!(written_out("excluded.py", &source), (vec![], 0));
    let (found, _) = written_out("shop/settings/dev.py", &source);
    assert_eq!(found[0].1, Severity::Warning);
    let (found, _) = written_out("shop/settings/prod.py", &source);
    assert_eq!(found[0].1, Severity::Error);
}
