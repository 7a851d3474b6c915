//! What Entra says with a code of its own: in words, as often as it may be asked, and no sooner than it says.

use std::time::{Duration, Instant};

use nuages_fakecloud::Reply;

use super::{Net, Who, problems, project, run};
use crate::support::faults::{Rule, Then};

#[test]
fn a_code_is_told_in_words() {
    for (status, error, code, times) in [
        (400, "invalid_grant", 53_003, 1),
        (400, "invalid_grant", 50_105, 1),
        (400, "invalid_grant", 65_001, 1),
        (401, "invalid_client", 7_000_112, 1),
        (400, "invalid_resource", 500_011, 1),
        (400, "invalid_request", 900_144, 1),
        (400, "invalid_request", 50_196, 1),
        // Those that pass.
        (503, "temporarily_unavailable", 90_033, 3),
        (503, "server_error", 4_242, 3),
    ] {
        let net = Net::new(10);
        let reply = Reply::entra(status, error, code);
        net.cloud.script("entra.token", reply.always());
        let name = format!("entra_aadsts_{code}");
        let outcome = net.fails(&name, Who::Entra, 10);
        // Ten secrets, one login: one problem, and so many requests in all.
        assert_eq!(problems(&outcome), 1);
        assert_eq!(net.asked(Who::Entra).len(), times, "{code}");
        assert_eq!(net.asked(Who::Vault).len(), 0, "{code}");
    }
}

#[test]
fn an_error_without_a_code_is_told_by_its_status() {
    for (name, body) in [
        (
            "oauth",
            r#"{"error": "invalid_client", "error_description": "body-marker-7f3a"}"#,
        ),
        ("other", r#"{"error": {"code": "body-marker-7f3a"}}"#),
    ] {
        let net = Net::new(1);
        let reply = Reply::text(401, "application/json", body);
        net.cloud.script("entra.token", reply.always());
        net.fails(&format!("entra_without_code_{name}"), Who::Entra, 1);
        assert_eq!(net.asked(Who::Entra).len(), 1);
    }
}

#[test]
fn entra_is_not_asked_sooner_than_it_says() {
    for (who, operation) in [(Who::Entra, "entra.token"), (Who::Identity, "msi.token")] {
        let net = Net::new(3);
        let reply = match who {
            Who::Entra => Reply::entra(429, "temporarily_unavailable", 90_055),
            _ => Reply::status(429),
        };
        net.cloud
            .script(operation, reply.header("retry-after", "1"));
        let project = project(3);
        let outcome = run(&net.variables(who), &project, &["render", "json"])
            .output()
            .code(0);
        assert_eq!(outcome.stderr(), "");
        let requests = net.asked(who);
        assert_eq!(requests.len(), 2, "{who:?}");
        let waited = requests[1].came.duration_since(requests[0].came);
        assert!(waited >= Duration::from_secs(1), "{who:?}: {waited:?}");
        assert!(waited < Duration::from_secs(10), "{who:?}: {waited:?}");
    }
}

#[test]
fn a_wait_beyond_the_deadline_is_not_waited() {
    for (who, name) in [(Who::Entra, "entra"), (Who::Identity, "identity")] {
        let refused = Then::status(429).header("Retry-After", "60");
        let net = Net::with(3, who, Rule::always(refused));
        let start = Instant::now();
        let outcome = net.fails(&format!("{name}_throttled"), who, 3);
        assert!(start.elapsed() < Duration::from_secs(15));
        assert_eq!((problems(&outcome), net.asked(who).len()), (1, 1));
    }
}

#[test]
fn throttling_that_does_not_end_is_asked_until_the_deadline() {
    let net = Net::with(3, Who::Entra, Rule::always(Then::status(429)));
    let variables = net.variables(Who::Entra);
    let options = ["--deadline", "2"];
    let outcome = net.fails_in("entra_throttled", &project(3), &variables, &options, 4);
    assert_eq!(problems(&outcome), 1);
    // Waits of at most 0.1, 0.2, 0.4 and 0.8 s fit in: more tries than anything else has, and no storm of them.
    let tries = net.asked(Who::Entra).len();
    assert!((4..=7).contains(&tries), "{tries}");
}
