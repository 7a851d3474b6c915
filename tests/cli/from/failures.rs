//! A `from` that is written wrongly, and secrets that are no login: whole messages, and no value in any of them.

use super::{BY_RDS, STORE, project};
use crate::shot::shot;
use crate::support::project::Project;

#[test]
fn mistakes_in_the_manifest() {
    let project = Project::new(
        r#"[databases.both]
url = "sqlite://"
from = "${env://LOGIN}"

[databases.text]
from = "{\"password\": \"hunter2\"}"

[databases.around]
from = "hunter2${env://LOGIN}"

[databases.two]
from = "${env://A}${env://B}"

[databases.empty]
from = ""

[databases.number]
from = 918273645

[databases.optional]
from = { value = "${env://LOGIN}", optional = true }

[databases.style]
from = "${env://LOGIN}"
url_style = "django-environ"

[databases.slip]
form = "${env://LOGIN}"
"#,
    );
    let outcome = project
        .nuages(["plan"])
        .output()
        .code(3)
        .silent_about(&["hunter2", "918273645"]);
    shot("from_mistakes", &project, &outcome);
}

/// Every secret that is no login, and the part of it that may be nowhere.
const NO_LOGINS: &[(&str, &str)] = &[
    ("text", "hunter2"),
    ("url", "postgres://shop:hunter2@db/shop"),
    ("cut", "{\"engine\": \"postgres\", \"password\": \"hunter2"),
    ("list", "[\"hunter2\"]"),
    ("string", "\"hunter2\""),
    ("rds", BY_RDS),
    ("empty", "{\"hunter2\": \"hunter2\"}"),
    (
        "engine",
        r#"{"engine": "hunter2", "username": "a", "password": "hunter2", "host": "hunter2"}"#,
    ),
    (
        "types",
        r#"{"engine": {"hunter2": 1}, "username": ["hunter2"], "password": {"hunter2": "hunter2"},
            "host": 4711, "dbname": false, "port": "hunter2"}"#,
    ),
    (
        "port",
        r#"{"engine": "postgres", "username": "a", "password": "hunter2", "port": 70000}"#,
    ),
    (
        "nulls",
        r#"{"engine": "postgres", "username": null, "password": null}"#,
    ),
];

#[test]
fn secrets_that_are_no_login() {
    let databases: String = NO_LOGINS
        .iter()
        .map(|(name, _)| format!("[databases.{name}]\nfrom = \"${{rds://{name}}}\"\n\n"))
        .collect();
    let project = project(&databases).file("store/binary", b"{\"password\": \"hunter2\xff\"}");
    for (name, secret) in NO_LOGINS {
        project.write(format!("store/{name}"), secret);
    }
    let outcome = project.nuages(["render"]).output().code(4);
    assert!(outcome.stdout.is_empty(), "a failure has no result");
    shot("from_no_logins", &project, &outcome);

    // Each on its own, at the loudest, and what cannot be fetched or picked at all.
    let references = NO_LOGINS.iter().map(|(name, _)| format!("rds://{name}"));
    let more = [
        "rds://binary",
        "rds://none",
        "rds://text#key",
        "rds://types#/host",
        "rds://text | base64decode",
    ];
    for reference in references.chain(more.map(str::to_owned)) {
        project.write(
            "nuages.toml",
            format!("{STORE}[databases.default]\nfrom = \"${{{reference}}}\"\nHOST = \"h\"\n"),
        );
        for arguments in [&["render"][..], &["render", "sh"], &["exec", "--", "true"]] {
            let outcome = project
                .nuages([&["-vvv"], arguments].concat())
                .output()
                .code(4)
                .silent_about(&["hunter2", "4711", "70000"]);
            assert!(
                outcome.stderr().contains("databases.default.from"),
                "{reference}"
            );
        }
    }
}

/// What stands beside and went wrong is told, and not a second time as missing in the secret.
#[test]
fn a_wrong_key_beside_is_one_failure() {
    let project = project(
        "[databases.default]\nfrom = \"${rds://rds!db-1}\"\nENGINE = \"${file://store/rds!db-1}\"\n",
    );
    let outcome = project
        .nuages(["render"])
        .output()
        .code(4)
        .silent_about(&["hunter2"]);
    assert_eq!(
        outcome.stderr().matches("error: ").count(),
        1,
        "{}",
        outcome.stderr()
    );
    assert!(outcome.stderr().contains("databases.default.ENGINE"));
}
