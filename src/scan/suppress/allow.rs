//! The `allow` entries of a configuration: what is accepted, by rule, place, value or form, with a reason and perhaps a
//! last day.

use std::sync::atomic::{AtomicBool, Ordering};

use gix::{
    bstr::{BStr, ByteSlice as _},
    glob::wildmatch::Mode,
};
use regex_automata::meta::Regex;

use super::{By, Candidate, Date, Error, Key, Unused, unhex};
use crate::scan::{glob, pattern, text::file_name};

/// An entry as it is written. Everything that is given must hold; besides the reason at least one must be given.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AllowEntry {
    /// A rule's id.
    pub rule: Option<String>,
    /// A glob: of file names without a `/` (`*.snap`), else of paths from the root (`tests/**`, `docs/`).
    pub path: Option<String>,
    /// What [`Key::value`] makes of the secret with an empty rule: 64 hex digits.
    pub value: Option<String>,
    /// An expression that is found in the secret, over bytes.
    pub pattern: Option<String>,
    /// Why it is accepted.
    pub reason: String,
    /// The last day it counts: `2026-01-31`.
    pub until: Option<String>,
}

/// The entries, ready to use.
#[derive(Default)]
pub struct Allow {
    entries: Vec<Entry>,
    key: Option<Key>,
}

struct Entry {
    rule: Option<String>,
    path: Option<String>,
    value: Option<String>,
    pattern: Option<(String, Regex)>,
    reason: String,
    until: Option<Date>,
    is_used: AtomicBool,
}

impl Allow {
    /// Takes the entries; `key` is the one that their values are made with.
    ///
    /// # Errors
    ///
    /// For the first entry that cannot be used: its place, counting from 0, and why.
    pub fn new(entries: &[AllowEntry], key: Option<Key>) -> Result<Self, (usize, Error)> {
        let read = |(place, entry)| {
            let read = Entry::new(entry, key.is_some());
            read.map_err(|error| (place, error))
        };
        let entries: Result<Vec<Entry>, _> = entries.iter().enumerate().map(read).collect();
        Ok(Self {
            entries: entries?,
            key,
        })
    }

    /// The reason of the entry that accepts a finding. One whose last day has passed leaves a note instead.
    pub(super) fn find(
        &self,
        candidate: &Candidate<'_>,
        today: &Date,
        notes: &mut Vec<String>,
    ) -> Option<String> {
        let mut value = None;
        for entry in &self.entries {
            let is_meant = entry
                .rule
                .as_ref()
                .is_none_or(|rule| rule == candidate.rule)
                && entry
                    .path
                    .as_ref()
                    .is_none_or(|glob| matches(glob, candidate.text.path))
                && entry
                    .pattern
                    .as_ref()
                    .is_none_or(|(_, regex)| regex.is_match(candidate.secret()))
                && entry.value.as_ref().is_none_or(|own| {
                    let key = self.key.as_ref();
                    let made = value
                        .get_or_insert_with(|| key.map(|key| key.value("", candidate.secret())));
                    made.as_ref() == Some(own)
                });
            if !is_meant {
                continue;
            }
            if let Some(last) = entry.until.as_ref().filter(|last| *last < today) {
                notes.push(format!("an allow entry for it has expired on {last}"));
                continue;
            }
            entry.is_used.store(true, Ordering::Relaxed);
            return Some(entry.reason.clone());
        }
        None
    }

    pub(super) fn unused(&self, today: &Date, unused: &mut Vec<Unused>) {
        let unmet = self
            .entries
            .iter()
            .filter(|entry| !entry.is_used.load(Ordering::Relaxed));
        unused.extend(unmet.map(|entry| Unused {
            by: By::Allow,
            entry: entry.describe(),
            reason: Some(entry.reason.clone()),
            expired: entry.until.as_ref().is_some_and(|last| last < today),
        }));
    }
}

impl Entry {
    fn new(entry: &AllowEntry, has_key: bool) -> Result<Self, Error> {
        if entry.reason.trim().is_empty() {
            return Err(Error::new("an allow entry needs a `reason`"));
        }
        if entry.rule.is_none()
            && entry.path.is_none()
            && entry.value.is_none()
            && entry.pattern.is_none()
        {
            return Err(Error::new(
                "an allow entry needs a `rule`, `path`, `value` or `pattern`: this one would accept everything",
            ));
        }
        if let Some(value) = &entry.value {
            if unhex::<32>(value).is_none() {
                return Err(Error::new("its `value` is not 64 hex digits"));
            }
            if !has_key {
                return Err(Error::new(
                    "its `value` needs the key it was made with, and there is none",
                ));
            }
        }
        let compiled = entry.pattern.as_ref().map(|text| {
            let compiled = pattern::compile(text);
            compiled
                .map(|regex| (text.clone(), regex))
                .map_err(|error| Error::new(format!("its `pattern` cannot be used: {error}")))
        });
        Ok(Self {
            rule: entry.rule.clone(),
            path: entry.path.clone(),
            value: entry.value.as_ref().map(|value| value.to_ascii_lowercase()),
            pattern: compiled.transpose()?,
            reason: entry.reason.trim().to_owned(),
            until: entry.until.as_deref().map(Date::parse).transpose()?,
            is_used: AtomicBool::new(false),
        })
    }

    /// What it speaks of. A pattern may be written close to the value, and is not shown.
    fn describe(&self) -> String {
        let mut parts = Vec::new();
        parts.extend(self.rule.as_ref().map(|rule| format!("rule `{rule}`")));
        parts.extend(self.path.as_ref().map(|path| format!("path `{path}`")));
        parts.extend(self.value.as_ref().map(|_| "a value".to_owned()));
        parts.extend(self.pattern.as_ref().map(|_| "a pattern".to_owned()));
        parts.join(", ")
    }
}

/// Whether a path is meant: `*.snap` by its name, `tests/**` from the root, `docs/` with all below.
pub(crate) fn matches(pattern: &str, path: &BStr) -> bool {
    let pattern = pattern.strip_prefix("./").unwrap_or(pattern);
    let anchored = pattern.strip_prefix('/').unwrap_or(pattern);
    if !pattern.contains('/') {
        return glob::matches(pattern.as_bytes(), file_name(path).as_bstr(), Mode::empty());
    }
    if anchored.ends_with('/') {
        let all = format!("{anchored}**");
        return glob::matches(all.as_bytes(), path, Mode::NO_MATCH_SLASH_LITERAL);
    }
    glob::matches(anchored.as_bytes(), path, Mode::NO_MATCH_SLASH_LITERAL)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn globs_are_of_names_or_of_paths() {
        let cases = [
            ("*.snap", "tests/a/b.snap", true),
            ("*.snap", "tests/a.snap/b", false),
            ("tests/**", "tests/a/b.py", true),
            ("tests/**", "shop/tests/a.py", false),
            ("**/tests/**", "shop/tests/a.py", true),
            ("docs/", "docs/a/b.md", true),
            ("docs/", "docs.md", false),
            ("/settings.py", "settings.py", true),
            ("/settings.py", "shop/settings.py", false),
            ("tests/*.py", "tests/a/b.py", false),
            ("./tests/*.py", "tests/b.py", true),
        ];
        for (glob, path, is_meant) in cases {
            assert_eq!(matches(glob, path.into()), is_meant, "{glob} {path}");
        }
    }
}
