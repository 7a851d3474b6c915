//! The JSON Schema of the manifest, for editors: made from the same lists that the reader uses. `tests/schema` holds
//! the two against each other, and lists what a schema cannot say.

mod auth;
mod check;
mod scan;
mod supervise;

use nuages_provider::{Descriptor, SettingKind};
use serde_json::{Map, Value, json};

use super::{Cast, SUPERVISORS, providers::REFRESH};
use crate::{
    django::{
        engine::{ENDED, ENGINES, Family, NO_ENGINES},
        keys::{KEYS, Kind, MSSQL_ONLY, TEST_KEYS},
        url::UrlStyle,
    },
    registry::{FILES_SCHEME, Registry},
    render::FORMATS,
};

/// The schema of a manifest for a program with these providers. Draft 2020-12.
#[must_use]
pub fn schema(registry: &Registry) -> Value {
    let mut properties = layer(registry);
    let mut profile = layer(registry);
    let plain = json!({ "$ref": "#/$defs/plain" });
    profile.insert(
        "extends".to_owned(),
        json!({
            "description": "profiles that this one is put on",
            "anyOf": [plain, { "type": "array", "items": plain }]
        }),
    );
    // In a profile, an instance may leave its kind to the layer below.
    profile.insert("providers".to_owned(), instances(registry, false));
    // No comma, since `NUAGES_PROFILE` separates names by commas, and no blank at an end.
    let names = json!({ "pattern": r"^([^,\s]([^,]*[^,\s])?)?$" });
    properties.insert(
        "profiles".to_owned(),
        table_of(&object(&profile), Some(&names)),
    );
    properties.insert("scan".to_owned(), scan::scan());
    properties.insert("check".to_owned(), check::check());
    let mut schema = object(&properties);
    schema["$schema"] = json!("https://json-schema.org/draft/2020-12/schema");
    schema["title"] = json!("nuages.toml");
    schema["$defs"] = definitions();
    schema
}

/// What several places share. TOML's dates are none of these types: JSON has no such value.
fn definitions() -> Value {
    let any = json!({ "$ref": "#/$defs/any" });
    let plain = json!({ "$ref": "#/$defs/plain" });
    let setting = json!({ "$ref": "#/$defs/setting" });
    json!({
        "text": { "type": "string", "description": "text; references stand in ${…}" },
        "plain": { "type": "string", "not": { "pattern": r"\$\{" }, "description": "text without references" },
        "scalar": { "type": ["string", "integer", "number", "boolean"] },
        "any": {
            "type": ["string", "integer", "number", "boolean", "array", "object"],
            "items": any,
            "additionalProperties": any
        },
        "setting": {
            "anyOf": [
                plain,
                { "type": ["integer", "number", "boolean"] },
                { "type": "array", "items": setting },
                { "type": "object", "additionalProperties": any }
            ]
        }
    })
}

/// What can name an instance.
const SCHEME: &str = "^[A-Za-z][A-Za-z0-9_-]*$";

/// What can name an environment variable.
const VARIABLE: &str = r"^[^=\u0000]+$";

/// Text that a reference stands in: `${` that no `$` before it makes a literal.
const REFERENCE: &str = r"(^|[^$])\$\{";

fn layer(registry: &Registry) -> Map<String, Value> {
    let mut properties = Map::new();
    let variables = json!({ "pattern": VARIABLE });
    // A relative path whose parts are names.
    let paths = json!({
        "pattern": r"^[^/\u0000]+(/[^/\u0000]+)*$",
        "not": { "pattern": format!(r"(^|/)\.{{1,2}}(/|$)|^{}(/|$)", SUPERVISORS.replace('.', r"\.")) }
    });
    properties.insert("providers".to_owned(), instances(registry, true));
    properties.insert("databases".to_owned(), table_of(&database(), None));
    properties.insert("env".to_owned(), table_of(&variable(), Some(&variables)));
    properties.insert("files".to_owned(), table_of(&file(), Some(&paths)));
    properties.insert("supervise".to_owned(), supervise::supervise());
    properties.insert("audit".to_owned(), supervise::audit());
    properties
}

fn object(properties: &Map<String, Value>) -> Value {
    json!({ "type": "object", "additionalProperties": false, "properties": properties })
}

/// A table whose names are free, within `names`, and whose values are alike.
fn table_of(value: &Value, names: Option<&Value>) -> Value {
    let mut table = json!({ "type": "object", "additionalProperties": value });
    if let Some(names) = names {
        table["propertyNames"] = names.clone();
    }
    table
}

/// `[providers]`. A provider's own name is for instances of that provider alone.
fn instances(registry: &Registry, needs_kind: bool) -> Value {
    let names = json!({ "pattern": SCHEME, "not": { "const": FILES_SCHEME } });
    let mut table = table_of(&instance(registry, needs_kind), Some(&names));
    let own: Map<String, Value> = registry
        .iter()
        .map(|descriptor| {
            let kind = json!({ "properties": { "kind": { "const": descriptor.scheme } } });
            (descriptor.scheme.to_owned(), kind)
        })
        .collect();
    table["allOf"] = json!([{ "properties": own }]);
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
        properties.insert(REFRESH.to_owned(), supervise::refresh());
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
        let mut branch = object(&properties);
        branch["required"] = json!(required);
        branch
    };
    let mut branches: Vec<Value> = registry.iter().map(branch).collect();
    if !needs_kind {
        branches.push(json!({
            "type": "object",
            "not": { "required": ["kind"] },
            "properties": { REFRESH: supervise::refresh() },
            "additionalProperties": { "$ref": "#/$defs/setting" }
        }));
    }
    json!({
        "type": "object",
        "properties": { "kind": { "enum": schemes, "description": "the provider" } },
        "anyOf": branches
    })
}

fn setting(kind: SettingKind) -> Value {
    match kind {
        SettingKind::Text => json!({ "allOf": [{ "$ref": "#/$defs/plain" }] }),
        SettingKind::Choice(choices) => json!({ "enum": choices }),
        SettingKind::Flag => json!({ "type": "boolean" }),
        SettingKind::Integer => json!({ "type": "integer", "minimum": 0 }),
        SettingKind::TextList => json!({ "type": "array", "items": { "$ref": "#/$defs/plain" } }),
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
    // One reference and nothing else.
    properties.insert(
        "from".to_owned(),
        json!({
            "type": "string",
            "pattern": r"^\$\{[\s\S]*\}$",
            "description": "a reference to a secret that holds the login as JSON; keys beside it override"
        }),
    );
    properties.insert(
        "url_style".to_owned(),
        json!({ "enum": styles, "default": UrlStyle::default().name(), "description": "the library whose rules the URL is read by" }),
    );
    properties.insert("auth".to_owned(), auth::auth());
    properties.insert("live".to_owned(), supervise::live());
    properties.insert("verify".to_owned(), supervise::verify());
    let known: Vec<String> = properties.keys().cloned().collect();
    let any = json!({ "$ref": "#/$defs/any" });
    let bare = json!({ "allOf": [any, { "not": { "type": "object" } }] });
    // Backends of other projects may read settings of their own, in capitals.
    let other = json!({ "anyOf": [bare, wrapped("value", &any, &Map::new())] });
    let engines = |keep: &dyn Fn(Family) -> bool| -> Vec<&str> {
        let kept = ENGINES.iter().filter(|engine| keep(engine.family));
        kept.flat_map(|engine| [engine.short, engine.path])
            .collect()
    };
    let with_engine =
        |engine: Value| json!({ "required": ["ENGINE"], "properties": { "ENGINE": engine } });
    let refused: Map<String, Value> = MSSQL_ONLY
        .iter()
        .map(|key| ((*key).to_owned(), json!(false)))
        .collect();
    json!({
        "type": "object",
        "properties": properties,
        "additionalProperties": other,
        "not": { "required": ["url", "from"] },
        "allOf": [
            auth::beside(),
            supervise::beside(),
            {
                "if": with_engine(json!({ "type": "string", "not": { "enum": engines(&|_| true) } })),
                "then": { "propertyNames": { "anyOf": [{ "enum": known }, { "pattern": "^[A-Z_]*$" }] } },
                "else": {
                    "propertyNames": { "enum": known },
                    "properties": { "TEST": { "propertyNames": { "enum": TEST_KEYS } } }
                }
            },
            {
                "if": with_engine(json!({ "enum": engines(&|family| family != Family::Mssql) })),
                "then": { "properties": refused }
            }
        ]
    })
}

/// Text in which a reference stands, or that is itself like this.
fn text_like(pattern: &str) -> Value {
    json!({ "type": "string", "pattern": format!("{REFERENCE}|^({pattern})$") })
}

/// A pattern for these words in capitals or not.
fn caseless(words: &[&str]) -> String {
    let either = |c: char| {
        if c.is_ascii_alphabetic() {
            format!("[{}{}]", c.to_ascii_uppercase(), c.to_ascii_lowercase())
        } else {
            c.to_string()
        }
    };
    let words: Vec<String> = words
        .iter()
        .map(|word| word.chars().map(either).collect())
        .collect();
    words.join("|")
}

fn database_key(kind: Kind) -> Value {
    /// 0 to 65535, zeros before it or not.
    const PORT: &str =
        "0*([0-9]{1,4}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])";
    /// A Python name, by ASCII's characters alone: those beyond are taken for letters.
    const PART: &str = r"[^\s!-@\[-^`{-~][^\s!-/:-@\[-^`{-~]*";
    let short: Vec<&str> = ENGINES.iter().map(|engine| engine.short).collect();
    let ended = ENDED.iter().filter(|name| !name.contains('.'));
    let slips: Vec<&str> = NO_ENGINES.iter().chain(ended).copied().collect();
    match kind {
        Kind::Text => slot(&json!({ "type": "string" })),
        Kind::Engine => slot(&json!({
            "anyOf": [
                { "enum": short },
                { "allOf": [text_like(&format!(r"{PART}(\.{PART})*")), { "not": { "enum": slips } }] }
            ]
        })),
        // One port, or libpq's list of them, any of them empty.
        Kind::Port => slot(&json!({
            "anyOf": [
                { "type": "integer", "minimum": 0, "maximum": 65535 },
                text_like(&format!("({PORT})?(,({PORT})?)*"))
            ]
        })),
        Kind::SecondsOrNull => slot(&json!({
            "anyOf": [
                { "type": "integer", "minimum": 0 },
                text_like(&format!("{}|[+]?[0-9]+", caseless(&["none", "null"])))
            ]
        })),
        Kind::Flag => slot(&json!({
            "anyOf": [
                { "type": "boolean" },
                text_like(&caseless(&["true", "yes", "on", "1", "false", "no", "off", "0"]))
            ]
        })),
        Kind::Options => json!({
            "type": "object",
            "propertyNames": { "not": { "enum": KEYS.iter().map(|key| key.name).collect::<Vec<_>>() } },
            "additionalProperties": { "$ref": "#/$defs/any" }
        }),
        Kind::Test => {
            let properties: Map<String, Value> = TEST_KEYS
                .iter()
                .map(|key| ((*key).to_owned(), json!({ "$ref": "#/$defs/any" })))
                .collect();
            json!({
                "type": "object",
                "properties": properties,
                "additionalProperties": { "$ref": "#/$defs/any" }
            })
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
        json!({ "type": "boolean", "default": false, "description": "left out where the secret does not exist" }),
    );
    properties.insert(
        "description".to_owned(),
        json!({ "allOf": [{ "$ref": "#/$defs/plain" }], "description": "what it is for" }),
    );
    properties.extend(more.clone());
    let mut wrapped = object(&properties);
    wrapped["required"] = json!([main]);
    wrapped
}

fn variable() -> Value {
    let names: Vec<&str> = Cast::ALL.iter().map(|(name, _)| *name).collect();
    let scalar = json!({ "$ref": "#/$defs/scalar" });
    let mut cast = Map::new();
    cast.insert(
        "as".to_owned(),
        json!({ "enum": names, "default": "str", "description": "the type of the value" }),
    );
    let mut json_cast = Map::new();
    json_cast.insert("as".to_owned(), json!({ "const": "json" }));
    let structure =
        json!({ "allOf": [{ "$ref": "#/$defs/any" }, { "type": ["array", "object"] }] });
    let mut structured = wrapped("value", &structure, &json_cast);
    structured["required"] = json!(["value", "as"]);
    let value = json!({ "$ref": "#/$defs/scalar", "description": "the value" });
    json!({ "anyOf": [scalar, wrapped("value", &value, &cast), structured] })
}

fn file() -> Value {
    let plain = json!({ "$ref": "#/$defs/plain" });
    let env = json!({
        "allOf": [plain],
        "pattern": VARIABLE,
        "description": "the variable that holds the path"
    });
    let mut more = Map::new();
    more.insert("env".to_owned(), env);
    more.insert("on_change".to_owned(), supervise::on_change());
    let text = json!({ "$ref": "#/$defs/text", "description": "what is in the file" });
    let content = wrapped("content", &text, &more);
    let formats: Vec<&str> = FORMATS.iter().map(|format| format.name()).collect();
    more.insert(
        "render".to_owned(),
        json!({ "enum": formats, "description": "all values, in this format" }),
    );
    more.insert("description".to_owned(), plain);
    let mut rendered = object(&more);
    rendered["required"] = json!(["render"]);
    json!({ "anyOf": [content, rendered] })
}
