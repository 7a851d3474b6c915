//! Through a proxy and past it.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use nuages_fakecloud::FakeCloud;

use super::{EXEC, GET, PASSWORD, cloud, fails, project, with};
use crate::{
    cloud::{MARKER, made, run},
    support::{
        faults::{Faults, connect::Connect},
        project::Project,
    },
};

/// The address of the cloud's https, for a proxy that leads all tunnels there.
fn https(cloud: &FakeCloud) -> SocketAddr {
    let url = cloud.https_url();
    let port = url.rsplit(':').next().and_then(|port| port.parse().ok());
    (Ipv4Addr::LOCALHOST, port.unwrap()).into()
}

#[test]
fn the_proxys_password_is_for_the_proxy() {
    let cloud = cloud();
    let proxy = Connect::start(https(&cloud));
    let url = proxy.url().replace("//", &format!("//shop:{PASSWORD}@"));
    for name in ["HTTPS_PROXY", "https_proxy", "ALL_PROXY"] {
        cloud.forget();
        let mut variables = cloud.environment_client_secret();
        variables.retain(|(name, _)| name != "HTTPS_PROXY");
        variables.push((name.to_owned(), url.clone()));
        let outcome = run(&variables, &project(), &GET).output().code(0);
        assert_eq!((outcome.stdout(), outcome.stderr()), (MARKER, ""));
        // All of it went that way, and none of it past the proxy.
        assert_eq!(cloud.tunnels(), [""; 0]);
        for request in cloud.requests() {
            assert_eq!(request.header("proxy-authorization"), None);
        }
    }
    let mut hosts = proxy.hosts();
    hosts.sort_unstable();
    hosts.dedup();
    let wanted = ["login.microsoftonline.com:443", "shop.vault.azure.net:443"];
    assert_eq!(hosts, wanted);
    for asked in proxy.asked() {
        // `shop:proxy-marker-83aa`.
        let login = "Basic c2hvcDpwcm94eS1tYXJrZXItODNhYQ==";
        assert_eq!(asked.authorization.as_deref(), Some(login));
    }
}

/// A proxy that answers so to all; how often it was asked.
fn answering(answer: &'static str) -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = listener.local_addr().unwrap();
    let count = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&count);
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let counted = Arc::clone(&counted);
            std::thread::spawn(move || {
                let mut head = [0; 4096];
                if matches!(stream.read(&mut head), Ok(1..)) {
                    counted.fetch_add(1, Ordering::SeqCst);
                    drop(stream.write_all(answer.as_bytes()));
                }
            });
        }
    });
    (format!("http://shop:{PASSWORD}@{address}"), count)
}

#[test]
fn a_proxy_that_lets_nothing_through() {
    let cloud = cloud();
    let variables = cloud.environment_client_secret();
    for (name, answer) in [
        (
            "wants_login",
            "HTTP/1.1 407 Proxy Authentication Required\r\nproxy-authenticate: Basic\r\ncontent-length: 0\r\n\r\n",
        ),
        (
            "refuses",
            "HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n",
        ),
        (
            "page",
            "HTTP/1.1 502 Bad Gateway\r\ncontent-type: text/html\r\ncontent-length: 19\r\n\r\nproxy-marker-83aa!!",
        ),
    ] {
        let (proxy, count) = answering(answer);
        let variables = with(&variables, &[("HTTPS_PROXY", &proxy)]);
        fails(&format!("proxy_{name}"), &cloud, &project(), &variables);
        // For the token, and for the connection that is opened ahead.
        let count = count.load(Ordering::SeqCst);
        assert!((1..=2).contains(&count), "{count}");
    }
    let gone = format!("http://shop:{PASSWORD}@{}", Faults::refused());
    let gone = with(&variables, &[("HTTPS_PROXY", &gone)]);
    fails("proxy_gone", &cloud, &project(), &gone);
    let no_url = format!("http://shop:{PASSWORD}@[::");
    let no_url = with(&variables, &[("HTTPS_PROXY", &no_url)]);
    fails("proxy_no_url", &cloud, &project(), &no_url);
    assert_eq!(cloud.connections(), 0);
}

#[test]
fn no_proxy_names_hosts_that_are_asked_directly() {
    // A name that no DNS has (RFC 6761): asked directly, it is not found, and through the proxy it is.
    let project = Project::new(
        "[providers.tokens]\nkind = \"entra\"\nauthority = \"https://login.test:8443\"\n\n\
         [env]\nA = \"${tokens://azure-sql}\"\n",
    );
    for (variable, exceptions, is_direct) in [
        ("NO_PROXY", "", false),
        ("NO_PROXY", "other.test,login.example", false),
        ("NO_PROXY", "login.test", true),
        ("NO_PROXY", "other.example, .test", true),
        ("no_proxy", "*", true),
    ] {
        let cloud = cloud();
        let variables = with(
            &cloud.environment_client_secret(),
            &[(variable, exceptions)],
        );
        let arguments: Vec<&str> = ["--deadline", "3"].into_iter().chain(EXEC).collect();
        let outcome = run(&variables, &project, &arguments).output();
        assert!(!outcome.status.success());
        let mut asked = cloud.tunnels();
        asked.dedup();
        let wanted: &[&str] = if is_direct { &[] } else { &["login.test:8443"] };
        assert_eq!(asked, wanted, "{exceptions}");
    }
}

#[test]
fn a_managed_identity_is_never_asked_through_a_proxy() {
    let cloud = cloud();
    let http = Connect::start(cloud.http_address());
    let url = cloud.http_url();
    for endpoint in [url.clone(), url.replace("127.0.0.1", "localhost")] {
        cloud.forget();
        let variables = with(
            &cloud.environment_app_service(),
            &[
                ("IDENTITY_ENDPOINT", &format!("{endpoint}/msi/token")),
                ("HTTP_PROXY", &http.url()),
                ("http_proxy", &http.url()),
                ("ALL_PROXY", &http.url()),
                // Whatever else is an exception.
                ("NO_PROXY", "example.org"),
            ],
        );
        let outcome = run(&variables, &project(), &GET).output().code(0);
        assert_eq!(outcome.stdout(), MARKER);
        made(&cloud, &[("msi.token", 1), ("vault.get", 1)]);
        assert_eq!(http.asked(), []);
        let mut tunnels = cloud.tunnels();
        tunnels.dedup();
        assert_eq!(tunnels, ["shop.vault.azure.net:443"]);
    }
}
