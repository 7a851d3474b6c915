//! A reference as its provider understands it.

use std::{collections::BTreeMap, fmt};

/// What to fetch. Two equal locators are one secret and are fetched once. Holds no secret.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Locator {
    name: String,
    alternative: Option<String>,
    options: BTreeMap<String, String>,
    batch: Option<String>,
}

impl Locator {
    /// The secret of this name.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            alternative: None,
            options: BTreeMap::new(),
            batch: None,
        }
    }

    /// A second name, tried where the first does not exist.
    #[must_use]
    pub fn or(mut self, alternative: impl Into<String>) -> Self {
        self.alternative = Some(alternative.into()).filter(|alternative| *alternative != self.name);
        self
    }

    /// Something else that tells this secret from others, such as a version.
    #[must_use]
    pub fn with_option(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.options.insert(name.into(), value.into());
        self
    }

    /// Keeps it apart from locators that say something else here, or nothing: they never come in one batch. For a store
    /// that has to ask elsewhere for them, such as in another region.
    #[must_use]
    pub fn apart(mut self, batch: impl Into<String>) -> Self {
        self.batch = Some(batch.into());
        self
    }

    /// What [`Locator::apart`] said.
    #[must_use]
    pub fn batch(&self) -> Option<&str> {
        self.batch.as_deref()
    }

    /// The name to look up.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The names to look up, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        std::iter::once(self.name.as_str()).chain(self.alternative.as_deref())
    }

    /// The value of an option.
    #[must_use]
    pub fn option(&self, name: &str) -> Option<&str> {
        self.options.get(name).map(String::as_str)
    }
}

impl fmt::Display for Locator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)?;
        for (place, (name, value)) in self.options.iter().enumerate() {
            write!(f, "{}{name}={value}", if place == 0 { '?' } else { '&' })?;
        }
        Ok(())
    }
}
