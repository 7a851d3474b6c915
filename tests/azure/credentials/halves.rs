//! Half a credential, and those that cannot be used: said before anybody is asked, and nothing else is tried.

use nuages_fakecloud::{FakeCloud, Variables};

use super::{cloud, fails, project_with, with};
use crate::cloud::made;

/// Insists that the run fails as told, and that nobody was asked for anything.
#[track_caller]
fn is_told(name: &str, settings: &str, make: impl Fn(&FakeCloud) -> Variables) {
    let cloud = cloud();
    let variables = make(&cloud);
    fails(name, &cloud, &project_with(settings), &variables);
    made(&cloud, &[]);
    assert_eq!(cloud.connections(), 0);
}

#[test]
fn the_missing_half_is_named() {
    is_told("half_secret_tenant", "", |cloud| {
        with(
            &cloud.environment_client_secret(),
            &[("AZURE_TENANT_ID", "")],
        )
    });
    is_told("half_secret_client", "", |cloud| {
        with(
            &cloud.environment_client_secret(),
            &[("AZURE_CLIENT_ID", "")],
        )
    });
    is_told("half_certificate", "", |cloud| {
        with(
            &cloud.environment_certificate(),
            &[
                ("AZURE_CLIENT_ID", ""),
                ("AZURE_CLIENT_CERTIFICATE_PATH", "app.pem"),
            ],
        )
    });
    is_told("half_workload", "", |cloud| {
        with(
            &cloud.environment_workload_identity().unwrap(),
            &[("AZURE_TENANT_ID", "")],
        )
    });
    is_told("half_pipelines", "", |cloud| {
        with(
            &cloud.environment_pipelines(),
            &[("AZURESUBSCRIPTION_CLIENT_ID", "")],
        )
    });
    is_told("half_endpoint", "", |cloud| {
        with(&cloud.environment_app_service(), &[("IDENTITY_HEADER", "")])
    });
}

#[test]
fn nothing_else_is_tried() {
    // The endpoint would give a token; it would be one of somebody else.
    is_told("half_secret_tenant", "", |cloud| {
        let mut variables = with(
            &cloud.environment_client_secret(),
            &[("AZURE_TENANT_ID", "")],
        );
        variables.extend(cloud.environment_app_service());
        variables
    });
}

#[test]
fn a_credential_that_the_manifest_names_and_that_is_not_there() {
    for credential in [
        "client-secret",
        "client-certificate",
        "workload-identity",
        "azure-pipelines",
    ] {
        let name = format!("named_{}", credential.replace('-', "_"));
        let setting = format!("credential = \"{credential}\"");
        is_told(&name, &setting, FakeCloud::environment_app_service);
    }
    let cloud = cloud();
    let project = project_with("credential = \"client-certifcate\"");
    let variables = cloud.environment_certificate();
    let outcome = crate::cloud::run(&variables, &project, &super::EXEC)
        .output()
        .code(3);
    crate::shot::shot("login_named_nonsense", &project, &outcome, &[]);
}

#[test]
fn an_id_that_is_none() {
    for (name, value) in [
        ("AZURE_TENANT_ID", "shop/../../x"),
        ("AZURE_CLIENT_ID", "id with spaces"),
    ] {
        let shown = name.to_ascii_lowercase();
        is_told(&shown, "", |cloud| {
            with(&cloud.environment_client_secret(), &[(name, value)])
        });
    }
    is_told("tenant_of_the_manifest", "tenant = \"shop/x\"", |cloud| {
        cloud.environment_client_secret()
    });
}

#[test]
fn managed_identities_that_cannot_be_used() {
    let endpoint = "http://127.0.0.1:1/token";
    for (name, variables) in [
        (
            "arc",
            vec![
                ("IDENTITY_ENDPOINT", endpoint),
                ("IMDS_ENDPOINT", "http://127.0.0.1:1"),
            ],
        ),
        (
            "service_fabric",
            vec![
                ("IDENTITY_ENDPOINT", endpoint),
                ("IDENTITY_HEADER", "header-marker"),
                ("IDENTITY_SERVER_THUMBPRINT", "00"),
            ],
        ),
        ("cloud_shell", vec![("MSI_ENDPOINT", endpoint)]),
        (
            "azure_ml",
            vec![("MSI_ENDPOINT", endpoint), ("MSI_SECRET", "secret-marker")],
        ),
    ] {
        is_told(&format!("unsupported_{name}"), "", |cloud| {
            with(&cloud.environment_network(), &variables)
        });
    }
}
