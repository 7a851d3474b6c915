//! `nuages exec`: the process becomes the command, and the command meets what it would have met without `nuages`.

use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::os::unix::process::ExitStatusExt as _;
use std::process::Stdio;

use crate::shot::shot;
use crate::support::project::{Outcome, Project};

const SECRET: &str = "hunter2";

fn project() -> Project {
    Project::new("[env]\nKEY = \"${file://secret}\"\n").file("secret", SECRET)
}

/// A shell script run as the command.
fn sh(project: &Project, script: &str) -> Outcome {
    project.nuages(["exec", "--", "sh", "-c", script]).output()
}

/// What a process was given, cut at its NULs.
fn strings(bytes: &[u8]) -> Vec<&[u8]> {
    bytes
        .strip_suffix(b"\0")
        .unwrap_or(bytes)
        .split(|&byte| byte == 0)
        .collect()
}

#[test]
fn arguments_arrive_byte_for_byte() {
    let odd: Vec<&OsStr> = [
        &b"\xff\xfe not UTF-8"[..],
        b"",
        b"two\nlines\n",
        b" blanks  and\ttabs ",
        b"$HOME ${KEY} ${file://secret} `id` $(id) * ~ \\ ' \"",
        b"--",
        b"--help",
        b"-v",
        b"\x1b[31m",
    ]
    .map(OsStr::from_bytes)
    .to_vec();
    let script = ["exec", "--", "sh", "-c", "cat /proc/$$/cmdline", "zero"].map(OsStr::new);
    let project = project();
    let outcome = project.nuages(script.iter().chain(&odd)).output().code(0);
    let expected: Vec<&[u8]> = script[2..]
        .iter()
        .chain(&odd)
        .map(|argument| argument.as_bytes())
        .collect();
    assert_eq!(strings(&outcome.stdout), expected);
}

#[test]
fn the_inherited_environment_is_kept_byte_for_byte() {
    let project = project();
    let name = OsString::from_vec(b"NAME_\xff".to_vec());
    let odd = [
        (
            OsString::from("LATIN"),
            OsString::from_vec(b"caf\xe9 \xff".to_vec()),
        ),
        (name, OsString::from("value")),
        (OsString::from("EMPTY"), OsString::new()),
        (OsString::from("LINES"), OsString::from("a\nB=c\n")),
        (OsString::from("dotted.name"), OsString::from("=x=")),
    ];
    let with = |mut run: crate::support::project::Run| {
        for (name, value) in &odd {
            run = run.env(name, value);
        }
        run.output().code(0).stdout
    };
    let wrapped = with(project.nuages(["exec", "--", "cat", "/proc/self/environ"]));
    let bare = with(project.program("cat".as_ref(), ["/proc/self/environ"]));
    let mut expected = strings(&bare);
    let own = format!("KEY={SECRET}");
    expected.push(own.as_bytes());
    expected.extend([&b"NUAGES_SET=KEY"[..], b"NUAGES_SECRETS=KEY"]);
    expected.sort_unstable();
    let mut seen = strings(&wrapped);
    seen.sort_unstable();
    assert_eq!(seen, expected);
}

#[test]
fn the_process_becomes_the_command_and_no_parent_is_left() {
    let project = project();
    let mut command = project
        .nuages([
            "exec",
            "--",
            "sh",
            "-c",
            "echo $$ $PPID; readlink /proc/$$/exe",
        ])
        .into_command();
    let child = command.stdout(Stdio::piped()).spawn().expect("a child");
    let id = child.id();
    let output = child.wait_with_output().expect("its output");
    let said = String::from_utf8(output.stdout).expect("UTF-8");
    assert_eq!(
        said.lines().next(),
        Some(format!("{id} {}", std::process::id()).as_str())
    );
    assert!(!said.contains("nuages"), "{said}");
}

#[test]
fn exit_status_and_signals_of_the_command_are_the_runs() {
    let project = project();
    for code in [0, 1, 2, 3, 37, 126, 127, 255] {
        assert_eq!(
            sh(&project, &format!("exit {code}")).status.code(),
            Some(code)
        );
    }
    for signal in [1, 2, 3, 6, 9, 11, 13, 15] {
        let outcome = sh(&project, &format!("kill -{signal} $$"));
        assert_eq!(
            outcome.status.signal(),
            Some(signal),
            "{}",
            outcome.stderr()
        );
    }
}

#[test]
fn a_signal_sent_to_the_run_reaches_the_command() {
    let project = project();
    let script = "trap 'echo heard; exit 5' TERM; echo ready; while :; do sleep 0.05; done";
    let mut running = project.nuages(["exec", "--", "sh", "-c", script]).start();
    let patience = std::time::Duration::from_secs(20);
    running.wait_for(patience, |line| (line == "ready").then_some(()));
    running.send(rustix::process::Signal::TERM);
    let (status, said) = running.finish(patience);
    assert_eq!(status.code(), Some(5), "{said}");
    assert!(said.contains("heard"));
}

/// The status without signals 32 and 33, which belong to the C library: it sets them as it spawns.
fn without_internal(status: &str) -> Vec<String> {
    let clear = |line: &str| match line.split_once("SigIgn:\t") {
        Some((_, bits)) => {
            let bits = u64::from_str_radix(bits, 16).expect("a bit mask");
            format!("SigIgn:\t{:016x}", bits & !(0b11 << 31))
        }
        None => line.to_owned(),
    };
    status.lines().map(clear).collect()
}

/// Dispositions and masks outlive `execve`: a child that ignores `SIGPIPE` would not notice a closed pipe.
#[test]
fn signal_handling_is_as_without_nuages() {
    let project = project();
    let state = [
        "-E",
        "^(SigIgn|SigBlk|SigCgt|NoNewPrivs|Threads):",
        "/proc/self/status",
    ];
    let wrapped = project
        .nuages([&["exec", "--", "grep"][..], &state].concat())
        .output()
        .code(0);
    let bare = project.program("grep".as_ref(), state).output().code(0);
    assert_eq!(
        without_internal(wrapped.stdout()),
        without_internal(bare.stdout())
    );
}

/// Runs a shell script with the three streams as files `in`, `out` and `err` of the project.
fn with_files(project: &Project, run: crate::support::project::Run) {
    let open = |name: &str| File::create(project.path(name)).expect("a file");
    let mut command = run.into_command();
    command
        .stdin(File::open(project.path("in")).expect("a file"))
        .stdout(open("out"))
        .stderr(open("err"));
    assert!(command.status().expect("a run").success());
}

#[test]
fn the_three_streams_are_the_callers_and_no_other_is_handed_on() {
    let project = project().file("in", "from the caller\n");
    let script = "cat; echo out; echo err >&2; for fd in /proc/$$/fd/*; do readlink $fd; done > links || true";
    with_files(&project, project.nuages(["exec", "--", "sh", "-c", script]));
    assert_eq!(project.read("out"), "from the caller\nout\n");
    assert_eq!(project.read("err"), "err\n");
    let wrapped = project.read("links");
    with_files(&project, project.program("sh".as_ref(), ["-c", script]));
    assert_eq!(
        wrapped,
        project.read("links"),
        "other descriptors than without nuages"
    );
}

/// Input that `nuages` does not need is left for the command, to the last byte.
#[test]
fn input_is_not_read_ahead() {
    let input: Vec<u8> = (0..200_000_u32).flat_map(u32::to_le_bytes).collect();
    let outcome = project()
        .nuages(["exec", "--", "cat"])
        .stdin(input.clone())
        .output()
        .code(0);
    assert!(outcome.stdout == input, "the input has changed on its way");
}

#[test]
fn bootstrap_credentials_stay_behind_unless_passed_on() {
    let given = [
        ("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE"),
        ("AWS_SECRET_ACCESS_KEY", "bootstrap-a"),
        ("AWS_SESSION_TOKEN", "bootstrap-b"),
        ("AZURE_CLIENT_SECRET", "bootstrap-c"),
        ("AZURE_CLIENT_CERTIFICATE_PASSWORD", "bootstrap-d"),
        ("AZURE_PASSWORD", "bootstrap-e"),
        ("NUAGES_AGE_KEY", "bootstrap-f"),
        ("NUAGES_SCAN_KEY", "bootstrap-g"),
        ("AWS_REGION", "eu-west-1"),
    ];
    let run = |project: &Project, arguments: &[&str]| {
        let mut run = project.nuages([arguments, &["exec", "--", "env"]].concat());
        for (name, value) in given {
            run = run.env(name, value);
        }
        run.output().code(0)
    };
    let project = Project::new("");
    let outcome = run(&project, &[]);
    assert!(
        !outcome.stdout().contains("bootstrap") && !outcome.stdout().contains("AKIA"),
        "{}",
        outcome.stdout()
    );
    assert!(
        outcome.stdout().contains("AWS_REGION=eu-west-1\n"),
        "{}",
        outcome.stdout()
    );
    let told = Outcome {
        status: outcome.status,
        stdout: Vec::new(),
        stderr: outcome.stderr,
    };
    shot("bootstrap_kept_back", &project, &told);
    assert!(run(&project, &["--quiet"]).stderr.is_empty());

    let passing = Project::new("[env]\nAZURE_CLIENT_SECRET = \"${env://AZURE_CLIENT_SECRET}\"\n");
    let outcome = run(&passing, &[]);
    assert!(
        outcome
            .stdout()
            .contains("AZURE_CLIENT_SECRET=bootstrap-c\n"),
        "{}",
        outcome.stdout()
    );
    assert!(!outcome.stdout().contains("bootstrap-a"));
    assert!(
        !outcome.stderr().contains("`AZURE_CLIENT_SECRET`"),
        "{}",
        outcome.stderr()
    );
}

#[test]
fn pristine_keeps_what_a_program_needs_and_the_manifest_says() {
    let outcome = project()
        .nuages(["exec", "--pristine", "--", "env"])
        .env("LC_TIME", "C")
        .env("TZ", "UTC")
        .env("PYTHONPATH", "/x")
        .env("DATABASE_PASSWORD", "left-behind")
        .output()
        .code(0);
    let mut names: Vec<&str> = outcome
        .stdout()
        .lines()
        .filter_map(|line| Some(line.split_once('=')?.0))
        .collect();
    names.sort_unstable();
    // Some shells' `env` adds `_` and `PWD` of its own; this one is the program.
    let own = ["NUAGES_SECRETS", "NUAGES_SET"];
    assert_eq!(
        names,
        [
            &["HOME", "KEY", "LANG", "LC_TIME"],
            &own[..],
            &["PATH", "TZ"]
        ]
        .concat()
    );
}

/// `--from-env` resolves references to remote stores alone. This build has none, so nothing changes.
#[test]
fn from_env_leaves_everything_local_as_it_is() {
    let project = Project::empty().file("secret", SECRET);
    let given = [
        ("A", "env://HOME"),
        ("B", "file://secret"),
        ("C", "dotenv://KEY"),
        ("D", "command://x"),
        ("E", "age://x"),
        ("F", "https://example.org/a#b"),
        ("G", "postgres://shop:p%40ss@db/shop?sslmode=require"),
        ("H", "zebra://x"),
        ("I", "${file://secret}"),
        ("J", "secrets://secret"),
    ];
    let run = |project: &Project| {
        let mut run = project.nuages(["exec", "--from-env", "--", "env"]);
        for (name, value) in given {
            run = run.env(name, value);
        }
        run.output().code(0)
    };
    let bare = run(&project);
    project.write(
        "nuages.toml",
        "[providers.secrets]\nkind = \"file\"\n[env]\nKEY = \"${secrets://secret}\"\n",
    );
    let with_manifest = run(&project);
    for (name, value) in given {
        for outcome in [&bare, &with_manifest] {
            assert!(
                outcome
                    .stdout()
                    .lines()
                    .any(|line| line == format!("{name}={value}")),
                "{name}"
            );
        }
    }
    assert!(!bare.stdout().contains(SECRET));
    assert!(with_manifest.stdout().contains("KEY=hunter2\n"));
}

#[test]
fn the_command_is_looked_up_on_the_path_it_gets() {
    use std::os::unix::fs::PermissionsExt as _;
    let project = Project::new("[env]\nPATH = \"${file://path}\"\n")
        .file("bin/tool", "#!/bin/sh\necho ours\n");
    fs::set_permissions(project.path("bin/tool"), fs::Permissions::from_mode(0o755))
        .expect("permissions");
    project.write("path", project.path("bin").display().to_string());
    assert_eq!(
        project
            .nuages(["exec", "--", "tool"])
            .output()
            .code(0)
            .stdout(),
        "ours\n"
    );
}

/// The soft limit outlives `execve`, so the command writes no core file with the secrets it was given; it may raise it.
#[test]
fn the_command_writes_no_core_file_unless_it_asks_for_one() {
    let project = project();
    let nuages = env!("CARGO_BIN_EXE_nuages");
    let inner = "ulimit -Sc; ulimit -Sc $(ulimit -Hc); ulimit -Sc";
    let script =
        format!("ulimit -Sc $(ulimit -Hc); ulimit -Sc; exec {nuages} exec -- sh -c '{inner}'");
    let limits = project
        .program("sh".as_ref(), ["-c", &script])
        .output()
        .code(0);
    let limits: Vec<&str> = limits.stdout().lines().collect();
    assert_eq!(
        limits,
        [limits[0], "0", limits[0]],
        "before, in the command, and once it has asked"
    );
}

#[test]
fn the_databases_arrive_as_json() {
    let project = Project::new(
        "[databases.default]\nENGINE = \"postgresql\"\nPASSWORD = \"${file://secret}\"\nCONN_MAX_AGE = \"60\"\nPORT = 5432\n",
    )
    .file("secret", "p\"\\é\n x");
    let outcome = project
        .nuages(["exec", "--", "printenv", "DATABASES"])
        .output()
        .code(0);
    let databases: serde_json::Value = serde_json::from_str(outcome.stdout()).expect("JSON");
    let expected = serde_json::json!({ "default": {
        "ENGINE": "django.db.backends.postgresql", "PASSWORD": "p\"\\é\n x", "CONN_MAX_AGE": 60, "PORT": 5432,
    }});
    assert_eq!(databases, expected);
}
