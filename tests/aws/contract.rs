//! The contract suite of `nuages-provider`, against moto.
//!
//! The SDK reads service endpoints from the process's own environment, which tests leave alone: the setting `endpoint`
//! names moto instead, and STS is asked there too.

use nuages::registry::Registry;
use nuages_provider::{
    Environment, Reference, Settings,
    contract::{self, Fixture},
};

use crate::store::Store;

/// Runs the suite for the provider of this scheme.
fn run(
    scheme: &str,
    store: &Store,
    present: Vec<(Reference, Vec<u8>)>,
    missing: Vec<Reference>,
    refused: Vec<Reference>,
) {
    let variables = store
        .account
        .credentials()
        .map(|(name, value)| (name.into(), value.into()));
    let registry = Registry::builtin();
    let fixture = Fixture {
        descriptor: registry.iter().find(|one| one.scheme == scheme).unwrap(),
        settings: Settings::new().with_text("endpoint", store.faults.url()),
        environment: Environment::new(variables, "/"),
        present,
        missing,
        refused,
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(contract::run(&fixture));
    assert_eq!(
        store.faults.count("GetCallerIdentity"),
        1,
        "`check` asks who we are, and nobody else does"
    );
}

#[test]
fn parameter_store_holds_the_contract() {
    let store = Store::with(
        "ssm = client('ssm')\n\
         for n in range(13):\n    \
             ssm.put_parameter(Name=f'/shop/s{n:02}', Value=f'value-{n:02}', Type='SecureString')\n\
         ssm.put_parameter(Name='/shop/s00', Value='second-00', Overwrite=True)\n\
         ssm.label_parameter_version(Name='/shop/s00', ParameterVersion=1, Labels=['first'])\n\
         client('secretsmanager').create_secret(Name='shop', SecretString='from the other store')",
        &[],
    );
    let at = |name: &str| Reference::new("aws-ssm", name);
    let mut present: Vec<(Reference, Vec<u8>)> = (1..13)
        .map(|n| {
            (
                at(&format!("/shop/s{n:02}")),
                format!("value-{n:02}").into(),
            )
        })
        .collect();
    let arn = format!(
        "arn:aws:ssm:eu-west-1:{}:parameter/shop/s03",
        store.account.id()
    );
    present.extend([
        (at("/shop/s00"), b"second-00".to_vec()),
        (
            at("/shop/s00").with_option("version", "1"),
            b"value-00".to_vec(),
        ),
        (
            at("/shop/s00").with_option("label", "first"),
            b"value-00".to_vec(),
        ),
        (at(&arn), b"value-03".to_vec()),
        (
            at("/aws/reference/secretsmanager/shop"),
            b"from the other store".to_vec(),
        ),
    ]);
    let missing = vec![
        at("/shop/none"),
        at("none"),
        at("/shop/s00").with_option("version", "9"),
        at("/shop/s00").with_option("label", "none"),
        at("/aws/reference/secretsmanager/none"),
    ];
    let refused = vec![
        at("shop/s00"),
        at("/shop//s00"),
        at("/shop/s00:1"),
        at("/shop/s00").with_option("version", "first"),
        at("arn:aws:s3:::bucket"),
        at(""),
    ];
    run("aws-ssm", &store, present, missing, refused);
}

#[test]
fn secrets_manager_holds_the_contract() {
    let store = Store::new();
    let made = store.ask(
        "vault = client('secretsmanager')\n\
         for n in range(1, 22):\n    \
             made = vault.create_secret(Name=f'shop/s{n:02}', SecretString=f'value-{n:02}')\n\
         first = vault.create_secret(Name='shop/s00', SecretString='value-00')['VersionId']\n\
         vault.put_secret_value(SecretId='shop/s00', SecretString='second-00')\n\
         vault.create_secret(Name='bytes', SecretBinary=bytes([0, 159, 146, 150, 255, 10]))\n\
         show([first, made['ARN']])",
        &[],
    );
    let [first, arn] = [0, 1].map(|n| made[n].as_str().unwrap());
    let at = |name: &str| Reference::new("aws-secrets", name);
    let mut present: Vec<(Reference, Vec<u8>)> = (1..22)
        .map(|n| (at(&format!("shop/s{n:02}")), format!("value-{n:02}").into()))
        .collect();
    present.extend([
        (at("shop/s00"), b"second-00".to_vec()),
        (
            at("shop/s00").with_option("version_id", first),
            b"value-00".to_vec(),
        ),
        (
            at("shop/s00").with_option("stage", "AWSPREVIOUS"),
            b"value-00".to_vec(),
        ),
        (at(arn), b"value-21".to_vec()),
        (at(arn.rsplit_once('-').unwrap().0), b"value-21".to_vec()),
        (at("bytes"), vec![0, 159, 146, 150, 255, 10]),
    ]);
    let other = "aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee";
    let missing = vec![
        at("shop/none"),
        at("none"),
        at("shop/s00").with_option("version_id", other),
        at("shop/s00").with_option("stage", "none"),
    ];
    let refused = vec![
        at("shop s00"),
        at("arn:aws:s3:::bucket"),
        at("shop/s00").with_option("version_id", "1"),
        at("shop/s00").with_option("stage", ""),
        at(""),
    ];
    run("aws-secrets", &store, present, missing, refused);
}
