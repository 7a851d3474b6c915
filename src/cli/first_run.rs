//! Where the manifest is looked for, and what to type where there is none yet.

use std::path::Path;

use super::context::MANIFEST;
use crate::diagnostic::{Class, Diagnostic};

/// The directories that may have the manifest: this one, and its parents up to the git root.
pub(super) fn places(here: &Path) -> impl Iterator<Item = &Path> {
    // Without a git root, a parent may be anybody's: a manifest in /tmp must not be found from /tmp/build.
    let root = root(here).unwrap_or(here);
    here.ancestors()
        .take_while(move |directory| directory.starts_with(root))
}

/// What to say where there is no manifest.
pub(super) fn no_manifest(here: &Path) -> Diagnostic {
    let title = format!("there is no `{MANIFEST}`");
    Diagnostic::new(Class::Manifest, title)
        .cause(looked(here))
        .hint(next(here))
}

/// Where it was looked for.
pub(super) fn looked(here: &Path) -> String {
    let shown = here.display();
    match root(here) {
        None => format!("looked in `{shown}`, and in no parent, as this is no git repository"),
        Some(root) if root == here => {
            format!("looked in `{shown}`, which is the root of its git repository")
        }
        Some(root) => format!(
            "looked in `{shown}` and its parents up to the git root `{}`",
            root.display()
        ),
    }
}

/// What to type next.
pub(super) fn next(here: &Path) -> String {
    // A build without the embedded store makes no manifests.
    if cfg!(not(feature = "provider-local")) {
        return "write one, or name one that is elsewhere: `--manifest FILE`".to_owned();
    }
    let project = places(here).find(|place| place.join("manage.py").is_file());
    match project {
        Some(place) if place == here => {
            format!(
                "`nuages init` makes a `{MANIFEST}` of this project's settings; nothing of it is run"
            )
        }
        Some(place) => format!(
            "this is a Django project: `nuages init` in `{}` makes a `{MANIFEST}` of its settings",
            place.display()
        ),
        None => "`nuages init` in the directory of a Django project makes one; `--manifest FILE` names one that is elsewhere".to_owned(),
    }
}

fn root(here: &Path) -> Option<&Path> {
    here.ancestors()
        .find(|directory| directory.join(".git").exists())
}
