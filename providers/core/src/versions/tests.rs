//! Ranges, lists and what stores with one version make of them.

use std::time::{Duration, SystemTime};

use super::*;

fn secret(text: &str, version: Option<&str>) -> Secret {
    let mut secret = Secret::new(SecretValue::from_text(text.to_owned()));
    secret.version = version.map(str::to_owned);
    secret
}

#[expect(clippy::disallowed_methods, reason = "a test compares values")]
fn text(secret: &Secret) -> String {
    secret.value.expose_text().unwrap().to_owned()
}

#[test]
fn a_range_has_both_of_its_ends() {
    for (text, places, shown) in [
        ("2..3", 2..=3, "2..3"),
        ("1..20", 1..=20, "1..20"),
        ("2", 2..=2, "2"),
        ("2..2", 2..=2, "2"),
    ] {
        let versions = Versions::parse(text).unwrap();
        assert_eq!(versions.places(), places, "{text}");
        assert_eq!(versions.to_string(), shown, "{text}");
        assert_eq!(Versions::parse(shown).unwrap(), versions);
    }
}

#[test]
fn what_has_no_end_or_no_sense_is_refused() {
    for text in [
        "",
        "..",
        "2..",
        "..3",
        "0",
        "0..1",
        "3..2",
        "1..21",
        "21",
        "+2",
        "2..+3",
        "2..=3",
        "2...3",
        "2-3",
        "a",
        " 2",
        "2..3..4",
        "99999999999999999999999",
        "2..\u{663}",
        "2..3\n",
    ] {
        let error = Versions::parse(text).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidReference, "{text:?}");
        assert!(!error.message().contains('\n'), "{text:?}");
        assert!(error.hint().unwrap().contains("?versions=2..3"), "{text:?}");
    }
    let backwards = Versions::parse("3..2").unwrap_err();
    assert_eq!(
        backwards.message(),
        "the range of versions `3..2` ends before it begins"
    );
}

#[test]
fn one_option_alone_says_which_version_is_meant() {
    let reference = Reference::new("x", "y").with_option("versions", "2..3");
    assert_eq!(
        Versions::of_reference(&reference, &["version"]).unwrap(),
        Some(Versions::parse("2..3").unwrap())
    );
    let both = reference.with_option("version", "7");
    assert_eq!(
        Versions::of_reference(&both, &["version"])
            .unwrap_err()
            .message(),
        "`version` and `versions` are both given; one names a version, the other counts back from the current one"
    );
    let neither = Reference::new("x", "y").with_option("version", "7");
    assert_eq!(
        Versions::of_reference(&neither, &["version"]).unwrap(),
        None
    );
}

#[test]
fn places_are_counted_from_the_newest() {
    let choose = |range: &str, of: &[u8]| -> Vec<u8> {
        let versions = Versions::parse(range).unwrap();
        versions.choose(of.iter().copied()).collect()
    };
    assert_eq!(choose("2..3", &[9, 8, 7, 6]), [8, 7]);
    assert_eq!(choose("1..3", &[9, 8]), [9, 8]);
    assert_eq!(choose("2", &[9, 8, 7]), [8]);
    assert!(choose("2..20", &[9]).is_empty());
}

#[test]
fn a_list_holds_every_text_as_json() {
    let odd: String = (0_u8..=127)
        .map(char::from)
        .chain("é\u{2028}🎸".chars())
        .collect();
    let list =
        Versions::list(&[secret(&odd, None), secret("", None), secret("a\"b\\", None)]).unwrap();
    let json = text(&list);
    assert!(json.ends_with(r#","","a\"b\\"]"#), "{json}");
    assert!(json.starts_with(r#"["\u0000\u0001"#), "{json}");
    assert!(json.bytes().all(|byte| byte >= 0x20));
    assert_eq!(text(&Versions::list(&[]).unwrap()), "[]");
}

#[test]
fn bytes_that_are_no_text_are_told_without_a_value() {
    let secrets = [
        secret("hunter2", None),
        Secret::new(SecretValue::new(vec![0xff, 0xfe])),
    ];
    let error = Versions::list(&secrets).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Malformed);
    assert!(!format!("{error:?}").contains("hunter2"));
}

#[test]
fn the_version_of_a_list_changes_with_any_of_its_versions() {
    let version = |names: &[Option<&str>]| {
        let secrets: Vec<Secret> = names.iter().map(|name| secret("x", *name)).collect();
        Versions::list(&secrets).unwrap().version
    };
    assert_eq!(version(&[Some("3"), Some("2")]).as_deref(), Some("3,2"));
    assert_eq!(version(&[]).as_deref(), Some("none"));
    assert_eq!(
        version(&[Some("3"), None]),
        None,
        "a store that names no versions"
    );
}

#[test]
fn a_list_expires_with_its_first() {
    let at = |seconds| Some(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds));
    let mut secrets = [secret("a", None), secret("b", None), secret("c", None)];
    secrets[0].expires = at(9);
    secrets[1].expires = at(5);
    assert_eq!(Versions::list(&secrets).unwrap().expires, at(5));
    assert_eq!(Versions::list(&secrets[2..]).unwrap().expires, None);
}

#[test]
fn a_store_of_one_version_has_no_earlier_ones() {
    let of_only = |range: Option<&str>| {
        let locator = Locator::new("key");
        let locator = match range {
            Some(range) => locator.with_option("versions", range),
            None => locator,
        };
        text(&Versions::of_only(&locator, secret("now", None)).unwrap())
    };
    assert_eq!(of_only(None), "now");
    assert_eq!(of_only(Some("2..3")), "[]");
    assert_eq!(of_only(Some("1..3")), r#"["now"]"#);
}

#[test]
fn a_range_cannot_be_written() {
    let locator = Versions::parse("2").unwrap().on(Locator::new("key"));
    assert!(Versions::refuse_writing(&locator).is_err());
    assert!(Versions::refuse_writing(&Locator::new("key")).is_ok());
}
