//! `nuages doctor` at Azure: who we are and by which credential, and what is wrong with it. No secret is read.

use nuages_fakecloud::{
    App, CLIENT_ID, Denied, FakeCloud, Reply, TENANT, USER_IDENTITY, Variables,
};
use serde_json::Value;

use crate::cloud::{MARKER, asked, keeps_quiet, made, run};
use crate::shot::shot;
use crate::support::project::{Outcome, Project};

const MANIFEST: &str = "[providers.secrets]\nkind = 'azure-kv'\nvault = 'shop'\nprefix = 'prod-'\n\
    [providers.token]\nkind = 'entra'\n";

const OTHER: &str = "d41d8cd9-8f00-4204-a980-0998ecf8427e";

/// A cloud with a vault that has a secret, which nobody asks for here.
fn cloud() -> FakeCloud {
    let cloud = FakeCloud::start();
    cloud.vault("shop").set("prod-db", MARKER);
    cloud
}

#[track_caller]
fn doctor(
    cloud: &FakeCloud,
    variables: &Variables,
    manifest: &str,
    arguments: &[&str],
    code: i32,
) -> (Project, Outcome) {
    let project = Project::new(manifest);
    let arguments = [&["-vvv", "doctor"], arguments].concat();
    let outcome = run(variables, &project, &arguments).output().code(code);
    keeps_quiet(cloud, variables, &outcome);
    let read = asked(cloud)
        .into_iter()
        .filter(|seen| seen.operation == "vault.get" && seen.status == 200);
    assert_eq!(read.count(), 0, "no secret is read");
    (project, outcome)
}

/// The same, with all it said compared with `snapshots/doctor_NAME.snap`.
#[track_caller]
fn told(cloud: &FakeCloud, variables: &Variables, name: &str, manifest: &str, code: i32) {
    let (project, outcome) = doctor(cloud, variables, manifest, &[], code);
    shot(&format!("doctor_{name}"), &project, &outcome, &[]);
}

#[test]
fn who_and_by_what_is_said() {
    let cloud = cloud();
    told(
        &cloud,
        &cloud.environment_app_service(),
        "app_service",
        MANIFEST,
        0,
    );
    made(&cloud, &[("msi.token", 2), ("vault.get", 1)]);
    cloud.forget();
    told(
        &cloud,
        &cloud.environment_client_secret(),
        "client_secret",
        MANIFEST,
        0,
    );
    made(&cloud, &[("entra.token", 2), ("vault.get", 1)]);
}

#[test]
fn every_way_to_log_in_has_its_name() {
    let cloud = cloud();
    let words = [(cloud.directory().to_str().unwrap(), "/cloud")];
    for (name, variables) in [
        ("certificate", cloud.environment_certificate()),
        (
            "workload_identity",
            cloud.environment_workload_identity().unwrap(),
        ),
        ("github", cloud.environment_github()),
        ("pipelines", cloud.environment_pipelines()),
    ] {
        let (project, outcome) = doctor(&cloud, &variables, MANIFEST, &[], 0);
        shot(&format!("doctor_{name}"), &project, &outcome, &words);
    }
    let manifest = MANIFEST.replace("kind", &format!("client_id = '{USER_IDENTITY}'\nkind"));
    told(
        &cloud,
        &cloud.environment_app_service(),
        "user_assigned",
        &manifest,
        0,
    );
}

#[test]
fn machines_are_told_the_same() {
    let cloud = cloud();
    let variables = cloud.environment_client_secret();
    let (project, outcome) = doctor(&cloud, &variables, MANIFEST, &["--format", "json"], 0);
    shot("doctor_json", &project, &outcome, &[]);
    let said: Value = serde_json::from_str(outcome.stdout()).unwrap();
    for (n, kind) in ["azure-kv", "entra"].iter().enumerate() {
        assert_eq!(said[n]["kind"], *kind);
        assert_eq!(said[n]["status"], "ok");
        assert_eq!(said[n]["identity"], CLIENT_ID);
        assert_eq!(said[n]["details"]["tenant"], TENANT);
    }
    assert_eq!(said[0]["details"]["vault"], "https://shop.vault.azure.net");

    cloud.add_app(TENANT, CLIENT_ID, App::secret("another"));
    let (project, outcome) = doctor(&cloud, &variables, MANIFEST, &["--format", "json"], 4);
    shot("doctor_json_failed", &project, &outcome, &[]);
}

#[test]
fn a_provider_without_a_manifest_is_asked_too() {
    let cloud = cloud();
    let project = Project::empty();
    let variables = cloud.environment_client_secret();
    for (name, code) in [("entra", 0), ("azure-kv", 0)] {
        let outcome = run(&variables, &project, &["doctor", name])
            .output()
            .code(code);
        keeps_quiet(&cloud, &variables, &outcome);
        shot(&format!("doctor_direct_{name}"), &project, &outcome, &[]);
    }
    assert_eq!(cloud.count("vault"), 0, "no vault is named");
}

/// References that name their vault need no instance, and its doctor no vault.
#[test]
fn vaults_that_references_name_are_no_instances_own() {
    let cloud = cloud();
    let manifest = "[env]\nA = '${azure-kv://shop/prod-db}'\nB = '${entra://azure-sql}'\n";
    told(
        &cloud,
        &cloud.environment_client_secret(),
        "implicit",
        manifest,
        0,
    );
}

/// A role on the project's own secrets alone denies the name that is asked for.
#[test]
fn to_be_denied_the_question_is_an_answer() {
    for reason in [Denied::ByRbac, Denied::ByPolicy] {
        let cloud = cloud();
        cloud.vault("shop").deny(reason);
        let variables = cloud.environment_app_service();
        let (_, outcome) = doctor(&cloud, &variables, MANIFEST, &[], 0);
        assert_eq!(
            outcome.stdout().matches("  ok  ").count(),
            2,
            "{}",
            outcome.stdout()
        );
    }
}

#[test]
fn a_login_that_fails_is_told_for_each() {
    let cloud = cloud();
    cloud.add_app(
        TENANT,
        CLIENT_ID,
        App::expired_secret(cloud.client_secret()),
    );
    told(
        &cloud,
        &cloud.environment_client_secret(),
        "expired_secret",
        MANIFEST,
        4,
    );
    assert_eq!(cloud.count("vault.get"), 0);

    let mut variables = cloud.environment_client_secret();
    variables.retain(|(name, _)| name != "AZURE_TENANT_ID");
    cloud.forget();
    told(&cloud, &variables, "half_a_credential", MANIFEST, 4);
    assert_eq!(cloud.count("entra"), 0);

    cloud.remove_system_identity();
    cloud.remove_user_identities();
    told(
        &cloud,
        &cloud.environment_app_service(),
        "no_identity",
        MANIFEST,
        4,
    );
}

#[test]
fn a_vault_of_another_tenant_is_told() {
    let cloud = cloud();
    cloud.vault("shop").tenant(OTHER);
    told(
        &cloud,
        &cloud.environment_client_secret(),
        "other_tenant",
        MANIFEST,
        4,
    );
}

#[test]
fn a_vault_that_does_not_work_is_told() {
    let cloud = FakeCloud::start();
    let variables = cloud.environment_client_secret();
    told(&cloud, &variables, "no_vault", MANIFEST, 4);

    cloud.vault("shop");
    let page = Reply::text(203, "text/html", "<h1>value-marker-5d20</h1>");
    cloud.script("vault.get", page.always());
    told(&cloud, &variables, "page", MANIFEST, 4);

    cloud.clear_scripts();
    cloud.script(
        "vault.get",
        Reply::vault(503, "ServiceUnavailable").always(),
    );
    told(&cloud, &variables, "down", MANIFEST, 4);
    cloud.clear_scripts();
    cloud.script("vault.get", Reply::throttled(120).always());
    told(&cloud, &variables, "throttled", MANIFEST, 4);
}

/// Where the firewall keeps out who asks, no secret will be read either.
#[test]
fn a_firewall_is_told() {
    let cloud = cloud();
    cloud.vault("shop").deny(Denied::ByFirewall);
    told(
        &cloud,
        &cloud.environment_app_service(),
        "firewall",
        MANIFEST,
        4,
    );
}

#[test]
fn settings_that_cannot_be_are_told() {
    let cloud = cloud();
    let manifest = "[providers.a]\nkind = 'azure-kv'\nvault = 'https://shop.example.org'\n\
         [providers.b]\nkind = 'azure-kv'\nvault = 'shop.vault.azure.cn'\ncloud = 'usgov'\n\
         [providers.c]\nkind = 'azure-kv'\nvault = 'shop'\nclient_id = 'a/b'\n\
         [providers.d]\nkind = 'entra'\ntenant = '../x'\n\
         [providers.e]\nkind = 'entra'\nauthority = 'http://login.example.org'\n\
         [providers.f]\nkind = 'entra'\ncredential = 'client-certificate'\n";
    told(
        &cloud,
        &cloud.environment_client_secret(),
        "settings",
        manifest,
        4,
    );
    assert_eq!(cloud.requests(), []);
}
