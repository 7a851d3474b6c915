//! What a vault holds, and how a test fills it. The requests are answered in `vault::requests`.

mod answers;
mod changes;
mod guard;
mod handle;
mod lists;
mod requests;

pub(crate) use guard::guard;
pub use handle::Vault;
pub(crate) use requests::{answer, operation};

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::random;

/// Why Key Vault says 403, by the code it gives in `error.innererror`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Denied {
    /// The vault has access policies, and none lets the caller do this.
    ByPolicy,
    /// The vault uses role assignments, and none lets the caller do this.
    ByRbac,
    /// The network rules of the vault keep the caller's address out.
    ByFirewall,
}

/// What a secret is like, beside its value. `SecretSetup::default()` is an enabled one of plain text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SecretSetup {
    /// Such as `text/plain`; Key Vault passes it on without a meaning.
    pub content_type: Option<String>,
    /// Names and values.
    pub tags: Vec<(String, String)>,
    /// Whether reading is refused with `SecretDisabled`.
    pub disabled: bool,
    /// `nbf`, in seconds since 1970. Reading works before, as Key Vault documents it.
    pub not_before: Option<i64>,
    /// `exp`, in seconds since 1970. Reading works after, as Key Vault documents it.
    pub expires: Option<i64>,
}

/// One version of a secret.
#[derive(Clone)]
pub(super) struct Version {
    id: String,
    value: String,
    setup: SecretSetup,
    created: i64,
    updated: i64,
}

/// A secret with its versions, oldest first.
#[derive(Clone, Default)]
pub(super) struct Entry {
    versions: Vec<Version>,
    denied: Option<Denied>,
}

impl Entry {
    /// The version of this id, or the newest for an empty one.
    fn version(&self, id: &str) -> Option<&Version> {
        if id.is_empty() {
            self.versions.last()
        } else {
            self.versions.iter().find(|version| version.id == id)
        }
    }
}

/// A vault: who may use it, what it says to those without a token, and its secrets.
pub(crate) struct Store {
    pub(crate) tenant: String,
    pub(crate) challenge: Challenge,
    pub(crate) denied: Option<Denied>,
    /// Object ids that are let in; all of the tenant when there are none.
    pub(crate) admitted: Vec<String>,
    secrets: BTreeMap<String, Entry>,
    deleted: BTreeMap<String, (Entry, i64)>,
}

/// What the header `WWW-Authenticate` of a 401 says.
#[derive(Clone, Default)]
pub(crate) struct Challenge {
    pub(crate) missing: bool,
    pub(crate) tenant: Option<String>,
    pub(crate) authority: Option<String>,
    pub(crate) resource: Option<String>,
}

impl Store {
    pub(crate) fn new(tenant: &str) -> Self {
        Self {
            tenant: tenant.to_owned(),
            challenge: Challenge::default(),
            denied: None,
            admitted: Vec::new(),
            secrets: BTreeMap::new(),
            deleted: BTreeMap::new(),
        }
    }

    /// Adds a version, and returns its id.
    pub(crate) fn set(&mut self, name: &str, value: &str, setup: SecretSetup, now: i64) -> String {
        let id = random::hex::<16>();
        self.secrets
            .entry(name.to_owned())
            .or_default()
            .versions
            .push(Version {
                id: id.clone(),
                value: value.to_owned(),
                setup,
                created: now,
                updated: now,
            });
        id
    }

    /// Says 403 for one secret, whether it exists or not.
    pub(crate) fn deny(&mut self, name: &str, denied: Denied) {
        self.secrets.entry(name.to_owned()).or_default().denied = Some(denied);
    }

    /// Deletes a secret in such a way that it can be recovered. Whether there was one.
    pub(crate) fn delete(&mut self, name: &str, now: i64) -> bool {
        let Some(entry) = self.secrets.remove(name) else {
            return false;
        };
        self.deleted.insert(name.to_owned(), (entry, now));
        true
    }

    /// A name as it was written when the secret was made; names that differ in their case alone are the same.
    fn spelling(&self, name: &str) -> String {
        let mut names = self.secrets.keys().chain(self.deleted.keys());
        names
            .find(|known| known.eq_ignore_ascii_case(name))
            .cloned()
            .unwrap_or_else(|| name.to_owned())
    }

    /// The value of the newest version.
    pub(crate) fn value(&self, name: &str) -> Option<String> {
        let version = self.secrets.get(name)?.versions.last()?;
        Some(version.value.clone())
    }
}

impl Version {
    /// The attributes as every answer has them.
    fn attributes(&self) -> Value {
        let mut attributes = json!({
            "enabled": !self.setup.disabled,
            "created": self.created,
            "updated": self.updated,
            "recoveryLevel": "Recoverable+Purgeable",
            "recoverableDays": 90,
        });
        if let Some(time) = self.setup.not_before {
            attributes["nbf"] = json!(time);
        }
        if let Some(time) = self.setup.expires {
            attributes["exp"] = json!(time);
        }
        attributes
    }

    /// The bundle without its value.
    fn item(&self, id: &str) -> Value {
        let tags: Map<String, Value> = self
            .setup
            .tags
            .iter()
            .map(|(name, value)| (name.clone(), json!(value)))
            .collect();
        let mut item = json!({ "id": id, "attributes": self.attributes(), "tags": tags });
        if let Some(kind) = &self.setup.content_type {
            item["contentType"] = json!(kind);
        }
        item
    }
}
