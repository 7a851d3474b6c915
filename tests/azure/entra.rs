//! `entra`: tokens for databases and any other resource, each what Entra issued, refused where they cannot work; and the
//! name to log in with.

mod clouds;
mod refused;
mod users;

use std::time::{Duration, Instant};

use nuages_fakecloud::{
    App, CLIENT_ID, FakeCloud, Reply, SYSTEM_IDENTITY, USER_IDENTITY, Variables,
};
use serde_json::json;

use crate::cloud::{asked, env, keeps_quiet, made, render_as, run};
use crate::shot::shot;
use crate::support::project::{Outcome, Project};

/// A tenant beside the one that is there from the start.
const OTHER: &str = "d41d8cd9-8f00-4204-a980-0998ecf8427e";

const SQL: &str = "https://database.windows.net";
const OPEN_SOURCE: &str = "https://ossrdbms-aad.database.windows.net";

/// Insists on a failure with this exit code, no child and silence about secrets; compares all it said with
/// `snapshots/entra_NAME.snap`.
#[track_caller]
fn fails(
    cloud: &FakeCloud,
    variables: &Variables,
    name: &str,
    manifest: &str,
    code: i32,
) -> Outcome {
    let project = Project::new(manifest);
    let arguments = ["-vvv", "exec", "--", "sh", "-c", "touch started"];
    let outcome = run(variables, &project, &arguments).output().code(code);
    keeps_quiet(cloud, variables, &outcome);
    assert!(!project.path("started").exists(), "a child was started");
    shot(&format!("entra_{name}"), &project, &outcome, &[]);
    outcome
}

/// The token that was issued for this audience; there is one.
#[track_caller]
fn issued(cloud: &FakeCloud, audience: &str) -> String {
    let mut tokens = cloud.tokens();
    tokens.retain(|one| one.audience == audience);
    assert_eq!(tokens.len(), 1, "{tokens:?}");
    tokens.remove(0).token
}

#[test]
fn databases_have_tokens_by_their_short_names() {
    for (variables, login) in [
        (
            FakeCloud::environment_client_secret as fn(&FakeCloud) -> Variables,
            "entra.token",
        ),
        (FakeCloud::environment_app_service, "msi.token"),
    ] {
        let cloud = FakeCloud::start();
        let manifest = env([
            ("SQL", "${entra://azure-sql}"),
            ("POSTGRESQL", "${entra://postgresql}"),
            ("MYSQL", "${entra://mysql}"),
        ]);
        let rendered = render_as(&variables(&cloud), &manifest);
        assert_eq!(rendered["SQL"], issued(&cloud, SQL));
        assert_eq!(rendered["POSTGRESQL"], issued(&cloud, OPEN_SOURCE));
        assert_eq!(rendered["MYSQL"], rendered["POSTGRESQL"]);
        made(&cloud, &[(login, 2)]);
    }
}

#[test]
fn any_resource_or_scope_has_a_token() {
    let cloud = FakeCloud::start();
    let id = "00001111-aaaa-2222-bbbb-3333cccc4444";
    for resource in ["api://shop", "https://shop.example/api", id] {
        cloud.add_resource(resource);
    }
    let variables = cloud.environment_client_secret();
    let manifest = env([
        ("GRAPH", "${entra://https://graph.microsoft.com}"),
        ("SCOPE", "${entra://https://graph.microsoft.com/.default}"),
        ("API", "${entra://api://shop}"),
        ("PATH", "${entra://https://shop.example/api/.default}"),
        ("ID", &*format!("${{entra://{id}}}")),
    ]);
    let rendered = render_as(&variables, &manifest);
    assert_eq!(
        rendered["GRAPH"],
        issued(&cloud, "https://graph.microsoft.com")
    );
    assert_eq!(rendered["SCOPE"], rendered["GRAPH"]);
    assert_eq!(rendered["API"], issued(&cloud, "api://shop"));
    assert_eq!(rendered["PATH"], issued(&cloud, "https://shop.example/api"));
    assert_eq!(rendered["ID"], issued(&cloud, id));
    made(&cloud, &[("entra.token", 4)]);
}

#[test]
fn a_reference_may_name_another_application_and_tenant() {
    const ANOTHER: &str = "7f3d9c40-1a2b-4c5d-8e6f-a0b1c2d3e4f5";
    let cloud = FakeCloud::start();
    for (tenant, client_id) in [(OTHER, CLIENT_ID), (OTHER, ANOTHER)] {
        cloud.add_app(tenant, client_id, App::secret(cloud.client_secret()));
    }
    cloud.add_app(
        nuages_fakecloud::TENANT,
        ANOTHER,
        App::secret(cloud.client_secret()),
    );
    let entries = [
        ("OWN", "${entra://azure-sql}".to_owned()),
        ("TENANT", format!("${{entra://azure-sql?tenant={OTHER}}}")),
        (
            "CLIENT",
            format!("${{entra://azure-sql?client_id={ANOTHER}}}"),
        ),
        (
            "BOTH",
            format!("${{entra://azure-sql?client_id={ANOTHER}&tenant={OTHER}}}"),
        ),
    ];
    let variables = cloud.environment_client_secret();
    let rendered = render_as(&variables, &env(entries.iter().map(|(a, b)| (*a, &**b))));
    let tokens = cloud.tokens();
    for (name, tenant, client_id) in [
        ("OWN", nuages_fakecloud::TENANT, CLIENT_ID),
        ("TENANT", OTHER, CLIENT_ID),
        ("CLIENT", nuages_fakecloud::TENANT, ANOTHER),
        ("BOTH", OTHER, ANOTHER),
    ] {
        let one = tokens
            .iter()
            .find(|one| rendered[name] == *one.token)
            .unwrap();
        assert_eq!(
            (&*one.tenant, &*one.client_id),
            (tenant, client_id),
            "{name}"
        );
    }
    made(&cloud, &[("entra.token", 4)]);
}

#[test]
fn a_reference_may_name_another_managed_identity() {
    let cloud = FakeCloud::start();
    let other = format!("${{entra://azure-sql?client_id={USER_IDENTITY}}}");
    let manifest = env([("OWN", "${entra://azure-sql}"), ("OTHER", &other)]);
    let rendered = render_as(&cloud.environment_app_service(), &manifest);
    let tokens = cloud.tokens();
    for (name, client_id) in [("OWN", SYSTEM_IDENTITY), ("OTHER", USER_IDENTITY)] {
        let one = tokens
            .iter()
            .find(|one| rendered[name] == *one.token)
            .unwrap();
        assert_eq!(one.client_id, client_id);
    }
    made(&cloud, &[("msi.token", 2)]);
}

#[test]
fn a_token_is_a_databases_password() {
    let cloud = FakeCloud::start();
    let host = "shop.postgres.database.azure.com";
    let manifest = format!(
        "[databases.default]\nENGINE = 'postgresql'\nNAME = 'shop'\nHOST = '{host}'\n\
         USER = '${{entra://postgresql?host={host}#user}}'\nPASSWORD = '${{entra://postgresql?host={host}}}'\n\
         [databases.reports]\nENGINE = 'postgresql'\nNAME = 'reports'\n\
         PASSWORD = '${{entra://postgresql?host=reports.postgres.database.azure.com}}'\n"
    );
    let rendered = render_as(&cloud.environment_app_service(), &manifest);
    let token = issued(&cloud, OPEN_SOURCE);
    let databases = &rendered["DATABASES"];
    assert_eq!(databases["default"]["USER"], "shop");
    assert_eq!(databases["default"]["PASSWORD"], token);
    assert_eq!(databases["reports"]["PASSWORD"], token);
    made(&cloud, &[("msi.token", 1)]);
}

/// The token of Azure SQL, that of the vault and ten secrets: one after another they would take 24 s.
#[test]
fn a_token_and_ten_secrets_are_fetched_side_by_side() {
    let cloud = FakeCloud::start();
    let vault = cloud.vault("shop");
    let mut entries = vec![("TOKEN".to_owned(), "${entra://azure-sql}".to_owned())];
    for n in 0..10 {
        vault.set(&format!("s{n}"), &format!("value-{n}"));
        entries.push((format!("S{n}"), format!("${{azure-kv://shop/s{n}}}")));
    }
    cloud.latency(Duration::from_secs(2));
    let manifest = env(entries.iter().map(|(a, b)| (&**a, &**b)));
    let start = Instant::now();
    let rendered = render_as(&cloud.environment_client_secret(), &manifest);
    assert!(start.elapsed() < Duration::from_secs(16));
    assert_eq!(rendered["TOKEN"], issued(&cloud, SQL));
    assert_eq!(rendered["S9"], "value-9");
    made(&cloud, &[("entra.token", 2), ("vault.get", 10)]);
}

/// A token that is about to end is still the one that Entra gives, and good for a connection that is opened at once.
#[test]
fn a_token_may_be_short_lived_and_the_clocks_differ_a_little() {
    for (life, shift) in [(120, 0), (3600, 240), (3600, -240), (86_400, 0)] {
        let cloud = FakeCloud::start();
        cloud.token_life(Duration::from_secs(life));
        cloud.token_shift(shift);
        let variables = cloud.environment_app_service();
        let rendered = render_as(&variables, &env([("A", "${entra://azure-sql}")]));
        assert_eq!(rendered["A"], issued(&cloud, SQL), "{life} {shift}");
    }
}

/// Some services have tokens that only they can read; a database's is looked into, for it would only say "login failed".
#[test]
fn a_token_that_cannot_be_read_is_for_other_resources_alone() {
    let opaque = "opaque-token-marker-77c1";
    let cloud = FakeCloud::start();
    let answer = json!({"token_type": "Bearer", "expires_in": 3599, "access_token": opaque});
    cloud.script("entra.token", Reply::json(200, &answer).always());
    let variables = cloud.environment_client_secret();
    let rendered = render_as(&variables, &env([("A", "${entra://api://shop}")]));
    assert_eq!(rendered["A"], opaque);
    let manifest = env([
        ("A", "${entra://azure-sql}"),
        ("B", "${entra://api://shop#user}"),
    ]);
    let outcome = fails(&cloud, &variables, "opaque", &manifest, 4);
    outcome.silent_about(&[opaque]);
}

/// What the cloud's books have of a login: the scope, the application, and no secret.
#[test]
fn entra_is_asked_by_its_documented_form() {
    let cloud = FakeCloud::start();
    let variables = cloud.environment_client_secret();
    render_as(&variables, &env([("A", "${entra://mysql}")]));
    let seen = asked(&cloud);
    assert_eq!(seen.len(), 1);
    let (path, tenant) = (&seen[0].path, nuages_fakecloud::TENANT);
    assert_eq!(*path, format!("/{tenant}/oauth2/v2.0/token"));
    assert_eq!(seen[0].field("grant_type"), Some("client_credentials"));
    assert_eq!(seen[0].field("client_id"), Some(CLIENT_ID));
    assert_eq!(
        seen[0].field("scope"),
        Some(&*format!("{OPEN_SOURCE}/.default"))
    );
    assert_eq!(seen[0].query, "");
}
