//! What references bring is held against the same rules: a login that would be given away starts no command.

use super::{STORE, TOKEN, project};
use crate::shot::shot;
use crate::support::project::Project;

/// Values that would give the token away, each out of the environment.
const WEAK: &[(&str, &str)] = &[
    ("HOST_NONE", ""),
    ("HOST_SOCKET", "/run/postgresql"),
    ("SSLMODE", "require"),
    ("SSL_MODE", "REQUIRED"),
    ("CA", ""),
    ("PLUGIN", "dialog"),
    ("DRIVER", "ODBC Driver 17 for SQL Server"),
    ("ENCRYPT", "no"),
    (
        "EXTRA",
        "APP=hunter2;hunter2=hunter2;Encrypt=no;TrustServerCertificate=yes",
    ),
    ("CUT", "APP={hunter2"),
    ("TWICE", "hunter2=1;hunter2=2"),
    ("LOGIN", "UID=hunter2;PWD=hunter2"),
];

const DATABASES: &str = r#"[databases.pg]
ENGINE = "postgresql"
USER = "shop"
HOST = "${env://HOST_SOCKET}"
auth = { method = "entra", instance = "login" }
OPTIONS = { sslmode = "${env://SSLMODE}" }

[databases.my]
ENGINE = "mysql"
USER = "shop"
HOST = "${env://HOST_NONE}"
auth = { method = "entra", instance = "login" }
OPTIONS = { ssl_mode = "${env://SSL_MODE}", ssl = { ca = "${env://CA}" }, auth_plugin = "${env://PLUGIN}" }

[databases.ms]
ENGINE = "mssql"
HOST = "db.example"
auth = { method = "entra", instance = "login" }
OPTIONS = { driver = "${env://DRIVER}", extra_params = { Encrypt = "${env://ENCRYPT}" } }

[databases.text]
ENGINE = "mssql"
HOST = "db.example"
auth = { method = "entra", instance = "login" }
OPTIONS = { extra_params = "${env://EXTRA}" }

[databases.cut]
ENGINE = "mssql"
HOST = "db.example"
auth = { method = "entra", instance = "login" }
OPTIONS = { extra_params = "${env://CUT}" }

[databases.twice]
ENGINE = "mssql"
HOST = "db.example"
auth = { method = "entra", instance = "login" }
OPTIONS = { extra_params = "${env://TWICE}" }

[databases.login]
ENGINE = "mssql"
HOST = "db.example"
auth = "entra-msi"
OPTIONS = { extra_params = "${env://LOGIN}" }
"#;

#[test]
fn references_that_would_give_the_token_away() {
    let project = project(DATABASES);
    let run = |arguments: &[&str]| {
        let mut run = project.nuages(arguments);
        for (name, value) in WEAK {
            run = run.env(name, value);
        }
        run.output().code(4).silent_about(&["hunter2", TOKEN])
    };
    shot("entra_resolved", &project, &run(&["render"]));
    run(&["-vvv", "exec", "--", "true"]);
}

/// Every value that is no token, and the part of it that may be nowhere.
const NO_TOKENS: &[(&str, &str)] = &[
    ("empty", ""),
    ("line", "\n"),
    ("blank", "hunter2 hunter2"),
    ("two", "hunter2\nhunter2"),
    ("ends", "hunter2\n\n"),
    ("begins", " hunter2"),
    ("wide", "hunter2é"),
    ("json", "{\"token\": \"hunter2\"}"),
];

#[test]
fn what_is_no_token() {
    let project = Project::new(STORE);
    let mut manifest = STORE.replace("path = \"store\"", "path = \"store\"\nkeep_newline = true");
    for (name, value) in NO_TOKENS {
        project.write(format!("{name}/azure-sql"), value);
        manifest += &format!(
            "[providers.{name}]\nkind = \"file\"\npath = \"{name}\"\nkeep_newline = true\n\n\
             [databases.{name}]\nENGINE = \"mssql\"\nHOST = \"db.example\"\n\
             auth = {{ method = \"entra\", instance = \"{name}\" }}\n\n"
        );
    }
    manifest += "[databases.plain]\nENGINE = \"mssql\"\nTOKEN = \"${empty://azure-sql}\"\n";
    project.write("nuages.toml", manifest);
    let outcome = project
        .nuages(["render"])
        .output()
        .code(4)
        .silent_about(&["hunter2"]);
    shot("entra_no_tokens", &project, &outcome);
}

/// A store may keep a token as a line, of either system.
#[test]
fn one_line_break_is_no_part_of_a_token() {
    let project = Project::new(
        "[providers.login]\nkind = \"file\"\npath = \"store\"\nkeep_newline = true\n\n\
         [databases.default]\nENGINE = \"mssql\"\nHOST = \"db.example\"\n\
         auth = { method = \"entra\", instance = \"login\" }\n",
    );
    for end in ["", "\n", "\r\n"] {
        project.write("store/azure-sql", format!("{TOKEN}{end}"));
        let rendered = super::databases(&project, &[]);
        assert_eq!(rendered["default"]["TOKEN"], TOKEN);
    }
}
