//! Tokens of the sovereign clouds: the database's host says which, or the instance, or the environment.

use nuages_fakecloud::{FakeCloud, Reply};
use serde_json::json;

use super::fails;
use crate::cloud::{asked, env, made, render_as};

/// The one login there was: the host that was asked, and the scope.
#[track_caller]
fn login(cloud: &FakeCloud) -> (String, String) {
    let seen = asked(cloud);
    assert_eq!(seen.len(), 1, "{seen:#?}");
    (
        seen[0].host.clone(),
        seen[0].field("scope").unwrap().to_owned(),
    )
}

#[test]
fn a_databases_host_says_its_cloud() {
    for (kind, host, authority, resource) in [
        (
            "azure-sql",
            "shop.database.windows.net",
            "login.microsoftonline.com",
            "database.windows.net",
        ),
        (
            "azure-sql",
            "x-1.datawarehouse.fabric.microsoft.com",
            "login.microsoftonline.com",
            "database.windows.net",
        ),
        (
            "postgresql",
            "shop.postgres.database.azure.com",
            "login.microsoftonline.com",
            "ossrdbms-aad.database.windows.net",
        ),
        (
            "mysql",
            "shop.mysql.database.azure.com",
            "login.microsoftonline.com",
            "ossrdbms-aad.database.windows.net",
        ),
        (
            "azure-sql",
            "db.shop.example",
            "login.microsoftonline.com",
            "database.windows.net",
        ),
        (
            "azure-sql",
            "shop.database.usgovcloudapi.net",
            "login.microsoftonline.us",
            "database.usgovcloudapi.net",
        ),
        (
            "postgresql",
            "shop.postgres.database.usgovcloudapi.net",
            "login.microsoftonline.us",
            "ossrdbms-aad.database.usgovcloudapi.net",
        ),
        (
            "azure-sql",
            "SHOP.Database.ChinaCloudAPI.cn",
            "login.chinacloudapi.cn",
            "database.chinacloudapi.cn",
        ),
        (
            "mysql",
            "shop.mysql.database.chinacloudapi.cn",
            "login.chinacloudapi.cn",
            "ossrdbms-aad.database.chinacloudapi.cn",
        ),
    ] {
        let cloud = FakeCloud::start();
        let reference = format!("${{entra://{kind}?host={host}}}");
        render_as(
            &cloud.environment_client_secret(),
            &env([("A", &*reference)]),
        );
        let scope = format!("https://{resource}/.default");
        assert_eq!(login(&cloud), (authority.to_owned(), scope), "{host}");
    }
}

/// The fake does not have it, so what Entra answers is laid down.
#[test]
fn france_has_its_own_too() {
    let cloud = FakeCloud::builder().host("login.sovcloud-identity.fr");
    let cloud = cloud.start().unwrap();
    let resource = "https://ossrdbms-aad.database.sovcloud-api.fr";
    let token = cloud.issue_token(resource);
    let answer = json!({"token_type": "Bearer", "expires_in": 3599, "access_token": token});
    let reply = Reply::json(200, &answer).naming("/oauth2/v2.0/token");
    cloud.script("unknown", reply.clone());
    cloud.script("entra.token", reply);
    let reference = "${entra://postgresql?host=shop.postgres.database.sovcloud-api.fr}";
    let rendered = render_as(&cloud.environment_client_secret(), &env([("A", reference)]));
    assert_eq!(rendered["A"], token);
    let seen = asked(&cloud);
    assert_eq!(seen.len(), 1);
    assert_eq!(seen[0].host, "login.sovcloud-identity.fr");
    assert_eq!(
        seen[0].field("scope"),
        Some(&*format!("{resource}/.default"))
    );
}

#[test]
fn the_instance_or_the_environment_says_it_too() {
    let own = "[providers.token]\nkind = 'entra'\ncloud = 'china'\n".to_owned();
    for (manifest, variable, authority, resource) in [
        (
            own.clone() + &env([("A", "${token://azure-sql}")]),
            None,
            "login.chinacloudapi.cn",
            "database.chinacloudapi.cn",
        ),
        (
            own.clone() + &env([("A", "${token://mysql}")]),
            Some("https://login.partner.microsoftonline.cn"),
            "login.partner.microsoftonline.cn",
            "ossrdbms-aad.database.chinacloudapi.cn",
        ),
        (
            env([("A", "${entra://azure-sql}")]),
            Some("login.microsoftonline.us"),
            "login.microsoftonline.us",
            "database.usgovcloudapi.net",
        ),
        (
            env([("A", "${entra://mysql?host=db.shop.example}")]),
            Some("login.microsoftonline.us"),
            "login.microsoftonline.us",
            "ossrdbms-aad.database.usgovcloudapi.net",
        ),
    ] {
        let cloud = FakeCloud::start();
        let mut variables = cloud.environment_client_secret();
        if let Some(host) = variable {
            variables.push(("AZURE_AUTHORITY_HOST".into(), host.into()));
        }
        render_as(&variables, &manifest);
        let scope = format!("https://{resource}/.default");
        assert_eq!(login(&cloud), (authority.to_owned(), scope), "{manifest}");
    }
}

#[test]
fn databases_of_two_clouds_are_two_logins() {
    let cloud = FakeCloud::start();
    let manifest = env([
        ("A", "${entra://azure-sql?host=shop.database.windows.net}"),
        (
            "B",
            "${entra://azure-sql?host=shop.database.chinacloudapi.cn}",
        ),
        (
            "C",
            "${entra://azure-sql?host=reports.database.chinacloudapi.cn}",
        ),
    ]);
    let rendered = render_as(&cloud.environment_client_secret(), &manifest);
    assert_ne!(rendered["A"], rendered["B"]);
    assert_eq!(rendered["B"], rendered["C"]);
    made(&cloud, &[("entra.token", 2)]);
}

#[test]
fn a_database_outside_of_the_logins_cloud_is_told() {
    let cloud = FakeCloud::start();
    let mut variables = cloud.environment_client_secret();
    variables.push((
        "AZURE_AUTHORITY_HOST".into(),
        "login.microsoftonline.us".into(),
    ));
    let manifest = env([(
        "A",
        "${entra://azure-sql?host=shop.database.chinacloudapi.cn}",
    )]);
    fails(&cloud, &variables, "other_cloud", &manifest, 4);
    assert_eq!(cloud.requests(), []);
}
