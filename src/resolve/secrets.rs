//! The secrets by themselves, as they were fetched: for a scan that looks for them, and for masking.

use std::time::SystemTime;

use nuages_provider::{Locator, Secret, Versions};
use serde_json::Value;
use zeroize::Zeroizing;

use super::{Answers, Bytes, Failure, field};
use crate::plan::{Plan, SlotId};

/// A secret, or one of the texts in a structured one.
#[derive(Debug)]
pub struct Fetched {
    /// The key that wants it, with the field of a structured secret: `databases.default.PASSWORD`, `env.STRIPE_KEY#live`.
    pub key: String,
    /// What was fetched, as its provider shows it.
    pub locator: String,
    /// Its bytes.
    pub value: Bytes,
    /// When it stops working.
    pub expires: Option<SystemTime>,
}

/// What was fetched, each secret once, and the parts of structured ones.
pub(super) fn fetched(
    plan: &Plan,
    answers: &Answers,
    is_wanted: impl Fn(SlotId, &Secret) -> bool,
) -> Vec<Fetched> {
    let mut fetched = Vec::new();
    for (slot, answer) in answers {
        add_slot(plan, *slot, answer, &is_wanted, &mut fetched);
    }
    fetched
}

/// The same for these slots alone.
pub(super) fn fetched_of(plan: &Plan, answers: &Answers, slots: &[SlotId]) -> Vec<Fetched> {
    let mut fetched = Vec::new();
    for slot in slots {
        if let Some(answer) = answers.get(slot) {
            add_slot(plan, *slot, answer, &|_, _| true, &mut fetched);
        }
    }
    fetched
}

fn add_slot(
    plan: &Plan,
    slot: SlotId,
    answer: &Result<Secret, Failure>,
    is_wanted: &impl Fn(SlotId, &Secret) -> bool,
    fetched: &mut Vec<Fetched>,
) {
    let fetch = &plan.instances[slot.instance].fetches[slot.fetch];
    let key = fetch
        .uses
        .first()
        .map(|usage| usage.key.clone())
        .unwrap_or_default();
    if let Ok(secret) = answer
        && is_wanted(slot, secret)
    {
        add(secret, &key, &fetch.locator, fetched);
    }
}

#[expect(clippy::disallowed_methods, reason = "what is looked for is looked at")]
fn add(secret: &Secret, key: &str, locator: &Locator, fetched: &mut Vec<Fetched>) {
    let bytes = secret.value.expose();
    let shown = locator.to_string();
    let mut push = |key: String, bytes: &[u8]| {
        fetched.push(Fetched {
            key,
            locator: shown.clone(),
            value: Bytes::new(Zeroizing::new(bytes.to_vec())),
            expires: secret.expires,
        });
    };
    // Nobody writes a list of versions as the list that it is: each leaks by itself.
    if locator.option(Versions::NAME).is_some() {
        for (place, text) in field::texts(bytes).unwrap_or_default().iter().enumerate() {
            let key = format!("{key}[{place}]");
            push_with_parts(&key, text.as_bytes(), &mut push);
        }
        return;
    }
    push_with_parts(key, bytes, &mut push);
}

fn push_with_parts(key: &str, bytes: &[u8], push: &mut impl FnMut(String, &[u8])) {
    push(key.to_owned(), bytes);
    // A structured secret leaks by its parts.
    if let Ok(Value::Object(fields)) = serde_json::from_slice::<Value>(bytes) {
        for (name, field) in fields {
            if let Value::String(text) = field {
                push(format!("{key}#{name}"), Zeroizing::new(text).as_bytes());
            }
        }
    }
}
