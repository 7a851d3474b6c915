//! Keys: where they are looked for, which are refused, how they are made.

use std::{fs, path::Path};

use nuages_provider::{ErrorKind, SecretValue, Settings};
use nuages_provider_local::age::{default_key_file, new_identity, recipients_of};

use super::project::Project;

#[test]
fn a_key_is_looked_for_in_order() {
    let mut project = Project::new();
    project.put("a", b"hunter2").unwrap();
    let key = project.forget_key();
    let default = default_key_file(&project.environment()).unwrap();
    assert_eq!(default, project.path("home/.config/nuages/age.key"));
    fs::create_dir_all(default.parent().unwrap()).unwrap();
    private(&default, &key);
    assert_eq!(project.get("a").unwrap(), b"hunter2");
    // Each place that comes before decides alone, even where it is wrong.
    let (wrong, _) = new_identity();
    private(&project.path("wrong.key"), wrong.expose_text().unwrap());
    project.settings = Settings::new().with_text("key_file", "wrong.key");
    assert_eq!(project.error("a").kind(), ErrorKind::PermissionDenied);
    project.set("NUAGES_AGE_KEY_FILE", "missing.key");
    let error = project.error("a");
    assert_eq!(error.kind(), ErrorKind::Unauthenticated);
    assert_eq!(error.message(), "the key file `missing.key` does not exist");
    project.set("NUAGES_AGE_KEY_FILE", &default.display().to_string());
    assert_eq!(project.get("a").unwrap(), b"hunter2");
    project.set("NUAGES_AGE_KEY", wrong.expose_text().unwrap());
    assert_eq!(project.error("a").kind(), ErrorKind::PermissionDenied);
}

fn private(path: &Path, text: &str) {
    fs::write(path, text).unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
    }
}

#[cfg(unix)]
#[test]
fn a_key_file_that_others_may_touch_is_refused() {
    use std::os::unix::fs::{MetadataExt, PermissionsExt};
    let mut project = Project::new();
    project.put("a", b"hunter2").unwrap();
    let key = project.forget_key();
    private(&project.path("age.key"), &key);
    project.settings = Settings::new().with_text("key_file", "age.key");
    let is_roots = fs::metadata(project.path("age.key")).unwrap().uid() == 0;
    // A group may read what is root's, as a mounted secret is.
    let of_group = if is_roots { 0o660 } else { 0o640 };
    for mode in [0o644, of_group, 0o604, 0o620, 0o601] {
        fs::set_permissions(project.path("age.key"), fs::Permissions::from_mode(mode)).unwrap();
        let error = project.error("a");
        assert_eq!(error.kind(), ErrorKind::InvalidSettings);
        assert_eq!(
            error.message(),
            format!("the key file `age.key` is open to other users: its mode is {mode:04o}")
        );
        assert!(error.hint().unwrap().starts_with("`chmod 600 age.key`"));
    }
    for mode in if is_roots {
        [0o400, 0o440]
    } else {
        [0o400, 0o600]
    } {
        fs::set_permissions(project.path("age.key"), fs::Permissions::from_mode(mode)).unwrap();
        assert_eq!(project.get("a").unwrap(), b"hunter2");
    }
}

#[test]
fn text_that_is_no_key_is_never_repeated() {
    let mut project = Project::new();
    project.put("a", b"hunter2").unwrap();
    let good = project.forget_key();
    let broken = good.replace("AGE-SECRET-KEY-1", "AGE-SECRET-KEY-1Q");
    for (text, message) in [
        ("hunter2", "line 1 of `NUAGES_AGE_KEY` is not an age key"),
        (
            broken.as_str(),
            "line 3 of `NUAGES_AGE_KEY` is not an age key",
        ),
        ("# only a comment", "`NUAGES_AGE_KEY` holds no age key"),
    ] {
        project.set("NUAGES_AGE_KEY", text);
        let error = project.error("a");
        assert_eq!(
            (error.kind(), error.message()),
            (ErrorKind::InvalidSettings, message)
        );
    }
}

#[test]
fn a_new_key_is_a_key_file_that_tells_its_public_half() {
    let (key, recipient) = new_identity();
    let text = key.expose_text().unwrap();
    assert!(
        text.lines()
            .any(|line| line == format!("# public key: {recipient}"))
    );
    assert!(text.ends_with('\n') && text.lines().last().unwrap().starts_with("AGE-SECRET-KEY-1"));
    assert_eq!(
        recipients_of(&key).unwrap(),
        std::slice::from_ref(&recipient)
    );
    let two = SecretValue::from_text(format!("{text}{}", new_identity().0.expose_text().unwrap()));
    assert_eq!(recipients_of(&two).unwrap().len(), 2);
    assert_eq!(recipients_of(&two).unwrap()[0], recipient);
    assert!(recipients_of(&SecretValue::from_text(String::new())).is_err());
}
