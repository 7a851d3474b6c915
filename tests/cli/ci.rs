//! `nuages render` for CI systems, as a step runs it: masks on standard output before anything is written, the file that
//! the system named, and what stands in the way.

use std::fs;
use std::os::unix::fs::symlink;

use crate::shot::shot;
use crate::support::project::Project;

const PASSWORD: &str = "p@ss;w]rd 50%";
const KEY: &str = "-----BEGIN KEY-----\nc2VjcmV0LWxpbmU=\n-----END KEY-----";

fn project() -> Project {
    Project::new(
        r#"[databases.default]
ENGINE = "postgresql"
NAME = "shop"
PASSWORD = "${file://password}"

[env]
API_KEY = "${file://key}"
PIN = "${file://pin}"
DEBUG = false
"#,
    )
    .file("password", PASSWORD)
    .file("key", KEY)
    .file("pin", "12a")
}

/// A project whose values every system takes.
fn plain() -> Project {
    Project::new("[env]\nDEBUG = false\nRELEASE = \"2026.11\"\n")
}

/// A delimiter is another one each time.
fn without_words(file: &str) -> String {
    let shown = |word: &str| match word.split_once("ghadelimiter_") {
        Some((before, random)) if random.len() == 32 => format!("{before}WORD"),
        _ => word.to_owned(),
    };
    file.lines().map(|line| shown(line) + "\n").collect()
}

#[test]
fn github_masks_and_then_hands_over() {
    let project = project().file("github.env", "BEFORE=1");
    let run = project.nuages(["render", "github"]);
    let outcome = run
        .env("GITHUB_ENV", project.path("github.env"))
        .output()
        .code(0);
    shot("ci_github", &project, &outcome);
    let databases = r#"{"default":{"ENGINE":"django.db.backends.postgresql","NAME":"shop","PASSWORD":"p@ss\u003bw]rd\u002050%"}}"#;
    assert_eq!(
        without_words(&project.read("github.env")),
        format!(
            "BEFORE=1\nDATABASES<<WORD\n{databases}\nWORD\nAPI_KEY<<WORD\n{KEY}\nWORD\nPIN<<WORD\n12a\nWORD\nDEBUG<<WORD\nfalse\nWORD\n"
        )
    );
}

#[test]
fn github_takes_outputs_and_masks_alone() {
    let project = project().file("output", "").file("env", "");
    let run = project.nuages([
        "--only",
        "env.API_KEY",
        "render",
        "github",
        "--set",
        "to=output",
    ]);
    let run = run.env("GITHUB_ENV", project.path("env"));
    run.env("GITHUB_OUTPUT", project.path("output"))
        .output()
        .code(0);
    assert_eq!(project.read("env"), "");
    let output = without_words(&project.read("output"));
    assert_eq!(output, format!("API_KEY<<WORD\n{KEY}\nWORD\n"));

    let alone = project
        .nuages(["render", "github", "--mask-only"])
        .output()
        .code(0);
    let both = project.nuages(["render", "github"]);
    let both = both.env("GITHUB_ENV", project.path("env")).output().code(0);
    assert_eq!(alone.stdout, both.stdout);
}

#[test]
fn azure_pipelines_reads_what_is_printed() {
    let project = project();
    let run = project.nuages(["render", "azure-pipelines"]);
    shot("ci_azure_lines", &project, &run.output().code(4));
    let run = project.nuages(["render", "azure-pipelines", "--set", "output=true"]);
    let outcome = run
        .env("SYSTEM_UNSAFEALLOWMULTILINESECRET", "true")
        .output()
        .code(0);
    shot("ci_azure", &project, &outcome);
    // Every mask comes before the first variable.
    let first = outcome.stdout().find("task.setvariable").unwrap();
    assert!(!outcome.stdout()[first..].contains("task.setsecret"));
}

#[test]
fn gitlab_and_bitbucket_get_no_secrets() {
    let project = project();
    let run = project.nuages(["render", "gitlab", "-o", "build.env"]);
    shot("ci_gitlab_secrets", &project, &run.output().code(4));
    assert!(!project.path("build.env").exists());
    let run = project.nuages(["render", "bitbucket"]);
    let run = run.env(
        "BITBUCKET_PIPELINES_VARIABLES_PATH",
        project.path("variables"),
    );
    shot("ci_bitbucket_secrets", &project, &run.output().code(4));
    assert!(!project.path("variables").exists());

    let run = project.nuages([
        "--only",
        "env.PIN",
        "render",
        "gitlab",
        "-o",
        "build.env",
        "--force",
    ]);
    run.output().code(0).silent_about(&["12a"]);
    assert_eq!(project.read("build.env"), "PIN=12a\n");
    assert_eq!(project.mode("build.env"), 0o600);
    let plain = plain();
    plain
        .nuages(["render", "gitlab", "-o", "build.env"])
        .output()
        .code(0);
    assert_eq!(plain.read("build.env"), "DEBUG=false\nRELEASE=2026.11\n");
    let run = plain.nuages(["render", "bitbucket"]);
    run.env(
        "BITBUCKET_PIPELINES_VARIABLES_PATH",
        plain.path("variables"),
    )
    .output()
    .code(0);
    assert_eq!(plain.read("variables"), plain.read("build.env"));
}

/// What bash finds in the next step is what the store holds, to the byte.
#[test]
fn circleci_hands_over_to_bash() {
    let project = project();
    let run = project.nuages(["render", "circleci"]);
    let outcome = run
        .env("BASH_ENV", project.path("bash.env"))
        .output()
        .code(0);
    assert!(outcome.stdout.is_empty() && outcome.stderr.is_empty());
    assert_eq!(project.mode("bash.env"), 0o600);
    let next = project.program(
        "bash".as_ref(),
        ["-c", "printf %s \"$API_KEY\"; printf %s \"$DATABASES\" >&2"],
    );
    let next = next
        .env("BASH_ENV", project.path("bash.env"))
        .output()
        .code(0);
    assert_eq!(next.stdout(), KEY);
    let databases: serde_json::Value = serde_json::from_str(next.stderr()).unwrap();
    assert_eq!(databases["default"]["PASSWORD"], PASSWORD);
}

#[test]
fn jenkins_gets_a_file_of_its_own() {
    let project = project();
    let run = project.nuages(["render", "jenkins", "-o", "run.properties"]);
    run.output()
        .code(0)
        .silent_about(&[PASSWORD, "c2VjcmV0LWxpbmU="]);
    assert_eq!(project.mode("run.properties"), 0o600);
    let lines = project.read("run.properties");
    let key = lines
        .lines()
        .find(|line| line.starts_with("API_KEY="))
        .unwrap();
    assert_eq!(key, format!("API_KEY={}", KEY.replace('\n', "\\n")));
}

#[test]
fn what_stands_in_the_way_is_told() {
    let project = project().file("env", "before\n");
    let path = |name: &str| project.path(name);
    symlink("env", path("link")).unwrap();
    fs::create_dir(path("directory")).unwrap();
    let run = |arguments: &[&str]| project.nuages(arguments);
    for (name, run) in [
        ("ci_not_a_step", run(&["render", "github"])),
        (
            "ci_empty_variable",
            run(&["render", "github", "--set", "to=output"]).env("GITHUB_OUTPUT", ""),
        ),
        (
            "ci_link",
            run(&["render", "github"]).env("GITHUB_ENV", path("link")),
        ),
        (
            "ci_directory",
            run(&["render", "circleci"]).env("BASH_ENV", path("directory")),
        ),
        (
            "ci_no_file",
            run(&["render", "github"]).env("GITHUB_ENV", path("none")),
        ),
        (
            "ci_azure_file",
            run(&["render", "azure-pipelines", "-o", "x"]),
        ),
        ("ci_jenkins_log", run(&["render", "jenkins"])),
        ("ci_no_masks", run(&["render", "circleci", "--mask-only"])),
        (
            "ci_mask_file",
            run(&["render", "github", "--mask-only", "-o", "x"]),
        ),
        (
            "ci_no_force",
            run(&["render", "jenkins", "-o", "x", "--force"]),
        ),
        ("ci_no_system", run(&["render", "sh", "--mask-only"])),
        (
            "ci_no_setting",
            run(&["render", "github", "--set", "two=output"]),
        ),
        ("ci_near_miss", run(&["render", "azure-pipeline"])),
    ] {
        let outcome = run.output().code(2);
        // Before any secret is fetched: nothing is printed, nothing is written.
        assert!(outcome.stdout.is_empty(), "{name}");
        shot(name, &project, &outcome);
    }
    assert_eq!(project.read("env"), "before\n");
    assert!(!path("none").exists() && !path("x").exists());
}

/// Names that are refused leave no half of the rest behind, and no value in the message.
#[test]
fn a_refusal_writes_nothing() {
    let project = Project::new("[env]\nFIRST = \"${file://key}\"\nGITHUB_TOKEN = \"${file://key}\"\nNODE_OPTIONS = \"x\"\n")
        .file("key", "the secret value")
        .file("env", "before\n");
    let run = project.nuages(["render", "github"]);
    let outcome = run.env("GITHUB_ENV", project.path("env")).output().code(4);
    shot("ci_github_names", &project, &outcome);
    assert!(outcome.stdout.is_empty());
    outcome.silent_about(&["the secret value"]);
    assert_eq!(project.read("env"), "before\n");
}

/// The system refuses to let the file grow, after a part has been written.
#[test]
fn a_file_that_cannot_grow_is_as_it_was() {
    let before = "BEFORE=1\n".repeat(20);
    let project = Project::new("[env]\nLONG = \"${file://long}\"\n")
        .file("long", "0123456789abcdef".repeat(512))
        .file("env", &before);
    let script = format!(
        "trap '' XFSZ; ulimit -f 2; exec '{}' render github",
        env!("CARGO_BIN_EXE_nuages")
    );
    let run = project.program("sh".as_ref(), ["-c", &script]);
    let outcome = run.env("GITHUB_ENV", project.path("env")).output().code(2);
    assert!(outcome.stdout().starts_with("::add-mask::"));
    assert!(
        outcome.stderr().contains("the file is as it was"),
        "{}",
        outcome.stderr()
    );
    assert_eq!(project.read("env"), before);
}

/// Standard output that cannot be written: no value goes anywhere without its mask.
#[test]
fn without_masks_nothing_is_handed_over() {
    let project = project().file("env", "before\n");
    let script = format!(
        "'{}' render github > /dev/full",
        env!("CARGO_BIN_EXE_nuages")
    );
    let run = project.program("sh".as_ref(), ["-c", &script]);
    let outcome = run.env("GITHUB_ENV", project.path("env")).output().code(4);
    assert!(outcome.stderr().contains("cannot write to standard output"));
    assert_eq!(project.read("env"), "before\n");
}

/// The commands hold the values: nobody wants them on a screen.
#[test]
fn a_terminal_is_no_ci_system() {
    let project = project().file("env", "");
    let script = format!("'{}' render azure-pipelines", env!("CARGO_BIN_EXE_nuages"));
    let run = |command: &str| {
        let run = project.program("script".as_ref(), ["-qec", command, "/dev/null"]);
        run.env("SYSTEM_UNSAFEALLOWMULTILINESECRET", "1").output()
    };
    let outcome = run(&script).code(2);
    assert!(
        outcome.stdout().contains("it is not for a terminal"),
        "{}",
        outcome.stdout()
    );
    outcome.silent_about(&["c2VjcmV0LWxpbmU="]);
    assert!(
        run(&format!("{script} --reveal"))
            .code(0)
            .stdout()
            .contains("task.setvariable")
    );
}
