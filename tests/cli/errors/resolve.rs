//! What goes wrong while secrets are fetched and put in their places: each failure once, never a value.

use std::time::{Duration, Instant};

use super::fails;
use crate::shot::shot;
use crate::support::project::Project;

#[test]
fn a_missing_secret_is_reported_once_with_every_place() {
    let project = Project::new(
        r#"[providers.secrets]
kind = "file"
path = "secrets"

[databases.default]
ENGINE = "postgresql"
PASSWORD = "${secrets://db-password}"

[databases.replica]
ENGINE = "postgresql"
PASSWORD = "${secrets://db-password}"

[env]
DB_PASSWORD = "${secrets://db-password | urlencode}"
"#,
    )
    .file("secrets/other", "x");
    fails(
        "missing_secret_of_three_keys",
        &project,
        &["render", "json"],
        4,
    );
}

#[test]
fn failures_of_several_instances_stand_in_one_report() {
    let project = Project::new(
        r#"[providers.files]
kind = "file"
path = "secrets"
"#,
    );
    fails("instance_named_files", &project, &["plan"], 3);

    let project = Project::new(
        r#"[providers.store]
kind = "age"

[providers.disk]
kind = "file"
path = "secrets"

[providers.program]
kind = "command"
argv = ["sh", "-c", "echo hunter2; echo hunter2 >&2; exit 3"]

[providers.dev]
kind = "dotenv"

[env]
A = "${store://a}"
B = "${disk://b}"
C = "${program://c}"
D = "${dev://d}"
E = "${env://E}"
F = "${disk://../f:-default}"
"#,
    );
    fails(
        "reference_that_its_provider_refuses",
        &project,
        &["render", "json"],
        3,
    );

    let text = project.read("nuages.toml").replace("../f", "f");
    project.write("nuages.toml", text);
    fails(
        "failures_of_several_instances",
        &project,
        &["render", "json"],
        4,
    );
    let child = project
        .nuages(["exec", "--", "touch", "started"])
        .output()
        .code(4)
        .silent_about(&["hunter2"]);
    assert!(
        child.stdout.is_empty() && !project.path("started").exists(),
        "the command was started"
    );
}

/// What ends the password in a URL would send the login to another server.
#[test]
fn a_value_that_changes_where_a_url_leads() {
    for style in ["dj-database-url", "django-environ"] {
        let manifest = format!(
            "[databases.default]\nurl_style = \"{style}\"\n\
             url = \"postgres://shop:${{env://P}}@${{env://H:-db.internal}}/shop\"\n"
        );
        let project = Project::new(&manifest);
        let run = |password: &str| project.nuages(["render", "json"]).env("P", password);
        for password in ["hunter2@db.example/x", "hunter2/x", "hunter2?x"] {
            let outcome = run(password).output().code(4);
            outcome.silent_about(&["hunter2", "db.example"]);
        }
        // `#` ends nothing for django-environ.
        let sharp = if style == "django-environ" { 0 } else { 4 };
        run("hunter2#x").output().code(sharp);
        for password in ["hunter2", "hunter2:x", "hunter2%40", "", "hunter2&x=y"] {
            run(password).output().code(0);
        }
        // A host may bring its port along.
        run("hunter2").env("H", "db.example:5433").output().code(0);
        shot(
            &format!("url_leads_elsewhere_{style}"),
            &project,
            &run("hunter2@db.example/x").output(),
        );
    }
}

/// Also where the parts that a password could change are references themselves.
#[test]
fn a_url_of_references_leads_where_it_says() {
    for style in ["dj-database-url", "django-environ"] {
        let manifest =
            |url: &str| format!("[databases.default]\nurl_style = \"{style}\"\nurl = \"{url}\"\n");
        let all =
            "postgres://${env://U}:${env://P}@${env://H}:${env://T}/${env://N}?sslmode=${env://S}";
        let project = Project::new(&manifest(all));
        let run = |changed: &[(&str, &str)]| {
            let mut run = project.nuages(["render", "json", "--reveal"]);
            let usual = [
                ("U", "shop"),
                ("P", "hunter2"),
                ("H", "Db.internal"),
                ("T", "5433"),
                ("N", "shop%20one"),
                ("S", "require"),
            ];
            for (name, value) in usual.iter().chain(changed) {
                run = run.env(name, value);
            }
            run.output()
        };
        let usual = run(&[]).code(0);
        assert!(usual.stdout().contains("\"db.internal\""), "{style}");
        assert!(usual.stdout().contains("\"shop one\""), "{style}");
        for changed in [
            ("U", "x:hunter2@db.example/x?"),
            ("P", "hunter2@db.example:1/x?y="),
            ("P", "hunter2@db.example/x/"),
            ("H", "x@db.example"),
            ("H", "db.example/x?y="),
            ("T", "1/x?y="),
            ("T", "1/shop%20one?hostaddr=192.0.2.1&y="),
            ("N", "shop?hostaddr=192.0.2.1&y="),
            ("S", "require&hostaddr=192.0.2.1"),
        ] {
            let outcome = run(&[changed]).code(4);
            assert!(
                outcome
                    .stderr()
                    .contains("which server, database or options"),
                "{style}: {changed:?}: {}",
                outcome.stderr()
            );
            outcome.silent_about(&["hunter2", "db.example"]);
        }
        for changed in [("H", "[::1]"), ("H", "a,b"), ("P", "hunter2@x:y")] {
            run(&[changed]).code(0);
        }
        // What a reference is meant to bring whole.
        for (url, value) in [
            ("${env://V}", "postgres://u:p@h/d?hostaddr=192.0.2.1"),
            ("postgres://${env://V}/d", "u:p@h:5432"),
            ("postgres://u:p@${env://V}/d", "h:5432"),
            ("postgres://u:${env://V}@[::1]:5432/d", "p"),
            ("postgres://u:p@[${env://V}]:5432/d", "::1"),
            ("postgres://u:p@${env://V}/d", "[::1]:5432"),
            ("postgres://u:p@h/d?${env://V}", "a=b&hostaddr=192.0.2.1"),
            ("postgres://u:p@h:${env://V:-5432}/${env://W:-d}", "1"),
            ("sqlite:///${env://V}", "/var/shop.sqlite3"),
            ("sqlite://${env://V}", "/var/shop.sqlite3"),
        ] {
            let project = Project::new(&manifest(url));
            let run = project.nuages(["render", "json"]).env("V", value);
            run.output().code(0);
        }
    }
}

#[test]
fn the_deadline_ends_a_run_and_names_what_was_outstanding() {
    let project = Project::new(
        r#"[providers.slow]
kind = "command"
argv = ["sleep", "600"]

[env]
SLOW = "${slow://600}"
QUICK = "${env://QUICK}"
"#,
    );
    let began = Instant::now();
    let run = project
        .nuages(["--deadline", "0.5", "render", "json"])
        .env("QUICK", "hunter2");
    let outcome = run.output().code(5).silent_about(&["hunter2"]);
    assert!(
        began.elapsed() < Duration::from_secs(10),
        "the run outlasts its deadline"
    );
    shot("deadline", &project, &outcome);

    let outcome = project
        .nuages(["render", "json"])
        .env("NUAGES_DEADLINE", "0.5")
        .output()
        .code(4);
    shot("deadline_and_a_missing_secret", &project, &outcome);
    let outcome = project
        .nuages(["render", "json"])
        .env("NUAGES_DEADLINE", "soon")
        .output()
        .code(2);
    shot("deadline_that_is_no_time", &project, &outcome);
    let outcome = project
        .nuages(["--deadline", "-1", "plan"])
        .output()
        .code(2);
    shot("deadline_below_zero", &project, &outcome);
}

#[test]
fn urls_that_are_none() {
    let project = Project::new(
        r#"[databases.scheme]
url = "${file://scheme}"

[databases.port]
url = "${file://port}"

[databases.bracket]
url = "${file://bracket}"

[databases.empty]
url = "${file://empty}"

[databases.environ]
url = "${file://port}"
url_style = "django-environ"

[databases.raw]
url = "postgres://shop:${file://password}@db:5432/shop"
"#,
    )
    .file("scheme", "hunter2://shop:hunter2@db/shop")
    .file("port", "postgres://shop:hunter2@db:hunter2/shop")
    .file("bracket", "postgres://shop:hunter2@[db/shop")
    .file("empty", "")
    .file("password", "hun/ter2[");
    fails("urls_that_are_none", &project, &["render"], 4);
    project
        .nuages(["render"])
        .output()
        .silent_about(&["hunter2", "ter2["]);
}

#[test]
fn fields_that_are_not_there() {
    let project = Project::new(
        r#"[env]
TEXT = "${file://text#key}"
LACKS = "${file://json#other}"
DEEP = "${file://json#/list/7}"
NULL = "${file://json#null}"
THROUGH = "${file://json#/key/below}"
DEFAULT = "${file://text#key:-default}"
"#,
    )
    .file("text", "hunter2")
    .file(
        "json",
        r#"{"key": "hunter2", "list": [1, 2], "null": null}"#,
    );
    fails(
        "fields_that_are_not_there",
        &project,
        &["render", "json"],
        4,
    );
    project
        .nuages(["render", "json"])
        .output()
        .silent_about(&["hunter2"]);
}

#[test]
fn bytes_that_are_no_text() {
    let project = Project::new(
        r#"[env]
BYTES = "before ${file://bytes} after"
TRIMMED = "${file://bytes | trim}"
QUOTED = "${file://bytes | json}"
DECODED = "${file://bytes | base64decode}"
FINE = "${file://bytes | base64}"
"#,
    )
    .file("bytes", b"hunter2\xff\xfe");
    fails("bytes_that_are_no_text", &project, &["render", "json"], 4);
}

#[test]
fn a_key_file_that_others_can_read_is_refused() {
    use std::os::unix::fs::PermissionsExt as _;
    let project = Project::new(
        "[providers.secrets]\nkind = \"age\"\nkey_file = \"age.key\"\n\n[env]\nKEY = \"${secrets://key}\"\n",
    );
    project.nuages(["key", "new"]).output().code(0);
    project
        .nuages(["put", "key"])
        .stdin("hunter2")
        .output()
        .code(0);
    assert_eq!(
        project
            .nuages(["get", "secrets://key"])
            .output()
            .code(0)
            .stdout(),
        "hunter2"
    );
    for mode in [0o644, 0o604, 0o660] {
        std::fs::set_permissions(
            project.path("age.key"),
            std::fs::Permissions::from_mode(mode),
        )
        .expect("permissions");
        project
            .nuages(["get", "secrets://key"])
            .output()
            .code(4)
            .silent_about(&["hunter2"]);
    }
    std::fs::set_permissions(
        project.path("age.key"),
        std::fs::Permissions::from_mode(0o644),
    )
    .expect("permissions");
    fails("key_file_open_to_others", &project, &["render", "json"], 4);
}

#[test]
fn a_dotenv_line_that_cannot_be_read() {
    let project = Project::new("[providers.secrets]\nkind = \"dotenv\"\n\n[env]\nKEY = \"${secrets://key:-default}\"\nNONE = \"${secrets://none}\"\n")
        .file(".env", "OTHER=hunter2\nKEY='hunter2\n");
    fails("dotenv_line", &project, &["render", "json"], 4);
    project
        .nuages(["render", "json"])
        .output()
        .silent_about(&["hunter2"]);
}

#[test]
fn a_program_that_cannot_be_run() {
    let project = Project::new(
        r#"[providers.none]
kind = "command"
argv = ["no-such-program-anywhere", "{}"]

[providers.plain]
kind = "command"
argv = ["./plain", "{}"]

[providers.killed]
kind = "command"
argv = ["sh", "-c", "kill -9 $$"]

[providers.silent]
kind = "command"
argv = ["true"]

[providers.noisy]
kind = "command"
protocol = "json-lines"
argv = ["sh", "-c", "echo hunter2"]

[env]
A = "${none://a}"
B = "${plain://b}"
C = "${killed://c}"
D = "${silent://d}"
E = "${noisy://e}"
"#,
    )
    .file("plain", "#!/bin/sh\n");
    fails(
        "programs_that_cannot_be_run",
        &project,
        &["render", "json"],
        4,
    );
    project
        .nuages(["render", "json"])
        .output()
        .silent_about(&["hunter2"]);
}
