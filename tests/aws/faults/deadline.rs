//! A store that takes the connection and never answers: the run ends when it was said to, and names what was outstanding.

use std::time::{Duration, Instant};

use super::{EXEC, Store, fails, manifest, names, parameters};
use crate::support::{
    faults::{Rule, Then},
    project::Project,
};

/// What the start of a process may take on a machine that does other things too.
const START: Duration = Duration::from_millis(300);

/// The deadline ± 10 %. A busy machine may hold up one run; it does not hold up each of three.
#[track_caller]
fn ends_in_time(seconds: u64, mut run: impl FnMut()) {
    let deadline = Duration::from_secs(seconds);
    let mut quickest = Duration::MAX;
    for _ in 0..3 {
        let start = Instant::now();
        run();
        let took = start.elapsed();
        assert!(took >= deadline.mul_f64(0.9), "ended after {took:?}");
        quickest = quickest.min(took);
        if quickest <= deadline.mul_f64(1.1) + START {
            return;
        }
    }
    panic!("took {quickest:?} for a deadline of {deadline:?}");
}

fn with_deadline(seconds: &str) -> Vec<&str> {
    let mut arguments = vec!["--deadline", seconds];
    arguments.extend(EXEC);
    arguments
}

#[test]
fn a_black_hole_ends_at_the_deadline() {
    for (kind, prefix, name) in [
        ("aws-ssm", "/shop/", "black_hole"),
        ("aws-secrets", "shop/", "secrets_black_hole"),
    ] {
        let project = Project::new(&manifest(kind, prefix, &names(3)));
        ends_in_time(2, || {
            let store = Store::new();
            store.faults.script([Rule::always(Then::BlackHole)]);
            let run = store.run(&project, &with_deadline("2"));
            let outcome = fails(name, &project, run, 5);
            for outstanding in ["`env.K00`", "`env.K01`", "`env.K02`", "`secrets`"] {
                assert!(outcome.stderr().contains(outstanding), "{outstanding}");
            }
            assert_eq!(store.faults.total(), 1);
        });
    }
}

#[test]
fn a_login_that_never_ends_ends_at_the_deadline() {
    let project = Project::new(
        "[providers.secrets]\nkind = \"aws-ssm\"\nrole_arn = \"arn:aws:iam::123456789012:role/shop\"\n\n\
         [env]\nA = \"${secrets:///shop/a}\"\n",
    );
    ends_in_time(1, || {
        let store = Store::new();
        store.faults.script([Rule::always(Then::BlackHole)]);
        let run = store.run(&project, &with_deadline("1"));
        fails("black_hole_login", &project, run, 5);
        assert_eq!(
            (store.faults.count("AssumeRole"), store.faults.total()),
            (1, 1)
        );
    });
}

#[test]
fn who_answers_is_not_named_with_who_does_not() {
    let store = parameters(1);
    let project = Project::new(
        "[providers.quick]\nkind = \"aws-ssm\"\n\n[providers.slow]\nkind = \"aws-secrets\"\n\n\
         [env]\nGOOD = \"${quick:///shop/k00}\"\nLATE = \"${slow://shop/k00}\"\n",
    );
    store
        .faults
        .script([Rule::on("GetSecretValue", Then::BlackHole)]);
    let run = store.run(&project, &with_deadline("2"));
    let outcome = fails("black_hole_of_one", &project, run, 5);
    assert!(!outcome.stderr().contains("quick"), "{}", outcome.stderr());
    assert_eq!(store.faults.count("GetParameters"), 1);
}

#[test]
fn a_missing_secret_says_more_than_the_time() {
    let project = Project::new(
        "[providers.quick]\nkind = \"aws-ssm\"\n\n[providers.slow]\nkind = \"aws-secrets\"\n\n\
         [env]\nMISSING = \"${quick:///shop/none}\"\nLATE = \"${slow://shop/k00}\"\n",
    );
    let store = Store::new();
    store
        .faults
        .script([Rule::on("GetSecretValue", Then::BlackHole)]);
    let run = store.run(&project, &with_deadline("2"));
    fails("black_hole_and_missing", &project, run, 4);
}
