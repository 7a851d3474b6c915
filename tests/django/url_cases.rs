//! Replays recorded results of dj-database-url 3.1.2 and django-environ 0.14.0 (their own test
//! suites' URLs, and edge cases run through them) against this crate's two URL grammars.

use std::collections::BTreeSet;

use nuages::django::url::{DEVIATIONS, ParseOptions, ParsedUrl, UrlStyle, parse_database_url_with};
use nuages::value::{Table, Value};
use serde_json::Value as Json;

const CASES: &str = include_str!("../data/dburl-cases.jsonl");

/// Cases that differ from the library because a deviation says so: `mssql://` names the backend
/// that is alive.
const DEVIATING: [u64; 3] = [14, 574, 576];

fn cases() -> impl Iterator<Item = Json> {
    CASES
        .lines()
        .map(|line| serde_json::from_str(line).expect("each line is one JSON object"))
}

fn style(case: &Json) -> UrlStyle {
    let library = case["library"].as_str().expect("library");
    let name = library.split(' ').next().unwrap_or(library);
    UrlStyle::parse(name).expect("a library we know")
}

fn options(kwargs: &Json) -> ParseOptions {
    let mut options = ParseOptions::default();
    for (name, value) in kwargs.as_object().expect("kwargs") {
        let flag = || value.as_bool().expect("a boolean");
        match name.as_str() {
            "engine" => options.engine = value.as_str().map(str::to_owned),
            "conn_max_age" => {
                options.conn_max_age = value
                    .as_u64()
                    .map(|age| u32::try_from(age).expect("an age"));
            }
            "conn_health_checks" => options.conn_health_checks = flag(),
            "disable_server_side_cursors" => options.disable_server_side_cursors = flag(),
            "ssl_require" => options.ssl_require = flag(),
            "test_options" => {
                let given = value.as_object().into_iter().flatten();
                let text = |value: &Json| Value::plain(value.as_str().expect("text"));
                options.test_options = given
                    .map(|(key, value)| (key.clone(), text(value)))
                    .collect();
            }
            other => panic!("unknown argument {other}"),
        }
    }
    options
}

fn json(value: &Value) -> Json {
    match value {
        Value::Null => Json::Null,
        Value::Bool(value) => Json::from(*value),
        // serde_json holds whole numbers of 64 bits, signed or not.
        Value::Integer(value) => i64::try_from(*value)
            .map(Json::from)
            .or_else(|_| u64::try_from(*value).map(Json::from))
            .expect("a recorded number fits in 64 bits"),
        Value::Float(value) => Json::from(*value),
        Value::Text(value) => Json::from(value.expose()),
        Value::Scalar(_) => panic!("a URL that is no secret gives no secret number"),
        Value::List(items) => items.iter().map(json).collect(),
        Value::Table(table) => table_json(table),
    }
}

fn table_json(table: &Table) -> Json {
    Json::Object(
        table
            .iter()
            .map(|(key, value)| (key.to_owned(), json(value)))
            .collect(),
    )
}

/// What we give for a case, `null` where we refuse it. Written out, so that order counts.
fn ours(case: &Json) -> (String, Option<ParsedUrl>) {
    let url = case["url"].as_str().expect("url");
    let parsed = parse_database_url_with(url, style(case), &options(&case["kwargs"])).ok();
    let keys = parsed
        .as_ref()
        .map_or(Json::Null, |parsed| table_json(&parsed.keys));
    (keys.to_string(), parsed)
}

#[test]
fn every_recorded_url_gives_the_library_result_bar_the_deviations() {
    let mut deviating = BTreeSet::new();
    let mut styles = BTreeSet::new();
    let mut count = 0;
    for case in cases() {
        count += 1;
        styles.insert(style(&case).name());
        let expected = case["expected"].to_string();
        if ours(&case).0 != expected {
            deviating.insert(case["id"].as_u64().expect("id"));
        }
    }
    assert_eq!(count, 358);
    assert_eq!(styles.len(), UrlStyle::ALL.len());
    assert_eq!(deviating, BTreeSet::from(DEVIATING));
}

#[test]
fn a_deviating_url_differs_in_the_engine_alone() {
    assert!(
        DEVIATIONS
            .iter()
            .any(|deviation| deviation.what.contains("`mssql://`"))
    );
    let mut seen = 0;
    for mut case in cases() {
        if DEVIATING.contains(&case["id"].as_u64().expect("id")) {
            assert_eq!(style(&case), UrlStyle::DjDatabaseUrl);
            assert_eq!(case["expected"]["ENGINE"], "sql_server.pyodbc");
            case["expected"]["ENGINE"] = Json::from("mssql");
            assert_eq!(ours(&case).0, case["expected"].to_string());
            seen += 1;
        }
    }
    assert_eq!(seen, DEVIATING.len());
}

#[test]
fn a_warning_of_the_library_is_a_warning_of_ours() {
    let mut warned = 0;
    for case in cases() {
        let recorded = case["warns"].as_bool().unwrap_or(false);
        let Some(parsed) = ours(&case).1 else {
            continue;
        };
        assert_eq!(!parsed.warnings.is_empty(), recorded, "case {}", case["id"]);
        warned += usize::from(recorded);
    }
    assert_eq!(warned, 13, "recorded warnings of URLs that parse");
}
