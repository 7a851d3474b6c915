//! `[scan]` in the JSON Schema.

use serde_json::{Value, json};

/// The table, its rules and its list of what is allowed.
pub(super) fn scan() -> Value {
    let plain = json!({ "$ref": "#/$defs/plain" });
    let plains = json!({ "type": "array", "items": plain });
    let confidence = json!({ "enum": ["low", "medium", "high"] });
    let text = json!({ "type": "string" });
    json!({
        "type": "object",
        "description": "what `nuages scan` leaves out and looks for besides",
        "additionalProperties": false,
        "properties": {
            "baseline": { "allOf": [plain], "description": "the file of known findings" },
            "config": { "allOf": [plain], "description": "a .gitleaks.toml whose rules and allowlists hold here too" },
            "exclude": { "allOf": [plains], "description": "globs of paths that are not scanned" },
            "confidence": { "allOf": [confidence], "description": "the least certain finding that counts" },
            "key": {
                "type": "string",
                "pattern": r"^\$\{[\s\S]*\}$",
                "description": "the reference of the key for fingerprints and baselines"
            },
            "rules": { "type": "array", "items": {
                "type": "object",
                "additionalProperties": false,
                "required": ["id", "pattern"],
                "properties": {
                    "id": plain,
                    "title": text,
                    "pattern": text,
                    "keywords": plains,
                    "group": { "type": "integer", "minimum": 0 },
                    "entropy": { "type": "number", "minimum": 0, "maximum": 8 },
                    "confidence": confidence,
                    "paths": plains,
                    "remedy": text
                }
            } },
            "allow": { "type": "array", "items": {
                "type": "object",
                "additionalProperties": false,
                "required": ["reason"],
                "anyOf": [
                    { "required": ["rule"] }, { "required": ["path"] }, { "required": ["pattern"] }, { "required": ["value"] }
                ],
                "properties": {
                    "rule": plain,
                    "path": plain,
                    "pattern": text,
                    "value": plain,
                    "reason": { "type": "string", "pattern": r"\S" },
                    "until": { "type": "string", "pattern": r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$" }
                }
            } }
        }
    })
}
