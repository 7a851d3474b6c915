//! Addresses of databases in variables, as django-environ and dj-database-url read them.

use super::{brought, env, holds_each};
use crate::check::testing::{found, look};

fn address(name: &str, address: &str) -> String {
    env(&format!("{name} = \"{address}\""))
}

const LOGIN: &str = "a:${env://P | urlencode}";

#[test]
fn an_address_is_held_against_the_rules_on_tls_and_logins() {
    let at = |rest: &str| address("DATABASE_URL", &format!("postgres://{LOGIN}@{rest}"));
    let mysql = |login: &str, query: &str| {
        let login = format!("{login}:${{env://P | urlencode}}");
        address(
            "SHOP_DATABASE_URL",
            &format!("mysql://{login}@db.shop.example/shop{query}"),
        )
    };
    holds_each(
        "PG001",
        &[at("db.shop.example/shop")],
        &[at("localhost/shop")],
    );
    holds_each(
        "PG002",
        &[at("db.shop.example/shop?sslmode=disable")],
        &[
            at("db.shop.example/shop?sslmode=verify-full"),
            address("PAGE_URL", "postgres://u@db.shop.example/x?sslmode=disable"),
            address("DATABASE_URL", "https://db.shop.example/x?sslmode=disable"),
            address("DATABASE_URL", "${env://WHOLE}"),
        ],
    );
    holds_each(
        "PG004",
        &[at("db.shop.example/shop?sslmode=require")],
        &[at("db.shop.example/shop?sslmode=verify-full")],
    );
    holds_each("MY007", &[mysql("root", "")], &[mysql("shop", "")]);
    holds_each(
        "MY001",
        &[mysql("shop", "")],
        &[mysql("shop", "?ssl_mode=VERIFY_IDENTITY")],
    );
    holds_each(
        "OR004",
        &[address(
            "DATABASE_URL",
            "oracle://system:${env://P | urlencode}@db.shop.example:2484/shop",
        )],
        &[],
    );
}

#[test]
fn what_is_found_stands_at_the_variable() {
    let text = address(
        "DATABASE_URL",
        &format!("postgres://{LOGIN}@db.shop.example/shop?sslmode=disable"),
    );
    let all = found(&text, &[]);
    let one = all.iter().find(|one| one.rule.id == "PG002").unwrap();
    assert_eq!(one.key, "env.DATABASE_URL");
    assert!(one.fix.is_none());
    let span = match &one.place {
        crate::check::Place::Manifest(span) => &text[span.clone()],
        other => panic!("{other:?}"),
    };
    assert!(span.contains("postgres://"), "{span}");
    // It makes no database: no other alias is missed.
    assert!(all.iter().all(|one| one.rule.id != "GN012"));
}

#[test]
fn an_address_that_a_reference_brings() {
    let text = address("DATABASE_URL", "${env://WHOLE}");
    let document = brought(
        "x",
        &[(
            "DATABASE_URL",
            "postgres://postgres:q7ZkW2mPx9Lr4TbV@db.shop.example/shop?sslmode=prefer",
        )],
    );
    let found = look(&text, &[], Some(&document));
    let mut ids: Vec<&str> = found.iter().map(|one| one.rule.id).collect();
    ids.retain(|id| id.starts_with("PG"));
    assert_eq!(ids, ["PG003", "PG021"]);
}
