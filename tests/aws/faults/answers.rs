//! Answers that are none, one fault at a time: how often it is asked again, and what is said of it.

use std::time::{Duration, Instant};

use super::{EXEC, Store, fails, manifest, names};
use crate::support::{
    faults::{Faults, Rule, Then},
    project::Project,
};

/// One reference of each kind of store against a store that answers so and nothing else. How often it was asked.
#[track_caller]
fn asked(kind: &str, name: &str, then: Then) -> usize {
    let prefix = if kind == "aws-ssm" { "/shop/" } else { "shop/" };
    let project = Project::new(&manifest(kind, prefix, &names(1)));
    let store = Store::new();
    store.faults.script([Rule::always(then)]);
    fails(name, &project, store.run(&project, &EXEC), 4);
    store.faults.total()
}

#[track_caller]
fn of_parameters(name: &str, then: Then) -> usize {
    asked("aws-ssm", name, then)
}

#[test]
fn a_server_that_fails_is_asked_three_times() {
    assert_eq!(of_parameters("500", Then::status(500)), 3);
    assert_eq!(of_parameters("503_page", Then::Html { code: 503 }), 3);
    let code = Then::error(500, "InternalServerError");
    assert_eq!(of_parameters("internal_server_error", code), 3);
    let code = Then::error(500, "InternalServiceError");
    assert_eq!(asked("aws-secrets", "secrets_internal", code), 3);
}

#[test]
fn a_connection_that_breaks_is_made_three_times() {
    assert_eq!(of_parameters("reset", Then::Reset), 3);
    assert_eq!(of_parameters("truncated", Then::Truncated), 3);
    assert_eq!(asked("aws-secrets", "secrets_reset", Then::Reset), 3);
}

#[test]
fn an_answer_that_is_none_is_not_asked_for_again() {
    assert_eq!(of_parameters("page", Then::Html { code: 200 }), 1);
    assert_eq!(of_parameters("page_404", Then::Html { code: 404 }), 1);
    assert_eq!(of_parameters("no_json", Then::status(200)), 1);
    assert_eq!(of_parameters("garbage", Then::Garbage), 1);
    assert_eq!(
        asked("aws-secrets", "secrets_page", Then::Html { code: 200 }),
        1
    );
    assert_eq!(asked("aws-secrets", "secrets_garbage", Then::Garbage), 1);
}

#[test]
fn a_redirect_is_not_followed() {
    let elsewhere = Faults::before(Faults::refused()).rule(Rule::always(Then::status(200)));
    let then = Then::status(307).header("Location", &elsewhere.url());
    assert_eq!(of_parameters("redirect", then), 1);
    assert_eq!(elsewhere.connections(), 0);
}

#[test]
fn a_body_of_10_mb_is_not_read() {
    for chunked in [false, true] {
        let then = Then::HugeBody {
            bytes: 10_000_000,
            chunked,
        };
        assert_eq!(of_parameters("huge", then.clone()), 1);
        assert_eq!(asked("aws-secrets", "secrets_huge", then), 1);
    }
}

#[test]
fn what_aws_refuses_is_not_asked_for_again() {
    for (name, code) in [
        ("kms", "InvalidKeyId"),
        ("denied", "AccessDeniedException"),
        ("expired", "ExpiredTokenException"),
        ("unknown_key", "UnrecognizedClientException"),
        ("signature", "InvalidSignatureException"),
        ("unknown_code", "SomethingNewException"),
    ] {
        assert_eq!(of_parameters(name, Then::error(400, code)), 1, "{code}");
    }
    for (name, code) in [
        ("secrets_kms", "DecryptionFailure"),
        ("secrets_denied", "AccessDeniedException"),
        ("secrets_expired", "ExpiredTokenException"),
    ] {
        let then = Then::error(400, code);
        assert_eq!(asked("aws-secrets", name, then), 1, "{code}");
    }
}

#[test]
fn a_port_where_nothing_listens_is_named() {
    let refused = format!("http://{}", Faults::refused());
    for (kind, prefix, name) in [
        ("aws-ssm", "/shop/", "refused"),
        ("aws-secrets", "shop/", "secrets_refused"),
    ] {
        let project = Project::new(&manifest(kind, prefix, &names(2)));
        let run = Store::new().run(&project, &EXEC);
        let start = Instant::now();
        fails(name, &project, run.env("AWS_ENDPOINT_URL", &refused), 4);
        assert!(start.elapsed() < Duration::from_secs(10));
    }
}
