//! A Python with Django, mssql-django and both of its drivers. Microsoft's ODBC driver comes as a wheel; the libraries it
//! and pyodbc need of the system are unpacked from Debian's packages where they are not installed.

use std::ffi::OsString;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use tempfile::TempDir;

use super::{debian, python, scratch};

/// The oldest Python 3 that the pinned releases run on.
const OLDEST_PYTHON: u32 = 10;

/// What holds pyodbc's driver manager, and what Microsoft's driver needs beside it; libcurl, where it gets a token itself.
const PACKAGES: &[&str] = &["libodbc2", "libltdl7", "libgssapi-krb5-2", "libcurl4"];

/// Prints the path of the first of the wheel's drivers that loads here (there is one for each family of distributions),
/// once pyodbc itself has.
const PROBE: &str = "
import ctypes, glob, os, platform
import mssql_python_odbc, pyodbc
ctypes.CDLL('libcurl.so.4')
pattern = os.path.join(mssql_python_odbc.get_libs_dir(), 'linux', '*', '*', 'lib', 'libmsodbcsql-*')
complaint = f'the wheel has no driver for {platform.machine()}'
for path in sorted(glob.glob(pattern)):
    try:
        ctypes.CDLL(path)
    except OSError as error:
        complaint = error
    else:
        print(path)
        break
else:
    raise SystemExit(str(complaint))
";

/// The environment's `python`, and what its drivers need to be told. It lasts as long as the drivers are used.
pub(crate) struct Odbc {
    directory: TempDir,
}

impl Odbc {
    /// Panics, saying what to install, where the drivers cannot be had.
    pub(crate) fn find() -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let driver = driver().display();
        fs::write(
            directory.path().join("odbcinst.ini"),
            format!("[ODBC Driver 18 for SQL Server]\nDriver={driver}\n"),
        )
        .expect("odbcinst.ini");
        Self { directory }
    }

    /// The variables by which pyodbc finds its driver manager, and that the driver.
    pub(crate) fn variables(&self) -> Vec<(&'static str, OsString)> {
        let mut variables = vec![("ODBCSYSINI", self.directory.path().into())];
        variables.extend(libraries().map(|libraries| ("LD_LIBRARY_PATH", libraries)));
        variables
    }
}

/// The `python` of the environment.
pub(crate) fn interpreter() -> &'static Path {
    static PYTHON: OnceLock<PathBuf> = OnceLock::new();
    PYTHON.get_or_init(|| python::venv_with("mssql", OLDEST_PYTHON))
}

/// Microsoft's driver, as a file that loads.
fn driver() -> &'static Path {
    static DRIVER: OnceLock<PathBuf> = OnceLock::new();
    DRIVER.get_or_init(|| {
        let lock = File::create(scratch().join("odbc.lock")).expect("a lock file");
        lock.lock().expect("the lock of the ODBC libraries");
        probe().unwrap_or_else(|_| {
            drop(fs::remove_dir_all(unpacked()));
            debian::unpacked(UNPACKED, || debian::lacking(PACKAGES));
            probe().unwrap_or_else(|complaint| {
                panic!("pyodbc or Microsoft's ODBC driver does not load: {complaint}: {ADVICE}")
            })
        })
    })
}

const ADVICE: &str = "install unixODBC, libcurl and Kerberos' libraries (`apt-get install unixodbc libcurl4 \
     libgssapi-krb5-2`, `dnf install unixODBC libcurl krb5-libs`) and try again";

fn probe() -> Result<PathBuf, String> {
    let mut command = Command::new(interpreter());
    command.args(["-I", "-c", PROBE]);
    if let Some(libraries) = libraries() {
        command.env("LD_LIBRARY_PATH", libraries);
    }
    let output = command.output().expect("Python");
    if output.status.success() {
        let path = String::from_utf8(output.stdout).expect("a path in UTF-8");
        Ok(path.trim_end().into())
    } else {
        let said = String::from_utf8_lossy(&output.stderr);
        Err(said.lines().last().unwrap_or_default().to_owned())
    }
}

/// Where the packages go that this machine lacks.
const UNPACKED: &str = "unixodbc";

fn unpacked() -> PathBuf {
    scratch().join(UNPACKED)
}

/// The directory of the unpacked libraries; `None` where they are installed.
pub(crate) fn libraries() -> Option<OsString> {
    // Debian's multi-architecture directory: `x86_64-linux-gnu`.
    let directories = fs::read_dir(unpacked().join("usr/lib")).ok()?;
    let directories = directories.flatten().map(|entry| entry.path());
    std::env::join_paths(directories).ok()
}
