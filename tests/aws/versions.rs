//! `?versions=2..3`: what was rotated comes back as a list, newest first, out of both of AWS's stores.

use serde_json::{Value, json};

use crate::shot::shot;
use crate::store::{Store, env};
use crate::support::{
    faults::{Rule, Then},
    project::Project,
};

const GET_PARAMETERS: &str = "GetParameters";
const GET: &str = "GetSecretValue";
const LIST: &str = "ListSecretVersionIds";

/// `/shop/key` and `key` with the values `first` to `fifth`, and `/shop/new` and `new`, which were never rotated.
fn rotated() -> Store {
    Store::with(
        "ssm, vault = client('ssm'), client('secretsmanager')\n\
         first, *later = values = ['first', 'second', 'third', 'fo\"urth', 'fifth']\n\
         for value in values:\n    \
             ssm.put_parameter(Name='/shop/key', Value=value, Type='SecureString', Overwrite=True)\n\
         vault.create_secret(Name='key', SecretString=first)\n\
         for value in later:\n    \
             vault.put_secret_value(SecretId='key', SecretString=value)\n\
         ssm.put_parameter(Name='/shop/new', Value='only', Type='String')\n\
         vault.create_secret(Name='new', SecretString='only')",
        &[],
    )
}

/// What the references of these names give, each a list.
#[track_caller]
fn lists(store: &Store, entries: &[(&str, &str)]) -> Value {
    let rendered = store.render(&env(entries.iter().copied()));
    let lists = rendered.into_iter().map(|(name, list)| {
        let list: Value = serde_json::from_str(list.as_str().unwrap()).unwrap();
        (name, list)
    });
    Value::Object(lists.collect())
}

#[test]
fn parameters_are_counted_back_from_the_current_one() {
    let store = rotated();
    let lists = lists(
        &store,
        &[
            ("TWO", "${aws-ssm:///shop/key?versions=2..3}"),
            ("ONE", "${aws-ssm:///shop/key?versions=2}"),
            ("ALL", "${aws-ssm:///shop/key?versions=1..20}"),
            ("NONE", "${aws-ssm:///shop/new?versions=2..3}"),
        ],
    );
    let expected = json!({
        "TWO": ["fo\"urth", "third"],
        "ONE": ["fo\"urth"],
        "ALL": ["fifth", "fo\"urth", "third", "second", "first"],
        "NONE": [],
    });
    assert_eq!(lists, expected);
}

/// The current one is read once for a key and its fallbacks; then a call a version, since one cannot hold two of a name.
#[test]
fn a_key_and_its_fallbacks_are_three_calls() {
    let store = rotated();
    let rendered = store.render(
        "[providers.secrets]\nkind = 'aws-ssm'\nprefix = '/shop/'\n\
         [env]\nSECRET_KEY = '${secrets://key}'\nSECRET_KEY_FALLBACKS = '${secrets://key?versions=2..3}'\n\
         OTHERS = '${secrets://new?versions=2..3}'\n",
    );
    assert_eq!(rendered["SECRET_KEY"], "fifth");
    assert_eq!(rendered["SECRET_KEY_FALLBACKS"], r#"["fo\"urth","third"]"#);
    assert_eq!(rendered["OTHERS"], "[]");
    let mut names: Vec<String> = store
        .faults
        .names(GET_PARAMETERS)
        .iter()
        .map(Value::to_string)
        .collect();
    names.sort();
    assert_eq!(
        names,
        [
            r#"["/shop/key","/shop/new"]"#,
            r#"["/shop/key:3"]"#,
            r#"["/shop/key:4"]"#
        ]
    );
    assert_eq!(store.faults.total(), 3);
}

/// Parameter Store keeps the last hundred.
#[test]
fn versions_that_are_gone_leave_no_gap() {
    let store = rotated();
    let gone = json!({"Parameters": [], "InvalidParameters": ["/shop/key:4"]});
    store
        .faults
        .script([Rule::on(GET_PARAMETERS, Then::Answer(gone.to_string())).naming("/shop/key:4")]);
    let manifest = env([("KEYS", "${aws-ssm:///shop/key?versions=2..4}")]);
    assert_eq!(store.render(&manifest)["KEYS"], r#"["third","second"]"#);
}

/// The last two have stages, which take no permission but the one to read.
#[test]
fn the_last_two_of_a_secret_are_read_by_stage() {
    let store = rotated();
    let lists = lists(
        &store,
        &[
            ("BEFORE", "${aws-secrets://key?versions=2}"),
            ("BOTH", "${aws-secrets://key?versions=1..2}"),
            ("CURRENT", "${aws-secrets://key?versions=1}"),
            ("NONE", "${aws-secrets://new?versions=2}"),
        ],
    );
    let expected = json!({
        "BEFORE": ["fo\"urth"],
        "BOTH": ["fifth", "fo\"urth"],
        "CURRENT": ["fifth"],
        "NONE": [],
    });
    assert_eq!(lists, expected);
    // Four by stage and, of the one without an earlier version, whether it is there at all.
    assert_eq!(store.faults.count(GET), 6);
    assert_eq!(store.faults.total(), 6);
}

/// What is older is listed. moto keeps no versions without a stage, so a stage of its own holds the third.
#[test]
fn what_is_older_is_listed() {
    let store = rotated();
    store.python(
        "vault = client('secretsmanager')\n\
         vault.create_secret(Name='old', SecretString='first')\n\
         for value in ('second', 'third'):\n    \
             held = vault.describe_secret(SecretId='old')['VersionIdsToStages']\n    \
             current = next(id for id, stages in held.items() if 'AWSCURRENT' in stages)\n    \
             vault.update_secret_version_stage(SecretId='old', VersionStage=value, MoveToVersionId=current)\n    \
             vault.put_secret_value(SecretId='old', SecretString=value)\n\
         vault.put_secret_value(SecretId='old', SecretString='next', VersionStages=['AWSPENDING'])",
        &[],
    );
    let lists = lists(
        &store,
        &[
            ("TWO", "${aws-secrets://old?versions=2..3}"),
            ("ALL", "${aws-secrets://old?versions=1..20}"),
            ("NONE", "${aws-secrets://new?versions=2..3}"),
        ],
    );
    let expected = json!({
        "TWO": ["second", "first"],
        "ALL": ["third", "second", "first"],
        "NONE": [],
    });
    assert_eq!(lists, expected);
    assert_eq!(store.faults.count(LIST), 3);
}

/// The field of each version, as a rotated JSON secret has it.
#[test]
fn a_field_is_picked_of_each_version() {
    let store = Store::with(
        "vault = client('secretsmanager')\n\
         vault.create_secret(Name='app', SecretString=json.dumps(dict(key='k1', other='x')))\n\
         vault.put_secret_value(SecretId='app', SecretString=json.dumps(dict(key='k2')))",
        &[],
    );
    let manifest = env([
        ("KEYS", "${aws-secrets://app?versions=1..2#key}"),
        ("OLD", "${aws-secrets://app?versions=1..2#other}"),
    ]);
    let rendered = store.render(&manifest);
    assert_eq!(rendered["KEYS"], r#"["k2","k1"]"#);
    assert_eq!(rendered["OLD"], r#"["x"]"#);
}

#[test]
fn what_cannot_be_listed_is_told() {
    let store = rotated();
    store.python(
        "client('secretsmanager').create_secret(Name='bytes', SecretBinary=bytes([255, 254]))",
        &[],
    );
    store.faults.script([
        Rule::on(LIST, Then::error(400, "AccessDeniedException")).naming("key"),
        // moto fails within itself there.
        Rule::on(LIST, Then::error(400, "ResourceNotFoundException")).naming("none"),
        Rule::on(GET_PARAMETERS, Then::error(400, "AccessDeniedException")).naming("/shop/key:4"),
    ]);
    let project = Project::new(&env([
        ("BYTES", "${aws-secrets://bytes?versions=1}"),
        ("DENIED", "${aws-secrets://key?versions=2..3}"),
        (
            "DENIED_PARAMETER",
            "${aws-ssm:///shop/key?versions=2..3:-a default}",
        ),
        ("MISSING", "${aws-secrets://none?versions=2}"),
        ("MISSING_LISTED", "${aws-secrets://none?versions=2..3}"),
        ("MISSING_PARAMETER", "${aws-ssm:///shop/none?versions=2..3}"),
        (
            "REFERRED",
            "${aws-ssm:///aws/reference/secretsmanager/new?versions=2}",
        ),
    ]));
    let outcome = store.run(&project, &["render", "json"]).output().code(4);
    assert_eq!(outcome.stdout(), "");
    for value in ["first", "third", "fourth", "fifth"] {
        assert!(!outcome.stderr().contains(value));
    }
    shot("versions_failed", &project, &outcome, &[]);
}

#[test]
fn ranges_that_cannot_be_are_told_before_anything_is_asked() {
    let store = Store::new();
    let project = Project::new(&env([
        ("ENDLESS", "${aws-ssm:///x?versions=2..}"),
        ("FAR", "${aws-secrets://x?versions=2..21}"),
        ("LABEL", "${aws-ssm:///x?versions=2..3&label=prod}"),
        ("NUMBER", "${aws-ssm:///x?versions=2..3&version=7}"),
        ("STAGE", "${aws-secrets://x?versions=2&stage=AWSPREVIOUS}"),
    ]));
    let outcome = store.run(&project, &["render", "json"]).output().code(3);
    shot("versions_names", &project, &outcome, &[]);
    assert_eq!(store.faults.total(), 0);
}

#[test]
fn a_range_is_not_written() {
    let store = rotated();
    let project = Project::empty();
    for reference in [
        "aws-ssm:///shop/key?versions=2",
        "aws-secrets://key?versions=2",
    ] {
        let run = store.run(&project, &["put", "--overwrite", reference]);
        let outcome = run.stdin(*b"a new value").output().code(4);
        assert!(
            outcome
                .stderr()
                .contains("earlier versions cannot be written")
        );
    }
    assert_eq!(store.faults.total(), 0);
}
