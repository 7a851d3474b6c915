//! How values are kept fresh, and the audit log, in the JSON Schema.

use serde_json::{Map, Value, json};

use crate::{
    django::engine::{ENGINES, Family},
    manifest::supervise::{SIGNALS, UNITS, reactions},
    plan::Upkeep,
};

/// A number and a unit, once or more. How long it may be, a schema cannot say.
fn period(what: &str) -> Value {
    let units: Vec<&str> = UNITS.iter().map(|(name, _)| *name).collect();
    json!({
        "type": "string",
        "pattern": format!("^([0-9]+({}))+$", units.join("|")),
        "description": what
    })
}

/// `refresh` of an instance.
pub(super) fn refresh() -> Value {
    period("how often its values are looked at again under --supervise: 30s, 5m, 1h")
}

/// `on_change` of a file and of `[supervise]`.
pub(super) fn on_change() -> Value {
    // A signal's whole name is read as well.
    let long = SIGNALS.iter().map(|(name, _)| format!("signal:SIG{name}"));
    let words: Vec<String> = reactions().into_iter().chain(long).collect();
    json!({ "enum": words, "description": "what the command is told of a change" })
}

pub(super) fn supervise() -> Value {
    let default = Upkeep::default();
    let mut reaction = on_change();
    reaction["default"] = json!("none");
    let mut settle = period("how long a change waits for others, so that they make one restart");
    settle["default"] = json!(format!("{}s", default.settle.as_secs()));
    let mut jitter =
        period("a restart waits up to this long besides, so that a fleet does not restart at once");
    jitter["default"] = json!(format!("{}s", default.jitter.as_secs()));
    let mut properties = Map::new();
    properties.insert("on_change".to_owned(), reaction);
    properties.insert("settle".to_owned(), settle);
    properties.insert("jitter".to_owned(), jitter);
    super::object(&properties)
}

pub(super) fn audit() -> Value {
    let mut properties = Map::new();
    properties.insert(
        "path".to_owned(),
        json!({
            "allOf": [{ "$ref": "#/$defs/plain" }],
            "pattern": r"^[^\u0000]+$",
            "description": "the file that is told of every read, refresh and swap; from the manifest's directory"
        }),
    );
    let mut audit = super::object(&properties);
    audit["required"] = json!(["path"]);
    audit
}

/// `live` of a database.
pub(super) fn live() -> Value {
    json!({
        "enum": [true, false, "pymysql"],
        "default": false,
        "description": "whether the driver reads a new password without a restart, under --supervise"
    })
}

/// `verify` of a database.
pub(super) fn verify() -> Value {
    let plain = json!({ "$ref": "#/$defs/plain" });
    json!({
        "anyOf": [
            { "enum": ["connect", "none"] },
            {
                "type": "object",
                "additionalProperties": false,
                "required": ["command"],
                "properties": {
                    "command": {
                        "type": "array",
                        "minItems": 1,
                        "prefixItems": [{ "allOf": [plain], "minLength": 1 }],
                        "items": plain,
                        "description": "the program and its arguments"
                    }
                }
            }
        ],
        "default": "none",
        "description": "how a new value is tried before it takes the place of the old"
    })
}

/// What `live` does not go together with in one table.
pub(super) fn beside() -> Value {
    let engines = |families: &[Family]| -> Vec<&str> {
        let kept = ENGINES
            .iter()
            .filter(|engine| families.contains(&engine.family));
        kept.flat_map(|engine| [engine.short, engine.path])
            .collect()
    };
    let rule = |families: &[Family], live: Value| {
        let engine = super::slot(&json!({ "enum": engines(families) }));
        json!({
            "if": { "required": ["ENGINE"], "properties": { "ENGINE": engine } },
            "then": { "properties": { "live": live } }
        })
    };
    json!({
        "allOf": [
            rule(&[Family::Sqlite, Family::Oracle], json!({ "const": false })),
            rule(&[Family::Postgresql, Family::Mssql], json!({ "enum": [true, false] }))
        ]
    })
}
