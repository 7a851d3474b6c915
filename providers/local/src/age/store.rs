//! The store's file: TOML with a version, the recipients and the entries, written in one way only, sorted by name.

use std::{
    collections::BTreeMap,
    fmt::Write,
    fs::File,
    io::{self, Read},
    path::PathBuf,
};

use ::age::x25519;
use nuages_provider::{Error, ErrorKind, Result};
use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use super::is_name;

/// The version of the file's form.
const VERSION: &str = "1";

/// The largest store, in bytes.
pub(super) const STORE_LIMIT: u64 = 16 * 1024 * 1024;

const HEADER: &str = "# nuages secrets: each value is encrypted with age (https://age-encryption.org); safe to commit.\n\
                      # `nuages put` rewrites this file: comments are not kept.\n";

/// What the file says.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Store {
    /// Public keys, `age1…`: every new value is encrypted to all of them.
    pub(super) recipients: Vec<String>,
    /// Name to base64 of an age file.
    pub(super) secrets: BTreeMap<String, String>,
}

impl Store {
    /// Reads the text of a store. `shown` is the file as errors name it.
    pub(super) fn parse(text: &str, shown: &str) -> Result<Self> {
        let malformed = |what: String| {
            Error::new(
                ErrorKind::Malformed,
                format!("`{shown}` is not a store of nuages: {what}"),
            )
        };
        let table = DeTable::parse(text).map_err(|error| {
            let line = error.span().map_or(1, |span| {
                1 + text
                    .bytes()
                    .take(span.start)
                    .filter(|b| *b == b'\n')
                    .count()
            });
            let error = malformed(format!("line {line} is not TOML"));
            if text.lines().any(|line| line.starts_with("<<<<<<< ")) {
                error.with_hint(
                    "it holds the marks of a merge conflict: keep the entries of both sides",
                )
            } else {
                error
            }
        })?;
        let table = table.get_ref();
        let version = table.get("version").map(Spanned::get_ref);
        match version.and_then(DeValue::as_integer) {
            Some(version) if version.as_str() == VERSION => {}
            Some(_) => {
                return Err(Error::new(
                    ErrorKind::Unsupported,
                    format!("`{shown}` has a `version` that is not {VERSION}"),
                )
                .with_hint("it was written by another release of nuages"));
            }
            None => return Err(malformed("`version` is missing".to_owned())),
        }
        if let Some(key) = table
            .keys()
            .find(|key| !["version", "recipients", "secrets"].contains(&&**key.get_ref()))
        {
            return Err(malformed(format!(
                "it holds `{}`",
                key.get_ref().escape_debug()
            )));
        }
        Ok(Self {
            recipients: recipients(table, &malformed)?,
            secrets: secrets(table, &malformed)?,
        })
    }

    /// The text of the file: the same for the same content.
    pub(super) fn to_text(&self) -> String {
        let mut text = format!("{HEADER}version = {VERSION}\nrecipients = [\n");
        for recipient in &self.recipients {
            let _ = writeln!(text, "    \"{recipient}\",");
        }
        text.push_str("]\n\n[secrets]\n");
        for (name, sealed) in &self.secrets {
            let _ = writeln!(text, "\"{name}\" = \"{sealed}\"");
        }
        text
    }
}

fn recipients(table: &DeTable<'_>, malformed: &impl Fn(String) -> Error) -> Result<Vec<String>> {
    let Some(listed) = table
        .get("recipients")
        .and_then(|value| value.get_ref().as_array())
    else {
        return Err(malformed("`recipients` is not a list".to_owned()));
    };
    let recipients: Option<Vec<_>> = listed
        .iter()
        .map(|value| {
            Some(
                value
                    .get_ref()
                    .as_str()?
                    .parse::<x25519::Recipient>()
                    .ok()?
                    .to_string(),
            )
        })
        .collect();
    match recipients {
        Some(recipients) if !recipients.is_empty() => Ok(recipients),
        Some(_) => Err(malformed("`recipients` is empty".to_owned())),
        None => Err(
            malformed("one of `recipients` is not an `age1…` key".to_owned())
                .with_hint("only X25519 keys, as `nuages key new` makes them, can be recipients"),
        ),
    }
}

fn secrets(
    table: &DeTable<'_>,
    malformed: &impl Fn(String) -> Error,
) -> Result<BTreeMap<String, String>> {
    let Some(value) = table.get("secrets") else {
        return Ok(BTreeMap::new());
    };
    let Some(listed) = value.get_ref().as_table() else {
        return Err(malformed("`secrets` is not a table".to_owned()));
    };
    listed
        .iter()
        .map(|(name, value)| {
            let name = name.get_ref();
            if !is_name(name) {
                return Err(malformed(format!(
                    "`{}` is not a name",
                    name.escape_debug()
                )));
            }
            match value.get_ref().as_str() {
                Some(sealed) => Ok((name.to_string(), sealed.to_owned())),
                None => Err(malformed(format!("`{name}` is not a string"))
                    .with_hint("a name with a dot is written in quotes")),
            }
        })
        .collect()
}

/// Where a store is.
pub(super) struct StoreFile {
    pub(super) path: PathBuf,
    /// As the settings write it.
    pub(super) shown: String,
}

impl StoreFile {
    /// The store; nothing where there is no file, or an empty one, which is a store in its first moment.
    pub(super) fn read(&self) -> Result<Option<Store>> {
        // Looked at before it is opened: opening a pipe would wait for a writer.
        let opened = match self.path.metadata() {
            Ok(metadata) if !metadata.is_file() => {
                return Err(Error::invalid_settings(format!(
                    "the store `{}` is not a file",
                    self.shown
                )));
            }
            Ok(_) => File::open(&self.path),
            Err(error) => Err(error),
        };
        match opened {
            Ok(file) => self.read_from(&file),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(self.failed("read", &error)),
        }
    }

    /// The store in an open file.
    pub(super) fn read_from(&self, file: &File) -> Result<Option<Store>> {
        let mut text = Vec::new();
        file.take(STORE_LIMIT + 1)
            .read_to_end(&mut text)
            .map_err(|error| self.failed("read", &error))?;
        if text.is_empty() {
            return Ok(None);
        }
        if text.len() as u64 > STORE_LIMIT {
            return Err(self.too_large());
        }
        let text = std::str::from_utf8(&text).map_err(|_| {
            Error::new(
                ErrorKind::Malformed,
                format!("`{}` is not a store of nuages: it is not UTF-8", self.shown),
            )
        })?;
        Store::parse(text, &self.shown).map(Some)
    }

    pub(super) fn too_large(&self) -> Error {
        let limit = STORE_LIMIT / (1024 * 1024);
        Error::new(
            ErrorKind::Malformed,
            format!("`{}` is larger than {limit} MiB", self.shown),
        )
    }

    pub(super) fn failed(&self, verb: &str, error: &io::Error) -> Error {
        let (kind, why) = match error.kind() {
            io::ErrorKind::NotFound => (
                ErrorKind::Unavailable,
                "its directory does not exist".to_owned(),
            ),
            denied @ (io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem) => {
                (ErrorKind::PermissionDenied, denied.to_string())
            }
            other => (ErrorKind::Unavailable, other.to_string()),
        };
        Error::new(kind, format!("`{}` cannot be {verb}: {why}", self.shown))
    }
}
