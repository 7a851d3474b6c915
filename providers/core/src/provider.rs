//! The two traits: reading, and for some stores writing.

use crate::{Locator, Result, Secret, SecretValue, async_trait};

/// An opened instance of a provider.
#[async_trait]
pub trait Provider: Send + Sync {
    /// Fetches secrets: one answer a locator, in the same order. One miss never hides another.
    ///
    /// At most `Capabilities::max_batch` locators come at once, no two of them equal.
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
    /// Stores `value`. An existing secret is only replaced where `overwrite` says so.
    async fn put(
        &self,
        locator: &Locator,
        value: &SecretValue,
        overwrite: bool,
    ) -> Result<PutOutcome>;
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
