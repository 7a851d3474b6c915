//! Writing: what a put changes, and writers that race or are killed.

use std::{
    env, fs,
    path::PathBuf,
    process::{Command, Stdio},
    thread,
    time::Duration,
};

use nuages_provider::{ErrorKind, PutOutcome, Settings};
use nuages_provider_local::age::new_identity;

use super::project::{Project, quiet};

#[test]
fn a_put_leaves_every_other_line_as_it_was() {
    let project = Project::new();
    for name in ["a", "b", "c"] {
        project.put(name, b"hunter2").unwrap();
    }
    let before = project.text();
    assert_eq!(
        project.put("b", b"hunter2 new").unwrap(),
        PutOutcome::Replaced
    );
    let after = project.text();
    let changed: Vec<_> = before
        .lines()
        .zip(after.lines())
        .filter(|(old, new)| old != new)
        .collect();
    assert_eq!(changed.len(), 1);
    assert!(changed[0].1.starts_with("\"b\" = "));
    assert_eq!(project.get("b").unwrap(), b"hunter2 new");
}

#[test]
fn a_secret_is_replaced_only_where_that_is_said() {
    let project = Project::new();
    assert_eq!(
        project.write("a", b"hunter2 old", false).unwrap(),
        PutOutcome::Created
    );
    let error = quiet(project.write("a", b"hunter2 new", false).unwrap_err());
    assert_eq!(error.message(), "`a` is in `secrets.age` already");
    assert_eq!(project.get("a").unwrap(), b"hunter2 old");
}

#[test]
fn putting_needs_no_key_where_there_is_a_store() {
    let mut project = Project::new();
    project.put("a", b"hunter2 a").unwrap();
    let key = project.forget_key();
    assert_eq!(project.put("b", b"hunter2 b").unwrap(), PutOutcome::Created);
    let error = project.error("b");
    assert_eq!(error.kind(), ErrorKind::Unauthenticated);
    assert!(
        error
            .message()
            .starts_with("there is no key: `NUAGES_AGE_KEY` is not set"),
        "{error}"
    );
    assert_eq!(
        project.error("c").kind(),
        ErrorKind::NotFound,
        "no key is needed to know what is not there"
    );
    project.set("NUAGES_AGE_KEY", &key);
    assert_eq!(project.get("b").unwrap(), b"hunter2 b");
}

#[test]
fn without_a_store_and_a_key_nothing_is_made() {
    let mut project = Project::new();
    project.forget_key();
    assert_eq!(project.error("a").kind(), ErrorKind::NotFound);
    let error = quiet(project.put("a", b"hunter2").unwrap_err());
    assert_eq!(error.kind(), ErrorKind::Unauthenticated);
    assert!(error.hint().unwrap().contains("`nuages key new`"));
    assert!(!project.path("secrets.age").exists());
    project.settings = Settings::new().with_text("path", "no/such/directory/s.age");
    project.set("NUAGES_AGE_KEY", new_identity().0.expose_text().unwrap());
    let error = quiet(project.put("a", b"hunter2").unwrap_err());
    assert_eq!(
        error.message(),
        "`no/such/directory/s.age` cannot be written: its directory does not exist"
    );
}

#[test]
fn writers_at_the_same_time_lose_nothing() {
    let project = Project::new();
    // No store at first: they race to make it, too.
    thread::scope(|scope| {
        for writer in 0..8 {
            let project = &project;
            scope.spawn(move || {
                for number in 0..10 {
                    let value = format!("hunter2 {writer} {number}");
                    project
                        .put(&format!("name-{writer}-{number}"), value.as_bytes())
                        .unwrap();
                }
            });
        }
        let project = &project;
        scope.spawn(move || {
            // A reader among them sees a whole store or none.
            for _ in 0..200 {
                match project.get("name-0-0") {
                    Ok(value) => assert_eq!(value, b"hunter2 0 0"),
                    Err(error) => assert_eq!(error.kind(), ErrorKind::NotFound, "{error}"),
                }
            }
        });
    });
    for writer in 0..8 {
        for number in 0..10 {
            let value = format!("hunter2 {writer} {number}");
            assert_eq!(
                project.get(&format!("name-{writer}-{number}")).unwrap(),
                value.as_bytes()
            );
        }
    }
    let left: Vec<_> = fs::read_dir(project.directory.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert_eq!(left, ["secrets.age"], "nothing is left beside the store");
}

#[test]
fn what_a_killed_writer_leaves_does_no_harm() {
    let project = Project::new();
    // Killed before its first rename: an empty store and half of a new one.
    fs::write(project.path("secrets.age"), "").unwrap();
    fs::write(project.path(".secrets.age.new"), "version = 1\nrecip").unwrap();
    assert_eq!(project.error("a").kind(), ErrorKind::NotFound);
    assert_eq!(project.put("a", b"hunter2").unwrap(), PutOutcome::Created);
    assert_eq!(project.get("a").unwrap(), b"hunter2");
    assert!(!project.path(".secrets.age.new").exists());
}

#[cfg(unix)]
#[test]
fn a_link_stays_a_link_and_a_mode_stays_a_mode() {
    use std::os::unix::fs::PermissionsExt;
    let project = Project::new();
    fs::create_dir(project.path("shared")).unwrap();
    std::os::unix::fs::symlink("shared/store", project.path("secrets.age")).unwrap();
    project.put("a", b"hunter2").unwrap();
    fs::set_permissions(
        project.path("shared/store"),
        fs::Permissions::from_mode(0o664),
    )
    .unwrap();
    project.put("b", b"hunter2").unwrap();
    assert!(
        fs::symlink_metadata(project.path("secrets.age"))
            .unwrap()
            .is_symlink()
    );
    assert_eq!(
        fs::metadata(project.path("shared/store"))
            .unwrap()
            .permissions()
            .mode()
            & 0o777,
        0o664
    );
    assert_eq!(project.get("a").unwrap(), b"hunter2");
}

/// Where the writer that is to be killed writes.
const KILLED: &str = "NUAGES_TEST_KILLED_WRITER";

/// Puts without end. Another test runs this in a process of its own and kills it.
#[test]
#[ignore = "runs until it is killed"]
fn a_writer_without_end() {
    let Some(directory) = env::var_os(KILLED).map(PathBuf::from) else {
        return;
    };
    let mut project = Project::new();
    project.set(
        "NUAGES_AGE_KEY",
        &fs::read_to_string(directory.join("age.key")).unwrap(),
    );
    project.settings =
        Settings::new().with_text("path", directory.join("secrets.age").display().to_string());
    for number in 0.. {
        project
            .put(&format!("name-{}", number % 50), &[b'x'; 4000])
            .unwrap();
    }
}

#[test]
fn a_writer_that_is_killed_leaves_a_whole_store() {
    let project = Project::new();
    project.put("kept", b"hunter2").unwrap();
    let key = project
        .environment()
        .text("NUAGES_AGE_KEY")
        .unwrap()
        .to_owned();
    fs::write(project.path("age.key"), key).unwrap();
    for milliseconds in [20, 25, 31, 38, 44, 53, 61, 70, 82, 97] {
        let before = project.text();
        let mut writer = Command::new(env::current_exe().unwrap())
            .args(["--exact", "age::write::a_writer_without_end", "--ignored"])
            .env(KILLED, project.directory.path())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        while project.text() == before {
            thread::sleep(Duration::from_millis(1));
            assert!(writer.try_wait().unwrap().is_none(), "the writer writes");
        }
        thread::sleep(Duration::from_millis(milliseconds));
        writer.kill().unwrap();
        writer.wait().unwrap();
        assert_eq!(project.get("kept").unwrap(), b"hunter2");
        assert_eq!(project.get("name-0").unwrap(), [b'x'; 4000]);
    }
}

#[test]
fn a_reader_that_has_the_old_file_open_reads_it_to_its_end() {
    use std::io::Read;
    let project = Project::new();
    project.put("a", b"hunter2").unwrap();
    let before = project.text();
    let mut reader = fs::File::open(project.path("secrets.age")).unwrap();
    project.put("b", b"hunter2").unwrap();
    let mut read = String::new();
    reader.read_to_string(&mut read).unwrap();
    assert_eq!(read, before);
    assert_ne!(project.text(), before);
}
