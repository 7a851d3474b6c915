//! Any text as a `.env` file, in the three dialects: no panic, problems lie in the file, no error shows a value, and
//! the `dotenvy` dialect gives what the crate itself gives.
#![no_main]

use std::{cell::RefCell, collections::BTreeMap};

use libfuzzer_sys::fuzz_target;
use nuages_fuzz::{Bench, MARKER, check_error};
use nuages_provider::{ErrorKind, Locator, Settings};
use nuages_provider_local::dotenv::{DESCRIPTOR, Dialect, disagreements, problems};

thread_local! {
    static BENCH: RefCell<Bench> = RefCell::default();
}

/// Words of the text that a line may set, a few, and one that no line sets.
fn names(text: &str) -> Vec<Locator> {
    let mut names: Vec<&str> = text
        .split(|c: char| c.is_whitespace() || "='\"$\u{feff}".contains(c))
        .filter(|word| !word.is_empty())
        .take(24)
        .collect();
    names.push("not there");
    names.sort_unstable();
    names.dedup();
    names.into_iter().map(Locator::new).collect()
}

/// What the crate reads, up to its first error; `None` where a name stands twice, since the crate then goes by the
/// process environment that a load has changed.
fn by_the_crate(text: &str) -> Option<BTreeMap<String, String>> {
    // A load passes over a byte order mark, the iterator by itself does not.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut read = BTreeMap::new();
    for line in dotenvy::from_read_iter(text.as_bytes()) {
        let Ok((name, value)) = line else { break };
        if read.insert(name, value).is_some() {
            return None;
        }
    }
    Some(read)
}

fn check(bench: &Bench, text: &str) {
    bench.write(".env", text.as_bytes());
    // To python-dotenv, a carriage return by itself ends a line too.
    let lines = text.matches(['\n', '\r']).count() + 1;
    let names = names(text);
    let by_the_crate = by_the_crate(text);
    // The crate looks `$NAME` up in the environment of the process, so the provider is given the same.
    let environment = bench.environment(std::env::vars_os().collect());
    for dialect in Dialect::ALL {
        for problem in problems(text, dialect) {
            assert!(1 <= problem.first_line() && problem.first_line() <= problem.last_line());
            assert!(
                problem.last_line() <= lines,
                "{dialect:?}: {problem:?} of {lines}"
            );
        }
        let settings = Settings::new().with_text("dialect", dialect.name());
        let provider = bench.open(&DESCRIPTOR, settings, environment.clone());
        let answers = bench.fetch(&*provider, &names);
        for (name, answer) in names.iter().zip(answers) {
            if let Err(error) = &answer {
                // A name may be a part of the marker's line.
                if !name.name().contains(MARKER) {
                    check_error(error);
                }
            }
            let (Dialect::Dotenvy, Some(expected)) = (dialect, &by_the_crate) else {
                continue;
            };
            match (answer, expected.get(name.name())) {
                (Ok(secret), expected) => {
                    assert_eq!(
                        secret.value.expose_text().ok(),
                        expected.map(String::as_str),
                        "{name}"
                    );
                }
                (Err(error), Some(_)) => {
                    // The crate has changed the value, and the provider refuses to.
                    assert_eq!(error.kind(), ErrorKind::Malformed, "{name}: {error}");
                }
                (Err(_), None) => {}
            }
        }
    }
    let asked: Vec<&str> = names.iter().map(Locator::name).collect();
    for found in disagreements(text, &asked, &environment) {
        assert!(1 <= found.line && found.line <= lines, "{found:?}");
        assert!(
            found.groups.len() + found.without_value.len() > 1,
            "{found:?}"
        );
    }
}

fuzz_target!(|text: &str| {
    let text = format!("{text}\nKEPT='{MARKER}'\n");
    BENCH.with_borrow(|bench| check(bench, &text));
});
