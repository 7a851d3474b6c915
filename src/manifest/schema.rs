//! The JSON Schema of the manifest, for editors: made from the same lists that the reader uses.

use nuages_provider::{Descriptor, SettingKind};
use serde_json::{Map, Value, json};

use super::Cast;
use crate::{
    django::{
        engine::ENGINES,
        keys::{KEYS, Kind, TEST_KEYS},
        url::UrlStyle,
    },
    registry::Registry,
};

/// The schema of a manifest for a program with these providers. Draft 2020-12.
#[must_use]
pub fn schema(registry: &Registry) -> Value {
    let mut properties = layer(registry);
    let mut profile = layer(registry);
    profile.insert(
        "extends".to_owned(),
        json!({
            "description": "profiles that this one is put on",
            "oneOf": [{ "type": "string" }, { "type": "array", "items": { "type": "string" } }]
        }),
    );
    // In a profile, an instance may leave its kind to the layer below.
    profile.insert(
        "providers".to_owned(),
        table_of(&instance(registry, false), Some(SCHEME)),
    );
    properties.insert(
        "profiles".to_owned(),
        table_of(&object(profile), Some("^[^,]*$")),
    );
    let mut schema = object(properties);
    schema["$schema"] = json!("https://json-schema.org/draft/2020-12/schema");
    schema["title"] = json!("nuages.toml");
    schema["$defs"] = json!({
        "text": { "type": "string", "description": "text; references stand in ${…}" },
        "scalar": { "type": ["string", "integer", "number", "boolean"] },
    });
    schema
}

/// What can name an instance.
const SCHEME: &str = "^[A-Za-z][A-Za-z0-9_-]*$";

fn layer(registry: &Registry) -> Map<String, Value> {
    let mut properties = Map::new();
    properties.insert(
        "providers".to_owned(),
        table_of(&instance(registry, true), Some(SCHEME)),
    );
    properties.insert("databases".to_owned(), table_of(&database(), None));
    properties.insert("env".to_owned(), table_of(&variable(), Some("^[^=]+$")));
    properties.insert("files".to_owned(), table_of(&file(), Some("^[^/]")));
    properties
}

fn object(properties: Map<String, Value>) -> Value {
    json!({ "type": "object", "additionalProperties": false, "properties": properties })
}

/// A table whose names are free and whose values are alike.
fn table_of(value: &Value, names: Option<&str>) -> Value {
    let mut table = json!({ "type": "object", "additionalProperties": value });
    if let Some(pattern) = names {
        table["propertyNames"] = json!({ "pattern": pattern });
    }
    table
}

/// One branch a kind, so that an editor offers the settings of the kind that was chosen.
fn instance(registry: &Registry, needs_kind: bool) -> Value {
    let schemes: Vec<&str> = registry
        .iter()
        .map(|descriptor| descriptor.scheme)
        .collect();
    let branch = |descriptor: &Descriptor| {
        let mut properties = Map::new();
        properties.insert(
            "kind".to_owned(),
            json!({ "const": descriptor.scheme, "description": descriptor.summary }),
        );
        for spec in descriptor.settings {
            let mut value = setting(spec.kind);
            value["description"] = json!(spec.summary);
            properties.insert(spec.name.to_owned(), value);
        }
        let required: Vec<&str> = descriptor
            .settings
            .iter()
            .filter(|spec| spec.required)
            .map(|spec| spec.name)
            .chain(["kind"])
            .collect();
        let mut branch = object(properties);
        branch["required"] = json!(required);
        branch
    };
    let mut branches: Vec<Value> = registry.iter().map(branch).collect();
    if !needs_kind {
        branches.push(json!({ "type": "object", "not": { "required": ["kind"] } }));
    }
    json!({
        "type": "object",
        "properties": { "kind": { "enum": schemes, "description": "the provider" } },
        "anyOf": branches
    })
}

fn setting(kind: SettingKind) -> Value {
    match kind {
        SettingKind::Text => json!({ "type": "string" }),
        SettingKind::Choice(choices) => json!({ "enum": choices }),
        SettingKind::Flag => json!({ "type": "boolean" }),
        SettingKind::Integer => json!({ "type": "integer", "minimum": 0 }),
        SettingKind::TextList => json!({ "type": "array", "items": { "type": "string" } }),
    }
}

fn database() -> Value {
    let mut properties = Map::new();
    for key in KEYS {
        let mut value = database_key(key.kind);
        value["description"] = json!(key.summary);
        properties.insert(key.name.to_owned(), value);
    }
    let styles: Vec<&str> = UrlStyle::ALL.iter().map(|style| style.name()).collect();
    properties.insert(
        "url".to_owned(),
        json!({ "type": "string", "description": "a database URL; keys beside it override" }),
    );
    properties.insert(
        "url_style".to_owned(),
        json!({ "enum": styles, "description": "the library whose rules the URL is read by" }),
    );
    // Backends of other projects may read settings of their own, in capitals.
    json!({
        "type": "object",
        "properties": properties,
        "patternProperties": { "^[A-Z_]+$": true },
        "additionalProperties": false
    })
}

fn database_key(kind: Kind) -> Value {
    let short: Vec<&str> = ENGINES.iter().map(|engine| engine.short).collect();
    match kind {
        Kind::Text => slot(&json!({ "type": "string" })),
        Kind::Engine => slot(&json!({
            "anyOf": [{ "enum": short }, { "type": "string", "pattern": r"^(.*\$\{.*|[^.\s]+(\.[^.\s]+)+)$" }]
        })),
        Kind::Port => {
            slot(&json!({ "type": ["integer", "string"], "minimum": 0, "maximum": 65535 }))
        }
        Kind::SecondsOrNull => slot(&json!({ "type": ["integer", "string"], "minimum": 0 })),
        Kind::Flag => slot(&json!({ "type": ["boolean", "string"] })),
        Kind::Options => json!({
            "type": "object",
            "propertyNames": { "not": { "enum": KEYS.iter().map(|key| key.name).collect::<Vec<_>>() } }
        }),
        Kind::Test => {
            let properties: Map<String, Value> = TEST_KEYS
                .iter()
                .map(|key| ((*key).to_owned(), json!(true)))
                .collect();
            json!({ "type": "object", "properties": properties })
        }
    }
}

/// A value, or `{ value = …, optional = … }`.
fn slot(value: &Value) -> Value {
    json!({ "anyOf": [value, wrapped("value", value, &Map::new())] })
}

fn wrapped(main: &str, value: &Value, more: &Map<String, Value>) -> Value {
    let mut properties = Map::new();
    properties.insert(main.to_owned(), value.clone());
    properties.insert(
        "optional".to_owned(),
        json!({ "type": "boolean", "description": "left out where the secret does not exist" }),
    );
    properties.insert(
        "description".to_owned(),
        json!({ "type": "string", "description": "what it is for" }),
    );
    properties.extend(more.clone());
    let mut wrapped = object(properties);
    wrapped["required"] = json!([main]);
    wrapped
}

fn variable() -> Value {
    let names: Vec<&str> = Cast::ALL.iter().map(|(name, _)| *name).collect();
    let scalar = json!({ "$ref": "#/$defs/scalar" });
    let mut cast = Map::new();
    cast.insert(
        "as".to_owned(),
        json!({ "enum": names, "description": "the type of the value" }),
    );
    let mut json_cast = Map::new();
    json_cast.insert("as".to_owned(), json!({ "const": "json" }));
    let mut structured = wrapped("value", &json!({ "type": ["array", "object"] }), &json_cast);
    structured["required"] = json!(["value", "as"]);
    json!({ "anyOf": [scalar, wrapped("value", &scalar, &cast), structured] })
}

fn file() -> Value {
    let mut env = Map::new();
    env.insert(
        "env".to_owned(),
        json!({ "type": "string", "pattern": "^[^=]+$", "description": "the variable that holds the path" }),
    );
    wrapped("content", &json!({ "$ref": "#/$defs/text" }), &env)
}
