//! What the tests of examples look at: directories, files, blocks of a page; what pip needs, and what it has installed.

use std::collections::hash_map::DefaultHasher;
use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::hash::{Hash as _, Hasher as _};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use crate::support::project::{Project, Run};
use crate::support::scratch;

/// The names in a directory, sorted.
pub(crate) fn names(directory: &Path) -> Vec<OsString> {
    let entries = fs::read_dir(directory).unwrap();
    let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    names
}

/// Every file under a directory with its content, sorted by path.
pub(crate) fn files(directory: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    for name in names(directory) {
        let path = directory.join(&name);
        if path.is_dir() && name != OsStr::new("__pycache__") {
            found.extend(files(&path));
        } else if path.is_file() {
            let content = fs::read(&path).unwrap();
            found.push((path, content));
        }
    }
    found
}

/// The blocks of a language in a page.
pub(crate) fn blocks(page: &str, language: &str) -> Vec<String> {
    let fence = format!("```{language}\n");
    let blocks = page.split(&fence).skip(1);
    let text = |rest: &str| rest.split("```").next().unwrap_or_default().to_owned();
    blocks.map(text).collect()
}

/// The example installs Django, so it may need what the developer's pip needs to reach its index.
pub(crate) fn with_pip(mut run: Run) -> Run {
    for (name, value) in std::env::vars_os() {
        let known = name.to_string_lossy().to_ascii_uppercase();
        let is_pips = ["PIP_", "SSL_CERT_"].iter().any(|it| known.starts_with(it));
        if is_pips || known.ends_with("_PROXY") {
            run = run.env(name, value);
        }
    }
    run
}

/// Lets `target/` of an example's copy be a directory that stays, so that the Python environment is made once, by `install`,
/// and by no other run. Another interpreter and other requirements take another directory.
pub(crate) fn keep_what_is_installed(
    clone: &Project,
    here: &str,
    interpreter: &Path,
    install: impl FnOnce(),
) {
    let mut hasher = DefaultHasher::new();
    interpreter.hash(&mut hasher);
    for file in ["requirements.txt", "requirements-stand-ins.txt"] {
        clone.read(format!("{here}/{file}")).hash(&mut hasher);
    }
    let target = scratch().join(format!("examples-{:016x}", hasher.finish()));
    fs::create_dir_all(&target).unwrap();
    symlink(&target, clone.path("target")).unwrap();
    let lock = File::create(target.join("lock")).unwrap();
    lock.lock().unwrap();
    let complete = target.join("complete");
    if !complete.exists() {
        install();
        fs::write(complete, "").unwrap();
    }
}
