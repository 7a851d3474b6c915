//! What the `dotenv` provider says where a file has no value for a name, and what `disagreements` and `problems` find.
#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "a test compares values"
)]

use std::fs;

use nuages_provider::{Environment, Error, ErrorKind, Reference, Secret, Settings};
use nuages_provider_local::dotenv::{
    DESCRIPTOR, Dialect, Disagreement, Reason, disagreements, problems,
};

use Dialect::{DjangoEnviron, Dotenvy, PythonDotenv};

async fn read(dialect: Dialect, text: &[u8], name: &str) -> Result<Secret, Error> {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join(".env"), text).unwrap();
    let settings = Settings::new().with_text("dialect", dialect.name());
    let provider = (DESCRIPTOR.open)(settings, Environment::new([], directory.path())).await?;
    let reference = Reference::new("secrets", name).through_instance();
    provider
        .fetch(&[(DESCRIPTOR.parse)(&reference)?])
        .await
        .remove(0)
}

/// The failure to read `name`, and that its words hold nothing of a value.
async fn failure(dialect: Dialect, text: &str, name: &str) -> Error {
    let error = read(dialect, text.as_bytes(), name).await.unwrap_err();
    let words = format!("{error} {error:?} {:?}", error.hint());
    assert!(!words.contains("hunter2"), "{words}");
    error
}

#[tokio::test]
async fn a_line_that_cannot_be_read_is_no_missing_name() {
    for (dialect, text, name, place) in [
        (
            PythonDotenv,
            "OTHER=1\nPASSWORD='hunter2\n",
            "PASSWORD",
            "line 2",
        ),
        (
            PythonDotenv,
            "A=\"x\nPASSWORD=\"hunter2\"\nB=2\n",
            "PASSWORD",
            "lines 1 to 2",
        ),
        (PythonDotenv, "PASSWORD='hunter2' x\n", "PASSWORD", "line 1"),
        (DjangoEnviron, "PASSWORD = hunter2\n", "PASSWORD", "line 1"),
        (
            DjangoEnviron,
            "\u{feff}PASSWORD=hunter2\n",
            "PASSWORD",
            "line 1",
        ),
        (
            Dotenvy,
            "A=1\nB=hunter2 hunter2\n\nPASSWORD=3\n",
            "PASSWORD",
            "lines 2 to 4",
        ),
        (Dotenvy, "PASSWORD=hunter2 hunter2\n", "password", "line 1"),
    ] {
        let error = failure(dialect, text, name).await;
        assert_eq!(error.kind(), ErrorKind::Malformed, "{text:?}: {error}");
        assert!(
            error.message().contains(&format!(", {place}, ")),
            "{text:?}: {error}"
        );
        let other = failure(dialect, text, "NOTHING").await;
        assert_eq!(other.kind(), ErrorKind::NotFound, "{text:?}: {other}");
    }
}

#[tokio::test]
async fn a_line_that_cannot_be_read_does_not_hide_a_value_the_library_has() {
    let text = "PASSWORD=hunter2\nPASSWORD='hunter3\n";
    let secret = read(PythonDotenv, text.as_bytes(), "password")
        .await
        .unwrap();
    assert_eq!(secret.value.expose(), b"hunter2");
    assert_eq!(problems(text, PythonDotenv)[0].first_line(), 2);
}

#[tokio::test]
async fn a_value_that_would_be_changed_is_refused() {
    for (dialect, text) in [
        (DjangoEnviron, "PASSWORD=$hunter2\n"),
        (DjangoEnviron, "PASSWORD='$hunter2'\n"),
        (DjangoEnviron, "PASSWORD=$PASSWORD\n"),
        (Dotenvy, "PASSWORD=pa$hunter2\n"),
        (Dotenvy, "PASSWORD=hunter2${nothing}\n"),
        (Dotenvy, "PASSWORD=hunter2$\n"),
        (Dotenvy, "PASSWORD=hunter2\\\n"),
    ] {
        let error = failure(dialect, text, "PASSWORD").await;
        assert_eq!(error.kind(), ErrorKind::Malformed, "{text:?}");
        assert!(
            error.message().contains("`PASSWORD`") && error.message().contains("line 1"),
            "{error}"
        );
        assert!(error.hint().is_some(), "{error}");
    }
}

#[tokio::test]
async fn a_name_without_a_value_says_so() {
    let error = failure(PythonDotenv, "A=1\nPASSWORD\n", "PASSWORD").await;
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert!(
        error.message().contains("stands without a value"),
        "{error}"
    );
    assert_eq!(error.hint(), Some("write `PASSWORD=` for an empty value"));
}

#[tokio::test]
async fn a_near_miss_is_named_and_other_names_are_not() {
    let error = failure(
        PythonDotenv,
        "Db_Password=hunter2\nMIIEpA==\n",
        "db-password",
    )
    .await;
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert_eq!(
        error.hint(),
        Some("`Db_Password` exists: names are compared letter by letter")
    );
    assert!(!format!("{error:?}").contains("MIIE"));
}

#[tokio::test]
async fn a_file_that_is_not_there_has_no_secrets() {
    let directory = tempfile::tempdir().unwrap();
    let environment = Environment::new([], directory.path());
    let provider = (DESCRIPTOR.open)(Settings::new().with_text("path", "gone.env"), environment)
        .await
        .unwrap();
    let locators =
        ["A", "B"].map(|name| (DESCRIPTOR.parse)(&Reference::new("dotenv", name)).unwrap());
    for answer in provider.fetch(&locators).await {
        let error = answer.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound);
        assert!(error.message().contains("gone.env"), "{error}");
    }
    assert_eq!(
        provider.check().await.unwrap_err().kind(),
        ErrorKind::NotFound
    );
}

#[tokio::test]
async fn a_file_in_another_encoding_is_no_missing_name() {
    for (text, byte) in [
        (&b"A=caf\xe9\n"[..], "byte 5"),
        (b"\xff\xfeA\0=\0x\0", "byte 0"),
    ] {
        let error = read(PythonDotenv, text, "NOTHING").await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Malformed);
        assert!(error.message().contains(byte), "{error}");
    }
}

#[tokio::test]
async fn the_file_is_read_once() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join(".env");
    fs::write(&path, "A=first\n").unwrap();
    let provider = (DESCRIPTOR.open)(Settings::new(), Environment::new([], directory.path()))
        .await
        .unwrap();
    let locator = || [(DESCRIPTOR.parse)(&Reference::new("dotenv", "A")).unwrap()];
    for _ in 0..2 {
        assert_eq!(
            provider
                .fetch(&locator())
                .await
                .remove(0)
                .unwrap()
                .value
                .expose(),
            b"first"
        );
        fs::write(&path, "A=second\n").unwrap();
    }
}

#[tokio::test]
async fn settings_that_cannot_work_are_refused() {
    for settings in [
        Settings::new().with_text("path", ""),
        Settings::new().with_text("dialect", "bash"),
    ] {
        let opened = (DESCRIPTOR.open)(settings, Environment::default()).await;
        assert_eq!(opened.err().unwrap().kind(), ErrorKind::InvalidSettings);
    }
}

fn found(text: &str) -> Option<Disagreement> {
    let mut found = disagreements(text, &["NAME", "NOTHING"], &Environment::default());
    assert!(found.len() < 2);
    found.pop()
}

#[test]
fn dialects_that_agree_are_no_finding() {
    for text in [
        "NAME=x\n",
        "NAME='a b#c'\n",
        "NAME=\"x\"\nOTHER=a b\n",
        "NAME=\n",
        "",
        "NAME\n",
        "export NAME=a-b\n",
    ] {
        assert_eq!(found(text), None, "{text:?}");
    }
}

#[test]
fn dialects_that_disagree_are_told_apart() {
    let each = || vec![vec![PythonDotenv], vec![DjangoEnviron], vec![Dotenvy]];
    let python_apart = || vec![vec![PythonDotenv], vec![DjangoEnviron, Dotenvy]];
    let django_apart = || vec![vec![PythonDotenv, Dotenvy], vec![DjangoEnviron]];
    let dotenvy_apart = || vec![vec![PythonDotenv, DjangoEnviron], vec![Dotenvy]];
    for (text, line, groups, without_value, reason) in [
        (
            "NAME=pa$word\n",
            1,
            dotenvy_apart(),
            vec![Dotenvy],
            Reason::Dollar,
        ),
        (
            "A=1\nNAME='$word'\n",
            2,
            django_apart(),
            vec![DjangoEnviron],
            Reason::Dollar,
        ),
        (
            "NAME='x${word}'\n",
            1,
            python_apart(),
            vec![],
            Reason::Dollar,
        ),
        (
            "NAME=\"x${word}\"\n",
            1,
            each(),
            vec![Dotenvy],
            Reason::Dollar,
        ),
        (
            "NAME=\"a\\nb\"\n",
            1,
            django_apart(),
            vec![],
            Reason::Backslash,
        ),
        ("NAME=x'y'\n", 1, dotenvy_apart(), vec![], Reason::Quote),
        ("NAME='x\ny'\n", 1, django_apart(), vec![], Reason::Quote),
        ("NAME=x #y\n", 1, django_apart(), vec![], Reason::Hash),
        (
            "NAME=x y\n",
            1,
            dotenvy_apart(),
            vec![Dotenvy],
            Reason::Blank,
        ),
        (
            "NAME = x\n",
            1,
            django_apart(),
            vec![DjangoEnviron],
            Reason::Blank,
        ),
        (
            "A=1\nNAME=1\nNAME=2\n",
            3,
            dotenvy_apart(),
            vec![],
            Reason::Repeated,
        ),
        (
            "A=a b\nNAME=1\n",
            2,
            dotenvy_apart(),
            vec![Dotenvy],
            Reason::Other,
        ),
    ] {
        let expected = Disagreement {
            name: "NAME".to_owned(),
            line,
            groups,
            without_value,
            reason,
        };
        assert_eq!(found(text), Some(expected), "{text:?}");
    }
}
