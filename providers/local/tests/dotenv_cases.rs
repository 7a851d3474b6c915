//! Replays `data/dotenv-cases.jsonl`: env files with the values that the real python-dotenv and django-environ gave
//! for them. `data/make_dotenv_cases.py` writes the cases.
#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "a test compares values"
)]

use nuages_provider::{Environment, Reference, Settings};
use nuages_provider_local::dotenv::{DESCRIPTOR, Dialect, problems};
use serde_json::{Map, Value};

const CASES: &str = include_str!("data/dotenv-cases.jsonl");

#[tokio::test]
async fn every_value_is_the_one_the_library_gives() {
    let directory = tempfile::tempdir().unwrap();
    let (mut values, mut wrong) = (0, Vec::new());
    for line in CASES.lines() {
        let case: Value = serde_json::from_str(line).unwrap();
        let text = case["text"].as_str().unwrap();
        let dialect = Dialect::from_name(case["dialect"].as_str().unwrap()).unwrap();
        std::fs::write(directory.path().join(".env"), text).unwrap();

        let expected = case["values"].as_object().unwrap();
        let variables = pairs(&case["env"]).map(|(name, value)| (name.into(), value.into()));
        let environment = Environment::new(variables, directory.path());
        let actual = fetch(dialect, environment, expected).await;
        for ((name, expected), actual) in expected.iter().zip(actual) {
            values += usize::from(actual.is_some());
            if actual.as_deref() != expected.as_str() {
                wrong.push(format!(
                    "{dialect:?} {text:?}: {name:?} is {expected}, not {actual:?}"
                ));
            }
        }
        let unreadable = problems(text, dialect).len();
        if Some(unreadable)
            != case["unreadable"]
                .as_u64()
                .map(|count| usize::try_from(count).unwrap())
        {
            wrong.push(format!(
                "{dialect:?} {text:?}: {unreadable} unreadable, not {}",
                case["unreadable"]
            ));
        }
    }
    assert!(values > 300, "the cases have values: {values}");
    assert!(
        wrong.is_empty(),
        "{} wrong:\n{}",
        wrong.len(),
        wrong[..wrong.len().min(40)].join("\n")
    );
}

fn pairs(object: &Value) -> impl Iterator<Item = (&str, &str)> {
    object
        .as_object()
        .unwrap()
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str().unwrap()))
}

async fn fetch(
    dialect: Dialect,
    environment: Environment,
    names: &Map<String, Value>,
) -> Vec<Option<String>> {
    let settings = Settings::new().with_text("dialect", dialect.name());
    let provider = (DESCRIPTOR.open)(settings, environment).await.unwrap();
    let locators: Vec<_> = names
        .keys()
        .map(|name| (DESCRIPTOR.parse)(&Reference::new("dotenv", name)).unwrap())
        .collect();
    let answers = provider.fetch(&locators).await;
    answers
        .into_iter()
        .map(|answer| Some(answer.ok()?.value.expose_text().unwrap().to_owned()))
        .collect()
}
