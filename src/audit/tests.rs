//! What the log says, what it refuses, and that lines never mix.

use std::{
    fs,
    os::unix::fs::{PermissionsExt, symlink},
    time::{Duration, UNIX_EPOCH},
};

use proptest::prelude::*;

use super::*;

fn record() -> Record {
    Record {
        act: Act::Read,
        keys: vec!["databases.default.PASSWORD".to_owned()],
        instance: Some("secrets".to_owned()),
        provider: Some("aws-ssm".to_owned()),
        locator: Some("/shop/prod/db-password".to_owned()),
        version: Some("3".to_owned()),
        expires: Some(UNIX_EPOCH + Duration::from_secs(1_795_395_001)),
        outcome: Record::OK.to_owned(),
    }
}

fn lines(path: &Path) -> Vec<Value> {
    let text = fs::read_to_string(path).unwrap();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

#[test]
fn a_line_says_what_was_done_and_by_whom() {
    let caller = json!({ "pid": 7, "uid": 0, "command": "exec" });
    insta::assert_snapshot!(line("2026-11-23T00:50:01.123Z", &record(), &caller), @r#"{"time":"2026-11-23T00:50:01.123Z","act":"read","keys":["databases.default.PASSWORD"],"instance":"secrets","provider":"aws-ssm","locator":"/shop/prod/db-password","version":"3","expires":"2026-11-23T00:50:01Z","outcome":"ok","caller":{"pid":7,"uid":0,"command":"exec"}}"#);
    let restart = Record::of_command(Act::Restart, Vec::new(), Record::OK);
    insta::assert_snapshot!(line("2026-11-23T00:50:01.123Z", &restart, &caller), @r#"{"time":"2026-11-23T00:50:01.123Z","act":"restart","keys":[],"instance":null,"provider":null,"locator":null,"version":null,"expires":null,"outcome":"ok","caller":{"pid":7,"uid":0,"command":"exec"}}"#);
}

#[test]
fn the_file_is_made_for_us_alone_and_appended_to() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("audit.jsonl");
    let audit = Audit::open(path.clone(), "exec").unwrap();
    assert_eq!(
        fs::metadata(&path).unwrap().permissions().mode() & 0o777,
        0o600
    );
    audit.write(&[record(), record()]).unwrap();
    audit.clone().write(&[record()]).unwrap();
    assert_eq!(lines(&path).len(), 3);
    assert_eq!(lines(&path)[0]["caller"]["pid"], std::process::id());

    // What rotates logs has moved it away.
    fs::rename(&path, directory.path().join("audit.jsonl.1")).unwrap();
    audit.write(&[record()]).unwrap();
    assert_eq!(lines(&path).len(), 1);
    assert_eq!(
        fs::metadata(&path).unwrap().permissions().mode() & 0o777,
        0o600
    );
}

#[test]
fn what_others_could_change_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("audit.jsonl");
    let reason = |path: &Path| {
        Audit::open(path.to_owned(), "exec")
            .unwrap_err()
            .to_string()
    };

    fs::write(&path, "").unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o666)).unwrap();
    assert_eq!(reason(&path), "everybody may write to it");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o660)).unwrap();
    Audit::open(path.clone(), "exec").unwrap();

    let link = directory.path().join("link");
    symlink(&path, &link).unwrap();
    Audit::open(link.clone(), "exec").unwrap();
    if geteuid().is_root() {
        std::os::unix::fs::lchown(&link, Some(12_345), None).unwrap();
        assert_eq!(reason(&link), "it is a symbolic link of another user");
    }
    assert!(!reason(directory.path()).is_empty(), "a directory");
    assert!(!reason(&directory.path().join("none/audit.jsonl")).is_empty());
}

/// A pipe that nobody reads must not hold up a start.
#[test]
fn a_pipe_is_written_where_it_is_read() {
    use std::io::Read as _;
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("pipe");
    let made = std::process::Command::new("mkfifo").arg(&path).status();
    assert!(made.unwrap().success());
    assert!(Audit::open(path.clone(), "exec").is_err());

    let flags = i32::try_from(OFlags::NONBLOCK.bits()).unwrap();
    let mut reader = OpenOptions::new()
        .read(true)
        .custom_flags(flags)
        .open(&path)
        .unwrap();
    let audit = Audit::open(path, "exec").unwrap();
    audit.write(&[record()]).unwrap();
    let mut text = [0; LONGEST_LINE];
    let length = reader.read(&mut text).unwrap();
    let line: Value = serde_json::from_slice(&text[..length]).unwrap();
    assert_eq!(line["act"], "read");
}

/// Eight writers, each with a handle of its own, as processes have it.
#[test]
fn lines_never_mix() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("audit.jsonl");
    std::thread::scope(|scope| {
        for writer in 0..8 {
            let path = path.clone();
            scope.spawn(move || {
                let audit = Audit::open(path, "exec").unwrap();
                let mut long = record();
                long.locator = Some(writer.to_string().repeat(400));
                for _ in 0..100 {
                    audit.write(&[long.clone(), record()]).unwrap();
                }
            });
        }
    });
    let lines = lines(&path);
    assert_eq!(lines.len(), 1600);
    for line in lines {
        let locator = line["locator"].as_str().unwrap();
        let first = locator.chars().next().unwrap();
        assert!(
            first == '/' || locator.chars().all(|c| c == first),
            "{locator}"
        );
    }
}

proptest! {
    /// Whatever a manifest and a store call things: one line, that is JSON, and that a pipe takes whole.
    #[test]
    fn every_line_is_bounded(
        key in any::<String>(),
        repeat in 0_usize..2000,
        count in 0_usize..40,
        texts in proptest::array::uniform4(proptest::option::of(any::<String>())),
    ) {
        let [instance, provider, locator, version] =
            texts.map(|text| text.map(|text| text.repeat(repeat.min(300))));
        let record = Record {
            keys: vec![key.repeat(repeat); count],
            instance,
            provider,
            locator,
            version,
            ..record()
        };
        let caller = json!({ "pid": u32::MAX, "uid": u32::MAX, "command": "redact" });
        let line = line("2026-11-23T00:50:01.123Z", &record, &caller);
        prop_assert!(line.len() <= LONGEST_LINE, "{}", line.len());
        prop_assert_eq!(line.matches('\n').count(), 1);
        let read: Value = serde_json::from_str(&line).unwrap();
        let named = read["keys"].as_array().unwrap().len();
        let left = read["more_keys"].as_u64().unwrap_or(0);
        prop_assert_eq!(u64::try_from(named).unwrap() + left, u64::try_from(count).unwrap());
    }
}
