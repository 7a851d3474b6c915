//! `[check]`: what the policy of this project lets pass, and why.

use toml::{Spanned, de::DeTable, de::DeValue};

use super::{
    Name, Span,
    document::{Reader, name},
};
use crate::{
    check::{ids, is_rule},
    suggest,
};

/// `[check]`.
#[derive(Clone, Debug, Default)]
pub(crate) struct CheckEntry {
    /// What is let pass, each with its reason.
    pub(crate) allow: Vec<CheckAllow>,
}

/// An entry of `check.allow`.
#[derive(Clone, Debug)]
pub(crate) struct CheckAllow {
    pub(crate) span: Span,
    /// The rule's id, or that of one of Django's own checks.
    pub(crate) rule: Name,
    /// The key, or one above it: `databases.default`.
    pub(crate) at: Option<Name>,
    pub(crate) reason: String,
    /// The last day it holds, `2027-01-31`.
    pub(crate) until: Option<Name>,
}

/// The keys of `[check]`.
pub(super) const KEYS: &[&str] = &["allow"];
/// The keys of an entry of `check.allow`.
pub(super) const ALLOW_KEYS: &[&str] = &["rule", "at", "reason", "until"];

impl Reader<'_> {
    pub(super) fn check(&mut self, value: &Spanned<DeValue<'_>>) -> Option<CheckEntry> {
        let table = self.table("`check`", value)?;
        let mut check = CheckEntry::default();
        for (key, value) in table {
            let key = name(key);
            match key.text.as_str() {
                "allow" => {
                    check.allow = self.tables("`check.allow`", value, Self::check_allow);
                }
                _ => self.unknown_key("`check`", &key, KEYS),
            }
        }
        Some(check)
    }

    fn check_allow(&mut self, table: &DeTable<'_>, span: Span) -> Option<CheckAllow> {
        let (mut rule, mut place, mut reason, mut until) = (None, None, None, None);
        for (key, value) in table {
            let key = name(key);
            match key.text.as_str() {
                "rule" => rule = self.rule_id(value),
                "at" => place = self.plain("`at`", value),
                "reason" => reason = self.raw("`reason`", value).map(|name| name.text),
                "until" => until = self.date(value),
                _ => self.unknown_key("an entry of `check.allow`", &key, ALLOW_KEYS),
            }
        }
        let reason = reason.unwrap_or_default();
        if reason.trim().is_empty() {
            self.error("an entry of `check.allow` needs a `reason`", span.clone());
        }
        if table.get("rule").is_none() {
            self.error("an entry of `check.allow` needs a `rule`", span.clone());
        }
        Some(CheckAllow {
            span,
            rule: rule?,
            at: place,
            reason,
            until,
        })
    }

    fn rule_id(&mut self, value: &Spanned<DeValue<'_>>) -> Option<Name> {
        let rule = self.plain("`rule`", value)?;
        if is_rule(&rule.text) {
            return Some(rule);
        }
        let hint = suggest::hint(&rule.text.to_ascii_uppercase(), ids());
        self.error(format!("there is no rule `{}`", rule.text), rule.span)
            .hint = hint;
        None
    }
}
