//! Logins that fail and the many ways to make one there.

use std::{fs, os::unix::fs::PermissionsExt as _};

use nuages::value::Table;

use super::{app, at, login, server};
use crate::{
    LONG, ask, ask_within, fact, ids, note,
    support::postgres::{APP, CertificateName, More, Postgres, free_port},
};

#[test]
fn a_login_that_fails_is_told_by_its_cause() {
    let _kept = server();
    let named = |settings: &mut Table, key: &str, value: &str| {
        settings.insert(key, nuages::value::Value::plain(value));
    };
    let heard = ask(&login(APP.name, "wrong-password", &[]));
    assert_eq!(ids(&heard), ["SV001"]);
    assert_eq!(heard.told[0].key, "PASSWORD");
    assert!(note(&heard, "SV001").ends_with("(28P01)"), "{heard:#?}");
    assert!(!format!("{heard:?}").contains("wrong-password"));

    let heard = ask(&login(APP.name, "", &[]));
    assert!(
        note(&heard, "SV001").contains("there is none"),
        "{heard:#?}"
    );

    let mut settings = app(&[]);
    named(&mut settings, "NAME", "nowhere");
    let heard = ask(&settings);
    assert_eq!(
        (ids(&heard), heard.told[0].key.as_str()),
        (vec!["SV006"], "NAME")
    );
    named(&mut settings, "NAME", "closed");
    assert!(note(&ask(&settings), "SV006").contains("CONNECT"));

    let mut settings = app(&[]);
    named(&mut settings, "PORT", &free_port().to_string());
    let heard = ask(&settings);
    assert_eq!(
        (ids(&heard), heard.told[0].key.as_str()),
        (vec!["SV002"], "HOST")
    );
    assert!(
        note(&heard, "SV002").contains("refuses connections"),
        "{heard:#?}"
    );

    let mut settings = app(&[]);
    named(&mut settings, "HOST", "no-such-host.invalid");
    assert!(note(&ask(&settings), "SV002").contains("not known"));

    let heard = ask(&login(
        "by_tls_only",
        "secret-of-tls",
        &[("sslmode", "disable")],
    ));
    assert_eq!(ids(&heard), ["SV001"]);
    // `prefer` goes on without TLS where the server takes nobody with it, and tells the first cause.
    let heard = ask(&login("by_no_tls", "secret-of-none", &[]));
    assert_eq!(fact(&heard, "/tls/in_use"), false);
    let heard = ask(&login("by_no_tls", "wrong-password", &[]));
    assert!(note(&heard, "SV001").ends_with("(28000)"), "{heard:#?}");
    // `allow` goes on with TLS then.
    let heard = ask(&login(
        "by_tls_only",
        "secret-of-tls",
        &[("sslmode", "allow")],
    ));
    assert_eq!(fact(&heard, "/tls/in_use"), true);
}

#[test]
fn a_password_file_and_lists_of_hosts_are_honoured() {
    let _kept = server();
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("pgpass");
    let line = |password: &str| password.replace('\\', "\\\\").replace(':', "\\:");
    fs::write(
        &file,
        format!("localhost:*:shop:{}:{}\n", APP.name, line(APP.password)),
    )
    .unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
    let path = file.display().to_string();
    let heard = ask(&login(APP.name, "", &[("passfile", &path)]));
    assert_eq!(fact(&heard, "/user"), APP.name);
    let environment = vec![("PGPASSFILE".into(), file.clone().into())];
    let heard = ask_within(&login(APP.name, "", &[]), &environment, None, false, LONG);
    assert_eq!(fact(&heard, "/user"), APP.name);
    // PGPASSWORD comes first, as with libpq.
    let environment = vec![
        ("PGPASSWORD".into(), "stale".into()),
        ("PGPASSFILE".into(), file.clone().into()),
    ];
    let heard = ask_within(&login(APP.name, "", &[]), &environment, None, false, LONG);
    assert_eq!(ids(&heard), ["SV001"]);
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
    let heard = ask(&login(APP.name, "", &[("passfile", &path)]));
    assert!(
        note(&heard, "SV001").contains("libpq ignores it"),
        "{heard:#?}"
    );

    let mut settings = app(&[("target_session_attrs", "read-write")]);
    settings.insert("HOST", nuages::value::Value::plain("localhost,localhost"));
    let ports = format!("{},{}", free_port(), server().port());
    settings.insert("PORT", nuages::value::Value::plain(ports));
    assert_eq!(fact(&ask(&settings), "/user"), APP.name);
    let heard = ask(&app(&[
        ("target_session_attrs", "read-write"),
        ("options", "-c default_transaction_read_only=on"),
    ]));
    assert_eq!(ids(&heard), ["SV002"], "{heard:#?}");
    let heard = ask(&app(&[("target_session_attrs", "prefer-standby")]));
    assert_eq!(fact(&heard, "/user"), APP.name);
    let heard = ask(&app(&[("target_session_attrs", "standby")]));
    assert!(
        note(&heard, "SV002").contains("target_session_attrs"),
        "{heard:#?}"
    );
}

#[test]
fn a_socket_is_told_as_one() {
    let _kept = server();
    let mut settings = login("root", "", &[]);
    settings.insert(
        "HOST",
        nuages::value::Value::plain(server().data().display().to_string()),
    );
    let heard = ask(&settings);
    if rustix::process::geteuid().is_root() {
        assert_eq!(fact(&heard, "/tls/channel"), "socket");
        assert_eq!(fact(&heard, "/method/strength"), "unknown");
        assert_eq!(fact(&heard, "/local"), true);
    } else {
        assert_eq!(ids(&heard), ["SV001"]);
    }
    settings.insert("HOST", nuages::value::Value::plain("/nowhere"));
    assert!(note(&ask(&settings), "SV002").contains("is not there"));
}

#[test]
fn a_certificate_of_the_client_is_shown() {
    let directory = tempfile::tempdir().unwrap();
    // The server reads the authority as another user.
    fs::set_permissions(directory.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let write = |name: &str, mode: u32, text: String| {
        let path = directory.path().join(name);
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        path.display().to_string()
    };
    let key = rcgen::KeyPair::generate().unwrap();
    let mut root = rcgen::CertificateParams::new(Vec::new()).unwrap();
    root.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let authority = write("ca.pem", 0o644, root.self_signed(&key).unwrap().pem());
    let issuer = rcgen::Issuer::new(root, key);
    let own = rcgen::KeyPair::generate().unwrap();
    let mut leaf = rcgen::CertificateParams::new(Vec::new()).unwrap();
    leaf.distinguished_name = rcgen::DistinguishedName::new();
    leaf.distinguished_name
        .push(rcgen::DnType::CommonName, "by_certificate");
    let certificate = write(
        "client.pem",
        0o644,
        leaf.signed_by(&own, &issuer).unwrap().pem(),
    );
    let key = write("client.key", 0o600, own.serialize_pem());
    let open_key = write("open.key", 0o644, own.serialize_pem());
    let server = Postgres::start_with(
        CertificateName::Localhost,
        More {
            configuration: &format!("ssl_ca_file = '{authority}'\n"),
            logins: Some("hostssl all all all cert\n"),
            statements: ["CREATE ROLE by_certificate LOGIN", ""],
        },
    );
    let settings = |options: &[(&str, &str)]| at(&server, "by_certificate", "", options);
    let heard = ask(&settings(&[
        ("sslmode", "require"),
        ("sslcert", &certificate),
        ("sslkey", &key),
    ]));
    assert_eq!(fact(&heard, "/user"), "by_certificate");
    assert_eq!(fact(&heard, "/method/strength"), "unknown");
    assert!(!ids(&heard).contains(&"SV042"), "{heard:#?}");
    let heard = ask(&settings(&[("sslmode", "require")]));
    assert_eq!(heard.outcome, "refused", "{heard:#?}");
    let heard = ask(&settings(&[
        ("sslmode", "require"),
        ("sslcert", &certificate),
        ("sslkey", &open_key),
    ]));
    assert_eq!(ids(&heard), ["SV007"]);
    assert_eq!(heard.told[0].key, "OPTIONS.sslkey");
}

#[test]
fn what_is_not_honoured_is_named() {
    let _kept = server();
    for (option, value) in [
        ("sslcrl", "/etc/crl.pem"),
        ("gssencmode", "require"),
        ("service", "shop"),
        ("requirepeer", "postgres"),
        ("sslmode", "bogus"),
        ("ssl_max_protocol_version", "TLSv1.1"),
    ] {
        let heard = ask(&app(&[(option, value)]));
        assert_eq!(heard.outcome, "not looked at", "{heard:#?}");
        assert!(heard.lines[0].contains(option), "{heard:#?}");
        assert!(ids(&heard).is_empty());
    }
    let environment = vec![("PGSSLCRL".into(), "/etc/crl.pem".into())];
    let heard = ask_within(&app(&[]), &environment, None, false, LONG);
    assert!(heard.lines[0].contains("PGSSLCRL"), "{heard:#?}");
    let mut settings = app(&[]);
    settings.remove("USER");
    assert_eq!(ask(&settings).outcome, "not looked at");
}
