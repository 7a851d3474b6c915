//! Keyed fingerprints: what a run without access to the store scans with. Without the key nothing can be learned from
//! them; the key by itself opens nothing.

use std::{fmt, sync::Arc};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use ring::hmac;
use serde_json::{Value, json};

use super::{Encoding, Is, Known, Named, SHORTEST, Target, encodings, hash, window};

/// The key of the fingerprints.
pub struct Key {
    /// For whole values.
    prints: hmac::Key,
    /// For the first bytes, which a scan looks at everywhere.
    multiplier: u64,
    /// Tells one key from another.
    check: String,
}

/// Why a file of fingerprints cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PrintsError {
    /// The key has fewer than 32 bytes.
    ShortKey,
    /// The file was written with another key.
    OtherKey,
    /// It is no file of fingerprints; the words say where.
    Malformed(String),
}

impl fmt::Display for PrintsError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ShortKey => formatter.write_str("the key has fewer than 32 bytes"),
            Self::OtherKey => formatter.write_str("it was written with another key"),
            Self::Malformed(place) => write!(formatter, "it is no file of fingerprints: {place}"),
        }
    }
}

impl std::error::Error for PrintsError {}

const VERSION: u64 = 1;

/// A manifest has fewer values.
const MOST: usize = 100_000;

impl Key {
    /// Derives what is needed from the key's bytes.
    ///
    /// # Errors
    ///
    /// Where there are fewer than 32.
    pub fn new(bytes: &[u8]) -> Result<Self, PrintsError> {
        if bytes.len() < 32 {
            return Err(PrintsError::ShortKey);
        }
        let root = hmac::Key::new(hmac::HMAC_SHA256, bytes);
        let derived = |purpose: &str| hmac::sign(&root, purpose.as_bytes());
        let first = derived("nuages scan: first bytes");
        let mut multiplier = [0; 8];
        multiplier.copy_from_slice(&first.as_ref()[..8]);
        Ok(Self {
            prints: hmac::Key::new(hmac::HMAC_SHA256, derived("nuages scan: values").as_ref()),
            multiplier: u64::from_le_bytes(multiplier) | 1,
            check: STANDARD.encode(&derived("nuages scan: key check").as_ref()[..12]),
        })
    }

    pub(super) fn is_print_of(&self, print: &[u8; 32], bytes: &[u8]) -> bool {
        hmac::verify(&self.prints, bytes, print).is_ok()
    }
}

impl Known {
    /// The fingerprints of these values as the text of a file. Values too short to be looked for are left out.
    #[must_use]
    pub fn write(values: &[Named<'_>], key: &Key) -> String {
        let mut entries = Vec::new();
        for named in values.iter().filter(|named| named.value.len() >= SHORTEST) {
            for (encoding, bytes) in encodings::all(named.value) {
                let Some(first) = window(&bytes) else {
                    continue;
                };
                entries.push(json!({
                    "name": named.name,
                    "encoding": encoding.name(),
                    "length": bytes.len(),
                    "first": hash(first, key.multiplier),
                    "print": STANDARD.encode(hmac::sign(&key.prints, &bytes)),
                }));
            }
        }
        // One entry a line: a change of one secret is a small difference.
        let lines: Vec<String> = entries.iter().map(|entry| format!("    {entry}")).collect();
        format!(
            "{{\n  \"version\": {VERSION},\n  \"key\": {},\n  \"fingerprints\": [\n{}\n  ]\n}}\n",
            json!(key.check),
            lines.join(",\n")
        )
    }

    /// Looks for what was written.
    ///
    /// # Errors
    ///
    /// Where the key is another, or the file no such file.
    pub fn read(file: &str, key: Key) -> Result<Self, PrintsError> {
        let malformed = |place: &str| PrintsError::Malformed(place.to_owned());
        let document: Value = serde_json::from_str(file).map_err(|_| malformed("it is no JSON"))?;
        if document["version"] != VERSION {
            return Err(malformed("`version` is not 1"));
        }
        if document["key"] != *key.check {
            return Err(PrintsError::OtherKey);
        }
        let entries = document["fingerprints"]
            .as_array()
            .ok_or_else(|| malformed("no `fingerprints`"))?;
        if entries.len() > MOST {
            return Err(malformed("more fingerprints than any manifest has"));
        }
        let key = Arc::new(key);
        let mut hashed = Vec::with_capacity(entries.len());
        for (number, entry) in entries.iter().enumerate() {
            let target =
                target(entry, &key).ok_or_else(|| malformed(&format!("entry {}", number + 1)))?;
            hashed.push(target);
        }
        Ok(Self::indexed(hashed, key.multiplier))
    }
}

fn target(entry: &Value, key: &Arc<Key>) -> Option<(u16, Target)> {
    let encoding = entry["encoding"].as_str()?;
    let encoding = Encoding::ALL
        .into_iter()
        .find(|known| known.name() == encoding)?;
    let print = STANDARD.decode(entry["print"].as_str()?).ok()?;
    let length = usize::try_from(entry["length"].as_u64()?)
        .ok()
        .filter(|length| *length >= SHORTEST)?;
    let target = Target {
        name: entry["name"].as_str()?.to_owned(),
        encoding,
        is: Is::Print {
            length,
            print: print.try_into().ok()?,
            key: Arc::clone(key),
        },
    };
    Some((u16::try_from(entry["first"].as_u64()?).ok()?, target))
}
