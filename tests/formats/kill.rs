//! A writer that is killed at any moment leaves the old content or the new one, and no part of either.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use nuages::render::file::write_atomically;

use crate::documents::Random;

/// Tells the child process which file to write. Nothing else sets it.
const TARGET: &str = "NUAGES_TEST_KILL_TARGET";
const LENGTH: usize = 400_000;
const KILLS: usize = 60;

fn content(letter: u8) -> Vec<u8> {
    vec![letter; LENGTH]
}

fn is_complete(path: &Path) -> bool {
    let bytes = fs::read(path).unwrap();
    bytes.len() == LENGTH && bytes.iter().all(|&byte| byte == bytes[0])
}

/// The child: this very test program, told to run this alone. It never ends by itself; run by a person, it does nothing.
#[test]
#[ignore = "the process that the test below starts and kills"]
#[expect(
    clippy::disallowed_methods,
    reason = "a test program hands its own child a path"
)]
fn writer() {
    let Some(target) = std::env::var_os(TARGET).map(PathBuf::from) else {
        return;
    };
    for letter in (b'a'..=b'z').cycle() {
        write_atomically(&target, &content(letter), 0o640).unwrap();
    }
}

#[test]
fn a_killed_writer_leaves_one_whole_content() {
    let directory = tempfile::tempdir().unwrap();
    let target = directory.path().join("secrets.env");
    let mut random = Random::new(3);
    let mut inodes = std::collections::HashSet::new();
    for _ in 0..KILLS {
        fs::write(&target, content(b'-')).unwrap();
        let old = fs::metadata(&target).unwrap().ino();
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["kill::writer", "--exact", "--ignored"])
            .env(TARGET, &target)
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        // Half of the time in the midst of the writing, wherever that is, and half of the time about its beginning.
        if random.below(2) == 0 {
            while fs::metadata(&target).unwrap().ino() == old && child.try_wait().unwrap().is_none()
            {
                std::thread::sleep(Duration::from_micros(200));
            }
        }
        std::thread::sleep(Duration::from_micros(
            u64::try_from(random.below(15_000)).unwrap(),
        ));
        child.kill().unwrap();
        assert_eq!(
            std::os::unix::process::ExitStatusExt::signal(&child.wait().unwrap()),
            Some(9)
        );
        inodes.insert(fs::metadata(&target).unwrap().ino() != old);
        // Whatever stands there, the temporary names of an unlucky moment included, is whole.
        for entry in fs::read_dir(directory.path()).unwrap() {
            let path = entry.unwrap().path();
            assert!(is_complete(&path), "{}", path.display());
            if path != target {
                fs::remove_file(path).unwrap();
            }
        }
    }
    assert!(
        inodes.contains(&true),
        "no child was killed after it had written"
    );
}
