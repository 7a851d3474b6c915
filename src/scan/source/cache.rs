//! What an earlier scan of a repository's history came to: blobs that were clean, blobs that were not, and how far it got.
//! A file that is safe to delete; one that is broken, of another version or for other rules counts as none.
//!
//! Shape, numbers low byte first: magic, 32 bytes of the rule set's key, length of an id; then count and ids of the tips, count
//! and ids of the clean blobs, count and records of the others (id, a byte that says whether a commit follows, its id, length
//! and bytes of the path); CRC-32 of all before.

use std::{
    collections::BTreeSet,
    fs::{self, File},
    io::{self, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
};

use gix::{
    ObjectId, Repository,
    bstr::BString,
    hash::{self, oid},
};

const MAGIC: &[u8; 8] = b"NUAGES\x01\n";

/// Where the cache is, and which rules it is for.
#[derive(Clone, Debug)]
pub struct CacheOptions {
    /// A hash over everything that decides what is found: the rules, and the version of the program.
    pub key: [u8; 32],
    /// The file; `None` for one in the repository, `nuages/scan-cache-…`.
    pub file: Option<PathBuf>,
}

impl CacheOptions {
    pub(super) fn path(&self, repository: &Repository) -> PathBuf {
        use std::fmt::Write as _;
        self.file.clone().unwrap_or_else(|| {
            let mut name = "scan-cache-".to_owned();
            for byte in &self.key[..8] {
                // Writing to a string does not fail.
                let _ = write!(name, "{byte:02x}");
            }
            repository.common_dir().join("nuages").join(name)
        })
    }
}

/// A blob that was not clean, and where it is from.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Found {
    pub(super) blob: ObjectId,
    pub(super) commit: Option<ObjectId>,
    pub(super) path: BString,
}

/// What is known of a repository.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Known {
    /// What the references were at when all that hangs on them had been scanned.
    pub(super) tips: BTreeSet<ObjectId>,
    /// In order.
    clean: Vec<ObjectId>,
    pub(super) found: Vec<Found>,
}

impl Known {
    /// Reads a file; what cannot be used of it is nothing.
    pub(super) fn load(path: &Path, key: &[u8; 32], hash: hash::Kind) -> Self {
        fs::read(path)
            .ok()
            .and_then(|bytes| Self::parse(&bytes, key, hash))
            .unwrap_or_default()
    }

    fn parse(bytes: &[u8], key: &[u8; 32], hash: hash::Kind) -> Option<Self> {
        let (content, checksum) = bytes.split_last_chunk::<4>()?;
        let mut rest = content.strip_prefix(MAGIC)?.strip_prefix(key)?;
        if crc32fast::hash(content) != u32::from_le_bytes(*checksum) {
            return None;
        }
        let length = hash.len_in_bytes();
        if take(&mut rest, 1)? != [u8::try_from(length).ok()?] {
            return None;
        }
        let tips = take_ids(&mut rest, length)?.into_iter().collect();
        let clean = take_ids(&mut rest, length)?;
        if !clean.is_sorted() {
            return None;
        }
        let count = take_number(&mut rest)?;
        let mut found = Vec::new();
        for _ in 0..count {
            let blob = take_id(&mut rest, length)?;
            let commit = match take(&mut rest, 1)? {
                [0] => None,
                _ => Some(take_id(&mut rest, length)?),
            };
            let path_length = take_number(&mut rest)?;
            let path = take(&mut rest, path_length)?.into();
            found.push(Found { blob, commit, path });
        }
        rest.is_empty().then_some(Self { tips, clean, found })
    }

    fn print(&self, key: &[u8; 32]) -> Option<Vec<u8>> {
        let length = self
            .tips
            .first()
            .or(self.clean.first())
            .or(self.found.first().map(|found| &found.blob))?
            .as_bytes()
            .len();
        let mut out = Vec::with_capacity(64 + (self.tips.len() + self.clean.len()) * length);
        out.extend_from_slice(MAGIC);
        out.extend_from_slice(key);
        out.push(u8::try_from(length).ok()?);
        put_number(self.tips.len(), &mut out)?;
        self.tips
            .iter()
            .for_each(|id| out.extend_from_slice(id.as_bytes()));
        put_number(self.clean.len(), &mut out)?;
        self.clean
            .iter()
            .for_each(|id| out.extend_from_slice(id.as_bytes()));
        put_number(self.found.len(), &mut out)?;
        for found in &self.found {
            out.extend_from_slice(found.blob.as_bytes());
            out.push(u8::from(found.commit.is_some()));
            out.extend_from_slice(
                found
                    .commit
                    .as_ref()
                    .map_or(&[], |commit| commit.as_bytes()),
            );
            put_number(found.path.len(), &mut out)?;
            out.extend_from_slice(&found.path);
        }
        out.extend_from_slice(&crc32fast::hash(&out).to_le_bytes());
        Some(out)
    }

    /// Writes the file: to another name, and renamed, so that it is whole or not there.
    pub(super) fn save(&self, path: &Path, key: &[u8; 32]) -> io::Result<()> {
        let Some(bytes) = self.print(key) else {
            return Ok(());
        };
        if let Some(directory) = path.parent() {
            fs::create_dir_all(directory)?;
        }
        let mut name = path.as_os_str().to_owned();
        name.push(format!(".{}", std::process::id()));
        let beside = PathBuf::from(name);
        // One of a process that was killed.
        let _ = fs::remove_file(&beside);
        let written = private(&beside)
            .and_then(|mut file| file.write_all(&bytes))
            .and_then(|()| fs::rename(&beside, path));
        if written.is_err() {
            // Nothing more can be done where this fails too.
            let _ = fs::remove_file(&beside);
        }
        written
    }

    pub(super) fn is_clean(&self, id: &oid) -> bool {
        self.clean
            .binary_search_by(|clean| clean.as_bytes().cmp(id.as_bytes()))
            .is_ok()
    }

    /// Forgets the clean blobs that are not wanted any more, and all that were not clean: those are scanned again.
    pub(super) fn retain(&mut self, is_wanted: impl Fn(&oid) -> bool) {
        self.found.clear();
        self.clean.retain(|id| is_wanted(id));
    }

    /// Adds what a scan came to.
    pub(super) fn add(&mut self, clean: Vec<ObjectId>, found: Vec<Found>) {
        self.clean.extend(clean);
        self.clean.sort_unstable();
        self.clean.dedup();
        self.found.extend(found);
        self.found.sort_unstable();
        self.found.dedup();
    }
}

fn private(path: &Path) -> io::Result<File> {
    fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
}

fn take<'a>(rest: &mut &'a [u8], count: usize) -> Option<&'a [u8]> {
    let (taken, after) = rest.split_at_checked(count)?;
    *rest = after;
    Some(taken)
}

fn take_number(rest: &mut &[u8]) -> Option<usize> {
    let bytes = take(rest, 4)?.try_into().ok()?;
    usize::try_from(u32::from_le_bytes(bytes)).ok()
}

fn put_number(number: usize, out: &mut Vec<u8>) -> Option<()> {
    out.extend_from_slice(&u32::try_from(number).ok()?.to_le_bytes());
    Some(())
}

fn take_id(rest: &mut &[u8], length: usize) -> Option<ObjectId> {
    ObjectId::try_from(take(rest, length)?).ok()
}

fn take_ids(rest: &mut &[u8], length: usize) -> Option<Vec<ObjectId>> {
    let count = take_number(rest)?;
    let bytes = take(rest, count.checked_mul(length)?)?;
    bytes
        .chunks_exact(length)
        .map(|id| ObjectId::try_from(id).ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const HASH: hash::Kind = hash::Kind::Sha1;

    fn ids() -> impl Strategy<Value = BTreeSet<ObjectId>> {
        prop::collection::btree_set(
            any::<[u8; 20]>().prop_map(|bytes| ObjectId::from_bytes_or_panic(&bytes)),
            0..6,
        )
    }

    fn known() -> impl Strategy<Value = Known> {
        (ids(), ids(), ids(), any::<Vec<u8>>()).prop_map(|(tips, clean, found, path)| Known {
            tips,
            clean: clean.into_iter().collect(),
            found: found
                .into_iter()
                .map(|blob| Found {
                    blob,
                    commit: (blob.as_bytes()[0] % 2 == 0).then_some(blob),
                    path: path.clone().into(),
                })
                .collect(),
        })
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(known in known(), key: [u8; 32]) {
            let bytes = known.print(&key).unwrap_or_default();
            prop_assert_eq!(Known::parse(&bytes, &key, HASH).unwrap_or_default(), known);
            prop_assert_eq!(Known::parse(&bytes, &[7; 32], HASH), None);
        }

        #[test]
        fn what_is_cut_or_changed_is_nothing(known in known(), key: [u8; 32], at: prop::sample::Index, change in 1_u8..) {
            let Some(mut bytes) = known.print(&key) else { return Ok(()); };
            let at = at.index(bytes.len());
            prop_assert_eq!(Known::parse(&bytes[..at], &key, HASH), None);
            bytes[at] ^= change;
            prop_assert_eq!(Known::parse(&bytes, &key, HASH), None);
        }

        #[test]
        fn no_bytes_break_it(bytes: Vec<u8>, key: [u8; 32]) {
            let mut framed = [MAGIC.as_slice(), &key, &[20], &bytes].concat();
            framed.extend(crc32fast::hash(&framed).to_le_bytes());
            Known::parse(&framed, &key, HASH);
            Known::parse(&bytes, &key, HASH);
        }
    }
}
