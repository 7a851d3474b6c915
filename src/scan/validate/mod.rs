//! What a match is worth on a closer look, offline: checksums, structure, known examples. One file a family; a rule names
//! its validator by the path below this module (`validator = "checksum::github"`).

pub(crate) mod checksum;
pub(crate) mod cloud;
pub(crate) mod connection;
mod decode;
pub(crate) mod header;
pub(crate) mod jwt;
pub(crate) mod password;
pub(crate) mod pem;
mod pgp;
pub(crate) mod placeholder;
pub(crate) mod token;
pub(crate) mod url;
pub(crate) mod vendor;

/// What a validator looks at.
pub struct Candidate<'a> {
    /// The secret: the rule's group.
    pub secret: &'a [u8],
    /// The whole match.
    pub matched: &'a [u8],
    /// The text around it that the rule was allowed to see.
    pub window: &'a [u8],
}

/// What it says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Validation {
    /// It holds: certain. The note says what held ("its checksum holds").
    Valid(&'static str),
    /// It does not hold: one step less certain, still a finding (a cut-off token is a leak).
    Invalid(&'static str),
    /// The vendor's own example, or a placeholder: shown only on request.
    Example(&'static str),
    /// By what it decodes to, this is no secret at all (a JWT without a signature, a URL with an empty password).
    NotSecret,
    /// Nothing can be said.
    Unknown,
}

/// A closer look at one match.
pub type Validator = fn(&Candidate<'_>) -> Validation;

/// A candidate that is its whole match, for the tests of validators.
#[cfg(test)]
pub(crate) fn candidate(secret: &str) -> Candidate<'_> {
    Candidate {
        secret: secret.as_bytes(),
        matched: secret.as_bytes(),
        window: secret.as_bytes(),
    }
}
