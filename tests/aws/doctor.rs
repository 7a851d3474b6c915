//! `nuages doctor` at AWS: who we are, where, by which credentials, and what is wrong with them.

use serde_json::Value;

use crate::shot::shot;
use crate::store::Store;
use crate::support::{
    faults::{
        Faults, Rule, Then,
        connect::Connect,
        tls::{Certificate, Tls},
    },
    moto::Moto,
    project::{Outcome, Project},
};

const MANIFEST: &str = "[providers.parameters]\nkind = 'aws-ssm'\nprefix = '/shop/'\n\
    [providers.vault]\nkind = 'aws-secrets'\n\
    [providers.token]\nkind = 'aws-rds-token'\nregion = 'eu-central-1'\n";

#[track_caller]
fn doctor(store: &Store, project: &Project, arguments: &[&str], code: i32) -> Outcome {
    let arguments = [&["doctor"], arguments].concat();
    let secrets = ["aws-secret-key-marker-51d2", "body-marker"];
    let run = store.run(project, &arguments);
    run.output().code(code).silent_about(&secrets)
}

#[test]
fn who_and_where_is_said() {
    let (store, project) = (Store::new(), Project::new(MANIFEST));
    let outcome = doctor(&store, &project, &[], 0);
    assert_eq!(outcome.stderr(), "");
    shot("doctor", &project, &outcome, &[]);
    let asked = ["GetCallerIdentity", "GetParameters", "GetSecretValue"];
    assert_eq!(
        asked.map(|operation| store.faults.count(operation)),
        [3, 1, 1]
    );
    assert_eq!(store.faults.total(), 5);
}

#[test]
fn machines_are_told_the_same() {
    let (store, project) = (Store::new(), Project::new(MANIFEST));
    let outcome = doctor(&store, &project, &["--format", "json", "parameters"], 0);
    let said: Value = serde_json::from_str(outcome.stdout()).unwrap();
    let one = &said[0];
    assert_eq!(
        [&one["instance"], &one["kind"], &one["status"]],
        ["parameters", "aws-ssm", "ok"]
    );
    let id = store.account.id();
    let identity = one["identity"].as_str().unwrap();
    assert!(
        identity.starts_with(&format!("arn:aws:sts::{id}:")),
        "{identity}"
    );
    assert_eq!(one["details"]["account"], id);
    assert_eq!(one["details"]["endpoint"], store.faults.url());
}

#[test]
fn a_provider_without_a_manifest_is_asked_too() {
    let (store, project) = (Store::new(), Project::empty());
    let outcome = doctor(&store, &project, &["aws-ssm"], 0);
    shot("doctor_direct", &project, &outcome, &[]);
}

#[test]
fn a_role_is_who_we_are_then() {
    let (store, other) = (Store::new(), Moto::start().account());
    let project = Project::new(&format!(
        "[providers.parameters]\nkind = 'aws-ssm'\nrole_arn = 'arn:aws:iam::{0}:role/shop/reader'\n\
         [providers.vault]\nkind = 'aws-secrets'\nrole_arn = 'arn:aws:iam::{0}:role/shop/reader'\n",
        other.id()
    ));
    let outcome = doctor(&store, &project, &[], 0);
    let words = [(store.account.id(), "OWN"), (other.id(), "OTHER")];
    shot("doctor_role", &project, &outcome, &words);
    assert_eq!(store.faults.count("AssumeRole"), 1, "one login for both");
}

#[test]
fn the_regions_and_the_profile_are_said() {
    let store = Store::new();
    let profile = format!(
        "[profile shop]\nregion = ap-south-1\naws_access_key_id = {}\naws_secret_access_key = x\n",
        store.account.access_key()
    );
    let project = Project::new(
        "[providers.two]\nkind = 'aws-ssm'\nregions = ['eu-west-3', 'eu-north-1']\n\
         [providers.profiled]\nkind = 'aws-secrets'\nprofile = 'shop'\n",
    )
    .file(".aws/config", profile);
    let run = store.run(&project, &["doctor"]);
    let run = run.env("AWS_REGION", "").env("AWS_DEFAULT_REGION", "");
    shot("doctor_regions", &project, &run.output().code(0), &[]);
}

#[test]
fn a_wrong_key_is_told() {
    let (store, project) = (Store::new(), Project::new(MANIFEST));
    let unknown = Then::error(400, "UnrecognizedClientException");
    let invalid = Then::error(403, "InvalidClientTokenId");
    store.faults.script([
        Rule::on("GetCallerIdentity", invalid),
        Rule::always(unknown),
    ]);
    let outcome = doctor(&store, &project, &[], 4);
    shot("doctor_wrong_key", &project, &outcome, &[]);
}

/// The store knows the key no longer; STS does still.
#[test]
fn a_key_that_the_store_alone_refuses_is_told() {
    let (store, project) = (Store::new(), Project::new(MANIFEST));
    store.faults.script([
        Rule::on(
            "GetParameters",
            Then::error(400, "UnrecognizedClientException"),
        ),
        Rule::on("GetSecretValue", Then::error(400, "ExpiredTokenException")),
    ]);
    let outcome = doctor(&store, &project, &[], 4);
    shot("doctor_refused_by_the_store", &project, &outcome, &[]);
}

/// A policy for the project's own names denies that of the question.
#[test]
fn to_be_denied_the_question_is_an_answer() {
    let (store, project) = (Store::new(), Project::new(MANIFEST));
    let denied = Then::error(400, "AccessDeniedException");
    store.faults.script([
        Rule::on("GetParameters", denied.clone()),
        Rule::on("GetSecretValue", denied),
    ]);
    let outcome = doctor(&store, &project, &[], 0);
    assert_eq!(outcome.stderr(), "");
    assert_eq!(
        outcome.stdout().matches("  ok  ").count(),
        3,
        "{}",
        outcome.stdout()
    );
    assert_eq!(
        outcome.stdout().matches("endpoint").count(),
        2,
        "{}",
        outcome.stdout()
    );
}

#[test]
fn a_role_that_may_not_be_assumed_is_told() {
    let store = Store::new();
    let project = Project::new(
        "[providers.parameters]\nkind = 'aws-ssm'\nrole_arn = 'arn:aws:iam::123456789012:role/reader'\n",
    );
    let denied = Then::error(403, "AccessDenied");
    store.faults.script([Rule::on("AssumeRole", denied)]);
    let outcome = doctor(&store, &project, &[], 4);
    shot("doctor_role_denied", &project, &outcome, &[]);
}

#[test]
fn an_endpoint_where_nobody_answers_is_told() {
    let (store, refused) = (Store::new(), Faults::refused());
    let project = Project::new(&format!(
        "[providers.parameters]\nkind = 'aws-ssm'\nendpoint = 'http://{refused}'\n\
         [providers.vault]\nkind = 'aws-secrets'\n"
    ));
    let outcome = doctor(&store, &project, &[], 4);
    shot("doctor_nobody_there", &project, &outcome, &[]);
}

/// An endpoint inside one's own network is the store's alone; an emulator on this machine is STS's as well.
#[test]
fn who_we_are_is_asked_where_that_is_known() {
    const ENDPOINT: &str = "vpce-1.ssm.eu-west-1.vpce.amazonaws.com";
    const STS: &str = "sts.eu-west-1.amazonaws.com";
    let store = Store::new();
    // Moto knows no such host.
    let nothing = Then::Answer("{\"Parameters\": [], \"InvalidParameters\": []}".to_owned());
    store.faults.script([Rule::on("GetParameters", nothing)]);
    let certificate = Certificate::GoodFor(vec![ENDPOINT.to_owned(), STS.to_owned()]);
    let tls = Tls::start(store.faults.address(), &certificate);
    let proxy = Connect::start(tls.address());
    let project = Project::new(&format!(
        "[providers.inside]\nkind = 'aws-ssm'\nendpoint = 'https://{ENDPOINT}'\n"
    ));
    let run = store
        .account
        .credentials()
        .iter()
        .fold(project.nuages(["doctor"]), |run, (name, value)| {
            run.env(name, value)
        });
    let run = run
        .env("HTTPS_PROXY", proxy.url())
        .env("SSL_CERT_FILE", tls.ca_file());
    let outcome = run.output().code(0);
    let said = format!("endpoint      https://{ENDPOINT}\n");
    assert!(outcome.stdout().contains(&said), "{}", outcome.stdout());
    let mut hosts = proxy.hosts();
    hosts.sort();
    assert_eq!(hosts, [format!("{STS}:443"), format!("{ENDPOINT}:443")]);

    let project = Project::new(&format!(
        "[providers.emulator]\nkind = 'aws-ssm'\nendpoint = '{}'\n",
        store.faults.url()
    ));
    store.faults.forget();
    let run = store
        .account
        .credentials()
        .iter()
        .fold(project.nuages(["doctor"]), |run, (name, value)| {
            run.env(name, value)
        });
    run.env("HTTPS_PROXY", proxy.url()).output().code(0);
    assert_eq!(
        (
            store.faults.count("GetCallerIdentity"),
            store.faults.total()
        ),
        (1, 2)
    );
    assert_eq!(proxy.hosts().len(), 2, "no more than before");
}

#[test]
fn settings_that_cannot_be_are_told() {
    let store = Store::new();
    let project = Project::new(
        "[providers.a]\nkind = 'aws-ssm'\nprefix = 'shop/prod/'\n\
         [providers.b]\nkind = 'aws-ssm'\nregion = 'Ireland'\n\
         [providers.c]\nkind = 'aws-ssm'\nregion = 'eu-west-1'\nregions = ['eu-west-2']\n\
         [providers.d]\nkind = 'aws-secrets'\nrole_arn = 'reader'\n\
         [providers.e]\nkind = 'aws-secrets'\nexternal_id = 'x'\n\
         [providers.f]\nkind = 'aws-secrets'\nendpoint = 'http://vault.example.org'\n",
    );
    let outcome = doctor(&store, &project, &[], 4);
    shot("doctor_settings", &project, &outcome, &[]);
    assert_eq!(store.faults.total(), 0);
}
