//! An application with a client secret.

use nuages_fakecloud::{App, CLIENT_ID, TENANT};

use super::{EXEC, cloud, fails, project, project_with, reads, with};
use crate::{
    cloud::{env, keeps_quiet, made, run, shop},
    shot::shot,
    support::project::Project,
};

const OTHER: &str = "00001111-aaaa-2222-bbbb-3333cccc4444";
const SECRET: &str = "AZURE_CLIENT_SECRET";

#[test]
fn an_application_logs_in() {
    let cloud = cloud();
    let variables = cloud.environment_client_secret();
    reads(&cloud, &project(), &variables, CLIENT_ID);
    made(&cloud, &[("entra.token", 1), ("vault.get", 1)]);
    let tunnels = ["login.microsoftonline.com:443", "shop.vault.azure.net:443"];
    let mut asked = cloud.tunnels();
    asked.sort_unstable();
    assert_eq!(asked, tunnels);
}

#[test]
fn a_secret_of_any_characters_arrives_as_it_is() {
    let secret = "a+b c&d=e%41~é\"'\\$x#?/";
    let cloud = cloud();
    cloud.add_app(TENANT, OTHER, App::secret(secret));
    let variables = with(
        &cloud.environment_client_secret(),
        &[("AZURE_CLIENT_ID", OTHER), (SECRET, secret)],
    );
    reads(&cloud, &project(), &variables, OTHER);
}

#[test]
fn the_manifest_says_as_whom() {
    let cloud = cloud();
    let variables = cloud.environment_client_secret();
    let nobody = with(
        &variables,
        &[("AZURE_CLIENT_ID", OTHER), ("AZURE_TENANT_ID", OTHER)],
    );
    let settings = format!("client_id = \"{CLIENT_ID}\"\ntenant = \"{TENANT}\"");
    reads(&cloud, &project_with(&settings), &nobody, CLIENT_ID);
    let nothing = with(
        &variables,
        &[("AZURE_CLIENT_ID", ""), ("AZURE_TENANT_ID", "")],
    );
    reads(&cloud, &project_with(&settings), &nothing, CLIENT_ID);
}

#[test]
fn what_entra_refuses_is_explained() {
    let cloud = cloud();
    let expired = "expired-secret-marker";
    let app = App::secret(cloud.client_secret()).with_expired_secret(expired);
    cloud.add_app(TENANT, CLIENT_ID, app);
    let variables = cloud.environment_client_secret();
    for (name, change) in [
        ("secret_wrong", (SECRET, "wrong-secret-marker")),
        ("secret_expired", (SECRET, expired)),
        ("secret_no_application", ("AZURE_CLIENT_ID", OTHER)),
        ("secret_no_tenant", ("AZURE_TENANT_ID", OTHER)),
    ] {
        cloud.forget();
        let outcome = fails(name, &cloud, &project(), &with(&variables, &[change]));
        drop(outcome.silent_about(&["secret-marker"]));
        // Entra locks out who asks again and again.
        made(&cloud, &[("entra.token", 1)]);
    }
}

#[test]
fn a_scope_of_nobody_is_explained() {
    let cloud = cloud();
    let variables = cloud.environment_client_secret();
    let project = Project::new(&env([("A", "${entra://api://nobodys}")]));
    fails("secret_no_resource", &cloud, &project, &variables);
}

#[test]
fn the_secret_is_kept_from_the_child() {
    let cloud = cloud();
    let password = "certificate-password-marker";
    let variables = with(
        &cloud.environment_client_secret(),
        &[
            ("AZURE_CLIENT_CERTIFICATE_PASSWORD", password),
            ("AZURE_PASSWORD", "user-password-marker"),
        ],
    );
    let project = project();
    let outcome = run(&variables, &project, &["exec", "--", "env"])
        .output()
        .code(0);
    let kept = [
        "AZURE_CLIENT_SECRET",
        "AZURE_CLIENT_CERTIFICATE_PASSWORD",
        "AZURE_PASSWORD",
    ];
    for line in outcome.stdout().lines() {
        let name = line.split('=').next().unwrap_or_default();
        assert!(!kept.contains(&name), "{name}");
    }
    for name in ["AZURE_CLIENT_ID", "AZURE_TENANT_ID"] {
        assert!(outcome.stdout().contains(&format!("{name}=")), "{name}");
    }
    let told = run(&variables, &project, &["-v", "exec", "--", "true"])
        .output()
        .code(0);
    keeps_quiet(&cloud, &variables, &told);
    shot("login_kept_from_the_child", &project, &told, &[]);

    // Unless the manifest says otherwise.
    let project = Project::new(&shop([
        ("A", "${secrets://db}"),
        (SECRET, "${env://AZURE_CLIENT_SECRET}"),
    ]));
    let outcome = run(&variables, &project, &["exec", "--", "env"])
        .output()
        .code(0);
    let line = format!("{SECRET}={}", cloud.client_secret());
    assert!(outcome.stdout().lines().any(|have| have == line));
    assert!(!outcome.stdout().contains(password));
}

#[test]
fn nothing_is_logged_in_to_where_nothing_is_needed() {
    let cloud = cloud();
    let variables = with(&cloud.environment_client_secret(), &[(SECRET, "wrong")]);
    let project = Project::new(&shop([("A", "${secrets://db}"), ("B", "plain")]));
    let mut arguments = vec!["--only", "B"];
    arguments.extend(EXEC);
    run(&variables, &project, &arguments).output().code(0);
    assert!(project.path("started").exists());
    assert_eq!(cloud.connections(), 0);
}
