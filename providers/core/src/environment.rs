//! The process environment as it is handed to a provider.

use std::{
    collections::BTreeMap,
    ffi::{OsStr, OsString},
    fmt,
    path::{Path, PathBuf},
    sync::Arc,
};

/// Variables and directories, taken once by the program and handed down. Cloning is cheap. `Debug` shows no value.
#[derive(Clone, Default)]
pub struct Environment {
    variables: Arc<BTreeMap<OsString, OsString>>,
    base: Arc<PathBuf>,
}

impl Environment {
    /// These variables; relative paths of settings start at `base`, the manifest's directory.
    pub fn new(
        variables: impl IntoIterator<Item = (OsString, OsString)>,
        base: impl Into<PathBuf>,
    ) -> Self {
        Self {
            variables: Arc::new(variables.into_iter().collect()),
            base: Arc::new(base.into()),
        }
    }

    /// The value of a variable, in bytes of any encoding.
    #[must_use]
    pub fn var(&self, name: &str) -> Option<&OsStr> {
        self.variables
            .get(OsStr::new(name))
            .map(OsString::as_os_str)
    }

    /// The value of a variable that is set, not empty and UTF-8.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        self.var(name)?.to_str().filter(|text| !text.is_empty())
    }

    /// All variables, sorted by name.
    pub fn variables(&self) -> impl Iterator<Item = (&OsStr, &OsStr)> {
        self.variables
            .iter()
            .map(|(name, value)| (name.as_os_str(), value.as_os_str()))
    }

    /// The directory at which relative paths of settings and references start.
    #[must_use]
    pub fn base(&self) -> &Path {
        &self.base
    }

    /// `path` from [`Environment::base`], with a leading `~/` standing for the home directory.
    #[must_use]
    pub fn path(&self, path: &str) -> PathBuf {
        if let (Some(rest), Some(home)) = (path.strip_prefix("~/"), self.home()) {
            return home.join(rest);
        }
        self.base.join(path)
    }

    /// `HOME`, where it is an absolute path.
    #[must_use]
    pub fn home(&self) -> Option<PathBuf> {
        self.var("HOME")
            .map(PathBuf::from)
            .filter(|home| home.is_absolute())
    }
}

impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Environment")
            .field("variables", &self.variables.len())
            .field("base", &self.base)
            .finish()
    }
}
