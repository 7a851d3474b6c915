//! Rules for sqlite.

use super::Rule;

pub(super) const RULES: &[Rule] = &[];
