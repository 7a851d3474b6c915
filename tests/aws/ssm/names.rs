//! Names that nobody has, and names that nobody can have.

use serde_json::{Value, json};

use super::{CALL, many, many_of_them};
use crate::shot::shot;
use crate::store::{Store, env};
use crate::support::project::Project;

#[test]
fn a_missing_one_among_nine_is_reported_alone() {
    let store = many(9);
    let manifest = many_of_them(0..10);
    let project = Project::new(&manifest);
    let outcome = store.run(&project, &["render", "json"]).output().code(4);
    assert_eq!(store.faults.count(CALL), 1);
    assert_eq!(outcome.stdout(), "");
    shot("ssm_missing", &project, &outcome, &[]);
}

#[test]
fn a_default_and_optional_cover_what_is_missing() {
    let store = many(1);
    let rendered = store.render(
        "[env]\n\
         HERE = '${aws-ssm:///shop/p000}'\n\
         DEFAULT = '${aws-ssm:///shop/none:-a default}'\n\
         VERSION = '${aws-ssm:///shop/p000?version=7:-no such version}'\n\
         LABEL = '${aws-ssm:///shop/p000?label=none:-no such label}'\n\
         NEXT = '${aws-ssm:///shop/none:-${aws-ssm:///shop/p000}}'\n\
         SECRET = '${aws-ssm:///aws/reference/secretsmanager/none:-no such secret}'\n\
         OPTIONAL = { value = '${aws-ssm:///shop/none}', optional = true }\n",
    );
    let expected = json!({
        "HERE": "value-000",
        "DEFAULT": "a default",
        "VERSION": "no such version",
        "LABEL": "no such label",
        "NEXT": "value-000",
        "SECRET": "no such secret",
    });
    assert_eq!(Value::Object(rendered), expected);
}

#[test]
fn names_that_cannot_be_are_told_before_anything_is_asked() {
    let store = Store::new();
    let project = Project::new(&env([
        ("A", "${aws-ssm://shop/db}"),
        ("B", "${aws-ssm:///shop/db:3}"),
        ("C", "${aws-ssm:///shop//db}"),
        ("D", "${aws-ssm:///shop/db?version=latest}"),
        ("E", "${aws-ssm:///shop/db?label=1st}"),
        (
            "F",
            "${aws-ssm://arn:aws:secretsmanager:eu-west-1:1:secret:x}",
        ),
        ("G", "${aws-ssm:///shop/db?region=example.org/}"),
    ]));
    let outcome = store.run(&project, &["render", "json"]).output().code(3);
    shot("ssm_names", &project, &outcome, &[]);
    assert_eq!(store.faults.total(), 0);
}

/// Only with the instance's prefix it turns out to be none.
#[test]
fn an_invalid_name_never_reaches_the_server_and_hides_no_other() {
    let store = many(2);
    let manifest = format!(
        "[providers.secrets]\nkind = 'aws-ssm'\n{}",
        env([
            ("GOOD", "${secrets:///shop/p000}"),
            ("PATH_OF_TWO", "${secrets://shop/p001}"),
            ("MISSING", "${secrets:///shop/none}"),
            ("ALSO_GOOD", "${secrets:///shop/p001}"),
        ])
    );
    let project = Project::new(&manifest);
    let outcome = store.run(&project, &["render", "json"]).output().code(4);
    shot("ssm_invalid_name", &project, &outcome, &[]);
    assert_eq!(
        store.faults.names(CALL),
        [json!(["/shop/p000", "/shop/none", "/shop/p001"])]
    );
    let spared = ["--only", "GOOD", "--only", "ALSO_GOOD", "render", "json"];
    let outcome = store.run(&project, &spared).output().code(0);
    assert!(
        outcome.stdout().contains("value-001"),
        "{}",
        outcome.stdout()
    );
}
