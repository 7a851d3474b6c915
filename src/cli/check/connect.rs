//! `nuages check --connect`: has each database opened, and tells what its server says.

use std::{ffi::OsString, fmt::Write as _, time::Duration};

use serde_json::{Value, json};

use crate::{
    check::{
        self, Found, Request,
        server::{self, Answer, Outcome, Surroundings, Variables},
    },
    cli::{Exit, context::Context},
};

/// What came of it.
pub(super) struct Connected {
    pub(super) found: Vec<Found>,
    pub(super) notes: Vec<String>,
    /// For people.
    pub(super) text: String,
    /// For machines, one document a database.
    pub(super) documents: Vec<Value>,
}

pub(super) fn run(
    context: &Context,
    request: &Request<'_>,
    (python, environment): (Option<OsString>, &Variables),
    within: Duration,
) -> Result<Connected, Exit> {
    let targets = check::targets(request, check::may_alter(request));
    let surroundings = Surroundings {
        python: python.as_deref(),
        environment,
    };
    let count = targets.len();
    let progress = context.progress(move |took| {
        let databases = if count == 1 { "database" } else { "databases" };
        format!(
            "asking the servers of {count} {databases}, {} s",
            took.as_secs()
        )
    });
    let runtime = context.runtime()?;
    let answers = runtime.block_on(server::ask(&targets, &surroundings, within));
    // What still waits is past its deadline.
    runtime.shutdown_background();
    drop(progress);
    let (found, notes) = check::heard(request, &targets, &answers);
    Ok(Connected {
        found,
        notes,
        text: answers.iter().map(describe).collect::<Vec<_>>().join("\n"),
        documents: answers.iter().map(document).collect(),
    })
}

fn describe(answer: &Answer) -> String {
    let mut text = format!("databases.{}  ", answer.alias);
    match &answer.outcome {
        Outcome::Answered(facts) => {
            let _ = writeln!(text, "ok  {} ms", answer.took.as_millis());
            for line in facts.lines() {
                let _ = writeln!(text, "  {line}");
            }
        }
        Outcome::Refused(refusal) => {
            let _ = writeln!(text, "failed  {} ms", answer.took.as_millis());
            let _ = writeln!(text, "  {}", refusal.sentence());
        }
        Outcome::NotLookedAt(why) => {
            let _ = writeln!(text, "not asked\n  {why}");
        }
    }
    text
}

fn document(answer: &Answer) -> Value {
    let (status, facts, error, reason) = match &answer.outcome {
        Outcome::Answered(facts) => ("ok", facts.json(), Value::Null, Value::Null),
        Outcome::Refused(refusal) => ("failed", Value::Null, refusal.json(), Value::Null),
        Outcome::NotLookedAt(why) => ("not asked", Value::Null, Value::Null, why.as_str().into()),
    };
    json!({
        "database": answer.alias,
        "status": status,
        "milliseconds": u64::try_from(answer.took.as_millis()).unwrap_or(u64::MAX),
        "facts": facts,
        "error": error,
        "reason": reason,
    })
}
