//! The requests that a vault answers: `secrets` and `deletedsecrets` of the REST API.

use serde_json::json;

use super::answers::{bad_parameter, disabled, method_not_allowed, not_found};
use super::guard::permission;
use super::{Store, changes, lists};
use crate::exchange::{Answer, Ask};
use crate::lock;
use crate::world::Shared;

/// The versions of the API that were released; previews of any are taken as well.
const VERSIONS: &[&str] = &[
    "2015-06-01",
    "2016-10-01",
    "7.0",
    "7.1",
    "7.2",
    "7.3",
    "7.4",
    "7.5",
    "7.6",
    "2025-06-01",
    "2025-07-01",
    "2026-04-01",
];

/// Whether the vault is there.
pub(super) const HEALTH: &str = "vault.health";

/// What a request to a vault is for; the path may be any.
pub(crate) fn operation(ask: &Ask) -> &'static str {
    let segments = ask.segments();
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    match (ask.method.as_str(), segments.as_slice()) {
        ("GET" | "HEAD", ["healthstatus"]) => HEALTH,
        ("GET", ["secrets"]) => "vault.list",
        ("GET", ["secrets", _, "versions"]) => "vault.versions",
        ("GET", ["secrets", _] | ["secrets", _, _]) => "vault.get",
        ("PUT", ["secrets", _]) => "vault.set",
        ("PATCH", ["secrets", _] | ["secrets", _, _]) => "vault.update",
        ("DELETE", ["secrets", _]) => "vault.delete",
        ("GET", ["deletedsecrets", _]) => "vault.deleted",
        ("POST", ["deletedsecrets", _, "recover"]) => "vault.recover",
        ("DELETE", ["deletedsecrets", _]) => "vault.purge",
        _ => "vault.unknown",
    }
}

/// Answers a request whose token is good.
pub(crate) fn answer(shared: &Shared, ask: &Ask, operation: &str) -> Answer {
    if operation == HEALTH {
        return Answer::json(200, &json!({"message": "OK"}));
    }
    let segments = ask.segments();
    let name = segments.get(1).map_or("", String::as_str);
    let version = segments.get(2).map_or("", String::as_str);
    if let Some(refusal) = fault(ask, &segments) {
        return refusal;
    }
    let mut world = lock(&shared.world);
    let Some(store) = world.vaults.get_mut(&ask.host) else {
        return method_not_allowed();
    };
    let name = &store.spelling(name);
    if let Err(refusal) = permission(store, ask, name, verb(operation)) {
        return refusal;
    }
    let now = shared.clock.now();
    match operation {
        "vault.list" => lists::secrets(store, ask),
        "vault.versions" => lists::versions(store.secrets.get(name), ask, name),
        "vault.get" => get(store, ask, name, version),
        "vault.set" => changes::set(store, ask, name, now),
        "vault.update" => changes::update(store, ask, name, version, now),
        "vault.delete" => changes::delete(store, ask, name, now),
        "vault.deleted" => changes::deleted(store, ask, name),
        "vault.recover" => changes::recover(store, ask, name),
        "vault.purge" => changes::purge(store, name),
        _ => method_not_allowed(),
    }
}

fn get(store: &Store, ask: &Ask, name: &str, version: &str) -> Answer {
    let entry = store.secrets.get(name);
    match entry.and_then(|entry| entry.version(version)) {
        None => not_found(name, version),
        Some(found) if found.setup.disabled => disabled("get"),
        // One that is expired or not yet valid is given all the same: both dates are for information.
        Some(found) => changes::bundle(store, ask, name, &found.id, true),
    }
}

/// What is wrong with a request whoever sends it.
fn fault(ask: &Ask, segments: &[String]) -> Option<Answer> {
    let Some(version) = ask.parameter("api-version") else {
        return Some(bad_parameter("api-version must be specified"));
    };
    if !VERSIONS.contains(&version.as_str()) && !version.contains("-preview") {
        let latest = VERSIONS.last().copied().unwrap_or_default();
        return Some(bad_parameter(&format!(
            "The specified version ({version}) is not recognized. Consider using the latest supported version ({latest})."
        )));
    }
    let name = segments.get(1)?;
    let valid = (1..=127).contains(&name.len())
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    (!valid).then(|| bad_parameter(&format!("The request URI contains an invalid name: {name}")))
}

/// What Key Vault calls the permission that an operation takes.
fn verb(operation: &str) -> &'static str {
    match operation {
        "vault.list" | "vault.versions" => "list",
        "vault.set" | "vault.update" => "set",
        "vault.delete" => "delete",
        "vault.recover" => "recover",
        "vault.purge" => "purge",
        _ => "get",
    }
}
