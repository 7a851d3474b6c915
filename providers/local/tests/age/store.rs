//! The file that is committed: what it shows, who can read it, and what is refused.

use std::fs;

use base64::{Engine, engine::general_purpose::STANDARD};
use nuages_provider::{ErrorKind, PutOutcome, Settings};
use nuages_provider_local::age::new_identity;
use proptest::prelude::*;

use super::project::{MARK, Project, block_on, quiet, sealed};

#[test]
fn the_file_shows_names_and_no_values() {
    let project = Project::new();
    assert_eq!(
        project.put("b.c/d", b"hunter2 one").unwrap(),
        PutOutcome::Created
    );
    assert_eq!(
        project.put("a-key", b"hunter2 two").unwrap(),
        PutOutcome::Created
    );
    let text = project.text();
    let expected = format!(
        "# nuages secrets: each value is encrypted with age (https://age-encryption.org); safe to commit.\n\
         # `nuages put` rewrites this file: comments are not kept.\n\
         version = 1\n\
         recipients = [\n    \"{}\",\n]\n\n\
         [secrets]\n\
         \"a-key\" = \"{}\"\n\
         \"b.c/d\" = \"{}\"\n",
        project.recipient,
        sealed(&text, "a-key"),
        sealed(&text, "b.c/d"),
    );
    assert_eq!(text, expected);
    // Every entry is an age file of its own, whose text holds no value.
    assert!(!text.contains(MARK));
    for name in ["a-key", "b.c/d"] {
        let file = STANDARD.decode(sealed(&text, name)).unwrap();
        assert!(file.starts_with(b"age-encryption.org/v1\n-> X25519 "));
        assert!(
            !file
                .windows(MARK.len())
                .any(|window| window == MARK.as_bytes())
        );
    }
}

#[test]
fn two_recipients_read_the_same_values() {
    let (mine, mut theirs) = (Project::new(), Project::new());
    mine.put("a", b"hunter2 early").unwrap();
    mine.edit(|text| {
        text.replace(
            "recipients = [",
            &format!("recipients = [ \"{}\",", theirs.recipient),
        )
    });
    mine.put("b", b"hunter2 late").unwrap();
    theirs.settings =
        Settings::new().with_text("path", mine.path("secrets.age").display().to_string());
    assert_eq!(mine.get("b").unwrap(), b"hunter2 late");
    assert_eq!(theirs.get("b").unwrap(), b"hunter2 late");
    let error = theirs.error("a");
    assert_eq!(
        (error.kind(), error.message()),
        (
            ErrorKind::PermissionDenied,
            "`NUAGES_AGE_KEY` does not open `a`"
        )
    );
    assert!(
        error
            .hint()
            .unwrap()
            .contains("stored before this key was listed")
    );
    let identity = block_on(theirs.open().check()).unwrap();
    assert_eq!(identity.who, theirs.recipient);
}

#[test]
fn a_wrong_key_is_told_whose_key_is_wanted() {
    let mut project = Project::new();
    project.put("a", b"hunter2").unwrap();
    let wanted = project.recipient.clone();
    let (wrong, ours) = new_identity();
    let right = project.forget_key();
    project.set("NUAGES_AGE_KEY", wrong.expose_text().unwrap());
    let checked = quiet(block_on(project.open().check()).unwrap_err());
    for error in [project.error("a"), checked] {
        assert_eq!(error.kind(), ErrorKind::PermissionDenied);
        assert!(error.hint().unwrap().contains(&wanted) && error.hint().unwrap().contains(&ours));
    }
    // Several keys, one of which fits, are tried in turn.
    project.set(
        "NUAGES_AGE_KEY",
        &format!("{}{right}", wrong.expose_text().unwrap()),
    );
    assert_eq!(project.get("a").unwrap(), b"hunter2");
}

#[test]
fn an_entry_under_another_name_is_refused() {
    let project = Project::new();
    project.put("admin", b"hunter2 admin").unwrap();
    project.put("guest", b"hunter2 guest").unwrap();
    project.edit(|text| text.replace(&sealed(&text, "guest"), &sealed(&text, "admin")));
    assert_eq!(project.get("admin").unwrap(), b"hunter2 admin");
    let error = project.error("guest");
    assert_eq!(error.kind(), ErrorKind::Malformed);
    assert_eq!(
        error.message(),
        "the entry `guest` is damaged: what it holds was encrypted for another name"
    );
}

#[test]
fn a_changed_byte_is_found_wherever_it_is() {
    let project = Project::new();
    project.put("a", b"hunter2 and more").unwrap();
    let text = project.text();
    let file = STANDARD.decode(sealed(&text, "a")).unwrap();
    for place in 0..file.len() {
        let mut changed = file.clone();
        changed[place] ^= 1;
        let entry = STANDARD.encode(changed);
        fs::write(
            project.path("secrets.age"),
            text.replace(&sealed(&text, "a"), &entry),
        )
        .unwrap();
        let error = project.error("a");
        // A change in the wrapped key alone looks like a key that does not fit.
        assert!(
            matches!(
                error.kind(),
                ErrorKind::Malformed | ErrorKind::PermissionDenied
            ),
            "byte {place}: {error}"
        );
    }
    for length in 0..file.len() {
        let entry = STANDARD.encode(&file[..length]);
        fs::write(
            project.path("secrets.age"),
            text.replace(&sealed(&text, "a"), &entry),
        )
        .unwrap();
        assert_eq!(
            project.error("a").kind(),
            ErrorKind::Malformed,
            "cut at {length}"
        );
    }
}

#[test]
fn what_is_no_store_is_refused_for_reading_and_left_alone_by_writing() {
    let project = Project::new();
    project.put("a", b"hunter2").unwrap();
    let good = project.text();
    let key = format!("\"{}\"", project.recipient);
    for (text, message) in [
        ("hello".to_owned(), "line 1 is not TOML"),
        (
            good.replace("[secrets]", "<<<<<<< HEAD\n[secrets]"),
            "line 8 is not TOML",
        ),
        (good.replace("version = 1\n", ""), "`version` is missing"),
        (good.replace("[secrets]", "[secretz]"), "it holds `secretz`"),
        (
            good.replace(&format!("{key},"), ""),
            "`recipients` is empty",
        ),
        (
            good.replace(&key, "\"age1pq1xyz\""),
            "one of `recipients` is not an `age1…` key",
        ),
        (good.replace("\"a\" =", "a.b ="), "`a` is not a string"),
        (good.replace("\"a\" =", "\"a b\" ="), "`a b` is not a name"),
    ] {
        project.edit(|_| text.clone());
        let error = project.error("a");
        assert_eq!(error.kind(), ErrorKind::Malformed);
        assert_eq!(
            error.message(),
            format!("`secrets.age` is not a store of nuages: {message}")
        );
        assert_eq!(
            quiet(project.put("b", b"hunter2").unwrap_err()).kind(),
            ErrorKind::Malformed
        );
        assert_eq!(project.text(), text);
    }
    project.edit(|_| good.replace("version = 1", "version = 2"));
    assert_eq!(project.error("a").kind(), ErrorKind::Unsupported);
    project.edit(|_| good.replace('\n', "\r\n"));
    assert_eq!(
        project.get("a").unwrap(),
        b"hunter2",
        "a checkout with other line ends is the same store"
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_bytes_under_any_name_come_back(
        entries in prop::collection::btree_map("[A-Za-z0-9._/-]{1,40}", any::<Vec<u8>>(), 1..6),
    ) {
        let project = Project::new();
        for (name, value) in &entries {
            project.put(name, value).unwrap();
        }
        for (name, value) in &entries {
            prop_assert_eq!(&project.get(name).unwrap(), value);
        }
    }

    #[test]
    fn any_text_in_the_place_of_a_store_is_an_error_and_no_panic(text in any::<String>()) {
        let project = Project::new();
        fs::write(project.path("secrets.age"), &text).unwrap();
        let error = project.error("a");
        prop_assert!(matches!(error.kind(), ErrorKind::Malformed | ErrorKind::NotFound));
    }
}
