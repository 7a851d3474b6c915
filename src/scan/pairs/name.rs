//! The name that a secret-bearing word stands in: `DB_PASSWORD`, `"client-secret"`, `process.env.API_KEY`.

use std::{borrow::Cow, ops::Range};

use super::value;

/// The longest name that is looked at, in bytes: a longer one is data.
const LONGEST: usize = 128;

/// A name as it stands in a text.
pub(super) struct Name<'a> {
    /// Without quotes, and without the dashes of an option.
    pub(super) text: Cow<'a, str>,
    /// Its bytes.
    pub(super) span: Range<usize>,
    /// Where the text around it begins: before the quote or the dashes.
    pub(super) outer: usize,
    /// What it is quoted with; empty where the byte before it is no quote.
    pub(super) quote: &'a [u8],
    /// How many dashes stand before it: two for `--password`.
    pub(super) dashes: usize,
}

impl<'a> Name<'a> {
    /// Reads to both sides of `hit`.
    ///
    /// # Errors
    /// Where there is none (a word too long to be one): the offset from which it is worth looking again.
    pub(super) fn around(bytes: &'a [u8], hit: usize) -> Result<Self, usize> {
        // The vocabulary has words with the quote before them, where they are names only alone.
        let hit = hit + usize::from(!is_part(bytes[hit]));
        let before = bytes[..hit]
            .iter()
            .rev()
            .take(LONGEST)
            .take_while(|&&byte| is_part(byte))
            .count();
        let after = bytes[hit..]
            .iter()
            .take(LONGEST)
            .take_while(|&&byte| is_part(byte))
            .count();
        let mut span = hit - before..hit + after;
        if span.len() >= LONGEST {
            return Err(span.end.max(hit + 1));
        }
        while span.len() > 1 && matches!(bytes[span.end - 1], b'.' | b'-') {
            span.end -= 1;
        }
        // The letter of an escape before it: `\nSECRET_KEY=` within a string.
        if span.start > 0
            && bytes[span.start - 1] == b'\\'
            && span.start < hit
            && matches!(bytes[span.start], b'n' | b't' | b'r')
        {
            span.start += 1;
        }
        let marks = bytes[span.clone()]
            .iter()
            .take_while(|&&byte| matches!(byte, b'-' | b'.'))
            .count();
        let dashes = bytes[span.clone()]
            .iter()
            .take_while(|&&byte| byte == b'-')
            .count();
        span.start += marks;
        if span.is_empty() {
            return Err(hit + 1);
        }
        let outer = span.start - marks;
        let quote = value::quote_before(bytes, outer);
        Ok(Self {
            text: String::from_utf8_lossy(&bytes[span.clone()]),
            outer: outer - quote.len(),
            span,
            quote,
            dashes,
        })
    }

    /// The byte before the name and its quote; a line end at the beginning of the text.
    pub(super) fn before(&self, bytes: &[u8]) -> u8 {
        self.outer.checked_sub(1).map_or(b'\n', |at| bytes[at])
    }

    /// After the name and the quote that closes it; `None` where the quoted text goes on.
    pub(super) fn closed(&self, bytes: &[u8]) -> Option<usize> {
        bytes[self.span.end..]
            .starts_with(self.quote)
            .then_some(self.span.end + self.quote.len())
    }

    /// Whether it is written as environment variables are.
    pub(super) fn is_screaming(&self) -> bool {
        !self.text.bytes().any(|byte| byte.is_ascii_lowercase())
            && self.text.bytes().any(|byte| byte.is_ascii_uppercase())
    }

    /// The last part of a dotted name.
    pub(super) fn last(&self) -> &str {
        self.text.rsplit('.').next().unwrap_or_default()
    }
}

/// What a name is made of in any of the formats.
pub(super) const fn is_part(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.') || byte >= 0x80
}
