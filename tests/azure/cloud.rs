//! Runs of `nuages` in the fake cloud, and what its books say of them.

use std::collections::BTreeMap;

use nuages_fakecloud::{FakeCloud, Seen, Variables};
use serde_json::{Map, Value};

use crate::support::project::{Outcome, Project, Run};

/// What every secret of these tests holds: no output may show it unless it was asked to.
pub(crate) const MARKER: &str = "value-marker-5d20";

/// The instance `secrets`, which is the vault `shop`, and `[env]` with these entries.
pub(crate) fn shop<'a>(entries: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    format!("{SHOP}\n{}", env(entries))
}

/// The instance `secrets`, which is the vault `shop`.
pub(crate) const SHOP: &str = "[providers.secrets]\nkind = 'azure-kv'\nvault = 'shop'\n";

/// `[env]` out of names and their values as the manifest writes them.
pub(crate) fn env<'a>(entries: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let lines = entries
        .into_iter()
        .map(|(name, value)| format!("{name} = '{value}'\n"));
    std::iter::once("[env]\n".to_owned()).chain(lines).collect()
}

/// A run with these variables and no others, such as `&cloud.environment_app_service()`.
pub(crate) fn run(variables: &Variables, project: &Project, arguments: &[&str]) -> Run {
    variables
        .iter()
        .fold(project.nuages(arguments), |run, (name, value)| {
            run.env(name, value)
        })
}

/// Everything that `nuages render json` gives for this manifest as the app's own identity, which must work without a word
/// on standard error.
#[track_caller]
pub(crate) fn render(cloud: &FakeCloud, manifest: &str) -> Map<String, Value> {
    render_as(&cloud.environment_app_service(), manifest)
}

/// The same, with these variables.
#[track_caller]
pub(crate) fn render_as(variables: &Variables, manifest: &str) -> Map<String, Value> {
    let project = Project::new(manifest);
    let run = run(variables, &project, &["render", "json"]);
    let outcome = run.output().code(0);
    assert_eq!(outcome.stderr(), "");
    serde_json::from_str(outcome.stdout()).expect("a JSON object")
}

/// The requests that mattered: all but the one that opens a connection ahead, which carries nothing and may come late or
/// not at all.
pub(crate) fn asked(cloud: &FakeCloud) -> Vec<Seen> {
    let mut seen = cloud.requests();
    seen.retain(|one| one.method != "HEAD");
    seen
}

/// How many of them there were of each operation.
pub(crate) fn counts(cloud: &FakeCloud) -> BTreeMap<&'static str, usize> {
    let mut counts = BTreeMap::new();
    for seen in asked(cloud) {
        *counts.entry(seen.operation).or_default() += 1;
    }
    counts
}

/// Insists that exactly these requests were made, in any order.
#[track_caller]
pub(crate) fn made(cloud: &FakeCloud, expected: &[(&'static str, usize)]) {
    let expected: BTreeMap<_, _> = expected.iter().copied().collect();
    assert_eq!(counts(cloud), expected, "{:#?}", asked(cloud));
}

/// Insists that an output shows no secret of these tests: no value, no credential of the cloud, no token it ever gave,
/// neither a token's claims nor its signature alone.
#[track_caller]
pub(crate) fn keeps_quiet(cloud: &FakeCloud, variables: &Variables, outcome: &Outcome) {
    let mut secrets = vec![
        MARKER.to_owned(),
        cloud.client_secret().to_owned(),
        cloud.identity_header(),
    ];
    for issued in cloud.tokens() {
        secrets.extend(issued.token.split('.').skip(1).map(str::to_owned));
    }
    for (name, value) in variables {
        if name == "AZURE_FEDERATED_TOKEN_FILE"
            && let Ok(token) = std::fs::read_to_string(value)
        {
            secrets.extend(token.trim().split('.').skip(1).map(str::to_owned));
        }
        if name.ends_with("TOKEN") || name.ends_with("SECRET") || name.ends_with("PASSWORD") {
            secrets.push(value.clone());
        }
    }
    for output in [&outcome.stdout, &outcome.stderr] {
        let output = String::from_utf8_lossy(output);
        for secret in &secrets {
            assert!(
                secret.is_empty() || !output.contains(&**secret),
                "an output holds a secret:\n{output}"
            );
        }
    }
}
