//! The manifest's own values, found by themselves and by their fingerprints.

use base64::{Engine as _, engine::general_purpose::STANDARD};

use super::secret;
use crate::support::project::Project;

const MANIFEST: &str = "\
[providers.secrets]
kind = \"dotenv\"
path = \"secrets.env\"

[scan]
key = \"${secrets://scan-key}\"
exclude = [\"secrets.env\"]

[databases.default]
ENGINE = \"postgresql\"
NAME = \"shop\"
HOST = \"${secrets://db-host}\"
PASSWORD = \"${secrets://db-password}\"

[env]
ADMIN_PASSWORD = \"${secrets://pin}\"
";

fn project(password: &str) -> Project {
    let secrets = format!(
        "DB_HOST=db.internal\nDB_PASSWORD={password}\nPIN=1234\nSCAN_KEY={}\n",
        secret(9)
    );
    Project::new(MANIFEST).file("secrets.env", secrets)
}

#[test]
fn finds_the_manifests_values_in_any_encoding() {
    // A password that no rule could know: it stands in prose, and in base64 beside a user's name.
    let password = "Django-plays-Nuages-in-1940";
    let project = project(password).file(
        "notes.txt",
        format!("db.internal 1234\nask Stéphane for {password}\n"),
    );
    project.nuages(["scan", "--quiet"]).output().code(0);
    let outcome = project
        .nuages(["scan", "--known"])
        .output()
        .code(1)
        .silent_about(&[password]);
    assert!(
        outcome
            .stdout()
            .contains("`databases.default.PASSWORD` of the manifest, as it is"),
        "{}",
        outcome.stdout()
    );
    assert!(
        outcome
            .stderr()
            .contains("`env.ADMIN_PASSWORD` is too short"),
        "{}",
        outcome.stderr()
    );
    assert!(
        outcome.stderr().contains("1 finding"),
        "{}",
        outcome.stderr()
    );
    project.write(
        "notes.txt",
        format!("auth: {}\n", STANDARD.encode(format!("shop:{password}"))),
    );
    let outcome = project.nuages(["scan", "--known"]).output().code(1);
    assert!(
        outcome.stdout().contains("in base64"),
        "{}",
        outcome.stdout()
    );
}

#[test]
fn fingerprints_find_the_same_without_the_store() {
    let password = "Django-plays-Nuages-in-1940";
    let project = project(password);
    let written = project.nuages(["scan", "fingerprint"]).output().code(0);
    assert!(
        written.stderr().contains("fingerprints of"),
        "{}",
        written.stderr()
    );
    let file = project.read(".nuages-fingerprints.json");
    assert!(!file.contains(password) && file.contains("databases.default.PASSWORD"));
    std::fs::remove_file(project.path("secrets.env")).expect("the store goes away");
    project.write("notes.txt", format!("ask for {password}\n"));
    let scan = |key: &str| {
        let run = project.nuages(["scan", "--fingerprints", ".nuages-fingerprints.json"]);
        run.env("NUAGES_SCAN_KEY", key)
            .output()
            .silent_about(&[password])
    };
    let outcome = scan(&secret(9)).code(1);
    assert!(
        outcome.stdout().contains("databases.default.PASSWORD"),
        "{}",
        outcome.stdout()
    );
    let other = scan(&secret(8)).code(2);
    assert!(
        other.stderr().contains("written with another key"),
        "{}",
        other.stderr()
    );
    let short = scan("short").code(2);
    assert!(
        short.stderr().contains("fewer than 32 bytes"),
        "{}",
        short.stderr()
    );
}
