//! The way to Azure: through which proxy and past it, to which hosts, and to whom no credential goes whatever the environment
//! says.

mod hosts;
mod proxies;

use nuages_fakecloud::{FakeCloud, Variables};

use crate::{
    cloud::{MARKER, keeps_quiet, run, shop},
    shot::shot,
    support::project::{Outcome, Project},
};

/// A cloud whose vault `shop` has the secret `db`.
fn cloud() -> FakeCloud {
    let cloud = FakeCloud::start();
    cloud.vault("shop").set("db", MARKER);
    cloud
}

fn project() -> Project {
    Project::new(&shop([("A", "${secrets://db}")]))
}

/// The variables with these in place of their own or beside them.
fn with(variables: &Variables, changes: &[(&str, &str)]) -> Variables {
    let is_changed = |name: &str| changes.iter().any(|(changed, _)| *changed == name);
    let kept = variables
        .iter()
        .filter(|(name, _)| !is_changed(name))
        .cloned();
    let new = changes
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    kept.chain(new).collect()
}

const GET: [&str; 2] = ["get", "secrets://db"];

const EXEC: [&str; 6] = ["-vvv", "exec", "--", "sh", "-c", "touch started"];

/// The password of a proxy, and of URLs that should not hold one.
const PASSWORD: &str = "proxy-marker-83aa";

/// Insists on a failure, told as in `snapshots/network_NAME.snap`, with no child and nothing secret in it.
#[track_caller]
fn fails(name: &str, cloud: &FakeCloud, project: &Project, variables: &Variables) -> Outcome {
    let outcome = run(variables, project, &EXEC).output().code(4);
    keeps_quiet(cloud, variables, &outcome);
    let outcome = outcome.silent_about(&[PASSWORD]);
    assert!(!project.path("started").exists(), "a child was started");
    shot(&format!("network_{name}"), project, &outcome, &[]);
    outcome
}
