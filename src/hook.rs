//! Git hooks that run the leak scan: put into a repository beside what is there, and taken out again.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use crate::{reading, scan::source::git::is_no_repository};

/// A hook may be a program.
const LARGEST: u64 = 64 << 20;

/// A hook that the scan can run in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hook {
    /// Before a commit is made: what it will contain.
    PreCommit,
    /// Before commits leave: what they brought.
    PrePush,
}

/// What was done about a hook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// There was none.
    Installed(PathBuf),
    /// There was one: it is run after ours, from the second path.
    Chained(PathBuf, PathBuf),
    /// Ours was there, as it is now.
    Unchanged(PathBuf),
    /// Ours was there in an older form.
    Updated(PathBuf),
    /// Ours is gone; what was there before is back.
    Removed(PathBuf),
    /// Ours was not there.
    Absent(PathBuf),
}

/// Why a hook cannot be put in.
#[derive(Debug)]
pub enum HookError {
    /// The directory is in no repository.
    NoRepository(PathBuf),
    /// The repository of a directory cannot be read, and why.
    Unopened(PathBuf, String),
    /// `core.hooksPath` leads out of the repository: those hooks are for others as well.
    Shared(PathBuf),
    /// Both a hook and its saved predecessor are there, and neither is ours.
    Occupied(PathBuf),
    /// A file could not be read or written.
    Io(PathBuf, io::Error),
}

/// In every hook of ours, and in no other.
const MARK: &str = "# Runs `nuages hook run`; `nuages hook uninstall` takes it out.";

/// What another's hook is called while ours stands in its place.
const CHAINED: &str = "before-nuages";

impl Hook {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::PreCommit, Self::PrePush];

    /// The name of its file.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::PreCommit => "pre-commit",
            Self::PrePush => "pre-push",
        }
    }

    /// The hook of a name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|hook| hook.name() == name)
    }

    /// The script. A program that is not found stops the commit: a scan that did not run is no all-clear.
    fn script(self) -> String {
        let name = self.name();
        // A pre-push hook is told on standard input what will be pushed, and both must hear it.
        format!(
            r#"#!/bin/sh
{MARK}
if ! command -v nuages >/dev/null 2>&1; then
    echo "nuages is not on PATH, so nothing was scanned; install it, or take this hook out: $0" >&2
    exit 1
fi
next="$(dirname -- "$0")/{name}.{CHAINED}"
if [ "{name}" = pre-push ]; then
    refs=$(cat)
    printf '%s\n' "$refs" | nuages hook run {name} "$@" || exit $?
    [ ! -x "$next" ] || printf '%s\n' "$refs" | "$next" "$@"
else
    nuages hook run {name} "$@" || exit $?
    [ ! -x "$next" ] || exec "$next" "$@"
fi
"#
        )
    }
}

fn no_repository(start: &Path, error: &gix::Error) -> HookError {
    if is_no_repository(error) {
        HookError::NoRepository(start.to_owned())
    } else {
        HookError::Unopened(start.to_owned(), error.to_string())
    }
}

/// Where a repository's hooks are.
///
/// # Errors
///
/// Outside of a repository, and where `core.hooksPath` leads out of it and `allow_shared` is not set.
pub fn directory(start: &Path, allow_shared: bool) -> Result<PathBuf, HookError> {
    let repository = gix::discover(start).map_err(|error| no_repository(start, &error))?;
    let common = repository.common_dir().to_owned();
    let configured = repository
        .config_snapshot()
        .trusted_path("core.hooksPath")
        .map_err(|error| HookError::Unopened(start.to_owned(), error.to_string()))?;
    let Some(configured) = configured else {
        return Ok(common.join("hooks"));
    };
    let root = repository.workdir().unwrap_or(&common).to_owned();
    let directory = root.join(&configured);
    // A directory that is not there yet is made within the repository, or not at all.
    let real = directory
        .canonicalize()
        .unwrap_or_else(|_| directory.clone());
    let is_inside = [&root, &common]
        .into_iter()
        .filter_map(|root| root.canonicalize().ok())
        .any(|root| real.starts_with(root));
    if !is_inside && !allow_shared {
        return Err(HookError::Shared(directory));
    }
    Ok(directory)
}

/// Puts a hook in. One that is there is kept and runs after ours.
///
/// # Errors
///
/// Where files stand in the way or cannot be written.
pub fn install(directory: &Path, hook: Hook) -> Result<Change, HookError> {
    let path = directory.join(hook.name());
    let chained = directory.join(format!("{}.{CHAINED}", hook.name()));
    let script = hook.script();
    let present = read(&path)?;
    let is_ours = present.as_deref().is_some_and(is_ours);
    let change = match &present {
        Some(text) if *text == script.as_bytes() => return Ok(Change::Unchanged(path)),
        Some(_) if is_ours => Change::Updated(path.clone()),
        Some(_) if chained.symlink_metadata().is_ok() => return Err(HookError::Occupied(chained)),
        Some(_) => {
            fs::rename(&path, &chained).map_err(|error| HookError::Io(path.clone(), error))?;
            Change::Chained(path.clone(), chained)
        }
        None => Change::Installed(path.clone()),
    };
    fs::create_dir_all(directory).map_err(|error| HookError::Io(directory.to_owned(), error))?;
    write_executable(&path, &script).map_err(|error| HookError::Io(path, error))?;
    Ok(change)
}

/// Takes a hook out and puts back what was there before.
///
/// # Errors
///
/// Where files cannot be read or moved.
pub fn uninstall(directory: &Path, hook: Hook) -> Result<Change, HookError> {
    let path = directory.join(hook.name());
    let chained = directory.join(format!("{}.{CHAINED}", hook.name()));
    if !read(&path)?.as_deref().is_some_and(is_ours) {
        return Ok(Change::Absent(path));
    }
    let outcome = if chained.symlink_metadata().is_ok() {
        fs::rename(&chained, &path)
    } else {
        fs::remove_file(&path)
    };
    outcome.map_err(|error| HookError::Io(path.clone(), error))?;
    Ok(Change::Removed(path))
}

fn is_ours(script: &[u8]) -> bool {
    String::from_utf8_lossy(script).contains(MARK)
}

fn read(path: &Path) -> Result<Option<Vec<u8>>, HookError> {
    match reading::bytes(path, LARGEST) {
        Ok(text) => Ok(Some(text.to_vec())),
        Err(error)
            if error.kind() == io::ErrorKind::NotFound && path.symlink_metadata().is_err() =>
        {
            Ok(None)
        }
        Err(error) => Err(HookError::Io(path.to_owned(), error)),
    }
}

/// Whole or not at all: a hook that is cut off in the middle might let a commit pass.
fn write_executable(path: &Path, text: &str) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    let new = path.with_extension("nuages-new");
    fs::write(&new, text)?;
    fs::set_permissions(&new, fs::Permissions::from_mode(0o755))?;
    fs::rename(&new, path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn installs_updates_and_removes() {
        let folder = tempfile::tempdir().expect("a folder");
        let hooks = folder.path().join("hooks");
        let path = hooks.join("pre-commit");
        assert_eq!(
            install(&hooks, Hook::PreCommit).expect("installed"),
            Change::Installed(path.clone())
        );
        assert_eq!(
            install(&hooks, Hook::PreCommit).expect("again"),
            Change::Unchanged(path.clone())
        );
        fs::write(&path, format!("#!/bin/sh\n{MARK}\nan older form\n")).expect("written");
        assert_eq!(
            install(&hooks, Hook::PreCommit).expect("updated"),
            Change::Updated(path.clone())
        );
        assert_eq!(
            uninstall(&hooks, Hook::PreCommit).expect("removed"),
            Change::Removed(path.clone())
        );
        assert_eq!(
            uninstall(&hooks, Hook::PreCommit).expect("again"),
            Change::Absent(path.clone())
        );
        assert!(!path.exists());
    }

    #[test]
    fn keeps_a_hook_that_is_there_and_gives_it_back() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("pre-push");
        let chained = folder.path().join("pre-push.before-nuages");
        fs::write(&path, "#!/bin/sh\nexit 0\n").expect("written");
        let change = install(folder.path(), Hook::PrePush).expect("chained");
        assert_eq!(change, Change::Chained(path.clone(), chained.clone()));
        assert_eq!(
            fs::read_to_string(&chained).expect("kept"),
            "#!/bin/sh\nexit 0\n"
        );
        uninstall(folder.path(), Hook::PrePush).expect("removed");
        assert_eq!(
            fs::read_to_string(&path).expect("back"),
            "#!/bin/sh\nexit 0\n"
        );
        assert!(!chained.exists());
    }

    #[test]
    fn takes_no_strangers_place_twice() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("pre-commit");
        fs::write(&path, "theirs").expect("written");
        fs::write(folder.path().join("pre-commit.before-nuages"), "older").expect("written");
        assert!(matches!(
            install(folder.path(), Hook::PreCommit),
            Err(HookError::Occupied(_))
        ));
        assert_eq!(fs::read_to_string(&path).expect("untouched"), "theirs");
    }
}
