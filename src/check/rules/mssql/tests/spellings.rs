//! SQL Server as people write it: defaults, pipes, other drivers, braces; and what only looks like a fault.

use super::{DRIVER, database, extra, holds, table};
use crate::{
    check::testing::{found, ids, resolved, severity},
    finding::Severity,
};

#[test]
fn defaults_of_references() {
    let url = |rest: &str| format!("{DRIVER}extra_params = \"${{env://X:-{rest}}}\"");
    let (trust, clear) = (url("TrustServerCertificate=yes"), url("Encrypt=no"));
    let each = table("TrustServerCertificate = \"${env://T:-yes}\", Encrypt = \"${env://E:-no}\"");
    let strict = table("TrustServerCertificate = \"${env://T:-yes}\", Encrypt = \"strict\"");
    let old = "driver = \"${env://D:-ODBC Driver 17 for SQL Server}\"";
    let new = "driver = \"${env://D:-ODBC Driver 18 for SQL Server}\"";
    holds(
        "MS001",
        &[("", &trust), ("", &each)],
        &[
            ("", &clear),
            ("", &strict),
            ("HOST = \"${env://H:-localhost}\"", &trust),
        ],
    );
    holds("MS002", &[("", &clear), ("", &each)], &[("", &trust)]);
    holds("MS004", &[("", old)], &[("", new)]);
    let user =
        |default: &str| format!("USER = \"${{env://U:-{default}}}\"\nPASSWORD = \"${{env://P}}\"");
    holds(
        "MS011",
        &[(&user("sa"), DRIVER)],
        &[(&user("sales"), DRIVER)],
    );
    holds(
        "MS012",
        &[(&user("shop_admin"), DRIVER)],
        &[(&user("shop_app"), DRIVER)],
    );
    for one in found(&database("", &each), &[]) {
        if ["MS001", "MS002"].contains(&one.rule.id) {
            assert_eq!(one.notes, ["where the reference brings nothing"]);
            assert_eq!(one.fix, None, "the reference must stay");
        }
    }
}

#[test]
fn pipes_and_shared_memory_are_local() {
    let trust = extra("TrustServerCertificate=yes");
    holds(
        "MS001",
        &[
            ("HOST = 'np:\\\\sql.shop.example\\pipe\\sql\\query'", &trust),
            ("HOST = 'tcp:sql.shop.example,1433'", &trust),
        ],
        &[
            ("HOST = 'lpc:.'", &trust),
            ("HOST = 'lpc:SQLPROD01'", &trust),
            ("HOST = 'np:\\\\.\\pipe\\sql\\query'", &trust),
            ("HOST = '\\\\.\\pipe\\MSSQL$X\\sql\\query'", &trust),
            ("HOST = 'np:\\\\localhost\\pipe\\sql\\query'", &trust),
        ],
    );
}

#[test]
fn names_in_certificates() {
    let case = |host: &str, name: &str| {
        (
            format!("HOST = \"{host}\""),
            table(&format!(
                "Encrypt = \"yes\", HostnameInCertificate = \"{name}\""
            )),
        )
    };
    let told = [
        case("shop.co.uk", "evil.co.uk"),
        case("sql.shop.example", "other.test"),
        case("sqlprod01", "db.corp.example"),
        case("sql.shop.example", "*.example"),
        case("sql.shop.com.au", "sql2.evil.com.au"),
    ];
    let right = [
        case("sqlprod01", "sqlprod01.corp.example"),
        case(
            "shop.privatelink.database.windows.net",
            "*.database.windows.net",
        ),
        case("sql.internal", "sql.shop.example"),
        case("sql.eu.shop.example", "*.shop.example"),
        case("sql.shop.example", "db.shop.example"),
        case("db.shop.co.uk", "sql.shop.co.uk"),
    ];
    let pairs = |cases: &'static [(String, String)]| -> Vec<(&'static str, &'static str)> {
        cases
            .iter()
            .map(|(body, options)| (body.as_str(), options.as_str()))
            .collect()
    };
    let (told, right) = (Box::leak(Box::new(told)), Box::leak(Box::new(right)));
    holds("MS028", &pairs(told), &pairs(right));
    for one in found(&database(&told[0].0, &told[0].1), &[]) {
        if let Some(fix) = one.fix.filter(|_| one.rule.id == "MS028") {
            assert!(!fix.is_safe);
        }
    }
}

#[test]
fn a_name_that_a_reference_brings_is_not_quoted() {
    let said = |value: &str| {
        let text = database("", &table(&format!("HostnameInCertificate = \"{value}\"")));
        let json = "{\"OPTIONS\":{\"extra_params\":{\"HostnameInCertificate\":\"hunter2.test\"}}}";
        let found = resolved(&text, json);
        let told = found.iter().find(|one| one.rule.id == "MS028").unwrap();
        told.notes.concat()
    };
    assert_eq!(said("${env://X}"), "");
    let text = database("", &table("HostnameInCertificate = \"other.test\""));
    let found = found(&text, &[]);
    let told = found.iter().find(|one| one.rule.id == "MS028").unwrap();
    assert!(told.notes.concat().contains("`other.test`"));
}

#[test]
fn administrators() {
    let user = |name: &str| format!("USER = \"{name}\"\nPASSWORD = \"${{env://P}}\"");
    for (name, is_found) in [
        ("shopadmin", true),
        ("ShopAdmin", true),
        ("ShopAdminUser", true),
        ("sqladmin01", true),
        ("admin1", true),
        ("Administrator@shop.example", true),
        ("shop_app", false),
        ("administration_reader", false),
        ("sa", false),
        ("app@admin.example", false),
    ] {
        let found = ids(&database(&user(name), DRIVER));
        assert_eq!(found.contains(&"MS012"), is_found, "{name}: {found:?}");
    }
    let with = |profile: &str, name: &str, host: &str| {
        let body = user(name);
        database("", DRIVER)
            + &format!("[profiles.{profile}.databases.default]\nHOST = \"{host}\"\n{body}\n")
    };
    let weight = |id: &str, profile: &str, name: &str, host: &str| {
        severity(id, &with(profile, name, host), &[profile])
    };
    let far = "sql2.shop.example";
    assert_eq!(weight("MS012", "migrate", "shop_owner", far), None);
    assert_eq!(
        weight("MS012", "migrate", "CloudSA12", far),
        Some(Severity::Warning)
    );
    assert_eq!(weight("MS011", "migrate", "sa", far), Some(Severity::Error));
    assert_eq!(
        weight("MS011", "prod", "sa", "localhost"),
        Some(Severity::Warning)
    );
    assert_eq!(weight("MS012", "prod", "shop_admin", "localhost"), None);
    assert_eq!(
        weight("MS012", "prod", "shop_admin", far),
        Some(Severity::Warning)
    );
    assert_eq!(
        weight("MS011", "dev", "sa", "localhost"),
        Some(Severity::Advice)
    );
    assert_eq!(
        weight("MS012", "dev", "shop_admin", far),
        Some(Severity::Advice)
    );
}

#[test]
fn other_drivers_have_keywords_of_their_own() {
    let free = |text: &str| format!("driver = \"FreeTDS\"\nextra_params = \"{text}\"");
    let free_table =
        "driver = \"FreeTDS\"\nextra_params = { TDS_Version = \"7.4\", Encryption = \"require\" }";
    holds(
        "MS018",
        &[
            ("", &extra("TDS_Version=7.4")),
            ("", &free("Encrypt = yes")),
            ("", &table("Nonsense = \"1\"")),
            ("", "extra_params = { Zzz = \"1\", Encrypt = \"yes\" }"),
            ("", &extra("Nonsense=${env://N};Encrypt=yes")),
            ("", &extra("APP=${env://N};Encrypt = yes")),
            ("", &extra("APP=${env://N};Encrypt=yes;Encrypt=no")),
        ],
        &[
            ("", &free("TDS_Version=7.4;Port=1433;Encryption=require")),
            ("", free_table),
            ("", &extra("${env://ALL};Encrypt=yes")),
            ("", &extra("APP=${env://N};Encrypt=yes;${env://MORE}")),
            ("", &table("Encrypt = \"${env://E}\"")),
        ],
    );
    let text = database("", &table("Nonsense = \"1\""));
    assert_eq!(severity("MS018", &text, &[]), Some(Severity::Warning));
    let (off, request, insists) = (
        free("Encryption=off"),
        free("Encryption=request"),
        free("Encryption=require"),
    );
    let open = free("Encryption=${env://E}");
    holds(
        "MS004",
        &[("", &off), ("", &request)],
        &[("", &insists), ("", &open)],
    );
}

#[test]
fn words_beside_a_password_are_not_quoted() {
    for text in [
        "PWD=abc;S3cretTail=x;Encrypt=yes",
        "KeyStoreSecret=abc;S3cretTail=x",
        "Pasword=abc;S3cretTail=x",
    ] {
        let found = found(&database("", &extra(text)), &[]);
        let told: Vec<_> = found.iter().filter(|one| one.rule.id == "MS018").collect();
        assert!(!told.is_empty(), "{text}");
        for one in told {
            assert!(one.hides, "{text}");
            assert!(!one.notes.concat().contains("S3cret"), "{:?}", one.notes);
        }
    }
    let found = found(&database("", &extra("Encrpt=yes")), &[]);
    let told = found.iter().find(|one| one.rule.id == "MS018").unwrap();
    assert!(told.notes.concat().contains("`Encrpt`") && !told.hides);
}

#[test]
fn braces_in_a_text() {
    let note = |text: &str| {
        let found = found(&database("", &extra(text)), &[]);
        let told = found.iter().find(|one| one.rule.id == "MS019").unwrap();
        told.notes.concat().contains("doubled")
    };
    assert!(note("PWD={${env://P}};Encrypt=yes"));
    assert!(!note("PWD=${env://P};Encrypt=yes"));
    assert!(!note("PWD={${env://P}};UID=${env://U}"));
}

#[test]
fn tokens_beside_other_logins() {
    let token = "TOKEN = \"${env://T}\"";
    let with = |more: &str| format!("HOST = \"shop.database.windows.net\"\n{token}\n{more}");
    holds(
        "MS006",
        &[
            (&with("PASSWORD = \"${env://P}\""), DRIVER),
            (&with("USER = \"${env://U}\""), DRIVER),
            (&with("USER = \"shop\""), DRIVER),
        ],
        &[
            (&with(""), DRIVER),
            (&with("PASSWORD = \"\""), DRIVER),
            ("", DRIVER),
        ],
    );
    let text = database(&with("PASSWORD = \"${env://P}\""), DRIVER);
    assert_eq!(severity("MS006", &text, &[]), Some(Severity::Warning));
    let text = database(&with("USER = \"${env://U}\""), DRIVER);
    assert_eq!(severity("MS006", &text, &[]), Some(Severity::Error));
    holds(
        "MS015",
        &[("TOKEN = \"Bearer ${env://T}\"", DRIVER)],
        &[
            (token, DRIVER),
            ("TOKEN = \"${env://A}.${env://B}\"", DRIVER),
        ],
    );
    let auth = "HOST = \"shop.database.windows.net\"\nauth = \"entra\"";
    holds(
        "MS003",
        &[(auth, "extra_params = \"Encrypt=no\"")],
        &[(auth, "extra_params = \"Encrypt=yes\"")],
    );
}

#[test]
fn engines_that_have_ended() {
    for (engine, is_found) in [
        ("django_pyodbc", true),
        ("sqlserver_ado", true),
        ("sql_server.pyodbc", true),
        ("sqlserver", true),
        ("mssql", false),
        ("msssql", false),
    ] {
        let text = database("", "").replace("\"mssql\"", &format!("\"{engine}\""));
        let found = ids(&text);
        assert_eq!(found.contains(&"MS025"), is_found, "{engine}: {found:?}");
        assert_eq!(found.contains(&"GN014"), engine == "msssql", "{engine}");
    }
}
