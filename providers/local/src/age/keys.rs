//! Private keys: made, found and read. Only X25519 keys: a passphrase's work factor would be the file's choice, not ours.

use std::{
    fs::File,
    io::Read,
    path::{Path, PathBuf},
};

use ::age::{secrecy::ExposeSecret, x25519};
use nuages_provider::{Environment, Error, ErrorKind, Result, SecretValue};
use zeroize::Zeroizing;

/// The variable that holds the key itself.
pub(super) const KEY_VARIABLE: &str = "NUAGES_AGE_KEY";

/// The variable that names the key's file.
const KEY_FILE_VARIABLE: &str = "NUAGES_AGE_KEY_FILE";

/// The most that is read of a key file, in bytes.
const KEY_FILE_LIMIT: u64 = 64 * 1024;

/// A new private key: the text of its file, and its public half, `age1…`, to which values are encrypted.
#[must_use]
pub fn new_identity() -> (SecretValue, String) {
    let identity = x25519::Identity::generate();
    let recipient = identity.to_public().to_string();
    let key = identity.to_string();
    let parts = [
        "# The private key of a nuages store. Keep it out of git.\n# public key: ",
        &recipient,
        "\n",
        key.expose_secret(),
        "\n",
    ];
    let mut text = Vec::with_capacity(parts.iter().map(|part| part.len()).sum());
    for part in parts {
        text.extend_from_slice(part.as_bytes());
    }
    (SecretValue::new(text), recipient)
}

/// The public halves, `age1…`, of the keys in the text of a key file.
///
/// # Errors
/// `InvalidSettings` where a line is no X25519 key or where there is none; the error tells the line's number alone.
pub fn recipients_of(identity_text: &SecretValue) -> Result<Vec<String>> {
    #[expect(
        clippy::disallowed_methods,
        reason = "the key is read to compute its public half"
    )]
    let text = identity_text.expose();
    Ok(recipients(
        &read_identities(text, "the key".to_owned())?.identities,
    ))
}

/// Where a key is looked for last: `nuages/age.key` in `XDG_CONFIG_HOME`, which is `~/.config` where it is not set.
#[must_use]
pub fn default_key_file(environment: &Environment) -> Option<PathBuf> {
    let configuration = environment
        .var("XDG_CONFIG_HOME")
        .map(PathBuf::from)
        // The XDG base directory specification: a relative path here is invalid and is passed over.
        .filter(|path| path.is_absolute())
        .or_else(|| Some(environment.home()?.join(".config")))?;
    Some(configuration.join("nuages").join("age.key"))
}

/// The public halves of these keys.
pub(super) fn recipients(identities: &[x25519::Identity]) -> Vec<String> {
    identities
        .iter()
        .map(|identity| identity.to_public().to_string())
        .collect()
}

/// Private keys, and where they are from.
pub(super) struct Keys {
    pub(super) identities: Vec<x25519::Identity>,
    /// For messages: "`NUAGES_AGE_KEY`", "the key file `age.key`".
    pub(super) place: String,
}

/// The keys from the first place that is named: the variable, the variable that names a file, the setting, the default
/// file. A place that is named and holds no key is an error, so that a mistake never falls through to another key.
pub(super) fn find(environment: &Environment, setting: Option<&(PathBuf, String)>) -> Result<Keys> {
    if let Some(text) = environment
        .var(KEY_VARIABLE)
        .filter(|text| !text.is_empty())
    {
        return read_identities(text.as_encoded_bytes(), format!("`{KEY_VARIABLE}`"));
    }
    if let Some(path) = environment.text(KEY_FILE_VARIABLE) {
        return read_key_file(&environment.path(path), path)?
            .ok_or_else(|| no_key_file(path).with_hint(format!("`{KEY_FILE_VARIABLE}` names it")));
    }
    if let Some((path, shown)) = setting {
        return read_key_file(path, shown)?.ok_or_else(|| {
            no_key_file(shown).with_hint(format!(
                "put the key there, or into `{KEY_VARIABLE}`; `nuages key new` makes one"
            ))
        });
    }
    let default = default_key_file(environment);
    let found = match &default {
        Some(path) => read_key_file(path, &path.display().to_string())?,
        None => None,
    };
    found.ok_or_else(|| {
        let place = default.map_or_else(String::new, |path| format!(", nor is there a file `{}`", path.display()));
        Error::new(ErrorKind::Unauthenticated, format!("there is no key: `{KEY_VARIABLE}` is not set{place}"))
            .with_hint("`nuages key new` makes one; for a store that exists, ask for the key it is encrypted to")
    })
}

fn no_key_file(shown: &str) -> Error {
    Error::new(
        ErrorKind::Unauthenticated,
        format!("the key file `{shown}` does not exist"),
    )
}

/// The keys of a file; nothing where there is no file.
fn read_key_file(path: &Path, shown: &str) -> Result<Option<Keys>> {
    let unreadable = |error: std::io::Error| {
        let kind = match error.kind() {
            std::io::ErrorKind::PermissionDenied => ErrorKind::PermissionDenied,
            _ => ErrorKind::Unavailable,
        };
        Error::new(
            kind,
            format!("the key file `{shown}` cannot be read: {}", error.kind()),
        )
    };
    let metadata = match path.metadata() {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(unreadable(error)),
    };
    if !metadata.is_file() {
        return Err(Error::invalid_settings(format!(
            "the key file `{shown}` is not a file"
        )));
    }
    let file = File::open(path).map_err(unreadable)?;
    refuse_open_permissions(&file.metadata().map_err(unreadable)?, shown)?;
    // Twice the size of any key file, so that the buffer never grows and leaves a copy behind.
    let mut text = Zeroizing::new(Vec::with_capacity(2 * 64 * 1024));
    file.take(KEY_FILE_LIMIT + 1)
        .read_to_end(&mut text)
        .map_err(unreadable)?;
    if text.len() as u64 > KEY_FILE_LIMIT {
        return Err(Error::invalid_settings(format!(
            "the key file `{shown}` is too large to hold keys"
        )));
    }
    read_identities(&text, format!("the key file `{shown}`")).map(Some)
}

#[cfg(unix)]
fn refuse_open_permissions(metadata: &std::fs::Metadata, shown: &str) -> Result<()> {
    use std::os::unix::fs::MetadataExt;
    let mode = metadata.mode() & 0o777;
    if !is_open_to_others(metadata.uid(), mode) {
        return Ok(());
    }
    Err(Error::invalid_settings(format!(
        "the key file `{shown}` is open to other users: its mode is {mode:04o}"
    ))
    .with_hint(format!(
        "`chmod 600 {shown}`; where it is mounted, mount it with mode 0400"
    )))
}

/// As libpq has it for private keys ("31.19.2. Client Certificates"): a file of root's may be read by a group, for that is how
/// Kubernetes (`fsGroup`) and systemd (`LoadCredential`) give one to a process that is not root.
#[cfg(unix)]
fn is_open_to_others(owner: u32, mode: u32) -> bool {
    let closed = if owner == 0 { 0o037 } else { 0o077 };
    mode & closed != 0
}

#[cfg(not(unix))]
fn refuse_open_permissions(_: &std::fs::Metadata, _: &str) -> Result<()> {
    Ok(())
}

/// The keys in `text`, one or more a line between blanks, comments passed over. `place` is where the text comes from.
fn read_identities(text: &[u8], place: String) -> Result<Keys> {
    let Ok(text) = std::str::from_utf8(text) else {
        return Err(Error::invalid_settings(format!(
            "{place} holds no age key: it is not text"
        )));
    };
    let mut identities = Vec::new();
    for (line, number) in text.lines().zip(1_usize..) {
        if line.trim_start().starts_with('#') {
            continue;
        }
        for word in line.split_whitespace() {
            let identity = word.parse().map_err(|_| {
                Error::invalid_settings(format!("line {number} of {place} is not an age key"))
                    .with_hint("a key is `AGE-SECRET-KEY-1…` as `nuages key new` writes it; no other kind is read")
            })?;
            identities.push(identity);
        }
    }
    if identities.is_empty() {
        return Err(Error::invalid_settings(format!("{place} holds no age key"))
            .with_hint("a key is `AGE-SECRET-KEY-1…`; `nuages key new` makes one"));
    }
    Ok(Keys { identities, place })
}
