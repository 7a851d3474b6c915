//! What can go wrong between `nuages exec` and the three it asks: who gives tokens to applications, who gives them to
//! managed identities, and the vault. Each its own message, none with anything of an answer in it, and no child behind any.

mod answers;
mod certificates;
mod connections;
mod deadline;
mod drip;
mod entra;
pub(crate) mod full;
mod several;

use nuages_fakecloud::{FakeCloud, Variables};

use crate::{
    cloud::{MARKER, keeps_quiet, run, shop},
    shot::shot,
    support::{
        faults::{
            BODY_MARKER, Faults, Request, Rule, Then,
            connect::Connect,
            tls::{Certificate, Tls},
        },
        project::{Outcome, Project},
    },
};

/// Who of the three goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Who {
    Entra,
    Identity,
    Vault,
}

const ALL: [(Who, &str); 3] = [
    (Who::Entra, "entra"),
    (Who::Identity, "identity"),
    (Who::Vault, "vault"),
];

/// A cloud behind a proxy that sees into TLS, with the secrets `k00`, `k01`, and so on in its vault `shop`.
struct Net {
    cloud: FakeCloud,
    faults: Faults,
    tls: Tls,
    proxy: Connect,
}

impl Net {
    fn new(count: usize) -> Self {
        let cloud = FakeCloud::start();
        for name in names(count) {
            cloud.vault("shop").set(&name, MARKER);
        }
        let faults = Faults::before(cloud.http_address());
        let hosts = ["login.microsoftonline.com", "shop.vault.azure.net"];
        let hosts = hosts.map(str::to_owned).to_vec();
        let tls = Tls::start(faults.address(), &Certificate::GoodFor(hosts));
        let proxy = Connect::start(tls.address());
        Self {
            cloud,
            faults,
            tls,
            proxy,
        }
    }

    /// The same, where one of the three answers so to all it is asked, or to some turns of it.
    fn with(count: usize, who: Who, rule: Rule) -> Self {
        let net = Self::new(count);
        net.script(who, [rule]);
        net
    }

    fn script(&self, who: Who, rules: impl IntoIterator<Item = Rule>) {
        // The connection that is opened ahead is nobody's business, and tokens are asked for with a form.
        let ahead = Rule::on("HEAD /healthstatus", Then::Pass);
        let login = Rule::always(Then::Pass).naming(FORM);
        let rules = rules.into_iter();
        match who {
            Who::Entra => self.faults.script(rules.map(|rule| rule.naming(FORM))),
            Who::Identity => self.faults.script(rules),
            Who::Vault => self.faults.script([ahead, login].into_iter().chain(rules)),
        }
    }

    /// An application with a secret, or an app with an identity, whichever asks the one that goes wrong by the proxy.
    fn variables(&self, who: Who) -> Variables {
        let (mut variables, changes) = match who {
            Who::Identity => {
                let endpoint = format!("{}/msi/token", self.faults.url());
                let variables = self.cloud.environment_app_service();
                (variables, vec![("IDENTITY_ENDPOINT", endpoint)])
            }
            Who::Entra | Who::Vault => {
                let authority = self.tls.ca_file().display().to_string();
                let variables = self.cloud.environment_client_secret();
                let changes = vec![
                    ("HTTPS_PROXY", self.proxy.url()),
                    ("SSL_CERT_FILE", authority),
                ];
                (variables, changes)
            }
        };
        for (name, value) in &mut variables {
            if let Some((_, new)) = changes.iter().find(|(changed, _)| changed == name) {
                new.clone_into(value);
            }
        }
        variables
    }

    /// What the one that goes wrong was asked.
    fn asked(&self, who: Who) -> Vec<Request> {
        let mut requests = self.faults.requests();
        requests.retain(|request| match who {
            Who::Entra => request.body.contains(FORM),
            Who::Identity => request.operation.starts_with("GET /msi/token?"),
            Who::Vault => request.operation.starts_with("GET /secrets/"),
        });
        requests
    }

    /// Insists on a failure of `nuages exec`, told as in `snapshots/fault_NAME.snap`.
    #[track_caller]
    fn fails(&self, name: &str, who: Who, count: usize) -> Outcome {
        let project = project(count);
        self.fails_in(name, &project, &self.variables(who), &[], 4)
    }

    /// The same in this project, with these options and this exit code: no child, and silence about values, credentials
    /// and answers.
    #[track_caller]
    fn fails_in(
        &self,
        name: &str,
        project: &Project,
        variables: &Variables,
        options: &[&str],
        code: i32,
    ) -> Outcome {
        let arguments: Vec<&str> = options.iter().chain(&EXEC).copied().collect();
        let outcome = run(variables, project, &arguments).output().code(code);
        let outcome = outcome.silent_about(&[BODY_MARKER]);
        keeps_quiet(&self.cloud, variables, &outcome);
        assert!(!project.path("started").exists(), "a child was started");
        shot(&format!("fault_{name}"), project, &outcome, &[]);
        outcome
    }
}

/// What the body of every request for an application's token holds, and no other request does.
const FORM: &str = "grant_type=client_credentials";

/// The run of all these tests, as talkative as can be.
const EXEC: [&str; 6] = ["-vvv", "exec", "--", "sh", "-c", "touch started"];

/// `k00`, `k01`, and so on.
fn names(count: usize) -> Vec<String> {
    (0..count).map(|n| format!("k{n:02}")).collect()
}

/// A project that needs these secrets of the vault `shop`.
fn project(count: usize) -> Project {
    let names = names(count);
    let entries: Vec<(String, String)> = names
        .iter()
        .map(|name| (name.to_uppercase(), format!("${{secrets://{name}}}")))
        .collect();
    let entries = entries.iter().map(|(name, value)| (&**name, &**value));
    Project::new(&shop(entries))
}

/// How many problems a run reports.
fn problems(outcome: &Outcome) -> usize {
    let lines = outcome.stderr().lines();
    lines.filter(|line| line.starts_with("error: ")).count()
}
