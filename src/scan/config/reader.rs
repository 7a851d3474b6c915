//! TOML to what a configuration needs, with the line in every error.

use std::{borrow::Cow, cell::Cell, ops::Range};

use gix::bstr::ByteSlice as _;
use regex_automata::meta::Regex;
use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use super::{
    super::{
        pattern::{self, Checked},
        suppress::Error,
    },
    go,
};

/// What all expressions of a configuration might take together, in bytes: a hostile one is refused, not run.
const MEMORY: usize = 256 << 20;

/// The text, to tell lines by, and what its expressions have taken so far.
pub(super) struct Reader<'a> {
    text: &'a str,
    taken: Cell<usize>,
}

type Key<'i> = Spanned<Cow<'i, str>>;

impl<'a> Reader<'a> {
    pub(super) const fn new(text: &'a str) -> Self {
        let taken = Cell::new(0);
        Self { text, taken }
    }

    /// An error at a place of the text.
    pub(super) fn error(&self, span: &Range<usize>, message: impl Into<String>) -> Error {
        let before = self.text.as_bytes().get(..span.start).unwrap_or_default();
        Error {
            line: Some(before.find_iter(b"\n").count() + 1),
            message: message.into(),
        }
    }

    pub(super) fn unknown<T>(&self, place: &str, key: &Key<'_>) -> Result<T, Error> {
        let shown = cut(key.get_ref());
        Err(self.error(
            &key.span(),
            format!("{place} has no key `{shown}` that is known here"),
        ))
    }

    pub(super) fn table<'t, 'i>(
        &self,
        what: &str,
        value: &'t Spanned<DeValue<'i>>,
    ) -> Result<&'t DeTable<'i>, Error> {
        match value.get_ref() {
            DeValue::Table(table) => Ok(table),
            _ => Err(self.error(&value.span(), format!("{what} is no table"))),
        }
    }

    /// The tables of `[[what]]`.
    pub(super) fn tables<'t, 'i>(
        &self,
        what: &str,
        value: &'t Spanned<DeValue<'i>>,
    ) -> Result<Vec<(&'t DeTable<'i>, Range<usize>)>, Error> {
        let DeValue::Array(items) = value.get_ref() else {
            return Err(self.error(&value.span(), format!("{what} is written `[[{what}]]`")));
        };
        let tables = items
            .iter()
            .map(|item| Ok((self.table(what, item)?, item.span())));
        tables.collect()
    }

    pub(super) fn text(&self, what: &str, value: &Spanned<DeValue<'_>>) -> Result<String, Error> {
        match value.get_ref() {
            DeValue::String(text) => Ok(text.clone().into_owned()),
            _ => Err(self.error(&value.span(), format!("`{what}` is no text"))),
        }
    }

    pub(super) fn flag(&self, what: &str, value: &Spanned<DeValue<'_>>) -> Result<bool, Error> {
        match value.get_ref() {
            DeValue::Boolean(flag) => Ok(*flag),
            _ => Err(self.error(
                &value.span(),
                format!("`{what}` is neither `true` nor `false`"),
            )),
        }
    }

    /// Texts with their places.
    pub(super) fn texts(
        &self,
        what: &str,
        value: &Spanned<DeValue<'_>>,
    ) -> Result<Vec<(String, Range<usize>)>, Error> {
        let DeValue::Array(items) = value.get_ref() else {
            return Err(self.error(&value.span(), format!("`{what}` is no list")));
        };
        let texts = items
            .iter()
            .map(|item| Ok((self.text(what, item)?, item.span())));
        texts.collect()
    }

    /// Bits, written with a point or without.
    pub(super) fn number(&self, what: &str, value: &Spanned<DeValue<'_>>) -> Result<f32, Error> {
        let number = match value.get_ref() {
            DeValue::Float(digits) => digits.as_str().parse::<f32>().ok(),
            DeValue::Integer(digits) => digits.as_str().parse::<f32>().ok(),
            _ => None,
        };
        number
            .filter(|number| number.is_finite())
            .ok_or_else(|| self.error(&value.span(), format!("`{what}` is no number")))
    }

    pub(super) fn count(&self, what: &str, value: &Spanned<DeValue<'_>>) -> Result<usize, Error> {
        let number = match value.get_ref() {
            DeValue::Integer(digits) => digits.as_str().parse().ok(),
            _ => None,
        };
        number.ok_or_else(|| self.error(&value.span(), format!("`{what}` is no count")))
    }

    /// An expression as Go writes it: its text in our syntax, and what is known of it.
    pub(super) fn pattern(
        &self,
        what: &str,
        text: &str,
        span: &Range<usize>,
    ) -> Result<(String, Checked), Error> {
        let translated = go::translate(text);
        let checked = pattern::check(&translated).map_err(|error| {
            // The first line is a drawing of the expression, the last says what is wrong.
            let reason = error
                .lines()
                .last()
                .unwrap_or_default()
                .trim_start_matches("error: ");
            self.error(span, format!("`{what}` cannot be used: {reason}"))
        })?;
        self.taken
            .set(self.taken.get().saturating_add(checked.size));
        if self.taken.get() > MEMORY {
            return Err(self.error(span, "the expressions up to here are too large"));
        }
        Ok((translated, checked))
    }

    /// The same, compiled.
    pub(super) fn regex(
        &self,
        what: &str,
        text: &str,
        span: &Range<usize>,
    ) -> Result<Regex, Error> {
        let (translated, _) = self.pattern(what, text, span)?;
        pattern::compile(&translated)
            .map_err(|_| self.error(span, format!("`{what}` cannot be used")))
    }

    pub(super) fn regexes(
        &self,
        what: &str,
        value: &Spanned<DeValue<'_>>,
    ) -> Result<Vec<Regex>, Error> {
        let texts = self.texts(what, value)?;
        let regexes = texts
            .iter()
            .map(|(text, span)| self.regex(what, text, span));
        regexes.collect()
    }
}

/// A name as a message may show it.
pub(super) fn cut(name: &str) -> String {
    name.chars().take(60).flat_map(char::escape_debug).collect()
}
