//! Programs out of Debian's packages, where the machine does not have them: unpacked below `target/`, nothing is installed.

use std::fs::{self, File};
use std::path::PathBuf;
use std::process::Command;

use super::{is_root, must_run, on_path, scratch};

/// The program `name`, from `package` where it is not on the `PATH`. `{}` in the values of `variables` stands for the root of
/// the files that it comes with: they are not where it looks for them.
pub(crate) fn program(name: &str, package: &str, variables: &[(&str, &str)]) -> Command {
    if let Some(found) = on_path(name).into_iter().next() {
        return Command::new(found);
    }
    let root = unpacked(&format!("debian-{package}"), || lacking(&[package]));
    let found = ["bin", "usr/bin"]
        .iter()
        .map(|directory| root.join(directory).join(name))
        .find(|path| path.is_file())
        .unwrap_or_else(|| panic!("`{package}` has no `{name}`"));
    let mut command = Command::new(found);
    let libraries = fs::read_dir(root.join("usr/lib")).into_iter().flatten();
    let libraries = libraries.flatten().map(|entry| entry.path());
    command.env(
        "LD_LIBRARY_PATH",
        std::env::join_paths(libraries).expect("directories without a colon"),
    );
    for (variable, value) in variables {
        command.env(variable, value.replace("{}", &root.display().to_string()));
    }
    command
}

/// These packages and what they need, less what the machine has.
pub(crate) fn lacking(packages: &[&str]) -> Vec<String> {
    let simulate = || {
        let output = Command::new("apt-get")
            .args(["install", "-s", "--no-install-recommends", "--no-upgrade"])
            .args(packages)
            .output();
        let output = output.unwrap_or_else(|_| panic!("install {packages:?}: not all are here"));
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        output.status.success().then_some(text)
    };
    let plan = simulate().or_else(|| {
        // A slim image starts without the package lists, and only root may fetch them.
        if is_root() {
            must_run(Command::new("apt-get").arg("update"));
        }
        simulate()
    });
    let plan = plan.unwrap_or_else(|| {
        panic!("install {packages:?}: not all are known here (`apt-get update`?)")
    });
    plan.lines()
        .filter_map(|line| line.strip_prefix("Inst ")?.split(' ').next())
        .map(str::to_owned)
        .collect()
}

/// The directory `name` below `target/` with these packages in it, made when it is not there yet.
pub(crate) fn unpacked(name: &str, packages: impl FnOnce() -> Vec<String>) -> PathBuf {
    let target = scratch().join(name);
    let lock = File::create(target.with_extension("lock")).expect("a lock file");
    lock.lock().expect("the lock of the packages");
    if target.exists() {
        return target;
    }
    let partial = target.with_extension("partial");
    drop(fs::remove_dir_all(&partial));
    fs::create_dir_all(&partial).expect("a directory to unpack in");
    must_run(
        Command::new("apt-get")
            .args(["download", "-q"])
            .args(packages())
            .current_dir(&partial),
    );
    for entry in fs::read_dir(&partial).expect("downloaded packages") {
        let file = entry.expect("a package").path();
        if file.extension().is_some_and(|it| it == "deb") {
            must_run(Command::new("dpkg").arg("-x").arg(file).arg(&partial));
        }
    }
    fs::rename(&partial, &target).expect("a place for the unpacked packages");
    target
}
