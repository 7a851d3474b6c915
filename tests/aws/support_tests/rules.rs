//! The script of a test: which rule decides about which request.

use std::time::{Duration, Instant};

use super::Client;
use crate::support::faults::{Faults, Rule, Then};

/// A proxy in front of nothing: what its script does not answer is a 502.
fn alone() -> Faults {
    Faults::before(Faults::refused())
}

#[test]
fn the_first_rule_that_applies_decides() {
    let faults = alone()
        .rule(Rule::on("GetParameters", Then::status(500)).naming("/shop/db"))
        .rule(Rule::on("GetParameters", Then::status(503)))
        .rule(Rule::always(Then::status(404)).naming("/shop/db"));
    let mut client = Client::connect(faults.address());
    let statuses = [
        client.status("GetParameters", r#"{"Names":["/shop/db"]}"#),
        client.status("GetParameters", r#"{"Names":["/shop/key"]}"#),
        client.status("GetParameter", r#"{"Name":"/shop/db"}"#),
        client.status("GetParameter", r#"{"Name":"/shop/key"}"#),
    ];
    assert_eq!(statuses, [500, 503, 404, 502]);
    let rules: Vec<_> = faults
        .requests()
        .iter()
        .map(|request| request.rule)
        .collect();
    assert_eq!(rules, [Some(0), Some(1), Some(2), None]);
}

#[test]
fn a_rule_may_be_for_one_region() {
    let faults = alone()
        .rule(Rule::on("A", Then::status(500)).in_region("eu-west-1"))
        .rule(Rule::on("A", Then::status(404)));
    let mut client = Client::connect(faults.address());
    let mut ask = |authorization: &str| {
        // As every header of these requests, it ends with a line.
        let operation = format!("A\r\nAuthorization: {authorization}");
        client.status(&operation, "")
    };
    let signed = |region: &str| {
        format!("AWS4-HMAC-SHA256 Credential=AKIA/20261122/{region}/ssm/aws4_request, Signature=0")
    };
    assert_eq!(ask(&signed("eu-west-1")), 500);
    assert_eq!(ask(&signed("eu-central-1")), 404);
    assert_eq!(ask("Bearer x"), 404);
    let regions: Vec<_> = faults
        .requests()
        .iter()
        .map(|request| request.region().map(str::to_owned))
        .collect();
    assert_eq!(
        regions,
        [Some("eu-west-1".into()), Some("eu-central-1".into()), None]
    );
}

#[test]
fn turns_count_what_operation_and_text_apply_to() {
    let faults = alone()
        .rule(Rule::on("A", Then::status(500)).turns(2..=3))
        .rule(Rule::on("B", Then::status(500)).naming("x").turns(..=1));
    let mut client = Client::connect(faults.address());
    let mut ask = |operation, body| client.status(operation, body);
    assert_eq!(
        [ask("A", ""), ask("B", "y"), ask("B", "x"), ask("B", "x")],
        [502, 502, 500, 502]
    );
    assert_eq!([ask("A", ""), ask("A", ""), ask("A", "")], [500, 500, 502]);
}

#[test]
fn the_share_is_kept_and_its_seed_repeats_it() {
    let turns = |share, seed| -> Vec<bool> {
        let faults = alone()
            .rule(Rule::on("A", Then::error(400, "ThrottlingException")).share(share, seed))
            .rule(Rule::always(Then::status(200)));
        let mut client = Client::connect(faults.address());
        (0..600).map(|_| client.status("A", "") == 400).collect()
    };
    for seed in [0, 1, 2] {
        let first = turns(0.3, seed);
        let share = first.iter().filter(|&&hit| hit).count();
        // Six standard deviations of a fair draw to either side.
        assert!((113..=247).contains(&share), "{share} of 600");
        assert_eq!(first, turns(0.3, seed));
        assert_ne!(first, turns(0.3, seed + 10));
    }
    assert!(turns(1.0, 3).iter().all(|&hit| hit));
    assert!(!turns(0.0, 3).iter().any(|&hit| hit));
}

#[test]
fn a_script_can_be_replaced_and_the_books_be_cleared() {
    let faults = alone().rule(Rule::always(Then::status(503)));
    let mut client = Client::connect(faults.address());
    assert_eq!(client.status("A", ""), 503);
    faults.script([Rule::always(Then::status(200))]);
    faults.forget();
    assert_eq!(client.status("A", ""), 200);
    assert_eq!(
        (faults.total(), faults.count("A"), faults.connections()),
        (1, 1, 0)
    );
}

#[test]
fn a_late_rule_delays_its_own_answer_alone() {
    let late = Duration::from_millis(300);
    let faults = alone()
        .rule(Rule::on("Late", Then::status(200)).late(late))
        .rule(Rule::always(Then::status(200)));
    let mut client = Client::connect(faults.address());
    let mut time = |operation| {
        let start = Instant::now();
        client.status(operation, "");
        start.elapsed()
    };
    assert!(time("Late") >= late);
    let quickest = (0..10).map(|_| time("Prompt")).min();
    assert!(quickest < Some(late));
}
