//! What `resolve` promises on top of any provider: fewest calls, retries, one deadline, defaults, one full report.

use std::time::{Duration, Instant};

use nuages::{
    diagnostic::{Class, Diagnostic},
    manifest::Manifest,
    plan::{Plan, Selection, plan},
    registry::Registry,
    resolve::{self, Options, Resolved},
    value::Value,
};
use nuages_provider::Environment;

use crate::fake;

fn registry() -> Registry {
    Registry::builtin().with(fake::DESCRIPTOR)
}

fn planned(manifest: &str) -> Plan {
    let manifest = Manifest::read("nuages.toml", manifest, &registry());
    plan(&manifest, &Selection::default(), &registry())
        .unwrap_or_else(|errors| panic!("{errors:#?}"))
}

fn run_in(
    plan: &Plan,
    deadline: Duration,
    environment: &Environment,
) -> Result<Resolved, Vec<Diagnostic>> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let options = Options {
        deadline,
        files: None,
    };
    runtime.block_on(resolve::resolve(plan, environment, &options))
}

fn run(manifest: &str) -> Result<Resolved, Vec<Diagnostic>> {
    run_in(
        &planned(manifest),
        Duration::from_secs(10),
        &Environment::default(),
    )
}

fn variable(resolved: &Resolved, name: &str) -> String {
    match resolved.document.env.get(name) {
        Some(Value::Text(text)) => text.expose().to_owned(),
        other => panic!("{name} is {other:?}"),
    }
}

fn env(lines: impl IntoIterator<Item = String>) -> String {
    format!(
        "[env]\n{}\n",
        lines.into_iter().collect::<Vec<_>>().join("\n")
    )
}

#[test]
fn a_hundred_references_are_ten_calls_and_each_value_finds_its_key() {
    let manifest = env((0..100).map(|n| format!("V{n} = '${{fake://hundred/x/{n}}}'")));
    let resolved = run(&manifest).unwrap();
    let calls = fake::calls("hundred");
    assert_eq!(calls.len(), 10);
    assert!(calls.iter().all(|call| call.len() == 10));
    for n in 0..100 {
        assert_eq!(
            variable(&resolved, &format!("V{n}")),
            format!("value of hundred/x/{n}")
        );
    }
    assert!(fake::most_at_once() >= 2, "batches go side by side");
}

#[test]
fn equal_locators_are_fetched_once() {
    let manifest = env((0..20)
        .map(|n| format!("V{n} = 'a${{fake://once/json/x#port}}b${{fake://once/json/x#user}}'")));
    let resolved = run(&manifest).unwrap();
    assert_eq!(fake::calls("once"), [["once/json/x"]]);
    assert_eq!(variable(&resolved, "V7"), "a5432bu");
}

#[test]
fn throttling_is_waited_out_and_only_what_failed_is_asked_again() {
    let manifest = env([
        "A = '${fake://patient/throttle-5/a}'".to_owned(),
        "B = '${fake://patient/x/b}'".to_owned(),
        "C = '${fake://patient/flaky-2/c}'".to_owned(),
    ]);
    let resolved = run(&manifest).unwrap();
    assert_eq!(variable(&resolved, "A"), "value of patient/throttle-5/a");
    assert_eq!(variable(&resolved, "C"), "value of patient/flaky-2/c");
    let asked_for_b = fake::calls("patient")
        .iter()
        .filter(|call| call.contains(&"patient/x/b".to_owned()))
        .count();
    assert_eq!(asked_for_b, 1);
}

#[test]
fn a_wait_beyond_all_time_is_told_at_once() {
    let errors = run(&env(["A = '${fake://endless/forever/a}'".to_owned()])).unwrap_err();
    assert_eq!(errors.len(), 1);
    assert_eq!(
        errors[0].title,
        "cannot resolve `env.A`: `fake` is throttling"
    );
    assert_eq!(fake::calls("endless").len(), 1);
}

#[test]
fn what_stays_down_is_not_asked_for_ever() {
    let started = Instant::now();
    let errors = run(&env(["A = '${fake://hopeless/flaky-99/a}'".to_owned()])).unwrap_err();
    assert_eq!(errors.len(), 1);
    assert_eq!(fake::calls("hopeless").len(), 3);
    assert!(started.elapsed() < Duration::from_secs(5));
}

#[test]
fn the_deadline_bounds_the_run_and_names_what_is_outstanding() {
    let plan = planned(&env([
        "A = '${fake://late/slow/a}'".to_owned(),
        "B = '${env://B}'".to_owned(),
    ]));
    let environment = Environment::new([("B".into(), "b".into())], "/");
    let errors = run_in(&plan, Duration::from_millis(200), &environment).unwrap_err();
    assert_eq!(errors.len(), 1);
    assert_eq!(errors[0].class, Class::Deadline);
    assert_eq!(
        errors[0].title,
        "cannot resolve `env.A`: `fake` did not answer in time"
    );
    assert_eq!(errors[0].causes, ["no answer within 200 ms"]);
}

#[test]
fn every_failure_is_reported_once_with_its_class() {
    let errors = run(&env([
        "A = '${fake://six/denied/a}'".to_owned(),
        "B = '${fake://six/missing/b}'".to_owned(),
        "C = '${fake://six/down/c}'".to_owned(),
        "D = '${fake://six/x/d#field}'".to_owned(),
        "E = '${fake://six/json/e#none}'".to_owned(),
        "F = '${fake://six/denied/a} again'".to_owned(),
        "G = '${fake://six/x/g | base64decode}'".to_owned(),
    ]))
    .unwrap_err();
    let titles: Vec<&str> = errors.iter().map(|error| error.title.as_str()).collect();
    assert_eq!(
        titles,
        [
            "cannot resolve `env.A`, `env.F`: `fake` denied access",
            "cannot resolve `env.B`: `fake` has no such secret",
            "cannot resolve `env.C`: `fake` is unavailable",
            "cannot resolve `env.D`: `#field` needs a value that is JSON, and this one is not",
            "cannot resolve `env.E`: the secret has no field `none`",
            "cannot use the value of `env.G`: filter `base64decode`: the value is not base64",
        ]
    );
    assert_eq!(errors[0].related.len(), 1);
}

#[test]
fn a_default_stands_in_for_what_does_not_exist_and_for_nothing_else() {
    let resolved = run(&env([
        "A = '${fake://default/missing/a:-plain}'".to_owned(),
        "B = '${fake://default/missing/b:-${fake://default/x/deep}}'".to_owned(),
        "C = '${fake://default/json/c#none:-field}'".to_owned(),
        "D = '${fake://default/x/d:-${fake://default/denied/never}}'".to_owned(),
        "E = { value = '${fake://default/missing/e}', optional = true }".to_owned(),
    ]))
    .unwrap();
    assert_eq!(variable(&resolved, "A"), "plain");
    assert_eq!(variable(&resolved, "B"), "value of default/x/deep");
    assert_eq!(variable(&resolved, "C"), "field");
    assert_eq!(variable(&resolved, "D"), "value of default/x/d");
    assert!(resolved.document.env.get("E").is_none());
    let asked: Vec<String> = fake::calls("default").concat();
    assert!(
        !asked.contains(&"default/denied/never".to_owned()),
        "a default that is not needed is not fetched"
    );

    for what in ["denied", "down"] {
        let errors = run(&env([
            format!("A = '${{fake://refused/{what}/a:-x}}'"),
            format!("B = {{ value = '${{fake://refused/{what}/b}}', optional = true }}"),
        ]))
        .unwrap_err();
        let titles: String = errors.iter().map(|error| error.title.as_str()).collect();
        assert!(
            titles.contains("`env.A`") && titles.contains("`env.B`"),
            "`{what}` is covered by neither default nor optional: {titles}"
        );
    }
}

#[test]
fn an_instance_that_does_not_open_fails_all_that_wanted_it() {
    let plan = planned(&env(
        (0..3).map(|n| format!("V{n} = '${{fake://closed/x/{n}}}'"))
    ));
    let environment = Environment::new([("FAKE_TOKEN".into(), "wrong".into())], "/");
    let errors = run_in(&plan, Duration::from_secs(5), &environment).unwrap_err();
    assert_eq!(errors.len(), 1, "one cause, one report: {errors:#?}");
    assert_eq!(
        errors[0].title,
        "cannot resolve `env.V0`, `env.V1`, `env.V2`: `fake` does not accept our identity"
    );
    assert!(fake::calls("closed").is_empty());
}

#[test]
fn an_instance_that_does_not_open_is_no_secret_that_does_not_exist() {
    let plan = planned(&env([
        "A = '${fake://lost/x/a:-default}'".to_owned(),
        "B = { value = '${fake://lost/x/b}', optional = true }".to_owned(),
    ]));
    let environment = Environment::new([("FAKE_TOKEN".into(), "lost".into())], "/");
    let errors = run_in(&plan, Duration::from_secs(5), &environment).unwrap_err();
    assert_eq!(errors.len(), 1, "{errors:#?}");
}

#[test]
fn a_provider_that_panics_hides_no_other_and_is_not_taken_for_slow() {
    let plan = planned(&env([
        "A = '${fake://defect/panic/a}'".to_owned(),
        "B = '${file://not-there}'".to_owned(),
    ]));
    let errors = run_in(&plan, Duration::from_secs(30), &Environment::default()).unwrap_err();
    let titles: Vec<&str> = errors.iter().map(|error| error.title.as_str()).collect();
    assert_eq!(
        titles,
        [
            "cannot resolve `env.A`: `fake` gave an answer that cannot be used",
            "cannot resolve `env.B`: `file` has no such secret",
        ]
    );
}

#[test]
fn a_login_that_hangs_is_not_blamed_on_others() {
    let plan = planned(&env([
        "A = '${fake://hanging/x/a}'".to_owned(),
        "B = '${env://B}'".to_owned(),
    ]));
    let variables = [("FAKE_TOKEN", "hangs"), ("B", "b")];
    let environment = Environment::new(
        variables.map(|(name, value)| (name.into(), value.into())),
        "/",
    );
    let errors = run_in(&plan, Duration::from_millis(200), &environment).unwrap_err();
    assert_eq!(errors.len(), 1, "{errors:#?}");
    assert_eq!(
        errors[0].title,
        "cannot resolve `env.A`: `fake` did not answer in time"
    );
}

#[test]
fn variables_that_are_remote_references_are_found_and_no_others() {
    let manifest = Manifest::empty();
    let mut plan = planned("");
    let variables = [
        ("A", "fake://inherited/x/a"),
        ("B", "see fake://inherited/x/b"),
        ("C", "env://A"),
        ("D", "postgres://u:p@h/db"),
        ("E", "file:///etc/passwd"),
    ];
    let environment = Environment::new(
        variables.map(|(name, value)| (name.into(), value.into())),
        "/",
    );
    plan.add_environment(&manifest, &Selection::default(), &registry(), &environment)
        .unwrap();
    let resolved = run_in(&plan, Duration::from_secs(5), &environment).unwrap();
    assert_eq!(resolved.document.env.len(), 1);
    assert_eq!(variable(&resolved, "A"), "value of inherited/x/a");
}
