//! `extra_params` as a table: whatever is put into it, the driver reads the same out of the text.

use std::ffi::OsString;
use std::time::Duration;

use nuages::manifest::Manifest;
use nuages::plan::{self, Selection};
use nuages::registry::Registry;
use nuages::render;
use nuages::resolve::{self, Options};
use nuages_provider::Environment;
use proptest::prelude::*;
use serde_json::Value;

/// The text as ODBC Driver 18 and mssql-python take it apart: keywords up to `=`, values in braces with `}}` for `}`,
/// other values up to `;`, of which mssql-python removes the blanks at both ends.
fn read_by_driver(text: &str) -> Vec<(String, String)> {
    let mut characters = text.chars().peekable();
    let mut pairs = Vec::new();
    while characters.peek().is_some() {
        let mut keyword = String::new();
        for c in characters.by_ref() {
            match c {
                '=' => break,
                c => keyword.push(c),
            }
        }
        let mut value = String::new();
        if characters.peek() == Some(&'{') {
            characters.next();
            while let Some(c) = characters.next() {
                if c != '}' {
                    value.push(c);
                } else if characters.peek() == Some(&'}') {
                    characters.next();
                    value.push('}');
                } else {
                    break;
                }
            }
            // What stands between the brace and the next `;` is dropped.
            characters.by_ref().find(|c| *c == ';');
        } else {
            let bare: String = characters.by_ref().take_while(|c| *c != ';').collect();
            value.push_str(bare.trim());
        }
        pairs.push((keyword, value));
    }
    pairs
}

/// The database that a manifest gives, with these variables.
fn rendered(manifest: &str, variables: &[(String, String)]) -> Value {
    let registry = Registry::builtin();
    let manifest = Manifest::read("nuages.toml", manifest, &registry);
    let plan = plan::plan(&manifest, &Selection::default(), &registry)
        .unwrap_or_else(|errors| panic!("{errors:?}"));
    let variables = variables
        .iter()
        .map(|(name, value)| (OsString::from(name), OsString::from(value)));
    let environment = Environment::new(variables, "/nowhere");
    let options = Options {
        deadline: Duration::from_secs(20),
        files: None,
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let resolved = runtime
        .block_on(resolve::resolve(&plan, &environment, &options))
        .unwrap_or_else(|errors| panic!("{errors:?}"));
    let shown = format!("{resolved:?}");
    assert!(!shown.contains("hunter2"), "{shown}");
    let bytes = render::format("databases-json")
        .expect("the format")
        .render(&resolved.document)
        .expect("JSON");
    let databases: Value = serde_json::from_slice(&bytes).expect("JSON");
    databases["default"].clone()
}

fn any_value() -> impl Strategy<Value = String> {
    prop_oneof![
        "[ -~]{0,20}",
        "[;{}= a-c\\t\\n'\"$é]{0,20}",
        "[;{} ]{0,8}",
        "yes|no|;Encrypt=no|\\};Encrypt=no;A=\\{",
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(400) })]

    #[test]
    fn the_driver_reads_what_was_written(
        literals in proptest::collection::vec(any_value(), 0..4),
        secrets in proptest::collection::vec(any_value(), 0..4),
        auth: bool,
    ) {
        let mut manifest = String::from("[databases.default]\nENGINE = \"mssql\"\nHOST = \"db.example\"\n");
        if auth {
            manifest.push_str("auth = \"entra-msi\"\n");
        }
        manifest.push_str("[databases.default.OPTIONS.extra_params]\n");
        let mut expected: Vec<(String, String)> = Vec::new();
        if auth {
            for (keyword, value) in [
                ("Encrypt", "yes"),
                ("TrustServerCertificate", "no"),
                ("Authentication", "ActiveDirectoryMsi"),
            ] {
                expected.push((keyword.to_owned(), value.to_owned()));
            }
        }
        for (place, value) in literals.iter().enumerate() {
            // A JSON string is a TOML string.
            let text = Value::from(value.replace("${", "$${")).to_string();
            manifest.push_str(&format!("Z{place} = {text}\n"));
            expected.push((format!("Z{place}"), value.clone()));
        }
        let mut variables = Vec::new();
        for (place, value) in secrets.iter().enumerate() {
            let value = format!("{value}hunter2{value}");
            manifest.push_str(&format!("Q{place} = \"${{env://V{place}}}\"\n"));
            expected.push((format!("Q{place}"), value.clone()));
            variables.push((format!("V{place}"), value));
        }
        let database = rendered(&manifest, &variables);
        let text = database["OPTIONS"]["extra_params"].as_str().unwrap_or_default();
        prop_assert_eq!(read_by_driver(text), expected);
    }
}

/// The parser above, held against what was seen of the driver itself.
#[test]
fn the_reading_is_that_of_the_driver() {
    let pair = |keyword: &str, value: &str| (keyword.to_owned(), value.to_owned());
    assert_eq!(
        read_by_driver("APP={se;c=r}}et}dropped;Encrypt=yes;A=b}c{d"),
        [
            pair("APP", "se;c=r}et"),
            pair("Encrypt", "yes"),
            pair("A", "b}c{d")
        ]
    );
    assert_eq!(
        read_by_driver("APP={x;Encrypt=no"),
        [pair("APP", "x;Encrypt=no")]
    );
}
