//! Secrets of a vault, kept fresh under a command that runs: by their versions, over HTTPS, with nothing of them left in
//! the memory of the supervisor.

use std::time::Duration;

use nuages_fakecloud::{FakeCloud, Reply};
use rustix::process::Signal;
use serde_json::json;

use crate::cloud::{SHOP, run};
use crate::support::keeping::{state, wait_for};
use crate::support::memory::copies;
use crate::support::project::Project;

const PATIENCE: Duration = Duration::from_mins(1);
const VALUES: [&str; 4] = [
    "gu1neaP1g-the-first-value",
    "gu1neaP1g-and-the-second",
    "gu1neaP1g-then-the-third",
    "gu1neaP1g-at-last-a-fourth",
];

const CHILD: &str =
    "trap 'echo heard' USR1\ntrap 'exit 0' TERM\necho started\nwhile :; do sleep 0.05; done\n";

/// The password goes all ways: into a live database, a file, and the environment by itself.
fn manifest() -> String {
    format!(
        "{SHOP}refresh = '1s'\n{}",
        r#"
[databases.default]
ENGINE = "postgresql"
NAME = "shop"
USER = "shop_app"
HOST = "db.example.com"
PASSWORD = "${secrets://password}"
live = true

[env]
CHARGES_KEY = "${secrets://charges}"

[files.part]
content = "password=${secrets://password}"
on_change = "signal:USR1"
"#
    )
}

#[test]
fn rotations_leave_nothing_in_memory() {
    let cloud = FakeCloud::start();
    let vault = cloud.vault("shop");
    vault.set("password", VALUES[0]);
    vault.set("charges", "gu1neaP1g-charges-cards");
    let project = Project::new(&manifest()).file("child.sh", CHILD);
    let arguments = [
        "exec",
        "--supervise",
        "--files-dir",
        "made",
        "--",
        "sh",
        "child.sh",
    ];
    let mut running = run(&cloud.environment_app_service(), &project, &arguments).start();
    running.wait_for(PATIENCE, |line| (line == "started").then_some(()));
    let made = project.path("made");
    let key = "databases.default.PASSWORD";
    let mut versions = vec![wait_for(&made, key, |_| true)["version"].clone()];
    for value in &VALUES[1..] {
        vault.set("password", value);
        running.wait_for(PATIENCE, |line| (line == "heard").then_some(()));
        assert_eq!(project.read("made/part"), format!("password={value}"));
        let state = wait_for(&made, key, |now| {
            now["state"] == "fresh" && !versions.contains(&now["version"])
        });
        versions.push(state["version"].clone());
    }
    // The vault is away for three refreshes and more, and comes back.
    cloud.script("vault.get", Reply::status(503).times(1000));
    let failing = wait_for(&made, key, |now| now["failures"].as_u64() >= Some(3));
    assert_eq!(failing["state"], "failing");
    let error = failing["error"].as_str().unwrap();
    assert!(error.contains("503"), "{error}");
    cloud.clear_scripts();
    wait_for(&made, key, |now| now["state"] == "fresh");

    let all: Vec<&str> = VALUES
        .into_iter()
        .chain(["gu1neaP1g-charges-cards"])
        .collect();
    // Between two refreshes: what is on its way has a copy.
    let quiet = (0..20).find_map(|_| {
        std::thread::sleep(Duration::from_millis(150));
        let (found, bytes) = copies(running.id(), &all)?;
        println!("{found:?} copies of five values in {bytes} bytes");
        (found.iter().sum::<usize>() == 0).then_some(())
    });
    if rustix::process::geteuid().is_root() {
        assert_eq!(quiet, Some(()), "a value stays in memory");
    }
    assert_eq!(state(&made)["command"]["restarts"], json!(0));
    running.send(Signal::TERM);
    let (status, said) = running.finish(PATIENCE);
    assert_eq!(status.code(), Some(0), "{said}");
    assert!(!said.contains("gu1neaP1g"), "{said}");
}
