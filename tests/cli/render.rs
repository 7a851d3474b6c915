//! `nuages render` from end to end: every format, permissions, a terminal, a reader that goes away, a writer that is
//! killed.

use std::collections::HashSet;
use std::fs;
use std::io::Read as _;
use std::os::unix::process::ExitStatusExt as _;
use std::process::Stdio;
use std::time::{Duration, Instant};

use crate::shot::{run, shot};
use crate::support::project::Project;

const SECRET: &str = "it's \"q\" \\ $HOME ${X} `id` #1 é 100%";

fn project() -> Project {
    Project::new(
        r#"[databases.default]
ENGINE = "postgresql"
NAME = "shop"
PASSWORD = "${file://secret}"
PORT = 5432
CONN_MAX_AGE = "none"
CONN_HEALTH_CHECKS = "yes"
OPTIONS = { sslmode = "verify-full", pool = { max_size = 4, timeout = 2.5 } }

[databases.reports]
url = "postgres://reports:${file://secret | urlencode}@db:6432/reports?sslmode=require"

[env]
SECRET_KEY = "${file://secret}"
DEBUG = false
WORKERS = { value = "${env://WORKERS:-3}", as = "int" }
HOSTS = { value = ["a", "b"], as = "json" }
NOT_THERE = { value = "${env://NONE}", optional = true }
LITERAL = "$${NOT} a reference"
"#,
    )
    .file("secret", SECRET)
}

#[test]
fn every_format() {
    let project = project();
    for format in [
        "databases-json",
        "json",
        "json-env",
        "dotenv",
        "sh",
        "docker",
    ] {
        let outcome = project.nuages(["render", format]).output().code(0);
        assert!(outcome.stderr.is_empty(), "{}", outcome.stderr());
        shot(&format!("render_{format}"), &project, &outcome);
    }
    let named = project
        .nuages(["render", "databases-json"])
        .output()
        .code(0);
    assert_eq!(
        project.nuages(["render"]).output().code(0).stdout,
        named.stdout,
        "the default"
    );
}

/// What a shell makes of the line is what went in.
#[test]
fn a_shell_reads_back_what_was_rendered() {
    let project = project();
    let rendered = project.nuages(["render", "sh"]).output().code(0);
    project.write("env.sh", &rendered.stdout);
    let shell = project
        .program(
            "sh".as_ref(),
            ["-c", ". ./env.sh; printf %s \"$SECRET_KEY\""],
        )
        .output()
        .code(0);
    assert_eq!(shell.stdout(), SECRET);
}

#[test]
fn what_a_format_does_not_write_is_not_fetched() {
    let project = Project::new(
        "[databases.d]\nENGINE = \"sqlite3\"\n[env]\nA = \"${file://none}\"\n[files.f]\ncontent = \"${file://none}\"\n",
    );
    project.nuages(["render"]).output().code(0);
    project.nuages(["render", "json-env"]).output().code(0);
    project.nuages(["render", "json"]).output().code(4);
    let alone = project
        .nuages(["render", "json", "--only", "databases.d"])
        .output()
        .code(0);
    let alone: serde_json::Value = serde_json::from_str(alone.stdout()).expect("JSON");
    assert_eq!(
        alone,
        serde_json::json!({ "DATABASES": { "d": { "ENGINE": "django.db.backends.sqlite3" } } })
    );
}

#[test]
fn a_file_is_private_and_keeps_the_mode_asked_for() {
    let project = project();
    let write = |arguments: &[&str]| {
        project
            .nuages([&["render", "json", "-o", "out.json"], arguments].concat())
            .output()
            .code(0)
    };
    let outcome = write(&[]);
    assert!(outcome.stdout.is_empty() && outcome.stderr.is_empty());
    assert_eq!(project.mode("out.json"), 0o600);
    assert_eq!(
        project.read("out.json").as_bytes(),
        project.nuages(["render", "json"]).output().code(0).stdout
    );
    write(&["--mode", "0640"]);
    assert_eq!(project.mode("out.json"), 0o640);
    write(&[]);
    assert_eq!(project.mode("out.json"), 0o600, "an old mode is not kept");
    for mode in ["0604", "0666", "7600", "abc", "-1"] {
        project
            .nuages(["render", "-o", "out.json", "--mode", mode])
            .output()
            .code(2);
    }
    assert_eq!(
        fs::read_dir(project.root()).expect("a directory").count(),
        3,
        "no temporary file is left"
    );
}

#[test]
fn a_failure_leaves_the_old_file() {
    let project = project();
    project.write("out.json", "old");
    project.write("nuages.toml", "[env]\nA = \"${file://none}\"\n");
    project
        .nuages(["render", "json", "-o", "out.json"])
        .output()
        .code(4);
    assert_eq!(project.read("out.json"), "old");
}

/// At a terminal values are masked. `script` stands in for one.
#[test]
fn values_are_masked_at_a_terminal() {
    let project = project();
    let nuages = env!("CARGO_BIN_EXE_nuages");
    let at_terminal = |arguments: &str| {
        let line = format!("{nuages} {arguments}");
        project
            .program("script".as_ref(), ["-qec", &line, "/dev/null"])
            .output()
            .code(0)
    };
    for format in [
        "databases-json",
        "json",
        "json-env",
        "dotenv",
        "sh",
        "docker",
    ] {
        let masked = at_terminal(&format!("render {format}"));
        assert!(
            masked.stdout().contains("********") && masked.stdout().contains("masked"),
            "{}",
            masked.stdout()
        );
        assert!(
            !masked.stdout().contains("100%"),
            "{format}: {}",
            masked.stdout()
        );
        let shown = at_terminal(&format!("render {format} --reveal"));
        assert!(
            shown.stdout().contains("100%") || shown.stdout().contains("100\\u0025"),
            "{}",
            shown.stdout()
        );
    }
    let kept = at_terminal("get file://secret");
    assert!(
        !kept.stdout().contains("100%") && kept.stdout().contains("--reveal"),
        "{}",
        kept.stdout()
    );
    assert!(
        at_terminal("get --reveal file://secret")
            .stdout()
            .contains("100%")
    );
}

#[test]
fn a_reader_that_goes_away_is_no_failure_to_talk_about() {
    let project = Project::new("[env]\nBIG = \"${file://big}\"\n").file("big", "x".repeat(1 << 20));
    for arguments in [&["render", "json"][..], &["get", "file://big"]] {
        let mut command = project.nuages(arguments).into_command();
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("a child");
        let mut first = [0];
        child
            .stdout
            .take()
            .expect("a pipe")
            .read_exact(&mut first)
            .expect("a byte");
        let output = child.wait_with_output().expect("an end");
        assert_eq!(
            output.status.code(),
            Some(141),
            "as a filter that SIGPIPE ended"
        );
        assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    }
    let line = format!(
        "{} get file://big | head -c 1",
        env!("CARGO_BIN_EXE_nuages")
    );
    let piped = project
        .program("sh".as_ref(), ["-c", &line])
        .output()
        .code(0);
    assert_eq!((piped.stdout(), piped.stderr()), ("x", ""));
}

#[test]
fn a_full_disk_is_said() {
    let project = project();
    let mut command = project.nuages(["render"]).into_command();
    command.stdin(Stdio::null()).stderr(Stdio::piped());
    command.stdout(
        fs::OpenOptions::new()
            .write(true)
            .open("/dev/full")
            .expect("/dev/full"),
    );
    let output = command
        .spawn()
        .and_then(std::process::Child::wait_with_output)
        .expect("a run");
    assert_eq!(output.status.code(), Some(4));
    assert!(String::from_utf8_lossy(&output.stderr).contains("cannot write to standard output"));
}

/// Links and streams that stand where a file was asked for.
#[test]
fn output_goes_through_links_and_into_streams() {
    let project = project();
    std::os::unix::fs::symlink("real.json", project.path("link.json")).expect("a link");
    project
        .nuages(["render", "-o", "link.json"])
        .output()
        .code(0);
    assert!(project.path("link.json").is_symlink() && project.mode("real.json") == 0o600);
    let streamed = run(project
        .nuages(["render", "-o", "/dev/stdout"])
        .into_command())
    .code(0);
    assert_eq!(streamed.stdout(), project.read("real.json"));
}

const KILLS: u32 = 100;

/// A hundred moments from the first to the last of a run: the file is the old one or the new one, whole.
#[test]
fn a_killed_render_leaves_the_old_file_or_the_new() {
    let project =
        Project::new("[databases.default]\nENGINE = \"sqlite3\"\nNAME = \"${file://name}\"\n");
    let render = |name: &str| {
        project.write("name", name.repeat(200_000));
        project
            .nuages(["render", "databases-json", "-o", "out.json"])
            .into_command()
    };
    let contents: Vec<Vec<u8>> = ["a", "b"]
        .map(|name| {
            run(render(name)).code(0);
            fs::read(project.path("out.json")).expect("the file")
        })
        .to_vec();
    assert!(contents[0] != contents[1] && contents[0].len() > 200_000);
    let began = Instant::now();
    run(render("a")).code(0);
    let mut whole = began.elapsed() + Duration::from_millis(5);

    let mut outcomes = HashSet::new();
    for round in 0.. {
        // On a busy machine a run may take longer than the one that was timed.
        if round >= KILLS && round % KILLS == 0 {
            if outcomes.iter().any(|(_, is_new)| *is_new) || round >= 5 * KILLS {
                break;
            }
            whole *= 3;
        }
        let before = fs::read(project.path("out.json")).expect("the file");
        let is_a = before == contents[0];
        let mut command = render(if is_a { "b" } else { "a" });
        command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let mut child = command.spawn().expect("a child");
        std::thread::sleep(whole * (round % KILLS) / KILLS);
        child.kill().expect("a kill");
        let status = child.wait().expect("an end");
        let after = fs::read(project.path("out.json")).expect("the file");
        assert!(
            contents.contains(&after),
            "round {round} left a part of a file"
        );
        assert_eq!(project.mode("out.json"), 0o600);
        outcomes.insert((status.signal() == Some(9), before != after));
        for entry in fs::read_dir(project.root()).expect("a directory").flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            if !["nuages.toml", "name", "out.json"].contains(&name.as_str()) {
                // In the instant between its naming and its renaming the new file has a name of its own, and is whole.
                assert!(
                    contents.contains(&fs::read(entry.path()).expect("a file")),
                    "{name} is a part of a file"
                );
                assert_eq!(project.mode(&name), 0o600, "{name}");
                fs::remove_file(entry.path()).expect("the file can be removed");
            }
        }
    }
    assert!(
        outcomes.contains(&(true, false)),
        "no run was killed before it had written"
    );
    assert!(
        outcomes.iter().any(|(_, is_new)| *is_new),
        "no run came to write"
    );
}
