//! The process environment as it is handed to a provider.

use std::{
    any::{Any, TypeId},
    collections::BTreeMap,
    ffi::{OsStr, OsString},
    fmt,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, OnceLock, PoisonError},
};

/// Variables and directories, taken once by the program and handed down. Cloning is cheap. `Debug` shows no value.
#[derive(Clone, Default)]
pub struct Environment {
    variables: Arc<BTreeMap<OsString, OsString>>,
    base: Arc<PathBuf>,
    shared: Arc<Mutex<Shared>>,
}

/// What instances have in common, by its type and a key.
type Shared = BTreeMap<(TypeId, String), Arc<OnceLock<Arc<dyn Any + Send + Sync>>>>;

impl Environment {
    /// These variables; relative paths of settings start at `base`, the manifest's directory.
    pub fn new(
        variables: impl IntoIterator<Item = (OsString, OsString)>,
        base: impl Into<PathBuf>,
    ) -> Self {
        Self {
            variables: Arc::new(variables.into_iter().collect()),
            base: Arc::new(base.into()),
            shared: Arc::default(),
        }
    }

    /// The same, with nothing shared yet: for one who asks again later, when a login may be old or may work again.
    #[must_use]
    pub fn afresh(&self) -> Self {
        Self {
            variables: Arc::clone(&self.variables),
            base: Arc::clone(&self.base),
            shared: Arc::default(),
        }
    }

    /// What all instances opened with this environment have in common under `key`, such as a connection pool or a
    /// login: made for the first who asks. Two types never meet under one key. `make` asks for nothing shared itself.
    pub fn shared<T: Any + Send + Sync>(&self, key: &str, make: impl Fn() -> T) -> Arc<T> {
        let place = {
            let mut shared = self.shared.lock().unwrap_or_else(PoisonError::into_inner);
            let key = (TypeId::of::<T>(), key.to_owned());
            Arc::clone(shared.entry(key).or_default())
        };
        let common = place.get_or_init(|| Arc::new(make()));
        // The key holds the type, so this is always it.
        Arc::downcast(Arc::clone(common)).unwrap_or_else(|_| Arc::new(make()))
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
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shared_is_made_once_for_each_key_and_type() {
        let environment = Environment::default();
        let first = environment.shared("pool", || String::from("made first"));
        let second = environment
            .clone()
            .shared("pool", || String::from("made second"));
        assert_eq!(*second, "made first");
        assert!(Arc::ptr_eq(&first, &second));
        assert_eq!(
            *environment.shared("other", || String::from("other")),
            "other"
        );
        assert_eq!(*environment.shared("pool", || 7_u8), 7);
        let stranger = Environment::default();
        assert_eq!(*stranger.shared("pool", || String::from("own")), "own");
        let again = environment.afresh();
        assert_eq!(*again.shared("pool", || String::from("again")), "again");
    }
}
