//! Any value comes back from a `.env` file that quotes it as its dialect asks for.
#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "a test compares values"
)]

use nuages_provider::{Environment, Reference, Result, Settings};
use nuages_provider_local::dotenv::{DESCRIPTOR, Dialect};
use proptest::{
    prelude::{Strategy, any, prop, prop_oneof},
    prop_assert, prop_assert_eq, proptest,
    test_runner::Config,
};

fn config() -> Config {
    Config {
        cases: 512,
        failure_persistence: None,
        ..Config::default()
    }
}

/// Any text without NUL, which no environment can hold; mostly of the characters that mean something in an env file.
fn values() -> impl Strategy<Value = String> {
    let marks = prop::sample::select(r#"$${}''""\\\#=:-nrtAB `"#.chars().chain(" \n\r\t\u{b}\u{1c}\u{85}\u{2028}".chars()).collect::<Vec<_>>());
    prop::collection::vec(prop_oneof![4 => marks, 1 => any::<char>()], 0..24)
        .prop_map(|chars| chars.into_iter().filter(|c| *c != '\0').collect())
}

/// Reads the names of a file.
fn read<const N: usize>(dialect: Dialect, text: &str, names: [&str; N]) -> [Result<String>; N] {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join(".env"), text).unwrap();
    let settings = Settings::new().with_text("dialect", dialect.name());
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let answers = runtime.block_on(async {
        let environment = Environment::new([], directory.path());
        let provider = (DESCRIPTOR.open)(settings, environment).await.unwrap();
        let locators =
            names.map(|name| (DESCRIPTOR.parse)(&Reference::new("dotenv", name)).unwrap());
        provider.fetch(&locators).await
    });
    let answers = answers
        .into_iter()
        .map(|answer| Ok(answer?.value.expose_text().unwrap().to_owned()));
    answers.collect::<Vec<_>>().try_into().unwrap()
}

/// The value that is `written` in a file, where the names above and below it are not harmed.
fn between(dialect: Dialect, written: &str) -> String {
    let text = format!("ABOVE=1\nNAME={written}\nBELOW=2\n");
    let [above, value, below] =
        read(dialect, &text, ["ABOVE", "NAME", "BELOW"]).map(Result::unwrap);
    assert_eq!((above.as_str(), below.as_str()), ("1", "2"));
    value
}

fn double_quoted(value: &str, escaped: &[char]) -> String {
    let escape = |c: char| {
        if escaped.contains(&c) {
            format!("\\{c}")
        } else {
            c.to_string()
        }
    };
    format!("\"{}\"", value.chars().map(escape).collect::<String>())
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn python_dotenv_gives_back_what_is_quoted(value in values()) {
        // A dollar before a brace has no escape, but a default gives one.
        let written = double_quoted(&value, &['\\', '"']).replace("${", "${NOTHING:-$}{").replace('\r', "\\r");
        prop_assert_eq!(between(Dialect::PythonDotenv, &written), value);
    }

    #[test]
    fn django_environ_gives_back_what_is_quoted(value in values()) {
        // What ends a line there, and a dollar at the start, cannot be written at all.
        let ends = ['\n', '\r', '\u{b}', '\u{c}', '\u{1c}', '\u{1d}', '\u{1e}', '\u{85}', '\u{2028}', '\u{2029}'];
let value: String = value.chars().filter(|c| !ends.contains(c)).skip_while(|c| *c == '$').collect();
        prop_assert_eq!(between(Dialect::DjangoEnviron, &double_quoted(&value, &['\\', '"'])), value);
    }

    #[test]
    fn dotenvy_gives_back_what_is_quoted(value in values()) {
        prop_assert_eq!(between(Dialect::Dotenvy, &double_quoted(&value, &['\\', '"', '$'])), value);
    }

    #[test]
    fn no_dialect_changes_a_bare_dollar_without_a_word(before in "[a-z]{1,4}", after in "[a-z]{0,4}") {
        let value = format!("{before}${after}");
        for dialect in Dialect::ALL {
            for written in [value.clone(), format!("'{value}'"), format!("\"{value}\"")] {
                let [read] = read(dialect, &format!("NAME={written}\n"), ["NAME"]);
                if let Ok(read) = read {
                    prop_assert_eq!(&read, &value);
                } else {
                    // The one dialect with `$name`, where single quotes do not protect it.
                    prop_assert_eq!(dialect, Dialect::Dotenvy);
                    prop_assert!(!written.starts_with('\''));
                }
            }
        }
    }
}
