//! Which hosts log in, and to whom no credential goes, whoever names them.

use nuages_fakecloud::{CLIENT_ID, FakeCloud};

use super::{EXEC, GET, PASSWORD, cloud, fails, project, with};
use crate::{
    cloud::{MARKER, SHOP, asked, env, made, run},
    support::project::Project,
};

const AUTHORITY: &str = "AZURE_AUTHORITY_HOST";

#[test]
fn each_cloud_logs_in_at_its_own_host() {
    let project = Project::new(&env([("A", "${entra://azure-sql}")]));
    for (authority, host, scope) in [
        (
            "login.microsoftonline.com",
            "login.microsoftonline.com",
            "https://database.windows.net/.default",
        ),
        (
            "https://login.microsoftonline.us/",
            "login.microsoftonline.us",
            "https://database.usgovcloudapi.net/.default",
        ),
        (
            "https://login.partner.microsoftonline.cn",
            "login.partner.microsoftonline.cn",
            "https://database.chinacloudapi.cn/.default",
        ),
        (
            "https://LOGIN.chinacloudapi.cn",
            "login.chinacloudapi.cn",
            "https://database.chinacloudapi.cn/.default",
        ),
    ] {
        let cloud = cloud();
        let variables = with(
            &cloud.environment_client_secret(),
            &[(AUTHORITY, authority)],
        );
        let outcome = run(&variables, &project, &["get", "entra://azure-sql"])
            .output()
            .code(0);
        assert_eq!(outcome.stdout(), cloud.tokens()[0].token, "{authority}");
        assert_eq!(cloud.tunnels(), [format!("{host}:443")]);
        let seen = cloud.requests();
        assert_eq!(seen.len(), 1);
        assert_eq!(
            (&*seen[0].host, seen[0].field("scope")),
            (host, Some(scope))
        );
    }
    // One that the fake does not have: what counts is who was asked.
    let host = "login.sovcloud-identity.fr";
    let cloud = FakeCloud::builder().host(host).start().unwrap();
    let variables = with(&cloud.environment_client_secret(), &[(AUTHORITY, host)]);
    run(&variables, &project, &EXEC).output().code(4);
    assert_eq!(cloud.tunnels(), [format!("{host}:443")]);
}

#[test]
fn credentials_go_to_no_host_that_the_environment_makes_up() {
    let cloud = FakeCloud::builder()
        .host("*.example")
        .host("login.microsoftonline.com.example")
        .start()
        .unwrap();
    let with_login = format!("https://shop:{PASSWORD}@login.microsoftonline.com");
    for (name, authority) in [
        ("authority_elsewhere", "https://collector.example"),
        ("authority_elsewhere", "collector.example"),
        (
            "authority_alike",
            "https://login.microsoftonline.com.example",
        ),
        ("authority_without_tls", "http://login.microsoftonline.com"),
        (
            "authority_with_path",
            "https://login.microsoftonline.com/tenant",
        ),
        ("authority_with_login", &with_login),
        ("authority_no_url", "https://"),
    ] {
        for variables in [
            cloud.environment_client_secret(),
            cloud.environment_certificate(),
            cloud.environment_workload_identity().unwrap(),
            cloud.environment_github(),
        ] {
            let variables = with(&variables, &[(AUTHORITY, authority)]);
            fails(name, &cloud, &project(), &variables);
        }
    }
    assert_eq!(cloud.connections(), 0);
}

#[test]
fn the_manifest_may_name_another_authority() {
    let cloud = FakeCloud::builder()
        .host("login.shop.example")
        .start()
        .unwrap();
    cloud.vault("shop").set("db", MARKER);
    let variables = cloud.environment_client_secret();
    let manifest = |authority: &str| {
        Project::new(&format!(
            "{SHOP}authority = \"{authority}\"\n\n[env]\nA = \"${{secrets://db}}\"\n"
        ))
    };
    // This machine, by the manifest and by the environment; the assertion of a certificate is for it alone.
    for variables in [&variables, &cloud.environment_certificate()] {
        let project = manifest(&cloud.https_url());
        let outcome = run(variables, &project, &GET).output().code(0);
        assert_eq!(outcome.stdout(), MARKER);
        let by_environment = with(variables, &[(AUTHORITY, &cloud.https_url())]);
        let outcome = run(&by_environment, &super::project(), &GET)
            .output()
            .code(0);
        assert_eq!(outcome.stdout(), MARKER);
    }
    assert_eq!(cloud.count("entra.token"), 4);
    assert!(!cloud.tunnels().iter().any(|host| host.starts_with("login")));

    // A host of one's own, which the fake does not know; the environment's does not go before.
    cloud.forget();
    let both = with(&variables, &[(AUTHORITY, "https://collector.example")]);
    run(&both, &manifest("https://login.shop.example"), &EXEC)
        .output()
        .code(4);
    let seen = asked(&cloud);
    let hosts: Vec<&str> = seen.iter().map(|seen| &*seen.host).collect();
    assert_eq!(hosts, ["login.shop.example"]);
    assert_eq!(seen[0].field("client_id"), Some(CLIENT_ID));

    cloud.forget();
    for (name, authority) in [
        ("manifest_without_tls", "http://login.shop.example"),
        ("manifest_with_path", "https://login.shop.example/adfs"),
    ] {
        fails(name, &cloud, &manifest(authority), &variables);
    }
    assert_eq!(cloud.connections(), 0);
}

#[test]
fn a_managed_identitys_header_stays_in_this_network() {
    let cloud = cloud();
    let variables = cloud.environment_app_service();
    let everything = with(&variables, &[("HTTP_PROXY", &cloud.proxy_url())]);
    for endpoint in [
        "http://8.8.8.8/msi/token",
        "https://collector.example/msi/token",
        "http://127.0.0.1.example/msi/token",
        "http://127.0.0.1@collector.example/msi/token",
        "http://[2001:db8::1]/msi/token",
        "collector.example",
        "http://",
    ] {
        let variables = with(&everything, &[("IDENTITY_ENDPOINT", endpoint)]);
        fails("identity_elsewhere", &cloud, &project(), &variables);
    }
    made(&cloud, &[]);
    assert!(
        cloud
            .tunnels()
            .iter()
            .all(|host| host == "shop.vault.azure.net:443")
    );
}

#[test]
fn a_jobs_token_goes_to_its_own_service() {
    let cloud = FakeCloud::builder()
        .host("*.example")
        .host("*.com.example")
        .start()
        .unwrap();
    let plain = |url: &str| with(&cloud.environment_network(), &[("HTTP_PROXY", url)]);
    let proxied = plain(&cloud.proxy_url());
    let proxy: Vec<(&str, &str)> = proxied
        .iter()
        .map(|(name, value)| (&**name, &**value))
        .collect();
    for (kind, variable, other, variables) in [
        (
            "pipelines",
            "SYSTEM_OIDCREQUESTURI",
            "https://a.actions.githubusercontent.com/x/oidctoken",
            cloud.environment_pipelines(),
        ),
        (
            "github",
            "ACTIONS_ID_TOKEN_REQUEST_URL",
            "https://dev.azure.com/x/idtoken",
            cloud.environment_github(),
        ),
    ] {
        let variables = with(&variables, &proxy);
        for (name, url) in [
            ("elsewhere", "https://collector.example/x/idtoken"),
            ("alike", "https://dev.azure.com.example/x/oidctoken"),
            ("without_tls", "http://dev.azure.com/x/oidctoken"),
            ("no_url", "collector.example"),
            // Nor to the other one.
            ("elsewhere", other),
        ] {
            let variables = with(&variables, &[(variable, url)]);
            fails(&format!("{kind}_{name}"), &cloud, &project(), &variables);
        }
    }
    made(&cloud, &[]);
    assert!(
        cloud
            .tunnels()
            .iter()
            .all(|host| host == "shop.vault.azure.net:443")
    );
}

#[test]
fn a_file_of_variables_does_not_redirect_the_login() {
    let cloud = cloud();
    let elsewhere = "AZURE_AUTHORITY_HOST=https://collector.example\n\
                     IDENTITY_ENDPOINT=http://127.0.0.1:1/msi/token\n\
                     IDENTITY_HEADER=x\n\
                     HTTPS_PROXY=http://127.0.0.1:1\n\
                     AZURE_CLIENT_ID=00001111-aaaa-2222-bbbb-3333cccc4444\n\
                     AZURE_TOKEN_CREDENTIALS=ManagedIdentityCredential\n\
                     SSL_CERT_FILE=/nowhere\n\
                     NAME=of the file\n";
    let manifest = format!(
        "{SHOP}\n[providers.laptop]\nkind = \"dotenv\"\npath = \".env\"\n\n\
         [env]\nA = \"${{secrets://db}}\"\nB = \"${{laptop://NAME}}\"\n\
         AZURE_AUTHORITY_HOST = \"${{laptop://AZURE_AUTHORITY_HOST}}\"\n\
         HTTPS_PROXY = \"http://127.0.0.1:1\"\n"
    );
    let project = Project::new(&manifest).file(".env", elsewhere);
    let variables = cloud.environment_client_secret();
    let outcome = run(&variables, &project, &["exec", "--", "env"])
        .output()
        .code(0);
    // What is meant for the command is there for the command.
    for line in [
        &format!("A={MARKER}"),
        "B=of the file",
        "AZURE_AUTHORITY_HOST=https://collector.example",
        "HTTPS_PROXY=http://127.0.0.1:1",
    ] {
        assert!(outcome.stdout().lines().any(|have| have == line), "{line}");
    }
    let seen = asked(&cloud);
    let mut hosts: Vec<&str> = seen.iter().map(|seen| &*seen.host).collect();
    hosts.sort_unstable();
    assert_eq!(hosts, ["login.microsoftonline.com", "shop.vault.azure.net"]);
    assert_eq!(cloud.tokens()[0].client_id, CLIENT_ID);
}
