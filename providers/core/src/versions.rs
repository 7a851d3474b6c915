//! `?versions=2..3`: earlier versions of a secret as a JSON list, such as Django's `SECRET_KEY_FALLBACKS` is to be.

use std::{fmt, ops::RangeInclusive};

use zeroize::Zeroizing;

use crate::{Error, ErrorKind, Locator, OptionSpec, Reference, Result, Secret, SecretValue};

/// Which versions of a secret are wanted, by their places counted back from the current one, which is 1.
///
/// The answer is a JSON list of strings, newest first. What is not there any more is left out, so the list of a secret
/// with one version is `[]` from 2 on; a secret that does not exist is `NotFound` all the same. Versions that a store
/// does not hand out (disabled, expired, not current yet) have no place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Versions {
    first: usize,
    last: usize,
}

impl Versions {
    /// The option's name.
    pub const NAME: &'static str = "versions";

    /// The option, for [`Descriptor::options`](crate::Descriptor::options).
    pub const OPTION: OptionSpec = OptionSpec {
        name: Self::NAME,
        summary: "a JSON list of versions by their age, newest first: `2..3` are the two before the current one",
    };

    /// The furthest place. Each version is a request of its own, and a key that old should sign nothing any more.
    pub const FURTHEST: usize = 20;

    /// Reads `2..3`, both ends included, or a single place.
    ///
    /// # Errors
    /// `InvalidReference` where that is no range of places from 1 to [`Versions::FURTHEST`].
    pub fn parse(text: &str) -> Result<Self> {
        let (first, last) = text.split_once("..").unwrap_or((text, text));
        let (Some(first), Some(last)) = (place(first), place(last)) else {
            let shown = text.escape_debug();
            return Err(refused(format!("`{shown}` is no range of versions")));
        };
        if first > last {
            return Err(refused(format!(
                "the range of versions `{text}` ends before it begins"
            )));
        }
        Ok(Self { first, last })
    }

    /// The option of a reference, for a provider's `parse`.
    ///
    /// # Errors
    /// `InvalidReference` where it cannot be read, or where one of `others` says which version is meant.
    pub fn of_reference(reference: &Reference, others: &[&str]) -> Result<Option<Self>> {
        let Some(text) = reference.option(Self::NAME) else {
            return Ok(None);
        };
        if let Some(other) = others.iter().find(|name| reference.option(name).is_some()) {
            let text = format!(
                "`{other}` and `{}` are both given; one names a version, the other counts back from the current one",
                Self::NAME
            );
            return Err(Error::invalid_reference(text));
        }
        Self::parse(text).map(Some)
    }

    /// The option of a locator, for a provider's `fetch`.
    ///
    /// # Errors
    /// As [`Versions::parse`].
    pub fn of(locator: &Locator) -> Result<Option<Self>> {
        locator.option(Self::NAME).map(Self::parse).transpose()
    }

    /// Puts it on a locator.
    #[must_use]
    pub fn on(self, locator: Locator) -> Locator {
        locator.with_option(Self::NAME, self.to_string())
    }

    /// Carries the option of a reference over to its locator, for a store that has no other option for versions.
    ///
    /// # Errors
    /// As [`Versions::of_reference`].
    pub fn carry(reference: &Reference, locator: Locator) -> Result<Locator> {
        Ok(match Self::of_reference(reference, &[])? {
            Some(versions) => versions.on(locator),
            None => locator,
        })
    }

    /// Refuses to write what only reading has a meaning for.
    ///
    /// # Errors
    /// `InvalidReference` where the locator has the option.
    pub fn refuse_writing(locator: &Locator) -> Result<()> {
        match locator.option(Self::NAME) {
            None => Ok(()),
            Some(_) => Err(
                Error::invalid_reference("earlier versions cannot be written")
                    .with_hint("leave `versions` out: writing makes a new version"),
            ),
        }
    }

    /// The places, 1 for the current version.
    #[must_use]
    pub fn places(self) -> RangeInclusive<usize> {
        self.first..=self.last
    }

    /// Those of `newest_first` that stand in these places.
    pub fn choose<T>(self, newest_first: impl IntoIterator<Item = T>) -> impl Iterator<Item = T> {
        newest_first
            .into_iter()
            .skip(self.first - 1)
            .take(self.last - self.first + 1)
    }

    /// One secret out of the versions that were found, newest first: a JSON list of their texts.
    ///
    /// Its `version` names all of them where the store names each, so it changes when one of them does; it expires with the
    /// first of them.
    ///
    /// # Errors
    /// `Malformed` where a value is not UTF-8 text, which no JSON list holds.
    pub fn list(newest_first: &[Secret]) -> Result<Secret> {
        let names: Option<Vec<&str>> = newest_first
            .iter()
            .map(|secret| secret.version.as_deref())
            .collect();
        let mut list = Secret::new(Self::write(newest_first.iter().map(|one| &one.value))?);
        list.version = names.map(|names| match &names[..] {
            [] => "none".to_owned(),
            names => names.join(","),
        });
        list.expires = newest_first.iter().filter_map(|one| one.expires).min();
        Ok(list)
    }

    /// A JSON list of texts.
    ///
    /// # Errors
    /// As [`Versions::list`].
    #[expect(
        clippy::disallowed_methods,
        reason = "the values are put into their list here"
    )]
    pub fn write<'a>(values: impl IntoIterator<Item = &'a SecretValue>) -> Result<SecretValue> {
        let mut texts = Vec::new();
        for value in values {
            texts.push(value.expose_text().map_err(|_| {
                Error::new(
                    ErrorKind::Malformed,
                    "one of the versions is not UTF-8 text, and a JSON list holds nothing else",
                )
                .with_hint("store it as base64, or name each version by itself")
            })?);
        }
        // No character takes more than six bytes a byte in JSON: a buffer that grows would leave copies behind.
        let most = texts.iter().map(|text| 6 * text.len() + 3).sum::<usize>() + 2;
        let mut json = Zeroizing::new(Vec::with_capacity(most));
        json.push(b'[');
        for (place, text) in texts.iter().enumerate() {
            if place > 0 {
                json.push(b',');
            }
            quote(text, &mut json);
        }
        json.push(b']');
        Ok(SecretValue::new(std::mem::take(&mut *json)))
    }

    /// What a locator asks of a store that keeps one version of a secret only: the secret itself, or a list with nothing
    /// but it, which is empty where only earlier versions are wanted. So the references of a production serve a laptop.
    ///
    /// # Errors
    /// As [`Versions::list`].
    pub fn of_only(locator: &Locator, secret: Secret) -> Result<Secret> {
        match Self::of(locator)? {
            None => Ok(secret),
            Some(versions) => Self::list(&versions.choose([secret]).collect::<Vec<_>>()),
        }
    }
}

/// As the option is written.
impl fmt::Display for Versions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.first == self.last {
            return write!(f, "{}", self.first);
        }
        write!(f, "{}..{}", self.first, self.last)
    }
}

fn place(text: &str) -> Option<usize> {
    // Of digits alone: a number in Rust may have a sign.
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let place = text.parse().ok().filter(|_| is_number)?;
    (1..=Versions::FURTHEST).contains(&place).then_some(place)
}

fn refused(text: String) -> Error {
    Error::invalid_reference(text).with_hint(format!(
        "versions are counted back from the current one, which is 1, to {} at most: `?versions=2..3`",
        Versions::FURTHEST
    ))
}

/// A string by RFC 8259, section 7.
fn quote(text: &str, json: &mut Vec<u8>) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    json.push(b'"');
    for byte in text.bytes() {
        match byte {
            b'"' | b'\\' => json.extend_from_slice(&[b'\\', byte]),
            0..0x20 => {
                json.extend_from_slice(b"\\u00");
                json.push(DIGITS[usize::from(byte >> 4)]);
                json.push(DIGITS[usize::from(byte & 15)]);
            }
            byte => json.push(byte),
        }
    }
    json.push(b'"');
}

#[cfg(test)]
mod tests;
