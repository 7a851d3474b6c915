//! What `doctor` promises on top of any provider: all at once, within the deadline, none hidden by another; and what a
//! failed run says of it.

use std::time::{Duration, Instant};

use nuages::{
    diagnostic::{Class, Diagnostic},
    manifest::Manifest,
    plan::{Selection, instances_to_check, plan},
    registry::Registry,
    resolve::{self, Checkup, Options, doctor},
};
use nuages_provider::Environment;

use crate::fake;

fn registry() -> Registry {
    Registry::builtin().with(fake::DESCRIPTOR).with(fake::LOCAL)
}

/// Asks instances `i0`, `i1`, … that do what these words say.
fn ask_in(checks: &[&str], deadline: Duration, environment: &Environment) -> Vec<Checkup> {
    let tables: Vec<String> = checks
        .iter()
        .zip(0..)
        .map(|(check, n)| format!("[providers.i{n}]\nkind = 'fake'\ncheck = '{check}'\n"))
        .collect();
    let text = tables.concat();
    let manifest = Manifest::read("nuages.toml", text, &registry());
    let instances = instances_to_check(&manifest, &Selection::default(), &registry(), &[])
        .unwrap_or_else(|errors| panic!("{errors:#?}"));
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let checkups = runtime.block_on(doctor(&instances, environment, deadline));
    // What is still held up is not waited for here either.
    runtime.shutdown_background();
    checkups
}

fn ask(checks: &[&str], deadline: Duration) -> Vec<Checkup> {
    ask_in(checks, deadline, &Environment::default())
}

fn titles(checkups: &[Checkup]) -> Vec<String> {
    let say = |checkup: &Checkup| match &checkup.answer {
        Ok(identity) => identity.who.clone(),
        Err(setback) => setback.diagnostic.title.clone(),
    };
    checkups.iter().map(say).collect()
}

const LONG: Duration = Duration::from_secs(20);
const WAIT: Duration = Duration::from_millis(300);

/// Eight waits of 300 ms are 2.4 s one after another.
#[test]
fn all_are_asked_at_once_even_those_that_hold_up_their_thread() {
    for check in ["wait-300", "block-300"] {
        let start = Instant::now();
        let checkups = ask(&[check; 8], LONG);
        let all = start.elapsed();
        assert!(all < WAIT * 4, "{check}: {all:?}");
        for checkup in checkups {
            assert!(
                checkup.answer.is_ok() && checkup.took >= WAIT,
                "{checkup:?}"
            );
        }
    }
}

#[test]
fn the_time_is_of_the_instance_alone() {
    let checkups = ask(&["block-600", "now", "wait-600"], LONG);
    assert!(checkups[1].took < WAIT, "{:?}", checkups[1].took);
    assert!(checkups[0].took >= WAIT && checkups[2].took >= WAIT);
}

/// `block-1500` is still held up when the deadline is long over.
#[test]
fn one_that_hangs_hides_no_other_and_is_not_waited_for() {
    let start = Instant::now();
    let words = ["hang", "now", "block-1500", "denied", "wait-99000"];
    let checkups = ask(&words, WAIT);
    let all = start.elapsed();
    assert!(all >= WAIT && all < WAIT * 4, "{all:?}");
    assert_eq!(
        titles(&checkups),
        [
            "`i0` did not answer in time",
            "the fake's user",
            "`i2` did not answer in time",
            "`i3` denied access",
            "`i4` did not answer in time",
        ]
    );
    for late in [0, 2, 4] {
        let setback = checkups[late].answer.as_ref().unwrap_err();
        assert_eq!(setback.name, "deadline");
        assert_eq!(setback.diagnostic.class, Class::Deadline);
        assert_eq!(setback.diagnostic.causes, ["no answer within 300 ms"]);
        assert_eq!(checkups[late].took, WAIT);
    }
    let denied = checkups[3].answer.as_ref().unwrap_err();
    assert_eq!(
        (denied.name, denied.diagnostic.class),
        ("permission-denied", Class::Provider)
    );
}

#[test]
fn what_only_waits_is_let_go_at_the_deadline() {
    let manifest = Manifest::read(
        "nuages.toml",
        "[providers.i0]\nkind = 'fake'\ncheck = 'hang'\n",
        &registry(),
    );
    let instances = instances_to_check(&manifest, &Selection::default(), &registry(), &[]).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let start = Instant::now();
    runtime.block_on(doctor(&instances, &Environment::default(), WAIT));
    // Waits for every thread that is still at work.
    runtime.shutdown_timeout(LONG);
    assert!(start.elapsed() < WAIT * 4, "{:?}", start.elapsed());
}

#[test]
fn a_login_that_hangs_or_fails_is_an_answer_too() {
    let token = |token: &str| Environment::new([("FAKE_TOKEN".into(), token.into())], "/");
    let hanging = ask_in(&["now"], WAIT, &token("hangs"));
    assert_eq!(titles(&hanging), ["`i0` did not answer in time"]);
    let refused = ask_in(&["now"], LONG, &token("wrong"));
    assert_eq!(titles(&refused), ["`i0` does not accept our identity"]);
    let setback = refused[0].answer.as_ref().unwrap_err();
    assert_eq!(setback.diagnostic.causes, ["the token is not known"]);
    assert_eq!(
        setback.diagnostic.hint, None,
        "`doctor` does not send to `doctor`"
    );
}

#[test]
fn a_provider_that_panics_hides_no_other_and_is_not_taken_for_slow() {
    let checkups = ask(&["panic", "now", "lost"], LONG);
    assert_eq!(
        titles(&checkups),
        [
            "`i0` gave an answer that cannot be used",
            "the fake's user",
            "`i2` is not there",
        ]
    );
    let lost = &checkups[2].answer.as_ref().unwrap_err().diagnostic;
    assert_eq!(lost.hint.as_deref(), Some("make one"));
    assert!(lost.span.is_some());
    let identity = checkups[1].answer.as_ref().unwrap();
    let labels: Vec<&str> = identity.details.iter().map(|(label, _)| &**label).collect();
    assert_eq!(labels, ["region", "account"], "in the provider's order");
}

/// The errors of a run whose one variable is this reference.
fn errors(reference: &str, profiles: &[&str], token: &str) -> Vec<Diagnostic> {
    let text = format!("[env]\nA = '${{{reference}}}'\n[profiles.prod]\n[profiles.eu]\n");
    let manifest = Manifest::read("nuages.toml", text, &registry());
    let selection = Selection {
        profiles: profiles.iter().map(|&name| name.to_owned()).collect(),
        only: Vec::new(),
    };
    let plan = plan(&manifest, &selection, &registry()).unwrap();
    let environment = Environment::new([("FAKE_TOKEN".into(), token.into())], "/");
    let options = Options {
        deadline: LONG,
        files: None,
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime
        .block_on(resolve::resolve(&plan, &environment, &options))
        .unwrap_err()
}

#[test]
fn a_run_that_is_not_let_in_sends_to_doctor_with_the_same_profiles() {
    let hint = |reference: &str, profiles: &[&str], token: &str| {
        let errors = errors(reference, profiles, token);
        assert_eq!(errors.len(), 1, "{errors:#?}");
        errors[0].hint.clone()
    };
    assert_eq!(
        hint("fake://hint/denied/a", &[], "").as_deref(),
        Some("`nuages doctor fake` shows the identity in use")
    );
    assert_eq!(
        hint("fake://hint/denied/b", &["prod", "eu"], "").as_deref(),
        Some("`nuages --profile prod --profile eu doctor fake` shows the identity in use")
    );
    assert_eq!(
        hint("fake://hint/x/c", &[], "wrong").as_deref(),
        Some("`nuages doctor fake` tries the login alone")
    );
    assert_eq!(hint("fake://hint/down/d", &[], ""), None);
    assert_eq!(
        hint("fake-local://hint/denied/e", &[], ""),
        None,
        "what this machine refuses, it refuses to `doctor` too"
    );
}
