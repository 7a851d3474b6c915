//! `auth` of a database in the JSON Schema, and what it does not go together with.

use serde_json::{Map, Value, json};

use super::slot;
use crate::django::{engine::ENGINES, entra::Method};

fn methods() -> Vec<&'static str> {
    Method::ALL.iter().map(|method| method.name()).collect()
}

/// A method, or a table. In a profile the table may leave the method to the layer below.
pub(super) fn auth() -> Value {
    // No blank and nothing beyond ASCII.
    let word = |what: &str| json!({ "type": "string", "pattern": "^[!-~]+$", "not": { "pattern": r"\$\{" }, "description": what });
    json!({
        "anyOf": [
            { "enum": methods() },
            {
                "type": "object",
                "additionalProperties": false,
                "properties": {
                    "method": { "enum": methods() },
                    "instance": {
                        "allOf": [{ "$ref": "#/$defs/plain" }],
                        "description": "the instance that fetches the token"
                    },
                    "client_id": word("the identity to log in as"),
                    "tenant": word("the identity's tenant")
                }
            }
        ],
        "description": "a login without a password: entra fetches a token, entra-msi has the driver fetch it"
    })
}

/// What `auth` does not go together with in one table.
pub(super) fn beside() -> Value {
    let paths = |method: Method| -> Vec<&str> {
        let engines = ENGINES.iter().filter(|engine| method.suits(engine.family));
        engines
            .flat_map(|engine| [engine.short, engine.path])
            .collect()
    };
    let engine = |method: Method| {
        let name = method.name();
        json!({
            "if": {
                "required": ["auth"],
                "properties": {
                    "auth": { "anyOf": [{ "const": name }, { "type": "object", "required": ["method"], "properties": { "method": { "const": name } } }] }
                }
            },
            "then": { "properties": { "ENGINE": slot(&json!({ "enum": paths(method) })) } }
        })
    };
    let mut rules: Vec<Value> = Method::ALL.iter().map(|method| engine(*method)).collect();
    let second: Map<String, Value> = ["url", "from", "PASSWORD", "TOKEN", "Trusted_Connection"]
        .iter()
        .map(|key| ((*key).to_owned(), json!(false)))
        .collect();
    rules.push(json!({ "if": { "required": ["auth"] }, "then": { "properties": second } }));
    json!({ "allOf": rules })
}
