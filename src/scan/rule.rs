//! A rule as data. The built-in ones are `rules/*.toml`, made into a static table when the program is built, so that a
//! run parses none of them.

use std::borrow::Cow;

use super::validate::Validator;
use crate::finding::Confidence;

/// How one kind of secret looks and what to do about it.
#[derive(Clone)]
pub struct Rule {
    /// Stable, in kebab-case.
    pub id: Cow<'static, str>,
    /// One line for people: "GitHub personal access token".
    pub title: Cow<'static, str>,
    /// Literal text, lower-case, one of which stands in every match or close before it; compared without regard to ASCII
    /// case. Without one the whole of every file is searched.
    pub keywords: Cow<'static, [Cow<'static, str>]>,
    /// The regular expression, over bytes; `None` for rules that code finds (`python`, `pairs`, `files`).
    pub pattern: Option<Cow<'static, str>>,
    /// The group of the pattern that is the secret; 0 is the whole match.
    pub group: usize,
    /// The fewest bits a byte of the secret; 0 for any.
    pub entropy: f32,
    /// Looks closer at what the pattern found.
    pub validator: Option<Validator>,
    /// How sure a match is before the validator speaks.
    pub confidence: Confidence,
    /// How many bytes at the start of the secret are the vendor's public prefix, and may be shown.
    pub shown: usize,
    /// How much text before a keyword the pattern may take, in bytes.
    pub before: usize,
    /// How much text after a keyword the pattern may take, in bytes.
    pub after: usize,
    /// Whether a match may go over more than one line.
    pub multiline: bool,
    /// Globs of file names it holds for (`*.npmrc`); empty for all.
    pub paths: Cow<'static, [Cow<'static, str>]>,
    /// What to do: where to rotate.
    pub remedy: Cow<'static, str>,
    /// The vendor's page that describes the shape.
    pub source: Cow<'static, str>,
}

include!(concat!(env!("OUT_DIR"), "/rules.rs"));

/// The rules that come with the program.
#[must_use]
pub fn built_in() -> &'static [Rule] {
    BUILT_IN
}

/// How far around a keyword a rule without bounds of its own looks, in bytes.
pub const REACH: usize = 512;

/// Whether an expression can be used, and how many groups it has, the whole match among them.
///
/// # Errors
///
/// Where it is no expression over bytes, or too large.
pub fn check_pattern(pattern: &str) -> Result<usize, String> {
    Ok(super::pattern::check(pattern)?.groups)
}
