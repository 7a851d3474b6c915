//! When the values of a run expire, and which of them are left out.

use std::time::{Duration, SystemTime};

use zeroize::Zeroizing;

use super::{PassedOver, Reason, of};
use crate::{
    render::Document,
    resolve::{Bytes, Fetched, Origin, Resolved, ResolvedFile},
};

fn bytes(text: &str) -> Bytes {
    Bytes::new(Zeroizing::new(text.as_bytes().to_vec()))
}

fn file(name: &str, content: &str) -> ResolvedFile {
    ResolvedFile {
        key: format!("files.{name}"),
        path: name.to_owned(),
        env: "FILE".to_owned(),
        content: bytes(content),
    }
}

fn origin(key: &str, expires: Option<SystemTime>) -> Origin {
    Origin {
        key: key.to_owned(),
        instance: "secrets".to_owned(),
        locator: "x".to_owned(),
        version: None,
        expires,
    }
}

#[test]
fn a_value_expires_with_the_last_of_what_it_is_made_of() {
    let soon = SystemTime::now() + Duration::from_mins(1);
    let later = soon + Duration::from_mins(1);
    let resolved = Resolved {
        document: Document::default(),
        files: vec![
            file("token", "token-of-now"),
            file("two", "token-of-now token-of-then"),
            file("mixed", "token-of-now password"),
            file("word", "postgres"),
            file("pin", "123a"),
            file("short", "ab"),
            file("empty", ""),
        ],
        single: None,
        asked: Vec::new(),
        origins: vec![
            origin("files.token", Some(soon)),
            origin("files.two", Some(later)),
            origin("files.two", Some(soon)),
            origin("files.mixed", Some(soon)),
            origin("files.mixed", None),
        ],
    };
    let fetched = |key: &str, value: &str, expires| Fetched {
        key: key.to_owned(),
        locator: "x".to_owned(),
        value: bytes(value),
        expires,
    };
    let fetched = [
        fetched("files.token", "token-of-now", Some(soon)),
        fetched("files.two", "token-of-then", Some(later)),
        fetched("files.two#username", "shop_app", None),
        fetched("files.mixed", "password", None),
    ];
    let (chosen, passed_over) = of(&resolved, &fetched);
    let chosen: Vec<_> = chosen
        .iter()
        .map(|chosen| {
            let value = String::from_utf8_lossy(chosen.value).into_owned();
            (chosen.key.as_str(), value, chosen.expires)
        })
        .collect();
    let expected = [
        ("files.token", "token-of-now", Some(soon)),
        ("files.two", "token-of-now token-of-then", Some(later)),
        ("files.mixed", "token-of-now password", None),
        ("files.pin", "123a", None),
        ("files.two", "token-of-then", Some(later)),
        ("files.mixed", "password", None),
    ];
    let expected: Vec<_> = expected
        .map(|(key, value, expires)| (key, value.to_owned(), expires))
        .into();
    assert_eq!(chosen, expected);
    let left = |key: &str, reason| PassedOver {
        key: key.to_owned(),
        reason,
    };
    assert_eq!(
        passed_over,
        [
            left("files.word", Reason::Everybodys),
            left("files.short", Reason::Short)
        ]
    );
}
