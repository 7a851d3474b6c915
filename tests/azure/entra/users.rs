//! `#user`: the name by which a database knows the identity, out of the token that is its password.

use std::os::unix::fs::PermissionsExt as _;

use nuages_fakecloud::{FakeCloud, USER_IDENTITY};
use serde_json::json;

use super::{OPEN_SOURCE, SQL, fails, issued};
use crate::cloud::{asked, env, keeps_quiet, made, render_as, run};
use crate::support::project::Project;

/// Two fields of one token, which is fetched once.
const BOTH: [(&str, &str); 2] = [
    ("USER", "${entra://postgresql#user}"),
    ("PASSWORD", "${entra://postgresql}"),
];

#[test]
fn a_managed_identity_has_its_own_name() {
    let cloud = FakeCloud::start();
    let rendered = render_as(&cloud.environment_app_service(), &env(BOTH));
    assert_eq!(
        rendered["USER"], "shop",
        "the app's, which the identity belongs to"
    );
    assert_eq!(rendered["PASSWORD"], issued(&cloud, OPEN_SOURCE));
    made(&cloud, &[("msi.token", 1)]);
}

#[test]
fn a_user_assigned_identity_has_its_own_name() {
    let cloud = FakeCloud::start();
    let mut variables = cloud.environment_app_service();
    variables.push(("AZURE_CLIENT_ID".into(), USER_IDENTITY.into()));
    let rendered = render_as(&variables, &env(BOTH));
    assert_eq!(rendered["USER"], "shop-identity");
    assert_eq!(rendered["PASSWORD"], issued(&cloud, OPEN_SOURCE));
    made(&cloud, &[("msi.token", 1)]);
}

/// A person at a laptop, whose token `az` gives.
#[test]
fn a_person_has_the_principal_name() {
    let cloud = FakeCloud::start();
    let token = cloud.issue_user_token("dev@shop.example", OPEN_SOURCE);
    let answer = json!({
        "accessToken": token, "expiresOn": "2096-02-11 00:00:00.000000", "expires_on": 3_979_756_800_u64,
        "subscription": "2f6c1a90-7d3e-4b85-a4f1-c8e05b9d7263", "tenant": nuages_fakecloud::TENANT,
        "tokenType": "Bearer",
    });
    let project = Project::new(&env(BOTH))
        .file("answer.json", answer.to_string())
        .file(".azure/azureProfile.json", "{}");
    let script = format!(
        "#!/bin/sh\necho run >> '{0}/runs'\ncat '{0}/answer.json'\n",
        project.root().display()
    );
    project.write("bin/az", script);
    let mode = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(project.path("bin/az"), mode).unwrap();
    let variables = cloud.environment_network();
    let run = run(&variables, &project, &["render", "json"]);
    let outcome = run.path(&project.path("bin")).output().code(0);
    assert_eq!(outcome.stderr(), "");
    let rendered: serde_json::Value = serde_json::from_str(outcome.stdout()).unwrap();
    assert_eq!(rendered["USER"], "dev@shop.example");
    assert_eq!(rendered["PASSWORD"], token);
    assert_eq!(project.read("runs"), "run\n", "one token, one run");
    assert_eq!(cloud.requests(), []);
}

/// Which of the names that a database gave it is an application's, its token does not say.
#[test]
fn an_applications_token_does_not_say_it() {
    let cloud = FakeCloud::start();
    let variables = cloud.environment_client_secret();
    fails(&cloud, &variables, "user_of_an_app", &env(BOTH), 4);
    made(&cloud, &[("entra.token", 1)]);
}

/// Another database's token has the same name in it, and is another all the same.
#[test]
fn each_database_has_its_own_token_and_one_name() {
    let cloud = FakeCloud::start();
    let manifest = env([
        ("SQL", "${entra://azure-sql}"),
        ("SQL_USER", "${entra://azure-sql#user}"),
        ("MYSQL", "${entra://mysql}"),
        ("MYSQL_USER", "${entra://mysql#user}"),
    ]);
    let rendered = render_as(&cloud.environment_app_service(), &manifest);
    assert_eq!(rendered["SQL"], issued(&cloud, SQL));
    assert_eq!(rendered["MYSQL"], issued(&cloud, OPEN_SOURCE));
    assert_eq!(
        [&rendered["SQL_USER"], &rendered["MYSQL_USER"]],
        ["shop", "shop"]
    );
    made(&cloud, &[("msi.token", 2)]);
}

/// `nuages get` gives either to a pipe, and shows nothing beside it.
#[test]
fn both_can_be_had_alone() {
    let cloud = FakeCloud::start();
    let project = Project::empty();
    let variables = cloud.environment_app_service();
    let user = run(&variables, &project, &["-vvv", "get", "entra://mysql#user"]);
    let user = user.output().code(0);
    assert_eq!(user.stdout(), "shop");
    keeps_quiet(&cloud, &variables, &user);
    cloud.forget();
    let token = run(&variables, &project, &["-vvv", "get", "entra://mysql"])
        .output()
        .code(0);
    let tokens = cloud.tokens();
    assert_eq!(token.stdout(), tokens[1].token);
    assert!(!token.stderr().contains(&tokens[1].token[20..]));
    assert_eq!(asked(&cloud).len(), 1);
}
