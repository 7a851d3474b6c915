//! `nuages check --connect`: has each database opened, and tells what its server says.

use std::{
    ffi::{OsStr, OsString},
    fmt::Write as _,
    path::PathBuf,
    time::Duration,
};

use serde_json::{Value, json};

use crate::{
    check::{
        self, Found, Request,
        server::{self, Answer, Outcome, Surroundings, Variables},
    },
    cli::{
        Exit,
        arguments::Check,
        context::{Context, Loaded},
    },
    render::{Document, env_text},
};

/// Where a virtual environment is that is active.
const VIRTUAL_ENV: &str = "VIRTUAL_ENV";

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
    command: &Check,
    loaded: &Loaded,
    request: &Request<'_>,
    within: Duration,
) -> Result<Connected, Exit> {
    let targets = check::targets(request, check::may_alter(request));
    let environment = variables(loaded, request.resolved);
    let python = python(command, loaded);
    let surroundings = Surroundings {
        python: Some(&python),
        environment: &environment,
    };
    let runtime = context.runtime()?;
    let answers = runtime.block_on(server::ask(&targets, &surroundings, within));
    // What still waits is past its deadline.
    runtime.shutdown_background();
    let (found, notes) = check::heard(request, &targets, &answers);
    Ok(Connected {
        found,
        notes,
        text: answers.iter().map(describe).collect::<Vec<_>>().join("\n"),
        documents: answers.iter().map(document).collect(),
    })
}

/// The environment that the deployment's command would have, as far as drivers read it.
fn variables(loaded: &Loaded, resolved: Option<&Document>) -> Variables {
    let own = loaded.environment.variables();
    let mut all: Variables = own
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    let env = resolved.iter().flat_map(|document| document.env.iter());
    for (name, value) in env {
        all.retain(|(have, _)| have != OsStr::new(name));
        all.push((name.into(), OsString::from(env_text(value).as_str())));
    }
    all
}

/// The Python that has the deployment's Django: of the active environment, of one beside the manifest, or of the system.
fn python(command: &Check, loaded: &Loaded) -> OsString {
    if let Some(python) = &command.python {
        return python.clone().into();
    }
    let active = loaded.environment.var(VIRTUAL_ENV).map(PathBuf::from);
    let base = loaded.environment.base();
    let places = active
        .into_iter()
        .chain([base.join(".venv"), base.join("venv")]);
    let found = places
        .map(|place| place.join("bin/python"))
        .find(|python| python.is_file());
    found.map_or_else(|| OsString::from("python3"), PathBuf::into_os_string)
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
