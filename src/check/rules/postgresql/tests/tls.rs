//! PG001 to PG008 and PG012.

use super::{BASE, REMOTE, findings};
use crate::{
    check::testing::{Around, fixed, found, holds, resolved, severity},
    finding::Severity,
};

#[test]
fn tls_that_is_left_to_chance() {
    holds(
        "PG001",
        BASE,
        &[
            "HOST = \"db.shop.example\"",
            "HOST = \"10.1.2.3\"",
            "HOST = \"fd00::1\"",
            "HOST = \"localhost,db.shop.example\"",
            "HOST = \"${env://DB_HOST}\"",
            "HOST = \"db\"\nOPTIONS = { connect_timeout = 5 }",
            "HOST = \"db\"\nTEST = { NAME = \"sslmode\" }",
            "HOST = \"db\"\nOPTIONS = { sslrootcert = \"/etc/ssl/shop-ca.pem\" }",
            "OPTIONS = { host = \"db.shop.example\" }",
            "OPTIONS = { hostaddr = \"10.1.2.3\" }",
            "HOST = \"localhost\"\nOPTIONS = { hostaddr = \"10.1.2.3\" }",
            "HOST = \"localhost\"\n[env]\nPGHOSTADDR = \"10.1.2.3\"",
            "HOST = \"127.shop.example\"",
            "HOST = \"::ffff:10.1.2.3\"",
            "![databases.default]\nENGINE = \"django_prometheus.db.backends.postgresql\"\nHOST = \"db\"",
            "![databases.default]\nENGINE = \"django_tenants.postgresql_backend\"\nHOST = \"db\"",
            "![databases.default]\nENGINE = \"psqlextra.backend\"\nHOST = \"db\"",
            "![databases.default]\nurl = \"postgres://u:${env://P | urlencode}@db.shop.example/shop\"",
            "![databases.default]\nurl = \"postgis://u@${env://H}/shop\"",
            "![databases.default]\nENGINE = \"postgis\"\nNAME = \"shop\"\nHOST = \"db\"",
            "![databases.default]\nENGINE = \"django.db.backends.postgresql\"\nHOST = \"db\"",
            "![databases.default]\nfrom = \"${env://LOGIN}\"\nENGINE = \"postgresql\"\nHOST = \"db.shop.example\"",
            "![databases.default]\nENGINE = \"postgresql\"\nNAME = \"shop\"\n[env]\nPGHOST = \"db.shop.example\"",
            "HOST = \"localhost\"\n[profiles.prod.databases.default]\nHOST = \"db.shop.example\"",
        ],
        &[
            "",
            "HOST = \"\"",
            "HOST = \"localhost\"",
            "HOST = \"LOCALHOST\"",
            "HOST = \"localhost.\"",
            "HOST = \"localhost.localdomain\"",
            "HOST = \"ip6-localhost\"",
            "HOST = \"127.1\"",
            "HOST = \"::ffff:127.0.0.1\"",
            "HOST = \"0.0.0.0\"",
            "HOST = \"db\"\nOPTIONS = { hostaddr = \"127.0.0.1\" }",
            "HOST = \"db\"\n[env]\nPGHOSTADDR = \"127.0.0.1\"",
            "![databases.default]\nENGINE = \"mysql.connector.django\"\nHOST = \"db\"",
            "HOST = \"127.0.0.1\"",
            "HOST = \"::1\"",
            "HOST = \"/var/run/postgresql\"",
            "HOST = \"db\"\nOPTIONS = { sslmode = \"${env://SSLMODE}\" }",
            "HOST = \"db\"\nOPTIONS = { sslrootcert = \"system\" }",
            "HOST = \"db\"\nOPTIONS = { gssencmode = \"require\" }",
            "HOST = \"db\"\nOPTIONS = { sslmode = \"prefer\" }",
            "HOST = \"db\"\nOPTIONS = { service = \"shop\" }",
            "HOST = \"db\"\n[env]\nPGSSLMODE = \"verify-full\"",
            "![databases.default]\nurl = \"${env://DATABASE_URL}\"",
            "![databases.default]\nurl = \"${env://DATABASE_URL}\"\nENGINE = \"postgresql\"\nHOST = \"db\"",
            "![databases.default]\nfrom = \"${env://LOGIN}\"",
            "![databases.default]\nurl = \"postgres://u@db/shop?sslmode=verify-full&sslrootcert=system\"",
            "![databases.default]\nurl = \"postgres://u@db/shop?sslmode=${env://MODE}\"",
            "![databases.default]\nENGINE = \"postgresql\"\nHOST = \"db.shop.example\"\nauth = \"entra\"",
            "![databases.default]\nENGINE = \"mysql\"\nHOST = \"db\"",
        ],
    );
}

#[test]
fn each_mode_is_told_of_once() {
    let with = |mode: &str| findings(&format!("{REMOTE}OPTIONS = {{ {mode} }}\n"));
    assert_eq!(with(""), ["PG001"]);
    assert_eq!(with("sslmode = \"disable\""), ["PG002"]);
    assert_eq!(with("sslmode = \"allow\""), ["PG002"]);
    assert_eq!(with("sslmode = \"prefer\""), ["PG003"]);
    assert_eq!(with("sslmode = \"require\""), ["PG004"]);
    let with_root = |mode: &str| with(&format!("{mode}, sslrootcert = \"/etc/ssl/shop-ca.pem\""));
    assert_eq!(with_root("sslmode = \"require\""), ["PG004"]);
    assert_eq!(with_root("sslmode = \"verify-ca\""), ["PG005"]);
    assert_eq!(with_root("sslmode = \"verify-full\""), [""; 0]);
    assert_eq!(with("sslmode = \"verify-full\""), ["PG006"]);
    assert_eq!(with("sslmode = \"verify-ca\""), ["PG005", "PG006"]);
    for mode in ["disable", "allow", "prefer", "require", "verify-ca"] {
        let with_system = format!("sslmode = \"{mode}\", sslrootcert = \"system\"");
        assert_eq!(with(&with_system), ["PG007"], "{mode}");
    }
    for mode in [
        "\"REQUIRE\"",
        "\"\"",
        "\"verify_full\"",
        "true",
        "1",
        "\" require\"",
        "[]",
    ] {
        assert_eq!(with(&format!("sslmode = {mode}")), ["PG008"], "{mode}");
    }
    assert_eq!(
        with("sslmode = \"no\", sslrootcert = \"system\""),
        ["PG008"]
    );
}

#[test]
fn weak_modes_are_found_wherever_they_stand() {
    for (id, mode) in [
        ("PG002", "disable"),
        ("PG002", "allow"),
        ("PG003", "prefer"),
        ("PG004", "require"),
    ] {
        let option = format!("OPTIONS = {{ sslmode = \"{mode}\" }}\n");
        holds(
            id,
            BASE,
            &[
                &format!("HOST = \"db\"\n{option}"),
                &format!("HOST = \"${{env://H}}\"\n{option}"),
                &format!("HOST = \"db\"\n[databases.default.OPTIONS]\nsslmode = '{mode}'"),
                &format!("HOST = \"db\"\n[env]\nPGSSLMODE = \"{mode}\""),
                &format!("![databases.a]\nurl = \"postgres://u@db/shop?sslmode={mode}\""),
                &format!(
                    "![databases.a]\nurl_style = \"django-environ\"\nurl = \"psql://u@db/shop?sslmode={mode}\""
                ),
                &format!(
                    "![databases.a]\nurl = \"${{env://U}}\"\nENGINE = \"postgresql\"\n{option}"
                ),
                &format!("HOST = \"db\"\nOPTIONS = {{ service = \"s\", sslmode = \"{mode}\" }}"),
                &format!(
                    "HOST = \"db\"\nOPTIONS = {{ sslmode = \"verify-full\", sslrootcert = \"system\" }}\n[profiles.eu.databases.default]\nOPTIONS = {{ sslmode = \"{mode}\", sslrootcert = \"/ca\" }}"
                ),
            ],
            &[
                &format!("HOST = \"localhost\"\n{option}"),
                &format!("HOST = \"127.0.0.53\"\n{option}"),
                &format!("HOST = \"/run/postgresql\"\n{option}"),
                &option,
                &format!(
                    "HOST = \"db\"\nOPTIONS = {{ sslmode = \"{mode}\", gssencmode = \"require\" }}"
                ),
                &format!("HOST = \"db\"\nTEST = {{ NAME = \"{mode}\" }}"),
                &format!("HOST = \"db\"\n[env]\nSSLMODE = \"{mode}\""),
                &format!(
                    "HOST = \"db\"\nOPTIONS = {{ sslmode = \"verify-full\", sslrootcert = \"system\" }}\n[env]\nPGSSLMODE = \"{mode}\""
                ),
                &format!("![databases.a]\nENGINE = \"mssql\"\nHOST = \"db\"\n{option}"),
            ],
        );
    }
}

#[test]
fn authorities_that_nothing_names() {
    let full = "sslmode = \"verify-full\"";
    holds(
        "PG006",
        BASE,
        &[
            &format!("HOST = \"db\"\nOPTIONS = {{ {full} }}"),
            &format!("HOST = \"db\"\nOPTIONS = {{ {full}, sslrootcert = \"\" }}"),
            &format!("HOST = \"localhost\"\nOPTIONS = {{ {full} }}"),
            "![databases.a]\nurl = \"postgres://u@db/shop?sslmode=verify-full\"",
            "HOST = \"localhost\"\nOPTIONS = { sslmode = \"verify-ca\" }",
            "HOST = \"db\"\nOPTIONS = { sslmode = \"verify-ca\" }",
            &format!(
                "![databases.a]\nENGINE = \"postgresql\"\nHOST = \"db.shop.example\"\nauth = \"entra\"\nOPTIONS = {{ {full} }}"
            ),
        ],
        &[
            &format!("HOST = \"db\"\nOPTIONS = {{ {full}, sslrootcert = \"system\" }}"),
            &format!("HOST = \"db\"\nOPTIONS = {{ {full}, sslrootcert = \"${{env://CA}}\" }}"),
            &format!("HOST = \"db\"\nOPTIONS = {{ {full} }}\n[env]\nPGSSLROOTCERT = \"/ca.pem\""),
            &format!("HOST = \"/run/postgresql\"\nOPTIONS = {{ {full} }}"),
            &format!("OPTIONS = {{ {full}, service = \"shop\" }}"),
            &format!(
                "![databases.a]\nENGINE = \"postgresql\"\nurl = \"${{env://U}}\"\nOPTIONS = {{ {full} }}"
            ),
            "HOST = \"db\"\nOPTIONS = { sslmode = \"verify-ca\", sslrootcert = \"/ca.pem\" }",
            &format!(
                "HOST = \"db\"\nOPTIONS = {{ {full} }}\n[files.\"ca.pem\"]\ncontent = \"${{env://CA}}\"\nenv = \"PGSSLROOTCERT\""
            ),
            "HOST = \"db\"\nOPTIONS = { sslmode = \"require\" }",
            "HOST = \"db\"\nOPTIONS = { sslrootcert = \"system\" }",
        ],
    );
    let around = Around::new();
    let text = format!("{REMOTE}OPTIONS = {{ {full} }}\n");
    assert_eq!(around.found(&text, "PG006").len(), 1);
    around.file("home/.postgresql/root.crt", 0o644, "");
    assert!(around.found(&text, "PG006").is_empty());
}

#[test]
fn the_systems_authorities_and_words_that_are_none() {
    holds(
        "PG007",
        BASE,
        &[
            "HOST = \"localhost\"\nOPTIONS = { sslmode = \"require\", sslrootcert = \"system\" }",
            "HOST = \"db\"\nOPTIONS = { sslmode = \"require\" }\n[env]\nPGSSLROOTCERT = \"system\"",
            "HOST = \"db\"\nOPTIONS = { sslrootcert = \"system\" }\n[env]\nPGSSLMODE = \"prefer\"",
            "![databases.a]\nurl = \"postgres://u@db/shop?sslmode=require&sslrootcert=system\"",
        ],
        &[
            "HOST = \"db\"\nOPTIONS = { sslmode = \"verify-full\", sslrootcert = \"system\" }",
            "HOST = \"db\"\nOPTIONS = { sslrootcert = \"system\" }",
            "HOST = \"db\"\nOPTIONS = { sslmode = \"${env://M}\", sslrootcert = \"system\" }",
            "HOST = \"db\"\nOPTIONS = { sslmode = \"require\", sslrootcert = \"SYSTEM\" }",
        ],
    );
    holds(
        "PG008",
        BASE,
        &[
            "OPTIONS = { sslmode = \"on\" }",
            "HOST = \"localhost\"\nOPTIONS = { sslmode = \"Verify-Full\" }",
            "HOST = \"db\"\n[env]\nPGSSLMODE = \"verify\"",
            "![databases.a]\nurl = \"postgres://u@db/shop?sslmode=true\"",
        ],
        &[
            "OPTIONS = { sslmode = \"allow\" }",
            "OPTIONS = { sslmode = \"${env://M}\" }",
            "HOST = \"db\"",
            "![databases.a]\nENGINE = \"mysql\"\nOPTIONS = { sslmode = \"on\" }",
        ],
    );
}

#[test]
fn names_that_are_none() {
    let full = "OPTIONS = { sslmode = \"verify-full\", sslrootcert = \"/ca.pem\" }\n";
    holds(
        "PG012",
        BASE,
        &[
            &format!("HOST = \"10.1.2.3\"\n{full}"),
            &format!("HOST = \"127.0.0.1\"\n{full}"),
            &format!("HOST = \"fe80::1%eth0\"\n{full}"),
            &format!("HOST = \"db,10.1.2.3\"\n{full}"),
            &format!("HOST = \"/var/run/postgresql\"\n{full}"),
            "HOST = \"10.1.2.3\"\nOPTIONS = { sslrootcert = \"system\" }",
            "OPTIONS = { sslmode = \"verify-full\", hostaddr = \"10.1.2.3\" }",
            "![databases.a]\nurl = \"postgres://u@[fd00::1]/shop?sslmode=verify-full\"",
            "![databases.a]\nENGINE = \"postgresql\"\nHOST = \"10.1.2.3\"\nauth = \"entra\"",
        ],
        &[
            &format!("HOST = \"db.shop.example\"\n{full}"),
            &format!("HOST = \"localhost\"\n{full}"),
            &format!("HOST = \"${{env://H}}\"\n{full}"),
            &format!("HOST = \"\"\n{full}"),
            "HOST = \"db\"\nOPTIONS = { sslmode = \"verify-full\", hostaddr = \"10.1.2.3\" }",
            "HOST = \"10.1.2.3\"\nOPTIONS = { sslmode = \"verify-ca\", sslrootcert = \"/ca.pem\" }",
            "HOST = \"10.1.2.3\"",
        ],
    );
}

#[test]
fn off_the_way_to_real_data_it_is_advice() {
    let text = format!(
        "{BASE}HOST = \"localhost\"\n[profiles.dev.databases.default]\nHOST = \"db\"\n[profiles.prod.databases.default]\nHOST = \"db\"\n"
    );
    assert_eq!(severity("PG001", &text, &[]), Some(Severity::Advice));
    assert_eq!(severity("PG001", &text, &["prod"]), Some(Severity::Error));
    let text = format!(
        "{BASE}[profiles.ci.databases.default]\nHOST = \"db\"\nOPTIONS = {{ sslmode = \"require\" }}\n"
    );
    assert_eq!(severity("PG004", &text, &["ci"]), Some(Severity::Advice));
    // What makes no connection at all is as serious there.
    let text = text.replace("require", "REQUIRE");
    assert_eq!(severity("PG008", &text, &["ci"]), Some(Severity::Error));
}

#[test]
fn fixes_verify_the_server() {
    let fix = |text: &str, id: &str| fixed(text, id).unwrap_or_default();
    assert_eq!(
        fix(REMOTE, "PG001"),
        format!("{REMOTE}OPTIONS = {{ sslmode = \"verify-full\", sslrootcert = \"system\" }}\n")
    );
    let text = format!(
        "{REMOTE}\n[databases.default.OPTIONS]  # the driver's\nsslmode = \"prefer\"  # as ever\nconnect_timeout = 5\n"
    );
    assert_eq!(
        fix(&text, "PG003"),
        format!(
            "{REMOTE}\n[databases.default.OPTIONS]  # the driver's\nsslmode = \"verify-full\"  # as ever\nconnect_timeout = 5\nsslrootcert = \"system\"\n"
        )
    );
    let text =
        format!("{REMOTE}OPTIONS.sslmode = \"require\"\nOPTIONS.sslrootcert = \"/ca.pem\"\n");
    assert_eq!(
        fix(&text, "PG004"),
        text.replace("\"require\"", "\"verify-full\"")
    );
    let text = format!("{REMOTE}OPTIONS = {{ sslmode = \"verify-full\" }}\n");
    assert_eq!(
        fix(&text, "PG006"),
        text.replace("-full\"", "-full\", sslrootcert = \"system\"")
    );
    let text = format!("{REMOTE}OPTIONS = {{sslmode=\"verify-full\"}}\n");
    assert_eq!(
        fix(&text, "PG006"),
        text.replace("-full\"", "-full\", sslrootcert = \"system\"")
    );
    let variable = "[env]\nPGSSLMODE = \"require\"\n";
    assert_eq!(
        fix(&format!("{REMOTE}\n{variable}"), "PG004"),
        format!(
            "{REMOTE}OPTIONS = {{ sslmode = \"verify-full\", sslrootcert = \"system\" }}\n\n{variable}"
        )
    );
    let text = "[databases.a]\nurl = \"postgres://u@db.shop.example/shop?sslmode=require\"\n";
    assert_eq!(
        fix(text, "PG004"),
        format!("{text}OPTIONS = {{ sslmode = \"verify-full\", sslrootcert = \"system\" }}\n")
    );
}

#[test]
fn a_profile_that_starts_afresh_is_mended_in_itself() {
    let text = format!(
        "{REMOTE}OPTIONS = {{ sslmode = \"verify-full\", sslrootcert = \"system\" }}\n\n[profiles.eu.databases.default]\nurl = \"postgres://u@db.eu.example/shop?sslmode=require\"\n"
    );
    assert_eq!(
        fixed(&text, "PG004").unwrap(),
        format!("{text}OPTIONS = {{ sslmode = \"verify-full\", sslrootcert = \"system\" }}\n")
    );
}

#[test]
fn an_authority_that_has_to_be_fetched_is_left_to_people() {
    for (host, what) in [
        ("shop.abc.eu-west-1.rds.amazonaws.com", "global-bundle.pem"),
        ("SHOP.abc.rds.cn-north-1.amazonaws.com.cn", ""),
        ("shop.cn-north-1.rds.amazonaws.com.cn", "China"),
        ("10.1.2.3", "address"),
        ("db-shop.b.db.ondigitalocean.com", "the service offers"),
    ] {
        let text = format!("{BASE}HOST = \"{host}\"\n");
        let found = found(&text, &[]);
        let one = found.iter().find(|one| one.rule.id == "PG001").unwrap();
        let fix = one.fix.as_ref().unwrap();
        if what.is_empty() {
            assert!(fix.is_safe, "{host}");
            continue;
        }
        assert!(!fix.is_safe, "{host}");
        assert!(fixed(&text, "PG001").is_none());
        let remedy = one.remedy.as_deref().unwrap();
        assert!(remedy.contains(what) || what == "address", "{remedy}");
    }
    let proxy = format!("{BASE}HOST = \"shop.proxy-abc.eu-west-1.rds.amazonaws.com\"\n");
    assert!(fixed(&proxy, "PG001").is_some());
}

#[test]
fn what_references_bring_is_looked_at_and_not_said() {
    let text = "[databases.default]\nurl = \"${env://DATABASE_URL}\"\n";
    let json = |options: &str| {
        format!(
            "{{\"ENGINE\":\"django.db.backends.postgresql\",\"NAME\":\"hunter2\",\"HOST\":\"hunter2.example\",\"PASSWORD\":\"hunter2\",\"OPTIONS\":{{{options}}}}}"
        )
    };
    for (options, id) in [
        ("", "PG001"),
        ("\"sslmode\":\"disable\"", "PG002"),
        ("\"sslmode\":\"hunter2\"", "PG008"),
        ("\"sslmode\":true,\"hunter2\":1", "PG008"),
        (
            "\"sslmode\":\"require\",\"sslrootcert\":\"system\"",
            "PG007",
        ),
    ] {
        let found = resolved(text, &json(options));
        assert!(found.iter().any(|one| one.rule.id == id), "{id}");
        for one in found {
            let said = format!("{} {:?} {:?} {:?}", one.key, one.notes, one.remedy, one.fix);
            assert!(!said.contains("hunter2"), "{said}");
        }
    }
    let ids = resolved(
        "[databases.default]\nENGINE = \"postgresql\"\nHOST = \"${env://H}\"\nOPTIONS = { sslmode = \"${env://M}\" }\n",
        "{\"HOST\":\"127.0.0.1\",\"OPTIONS\":{\"sslmode\":\"disable\"}}",
    );
    assert!(ids.is_empty());
}
