//! What a policy allows for each kind of reference, and where it is cut.

use nuages_provider::{Descriptor, Locator, Reference, Setting, Settings};
use serde_json::Value;

use super::*;

mod identities;

/// An instance and what is read through it.
struct Instance {
    descriptor: Descriptor,
    settings: Settings,
    locators: Vec<Locator>,
}

fn instance(descriptor: Descriptor, settings: Settings, references: &[&str]) -> Instance {
    let locators = references.iter().map(|text| {
        let (name, options) = text.split_once('&').unwrap_or((text, ""));
        let mut reference = Reference::new("secrets", name).through_instance();
        for option in options.split('&').filter(|option| !option.is_empty()) {
            let (name, value) = option.split_once('=').unwrap();
            reference = reference.with_option(name, value);
        }
        (descriptor.parse)(&reference).unwrap()
    });
    Instance {
        descriptor,
        settings,
        locators: locators.collect(),
    }
}

fn ssm(region: &str, references: &[&str]) -> Instance {
    let settings = Settings::new()
        .with_text("region", region)
        .with_text("prefix", "/shop/prod/");
    instance(ssm::DESCRIPTOR, settings, references)
}

fn secrets(region: &str, references: &[&str]) -> Instance {
    let settings = Settings::new().with_text("region", region);
    instance(secrets::DESCRIPTOR, settings, references)
}

fn access(instances: &[Instance], keys: &[&str]) -> Result<Access, Error> {
    let locators: Vec<Vec<&Locator>> = instances
        .iter()
        .map(|instance| instance.locators.iter().collect())
        .collect();
    let readings: Vec<Reading<'_>> = instances
        .iter()
        .zip(&locators)
        .map(|(instance, locators)| Reading {
            scheme: instance.descriptor.scheme,
            instance: "secrets",
            settings: &instance.settings,
            locators,
        })
        .collect();
    let keys: Vec<String> = keys.iter().map(|&key| key.to_owned()).collect();
    needs(&readings, &keys)
}

/// Statements in short: `Sid: resource, resource`, a line each; what a key is for behind `<-`.
fn short(access: &Access) -> Vec<String> {
    let documents = access.documents.iter();
    documents
        .flat_map(|document| {
            let policy: Value = serde_json::from_str(&document.json).unwrap();
            let statements = policy["Statement"].as_array().unwrap().clone();
            statements.into_iter().map(|statement| {
                let list = |value: &Value| match value {
                    Value::Array(items) => items
                        .iter()
                        .map(|item| item.as_str().unwrap())
                        .collect::<Vec<_>>()
                        .join(", "),
                    other => other.as_str().unwrap().to_owned(),
                };
                let mut line = format!(
                    "{}: {}",
                    statement["Sid"].as_str().unwrap(),
                    list(&statement["Resource"])
                );
                if let Some(Value::Object(tests)) = statement["Condition"].get("StringLike") {
                    for (key, value) in tests {
                        line = format!("{line} <- {key}: {}", list(value));
                    }
                }
                line
            })
        })
        .collect()
}

#[track_caller]
fn policy(instances: &[Instance]) -> Vec<String> {
    short(&access(instances, &[]).unwrap())
}

#[test]
fn a_parameter_is_named_as_it_is_kept() {
    let instances = [ssm(
        "eu-west-1",
        &[
            "db-password",
            "stripe/key&version=3",
            "key&versions=1..4",
            "/other/name",
            "db-password&region=us-gov-west-1",
            "arn:aws:ssm:eu-central-1:123456789012:parameter/shared/key",
        ],
    )];
    assert_eq!(
        policy(&instances),
        [
            "ReadParameters: arn:aws:ssm:eu-central-1:123456789012:parameter/shared/key, \
          arn:aws:ssm:eu-west-1:*:parameter/other/name, \
          arn:aws:ssm:eu-west-1:*:parameter/shop/prod/db-password, \
          arn:aws:ssm:eu-west-1:*:parameter/shop/prod/key, \
          arn:aws:ssm:eu-west-1:*:parameter/shop/prod/stripe/key",
            // Another partition, another policy.
            "ReadParameters: arn:aws-us-gov:ssm:us-gov-west-1:*:parameter/shop/prod/db-password",
        ]
    );
}

#[test]
fn a_parameter_that_leads_to_a_secret_takes_the_secret_too() {
    let instances = [ssm("eu-west-1", &["/aws/reference/secretsmanager/shop/db"])];
    assert_eq!(
        policy(&instances),
        [
            "ReadParameters: arn:aws:ssm:eu-west-1:*:parameter/aws/reference/secretsmanager/shop/db",
            "ReadSecrets: arn:aws:secretsmanager:eu-west-1:*:secret:shop/db-??????",
        ]
    );
}

#[test]
fn one_secret_takes_one_action() {
    assert_eq!(
        policy(&[secrets("cn-north-1", &["rds!db-1"])]),
        ["ReadSecrets: arn:aws-cn:secretsmanager:cn-north-1:*:secret:rds!db-1-??????"]
    );
    // Neither is read together with another.
    assert_eq!(
        policy(&[secrets(
            "eu-west-1",
            &["a", "a&stage=AWSPREVIOUS", "b&region=eu-west-2"]
        )]),
        [
            "ReadSecrets: arn:aws:secretsmanager:eu-west-1:*:secret:a-??????, \
          arn:aws:secretsmanager:eu-west-2:*:secret:b-??????"
        ]
    );
}

#[test]
fn several_secrets_are_read_together() {
    assert_eq!(
        policy(&[secrets("eu-west-1", &["a", "b&stage=AWSCURRENT"])]),
        [
            "ReadSecrets: arn:aws:secretsmanager:eu-west-1:*:secret:a-??????, \
             arn:aws:secretsmanager:eu-west-1:*:secret:b-??????",
            "ReadSecretsTogether: *",
        ]
    );
}

#[test]
fn versions_without_a_stage_are_listed() {
    assert_eq!(
        policy(&[secrets(
            "eu-west-1",
            &["a&versions=1..2", "b&versions=2..3"]
        )]),
        [
            "ReadSecrets: arn:aws:secretsmanager:eu-west-1:*:secret:a-??????, \
             arn:aws:secretsmanager:eu-west-1:*:secret:b-??????",
            "ListVersions: arn:aws:secretsmanager:eu-west-1:*:secret:b-??????",
        ]
    );
}

#[test]
fn an_arn_stands_for_itself() {
    let whole = "arn:aws:secretsmanager:eu-west-3:123456789012:secret:shop/db-AbCdEf";
    let bare = "arn:aws:secretsmanager:eu-west-3:123456789012:secret:shop/other";
    assert_eq!(
        policy(&[secrets("eu-west-1", &[whole, bare])]),
        [
            format!("ReadSecrets: {whole}, {bare}-??????"),
            "ReadSecretsTogether: *".to_owned()
        ]
    );
    assert!(
        access(&[secrets("eu-west-1", &[whole])], &[])
            .unwrap()
            .notes
            .iter()
            .all(|note| !note.contains('*'))
    );
}

#[test]
fn every_region_that_may_be_asked_is_there() {
    let settings = Settings::new().with(
        "regions",
        Setting::TextList(vec!["eu-west-1".to_owned(), "eu-west-2".to_owned()]),
    );
    let everywhere = instance(ssm::DESCRIPTOR, settings, &["key"]);
    assert_eq!(
        policy(&[everywhere]),
        [
            "ReadParameters: arn:aws:ssm:eu-west-1:*:parameter/key, arn:aws:ssm:eu-west-2:*:parameter/key"
        ]
    );
    let nowhere = instance(ssm::DESCRIPTOR, Settings::new(), &["key"]);
    let access = access(&[nowhere], &[]).unwrap();
    assert_eq!(
        short(&access),
        ["ReadParameters: arn:aws:ssm:*:*:parameter/key"]
    );
    assert!(access.notes[0].contains("the region of `secrets` is `*`"));
    assert!(access.notes[1].contains("accounts are `*`"));
}

#[test]
fn the_role_that_is_assumed_is_the_one_that_reads() {
    let role = "arn:aws-us-gov:iam::123456789012:role/shop";
    let settings = Settings::new().with_text("role_arn", role);
    let of_role = instance(ssm::DESCRIPTOR, settings, &["key"]);
    let of_profile = instance(
        secrets::DESCRIPTOR,
        Settings::new().with_text("profile", "ops"),
        &["other"],
    );
    let access = access(&[of_role, of_profile, ssm("eu-west-1", &["third"])], &[]).unwrap();
    let identities: Vec<&str> = access
        .documents
        .iter()
        .map(|document| document.identity.as_str())
        .collect();
    assert_eq!(
        identities,
        [
            "the identity that the environment logs in as, in the partition `aws`",
            "the identity that the environment logs in as, in the partition `aws-us-gov`",
            "the identity of the AWS profile `ops`",
            "the role `arn:aws-us-gov:iam::123456789012:role/shop`",
        ]
    );
    assert_eq!(
        short(&access),
        [
            "ReadParameters: arn:aws:ssm:eu-west-1:*:parameter/shop/prod/third",
            "AssumeRole: arn:aws-us-gov:iam::123456789012:role/shop",
            "ReadSecrets: arn:aws:secretsmanager:*:*:secret:other-??????",
            "ReadParameters: arn:aws-us-gov:ssm:*:123456789012:parameter/key",
        ]
    );
}

fn token(user: &str) -> Result<Access, Error> {
    let place = format!("shop.c9akciq32rgt.eu-west-1.rds.amazonaws.com:5432/{user}");
    let token = instance(rds_token::DESCRIPTOR, Settings::new(), &[&place]);
    access(&[token], &[])
}

#[test]
fn a_login_token_is_for_its_user() {
    let access = token("shop_app").unwrap();
    assert_eq!(
        short(&access),
        ["ConnectToDatabases: arn:aws:rds-db:eu-west-1:*:dbuser:*/shop_app"]
    );
    assert!(
        access
            .notes
            .iter()
            .any(|note| note.contains("DbiResourceId"))
    );
}

#[test]
fn a_name_is_no_pattern() {
    assert_eq!(
        short(&token("*?$").unwrap()),
        ["ConnectToDatabases: arn:aws:rds-db:eu-west-1:*:dbuser:*/${*}${?}${$}"]
    );
    assert!(token("\u{4e2d}").is_err());
    for role in [
        "arn:aws:iam::*:role/shop",
        "arn:aws*:iam::123456789012:role/shop",
        "arn:aws:iam:::role/shop",
    ] {
        let settings = Settings::new().with_text("role_arn", role);
        let instance = instance(ssm::DESCRIPTOR, settings, &["key"]);
        assert!(access(&[instance], &[]).is_err(), "{role}");
    }
    for arn in [
        "arn:aws:ssm:*:123456789012:parameter/key",
        "arn:aws:ssm:eu-west-1:*:parameter/key",
        "arn:aws:ssm:eu-west-1:????????????:parameter/key",
    ] {
        let error = access(&[ssm("eu-west-1", &[arn])], &[]).unwrap_err();
        assert!(error.message().ends_with("is no whole ARN"), "{error}");
    }
    let role = "arn:aws:iam::123456789012:role/*";
    let settings = Settings::new().with_text("role_arn", role);
    let instance = instance(ssm::DESCRIPTOR, settings, &["key"]);
    assert_eq!(
        policy(&[instance])[0],
        "AssumeRole: arn:aws:iam::123456789012:role/${*}"
    );
}

const KEY: &str = "arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab";

#[test]
fn a_key_is_used_for_the_secrets_of_its_region() {
    let instances = [
        ssm("eu-west-1", &["a", "b&region=eu-west-2"]),
        secrets("eu-west-1", &["c"]),
    ];
    let access = access(&instances, &[KEY]).unwrap();
    assert_eq!(
        short(&access)[2..],
        [
            format!(
                "DecryptParameters: {KEY} <- kms:ViaService: ssm.eu-west-1.amazonaws.com <- \
                 kms:EncryptionContext:PARAMETER_ARN: arn:aws:ssm:eu-west-1:*:parameter/shop/prod/a"
            ),
            format!(
                "DecryptSecrets: {KEY} <- kms:ViaService: secretsmanager.eu-west-1.amazonaws.com <- \
                 kms:EncryptionContext:SecretARN: arn:aws:secretsmanager:eu-west-1:*:secret:c-??????"
            ),
        ]
    );
    assert!(!access.notes.iter().any(|note| note.contains("--kms-key")));
}

#[test]
fn what_is_no_key_or_of_no_use_is_refused() {
    for key in [
        "alias/shop",
        "arn:aws:kms:eu-west-1:123456789012:alias/shop",
        "arn:aws:kms:eu-west-1:123456789012:key/*",
        "arn:aws:kms:*:123456789012:key/1234",
        "arn:aws:kms:eu-west-1::key/1234",
        "*",
    ] {
        let error = access(&[ssm("eu-west-1", &["a"])], &[key]).unwrap_err();
        assert!(error.message().ends_with("is no ARN of a key"), "{key}");
    }
    let error = access(&[ssm("eu-west-2", &["a"])], &[KEY]).unwrap_err();
    assert!(
        error
            .message()
            .starts_with("nothing that is planned is in the region")
    );
}

#[test]
fn a_policy_that_is_too_long_comes_in_parts() {
    let names: Vec<String> = (0..300)
        .map(|n| format!("service-{n:03}/api-key"))
        .collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let instances = [ssm("eu-west-1", &names), secrets("eu-west-1", &names)];
    let access = access(&instances, &[KEY]).unwrap();
    assert!(access.documents.len() > 5);
    assert!(access.notes.iter().any(|note| note.contains("6144")));
    let mut count = 0;
    for document in &access.documents {
        let length = document.json.chars().filter(|c| !c.is_whitespace()).count();
        assert!(length <= policy::LONGEST, "{length}");
        let policy: Value = serde_json::from_str(&document.json).unwrap();
        for statement in policy["Statement"].as_array().unwrap() {
            let contexts = statement["Condition"]["StringLike"].as_object();
            let contexts = contexts.and_then(|tests| tests.values().nth(1));
            let items = contexts.unwrap_or(&statement["Resource"]);
            let items = items.as_array().unwrap();
            assert!(!items.is_empty());
            count += items.len();
        }
    }
    // Each twice, for itself and for the key, and the one action for all.
    assert_eq!(count, 300 * 2 * 2 + 1);
    // All but the last are full.
    let (_, full) = access.documents.split_last().unwrap();
    for document in full {
        assert!(
            document.json.len() > policy::LONGEST - 200,
            "{}",
            document.json.len()
        );
    }
}
