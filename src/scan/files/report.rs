//! What the formats find, weighed by the one vocabulary.

use std::{borrow::Cow, ops::Range};

use crate::{
    finding::Confidence,
    scan::{
        detect::Match,
        text::Text,
        words::{self, Bearing, Look},
    },
};

/// Takes the credentials of one file.
pub(super) struct Report<'t, 'f> {
    pub(super) text: &'t Text<'t>,
    floor: Confidence,
    found: &'f mut Vec<Match>,
}

impl<'t, 'f> Report<'t, 'f> {
    pub(super) const fn new(
        text: &'t Text<'t>,
        floor: Confidence,
        found: &'f mut Vec<Match>,
    ) -> Self {
        Self { text, floor, found }
    }

    /// The bytes of the file.
    pub(super) const fn bytes(&self) -> &'t [u8] {
        self.text.bytes
    }

    /// Takes what stands where the format has its secret.
    pub(super) fn add(&mut self, rule: &'static str, span: Range<usize>, note: &'static str) {
        let said = String::from_utf8_lossy(&self.bytes()[span.clone()]).into_owned();
        self.add_said(
            Bearing {
                rule,
                is_strong: true,
            },
            span,
            &said,
            note,
        );
    }

    /// The same for a value that is written otherwise than it is meant.
    pub(super) fn add_said(
        &mut self,
        bearing: Bearing,
        span: Range<usize>,
        said: &str,
        note: &'static str,
    ) {
        // A quoted phrase of words is no sentence where a format has a password.
        let look = match words::look(said) {
            Look::NotSecret if is_password_all_the_same(said) => Look::Plain,
            look => look,
        };
        if let Some(confidence) = words::weigh(bearing, look, self.text.role) {
            self.push(bearing.rule, span, confidence, note);
        }
    }

    /// Takes what needs no weighing.
    pub(super) fn push(
        &mut self,
        rule: &'static str,
        span: Range<usize>,
        confidence: Confidence,
        note: &'static str,
    ) {
        if confidence >= self.floor {
            let notes = if note.is_empty() {
                Vec::new()
            } else {
                vec![Cow::Borrowed(note)]
            };
            self.found.push(Match {
                rule: Cow::Borrowed(rule),
                span,
                confidence,
                notes,
            });
        }
    }
}

/// What would be an identifier elsewhere: one word of letters, digits and a few signs, without a variable's marks.
fn is_password_all_the_same(said: &str) -> bool {
    said.len() >= 4
        && said
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'!'))
        && !said.starts_with("__")
        && !matches!(
            &*said.to_ascii_lowercase(),
            "none"
                | "null"
                | "true"
                | "false"
                | "undefined"
                | "required"
                | "optional"
                | "disabled"
                | "enabled"
        )
}
