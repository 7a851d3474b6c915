//! Every block of the README, the documentation and the pages of providers and examples holds: what is typed there is
//! typed here, in order, in a project of its own; what is a file is read by what reads it. A block that nobody accounts
//! for fails, with its page and line. What a page says of a block stands in a comment before it: see `note.rs`.
#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a broken part is to fail the test at once, and tests do read the environment"
)]

mod compare;
mod note;
mod page;
mod place;
mod reading;
mod runner;
mod session;
mod steps;
#[path = "../support/mod.rs"]
mod support;

use std::fs;
use std::path::{Path, PathBuf};

use page::Page;
use place::{Programs, try_out};
use steps::Form;
use support::checkout;

/// The page that is typed from nothing.
const TUTORIAL: &str = "docs/tutorial.md";

/// The pages in a directory, or below it; those of the rules and the reference are the program's own, and have tests of theirs.
fn pages(directory: &str, below: bool) -> Vec<Page> {
    let mut paths = Vec::new();
    find(&checkout().join(directory), below, &mut paths);
    let own = ["docs/rules", "docs/reference"].map(|directory| checkout().join(directory));
    paths.retain(|path| !own.iter().any(|directory| path.starts_with(directory)));
    let mut faults = Vec::new();
    let mut pages = Vec::new();
    for path in paths {
        match Page::read(checkout(), &path) {
            Ok(page) => pages.push(page),
            Err(more) => faults.extend(more),
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    pages
}

fn find(directory: &Path, below: bool, paths: &mut Vec<PathBuf>) {
    let mut entries: Vec<PathBuf> = fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    entries.sort();
    for path in entries {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        // What running an example has left there is none of ours.
        if path.is_dir() && below && !name.starts_with('.') && name != "target" {
            find(&path, below, paths);
        } else if path.extension().is_some_and(|extension| extension == "md") {
            paths.push(path);
        }
    }
}

/// The page of the repository, and that of the package index.
fn readme() -> Vec<Page> {
    ["README.md", "python/README.md"]
        .iter()
        .map(|path| {
            Page::read(checkout(), &checkout().join(path))
                .unwrap_or_else(|faults| panic!("{}", faults.join("\n")))
        })
        .collect()
}

/// Tries each page out, and tells of all that do not hold.
fn hold(pages: &[Page]) {
    let faults: Vec<String> = pages
        .iter()
        .filter(|page| page.path != TUTORIAL)
        .filter_map(|page| try_out(page, Form::Project, Programs::of_this_build).err())
        .collect();
    assert!(faults.is_empty(), "\n{}", faults.join("\n\n"));
}

#[test]
fn every_block_is_what_it_says() {
    let mut all = readme();
    for directory in ["docs", "providers", "examples"] {
        all.extend(pages(directory, true));
    }
    let blocks: usize = all.iter().map(|page| page.blocks.len()).sum();
    assert!(blocks >= 80, "found {blocks} blocks only");
    let faults = reading::faults(&all);
    assert!(faults.is_empty(), "\n{}", faults.join("\n\n"));
}

/// Of the pages of a directory that is not there yet, the scenes wait.
#[test]
fn every_scene_has_its_page() {
    let mut all = readme();
    for directory in ["docs", "providers", "examples"] {
        all.extend(pages(directory, true));
    }
    let scenes: Vec<PathBuf> = all.iter().filter_map(place::scene).collect();
    let how_tos = checkout().join("docs/how-to").is_dir();
    for entry in fs::read_dir(checkout().join("tests/snippets/scenes")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy();
        let waits = name.starts_with("docs-how-to-") && !how_tos;
        assert!(
            waits || scenes.contains(&path),
            "{name} is the scene of no page"
        );
    }
}

#[test]
fn the_readme_runs() {
    hold(&readme());
}

#[test]
fn the_documentation_runs() {
    hold(&pages("docs", false));
}

/// From `pip install` on, in an empty directory.
#[test]
fn the_tutorial_runs() {
    let path = checkout().join(TUTORIAL);
    if path.exists() {
        let page =
            Page::read(checkout(), &path).unwrap_or_else(|faults| panic!("{}", faults.join("\n")));
        if let Err(fault) = try_out(&page, Form::Typed, Programs::of_a_wheel) {
            panic!("{fault}");
        }
    }
}

#[test]
fn the_how_tos_run() {
    let directory = "docs/how-to";
    if checkout().join(directory).is_dir() {
        hold(&pages(directory, true));
    }
}

#[test]
fn the_pages_of_providers_run() {
    hold(&pages("providers", true));
}

#[test]
fn the_pages_of_examples_run() {
    hold(&pages("examples", true));
}
