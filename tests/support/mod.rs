//! Real parts for the end-to-end tests: Python environments, a PostgreSQL server with TLS, a MariaDB server, moto for AWS and
//! what can go wrong in front of it, a stand-in for SQL Server with Microsoft's drivers, projects to run `nuages` in.
//! A test target takes it in with `#[path = "../support/mod.rs"] mod support;`.
#![allow(
    dead_code,
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    clippy::disallowed_methods,
    clippy::doc_markdown,
    clippy::print_stderr,
    reason = "each test target uses a part of this, a broken part is to fail the test at once, and tests do read the environment"
)]

pub(crate) mod base_images;
pub(crate) mod containers;
pub(crate) mod debian;
pub(crate) mod faults;
pub(crate) mod http;
pub(crate) mod keeping;
pub(crate) mod mariadb;
pub(crate) mod memory;
pub(crate) mod moto;
pub(crate) mod odbc;
pub(crate) mod postgres;
pub(crate) mod postgres_programs;
pub(crate) mod process;
pub(crate) mod project;
pub(crate) mod python;
pub(crate) mod tds;
pub(crate) mod terminal;

use std::path::{Path, PathBuf};
use std::process::Command;

/// The directory Cargo keeps for this project's tests; it survives between runs.
pub(crate) fn scratch() -> &'static Path {
    Path::new(env!("CARGO_TARGET_TMPDIR"))
}

/// The checkout's root.
pub(crate) fn checkout() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Runs `command` to its end and returns its standard output.
///
/// Panics with both outputs when the command cannot be started or fails.
pub(crate) fn must_run(command: &mut Command) -> String {
    let output = command
        .output()
        .unwrap_or_else(|error| panic!("cannot start {command:?}: {error}"));
    assert!(
        output.status.success(),
        "{command:?} ended with {}\n--- stdout\n{}\n--- stderr\n{}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Copies a directory with everything in it, bytecode caches left out.
pub(crate) fn copy_tree(from: &Path, to: &Path) {
    std::fs::create_dir_all(to)
        .unwrap_or_else(|error| panic!("cannot make {}: {error}", to.display()));
    for entry in std::fs::read_dir(from)
        .unwrap_or_else(|error| panic!("cannot read {}: {error}", from.display()))
    {
        let source = entry.expect("a directory entry").path();
        let target = to.join(source.file_name().expect("a file name"));
        if source.is_dir() {
            if !source.ends_with("__pycache__") {
                copy_tree(&source, &target);
            }
        } else {
            std::fs::copy(&source, &target)
                .unwrap_or_else(|error| panic!("cannot copy {}: {error}", source.display()));
        }
    }
}

/// The programs called `name` on `PATH`, in its order.
fn on_path(name: &str) -> Vec<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .map(|directory| directory.join(name))
        .filter(|program| program.is_file())
        .collect()
}

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}
