//! The way to AWS: which hosts are asked, through which proxy, trusting whom, and where next when a region is down.

mod failover;
mod hosts;
mod proxies;

use super::{fake::Answer, fake::Fake, shot::shot, store::Store};
use crate::support::{
    faults::{
        BODY_MARKER, Rule, Then,
        connect::Connect,
        tls::{Certificate, Tls},
    },
    project::{Outcome, Project, Run},
};

const VALUE: &str = "value-marker-90c1";
const KEY: &str = "aws-secret-key-marker-51d2";

/// One reference to each kind of store, in the region that the environment says.
const BOTH: &str = "[env]\nA = \"${aws-ssm:///shop/a}\"\nB = \"${aws-secrets://shop}\"\n";

/// AWS as it is from within a network that a proxy leads out of: whatever host is asked for, one server with a
/// certificate for it answers.
struct Cloud {
    store: Store,
    tls: Tls,
    proxy: Connect,
}

impl Cloud {
    /// With a certificate for these hosts.
    fn of(hosts: &[&str]) -> Self {
        let store = Store::new();
        let hosts = hosts.iter().map(|host| (*host).to_owned()).collect();
        let tls = Tls::start(store.faults.address(), &Certificate::GoodFor(hosts));
        let proxy = Connect::start(tls.address());
        Self { store, tls, proxy }
    }

    /// A server that says 200 and nothing of use to all: what matters is where it was asked.
    fn mute(hosts: &[&str]) -> Self {
        let cloud = Self::of(hosts);
        cloud.store.faults.script([Rule::always(Then::status(200))]);
        cloud
    }

    /// A run with the account's keys that finds the way out by itself.
    fn run(&self, project: &Project, arguments: &[&str]) -> Run {
        let variables = self.store.account.credentials();
        variables
            .iter()
            .fold(project.nuages(arguments), |run, (name, value)| {
                run.env(name, value)
            })
            .env("HTTPS_PROXY", self.proxy.url())
            .env("HTTP_PROXY", self.proxy.url())
            .env("AWS_CA_BUNDLE", self.tls.ca_file())
    }

    /// The hosts that were asked, in the order of their names.
    fn hosts(&self) -> Vec<String> {
        let mut hosts = self.proxy.hosts();
        hosts.sort_unstable();
        hosts
    }
}

const EXEC: [&str; 6] = ["-vvv", "exec", "--", "sh", "-c", "touch started"];

/// Insists on a failure, told as in `snapshots/network_NAME.snap`, with no child and nothing secret in it.
#[track_caller]
fn fails(name: &str, project: &Project, run: Run) -> Outcome {
    let outcome = run.output().code(4);
    let outcome = outcome.silent_about(&[BODY_MARKER, VALUE, KEY, PASSWORD]);
    assert!(!project.path("started").exists(), "a child was started");
    shot(&format!("network_{name}"), project, &outcome, &[]);
    outcome
}

/// The proxy's.
const PASSWORD: &str = "proxy-marker-83aa";
