//! Packs the wheel with `.ci/wheel` and installs it: for all tests into one directory, as `pip install --target` does.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use tempfile::TempDir;

use crate::support::project::{Project, Run};
use crate::support::{checkout, must_run, python, scratch};

/// The environment with what makes and judges the wheel.
pub(crate) fn tools() -> &'static Path {
    static PYTHON: OnceLock<PathBuf> = OnceLock::new();
    PYTHON.get_or_init(|| python::venv_with("wheel", 11))
}

struct Wheel {
    /// Goes with the process, which may be killed: so it is below the target directory.
    directory: TempDir,
    file: PathBuf,
    installed: PathBuf,
    /// Held until the process ends.
    _lock: File,
}

fn wheel() -> &'static Wheel {
    static WHEEL: OnceLock<Wheel> = OnceLock::new();
    WHEEL.get_or_init(|| {
        let place = scratch().join("wheel");
        // Another run of these tests would take ours away.
        let lock = File::create(scratch().join("wheel.lock")).unwrap();
        lock.lock().unwrap();
        // What earlier runs have left: statics are not dropped.
        drop(fs::remove_dir_all(&place));
        fs::create_dir_all(&place).unwrap();
        let directory = tempfile::tempdir_in(&place).unwrap();
        let own = std::env::var_os("PATH").unwrap_or_default();
        let programs = std::iter::once(tools().parent().unwrap().to_owned());
        let path = std::env::join_paths(programs.chain(std::env::split_paths(&own))).unwrap();
        let said = must_run(
            Command::new(checkout().join(".ci/wheel"))
                .arg(env!("CARGO_BIN_EXE_nuages"))
                .arg(directory.path().join("dist"))
                .env("PATH", path),
        );
        let file = PathBuf::from(said.trim_end());
        let installed = directory.path().join("site");
        must_run(
            Command::new(tools())
                .args(["-m", "pip", "install", "--quiet", "--no-deps", "--no-index"])
                .args(["--disable-pip-version-check", "--target"])
                .arg(&installed)
                .arg(&file),
        );
        Wheel {
            directory,
            file,
            installed,
            _lock: lock,
        }
    })
}

/// The wheel.
pub(crate) fn file() -> &'static Path {
    &wheel().file
}

/// The directory it is installed in, for `PYTHONPATH`.
pub(crate) fn installed() -> &'static Path {
    &wheel().installed
}

/// A directory for more, which goes with the wheel.
pub(crate) fn beside() -> &'static Path {
    wheel().directory.path()
}

/// A run of a Python with the package, and with nothing else of ours: no `nuages` is on its `PATH`.
pub(crate) fn run(project: &Project, python: &Path, arguments: &[&str]) -> Run {
    project
        .program(python, arguments)
        .path(python.parent().unwrap())
        .env("PYTHONPATH", installed())
        .env("PYTHONDONTWRITEBYTECODE", "1")
}

/// A run of that Python as a command of `nuages`.
pub(crate) fn exec(project: &Project, options: &[&str], python: &Path, arguments: &[&str]) -> Run {
    project
        .nuages([options, &["exec", "--", "python"], arguments].concat())
        .path(python.parent().unwrap())
        .env("PYTHONPATH", installed())
        .env("PYTHONDONTWRITEBYTECODE", "1")
}
