//! Properties that need no other program: shapes, escapes, masks and silence, for any document proptest can think of.

use nuages::render::{Document, FORMATS, Unrepresentable, env_text, format, masked};
use nuages::value::{Table, Text, Value};
use proptest::prelude::*;

const SECRET: &str = "s3cr3t-that-nobody-may-see";

fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        proptest::collection::vec(any::<char>(), 0..20).prop_map(String::from_iter),
        "[ -~]{0,30}",
        "[\\n\\r'\"\\\\$\\{\\}#= a-c]{0,30}",
    ]
}

fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        any::<i64>().prop_map(|number| Value::Integer(number.into())),
        any_text().prop_map(Value::plain),
        any_text().prop_map(|text| Value::Text(Text::secret(text))),
    ];
    leaf.prop_recursive(3, 20, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::List),
            proptest::collection::vec((any_text(), inner), 0..4)
                .prop_map(|entries| Value::Table(entries.into_iter().collect())),
        ]
    })
}

fn any_document() -> impl Strategy<Value = Document> {
    let table =
        proptest::collection::vec((any_text(), any_value()), 0..3).prop_map(Table::from_iter);
    let alias = ("[a-z]{1,8}", table).prop_map(|(name, table)| (name, Value::Table(table)));
    let name = prop_oneof![9 => "[A-Za-z]{2}[A-Za-z0-9]{0,8}".prop_map(|name| format!("N_{name}")), 1 => any_text()];
    let env = proptest::collection::vec((name, any_value()), 0..4);
    (proptest::collection::vec(alias, 0..3), env).prop_map(|(databases, env)| Document {
        databases: databases.into_iter().collect(),
        env: env.into_iter().collect(),
    })
}

fn render(name: &str, document: &Document) -> Result<String, Vec<Unrepresentable>> {
    let bytes = format(name).unwrap().render(document)?;
    Ok(String::from_utf8(bytes.to_vec()).unwrap())
}

fn variables(document: &Document) -> usize {
    document.env.len() + usize::from(!document.databases.is_empty())
}

fn is_ascii_object(text: &str) -> bool {
    text.is_ascii() && text.ends_with("}\n")
}

/// What json-env may hold: the characters its strings keep, and JSON's own.
fn is_safe(character: char) -> bool {
    character.is_ascii_alphanumeric() || "!%*+,-./:=?@[]^_{}\"\\".contains(character)
}

/// Whether `value` is what the tree of another JSON library holds, kinds included.
fn is_same(value: &Value, json: &serde_json::Value) -> bool {
    match (value, json) {
        (Value::Null, serde_json::Value::Null) => true,
        (Value::Bool(one), serde_json::Value::Bool(other)) => one == other,
        (Value::Integer(one), other) => other.as_i64().map(i128::from) == Some(*one),
        (Value::Text(one), serde_json::Value::String(other)) => one.expose() == other,
        (Value::List(one), serde_json::Value::Array(other)) => {
            one.len() == other.len()
                && one
                    .iter()
                    .zip(other)
                    .all(|(one, other)| is_same(one, other))
        }
        (Value::Table(one), serde_json::Value::Object(other)) => {
            one.len() == other.len()
                && one
                    .iter()
                    .zip(other)
                    .all(|(one, other)| one.0 == other.0 && is_same(one.1, other.1))
        }
        _ => false,
    }
}

/// Reads `export NAME='…'` lines by the letter of POSIX: in single quotes everything is itself, outside them a backslash
/// quotes the next character, and nothing else is expected outside them. `None` for anything else.
fn read_exports(script: &str) -> Option<Vec<(String, String)>> {
    let mut seen = Vec::new();
    let mut rest = script;
    while !rest.is_empty() {
        let (name, after) = rest.strip_prefix("export ")?.split_once('=')?;
        let mut text = String::new();
        let mut characters = after.char_indices();
        loop {
            match characters.next()?.1 {
                '\'' => loop {
                    match characters.next()?.1 {
                        '\'' => break,
                        inside => text.push(inside),
                    }
                },
                '\\' => text.push(characters.next()?.1),
                '\n' => break,
                _ => return None,
            }
        }
        seen.push((name.to_owned(), text));
        rest = &after[characters.offset()..];
    }
    Some(seen)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(600) })]

    #[test]
    fn json_holds_every_document(document in any_document()) {
        prop_assume!(document.env.get("DATABASES").is_none());
        let databases = render("databases-json", &document).unwrap();
        prop_assert!(is_ascii_object(&databases));
        prop_assert!(is_same(&Value::Table(document.databases.clone()), &serde_json::from_str(&databases).unwrap()));

        let everything = render("json", &document).unwrap();
        prop_assert!(is_ascii_object(&everything));
        let mut meant = Table::new();
        if !document.databases.is_empty() {
            meant.insert("DATABASES", Value::Table(document.databases.clone()));
        }
        for (name, value) in document.env.iter() {
            meant.insert(name, value.clone());
        }
        prop_assert!(is_same(&Value::Table(meant), &serde_json::from_str(&everything).unwrap()));
    }

    #[test]
    fn json_env_is_one_line_of_the_safe_alphabet(document in any_document()) {
        let line = render("json-env", &document).unwrap();
        let json = line.strip_prefix("DATABASES='").and_then(|rest| rest.strip_suffix("'\n")).unwrap();
        prop_assert!(json.chars().all(is_safe));
        prop_assert!(is_same(&Value::Table(document.databases), &serde_json::from_str(json).unwrap()));
    }

    #[test]
    fn a_variable_is_a_line_and_a_line_is_a_variable(document in any_document()) {
        for name in ["dotenv", "docker"] {
            if let Ok(file) = render(name, &document) {
                prop_assert_eq!(file.matches('\n').count(), variables(&document), "{}", name);
                prop_assert!(file.is_empty() || file.ends_with('\n'), "{}", name);
                prop_assert!(name == "docker" || !file.contains('\r'));
            }
        }
    }

    #[test]
    fn a_shell_sees_the_very_text(document in any_document()) {
        if let Ok(script) = render("sh", &document) {
            let seen = read_exports(&script);
            prop_assert!(seen.is_some());
            let seen: Vec<_> = seen.into_iter().flatten().filter(|(name, _)| name != "DATABASES").collect();
            let meant: Vec<_> = document.env.iter().map(|(name, value)| (name.to_owned(), env_text(value).to_string())).collect();
            prop_assert_eq!(seen, meant);
        }
    }

    #[test]
    fn a_refusal_names_a_variable_and_shows_no_value(mut document in any_document(), bad in "[\\x00\\n\\r]") {
        document.env.insert("N_BAD", Value::Text(Text::secret(format!("{SECRET}{bad}"))));
        for format in FORMATS {
            if let Err(faults) = format.render(&document) {
                prop_assert!(!faults.is_empty());
                for fault in faults {
                    let shown = format!("{fault} {fault:?}");
                    prop_assert!(!shown.contains(SECRET));
                    // The formats of data name the place inside.
                    let is_of = |name: &str| {
                        fault.key.strip_prefix("env.").and_then(|key| key.strip_prefix(name)).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
                    };
                    let known = fault.key == "databases"
                        || fault.key.starts_with("databases.")
                        || document.env.iter().any(|(name, _)| is_of(name));
                    prop_assert!(known, "{}", fault.key);
                }
            } else {
                prop_assert!(format.name() != "docker");
                prop_assert!(bad != "\0" || !["dotenv", "sh"].contains(&format.name()));
            }
        }
    }

    #[test]
    fn a_masked_document_shows_no_secret(mut document in any_document(), place in any::<bool>()) {
        let secret = Value::List(vec![Value::Text(Text::secret(format!("{SECRET}\n")))]);
        let table = if place { &mut document.databases } else { &mut document.env };
        table.insert("hidden", Value::Table([("deep".to_owned(), secret)].into_iter().collect()));
        let masked = masked(&document);
        prop_assert!(!masked.databases.iter().chain(masked.env.iter()).any(|(_, value)| value.is_secret()));
        for format in FORMATS {
            if let Ok(bytes) = format.render(&masked) {
                prop_assert!(!String::from_utf8_lossy(&bytes).contains(SECRET));
            }
        }
        let shown = format!("{document:?}");
        prop_assert!(!shown.contains(SECRET));
    }
}
