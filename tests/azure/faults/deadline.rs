//! A connection on which nothing comes, or too little: the run ends when it was said to, and names what was outstanding.

use std::time::{Duration, Instant};

use nuages_fakecloud::Variables;

use super::{ALL, Net, Who, drip, project};
use crate::support::{
    faults::{
        Rule, Then,
        tls::{Certificate, Tls},
    },
    project::Project,
};

/// Insists that the run ends at its deadline of two seconds, on a machine that may be busy with other things.
#[track_caller]
fn ends_in_time(net: &Net, name: &str, project: &Project, variables: &Variables) {
    let start = Instant::now();
    let outcome = net.fails_in(name, project, variables, &["--deadline", "2"], 5);
    let took = start.elapsed();
    assert!(took >= Duration::from_millis(1_800), "{name}: {took:?}");
    assert!(took < Duration::from_secs(10), "{name}: {took:?}");
    for outstanding in ["`env.K00`", "`env.K01`", "`env.K02`", "`secrets`"] {
        assert!(outcome.stderr().contains(outstanding), "{outstanding}");
    }
}

#[test]
fn a_black_hole_ends_at_the_deadline() {
    for (who, its_name) in ALL {
        let net = Net::with(3, who, Rule::always(Then::BlackHole));
        let name = format!("{its_name}_black_hole");
        ends_in_time(&net, &name, &project(3), &net.variables(who));
        // One token for all three; each secret by a request of its own.
        let expected = if who == Who::Vault { 3 } else { 1 };
        assert_eq!(net.asked(who).len(), expected, "{its_name}");
    }
}

#[test]
fn an_answer_that_comes_drop_by_drop_ends_at_the_deadline() {
    let address = drip::start();
    let net = Net::new(0);
    let tls = Tls::start(address, &Certificate::Good);
    let changed = |who, changes: &[(&str, String)]| -> Variables {
        let mut variables = net.variables(who);
        variables.retain(|(have, _)| changes.iter().all(|(name, _)| name != have));
        let changes = changes.iter();
        variables.extend(changes.map(|(name, value)| ((*name).to_owned(), value.clone())));
        variables
    };
    let authority = ("SSL_CERT_FILE", tls.ca_file().display().to_string());
    let login = ("AZURE_AUTHORITY_HOST", tls.url());
    let entra = changed(Who::Entra, &[authority.clone(), login]);
    ends_in_time(&net, "entra_drip", &project(3), &entra);

    let endpoint = ("IDENTITY_ENDPOINT", format!("http://{address}/msi/token"));
    let identity = changed(Who::Identity, &[endpoint]);
    ends_in_time(&net, "identity_drip", &project(3), &identity);

    let manifest = project(3).read("nuages.toml");
    let manifest = manifest.replace("vault = 'shop'", &format!("endpoint = '{}'", tls.url()));
    let vault = changed(Who::Identity, &[authority]);
    ends_in_time(&net, "vault_drip", &Project::new(&manifest), &vault);
}

#[test]
fn who_answers_is_not_named_with_who_does_not() {
    let net = Net::new(1);
    net.cloud.vault("shop").set("late", crate::cloud::MARKER);
    // The login is one for both, so it is a secret that does not come.
    let target = |request: &crate::support::faults::Request| request.operation.clone();
    let probe = Project::new(&crate::cloud::shop([("A", "${secrets://late}")]));
    super::run(&net.variables(Who::Vault), &probe, &["render", "json"])
        .output()
        .code(0);
    let late = net.asked(Who::Vault).first().map(target).unwrap();
    net.faults.forget();
    net.faults.script([Rule::on(&late, Then::BlackHole)]);
    let project = Project::new(&crate::cloud::shop([
        ("GOOD", "${secrets://k00}"),
        ("LATE", "${secrets://late}"),
        ("MISSING", "${secrets://missing}"),
    ]));
    let variables = net.variables(Who::Vault);
    let only = ["--deadline", "2", "--only", "GOOD", "--only", "LATE"];
    let outcome = net.fails_in("one_black_hole", &project, &variables, &only, 5);
    assert!(!outcome.stderr().contains("GOOD"), "{}", outcome.stderr());
    // What does not exist says more than the time.
    let options = ["--deadline", "2"];
    net.fails_in("black_hole_and_missing", &project, &variables, &options, 4);
}
