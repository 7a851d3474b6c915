//! A plan in words and as JSON: which key wants what from where. No value is in either.

use std::fmt;

use serde_json::{Value, json};

use super::{Fetch, Instance, Plan};

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let total: usize = self
            .instances
            .iter()
            .map(|instance| instance.fetches.len())
            .sum();
        if total == 0 {
            return writeln!(f, "nothing to fetch: every value is a literal");
        }
        for (place, instance) in self.instances.iter().enumerate() {
            if place > 0 {
                writeln!(f)?;
            }
            writeln!(f, "{}", heading(instance))?;
            let width = instance
                .fetches
                .iter()
                .map(|fetch| fetch.locator.to_string().chars().count())
                .max()
                .unwrap_or(0);
            for fetch in &instance.fetches {
                let mut wants: Vec<String> = fetch.uses.iter().map(want).collect();
                wants.dedup();
                writeln!(
                    f,
                    "  {:width$}  → {}",
                    fetch.locator.to_string(),
                    wants.join(", ")
                )?;
            }
        }
        Ok(())
    }
}

/// `secrets (aws-ssm): 12 secrets in 2 calls`.
fn heading(instance: &Instance) -> String {
    let name = if instance.name == instance.descriptor.scheme {
        instance.name.clone()
    } else {
        format!("{} ({})", instance.name, instance.descriptor.scheme)
    };
    let secrets = instance.fetches.len();
    let plural = |count: usize| if count == 1 { "" } else { "s" };
    if instance.descriptor.capabilities.offline {
        return format!("{name}: {secrets} secret{}, offline", plural(secrets));
    }
    let calls = calls(instance);
    format!(
        "{name}: {secrets} secret{} in {calls} call{}",
        plural(secrets),
        plural(calls)
    )
}

/// The fewest calls that fetch everything.
fn calls(instance: &Instance) -> usize {
    instance
        .fetches
        .len()
        .div_ceil(instance.descriptor.capabilities.max_batch.max(1))
}

fn want(usage: &super::Use) -> String {
    if usage.fallback {
        format!("{} (only if another does not exist)", usage.key)
    } else {
        usage.key.clone()
    }
}

/// The plan for machines. The shape is stable: keys are added, never changed.
#[must_use]
pub fn describe_json(plan: &Plan) -> Value {
    let fetch = |fetch: &Fetch| {
        let uses: Vec<Value> = fetch
            .uses
            .iter()
            .map(|usage| {
                json!({
                    "key": usage.key,
                    "reference": usage.reference,
                    "line": usage.span.as_ref().map(|span| line(&plan.source.text, span.start)),
                    "fallback": usage.fallback,
                })
            })
            .collect();
        json!({ "locator": fetch.locator.to_string(), "uses": uses })
    };
    let instances: Vec<Value> = plan
        .instances
        .iter()
        .map(|instance| {
            json!({
                "name": instance.name,
                "provider": instance.descriptor.scheme,
                "offline": instance.descriptor.capabilities.offline,
                "calls": calls(instance),
                "fetches": instance.fetches.iter().map(fetch).collect::<Vec<_>>(),
            })
        })
        .collect();
    json!({ "manifest": plan.source.name, "profiles": plan.profiles, "instances": instances })
}

fn line(text: &str, offset: usize) -> usize {
    text.get(..offset).unwrap_or_default().matches('\n').count() + 1
}
