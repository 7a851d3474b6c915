//! Several regions: the next is asked where one is unavailable, and only then.

use std::thread;
use std::time::{Duration, Instant};

use super::{Certificate, Connect, EXEC, Project, Rule, Store, Then, Tls, VALUE, fails};

const FIRST: &str = "eu-west-1";
const SECOND: &str = "eu-central-1";

/// A kind of store, what asks it for one secret, and its host's first name.
const STORES: [(&str, &str, &str); 2] = [
    ("aws-ssm", "/shop/a", "ssm"),
    ("aws-secrets", "shop", "secretsmanager"),
];

/// An account whose second region has the value. The first has nothing.
fn second_region() -> Store {
    Store::with(
        "client('ssm', region_name='eu-central-1').put_parameter(Name='/shop/a', Value=sys.argv[1], Type='SecureString')\n\
         client('secretsmanager', region_name='eu-central-1').create_secret(Name='shop', SecretString=sys.argv[1])",
        &[VALUE],
    )
}

fn project(kind: &str, name: &str) -> Project {
    Project::new(&format!(
        "[providers.secrets]\nkind = \"{kind}\"\nregions = [\"{FIRST}\", \"{SECOND}\"]\n\n\
         [env]\nA = \"${{secrets://{name}}}\"\n"
    ))
}

/// The regions that were asked, in order.
fn regions(store: &Store) -> Vec<String> {
    let requests = store.faults.requests().into_iter();
    requests
        .map(|request| request.region().unwrap().to_owned())
        .collect()
}

#[test]
fn the_second_region_answers_for_one_that_is_down() {
    for (kind, name, _) in STORES {
        let project = project(kind, name);
        for then in [
            Then::status(503),
            Then::Html { code: 502 },
            Then::error(500, "InternalServerError"),
            Then::Reset,
            Then::Truncated,
        ] {
            let store = second_region();
            let what = format!("{kind} {then:?}");
            store.faults.script([Rule::always(then).in_region(FIRST)]);
            let run = store.run(&project, &["get", &format!("secrets://{name}")]);
            assert_eq!(run.output().code(0).stdout(), VALUE, "{what}");
            assert_eq!(regions(&store), [FIRST, SECOND], "{what}");
        }
    }
}

#[test]
fn a_region_that_cannot_be_reached_is_passed_over() {
    for (kind, name, host) in STORES {
        let store = second_region();
        let certificate = Certificate::GoodFor(vec![
            format!("*.{FIRST}.amazonaws.com"),
            format!("*.{SECOND}.amazonaws.com"),
        ]);
        let tls = Tls::start(store.faults.address(), &certificate);
        let first = format!("{host}.{FIRST}.amazonaws.com");
        let proxy = Connect::start(tls.address()).refuse(&first);
        let project = project(kind, name);
        let variables = store.account.credentials();
        let run = variables
            .iter()
            .fold(
                project.nuages(["get", &format!("secrets://{name}")]),
                |run, (name, value)| run.env(name, value),
            )
            .env("HTTPS_PROXY", proxy.url())
            .env("AWS_CA_BUNDLE", tls.ca_file());
        assert_eq!(run.output().code(0).stdout(), VALUE);
        let second = format!("{host}.{SECOND}.amazonaws.com");
        assert_eq!(
            proxy.hosts(),
            [first, second].map(|host| format!("{host}:443"))
        );
        assert_eq!(regions(&store), [SECOND]);
    }
}

#[test]
fn a_region_that_says_nothing_is_given_five_seconds() {
    thread::scope(|scope| {
        for (kind, name, _) in STORES {
            scope.spawn(move || {
                let (store, project) = (second_region(), project(kind, name));
                store
                    .faults
                    .script([Rule::always(Then::BlackHole).in_region(FIRST)]);
                let start = Instant::now();
                let run = store.run(&project, &["get", &format!("secrets://{name}")]);
                assert_eq!(run.output().code(0).stdout(), VALUE, "{kind}");
                let took = start.elapsed();
                assert!(took >= Duration::from_secs(5), "{kind}: {took:?}");
                assert!(took < Duration::from_secs(12), "{kind}: {took:?}");
                assert_eq!(regions(&store), [FIRST, SECOND], "{kind}");
            });
        }
    });
}

#[test]
fn a_region_that_answers_is_the_only_one_asked() {
    for (kind, name, _) in STORES {
        let project = project(kind, name);
        for then in [
            // The first region itself, which has no such secret.
            Then::Pass,
            Then::error(400, "ResourceNotFoundException"),
            Then::error(400, "AccessDeniedException"),
            Then::error(400, "ExpiredTokenException"),
            Then::error(400, "ThrottlingException"),
            Then::Html { code: 200 },
        ] {
            let store = second_region();
            let what = format!("{kind} {then:?}");
            store.faults.script([Rule::always(then).in_region(FIRST)]);
            // Throttling is waited out until the deadline; the proxy itself says it, and at once.
            let deadline = if what.contains("Throttling") {
                "3"
            } else {
                "30"
            };
            let arguments: Vec<&str> = ["--deadline", deadline].into_iter().chain(EXEC).collect();
            store
                .run(&project, &arguments)
                .output()
                .code(4)
                .silent_about(&[VALUE]);
            let asked = regions(&store);
            assert!(!asked.is_empty(), "{what}");
            assert!(
                asked.iter().all(|region| region == FIRST),
                "{what}: {asked:?}"
            );
        }
    }
}

#[test]
fn all_regions_down_are_asked_as_often_as_one_is() {
    for (kind, name, host) in STORES {
        let (store, project) = (second_region(), project(kind, name));
        store.faults.script([Rule::always(Then::status(503))]);
        fails(
            &format!("regions_down_{host}"),
            &project,
            store.run(&project, &EXEC),
        );
        assert_eq!(
            regions(&store),
            [FIRST, SECOND, FIRST, SECOND, FIRST, SECOND]
        );
    }
}

#[test]
fn a_reference_that_names_its_region_is_asked_for_there_alone() {
    let store = second_region();
    store.faults.script([Rule::always(Then::status(503))]);
    let project = project("aws-ssm", "/shop/a?region=eu-west-3");
    store.run(&project, &EXEC).output().code(4);
    assert_eq!(regions(&store), ["eu-west-3"; 3]);
}
