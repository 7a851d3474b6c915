//! A secret in memory: bytes that are wiped when dropped and that no formatter can reach.

use std::{fmt, str::Utf8Error, time::SystemTime};

use secrecy::{ExposeSecret, SecretSlice};
use zeroize::Zeroizing;

/// The bytes of a secret. No `Display`, `Serialize`, `Deref` or `PartialEq`: reading it takes the word `expose`.
#[derive(Clone)]
pub struct SecretValue(SecretSlice<u8>);

impl SecretValue {
    /// Takes the bytes over. Where the vector has spare capacity, its buffer is wiped after the move.
    #[must_use]
    pub fn new(bytes: Vec<u8>) -> Self {
        if bytes.len() == bytes.capacity() {
            return Self(bytes.into());
        }
        let bytes = Zeroizing::new(bytes);
        let mut exact = Vec::with_capacity(bytes.len());
        exact.extend_from_slice(&bytes);
        Self(exact.into())
    }

    /// Takes text over.
    #[must_use]
    pub fn from_text(text: String) -> Self {
        Self::new(text.into_bytes())
    }

    /// The bytes. For sinks.
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        self.0.expose_secret()
    }

    /// The bytes as text. For sinks.
    ///
    /// # Errors
    /// Where they are not UTF-8; the error holds an offset, no bytes.
    pub fn expose_text(&self) -> Result<&str, Utf8Error> {
        std::str::from_utf8(self.0.expose_secret())
    }

    /// How many bytes there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.expose_secret().len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl fmt::Debug for SecretValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretValue(REDACTED)")
    }
}

/// A secret as a store gave it.
#[derive(Clone, Debug)]
pub struct Secret {
    /// The bytes.
    pub value: SecretValue,
    /// The store's name for this version, where it keeps versions.
    pub version: Option<String>,
    /// When the value stops working, where the store says so.
    pub expires: Option<SystemTime>,
}

impl Secret {
    /// A secret without version or expiry.
    #[must_use]
    pub fn new(value: SecretValue) -> Self {
        Self {
            value,
            version: None,
            expires: None,
        }
    }
}

impl From<SecretValue> for Secret {
    fn from(value: SecretValue) -> Self {
        Self::new(value)
    }
}
