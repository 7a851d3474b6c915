//! Logins without a server.

use std::{ffi::OsString, sync::Arc};

use super::*;
use crate::{
    check::server::Variables,
    value::{Table, Text},
};

fn job(keys: &[(&str, &str)], options: &[(&str, &str)], environment: &[(&str, &str)]) -> Job {
    let text = |(key, value): &(&str, &str)| ((*key).to_owned(), Value::plain(*value));
    let mut settings: Table = keys.iter().map(text).collect();
    settings.insert("ENGINE", Value::plain("django.db.backends.postgresql"));
    settings.insert("PASSWORD", Value::Text(Text::secret("a secret")));
    settings.insert("OPTIONS", Value::Table(options.iter().map(text).collect()));
    let variables: Variables = environment
        .iter()
        .map(|(name, value)| (OsString::from(name), OsString::from(value)))
        .collect();
    Job {
        alias: "default".to_owned(),
        settings,
        environment: Arc::new(variables),
        python: None,
        within: Duration::from_secs(1),
    }
}

fn shop(options: &[(&str, &str)], environment: &[(&str, &str)]) -> Result<Login, String> {
    let keys = [("NAME", "shop"), ("USER", "ann"), ("HOST", "db.example")];
    read(&job(&keys, options, environment)).map_err(|stop| format!("{stop:?}"))
}

#[test]
fn keys_come_before_variables_and_those_before_defaults() {
    let login = shop(
        &[("sslmode", "disable")],
        &[
            ("PGSSLMODE", "require"),
            ("PGHOST", "other"),
            ("PGPORT", "6432"),
        ],
    );
    let login = login.unwrap_or_else(|why| panic!("{why}"));
    assert_eq!(login.mode, Mode::Disable);
    assert_eq!(
        (login.hosts[0].name.as_str(), login.hosts[0].port),
        ("db.example", 6432)
    );
    assert_eq!(
        (login.user.as_str(), login.database.as_str()),
        ("ann", "shop")
    );
    let login = shop(&[], &[]).unwrap_or_else(|why| panic!("{why}"));
    assert_eq!(login.mode, Mode::Prefer);
    assert_eq!(login.hosts[0].port, 5432);
    assert!(login.timeout.is_none());
    let login = shop(&[("connect_timeout", "1")], &[]).unwrap_or_else(|why| panic!("{why}"));
    assert_eq!(login.timeout, Some(Duration::from_secs(2)));
}

#[test]
fn lists_go_together() {
    let hosts = |host: &str, port: &str| {
        let keys = [
            ("USER", "ann"),
            ("NAME", "shop"),
            ("HOST", host),
            ("PORT", port),
        ];
        read(&job(&keys, &[], &[])).map(|login| {
            let hosts = login
                .hosts
                .iter()
                .map(|host| format!("{}:{}", host.name, host.port));
            hosts.collect::<Vec<_>>().join(" ")
        })
    };
    assert_eq!(hosts("a,b", "1,2").unwrap(), "a:1 b:2");
    assert_eq!(hosts("a,b", "7").unwrap(), "a:7 b:7");
    assert_eq!(hosts("a,b", ",2").unwrap(), "a:5432 b:2");
    assert!(hosts("a,b", "1,2,3").is_err());
    assert!(hosts("a", "x").is_err());
    assert!(hosts("a", "70000").is_err());
    assert!(hosts("@abstract", "").is_err());
}

#[test]
fn what_is_not_honoured_is_named() {
    for (options, environment, name) in [
        (&[("sslcrl", "/x")][..], &[][..], "OPTIONS.sslcrl"),
        (&[], &[("PGSERVICE", "shop")], "PGSERVICE"),
        (&[("gssencmode", "require")], &[], "OPTIONS.gssencmode"),
        (&[("bogus", "1")], &[], "bogus"),
        (&[("require_auth", "md5,!none")], &[], "require_auth"),
        (
            &[
                ("ssl_min_protocol_version", "TLSv1.3"),
                ("ssl_max_protocol_version", "TLSv1.2"),
            ],
            &[],
            "ssl_max",
        ),
        (
            &[
                ("sslmode", "verify-full"),
                ("sslrootcert", "/nowhere/ca.pem"),
            ],
            &[],
            "sslrootcert",
        ),
    ] {
        let why = shop(options, environment)
            .err()
            .unwrap_or_else(|| panic!("{name} is honoured"));
        assert!(why.contains(name), "{why}");
        assert!(!why.contains("a secret"));
    }
    assert!(
        shop(
            &[
                ("gssencmode", "disable"),
                ("keepalives", "1"),
                ("application_name", "shop")
            ],
            &[]
        )
        .is_ok()
    );
}

#[test]
fn requests_are_allowed_by_name() {
    let allowed = |text: &str, method: &str| Allowed::new(text).unwrap().has(method);
    assert!(allowed("", "password"));
    assert!(allowed("md5, scram-sha-256", "md5"));
    assert!(!allowed("scram-sha-256", "none"));
    assert!(allowed("!password,!md5", "scram-sha-256"));
    assert!(!allowed("!password,!md5", "md5"));
}
