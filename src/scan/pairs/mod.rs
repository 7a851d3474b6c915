//! To be written.

use super::{
    detect::{Match, Request},
    text::Text,
};

pub(crate) fn scan(_text: &Text<'_>, _request: &Request<'_>, _found: &mut Vec<Match>) {}
