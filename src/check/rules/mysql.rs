//! Rules for mysql.

use super::Rule;

pub(super) const RULES: &[Rule] = &[];
