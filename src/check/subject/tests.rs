//! What names of profiles say, and what a URL's references bring.

use super::*;
use crate::check::testing::ids;

#[test]
fn a_name_says_what_a_profile_is_for() {
    for (name, is_real, is_named, alters) in [
        ("prod", true, true, false),
        ("prod1", true, true, false),
        ("production-eu", true, true, false),
        ("live", true, true, false),
        ("prod-test", false, false, false),
        ("test-prod", false, false, false),
        ("ci-prod", false, false, false),
        ("nonprod", false, false, false),
        ("non-prod", false, false, false),
        ("preprod", true, false, false),
        ("pre-prod", true, false, false),
        ("staging", true, false, false),
        ("uat", true, false, false),
        ("dev2", false, false, false),
        ("developer", false, false, false),
        ("preview", false, false, false),
        ("review", false, false, false),
        ("demo", false, false, false),
        ("qa", false, false, false),
        ("pytest", false, false, false),
        ("github", false, false, false),
        ("e2e", false, false, false),
        ("docker", true, false, false),
        ("compose", true, false, false),
        ("k8s", true, false, false),
        ("admin", true, false, false),
        ("owner", true, false, false),
        ("release", true, false, false),
        ("migrate", true, false, true),
        ("prod-migrations", true, false, true),
        ("dev-migrate", false, false, true),
    ] {
        let profiles = [name.to_owned()];
        assert_eq!(stage(&profiles) == Stage::Production, is_real, "{name}");
        assert_eq!(is_production(name), is_named, "{name}");
        assert_eq!(is_migration(name), alters, "{name}");
    }
}

#[test]
fn urls_with_many_references_and_with_numbers_like_theirs_are_read() {
    let url = |rest: &str| format!("[databases.default]\nurl = \"{rest}\"\n");
    let many = "${env://P}".repeat(200);
    for text in [
        url(&format!("postgres://u:{many}@db.shop.example/shop")),
        url("postgres://u:${env://P}64979@db64978.shop.example:${env://PORT}/shop"),
        url("postgres://${env://A}${env://B}:${env://C}@${env://H}/${env://N}?sslmode=${env://M}"),
    ] {
        assert!(!ids(&text).contains(&"GN002"), "{text}");
    }
    // What stands in the text itself is no reference.
    assert!(ids(&url("postgres://u:x64979@64979.shop.example/shop")).contains(&"GN001"));
}
