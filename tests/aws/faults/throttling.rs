//! Throttling: waited out while there is time, no sooner than the store says, and told when there is none.

use std::time::{Duration, Instant};

use serde_json::{Map, Value};

use super::{EXEC, VALUE, fails, manifest, names, parameters, secrets};
use crate::support::{
    faults::{Request, Rule, Then},
    project::Project,
};

/// Runs that share one account, each with a seed of its own; how many requests were throttled in all of them.
fn runs(kind: &str, operation: &str, calls: usize, count: u64) -> usize {
    let (store, prefix) = match kind {
        "aws-ssm" => (parameters(100), "/shop/"),
        _ => (secrets(100), "shop/"),
    };
    let project = Project::new(&manifest(kind, prefix, &names(100)));
    let mut throttled = 0;
    for seed in 1..=count {
        let throttle = Then::error(400, "ThrottlingException");
        store
            .faults
            .script([Rule::always(throttle).share(0.3, seed)]);
        store.faults.forget();
        let outcome = store.run(&project, &["render", "json"]).output().code(0);
        assert_eq!(outcome.stderr(), "", "seed {seed}");
        let values: Map<String, Value> = serde_json::from_str(outcome.stdout()).unwrap();
        assert_eq!(values.len(), 100);
        for (n, name) in names(100).iter().enumerate() {
            assert_eq!(values[&name.to_uppercase()], format!("{VALUE}-{n:02}"));
        }
        let requests = store.faults.requests();
        let refused = requests.iter().filter(|request| request.rule.is_some());
        let refused = refused.count();
        // Only what was throttled was asked for again.
        assert_eq!(
            store.faults.count(operation),
            calls + refused,
            "seed {seed}"
        );
        assert_eq!(store.faults.total(), calls + refused, "seed {seed}");
        throttled += refused;
    }
    throttled
}

#[test]
fn thirty_per_cent_of_throttling_is_waited_out_in_twenty_runs_of_twenty() {
    // Of 200 calls, 86 are refused on average before all are answered.
    assert!(runs("aws-ssm", "GetParameters", 10, 20) > 30);
}

#[test]
fn so_it_is_for_secrets() {
    assert!(runs("aws-secrets", "BatchGetSecretValue", 5, 5) > 2);
}

/// How long after the first request the second came.
fn between(requests: &[Request]) -> Duration {
    requests[1].came.duration_since(requests[0].came)
}

#[test]
fn the_store_is_not_asked_sooner_than_it_says() {
    for (code, name) in [
        (400, "ThrottlingException"),
        (503, "ServiceUnavailableException"),
    ] {
        let store = parameters(1);
        let project = Project::new(&manifest("aws-ssm", "/shop/", &names(1)));
        let refused = Then::error(code, name);
        let first = |then| Rule::on("GetParameters", then).turns(..=1);
        store.faults.script([first(refused.clone())]);
        store.run(&project, &EXEC).output().code(0);
        let sooner = between(&store.faults.requests());
        assert!(sooner < Duration::from_millis(900), "{name}: {sooner:?}");

        store
            .faults
            .script([first(refused.header("Retry-After", "1"))]);
        store.faults.forget();
        store.run(&project, &EXEC).output().code(0);
        let requests = store.faults.requests();
        assert_eq!(requests.len(), 2, "{name}");
        let waited = between(&requests);
        assert!(waited >= Duration::from_secs(1), "{name}: {waited:?}");
        assert!(waited < Duration::from_secs(5), "{name}: {waited:?}");
    }
}

#[test]
fn a_wait_beyond_the_deadline_is_not_waited() {
    let store = parameters(1);
    let project = Project::new(&manifest("aws-ssm", "/shop/", &names(1)));
    let refused = Then::error(400, "ThrottlingException").header("Retry-After", "60");
    store.faults.script([Rule::always(refused)]);
    let start = Instant::now();
    fails("throttled", &project, store.run(&project, &EXEC), 4);
    assert!(start.elapsed() < Duration::from_secs(10));
    assert_eq!(store.faults.total(), 1);
}

#[test]
fn throttling_that_does_not_end_is_asked_until_the_deadline() {
    let store = parameters(1);
    let project = Project::new(&manifest("aws-ssm", "/shop/", &names(1)));
    let refused = Then::error(400, "ThrottlingException");
    store.faults.script([Rule::always(refused)]);
    let arguments: Vec<&str> = ["--deadline", "2"].into_iter().chain(EXEC).collect();
    fails("throttled", &project, store.run(&project, &arguments), 4);
    // Waits of at most 0.1, 0.2, 0.4 and 0.8 s fit in: more tries than anything else has, and no storm of them.
    let tries = store.faults.total();
    assert!((4..=7).contains(&tries), "{tries}");
}
