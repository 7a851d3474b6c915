//! Throttling: waited out while there is time, no sooner than the vault says, and told when there is none.

use std::time::{Duration, Instant};

use nuages_fakecloud::Reply;

use super::{EXEC, all_of_them, fails, many};
use crate::cloud::{keeps_quiet, made, render, run};
use crate::shot::shot;
use crate::support::project::Project;

#[test]
fn the_vault_is_not_asked_sooner_than_it_says() {
    let cloud = many(1);
    cloud.script("vault.get", Reply::throttled(3));
    let start = Instant::now();
    assert_eq!(render(&cloud, &all_of_them(1))["S000"], "value-000");
    assert!(start.elapsed() >= Duration::from_secs(3));
    made(&cloud, &[("msi.token", 1), ("vault.get", 2)]);
}

#[test]
fn only_what_was_throttled_is_asked_for_again() {
    let cloud = many(100);
    cloud.script("vault.get", Reply::throttled(1).times(30));
    let rendered = render(&cloud, &all_of_them(100));
    for (n, (name, value)) in rendered.iter().enumerate() {
        let expected = (format!("S{n:03}"), format!("value-{n:03}"));
        assert_eq!((name, value.as_str()), (&expected.0, Some(&*expected.1)));
    }
    assert_eq!(rendered.len(), 100);
    made(&cloud, &[("msi.token", 1), ("vault.get", 130)]);
}

#[test]
fn a_wait_beyond_the_deadline_is_not_waited() {
    let cloud = many(1);
    cloud.script("vault.get", Reply::throttled(120).always());
    let start = Instant::now();
    fails(&cloud, "throttled", &all_of_them(1), 4);
    assert!(start.elapsed() < Duration::from_secs(25));
    made(&cloud, &[("msi.token", 1), ("vault.get", 1)]);
}

#[test]
fn throttling_that_does_not_end_is_asked_until_the_deadline() {
    let cloud = many(1);
    cloud.script("vault.get", Reply::vault(429, "Throttled").always());
    let project = Project::new(&all_of_them(1));
    let arguments: Vec<&str> = ["--deadline", "4"].into_iter().chain(EXEC).collect();
    let variables = cloud.environment_app_service();
    let outcome = run(&variables, &project, &arguments).output().code(4);
    keeps_quiet(&cloud, &variables, &outcome);
    shot("kv_throttled", &project, &outcome, &[]);
    // Waits of at most 0.1, 0.2, 0.4, 0.8 and 1.6 s fit in; a machine that is busy gets to fewer of them.
    let tries = cloud.count("vault.get");
    assert!((2..=9).contains(&tries), "{tries}");
}

/// What is down is not asked for ever: three tries, whatever the vault says of later.
#[test]
fn a_vault_that_is_down_is_tried_three_times() {
    for (name, reply) in [
        ("down", Reply::vault(503, "ServiceUnavailable")),
        (
            "down_page",
            Reply::text(502, "text/html", "<h1>value-marker-5d20</h1>"),
        ),
    ] {
        let cloud = many(1);
        cloud.script("vault.get", reply.clone().times(2));
        assert_eq!(render(&cloud, &all_of_them(1))["S000"], "value-000");
        made(&cloud, &[("msi.token", 1), ("vault.get", 3)]);
        cloud.forget();
        cloud.clear_scripts();
        cloud.script("vault.get", reply.always());
        fails(&cloud, name, &all_of_them(1), 4);
        made(&cloud, &[("msi.token", 1), ("vault.get", 3)]);
    }
}
