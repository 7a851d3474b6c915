//! What the documentation shows is true: every manifest in it is one, every command in it exists.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use nuages::manifest::Manifest;
use nuages::plan::{Selection, plan};
use nuages::registry::Registry;

use crate::support::checkout;

/// The README, the documentation, and the pages of providers and examples.
fn pages() -> Vec<(PathBuf, String)> {
    let mut pages = vec![checkout().join("README.md")];
    for directory in ["docs", "providers", "examples"] {
        find(&checkout().join(directory), &mut pages);
    }
    // Those of the rules show what is wrong too, and have tests of their own.
    pages.retain(|path| !path.starts_with(checkout().join("docs/rules")));
    let read = |path: PathBuf| {
        let text = fs::read_to_string(&path).unwrap();
        (path, text)
    };
    pages.into_iter().map(read).collect()
}

/// The pages below a directory, without what running an example has left there.
fn find(directory: &Path, pages: &mut Vec<PathBuf>) {
    let mut entries: Vec<PathBuf> = fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    entries.sort();
    for path in entries {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if path.is_dir() && !name.starts_with('.') {
            find(&path, pages);
        } else if path.extension().is_some_and(|extension| extension == "md") {
            pages.push(path);
        }
    }
}

/// The blocks of a language in a page.
fn blocks<'a>(page: &'a str, language: &str) -> Vec<&'a str> {
    let fence = format!("```{language}\n");
    let blocks = page.split(&fence).skip(1);
    blocks
        .map(|rest| rest.split("```").next().unwrap_or_default())
        .collect()
}

#[test]
fn every_manifest_in_the_documentation_is_one() {
    let registry = Registry::builtin();
    let mut count = 0;
    for (path, page) in pages() {
        for block in blocks(&page, "toml") {
            let manifest = Manifest::read(path.display().to_string(), block, &registry);
            let mut selections = vec![Selection::default()];
            selections.extend(manifest.profiles().map(|profile| Selection {
                profiles: vec![profile.to_owned()],
                only: Vec::new(),
            }));
            for selection in selections {
                if let Err(errors) = plan(&manifest, &selection, &registry) {
                    panic!("{}: {selection:?}\n{block}\n{errors:#?}", path.display());
                }
            }
            count += 1;
        }
    }
    assert!(count >= 10, "found {count} manifests only");
}

/// The deployments that are shown are as safe as the rules ask for.
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

#[test]
fn every_command_in_the_documentation_exists() {
    let mut count = 0;
    for (path, page) in pages() {
        for line in blocks(&page, "sh").into_iter().flat_map(str::lines) {
            for (_, typed) in line
                .match_indices("nuages ")
                .map(|(at, _)| line.split_at(at))
            {
                // As far as the command's name: the options before it, then the name.
                let words: Vec<&str> = typed.split_whitespace().skip(1).collect();
                let end = words
                    .iter()
                    .position(|word| !word.starts_with('-') && *word != "migrate");
                let Some(end) = end else { continue };
                let output = Command::new(env!("CARGO_BIN_EXE_nuages"))
                    .args(&words[..=end])
                    .arg("--help")
                    .output()
                    .unwrap();
                assert!(output.status.success(), "{}: `{typed}`", path.display());
                count += 1;
            }
        }
    }
    assert!(count >= 5, "found {count} commands only");
}
