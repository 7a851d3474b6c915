//! When a command is killed: the rules alone, at times that no clock has to reach.

use std::time::{Duration, Instant};

use rustix::process::Signal;

use super::{Life, Step};

const PATIENCE: Duration = Duration::from_secs(10);

#[test]
fn its_time_runs_from_the_first_term() {
    let start = Instant::now();
    let mut life = Life::new(Some(PATIENCE));
    for signal in [Signal::HUP, Signal::INT, Signal::INT, Signal::QUIT] {
        assert_eq!(life.signal(signal, start), Step::HandOn);
    }
    assert_eq!(life.kill_at(), None, "only TERM is an order to end");
    assert!(!life.is_ending());
    assert_eq!(life.signal(Signal::TERM, start), Step::HandOn);
    let soon = start + Duration::from_millis(20);
    assert_eq!(
        life.signal(Signal::TERM, soon),
        Step::HandOn,
        "the same wish"
    );
    assert_eq!(life.kill_at(), Some(start + PATIENCE));
    assert!(life.is_ending() && !life.is_killed());
    life.killed();
    assert_eq!(life.kill_at(), None, "once is enough");
}

#[test]
fn told_twice_it_is_killed() {
    let start = Instant::now();
    let later = start + Duration::from_secs(1);
    for second in [Signal::TERM, Signal::INT] {
        let mut life = Life::new(None);
        assert_eq!(life.signal(Signal::TERM, start), Step::HandOn);
        assert_eq!(life.kill_at(), None, "without a limit it has all the time");
        assert_eq!(life.signal(Signal::HUP, later), Step::HandOn);
        assert_eq!(life.signal(second, later), Step::Kill);
    }
}

#[test]
fn a_limit_beyond_all_time_is_none() {
    let mut life = Life::new(Some(Duration::MAX));
    assert_eq!(life.signal(Signal::TERM, Instant::now()), Step::HandOn);
    assert_eq!(life.kill_at(), None);
}
