//! `.nuages-baseline.json`: findings that are known, by a keyed hash of their value. A line may move and a file may be
//! renamed in its folder's place; another secret on the same line is another finding.
//!
//! ```json
//! {
//!   "version": 1,
//!   "key": "64 hex digits",
//!   "entries": [
//!     {
//!       "rule": "django-secret-key",
//!       "value": "64 hex digits: HMAC-SHA-256 of the rule's id, a zero byte and the secret",
//!       "path": "shop/settings/test.py",
//!       "reason": "signs nothing but test sessions",
//!       "added": "2026-01-31",
//!       "by": "ann@shop.example",
//!       "expires": "2026-06-30"
//!     }
//!   ]
//! }
//! ```
//!
//! An entry counts in its own `path` and in files of the same name elsewhere, since files move; without a `path`,
//! anywhere. `by` and `expires` may be missing; after the day `expires` an entry counts no more, and the finding says so.
//!
//! With the key in the file, somebody who has the file and *guesses* a value can check the guess: that is as good as the
//! values are hard to guess. A key that is kept in a store closes this: `key_check` (16 hex digits) stands in place of
//! `key` and only tells whether the right one was handed in.

use std::{collections::HashMap, sync::atomic::Ordering};

use gix::bstr::{BStr, ByteSlice as _};
use serde_json::{Map, Value, json};

use super::{
    By, Candidate, Date, Error, Key, Unused,
    entry::{Entry, Scope, known_keys, name_of},
    key, unhex,
};

const VERSION: u64 = 1;

/// The largest file that is read, in bytes: a hundred thousand entries.
const LARGEST: usize = 64 << 20;

/// A baseline as it was read or made.
pub struct Baseline {
    key: Key,
    /// Whether the key stands in the file.
    holds_key: bool,
    entries: Vec<Entry>,
    /// By value and scope: the entry that lasts longest.
    places: HashMap<(String, Scope), usize>,
}

/// A finding to write down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// The rule's id.
    pub rule: String,
    /// The path, as findings have it.
    pub path: gix::bstr::BString,
    /// What [`Key::value`] makes of the secret.
    pub value: String,
}

/// What new entries say of themselves.
pub struct Stamp<'a> {
    /// Why they are accepted.
    pub reason: &'a str,
    /// The day.
    pub added: &'a Date,
    /// Who writes them.
    pub by: Option<&'a str>,
    /// Their last day.
    pub expires: Option<&'a Date>,
}

impl Baseline {
    /// An empty one. A key that comes from a store is not written to the file.
    #[must_use]
    pub fn new(key: Key, is_from_store: bool) -> Self {
        Self {
            key,
            holds_key: !is_from_store,
            entries: Vec::new(),
            places: HashMap::new(),
        }
    }

    /// Reads one. `key` is the one from the store, where the file was written with one.
    ///
    /// # Errors
    ///
    /// Where it is no such file, or the key is missing or another one. Entries are told by their number.
    pub fn read(text: &[u8], key: Option<Key>) -> Result<Self, Error> {
        if text.len() > LARGEST {
            return Err(Error::new("this baseline is too large"));
        }
        let document: Value = serde_json::from_slice(text).map_err(|error| Error {
            line: Some(error.line()),
            message: "this is not JSON".to_owned(),
        })?;
        let table = document
            .as_object()
            .ok_or_else(|| Error::new("this is no baseline: no `entries`"))?;
        known_keys(
            table,
            &["version", "key", "key_check", "entries"],
            "the baseline",
        )?;
        if table.get("version").and_then(Value::as_u64) != Some(VERSION) {
            return Err(Error::new(format!("its `version` is not {VERSION}")));
        }
        let (key, holds_key) = read_key(table, key)?;
        let entries = table.get("entries").and_then(Value::as_array);
        let entries =
            entries.ok_or_else(|| Error::new("this is no baseline: no list `entries`"))?;
        let entries: Result<Vec<Entry>, Error> = entries
            .iter()
            .enumerate()
            .map(|(place, entry)| Entry::read(entry, &format!("entry {}", place + 1)))
            .collect();
        let mut baseline = Self::new(key, !holds_key);
        for entry in entries? {
            baseline.push(entry);
        }
        Ok(baseline)
    }

    /// The key that its values are made with.
    #[must_use]
    pub fn key(&self) -> &Key {
        &self.key
    }

    /// How many entries there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Brings the entries in line with what is found now: what was known keeps its reason and its days, what is new gets
    /// those of the stamp, what is gone is dropped. `is_covered` tells which paths were looked at: entries of others stay,
    /// and so do those without a path. Gives how many are new and how many were dropped.
    pub fn update(
        &mut self,
        found: &[Item],
        stamp: &Stamp<'_>,
        is_covered: &dyn Fn(&BStr) -> bool,
    ) -> (usize, usize) {
        let mut wanted: HashMap<(String, Scope), &Item> = HashMap::new();
        for item in found {
            let scope = Scope::Path(item.path.to_string());
            wanted.insert((item.value.clone(), scope), item);
        }
        let (stay, gone): (Vec<Entry>, Vec<Entry>) = std::mem::take(&mut self.entries)
            .into_iter()
            .partition(|entry| {
                let is_found = wanted
                    .remove(&(entry.value.clone(), entry.scope()))
                    .is_some();
                let path = entry.path.as_ref();
                is_found || path.is_none_or(|path| !is_covered(path.as_bytes().as_bstr()))
            });
        let mut moved = by_name(&wanted);
        self.places.clear();
        for entry in stay {
            self.push(entry);
        }
        let mut dropped = 0;
        for entry in gone {
            let name = entry
                .path
                .as_ref()
                .map(|path| Scope::Name(name_of(path.as_bytes().as_bstr())));
            let item = name.and_then(|name| moved.get_mut(&(entry.value.clone(), name))?.pop());
            let Some(item) = item else {
                dropped += 1;
                continue;
            };
            let path = item.path.to_string();
            wanted.remove(&(entry.value.clone(), Scope::Path(path.clone())));
            self.push(Entry {
                path: Some(path),
                ..entry
            });
        }
        let is_known = |item: &Item| {
            self.places
                .contains_key(&(item.value.clone(), Scope::Anywhere))
        };
        let added: Vec<Entry> = wanted
            .into_values()
            .filter(|item| !is_known(item))
            .map(|item| Entry::new(item, stamp))
            .collect();
        let new = added.len();
        for entry in added {
            self.push(entry);
        }
        (new, dropped)
    }

    /// As the file has it: in order of path, rule and value, so that two of them can be compared and merged.
    #[must_use]
    pub fn write(&self) -> String {
        let mut entries: Vec<&Entry> = self.entries.iter().collect();
        entries.sort_by(|a, b| (&a.path, &a.rule, &a.value).cmp(&(&b.path, &b.rule, &b.value)));
        let mut document = json!({ "version": VERSION });
        if self.holds_key {
            document["key"] = self.key.to_hex().into();
        } else {
            document["key_check"] = self.key.check().into();
        }
        document["entries"] = entries.into_iter().map(Entry::write).collect();
        format!("{document:#}\n")
    }

    /// The reason of the entry that speaks of a finding. One that has expired leaves a note instead.
    pub(super) fn find(
        &self,
        candidate: &Candidate<'_>,
        today: &Date,
        notes: &mut Vec<String>,
    ) -> Option<String> {
        if self.entries.is_empty() {
            return None;
        }
        let value = self.key.value(candidate.rule, candidate.secret());
        let path = candidate.text.path;
        let mut expired = None;
        for scope in [
            Scope::Path(path.to_string()),
            Scope::Name(name_of(path)),
            Scope::Anywhere,
        ] {
            let place = self.places.get(&(value.clone(), scope));
            let Some(entry) = place.and_then(|place| self.entries.get(*place)) else {
                continue;
            };
            if entry.is_expired(today) {
                expired = entry.expires.as_ref();
                continue;
            }
            entry.is_used.store(true, Ordering::Relaxed);
            return Some(entry.reason.clone());
        }
        let expired = expired.map(|day| format!("its entry in the baseline has expired on {day}"));
        notes.extend(expired);
        None
    }

    pub(super) fn unused(&self, today: &Date, unused: &mut Vec<Unused>) {
        let unmet = self
            .entries
            .iter()
            .filter(|entry| !entry.is_used.load(Ordering::Relaxed));
        unused.extend(unmet.map(|entry| Unused {
            by: By::Baseline,
            entry: match &entry.path {
                Some(path) => format!("`{}` in `{path}`", entry.rule),
                None => format!("`{}` anywhere", entry.rule),
            },
            reason: Some(entry.reason.clone()),
            expired: entry.is_expired(today),
        }));
    }

    /// Adds an entry; of two that say the same, the one that lasts longer stays.
    fn push(&mut self, entry: Entry) {
        let own = (entry.value.clone(), entry.scope());
        if let Some(same) = self
            .places
            .get(&own)
            .and_then(|place| self.entries.get_mut(*place))
            && same.path == entry.path
        {
            if entry.outlasts(same) {
                *same = entry;
            }
            return;
        }
        let place = self.entries.len();
        let name = entry
            .path
            .as_ref()
            .map(|path| name_of(path.as_bytes().as_bstr()));
        let by_name = name.map(|name| (entry.value.clone(), Scope::Name(name)));
        for key in by_name.into_iter().chain([own]) {
            let current = self
                .places
                .get(&key)
                .and_then(|place| self.entries.get(*place));
            if current.is_none_or(|current| entry.outlasts(current)) {
                self.places.insert(key, place);
            }
        }
        self.entries.push(entry);
    }
}

/// What is found and not known, by value and name of the file: one that has moved takes its entries along, and their
/// reasons.
fn by_name<'a>(
    wanted: &HashMap<(String, Scope), &'a Item>,
) -> HashMap<(String, Scope), Vec<&'a Item>> {
    let mut moved: HashMap<(String, Scope), Vec<&Item>> = HashMap::new();
    for item in wanted.values() {
        let name = Scope::Name(name_of(item.path.as_bstr()));
        let same = moved.entry((item.value.clone(), name)).or_default();
        same.push(item);
    }
    moved
}

/// Gives the key, and whether it stands in the file.
fn read_key(table: &Map<String, Value>, handed_in: Option<Key>) -> Result<(Key, bool), Error> {
    let text = |name: &str| {
        table
            .get(name)
            .map(|value| value.as_str().unwrap_or_default())
    };
    match (text("key"), text("key_check"), handed_in) {
        (Some(digits), None, _) => {
            let bytes = unhex::<{ key::LENGTH }>(digits);
            let bytes = bytes.ok_or_else(|| Error::new("its `key` is not 64 hex digits"))?;
            Ok((Key::from_bytes(&bytes)?, true))
        }
        (None, Some(check), Some(key)) if key.check() == check => Ok((key, false)),
        (None, Some(_), Some(_)) => Err(Error::new(
            "it was written with another key than the one at hand",
        )),
        (None, Some(_), None) => Err(Error::new(
            "its key is kept in a store, and none was handed in",
        )),
        _ => Err(Error::new("it has neither `key` nor `key_check`, or both")),
    }
}
