//! What depends on where a manifest is deployed: hosts of production, and what fits into the environment of a program.

use super::{database, holds};
use crate::{
    check::testing::{found, ids_with, look},
    render::Document,
    value::{Table, Value},
};

fn with_profile(host: &str, name: &str, body: &str) -> String {
    let base = database(&format!("HOST = \"{host}\""));
    format!("{base}[profiles.{name}.databases.default]\n{body}\n")
}

#[test]
fn a_host_is_production_by_a_word_of_its_name() {
    let reached =
        |name: &str, host: &str| with_profile("localhost", name, &format!("HOST = \"{host}\""));
    holds(
        "GN009",
        &[
            &reached("dev", "shop-prod.abc.eu-west-1.rds.amazonaws.com"),
            &reached("staging", "production-db.example.com"),
            &reached("ci", "db.prod.example.com"),
            &reached("pre", "db.live.example.com"),
            &with_profile("db.prd2.example.com", "dev", "NAME = \"shop_dev\""),
        ],
        &[
            &reached("dev", "db.nonprod.example.com"),
            &reached("dev", "db.non-prod.example.com"),
            &reached("dev", "db.preprod.example.com"),
            &reached("dev", "pre-prod.db.example.com"),
            &reached("dev", "db.staging.production.example.com"),
            &reached("dev", "db.products.example.com"),
            &reached("dev", "db.shop.live"),
            &reached("dev", "prod"),
            &reached("prod", "db.prod.example.com"),
            &reached("prod-migrate", "db.prod.example.com"),
            &reached("eu", "db.prod.example.com"),
            &database("HOST = \"db.prod.example.com\""),
        ],
    );
}

#[test]
fn a_profile_that_is_asked_for_is_held_against_production() {
    let inherits = with_profile("db.shop.example", "dev", "CONN_MAX_AGE = 0");
    let named = inherits.clone() + "[profiles.prod.env]\nX = \"1\"\n";
    let own = with_profile("db.shop.example", "dev", "HOST = \"localhost\"");
    for text in [&inherits, &named] {
        for profiles in [&[][..], &["dev"]] {
            assert!(
                ids_with(text, profiles).contains(&"GN009"),
                "{profiles:?}\n{text}"
            );
        }
    }
    assert!(!ids_with(&own, &["dev"]).contains(&"GN009"));
    // What only the production profile has is not told of another.
    let elsewhere = own + "[profiles.prod.databases.default]\nUSER = \"postgres\"\n";
    let all = found(&elsewhere, &["dev"]);
    assert!(all.iter().all(|one| one.rule.id != "PG021"));
}

#[test]
fn without_a_profile_it_is_for_development_where_another_is_for_production() {
    let env = "[env]\nDEBUG = \"true\"\nALLOWED_HOSTS = \"*\"\n";
    let production = "[profiles.prod.env]\nDEBUG = \"false\"\nALLOWED_HOSTS = \"shop.example\"\n";
    let document = Document::default();
    let ids = |text: &str| -> Vec<&str> {
        let all = look(text, &[], Some(&document));
        all.iter().map(|one| one.rule.id).collect()
    };
    let alone = ids(env);
    assert!(
        alone.contains(&"DJ018") && alone.contains(&"DJ020"),
        "{alone:?}"
    );
    assert_eq!(ids(&format!("{env}{production}")), [""; 0]);
    let staging = production.replace("prod", "staging");
    assert!(ids(&format!("{env}{staging}")).contains(&"DJ018"));
}

#[test]
fn all_databases_are_one_variable() {
    let text = database("HOST = \"db.shop.example\"").replace(
        "sslrootcert = \"system\"",
        "sslrootcert = \"system\", application_name = \"${env://A}\"",
    );
    let is_found = |name: &str| {
        let options: Table = [("application_name".to_owned(), Value::plain(name))]
            .into_iter()
            .collect();
        let table: Table = [("OPTIONS".to_owned(), Value::Table(options))]
            .into_iter()
            .collect();
        let document = Document {
            databases: [("default".to_owned(), Value::Table(table))]
                .into_iter()
                .collect(),
            env: Table::new(),
        };
        let found = look(&text, &[], Some(&document));
        let found = found.iter().find(|one| one.rule.id == "GN016");
        found.map(|one| one.key.clone())
    };
    let key = "databases.default.OPTIONS.application_name";
    assert_eq!(is_found(&"a".repeat(131_000)).as_deref(), Some(key));
    assert_eq!(is_found(&"a".repeat(130_000)), None);
    // A blank is written as six bytes.
    assert_eq!(is_found(&" ".repeat(22_000)).as_deref(), Some(key));
    assert_eq!(is_found(&" ".repeat(21_000)), None);
}
