//! The settings of an instance, as the manifest gives them.

use std::collections::BTreeMap;

/// Settings that have been held against the descriptor's list: every name is known and of its kind.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings(BTreeMap<String, Setting>);

/// The value of one setting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Setting {
    /// A string.
    Text(String),
    /// A boolean.
    Flag(bool),
    /// A whole number.
    Integer(u64),
    /// A list of strings.
    TextList(Vec<String>),
}

impl Settings {
    /// No settings: every one at its default.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a setting.
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, value: Setting) -> Self {
        self.0.insert(name.into(), value);
        self
    }

    /// Adds a setting that is a string.
    #[must_use]
    pub fn with_text(self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.with(name, Setting::Text(value.into()))
    }

    /// A string.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        match self.0.get(name) {
            Some(Setting::Text(text)) => Some(text),
            _ => None,
        }
    }

    /// A boolean; false where it is not set.
    #[must_use]
    pub fn flag(&self, name: &str) -> bool {
        matches!(self.0.get(name), Some(Setting::Flag(true)))
    }

    /// A whole number.
    #[must_use]
    pub fn integer(&self, name: &str) -> Option<u64> {
        match self.0.get(name) {
            Some(Setting::Integer(number)) => Some(*number),
            _ => None,
        }
    }

    /// A list of strings.
    #[must_use]
    pub fn list(&self, name: &str) -> Option<&[String]> {
        match self.0.get(name) {
            Some(Setting::TextList(items)) => Some(items),
            _ => None,
        }
    }
}
