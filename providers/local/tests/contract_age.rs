//! `age` as its users meet it: the contract suite here, the rest in `age/`.
#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "tests compare values, and a failed unwrap is a failed test"
)]

mod age {
    mod keys;
    pub(crate) mod project;
    mod store;
    mod write;
}

use age::project::{Project, locator};
use nuages_provider::{
    PutOptions, Reference, SecretValue, Settings,
    contract::{self, Fixture},
};
use nuages_provider_local::age::DESCRIPTOR;

#[tokio::test]
async fn keeps_the_contract() {
    let project = Project::new();
    let provider = (DESCRIPTOR.open)(Settings::new(), project.environment())
        .await
        .unwrap();
    let entries = [
        ("shop/db-password", "hunter2 of the shop"),
        ("DJANGO_SECRET_KEY", "hunter2\n\0é\u{1F980}"),
    ];
    for (name, value) in entries {
        let value = SecretValue::from_text(value.to_owned());
        provider
            .writer()
            .unwrap()
            .put(&locator(name), &value, &PutOptions::new())
            .await
            .unwrap();
    }
    let mut present: Vec<_> = entries
        .iter()
        .map(|(name, value)| (Reference::new("age", *name), value.as_bytes().to_vec()))
        .collect();
    // Through an instance, a name also stands for its spelling in an environment.
    let named = Reference::new("secrets", "django-secret-key").through_instance();
    present.push((named, entries[1].1.as_bytes().to_vec()));
    contract::run(&Fixture {
        descriptor: &DESCRIPTOR,
        settings: Settings::new(),
        environment: project.environment(),
        present,
        missing: vec![
            Reference::new("age", "nowhere"),
            Reference::new("age", "django-secret-key"),
        ],
        refused: ["", "a b", "a\"b", "é", "a\nb", "a?b", &"x".repeat(257)]
            .map(|name| Reference::new("age", name))
            .into_iter()
            .chain([Reference::new("age", "x").with_option("version", "1")])
            .collect(),
    })
    .await;
}
