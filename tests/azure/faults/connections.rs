//! No connection at all: refused, or never made. A run does not wait for its deadline to say so.

use std::io::Read as _;
use std::net::{SocketAddr, TcpListener};
use std::time::{Duration, Instant};

use nuages_fakecloud::Variables;

use super::{Net, Who, full::Full, project};
use crate::support::{faults::Faults, project::Project};

/// Three secrets of a vault at this address.
fn vault_at(address: SocketAddr) -> Project {
    Project::new(&format!(
        "[providers.secrets]\nkind = \"azure-kv\"\nendpoint = \"https://localhost:{}\"\n\n\
         [env]\nK00 = \"${{secrets://k00}}\"\nK01 = \"${{secrets://k01}}\"\nK02 = \"${{secrets://k02}}\"\n",
        address.port()
    ))
}

/// Each of the three at this address in turn. How long the runs took.
fn each_at(name: &str, address: SocketAddr) -> Vec<Duration> {
    let net = Net::new(0);
    let changed = |who, name: &str, value: String| -> Variables {
        let mut variables = net.variables(who);
        variables.retain(|(have, _)| have != name);
        variables.push((name.to_owned(), value));
        variables
    };
    let authority = format!("https://localhost:{}", address.port());
    let endpoint = format!("http://{address}/msi/token");
    let runs = [
        (
            "entra",
            project(3),
            changed(Who::Entra, "AZURE_AUTHORITY_HOST", authority),
        ),
        (
            "identity",
            project(3),
            changed(Who::Identity, "IDENTITY_ENDPOINT", endpoint),
        ),
        ("vault", vault_at(address), net.variables(Who::Vault)),
    ];
    let times = runs.map(|(its_name, project, variables)| {
        let start = Instant::now();
        let name = format!("{its_name}_{name}");
        let outcome = net.fails_in(&name, &project, &variables, &[], 4);
        assert_eq!(super::problems(&outcome), 1);
        start.elapsed()
    });
    times.to_vec()
}

#[test]
fn a_port_where_nothing_listens() {
    for took in each_at("refused", Faults::refused()) {
        assert!(took < Duration::from_secs(10), "{took:?}");
    }
}

#[test]
fn an_address_that_takes_no_connection_is_given_two_seconds() {
    let full = Full::start();
    for took in each_at("no_connection", full.address()) {
        assert!(took >= Duration::from_millis(1_900), "{took:?}");
        assert!(took < Duration::from_secs(10), "{took:?}");
    }
}

#[test]
fn a_proxy_that_takes_the_connection_and_says_nothing() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let proxy = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            std::thread::spawn(move || stream.read_to_end(&mut Vec::new()));
        }
    });
    let net = Net::new(0);
    let mut variables = net.variables(Who::Entra);
    variables.retain(|(name, _)| name != "HTTPS_PROXY");
    variables.push(("HTTPS_PROXY".to_owned(), proxy));
    let start = Instant::now();
    net.fails_in("silent_proxy", &project(3), &variables, &[], 4);
    let took = start.elapsed();
    assert!(took >= Duration::from_millis(1_900), "{took:?}");
    assert!(took < Duration::from_secs(10), "{took:?}");
}
