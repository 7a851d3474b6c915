//! Setting, changing, deleting and recovering secrets.

use serde_json::{Value, json};

use super::answers::{bad_parameter, deleted_not_found, not_found, recoverable};
use super::{Entry, SecretSetup, Store};
use crate::exchange::{Answer, Ask};

/// The largest value that Key Vault takes, in bytes.
const LARGEST: usize = 25 * 1024;
/// How long a deleted secret can be recovered, in seconds.
const RECOVERABLE: i64 = 90 * 86_400;

/// `PUT /secrets/{name}`: a new version.
pub(super) fn set(store: &mut Store, ask: &Ask, name: &str, now: i64) -> Answer {
    let body = ask.json();
    let Some(value) = body.get("value").and_then(Value::as_str) else {
        return bad_parameter("Property value is missing or no text.");
    };
    if value.len() > LARGEST {
        return bad_parameter("The secret value must be 25KB or less.");
    }
    if store.deleted.contains_key(name) {
        return recoverable(name);
    }
    let mut setup = SecretSetup::default();
    change(&mut setup, &body);
    let id = store.set(name, value, setup, now);
    bundle(store, ask, name, &id, true)
}

/// `PATCH /secrets/{name}/{version}`: everything but the value.
pub(super) fn update(store: &mut Store, ask: &Ask, name: &str, version: &str, now: i64) -> Answer {
    let found = store.secrets.get_mut(name).and_then(|entry| {
        let versions = &mut entry.versions;
        if version.is_empty() {
            versions.last_mut()
        } else {
            versions.iter_mut().find(|each| each.id == version)
        }
    });
    let Some(found) = found else {
        return not_found(name, version);
    };
    change(&mut found.setup, &ask.json());
    found.updated = now;
    let id = found.id.clone();
    bundle(store, ask, name, &id, false)
}

/// `DELETE /secrets/{name}`
pub(super) fn delete(store: &mut Store, ask: &Ask, name: &str, now: i64) -> Answer {
    if store
        .secrets
        .get(name)
        .is_none_or(|entry| entry.versions.is_empty())
    {
        return not_found(name, "");
    }
    store.delete(name, now);
    deleted(store, ask, name)
}

/// `GET /deletedsecrets/{name}`
pub(super) fn deleted(store: &Store, ask: &Ask, name: &str) -> Answer {
    let found = store.deleted.get(name);
    let Some((version, when)) = found.and_then(|(entry, when)| Some((entry.version("")?, *when)))
    else {
        return deleted_not_found(name);
    };
    let mut body = version.item(&id(ask, name, &version.id));
    body["recoveryId"] = json!(format!("{}/deletedsecrets/{name}", ask.origin()));
    body["deletedDate"] = json!(when);
    body["scheduledPurgeDate"] = json!(when + RECOVERABLE);
    Answer::json(200, &body)
}

/// `POST /deletedsecrets/{name}/recover`
pub(super) fn recover(store: &mut Store, ask: &Ask, name: &str) -> Answer {
    let Some((entry, _)) = store.deleted.remove(name) else {
        return deleted_not_found(name);
    };
    let version = newest(&entry);
    store.secrets.insert(name.to_owned(), entry);
    bundle(store, ask, name, &version, false)
}

/// `DELETE /deletedsecrets/{name}`
pub(super) fn purge(store: &mut Store, name: &str) -> Answer {
    if store.deleted.remove(name).is_none() {
        return deleted_not_found(name);
    }
    Answer::empty(204)
}

/// One version as it is answered, with its value or without.
pub(super) fn bundle(store: &Store, ask: &Ask, name: &str, version: &str, value: bool) -> Answer {
    let entry = store.secrets.get(name);
    let Some(found) = entry.and_then(|entry| entry.version(version)) else {
        return not_found(name, version);
    };
    let mut body = found.item(&id(ask, name, &found.id));
    if value {
        body["value"] = json!(found.value);
    }
    Answer::json(200, &body)
}

fn id(ask: &Ask, name: &str, version: &str) -> String {
    format!("{}/secrets/{name}/{version}", ask.origin())
}

fn newest(entry: &Entry) -> String {
    entry
        .version("")
        .map(|version| version.id.clone())
        .unwrap_or_default()
}

/// Takes over what the body of a request says, and leaves the rest as it is.
fn change(setup: &mut SecretSetup, body: &Value) {
    if let Some(kind) = body.get("contentType").and_then(Value::as_str) {
        setup.content_type = Some(kind.to_owned());
    }
    if let Some(tags) = body.get("tags").and_then(Value::as_object) {
        setup.tags = tags
            .iter()
            .filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned())))
            .collect();
    }
    let Some(attributes) = body.get("attributes") else {
        return;
    };
    if let Some(enabled) = attributes.get("enabled").and_then(Value::as_bool) {
        setup.disabled = !enabled;
    }
    let time = |name: &str| attributes.get(name).and_then(Value::as_i64);
    setup.not_before = time("nbf").or(setup.not_before);
    setup.expires = time("exp").or(setup.expires);
}
