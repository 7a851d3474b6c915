//! Every way to log in, end to end, and what is said where one does not work: by which credential, why, and what next, with
//! nothing of the credential itself.

mod certificates;
mod choice;
mod client_secret;
mod federated;
mod halves;
mod machine;
mod managed;
mod tools;

use nuages_fakecloud::{FakeCloud, Variables};

use crate::{
    cloud::{MARKER, SHOP, keeps_quiet, run, shop},
    shot::shot,
    support::project::{Outcome, Project},
};

/// A cloud whose vault `shop` has the secret `db`.
fn cloud() -> FakeCloud {
    let cloud = FakeCloud::start();
    cloud.vault("shop").set("db", MARKER);
    cloud
}

/// A project that needs that secret.
fn project() -> Project {
    Project::new(&shop([("A", "${secrets://db}")]))
}

/// The same, with more settings on its instance.
fn project_with(settings: &str) -> Project {
    Project::new(&format!(
        "{SHOP}{settings}\n\n[env]\nA = \"${{secrets://db}}\"\n"
    ))
}

/// The variables with these in place of their own or beside them; an empty value takes one away.
fn with(variables: &Variables, changes: &[(&str, &str)]) -> Variables {
    let is_changed = |name: &str| changes.iter().any(|(changed, _)| *changed == name);
    let kept = variables
        .iter()
        .filter(|(name, _)| !is_changed(name))
        .cloned();
    let new = changes
        .iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    kept.chain(new).collect()
}

const GET: [&str; 2] = ["get", "secrets://db"];

/// Insists that the secret is read without a word, with one token, of this identity.
#[track_caller]
fn reads(cloud: &FakeCloud, project: &Project, variables: &Variables, client_id: &str) {
    let before = cloud.tokens().len();
    let outcome = run(variables, project, &GET).output().code(0);
    assert_eq!((outcome.stdout(), outcome.stderr()), (MARKER, ""));
    let tokens = cloud.tokens().split_off(before);
    let who: Vec<&str> = tokens.iter().map(|token| &*token.client_id).collect();
    assert_eq!(who, [client_id]);
}

/// The run of all that fails, as talkative as can be.
const EXEC: [&str; 6] = ["-vvv", "exec", "--", "sh", "-c", "touch started"];

/// Insists on a failed login, told as in `snapshots/login_NAME.snap`, with no child and nothing secret in it. No vault is
/// asked for anything.
#[track_caller]
fn fails(name: &str, cloud: &FakeCloud, project: &Project, variables: &Variables) -> Outcome {
    let outcome = run(variables, project, &EXEC).output().code(4);
    keeps_quiet(cloud, variables, &outcome);
    assert!(!project.path("started").exists(), "a child was started");
    assert_eq!(cloud.count("vault.get"), 0, "{:#?}", cloud.requests());
    shot(&format!("login_{name}"), project, &outcome, &[]);
    outcome
}
