//! The two traits: reading, and for some stores writing.

use crate::{Error, ErrorKind, Locator, Result, Secret, SecretValue, async_trait};

/// An opened instance of a provider.
#[async_trait]
pub trait Provider: Send + Sync {
    /// Fetches secrets: one answer a locator, in the same order. One miss never hides another.
    ///
    /// At most `Capabilities::max_batch` locators come at once, no two of them equal, all of one
    /// [`batch`](Locator::batch).
    async fn fetch(&self, locators: &[Locator]) -> Vec<Result<Secret>>;

    /// Says who we are there and that it answers. Reads no secret.
    async fn check(&self) -> Result<Identity>;

    /// The writing half, for a store that can be written: announced by `Capabilities::writable`.
    fn writer(&self) -> Option<&dyn Writer> {
        None
    }
}

/// The writing half of a provider.
#[async_trait]
pub trait Writer: Send + Sync {
    /// Stores `value`. An existing secret is only replaced where the options say so.
    async fn put(
        &self,
        locator: &Locator,
        value: &SecretValue,
        options: &PutOptions,
    ) -> Result<PutOutcome>;
}

/// How to store.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct PutOptions {
    /// Replace a secret that exists.
    pub overwrite: bool,
    /// The key of the store's own key service to encrypt with; the store's default where there is none.
    pub kms_key: Option<String>,
}

impl PutOptions {
    /// Replaces nothing, encrypts with the store's default.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether a secret that exists is replaced.
    #[must_use]
    pub fn overwrite(mut self, overwrite: bool) -> Self {
        self.overwrite = overwrite;
        self
    }

    /// Names the key to encrypt with.
    #[must_use]
    pub fn kms_key(mut self, key: Option<String>) -> Self {
        self.kms_key = key;
        self
    }

    /// Refuses a key of a key service, for a store that has none.
    ///
    /// # Errors
    /// `Unsupported` where one is named.
    pub fn without_kms_key(&self) -> Result<&Self> {
        match self.kms_key {
            None => Ok(self),
            Some(_) => Err(Error::new(
                ErrorKind::Unsupported,
                "this store encrypts with no key service, so it takes no KMS key",
            )),
        }
    }
}

/// What became of a `put`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PutOutcome {
    /// It was new.
    Created,
    /// It replaced an earlier value.
    Replaced,
}

/// Who we are, as a store sees us.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The name of the identity, or what stands for one: a role's ARN, a file's path.
    pub who: String,
    /// More to know, as label and text: region, endpoint.
    pub details: Vec<(String, String)>,
}

impl Identity {
    /// An identity with nothing more to say.
    pub fn new(who: impl Into<String>) -> Self {
        Self {
            who: who.into(),
            details: Vec::new(),
        }
    }

    /// Adds a detail.
    #[must_use]
    pub fn with(mut self, label: impl Into<String>, text: impl Into<String>) -> Self {
        self.details.push((label.into(), text.into()));
        self
    }
}
