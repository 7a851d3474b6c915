//! `extra_params` as text: what is put into it, beside what it stands, and in a URL.

use super::{DRIVER, database, extra, holds, table};
use crate::{
    check::{
        Found,
        testing::{fixed, found, resolved, severity},
    },
    finding::Severity,
};

#[test]
fn what_cannot_be_read_is_not_rewritten() {
    let old = |text: &str| {
        format!("driver = \"ODBC Driver 17 for SQL Server\"\nextra_params = \"{text}\"")
    };
    let azure = "HOST = \"shop.database.windows.net\"";
    for text in ["APP={x", "APP={x;Encrypt=yes", "APP={x}y", "APP =x"] {
        assert_eq!(fixed(&database("", &old(text)), "MS004"), None, "{text}");
        assert_eq!(
            fixed(&database(azure, &extra(text)), "MS027"),
            None,
            "{text}"
        );
    }
    let mended = fixed(&database("", &old("APP={x;y}")), "MS004").unwrap();
    assert!(mended.contains("\"APP={x;y};Encrypt=yes\""), "{mended}");
}

#[test]
fn an_address_is_not_held_against_a_certificate_unasked() {
    let at = |host: &str, text: &str| database(&format!("HOST = \"{host}\""), &extra(text));
    let trust = "Encrypt=yes;TrustServerCertificate=yes";
    assert!(fixed(&at("sql.shop.example", trust), "MS001").is_some());
    assert_eq!(fixed(&at("10.0.0.4", trust), "MS001"), None);
    assert_eq!(fixed(&at("10.0.0.4,1433", trust), "MS001"), None);
    let named = format!("{trust};HostnameInCertificate=sql.shop.example");
    assert!(fixed(&at("10.0.0.4", &named), "MS001").is_some());
    assert_eq!(fixed(&at("10.0.0.4", "Encrypt=no"), "MS002"), None);
    let trusting = "Encrypt=no;TrustServerCertificate=yes";
    assert!(fixed(&at("10.0.0.4", trusting), "MS002").is_some());
    let shown = found(&at("10.0.0.4", trust), &[]);
    assert!(
        shown
            .iter()
            .any(|one| one.rule.id == "MS001" && one.fix.is_some())
    );
}

/// What MS019 says of this text once its references have brought this one.
fn brought(text: &str, whole: &str) -> Option<Severity> {
    let json = serde_json::json!({
        "ENGINE": "mssql", "NAME": "shop", "HOST": "sql.shop.example",
        "OPTIONS": { "driver": "ODBC Driver 18 for SQL Server", "extra_params": whole },
    });
    let found = resolved(&database("# no login", &extra(text)), &json.to_string());
    let one = found.iter().find(|one| one.rule.id == "MS019")?;
    Some(one.severity)
}

#[test]
fn values_decide_once_they_are_known() {
    let bare = "APP=${env://A};Encrypt=yes";
    let braced = "APP={${env://A}};Encrypt=yes";
    for (text, value, is_found) in [
        (bare, "shop", false),
        (bare, "a=b}c{d", false),
        (bare, "x;Encrypt=no", true),
        (bare, "x;", true),
        (bare, "x;y", true),
        (bare, "{x", true),
        (bare, "{x}", true),
        (bare, " x", true),
        (bare, "a\0b", true),
        (braced, "shop", false),
        (braced, "a;b", false),
        (braced, "a}}b", false),
        (braced, "a}b", true),
        (braced, "a};Encrypt=no;X={", true),
        (braced, "a}", true),
        ("APP=x-${env://A};Encrypt=yes", "{y", false),
        ("APP=${env://A}-${env://A}", "y", false),
        ("Encrypt=yes;${env://A}", "APP=x;WSID=y", false),
        ("Encrypt=yes;${env://A}", "APP=x;Encrypt=no", true),
        ("Encrypt=yes;${env://A}", "APP={x", true),
    ] {
        let expected = is_found.then_some(Severity::Error);
        let whole = text.replace("${env://A}", value);
        assert_eq!(brought(text, &whole), expected, "{text} with {value:?}");
    }
    let unknown = |text: &str| severity("MS019", &database("# no login", &extra(text)), &[]);
    assert_eq!(unknown(bare), Some(Severity::Warning));
    assert_eq!(unknown(braced), Some(Severity::Advice));
}

#[test]
fn keywords_that_a_key_of_djangos_stands_for() {
    let each = [
        extra("Encrypt=yes;UID=other"),
        extra("Encrypt=yes;User=other"),
        extra("Encrypt=yes;PWD=${env://OTHER}"),
        extra("Encrypt=yes;Server=other.shop.example"),
        extra("Encrypt=yes;Database=other"),
        table("Encrypt = \"yes\", Database = \"other\""),
    ];
    for options in &each {
        let text = database("", options);
        assert_eq!(
            severity("MS018", &text, &[]),
            Some(Severity::Warning),
            "{text}"
        );
    }
    let python = "python_driver = \"mssql_python\"\nextra_params = \"Encrypt=yes;Database=other\"";
    let text = database("", python);
    assert_eq!(severity("MS018", &text, &[]), Some(Severity::Error));
    holds(
        "MS018",
        &[],
        &[
            ("", &extra("Encrypt=yes;UID=shop_app")),
            ("", &extra("Encrypt=yes;Database=shop")),
            (
                "# no login",
                &extra("Encrypt=yes;UID=shop_app;PWD=${env://P}"),
            ),
            (
                "",
                "driver = \"FreeTDS\"\nextra_params = \"Server=other;Encryption=require\"",
            ),
            (
                "",
                "dsn = \"shop\"\nextra_params = \"Encrypt=yes;Server=other\"",
            ),
        ],
    );
}

/// What is found in a URL with this query.
fn in_url(query: &str) -> Vec<Found> {
    let text = format!(
        "[databases.default]\nurl = \"mssqlms://u:${{env://P | urlencode}}@sql1.shop.example/shop?{query}\"\n"
    );
    found(&text, &[])
}

fn told(query: &str) -> Vec<&'static str> {
    let mut ids: Vec<&str> = in_url(query).iter().map(|one| one.rule.id).collect();
    ids.retain(|id| *id != "GN002");
    ids
}

#[test]
fn options_in_a_url_are_held_against_the_readers_rules() {
    const NEW: &str = "driver=ODBC+Driver+18+for+SQL+Server";
    let with = |params: &str| told(&format!("{NEW}&extra_params={params}"));
    assert_eq!(with("Encrypt%3Dtrue"), ["MS018"]);
    assert_eq!(
        with("Authentication%3DActiveDirectoryDefault"),
        ["MS007", "MS009"]
    );
    assert_eq!(
        told("driver=libmsodbcsql-18.6.so.2.1&extra_params=Encrypt%3Dyes"),
        ["MS024"]
    );
    assert_eq!(
        told("python_driver=mssql_python&extra_params=Encrypt%3Dyes%3BAPP%3Dx"),
        ["MS020"]
    );
    assert_eq!(with("Encrypt%3Dyes"), [""; 0]);
    // What a reference brings is not known, nor what it may bring.
    for open in ["Encrypt%3D${env://E}", "Encrypt%3Dtrue&${env://MORE}"] {
        assert!(!with(open).contains(&"MS018"), "{open}");
    }
    let token = "[databases.default]\nurl = \"mssqlms://u@sql1.shop.example/shop?extra_params=Encrypt%3Dno\"\nTOKEN = \"${env://T}\"\nOPTIONS = { driver = \"ODBC Driver 18 for SQL Server\" }\n";
    let ids: Vec<&str> = found(token, &[]).iter().map(|one| one.rule.id).collect();
    assert!(ids.contains(&"MS003") && ids.contains(&"MS006"), "{ids:?}");
    // What stands beside the URL takes its place.
    let beside = "[databases.default]\nurl = \"mssqlms://u:${env://P | urlencode}@sql1.shop.example/shop?extra_params=Encrypt%3Dtrue\"\nOPTIONS = { driver = \"ODBC Driver 18 for SQL Server\", extra_params = \"Encrypt=yes\" }\n";
    assert!(found(beside, &[]).iter().all(|one| one.rule.id != "MS018"));
    assert!(in_url(&format!("{NEW}&extra_params=Encrypt%3Dtrue"))[0].is_mistake);
}

#[test]
fn secrets_in_a_urls_text() {
    let with = |params: &str| {
        format!(
            "[databases.default]\nurl = \"mssqlms://u:${{env://P | urlencode}}@sql1.shop.example/shop?driver=ODBC+Driver+18+for+SQL+Server&extra_params={params}\"\n"
        )
    };
    let has = |text: &str, id: &str| {
        let found = found(text, &[]);
        let json = serde_json::json!({
            "ENGINE": "mssql", "NAME": "shop", "HOST": "sql1.shop.example", "USER": "u", "PASSWORD": "x",
            "OPTIONS": { "driver": "ODBC Driver 18 for SQL Server", "extra_params": "Encrypt=yes;PWD=Tr0ub4dor-three;KeyStoreSecret=Tr0ub4dor-four" },
        });
        let resolved = resolved(text, &json.to_string());
        [found, resolved].map(|found| {
            let told = found.iter().find(|one| one.rule.id == id);
            told.inspect(|one| assert!(one.hides)).is_some()
        })
    };
    let written = with("Encrypt%3Dyes%3BPWD%3DTr0ub4dor-three%3BKeyStoreSecret%3DTr0ub4dor-four");
    assert_eq!(has(&written, "GN001"), [true, true]);
    assert_eq!(has(&written, "MS021"), [true, true]);
    let brought = with("Encrypt%3Dyes%3BPWD%3D{${env://A}}%3BKeyStoreSecret%3D{${env://B}}");
    assert_eq!(has(&brought, "GN001"), [false, false]);
    assert_eq!(has(&brought, "MS021"), [false, false]);
}

#[test]
fn passwords_in_text_can_be_guessed_too() {
    let text = database("# no login", &extra("Encrypt=yes;UID=u;PWD={${env://P}}"));
    let with = |password: &str| {
        let json = serde_json::json!({
            "ENGINE": "mssql", "NAME": "shop", "HOST": "sql.shop.example",
            "OPTIONS": { "driver": "ODBC Driver 18 for SQL Server", "extra_params": format!("Encrypt=yes;UID=u;PWD={{{password}}}") },
        });
        let found = resolved(&text, &json.to_string());
        let one = found.into_iter().find(|one| one.rule.id == "GN003")?;
        assert!(one.hides);
        Some(one.severity)
    };
    assert_eq!(with("changeme"), Some(Severity::Error));
    assert_eq!(with("h7Kq-2mXv-9pLw-4tRz"), None);
    let default = extra("Encrypt=yes;UID=u;PWD={${env://P:-changeme}}");
    assert_eq!(
        severity("GN003", &database("# no login", &default), &[]),
        Some(Severity::Error)
    );
}

#[test]
fn files_of_drivers_by_their_endings() {
    let driver = |name: &str| format!("driver = \"{name}\"\nextra_params = \"Encrypt=yes\"");
    let told = [
        "libmsodbcsql-18.6.so",
        "libmsodbcsql-18.6.so.2.1",
        "libmsodbcsql.18.dylib",
        "MSODBCSQL18.DLL",
    ];
    let told: Vec<String> = told.iter().map(|name| driver(name)).collect();
    let wrong: Vec<(&str, &str)> = told.iter().map(|text| ("", &text[..])).collect();
    let untold = [
        driver("ODBC Driver 18 for SQL Server"),
        driver("my.sonic"),
        driver("my.so.x"),
    ];
    let right: Vec<(&str, &str)> = untold.iter().map(|text| ("", &text[..])).collect();
    holds("MS024", &wrong, &right);
    holds("MS024", &[], &[("", DRIVER)]);
}

#[test]
fn a_scheme_that_other_readers_take_for_a_dead_engine() {
    let with = |scheme: &str, more: &str| {
        let text = format!(
            "[databases.default]\nurl = \"{scheme}://u:${{env://P | urlencode}}@sql1.shop.example/shop?driver=ODBC+Driver+18+for+SQL+Server\"\n{more}"
        );
        severity("MS025", &text, &[])
    };
    assert_eq!(with("mssql", ""), Some(Severity::Advice));
    assert_eq!(
        with("mssql", "url_style = \"dj-database-url\""),
        Some(Severity::Advice)
    );
    assert_eq!(with("mssql", "url_style = \"django-environ\""), None);
    assert_eq!(with("mssql", "ENGINE = \"mssql\""), None);
    assert_eq!(with("mssqlms", ""), None);
}
