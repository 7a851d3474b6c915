//! A baseline of detect-secrets (`.secrets.baseline`), by its documentation: `results` maps each path to findings with
//! `hashed_secret`, the SHA-1 of the value, and after an audit `is_secret`.
//!
//! A finding whose value is listed for its path is kept quiet, on whatever line, unless the audit has said that it is a
//! secret.

use std::{
    collections::HashMap,
    sync::atomic::{AtomicBool, Ordering},
};

use ring::digest;
use serde_json::Value;

use super::{By, Candidate, Error, Unused, unhex};

/// The largest file that is read, in bytes.
const LARGEST: usize = 64 << 20;

const SHA1: usize = 20;

/// A baseline of detect-secrets as it was read.
pub struct DetectSecrets {
    by_path: HashMap<String, HashMap<[u8; SHA1], Listed>>,
}

struct Listed {
    kind: String,
    is_secret: bool,
    is_used: AtomicBool,
}

impl DetectSecrets {
    /// Reads one.
    ///
    /// # Errors
    ///
    /// Where it is no such file, told by path and number of the finding.
    pub fn read(text: &[u8]) -> Result<Self, Error> {
        if text.len() > LARGEST {
            return Err(Error::new("this baseline is too large"));
        }
        let document: Value = serde_json::from_slice(text).map_err(|error| Error {
            line: Some(error.line()),
            message: "this is not JSON".to_owned(),
        })?;
        let results = document.get("results").and_then(Value::as_object);
        let results = results.ok_or_else(|| {
            Error::new("this is no baseline of detect-secrets: no table `results`")
        })?;
        let mut by_path: HashMap<String, HashMap<_, Listed>> = HashMap::new();
        for (path, findings) in results {
            // Written on Windows.
            let path = path.replace('\\', "/");
            let shown: String = path
                .chars()
                .take(100)
                .flat_map(char::escape_debug)
                .collect();
            let wrong = || {
                Error::new(format!(
                    "what it lists for `{shown}` is no list of findings"
                ))
            };
            let listed = by_path
                .entry(path.strip_prefix("./").unwrap_or(&path).to_owned())
                .or_default();
            for finding in findings.as_array().ok_or_else(wrong)? {
                let hash = finding.get("hashed_secret").and_then(Value::as_str);
                let hash = hash.and_then(unhex::<SHA1>).ok_or_else(wrong)?;
                let is_secret = finding.get("is_secret").and_then(Value::as_bool) == Some(true);
                let kind = finding
                    .get("type")
                    .and_then(Value::as_str)
                    .unwrap_or("secret")
                    .to_owned();
                // Of two that disagree, the one that calls it a secret.
                let entry = listed.entry(hash).or_insert(Listed {
                    kind,
                    is_secret,
                    is_used: AtomicBool::new(false),
                });
                entry.is_secret |= is_secret;
            }
        }
        Ok(Self { by_path })
    }

    pub(super) fn holds(&self, candidate: &Candidate<'_>) -> bool {
        let path = candidate.text.path.to_string();
        let Some(listed) = self.by_path.get(&path) else {
            return false;
        };
        let hash = digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, candidate.secret());
        let entry = hash
            .as_ref()
            .try_into()
            .ok()
            .and_then(|hash: [u8; SHA1]| listed.get(&hash));
        let Some(entry) = entry else {
            return false;
        };
        entry.is_used.store(true, Ordering::Relaxed);
        !entry.is_secret
    }

    pub(super) fn unused(&self, unused: &mut Vec<Unused>) {
        for (path, listed) in &self.by_path {
            let unmet = listed
                .values()
                .filter(|entry| !entry.is_used.load(Ordering::Relaxed));
            unused.extend(unmet.map(|entry| Unused {
                by: By::DetectSecrets,
                entry: format!("{} in `{path}`", entry.kind),
                reason: None,
                expired: false,
            }));
        }
    }
}
