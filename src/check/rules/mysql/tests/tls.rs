//! MY001 to MY005, and MY010.

use super::{BASE, CA, REMOTE, option};
use crate::{
    check::testing::{Around, fixed, found, holds, ids, severity},
    finding::Severity,
};

#[test]
fn tls_that_is_not_asked_for() {
    let host = "HOST = \"db.shop.example\"\n";
    holds(
        "MY001",
        BASE,
        &[
            host,
            "HOST = \"10.1.2.3\"",
            "HOST = \"${env://DB_HOST}\"",
            &format!("{host}OPTIONS = {{ charset = \"utf8mb4\" }}"),
            &format!("{host}OPTIONS = {{ ssl = {{}} }}"),
            &format!("{host}OPTIONS = {{ ssl = {{ ca = \"\" }} }}"),
            &format!("{host}live = true"),
            &format!("{host}live = \"pymysql\""),
            "OPTIONS = { host = \"db.shop.example\" }",
            "HOST = \"localhost\"\nOPTIONS = { host = \"db.shop.example\" }",
            "![databases.a]\nurl = \"mysql://u:${env://P}@db/shop\"",
            "![databases.a]\nENGINE = \"mysqlgis\"\nHOST = \"db\"",
            "![databases.a]\nfrom = \"${env://L}\"\nENGINE = \"mysql\"\nHOST = \"db\"",
        ],
        &[
            "",
            "HOST = \"localhost\"",
            "HOST = \"127.0.0.1\"",
            "HOST = \"/run/mysqld/mysqld.sock\"",
            &format!("{host}OPTIONS = {{ unix_socket = \"/run/mysqld/mysqld.sock\" }}"),
            &format!("{host}OPTIONS = {{ ssl = true }}"),
            &format!("{host}OPTIONS = {{ ssl = \"${{env://SSL}}\" }}"),
            &format!("{host}OPTIONS = {{ ssl_mode = \"${{env://MODE}}\" }}"),
            &format!("{host}OPTIONS = {{ read_default_file = \"/run/secrets/my.cnf\" }}"),
            &format!("{host}OPTIONS = {{ read_default_group = \"shop\" }}"),
            &format!("{host}OPTIONS = {{ ssl_ca = \"/ca.pem\", ssl_verify_identity = true }}"),
            "![databases.a]\nurl = \"${env://U}\"\nENGINE = \"mysql\"\nHOST = \"db\"",
            "![databases.a]\nurl = \"mysql://u@db/shop?ssl-ca=/ca.pem\"",
            "![databases.a]\nENGINE = \"mysql\"\nHOST = \"db.shop.example\"\nauth = \"entra\"\nOPTIONS = { ssl = { ca = \"/ca.pem\" } }",
            "![databases.a]\nENGINE = \"mysql.connector.django\"\nHOST = \"localhost\"",
            "![databases.a]\nENGINE = \"mysql.connector.django\"\nHOST = \"db\"\nOPTIONS = { ssl_ca = \"/ca.pem\" }",
            "![databases.a]\nENGINE = \"mysql.connector.django\"\nHOST = \"db\"\nOPTIONS = { unix_socket = \"/run/mysqld.sock\" }",
            "![databases.a]\nENGINE = \"mysql.connector.django\"\nHOST = \"db\"\nOPTIONS = { option_files = \"/etc/my.cnf\" }",
            "![databases.a]\nENGINE = \"postgresql\"\nHOST = \"db\"",
        ],
    );
}

#[test]
fn each_way_is_told_of_once() {
    let tls = |options: &str| -> Vec<&'static str> {
        let mut found = ids(&format!("{REMOTE}{}\n", option(options)));
        found.retain(|id| *id < "MY005" || *id == "MY006" || *id == "MY010");
        found
    };
    let none: [&str; 0] = [];
    for (options, found) in [
        ("", vec!["MY001"]),
        ("ssl_mode = \"DISABLED\"", vec!["MY002"]),
        ("ssl_mode = \"PREFERRED\"", vec!["MY002"]),
        (
            "ssl_mode = \"PREFERRED\", ssl = { ca = \"/ca.pem\" }",
            vec!["MY002"],
        ),
        ("ssl = false", vec!["MY002"]),
        ("ssl_mode = \"REQUIRED\"", vec!["MY003"]),
        ("ssl = true", vec!["MY003"]),
        ("ssl = { ca = \"/ca.pem\" }", vec!["MY003"]),
        (
            "ssl = { cert = \"/c.pem\", key = \"/k.pem\" }",
            vec!["MY003"],
        ),
        (
            "ssl_mode = \"VERIFY_CA\", ssl = { ca = \"/ca.pem\" }",
            vec!["MY004"],
        ),
        (
            "ssl = { ca = \"/ca.pem\" }, read_default_file = \"/run/secrets/my.cnf\"",
            vec![],
        ),
        ("ssl_mode = \"required\"", vec!["MY006"]),
        ("ssl = \"true\"", vec!["MY006"]),
        // PyMySQL verifies by what is in `ssl`.
        ("ssl = { ca = \"/ca.pem\", check_hostname = true }", vec![]),
        (
            "ssl = { ca = \"/ca.pem\", check_hostname = false }",
            vec!["MY004"],
        ),
        (
            "ssl = { ca = \"/ca.pem\", verify_mode = false }",
            vec!["MY003"],
        ),
        ("ssl = { check_hostname = true }", vec!["MY003"]),
        ("ssl_ca = \"/ca.pem\"", vec!["MY003"]),
        (
            "ssl_ca = \"/ca.pem\", ssl_verify_cert = true",
            vec!["MY004"],
        ),
        (
            "ssl_ca = \"/ca.pem\", ssl_verify_cert = true, ssl_verify_identity = true",
            vec![],
        ),
        ("ssl_disabled = true", vec!["MY002"]),
        (
            "ssl_ca = \"/ca.pem\", ssl_mode = \"REQUIRED\"",
            vec!["MY010"],
        ),
    ] {
        assert_eq!(tls(options), found, "{options}");
    }
    let verified = "ssl_mode = \"VERIFY_IDENTITY\", ssl = { ca = \"/ca.pem\" }";
    assert_eq!(tls(verified), none);
}

#[test]
fn weak_modes_are_found_wherever_they_stand() {
    for (id, mode) in [
        ("MY002", "DISABLED"),
        ("MY002", "PREFERRED"),
        ("MY003", "REQUIRED"),
        ("MY004", "VERIFY_CA"),
    ] {
        let with = option(&format!("ssl_mode = \"{mode}\", {CA}"));
        holds(
            id,
            BASE,
            &[
                &format!("HOST = \"db\"\n{with}"),
                &format!("HOST = \"${{env://H}}\"\n{with}"),
                &format!("HOST = \"db\"\n[databases.default.OPTIONS]\nssl_mode = '{mode}'"),
                &format!("![databases.a]\nurl = \"mysql://u@db/shop?ssl_mode={mode}\""),
                &format!("![databases.a]\nurl = \"${{env://U}}\"\nENGINE = \"mysql\"\n{with}"),
            ],
            &[
                &format!("HOST = \"localhost\"\n{with}"),
                &format!("HOST = \"/run/mysqld.sock\"\n{with}"),
                &format!("HOST = \"::1\"\n{with}"),
                &with,
                &format!(
                    "HOST = \"db\"\n{}",
                    option(&format!("ssl_mode = \"VERIFY_IDENTITY\", {CA}"))
                ),
                &format!("HOST = \"db\"\n[env]\nssl_mode = \"{mode}\""),
            ],
        );
    }
    let text = format!("{BASE}[profiles.dev.databases.default]\nHOST = \"db\"\n");
    assert_eq!(severity("MY001", &text, &["dev"]), Some(Severity::Advice));
    assert_eq!(severity("MY001", REMOTE, &[]), Some(Severity::Error));
}

#[test]
fn fixes_verify_the_server_where_authorities_are_named() {
    let with = |mode: &str| {
        format!(
            "{REMOTE}{}  # TLS\n",
            option(&format!("ssl_mode = \"{mode}\", {CA}"))
        )
    };
    for (id, mode) in [
        ("MY002", "PREFERRED"),
        ("MY003", "REQUIRED"),
        ("MY004", "VERIFY_CA"),
    ] {
        assert_eq!(fixed(&with(mode), id).unwrap(), with("VERIFY_IDENTITY"));
    }
    let shown = |options: &str, id: &str| {
        let text = format!("{REMOTE}{}\n", option(options));
        assert!(fixed(&text, id).is_none(), "{options}");
        let found = found(&text, &[]);
        let one = found.iter().find(|one| one.rule.id == id).unwrap();
        one.fix.as_ref().map(|fix| fix.describe(&[]))
    };
    let mode = "databases.default.OPTIONS.ssl_mode = \"VERIFY_IDENTITY\"";
    let system = "/etc/ssl/certs/ca-certificates.crt";
    assert_eq!(
        shown("", "MY001").unwrap(),
        format!("{mode}; databases.default.OPTIONS.ssl = {{ ca = \"{system}\" }}")
    );
    assert_eq!(
        shown("ssl = { cert = \"/c.pem\" }", "MY003").unwrap(),
        format!("{mode}; databases.default.OPTIONS.ssl.ca = \"{system}\"")
    );
    // It may be PyMySQL, which would refuse the option.
    assert_eq!(shown(CA, "MY003").unwrap(), mode);
    assert!(shown("ssl_ca = \"/ca.pem\"", "MY003").is_none());
    let text = REMOTE.replace("db.shop.example", "shop.eu-west-1.rds.amazonaws.com");
    let found = found(&text, &[]);
    assert!(
        found[0]
            .remedy
            .as_ref()
            .unwrap()
            .contains("global-bundle.pem")
    );
}

#[test]
fn files_for_tls() {
    let around = Around::new();
    let found = |options: &str| -> Vec<Severity> {
        let text = format!("{BASE}{}\n", option(options));
        let found = around.found(&text, "MY005");
        found.iter().map(|one| one.severity).collect()
    };
    let there = around.file("tls/ca.pem", 0o644, "");
    let directory = around.0.path().join("tls");
    let directory = directory.to_str().unwrap();
    assert_eq!(
        found("ssl = { ca = \"/srv/no-such/ca.pem\" }"),
        [Severity::Warning]
    );
    assert_eq!(
        found("ssl = { cert = \"/srv/no-such/c\", key = \"/srv/no-such/k\" }").len(),
        2
    );
    assert_eq!(
        found("ssl_ca = \"/srv/no-such/ca.pem\""),
        [Severity::Warning]
    );
    assert_eq!(
        found(&format!("ssl = {{ ca = \"{directory}\" }}")),
        [Severity::Error]
    );
    assert_eq!(
        found(&format!("ssl = {{ capath = \"{there}\" }}")),
        [Severity::Error]
    );
    for options in [
        &format!("ssl = {{ ca = \"{there}\" }}"),
        &format!("ssl = {{ capath = \"{directory}\" }}"),
        "ssl = { ca = \"tls/ca.pem\" }",
        "ssl = { ca = \"no-such.pem\" }",
        "ssl = { ca = \"/run/secrets/no-such.pem\" }",
        "ssl = { ca = \"/etc/pki/tls/certs/ca-bundle.crt\" }",
        "ssl = { ca = \"${env://CA}\" }",
        "ssl = { ca = \"\" }",
        "ssl = true",
        "ssl = { cipher = \"/srv/no-such/ca.pem\" }",
    ] {
        assert!(found(options).is_empty(), "{options}");
    }
}

#[test]
fn options_of_the_other_driver() {
    let mode = option("ssl_mode = \"VERIFY_IDENTITY\", ssl = { ca = \"/ca.pem\" }");
    holds(
        "MY010",
        REMOTE,
        &[
            &format!("live = \"pymysql\"\n{mode}"),
            &format!(
                "live = \"pymysql\"\n{}",
                option("ssl_mode = \"${env://M}\"")
            ),
            &format!("live = \"pymysql\"\n{}", option("ssl = true")),
            &option("ssl_mode = \"REQUIRED\", ssl_verify_identity = true"),
        ],
        &[
            &mode,
            &format!("live = true\n{mode}"),
            &format!("live = \"pymysql\"\n{}", option(CA)),
            &option(
                "ssl_mode = \"VERIFY_IDENTITY\", ssl = { ca = \"/ca.pem\", check_hostname = true }",
            ),
            &option("ssl = true"),
            "live = \"pymysql\"",
        ],
    );
}

#[test]
fn defaults_wrappers_and_spellings() {
    let mode = |mode: &str| format!("OPTIONS = {{ ssl_mode = \"{mode}\", {CA} }}");
    holds(
        "MY002",
        REMOTE,
        &[
            &mode("${env://M:-DISABLED}"),
            &mode("${env://M:-PREFERRED}"),
        ],
        &[&mode("${env://M:-VERIFY_IDENTITY}"), &mode("${env://M}")],
    );
    let text = format!("{REMOTE}{}\n", mode("${env://M:-DISABLED}"));
    assert_eq!(severity("MY002", &text, &[]), Some(Severity::Warning));
    holds(
        "MY001",
        "",
        &[
            "[databases.a]\nENGINE = \"django_prometheus.db.backends.mysql\"\nHOST = \"db\"",
            "[databases.a]\nurl = \"mysql://u@db/shop?ssl-mode=REQUIRED\"",
            "[databases.a]\nENGINE = \"mysql.connector.django\"\nHOST = \"db\"",
            "[databases.a]\nENGINE = \"mysql.connector.django\"\nHOST = \"db\"\nOPTIONS = { connection_timeout = 5, ssl_ca = \"\" }",
            "[databases.a]\nurl = \"mysql-connector://u@db/shop\"",
        ],
        &[],
    );
    let found = found(
        "[databases.a]\nurl = \"mysql://u@db/shop?ssl-mode=REQUIRED\"\n",
        &[],
    );
    let one = found.iter().find(|one| one.rule.id == "MY001").unwrap();
    assert!(one.notes.iter().any(|note| note.contains("`ssl-mode`")));
}

#[test]
fn names_that_pymysql_does_not_compare() {
    let with = |more: &str| format!("OPTIONS = {{ ssl_verify_cert = true{more} }}");
    holds(
        "MY004",
        REMOTE,
        &[
            &with(""),
            &with(", ssl_verify_identity = true"),
            &with(", ssl_ca = \"/ca.pem\""),
        ],
        &[&with(", ssl_ca = \"/ca.pem\", ssl_verify_identity = true")],
    );
}

#[test]
fn an_address_is_not_held_against_a_certificate_unasked() {
    let with = |host: &str, mode: &str| {
        format!(
            "[databases.default]\nENGINE = \"mysql\"\nNAME = \"shop\"\nHOST = \"{host}\"\nOPTIONS = {{ ssl_mode = \"{mode}\", ssl = {{ ca = \"/ca.pem\" }} }}\n"
        )
    };
    for (mode, id) in [
        ("VERIFY_CA", "MY004"),
        ("REQUIRED", "MY003"),
        ("PREFERRED", "MY002"),
    ] {
        let mended = fixed(&with("db.shop.example", mode), id);
        assert_eq!(mended, Some(with("db.shop.example", "VERIFY_IDENTITY")));
        assert_eq!(fixed(&with("10.2.3.4", mode), id), None, "{id}");
    }
}
