//! A real MariaDB.

use std::{fs, path::PathBuf, sync::Arc};

use nuages::{
    check::server::Heard,
    value::{Table, Value},
};
use tempfile::TempDir;

use super::{LONG, Shared, ask, ask_within, database, fact, ids, note};
use crate::support::{mariadb::Mariadb, postgres::free_port};

const PASSWORD: &str = "MainSecret1";

const LOGINS: &str = "\
CREATE USER boss@'%' IDENTIFIED BY 'secretOfBoss';
GRANT ALL PRIVILEGES ON *.* TO boss@'%' WITH GRANT OPTION;
CREATE USER app@'%' IDENTIFIED BY 'secretOfApp';
GRANT SELECT, INSERT, UPDATE, DELETE ON shop.* TO app@'%';
CREATE USER busy@'%' IDENTIFIED BY 'secretOfBusy';
GRANT FILE, PROCESS, CREATE USER, RELOAD, SELECT ON *.* TO busy@'%';
GRANT ALTER ON shop.things TO busy@'%';
CREATE ROLE maker WITH ADMIN boss@'%';
GRANT CREATE, DROP ON shop.* TO maker;
CREATE USER member@'%' IDENTIFIED BY 'secretOfMember';
GRANT SELECT ON shop.* TO member@'%';
INSERT INTO mysql.roles_mapping (Host, User, Role, Admin_option) VALUES ('%', 'member', 'maker', 'N');
FLUSH PRIVILEGES;
CREATE USER only_tls@'%' IDENTIFIED BY 'secretOfTls' REQUIRE SSL;
GRANT SELECT ON shop.* TO only_tls@'%';
CREATE USER elsewhere@'10.255.255.1' IDENTIFIED BY 'secretOfNobody';
";

/// A server with TLS, by an authority of its own.
struct Server {
    mariadb: Mariadb,
    authority: PathBuf,
    _directory: TempDir,
}

static SERVER: Shared<Server> = Shared::new();

/// One server for all tests that only look; each keeps it for as long as it runs.
fn server() -> Arc<Server> {
    SERVER.get(start)
}

fn start() -> Server {
    let directory = tempfile::tempdir().unwrap();
    let key = rcgen::KeyPair::generate().unwrap();
    let mut root = rcgen::CertificateParams::new(Vec::new()).unwrap();
    root.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    root.distinguished_name
        .push(rcgen::DnType::CommonName, "an authority");
    let root_certificate = root.self_signed(&key).unwrap();
    let issuer = rcgen::Issuer::new(root, key);
    let own = rcgen::KeyPair::generate().unwrap();
    let mut leaf = rcgen::CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap();
    leaf.not_after = rcgen::date_time_ymd(2031, 1, 2);
    let leaf = leaf.signed_by(&own, &issuer).unwrap();
    let write = |name: &str, text: String| {
        let path = directory.path().join(name);
        fs::write(&path, text).unwrap();
        path
    };
    let authority = write("ca.pem", root_certificate.pem());
    let certificate = write("server.pem", leaf.pem());
    let key = write("server.key", own.serialize_pem());
    let arguments = [
        format!("--ssl-ca={}", authority.display()),
        format!("--ssl-cert={}", certificate.display()),
        format!("--ssl-key={}", key.display()),
    ];
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    Server {
        mariadb: Mariadb::start_with(
            PASSWORD,
            &arguments,
            &format!("CREATE TABLE shop.things (id INT);\n{LOGINS}"),
        ),
        authority,
        _directory: directory,
    }
}

fn at(port: u16, user: &str, password: &str, options: &[(&str, &str)]) -> Table {
    let port = port.to_string();
    let keys = [
        ("NAME", "shop"),
        ("HOST", "127.0.0.1"),
        ("PORT", port.as_str()),
        ("USER", user),
        ("PASSWORD", password),
    ];
    database("django.db.backends.mysql", &keys, options)
}

fn login(user: &str, password: &str, options: &[(&str, &str)]) -> Table {
    at(server().mariadb.port(), user, password, options)
}

/// With `OPTIONS.ssl`.
fn with_ssl(mut settings: Table, parts: &[(&str, &str)]) -> Table {
    let parts = parts
        .iter()
        .map(|(key, value)| ((*key).to_owned(), Value::plain(*value)));
    let Some(Value::Table(options)) = settings.get_mut("OPTIONS") else {
        panic!("no OPTIONS")
    };
    options.insert("ssl", Value::Table(parts.collect()));
    settings
}

fn holds_no_secret(heard: &Heard) {
    let text = format!("{heard:?}");
    assert!(
        !text.contains("secretOf") && !text.contains(PASSWORD),
        "{text}"
    );
}

#[test]
fn tls_is_told_as_it_is() {
    let _kept = server();
    let authority = server().authority.display().to_string();
    let ca = [("ca", authority.as_str())];
    let app = |options: &[(&str, &str)]| login("app", "secretOfApp", options);
    for (settings, verified) in [
        (
            with_ssl(app(&[("ssl_mode", "VERIFY_IDENTITY")]), &ca),
            "identity",
        ),
        (
            with_ssl(app(&[("ssl_mode", "VERIFY_CA")]), &ca),
            "authority",
        ),
        (app(&[("ssl_mode", "REQUIRED")]), "nothing"),
        (with_ssl(app(&[]), &ca), "nothing"),
        (app(&[]), "nothing"),
    ] {
        let heard = ask(&settings);
        assert_eq!(fact(&heard, "/tls/version"), "TLSv1.3", "{heard:#?}");
        assert_eq!(fact(&heard, "/tls/verified"), verified);
        assert_eq!(fact(&heard, "/tls/expires"), "2031-01-02T00:00:00Z");
        assert_eq!(
            fact(&heard, "/tls/names"),
            &serde_json::json!(["127.0.0.1"])
        );
        assert_eq!(fact(&heard, "/tls/ends_before_server"), false);
        holds_no_secret(&heard);
    }
    let heard = ask(&app(&[("ssl_mode", "DISABLED")]));
    assert_eq!(fact(&heard, "/tls/in_use"), false);

    // A directory of authorities, under the names that OpenSSL looks for.
    let directory = tempfile::tempdir().unwrap();
    fs::copy(&authority, directory.path().join("0a1b2c3d.0")).unwrap();
    let place = directory.path().display().to_string();
    let heard = ask(&with_ssl(
        app(&[("ssl_mode", "VERIFY_IDENTITY")]),
        &[("capath", &place)],
    ));
    assert_eq!(fact(&heard, "/tls/verified"), "identity", "{heard:#?}");

    let other = tempfile::NamedTempFile::new().unwrap();
    let mut root = rcgen::CertificateParams::new(Vec::new()).unwrap();
    root.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let key = rcgen::KeyPair::generate().unwrap();
    fs::write(other.path(), root.self_signed(&key).unwrap().pem()).unwrap();
    let other = other.path().display().to_string();
    let heard = ask(&with_ssl(
        app(&[("ssl_mode", "VERIFY_CA")]),
        &[("ca", &other)],
    ));
    assert_eq!(ids(&heard), ["SV003"], "{heard:#?}");
    assert_eq!(heard.told[0].key, "OPTIONS.ssl_mode");
}

#[test]
fn a_server_without_tls_is_told() {
    let server = Mariadb::start(PASSWORD);
    let heard = ask(&at(server.port(), "shop_app", PASSWORD, &[]));
    assert_eq!(fact(&heard, "/tls/in_use"), false);
    let heard = ask(&at(
        server.port(),
        "shop_app",
        PASSWORD,
        &[("ssl_mode", "REQUIRED")],
    ));
    assert_eq!(ids(&heard), ["SV004"]);
    let mut settings = at(server.port(), "shop_app", PASSWORD, &[]);
    settings.insert("HOST", Value::plain(server.socket().display().to_string()));
    let heard = ask(&settings);
    assert_eq!(fact(&heard, "/tls/channel"), "socket");
    assert_eq!(
        fact(&heard, "/place"),
        &server.socket().display().to_string()
    );
}

#[test]
fn what_a_login_can_do_is_told() {
    let _kept = server();
    let heard = ask(&login("app", "secretOfApp", &[]));
    assert_eq!(fact(&heard, "/user"), "app@%");
    assert_eq!(fact(&heard, "/server/product"), "MariaDB");
    assert_eq!(fact(&heard, "/privileges"), &serde_json::json!([]));
    assert_eq!(fact(&heard, "/not_looked_at"), &serde_json::json!([]));
    assert_eq!(fact(&heard, "/method/name"), "mysql_native_password");
    // The way it proves itself is the only fault.
    assert_eq!(ids(&heard), ["SV040"], "{heard:#?}");

    for (user, password, rules, words) in [
        (
            "boss",
            "secretOfBoss",
            &["SV020", "SV022", "SV040"][..],
            &["ALL PRIVILEGES on *.*", "GRANT OPTION on *.*"][..],
        ),
        (
            "busy",
            "secretOfBusy",
            &["SV021", "SV022", "SV023", "SV024", "SV025", "SV040"],
            &[
                "FILE on *.*",
                "CREATE USER on *.*",
                "SELECT on *.*",
                "PROCESS on *.*",
                "RELOAD on *.*",
                "ALTER on shop.things",
            ],
        ),
        (
            "member",
            "secretOfMember",
            &["SV025", "SV040"],
            &["CREATE on shop.*", "DROP on shop.*"],
        ),
        (
            "shop_app",
            PASSWORD,
            &["SV025", "SV040"],
            &["ALL PRIVILEGES on shop.*"],
        ),
    ] {
        let heard = ask(&login(user, password, &[]));
        assert_eq!(ids(&heard), rules, "{heard:#?}");
        let notes: Vec<&str> = heard.told.iter().map(|told| told.note.as_str()).collect();
        let notes = notes.join("\n");
        for word in words {
            assert!(notes.contains(word), "{word}: {notes}");
        }
        holds_no_secret(&heard);
    }
    let heard = ask_within(
        &login("shop_app", PASSWORD, &[]),
        &Vec::new(),
        None,
        true,
        LONG,
    );
    assert_eq!(ids(&heard), ["SV040"]);
}

#[test]
fn a_login_that_fails_is_told_by_its_cause() {
    let _kept = server();
    let heard = ask(&login("app", "wrong-password", &[]));
    assert_eq!(ids(&heard), ["SV001"]);
    assert!(note(&heard, "SV001").ends_with("(1045)"), "{heard:#?}");
    assert!(!format!("{heard:?}").contains("wrong-password"));
    let heard = ask(&login("app", "", &[]));
    assert_eq!(ids(&heard), ["SV001"]);

    let mut settings = login("app", "secretOfApp", &[]);
    settings.insert("NAME", Value::plain("nowhere"));
    let heard = ask(&settings);
    assert_eq!(ids(&heard), ["SV006"], "{heard:#?}");
    settings.insert("NAME", Value::plain("mysql"));
    assert_eq!(ids(&ask(&settings)), ["SV006"]);

    let heard = ask(&at(free_port(), "app", "secretOfApp", &[]));
    assert!(note(&heard, "SV002").contains("refuses connections"));
    let heard = ask(&login(
        "only_tls",
        "secretOfTls",
        &[("ssl_mode", "DISABLED")],
    ));
    assert_eq!(ids(&heard), ["SV001"]);
    let heard = ask(&login(
        "only_tls",
        "secretOfTls",
        &[("ssl_mode", "REQUIRED")],
    ));
    assert_eq!(fact(&heard, "/tls/in_use"), true);
    for (option, value) in [
        ("read_default_file", "/etc/my.cnf"),
        ("ssl_mode", "bogus"),
        ("cursor", "x"),
    ] {
        let heard = ask(&login("app", "secretOfApp", &[(option, value)]));
        assert_eq!(heard.outcome, "not looked at");
        assert!(heard.lines[0].contains(option), "{heard:#?}");
    }
    let heard = ask(&login(
        "app",
        "secretOfApp",
        &[("init_command", "DROP TABLE things")],
    ));
    assert!(
        heard.lines.iter().any(|line| line.contains("init_command")),
        "{heard:#?}"
    );
    assert_eq!(fact(&heard, "/user"), "app@%");
}

#[test]
fn the_clock_of_this_machine_is_the_one_here() {
    let _kept = server();
    let heard = ask(&login("app", "secretOfApp", &[]));
    let apart = fact(&heard, "/clock/at_least_seconds").as_f64().unwrap();
    assert!(apart.abs() < 1.0, "{heard:#?}");
}
