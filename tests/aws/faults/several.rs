//! Several things wrong at once: each is reported, once, and what is right is asked for no more often than it must be.

use super::{EXEC, Store, fails, manifest, names, parameters, secrets};
use crate::support::{
    faults::{Faults, Rule, Then},
    project::Project,
};

#[test]
fn six_broken_references_of_six_classes_are_six_reports() {
    let store = parameters(1);
    store.faults.script([
        Rule::on("GetParameters", Then::error(400, "AccessDeniedException")).naming("/shop/denied"),
        Rule::on("GetParameters", Then::error(400, "InvalidKeyId")).naming("/shop/sealed"),
    ]);
    let portal = Faults::before(Faults::refused()).rule(Rule::always(Then::Html { code: 200 }));
    let project = Project::new(&format!(
        "[providers.secrets]\nkind = \"aws-ssm\"\nprefix = \"/shop/\"\n\n\
         [providers.gone]\nkind = \"aws-ssm\"\nendpoint = \"http://{}\"\n\n\
         [providers.portal]\nkind = \"aws-secrets\"\nendpoint = \"{}\"\n\n\
         [env]\n\
         GOOD    = \"${{secrets://k00}}\"\n\
         INVALID = \"${{secrets://db password}}\"\n\
         MISSING = \"${{secrets://missing}}\"\n\
         DENIED  = \"${{secrets://denied}}\"\n\
         SEALED  = \"${{secrets://sealed}}\"\n\
         GONE    = \"${{gone:///shop/k00}}\"\n\
         PAGE    = \"${{portal://shop}}\"\n",
        Faults::refused(),
        portal.url(),
    ));
    let outcome = fails("six_classes", &project, store.run(&project, &EXEC), 4);
    let reports = outcome.stderr().lines();
    let reports = reports.filter(|line| line.starts_with("error: "));
    assert_eq!(reports.count(), 6);
    // The batch of four without the one whose name is invalid, then each of the four by itself.
    assert_eq!(store.faults.count("GetParameters"), 1 + 4);
}

#[test]
fn one_denied_parameter_of_ten_leaves_nine_that_are_read() {
    let store = parameters(10);
    let denied = Then::error(400, "AccessDeniedException");
    store
        .faults
        .script([Rule::on("GetParameters", denied).naming("/shop/k04")]);
    let project = Project::new(&manifest("aws-ssm", "/shop/", &names(10)));
    let outcome = fails("one_of_ten", &project, store.run(&project, &EXEC), 4);
    assert_eq!(outcome.stderr().matches("error: ").count(), 1);
    assert!(outcome.stderr().contains("`env.K04`"));
    assert_eq!(store.faults.total(), 1 + 10);
    let passed = store.faults.requests().into_iter();
    let passed = passed.filter(|request| request.rule.is_none());
    let mut read: Vec<String> = passed
        .map(|request| request.names[0].as_str().unwrap().to_owned())
        .collect();
    read.sort_unstable();
    let others = names(10).into_iter().filter(|name| name != "k04");
    let others: Vec<String> = others.map(|name| format!("/shop/{name}")).collect();
    assert_eq!(read, others);

    // That nine are there can be used: only the denied one is left out.
    let all_but_one: Vec<String> = names(10)
        .into_iter()
        .filter(|name| name != "k04")
        .flat_map(|name| ["--only".to_owned(), name.to_uppercase()])
        .collect();
    let arguments = all_but_one.iter().map(String::as_str);
    let arguments: Vec<&str> = arguments.chain(EXEC).collect();
    store.run(&project, &arguments).output().code(0);
    assert!(project.path("started").exists());
}

#[test]
fn ten_denied_parameters_cost_eleven_calls() {
    let store = parameters(10);
    let denied = Then::error(400, "AccessDeniedException");
    store.faults.script([Rule::on("GetParameters", denied)]);
    let project = Project::new(&manifest("aws-ssm", "/shop/", &names(10)));
    let outcome = fails("ten_denied", &project, store.run(&project, &EXEC), 4);
    for name in names(10) {
        assert!(
            outcome.stderr().contains(&format!("`/shop/{name}`")),
            "{name}"
        );
    }
    assert_eq!(store.faults.total(), 1 + 10);
}

#[test]
fn one_denied_secret_of_ten_leaves_nine_that_are_read() {
    let store = secrets(10);
    let denied = |operation| {
        Rule::on(operation, Then::error(400, "AccessDeniedException")).naming("shop/k04")
    };
    store
        .faults
        .script([denied("BatchGetSecretValue"), denied("GetSecretValue")]);
    let project = Project::new(&manifest("aws-secrets", "shop/", &names(10)));
    let outcome = fails(
        "secrets_one_of_ten",
        &project,
        store.run(&project, &EXEC),
        4,
    );
    assert_eq!(outcome.stderr().matches("error: ").count(), 1);
    assert_eq!(store.faults.count("BatchGetSecretValue"), 1);
    assert_eq!(store.faults.count("GetSecretValue"), 10);
    let requests = store.faults.requests();
    let passed = requests.iter().filter(|request| request.rule.is_none());
    assert_eq!(passed.count(), 9);
}

#[test]
fn a_hundred_references_of_a_store_that_is_gone_are_one_report() {
    let project = Project::new(&manifest("aws-ssm", "/shop/", &names(100)));
    let store = Store::new();
    store.faults.script([Rule::always(Then::status(500))]);
    let outcome = fails("hundred_gone", &project, store.run(&project, &EXEC), 4);
    assert_eq!(outcome.stderr().matches("error: ").count(), 1);
    assert_eq!(store.faults.total(), 3 * 10);
}
