//! The secrets by themselves, as they were fetched: for a scan that looks for them.

use nuages_provider::{Environment, Locator, Secret, Versions};
use serde_json::Value;
use zeroize::Zeroizing;

use super::{Answers, Bytes, Noted, Options, Prints, Resolved, Session, evaluate, fetch_all, field};
use crate::{
    diagnostic::Diagnostic,
    plan::{Plan, SlotId},
};

/// A secret, or one of the texts in a structured one.
#[derive(Debug)]
pub struct Fetched {
    /// The key that wants it, with the field of a structured secret: `databases.default.PASSWORD`, `env.STRIPE_KEY#live`.
    pub key: String,
    /// What was fetched, as its provider shows it.
    pub locator: String,
    /// Its bytes.
    pub value: Bytes,
}

/// Fetches everything the plan wants, each secret once. Tokens that expire are left out: the next run has others.
///
/// # Errors
/// As [`super::resolve`]: every failure, once. A scan for half of the secrets would be no all-clear.
pub async fn secrets(
    plan: &Plan,
    environment: &Environment,
    options: &Options,
) -> Result<Vec<Fetched>, Vec<Diagnostic>> {
    let answers = fetch_all(plan, environment, options).await;
    evaluate::evaluate(plan, &answers, options)?;
    Ok(fetched(plan, &answers, |secret| secret.expires.is_none()))
}

/// As [`super::resolve`], and beside the values the secrets that they were made of, tokens that expire among them.
///
/// # Errors
/// As [`super::resolve`].
pub async fn resolve_with_secrets(
    plan: &Plan,
    environment: &Environment,
    options: &Options,
) -> Result<(Resolved, Vec<Fetched>), Vec<Diagnostic>> {
    let answers = fetch_all(plan, environment, options).await;
    let resolved = evaluate::evaluate(plan, &answers, options)?;
    Ok((resolved, fetched(plan, &answers, |_| true)))
}

/// The outcome of a run, for one who asks again.
pub(crate) struct Kept {
    pub(crate) resolved: Resolved,
    pub(crate) fetched: Vec<Fetched>,
    pub(crate) noted: Vec<(SlotId, Noted)>,
}

/// As [`resolve_with_secrets`], with what tells later whether a secret is the same.
///
/// # Errors
/// As [`super::resolve`].
pub(crate) async fn resolve_noted(
    plan: &Plan,
    environment: &Environment,
    options: &Options,
    prints: &Prints,
) -> Result<Kept, Vec<Diagnostic>> {
    let mut session = Session::new(plan, environment, options, prints);
    let resolved = session.resolve(plan, options).await?;
    Ok(Kept {
        resolved,
        fetched: fetched(plan, session.answers(), |_| true),
        noted: session.noted(),
    })
}

fn fetched(plan: &Plan, answers: &Answers, is_wanted: impl Fn(&Secret) -> bool) -> Vec<Fetched> {
    let mut fetched = Vec::new();
    for (slot, answer) in answers {
        let fetch = &plan.instances[slot.instance].fetches[slot.fetch];
        let key = fetch
            .uses
            .first()
            .map(|usage| usage.key.clone())
            .unwrap_or_default();
        if let Ok(secret) = answer
            && is_wanted(secret)
        {
            add(secret, &key, &fetch.locator, &mut fetched);
        }
    }
    fetched
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
