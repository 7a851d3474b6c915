//! Through a proxy and past it, and a network that opens TLS with an authority of its own.

use std::time::{Duration, Instant};

use super::{Answer, BOTH, Cloud, EXEC, Fake, PASSWORD, Project, VALUE, fails};
use crate::support::faults::Faults;

const HOSTS: [&str; 2] = [
    "ssm.eu-west-1.amazonaws.com:443",
    "secretsmanager.eu-west-1.amazonaws.com:443",
];

#[test]
fn everything_goes_through_the_proxy_to_an_authority_of_the_network() {
    let cloud = Cloud::of(&["*.eu-west-1.amazonaws.com"]);
    cloud.store.python(
        "client('ssm').put_parameter(Name='/shop/a', Value=sys.argv[1], Type='SecureString')\n\
         client('secretsmanager').create_secret(Name='shop', SecretString=sys.argv[1])",
        &[VALUE],
    );
    let role = format!("arn:aws:iam::{}:role/shop", cloud.store.account.id());
    let project = Project::new(&format!(
        "{BOTH}C = \"${{role:///shop/a}}\"\n\n[providers.role]\nkind = \"aws-ssm\"\nrole_arn = \"{role}\"\n"
    ));
    let run = cloud.run(&project, &["render", "json"]);
    let outcome = run.output().code(0);
    assert_eq!(outcome.stdout().matches(VALUE).count(), 3);
    let mut hosts = cloud.hosts();
    hosts.dedup();
    let mut wanted = HOSTS.to_vec();
    wanted.extend(["sts.eu-west-1.amazonaws.com:443"]);
    wanted.sort_unstable();
    assert_eq!(hosts, wanted);
    // One of each host at least; a connection that another one made needless may end before its handshake.
    let handshakes = wanted.len()..=cloud.proxy.hosts().len();
    assert!(handshakes.contains(&cloud.tls.handshakes()));
}

#[test]
fn the_proxys_password_is_for_the_proxy() {
    let cloud = Cloud::mute(&["*.eu-west-1.amazonaws.com"]);
    let project = Project::new(BOTH);
    let with_login = |url: &str| url.replace("//", &format!("//shop:{PASSWORD}@"));
    let run = cloud
        .run(&project, &EXEC)
        .env("HTTPS_PROXY", with_login(&cloud.proxy.url()));
    run.output().code(4).silent_about(&[PASSWORD]);
    assert_eq!(cloud.proxy.asked().len(), 2);
    for asked in cloud.proxy.asked() {
        // `shop:proxy-marker-83aa`.
        let login = "Basic c2hvcDpwcm94eS1tYXJrZXItODNhYQ==";
        assert_eq!(asked.authorization.as_deref(), Some(login));
    }
    for request in cloud.store.faults.requests() {
        assert_eq!(request.header("proxy-authorization"), None);
    }

    let project = Project::new("[env]\nA = \"${aws-ssm:///shop/a}\"\n");
    let told =
        |status| move |_: &_| -> Option<Answer> { Some((status, Vec::new(), String::new())) };
    for (name, status) in [("proxy_wants_login", 407), ("proxy_refuses", 403)] {
        let proxy = Fake::start(told(status));
        let run = cloud
            .run(&project, &EXEC)
            .env("HTTPS_PROXY", with_login(&proxy.url()));
        fails(name, &project, run);
        assert_eq!(proxy.paths(), [format!("CONNECT {}", HOSTS[0])]);
    }
    let gone = format!("http://{}", Faults::refused());
    let run = cloud
        .run(&project, &EXEC)
        .env("HTTPS_PROXY", with_login(&gone));
    fails("proxy_gone", &project, run);
    let run = cloud
        .run(&project, &EXEC)
        .env("HTTPS_PROXY", format!("http://shop:{PASSWORD}@[::"));
    fails("proxy_no_url", &project, run);
}

#[test]
fn no_proxy_names_hosts_that_are_asked_directly() {
    // A name that no DNS has (RFC 6761): asked directly, it is not found, and through the proxy it is.
    let project = Project::new(
        "[providers.secrets]\nkind = \"aws-ssm\"\nendpoint = \"https://vault.test:8443\"\n\n\
         [env]\nA = \"${secrets:///shop/a}\"\n",
    );
    for (variable, exceptions, is_direct) in [
        ("NO_PROXY", "", false),
        ("NO_PROXY", "other.test,vault.example", false),
        ("NO_PROXY", "vault.test", true),
        ("NO_PROXY", "other.example, .test", true),
        ("no_proxy", "*", true),
    ] {
        let cloud = Cloud::mute(&["vault.test"]);
        let arguments: Vec<&str> = ["--deadline", "2"].into_iter().chain(EXEC).collect();
        let outcome = cloud
            .run(&project, &arguments)
            .env(variable, exceptions)
            .output();
        assert!(!outcome.status.success());
        let wanted: &[&str] = if is_direct { &[] } else { &["vault.test:8443"] };
        assert_eq!(cloud.proxy.hosts(), wanted, "{exceptions}");
    }
}

#[test]
fn an_authority_that_is_not_trusted_is_told_at_once() {
    let cloud = Cloud::mute(&["*.eu-west-1.amazonaws.com"]);
    let project = Project::new("[env]\nA = \"${aws-ssm:///shop/a}\"\n");
    let mut quickest = Duration::MAX;
    for run in 1..=3 {
        let untold = cloud.run(&project, &EXEC).env("AWS_CA_BUNDLE", "");
        let start = Instant::now();
        fails("authority_not_trusted", &project, untold);
        quickest = quickest.min(start.elapsed());
        // One connection a run: it would be the same certificate again.
        assert_eq!(
            (cloud.proxy.hosts().len(), cloud.tls.handshakes()),
            (run, 0)
        );
    }
    assert!(quickest < Duration::from_secs(2), "{quickest:?}");
}

#[test]
fn metadata_is_never_asked_through_a_proxy() {
    let cloud = Cloud::mute(&["*.eu-west-1.amazonaws.com"]);
    let machine = Fake::start(|_| Some((404, Vec::new(), String::new())));
    let project = Project::new("[env]\nA = \"${aws-ssm:///shop/a}\"\n");
    let nameless = |endpoint: &str| {
        cloud
            .run(&project, &EXEC)
            .env("AWS_ACCESS_KEY_ID", "")
            .env("AWS_SECRET_ACCESS_KEY", "")
            .env("ALL_PROXY", cloud.proxy.url())
            .env("AWS_EC2_METADATA_SERVICE_ENDPOINT", endpoint)
            .output()
            .code(4)
    };
    nameless(&machine.url());
    assert!(machine.connections() > 0);
    // The service's own address, which is nobody's here.
    let outcome = nameless("http://[fd00:ec2::254]");
    assert!(
        outcome.stderr().contains("instance metadata: "),
        "{}",
        outcome.stderr()
    );
    assert_eq!(cloud.proxy.asked(), []);
}
