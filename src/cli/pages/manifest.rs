//! `manifest.md`: every key of the manifest, read off the JSON Schema, which is made from the lists that the reader goes by.

use std::fmt::Write as _;

use serde_json::{Map, Value};

use super::{cell, heading};
use crate::{manifest::schema::schema, registry::Registry};

/// A part of the manifest: its heading, what is to be said of it, and the schema of its keys.
struct Part<'a> {
    title: &'a str,
    about: &'a str,
    keys: Vec<&'a Map<String, Value>>,
}

pub(super) fn page(registry: &Registry) -> String {
    let schema = schema(registry);
    let mut text = heading("The manifest");
    text.push_str(
        "\nEvery key of `nuages.toml`. [What they mean together](../manifest.md) is a page of its own, and \
         [the JSON Schema](nuages.schema.json) says the same to editors. Wherever a value is text that may hold references, and \
         at every key of a database, `{ value = …, optional = true, description = \"…\" }` may stand in place of it.\n",
    );
    for part in parts(&schema) {
        section(&mut text, &part);
    }
    text
}

fn parts(schema: &Value) -> Vec<Part<'_>> {
    let top = |name: &str| &schema["properties"][name];
    let part = |title, about, holder| Part {
        title,
        about,
        keys: tables(holder),
    };
    let item = |name: &str, list: &str| &top(name)["properties"][list]["items"];
    let about = "What is put on the manifest with `--profile NAME`: `providers`, `databases`, `env`, `files`, `supervise` and \
                 `audit` as they are above, such as `[profiles.dev.providers.secrets]`, and `extends`: the profiles that this \
                 one is put on, a name or a list of names.";
    vec![
        part(
            "[providers.NAME]",
            "An instance. Each kind has [settings of its own](providers.md) besides.",
            &Value::Null,
        )
        .with(&top("providers")["additionalProperties"]),
        part(
            "[databases.ALIAS]",
            "Django's own keys, and ours in lower case. A backend of another project may have more in capitals.",
            &top("databases")["additionalProperties"],
        ),
        part(
            "[env]",
            "`NAME = …`: text, a number or a boolean, or a table:",
            &top("env")["additionalProperties"],
        ),
        part(
            "[files.PATH]",
            "`[files.\"tls/client.key\"]`: either `content` or `render`, and what goes with it.",
            &top("files")["additionalProperties"],
        ),
        part(
            "[supervise]",
            "For `nuages exec --supervise`.",
            top("supervise"),
        ),
        part("[audit]", "", top("audit")),
        part("[profiles.NAME]", about, &Value::Null),
        part("[scan]", "", top("scan")),
        part(
            "[[scan.rules]]",
            "A rule of your own.",
            item("scan", "rules"),
        ),
        part(
            "[[scan.allow]]",
            "What is let pass: all that is named has to hold.",
            item("scan", "allow"),
        ),
        part(
            "[[check.allow]]",
            "What `nuages check` lets pass.",
            item("check", "allow"),
        ),
    ]
}

impl<'a> Part<'a> {
    /// With the keys that every kind has.
    fn with(mut self, instance: &'a Value) -> Self {
        self.keys.extend(instance["properties"].as_object());
        // All kinds have the same, and the first has it as well.
        self.keys
            .extend(instance["anyOf"][0]["properties"].as_object());
        self
    }
}

/// The tables that may stand there: one, or alternatives.
fn tables(holder: &Value) -> Vec<&Map<String, Value>> {
    let own = holder["properties"].as_object();
    let alternatives = holder["anyOf"].as_array().into_iter().flatten();
    own.into_iter()
        .chain(alternatives.filter_map(|one| one["properties"].as_object()))
        .collect()
}

fn section(text: &mut String, part: &Part<'_>) {
    // Writing to a string cannot fail.
    let _ = write!(text, "\n## {}\n", part.title);
    if !part.about.is_empty() {
        let _ = write!(text, "\n{}\n", part.about);
    }
    if part.keys.is_empty() {
        return;
    }
    text.push_str("\n| key | takes | default | is |\n|---|---|---|---|\n");
    let mut told: Vec<&str> = Vec::new();
    for (name, schema) in part.keys.iter().flat_map(|keys| keys.iter()) {
        if told.contains(&name.as_str()) {
            continue;
        }
        told.push(name);
        let meaning = schema["description"].as_str().unwrap_or_default();
        let _ = writeln!(
            text,
            "| `{name}` | {} | {} | {} |",
            cell(&takes(schema, name)),
            default(schema),
            cell(meaning)
        );
    }
}

fn default(schema: &Value) -> String {
    match &schema["default"] {
        Value::Null => String::new(),
        Value::String(text) => format!("`\"{text}\"`"),
        other => format!("`{other}`"),
    }
}

/// Lists that are long are told elsewhere.
const LONGEST_LIST: usize = 12;

/// What a value may be, in words.
fn takes(schema: &Value, name: &str) -> String {
    if let Some(words) = schema["enum"].as_array() {
        if words.len() > LONGEST_LIST {
            return match name {
                "render" => "[a format](formats.md)".to_owned(),
                "rule" => "[a rule](../rules/README.md)".to_owned(),
                _ => "one of a list".to_owned(),
            };
        }
        let words: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
        return words.join(", ");
    }
    if let Some(word) = schema.get("const") {
        return format!("`{word}`");
    }
    if let Some(path) = schema["$ref"].as_str() {
        return match path.rsplit('/').next() {
            Some("text") => "text",
            Some("plain") => "text without references",
            Some("scalar") => "text, a number or a boolean",
            _ => "any value",
        }
        .to_owned();
    }
    if let Some(all) = schema["allOf"].as_array() {
        return all.first().map(|one| takes(one, name)).unwrap_or_default();
    }
    if let Some(either) = schema["anyOf"].as_array() {
        // The table with the value and more is told once, at the top.
        let mut ways: Vec<String> = either
            .iter()
            .filter(|one| one["properties"].get("value").is_none())
            .map(|one| takes(one, name))
            .collect();
        ways.dedup();
        return ways.join(", or ");
    }
    of_type(schema, name)
}

fn of_type(schema: &Value, name: &str) -> String {
    match schema["type"].as_str() {
        Some("string") if is_reference(schema) => "one reference".to_owned(),
        Some("string") if is_period(schema) => "a period: `30s`, `5m`, `1h30m`".to_owned(),
        Some("string") => "text".to_owned(),
        Some("integer") => "a whole number".to_owned(),
        Some("number") => "a number".to_owned(),
        Some("boolean") => "`true`, `false`".to_owned(),
        Some("array") => match schema.get("items") {
            Some(items) if items.get("properties").is_none() => {
                format!("a list: {}", takes(items, name))
            }
            _ => "tables".to_owned(),
        },
        Some("object") => match schema["properties"].as_object() {
            Some(keys) if name != "TEST" => {
                let keys: Vec<&String> = keys.keys().collect();
                format!("a table: {}", crate::suggest::list(&keys))
            }
            _ => "a table".to_owned(),
        },
        _ => "any value".to_owned(),
    }
}

/// One reference and nothing around it.
fn is_reference(schema: &Value) -> bool {
    schema["pattern"]
        .as_str()
        .is_some_and(|pattern| pattern.starts_with(r"^\$\{"))
}

/// A number and a unit.
fn is_period(schema: &Value) -> bool {
    schema["pattern"]
        .as_str()
        .is_some_and(|pattern| pattern.starts_with("^([0-9]+("))
}
