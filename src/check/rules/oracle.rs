//! Rules for oracle.

use super::Rule;

pub(super) const RULES: &[Rule] = &[];
