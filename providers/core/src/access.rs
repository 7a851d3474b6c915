//! What an identity must be allowed at a store, said before anything is opened: for `nuages plan --iam`.

use std::fmt;

use crate::{Error, Locator, Settings};

/// Where it is decided who may read a store. Providers whose access is decided in one place share one of these, so that
/// what they need comes out together.
#[derive(Clone, Copy)]
pub struct AccessControl {
    /// Its name for machines, such as `aws`.
    pub key: &'static str,
    /// Its name for people, such as `AWS IAM`.
    pub name: &'static str,
    /// Whether keys of a key service change what is needed.
    pub takes_keys: bool,
    /// What reading takes, and no more. Pure: no I/O, the same answer every time.
    ///
    /// # Errors
    /// Where nothing can be said for a setting or a reference; `Unsupported` where a key is none, or of no use.
    pub needs: fn(&[Reading<'_>], &[String]) -> Result<Access, Error>,
}

impl fmt::Debug for AccessControl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("AccessControl").field(&self.key).finish()
    }
}

/// All that is read through one instance.
#[derive(Clone, Copy, Debug)]
pub struct Reading<'a> {
    /// The scheme of the instance's provider.
    pub scheme: &'a str,
    /// The instance's name, for notes.
    pub instance: &'a str,
    /// The instance's settings.
    pub settings: &'a Settings,
    /// Every secret once.
    pub locators: &'a [&'a Locator],
}

/// What has to be allowed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Access {
    /// In the order of the identities.
    pub documents: Vec<AccessDocument>,
    /// What cannot be known before a store is asked, and what to do about it: fragments, names in backticks.
    pub notes: Vec<String>,
}

/// What one identity has to be allowed, or a part of it where one document cannot hold all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessDocument {
    /// Whose it is to be: words for a heading.
    pub identity: String,
    /// As the store's own tools take it, a line break at the end.
    pub text: String,
    /// The same as JSON.
    pub json: String,
}
