//! Every kind of failure, its whole text and exit code against a snapshot.

mod git;
mod handover;
mod manifest;
mod places;
mod resolve;
mod types;
mod upkeep;

use crate::shot::shot;
use crate::support::project::Project;

/// One test a line: a manifest that is refused before anything is fetched, with exit code 3.
macro_rules! refused {
    ($($name:ident: $manifest:expr;)*) => {
        $(#[test]
        fn $name() {
            crate::errors::is_refused(stringify!($name), $manifest);
        })*
    };
}
use refused;

#[track_caller]
fn is_refused(name: &str, manifest: &str) {
    let project = Project::new(manifest);
    let outcome = project.nuages(["plan"]).output().code(3);
    assert!(outcome.stdout.is_empty());
    shot(name, &project, &outcome);
}

/// A run of `nuages` in `project` that ends with `code` and has nothing on standard output.
#[track_caller]
fn fails(name: &str, project: &Project, arguments: &[&str], code: i32) {
    let outcome = project.nuages(arguments).output().code(code);
    assert!(outcome.stdout.is_empty(), "a failure has no result");
    shot(name, project, &outcome);
}
