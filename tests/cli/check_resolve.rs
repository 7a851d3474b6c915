//! `nuages check --resolve` where something stands in the way: what can be looked at is looked at.

use serde_json::Value;

use crate::support::project::{Outcome, Project};

const PASSWORD: &str = "qN7!bV2x-Lp9-kW4";

/// An administrator, which is a finding of its own.
const SHOP: &str = r#"[databases.default]
ENGINE = "postgresql"
NAME = "shop"
HOST = "db.shop.example"
USER = "postgres"
PASSWORD = "${env://DB_PASSWORD}"
OPTIONS = { sslmode = "verify-full", sslrootcert = "system", channel_binding = "require" }
"#;

fn check(project: &Project, variables: &[(&str, &str)], arguments: &[&str]) -> Outcome {
    let all = ["--color", "never", "check"].iter().chain(arguments);
    let mut run = project.nuages(all);
    for (name, value) in variables {
        run = run.env(name, value);
    }
    run.output()
}

/// The rules of what was found, whether all was looked at, and why not.
fn told(outcome: &Outcome) -> (Vec<String>, bool, Vec<String>) {
    let document: Value = serde_json::from_slice(&outcome.stdout).unwrap();
    let texts = |values: &Value, key: &str| -> Vec<String> {
        let values = values.as_array().unwrap().iter();
        values
            .map(|value| value[key].as_str().unwrap().to_owned())
            .collect()
    };
    let summary = &document["summary"];
    (
        texts(&document["findings"], "rule"),
        summary["complete"].as_bool().unwrap(),
        texts(&summary["troubles"], "reason"),
    )
}

#[test]
fn a_path_of_a_file_is_unknown() {
    let manifest = format!(
        "{}\n[databases.url]\nurl = \"postgres://postgres:${{env://DB_PASSWORD | urlencode}}@db.shop.example/shop?sslmode=verify-full&sslrootcert=${{files://ca.pem}}\"\n[files.\"ca.pem\"]\ncontent = \"${{env://CA}}\"\nenv = \"CA_FILE\"\n",
        SHOP.replace("\"system\"", "\"${files://ca.pem}\"")
    );
    let project = Project::new(&manifest);
    let variables = [("DB_PASSWORD", PASSWORD), ("CA", "certificate")];
    let arguments = ["--format", "json", "--fail-on", "error"];
    let without = told(&check(&project, &[], &arguments).code(0));
    let outcome = check(
        &project,
        &variables,
        &[&["--resolve"], &arguments[..]].concat(),
    )
    .code(0);
    assert_eq!(told(&outcome), without);
    assert!(
        without.1 && without.0.contains(&"PG021".to_owned()),
        "{without:?}"
    );
    assert!(
        !outcome.stdout().contains("/proc/nuages"),
        "{}",
        outcome.stdout()
    );
}

#[test]
fn a_secret_that_is_missing_hides_no_finding() {
    let manifest = format!(
        "{SHOP}[databases.other]\nurl = \"${{env://URL}}\"\n[env]\nA = \"${{env://NOT_THERE}}\"\nDEBUG = \"${{env://DEBUG}}\"\n"
    );
    let project = Project::new(&manifest);
    let variables = [
        ("DB_PASSWORD", PASSWORD),
        ("DEBUG", "true"),
        ("URL", "none"),
    ];
    for format in ["json", "sarif"] {
        let outcome = check(&project, &variables, &["--resolve", "--format", format]).code(4);
        for text in ["PG021", "DJ018", "NOT_THERE"] {
            let all = outcome.stdout().to_owned() + outcome.stderr();
            assert!(all.contains(text), "{format}: {text}\n{all}");
        }
    }
    let outcome = check(&project, &variables, &["--resolve", "--format", "json"]).code(4);
    let (rules, is_complete, troubles) = told(&outcome);
    assert!(!is_complete, "{rules:?}");
    assert_eq!(
        troubles,
        [
            "cannot use the value of `databases.other.url` as a `dj-database-url` URL",
            "cannot resolve `env.A`: `env` has no such secret",
        ]
    );
}

#[test]
fn a_value_that_breaks_a_rule_is_a_finding() {
    let mssql =
        "[databases.default]\nENGINE = \"mssql\"\nNAME = \"shop\"\nHOST = \"sql.shop.example\"\n";
    let token = format!(
        "{mssql}TOKEN = \"${{env://T}}\"\nOPTIONS = {{ driver = \"ODBC Driver 18 for SQL Server\" }}\n"
    );
    let encrypt = format!(
        "{mssql}USER = \"sa\"\nPASSWORD = \"${{env://DB_PASSWORD}}\"\nOPTIONS = {{ driver = \"ODBC Driver 18 for SQL Server\", extra_params = {{ Encrypt = \"${{env://T}}\" }} }}\n"
    );
    let age = SHOP.replace("OPTIONS", "CONN_MAX_AGE = \"${env://T}\"\nOPTIONS");
    for (manifest, value, rule, beside) in [
        (&token, "two words", "MS015", "MS014"),
        (&encrypt, "true", "MS018", "MS011"),
        (&age, "ten", "GN014", "PG021"),
    ] {
        let project = Project::new(manifest);
        let variables = [("DB_PASSWORD", PASSWORD), ("T", value)];
        let outcome = check(&project, &variables, &["--resolve", "--format", "json"]);
        let (rules, is_complete, troubles) = told(&outcome);
        let of_rule = rules.iter().filter(|have| *have == rule).count();
        assert_eq!(of_rule, 1, "{rules:?}");
        assert!(rules.iter().any(|have| have == beside), "{rule}: {rules:?}");
        assert_eq!((is_complete, troubles), (true, Vec::new()), "{rule}");
        outcome.code(1);
    }
}

#[test]
fn a_mistake_of_the_manifest_is_told_among_the_rest() {
    let project = Project::new(&(SHOP.to_owned() + "[env]\nA = \"${nowhere://a}\"\n"));
    let outcome = check(&project, &[], &["--resolve", "--format", "json"]).code(3);
    let (rules, is_complete, troubles) = told(&outcome);
    assert!(
        rules.contains(&"PG021".to_owned()) && !is_complete,
        "{rules:?}"
    );
    assert!(
        troubles.contains(&"cannot resolve the references: the manifest has mistakes".to_owned()),
        "{troubles:?}"
    );
    let project = Project::new("[databases.default\n");
    let outcome = check(&project, &[], &["--format", "json"]).code(3);
    assert!(!told(&outcome).1);
}

#[test]
fn what_a_command_inherits_is_looked_at() {
    let bare = SHOP
        .replace("PASSWORD = \"${env://DB_PASSWORD}\"\n", "")
        .replace("\"postgres\"", "\"shop_app\"");
    let service = bare.replace("sslmode =", "service = \"shop\", sslmode =");
    let found = |manifest: &str, resolve: &[&str], variables: &[(&str, &str)]| {
        let project = Project::new(manifest);
        project.write("services.conf", "[shop]\npassword=made-up\n");
        let arguments = [&["--format", "json"], resolve].concat();
        told(&check(&project, variables, &arguments)).0
    };
    let password = [("PGPASSWORD", PASSWORD), ("DB_PASSWORD", PASSWORD)];
    let file = [("PGSERVICEFILE", "services.conf")];
    let has = |rules: Vec<String>, rule: &str| rules.iter().any(|have| have == rule);
    assert!(has(found(&bare, &["--resolve"], &password), "PG017"));
    assert!(!has(found(&bare, &[], &password), "PG017"));
    assert!(!has(found(SHOP, &["--resolve"], &password), "PG017"));
    assert!(has(found(&service, &["--resolve"], &file), "PG020"));
    assert!(!has(found(&service, &[], &file), "PG020"));
    assert!(!has(found(&bare, &["--resolve"], &file), "PG020"));
    let named = [("PGSERVICEFILE", "services.conf"), ("PGSERVICE", "shop")];
    assert!(has(found(&bare, &["--resolve"], &named), "PG020"));
}

#[test]
fn what_fix_leaves_is_called_so() {
    let manifest = r#"[databases.default]
ENGINE = "mssql"
NAME = "shop"
HOST = "shop.database.windows.net"
USER = "7c1c5cb4-9f0b-4c52-8a4e-5d3d7f3f0a11"
# It was given to us.
PASSWORD = "${env://DB_PASSWORD}"

[databases.default.OPTIONS]
driver = "ODBC Driver 18 for SQL Server"
extra_params = "Authentication=ActiveDirectoryMsi;Encrypt=yes"
"#;
    let project = Project::new(manifest);
    let outcome = check(&project, &[], &["--fix"]);
    assert!(
        outcome
            .stderr()
            .contains("mended MS007 at `databases.default.PASSWORD`; the comment above it stays\n"),
        "{}",
        outcome.stderr()
    );
    assert!(
        project
            .read("nuages.toml")
            .contains("# It was given to us.\n\n")
    );
    let project = Project::new(&SHOP.replace(", channel_binding = \"require\"", ""));
    let outcome = check(&project, &[], &[]);
    let by_hand = "by hand: databases.default.OPTIONS.channel_binding = \"require\"";
    assert!(outcome.stdout().contains(by_hand), "{}", outcome.stdout());
    let json = check(&project, &[], &["--format", "json"]);
    let document: Value = serde_json::from_slice(&json.stdout).unwrap();
    let findings = document["findings"].as_array().unwrap();
    let automatic = |rule: &str| {
        let one = findings.iter().find(|one| one["rule"] == rule).unwrap();
        one["automatic"].clone()
    };
    assert_eq!(automatic("PG009"), false);
    assert_eq!(automatic("PG021"), Value::Null);
}
