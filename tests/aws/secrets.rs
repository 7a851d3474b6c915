//! Secrets Manager: every kind of secret and of name, in as few calls as the policy allows.

mod answers;

use std::time::Duration;

use serde_json::{Value, json};

use crate::shot::shot;
use crate::store::{Store, env};
use crate::support::{
    faults::{Rule, Then},
    project::Project,
};

const BATCH: &str = "BatchGetSecretValue";
const SINGLE: &str = "GetSecretValue";

/// `count` secrets `sNN` with the values `value-NN`.
fn many(count: usize) -> Store {
    Store::with(
        "vault = client('secretsmanager')\n\
         for n in range(int(sys.argv[1])):\n    \
             vault.create_secret(Name=f's{n:02}', SecretString=f'value-{n:02}')",
        &[&count.to_string()],
    )
}

fn entries(numbers: impl Iterator<Item = usize>) -> String {
    let lines: Vec<String> = numbers
        .map(|n| format!("S{n:02} = '${{aws-secrets://s{n:02}}}'\n"))
        .collect();
    lines.concat()
}

#[track_caller]
fn all_are_there(store: &Store, count: usize) {
    let rendered = store.render(&format!("[env]\n{}", entries(0..count)));
    let expected: Vec<String> = (0..count).map(|n| format!("value-{n:02}")).collect();
    let values: Vec<Value> = rendered.into_iter().map(|(_, value)| value).collect();
    assert_eq!(values, expected);
}

/// How many batches and how many single reads there were, which must have been all.
#[track_caller]
fn calls(store: &Store) -> (usize, usize) {
    let calls = (store.faults.count(BATCH), store.faults.count(SINGLE));
    assert_eq!(store.faults.total(), calls.0 + calls.1);
    calls
}

#[test]
fn every_kind_of_secret_is_read() {
    let store = Store::new();
    let made = store.ask(
        "vault = client('secretsmanager')\n\
         def make(name, **value): return vault.create_secret(Name=name, **value)\n\
         make('text', SecretString='pl\u{e4}in $HOME \"q\"')\n\
         make('bytes', SecretBinary=bytes([0, 159, 146, 150, 255]))\n\
         make('json', SecretString='{\"user\": \"shop\", \"deep\": [{\"key\": \"sk-1\"}]}')\n\
         make('/with/slash', SecretString='slash')\n\
         make('shop/prod/db', SecretString='completed')\n\
         first = make('turned', SecretString='first')['VersionId']\n\
         vault.put_secret_value(SecretId='turned', SecretString='second')\n\
         vault.put_secret_value(SecretId='turned', SecretString='third')\n\
         show([first, make('shop/arn', SecretString='by ARN')['ARN'],\n\
               make('shop/partial', SecretString='by part of the ARN')['ARN']])",
        &[],
    );
    let [first, arn, partial] = [0, 1, 2].map(|n| made[n].as_str().unwrap());
    let (partial, random) = partial.rsplit_once('-').unwrap();
    assert_eq!(random.len(), 6);
    let manifest = format!(
        "[providers.vault]\nkind = 'aws-secrets'\nprefix = 'shop/prod/'\n{}",
        env([
            ("TEXT", "${aws-secrets://text}"),
            ("BYTES", "${aws-secrets://bytes | base64}"),
            ("FIELD", "${aws-secrets://json#user}"),
            ("POINTER", "${aws-secrets://json#/deep/0/key}"),
            ("SLASH", "${aws-secrets:///with/slash}"),
            ("PREFIX", "${vault://db}"),
            ("CURRENT", "${aws-secrets://turned}"),
            ("STAGE", "${aws-secrets://turned?stage=AWSCURRENT}"),
            ("PREVIOUS", "${aws-secrets://turned?stage=AWSPREVIOUS}"),
            (
                "FIRST",
                &format!("${{aws-secrets://turned?version_id={first}}}"),
            ),
            ("ARN", &format!("${{vault://{arn}}}")),
            ("PARTIAL", &format!("${{aws-secrets://{partial}}}")),
        ])
    );
    let expected = json!({
        "TEXT": "pl\u{e4}in $HOME \"q\"",
        "BYTES": "AJ+Slv8=",
        "FIELD": "shop",
        "POINTER": "sk-1",
        "SLASH": "slash",
        "PREFIX": "completed",
        "CURRENT": "third",
        "STAGE": "third",
        "PREVIOUS": "second",
        "FIRST": "first",
        "ARN": "by ARN",
        "PARTIAL": "by part of the ARN",
    });
    assert_eq!(Value::Object(store.render(&manifest)), expected);
}

#[test]
fn bytes_come_as_they_are() {
    let store = Store::with(
        "client('secretsmanager').create_secret(Name='bytes', SecretBinary=bytes(range(256)))",
        &[],
    );
    let project = Project::empty();
    let outcome = store.run(&project, &["get", "aws-secrets://bytes"]);
    let all: Vec<u8> = (0..=255).collect();
    assert_eq!(outcome.output().code(0).stdout, all);
}

#[test]
fn twenty_five_secrets_are_two_calls_at_once() {
    let mut store = many(25);
    store.faults = store.faults.delay(Duration::from_millis(800));
    all_are_there(&store, 25);
    assert_eq!(calls(&store), (2, 0));
    assert_eq!(store.faults.most_in_flight(), 2);
    let mut sizes: Vec<usize> = store
        .faults
        .names(BATCH)
        .iter()
        .map(|ids| ids.as_array().unwrap().len())
        .collect();
    sizes.sort_unstable();
    assert_eq!(sizes, [5, 20]);
}

/// `GetSecretValue` is what a policy for one secret allows.
#[test]
fn what_is_alone_is_read_by_itself() {
    let store = many(21);
    for (count, expected) in [(1, (0, 1)), (2, (1, 0)), (20, (1, 0)), (21, (1, 1))] {
        store.faults.forget();
        all_are_there(&store, count);
        assert_eq!(calls(&store), expected, "{count}");
    }
}

#[test]
fn fields_of_one_secret_are_one_read() {
    let store = Store::with(
        "client('secretsmanager').create_secret(Name='j', SecretString='{\"a\": \"1\", \"b\": \"2\"}')",
        &[],
    );
    let rendered = store.render(&env([
        ("A", "${aws-secrets://j#a}"),
        ("B", "${aws-secrets://j#b}"),
        ("C", "${aws-secrets://j#/a}"),
    ]));
    assert_eq!(
        Value::Object(rendered),
        json!({"A": "1", "B": "2", "C": "1"})
    );
    assert_eq!(calls(&store), (0, 1));
}

/// A secret by its name, its ARN and a part of that; and the same names in the regions that they say.
#[test]
fn names_and_arns_of_one_secret_are_one_secret() {
    let store = Store::new();
    let arn = store.ask(
        "for region in ('eu-central-1', 'eu-west-1'):\n    \
             made = client('secretsmanager', region_name=region).create_secret(Name='shop/db', SecretString=region)\n\
         show(made['ARN'])",
        &[],
    );
    let arn = arn.as_str().unwrap();
    let partial = arn.rsplit_once('-').unwrap().0;
    let manifest = env([
        ("NAME", "${aws-secrets://shop/db?region=eu-west-1}"),
        ("ARN", &format!("${{aws-secrets://{arn}}}")),
        ("PARTIAL", &format!("${{aws-secrets://{partial}}}")),
        ("HERE", "${aws-secrets://shop/db}"),
        ("THERE", "${aws-secrets://shop/db?region=eu-central-1}"),
    ]);
    let expected = json!({
        "NAME": "eu-west-1", "ARN": "eu-west-1", "PARTIAL": "eu-west-1", "HERE": "eu-west-1",
        "THERE": "eu-central-1",
    });
    assert_eq!(Value::Object(store.render(&manifest)), expected);
    assert_eq!(calls(&store), (1, 2), "three are of one batch, two alone");

    // A service that answers once for one secret under three names.
    let once = json!({"SecretValues": [{"ARN": arn, "Name": "shop/db", "SecretString": "eu-west-1"}], "Errors": []});
    store
        .faults
        .script([Rule::on(BATCH, Then::Answer(once.to_string()))]);
    store.faults.forget();
    assert_eq!(Value::Object(store.render(&manifest)), expected);
    assert_eq!(
        calls(&store),
        (1, 4),
        "what was not answered is asked for by itself"
    );
}

#[test]
fn a_missing_one_among_others_is_reported_alone() {
    let store = many(3);
    let manifest = format!("[env]\n{}", entries(0..5));
    let project = Project::new(&manifest);
    let outcome = store.run(&project, &["render", "json"]).output().code(4);
    assert_eq!(outcome.stdout(), "");
    shot("secrets_missing", &project, &outcome, &[]);
    assert_eq!(calls(&store), (1, 0));
}

#[test]
fn versions_that_are_missing_are_told_with_the_version() {
    let store = many(1);
    let project = Project::new(&env([
        (
            "A",
            "${aws-secrets://s00?version_id=11111111-2222-4333-8444-55555555555a}",
        ),
        ("B", "${aws-secrets://s00?stage=AWSPREVIOUS}"),
        ("C", "${aws-secrets://none}"),
    ]));
    let outcome = store.run(&project, &["render", "json"]).output().code(4);
    shot("secrets_missing_versions", &project, &outcome, &[]);
}

#[test]
fn a_default_and_optional_cover_what_is_missing() {
    let store = many(1);
    let rendered = store.render(
        "[env]\n\
         HERE = '${aws-secrets://s00}'\n\
         DEFAULT = '${aws-secrets://none:-a default}'\n\
         STAGE = '${aws-secrets://s00?stage=AWSPREVIOUS:-no such stage}'\n\
         NEXT = '${aws-secrets://none:-${aws-secrets://s00}}'\n\
         OPTIONAL = { value = '${aws-secrets://none}', optional = true }\n",
    );
    let expected = json!({
        "HERE": "value-00",
        "DEFAULT": "a default",
        "STAGE": "no such stage",
        "NEXT": "value-00",
    });
    assert_eq!(Value::Object(rendered), expected);
}

#[test]
fn names_that_cannot_be_are_told_before_anything_is_asked() {
    let store = Store::new();
    let project = Project::new(&env([
        ("A", "${aws-secrets://shop db}"),
        ("B", "${aws-secrets://db?version_id=3}"),
        ("C", "${aws-secrets://db?stage=}"),
        ("D", "${aws-secrets://arn:aws:ssm:eu-west-1:1:parameter/x}"),
        ("E", "${aws-secrets://db?region=eu}"),
        ("F", "${aws-secrets://db?label=x}"),
    ]));
    let outcome = store.run(&project, &["render", "json"]).output().code(3);
    shot("secrets_names", &project, &outcome, &[]);
    assert_eq!(store.faults.total(), 0);
}

#[test]
fn a_login_of_rds_fills_a_database() {
    let store = Store::with(
        "vault = client('secretsmanager')\n\
         vault.create_secret(Name='shop-db', SecretString=json.dumps(dict(\n    \
             engine='postgres', host='shop.c9.eu-west-1.rds.amazonaws.com', username='shop_app',\n    \
             password='p@ss/w#rd', dbname='shop', port=5432, dbInstanceIdentifier='shop')))\n\
         vault.create_secret(Name='rds!db-1b2c3d4e', SecretString=json.dumps(dict(\n    \
             username='admin', password='m\u{e4}naged')))",
        &[],
    );
    let rendered = store.render(
        "[providers.rds]\nkind = 'aws-secrets'\n\
         [databases.default]\nfrom = '${rds://shop-db}'\nOPTIONS = { sslmode = 'verify-full' }\n\
         [databases.reports]\nfrom = '${rds://rds!db-1b2c3d4e}'\nENGINE = 'postgresql'\n\
         NAME = 'reports'\nHOST = 'reports.internal'\n",
    );
    let expected = json!({
        "default": {
            "ENGINE": "django.db.backends.postgresql", "NAME": "shop", "USER": "shop_app",
            "PASSWORD": "p@ss/w#rd", "HOST": "shop.c9.eu-west-1.rds.amazonaws.com", "PORT": 5432,
            "OPTIONS": {"sslmode": "verify-full"},
        },
        "reports": {
            "ENGINE": "django.db.backends.postgresql", "NAME": "reports", "USER": "admin",
            "PASSWORD": "m\u{e4}naged", "HOST": "reports.internal",
        },
    });
    assert_eq!(rendered["DATABASES"], expected);
    assert_eq!(calls(&store), (1, 0));
}
