//! Answers that are none, one fault at a time, of each of the three: how often it is asked again, and what is said of it.

use super::{ALL, Net, Who, project, run};
use crate::support::faults::{Faults, Rule, Then};

/// Lets each of the three answer so and nothing else, and insists that each is asked so many times.
#[track_caller]
fn each_is_asked(times: usize, name: &str, then: &Then) {
    for (who, its_name) in ALL {
        let net = Net::with(1, who, Rule::always(then.clone()));
        net.fails(&format!("{its_name}_{name}"), who, 1);
        assert_eq!(net.asked(who).len(), times, "{its_name} {name}");
    }
}

#[test]
fn a_server_that_fails_is_asked_three_times() {
    each_is_asked(3, "500", &Then::status(500));
    each_is_asked(3, "503_page", &Then::Html { code: 503 });
}

#[test]
fn a_connection_that_breaks_is_made_three_times() {
    each_is_asked(3, "reset", &Then::Reset);
    each_is_asked(3, "truncated", &Then::Truncated);
}

#[test]
fn an_answer_that_is_none_is_not_asked_for_again() {
    each_is_asked(1, "page", &Then::Html { code: 200 });
    each_is_asked(1, "no_json", &Then::status(200));
    each_is_asked(1, "garbage", &Then::Garbage);
    each_is_asked(1, "empty_json", &Then::Answer("{}".to_owned()));
    each_is_asked(1, "empty", &Then::Answer(String::new()));
}

#[test]
fn a_page_that_refuses_is_no_refusal_of_azure() {
    for (who, its_name) in [(Who::Entra, "entra"), (Who::Vault, "vault")] {
        for code in [403, 404] {
            let net = Net::with(1, who, Rule::always(Then::Html { code }));
            net.fails(&format!("{its_name}_page_{code}"), who, 1);
            assert_eq!(net.asked(who).len(), 1);
        }
    }
}

#[test]
fn a_body_of_10_mb_is_not_read() {
    for chunked in [false, true] {
        let then = Then::HugeBody {
            bytes: 10_000_000,
            chunked,
        };
        each_is_asked(1, "huge", &then);
    }
}

#[test]
fn a_redirect_is_not_followed() {
    let elsewhere = Faults::before(Faults::refused()).rule(Rule::always(Then::status(200)));
    let then = Then::status(307).header("Location", &elsewhere.url());
    each_is_asked(1, "redirect", &then);
    assert_eq!(elsewhere.connections(), 0);
}

#[test]
fn a_fault_that_passes_is_not_seen() {
    for (who, _) in ALL {
        for then in [
            Then::status(503),
            Then::Reset,
            Then::Truncated,
            Then::status(429),
        ] {
            let net = Net::with(1, who, Rule::always(then.clone()).turns(..=2));
            let outcome = run(&net.variables(who), &project(1), &["get", "secrets://k00"])
                .output()
                .code(0);
            assert_eq!(
                (outcome.stdout(), outcome.stderr()),
                (crate::cloud::MARKER, "")
            );
            assert_eq!(net.asked(who).len(), 3, "{who:?} {then:?}");
        }
    }
}

#[test]
fn the_connection_that_is_opened_ahead_may_fail() {
    for then in [
        Then::status(500),
        Then::Reset,
        Then::Html { code: 200 },
        Then::BlackHole,
    ] {
        let net = Net::new(2);
        net.faults
            .script([Rule::on("HEAD /healthstatus", then.clone())]);
        let outcome = run(&net.variables(Who::Vault), &project(2), &["render", "json"])
            .output()
            .code(0);
        assert_eq!(outcome.stderr(), "", "{then:?}");
        assert_eq!(net.asked(Who::Vault).len(), 2, "{then:?}");
        // It carries nothing: whoever answers there has not been heard yet.
        for request in net.faults.requests() {
            if request.operation == "HEAD /healthstatus" {
                assert_eq!(request.header("authorization"), None);
            }
        }
    }
}
