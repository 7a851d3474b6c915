//! The fake cloud under Microsoft's own SDKs for Python, unchanged, with the real host names and every check they make.
//! What they accept, and how they name what they refuse, is what the other tests may build on.

use std::ffi::OsStr;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use nuages_fakecloud::{
    App, CLIENT_ID, CLUSTER_ISSUER, CLUSTER_SUBJECT, Denied, EXCHANGE, FakeCloud, GITHUB_SUBJECT,
    Reply, SYSTEM_IDENTITY, SecretSetup, TENANT, USER_IDENTITY, Variables,
};
use serde_json::json;

use crate::support::faults::Faults;
use crate::support::faults::connect::Connect;
use crate::support::faults::tls::{Certificate, Tls};
use crate::support::{checkout, must_run, python};

/// The oldest Python 3 that the pinned releases of the SDKs run on.
const OLDEST_PYTHON: u32 = 9;

/// A tenant beside the one that is there from the start.
const OTHER_TENANT: &str = "d41d8cd9-8f00-4204-a980-0998ecf8427e";

/// The address at which every virtual machine of Azure asks for its identity.
const METADATA: &str = "169.254.169.254:80";

/// Set for the part of a test that runs in a network namespace of its own.
const INSIDE: &str = "NUAGES_TEST_INSIDE";

/// A cloud whose vault `shop` has one secret.
fn cloud() -> FakeCloud {
    let cloud = FakeCloud::start();
    cloud.vault("shop").set("db-password", "s3cret of the shop");
    cloud
}

/// Runs a script of `tests/azure/judge` with nothing of the caller's environment but these variables. Its assertions fail
/// the test, with all that it said.
#[track_caller]
fn judge(script: &str, arguments: &[&str], variables: &Variables) {
    let path = checkout().join("tests/azure/judge").join(script);
    let mut command = Command::new(python::venv_with("azure", OLDEST_PYTHON));
    let authority = variables.iter().find(|(name, _)| name == "SSL_CERT_FILE");
    command
        .env_clear()
        .envs(variables.iter().map(|(name, value)| (name, value)))
        // The HTTP library of the SDKs has a variable of its own for it.
        .envs(authority.map(|(_, file)| ("REQUESTS_CA_BUNDLE", file)))
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .arg(path)
        .args(arguments);
    must_run(&mut command);
}

#[test]
fn app_service() {
    let cloud = cloud();
    judge(
        "managed_identity.py",
        &["app-service"],
        &cloud.environment_app_service(),
    );
    let issued = cloud.tokens();
    assert!(
        issued
            .iter()
            .any(|token| token.client_id == SYSTEM_IDENTITY)
    );
    assert!(issued.iter().any(|token| token.client_id == USER_IDENTITY));
    assert_eq!(cloud.count("entra"), 0);
    assert_eq!(cloud.count("vault.get"), 2);
    // Within a process the SDK remembers what a vault has said.
    assert_eq!(cloud.count("vault.challenge"), 1);
    assert!(
        cloud
            .tunnels()
            .contains(&"shop.vault.azure.net:443".to_owned())
    );
    assert_eq!(cloud.failed_handshakes(), 0);
}

#[test]
fn virtual_machine_by_another_address() {
    let cloud = cloud();
    let variables = cloud.environment_imds();
    judge(
        "managed_identity.py",
        &["imds", &cloud.http_url()],
        &variables,
    );
    assert_eq!(cloud.count("msi"), 0);
}

/// Where nobody may make a network namespace, the address has to be that of the test above.
#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "a variable is all that reaches a process of this test within its namespace"
)]
fn virtual_machine() {
    if std::env::var_os(INSIDE).is_some() {
        return virtual_machine_inside();
    }
    let namespace = |program: &OsStr, arguments: &[&str]| {
        let mut command = Command::new("unshare");
        command.arg("--net").arg("--").arg(program).args(arguments);
        command
    };
    let may = namespace("true".as_ref(), &[]).status();
    if !may.is_ok_and(|status| status.success()) {
        eprintln!("no network namespace can be made here; the address is judged in its place");
        return virtual_machine_by_another_address();
    }
    // The environment is made outside, where a network is.
    python::venv_with("azure", OLDEST_PYTHON);
    let this = std::env::current_exe().unwrap();
    let said = must_run(
        namespace(
            this.as_os_str(),
            &["--exact", "judge::virtual_machine", "--nocapture"],
        )
        .env(INSIDE, "1"),
    );
    assert!(said.contains(" 1 passed;"), "{said}");
}

/// A machine whose only network is its loopback device, with the metadata service's own address on it.
fn virtual_machine_inside() {
    let ip = |arguments: &[&str]| must_run(Command::new("ip").args(arguments));
    ip(&["link", "set", "lo", "up"]);
    ip(&["address", "add", "169.254.169.254/32", "dev", "lo"]);
    let address: SocketAddr = METADATA.parse().unwrap();
    let cloud = FakeCloud::builder().listen_on(address).start().unwrap();
    cloud.vault("shop").set("db-password", "s3cret of the shop");
    judge(
        "managed_identity.py",
        &["imds", "http://169.254.169.254"],
        &cloud.environment_network(),
    );
    assert_eq!(cloud.count("msi"), 0);
    assert!(cloud.count("imds.token") > 0);
}

#[test]
fn client_secret() {
    let cloud = cloud();
    cloud
        .vault("shop.vault.azure.cn")
        .set("db-password", "s3cret in China");
    cloud
        .vault("shop.vault.usgovcloudapi.net")
        .set("db-password", "s3cret of the government");
    let expired = "expired s3cret";
    let app = App::secret(cloud.client_secret()).with_expired_secret(expired);
    cloud.add_app(TENANT, CLIENT_ID, app);
    judge(
        "client_secret.py",
        &[expired],
        &cloud.environment_client_secret(),
    );
    let login = cloud.requests();
    let login = login.iter().find(|seen| seen.operation == "entra.token");
    assert_eq!(
        login.and_then(|seen| seen.field("client_id")),
        Some(CLIENT_ID)
    );
    let written = format!("{:?}", cloud.requests());
    for secret in [cloud.client_secret(), expired, "eyJ"] {
        assert!(
            !written.contains(secret),
            "the books hold `{secret}`: {written}"
        );
    }
}

#[test]
fn certificate() {
    let cloud = cloud();
    judge("certificate.py", &[], &cloud.environment_certificate());
    cloud.clock_offset(3_600);
    judge(
        "certificate.py",
        &["late"],
        &cloud.environment_certificate(),
    );
}

/// Where the tests put their own faults in front, TLS ends before them; the cloud cannot tell.
#[test]
fn behind_the_proxy_of_the_tests() {
    let cloud = cloud();
    let faults = Faults::before(cloud.http_address());
    let hosts = ["login.microsoftonline.com", "*.vault.azure.net"].map(str::to_owned);
    let tls = Tls::start(faults.address(), &Certificate::GoodFor(hosts.into()));
    let proxy = Connect::start(tls.address());
    let mut variables = cloud.environment_certificate();
    for (name, value) in &mut variables {
        match name.as_str() {
            "HTTPS_PROXY" => *value = proxy.url(),
            "SSL_CERT_FILE" => *value = tls.ca_file().display().to_string(),
            _ => {}
        }
    }
    judge("certificate.py", &[], &variables);
    assert_eq!(cloud.tunnels().len(), 0);
    assert_eq!(cloud.requests().len(), faults.requests().len());
}

#[test]
fn workload_identity() {
    let cloud = cloud();
    let wrong = [
        (CLUSTER_ISSUER, CLUSTER_SUBJECT, EXCHANGE, -600, 700_024),
        (
            "https://elsewhere.example/",
            CLUSTER_SUBJECT,
            EXCHANGE,
            600,
            700_211,
        ),
        (
            CLUSTER_ISSUER,
            "system:serviceaccount:shop:worker",
            EXCHANGE,
            600,
            700_213,
        ),
        (
            CLUSTER_ISSUER,
            CLUSTER_SUBJECT,
            "https://kubernetes.default.svc",
            600,
            700_212,
        ),
    ];
    let mut wrong: Vec<_> = wrong
        .into_iter()
        .map(|(issuer, subject, audience, life, code)| {
            let token = cloud.federated_token(issuer, subject, audience, life);
            json!({ "token": token, "code": code })
        })
        .collect();
    // As good as can be, but signed by somebody else.
    let foreign = cloud.federated_token(CLUSTER_ISSUER, CLUSTER_SUBJECT, EXCHANGE, 600);
    let (signed, _) = foreign.rsplit_once('.').unwrap();
    wrong.push(json!({ "token": format!("{signed}.AAAA"), "code": 700_027 }));
    judge(
        "federated.py",
        &["cluster", &json!(wrong).to_string()],
        &cloud.environment_workload_identity().unwrap(),
    );
}

#[test]
fn azure_pipelines() {
    let cloud = cloud();
    let other = "4c1f6e0a-93b2-4d57-8ea0-7b25f1c6d938";
    cloud.add_service_connection(other, "sc://shop/shop/staging");
    judge(
        "federated.py",
        &["pipelines", other],
        &cloud.environment_pipelines(),
    );
    assert!(cloud.tunnels().contains(&"dev.azure.com:443".to_owned()));
}

#[test]
fn github_actions() {
    let cloud = cloud();
    judge("federated.py", &["github"], &cloud.environment_github());
    let (repository, _) = GITHUB_SUBJECT.rsplit_once(":ref:").unwrap();
    cloud.github_subject(&format!("{repository}:pull_request"));
    judge(
        "federated.py",
        &["pull-request"],
        &cloud.environment_github(),
    );
}

#[test]
fn secrets_of_a_vault() {
    let cloud = FakeCloud::start();
    let vault = cloud.vault("shop");
    let first = vault.set("db-password", "first");
    let second = vault.set("db-password", "second");
    let labelled = SecretSetup {
        content_type: Some("application/json".into()),
        tags: vec![("team".into(), "shop".into())],
        ..SecretSetup::default()
    };
    vault.set_with(
        "labelled",
        r#"{"user": "shop", "password": "ünïcode \" \\ ☁"}"#,
        labelled,
    );
    let setups = [
        (
            "expired",
            SecretSetup {
                expires: Some(1_000_000_000),
                ..SecretSetup::default()
            },
        ),
        (
            "not-yet",
            SecretSetup {
                not_before: Some(4_000_000_000),
                ..SecretSetup::default()
            },
        ),
        (
            "disabled",
            SecretSetup {
                disabled: true,
                ..SecretSetup::default()
            },
        ),
    ];
    for (name, setup) in setups {
        vault.set_with(name, "value", setup);
    }
    for (name, reason) in [
        ("by-policy", Denied::ByPolicy),
        ("by-rbac", Denied::ByRbac),
        ("by-firewall", Denied::ByFirewall),
    ] {
        vault.deny_secret(name, reason);
    }
    for number in 0..60 {
        vault.set(&format!("page-{number}"), "value");
    }
    vault.set("throttled", "at last");
    cloud.script(
        "vault.get",
        Reply::throttled(1).times(2).naming("/throttled"),
    );
    judge(
        "secrets_of_a_vault.py",
        &[&first, &second],
        &cloud.environment_app_service(),
    );
    assert_eq!(cloud.count_path("GET", "/secrets/throttled"), 3);
    assert_eq!(vault.value("made").as_deref(), Some("new"));
    assert_eq!(cloud.count("unknown"), 0);
}

#[test]
fn challenges_of_a_vault() {
    let cloud = cloud();
    cloud.leeway(Duration::ZERO);
    for (name, change) in [
        ("other-tenant", None),
        ("other-resource", Some("https://elsewhere.example")),
    ] {
        let vault = cloud.vault(name);
        vault.set("db-password", "value");
        match change {
            None => vault.challenge_tenant(OTHER_TENANT),
            Some(resource) => vault.challenge_resource(resource),
        }
    }
    cloud.vault("silent").without_challenge();
    let theirs = cloud.vault("theirs");
    theirs.tenant(OTHER_TENANT);
    theirs.set("db-password", "theirs");
    cloud.add_app(
        OTHER_TENANT,
        CLIENT_ID,
        App::secret("s3cret of the other tenant"),
    );

    let revoked = cloud.issue_token("https://vault.azure.net");
    cloud.revoke_tokens();
    cloud.token_shift(-7_200);
    let expired = cloud.issue_token("https://vault.azure.net");
    cloud.token_shift(0);
    let wrong_audience = cloud.issue_token("https://database.windows.net");
    let other_tenants = cloud
        .issue_of(OTHER_TENANT, CLIENT_ID, "https://vault.azure.net")
        .unwrap();
    judge(
        "challenges.py",
        &[
            OTHER_TENANT,
            &expired,
            &wrong_audience,
            &other_tenants,
            &revoked,
        ],
        &cloud.environment_client_secret(),
    );
}

/// Were the SDKs told to trust anything, the tests above would prove less.
#[test]
fn an_unknown_authority_is_refused() {
    let (cloud, other) = (cloud(), FakeCloud::start());
    let mut variables = cloud.environment_client_secret();
    for (name, value) in &mut variables {
        if name == "SSL_CERT_FILE" {
            *value = other.ca_file().display().to_string();
        }
    }
    assert!(Path::new(&other.ca_file()).is_file());
    judge("untrusted.py", &[], &variables);
    assert!(cloud.failed_handshakes() > 0);
    assert_eq!(cloud.count("entra") + cloud.count("vault"), 0);
}
