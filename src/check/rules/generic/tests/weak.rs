//! Passwords that people make, placeholders of tools, and what only looks like them.

use super::{brought, database, env, holds_each};
use crate::{
    check::testing::{found, ids_with, look, severity},
    finding::Severity,
};

fn with(password: &str) -> String {
    database(&format!("USER = \"shop_app\"\nPASSWORD = '{password}'"))
}

#[test]
fn derived_from_names_and_words() {
    let weak = [
        "password-for-shop",
        "shop_app_password",
        "shopapppassword",
        "ShopApp2025!!!",
        "azerty123456",
        "Summer2025!!!!",
        "abc123abc123abc",
        "x7Kq9x7Kq9x7Kq9",
        "shop_app_password_2345",
        "the-shop-database-1",
    ];
    let strong = [
        "TODOlist-93-Larks-Moor",
        "hammock-Larks-93-unsampled",
        "[q8Zr!LmPw2Xy7Vb]",
        "shop-7f3a9c21d4e8",
        "dbVsaXsysQ7m2KpL",
        "march-of-9-Penguins-uphill",
        "%q8Zr!LmPw2Xy7Vb%",
        "__q8ZrLmPw2Xy7Vb__",
        "@jTxEUNOBvaUSsZ@",
        "X=P89!Pw%@QKh!",
        "158f345a7849108db389d0f921625137",
    ];
    holds_each("GN003", &weak.map(with), &strong.map(with));
}

#[test]
fn placeholders_of_tools() {
    let weak = [
        "#{DbPassword}#",
        "%DB_PASSWORD%",
        "__DB_PASSWORD__",
        "@@DB_PASSWORD@@",
        "<%= db_password %>",
        "TODO-password-later",
    ];
    holds_each("GN003", &weak.map(with), &[]);
    for text in weak {
        let found = found(&with(text), &[]);
        let one = found.iter().find(|one| one.rule.id == "GN003").unwrap();
        assert!(
            one.notes
                .contains(&"it is a placeholder that nobody has filled in".to_owned()),
            "{text}: {:?}",
            one.notes
        );
    }
}

/// What a variable brings, with its name.
fn is_found(name: &str, value: &str) -> bool {
    let text = database("") + &format!("[env]\n{name} = \"${{env://V}}\"\n");
    let document = brought("qN7!bV2x-Lp9-kW4", &[(name, value)]);
    let found = look(&text, &[], Some(&document));
    let mut found = found.iter().filter(|one| one.rule.id == "GN003");
    found.any(|one| one.key == format!("env.{name}") && !one.hides)
}

#[test]
fn keys_that_nobody_has_filled_in() {
    for value in [
        "changeme",
        "TODO",
        "xxx",
        "<your-api-key>",
        "REPLACE_ME",
        "${STRIPE_KEY}",
        "__STRIPE_KEY__",
    ] {
        assert!(is_found("STRIPE_SECRET_KEY", value), "{value}");
    }
    for (name, value) in [
        ("STRIPE_SECRET_KEY", "q7ZkW2mPx9Lr4TbVq7ZkW2mP"),
        ("STRIPE_SECRET_KEY", ""),
        ("STRIPE_SECRET_KEY", "none"),
        ("CACHE_KEY_PREFIX", "sample"),
        // A rule of its own tells.
        ("SECRET_KEY", "changeme"),
        ("MOTTO", "changeme"),
    ] {
        assert!(!is_found(name, value), "{name} {value}");
    }
}

#[test]
fn passwords_of_addresses() {
    for value in [
        "rediss://:changeme@c.shop.example:6380/0",
        "amqp://guest:guest@mq.shop.example//",
        "amqp://broker:broker@mq.shop.example//",
        "redis://:%63hangeme@c.shop.example",
    ] {
        assert!(is_found("REDIS_URL", value), "{value}");
    }
    for value in [
        "rediss://:q7ZkW2mPx9Lr4TbV@c.shop.example:6380/0",
        "redis://c.shop.example",
        "https://q7ZkW2mPx9Lr4TbVq7ZkW2mP@sentry.example/1",
    ] {
        assert!(!is_found("REDIS_URL", value), "{value}");
    }
    let by_default = |host: &str| {
        env(&format!(
            "A_URL = \"${{env://A:-redis://:letmein@{host}/0}}\""
        ))
    };
    assert_eq!(
        severity("GN003", &by_default("c.shop.example"), &[]),
        Some(Severity::Error)
    );
    assert_eq!(
        severity("GN003", &by_default("localhost:6379"), &[]),
        Some(Severity::Warning)
    );
    assert_eq!(
        severity("GN003", &by_default("[::1]"), &[]),
        Some(Severity::Warning)
    );
}

/// As the documentation writes a database on the developer's own machine.
#[test]
fn a_default_on_a_laptop() {
    let with = |profile: &str, host: &str, password: &str| {
        let text = format!(
            "{}[profiles.{profile}.databases.default]\nHOST = \"{host}\"\nPASSWORD = \"{password}\"\n",
            database("")
        );
        ids_with(&text, &[profile]).contains(&"GN001")
    };
    assert!(!with("dev", "localhost", "${env://DEV_PASSWORD:-dev}"));
    assert!(with("dev", "localhost", "laptop"));
    assert!(with("dev", "localhost", "${env://P:-q7ZkW2mPx9Lr4TbV}"));
    assert!(with("dev", "dev.shop.example", "${env://P:-dev}"));
    assert!(with("prod", "localhost", "${env://P:-dev}"));
}
