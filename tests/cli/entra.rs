//! `auth`: a login by Microsoft Entra ID. Where it matters what a token is, a `file` instance holds what Entra would
//! answer; the references that reach the real provider are seen in plans alone.

mod extra_params;
mod mistakes;
mod resolved;

use serde_json::{Value, json};

use crate::shot::shot;
use crate::support::project::{Outcome, Project};

/// Shaped as a token is, and nothing that any server takes.
const TOKEN: &str = "eyJhbGciOiJub25lIn0.eyJub3RoaW5nIjoxfQ.c2lnbmF0dXJl";

const STORE: &str = "[providers.login]\nkind = \"file\"\npath = \"store\"\n\n";

/// A project whose tokens are lines of a file each.
fn project(rest: &str) -> Project {
    let project = Project::new(&format!("{STORE}{rest}"));
    for resource in ["azure-sql", "postgresql", "mysql"] {
        project.write(format!("store/{resource}"), format!("{TOKEN}\n"));
    }
    project
}

fn databases(project: &Project, arguments: &[&str]) -> Value {
    let outcome = project
        .nuages([arguments, &["render"]].concat())
        .output()
        .code(0);
    assert!(outcome.stderr.is_empty(), "{}", outcome.stderr());
    serde_json::from_str(outcome.stdout()).expect("JSON")
}

/// Every engine, and both ways to log in to SQL Server.
const ENGINES: &str = r#"[databases.default]
ENGINE = "mssql"
NAME = "shop"
HOST = "shop.database.windows.net"
auth = { method = "entra", instance = "login" }

[databases.options]
ENGINE = "mssql"
NAME = "shop"
HOST = "tcp:shop.database.windows.net,1433"
auth = { method = "entra", instance = "login" }
OPTIONS = { query_timeout = 30, extra_params = { Encrypt = "strict", APP = "shop; web", MultiSubnetFailover = true, ConnectRetryCount = 3 } }

[databases.text]
ENGINE = "mssql"
NAME = "shop"
HOST = "shop.database.windows.net"
auth = { method = "entra", instance = "login" }
OPTIONS = { driver = "ODBC Driver 19 for SQL Server", extra_params = "APP={shop; web};encrypt=Mandatory;" }

[databases.python]
ENGINE = "mssql"
NAME = "shop"
HOST = "shop.database.windows.net"
auth = { method = "entra", instance = "login" }
OPTIONS = { python_driver = "mssql_python" }

[databases.msi]
ENGINE = "mssql"
NAME = "shop"
HOST = "shop.database.windows.net"
auth = "entra-msi"

[databases.user_assigned]
ENGINE = "mssql"
NAME = "shop"
HOST = "shop.database.windows.net"
auth = { method = "entra-msi", client_id = "2f6a7f4e-0a53-4d0c-9a0e-64b2a9c61e58" }

[databases.postgresql]
ENGINE = "postgresql"
NAME = "shop"
HOST = "shop.postgres.database.azure.com"
USER = "shop-identity"
auth = { method = "entra", instance = "login" }

[databases.authority]
ENGINE = "postgis"
NAME = "shop"
HOST = "shop.postgres.database.azure.com"
USER = "shop-identity"
auth = { method = "entra", instance = "login" }
OPTIONS = { sslrootcert = "/etc/shop/ca.pem", connect_timeout = 5 }

[databases.mysql]
ENGINE = "mysql"
NAME = "shop"
HOST = "shop.mysql.database.azure.com"
USER = "shop-identity"
auth = { method = "entra", instance = "login" }
OPTIONS = { ssl = { ca = "/etc/ssl/certs/ca-certificates.crt" } }
"#;

#[test]
fn every_engine_gets_the_keys_that_its_driver_needs() {
    let project = project(ENGINES);
    for (name, arguments) in [
        ("entra_databases-json", &["render"][..]),
        (
            "entra_dotenv",
            &["render", "dotenv", "--only", "databases.mysql"],
        ),
        ("entra_plan", &["plan"]),
    ] {
        let outcome = project.nuages(arguments).output().code(0);
        assert!(outcome.stderr.is_empty(), "{}", outcome.stderr());
        shot(name, &project, &outcome);
    }
}

/// What is fetched for each key: the references, as the plan shows them to machines.
fn references(project: &Project, arguments: &[&str]) -> Vec<(String, String, u64)> {
    let outcome = project
        .nuages([arguments, &["plan", "--json"]].concat())
        .output()
        .code(0);
    let plan: Value = serde_json::from_str(outcome.stdout()).expect("JSON");
    let mut found = Vec::new();
    for instance in plan["instances"].as_array().expect("instances") {
        for fetch in instance["fetches"].as_array().expect("fetches") {
            for usage in fetch["uses"].as_array().expect("uses") {
                let text = |key: &str| usage[key].as_str().expect("text").to_owned();
                let line = usage["line"].as_u64().expect("a line");
                found.push((text("key"), text("reference"), line));
            }
        }
    }
    found.sort();
    found
}

#[test]
fn references_say_the_cloud_where_the_manifest_has_the_host() {
    let project = Project::new(
        r#"[providers.other]
kind = "entra"

[databases.default]
ENGINE = "mssql"
NAME = "shop"
HOST = "tcp:shop.database.chinacloudapi.cn\\sql,1433"
auth = "entra"

[databases.elsewhere]
ENGINE = "mssql"
NAME = "shop"
HOST = "${env://DB_HOST}"
auth = { method = "entra", client_id = "2f6a7f4e-0a53-4d0c-9a0e-64b2a9c61e58", tenant = "shop.example" }

[databases.postgresql]
ENGINE = "postgresql"
NAME = "shop"
HOST = "a.postgres.database.azure.com,b.postgres.database.azure.com"
auth = { method = "entra", instance = "other" }

[databases.mysql]
ENGINE = "mysql"
NAME = "shop"
HOST = "shop.mysql.database.azure.com"
USER = "shop-identity"
auth = "entra"
OPTIONS = { ssl = { ca = "ca.pem" } }
"#,
    );
    let found = references(&project, &[]);
    let shown: Vec<(&str, &str, u64)> = found
        .iter()
        .filter(|(key, ..)| !key.ends_with("HOST"))
        .map(|(key, reference, line)| (key.as_str(), reference.as_str(), *line))
        .collect();
    assert_eq!(
        shown,
        [
            (
                "databases.default.TOKEN",
                "entra://azure-sql?host=shop.database.chinacloudapi.cn",
                8
            ),
            (
                "databases.elsewhere.TOKEN",
                "entra://azure-sql?client_id=2f6a7f4e-0a53-4d0c-9a0e-64b2a9c61e58&tenant=shop.example",
                14
            ),
            (
                "databases.mysql.PASSWORD",
                "entra://mysql?host=shop.mysql.database.azure.com",
                27
            ),
            (
                "databases.postgresql.PASSWORD",
                "other://postgresql?host=a.postgres.database.azure.com",
                20
            ),
            (
                "databases.postgresql.USER",
                "other://postgresql?host=a.postgres.database.azure.com#user",
                20
            ),
        ]
    );
}

/// A login is one thing: whichever way is written last takes the place of the other, and a table without a method
/// changes what it names.
#[test]
fn profiles_change_a_login_or_replace_it() {
    let project = project(
        r#"[databases.default]
ENGINE = "postgresql"
NAME = "shop"
HOST = "shop.postgres.database.azure.com"
auth = { method = "entra", instance = "login" }
USER = "shop-identity"

[databases.local]
ENGINE = "mssql"
NAME = "shop"
HOST = "localhost"
USER = "sa"
PASSWORD = "dev"

[databases.plain]
ENGINE = "mssql"
NAME = "shop"
HOST = "shop.database.windows.net"
auth = "entra"

[profiles.dev.databases]
default = { HOST = "localhost", USER = "dev", PASSWORD = "dev" }
plain = { TOKEN = "x" }

[profiles.group.databases]
default = { USER = "shop-group" }
plain = { auth = { client_id = "a1" } }

[profiles.prod.databases]
local = { HOST = "shop.database.windows.net", auth = { method = "entra", instance = "login" } }

[profiles.lite.databases]
default = { ENGINE = "sqlite3", NAME = "x.sqlite3" }
"#,
    );
    let only = |profile: &str, alias: &str| {
        let key = format!("databases.{alias}");
        databases(&project, &["--profile", profile, "--only", &key])[alias].clone()
    };
    assert_eq!(
        only("dev", "default"),
        json!({
            "ENGINE": "django.db.backends.postgresql", "NAME": "shop", "HOST": "localhost",
            "USER": "dev", "PASSWORD": "dev",
        })
    );
    assert_eq!(
        only("dev", "plain"),
        json!({ "ENGINE": "mssql", "NAME": "shop", "HOST": "shop.database.windows.net", "TOKEN": "x" })
    );
    let group = only("group", "default");
    assert_eq!(
        (&group["USER"], &group["PASSWORD"]),
        (&json!("shop-group"), &json!(TOKEN))
    );
    let prod = only("prod", "local");
    assert_eq!((prod.get("USER"), prod.get("PASSWORD")), (None, None));
    assert_eq!(prod["TOKEN"], TOKEN);
    assert_eq!(
        only("lite", "default"),
        json!({ "ENGINE": "django.db.backends.sqlite3", "NAME": "x.sqlite3" })
    );
    let settings = ["--profile", "group", "--only", "databases.plain"];
    assert_eq!(
        references(&project, &settings)[0].1,
        "entra://azure-sql?client_id=a1&host=shop.database.windows.net"
    );
}

#[test]
fn a_part_of_a_login_is_kept_alone() {
    let project = project(ENGINES);
    let only = |key: &str| databases(&project, &["--only", key]);
    assert_eq!(
        only("databases.default.TOKEN"),
        json!({ "default": { "TOKEN": TOKEN } })
    );
    assert_eq!(
        only("databases.postgresql.auth"),
        json!({ "postgresql": { "PASSWORD": TOKEN } })
    );
    let options = only("databases.mysql.OPTIONS");
    assert_eq!(
        options["mysql"]["OPTIONS"]["ssl_mode"], "VERIFY_IDENTITY",
        "a key is what it is in the whole"
    );
    let options = only("databases.options.OPTIONS");
    assert_eq!(
        options["options"]["OPTIONS"]["driver"],
        "ODBC Driver 18 for SQL Server"
    );
}

/// The variable that lets MySQL's own library send a token is the manifest's, where the manifest sets it.
#[test]
fn the_command_gets_the_variable_that_mysql_needs() {
    let run = |project: &Project| {
        let print = ["exec", "--", "printenv", "LIBMYSQL_ENABLE_CLEARTEXT_PLUGIN"];
        let outcome = project.nuages(print).output();
        (
            outcome.status.code().expect("a code"),
            outcome.stdout().to_owned(),
        )
    };
    assert_eq!(run(&project(ENGINES)), (0, "1\n".to_owned()));
    let own = format!("{ENGINES}\n[env]\nLIBMYSQL_ENABLE_CLEARTEXT_PLUGIN = \"Y\"\n");
    assert_eq!(run(&project(&own)), (0, "Y\n".to_owned()));
    let (without, _) = ENGINES.split_once("[databases.mysql]").expect("MySQL");
    assert_eq!(run(&project(without)), (1, String::new()));
}

/// What a person sees of a login: everything but what came from a store.
#[test]
fn at_a_terminal_tokens_and_the_secrets_of_key_stores_are_masked() {
    let project = project(
        r#"[databases.default]
ENGINE = "mssql"
NAME = "shop"
HOST = "shop.database.windows.net"
auth = { method = "entra", instance = "login" }

[databases.default.OPTIONS.extra_params]
ColumnEncryption = "Enabled"
KeyStoreAuthentication = "KeyVaultClientSecret"
KeyStorePrincipalId = "2f6a7f4e"
KeyStoreSecret = "${login://key-store}"
"#,
    )
    .file("store/key-store", "hunter2;{}");
    let extra_params = databases(&project, &[])["default"]["OPTIONS"]["extra_params"].clone();
    assert_eq!(
        extra_params,
        "Encrypt=yes;TrustServerCertificate=no;ColumnEncryption=Enabled;KeyStoreAuthentication=KeyVaultClientSecret;\
         KeyStorePrincipalId=2f6a7f4e;KeyStoreSecret={hunter2;{}}}"
    );
    let line = format!("{} render", env!("CARGO_BIN_EXE_nuages"));
    let shown: Outcome = project
        .program("script".as_ref(), ["-qec", &line, "/dev/null"])
        .output()
        .code(0);
    let shown = shown.stdout();
    assert_eq!(shown.matches("\"********\"").count(), 2, "{shown}");
    for part in ["hunter2", TOKEN, "KeyVault"] {
        assert!(!shown.contains(part), "{shown}");
    }
}
