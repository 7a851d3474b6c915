//! What the environment says itself, and the services of a container and of a machine.

use super::{
    BODY_MARKER, Fake, GET, KEYS, MANIFEST, Project, REGION, Store, credentials, fails, metadata,
    nameless, reads, store,
};

/// A machine whose metadata service must not be asked.
fn unasked() -> Fake {
    Fake::black_hole()
}

const METADATA: &str = "AWS_EC2_METADATA_SERVICE_ENDPOINT";

#[test]
fn the_environments_keys_go_with_their_session() {
    let (store, machine) = (store(), unasked());
    let project = Project::new(MANIFEST);
    let keys = |run: super::Run| {
        run.env("AWS_ACCESS_KEY_ID", store.account.access_key())
            .env("AWS_SECRET_ACCESS_KEY", KEYS[0])
            .env(METADATA, machine.url())
    };
    reads(
        &store,
        keys(nameless(&store, &project, &GET)),
        &store.account.access_key(),
    );
    let token = |store: &Store| {
        let last = store.faults.requests().pop().unwrap();
        last.header("x-amz-security-token").map(str::to_owned)
    };
    assert_eq!(token(&store), None);
    let run = keys(nameless(&store, &project, &GET)).env("AWS_SESSION_TOKEN", KEYS[1]);
    reads(&store, run, &store.account.access_key());
    assert_eq!(token(&store).as_deref(), Some(KEYS[1]));

    // Not even for the region.
    let run = keys(project.nuages(GET)).env("AWS_ENDPOINT_URL", store.faults.url());
    let outcome = run.output().code(4);
    assert!(
        outcome.stderr().contains("no region is known"),
        "{}",
        outcome.stderr()
    );
    assert_eq!(machine.connections(), 0);
}

#[test]
fn a_container_gives_credentials_to_who_shows_its_token() {
    let (store, machine) = (store(), unasked());
    let answer = credentials(&store.account);
    let service = Fake::start(move |asked| {
        let may = asked.header("authorization") == Some("container-marker-2e8b");
        Some(if may {
            (200, Vec::new(), answer.clone())
        } else {
            (403, Vec::new(), BODY_MARKER.to_owned())
        })
    });
    let project = Project::new(MANIFEST).file("token", "container-marker-2e8b");
    let container = || {
        nameless(&store, &project, &GET)
            .env(
                "AWS_CONTAINER_CREDENTIALS_FULL_URI",
                format!("{}/v2/shop", service.url()),
            )
            .env(METADATA, machine.url())
    };
    let token = ("AWS_CONTAINER_AUTHORIZATION_TOKEN", "container-marker-2e8b");
    reads(
        &store,
        container().env(token.0, token.1),
        &store.account.access_key(),
    );
    // EKS Pod Identity writes it into a file, which goes before.
    let run = container()
        .env(
            "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
            project.path("token"),
        )
        .env(token.0, "wrong");
    reads(&store, run, &store.account.access_key());
    assert_eq!(service.paths(), ["GET /v2/shop", "GET /v2/shop"]);

    store.faults.forget();
    let denied = nameless(&store, &project, &[])
        .env(
            "AWS_CONTAINER_CREDENTIALS_FULL_URI",
            format!("{}/v2/shop", service.url()),
        )
        .env(token.0, "wrong")
        .env(METADATA, machine.url());
    let outcome = fails("container_denied", &project, denied);
    drop(outcome.silent_about(&["wrong\""]));
    assert_eq!((store.faults.total(), machine.connections()), (0, 0));
}

#[test]
fn a_containers_service_that_is_gone_or_elsewhere_is_named() {
    let store = store();
    let project = Project::new(MANIFEST);
    let uri = "AWS_CONTAINER_CREDENTIALS_FULL_URI";
    let refused = format!(
        "http://{}/v2/shop",
        crate::support::faults::Faults::refused()
    );
    fails(
        "container_refused",
        &project,
        nameless(&store, &project, &[]).env(uri, refused),
    );
    // It would be given the token.
    let elsewhere = nameless(&store, &project, &[]).env(uri, "http://192.0.2.1/v2/shop");
    fails("container_elsewhere", &project, elsewhere);
    assert_eq!(store.faults.total(), 0);
}

#[test]
fn a_machine_gives_its_role_and_its_region() {
    let store = store();
    let machine = metadata(&store.account, REGION);
    let project = Project::new(MANIFEST);
    let run = project
        .nuages(GET)
        .env("AWS_ENDPOINT_URL", store.faults.url())
        .env(METADATA, machine.url());
    reads(&store, run, &store.account.access_key());
    let request = store.faults.requests().pop().unwrap();
    assert_eq!(request.region(), Some(REGION));
    assert_eq!(request.header("x-amz-security-token"), Some(KEYS[1]));
    let asked = machine.paths();
    assert!(
        asked.contains(&"GET /latest/meta-data/placement/region".to_owned()),
        "{asked:?}"
    );
    // The first version of the service, which hands credentials to any request that a program is tricked into.
    for asked in machine.asked() {
        let has_token = asked.header("x-aws-ec2-metadata-token").is_some();
        assert!(asked.what.starts_with("PUT ") || has_token, "{asked:?}");
    }
}

#[test]
fn a_region_that_is_said_is_not_asked_of_the_machine() {
    let store = store();
    let machine = metadata(&store.account, "eu-central-1");
    let project = Project::new(MANIFEST);
    let run = nameless(&store, &project, &GET).env(METADATA, machine.url());
    reads(&store, run, &store.account.access_key());
    let asked = machine.paths();
    assert!(
        !asked.iter().any(|path| path.contains("placement")),
        "{asked:?}"
    );
    assert_eq!(
        store.faults.requests().pop().unwrap().region(),
        Some(REGION)
    );
}

#[test]
fn instances_ask_the_machine_once() {
    let store = store();
    let machine = metadata(&store.account, REGION);
    let project = Project::new(
        "[providers.one]\nkind = \"aws-ssm\"\n\n[providers.two]\nkind = \"aws-secrets\"\n\n\
         [providers.three]\nkind = \"aws-ssm\"\nprefix = \"/shop/\"\n\n\
         [env]\nA = \"${one:///shop/a}\"\nB = \"${two://shop}\"\nC = \"${three://a}\"\n",
    );
    let run = nameless(&store, &project, &["render", "json"]).env(METADATA, machine.url());
    run.output().code(0);
    let credentials = machine.paths().into_iter();
    let credentials = credentials.filter(|path| path.ends_with("/shop-role"));
    assert_eq!(credentials.count(), 1);
}

#[test]
fn a_machine_without_a_role_says_so() {
    let store = store();
    let machine = Fake::start(|asked| {
        let life = "x-aws-ec2-metadata-token-ttl-seconds";
        Some(if asked.what.starts_with("PUT ") {
            (200, vec![format!("{life}: 21600")], "token".to_owned())
        } else {
            (404, Vec::new(), BODY_MARKER.to_owned())
        })
    });
    let project = Project::new(MANIFEST);
    let run = nameless(&store, &project, &[]).env(METADATA, machine.url());
    fails("machine_without_role", &project, run);
    assert_eq!(store.faults.total(), 0);
}
