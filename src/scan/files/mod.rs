//! To be written.

use super::{
    detect::{Match, Request},
    text::Text,
};

pub(crate) fn scan(_text: &Text<'_>, _request: &Request<'_>, _found: &mut Vec<Match>) {}

pub(crate) const KEYWORDS: &[&str] = &[];

pub(crate) fn wants(_text: &Text<'_>) -> bool {
    false
}
