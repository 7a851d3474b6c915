//! Python environments with a real Django and the libraries the tests compare with. Each is made once, kept under the
//! target directory, and rebuilt when its requirements change or when making it was cut short.

use std::collections::hash_map::DefaultHasher;
use std::fs::{self, File};
use std::hash::{Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::{is_root, must_run, on_path, scratch};

/// The releases of Django the tests run with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Django {
    V5_2,
    V6_1,
}

/// Names the only releases to test with, separated by commas, for a machine that lacks a Python new enough for the rest.
const CHOICE: &str = "NUAGES_TEST_DJANGO";

impl Django {
    const ALL: [Self; 2] = [Self::V5_2, Self::V6_1];

    /// The release's name: `5.2`.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::V5_2 => "5.2",
            Self::V6_1 => "6.1",
        }
    }

    /// The releases to test with: both, unless the developer names some in `NUAGES_TEST_DJANGO`.
    pub(crate) fn chosen() -> Vec<Self> {
        let Ok(names) = std::env::var(CHOICE) else {
            return Self::ALL.to_vec();
        };
        let chosen = names.split(',').map(|name| {
            Self::ALL
                .into_iter()
                .find(|django| django.name() == name.trim())
                .unwrap_or_else(|| {
                    panic!("{CHOICE} names an unknown Django `{name}`; known are 5.2 and 6.1")
                })
        });
        chosen.collect()
    }

    /// The smallest minor version of Python 3 the release runs on, as its documentation says.
    fn oldest_python(self) -> u32 {
        match self {
            Self::V5_2 => 10,
            Self::V6_1 => 12,
        }
    }

    fn requirements(self) -> PathBuf {
        requirements(self.name())
    }
}

/// The `python` of an environment with Django 5.2 and every library the tests compare with.
pub(crate) fn venv() -> PathBuf {
    venv_for(Django::V5_2)
}

/// The `python` of the environment for one release of Django. Its directory holds `gunicorn` as well.
pub(crate) fn venv_for(django: Django) -> PathBuf {
    environment(
        &format!("django-{}", django.name()),
        &[django.requirements(), requirements("common")],
        &interpreter(django),
    )
}

/// The `python` of an environment with the files of `tests/support` called `requirements-NAME.txt`, for a thing that
/// needs Python 3.`oldest`.
pub(crate) fn venv_with(name: &str, oldest: u32) -> PathBuf {
    let interpreter =
        find(oldest).unwrap_or_else(|| panic!("{}", missing(name, oldest, "and try again")));
    environment(name, &[requirements(name)], &interpreter)
}

/// Names the only minor versions of Python 3 to test with, separated by commas, for a machine that lacks the rest.
const PYTHONS: &str = "NUAGES_TEST_PYTHON";

/// The `python` of an environment as of [`venv_with`], on Python 3.`minor` and no other; `None` where the developer has
/// left that version out.
pub(crate) fn venv_on(name: &str, minor: u32) -> Option<PathBuf> {
    if let Ok(chosen) = std::env::var(PYTHONS)
        && !chosen
            .split(',')
            .any(|version| version.trim() == format!("3.{minor}"))
    {
        return None;
    }
    let found =
        candidates(minor).find_map(|path| probe(&path, minor).filter(|found| found.is(minor)));
    let interpreter = found.unwrap_or_else(|| {
        panic!(
            "there is no Python 3.{minor} with its `venv` module on PATH or in ~/.pyenv/versions: install it, or set \
             {PYTHONS} to the versions to test with, such as {PYTHONS}=3.11"
        )
    });
    let files = [requirements(name)];
    Some(environment(
        &format!("{name}-on-3.{minor}"),
        &files,
        &interpreter,
    ))
}

/// A Python 3.`oldest` or newer with its `venv` module, which is installed where Debian leaves it out.
pub(crate) fn with_venv(oldest: u32) -> PathBuf {
    let found =
        find(oldest).unwrap_or_else(|| panic!("{}", missing("this", oldest, "and try again")));
    found.path
}

/// The environment of this name, made when it is not there yet. The first of the files is what gets installed; the
/// others are those it names.
///
/// Several test processes may ask at once: one makes the environment, the others wait for it.
fn environment(name: &str, files: &[PathBuf], interpreter: &Interpreter) -> PathBuf {
    let place = scratch().join("venv");
    fs::create_dir_all(&place).expect("a directory for the environments");
    let name = format!("{name}-{:016x}", fingerprint(files, interpreter));

    let lock = File::create(place.join(format!("{name}.lock"))).expect("a lock file");
    lock.lock().expect("the lock of the environment");
    let venv = place.join(name);
    let complete = venv.join("complete");
    if !complete.exists() {
        make(&venv, &interpreter.path, &files[0]);
        fs::write(&complete, "").expect("the mark of a finished environment");
    }
    venv.join("bin/python")
}

fn make(venv: &Path, interpreter: &Path, requirements: &Path) {
    if venv.exists() {
        fs::remove_dir_all(venv).expect("a half-made environment can be removed");
    }
    must_run(Command::new(interpreter).args(["-m", "venv"]).arg(venv));
    must_run(
        Command::new(venv.join("bin/python"))
            .args([
                "-m",
                "pip",
                "install",
                "--quiet",
                "--no-input",
                "--disable-pip-version-check",
            ])
            .arg("-r")
            .arg(requirements),
    );
}

/// Changes whenever the requirements or the interpreter do.
fn fingerprint(files: &[PathBuf], interpreter: &Interpreter) -> u64 {
    let mut hasher = DefaultHasher::new();
    for file in files {
        fs::read(file)
            .expect("a requirements file")
            .hash(&mut hasher);
    }
    interpreter.hash(&mut hasher);
    hasher.finish()
}

#[derive(Hash)]
struct Interpreter {
    path: PathBuf,
    version: String,
}

impl Interpreter {
    /// Whether it is a Python 3.`minor`.
    fn is(&self, minor: u32) -> bool {
        self.version.starts_with(&format!("3.{minor}."))
    }
}

fn interpreter(django: Django) -> Interpreter {
    let oldest = django.oldest_python();
    find(oldest).unwrap_or_else(|| {
        let others: Vec<_> = Django::ALL
            .iter()
            .filter(|&&other| other != django)
            .map(|other| other.name())
            .collect();
        let way_out = format!(
            "or set {CHOICE}={} to leave this release out",
            others.join(",")
        );
        panic!(
            "{}",
            missing(&format!("Django {}", django.name()), oldest, &way_out)
        )
    })
}

fn find(oldest: u32) -> Option<Interpreter> {
    let look = || candidates(oldest).find_map(|path| probe(&path, oldest));
    look().or_else(|| install_venv().then(look)?)
}

fn missing(what: &str, oldest: u32, way_out: &str) -> String {
    format!(
        "{what} needs Python 3.{oldest} or newer with its `venv` module, and none was found on PATH or in \
         ~/.pyenv/versions: install one (`apt-get install python3-venv`, `pyenv install 3.13`, …), {way_out}"
    )
}

/// Debian keeps `venv` in a package of its own. Whether it could be installed.
fn install_venv() -> bool {
    let apt = |arguments: &[&str]| {
        let mut command = Command::new("apt-get");
        command
            .args(arguments)
            .env("DEBIAN_FRONTEND", "noninteractive");
        command.stdin(Stdio::null()).stdout(Stdio::null());
        command.status().is_ok_and(|status| status.success())
    };
    is_root()
        && apt(&["update", "-q"])
        && apt(&["install", "-qy", "--no-install-recommends", "python3-venv"])
}

/// Every place worth trying: `python3` itself, then the versioned names, then what pyenv has built.
fn candidates(oldest: u32) -> impl Iterator<Item = PathBuf> {
    let names = std::iter::once("python3".to_owned())
        .chain((oldest..=20).rev().map(|minor| format!("python3.{minor}")));
    let mut found: Vec<PathBuf> = names.flat_map(|name| on_path(&name)).collect();
    let home = std::env::var_os("HOME")
        .map(PathBuf::from)
        .unwrap_or_default();
    if let Ok(versions) = fs::read_dir(home.join(".pyenv/versions")) {
        found.extend(
            versions
                .flatten()
                .map(|version| version.path().join("bin/python3")),
        );
    }
    found.into_iter()
}

/// Runs the interpreter, since a pyenv shim may exist and yet refuse to run: its real path and version, when it will do.
fn probe(path: &Path, oldest: u32) -> Option<Interpreter> {
    let question = "import ensurepip, sys, venv; print(sys.version_info.minor, sys.executable, sys.version.split()[0], sep='\\n')";
    let output = Command::new(path)
        .args(["-I", "-c", question])
        .stdin(Stdio::null())
        .output()
        .ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let mut lines = text.lines();
    let minor: u32 = lines.next()?.parse().ok()?;
    let path = PathBuf::from(lines.next()?);
    let version = lines.next()?.to_owned();
    (output.status.success() && minor >= oldest).then_some(Interpreter { path, version })
}

fn requirements(name: &str) -> PathBuf {
    super::checkout().join(format!("tests/support/requirements-{name}.txt"))
}
