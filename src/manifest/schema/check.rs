//! `[check]` in the JSON Schema.

use serde_json::{Value, json};

use crate::check::ids;

/// An id of one of Django's own checks: `security.W009`.
const CHECK: &str = r"^[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*\.[CEWID][0-9]{1,5}$";

/// The table and its list of what is let pass.
pub(super) fn check() -> Value {
    let plain = json!({ "$ref": "#/$defs/plain" });
    let rules: Vec<&str> = ids().collect();
    json!({
        "type": "object",
        "description": "what `nuages check` lets pass",
        "additionalProperties": false,
        "properties": {
            "allow": { "type": "array", "description": "what is let pass", "items": {
                "type": "object",
                "additionalProperties": false,
                "required": ["rule", "reason"],
                "properties": {
                    "rule": { "anyOf": [{ "enum": rules }, { "type": "string", "pattern": CHECK }], "description": "the rule's id: `nuages check --explain ID` prints its page" },
                    "at": { "allOf": [plain], "description": "the key that it is let pass at, or one above it: `databases.reports`" },
                    "reason": { "type": "string", "pattern": r"\S", "description": "why" },
                    "until": { "type": "string", "pattern": r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$", "description": "the last day that it holds" }
                }
            } }
        }
    })
}
