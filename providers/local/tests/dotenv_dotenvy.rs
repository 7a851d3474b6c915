//! The `dotenvy` dialect against the crate itself, on random files. One test alone in its program: the crate sets the
//! variables of its process.
#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "a test compares values, the crate by the process environment"
)]

use std::{
    cell::RefCell,
    sync::atomic::{AtomicUsize, Ordering},
};

use nuages_provider::{Environment, ErrorKind, Reference, Settings};
use nuages_provider_local::dotenv::{DESCRIPTOR, Dialect, problems};
use proptest::{
    collection::vec,
    sample::select,
    test_runner::{Config, TestRunner},
};

/// `@` stands for a number of the case's own: no name is set twice in one process.
const TOKENS: &[&str] = &[
    "Q@A",
    "Q@B",
    "Q@C.x",
    "a",
    "x1",
    "=",
    "=",
    "= ",
    " =",
    "$",
    "$$",
    "$Q@A",
    "$Q@B",
    "${Q@A}",
    "${Q@C.x}",
    "$PATH",
    "${PATH}",
    "${",
    "}",
    "{",
    "$nothing",
    "${nothing:-x}",
    "'",
    "'",
    "\"",
    "\"",
    "\\",
    "\\\\",
    "\\'",
    "\\\"",
    "\\n",
    "\\$",
    "\\ ",
    "\\x",
    "#",
    " #",
    " ",
    "  ",
    "\t",
    "\n",
    "\n",
    "\nQ@A=",
    "\nQ@B=",
    "\nexport Q@A=",
    "\r\n",
    "\r",
    "\u{b}",
    "\u{a0}",
    "\u{85}",
    "\u{2028}",
    "é",
    "😀",
    "\u{feff}",
    "export ",
    "-",
    "_",
    ";",
    "`",
];

const WRITTEN: &[&str] = &[
    "Q@A=pa$word\n",
    "Q@A='pa$word'\n",
    "Q@A=x\\\nQ@B=1\n",
    "Q@A=x ",
    "Q@A=x\\",
    "Q@A='x\\'\n",
    "Q@A=1\nQ@A=2\nQ@B=$Q@A\n",
    "Q@A=\"$Q@B\"\n",
    "Q@A=x # '\n",
    "Q@A=x  # '\n",
    "# 'x\nQ@A=1\n",
    "Q@A=1\nfoo bar\nQ@B=2\n",
    "Q@A=\"x\r\ny\"\r\n",
    "Q@A=\nQ@B=[$Q@A]\n",
    "\u{feff}Q@A=1\n",
    "export\nQ@A=1\n",
    "Q@A=$$$\n",
    "Q@A=${PATH}${nothing}\n",
];

static CASE: AtomicUsize = AtomicUsize::new(0);

fn compare(text: &str) -> [bool; 3] {
    let number = CASE.fetch_add(1, Ordering::Relaxed);
    let text = text.replace('@', &number.to_string());
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join(".env"), &text).unwrap();
    // Taken before the crate adds to it.
    let environment = Environment::new(std::env::vars_os(), directory.path());
    let loaded = dotenvy::from_read(text.as_bytes()).is_ok();
    assert_eq!(
        problems(&text, Dialect::Dotenvy).is_empty(),
        loaded,
        "{text:?}"
    );

    let names = ["A", "B", "C.x"].map(|name| format!("Q{number}{name}"));
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let settings = Settings::new().with_text("dialect", "dotenvy");
    let provider = runtime
        .block_on((DESCRIPTOR.open)(settings, environment))
        .unwrap();
    let mut seen = [false; 3];
    for name in &names {
        let locator = (DESCRIPTOR.parse)(&Reference::new("dotenv", name)).unwrap();
        let answer = runtime.block_on(provider.fetch(&[locator])).remove(0);
        let crates = std::env::var(name).ok();
        match answer {
            Ok(secret) => {
                assert_eq!(
                    Some(secret.value.expose_text().unwrap()),
                    crates.as_deref(),
                    "{name} of {text:?}"
                );
                seen[0] = true;
            }
            Err(error)
                if error.kind() == ErrorKind::NotFound
                    || error.message().contains("cannot read it") =>
            {
                assert_eq!(crates, None, "{name} of {text:?}: {error}");
            }
            // The crate has changed the value on the way.
            Err(error) => {
                assert_eq!(
                    error.kind(),
                    ErrorKind::Malformed,
                    "{name} of {text:?}: {error}"
                );
                assert!(crates.is_some(), "{name} of {text:?}: {error}");
                seen[1 + usize::from(error.message().contains("backslash"))] = true;
            }
        }
    }
    seen
}

#[test]
fn every_value_is_the_one_the_crate_gives_or_refused() {
    let seen = RefCell::new([0; 3]);
    let count = |text: &str| {
        for (sum, seen) in seen.borrow_mut().iter_mut().zip(compare(text)) {
            *sum += usize::from(seen);
        }
    };
    for text in WRITTEN {
        count(text);
    }
    let names = vec!["Q@A=", "Q@B=", "Q@C.x=", "export Q@A=", ""];
    let ends = vec!["\n", "\n", "\n", "\r\n", ""];
    let statements = vec(
        (select(names), vec(select(TOKENS), 0..6), select(ends)),
        1..4,
    );
    let config = Config {
        cases: 3000,
        failure_persistence: None,
        ..Config::default()
    };
    let compared = TestRunner::new(config).run(&statements, |statements| {
        let statements = statements
            .iter()
            .map(|(name, value, end)| format!("{name}{}{end}", value.concat()));
        count(&statements.collect::<String>());
        Ok(())
    });
    compared.unwrap();
    let [values, dollars, backslashes] = seen.into_inner();
    assert!(
        values > 500 && dollars > 100 && backslashes > 10,
        "{values} {dollars} {backslashes}"
    );
}
