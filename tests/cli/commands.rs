//! What the other commands say: help, version, plan, get, providers, schema, keys and put.

use crate::shot::shot;
use crate::support::project::{Outcome, Project};

#[test]
fn help_of_every_command() {
    let project = Project::empty();
    for command in [
        "",
        "exec",
        "render",
        "get",
        "plan",
        "doctor",
        "status",
        "check",
        "init",
        "put",
        "key",
        "key new",
        "providers",
        "schema",
        "man",
        "completions",
    ] {
        let words: Vec<&str> = command.split_whitespace().chain(["--help"]).collect();
        let outcome = project.nuages(&words).output().code(0);
        assert!(outcome.stderr.is_empty(), "help is a result");
        shot(
            format!("help_{command}")
                .trim_end_matches('_')
                .replace(' ', "_")
                .as_str(),
            &project,
            &outcome,
        );
    }
    let alias = project.nuages(["run", "--help"]).output().code(0);
    assert_eq!(
        alias.stdout,
        project.nuages(["exec", "--help"]).output().code(0).stdout
    );
}

#[test]
fn version() {
    for argument in ["--version", "-V"] {
        let outcome = Project::empty().nuages([argument]).output().code(0);
        assert_eq!(
            outcome.stdout(),
            concat!("nuages ", env!("CARGO_PKG_VERSION"), "\n")
        );
    }
}

fn planned() -> Project {
    Project::new(
        r#"[providers.secrets]
kind = "file"
path = "secrets"

[databases.default]
ENGINE = "postgresql"
PASSWORD = "${secrets://db-password}"

[databases.replica]
ENGINE = "postgresql"
PASSWORD = "${secrets://db-password}"
HOST = "${env://REPLICA:-${secrets://replica-host:-localhost}}"

[env]
STRIPE = "${secrets://stripe#live}${secrets://stripe#test}"
LITERAL = "x"

[files.ca]
content = "${file:///etc/ca.pem?keep_newline=true}"

[profiles.dev.providers.secrets]
kind = "dotenv"
"#,
    )
}

#[test]
fn plan_says_what_would_be_fetched_and_fetches_nothing() {
    let project = planned();
    shot("plan", &project, &project.nuages(["plan"]).output().code(0));
    shot(
        "plan_json",
        &project,
        &project.nuages(["plan", "--json"]).output().code(0),
    );
    shot(
        "plan_profile",
        &project,
        &project
            .nuages(["--profile", "dev", "plan"])
            .output()
            .code(0),
    );
    shot(
        "plan_only",
        &project,
        &project
            .nuages(["plan", "--only", "STRIPE,databases.replica.HOST"])
            .output()
            .code(0),
    );
}

#[test]
fn plan_starts_no_program() {
    let project = Project::new(
        "[providers.p]\nkind = \"command\"\nargv = [\"touch\", \"started\"]\n[env]\nA = \"${p://x}\"\n",
    );
    project.nuages(["plan"]).output().code(0);
    assert!(!project.path("started").exists());
}

#[test]
fn only_stands_before_a_command_and_behind_it() {
    let project = Project::new("[env]\nA = \"1\"\nB = \"2\"\nC = \"3\"\n");
    let rendered = |arguments: &[&str]| {
        project
            .nuages(arguments)
            .output()
            .code(0)
            .stdout()
            .to_owned()
    };
    for arguments in [
        &["--only", "A", "render", "dotenv"][..],
        &["--only", "env.A", "render", "dotenv"],
        &["render", "--only=A", "dotenv"],
        &["render", "--only", "A", "dotenv"],
        &["render", "dotenv", "--only", "A"],
    ] {
        assert_eq!(rendered(arguments), "A='1'\n", "{arguments:?}");
    }
    for arguments in [
        &["--only", "A,C", "render", "dotenv"][..],
        &["--only", "A", "--only", "C", "render", "dotenv"],
        &["render", "dotenv", "--only", "env.C,A"],
    ] {
        assert_eq!(rendered(arguments), "A='1'\nC='3'\n", "{arguments:?}");
    }
    assert_eq!(
        rendered(&["--only", "B", "exec", "--", "sh", "-c", "echo ${A-none}$B"]),
        "none2\n"
    );
}

#[test]
fn get_gives_the_bytes_and_nothing_else() {
    let project = Project::new(
        "[providers.s]\nkind = \"file\"\n[profiles.dev.providers.s]\nkind = \"env\"\n",
    )
    .file("bytes", b"\xff\0 \r\n\n")
    .file("json", r#"{"a": {"b/c": [10, "é"]}, "t": true}"#);
    let get = |reference: &str| project.nuages(["get", reference]).output().code(0).stdout;
    assert_eq!(get("s://bytes"), b"\xff\0 \r\n", "one line break less");
    assert_eq!(get("file://bytes?keep_newline=true"), b"\xff\0 \r\n\n");
    assert_eq!(get("s://json#/a/b~1c/1"), "é".as_bytes());
    assert_eq!(get("s://json#/a/b~1c"), "[10, \"é\"]".as_bytes());
    assert_eq!(get("s://json#t"), b"true");
    assert_eq!(get("s://bytes | base64"), b"/wAgDQo=");
    assert_eq!(get("s://bytes | base64 | base64decode"), b"\xff\0 \r\n");
    assert_eq!(get("s://none:-a default | urlencode"), b"a%20default");
    assert_eq!(get("s://none:-${s://json#t}"), b"true");
    let dev = project
        .nuages(["--profile", "dev", "get", "s://the-name"])
        .env("THE_NAME", "x")
        .output()
        .code(0);
    assert_eq!(dev.stdout(), "x");

    for (name, reference, code) in [
        ("get_missing", "s://none", 4),
        ("get_no_reference", "none", 2),
        ("get_unknown", "t://none", 3),
    ] {
        shot(
            name,
            &project,
            &project.nuages(["get", reference]).output().code(code),
        );
    }
}

#[test]
fn get_needs_no_manifest() {
    let project = Project::empty();
    assert_eq!(
        project
            .nuages(["get", "env://A"])
            .env("A", "x")
            .output()
            .code(0)
            .stdout(),
        "x"
    );
}

#[test]
fn verbose_tells_what_was_fetched_and_from_where() {
    let project = planned()
        .file("secrets/db-password", "a")
        .file("secrets/stripe", "{\"live\": \"b\", \"test\": \"c\"}");
    let outcome = project
        .nuages(["-vv", "render", "--only", "databases,STRIPE", "json"])
        .output();
    // The rest of this line belongs to `--only`: the format is named first.
    assert_eq!(outcome.status.code(), Some(0), "{}", outcome.stderr());
    shot(
        "verbose",
        &project,
        &Outcome {
            stdout: Vec::new(),
            ..outcome
        },
    );
}

/// What is counted is what was fetched: not what another format would have needed, nor a default that was not.
#[test]
fn verbose_counts_what_was_fetched() {
    let project = planned().file("secrets/db-password", "a");
    let outcome = project
        .nuages(["-v", "render", "databases-json"])
        .env("REPLICA", "r")
        .output()
        .code(0);
    assert_eq!(
        outcome.stderr(),
        "nuages: fetched 1 from `secrets` (file)\nnuages: fetched 1 from `env` (env)\n"
    );
}

#[test]
fn providers_are_listed() {
    let project = Project::empty();
    shot(
        "providers",
        &project,
        &project.nuages(["providers"]).output().code(0),
    );
    let json = project.nuages(["providers", "--json"]).output().code(0);
    let list: Vec<serde_json::Value> = serde_json::from_str(json.stdout()).expect("JSON");
    let schemes: Vec<&str> = list
        .iter()
        .map(|provider| provider["scheme"].as_str().expect("a scheme"))
        .collect();
    assert_eq!(
        schemes,
        [
            "env",
            "dotenv",
            "file",
            "command",
            "age",
            "op",
            "aws-ssm",
            "aws-secrets",
            "aws-rds-token",
            "azure-kv",
            "entra"
        ]
    );
    let writable: Vec<&str> = list
        .iter()
        .filter(|provider| provider["capabilities"]["writable"] == true)
        .filter_map(|provider| provider["scheme"].as_str())
        .collect();
    assert_eq!(writable, ["age", "aws-ssm", "aws-secrets", "azure-kv"]);
}

#[test]
fn the_schema_is_json_and_knows_every_provider() {
    let outcome = Project::empty().nuages(["schema"]).output().code(0);
    let schema: serde_json::Value = serde_json::from_str(outcome.stdout()).expect("JSON");
    assert_eq!(
        schema["$schema"],
        "https://json-schema.org/draft/2020-12/schema"
    );
    for key in ["providers", "databases", "env", "files", "profiles"] {
        assert!(schema["properties"][key].is_object(), "{key}");
    }
    for scheme in ["env", "dotenv", "file", "command", "age", "op"] {
        assert!(
            outcome.stdout().contains(&format!("\"{scheme}\"")),
            "{scheme}"
        );
    }
}

#[test]
fn a_secret_that_was_put_is_got_again() {
    let project =
        Project::new("[providers.secrets]\nkind = \"age\"\nkey_file = \"keys/age.key\"\n");
    let key = project.nuages(["key", "new"]).output().code(0);
    assert!(
        key.stdout().starts_with("age1") && !key.stdout().contains("SECRET"),
        "the public key is the result"
    );
    assert_eq!(
        (project.mode("keys"), project.mode("keys/age.key")),
        (0o700, 0o600)
    );
    shot(
        "key_exists",
        &project,
        &project.nuages(["key", "new"]).output().code(2),
    );

    let value = b"\xff\0 two\nlines\n\n".to_vec();
    let put = |arguments: &[&str], value: &[u8]| {
        project
            .nuages([&["put"], arguments].concat())
            .stdin(value)
            .output()
    };
    let get = |name: &str| {
        project
            .nuages(["get", &format!("secrets://{name}")])
            .output()
            .code(0)
            .stdout
    };
    shot("put", &project, &put(&["db-password"], &value).code(0));
    assert_eq!(
        get("db-password"),
        b"\xff\0 two\nlines\n",
        "one line break less"
    );
    shot(
        "put_again",
        &project,
        &put(&["db-password"], b"other").code(4),
    );
    assert_eq!(
        get("db-password"),
        b"\xff\0 two\nlines\n",
        "nothing was replaced"
    );
    shot(
        "put_overwrite",
        &project,
        &put(&["--overwrite", "secrets://db-password"], b"other\r\n").code(0),
    );
    assert_eq!(get("db-password"), b"other");
    put(
        &["--keep-newline", "--instance", "secrets", "lines"],
        b"x\n",
    )
    .code(0);
    assert_eq!(get("lines"), b"x\n");
    shot("put_nothing", &project, &put(&["empty"], b"\n").code(2));
    shot("put_elsewhere", &project, &put(&["env://X"], b"x").code(4));
    put(&["too-long"], &vec![b'x'; 1024 * 1024 + 1]).code(2);
    for part in ["lines#a", "lines | base64", "lines:-x"] {
        let reference = format!("secrets://{part}");
        let refused = put(&["--overwrite", &reference], b"y").code(2);
        let title = format!("error: `{reference}` is not a whole secret");
        assert!(refused.stderr().starts_with(&title), "{}", refused.stderr());
        assert_eq!(get("lines"), b"x\n", "{part}");
    }

    let store = project.read("secrets.age");
    assert!(
        store.contains("\"db-password\"") && store.contains("age1"),
        "{store}"
    );
}

#[test]
fn put_needs_to_know_where() {
    let none = Project::new("");
    shot(
        "put_nowhere",
        &none,
        &none.nuages(["put", "x"]).stdin("x").output().code(2),
    );
    let two = Project::new(
        "[providers.a]\nkind = \"age\"\n[providers.b]\nkind = \"age\"\npath = \"b.age\"\n",
    );
    shot(
        "put_somewhere",
        &two,
        &two.nuages(["put", "x"]).stdin("x").output().code(2),
    );
}

/// Names are what anybody writes, and a terminal obeys what it is sent.
#[test]
fn a_plan_shows_what_is_in_its_names() {
    let manifest =
        "[env]\n\"A\\u001b[31m\" = \"${env://B}\"\nC = \"${env://D\\u001b]0;title\\u0007}\"\n";
    let project = Project::new(manifest);
    let outcome = project.nuages(["plan"]).output().code(0);
    let shown = outcome.stdout();
    assert!(
        !shown.chars().any(|c| c.is_control() && c != '\n'),
        "{shown:?}"
    );
    assert!(shown.contains("env.A\\u{1b}[31m"), "{shown}");
    assert!(shown.ends_with('\n'), "{shown:?}");
}
