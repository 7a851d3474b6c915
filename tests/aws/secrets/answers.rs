//! Answers that are not simply values: batches that are denied, errors for single secrets, pages, secrets on their way out.

use serde_json::{Value, json};

use super::{BATCH, SINGLE, all_are_there, calls, entries, many};
use crate::shot::shot;
use crate::store::Store;
use crate::support::{
    faults::{Rule, Then},
    project::Project,
};

/// Names that are fetched only when those before them turn out to be missing come in a later round.
fn with_a_second_round(count: usize) -> String {
    let second = (count..count + 2)
        .map(|n| format!("S{n:02} = '${{aws-secrets://none-{n}:-${{aws-secrets://s{n:02}}}}}'\n"));
    let second: Vec<String> = second.collect();
    format!("[env]\n{}{}", entries(0..count), second.concat())
}

#[test]
fn a_policy_without_batches_is_read_one_by_one_and_tried_once_alone() {
    let manifest = with_a_second_round(25);
    let denied = Rule::on(BATCH, Then::error(400, "AccessDeniedException"));
    for (script, expected) in [(vec![], (3, 0)), (vec![denied], (2, 29))] {
        let store = many(27);
        store.faults.script(script);
        let rendered = store.render(&manifest);
        let values: Vec<Value> = rendered.into_iter().map(|(_, value)| value).collect();
        let all: Vec<String> = (0..27).map(|n| format!("value-{n:02}")).collect();
        assert_eq!(values, all);
        // 25 and two that are missing are two batches; the two that stand in for these are a third.
        assert_eq!(calls(&store), expected);
    }
}

#[test]
fn one_denied_secret_hides_no_other() {
    let store = many(3);
    let denied = Then::error(400, "AccessDeniedException");
    store.faults.script([
        Rule::on(BATCH, denied.clone()),
        Rule::on(SINGLE, denied).naming("\"s01\""),
    ]);
    let project = Project::new(&format!("[env]\n{}", entries(0..3)));
    let outcome = store.run(&project, &["render", "json"]).output().code(4);
    shot("secrets_denied", &project, &outcome, &[]);
    assert_eq!(calls(&store), (1, 3));
}

/// As AWS's answers may be: in pages, and with an error for each secret that could not be read.
#[test]
fn an_answer_may_have_pages_and_errors() {
    let store = Store::new();
    let value = |n: usize| {
        json!({"ARN": format!("arn:aws:secretsmanager:eu-west-1:1:secret:s{n:02}-AbCdEf"),
               "Name": format!("s{n:02}"), "SecretString": format!("value-{n:02}")})
    };
    let error =
        |id: &str, code: &str| json!({"SecretId": id, "ErrorCode": code, "Message": "marker-e41a"});
    let pages = [
        json!({"SecretValues": [value(3), value(0)], "NextToken": "page-2",
               "Errors": [error("s04", "ResourceNotFoundException")]}),
        json!({"SecretValues": [], "NextToken": "page-3", "Errors": []}),
        json!({"SecretValues": [value(1), value(2)],
               "Errors": [error("s05", "AccessDeniedException"), error("s06", "DecryptionFailure")]}),
    ];
    let [first, second, third] = pages.map(|page| Then::Answer(page.to_string()));
    store.faults.script([
        Rule::on(BATCH, second).naming("\"page-2\""),
        Rule::on(BATCH, third).naming("\"page-3\""),
        Rule::on(BATCH, first),
    ]);
    let project = Project::new(&format!("[env]\n{}", entries(0..7)));
    let spared = [
        "--only", "S00", "--only", "S01", "--only", "S02", "--only", "S03",
    ];
    let arguments = [&spared[..], &["render", "json"]].concat();
    let outcome = store.run(&project, &arguments).output().code(0);
    let rendered: Value = serde_json::from_str(outcome.stdout()).unwrap();
    let expected =
        json!({"S00": "value-00", "S01": "value-01", "S02": "value-02", "S03": "value-03"});
    assert_eq!(rendered, expected);
    assert_eq!(calls(&store), (3, 0));

    store.faults.forget();
    let outcome = store.run(&project, &["render", "json"]).output().code(4);
    shot("secrets_errors", &project, &outcome, &[]);
    outcome.silent_about(&["marker-e41a", "value-"]);
    assert_eq!(calls(&store), (3, 0));
}

/// What one of a batch is refused for now is no failure of the others, and asked for again alone.
#[test]
fn a_throttled_entry_is_asked_again_alone() {
    let store = many(3);
    let value =
        |n: usize| json!({"Name": format!("s{n:02}"), "SecretString": format!("value-{n:02}")});
    let page = json!({"SecretValues": [value(0), value(2)],
        "Errors": [{"SecretId": "s01", "ErrorCode": "ThrottlingException", "Message": "slower"}]});
    store
        .faults
        .script([Rule::on(BATCH, Then::Answer(page.to_string()))]);
    all_are_there(&store, 3);
    assert_eq!(calls(&store), (1, 1));
    assert_eq!(store.faults.names(SINGLE), [json!("s01")]);
}

/// A token that comes back for ever.
#[test]
fn pages_without_an_end_are_left() {
    let store = Store::new();
    let page = json!({"SecretValues": [], "NextToken": "again", "Errors": []});
    let missing = Then::error(400, "ResourceNotFoundException");
    store.faults.script([
        Rule::on(BATCH, Then::Answer(page.to_string())),
        Rule::on(SINGLE, missing),
    ]);
    let project = Project::new(&format!("[env]\n{}", entries(0..3)));
    store.run(&project, &["render", "json"]).output().code(4);
    let (batches, singles) = calls(&store);
    assert!(
        (1..=4).contains(&batches) && singles == 3,
        "{batches} {singles}"
    );
}

/// It is there, and it cannot be read: no default may take its place.
#[test]
fn a_secret_marked_for_deletion_is_an_error() {
    let store = many(2);
    store.python(
        "client('secretsmanager').delete_secret(SecretId='s01', RecoveryWindowInDays=7)",
        &[],
    );
    let together = "[env]\nA = '${aws-secrets://s00}'\nB = '${aws-secrets://s01:-a default}'\n";
    let alone = "[env]\nB = { value = '${aws-secrets://s01}', optional = true }\n";
    for (name, manifest) in [("together", together), ("alone", alone)] {
        let project = Project::new(manifest);
        let outcome = store.run(&project, &["render", "json"]).output().code(4);
        assert_eq!(outcome.stdout(), "");
        shot(&format!("secrets_deleted_{name}"), &project, &outcome, &[]);
    }
}
