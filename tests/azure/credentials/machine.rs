//! The managed identity of a virtual machine, by the metadata service at its own address. These tests put that address on
//! the loopback device of a network of their own, which takes the right to make one.

use std::{
    ffi::OsStr,
    net::SocketAddr,
    process::Command,
    time::{Duration, Instant},
};

use nuages_fakecloud::{FakeCloud, Reply, SYSTEM_IDENTITY, USER_IDENTITY, Variables};

use super::{fails, project, project_with, reads, with};
use crate::{
    cloud::{MARKER, made},
    support::{faults::connect::Connect, must_run},
};

/// Where every virtual machine of Azure finds the service.
const SERVICE: &str = "169.254.169.254:80";

/// Set for the part of a test that runs in a network of its own.
const INSIDE: &str = "NUAGES_TEST_INSIDE";

/// Runs `test` again, within a network whose only device is the loopback one, and says whether this is that run. Where
/// nobody may make such a network, neither run is: the test says so and sees nothing.
#[expect(
    clippy::disallowed_methods,
    clippy::print_stderr,
    reason = "the test is the program here, and what it could not see is to be known"
)]
fn is_inside(test: &str) -> bool {
    if std::env::var_os(INSIDE).is_some() {
        let ip = |arguments: &[&str]| must_run(Command::new("ip").args(arguments));
        ip(&["link", "set", "lo", "up"]);
        return true;
    }
    let namespace = |options: &[&str], program: &OsStr| {
        let mut command = Command::new("unshare");
        command.args(options).arg("--net").arg("--").arg(program);
        command
    };
    // A user that is not root may have one within a user namespace, where the machine allows these.
    let may = [&[][..], &["--map-root-user"]].into_iter().find(|options| {
        let status = namespace(options, "true".as_ref()).output();
        status.is_ok_and(|output| output.status.success())
    });
    let Some(options) = may else {
        eprintln!("{test} sees nothing: no network namespace can be made here");
        return false;
    };
    let this = std::env::current_exe().unwrap();
    must_run(
        namespace(options, this.as_os_str())
            .args(["--exact", test, "--nocapture"])
            .env(INSIDE, "1"),
    );
    false
}

/// The cloud as a virtual machine sees it.
fn machine() -> FakeCloud {
    add_address("169.254.169.254");
    let address: SocketAddr = SERVICE.parse().unwrap();
    let cloud = FakeCloud::builder().listen_on(address).start().unwrap();
    cloud.vault("shop").set("db", MARKER);
    cloud
}

fn add_address(address: &str) {
    let address = format!("{address}/32");
    must_run(Command::new("ip").args(["address", "add", &address, "dev", "lo"]));
}

/// What leads to the vaults, with proxies for everything else too, which the service must not be asked by.
fn variables(cloud: &FakeCloud) -> Variables {
    with(
        &cloud.environment_network(),
        &[
            ("HTTP_PROXY", &cloud.proxy_url()),
            ("ALL_PROXY", &cloud.proxy_url()),
        ],
    )
}

#[test]
fn a_machine_has_identities() {
    if !is_inside("credentials::machine::a_machine_has_identities") {
        return;
    }
    let cloud = machine();
    let variables = variables(&cloud);
    reads(&cloud, &project(), &variables, SYSTEM_IDENTITY);
    made(&cloud, &[("imds.token", 1), ("vault.get", 1)]);
    let asked = cloud.requests();
    let asked = asked.iter().find(|seen| seen.operation == "imds.token");
    let asked = asked.unwrap();
    assert_eq!(
        (&*asked.host, asked.header("metadata")),
        ("169.254.169.254", Some("true"))
    );
    // Through the proxy there was a tunnel to the vault, and nothing else.
    let mut tunnels = cloud.tunnels();
    tunnels.dedup();
    assert_eq!(tunnels, ["shop.vault.azure.net:443"]);
    let user = with(&variables, &[("AZURE_CLIENT_ID", USER_IDENTITY)]);
    reads(&cloud, &project(), &user, USER_IDENTITY);
    let named = project_with(&format!(
        "credential = \"managed-identity\"\nclient_id = \"{USER_IDENTITY}\""
    ));
    reads(&cloud, &named, &variables, USER_IDENTITY);
}

#[test]
fn a_service_that_is_not_ready_is_asked_again() {
    if !is_inside("credentials::machine::a_service_that_is_not_ready_is_asked_again") {
        return;
    }
    let cloud = machine();
    let variables = variables(&cloud);
    for status in [404, 410, 429, 500] {
        cloud.forget();
        cloud.script("imds.token", Reply::status(status).times(2));
        reads(&cloud, &project(), &variables, SYSTEM_IDENTITY);
        made(&cloud, &[("imds.token", 3), ("vault.get", 1)]);
    }
}

#[test]
fn a_service_that_gives_no_token() {
    if !is_inside("credentials::machine::a_service_that_gives_no_token") {
        return;
    }
    let cloud = machine();
    let variables = variables(&cloud);
    for (name, reply, times) in [
        ("410", Reply::status(410), 3),
        ("500", Reply::status(500), 3),
        // As a cloud that is not Azure answers.
        (
            "page",
            Reply::text(200, "text/html", "<html>body-marker-7f3a</html>"),
            1,
        ),
    ] {
        cloud.forget();
        cloud.script("imds.token", reply.always());
        let name = format!("machine_{name}");
        let outcome = fails(&name, &cloud, &project(), &variables);
        drop(outcome.silent_about(&["body-marker"]));
        made(&cloud, &[("imds.token", times)]);
        cloud.clear_scripts();
    }
    cloud.forget();
    cloud.remove_system_identity();
    cloud.add_user_identity("00001111-aaaa-2222-bbbb-3333cccc4444", "other-identity");
    fails("machine_several", &cloud, &project(), &variables);
    cloud.remove_user_identities();
    fails("machine_none", &cloud, &project(), &variables);
    made(&cloud, &[("imds.token", 2)]);
}

#[test]
fn a_machine_without_the_service() {
    if !is_inside("credentials::machine::a_machine_without_the_service") {
        return;
    }
    let cloud = FakeCloud::start();
    let variables = variables(&cloud);
    // No route to it.
    fails("machine_no_route", &cloud, &project(), &variables);
    // Its address answers, and nothing listens.
    add_address("169.254.169.254");
    fails("machine_refused", &cloud, &project(), &variables);
    // The address takes no connection.
    let _full = crate::faults::full::Full::at(SERVICE.parse().unwrap());
    let start = Instant::now();
    fails("machine_no_connection", &cloud, &project(), &variables);
    let took = start.elapsed();
    assert!(took >= Duration::from_millis(1_900), "{took:?}");
    assert!(took < Duration::from_secs(10), "{took:?}");
    made(&cloud, &[]);
}

#[test]
fn a_service_that_takes_the_connection_and_says_nothing() {
    if !is_inside("credentials::machine::a_service_that_takes_the_connection_and_says_nothing") {
        return;
    }
    add_address("169.254.169.254");
    let listener = std::net::TcpListener::bind(SERVICE).unwrap();
    let cloud = FakeCloud::start();
    let start = Instant::now();
    fails("machine_silent", &cloud, &project(), &variables(&cloud));
    let took = start.elapsed();
    assert!(took < Duration::from_secs(20), "{took:?}");
    drop(listener);
}

/// Container Apps have their endpoint at such an address: of the link, and never on the far side of a proxy.
#[test]
fn an_endpoint_on_the_link_is_asked_without_the_proxy() {
    if !is_inside("credentials::machine::an_endpoint_on_the_link_is_asked_without_the_proxy") {
        return;
    }
    add_address("169.254.129.2");
    let address: SocketAddr = "169.254.129.2:8081".parse().unwrap();
    let cloud = FakeCloud::builder().listen_on(address).start().unwrap();
    cloud.vault("shop").set("db", MARKER);
    let http = Connect::start(cloud.http_address());
    let variables = with(
        &cloud.environment_app_service(),
        &[
            ("IDENTITY_ENDPOINT", "http://169.254.129.2:8081/msi/token"),
            ("HTTP_PROXY", &http.url()),
        ],
    );
    let outcome = crate::cloud::run(&variables, &project(), &super::GET).output();
    // The fake knows that address for nobody's: what matters is who was asked, and by which way.
    let asked = cloud.requests();
    let asked: Vec<&str> = asked.iter().map(|seen| &*seen.host).collect();
    assert_eq!(http.asked(), [], "{}", outcome.stderr());
    assert!(asked.contains(&"169.254.129.2"), "{asked:?}");
}
