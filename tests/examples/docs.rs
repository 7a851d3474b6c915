//! The deployments that are shown are as safe as the rules ask for, and the pages of the rules are the program's own. What the
//! documentation has in blocks of code is held by `tests/snippets`.

use std::fs;
use std::process::Command;

use crate::support::checkout;

#[test]
fn every_example_passes_the_check() {
    let mut count = 0;
    for entry in fs::read_dir(checkout().join("examples")).unwrap() {
        let manifest = entry.unwrap().path().join("nuages.toml");
        if !manifest.is_file() {
            continue;
        }
        let output = Command::new(env!("CARGO_BIN_EXE_nuages"))
            .args(["check", "--fail-on", "warning", "--manifest"])
            .arg(&manifest)
            .output()
            .unwrap();
        assert!(
            output.status.success(),
            "{}:\n{}{}",
            manifest.display(),
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
        count += 1;
    }
    assert!(count >= 6, "found {count} examples only");
}

/// With `INSTA_UPDATE=always` they are written anew.
#[test]
fn the_pages_of_the_rules_are_those_of_the_program() {
    let directory = checkout().join("docs/rules");
    let write = std::env::var("INSTA_UPDATE").is_ok_and(|value| value == "always");
    let pages = nuages::check::pages();
    for page in &pages {
        let path = directory.join(&page.file);
        if write {
            fs::create_dir_all(&directory).unwrap();
            fs::write(&path, &page.text).unwrap();
        }
        let text = fs::read_to_string(&path).unwrap_or_default();
        assert!(
            text == page.text,
            "{} is not what the program says: run this test with INSTA_UPDATE=always",
            path.display()
        );
    }
    let count = fs::read_dir(&directory).unwrap().count();
    assert_eq!(count, pages.len(), "a page of no family");
}
