//! What a name says about the value beside it, and what a value says about itself. The one vocabulary of `python`, `pairs`
//! and `files`.

use super::text::Role;
use crate::finding::Confidence;

/// What a name promises.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bearing {
    /// The id of the rule whose finding a literal beside it would be (`django-secret-key`, `password`, `api-key`).
    pub rule: &'static str,
    /// Whether the name alone is enough (`DB_PASSWORD`), or the value has to look random as well (`token`, `key`).
    pub is_strong: bool,
}

/// What a value looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// Nothing, a reference, a read of the environment, a template, a path, a type, a sentence, a name of a setting.
    NotSecret,
    /// `changeme`, `xxxx`, `<your key>`, `example`.
    Placeholder,
    /// A word or two: a password somebody thought of.
    Plain,
    /// What a generator makes.
    Random,
}

/// Whether a name is one that holds secrets: `DB_PASSWORD`, `secretKey`, `api-key`, `EMAIL_HOST_PASSWORD`. `None` for
/// `password_reset_url`, `token_type`, `PASSWORD_HASHERS`, `key_id`.
#[must_use]
pub fn bearing(name: &str) -> Option<Bearing> {
    let _ = name;
    None
}

/// What a literal looks like.
#[must_use]
pub fn look(value: &str) -> Look {
    let _ = value;
    Look::NotSecret
}

/// How sure a literal beside a name is a leak; `None` where it is none.
#[must_use]
pub fn weigh(bearing: Bearing, look: Look, role: Role) -> Option<Confidence> {
    let _ = (bearing, look, role);
    None
}

/// Lower-case text one of which stands in every secret-bearing name. What the prefilter looks for; a name without any of
/// them is never looked at, so each is as long and as rare as the vocabulary allows.
pub const STEMS: &[&str] = &["passw", "secret"];
