//! The reference is what the program says of itself, and its list of environment variables is what the sources read.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use nuages::cli::pages::pages;
use nuages::registry::Registry;
use nuages::variables;

use crate::support::checkout;

/// With `INSTA_UPDATE=always` they are written anew.
#[test]
fn the_reference_is_that_of_the_program() {
    let directory = checkout().join("docs/reference");
    let write = std::env::var("INSTA_UPDATE").is_ok_and(|value| value == "always");
    let pages = pages(&Registry::builtin());
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
    assert_eq!(count, pages.len(), "a page that the program does not write");
}

/// Names that look like variables in the places where those are read, and are none: each with what it is.
const OTHER: &[(&str, &str)] = &[
    ("CARGO_PKG_VERSION", "what Cargo tells the compiler"),
    ("CARGO_PKG_REPOSITORY", "what Cargo tells the compiler"),
    ("NODE_OPTIONS", "a name that GitHub refuses"),
    ("SECRET_KEY", "a setting of Django"),
    ("DB_HOST", "an example"),
    ("DB_PASSWORD", "an example"),
    ("STOP_HERE", "an example"),
    (
        "ACTIONS_ALLOW_UNSECURE_COMMANDS",
        "a name that GitHub refuses",
    ),
    ("TLS13_AES_256_GCM_SHA384", "a cipher"),
];

/// Where variables are read: not the rules, which speak of names in other people's files.
const READERS: &[&str] = &[
    "providers/aws/src",
    "providers/azure/src",
    "providers/http/src",
    "providers/local/src",
    "providers/core/src",
    "src/audit.rs",
    "src/ci",
    "src/cli",
    "src/exec",
    "src/import",
    "src/keep",
    "src/plan",
    "src/resolve",
];

#[test]
fn every_variable_that_the_sources_read_is_in_the_list() {
    let known: BTreeSet<&str> = variables::all().map(|variable| variable.name).collect();
    let other: BTreeSet<&str> = OTHER.iter().map(|(name, _)| *name).collect();
    let mut seen = BTreeSet::new();
    for path in READERS
        .iter()
        .flat_map(|path| sources(&checkout().join(path)))
    {
        let text = fs::read_to_string(&path).unwrap();
        // What stands below is made up by the tests.
        let code = text.split("#[cfg(test)]").next().unwrap();
        for literal in code.lines().flat_map(literals) {
            if !is_name(code, literal) {
                continue;
            }
            let name = literal.to_uppercase();
            assert!(
                known.contains(name.as_str()) || other.contains(name.as_str()),
                "`{literal}` of {} is not in src/variables/list.rs",
                path.display()
            );
            seen.insert(name);
        }
    }
    assert!(seen.len() >= 50, "found {} names only", seen.len());
}

/// A line of the list that nothing reads would be a promise that nobody keeps.
#[test]
fn every_variable_of_the_list_is_somewhere_in_the_sources() {
    let mut all = String::new();
    for directory in ["src", "providers", "python"] {
        for path in sources(&checkout().join(directory)) {
            if !path.ends_with("variables/list.rs") {
                all.push_str(&fs::read_to_string(path).unwrap());
            }
        }
    }
    for variable in variables::all() {
        let quoted = format!("\"{}\"", variable.name);
        assert!(
            all.contains(&quoted),
            "nothing reads or sets `{}`",
            variable.name
        );
    }
}

/// Whether a literal names a variable: several words in capitals, or whatever the environment is asked for.
fn is_name(code: &str, literal: &str) -> bool {
    let is_word = |word: &str| {
        word.chars()
            .all(|c| c.is_ascii_uppercase() || c.is_ascii_digit())
    };
    let begins = literal.starts_with(|c: char| c.is_ascii_uppercase());
    let has_words = begins && literal.contains('_') && literal.split('_').all(is_word);
    // Such as `GITHUB_`: how names begin.
    let is_whole = !literal.ends_with('_');
    has_words && is_whole
        || ["var", "text", "has", "need"].iter().any(|call| {
            code.contains(&format!(".{call}(\"{literal}\")")) && literal == literal.to_uppercase()
        })
}

/// What stands between quotes in a line of code.
fn literals(line: &str) -> Vec<&str> {
    let code = line.trim_start();
    if code.starts_with("//") {
        return Vec::new();
    }
    code.split('"').skip(1).step_by(2).collect()
}

/// The Rust and Python files below a path, but for those of tests.
fn sources(path: &Path) -> Vec<PathBuf> {
    if path.is_file() {
        return vec![path.to_owned()];
    }
    let Ok(entries) = fs::read_dir(path) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for entry in entries {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let is_source = [".rs", ".py"].iter().any(|end| name.ends_with(end));
        if path.is_dir() && !["tests", "testkit", "target", ".venv"].contains(&&*name) {
            found.extend(sources(&path));
        } else if is_source && name != "tests.rs" && !name.starts_with("test_") {
            found.push(path);
        }
    }
    found
}
