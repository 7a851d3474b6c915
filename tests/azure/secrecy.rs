//! Whatever Azure, or somebody in its place, answers: nothing of it is in what a run says at `-vvv`, and neither is what
//! was sent to get there.

use nuages_fakecloud::{FakeCloud, Reply, Variables};
use serde_json::json;

use crate::cloud::{MARKER, SHOP, env, keeps_quiet, run};
use crate::support::project::Project;

/// All the ways to come by a value, each of which must fail here.
const COMMANDS: [&[&str]; 6] = [
    &["exec", "--", "true"],
    &["render", "json"],
    &["get", "secrets://db"],
    &["get", "secrets://db#user"],
    &["doctor", "secrets"],
    &["put", "--overwrite", "secrets://db"],
];

/// Runs them all against a cloud in which they fail.
#[track_caller]
fn all_fail(what: &str, cloud: &FakeCloud, variables: &Variables, commands: &[&[&str]]) {
    let manifest = format!("{SHOP}{}", env([("A", "${secrets://db}")]));
    let project = Project::new(&manifest);
    for command in commands {
        let arguments = [&["-vvv"], *command].concat();
        let outcome = run(variables, &project, &arguments).stdin(MARKER).output();
        assert!(!outcome.status.success(), "{what}: {command:?}");
        assert!(!outcome.stderr().is_empty(), "{what}: {command:?}");
        keeps_quiet(cloud, variables, &outcome);
        // What every JSON Web Token begins with, those that are sent as well.
        for output in [outcome.stdout(), outcome.stderr()] {
            assert!(!output.contains("eyJ"), "{what}: {command:?}\n{output}");
        }
    }
}

/// Answers that hold `all` wherever an answer has room for text.
fn token_answers(all: &str) -> Vec<Reply> {
    let refusal = json!({
        "error": format!("invalid_client {all}"), "error_codes": [7_000_215], "error_uri": all,
        "error_description": format!("AADSTS7000215: {all}"), "message": all, "correlation_id": all,
    });
    vec![
        Reply::json(401, &refusal),
        Reply::json(
            400,
            &json!({"error": all, "error_description": all, "message": all}),
        ),
        Reply::json(403, &json!({"error": {"code": all, "message": all}})),
        Reply::json(500, &refusal).header("x-ms-request-id", all),
        Reply::text(200, "text/html", &format!("<title>{all}</title>")),
        Reply::text(
            200,
            "application/json",
            &format!("{{\"access_token\":\"{all}"),
        ),
        Reply::json(
            200,
            &json!({"access_token": [all], "expires_in": all, "expires_on": all}),
        ),
        Reply::json(200, &json!({"token": all})),
        Reply::text(407, "text/plain", all).header("proxy-authenticate", "Basic"),
        Reply::status(307).header("location", &format!("https://{MARKER}.example/{MARKER}")),
    ]
}

#[test]
fn nothing_of_a_login_is_said() {
    let cloud = FakeCloud::start();
    cloud.vault("shop").set("db", MARKER);
    for (operation, variables) in [
        ("entra.token", cloud.environment_client_secret()),
        ("entra.token", cloud.environment_certificate()),
        (
            "entra.token",
            cloud.environment_workload_identity().unwrap(),
        ),
        ("msi.token", cloud.environment_app_service()),
        ("github.oidc", cloud.environment_github()),
        ("pipelines.oidc", cloud.environment_pipelines()),
    ] {
        let all = [
            MARKER.to_owned(),
            cloud.client_secret().to_owned(),
            cloud.identity_header(),
            cloud.issue_token("https://vault.azure.net"),
        ];
        for (n, reply) in token_answers(&all.join(" ")).into_iter().enumerate() {
            cloud.clear_scripts();
            cloud.script(operation, reply.always());
            // Each is another class of failure; one command shows it, all commands show one of them.
            let commands = if n == 0 {
                &COMMANDS[..]
            } else {
                &COMMANDS[..1]
            };
            all_fail(&format!("{operation} {n}"), &cloud, &variables, commands);
        }
    }
}

#[test]
fn nothing_of_a_vaults_answer_is_said() {
    let cloud = FakeCloud::start();
    cloud.vault("shop").set("db", MARKER);
    let variables = cloud.environment_app_service();
    let all = format!("{MARKER} {}", cloud.identity_header());
    let attributes = json!({"enabled": true, "exp": all, "nbf": all});
    let error = json!({"error": {
        "code": format!("Forbidden {all}"), "message": all, "innererror": {"code": all, "message": all},
    }});
    let challenge = format!(
        "Bearer authorization=\"https://{MARKER}.example/{MARKER}\", resource=\"{MARKER}\""
    );
    for (n, reply) in [
        Reply::json(403, &error),
        Reply::json(
            400,
            &json!({"error": {"code": "BadParameter", "message": all}}),
        ),
        Reply::json(409, &json!({"error": {"code": "Conflict", "message": all}})),
        Reply::json(429, &error).header("retry-after", "600"),
        Reply::json(503, &error),
        Reply::status(401).header("www-authenticate", &challenge),
        Reply::status(401).header("www-authenticate", &format!("Basic realm=\"{MARKER}\"")),
        Reply::text(203, "text/html", &all),
        Reply::text(200, "application/json", &format!("{{\"value\":\"{all}")),
        Reply::json(200, &json!({"value": {"a": all}, "id": all})),
        Reply::json(
            200,
            &json!({"value": all, "id": "x", "attributes": attributes}),
        ),
        Reply::json(200, &json!({"value": [all]})),
    ]
    .into_iter()
    .enumerate()
    {
        cloud.clear_scripts();
        cloud.script("vault.get", reply.always());
        all_fail(
            &format!("vault.get {n}"),
            &cloud,
            &variables,
            &COMMANDS[..4],
        );
    }
    // A disabled, an expired and a missing field: the value is there, and stays there.
    cloud.clear_scripts();
    let whole = |attributes| {
        let id = "https://shop.vault.azure.net/secrets/db/0123456789abcdef0123456789abcdef";
        Reply::json(
            200,
            &json!({"value": all, "id": id, "attributes": attributes}),
        )
    };
    for attributes in [
        json!({"enabled": false}),
        json!({"enabled": true, "exp": 1_580_688_000}),
        json!({"enabled": true, "nbf": 3_979_756_800_u64}),
    ] {
        cloud.clear_scripts();
        cloud.script("vault.get", whole(attributes).always());
        all_fail("dates", &cloud, &variables, &COMMANDS[..4]);
    }
    cloud.clear_scripts();
    all_fail("field", &cloud, &variables, &COMMANDS[3..4]);
}

#[test]
fn nothing_of_what_is_written_is_said() {
    let cloud = FakeCloud::start();
    cloud.vault("shop");
    let variables = cloud.environment_client_secret();
    for (status, code) in [
        (400, "BadParameter"),
        (403, "Forbidden"),
        (409, "Conflict"),
        (413, "TooLarge"),
        (500, "InternalError"),
    ] {
        let body =
            json!({"error": {"code": code, "message": format!("value {MARKER}")}, "value": MARKER});
        cloud.clear_scripts();
        cloud.script("vault.set", Reply::json(status, &body).always());
        all_fail(code, &cloud, &variables, &COMMANDS[5..]);
    }
}

/// The check is a check: it finds each secret in the midst of other text.
#[test]
fn secrets_are_found() {
    let cloud = FakeCloud::start();
    let variables = cloud.environment_workload_identity().unwrap();
    let token = cloud.issue_token("https://vault.azure.net");
    let federated = std::fs::read_to_string(&variables.last().unwrap().1).unwrap();
    for secret in [
        MARKER,
        cloud.client_secret(),
        &cloud.identity_header(),
        &token,
        token.rsplit('.').next().unwrap(),
        &federated,
    ] {
        let project = Project::empty();
        let said = |program: &str| {
            let outcome = project
                .program(program.as_ref(), [format!("said {secret} there")])
                .output();
            std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
                keeps_quiet(&cloud, &variables, &outcome);
            }))
        };
        assert!(said("echo").is_err(), "not found");
        assert!(said("true").is_ok());
    }
}
