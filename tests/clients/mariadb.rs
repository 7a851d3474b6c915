//! MariaDB's `my_print_defaults`, the reader of option files that all its programs share. A machine without it gets
//! Debian's package, unpacked under the target directory.

use std::fs::{self, File};
use std::path::PathBuf;
use std::process::Command;

use crate::support::{must_run, scratch};

#[expect(clippy::disallowed_methods, reason = "tests do read the environment")]
pub(crate) fn my_print_defaults() -> PathBuf {
    let lock = File::create(scratch().join("mariadb.lock")).unwrap();
    lock.lock().unwrap();
    let unpacked = scratch().join("mariadb");
    let program = unpacked.join("usr/bin/my_print_defaults");
    let path = std::env::var_os("PATH").unwrap_or_default();
    let installed = std::env::split_paths(&path)
        .map(|directory| directory.join("my_print_defaults"))
        .find(|program| program.is_file());
    if let Some(installed) = installed {
        return installed;
    }
    if !program.is_file() {
        fs::create_dir_all(&unpacked).unwrap();
        must_run(
            Command::new("apt-get")
                .args(["download", "-q", "mariadb-client-core"])
                .current_dir(&unpacked),
        );
        let package = fs::read_dir(&unpacked)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .find(|path| path.extension().is_some_and(|extension| extension == "deb"));
        must_run(
            Command::new("dpkg")
                .arg("-x")
                .arg(package.unwrap())
                .arg(&unpacked),
        );
    }
    program
}
