//! Tokens of somebody else that Entra trusts: a cluster's service account, Azure Pipelines, GitHub Actions.

use nuages_fakecloud::{
    CLIENT_ID, CLUSTER_ISSUER, CLUSTER_SUBJECT, EXCHANGE, FakeCloud, GITHUB_SUBJECT, Reply,
    Variables,
};

use super::{cloud, fails, project, project_with, reads, with};
use crate::{
    cloud::{made, run},
    support::project::Project,
};

const FILE: &str = "AZURE_FEDERATED_TOKEN_FILE";
const OTHER: &str = "00001111-aaaa-2222-bbbb-3333cccc4444";

/// A project with this content as its service account's token, and the variables that name it.
fn pod(cloud: &FakeCloud, token: &str) -> (Project, Variables) {
    let project = project().file("token", token);
    let path = project.path("token");
    let variables = cloud.environment_workload_identity().unwrap();
    let variables = with(&variables, &[(FILE, path.to_str().unwrap())]);
    (project, variables)
}

#[test]
fn a_pod_logs_in_by_its_service_account() {
    let cloud = cloud();
    let variables = cloud.environment_workload_identity().unwrap();
    reads(&cloud, &project(), &variables, CLIENT_ID);
    made(&cloud, &[("entra.token", 1), ("vault.get", 1)]);
    // A pod may have several identities; the annotation on its service account names one of them.
    let other = with(&variables, &[("AZURE_CLIENT_ID", OTHER)]);
    let named = project_with(&format!("client_id = \"{CLIENT_ID}\""));
    reads(&cloud, &named, &other, CLIENT_ID);
}

#[test]
fn a_token_that_entra_does_not_take() {
    let cloud = cloud();
    let elsewhere = "https://elsewhere.example/";
    let worker = "system:serviceaccount:shop:worker";
    let cluster = "https://kubernetes.default.svc";
    for (name, issuer, subject, audience, life) in [
        ("expired", CLUSTER_ISSUER, CLUSTER_SUBJECT, EXCHANGE, -600),
        ("issuer", elsewhere, CLUSTER_SUBJECT, EXCHANGE, 600),
        ("subject", CLUSTER_ISSUER, worker, EXCHANGE, 600),
        ("audience", CLUSTER_ISSUER, CLUSTER_SUBJECT, cluster, 600),
    ] {
        cloud.forget();
        let token = cloud.federated_token(issuer, subject, audience, life);
        let (project, variables) = pod(&cloud, &token);
        let name = format!("workload_{name}");
        fails(&name, &cloud, &project, &variables);
        made(&cloud, &[("entra.token", 1)]);
    }
    let (project, variables) = pod(&cloud, "no token at all");
    fails("workload_no_token", &cloud, &project, &variables);
}

#[test]
fn a_token_file_that_is_not_there() {
    let cloud = cloud();
    let (project, variables) = pod(&cloud, "");
    let missing = with(&variables, &[(FILE, "missing")]);
    fails("workload_missing", &cloud, &project, &missing);
    let directory = with(&variables, &[(FILE, ".")]);
    fails("workload_directory", &cloud, &project, &directory);
    fails("workload_empty", &cloud, &project, &variables);
    // Nothing but a file of text can be one.
    std::fs::write(project.path("token"), [0xff, 0xfe]).unwrap();
    fails("workload_not_text", &cloud, &project, &variables);
    made(&cloud, &[]);
}

#[test]
fn a_file_that_may_not_be_read() {
    use std::os::unix::fs::PermissionsExt as _;
    let cloud = cloud();
    let (project, variables) = pod(&cloud, "x");
    let nobody = std::fs::Permissions::from_mode(0o000);
    std::fs::set_permissions(project.path("token"), nobody).unwrap();
    if rustix::process::geteuid().is_root() {
        // For root there is no such file; what is left to see is that one without a token in it is refused.
        run(&variables, &project, &super::EXEC).output().code(4);
        return;
    }
    fails("workload_unreadable", &cloud, &project, &variables);
    made(&cloud, &[]);
}

#[test]
fn a_pipeline_logs_in_by_its_service_connection() {
    let cloud = cloud();
    let variables = cloud.environment_pipelines();
    // The service connection says as whom, whatever else the job has.
    let variables = with(
        &variables,
        &[("AZURE_CLIENT_ID", OTHER), ("AZURE_TENANT_ID", OTHER)],
    );
    reads(&cloud, &project(), &variables, CLIENT_ID);
    made(
        &cloud,
        &[("pipelines.oidc", 1), ("entra.token", 1), ("vault.get", 1)],
    );
    assert!(cloud.tunnels().contains(&"dev.azure.com:443".to_owned()));
}

#[test]
fn what_azure_pipelines_refuses_is_explained() {
    let cloud = cloud();
    let variables = cloud.environment_pipelines();
    for (name, change) in [
        ("token", ("SYSTEM_ACCESSTOKEN", "wrong-token-marker")),
        (
            "connection",
            ("AZURESUBSCRIPTION_SERVICE_CONNECTION_ID", OTHER),
        ),
    ] {
        cloud.forget();
        let variables = with(&variables, &[change]);
        let name = format!("pipelines_{name}");
        let outcome = fails(&name, &cloud, &project(), &variables);
        drop(outcome.silent_about(&["token-marker"]));
        made(&cloud, &[("pipelines.oidc", 1)]);
    }
    cloud.script("pipelines.oidc", Reply::status(403));
    fails("pipelines_403", &cloud, &project(), &variables);
    // To its page for people.
    let page = "https://spsprodweu1.vssps.visualstudio.com/_signin";
    let reply = Reply::status(302).header("location", page);
    cloud.script("pipelines.oidc", reply);
    fails("pipelines_302", &cloud, &project(), &variables);
    let reply = Reply::text(200, "text/html", "<html>body-marker-7f3a</html>");
    cloud.script("pipelines.oidc", reply);
    let outcome = fails("pipelines_page", &cloud, &project(), &variables);
    drop(outcome.silent_about(&["body-marker"]));
    // Of another connection than the application trusts.
    let other = "4c1f6e0a-93b2-4d57-8ea0-7b25f1c6d938";
    cloud.add_service_connection(other, "sc://shop/shop/staging");
    let name = "AZURESUBSCRIPTION_SERVICE_CONNECTION_ID";
    let staging = with(&variables, &[(name, other)]);
    fails("pipelines_subject", &cloud, &project(), &staging);
}

#[test]
fn a_job_of_github_logs_in_by_its_identity_token() {
    let cloud = cloud();
    let variables = cloud.environment_github();
    reads(&cloud, &project(), &variables, CLIENT_ID);
    made(
        &cloud,
        &[("github.oidc", 1), ("entra.token", 1), ("vault.get", 1)],
    );
    let asked = cloud.requests();
    let asked = asked.iter().find(|seen| seen.operation == "github.oidc");
    let query = &asked.unwrap().query;
    assert!(
        query.ends_with("&audience=api%3A%2F%2FAzureADTokenExchange"),
        "{query}"
    );
}

#[test]
fn what_github_refuses_is_explained() {
    let cloud = cloud();
    let variables = cloud.environment_github();
    let wrong = with(
        &variables,
        &[("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "wrong-token-marker")],
    );
    let outcome = fails("github_token", &cloud, &project(), &wrong);
    drop(outcome.silent_about(&["token-marker"]));
    cloud.script("github.oidc", Reply::status(403));
    fails("github_403", &cloud, &project(), &variables);
    for (name, body) in [
        ("page", "<html>body-marker-7f3a</html>"),
        ("nothing", r#"{"count": 0}"#),
    ] {
        cloud.script("github.oidc", Reply::text(200, "text/html", body));
        let outcome = fails(&format!("github_{name}"), &cloud, &project(), &variables);
        drop(outcome.silent_about(&["body-marker"]));
    }
    made(&cloud, &[("github.oidc", 4)]);
    // A run for a pull request, where the application trusts the branch.
    let (repository, _) = GITHUB_SUBJECT.rsplit_once(":ref:").unwrap();
    cloud.github_subject(&format!("{repository}:pull_request"));
    fails("github_subject", &cloud, &project(), &variables);
}

#[test]
fn issuers_that_fail_are_asked_three_times() {
    let cloud = cloud();
    for (operation, variables) in [
        ("github.oidc", cloud.environment_github()),
        ("pipelines.oidc", cloud.environment_pipelines()),
    ] {
        cloud.forget();
        cloud.script(operation, Reply::status(503).times(2));
        reads(&cloud, &project(), &variables, CLIENT_ID);
        made(
            &cloud,
            &[(operation, 3), ("entra.token", 1), ("vault.get", 1)],
        );
        cloud.forget();
        cloud.script(operation, Reply::status(500).always());
        let name = format!("{}_500", operation.split('.').next().unwrap());
        fails(&name, &cloud, &project(), &variables);
        made(&cloud, &[(operation, 3)]);
        cloud.clear_scripts();
    }
}

#[test]
fn a_job_without_permission_is_told_so() {
    let cloud = cloud();
    // The variables are not there at all: what is seen of it is that the credential that is asked for has none.
    let none = with(
        &cloud.environment_github(),
        &[
            ("ACTIONS_ID_TOKEN_REQUEST_URL", ""),
            ("ACTIONS_ID_TOKEN_REQUEST_TOKEN", ""),
        ],
    );
    let project = project_with("credential = \"github-actions\"");
    fails("github_no_permission", &cloud, &project, &none);
    let unmapped = with(
        &cloud.environment_pipelines(),
        &[("SYSTEM_ACCESSTOKEN", "")],
    );
    fails("pipelines_unmapped", &cloud, &super::project(), &unmapped);
    made(&cloud, &[]);
}
