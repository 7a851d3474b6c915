//! What was asked of stores and how it went, for the audit log: successes and failures alike.

use nuages_provider::Environment;

use super::{Answers, Failure, Fetched, Options, Resolved, Waiting, evaluate, fetch_all, secrets};
use crate::{
    audit::{Act, Record},
    diagnostic::Diagnostic,
    plan::Plan,
};

/// How one part of what was fetched is handed over beside the values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Secrets {
    /// Not at all.
    No,
    /// Those that stay: the next run has other tokens.
    Lasting,
    /// All of it.
    All,
}

/// As [`super::resolve`], and beside it what was asked for, whether or not the run as a whole went well. How far it is, is
/// told to `waiting`.
pub(crate) async fn resolve_on_record(
    plan: &Plan,
    environment: &Environment,
    options: &Options,
    wanted: Secrets,
    waiting: &Waiting,
) -> (
    Vec<Record>,
    Result<(Resolved, Vec<Fetched>), Vec<Diagnostic>>,
) {
    let (records, part) = partly_on_record(plan, environment, options, wanted, waiting).await;
    let resolved = if part.failures.is_empty() {
        Ok((part.resolved, part.fetched))
    } else {
        Err(part.failures)
    };
    (records, resolved)
}

/// What could be resolved, for who looks at values and hands none over.
pub(crate) struct Part {
    pub(crate) resolved: Resolved,
    pub(crate) fetched: Vec<Fetched>,
    /// What stands in the way of the rest.
    pub(crate) failures: Vec<Diagnostic>,
}

/// As [`resolve_on_record`], with what could be resolved where something failed.
pub(crate) async fn partly_on_record(
    plan: &Plan,
    environment: &Environment,
    options: &Options,
    wanted: Secrets,
    waiting: &Waiting,
) -> (Vec<Record>, Part) {
    let answers = fetch_all(plan, environment, options, waiting).await;
    let records = records(plan, &answers, Act::Read);
    let (resolved, failures) = evaluate::partly(plan, &answers, options);
    let fetched = match wanted {
        Secrets::No => Vec::new(),
        Secrets::Lasting => secrets::fetched(plan, &answers, |_, secret| secret.expires.is_none()),
        Secrets::All => secrets::fetched(plan, &answers, |_, _| true),
    };
    let part = Part {
        resolved,
        fetched,
        failures,
    };
    (records, part)
}

/// One record for each answer of a store.
pub(crate) fn records(plan: &Plan, answers: &Answers, act: Act) -> Vec<Record> {
    let record = |(slot, answer): (&crate::plan::SlotId, &Result<_, Failure>)| {
        let instance = &plan.instances[slot.instance];
        let fetch = &instance.fetches[slot.fetch];
        let mut keys: Vec<String> = fetch.uses.iter().map(|usage| usage.key.clone()).collect();
        keys.dedup();
        let secret: Option<&nuages_provider::Secret> = answer.as_ref().ok();
        Record {
            act,
            keys,
            instance: Some(instance.name.clone()),
            provider: Some(instance.descriptor.scheme.to_owned()),
            locator: Some(fetch.locator.to_string()),
            version: secret.and_then(|secret| secret.version.clone()),
            expires: secret.and_then(|secret| secret.expires),
            outcome: outcome(answer.as_ref().err()).to_owned(),
        }
    };
    answers.iter().map(record).collect()
}

/// The stable name of how it went.
pub(crate) fn outcome(failure: Option<&Failure>) -> &'static str {
    match failure {
        None => Record::OK,
        Some(Failure::Provider(error) | Failure::Unopened(error)) => error.kind().name(),
        Some(Failure::Deadline(_)) => "deadline",
    }
}
