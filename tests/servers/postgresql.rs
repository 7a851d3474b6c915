//! A real PostgreSQL.

mod command;
mod logins;
mod privileges;

use std::{fs, sync::Arc};

use nuages::{check::server::Heard, value::Table};

use super::{LONG, Shared, ask, ask_within, database, fact, ids, note};
use crate::support::postgres::{APP, CertificateName, MIGRATIONS, More, Postgres};

const LOGINS: &str = "\
local   all all             peer
host    all by_md5      all md5
host    all by_clear    all password
host    all by_trust    all trust
hostssl all by_no_tls   all reject
host    all by_no_tls   all scram-sha-256
hostssl all by_tls_only all scram-sha-256
host    all by_tls_only all reject
host    all all         all scram-sha-256
";

const ROLES: &str = "\
CREATE ROLE boss SUPERUSER LOGIN PASSWORD 'secret-of-boss'
CREATE ROLE maker CREATEROLE CREATEDB LOGIN PASSWORD 'secret-of-maker'
CREATE ROLE copier REPLICATION BYPASSRLS LOGIN PASSWORD 'secret-of-copier'
CREATE ROLE reader LOGIN PASSWORD 'secret-of-reader'
GRANT pg_read_all_data, pg_execute_server_program, pg_monitor TO reader
CREATE ROLE rds_superuser CREATEROLE
CREATE ROLE climber NOINHERIT LOGIN PASSWORD 'secret-of-climber'
GRANT rds_superuser, shop_migrations TO climber
CREATE ROLE by_clear LOGIN PASSWORD 'secret-in-clear'
CREATE ROLE by_trust LOGIN
CREATE ROLE by_no_tls LOGIN PASSWORD 'secret-of-none'
CREATE ROLE by_tls_only LOGIN PASSWORD 'secret-of-tls'
CREATE ROLE root LOGIN
CREATE ROLE nosy
CREATE DATABASE closed
REVOKE CONNECT ON DATABASE closed FROM PUBLIC
SET password_encryption = 'md5'
CREATE ROLE by_md5 LOGIN PASSWORD 'secret-of-md5'
";

const TABLES: &str = "\
CREATE TABLE public.things (id int)
ALTER TABLE public.things OWNER TO shop_migrations
GRANT SELECT, INSERT, UPDATE, DELETE ON public.things TO shop_app
CREATE SCHEMA own AUTHORIZATION nosy
CREATE TABLE own.one (id int)
ALTER TABLE own.one OWNER TO nosy
GRANT nosy TO maker
";

static SERVER: Shared<Postgres> = Shared::new();

/// One server for all tests that only look; each keeps it for as long as it runs.
fn server() -> Arc<Postgres> {
    SERVER.get(|| {
        Postgres::start_with(
            CertificateName::Localhost,
            More {
                configuration: "unix_socket_directories = '.'\n",
                logins: Some(LOGINS),
                statements: [ROLES, TABLES],
            },
        )
    })
}

fn login(user: &str, password: &str, options: &[(&str, &str)]) -> Table {
    at(&server(), user, password, options)
}

fn at(server: &Postgres, user: &str, password: &str, options: &[(&str, &str)]) -> Table {
    let port = server.port().to_string();
    let keys = [
        ("NAME", "shop"),
        ("HOST", "localhost"),
        ("PORT", port.as_str()),
        ("USER", user),
        ("PASSWORD", password),
    ];
    let keys: Vec<_> = keys
        .into_iter()
        .filter(|(_, value)| !value.is_empty())
        .collect();
    database("django.db.backends.postgresql", &keys, options)
}

fn app(options: &[(&str, &str)]) -> Table {
    login(APP.name, APP.password, options)
}

fn root_certificate() -> String {
    server().root_certificate().display().to_string()
}

/// Neither a password nor anything else that is secret is in what is told.
fn holds_no_secret(heard: &Heard) {
    let text = format!("{heard:?}");
    for secret in [
        APP.password,
        MIGRATIONS.password,
        "secret-of-",
        "secret-in-clear",
    ] {
        assert!(!text.contains(secret), "{text}");
    }
}

#[test]
fn tls_is_told_as_it_is() {
    let _kept = server();
    let root = root_certificate();
    for (options, version, verified) in [
        (
            &[("sslmode", "verify-full"), ("sslrootcert", root.as_str())][..],
            "TLSv1.3",
            "identity",
        ),
        (
            &[("sslmode", "verify-ca"), ("sslrootcert", root.as_str())],
            "TLSv1.3",
            "authority",
        ),
        (&[("sslmode", "require")], "TLSv1.3", "nothing"),
        // libpq verifies where the file is there.
        (
            &[("sslmode", "require"), ("sslrootcert", root.as_str())],
            "TLSv1.3",
            "authority",
        ),
        (&[], "TLSv1.3", "nothing"),
        (
            &[
                ("sslmode", "require"),
                ("ssl_max_protocol_version", "TLSv1.2"),
            ],
            "TLSv1.2",
            "nothing",
        ),
    ] {
        let heard = ask(&app(options));
        assert_eq!(fact(&heard, "/tls/in_use"), true, "{options:?}");
        assert_eq!(fact(&heard, "/tls/version"), version, "{options:?}");
        assert_eq!(fact(&heard, "/tls/verified"), verified, "{options:?}");
        assert_eq!(
            fact(&heard, "/tls/names"),
            &serde_json::json!(["localhost"])
        );
        assert_eq!(fact(&heard, "/tls/ends_before_server"), false);
        let expires = fact(&heard, "/tls/expires").as_str().unwrap_or_default();
        assert!(expires.ends_with('Z'), "{heard:#?}");
        holds_no_secret(&heard);
    }
    let heard = ask(&app(&[("sslmode", "disable")]));
    assert_eq!(fact(&heard, "/tls/in_use"), false);
    assert_eq!(fact(&heard, "/tls/channel"), "network");
    assert!(heard.lines[1].contains("not encrypted"), "{heard:#?}");
}

#[test]
fn a_server_that_cannot_show_who_it_is_is_refused() {
    let _kept = server();
    let directory = tempfile::tempdir().unwrap();
    let other = directory.path().join("other.pem");
    let key = rcgen::KeyPair::generate().unwrap();
    let mut authority = rcgen::CertificateParams::new(Vec::new()).unwrap();
    authority.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    fs::write(&other, authority.self_signed(&key).unwrap().pem()).unwrap();
    let other = other.display().to_string();
    for mode in ["verify-full", "verify-ca", "require"] {
        let heard = ask(&app(&[("sslmode", mode), ("sslrootcert", &other)]));
        assert_eq!(heard.outcome, "refused", "{heard:#?}");
        assert_eq!(ids(&heard), ["SV003"], "{mode}");
        assert_eq!(heard.told[0].key, "OPTIONS.sslmode");
        assert!(
            note(&heard, "SV003").contains("no authority that is trusted"),
            "{heard:#?}"
        );
        holds_no_secret(&heard);
    }
    // libpq goes on without TLS, and so it is.
    let heard = ask(&app(&[("sslmode", "prefer"), ("sslrootcert", &other)]));
    assert_eq!(fact(&heard, "/tls/in_use"), false);

    let missing = directory.path().join("missing.pem").display().to_string();
    let heard = ask(&app(&[
        ("sslmode", "verify-full"),
        ("sslrootcert", &missing),
    ]));
    assert_eq!(ids(&heard), ["SV007"]);
    assert_eq!(heard.told[0].key, "OPTIONS.sslrootcert");

    let system = directory.path().join("system.pem");
    fs::copy(server().root_certificate(), &system).unwrap();
    let environment = vec![("SSL_CERT_FILE".into(), system.into())];
    let settings = app(&[("sslmode", "verify-full"), ("sslrootcert", "system")]);
    let heard = ask_within(&settings, &environment, None, false, LONG);
    assert_eq!(fact(&heard, "/tls/verified"), "identity");
    let heard = ask(&app(&[("sslmode", "require"), ("sslrootcert", "system")]));
    assert_eq!(ids(&heard), ["SV007"]);
}

#[test]
fn a_certificate_for_another_name_is_told() {
    let _kept = server();
    let server = Postgres::start_as(CertificateName::Elsewhere);
    let root = server.root_certificate().display().to_string();
    let options = |mode| [("sslmode", mode), ("sslrootcert", root.as_str())];
    let heard = ask(&at(
        &server,
        APP.name,
        APP.password,
        &options("verify-full"),
    ));
    assert_eq!(ids(&heard), ["SV003"]);
    assert!(
        note(&heard, "SV003").contains("db.elsewhere.example"),
        "{heard:#?}"
    );
    let heard = ask(&at(&server, APP.name, APP.password, &options("verify-ca")));
    assert_eq!(fact(&heard, "/tls/verified"), "authority");
    // Without TLS this one takes nobody.
    let heard = ask(&at(
        &server,
        APP.name,
        APP.password,
        &[("sslmode", "disable")],
    ));
    assert_eq!(ids(&heard), ["SV001"]);
    assert!(note(&heard, "SV001").ends_with("(28000)"), "{heard:#?}");
}

#[test]
fn a_server_without_tls_is_told() {
    let server = Postgres::start_with(
        CertificateName::Localhost,
        More {
            configuration: "ssl = off\npassword_encryption = 'md5'\n",
            logins: Some("host all all all md5\n"),
            ..More::default()
        },
    );
    let heard = ask(&at(&server, APP.name, APP.password, &[]));
    assert_eq!(fact(&heard, "/tls/in_use"), false);
    assert_eq!(fact(&heard, "/method/name"), "md5");
    assert_eq!(fact(&heard, "/weak_password_storage"), "md5");
    assert!(ids(&heard).contains(&"SV043"), "{heard:#?}");
    let heard = ask(&at(
        &server,
        APP.name,
        APP.password,
        &[("sslmode", "require")],
    ));
    assert_eq!(ids(&heard), ["SV004"]);
    assert_eq!(heard.told[0].key, "OPTIONS.sslmode");
}

#[test]
fn the_proof_that_the_server_asked_for_is_told() {
    let _kept = server();
    let root = root_certificate();
    let verified = [("sslmode", "verify-full"), ("sslrootcert", root.as_str())];
    let method = |heard: &Heard| fact(heard, "/method/name").as_str().unwrap().to_owned();

    let heard = ask(&app(&verified));
    assert_eq!(method(&heard), "SCRAM-SHA-256-PLUS");
    let heard = ask(&app(&[
        ("sslmode", "require"),
        ("channel_binding", "disable"),
    ]));
    assert_eq!(method(&heard), "SCRAM-SHA-256");
    let heard = ask(&app(&[
        ("sslmode", "disable"),
        ("channel_binding", "require"),
    ]));
    assert_eq!(ids(&heard), ["SV005"], "{heard:#?}");

    let heard = ask(&login("by_md5", "secret-of-md5", &verified));
    assert_eq!(method(&heard), "md5");
    assert!(ids(&heard).contains(&"SV040"), "{heard:#?}");
    let heard = ask(&login(
        "by_md5",
        "secret-of-md5",
        &[("require_auth", "scram-sha-256")],
    ));
    assert_eq!(ids(&heard), ["SV005"], "{heard:#?}");
    let heard = ask(&login(
        "by_md5",
        "secret-of-md5",
        &[("require_auth", "!password,!none")],
    ));
    assert_eq!(method(&heard), "md5");

    // The password itself goes to a server that was verified, and to no other.
    let heard = ask(&login("by_clear", "secret-in-clear", &verified));
    assert_eq!(fact(&heard, "/method/strength"), "clear");
    assert!(ids(&heard).contains(&"SV041"));
    for mode in ["disable", "prefer", "require"] {
        let heard = ask(&login("by_clear", "secret-in-clear", &[("sslmode", mode)]));
        assert_eq!(ids(&heard), ["SV005"], "{mode} {heard:#?}");
        assert!(note(&heard, "SV005").contains("was not sent"));
        holds_no_secret(&heard);
    }

    let heard = ask(&login("by_trust", "", &verified));
    assert_eq!(fact(&heard, "/method/strength"), "absent");
    assert!(ids(&heard).contains(&"SV042"));
}

#[test]
fn the_clock_of_this_machine_is_the_one_here() {
    let _kept = server();
    let heard = ask(&app(&[]));
    let apart = fact(&heard, "/clock/at_least_seconds").as_f64().unwrap();
    assert!(apart.abs() < 1.0, "{heard:#?}");
    assert!(
        fact(&heard, "/clock/give_or_take_seconds")
            .as_f64()
            .unwrap()
            < 5.0
    );
}
