//! Base images in place of those of a registry, each a root directory of Debian's own packages: they are unpacked, not
//! installed, so neither root nor a second package manager is needed. Made once, kept in the store of [`super::containers`].

use std::collections::hash_map::DefaultHasher;
use std::ffi::OsString;
use std::fs;
use std::hash::{Hash as _, Hasher as _};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use super::{is_root, must_run, python, scratch};

/// What the examples' Dockerfiles begin with.
pub(crate) const PYTHON: &str = "docker.io/library/python:3.13-slim-bookworm";

/// A database's image.
pub(crate) const POSTGRES: &str = "docker.io/library/postgres:17-bookworm";

/// By number, as the official image has it.
const POSTGRES_USER: &str = "999";

const COMMON: &[&str] = &["bash", "dash", "coreutils", "libc-bin"];

/// Debian's Python, called `python`, with a directory of wheels that pip takes in place of an index.
pub(crate) fn python(podman: impl Fn(&[OsString]) -> Command) {
    let settings = [
        "ENV PATH=/usr/local/bin:/usr/bin:/bin",
        "ENV PIP_NO_INDEX=1",
        "ENV PIP_FIND_LINKS=/wheels",
        "CMD [\"python3\"]",
    ];
    let packages = [
        COMMON,
        &["python3-venv", "python-is-python3", "ca-certificates"],
    ]
    .concat();
    make(&podman, PYTHON, &packages, &settings, &[]);
}

/// Debian's PostgreSQL, started as the official image does it: the first start makes the database and runs what is in
/// `/docker-entrypoint-initdb.d`.
pub(crate) fn postgres(podman: impl Fn(&[OsString]) -> Command) {
    let settings = [
        "ENV PATH=/usr/local/bin:/usr/bin:/bin",
        "ENV PGDATA=/var/lib/postgresql/data",
        "ENTRYPOINT [\"docker-entrypoint.sh\"]",
        "CMD [\"postgres\"]",
    ];
    let packages = [COMMON, &["postgresql", "openssl"]].concat();
    let entrypoint = super::checkout().join("tests/support/postgres_entrypoint.sh");
    let files = [(entrypoint, "usr/local/bin/docker-entrypoint.sh")];
    make(&podman, POSTGRES, &packages, &settings, &files);
}

/// An image of that name, where it is not there yet as it would be made now.
fn make(
    podman: &impl Fn(&[OsString]) -> Command,
    name: &str,
    packages: &[&str],
    settings: &[&str],
    files: &[(PathBuf, &str)],
) {
    let mut hasher = DefaultHasher::new();
    (name, packages, settings, POSTGRES_USER).hash(&mut hasher);
    for (file, to) in files {
        (fs::read(file).expect("a file of an image"), to).hash(&mut hasher);
    }
    let tag = format!("localhost/stand-in:{:016x}", hasher.finish());
    let run = |arguments: &[&str]| {
        let arguments: Vec<OsString> = arguments.iter().map(OsString::from).collect();
        podman(&arguments)
    };
    let exists = run(&["image", "exists", &tag]).status();
    if !exists.expect("podman").success() {
        let root = tempfile::tempdir_in(scratch()).expect("a directory for an image");
        unpack(packages, root.path());
        for (file, to) in files {
            fs::copy(file, root.path().join(to)).expect("a file of an image");
            fs::set_permissions(root.path().join(to), fs::Permissions::from_mode(0o755))
                .expect("a program of an image");
        }
        import(&run, root.path(), settings, &tag);
    }
    must_run(&mut run(&["tag", &tag, name]));
}

fn import(run: &impl Fn(&[&str]) -> Command, root: &Path, settings: &[&str], tag: &str) {
    let archive = tempfile::NamedTempFile::new_in(scratch()).expect("a file for an image");
    let tar = |arguments: &[&str], owner: &str| {
        must_run(
            Command::new("tar")
                .args([
                    "--numeric-owner",
                    &format!("--owner={owner}"),
                    &format!("--group={owner}"),
                ])
                .arg("-C")
                .arg(root)
                .arg("-f")
                .arg(archive.path())
                .args(arguments),
        );
    };
    let data = "./var/lib/postgresql";
    tar(&["-c", &format!("--exclude={data}"), "."], "0");
    tar(&["-r", data], POSTGRES_USER);
    let mut import = run(&["import", "--quiet"]);
    for setting in settings {
        import.args(["--change", setting]);
    }
    must_run(import.arg(archive.path()).arg(tag));
}

/// The root directory that these packages and all they need make.
fn unpack(packages: &[&str], root: &Path) {
    for directory in [
        "usr/bin",
        "usr/sbin",
        "usr/lib",
        "usr/lib64",
        "usr/local/bin",
        "etc",
        "tmp",
        "run",
        "proc",
        "sys",
        "dev",
        "var/lib/postgresql/data",
    ] {
        fs::create_dir_all(root.join(directory)).expect("a directory of an image");
    }
    for link in ["bin", "sbin", "lib", "lib64"] {
        symlink(format!("usr/{link}"), root.join(link)).expect("a link of an image");
    }
    let downloads = tempfile::tempdir_in(scratch()).expect("a directory for packages");
    // apt gives up root for the download.
    fs::set_permissions(downloads.path(), fs::Permissions::from_mode(0o777))
        .expect("an open directory");
    must_run(
        Command::new("apt-get")
            .args(["download", "-q"])
            .args(needed(packages))
            .current_dir(downloads.path()),
    );
    let unpack = "for file in *.deb; do dpkg-deb --fsys-tarfile \"$file\" | tar -x --keep-directory-symlink --no-same-owner \
                  --exclude=./usr/share/doc --exclude=./usr/share/man --exclude=./usr/share/locale -C \"$0\"; done";
    must_run(
        Command::new("bash")
            .args(["-euo", "pipefail", "-c", unpack])
            .arg(root)
            .current_dir(downloads.path()),
    );
    let passwd = "root:x:0:0:root:/root:/bin/sh\npostgres:x:999:999::/var/lib/postgresql:/bin/sh\n";
    fs::write(root.join("etc/passwd"), passwd).expect("the users of an image");
    fs::write(root.join("etc/group"), "root:x:0:\npostgres:x:999:\n")
        .expect("the groups of an image");
    for open in ["tmp", "var/lib/postgresql/data"] {
        fs::set_permissions(root.join(open), fs::Permissions::from_mode(0o1777))
            .expect("an open directory of an image");
    }
}

/// The packages and all that they need, on a machine that has none.
fn needed(packages: &[&str]) -> Vec<String> {
    let ask = || {
        let mut command = Command::new("apt-get");
        command
            .args([
                "-s",
                "-o",
                "Dir::State::Status=/dev/null",
                "--no-install-recommends",
                "install",
            ])
            .args(packages);
        command
    };
    let is_known = ask().output().is_ok_and(|output| output.status.success());
    if !is_known && is_root() {
        must_run(Command::new("apt-get").args(["update", "-q"]));
    }
    let lines = must_run(&mut ask());
    let names = lines
        .lines()
        .filter_map(|line| line.strip_prefix("Inst ")?.split(' ').next());
    names.map(str::to_owned).collect()
}

/// A directory with the wheels of a requirements file, for the Python of the stand-in, whose version `version` is (`3.11`).
pub(crate) fn wheels(requirements: &Path, version: &str) -> PathBuf {
    let mut hasher = DefaultHasher::new();
    (
        fs::read(requirements).expect("a requirements file"),
        version,
    )
        .hash(&mut hasher);
    let directory = scratch().join(format!("wheels-{:016x}", hasher.finish()));
    let lock = fs::File::create(directory.with_extension("lock")).expect("a lock file");
    lock.lock().expect("the lock of the wheels");
    if directory.is_dir() {
        return directory;
    }
    let partial = directory.with_extension("partial");
    let machine = std::env::consts::ARCH;
    must_run(
        Command::new(python::venv())
            .args([
                "-m",
                "pip",
                "download",
                "--quiet",
                "--only-binary=:all:",
                "--implementation=cp",
            ])
            .arg(format!("--python-version={version}"))
            .arg(format!("--platform=manylinux_2_28_{machine}"))
            .arg(format!("--platform=manylinux_2_17_{machine}"))
            .arg(format!("--platform=manylinux2014_{machine}"))
            .arg("-r")
            .arg(requirements)
            .arg("-d")
            .arg(&partial),
    );
    fs::rename(&partial, &directory).expect("a place for the wheels");
    directory
}
