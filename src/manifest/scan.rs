//! `[scan]`: what the leak scan of this project leaves out, and what it looks for besides.

use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use super::{
    Name, Span,
    document::{Reader, name},
};
use crate::finding::Confidence;

/// `[scan]`.
#[derive(Clone, Debug, Default)]
pub(crate) struct ScanEntry {
    /// Findings that are known, as `nuages scan --write-baseline` writes them.
    pub(crate) baseline: Option<Name>,
    /// A configuration of another scanner, for its rules and its lists of what is allowed.
    pub(crate) config: Option<Name>,
    /// Globs of paths that are not scanned.
    pub(crate) exclude: Vec<Name>,
    /// The least certain finding that counts.
    pub(crate) confidence: Option<Confidence>,
    /// The reference of the key for fingerprints and baselines, as written between `${` and `}`.
    pub(crate) key: Option<Name>,
    /// Rules of the project's own.
    pub(crate) rules: Vec<ScanRule>,
    /// What is allowed, each with its reason.
    pub(crate) allow: Vec<ScanAllow>,
}

/// `[[scan.rules]]`.
#[derive(Clone, Debug)]
pub(crate) struct ScanRule {
    pub(crate) id: Name,
    pub(crate) title: Option<String>,
    pub(crate) pattern: Name,
    pub(crate) keywords: Vec<String>,
    pub(crate) group: Option<usize>,
    pub(crate) entropy: Option<f64>,
    pub(crate) confidence: Option<Confidence>,
    pub(crate) paths: Vec<String>,
    pub(crate) remedy: Option<String>,
}

/// `[[scan.allow]]`.
#[derive(Clone, Debug)]
pub(crate) struct ScanAllow {
    pub(crate) span: Span,
    pub(crate) rule: Option<String>,
    pub(crate) path: Option<String>,
    pub(crate) pattern: Option<Name>,
    pub(crate) value: Option<Name>,
    pub(crate) reason: String,
    /// The last day it holds, `2027-01-31`.
    pub(crate) until: Option<Name>,
}

/// The keys of `[scan]`.
pub(super) const KEYS: &[&str] = &[
    "baseline",
    "config",
    "exclude",
    "confidence",
    "key",
    "rules",
    "allow",
];
/// The keys of `[[scan.rules]]`.
pub(super) const RULE_KEYS: &[&str] = &[
    "id",
    "title",
    "pattern",
    "keywords",
    "group",
    "entropy",
    "confidence",
    "paths",
    "remedy",
];
/// The keys of `[[scan.allow]]`.
pub(super) const ALLOW_KEYS: &[&str] = &["rule", "path", "pattern", "value", "reason", "until"];

impl Reader<'_> {
    pub(super) fn scan(&mut self, value: &Spanned<DeValue<'_>>) -> Option<ScanEntry> {
        let table = self.table("`scan`", value)?;
        let mut scan = ScanEntry::default();
        for (key, value) in table {
            let key = name(key);
            match key.text.as_str() {
                "baseline" => scan.baseline = self.plain("`scan.baseline`", value),
                "config" => scan.config = self.plain("`scan.config`", value),
                "exclude" => scan.exclude = self.texts("`scan.exclude`", value),
                "confidence" => scan.confidence = self.confidence(value),
                "key" => scan.key = self.scan_key(value),
                "rules" => {
                    scan.rules = self.tables("`scan.rules`", value, |reader, table, span| {
                        reader.scan_rule(table, span)
                    });
                }
                "allow" => {
                    scan.allow = self.tables("`scan.allow`", value, |reader, table, span| {
                        reader.scan_allow(table, span)
                    });
                }
                _ => self.unknown_key("`scan`", &key, KEYS),
            }
        }
        Some(scan)
    }

    /// One reference, which is not read before it is needed.
    fn scan_key(&mut self, value: &Spanned<DeValue<'_>>) -> Option<Name> {
        let item = self.item("`scan.key`", value);
        let text = match value.get_ref() {
            DeValue::String(text) => text
                .strip_prefix("${")
                .and_then(|rest| rest.strip_suffix('}')),
            _ => None,
        };
        if text.is_none() {
            self.error("`scan.key` must be one reference", value.span())
                .hint =
                Some("the key is a secret too: write it as `\"${secrets://scan-key}\"`".to_owned());
        }
        Some(Name {
            text: text?.to_owned(),
            span: item.span,
        })
    }

    fn scan_rule(&mut self, table: &DeTable<'_>, span: Span) -> Option<ScanRule> {
        let mut rule = ScanRule {
            id: Name {
                text: String::new(),
                span: span.clone(),
            },
            title: None,
            pattern: Name {
                text: String::new(),
                span: span.clone(),
            },
            keywords: Vec::new(),
            group: None,
            entropy: None,
            confidence: None,
            paths: Vec::new(),
            remedy: None,
        };
        for (key, value) in table {
            let key = name(key);
            match key.text.as_str() {
                "id" => rule.id = self.plain("`id`", value)?,
                "title" => rule.title = self.raw("`title`", value).map(|name| name.text),
                "pattern" => rule.pattern = self.raw("`pattern`", value)?,
                "keywords" => rule.keywords = self.names("`keywords`", value),
                "group" => rule.group = self.whole("`group`", value),
                "entropy" => rule.entropy = self.bits(value),
                "confidence" => rule.confidence = self.confidence(value),
                "paths" => rule.paths = self.names("`paths`", value),
                "remedy" => rule.remedy = self.raw("`remedy`", value).map(|name| name.text),
                _ => self.unknown_key("a rule", &key, RULE_KEYS),
            }
        }
        for required in ["id", "pattern"] {
            if table.get(required).is_none() {
                self.error(format!("a rule needs `{required}`"), span.clone());
                return None;
            }
        }
        Some(rule)
    }

    fn scan_allow(&mut self, table: &DeTable<'_>, span: Span) -> Option<ScanAllow> {
        let mut allow = ScanAllow {
            span: span.clone(),
            rule: None,
            path: None,
            pattern: None,
            value: None,
            reason: String::new(),
            until: None,
        };
        for (key, value) in table {
            let key = name(key);
            match key.text.as_str() {
                "rule" => allow.rule = self.plain("`rule`", value).map(|name| name.text),
                "path" => allow.path = self.plain("`path`", value).map(|name| name.text),
                "pattern" => allow.pattern = self.raw("`pattern`", value),
                "value" => allow.value = self.plain("`value`", value),
                "reason" => {
                    let reason = self.raw("`reason`", value);
                    allow.reason = reason.map(|name| name.text).unwrap_or_default();
                }
                "until" => allow.until = self.date(value),
                _ => self.unknown_key("an entry of `scan.allow`", &key, ALLOW_KEYS),
            }
        }
        if allow.reason.trim().is_empty() {
            self.error("an entry of `scan.allow` needs a `reason`", span.clone());
        }
        if ["rule", "path", "pattern", "value"]
            .iter()
            .all(|key| table.get(*key).is_none())
        {
            self.error("an entry of `scan.allow` would allow everything", span)
                .hint = Some("name a `rule`, a `path`, a `pattern` or a `value`".to_owned());
            return None;
        }
        Some(allow)
    }

    /// A day, as TOML's own date or as text.
    pub(super) fn date(&mut self, value: &Spanned<DeValue<'_>>) -> Option<Name> {
        let text = match value.get_ref() {
            DeValue::Datetime(date) => date.to_string(),
            DeValue::String(text) => text.to_string(),
            _ => String::new(),
        };
        let is_date = is_day(&text);
        if !is_date {
            self.error("`until` must be a day, such as `2027-01-31`", value.span());
            return None;
        }
        Some(Name {
            text,
            span: value.span(),
        })
    }

    fn confidence(&mut self, value: &Spanned<DeValue<'_>>) -> Option<Confidence> {
        let text = match value.get_ref() {
            DeValue::String(text) => text.as_ref(),
            _ => "",
        };
        let confidence = Confidence::ALL
            .into_iter()
            .find(|known| known.name() == text);
        if confidence.is_none() {
            self.error(
                "`confidence` must be `low`, `medium` or `high`",
                value.span(),
            );
        }
        confidence
    }

    fn whole(&mut self, what: &str, value: &Spanned<DeValue<'_>>) -> Option<usize> {
        let number = match value.get_ref() {
            DeValue::Integer(digits) => usize::from_str_radix(digits.as_str(), digits.radix()).ok(),
            _ => None,
        };
        if number.is_none() {
            self.error(format!("{what} must be a whole number"), value.span());
        }
        number
    }

    fn bits(&mut self, value: &Spanned<DeValue<'_>>) -> Option<f64> {
        let number = match value.get_ref() {
            DeValue::Integer(digits) => digits.as_str().parse().ok(),
            DeValue::Float(digits) => digits.as_str().parse().ok(),
            _ => None,
        };
        let number = number.filter(|number| (0.0..=8.0).contains(number));
        if number.is_none() {
            self.error("`entropy` must be a number from 0 to 8", value.span());
        }
        number
    }

    /// A string in which `${` means nothing.
    pub(super) fn raw(&mut self, what: &str, value: &Spanned<DeValue<'_>>) -> Option<Name> {
        let DeValue::String(text) = value.get_ref() else {
            self.error(format!("{what} must be a string"), value.span());
            return None;
        };
        Some(Name {
            text: text.to_string(),
            span: value.span(),
        })
    }

    fn texts(&mut self, what: &str, value: &Spanned<DeValue<'_>>) -> Vec<Name> {
        let DeValue::Array(items) = value.get_ref() else {
            self.error(format!("{what} must be a list"), value.span());
            return Vec::new();
        };
        items
            .iter()
            .filter_map(|item| self.plain(what, item))
            .collect()
    }

    fn names(&mut self, what: &str, value: &Spanned<DeValue<'_>>) -> Vec<String> {
        self.texts(what, value)
            .into_iter()
            .map(|name| name.text)
            .collect()
    }

    pub(super) fn tables<T>(
        &mut self,
        what: &str,
        value: &Spanned<DeValue<'_>>,
        mut read: impl FnMut(&mut Self, &DeTable<'_>, Span) -> Option<T>,
    ) -> Vec<T> {
        let DeValue::Array(items) = value.get_ref() else {
            self.error(format!("{what} must be a list of tables"), value.span());
            return Vec::new();
        };
        let mut all = Vec::new();
        for item in items {
            if let Some(table) = self.table(&format!("an entry of {what}"), item) {
                all.extend(read(self, table, item.span()));
            }
        }
        all
    }
}

/// `2027-01-31`.
fn is_day(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let number = |part: &str, length: usize| {
        let is_number = part.len() == length && part.bytes().all(|byte| byte.is_ascii_digit());
        is_number.then(|| part.parse::<u16>().ok()).flatten()
    };
    let [year, month, day] = parts.as_slice() else {
        return false;
    };
    number(year, 4).is_some()
        && number(month, 2).is_some_and(|month| (1..=12).contains(&month))
        && number(day, 2).is_some_and(|day| (1..=31).contains(&day))
}
