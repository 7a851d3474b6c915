//! The contract suite: every promise of [`Provider`](crate::Provider) as a check that a provider's tests run.
//!
//! A check that fails panics with the promise it holds, so this module is for tests alone (feature `testkit`).
#![allow(
    clippy::missing_panics_doc,
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "a failed check is a failed test, and checks compare values"
)]

use crate::{Descriptor, Environment, ErrorKind, Locator, Provider, Reference, Settings};

/// What the suite needs to know to try a provider.
#[derive(Debug)]
pub struct Fixture<'a> {
    /// The provider.
    pub descriptor: &'a Descriptor,
    /// Settings that work.
    pub settings: Settings,
    /// The environment it is opened in.
    pub environment: Environment,
    /// References that exist, each with its value. At least two, with values no shorter than six bytes.
    pub present: Vec<(Reference, Vec<u8>)>,
    /// References that are well formed and do not exist. At least one.
    pub missing: Vec<Reference>,
    /// References that the provider must refuse before any I/O. May be empty.
    pub refused: Vec<Reference>,
}

/// Runs every check.
pub async fn run(fixture: &Fixture<'_>) {
    describes_itself(fixture);
    parses_purely(fixture);
    refuses_what_it_cannot_read(fixture);
    let provider = open(fixture).await;
    answers_in_order(fixture, &*provider).await;
    one_miss_hides_no_other(fixture, &*provider).await;
    answers_nothing_to_nothing(&*provider).await;
    keeps_values_out_of_text(fixture, &*provider).await;
    checks_without_reading(fixture, &*provider).await;
    assert_eq!(
        provider.writer().is_some(),
        fixture.descriptor.capabilities.writable,
        "`writable` is announced exactly where there is a writer"
    );
}

async fn open(fixture: &Fixture<'_>) -> Box<dyn Provider> {
    (fixture.descriptor.open)(fixture.settings.clone(), fixture.environment.clone())
        .await
        .unwrap_or_else(|error| panic!("settings that work open an instance: {error}"))
}

fn locate(fixture: &Fixture<'_>, reference: &Reference) -> Locator {
    (fixture.descriptor.parse)(reference)
        .unwrap_or_else(|error| panic!("a well-formed reference is read: `{reference}`: {error}"))
}

/// The descriptor is usable: a scheme in lower case, a summary, limits of at least one.
fn describes_itself(fixture: &Fixture<'_>) {
    let descriptor = fixture.descriptor;
    assert!(
        descriptor
            .scheme
            .starts_with(|c: char| c.is_ascii_lowercase())
            && descriptor
                .scheme
                .chars()
                .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-'),
        "a scheme is lower-case letters, digits and hyphens"
    );
    assert!(!descriptor.summary.is_empty(), "a provider says what it is");
    assert!(
        descriptor.capabilities.max_batch >= 1,
        "`max_batch` is at least 1"
    );
    assert!(
        descriptor.capabilities.concurrency >= 1,
        "`concurrency` is at least 1"
    );
    assert!(
        fixture.present.len() >= 2 && !fixture.missing.is_empty(),
        "the fixture is complete"
    );
}

/// The same reference is the same locator, every time.
fn parses_purely(fixture: &Fixture<'_>) {
    for (reference, _) in &fixture.present {
        assert_eq!(
            locate(fixture, reference),
            locate(fixture, reference),
            "`parse` is pure"
        );
    }
}

/// What cannot be read is refused by `parse`, with a class that says so.
fn refuses_what_it_cannot_read(fixture: &Fixture<'_>) {
    for reference in &fixture.refused {
        let error = (fixture.descriptor.parse)(reference)
            .err()
            .unwrap_or_else(|| panic!("`{reference}` is refused before any I/O"));
        assert!(
            matches!(
                error.kind(),
                ErrorKind::InvalidReference | ErrorKind::Unsupported
            ),
            "`{reference}` is refused as a reference, not as {:?}",
            error.kind()
        );
    }
}

/// One answer a locator, in order, whatever the order asked for.
async fn answers_in_order(fixture: &Fixture<'_>, provider: &dyn Provider) {
    let batch = fixture.descriptor.capabilities.max_batch;
    let forward: Vec<_> = fixture.present.iter().collect();
    let backward: Vec<_> = fixture.present.iter().rev().collect();
    for order in [forward, backward] {
        for chunk in order.chunks(batch) {
            let locators: Vec<_> = chunk
                .iter()
                .map(|(reference, _)| locate(fixture, reference))
                .collect();
            let answers = provider.fetch(&locators).await;
            assert_eq!(answers.len(), locators.len(), "one answer a locator");
            for (answer, (reference, value)) in answers.iter().zip(chunk) {
                let secret = answer
                    .as_ref()
                    .unwrap_or_else(|error| panic!("`{reference}` exists: {error}"));
                assert!(
                    secret.value.expose() == &value[..],
                    "`{reference}` has its own value, in its own place"
                );
            }
        }
    }
}

/// A miss is `NotFound`, in its place, and its neighbours are answered.
async fn one_miss_hides_no_other(fixture: &Fixture<'_>, provider: &dyn Provider) {
    let batch = fixture.descriptor.capabilities.max_batch;
    let mut asked: Vec<(&Reference, Option<&[u8]>)> = Vec::new();
    for missing in &fixture.missing {
        asked.push((missing, None));
        asked.extend(
            fixture
                .present
                .iter()
                .map(|(reference, value)| (reference, Some(&value[..]))),
        );
    }
    asked.sort_by_key(|(reference, _)| *reference);
    asked.dedup_by_key(|(reference, _)| *reference);
    for chunk in asked.chunks(batch) {
        let locators: Vec<_> = chunk
            .iter()
            .map(|(reference, _)| locate(fixture, reference))
            .collect();
        let answers = provider.fetch(&locators).await;
        assert_eq!(answers.len(), locators.len(), "one answer a locator");
        for (answer, (reference, value)) in answers.iter().zip(chunk) {
            match (answer, value) {
                (Ok(secret), Some(value)) => {
                    assert!(
                        secret.value.expose() == *value,
                        "`{reference}` has its own value beside a miss"
                    );
                }
                (Err(error), None) => {
                    assert_eq!(
                        error.kind(),
                        ErrorKind::NotFound,
                        "`{reference}` does not exist: {error}"
                    );
                }
                (Ok(_), None) => panic!("`{reference}` does not exist"),
                (Err(error), Some(_)) => panic!("a miss hides `{reference}`: {error}"),
            }
        }
    }
}

/// No locators, no answers, no failure.
async fn answers_nothing_to_nothing(provider: &dyn Provider) {
    assert!(
        provider.fetch(&[]).await.is_empty(),
        "no locators, no answers"
    );
}

/// No formatter shows a value: not of a secret, not of an error.
async fn keeps_values_out_of_text(fixture: &Fixture<'_>, provider: &dyn Provider) {
    let references = fixture
        .present
        .iter()
        .map(|(reference, _)| reference)
        .chain(&fixture.missing);
    for reference in references {
        let answers = provider.fetch(&[locate(fixture, reference)]).await;
        let text = format!("{answers:?} {answers:#?}");
        for (_, value) in &fixture.present {
            assert!(
                value.len() >= 6,
                "the fixture's values are long enough to be told apart"
            );
            let value = String::from_utf8_lossy(value);
            assert!(
                !text.contains(&*value),
                "a value of `{reference}` shows in `Debug`"
            );
        }
    }
}

/// `check` answers with an identity that holds no value.
async fn checks_without_reading(fixture: &Fixture<'_>, provider: &dyn Provider) {
    let identity = provider
        .check()
        .await
        .unwrap_or_else(|error| panic!("`check` answers: {error}"));
    let text = format!("{identity:?}");
    for (_, value) in &fixture.present {
        assert!(
            !text.contains(&*String::from_utf8_lossy(value)),
            "`check` reads no secret"
        );
    }
}
