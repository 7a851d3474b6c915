//! Translations for a cluster's own engine: held to the published schemas, and to what the manifest means.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use nuages::cluster::translation;
use nuages::manifest::Manifest;
use nuages::plan::{Selection, plan};
use nuages::registry::Registry;
use serde_json::json;

use crate::judge::judge;
use crate::support::project::Project;
use crate::values::Random;

fn translate(format: &str, manifest: &str, set: &[(&str, &str)]) -> Result<String, Vec<String>> {
    let registry = Registry::builtin();
    let manifest = Manifest::read("nuages.toml", manifest, &registry);
    let plan = plan(&manifest, &Selection::default(), &registry).unwrap();
    let settings = set
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    translation(format)
        .unwrap()
        .translate(&plan, &settings)
        .map_err(|errors| errors.into_iter().map(|error| error.title).collect())
}

const COMPOSED: &str = r#"
[providers.secrets]
kind = "aws-ssm"
prefix = "/shop/prod"
region = "eu-west-1"
role_arn = "arn:aws:iam::123456789012:role/shop"
external_id = "42"

[providers.vault]
kind = "azure-kv"
vault = "shop-prod"
tenant = "00001111-aaaa-2222-bbbb-3333cccc4444"

[databases.default]
ENGINE = "postgresql"
NAME = "shop"
PASSWORD = "${secrets://db-password}"
HOST = "db-${vault://host}.internal"
PORT = "5432"
CONN_MAX_AGE = "none"
OPTIONS = { sslmode = "verify-full", options = "-c x=${aws-secrets://rds?region=eu-west-2&stage=AWSPREVIOUS#a.b}" }

[databases.reports]
url = "postgres://reports@db/reports?sslmode=require"
PASSWORD = "${secrets:///other/reports?version=3}"

[env]
SECRET_KEY = "${secrets://db-password}"
LABELLED = "${secrets://db-password?label=stable}"
URL = "rediss://:${vault://redis | urlencode}@cache/{${secrets://db-password | trim | base64}}"
LIVE = "{{ literal }} {"
DEEP = "${aws-secrets://rds?region=eu-west-2#/x/y}"
PINNED = "${vault://redis?version=0123456789abcdef0123456789abcdef}"
WORKERS = { value = "3", as = "int" }
HOSTS = { value = ["a", "${vault://host}"], as = "json" }
"#;

#[test]
fn composed_values_are_templates() {
    let set = [
        ("name", "shop"),
        ("namespace", "web"),
        ("labels", "app=shop"),
        ("service-account", "shop"),
    ];
    let text = translate("external-secret", COMPOSED, &set).unwrap();
    for part in [
        "\"key\": \"/shop/prod/db-password\"",
        "\"key\": \"/other/reports\"",
        "version: \"3\"",
        "version: \"stable\"",
        "version: \"AWSPREVIOUS\"",
        "property: \"a\\\\.b\"",
        "property: \"x|y\"",
        "vaultUrl: \"https://shop-prod.vault.azure.net\"",
        "role: \"arn:aws:iam::123456789012:role/shop\"",
    ] {
        assert!(text.contains(part), "{part} is not in\n{text}");
    }
    // As the manifest's references come up: a secret each, under the name that the templates use.
    let secrets = [
        "p\"w\\\n{{é",
        "h\"ost",
        "rds a.b",
        "reports'",
        "labelled",
        "redis +/é",
        "deep",
        "pinned",
    ];
    let named: serde_json::Map<_, _> = secrets
        .iter()
        .enumerate()
        .map(|(place, text)| (format!("s{}", place + 1), json!(text)))
        .collect();
    let databases = json!({
        "default": {
            "ENGINE": "django.db.backends.postgresql", "NAME": "shop", "PASSWORD": secrets[0], "HOST": "db-h\"ost.internal", "PORT": "5432",
            "CONN_MAX_AGE": null, "OPTIONS": { "sslmode": "verify-full", "options": "-c x=rds a.b" },
        },
        "reports": {
            "ENGINE": "django.db.backends.postgresql", "NAME": "reports", "USER": "reports", "PASSWORD": "reports'", "HOST": "db", "PORT": "",
            "CONN_MAX_AGE": 0, "CONN_HEALTH_CHECKS": false, "DISABLE_SERVER_SIDE_CURSORS": false, "OPTIONS": { "sslmode": "require" },
        },
    });
    let values = json!({
        "DATABASES": databases,
        "SECRET_KEY": secrets[0],
        "LABELLED": "labelled",
        "URL": format!("rediss://:redis%20%2B%2F%C3%A9@cache/{{{}}}", STANDARD.encode(secrets[0])),
        "LIVE": "{{ literal }} {",
        "DEEP": "deep",
        "PINNED": "pinned",
        "WORKERS": "3",
        "HOSTS": ["a", "h\"ost"],
    });
    let case = json!({ "bytes": STANDARD.encode(&text), "secrets": named, "values": values });
    assert_eq!(judge("cluster", &[case]), 4);
}

const DIRECT: &str = r#"
[providers.secrets]
kind = "aws-secrets"
prefix = "shop/"
regions = ["eu-west-1", "eu-west-2"]

[providers.vault]
kind = "azure-kv"
vault = "https://shop.vault.usgovcloudapi.net"
client_id = "00001111-aaaa-2222-bbbb-3333cccc4444"

[env]
KEY = "${secrets://key}"
SAME = "${secrets://key}"
USER = "${secrets://db#username}"
ODD = "${secrets://db#/a b/c~1d}"
OLD = "${secrets://db?stage=AWSPREVIOUS}"
REDIS = "${vault://redis}"
"#;

#[test]
fn a_provider_class_for_each_cloud() {
    let set = [("tenant", "t"), ("name", "shop")];
    let text = translate("secret-provider-class", DIRECT, &set).unwrap();
    for part in [
        "failoverRegion: \"eu-west-2\"",
        "objectVersionLabel: \"AWSPREVIOUS\"",
        "path: \"\\\"a b\\\".\\\"c/d\\\"\"",
        "keyvaultName: \"shop\"",
        "cloudName: \"AzureUSGovernmentCloud\"",
        "tenantId: \"t\"",
        "secretName: \"shop-2\"",
    ] {
        assert!(text.contains(part), "{part} is not in\n{text}");
    }
    assert_eq!(
        judge("cluster", &[json!({ "bytes": STANDARD.encode(&text) })]),
        2
    );
}

/// One store and nothing composed: no template.
#[test]
fn plain_references_need_no_template() {
    let manifest = "[env]\nA = \"${aws-ssm:///a}\"\nB = \"${aws-ssm:///b}\"\n";
    let set = [
        ("region", "eu-west-1"),
        ("cluster-store", "true"),
        ("service-account", "x"),
        ("namespace", "n"),
    ];
    let text = translate("external-secret", manifest, &set).unwrap();
    assert!(
        text.contains("ClusterSecretStore")
            && text.contains("secretKey: \"B\"")
            && !text.contains("template"),
        "{text}"
    );
    assert_eq!(
        judge("cluster", &[json!({ "bytes": STANDARD.encode(&text) })]),
        2
    );
}

#[test]
fn everything_that_cannot_be_said_is_told_at_once() {
    let manifest = r#"
[providers.a]
kind = "aws-ssm"
profile = "me"
endpoint = "http://127.0.0.1:4566"
region = "eu-west-1"

[providers.v]
kind = "azure-kv"
vault = "x"
credential = "azure-cli"

[databases.default]
url = "postgres://u:${a://p | urlencode}@h/n"

[databases.other]
from = "${aws-secrets://rds?region=eu-west-1}"
CONN_MAX_AGE = "${a://age}"

[env]
LOCAL = "${env://X}"
DEFAULT = "${a://x:-y}"
OPTIONAL = { value = "${a://x}", optional = true }
TYPED = { value = "${a://x}", as = "int" }
FILTER = "${a://x | base64decode}"
NOWHERE = "${aws-ssm:///x}"
PATH_OF = "${files://k}"
VAULT = "${v://x}"

[files.k]
content = "${a://x}"
"#;
    let keys = |format: &str| -> Vec<String> {
        let titles = translate(format, manifest, &[]).unwrap_err();
        let key = |title: &String| title.split('`').nth(1).unwrap().to_owned();
        let mut keys: Vec<_> = titles.iter().map(key).collect();
        keys.sort();
        keys.dedup();
        keys
    };
    let common = [
        "databases.default.url",
        "databases.other.CONN_MAX_AGE",
        "databases.other.from",
        "env.DEFAULT",
        "env.FILTER",
        "env.LOCAL",
        "env.NOWHERE",
        "env.OPTIONAL",
        "env.PATH_OF",
        "env.TYPED",
        "files.k",
        "providers.a.endpoint",
        "providers.a.profile",
        "providers.v.credential",
    ];
    assert_eq!(keys("external-secret"), common);
    let mut driver: Vec<&str> = common.to_vec();
    driver.extend(["databases", "providers.v.tenant"]);
    driver.sort_unstable();
    assert_eq!(keys("secret-provider-class"), driver);
}

/// Whatever is written around a reference, the template gives it back.
#[test]
fn literals_of_every_kind_survive_the_template() {
    let mut random = Random::new(5);
    let mut cases = Vec::new();
    for _ in 0..200 {
        let mut manifest = String::from("[env]\n");
        let mut values = serde_json::Map::new();
        for number in 0..50 {
            // TOML has no NUL; the manifest's own `${` is written `$${`.
            let text = random.text().replace('\0', "");
            let written = text.replace("${", "$${").trim_end_matches('$').to_owned();
            let text = text.trim_end_matches('$');
            let quoted = json!(format!("{written}${{aws-ssm:///s}}{written}"))
                .to_string()
                .replace('\u{7f}', "\\u007f");
            if number % 2 == 0 {
                writeln!(manifest, "V{number} = {quoted}").unwrap();
                values.insert(format!("V{number}"), json!(format!("{text}S\"\\{{{text}")));
            } else {
                writeln!(
                    manifest,
                    "V{number} = {{ value = [{quoted}], as = \"json\" }}"
                )
                .unwrap();
                values.insert(
                    format!("V{number}"),
                    json!([format!("{text}S\"\\{{{text}")]),
                );
            }
        }
        let text = translate("external-secret", &manifest, &[("region", "eu-west-1")]).unwrap();
        cases.push(json!({ "bytes": STANDARD.encode(&text), "secrets": { "s1": "S\"\\{" }, "values": values }));
    }
    assert_eq!(judge("cluster", &cases), 400);
}

/// The command fetches nothing: there is neither a network nor a login here.
#[test]
fn the_command_writes_it_without_a_store() {
    let project = Project::new("[env]\nA = \"${aws-ssm:///a}\"\nB = \"${env://X}\"\n");
    let run = |more: &[&str]| {
        let arguments = ["render", "external-secret"].iter().chain(more).copied();
        project.nuages(arguments.collect::<Vec<_>>()).output()
    };
    let outcome = run(&["--only", "A", "--set", "region=eu-west-1"]).code(0);
    assert!(
        outcome.stdout().contains("kind: \"ExternalSecret\""),
        "{}",
        outcome.stdout()
    );
    let outcome = run(&["--set", "region=eu-west-1"]).code(4);
    assert!(
        outcome.stderr().contains("nuages.toml:3"),
        "{}",
        outcome.stderr()
    );
    run(&["--set", "reg=x"]).code(2);
}
