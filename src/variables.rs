//! The one list of environment variables that `nuages` reads or sets: the code goes by it, and so do the man pages and the
//! documentation. A test searches the sources for names that are not in it.

mod list;

pub use list::GROUPS;

use crate::registry::Registry;

/// A variable, and what it is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Variable {
    /// `NUAGES_MANIFEST`.
    pub name: &'static str,
    /// One sentence without its full stop, as Markdown.
    pub meaning: &'static str,
}

/// Variables that belong together.
#[derive(Clone, Copy, Debug)]
pub struct Group {
    /// `nuages itself`.
    pub title: &'static str,
    /// What is to be said of all of them, as Markdown.
    pub about: &'static str,
    /// The page that says more, from `docs`; empty where there is none.
    pub more: &'static str,
    /// Its variables.
    pub variables: &'static [Variable],
}

/// The manifest's path.
pub const NUAGES_MANIFEST: &str = "NUAGES_MANIFEST";
/// Profiles, separated by commas.
pub const NUAGES_PROFILE: &str = "NUAGES_PROFILE";
/// Seconds for the whole run.
pub const NUAGES_DEADLINE: &str = "NUAGES_DEADLINE";
/// The key of a scan's fingerprints, for a run without access to the store.
pub const NUAGES_SCAN_KEY: &str = "NUAGES_SCAN_KEY";
/// The names of all variables that `exec` sets, for those who read them.
pub const NUAGES_SET: &str = "NUAGES_SET";
/// Those of them that hold a secret.
pub const NUAGES_SECRETS: &str = "NUAGES_SECRETS";
/// A file of databases, which the Python package reads.
pub const DATABASES_FILE: &str = "DATABASES_FILE";
/// No colour: <https://no-color.org>.
pub const NO_COLOR: &str = "NO_COLOR";
/// Colour although the output is no terminal: <https://bixense.com/clicolors>.
pub const CLICOLOR_FORCE: &str = "CLICOLOR_FORCE";
/// `0`: no colour.
pub const CLICOLOR: &str = "CLICOLOR";
/// What kind of terminal it is.
pub const TERM: &str = "TERM";
/// The user's home directory.
pub const HOME: &str = "HOME";
/// Where the user's configuration is.
pub const XDG_CONFIG_HOME: &str = "XDG_CONFIG_HOME";
/// The user's private directory in memory.
pub const XDG_RUNTIME_DIR: &str = "XDG_RUNTIME_DIR";
/// Where temporary files go.
pub const TMPDIR: &str = "TMPDIR";
/// The module of Django's settings.
pub const DJANGO_SETTINGS_MODULE: &str = "DJANGO_SETTINGS_MODULE";
/// The virtual environment in use.
pub const VIRTUAL_ENV: &str = "VIRTUAL_ENV";
/// The repository, as git tells its hooks.
pub const GIT_DIR: &str = "GIT_DIR";
/// The index that is about to be committed, as git tells its hooks.
pub const GIT_INDEX_FILE: &str = "GIT_INDEX_FILE";

/// Every variable of the list.
pub fn all() -> impl Iterator<Item = &'static Variable> {
    GROUPS.iter().flat_map(|group| group.variables)
}

/// What a variable is for, and whether the command does not get it because one of these providers logs in with it.
#[must_use]
pub fn meaning(variable: &Variable, registry: &Registry) -> String {
    let is_kept = variable.name == NUAGES_SCAN_KEY
        || registry
            .iter()
            .any(|descriptor| descriptor.bootstrap.contains(&variable.name));
    let kept = if is_kept {
        "; kept from the command"
    } else {
        ""
    };
    format!("{}{kept}", variable.meaning)
}
