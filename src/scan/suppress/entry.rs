//! One entry of a baseline: a finding that is known.

use std::sync::atomic::AtomicBool;

use gix::bstr::{BStr, ByteSlice as _};
use serde_json::{Map, Value, json};

use super::{
    Date, Error,
    baseline::{Item, Stamp},
    unhex,
};
use crate::scan::text::file_name;

/// Where an entry counts.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) enum Scope {
    Path(String),
    Name(String),
    Anywhere,
}

/// One known finding.
pub(super) struct Entry {
    pub(super) rule: String,
    pub(super) value: String,
    pub(super) path: Option<String>,
    pub(super) reason: String,
    pub(super) added: Date,
    pub(super) by: Option<String>,
    pub(super) expires: Option<Date>,
    pub(super) is_used: AtomicBool,
}

impl Entry {
    pub(super) fn new(item: &Item, stamp: &Stamp<'_>) -> Self {
        Self {
            rule: item.rule.clone(),
            value: item.value.clone(),
            path: Some(item.path.to_string()),
            reason: stamp.reason.to_owned(),
            added: stamp.added.clone(),
            by: stamp.by.map(str::to_owned),
            expires: stamp.expires.cloned(),
            is_used: AtomicBool::new(false),
        }
    }

    pub(super) fn read(entry: &Value, place: &str) -> Result<Self, Error> {
        let wrong = |what: &str| Error::new(format!("{place}: {what}"));
        let table = entry.as_object().ok_or_else(|| wrong("this is no table"))?;
        known_keys(
            table,
            &["rule", "value", "path", "reason", "added", "by", "expires"],
            place,
        )?;
        let maybe = |name: &str| match table.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(_) => Err(wrong(&format!("`{name}` is no text"))),
        };
        let needed = |name: &str| maybe(name)?.ok_or_else(|| wrong(&format!("it has no `{name}`")));
        let date = |text: String| Date::parse(&text).map_err(|error| wrong(&error.message));
        let value = needed("value")?;
        if unhex::<32>(&value).is_none() {
            return Err(wrong("its `value` is not 64 hex digits"));
        }
        Ok(Self {
            rule: needed("rule")?,
            value: value.to_ascii_lowercase(),
            path: maybe("path")?,
            reason: needed("reason")?,
            added: date(needed("added")?)?,
            by: maybe("by")?,
            expires: maybe("expires")?.map(date).transpose()?,
            is_used: AtomicBool::new(false),
        })
    }

    pub(super) fn write(&self) -> Value {
        let mut entry = json!({ "rule": self.rule, "value": self.value });
        let path = self.path.as_ref();
        let texts = [
            ("path", path.cloned()),
            ("reason", Some(self.reason.clone())),
            ("added", Some(self.added.to_string())),
            ("by", self.by.clone()),
            ("expires", self.expires.as_ref().map(Date::to_string)),
        ];
        for (name, text) in texts {
            if let Some(text) = text {
                entry[name] = text.into();
            }
        }
        entry
    }

    pub(super) fn scope(&self) -> Scope {
        self.path.clone().map_or(Scope::Anywhere, Scope::Path)
    }

    pub(super) fn outlasts(&self, other: &Self) -> bool {
        match (&self.expires, &other.expires) {
            (_, None) => false,
            (None, Some(_)) => true,
            (Some(own), Some(other)) => own > other,
        }
    }

    pub(super) fn is_expired(&self, today: &Date) -> bool {
        self.expires.as_ref().is_some_and(|last| last < today)
    }
}

pub(super) fn name_of(path: &BStr) -> String {
    file_name(path).to_str_lossy().into_owned()
}

/// A mistyped `expires` would keep a finding quiet for ever.
pub(super) fn known_keys(
    table: &Map<String, Value>,
    known: &[&str],
    place: &str,
) -> Result<(), Error> {
    match table.keys().find(|key| !known.contains(&key.as_str())) {
        None => Ok(()),
        Some(key) => {
            let key: String = key.chars().take(40).flat_map(char::escape_debug).collect();
            Err(Error::new(format!("{place} has no key `{key}`")))
        }
    }
}
