//! The contract suite of `nuages-provider`, against the fake cloud.
//!
//! The SDK reads the variables of managed identities from the process's own environment, which tests leave alone: a
//! client secret logs in here.

use std::ffi::OsString;
use std::time::{Duration, SystemTime};

use nuages::registry::Registry;
use nuages_fakecloud::{FakeCloud, TENANT};
use nuages_provider::{
    Environment, ErrorKind, Reference, Settings,
    contract::{self, Fixture},
};

use crate::cloud::made;

fn environment(cloud: &FakeCloud) -> Environment {
    let variables = cloud.environment_client_secret().into_iter();
    let variables = variables.map(|(name, value)| (OsString::from(name), OsString::from(value)));
    Environment::new(variables, "/")
}

fn block_on<T>(work: impl Future<Output = T>) -> T {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    runtime.enable_all().build().unwrap().block_on(work)
}

#[test]
fn key_vault_holds_the_contract() {
    let cloud = FakeCloud::start();
    let vault = cloud.vault("shop");
    for n in 1..13 {
        vault.set(&format!("s{n:02}"), &format!("value-{n:02}"));
    }
    let first = vault.set("s00", "value-00");
    vault.set("s00", "second-00");
    cloud.vault("other").set("s00", "of the other vault");
    let at = |name: &str| Reference::new("azure-kv", name);
    let here = |name: &str| Reference::new("secrets", name).through_instance();
    let mut present: Vec<(Reference, Vec<u8>)> = (1..13)
        .map(|n| (at(&format!("shop/s{n:02}")), format!("value-{n:02}").into()))
        .collect();
    present.extend([
        (here("s00"), b"second-00".to_vec()),
        (
            here("s00").with_option("version", &*first),
            b"value-00".to_vec(),
        ),
        (at("other/s00"), b"of the other vault".to_vec()),
    ]);
    let none = "0123456789abcdef0123456789abcdef";
    let registry = Registry::builtin();
    let fixture = Fixture {
        descriptor: registry
            .iter()
            .find(|one| one.scheme == "azure-kv")
            .unwrap(),
        settings: Settings::new().with_text("vault", "shop"),
        environment: environment(&cloud),
        present,
        missing: vec![
            here("none"),
            at("other/none"),
            here("s00").with_option("version", none),
        ],
        refused: vec![
            at("s00"),
            at("shop/"),
            at("shop/a/b"),
            at("shop/../x"),
            at("shop/DB_PASSWORD"),
            at("shop.example.org/s00"),
            here("s00").with_option("version", "1"),
            here(""),
        ],
    };
    block_on(contract::run(&fixture));
    assert_eq!(cloud.count("entra.token"), 1, "one login for all of it");
    let capabilities = fixture.descriptor.capabilities;
    assert!(capabilities.versions && capabilities.expiring && capabilities.writable);
}

/// The suite is for stores that something can be missing from; of a token its promises are these.
#[test]
fn entra_holds_the_contract() {
    let cloud = FakeCloud::start();
    cloud.add_resource("api://shop");
    let registry = Registry::builtin();
    let descriptor = registry.iter().find(|one| one.scheme == "entra").unwrap();
    let capabilities = descriptor.capabilities;
    assert!(capabilities.expiring && capabilities.fields && !capabilities.writable);
    let read = |text: &str| {
        let reference = Reference::new("entra", text);
        let locator = (descriptor.parse)(&reference).unwrap();
        let again = (descriptor.parse)(&reference).unwrap();
        assert_eq!(locator, again, "`parse` is pure");
        locator
    };
    for text in ["", "mssql", "http://shop", "https://", "shop"] {
        let error = (descriptor.parse)(&Reference::new("entra", text)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidReference, "`{text}`");
    }
    let names = [
        "postgresql",
        "api://shop",
        "https://elsewhere.example",
        "azure-sql",
    ];
    block_on(async {
        let environment = environment(&cloud);
        let provider = (descriptor.open)(Settings::new(), environment)
            .await
            .unwrap();
        assert!(provider.fetch(&[]).await.is_empty());
        assert!(provider.writer().is_none());
        let before = SystemTime::now();
        let answers = provider.fetch(&names.map(read)).await;
        assert_eq!(answers.len(), names.len());
        let shown = format!("{answers:?} {answers:#?}");
        let issued = cloud.tokens();
        assert_eq!(issued.len(), 3);
        assert!(issued.iter().all(|one| !shown.contains(&one.token)));
        let audiences = [
            Some("https://ossrdbms-aad.database.windows.net"),
            Some("api://shop"),
            None,
            Some("https://database.windows.net"),
        ];
        for (answer, audience) in answers.into_iter().zip(audiences) {
            let Some(audience) = audience else {
                let error = answer.unwrap_err();
                assert_eq!(error.kind(), ErrorKind::InvalidSettings, "in its place");
                continue;
            };
            let secret = answer.unwrap();
            let of_it = issued.iter().find(|one| one.audience == audience).unwrap();
            #[expect(clippy::disallowed_methods, reason = "the test compares the value")]
            let token = secret.value.expose_text().unwrap();
            assert!(
                token == of_it.token,
                "`{audience}` has its own token, in its own place"
            );
            let life = secret.expires.unwrap().duration_since(before).unwrap();
            let hour = Duration::from_hours(1);
            assert!(life <= hour + Duration::from_mins(2), "{life:?}");
            assert!(life >= Duration::from_mins(58), "{life:?}");
        }
        let identity = provider.check().await.unwrap();
        let shown = format!("{identity:?}");
        assert!(shown.contains(TENANT), "{shown}");
        assert!(issued.iter().all(|one| !shown.contains(&one.token)));
    });
    // Four resources, and `check` has its token already.
    made(&cloud, &[("entra.token", 4)]);
}
