//! Hands cases to `judge.py`, one JSON object a line, and wants no complaint.

use std::path::Path;
use std::process::{Command, Output};

use crate::support;

/// How many logins or documents the judge has read.
pub(crate) fn judge(what: &str, cases: &[serde_json::Value]) -> u64 {
    let output = run(what, cases);
    assert!(
        output.status.success(),
        "the judge of {what} ended with {}\n{}",
        output.status,
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8_lossy(&output.stdout)
        .trim()
        .parse()
        .unwrap()
}

pub(crate) fn run(what: &str, cases: &[serde_json::Value]) -> Output {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("cases.jsonl");
    let lines: Vec<String> = cases.iter().map(ToString::to_string).collect();
    std::fs::write(&file, lines.join("\n")).unwrap();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    Command::new(support::python::venv_with("clients", 10))
        .arg(root.join("tests/clients/judge.py"))
        .args([what.as_ref(), file.as_os_str()])
        .arg(root.join("tests/data/kubernetes"))
        .output()
        .unwrap()
}
