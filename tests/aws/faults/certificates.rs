//! Certificates that are not to be trusted: said at once, and nothing is sent.

use std::{
    thread,
    time::{Duration, Instant},
};

use super::{EXEC, Store, fails, manifest, names, parameters};
use crate::support::{
    faults::tls::{Certificate, Tls},
    project::Project,
};

#[test]
fn nothing_is_sent_to_who_cannot_prove_the_host() {
    for (name, certificate, is_named) in [
        // Of an authority that nobody has named, and of one that has the name of a trusted one.
        ("unknown_authority", Certificate::Good, false),
        ("unknown_authority", Certificate::UnknownAuthority, true),
        ("other_host", Certificate::OtherHost, true),
        ("expired_certificate", Certificate::Expired, true),
    ] {
        let store = Store::new();
        let tls = Tls::start(store.faults.address(), &certificate);
        let project = Project::new(&manifest("aws-ssm", "/shop/", &names(1)));
        let mut run = store
            .run(&project, &EXEC)
            .env("AWS_ENDPOINT_URL", tls.url());
        if is_named {
            run = run.env("SSL_CERT_FILE", tls.ca_file());
        }
        let start = Instant::now();
        fails(name, &project, run, 4);
        assert!(start.elapsed() < Duration::from_secs(3), "{name}");
        // The server makes a connection of its own for each that it takes; on a busy machine a moment after the failure.
        while store.faults.connections() == 0 && start.elapsed() < Duration::from_secs(10) {
            thread::sleep(Duration::from_millis(10));
        }
        let seen = (
            tls.handshakes(),
            store.faults.total(),
            store.faults.connections(),
        );
        assert_eq!(seen, (0, 0, 1), "{name}");
    }
}

#[test]
fn a_private_authority_is_trusted_where_the_environment_names_it() {
    let store = parameters(1);
    let tls = Tls::start(store.faults.address(), &Certificate::Good);
    let project = Project::new(&manifest("aws-ssm", "/shop/", &names(1)));
    for variable in ["SSL_CERT_FILE", "AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE"] {
        let outcome = store
            .run(&project, &["get", "secrets://k00"])
            .env("AWS_ENDPOINT_URL", tls.url())
            .env(variable, tls.ca_file())
            .output()
            .code(0);
        assert_eq!(outcome.stdout(), "value-marker-90c1-00", "{variable}");
    }
    assert_eq!(tls.handshakes(), 3);
}
