//! `from`: a whole database out of one secret that is JSON. A `file` instance holds what a store would answer.

mod failures;

use std::ffi::OsString;
use std::time::Duration;

use nuages::manifest::Manifest;
use nuages::plan::{self, Selection};
use nuages::registry::Registry;
use nuages::render;
use nuages::resolve::{self, Options};
use nuages_provider::Environment;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::shot::shot;
use crate::support::project::Project;

/// As the console of AWS stores it.
const LOGIN: &str = r#"{"engine": "postgres", "host": "db.internal", "username": "shop",
    "password": "it's \"q\" \\ $HOME #1 é 100%", "dbname": "shop", "port": 5432,
    "masterarn": "arn:aws:secretsmanager:x", "dbInstanceIdentifier": "shop"}"#;

/// As RDS stores it where it manages the password itself.
const BY_RDS: &str = r#"{"username": "admin", "password": "hunter2"}"#;

const STORE: &str = "[providers.rds]\nkind = \"file\"\npath = \"store\"\n\n";

fn project(rest: &str) -> Project {
    Project::new(&format!("{STORE}{rest}"))
        .file("store/shop-db", LOGIN)
        .file("store/rds!db-1", BY_RDS)
}

/// `DATABASES` with these arguments in front.
fn databases(project: &Project, arguments: &[&str]) -> Value {
    let outcome = project
        .nuages([arguments, &["render"]].concat())
        .output()
        .code(0);
    assert!(outcome.stderr.is_empty(), "{}", outcome.stderr());
    serde_json::from_str(outcome.stdout()).expect("JSON")
}

const DEFAULT: &str = r#"[databases.default]
from = "${rds://shop-db}"
CONN_MAX_AGE = 60
OPTIONS = { sslmode = "verify-full" }
"#;

#[test]
fn a_login_becomes_a_database_in_every_format() {
    let project = project(DEFAULT);
    for format in ["databases-json", "json-env", "dotenv", "sh"] {
        let outcome = project.nuages(["render", format]).output().code(0);
        assert!(outcome.stderr.is_empty(), "{}", outcome.stderr());
        shot(&format!("from_{format}"), &project, &outcome);
    }
    shot(
        "from_plan",
        &project,
        &project.nuages(["plan"]).output().code(0),
    );
}

#[test]
fn keys_beside_override_and_complete() {
    let project = project(
        r#"[databases.default]
from = "${rds://shop-db}"
ENGINE = "postgis"
HOST = "${env://NONE:-proxy.internal}"
USER = { value = "${env://NONE}", optional = true }
PORT = "6432"

[databases.rds]
from = "${rds://rds!db-1}"
ENGINE = "mysql"
HOST = "db.rds"
NAME = "shop"
"#,
    );
    assert_eq!(
        databases(&project, &[]),
        json!({
            "default": {
                "NAME": "shop", "USER": "shop", "PASSWORD": "it's \"q\" \\ $HOME #1 é 100%",
                "ENGINE": "django.contrib.gis.db.backends.postgis", "HOST": "proxy.internal", "PORT": "6432",
            },
            "rds": {
                "USER": "admin", "PASSWORD": "hunter2",
                "ENGINE": "django.db.backends.mysql", "HOST": "db.rds", "NAME": "shop",
            },
        })
    );
}

#[test]
fn a_login_may_come_by_field_filter_default_or_variable() {
    let project = project(
        r#"[providers.dev]
kind = "dotenv"

[databases.field]
from = "${rds://all#shop}"

[databases.pointer]
from = "${rds://all#/list/0}"

[databases.text]
from = "${rds://all#text}"

[databases.filter]
from = "${rds://encoded | base64decode}"

[databases.default]
from = '${rds://none:-{"engine": "mysql", "username": "a", "password": "b"}}'

[databases.variable]
from = "${env://LOGIN}"

[databases.dotenv]
from = "${dev://login}"
"#,
    )
    .file(
        "store/all",
        r#"{"shop": {"engine": "mysql", "username": "a", "password": "b"},
            "list": [{"engine": "mysql", "username": "a", "password": "b"}],
            "text": "{\"engine\": \"mysql\", \"username\": \"a\", \"password\": \"b\"}"}"#,
    )
    .file(
        "store/encoded",
        "eyJlbmdpbmUiOiAibXlzcWwiLCAidXNlcm5hbWUiOiAiYSIsICJwYXNzd29yZCI6ICJiIn0=\n",
    )
    .file(
        ".env",
        "LOGIN='{\"engine\": \"mysql\", \"username\": \"a\", \"password\": \"b\"}'\n",
    );
    let run = project.nuages(["render"]).env(
        "LOGIN",
        r#"{"engine": "mysql", "username": "a", "password": "b"}"#,
    );
    let rendered: Value = serde_json::from_str(run.output().code(0).stdout()).expect("JSON");
    let rendered = rendered.as_object().expect("an object");
    assert_eq!(rendered.len(), 7);
    for (alias, database) in rendered {
        assert_eq!(
            *database,
            json!({ "ENGINE": "django.db.backends.mysql", "USER": "a", "PASSWORD": "b" }),
            "{alias}"
        );
    }
}

/// As a `url` does, a `from` starts afresh, and what stands on either starts from it.
#[test]
fn profiles_replace_and_change_it() {
    let project = project(
        r#"[databases.default]
from = "${rds://shop-db}"
OPTIONS = { sslmode = "verify-full" }

[databases.by_url]
url = "mysql://u@h/d"
CONN_MAX_AGE = 60

[databases.by_key]
ENGINE = "sqlite3"
NAME = "x.sqlite3"

[profiles.url.databases.default]
url = "sqlite:///shop.sqlite3"

[profiles.from.databases.by_url]
from = "${rds://shop-db}"
[profiles.from.databases.by_key]
from = "${rds://shop-db}"

[profiles.migrate.databases.default]
USER = "migrations"
PASSWORD = "p"

[profiles.gis.databases.default]
ENGINE = "postgis"

[profiles.test.databases.default]
ENGINE = "sqlite3"
NAME = ":memory:"
"#,
    );
    let with = |profile: &str| databases(&project, &["--profile", profile]);
    let whole = json!({
        "ENGINE": "django.db.backends.postgresql", "NAME": "shop", "USER": "shop",
        "PASSWORD": "it's \"q\" \\ $HOME #1 é 100%", "HOST": "db.internal", "PORT": 5432,
    });
    let by_url = &with("url")["default"];
    assert_eq!(
        (&by_url["ENGINE"], &by_url["NAME"]),
        (&json!("django.db.backends.sqlite3"), &json!("shop.sqlite3"))
    );
    assert!(by_url.get("OPTIONS").is_none(), "{by_url}");

    let by_secret = with("from");
    assert_eq!(by_secret["by_url"], whole);
    assert_eq!(by_secret["by_key"], whole);

    let migrate = &with("migrate")["default"];
    assert_eq!(
        (&migrate["USER"], &migrate["PASSWORD"], &migrate["HOST"]),
        (&json!("migrations"), &json!("p"), &json!("db.internal"))
    );
    assert_eq!(migrate["OPTIONS"], json!({ "sslmode": "verify-full" }));
    assert_eq!(with("gis")["default"]["HOST"], "db.internal");

    // No store keeps a login for SQLite: the secret is not asked for.
    std::fs::remove_file(project.path("store/shop-db")).expect("the file can be removed");
    assert_eq!(
        with("test")["default"],
        json!({ "ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:" })
    );
}

/// A key that is written beside is not the secret's, whether it is kept or not.
#[test]
fn a_part_of_it_is_kept_alone() {
    let project = project(
        "[databases.default]\nfrom = \"${rds://rds!db-1}\"\nENGINE = \"mysql\"\nUSER = \"shop\"\nHOST = \"h\"\n",
    );
    let only = |key: &str| {
        databases(&project, &["--only", &format!("databases.default{key}")])["default"].clone()
    };
    assert_eq!(only(".from"), json!({ "PASSWORD": "hunter2" }));
    assert_eq!(only(".HOST"), json!({ "HOST": "h" }));
    assert_eq!(only("").as_object().expect("an object").len(), 4);
}

#[test]
fn at_a_terminal_only_the_engine_is_shown() {
    let project = project(DEFAULT);
    let line = format!("{} render", env!("CARGO_BIN_EXE_nuages"));
    let masked = project
        .program("script".as_ref(), ["-qec", &line, "/dev/null"])
        .output()
        .code(0);
    let shown = masked.stdout();
    assert!(shown.contains("django.db.backends.postgresql"), "{shown}");
    assert_eq!(shown.matches("\"********\"").count(), 5, "{shown}");
    for part in ["db.internal", "shop", "100%", "5432"] {
        assert!(!shown.contains(part), "{shown}");
    }
}

fn rendered(secret: &Value) -> Value {
    let registry = Registry::builtin();
    let manifest = Manifest::read(
        "nuages.toml",
        "[databases.default]\nfrom = \"${env://LOGIN}\"\n",
        &registry,
    );
    let plan = plan::plan(&manifest, &Selection::default(), &registry).expect("a plan");
    let variable = (OsString::from("LOGIN"), OsString::from(secret.to_string()));
    let environment = Environment::new([variable], "/nowhere");
    let options = Options {
        deadline: Duration::from_secs(20),
        files: None,
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let resolved = runtime
        .block_on(resolve::resolve(&plan, &environment, &options))
        .expect("values");
    let shown = format!("{resolved:?}");
    assert!(!shown.contains("hunter2"), "{shown}");
    let bytes = render::format("databases-json")
        .expect("the format")
        .render(&resolved.document)
        .expect("JSON");
    serde_json::from_slice(&bytes).expect("JSON")
}

fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![
        proptest::collection::vec(any::<char>(), 0..30).prop_map(String::from_iter),
        "[ -~]{0,30}",
        "[\\n\\r'\"\\\\$\\{\\}#=@:/%\\x00 a-c]{0,30}",
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(300) })]

    #[test]
    fn any_login_is_rendered_to_the_letter(username in any_text(), password in any_text(), host in any_text(), port: u16) {
        let password = format!("hunter2{password}");
        let secret = json!({ "engine": "mariadb", "username": username, "password": password, "host": host, "port": port });
        let expected = json!({ "default": {
            "ENGINE": "django.db.backends.mysql", "USER": username, "PASSWORD": password, "HOST": host, "PORT": port,
        }});
        prop_assert_eq!(rendered(&secret), expected);
    }
}
