//! Managed identities of App Service, Functions and Container Apps.

use std::time::Duration;

use nuages_fakecloud::{FakeCloud, Reply, SYSTEM_IDENTITY, USER_IDENTITY};

use super::{cloud, fails, project, project_with, reads, with};
use crate::{
    cloud::{MARKER, made, run, shop},
    support::project::Project,
};

const UNKNOWN: &str = "00001111-aaaa-2222-bbbb-3333cccc4444";

#[test]
fn the_apps_own_identity() {
    let cloud = cloud();
    let variables = cloud.environment_app_service();
    reads(&cloud, &project(), &variables, SYSTEM_IDENTITY);
    made(&cloud, &[("msi.token", 1), ("vault.get", 1)]);
    // A tenant is nothing that a managed identity is told.
    let variables = with(&variables, &[("AZURE_TENANT_ID", UNKNOWN)]);
    reads(&cloud, &project(), &variables, SYSTEM_IDENTITY);
}

#[test]
fn one_of_several_identities() {
    let cloud = cloud();
    let variables = cloud.environment_app_service();
    let by_manifest = project_with(&format!("client_id = \"{USER_IDENTITY}\""));
    reads(&cloud, &by_manifest, &variables, USER_IDENTITY);
    let by_environment = with(&variables, &[("AZURE_CLIENT_ID", USER_IDENTITY)]);
    reads(&cloud, &project(), &by_environment, USER_IDENTITY);
    // The manifest goes before.
    let other = with(&variables, &[("AZURE_CLIENT_ID", UNKNOWN)]);
    reads(&cloud, &by_manifest, &other, USER_IDENTITY);
    assert_eq!(cloud.count("entra"), 0);
}

#[test]
fn an_identity_that_is_not_there() {
    let cloud = cloud();
    let variables = cloud.environment_app_service();
    let unknown = project_with(&format!("client_id = \"{UNKNOWN}\""));
    fails("managed_unknown", &cloud, &unknown, &variables);
    cloud.remove_system_identity();
    cloud.remove_user_identities();
    fails("managed_none", &cloud, &project(), &variables);
    // Asked once a run: it would be the same again.
    made(&cloud, &[("msi.token", 2)]);
}

#[test]
fn a_header_of_another_start() {
    let cloud = cloud();
    let variables = cloud.environment_app_service();
    let stale = with(&variables, &[("IDENTITY_HEADER", "stale-header-marker")]);
    let outcome = fails("managed_stale_header", &cloud, &project(), &stale);
    drop(outcome.silent_about(&["stale-header-marker"]));
    made(&cloud, &[("msi.token", 1)]);
}

#[test]
fn an_endpoint_that_has_no_tokens_yet_is_asked_again() {
    for status in [404, 410, 429, 500, 503] {
        let cloud = cloud();
        let variables = cloud.environment_app_service();
        cloud.script("msi.token", Reply::status(status).times(2));
        reads(&cloud, &project(), &variables, SYSTEM_IDENTITY);
        made(&cloud, &[("msi.token", 3), ("vault.get", 1)]);
    }
}

#[test]
fn an_endpoint_that_never_has_any() {
    for (name, status) in [("404", 404), ("500", 500)] {
        let cloud = cloud();
        let variables = cloud.environment_app_service();
        cloud.script("msi.token", Reply::status(status).always());
        fails(&format!("managed_{name}"), &cloud, &project(), &variables);
        made(&cloud, &[("msi.token", 3)]);
    }
}

#[test]
fn the_child_may_ask_for_tokens_of_its_own() {
    let cloud = cloud();
    let variables = with(
        &cloud.environment_app_service(),
        &[("AZURE_CLIENT_ID", USER_IDENTITY)],
    );
    let outcome = run(&variables, &project(), &["exec", "--", "env"])
        .output()
        .code(0);
    assert_eq!(outcome.stderr(), "");
    for (name, value) in &variables {
        let line = format!("{name}={value}");
        assert!(outcome.stdout().lines().any(|have| have == line), "{line}");
    }
}

#[test]
fn a_token_with_little_life_left_is_fetched_once_a_run() {
    // It is all that the endpoint has: the next one would be no better.
    let cloud = FakeCloud::start();
    cloud.token_life(Duration::from_mins(2));
    let names: Vec<String> = (0..10).map(|n| format!("k{n}")).collect();
    for name in &names {
        cloud.vault("shop").set(name, MARKER);
    }
    let entries: Vec<(String, String)> = names
        .iter()
        .map(|name| (name.to_uppercase(), format!("${{secrets://{name}}}")))
        .collect();
    let entries = entries.iter().map(|(name, value)| (&**name, &**value));
    let project = Project::new(&shop(entries));
    let outcome = run(
        &cloud.environment_app_service(),
        &project,
        &["render", "json"],
    )
    .output()
    .code(0);
    assert_eq!(outcome.stdout().matches(MARKER).count(), 10);
    made(&cloud, &[("msi.token", 1), ("vault.get", 10)]);
}
