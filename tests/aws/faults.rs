//! What can go wrong between `nuages exec` and the stores of AWS: each its own message, none with anything of an answer
//! in it, and no child behind any of them.

mod answers;
mod certificates;
mod deadline;
mod several;
mod throttling;

use super::{shot::shot, store::Store};
use crate::support::{
    faults::BODY_MARKER,
    project::{Outcome, Project, Run},
};

/// What the parameters and secrets of these tests hold.
const VALUE: &str = "value-marker-90c1";

/// The secret access key of every account of the tests.
const KEY: &str = "aws-secret-key-marker-51d2";

/// A manifest with one instance, and a variable for each of `names`.
fn manifest(kind: &str, prefix: &str, names: &[String]) -> String {
    let references: Vec<String> = names
        .iter()
        .map(|name| format!("{} = \"${{secrets://{name}}}\"\n", name.to_uppercase()))
        .collect();
    format!(
        "[providers.secrets]\nkind = \"{kind}\"\nprefix = \"{prefix}\"\n\n[env]\n{}",
        references.concat()
    )
}

/// `k00`, `k01`, and so on.
fn names(count: usize) -> Vec<String> {
    (0..count).map(|n| format!("k{n:02}")).collect()
}

/// An account with `count` parameters below `/shop/`, each with a value of its own.
fn parameters(count: usize) -> Store {
    let script = "ssm = client('ssm')\n\
                  for n in range(int(sys.argv[1])):\n\
                  \x20   ssm.put_parameter(Name=f'/shop/k{n:02}', Value=f'{sys.argv[2]}-{n:02}', Type='SecureString')";
    Store::with(script, &[&count.to_string(), VALUE])
}

/// An account with `count` secrets below `shop/`, each with a value of its own.
fn secrets(count: usize) -> Store {
    let script = "secrets = client('secretsmanager')\n\
                  for n in range(int(sys.argv[1])):\n\
                  \x20   secrets.create_secret(Name=f'shop/k{n:02}', SecretString=f'{sys.argv[2]}-{n:02}')";
    Store::with(script, &[&count.to_string(), VALUE])
}

/// The run of all these tests, as talkative as can be.
const EXEC: [&str; 6] = ["-vvv", "exec", "--", "sh", "-c", "touch started"];

/// Insists on a failure with this exit code, no child, and silence about values, keys and answers; compares all it said
/// with `snapshots/fault_NAME.snap`.
#[track_caller]
fn fails(name: &str, project: &Project, run: Run, code: i32) -> Outcome {
    let outcome = run.output().code(code);
    let outcome = outcome.silent_about(&[BODY_MARKER, VALUE, KEY]);
    assert!(!project.path("started").exists(), "a child was started");
    shot(&format!("fault_{name}"), project, &outcome, &[]);
    outcome
}
