//! Holds `nuages schema` against the reader of manifests: what one refuses the other refuses, except where a JSON
//! Schema cannot say it. The judge of the schema is Python's `jsonschema`, that of the manifest is `nuages plan`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a broken part fails the test at once"
)]

#[path = "../support/mod.rs"]
mod support;

mod cases;

use std::io::Write as _;
use std::process::{Command, Stdio};

use cases::{CASES, Verdict};
use serde_json::{Value, json};
use support::project::Project;

/// For each manifest, why the schema refuses it, or `None`.
fn by_schema(schema: &Value, manifests: &[&str]) -> Vec<Option<String>> {
    let mut judge = Command::new(support::python::venv())
        .arg(support::checkout().join("tests/schema/judge.py"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the judge starts");
    let task = json!({ "schema": schema, "manifests": manifests }).to_string();
    let mut stdin = judge.stdin.take().expect("a pipe");
    stdin.write_all(task.as_bytes()).expect("the judge reads");
    drop(stdin);
    let output = judge.wait_with_output().expect("the judge ends");
    assert!(output.status.success(), "the judge failed");
    let verdicts: Value = serde_json::from_slice(&output.stdout).expect("verdicts");
    let verdicts = verdicts.as_array().expect("a list");
    assert_eq!(verdicts.len(), manifests.len());
    verdicts
        .iter()
        .map(|verdict| verdict.as_str().map(str::to_owned))
        .collect()
}

/// Why `nuages plan` refuses the manifest, or `None`.
fn by_plan(manifest: &str) -> Option<String> {
    let outcome = Project::new(manifest).nuages(["plan"]).output();
    match outcome.status.code() {
        Some(0) => None,
        Some(3) => Some(outcome.stderr().to_owned()),
        code => panic!("{code:?} for\n{manifest}\n{}", outcome.stderr()),
    }
}

#[test]
fn the_schema_refuses_what_the_reader_refuses() {
    let printed = Project::empty().nuages(["schema"]).output().code(0);
    let schema: Value = serde_json::from_str(printed.stdout()).expect("JSON");
    let manifests: Vec<&str> = CASES.iter().map(|(manifest, _)| *manifest).collect();
    let mut wrong = Vec::new();
    for ((manifest, expected), by_schema) in CASES.iter().zip(by_schema(&schema, &manifests)) {
        let by_plan = by_plan(manifest);
        let (schema_takes, plan_takes) = match expected {
            Verdict::Sound => (true, true),
            Verdict::Wrong => (false, false),
            Verdict::PlanRefuses(_) => (true, false),
        };
        if (by_schema.is_none(), by_plan.is_none()) != (schema_takes, plan_takes) {
            let say = |refusal: Option<String>| refusal.unwrap_or_else(|| "takes it".to_owned());
            wrong.push(format!(
                "{manifest}\n  expected {expected:?}\n  schema: {}\n  plan: {}\n",
                say(by_schema),
                say(by_plan)
            ));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of {}:\n{}",
        wrong.len(),
        CASES.len(),
        wrong.join("\n")
    );
}

#[test]
fn every_exception_has_its_reason_and_both_verdicts_are_well_covered() {
    let count = |is: fn(&Verdict) -> bool| CASES.iter().filter(|(_, verdict)| is(verdict)).count();
    assert!(count(|verdict| matches!(verdict, Verdict::Sound)) >= 30);
    assert!(count(|verdict| matches!(verdict, Verdict::Wrong)) >= 40);
    for (manifest, verdict) in CASES {
        if let Verdict::PlanRefuses(reason) = verdict {
            assert!(reason.split(' ').count() > 3, "{manifest}");
        }
    }
}
