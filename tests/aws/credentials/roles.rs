//! Roles that are assumed: the manifest's, and those of web identity.

use super::{Fake, GET, KEYS, MANIFEST, Project, Run, Store, VALUE, fails, nameless, store};
use crate::support::faults::{Rule, Then};

fn role(store: &Store) -> String {
    format!("arn:aws:iam::{}:role/shop", store.account.id())
}

/// A run with the account's own keys.
fn as_user(store: &Store, project: &Project, arguments: &[&str]) -> Run {
    nameless(store, project, arguments)
        .env("AWS_ACCESS_KEY_ID", store.account.access_key())
        .env("AWS_SECRET_ACCESS_KEY", KEYS[0])
}

#[test]
fn instances_with_one_role_assume_it_once() {
    let store = store();
    let role = role(&store);
    let project = Project::new(&format!(
        "[providers.one]\nkind = \"aws-ssm\"\nrole_arn = \"{role}\"\nexternal_id = \"django reinhardt\"\n\n\
         [providers.two]\nkind = \"aws-secrets\"\nrole_arn = \"{role}\"\nexternal_id = \"django reinhardt\"\n\n\
         [env]\nA = \"${{one:///shop/a}}\"\nB = \"${{two://shop}}\"\n",
    ));
    let run = as_user(&store, &project, &["render", "json"]);
    let outcome = run.output().code(0);
    assert_eq!(outcome.stdout().matches(VALUE).count(), 2);
    let (first, rest) = {
        let mut requests = store.faults.requests();
        (requests.remove(0), requests)
    };
    assert_eq!((first.operation.as_str(), rest.len()), ("AssumeRole", 2));
    assert!(
        first
            .header("authorization")
            .unwrap()
            .contains(&store.account.access_key())
    );
    for field in [
        "ExternalId=django%20reinhardt".to_owned(),
        "RoleSessionName=nuages".to_owned(),
        format!("RoleArn={}", role.replace(':', "%3A").replace('/', "%2F")),
    ] {
        assert!(
            first.body.split('&').any(|have| have == field),
            "{}",
            first.body
        );
    }
    for request in rest {
        assert!(
            request
                .header("authorization")
                .unwrap()
                .contains("Credential=ASIA")
        );
    }
}

#[test]
fn instances_with_two_roles_assume_each() {
    let store = store();
    let role = role(&store);
    let project = Project::new(&format!(
        "[providers.one]\nkind = \"aws-ssm\"\nrole_arn = \"{role}\"\n\n\
         [providers.two]\nkind = \"aws-ssm\"\nrole_arn = \"{role}-2\"\n\n\
         [providers.none]\nkind = \"aws-ssm\"\n\n\
         [env]\nA = \"${{one:///shop/a}}\"\nB = \"${{two:///shop/a}}\"\nC = \"${{none:///shop/a}}\"\n",
    ));
    let run = as_user(&store, &project, &["render", "json"]).env("AWS_ROLE_SESSION_NAME", "shop-1");
    run.output().code(0);
    assert_eq!(
        (
            store.faults.count("AssumeRole"),
            store.faults.count("GetParameters")
        ),
        (2, 3)
    );
    let requests = store.faults.requests().into_iter();
    for request in requests.filter(|request| request.operation == "AssumeRole") {
        assert!(
            request.body.contains("RoleSessionName=shop-1"),
            "{}",
            request.body
        );
        assert!(!request.body.contains("ExternalId"), "{}", request.body);
    }
}

#[test]
fn a_role_that_is_denied_is_named() {
    let store = store();
    let denied = Then::error(403, "AccessDenied");
    store.faults.script([Rule::on("AssumeRole", denied)]);
    let project = Project::new(
        "[providers.one]\nkind = \"aws-ssm\"\nrole_arn = \"arn:aws:iam::123456789012:role/shop\"\n\n\
         [providers.two]\nkind = \"aws-secrets\"\nrole_arn = \"arn:aws:iam::123456789012:role/shop\"\n\n\
         [env]\nA = \"${one:///shop/a}\"\nB = \"${two://shop}\"\n",
    );
    fails("role_denied", &project, as_user(&store, &project, &[]));
    // The second instance need not ask again.
    assert_eq!(
        (store.faults.count("AssumeRole"), store.faults.total()),
        (1, 1)
    );
}

#[test]
fn a_role_that_is_throttled_is_asked_for_again() {
    let store = store();
    let throttled = Then::error(400, "Throttling");
    store
        .faults
        .script([Rule::on("AssumeRole", throttled).turns(..=2)]);
    let manifest = format!("aws-ssm\"\nrole_arn = \"{}\"", role(&store));
    let project = Project::new(&MANIFEST.replace("aws-ssm\"", &manifest));
    let outcome = as_user(&store, &project, &GET).output().code(0);
    assert_eq!(outcome.stdout(), VALUE);
    assert_eq!(store.faults.count("AssumeRole"), 3);
}

/// A pod of EKS with a token; its metadata service must not be asked.
fn pod(store: &Store, project: &Project, arguments: &[&str], machine: &Fake) -> Run {
    nameless(store, project, arguments)
        .env("AWS_WEB_IDENTITY_TOKEN_FILE", project.path("token"))
        .env("AWS_ROLE_ARN", role(store))
        .env("AWS_EC2_METADATA_SERVICE_ENDPOINT", machine.url())
}

#[test]
fn a_pod_trades_its_token_once() {
    let (store, machine) = (store(), Fake::black_hole());
    let project = Project::new(
        "[providers.one]\nkind = \"aws-ssm\"\n\n[providers.two]\nkind = \"aws-secrets\"\n\n\
         [env]\nA = \"${one:///shop/a}\"\nB = \"${two://shop}\"\n",
    )
    .file("token", KEYS[1]);
    let run = pod(&store, &project, &["render", "json"], &machine);
    let outcome = run.output().code(0);
    assert_eq!(outcome.stdout().matches(VALUE).count(), 2);
    assert_eq!(store.faults.count("AssumeRoleWithWebIdentity"), 1);
    let requests = store.faults.requests();
    assert!(
        requests[0]
            .body
            .contains(&format!("WebIdentityToken={}", KEYS[1]))
    );
    // The token is the proof; there is nothing to sign with.
    assert_eq!(requests[0].header("authorization"), None);
    for request in &requests[1..] {
        assert!(
            request
                .header("authorization")
                .unwrap()
                .contains("Credential=ASIA")
        );
    }
    assert_eq!((requests.len(), machine.connections()), (3, 0));
}

#[test]
fn a_pod_that_cannot_log_in_says_why() {
    let (store, machine) = (store(), Fake::black_hole());
    let without = Project::new(MANIFEST);
    fails(
        "no_token_file",
        &without,
        pod(&store, &without, &[], &machine),
    );
    let project = Project::new(MANIFEST).file("token", KEYS[1]);
    let run = pod(&store, &project, &[], &machine).env("AWS_ROLE_ARN", "");
    fails("no_role_for_the_token", &project, run);
    assert_eq!(store.faults.total(), 0);
    for (name, then) in [
        ("token_refused", Then::error(400, "InvalidIdentityToken")),
        ("token_over", Then::error(400, "ExpiredTokenException")),
        ("token_role_denied", Then::error(403, "AccessDenied")),
        ("token_page", Then::Html { code: 200 }),
        ("token_503", Then::Html { code: 503 }),
        ("token_reset", Then::Reset),
    ] {
        store.faults.script([Rule::always(then)]);
        fails(name, &project, pod(&store, &project, &[], &machine));
    }
    assert_eq!(
        (store.faults.count("GetParameters"), machine.connections()),
        (0, 0)
    );
}
