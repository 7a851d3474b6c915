//! Vaults that want another token than the one that came with the request: met where that is right, and told where the
//! token would be for somebody else.

use nuages_fakecloud::{App, CLIENT_ID, FakeCloud, Reply, TENANT};

use super::{all_of_them, fails, fails_as, many};
use crate::cloud::{asked, made, render, render_as, run, shop};
use crate::shot::shot;
use crate::support::project::Project;

/// A tenant beside the one that is there from the start.
const OTHER: &str = "d41d8cd9-8f00-4204-a980-0998ecf8427e";

const AUTHORITY: &str = "https://login.microsoftonline.com";

/// A 401 with this challenge.
fn challenge(authority: &str, resource: &str) -> Reply {
    let text = format!("Bearer authorization=\"{authority}/{TENANT}\", resource=\"{resource}\"");
    Reply::json(
        401,
        &serde_json::json!({"error": {"code": "Unauthorized", "message": "x"}}),
    )
    .header("www-authenticate", &text)
}

#[test]
fn a_challenge_that_can_be_met_is_met() {
    let cloud = many(1);
    cloud.script("vault.get", challenge(AUTHORITY, "https://vault.azure.net"));
    assert_eq!(render(&cloud, &all_of_them(1))["S000"], "value-000");
    assert_eq!(cloud.count("vault.get"), 2);
}

/// The authority in it is the vault's word alone: credentials go where they would have gone.
#[test]
fn a_challenge_does_not_say_where_to_log_in() {
    let cloud = many(1);
    let elsewhere = "https://login.elsewhere.example";
    cloud.script("vault.get", challenge(elsewhere, "https://vault.azure.net"));
    render_as(&cloud.environment_client_secret(), &all_of_them(1));
    assert_eq!(cloud.count("vault.get"), 2);
    for seen in asked(&cloud)
        .iter()
        .filter(|seen| seen.operation == "entra.token")
    {
        assert_eq!(seen.host, "login.microsoftonline.com");
    }
    let hosts = cloud.tunnels();
    assert!(
        !hosts.iter().any(|to| to.contains("elsewhere")),
        "{hosts:?}"
    );
}

#[test]
fn a_token_that_is_refused_again_is_told() {
    let cloud = many(3);
    cloud.script(
        "vault.get",
        challenge(AUTHORITY, "https://vault.azure.net").always(),
    );
    fails(&cloud, "refused_again", &all_of_them(3), 4);
    assert!(
        cloud.count("vault.get") <= 6,
        "no more than one try after the first"
    );
}

/// Whoever answers in a vault's place gets no token for another service, and is asked for nothing more.
#[test]
fn a_challenge_for_another_service_is_told_and_gets_nothing() {
    for (name, resource) in [
        ("challenge_management", "https://management.azure.com"),
        ("challenge_hsm", "https://managedhsm.azure.net"),
        ("challenge_other_cloud", "https://vault.azure.cn"),
        (
            "challenge_elsewhere",
            "https://vault.azure.net.elsewhere.example",
        ),
        ("challenge_part", "https://ault.azure.net"),
    ] {
        let cloud = many(1);
        cloud.script("vault.get", challenge(AUTHORITY, resource).always());
        fails(&cloud, name, &all_of_them(1), 4);
        made(&cloud, &[("msi.token", 1), ("vault.get", 1)]);
        let audiences: Vec<_> = cloud.tokens().into_iter().map(|one| one.audience).collect();
        assert_eq!(audiences, ["https://vault.azure.net"], "{name}");
    }
}

#[test]
fn a_401_without_a_challenge_is_told() {
    for (name, reply) in [
        ("challenge_missing", Reply::vault(401, "Unauthorized")),
        (
            "challenge_basic",
            Reply::status(401).header("www-authenticate", "Basic realm=\"value-marker-5d20\""),
        ),
    ] {
        let cloud = many(1);
        cloud.script("vault.get", reply.always());
        fails(&cloud, name, &all_of_them(1), 4);
        made(&cloud, &[("msi.token", 1), ("vault.get", 1)]);
    }
}

#[test]
fn a_vault_of_another_tenant_is_told() {
    let cloud = many(2);
    cloud.vault("shop").tenant(OTHER);
    let variables = cloud.environment_client_secret();
    fails_as(&cloud, &variables, "other_tenant", &all_of_them(2), 4);
    assert_eq!(cloud.count("entra.token"), 1);
    assert_eq!(cloud.count("vault.get"), 0);

    // The hint is right.
    cloud.add_app(OTHER, CLIENT_ID, App::secret(cloud.client_secret()));
    let manifest = all_of_them(2).replace(
        "vault = 'shop'\n",
        &format!("vault = 'shop'\ntenant = '{OTHER}'\n"),
    );
    cloud.forget();
    assert_eq!(render_as(&variables, &manifest).len(), 2);
    made(&cloud, &[("entra.token", 1), ("vault.get", 2)]);
    let path = format!("/{OTHER}/oauth2/v2.0/token");
    assert_eq!(cloud.count_path("POST", &path), 1);
}

/// A vault's own challenge cannot lead a login to another tenant.
#[test]
fn a_challenge_does_not_say_whose_tenant() {
    let cloud = many(1);
    let vault = cloud.vault("shop");
    vault.tenant(OTHER);
    vault.challenge_tenant(TENANT);
    vault.challenge_authority("https://login.elsewhere.example");
    let variables = cloud.environment_client_secret();
    fails_as(&cloud, &variables, "challenge_tenant", &all_of_them(1), 4);
    let hosts = cloud.tunnels();
    assert!(
        !hosts.iter().any(|to| to.contains("elsewhere")),
        "{hosts:?}"
    );
    assert_eq!(cloud.count_path("POST", &format!("/{OTHER}/")), 0);
}

/// An emulator's domain says nothing, so it is asked which token it wants, as the SDK does it.
#[test]
fn an_emulator_on_this_machine_is_asked_what_it_wants() {
    let cloud = FakeCloud::start();
    let vault = cloud.vault("localhost");
    vault.set("db", "of the emulator");
    vault.set("key", "of the emulator too");
    let url = cloud.https_url();
    let manifest = shop([("A", "${secrets://db}"), ("B", "${secrets://key}")])
        .replace("vault = 'shop'", &format!("endpoint = '{url}'"));
    let rendered = render_as(&cloud.environment_app_service(), &manifest);
    assert_eq!(rendered["A"], "of the emulator");
    assert_eq!(rendered["B"], "of the emulator too");
    assert_eq!(
        cloud.tunnels(),
        [""; 0],
        "this machine is reached without a proxy"
    );
    assert_eq!(cloud.count("msi.token"), 1);
    assert_eq!(cloud.count("vault.get"), 2);
    let bare = cloud.count("vault.challenge");
    assert!((1..=2).contains(&bare), "{bare}");
    let order = asked(&cloud);
    assert_eq!(order[0].operation, "vault.challenge");
    assert_eq!(order[0].header("authorization"), None);
    assert_eq!(cloud.tokens()[0].audience, "https://vault.azure.net");
}

/// Whoever listens there on this machine may ask for what they like; they get a token for vaults or none.
#[test]
fn an_emulator_gets_no_token_of_another_service() {
    for resource in [
        "https://management.azure.com",
        "https://database.windows.net",
        "https://azure.net",
    ] {
        let cloud = FakeCloud::start();
        let vault = cloud.vault("localhost");
        vault.set("db", "of the emulator");
        vault.challenge_resource(resource);
        let url = cloud.https_url();
        let manifest = shop([("A", "${secrets://db}")])
            .replace("vault = 'shop'", &format!("endpoint = '{url}'"));
        let project = Project::new(&manifest);
        let variables = cloud.environment_app_service();
        let outcome = run(&variables, &project, &["get", "secrets://db"])
            .output()
            .code(4);
        shot("kv_endpoint_other_service", &project, &outcome, &[]);
        assert_eq!(cloud.count("msi.token"), 0, "{resource}");
        assert!(cloud.tokens().is_empty(), "{resource}");
    }
}
