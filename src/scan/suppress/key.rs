//! The key under which a value is known without being written down: HMAC-SHA-256.

use std::fmt;

use ring::{
    hmac,
    rand::{SecureRandom as _, SystemRandom},
};
use zeroize::Zeroizing;

use super::{Error, hex};

/// How many bytes a key has: as many as the hash.
pub(super) const LENGTH: usize = 32;

/// What the check value is made of, which tells one key from another without giving either away.
const CHECK: &[u8] = b"nuages key check 1";

/// A key for values. Whoever has the key and guesses a value can check the guess; who has only the values cannot.
#[derive(Clone)]
pub struct Key {
    hmac: hmac::Key,
    bytes: Zeroizing<[u8; LENGTH]>,
}

impl Key {
    /// A new one.
    ///
    /// # Errors
    ///
    /// Where the system gives no random bytes.
    pub fn random() -> Result<Self, Error> {
        let mut bytes = Zeroizing::new([0; LENGTH]);
        SystemRandom::new()
            .fill(&mut bytes[..])
            .map_err(|_| Error::new("the system gives no random bytes"))?;
        Ok(Self::new(bytes))
    }

    /// One that was kept: 32 bytes.
    ///
    /// # Errors
    ///
    /// Where it has another length.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        let bytes = bytes.try_into().map_err(|_| {
            Error::new(format!(
                "a key has {LENGTH} bytes, this one {}",
                bytes.len()
            ))
        })?;
        Ok(Self::new(Zeroizing::new(bytes)))
    }

    /// One that a store holds, in whatever form: at least 32 bytes.
    ///
    /// # Errors
    ///
    /// Where there are fewer.
    pub fn derived(bytes: &[u8]) -> Result<Self, Error> {
        if bytes.len() < LENGTH {
            let message = format!(
                "a key has at least {LENGTH} bytes, this one {}",
                bytes.len()
            );
            return Err(Error::new(message));
        }
        let root = hmac::Key::new(hmac::HMAC_SHA256, bytes);
        let mut key = Zeroizing::new([0; LENGTH]);
        key.copy_from_slice(hmac::sign(&root, b"nuages scan: baseline").as_ref());
        Ok(Self::new(key))
    }

    fn new(bytes: Zeroizing<[u8; LENGTH]>) -> Self {
        Self {
            hmac: hmac::Key::new(hmac::HMAC_SHA256, &bytes[..]),
            bytes,
        }
    }

    /// A secret as entries have it: lower-case hex of HMAC-SHA-256 over the rule's id, a zero byte and the secret. An
    /// entry for any rule has it with an empty id.
    #[must_use]
    pub fn value(&self, rule: &str, secret: &[u8]) -> String {
        let mut context = hmac::Context::with_key(&self.hmac);
        context.update(rule.as_bytes());
        context.update(b"\0");
        context.update(secret);
        hex(context.sign().as_ref())
    }

    /// Tells this key from another: 16 hex digits.
    #[must_use]
    pub fn check(&self) -> String {
        hex(&hmac::sign(&self.hmac, CHECK).as_ref()[..8])
    }

    /// As a file has it.
    pub(super) fn to_hex(&self) -> String {
        hex(&self.bytes[..])
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Key({})", self.check())
    }
}
