//! `nuages doctor`: whether each instance answers, as whom and how fast. Reads no secret.

use std::{fmt::Write, time::Duration};

use nuages_provider::Identity;
use serde_json::{Map, Value, json};

use super::{
    Outcome,
    arguments::{Doctor, ReportFormat},
    context::Context,
    output,
};
use crate::{
    diagnostic::{Class, Diagnostic},
    plan,
    resolve::{Checkup, Waiting, doctor_watched},
};

pub(super) fn run(context: &Context, command: &Doctor) -> Outcome {
    let names = &command.instances;
    // A provider that is named needs no manifest, as in `nuages get`.
    let loaded = if names.is_empty() {
        context.load()?
    } else {
        context.load_or_empty()?
    };
    let source = Some(&loaded.manifest.source);
    let instances = plan::instances_to_check(
        &loaded.manifest,
        &context.selection(),
        &context.registry,
        names,
    )
    .map_err(|errors| context.fail_all(&errors, source))?;
    let deadline = context.deadline()?;
    let runtime = context.runtime()?;
    let waiting = Waiting::default();
    let progress = context.progress_of_stores(&instances, &waiting);
    let checkups = runtime.block_on(doctor_watched(
        &instances,
        &loaded.environment,
        deadline,
        &waiting,
    ));
    drop(progress);
    // What is held up on a thread of its own may still use the runtime, and must not find it gone.
    std::mem::forget(runtime);
    let format = if command.json {
        ReportFormat::Json
    } else {
        command.format
    };
    let text = match format {
        ReportFormat::Human => describe(&checkups),
        ReportFormat::Json => {
            let all: Vec<Value> = checkups.iter().map(describe_json).collect();
            format!("{:#}\n", Value::Array(all))
        }
    };
    output::result(text.as_bytes())?;
    let failures: Vec<Diagnostic> = checkups
        .into_iter()
        .filter_map(|checkup| checkup.answer.err())
        .map(|setback| setback.diagnostic)
        .collect();
    if failures.is_empty() {
        Ok(())
    } else {
        Err(context.fail_all(&failures, source))
    }
}

/// One word for people and machines.
fn status(checkup: &Checkup) -> &'static str {
    match &checkup.answer {
        Ok(_) => "ok",
        Err(setback) if setback.diagnostic.class == Class::Deadline => "no answer",
        Err(_) => "failed",
    }
}

/// A block an instance: a line with its name, kind, status and time, and below it who we are.
fn describe(checkups: &[Checkup]) -> String {
    if checkups.is_empty() {
        return "nothing to ask: the manifest uses no provider\n".to_owned();
    }
    let names = width(checkups.iter().map(|checkup| checkup.instance.as_str()));
    let kinds = width(checkups.iter().map(|checkup| checkup.kind));
    let answered = checkups
        .iter()
        .map(status)
        .filter(|word| *word != "no answer");
    let statuses = width(answered);
    let identities = checkups.iter().flat_map(|checkup| &checkup.answer);
    let details = identities.flat_map(|identity| &identity.details);
    let labels = width(details.map(|(label, _)| label.as_str()).chain([IDENTITY]));
    let blocks: Vec<String> = checkups
        .iter()
        .map(|checkup| {
            let (name, kind, status) = (&checkup.instance, checkup.kind, status(checkup));
            let heading = if status == "no answer" {
                format!("{status} in {}", time(checkup.took))
            } else {
                format!("{status:statuses$}  {} ms", checkup.took.as_millis())
            };
            let mut block = format!("{name:names$}  {kind:kinds$}  {heading}\n");
            if let Ok(identity) = &checkup.answer {
                describe_identity(&mut block, identity, labels);
            }
            block
        })
        .collect();
    blocks.join("\n")
}

/// The label of the identity itself.
const IDENTITY: &str = "identity";

fn describe_identity(block: &mut String, identity: &Identity, labels: usize) {
    let details = identity.details.iter();
    let lines = details.map(|(label, text)| (label.as_str(), text));
    for (label, text) in std::iter::once((IDENTITY, &identity.who)).chain(lines) {
        // Writing to a string cannot fail.
        let _ = writeln!(block, "  {label:labels$}   {}", visible(text));
    }
}

fn width<'a>(words: impl Iterator<Item = &'a str>) -> usize {
    words.map(|word| word.chars().count()).max().unwrap_or(0)
}

/// A deadline as it was given.
fn time(duration: Duration) -> String {
    if duration.subsec_millis() == 0 {
        format!("{} s", duration.as_secs())
    } else {
        format!("{} ms", duration.as_millis())
    }
}

/// Text without control characters: a store may name things as it likes, and a terminal obeys what it is sent.
fn visible(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_control() {
            shown.extend(c.escape_debug());
        } else {
            shown.push(c);
        }
    }
    shown
}

/// One instance for machines. The shape is stable: keys are added, never changed.
fn describe_json(checkup: &Checkup) -> Value {
    let identity = checkup.answer.as_ref().ok();
    let details: Map<String, Value> = identity
        .iter()
        .flat_map(|identity| &identity.details)
        .map(|(label, text)| (label.clone(), Value::from(text.as_str())))
        .collect();
    let error = checkup.answer.as_ref().err().map(|setback| {
        json!({
            "class": setback.name,
            "message": setback.diagnostic.causes.join("; "),
            "hint": setback.diagnostic.hint,
        })
    });
    json!({
        "instance": checkup.instance,
        "kind": checkup.kind,
        "status": status(checkup),
        "milliseconds": u64::try_from(checkup.took.as_millis()).unwrap_or(u64::MAX),
        "identity": identity.map(|identity| &identity.who),
        "details": details,
        "error": error,
    })
}
