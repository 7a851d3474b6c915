//! Writing the store: one writer at a time, and readers see the old file or the new one, whole.

use std::{
    collections::BTreeMap,
    ffi::OsString,
    fs::{self, File, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
};

use nuages_provider::{Error, ErrorKind, PutOutcome, Result, SecretValue};

use super::{
    Vault, keys, seal,
    store::{STORE_LIMIT, Store},
};

/// Adds or replaces one value.
pub(super) fn put(
    vault: &Vault,
    name: &str,
    value: &SecretValue,
    overwrite: bool,
) -> Result<PutOutcome> {
    let file = &vault.file;
    if file.read()?.is_none() {
        // Before the file is made: a store without a key would be good for nothing.
        founders(vault)?;
    }
    let locked = Locked::open(&file.path).map_err(|error| file.failed("written", &error))?;
    let mut store = match file.read_from(&locked.file)? {
        Some(store) => store,
        None => Store {
            recipients: founders(vault)?,
            secrets: BTreeMap::new(),
        },
    };
    if store.secrets.contains_key(name) && !overwrite {
        let message = format!("`{name}` is in `{}` already", file.shown);
        return Err(Error::new(ErrorKind::AlreadyExists, message));
    }
    let sealed = seal::close(name, value, &store.recipients)?;
    let replaced = store.secrets.insert(name.to_owned(), sealed).is_some();
    let text = store.to_text();
    if text.len() as u64 > STORE_LIMIT {
        return Err(file.too_large());
    }
    locked
        .replace(text.as_bytes())
        .map_err(|error| file.failed("written", &error))?;
    Ok(if replaced {
        PutOutcome::Replaced
    } else {
        PutOutcome::Created
    })
}

/// The recipients of a new store: the keys that are here.
fn founders(vault: &Vault) -> Result<Vec<String>> {
    vault
        .keys()
        .map(|keys| keys::recipients(&keys.identities))
        .map_err(|error| match error.kind() {
            ErrorKind::Unauthenticated => Error::new(
                ErrorKind::Unauthenticated,
                format!("`{}` cannot be made: {}", vault.file.shown, error.message()),
            )
            .with_hint("`nuages key new` makes a key; the new store is encrypted to it"),
            _ => error,
        })
}

/// The store's file, made if need be, with a lock on it that no other writer holds.
struct Locked {
    file: File,
    /// Where it truly is, so that a symbolic link stays one.
    path: PathBuf,
}

impl Locked {
    /// Opens and locks. A writer before us has put a new file in the place of the one we waited for: then once more.
    fn open(path: &Path) -> io::Result<Self> {
        loop {
            let file = OpenOptions::new()
                .read(true)
                .write(true)
                .create(true)
                .truncate(false)
                .open(path)?;
            file.lock()?;
            match fs::canonicalize(path) {
                Ok(path) if is_same(&file.metadata()?, &path)? => return Ok(Self { file, path }),
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
    }

    /// Puts `bytes` in the place of the file, through a file beside it that is synced first and then renamed.
    fn replace(&self, bytes: &[u8]) -> io::Result<()> {
        let (Some(directory), Some(name)) = (self.path.parent(), self.path.file_name()) else {
            return Err(io::ErrorKind::InvalidInput.into());
        };
        // One name is enough, since the lock is ours; what a killed writer left there goes.
        let mut beside = OsString::from(".");
        beside.push(name);
        beside.push(".new");
        let beside = directory.join(beside);
        match fs::remove_file(&beside) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let written = self
            .write_beside(&beside, bytes)
            .and_then(|()| fs::rename(&beside, &self.path));
        if written.is_err() {
            let _ = fs::remove_file(&beside);
        }
        written?;
        // Some file systems cannot sync a directory; the file is whole all the same.
        let _ = File::open(directory).and_then(|directory| directory.sync_all());
        Ok(())
    }

    fn write_beside(&self, beside: &Path, bytes: &[u8]) -> io::Result<()> {
        let mut file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .open(beside)?;
        file.set_permissions(self.file.metadata()?.permissions())?;
        file.write_all(bytes)?;
        file.sync_all()
    }
}

/// Whether `path` still is the file with this metadata.
#[cfg(unix)]
fn is_same(file: &fs::Metadata, path: &Path) -> io::Result<bool> {
    use std::os::unix::fs::MetadataExt;
    match fs::metadata(path) {
        Ok(now) => Ok((now.dev(), now.ino()) == (file.dev(), file.ino())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

/// Whether `path` still is the file with this metadata. Elsewhere than on Unix an open file cannot be replaced.
#[cfg(not(unix))]
fn is_same(_: &fs::Metadata, _: &Path) -> io::Result<bool> {
    Ok(true)
}
