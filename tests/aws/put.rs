//! `nuages put` to Parameter Store and Secrets Manager; boto3 says what is there afterwards.

use serde_json::{Value, json};

use crate::shot::shot;
use crate::store::Store;
use crate::support::{
    faults::{Rule, Then},
    project::{Outcome, Project},
};

const VALUE: &str = "hunter2-marker-4b0e";

fn project() -> Project {
    Project::new(
        "[providers.ssm]\nkind = 'aws-ssm'\nprefix = '/shop/'\n\
         [providers.advanced]\nkind = 'aws-ssm'\nprefix = '/shop/'\ntier = 'advanced'\n\
         [providers.vault]\nkind = 'aws-secrets'\nprefix = 'shop/'\n",
    )
}

/// Puts a value that no output may show.
#[track_caller]
fn put(store: &Store, project: &Project, arguments: &[&str], value: &[u8], code: i32) -> Outcome {
    let arguments = [&["put"], arguments].concat();
    let run = store.run(project, &arguments).stdin(value);
    let outcome = run.output().code(code).silent_about(&[VALUE]);
    assert_eq!(outcome.stdout(), "");
    outcome
}

/// Type, key, tier, version and value of a parameter of the shop.
fn parameter(store: &Store, name: &str) -> Value {
    store.ask(
        "name = '/shop/' + sys.argv[1]\n\
         ssm = client('ssm')\n\
         one = ssm.get_parameter(Name=name, WithDecryption=True)['Parameter']\n\
         more = ssm.get_parameter_history(Name=name)['Parameters'][-1]\n\
         show([one['Type'], more.get('KeyId'), more['Tier'], one['Version'], one['Value']])",
        &[name],
    )
}

#[test]
fn a_parameter_is_a_secure_string_and_not_replaced_unasked() {
    let (store, project) = (Store::new(), project());
    let done = put(&store, &project, &["ssm://db"], VALUE.as_bytes(), 0);
    shot("put_ssm", &project, &done, &[]);
    let kept = json!(["SecureString", "alias/aws/ssm", "Standard", 1, VALUE]);
    assert_eq!(parameter(&store, "db"), kept);

    let refused = put(&store, &project, &["ssm://db"], b"another", 4);
    shot("put_ssm_again", &project, &refused, &[]);
    assert_eq!(parameter(&store, "db"), kept);

    let overwrite = ["--overwrite", "ssm://db"];
    let replaced = put(&store, &project, &overwrite, b"another\n", 0);
    shot("put_ssm_overwrite", &project, &replaced, &[]);
    let replaced = json!(["SecureString", "alias/aws/ssm", "Standard", 2, "another"]);
    assert_eq!(parameter(&store, "db"), replaced);
    assert_eq!(
        (store.faults.count("PutParameter"), store.faults.total()),
        (3, 3),
        "writing reads nothing"
    );
}

/// In the reference's region or the first of the instance's, and nowhere else.
#[test]
fn what_is_written_goes_to_one_region() {
    let store = Store::new();
    let project = Project::new(
        "[providers.ssm]\nkind = 'aws-ssm'\nregions = ['eu-central-1', 'eu-west-3']\n\
         [providers.vault]\nkind = 'aws-secrets'\nregions = ['eu-central-1', 'eu-west-3']\n",
    );
    for name in ["ssm:///shop/db", "vault://shop/db"] {
        put(&store, &project, &[name], b"the first", 0);
        let other = format!("{name}?region=us-east-1");
        put(&store, &project, &[&other], b"the reference's", 0);
    }
    let there = store.ask(
        "there = {}\n\
         for region in ('eu-central-1', 'eu-west-3', 'us-east-1', 'eu-west-1'):\n    \
             ssm, vault = client('ssm', region_name=region), client('secretsmanager', region_name=region)\n    \
             there[region] = [one['Value'] for one in ssm.get_parameters(Names=['/shop/db'], WithDecryption=True)['Parameters']]\n    \
             there[region] += [one['SecretString'] for one in vault.batch_get_secret_value(SecretIdList=['shop/db'])['SecretValues']]\n\
         show(there)",
        &[],
    );
    let expected = json!({
        "eu-central-1": ["the first", "the first"], "eu-west-3": [],
        "us-east-1": ["the reference's", "the reference's"], "eu-west-1": [],
    });
    assert_eq!(there, expected);
}

/// A provider that needs no settings needs no manifest either.
#[test]
fn a_secret_is_put_by_its_whole_reference() {
    let (store, project) = (Store::new(), Project::empty());
    put(
        &store,
        &project,
        &["aws-ssm:///shop/db"],
        VALUE.as_bytes(),
        0,
    );
    assert_eq!(parameter(&store, "db")[4], VALUE);
}

#[test]
fn a_parameter_takes_the_key_and_the_tier_it_is_given() {
    let (store, project) = (Store::new(), project());
    let key = store.ask(
        "show(client('kms').create_key()['KeyMetadata']['KeyId'])",
        &[],
    );
    let key = key.as_str().unwrap();
    let arguments = ["--kms-key", key, "advanced://db"];
    put(&store, &project, &arguments, VALUE.as_bytes(), 0);
    let kept = json!(["SecureString", key, "Advanced", 1, VALUE]);
    assert_eq!(parameter(&store, "db"), kept);
}

/// Moto takes any length; AWS answers `ValidationException`, as
/// <https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_PutParameter.html> says.
#[test]
fn a_value_too_long_for_the_standard_tier_is_told_of_the_other() {
    let (mut store, project) = (Store::new(), project());
    let refuse = Then::error(400, "ValidationException");
    store.faults = store.faults.rule(Rule::on("PutParameter", refuse));
    let long = VALUE.repeat(4096 / VALUE.len() + 1);
    let outcome = put(&store, &project, &["ssm://db"], long.as_bytes(), 4);
    shot("put_ssm_too_long", &project, &outcome, &[]);
    let short = put(&store, &project, &["ssm://db"], VALUE.as_bytes(), 4);
    assert!(!short.stderr().contains("tier"), "{}", short.stderr());
}

#[test]
fn what_a_parameter_cannot_hold_is_refused_before_anything_is_asked() {
    let (store, project) = (Store::new(), project());
    let outcome = put(&store, &project, &["ssm://db"], b"\xff\xfe\x00", 4);
    shot("put_ssm_not_text", &project, &outcome, &[]);
    let outcome = put(&store, &project, &["ssm://db?version=1"], b"x", 4);
    shot("put_ssm_version", &project, &outcome, &[]);
    let outcome = put(&store, &project, &["ssm://db?label=stable"], b"x", 4);
    assert!(outcome.stderr().contains("cannot be written"));
    assert_eq!(store.faults.total(), 0);
}

#[test]
fn a_store_without_a_key_service_refuses_a_key() {
    let store = Store::new();
    let project = Project::new("[providers.secrets]\nkind = 'age'\nkey_file = 'age.key'\n");
    project.nuages(["key", "new"]).output().code(0);
    let arguments = ["--kms-key", "alias/shop", "db"];
    let outcome = put(&store, &project, &arguments, VALUE.as_bytes(), 4);
    shot("put_age_kms_key", &project, &outcome, &[]);
    assert!(!project.path("secrets.age").exists());
}

/// Name, key, number of versions, text and bytes of a secret of the shop.
fn secret(store: &Store, name: &str) -> Value {
    store.ask(
        "vault, name = client('secretsmanager'), 'shop/' + sys.argv[1]\n\
         about = vault.describe_secret(SecretId=name)\n\
         one = vault.get_secret_value(SecretId=name)\n\
         show([about['Name'], about.get('KmsKeyId'), len(about['VersionIdsToStages']),\n\
               one.get('SecretString'), list(one.get('SecretBinary', b''))])",
        &[name],
    )
}

#[test]
fn a_secret_is_made_and_gets_a_new_version_when_asked() {
    let (store, project) = (Store::new(), project());
    let done = put(&store, &project, &["vault://db"], VALUE.as_bytes(), 0);
    shot("put_secret", &project, &done, &[]);
    let kept = json!(["shop/db", null, 1, VALUE, []]);
    assert_eq!(secret(&store, "db"), kept);

    let refused = put(&store, &project, &["vault://db"], b"another", 4);
    shot("put_secret_again", &project, &refused, &[]);
    assert_eq!(secret(&store, "db"), kept);

    let overwrite = ["--overwrite", "vault://db"];
    let replaced = put(&store, &project, &overwrite, b"another", 0);
    shot("put_secret_overwrite", &project, &replaced, &[]);
    let replaced = json!(["shop/db", null, 2, "another", []]);
    assert_eq!(secret(&store, "db"), replaced);

    let fresh = ["--overwrite", "vault://fresh"];
    put(&store, &project, &fresh, VALUE.as_bytes(), 0);
    assert_eq!(
        secret(&store, "fresh"),
        json!(["shop/fresh", null, 1, VALUE, []])
    );
    let read = ["BatchGetSecretValue", "GetSecretValue", "DescribeSecret"];
    assert_eq!(read.map(|operation| store.faults.count(operation)), [0; 3]);
}

#[test]
fn a_secret_may_be_bytes_and_have_a_key() {
    let (store, project) = (Store::new(), project());
    let bytes = [0_u8, 159, 146, 150, 255];
    let arguments = ["--kms-key", "alias/shop", "vault://bytes"];
    put(&store, &project, &arguments, &bytes, 0);
    let kept = json!(["shop/bytes", "alias/shop", 1, null, bytes]);
    assert_eq!(secret(&store, "bytes"), kept);

    let another = ["--overwrite", "--kms-key", "alias/other", "vault://bytes"];
    put(&store, &project, &another, VALUE.as_bytes(), 0);
    let now = secret(&store, "bytes");
    assert_eq!([&now[1], &now[3]], ["alias/other", VALUE]);
}

#[test]
fn only_the_current_version_of_a_secret_is_written() {
    let (store, project) = (Store::new(), project());
    let stage = "vault://db?stage=AWSPREVIOUS";
    let outcome = put(&store, &project, &[stage], VALUE.as_bytes(), 4);
    shot("put_secret_stage", &project, &outcome, &[]);
    assert_eq!(store.faults.total(), 0);
}
