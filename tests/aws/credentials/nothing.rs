//! No credentials anywhere, or half of them: told soon, with every source and why it gave nothing.

use std::time::{Duration, Instant};

use super::{Fake, KEYS, MANIFEST, Project, fails, nameless, store};

#[test]
fn a_machine_that_does_not_answer_is_given_two_seconds() {
    let (store, machine) = (store(), Fake::black_hole());
    let project = Project::new(MANIFEST);
    // With and without a region: it is not asked for that besides.
    for region in ["eu-west-1", ""] {
        let mut quickest = Duration::MAX;
        for _ in 0..3 {
            let run = nameless(&store, &project, &[])
                .env("AWS_EC2_METADATA_SERVICE_ENDPOINT", machine.url())
                .env("AWS_REGION", region);
            let start = Instant::now();
            fails("nothing", &project, run);
            quickest = quickest.min(start.elapsed());
            if quickest < Duration::from_millis(2500) {
                break;
            }
        }
        assert!(quickest < Duration::from_millis(2500), "{quickest:?}");
    }
    assert!(machine.connections() > 0);
    assert_eq!(store.faults.total(), 0);
}

#[test]
fn a_machine_that_refuses_is_not_waited_for() {
    let store = store();
    let project = Project::new(MANIFEST);
    let refused = format!("http://{}", crate::support::faults::Faults::refused());
    let run = nameless(&store, &project, &[]).env("AWS_EC2_METADATA_SERVICE_ENDPOINT", refused);
    let start = Instant::now();
    fails("nothing_refused", &project, run);
    assert!(start.elapsed() < Duration::from_millis(1500));
}

#[test]
fn what_is_switched_off_is_said() {
    let (store, machine) = (store(), Fake::black_hole());
    let project =
        Project::new(MANIFEST).file(".aws/config", "[profile other]\nregion = eu-west-1\n");
    let run = nameless(&store, &project, &[])
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .env("AWS_EC2_METADATA_SERVICE_ENDPOINT", machine.url());
    fails("nothing_switched_off", &project, run);
    assert_eq!(machine.connections(), 0);
}

#[test]
fn half_a_key_is_told() {
    let store = store();
    let project = Project::new(MANIFEST);
    let run = nameless(&store, &project, &[]).env("AWS_ACCESS_KEY_ID", store.account.access_key());
    fails("half_a_key", &project, run);
    let run = nameless(&store, &project, &[]).env("AWS_SECRET_ACCESS_KEY", KEYS[0]);
    fails("other_half_of_a_key", &project, run);
    assert_eq!(store.faults.total(), 0);
}
