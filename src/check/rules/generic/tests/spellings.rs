//! Secrets and addresses in the spellings that people use, and what only looks like them.

use super::{brought, database, env, holds};
use crate::{
    check::testing::{Around, found, ids, look, resolved, severity},
    finding::Severity,
};

const RANDOM: &str = "q7ZkW2mPx9Lr4TbV";

fn url(url: &str) -> String {
    format!("[databases.default]\nurl = \"{url}\"\n")
}

#[test]
fn literals_in_defaults_and_in_parts() {
    let from = format!(
        "[databases.default]\nfrom = '''${{env://X:-{{\"engine\":\"postgres\",\"password\":\"{RANDOM}\"}}}}'''\n"
    );
    let with = |password: &str| database(&format!("USER = \"a\"\nPASSWORD = \"{password}\""));
    let extra = |text: &str| {
        format!(
            "[databases.default]\nENGINE = \"mssql\"\nNAME = \"s\"\nHOST = \"h.test\"\nOPTIONS = {{ extra_params = \"{text}\" }}\n"
        )
    };
    holds(
        "GN001",
        &[
            &url(&format!(
                "${{env://DATABASE_URL:-postgres://shop:{RANDOM}@db/shop}}"
            )),
            &url(&format!(
                "postgres://u:${{env://P:-{RANDOM} | urlencode}}@h/d"
            )),
            &url("postgres://${env://LOGIN:-u:hunter2x}@h/d"),
            &url("mysql://u:${env://P | urlencode}@h.example/d?passwd=hunter2x9"),
            &url(&format!("postgres://u:${{env://A}}{RANDOM}@h/d")),
            &from,
            &with(&format!("${{env://A}}{RANDOM}")),
            &with("${env://A:-${env://B:-hunter2x}}"),
            &extra("UID=a;PWD=summer;Encrypt=yes"),
            &env("MQ = \"amqp://shop:hunter2secret@mq:5672/\""),
            &env("CACHE = \"redis://:hunter2@h/0\""),
            &env("CACHE = \"${env://C:-redis://:hunter2@h/0}\""),
            &env(&format!("J = '{{\"password\":\"{RANDOM}\"}}'")),
            &env(&format!("J = '[{{\"db\":{{\"password\":\"{RANDOM}\"}}}}]'")),
        ],
        &[
            &url("postgres://u:${env://P | urlencode}@h/d"),
            &url("postgres://user@h/d"),
            &url("${env://DATABASE_URL:-sqlite:///x}"),
            &url("${env://DATABASE_URL:-postgres://u@h/d}"),
            &url("postgres://u:${env://A}-${env://B}@h/d?sslmode=require"),
            &with("${env://A}-${env://B}"),
            &with("${env://A:-}"),
            &extra("UID=a;PWD=${env://P};Encrypt=yes"),
            &env("CACHE = \"redis://localhost\"\nDB = \"postgres://user@h\""),
            &env("GIT = \"git@shop.example:a/b\"\nPAGE = \"https://shop.example:8443/a:b@c\""),
            &env("TEMPLATE = \"postgres://u:$${PASSWORD}@h\""),
            &env("J = '{\"theme\":\"dark\",\"token_url\":\"https://shop.example/token\"}'"),
        ],
    );
}

#[test]
fn a_secret_is_told_once_and_hidden() {
    let text = env("MQ_PASSWORD_URL = \"amqp://shop:hunter2secret@mq:5672/\"")
        + "[profiles.prod.env]\nA = \"1\"\n[profiles.staging.env]\nA = \"1\"\n";
    let found = found(&text, &[]);
    let told: Vec<_> = found.iter().filter(|one| one.rule.id == "GN001").collect();
    assert_eq!(told.len(), 1);
    assert!(told[0].hides);
}

#[test]
fn weak_passwords() {
    let with =
        |password: &str| database(&format!("USER = \"shop_app\"\nPASSWORD = \"{password}\""));
    holds(
        "GN003",
        &[
            &with("TODO: set me later on"),
            &with("P@$$w0rd2024!"),
            &with("letmeinletmein"),
            &with("hunter2hunter2"),
            &with("123456789012345"),
            &with("1234567890123456789"),
            &with("[your-password]"),
            &with("<SET_ME_BEFORE_DEPLOY>"),
            &with("Sh0p!2024"),
            &url("postgres://u:${env://P:-changeme | urlencode}@h.test/d"),
        ],
        &[
            &with("839201748651093724605118"),
            &with("7391-2846-9183-7462-1938"),
            &with("[k3J9sLq0Zx7Vb2Nm4Qw8]"),
            &with("postgres-k3J9sLq0Zx7Vb"),
            &url("postgres://u:${env://P | urlencode}@h.test/d"),
        ],
    );
}

#[test]
fn defaults_are_looked_at_behind_their_filters() {
    let with = |password: &str| database(&format!("USER = \"a\"\nPASSWORD = \"{password}\""));
    holds(
        "GN005",
        &[
            &with("${env://P:- abc}"),
            &with("${env://P:-${env://Q:- abc}}"),
        ],
        &[&with("${env://P:- abc | trim}"), &with("${env://P:-abc}")],
    );
    holds(
        "GN006",
        &[
            &env("A = \"${env://X:-a\\u0000b}\""),
            &with("${env://X:-a\\u0000b}"),
        ],
        &[&env("A = \"${env://X:-a\\u0000b | base64}\"")],
    );
    let style = "[databases.default]\nurl = \"sqlite:///x\"\nurl_style = \"django-environ\"\n";
    holds(
        "GN004",
        &[&format!("{style}[env]\nA = \"${{env://X:-$abc}}\"\n")],
        &[&format!("{style}[env]\nA = \"${{env://X:-abc}}\"\n")],
    );
}

#[test]
fn one_fault_is_not_told_by_two_rules() {
    let mssql = |body: &str| {
        format!(
            "[databases.default]\nENGINE = \"mssql\"\nNAME = \"s\"\nHOST = \"h.test\"\nUSER = \"u\"\n{body}\n"
        )
    };
    let only = |text: &str, rule: &str, without: &[&str]| {
        let ids = ids(text);
        assert!(ids.contains(&rule), "{rule}: {ids:?}\n{text}");
        assert!(
            !ids.iter().any(|id| without.contains(id)),
            "{ids:?}\n{text}"
        );
    };
    only(&mssql("PASSWORD = \"a\\u0000b\""), "MS022", &["GN006"]);
    only(
        &mssql("PASSWORD = \"${env://P}\"\nOPTIONS = { extra_params = \"Encrypt=yes\\u0000\" }"),
        "MS018",
        &["GN006"],
    );
    only(
        &mssql("PASSWORD = \" abcdefghi-jklm\"\nOPTIONS = { python_driver = \"mssql_python\" }"),
        "MS022",
        &["GN005"],
    );
    let misspelt =
        database("USER = \"a\" # no login").replace("# no login", "\nPASSWROD = \"${env://P}\"");
    only(&misspelt, "GN013", &["GN002"]);
    only(
        &mssql("PASSWORD = \"${env://P}\"\nOPTIONS = { driver = \"/opt/libmsodbcsql17.so\" }"),
        "MS024",
        &["MS004"],
    );
    // Each by itself is told still.
    only(
        &database("USER = \"a\"\nPASSWORD = \" a\\u0000b\""),
        "GN006",
        &[],
    );
    only(
        &database("USER = \"a\" # no login\nATOMIC_REQUEST = true"),
        "GN002",
        &[],
    );
}

#[test]
fn settings_that_django_shows() {
    holds(
        "GN018",
        &[
            &env("SENTRY_DSN = \"${env://D}\""),
            &env("CELERY_BROKER_URL = \"${env://B}\""),
            &env("CELERY_RESULT_BACKEND = \"${env://B}\""),
            &env("REPORTS_DATABASE_URL = \"${env://B}\""),
            &env("MONGODB_URI = \"${env://B}\""),
            &env("WEBHOOK = \"https://h.example/?token=${env://T | urlencode}\""),
            &env("SMTP = \"smtp://u:${env://P | urlencode}@h:25\""),
        ],
        &[
            &env("SECURITY_CONTACT = \"${env://C}\"\nHOURLY_RATE = \"${env://R:-5}\""),
            &env("CURL_CA_BUNDLE = \"${env://C}\"\nMAX_CONNECTIONS = \"${env://M:-10}\""),
            &env(
                "PUBLIC_URL = \"https://${env://DOMAIN}/\"\nSTATIC_URL = \"${env://S:-/static/}\"",
            ),
            &env("LOGIN_REDIRECT_URL = \"${env://L:-/}\""),
            &env("OIDC_REDIRECT_URI = \"https://${env://HOST}/cb\""),
            &env("S3_ENDPOINT_URL = \"${env://E}\""),
            &env("SEARCH = \"https://h.example/?q=${env://Q | urlencode}\""),
            &env("REDIS_URL = \"redis://h/0\""),
            &env("REDIS_URL_WITH_PASSWORD = \"${env://R}\""),
        ],
    );
}

#[test]
fn a_pool_that_a_reference_brings_is_none() {
    let pool = |value: &str| {
        database(&format!(
            "OPTIONS = {{ sslmode = \"verify-full\", sslrootcert = \"system\", pool = {value} }}"
        ))
    };
    holds(
        "GN010",
        &[&pool("true"), &pool("{ min_size = 2 }")],
        &[&pool("false"), &pool("\"${env://POOL:-false}\"")],
    );
}

#[test]
fn aliases_wait_for_default() {
    let sqlite = |alias: &str, body: &str| {
        format!("[databases.{alias}]\nENGINE = \"sqlite3\"\nNAME = \"{alias}\"\n{body}\n")
    };
    let waits = |on: &str| format!("TEST = {{ DEPENDENCIES = [\"{on}\"] }}");
    holds(
        "GN012",
        &[
            &(sqlite("default", &waits("b")) + &sqlite("b", "")),
            &(sqlite("default", &waits("b")) + &sqlite("b", &waits("c")) + &sqlite("c", "")),
            &(sqlite("default", "")
                + &sqlite("b", &waits("c"))
                + &sqlite("c", "TEST = { MIRROR = \"default\" }")),
        ],
        &[
            &(sqlite("default", &waits("b")) + &sqlite("b", "TEST = { DEPENDENCIES = [] }")),
            &(sqlite("default", "") + &sqlite("b", "") + &sqlite("c", &waits("b"))),
            &(sqlite("default", "") + &sqlite("b", "TEST = { MIRROR = \"default\" }")),
        ],
    );
}

#[test]
fn an_alias_that_a_reference_brings_is_not_quoted() {
    for test in ["MIRROR\":\"hunter2\"", "DEPENDENCIES\":[\"hunter2\"]"] {
        let key = test.split('"').next().unwrap();
        let value = if key == "MIRROR" {
            "\"${env://X}\""
        } else {
            "[\"${env://X}\"]"
        };
        let text = database(&format!("TEST = {{ {key} = {value} }}"));
        let found = resolved(&text, &format!("{{\"TEST\":{{\"{test}}}}}"));
        let told: Vec<_> = found.iter().filter(|one| one.rule.id == "GN012").collect();
        assert_eq!(told.len(), 1, "{key}");
        assert!(
            told[0].notes.iter().all(|note| !note.contains("hunter2")),
            "{:?}",
            told[0].notes
        );
    }
    let written = found(&database("TEST = { MIRROR = \"nowhere\" }"), &[]);
    let told = written.iter().find(|one| one.rule.id == "GN012").unwrap();
    assert_eq!(told.notes, ["there is no database `nowhere`"]);
}

#[test]
fn files_that_git_takes() {
    let around = Around::new();
    let git = |arguments: &[&str]| {
        let status = std::process::Command::new("git")
            .args(arguments)
            .current_dir(around.0.path())
            .output()
            .unwrap();
        assert!(status.status.success(), "{status:?}");
    };
    git(&["init", "--quiet"]);
    around.file(
        ".env",
        0o600,
        "A='x'\nDB_PASSWORD=\"x${y}\"\nRUST=\"x$y\"\n",
    );
    around.file("secrets/db_password", 0o600, "x");
    around.file("ignored/db_password", 0o600, "x");
    around.file(".gitignore", 0o644, "ignored\n");
    let severities = |text: &str| -> Vec<Severity> {
        around
            .found(text, "GN017")
            .iter()
            .map(|one| one.severity)
            .collect()
    };
    let scheme = "[env]\nA = \"${dotenv://DB_PASSWORD}\"\nB = \"${dotenv://A}\"\n";
    assert_eq!(severities(scheme), [Severity::Error]);
    let nested = "[databases.default]\nENGINE = \"sqlite3\"\nNAME = \"x\"\nTEST = { NAME = \"${dotenv://DB_PASSWORD}\" }\n";
    let file = "[files.\"x\"]\ncontent = \"${dotenv://db-password}\"\n";
    let other = "[files.\"x\"]\ncontent = \"${dotenv://A}\"\n";
    assert_eq!(around.found(nested, "GN020").len(), 1);
    assert_eq!(around.found(file, "GN020").len(), 1);
    assert_eq!(around.found(other, "GN020").len(), 0);
    // Two libraries of Python agree on it; a third of Rust, which does not, is asked where the manifest names it.
    let rust = |dialect: &str| {
        format!(
            "[providers.s]\nkind = \"dotenv\"\ndialect = \"{dialect}\"\n[env]\nA = \"${{s://RUST}}\"\n"
        )
    };
    assert_eq!(around.found(&rust("python-dotenv"), "GN020").len(), 0);
    assert_eq!(around.found(&rust("dotenvy"), "GN020").len(), 1);
    let directory = |path: &str| {
        format!(
            "[providers.s]\nkind = \"file\"\npath = \"{path}\"\n[env]\nA = \"${{s://db-password}}\"\n"
        )
    };
    assert_eq!(severities(&directory("secrets")), [Severity::Error]);
    assert_eq!(severities(&directory("ignored")), []);
    let missing = directory("secrets").replace("db-password", "other");
    assert_eq!(severities(&missing), [Severity::Warning]);
    assert_eq!(
        severities("[env]\nA = \"${file://secrets/db_password}\"\n"),
        [Severity::Error]
    );
    git(&["add", ".env"]);
    std::fs::remove_file(around.0.path().join(".env")).unwrap();
    assert_eq!(severities(scheme), [Severity::Error], "it was committed");
}

#[test]
fn what_has_been_resolved_is_no_literal() {
    let text = url("${env://U}");
    let found = look(&text, &[], Some(&brought("qN7!bV2x-Lp9-kW4", &[])));
    assert!(!found.iter().any(|one| one.rule.id == "GN001"));
    assert_eq!(severity("GN001", &text, &[]), None);
}
