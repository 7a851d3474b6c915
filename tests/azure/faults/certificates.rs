//! Certificates that are not to be trusted, of who gives tokens and of the vault: said at once, and nothing is sent.

use std::time::{Duration, Instant};

use super::{Net, Who, project, run};
use crate::{
    cloud::MARKER,
    support::{
        faults::tls::{Certificate, Tls},
        project::Project,
    },
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
        for (who, its_name) in [(Who::Entra, "entra"), (Who::Vault, "vault")] {
            let net = Net::new(1);
            let tls = Tls::start(net.faults.address(), &certificate);
            // Past the proxy, which is not for this machine.
            let (project, mut variables) = if who == Who::Entra {
                let mut variables = net.variables(who);
                variables.push(("AZURE_AUTHORITY_HOST".to_owned(), tls.url()));
                (project(1), variables)
            } else {
                let manifest = format!(
                    "[providers.secrets]\nkind = \"azure-kv\"\nendpoint = \"{}\"\n\n\
                     [env]\nK00 = \"${{secrets://k00}}\"\n",
                    tls.url()
                );
                (Project::new(&manifest), net.variables(who))
            };
            variables.retain(|(name, _)| name != "SSL_CERT_FILE");
            if is_named {
                let authority = tls.ca_file().display().to_string();
                variables.push(("SSL_CERT_FILE".to_owned(), authority));
            }
            let start = Instant::now();
            let name = format!("{its_name}_{name}");
            net.fails_in(&name, &project, &variables, &[], 4);
            let took = start.elapsed();
            assert!(took < Duration::from_secs(10), "{name}: {took:?}");
            assert_eq!((tls.handshakes(), net.faults.total()), (0, 0), "{name}");
        }
    }
}

#[test]
fn it_is_the_same_certificate_again() {
    let net = Net::new(3);
    let mut variables = net.variables(Who::Entra);
    variables.retain(|(name, _)| name != "SSL_CERT_FILE");
    net.fails_in("untrusted_once", &project(3), &variables, &[], 4);
    // One for the token, and the one that is opened ahead to the vault.
    let login = net.proxy.hosts().into_iter();
    let login = login.filter(|host| host.starts_with("login."));
    assert_eq!((login.count(), net.tls.handshakes()), (1, 0));
}

#[test]
fn a_private_authority_is_trusted_where_the_environment_names_it() {
    let net = Net::new(1);
    for variable in ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"] {
        let mut variables = net.variables(Who::Entra);
        for (name, _) in &mut variables {
            if name == "SSL_CERT_FILE" {
                variable.clone_into(name);
            }
        }
        let outcome = run(&variables, &project(1), &["get", "secrets://k00"])
            .output()
            .code(0);
        assert_eq!(outcome.stdout(), MARKER, "{variable}");
    }
}
