//! `[scan]` in the JSON Schema.

use serde_json::{Value, json};

/// The table, its rules and its list of what is allowed.
pub(super) fn scan() -> Value {
    let plain = json!({ "$ref": "#/$defs/plain" });
    let plains = json!({ "type": "array", "items": plain });
    let confidence = json!({ "enum": ["low", "medium", "high"] });
    json!({
        "type": "object",
        "description": "what `nuages scan` leaves out and looks for besides",
        "additionalProperties": false,
        "properties": {
            "baseline": { "allOf": [plain], "description": "the file of known findings" },
            "config": { "allOf": [plain], "description": "a .gitleaks.toml whose rules and allowlists hold here too" },
            "exclude": { "allOf": [plains], "description": "globs of paths that are not scanned" },
            "confidence": { "allOf": [confidence], "default": "medium", "description": "the least certain finding that counts" },
            "key": {
                "type": "string",
                "pattern": r"^\$\{[\s\S]*\}$",
                "description": "the reference of the key for fingerprints and baselines"
            },
            "rules": { "type": "array", "description": "rules of your own", "items": {
                "type": "object",
                "additionalProperties": false,
                "required": ["id", "pattern"],
                "properties": {
                    "id": { "allOf": [plain], "description": "its name in reports and allowlists" },
                    "title": { "type": "string", "description": "what it finds, for people" },
                    "pattern": { "type": "string", "description": "a regular expression over bytes" },
                    "keywords": { "allOf": [plains], "description": "a file without any of these words is passed over" },
                    "group": { "type": "integer", "minimum": 0, "description": "the group of the pattern that is the secret" },
                    "entropy": { "type": "number", "minimum": 0, "maximum": 8, "description": "the least entropy of the secret, in bits a byte" },
                    "confidence": { "allOf": [confidence], "default": "high", "description": "how sure its findings are" },
                    "paths": { "allOf": [plains], "description": "globs of the paths that it is for" },
                    "remedy": { "type": "string", "description": "what to do about a finding" }
                }
            } },
            "allow": { "type": "array", "description": "what is let pass", "items": {
                "type": "object",
                "additionalProperties": false,
                "required": ["reason"],
                "anyOf": [
                    { "required": ["rule"] }, { "required": ["path"] }, { "required": ["pattern"] }, { "required": ["value"] }
                ],
                "properties": {
                    "rule": { "allOf": [plain], "description": "the rule whose findings are let pass" },
                    "path": { "allOf": [plain], "description": "a glob of the paths where they are" },
                    "pattern": { "type": "string", "description": "a regular expression that the secret matches" },
                    "value": { "allOf": [plain], "description": "the secret as its fingerprint with `[scan] key`, 64 hex digits" },
                    "reason": { "type": "string", "pattern": r"\S", "description": "why" },
                    "until": { "type": "string", "pattern": r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$", "description": "the last day that it holds" }
                }
            } }
        }
    })
}
