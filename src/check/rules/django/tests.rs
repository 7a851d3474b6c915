//! Each rule for Django's settings: what it is found in, in `[env]` and in evaluated settings, and the nearest that it is
//! not found in.

use serde_json::json;

use super::{PAIRS, RULES, is_same, keys::weakness};
use crate::{
    check::testing::{evaluated, found, ids, ids_with, look},
    finding::Severity,
    render::Document,
    value::{Table, Text, Value},
};

/// Sixty characters of twelve kinds.
fn key(number: usize) -> String {
    let parts = ["q7Zx", "Lm9R", "tY4w", "Nb3G", "hJ8s"];
    (0..15)
        .map(|at| parts[(at * (number + 1) + number) % parts.len()])
        .collect()
}

/// More former keys than there should be.
fn formers() -> [String; 4] {
    [key(0), key(2), key(3), key(2).chars().rev().collect()]
}

#[track_caller]
fn holds(rule: &str, wrong: &[&str], right: &[&str]) {
    for body in wrong {
        let text = format!("[env]\n{body}\n");
        let found = ids(&text);
        assert!(
            found.contains(&rule),
            "{rule} is not found: {found:?}\n{text}"
        );
    }
    for body in right {
        let text = format!("[env]\n{body}\n");
        let found = ids(&text);
        assert!(!found.contains(&rule), "{rule} is found: {found:?}\n{text}");
    }
}

#[test]
fn keys_that_can_be_guessed() {
    let good = key(1);
    for weak in [
        "",
        "changeme",
        "<your key>",
        &format!("django-insecure-{good}"),
        &good[..49],
        &"abcd".repeat(15),
    ] {
        assert!(weakness(weak).is_some(), "{weak}");
    }
    assert_eq!(weakness(&good), None);
    assert_eq!(weakness(&format!("{}e", "abcd".repeat(13))), None);
    holds(
        "DJ009",
        &[
            "SECRET_KEY = \"\"",
            "DJANGO_SECRET_KEY = \"short\"",
            "SECRET_KEY = \"${env://SECRET_KEY:-changeme}\"",
            "SECRET_KEY = { value = \"changeme\" }",
        ],
        &[
            "SECRET_KEY = \"${env://SECRET_KEY}\"",
            "OTHER_SECRET_KEY = \"short\"",
            &format!("SECRET_KEY = \"{good}\""),
        ],
    );
}

#[test]
fn a_resolved_key_is_looked_at() {
    let manifest = "[env]\nSECRET_KEY = \"${env://SECRET_KEY}\"\n";
    let with = |value: &str| {
        let value = Value::Text(Text::secret(value));
        let document = Document {
            databases: Table::new(),
            env: [("SECRET_KEY".to_owned(), value)].into_iter().collect(),
        };
        let found = look(manifest, &[], Some(&document));
        found.iter().map(|one| one.rule.id).collect::<Vec<_>>()
    };
    assert_eq!(with("too short"), ["DJ009"]);
    assert!(with(&key(1)).is_empty());
}

#[test]
fn lists_that_references_bring() {
    let manifest =
        "[env]\nSECRET_KEY_FALLBACKS = \"${env://OLD}\"\nALLOWED_HOSTS = \"${env://HOSTS}\"\n";
    let with = |keys: &[&str], hosts: &[&str]| {
        let list = |items: &[&str]| {
            Value::List(
                items
                    .iter()
                    .map(|&item| Value::Text(Text::secret(item)))
                    .collect(),
            )
        };
        let values = [
            ("SECRET_KEY_FALLBACKS", list(keys)),
            ("ALLOWED_HOSTS", list(hosts)),
        ];
        let values = values.map(|(name, value)| (name.to_owned(), value));
        let document = Document {
            databases: Table::new(),
            env: values.into_iter().collect(),
        };
        let found = look(manifest, &[], Some(&document));
        found.iter().map(|one| one.rule.id).collect::<Vec<_>>()
    };
    let good = key(1);
    assert!(with(&[&good], &["shop.example"]).is_empty());
    assert_eq!(with(&["short", &good], &[]), ["DJ020", "DJ025"]);
    assert_eq!(with(&[], &["*"]), ["DJ020"]);
}

#[test]
fn former_keys() {
    let good = key(1);
    let many = formers();
    holds(
        "DJ025",
        &[
            "SECRET_KEY_FALLBACKS = \"${env://OLD:-changeme}\"",
            "SECRET_KEY_FALLBACKS = \"one,two\"",
            "DJANGO_SECRET_KEY_FALLBACKS = '[\"one\"]'",
            "SECRET_KEY = \"${env://KEY}\"\nSECRET_KEY_FALLBACKS = \"${env://OLD},${env://KEY}\"",
            &format!("SECRET_KEY = \"{good}\"\nSECRET_KEY_FALLBACKS = \"{good}\""),
            &format!("SECRET_KEY_FALLBACKS = \"{}\"", many.join(",")),
            "SECRET_KEY_FALLBACKS = \"${env://A},${env://B},${env://C},${env://D}\"",
        ],
        &[
            "SECRET_KEY_FALLBACKS = \"\"",
            "SECRET_KEY_FALLBACKS = \"[]\"",
            "SECRET_KEY = \"${env://KEY}\"\nSECRET_KEY_FALLBACKS = \"${env://OLD}\"",
            &format!("SECRET_KEY_FALLBACKS = \"{}\"", many[..3].join(",")),
            &format!("SECRET_KEY_FALLBACKS = '[\"{}\"]'", key(2)),
        ],
    );
}

#[test]
fn what_is_for_development() {
    holds(
        "DJ018",
        &[
            "DEBUG = true",
            "DEBUG = 1",
            "DJANGO_DEBUG = \"True\"",
            "DEBUG = \"on\"",
            "DEBUG = \"${env://DEBUG:-yes}\"",
        ],
        &[
            "DEBUG = false",
            "DEBUG = \"0\"",
            "DEBUG = \"\"",
            "DEBUG = \"${env://DEBUG}\"",
            "DEBUG_TOOLBAR = true",
            "DEBUG = \"${env://DEBUG:-false}\"",
        ],
    );
    holds(
        "DJ020",
        &[
            "ALLOWED_HOSTS = \"*\"",
            "ALLOWED_HOSTS = \"\"",
            "DJANGO_ALLOWED_HOSTS = \"shop.example, *\"",
            "ALLOWED_HOSTS = '[\"shop.example\", \"*\"]'",
            "ALLOWED_HOSTS = \"${env://HOSTS:-*}\"",
        ],
        &[
            "ALLOWED_HOSTS = \"shop.example\"",
            "ALLOWED_HOSTS = \".shop.example www.shop.example\"",
            "ALLOWED_HOSTS = \"${env://HOSTS}\"",
        ],
    );
    let severity = |body: &str| found(&format!("[env]\n{body}\n"), &[])[0].severity;
    assert_eq!(severity("ALLOWED_HOSTS = \"\""), Severity::Error);
    assert_eq!(severity("ALLOWED_HOSTS = \"*\""), Severity::Warning);
}

#[test]
fn profiles_for_development_may() {
    let text = "[env]\nDEBUG = \"false\"\n\n[profiles.dev.env]\nDEBUG = \"true\"\nSECRET_KEY = \"dev\"\nALLOWED_HOSTS = \"*\"\n\
                SECURE_SSL_REDIRECT = \"false\"\n";
    assert!(
        !ids(text).iter().any(|id| id.starts_with("DJ")),
        "{:?}",
        ids(text)
    );
    // What a profile for production is put on is not deployed by itself.
    let text = "[env]\nDEBUG = \"true\"\n\n[profiles.prod.env]\nDEBUG = \"false\"\n";
    assert!(ids(text).is_empty(), "{:?}", ids(text));
    let text = "[env]\nDEBUG = \"false\"\n\n[profiles.prod.env]\nDEBUG = \"true\"\n";
    assert_eq!(ids_with(text, &["prod"]), ["DJ018"]);
    assert_eq!(ids(text), ["DJ018"]);
}

#[test]
fn what_browsers_are_told() {
    for (rule, setting) in [
        ("DJ005", "SECURE_HSTS_INCLUDE_SUBDOMAINS"),
        ("DJ006", "SECURE_CONTENT_TYPE_NOSNIFF"),
        ("DJ008", "SECURE_SSL_REDIRECT"),
        ("DJ012", "SESSION_COOKIE_SECURE"),
        ("DJ016", "CSRF_COOKIE_SECURE"),
        ("DJ021", "SECURE_HSTS_PRELOAD"),
    ] {
        holds(
            rule,
            &[
                &format!("{setting} = false"),
                &format!("{setting} = \"False\""),
                &format!("DJANGO_{setting} = \"0\""),
            ],
            &[
                &format!("{setting} = true"),
                &format!("{setting} = \"1\""),
                &format!("{setting} = \"${{env://A}}\""),
            ],
        );
    }
    holds(
        "DJ004",
        &["SECURE_HSTS_SECONDS = 0", "SECURE_HSTS_SECONDS = \"0\""],
        &[
            "SECURE_HSTS_SECONDS = 3600",
            "SECURE_HSTS_SECONDS = \"31536000\"",
        ],
    );
    holds(
        "DJ019",
        &["X_FRAME_OPTIONS = \"SAMEORIGIN\"", "X_FRAME_OPTIONS = \"\""],
        &["X_FRAME_OPTIONS = \"DENY\"", "X_FRAME_OPTIONS = \"deny\""],
    );
    holds(
        "DJ022",
        &[
            "SECURE_REFERRER_POLICY = \"\"",
            "SECURE_REFERRER_POLICY = \"none\"",
        ],
        &["SECURE_REFERRER_POLICY = \"no-referrer\""],
    );
}

/// Settings in which nothing is wrong.
fn sound() -> serde_json::Value {
    json!({
        "ALLOWED_HOSTS": ["shop.example"],
        "CSRF_COOKIE_SECURE": true,
        "CSRF_USE_SESSIONS": false,
        "DEBUG": false,
        "INSTALLED_APPS": ["django.contrib.sessions"],
        "MIDDLEWARE": [
            "django.middleware.security.SecurityMiddleware",
            "django.contrib.sessions.middleware.SessionMiddleware",
            "django.middleware.csrf.CsrfViewMiddleware",
            "django.middleware.clickjacking.XFrameOptionsMiddleware",
        ],
        "SECRET_KEY": key(1),
        "SECRET_KEY_FALLBACKS": [key(2)],
        "SECURE_CONTENT_TYPE_NOSNIFF": true,
        "SECURE_HSTS_INCLUDE_SUBDOMAINS": true,
        "SECURE_HSTS_PRELOAD": true,
        "SECURE_HSTS_SECONDS": 31_536_000,
        "SECURE_REFERRER_POLICY": "same-origin",
        "SECURE_SSL_REDIRECT": true,
        "SESSION_COOKIE_SECURE": true,
        "X_FRAME_OPTIONS": "DENY",
    })
}

#[test]
fn evaluated_settings() {
    assert!(evaluated("", sound(), false).is_empty());
    for (setting, value, rule) in [
        ("ALLOWED_HOSTS", json!([]), "DJ020"),
        ("ALLOWED_HOSTS", json!(["shop.example", "*"]), "DJ020"),
        ("CSRF_COOKIE_SECURE", json!(false), "DJ016"),
        ("DEBUG", json!(true), "DJ018"),
        ("DEBUG", json!("False"), "DJ018"),
        ("DEBUG", json!(1), "DJ018"),
        ("SECRET_KEY", json!(""), "DJ009"),
        ("SECRET_KEY", json!("short"), "DJ009"),
        ("SECRET_KEY_FALLBACKS", json!(["short"]), "DJ025"),
        ("SECRET_KEY_FALLBACKS", json!([key(1)]), "DJ025"),
        ("SECRET_KEY_FALLBACKS", json!(formers()), "DJ025"),
        ("SECURE_CONTENT_TYPE_NOSNIFF", json!(false), "DJ006"),
        ("SECURE_HSTS_INCLUDE_SUBDOMAINS", json!("yes"), "DJ005"),
        ("SECURE_HSTS_PRELOAD", json!(false), "DJ021"),
        ("SECURE_HSTS_SECONDS", json!(0), "DJ004"),
        ("SECURE_REFERRER_POLICY", json!(null), "DJ022"),
        ("SECURE_SSL_REDIRECT", json!("true"), "DJ008"),
        ("SESSION_COOKIE_SECURE", json!(false), "DJ012"),
        ("X_FRAME_OPTIONS", json!("SAMEORIGIN"), "DJ019"),
    ] {
        let mut settings = sound();
        settings[setting] = value.clone();
        let found = evaluated("", settings.clone(), false);
        let ids: Vec<&str> = found.iter().map(|one| one.rule.id).collect();
        assert_eq!(ids, [rule], "{setting} = {value}");
        assert!(
            found[0].key.starts_with(&format!("settings.{setting}")),
            "{}",
            found[0].key
        );
        // Where Django's own checks are run, those tell what ours would only repeat.
        let repeats = !["DJ009", "DJ018", "DJ020", "DJ025"].contains(&rule);
        let found = evaluated("", settings, true);
        assert_eq!(found.is_empty(), repeats, "{setting} = {value}");
    }
}

#[test]
fn without_its_middleware_a_setting_does_nothing() {
    let mut settings = sound();
    settings["MIDDLEWARE"] = json!([]);
    settings["INSTALLED_APPS"] = json!([]);
    for setting in [
        "SECURE_SSL_REDIRECT",
        "SESSION_COOKIE_SECURE",
        "CSRF_COOKIE_SECURE",
    ] {
        settings[setting] = json!(false);
    }
    settings["X_FRAME_OPTIONS"] = json!("SAMEORIGIN");
    assert!(evaluated("", settings, false).is_empty());
}

#[test]
fn every_rule_has_its_pair() {
    for rule in RULES {
        let pairs = PAIRS.iter().filter(|pair| pair.ours == rule.id).count();
        assert!(pairs > 0, "{}", rule.id);
    }
    assert!(
        PAIRS
            .iter()
            .all(|pair| RULES.iter().any(|rule| rule.id == pair.ours))
    );
    for (one, other, is) in [
        ("DJ009", "security.W009", true),
        ("security.w009", "dj009", true),
        ("security.W010", "security.W012", true),
        ("DJ009", "DJ018", false),
        ("security.W001", "DJ004", false),
        ("PG004", "pg004", true),
    ] {
        assert_eq!(is_same(one, other), is, "{one} {other}");
    }
}
