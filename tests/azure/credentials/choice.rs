//! Which credential is used where several are there: the first of one fixed order, or the one that is named.

use nuages_fakecloud::{CLIENT_ID, FakeCloud, SYSTEM_IDENTITY, USER_IDENTITY, Variables};

use super::{cloud, fails, project, project_with, reads, with};
use crate::{
    cloud::{counts, made, run},
    support::project::Project,
};

/// The variables of all credentials at once, in the order in which they are looked at, each with what it needs alone.
const STEPS: [(&str, &[&str], &[&str]); 5] = [
    ("client-secret", &["AZURE_CLIENT_SECRET"], &["entra.token"]),
    (
        "client-certificate",
        &["AZURE_CLIENT_CERTIFICATE_PATH"],
        &["entra.token"],
    ),
    (
        "workload-identity",
        &["AZURE_FEDERATED_TOKEN_FILE"],
        &["entra.token"],
    ),
    (
        "azure-pipelines",
        &["SYSTEM_OIDCREQUESTURI"],
        &["entra.token", "pipelines.oidc"],
    ),
    (
        "github-actions",
        &["ACTIONS_ID_TOKEN_REQUEST_URL"],
        &["entra.token", "github.oidc"],
    ),
];

fn everything(cloud: &FakeCloud) -> Variables {
    let mut all = cloud.environment_client_secret();
    for more in [
        cloud.environment_certificate(),
        cloud.environment_workload_identity().unwrap(),
        cloud.environment_pipelines(),
        cloud.environment_github(),
        cloud.environment_app_service(),
    ] {
        all.retain(|(name, _)| more.iter().all(|(other, _)| other != name));
        all.extend(more);
    }
    all
}

/// How the application logged in, by what it sent: a secret or an assertion, and of whom.
fn operations(cloud: &FakeCloud) -> Vec<&'static str> {
    let counts = counts(cloud);
    let logins = counts.into_keys().filter(|name| !name.starts_with("vault"));
    logins.collect()
}

#[test]
fn the_order_is_that_of_the_sdks() {
    let cloud = cloud();
    let mut left = everything(&cloud);
    for (credential, variables, asked) in STEPS {
        cloud.forget();
        reads(&cloud, &project(), &left, CLIENT_ID);
        assert_eq!(operations(&cloud), asked, "{credential}");
        // `nuages doctor` says which one it is.
        let told = run(&left, &project(), &["doctor"]).output().code(0);
        let words = match credential {
            "client-secret" => "client secret",
            "client-certificate" => "client certificate `",
            "workload-identity" => "workload identity",
            "azure-pipelines" => "service connection of Azure Pipelines",
            _ => "identity token of GitHub Actions",
        };
        assert!(told.stdout().contains(words), "{}", told.stdout());
        let gone: Vec<(&str, &str)> = variables.iter().map(|name| (*name, "")).collect();
        left = with(&left, &gone);
    }
    // What names an application for the others names one of several managed identities here.
    cloud.forget();
    let unknown = fails("choice_managed_last", &cloud, &project(), &left);
    assert!(unknown.stderr().contains("managed identity of the app"));
    let left = with(&left, &[("AZURE_CLIENT_ID", "")]);
    reads(&cloud, &project(), &left, SYSTEM_IDENTITY);
}

#[test]
fn the_manifest_names_one_of_all() {
    let cloud = cloud();
    let all = everything(&cloud);
    for (credential, _, asked) in STEPS {
        cloud.forget();
        let named = project_with(&format!("credential = \"{credential}\""));
        reads(&cloud, &named, &all, CLIENT_ID);
        assert_eq!(operations(&cloud), asked, "{credential}");
    }
    cloud.forget();
    let named = project_with(&format!(
        "credential = \"managed-identity\"\nclient_id = \"{USER_IDENTITY}\""
    ));
    reads(&cloud, &named, &all, USER_IDENTITY);
    made(&cloud, &[("msi.token", 1), ("vault.get", 1)]);
}

#[test]
fn the_sdks_own_variable_narrows_it() {
    const NAME: &str = "AZURE_TOKEN_CREDENTIALS";
    let cloud = cloud();
    let all = everything(&cloud);
    for (value, asked) in [
        ("prod", "entra.token"),
        ("EnvironmentCredential", "entra.token"),
        ("WorkloadIdentityCredential", "entra.token"),
        ("workloadidentitycredential", "entra.token"),
    ] {
        cloud.forget();
        reads(&cloud, &project(), &with(&all, &[(NAME, value)]), CLIENT_ID);
        assert_eq!(operations(&cloud), [asked], "{value}");
    }
    cloud.forget();
    let managed = [(NAME, "ManagedIdentityCredential"), ("AZURE_CLIENT_ID", "")];
    reads(&cloud, &project(), &with(&all, &managed), SYSTEM_IDENTITY);
    assert_eq!(operations(&cloud), ["msi.token"]);

    cloud.forget();
    for (name, value) in [
        ("dev", "dev"),
        ("unknown", "nonsense-marker"),
        // One that no SDK would use without being told.
        ("interactive", "InteractiveBrowserCredential"),
    ] {
        let variables = with(&all, &[(NAME, value)]);
        let name = format!("narrowed_{name}");
        let outcome = fails(&name, &cloud, &project(), &variables);
        drop(outcome.silent_about(&["nonsense-marker"]));
    }
    let none = with(
        &cloud.environment_app_service(),
        &[(NAME, "EnvironmentCredential")],
    );
    fails("narrowed_environment", &cloud, &project(), &none);
    let none = with(
        &cloud.environment_app_service(),
        &[(NAME, "WorkloadIdentityCredential")],
    );
    fails("narrowed_workload", &cloud, &project(), &none);
    made(&cloud, &[]);
    // The manifest says more than the environment.
    let named = project_with("credential = \"client-secret\"");
    let variables = with(&all, &[(NAME, "ManagedIdentityCredential")]);
    reads(&cloud, &named, &variables, CLIENT_ID);
}

#[test]
fn two_instances_log_in_as_two() {
    let cloud = cloud();
    let project = Project::new(&format!(
        "[providers.app]\nkind = \"azure-kv\"\nvault = \"shop\"\n\n\
         [providers.machine]\nkind = \"azure-kv\"\nvault = \"shop\"\ncredential = \"managed-identity\"\nclient_id = \"{SYSTEM_IDENTITY}\"\n\n\
         [providers.job]\nkind = \"azure-kv\"\nvault = \"shop\"\ncredential = \"managed-identity\"\nclient_id = \"{USER_IDENTITY}\"\n\n\
         [providers.again]\nkind = \"azure-kv\"\nvault = \"shop\"\ncredential = \"managed-identity\"\nclient_id = \"{USER_IDENTITY}\"\n\n\
         [env]\nA = \"${{app://db}}\"\nB = \"${{machine://db}}\"\nC = \"${{job://db}}\"\nD = \"${{again://db}}\"\n"
    ));
    let mut variables = cloud.environment_client_secret();
    variables.extend(cloud.environment_app_service());
    let outcome = run(&variables, &project, &["render", "json"])
        .output()
        .code(0);
    assert_eq!(outcome.stderr(), "");
    let mut who: Vec<String> = cloud
        .tokens()
        .into_iter()
        .map(|token| token.client_id)
        .collect();
    who.sort_unstable();
    let mut wanted = [CLIENT_ID, SYSTEM_IDENTITY, USER_IDENTITY];
    wanted.sort_unstable();
    assert_eq!(who, wanted);
    made(
        &cloud,
        &[("entra.token", 1), ("msi.token", 2), ("vault.get", 4)],
    );
}

#[test]
fn one_login_that_fails_leaves_the_other_alone() {
    let cloud = cloud();
    let project = Project::new(
        "[providers.app]\nkind = \"azure-kv\"\nvault = \"shop\"\n\n\
         [providers.machine]\nkind = \"azure-kv\"\nvault = \"shop\"\ncredential = \"managed-identity\"\nclient_id = \"00001111-aaaa-2222-bbbb-3333cccc4444\"\n\n\
         [env]\nA = \"${app://db}\"\nB = \"${machine://db}\"\nC = \"${machine://other}\"\n",
    );
    let mut variables = cloud.environment_client_secret();
    variables.extend(cloud.environment_app_service());
    let outcome = run(&variables, &project, &super::EXEC).output().code(4);
    crate::cloud::keeps_quiet(&cloud, &variables, &outcome);
    assert!(!project.path("started").exists());
    crate::shot::shot("login_one_of_two", &project, &outcome, &[]);
    made(
        &cloud,
        &[("entra.token", 1), ("msi.token", 1), ("vault.get", 1)],
    );
}
