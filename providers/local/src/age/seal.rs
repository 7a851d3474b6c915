//! One value as the store holds it: base64 of an age file whose text begins with the value's name. The name inside
//! binds the two: an entry that was moved to another name is refused.

use std::io::{Read, Write};

use ::age::{DecryptError, Decryptor, Encryptor, x25519};
use base64::{Engine, engine::general_purpose::STANDARD};
use nuages_provider::{Error, ErrorKind, Result, SecretValue};
use zeroize::Zeroizing;

use super::{
    keys::{Keys, recipients},
    store::Store,
};

/// What the text of every entry begins with, up to and with the end of its first line.
fn first_line(name: &str) -> String {
    format!("nuages-secret:v1:{name}\n")
}

/// Encrypts a value under its name, to recipients of the form `age1…`.
pub(super) fn close(name: &str, value: &SecretValue, recipients: &[String]) -> Result<String> {
    let recipients = recipients
        .iter()
        .map(|recipient| recipient.parse::<x25519::Recipient>())
        .collect::<Result<Vec<_>, _>>()
        .map_err(|_| Error::invalid_settings("a recipient of the store is not an `age1…` key"))?;
    let encryptor = Encryptor::with_recipients(recipients.iter().map(|recipient| recipient as _))
        .map_err(|error| {
        Error::invalid_settings("the store has no recipients").with_source(error)
    })?;
    #[expect(
        clippy::disallowed_methods,
        reason = "the value is read to be encrypted"
    )]
    let bytes = value.expose();
    let mut sealed = Vec::new();
    encryptor
        .wrap_output(&mut sealed)
        .and_then(|mut writer| {
            writer.write_all(first_line(name).as_bytes())?;
            writer.write_all(bytes)?;
            writer.finish()
        })
        .map_err(|error| {
            Error::new(
                ErrorKind::Unavailable,
                format!("`{name}` cannot be encrypted: {}", error.kind()),
            )
        })?;
    Ok(STANDARD.encode(sealed))
}

/// Decrypts the entry of this name with the first key that fits.
pub(super) fn open(name: &str, sealed: &str, keys: &Keys, store: &Store) -> Result<SecretValue> {
    let damaged = |how: &str| {
        Error::new(
            ErrorKind::Malformed,
            format!("the entry `{name}` is damaged: {how}"),
        )
        .with_hint("restore the store from git, or `nuages put` the value again")
    };
    let sealed = STANDARD
        .decode(sealed)
        .map_err(|_| damaged("it is not base64"))?;
    let decryptor =
        Decryptor::new_buffered(&sealed[..]).map_err(|_| damaged("it is not an age file"))?;
    if decryptor.is_scrypt() {
        return Err(damaged("it is encrypted with a passphrase"));
    }
    let identities = keys.identities.iter().map(|identity| identity as _);
    let mut reader = decryptor.decrypt(identities).map_err(|error| match error {
        DecryptError::NoMatchingKeys => no_key(
            &format!("`{name}`"),
            &store.recipients,
            &recipients(&keys.identities),
            &keys.place,
        ),
        _ => damaged("its header does not hold"),
    })?;
    // The text is shorter than the file, so the buffer never grows and leaves a copy behind.
    let mut text = Zeroizing::new(Vec::with_capacity(sealed.len() + 64));
    reader
        .read_to_end(&mut text)
        .map_err(|_| damaged("its content does not hold"))?;
    let value = text
        .strip_prefix(first_line(name).as_bytes())
        .ok_or_else(|| damaged("what it holds was encrypted for another name"))?;
    Ok(SecretValue::new(value.to_vec()))
}

/// None of our keys, which are from `place`, opens `what`. Public keys may be told.
pub(super) fn no_key(what: &str, recipients: &[String], ours: &[String], place: &str) -> Error {
    let hint = if ours.iter().any(|key| recipients.contains(key)) {
        "it was stored before this key was listed in `recipients`: let one whose key opens it `nuages put` it again"
            .to_owned()
    } else {
        format!(
            "the store is encrypted to {}, and the public half of this key is {}: put a key that fits in its place",
            list(recipients),
            list(ours)
        )
    };
    Error::new(
        ErrorKind::PermissionDenied,
        format!("{place} does not open {what}"),
    )
    .with_hint(hint)
}

fn list(keys: &[String]) -> String {
    keys.iter()
        .map(|key| format!("`{key}`"))
        .collect::<Vec<_>>()
        .join(", ")
}
