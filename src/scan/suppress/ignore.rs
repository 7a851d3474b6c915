//! `.gitleaksignore`, by gitleaks' README: one fingerprint a line, `commit:path:rule:line` or `path:rule:line`; a line that
//! begins with `#` is a comment.
//!
//! Rules have other ids there, so the path and the line decide. A fingerprint with a commit speaks of that commit's
//! finding only; one without, of any. It knows the line and not the value: what is new on that line is kept quiet too,
//! which is why a baseline of our own is better.

use std::{
    collections::HashMap,
    sync::atomic::{AtomicBool, Ordering},
};

use gix::bstr::{BString, ByteSlice as _};

use super::{By, Candidate, Unused};

/// The largest file that is read, in bytes.
const LARGEST: usize = 16 << 20;

/// A `.gitleaksignore` as it was read.
#[derive(Default)]
pub struct GitleaksIgnore {
    by_place: HashMap<Place, Line>,
}

/// Path, line, commit.
type Place = (BString, usize, Option<String>);

struct Line {
    text: String,
    is_used: AtomicBool,
}

impl GitleaksIgnore {
    /// Reads one, and gives the numbers of the lines that are no fingerprints, counting from 1.
    ///
    /// # Errors
    ///
    /// Where it is larger than any such file can be.
    pub fn read(text: &[u8]) -> Result<(Self, Vec<usize>), super::Error> {
        if text.len() > LARGEST {
            return Err(super::Error::new("this ignore file is too large"));
        }
        let mut ignore = Self::default();
        let mut strange = Vec::new();
        for (number, line) in text.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with(b"#") {
                continue;
            }
            let Some(place) = fingerprint(line) else {
                strange.push(number + 1);
                continue;
            };
            let line = Line {
                text: line.to_str_lossy().into_owned(),
                is_used: AtomicBool::new(false),
            };
            ignore.by_place.insert(place, line);
        }
        Ok((ignore, strange))
    }

    pub(super) fn holds(&self, candidate: &Candidate<'_>) -> bool {
        let find = |commit: Option<&str>| {
            let path = candidate.text.path.to_owned();
            let place = (path, candidate.line, commit.map(str::to_owned));
            self.by_place.get(&place)
        };
        let own = candidate.commit.and_then(|commit| find(Some(commit)));
        let Some(line) = own.or_else(|| find(None)) else {
            return false;
        };
        line.is_used.store(true, Ordering::Relaxed);
        true
    }

    pub(super) fn unused(&self, unused: &mut Vec<Unused>) {
        let lines = self.by_place.values();
        let unmet = lines.filter(|line| !line.is_used.load(Ordering::Relaxed));
        unused.extend(unmet.map(|line| Unused {
            by: By::GitleaksIgnore,
            entry: line.text.clone(),
            reason: None,
            expired: false,
        }));
    }
}

/// From the right, since a path may hold colons.
fn fingerprint(line: &[u8]) -> Option<Place> {
    let (rest, number) = line.rsplit_once_str(":")?;
    let number = number
        .to_str()
        .ok()?
        .parse()
        .ok()
        .filter(|number| *number > 0)?;
    let (rest, rule) = rest.rsplit_once_str(":")?;
    if rest.is_empty() || rule.is_empty() {
        return None;
    }
    let is_commit = |id: &[u8]| matches!(id.len(), 40 | 64) && id.iter().all(u8::is_ascii_hexdigit);
    let (commit, path) = match rest.split_once_str(":") {
        Some((id, path)) if is_commit(id) && !path.is_empty() => {
            (Some(id.to_str().ok()?.to_ascii_lowercase()), path)
        }
        _ => (None, rest),
    };
    // Written on Windows.
    let path = path.replace("\\", "/");
    let path = path.strip_prefix(b"./").unwrap_or(&path);
    Some((path.into(), number, commit))
}
