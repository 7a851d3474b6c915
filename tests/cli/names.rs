//! `NUAGES_SET` and `NUAGES_SECRETS`: the names of what a command was given, and of what in it is secret.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;

use crate::support::project::{Project, Run};

const MANIFEST: &str = r#"
[databases.default]
ENGINE = "postgresql"
NAME = "shop"
USER = "${env://OUTER}"
HOST = "localhost"

[env]
SECRET_KEY = "${file://secret}"
CACHE_URL = "redis://:${file://secret | urlencode}@cache/0"
FLAGS = { value = "${file://list}", as = "json" }
DEBUG = "${env://DEBUG_OF_OLD:-true}"
HOST_NAME = "${env://HOST_OF_OLD:-shop.example.com}"
NESTED = "${env://NAME_OF_OLD:-${env://KEY_OF_OLD:-shop.example.org}}"
WORKERS = 4

[files."tls/client.key"]
content = "${file://secret}"

[files."databases.json"]
render = "databases-json"

[profiles.login.databases.default]
PASSWORD = "${file://secret}"
"#;

fn project() -> Project {
    Project::new(MANIFEST)
        .file("secret", "hunter2")
        .file("list", r#"["hunter3"]"#)
}

/// The two lists, as the command has them.
#[track_caller]
fn names(run: Run) -> [String; 2] {
    let outcome = run
        .env("OUTER", "shop_app")
        .output()
        .code(0)
        .silent_about(&["hunter"]);
    let lines: Vec<&str> = outcome.stdout().lines().collect();
    let [set, secrets] = lines[..] else {
        panic!("two lines: {lines:?}");
    };
    [set, secrets].map(str::to_owned)
}

const SHOW: [&str; 3] = ["sh", "-c", "echo \"$NUAGES_SET\"; echo \"$NUAGES_SECRETS\""];

fn exec(options: &[&'static str]) -> Vec<&'static str> {
    [options, &["exec", "--files-dir", "made", "--"], &SHOW].concat()
}

const ALL: &str = "CACHE_URL,DATABASES,DATABASES_JSON_FILE,DEBUG,FLAGS,HOST_NAME,NESTED,SECRET_KEY,TLS_CLIENT_KEY_FILE,WORKERS";

#[test]
fn a_command_is_told_what_was_set_and_what_is_secret() {
    // Who logs in where is no secret, nor is a path, nor what stands in every text.
    let project = project();
    let [set, secrets] = names(project.nuages(exec(&[])));
    assert_eq!(
        (set.as_str(), secrets.as_str()),
        (ALL, "CACHE_URL,FLAGS,SECRET_KEY")
    );
    let [set, secrets] = names(project.nuages(exec(&["--profile", "login"])));
    assert_eq!(set, ALL);
    assert_eq!(secrets, "CACHE_URL,DATABASES,FLAGS,SECRET_KEY");
}

/// A default is written in the manifest, for all to read; what a variable brings in its place is not.
#[test]
fn a_default_is_no_secret_by_itself() {
    let project = project();
    for (variable, secrets) in [
        ("HOST_OF_OLD", "CACHE_URL,FLAGS,HOST_NAME,SECRET_KEY"),
        ("KEY_OF_OLD", "CACHE_URL,FLAGS,NESTED,SECRET_KEY"),
    ] {
        let run = project.nuages(exec(&[])).env(variable, "brought-by-it");
        assert_eq!(names(run)[1], secrets, "{variable}");
    }
}

/// Who writes one for a password has written a password, and it is not to be seen either.
#[test]
fn a_default_is_a_secret_under_the_name_of_one() {
    let manifest = r#"[env]
API_HOST = "${env://A_OF_OLD:-shop.example.com}"
MAIL_PASSWORD = "${env://M_OF_OLD:-hunter4}"
REDIS_URL = "redis://:${env://R_OF_OLD:-hunter5}@cache.example.com"

[databases.default]
ENGINE = "postgresql"
NAME = "shop"
PASSWORD = "${env://P_OF_OLD:-hunter6}"
"#;
    let [_, secrets] = names(Project::new(manifest).nuages(exec(&[])));
    assert_eq!(secrets, "DATABASES,MAIL_PASSWORD,REDIS_URL");
}

#[test]
fn the_lists_are_there_where_nothing_was_set() {
    let project = Project::new("");
    assert_eq!(names(project.nuages(exec(&[]))), ["", ""]);
}

#[test]
fn a_nuages_around_this_one_is_not_forgotten() {
    let project = project();
    let run = |options: &[&'static str]| {
        project
            .nuages(exec(options))
            .env("NUAGES_SET", "OUTER,GONE,WORKERS,NUAGES_SET,,SECRET_KEY")
            .env("NUAGES_SECRETS", "OUTER,GONE,WORKERS,NUAGES_SECRETS")
            .env("WORKERS", "2")
    };
    // What is not there any more is left out, and what was set anew is what it is now.
    let [set, secrets] = names(run(&[]));
    assert_eq!(set, ALL.replace("NESTED,", "NESTED,OUTER,"));
    assert_eq!(secrets, "CACHE_URL,FLAGS,OUTER,SECRET_KEY");

    // What is no text in a list takes none of its other names with it.
    let odd: OsString = OsStringExt::from_vec(b"OUTER,\xff".to_vec());
    let [_, secrets] = names(run(&[]).env("NUAGES_SECRETS", odd));
    assert_eq!(secrets, "CACHE_URL,FLAGS,OUTER,SECRET_KEY");

    let pristine = ["exec", "--pristine", "--files-dir", "made", "--"];
    let run = project.nuages([&pristine[..], &SHOW].concat());
    let [set, _] = names(run.env("NUAGES_SET", "OUTER"));
    assert_eq!(set, ALL);
}

#[test]
fn a_supervised_command_is_told_too() {
    let supervise = ["exec", "--supervise", "--files-dir", "made", "--"];
    let project = project();
    let run = project.nuages([&supervise[..], &SHOW].concat());
    let [set, secrets] = names(run);
    assert_eq!(
        (set.as_str(), secrets.as_str()),
        (ALL, "CACHE_URL,FLAGS,SECRET_KEY")
    );

    // The driver of a live database reads its password elsewhere.
    let live = MANIFEST.replace("HOST = \"localhost\"", "HOST = \"localhost\"\nlive = true");
    project.write("nuages.toml", live);
    let login = ["--profile", "login"];
    let [_, secrets] = names(project.nuages([&login, &supervise[..], &SHOW].concat()));
    assert_eq!(secrets, "CACHE_URL,FLAGS,SECRET_KEY");
}

#[test]
fn a_restarted_command_is_told_again() {
    let manifest = "[providers.secrets]\nkind = \"file\"\npath = \"secrets\"\nrefresh = \"1s\"\n\
        [supervise]\non_change = \"restart\"\nsettle = \"1s\"\njitter = \"0s\"\n\
        [env]\nA = \"${secrets://a}\"\nB = \"b\"\n";
    let project = Project::new(manifest).file("secrets/a", "first");
    let script = "echo \"$A $NUAGES_SET $NUAGES_SECRETS\"; exec sleep 60";
    let command = [
        "exec",
        "--supervise",
        "--files-dir",
        "made",
        "--",
        "sh",
        "-c",
        script,
    ];
    let run = project
        .nuages(command)
        .env("NUAGES_SET", "HOME")
        .env("NUAGES_SECRETS", "HOME");
    let mut running = run.start();
    let patience = std::time::Duration::from_mins(1);
    for value in ["first", "second"] {
        project.write("secrets/a", value);
        let expected = format!("{value} A,B,HOME A,HOME");
        running.wait_for(patience, |line| (line == expected).then_some(()));
    }
}

#[test]
fn references_in_the_environment_count() {
    let arguments = ["exec", "--from-env", "--"];
    let project = Project::empty();
    let run = project.nuages([&arguments[..], &SHOW].concat());
    assert_eq!(names(run), ["", ""], "there are none");
}

#[test]
fn the_names_are_taken() {
    for manifest in [
        "[env]\nNUAGES_SET = \"x\"\n",
        "[files.x]\ncontent = \"y\"\nenv = \"NUAGES_SECRETS\"\n",
    ] {
        let project = Project::new(manifest);
        let outcome = project.nuages(exec(&[])).output().code(4);
        assert!(
            outcome.stderr().contains("names what nuages has set"),
            "{}",
            outcome.stderr()
        );
    }
}
