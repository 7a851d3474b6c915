//! Trials that take their time, or come too late: what they may hold up, and what not.

use std::os::unix::fs::PermissionsExt as _;
use std::time::{Duration, Instant};

use rustix::process::Signal;

use super::{PATIENCE, end, expect, places, project, replace, start, wait_for_state};

/// One that hangs holds up neither the other databases, nor what is fetched after it.
#[test]
fn a_trial_that_hangs_holds_up_its_own_value_alone() {
    let manifest = r#"
[providers.secrets]
kind = "dotenv"
path = ".env"
refresh = "1s"

[providers.slow]
kind = "file"
path = "slow"

[databases.hangs]
ENGINE = "postgresql"
NAME = "a"
USER = "a"
HOST = "db"
PASSWORD = "${secrets://a}"
live = true
verify = "connect"

[databases.works]
ENGINE = "postgresql"
NAME = "b"
USER = "b"
HOST = "db"
PASSWORD = "${secrets://b}-${slow://b}"
live = true
verify = "connect"

[files.part]
content = "${secrets://part}-${slow://part}"
on_change = "signal:USR1"
"#;
    let project = project(manifest)
        .file(".env", "A=one\nB=one\nPART=first\n")
        .file("slow/b", "slow")
        .file("slow/part", "slow");
    // In Django's place: what fetches nothing before it is tried.
    let python = "#!/bin/sh\ncase $(cat) in *works*) exit 0;; esac\ntest ! -e hang || sleep 1234\n";
    project.write("bin/python", python);
    let executable = std::fs::Permissions::from_mode(0o700);
    std::fs::set_permissions(project.path("bin/python"), executable).expect("permissions");
    let options = ["exec", "--supervise", "--files-dir", "made"];
    let command = ["--deadline", "3", "--", "sh", "child.sh"];
    let run = project.nuages([&options[..], &command].concat());
    let mut running = run.path(&project.path("bin")).start();
    expect(&mut running, "started with ");
    project.write("hang", "");
    // Asleep for longer than the period: all are looked at in one round.
    running.send(Signal::STOP);
    replace(&project, "A=two\nB=two\nPART=second\n");
    std::thread::sleep(Duration::from_millis(1500));
    running.send(Signal::CONT);
    assert_eq!(expect(&mut running, "heard "), "second-slow");
    wait_for_state(&project, "databases.hangs.PASSWORD", "waiting");
    let place = places(&project.path("made")).remove(0);
    let read = |alias: &str| {
        std::fs::read_to_string(place.join(format!("databases/{alias}.pgpass"))).expect("a file")
    };
    let begin = Instant::now();
    while !read("works").ends_with(":two-slow\n") {
        assert!(begin.elapsed() < PATIENCE, "{}", read("works"));
        std::thread::sleep(Duration::from_millis(50));
    }
    assert!(read("hangs").ends_with(":one\n"), "{}", read("hangs"));
    let said = running.said().to_owned();
    assert_eq!(said.matches("is not used").count(), 1, "{said}");
    std::fs::remove_file(project.path("hang")).expect("a file");
    expect(&mut running, "nuages: `databases.hangs.PASSWORD` is fresh");
    assert!(read("hangs").ends_with(":two\n"), "{}", read("hangs"));
    end(running);
}

/// A new value is refused as long as the old one works. After that there is nothing to protect.
#[test]
fn what_takes_the_place_of_an_expired_value_is_not_held_back() {
    let provider = r#"#!/bin/sh
read request
echo asked >> asked
if test "$(wc -l < asked)" = 1
then expires=$(($(date +%s) + 6)); else expires=$(($(date +%s) + 3600)); fi
echo "{\"protocol\": 1, \"id\": 0, \"value\": \"token-$(wc -l < asked)\", \"expires\": $expires}"
"#;
    let manifest = r#"
[providers.tokens]
kind = "command"
argv = ["sh", "provider.sh"]
protocol = "json-lines"

[databases.default]
ENGINE = "postgresql"
NAME = "shop"
USER = "shop"
HOST = "db"
PASSWORD = "${tokens://db}"
live = true
verify = { command = ["false"] }
"#;
    let project = project(manifest).file("provider.sh", provider).file(
        "child.sh",
        "trap 'exit 0' TERM\necho \"started with it\"\nwhile :; do sleep 0.05; done\n",
    );
    let mut running = start(&project, &[]);
    let key = "databases.default.PASSWORD";
    wait_for_state(&project, key, "waiting");
    let place = places(&project.path("made")).remove(0);
    let file = place.join("databases/default.pgpass");
    let read = || std::fs::read_to_string(&file).expect("a file");
    assert!(read().ends_with(":token-1\n"), "{}", read());
    expect(
        &mut running,
        "nuages: `databases.default` is handed on untried: what the command has of it has expired",
    );
    wait_for_state(&project, key, "fresh");
    assert!(!read().ends_with(":token-1\n"), "{}", read());
    let said = end(running);
    assert_eq!(said.matches("is not used").count(), 1, "{said}");
    assert!(!said.contains("there is no newer one"), "{said}");
}
