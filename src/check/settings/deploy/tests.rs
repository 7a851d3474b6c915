//! What Django's own checks find, and ours with them.

use std::time::SystemTime;

use serde_json::{Value, json};

use super::*;
use crate::{
    check::{
        allow::{Extent, allow},
        settings::{
            Failure, Looked,
            tests::{ids, secret},
        },
        subject::Stage,
        testing::looked,
    },
    manifest::Manifest,
    registry::Registry,
};

fn deployed(messages: Vec<Message>, more: &Value) -> Looked {
    let mut settings = json!({
        "DEBUG": false,
        "ALLOWED_HOSTS": ["shop.example"],
        "SECRET_KEY": secret(0).repeat(3),
        "MIDDLEWARE": [],
    });
    for (key, value) in more.as_object().unwrap() {
        settings[key] = value.clone();
    }
    looked(
        "DEBUG = True\nSECRET_KEY = 'x'\n",
        settings,
        Ok(messages),
        Stage::Production,
    )
}

#[test]
fn what_django_finds_too_is_told_once() {
    let weak = json!({"SECRET_KEY": "short", "DEBUG": true});
    let messages = vec![
        Message::warning(
            "security.W009",
            "Your SECRET_KEY has less than 50 characters.",
        ),
        Message::warning(
            "security.W018",
            "You should not have DEBUG set to True in deployment.",
        ),
        Message::warning(
            "security.W008",
            "Your SECURE_SSL_REDIRECT setting is not set to True.",
        ),
    ];
    let found = deployed(messages, &weak).found;
    assert_eq!(
        ids(&found),
        ["security.W009", "security.W018", "security.W008"]
    );
    let [key, debug, redirect] = &found[..] else {
        panic!()
    };
    assert_eq!(key.severity, Severity::Error);
    assert_eq!(key.rule.id, "DJ009");
    assert!(
        key.notes.contains(&"also `DJ009` of nuages".to_owned()),
        "{:?}",
        key.notes
    );
    assert!(
        key.notes
            .contains(&"it has fewer than 50 characters".to_owned())
    );
    assert_eq!(debug.severity, Severity::Error);
    assert_eq!(redirect.severity, Severity::Warning);
    assert_eq!(redirect.key, "settings.SECURE_SSL_REDIRECT");
}

#[test]
fn each_former_key_is_its_own() {
    let messages = vec![Message::warning(
        "security.W025",
        "Your SECRET_KEY_FALLBACKS[1] has less than 50 characters.",
    )];
    let formers = json!({"SECRET_KEY_FALLBACKS": [secret(0).repeat(3), "short"]});
    let found = deployed(messages, &formers).found;
    assert_eq!(ids(&found), ["DJ025", "security.W025"]);
    assert_eq!(found[1].key, "settings.SECRET_KEY_FALLBACKS.1");
}

#[test]
fn other_checks_of_django_have_their_own_words() {
    let message = Message {
        hint: Some("Set  DEFAULT_AUTO_FIELD.".to_owned()),
        about: Some("shop.Cart".to_owned()),
        ..Message::warning(
            "models.W042",
            "Auto-created primary key used. When not defining one.",
        )
    };
    let mine = Message {
        level: 40,
        ..Message::warning("shop.E001", "The setting MIDDLEWARE is odd.")
    };
    let advice = Message {
        level: 20,
        ..Message::warning("shop.I001", "x")
    };
    let found = deployed(vec![message, mine, advice], &json!({})).found;
    assert_eq!(ids(&found), ["models.W042", "shop.E001", "shop.I001"]);
    assert_eq!(found[0].title(), "Auto-created primary key used");
    assert_eq!(found[0].notes, ["When not defining one"]);
    assert_eq!(found[0].remedy.as_deref(), Some("Set DEFAULT_AUTO_FIELD."));
    assert_eq!(found[0].key, "shop.Cart");
    assert_eq!(found[1].key, "settings.MIDDLEWARE");
    let severities: Vec<Severity> = found.iter().map(|one| one.severity).collect();
    assert_eq!(
        severities,
        [Severity::Warning, Severity::Error, Severity::Advice]
    );
}

#[test]
fn settings_silence_djangos_checks_and_ours_with_them() {
    let messages = vec![
        Message::warning(
            "security.W008",
            "Your SECURE_SSL_REDIRECT setting is not set to True.",
        ),
        Message::warning("shop.W001", "x"),
    ];
    let silenced = json!({"SILENCED_SYSTEM_CHECKS": ["security.W008", "shop.W001", "security.W009"], "SECRET_KEY": "short"});
    let looked = deployed(messages, &silenced);
    assert!(looked.found.is_empty(), "{:?}", ids(&looked.found));
    assert_eq!(looked.suppressed.len(), 3);
}

#[test]
fn in_development_nothing_is_said_of_deployments() {
    let settings = json!({"DEBUG": true, "SECRET_KEY": "short", "ALLOWED_HOSTS": ["*"]});
    let found = looked("", settings, Err(Failure::Late), Stage::Development).found;
    assert!(found.is_empty(), "{:?}", ids(&found));
}

#[test]
fn values_that_are_known_are_masked_in_what_others_say() {
    let text = format!("The setting is {} or {}.", secret(1), secret(2));
    let message = Message {
        hint: Some(format!("not {}", secret(2))),
        ..Message::warning("shop.W001", &text)
    };
    let settings = json!({
        "DB_PASSWORD": secret(1),
        "BROKER": format!("amqp://a:{}@mq.shop.example//", secret(2)),
    });
    let found = deployed(vec![message], &settings).found;
    let one = found.iter().find(|one| one.id() == "shop.W001").unwrap();
    assert_eq!(one.title(), "The setting is ******** or ********");
    assert_eq!(one.remedy.as_deref(), Some("not ********"));
}

#[test]
fn exceptions_go_by_either_id() {
    let entries = |rule: &str, key: &str| {
        let text = format!(
            "[check]\nallow = [{{ rule = \"{rule}\", at = \"{key}\", reason = \"the proxy does\" }}]\n"
        );
        let manifest = Manifest::read("nuages.toml", text, &Registry::builtin());
        assert!(manifest.errors().is_empty(), "{:?}", manifest.errors());
        manifest.check.allow
    };
    let found = || {
        let weak = Message::warning("security.W009", "x");
        deployed(vec![weak], &json!({"SECRET_KEY": "short"})).found
    };
    let now = SystemTime::now();
    for (rule, key, is_let_pass) in [
        ("DJ009", "settings", true),
        ("security.W009", "settings.SECRET_KEY", true),
        ("security.W008", "settings", false),
        ("DJ009", "settings.DEBUG", false),
    ] {
        let allowed = allow(found(), &entries(rule, key), now, Extent::Settings);
        assert_eq!(
            allowed.suppressed.len(),
            usize::from(is_let_pass),
            "{rule} {key}"
        );
        assert_eq!(
            ids(&allowed.found).contains(&"CK002"),
            !is_let_pass,
            "{rule} {key}"
        );
        // Without the settings nobody knows.
        let allowed = allow(Vec::new(), &entries(rule, key), now, Extent::Manifest);
        assert!(allowed.found.is_empty());
    }
}
