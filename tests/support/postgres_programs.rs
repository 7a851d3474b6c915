//! Where PostgreSQL's server programs are. A machine without them gets Debian's packages: root installs them with no
//! server started, anyone else unpacks them under the target directory.

use std::ffi::OsString;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

use super::{debian, is_root, must_run, on_path, scratch};

/// Where Debian, Fedora and Homebrew put the programs of each version.
const INSTALLED: &[&str] = &[
    "/usr/lib/postgresql",
    "/usr/local/opt",
    "/opt/homebrew/opt",
    "/usr",
];

/// The directory that holds `initdb` and `postgres`.
///
/// Panics when there is none and none can be had, saying what to install.
pub(crate) fn find() -> PathBuf {
    let lock = File::create(scratch().join("postgresql-programs.lock")).expect("a lock file");
    lock.lock().expect("the lock of the PostgreSQL programs");
    let unpacked = scratch().join("postgresql");
    installed()
        .or_else(|| newest_below(&unpacked.join("usr/lib/postgresql")))
        .or_else(|| {
            if is_root() {
                install();
            } else {
                debian::unpacked("postgresql", || debian::lacking(&[&server_package()]));
            }
            installed().or_else(|| newest_below(&unpacked.join("usr/lib/postgresql")))
        })
        .expect("PostgreSQL's `initdb`: install the server package (`apt-get install postgresql`)")
}

/// The directory of shared libraries that unpacked programs need; `None` for installed ones.
pub(crate) fn libraries(program: &Path) -> Option<OsString> {
    let root = scratch().join("postgresql/usr/lib");
    if !program.starts_with(&root) {
        return None;
    }
    // Debian's multi-architecture directory (`x86_64-linux-gnu`) stands beside `postgresql`.
    let directories = fs::read_dir(&root)
        .ok()?
        .flatten()
        .map(|entry| entry.path());
    std::env::join_paths(directories.filter(|path| path.to_string_lossy().ends_with("-linux-gnu")))
        .ok()
}

fn installed() -> Option<PathBuf> {
    // A link on PATH leads to the directory where `postgres` stands too.
    on_path("initdb")
        .into_iter()
        .filter_map(|program| Some(fs::canonicalize(program).ok()?.parent()?.to_owned()))
        .find(|directory| has_server(directory))
        .or_else(|| {
            INSTALLED
                .iter()
                .find_map(|place| newest_below(Path::new(place)))
        })
}

fn has_server(directory: &Path) -> bool {
    directory.join("initdb").is_file() && directory.join("postgres").is_file()
}

/// `PLACE/VERSION/bin` with the highest version.
fn newest_below(place: &Path) -> Option<PathBuf> {
    let mut found: Vec<(u32, PathBuf)> = fs::read_dir(place)
        .ok()?
        .flatten()
        .filter_map(|entry| {
            let name = entry.file_name().into_string().ok()?;
            let version = name.rsplit(['@', '-']).next()?.parse().ok()?;
            Some((version, entry.path().join("bin")))
        })
        .filter(|(_, directory)| has_server(directory))
        .collect();
    found.sort();
    found.pop().map(|(_, directory)| directory)
}

/// Installs the newest version the distribution has. Without a cluster the packaged service has nothing to start.
fn install() {
    let configuration = Path::new("/etc/postgresql-common/createcluster.d");
    let no_cluster = configuration.join("nuages-tests.conf");
    fs::create_dir_all(configuration).expect("a place for the packaging's settings");
    fs::write(&no_cluster, "create_main_cluster = false\n").expect("the packaging's settings");
    let package = server_package();
    let installed = Command::new("apt-get")
        .args(["install", "-y", "--no-install-recommends", &package])
        .env("DEBIAN_FRONTEND", "noninteractive")
        .env("RUNLEVEL", "1")
        .output();
    drop(fs::remove_file(&no_cluster));
    let output = installed.expect("apt-get");
    assert!(
        output.status.success(),
        "`{package}` did not install: {}",
        String::from_utf8_lossy(&output.stderr)
    );
}

/// What the distribution's `postgresql` stands for: `postgresql-15`.
fn server_package() -> String {
    let ask = || {
        Command::new("apt-cache")
            .args(["depends", "postgresql"])
            .output()
            .ok()
    };
    let name = |output: std::process::Output| {
        let text = String::from_utf8(output.stdout).ok()?;
        let package = text
            .lines()
            .find_map(|line| line.trim().strip_prefix("Depends: "))?;
        package
            .starts_with("postgresql-")
            .then(|| package.to_owned())
    };
    ask()
        .and_then(name)
        .or_else(|| {
            // A slim image starts without the package lists, and only root may fetch them.
            if is_root() {
                must_run(Command::new("apt-get").arg("update"));
            }
            ask().and_then(name)
        })
        .expect("PostgreSQL's server: install it, since no package of it is known here (`apt-get update`?)")
}
