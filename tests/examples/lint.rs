//! What judges the files of deployments: hadolint, and the published schemas of Compose, Kubernetes and CI systems.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::support::{must_run, python};

fn program(name: &str) -> Command {
    Command::new(python::venv_with("lint", 10).with_file_name(name))
}

/// hadolint finds nothing in a Dockerfile.
pub(crate) fn dockerfile(path: &Path) {
    must_run(program("hadolint").arg("--no-color").arg(path));
}

/// A file fits one of the schemas that check-jsonschema brings: `vendor.compose-spec`.
pub(crate) fn schema(name: &str, path: &Path) {
    must_run(
        program("check-jsonschema")
            .args(["--regex-variant", "nonunicode", "--builtin-schema", name])
            .arg(path),
    );
}

/// The documents of a YAML file, none of them empty.
pub(crate) fn documents(path: &Path) -> Vec<Value> {
    let script = "import json, sys, yaml; json.dump([it for it in yaml.safe_load_all(open(sys.argv[1])) if it], sys.stdout)";
    let text = must_run(program("python").args(["-c", script]).arg(path));
    let documents: Vec<Value> = serde_json::from_str(&text).unwrap();
    assert!(!documents.is_empty(), "{}", path.display());
    documents
}

/// Every document is one that Kubernetes takes, without a key that it does not know.
pub(crate) fn kubernetes(path: &Path) {
    let mut validate = program("kubernetes-validate");
    must_run(
        validate
            .args(["--strict", "--kubernetes-version", "1.37"])
            .arg(path),
    );
}
