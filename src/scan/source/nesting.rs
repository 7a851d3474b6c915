//! Whether an index may be handed to its reader, which goes into directories by recursion and would leave the stack: its
//! caches of trees and of untracked files, and the index that it may be a part of (gitformat-index(5)).

use std::{
    fs::{self, File},
    io::{self, Read, Seek, SeekFrom},
    path::{Path, PathBuf},
};

use gix::{bstr::ByteSlice as _, hash};

/// So many directories within each other are not made by people, and their paths are hardly taken by a system.
const DEEPEST: usize = 1000;
/// A path that looks like an extension would have a size of half a gigabyte. More of them are there to take time.
const MOST_HEADS: usize = 16;

/// An index is a part of one other at most.
const MOST_SHARED: usize = 16;

const TREE: [u8; 4] = *b"TREE";
const UNTRACKED: [u8; 4] = *b"UNTR";
const LINK: [u8; 4] = *b"link";

const DEEP: &str = "has more directories within each other than are read";
const HEADS: &str = "has more extensions than an index has";
const CHAIN: &str = "is part of an index that is part of another one";

/// Looks at an index and at the one that it is a part of; the error says what it is or has. What cannot be read is sound:
/// its reader says more.
pub(super) fn check(path: &Path, hash: hash::Kind) -> Result<(), &'static str> {
    let Ok(metadata) = fs::metadata(path) else {
        return Ok(());
    };
    if !metadata.is_file() {
        return Err("is no file");
    }
    let shared = check_one(path, hash)?;
    for path in &shared {
        if !check_one(path, hash)?.is_empty() {
            return Err(CHAIN);
        }
    }
    Ok(())
}

/// Looks at one file; gives the files that it may be a part of.
fn check_one(path: &Path, hash: hash::Kind) -> Result<Vec<PathBuf>, &'static str> {
    let Ok(mut file) = File::open(path) else {
        return Ok(Vec::new());
    };
    let Ok(heads) = heads(&mut file) else {
        return Ok(Vec::new());
    };
    if heads.iter().filter(|head| head.name != LINK).count() > MOST_HEADS {
        return Err(HEADS);
    }
    let mut shared = Vec::new();
    for head in heads {
        // A path that ends in it looks like one, and may stand there by the hundred.
        let most = if head.name == LINK {
            hash.len_in_bytes() as u64
        } else {
            head.size.into()
        };
        let Ok(content) = head.content(&mut file, most) else {
            return Ok(Vec::new());
        };
        if is_deep(head.name, &content, hash.len_in_bytes()) {
            return Err(DEEP);
        }
        if head.name == LINK {
            let name = format!("sharedindex.{}", crate::scan::suppress::hex(&content));
            let other = path.with_file_name(name);
            if other.is_file() && !shared.contains(&other) {
                shared.push(other);
            }
        }
        if shared.len() > MOST_SHARED {
            return Err(CHAIN);
        }
    }
    Ok(shared)
}

/// What could be the head of an extension, wherever it stands: so it does not matter how the entries are read.
struct Head {
    name: [u8; 4],
    /// Where its content begins.
    start: u64,
    size: u32,
}

/// Reads a file through a small window: a hook's scan feels every page that it takes.
fn heads(file: &mut impl Read) -> io::Result<Vec<Head>> {
    const WINDOW: usize = 32 << 10;
    // A name and a size.
    const HEAD: usize = 8;
    let mut window = vec![0; WINDOW];
    let (mut start, mut filled, mut heads) = (0_u64, 0, Vec::new());
    loop {
        match file.read(&mut window[filled..]) {
            Ok(0) => break,
            Ok(read) => filled += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        }
        let seen = &window[..filled];
        for name in [TREE, UNTRACKED, LINK] {
            for at in seen.find_iter(&name) {
                let Some(&[a, b, c, d]) = seen.get(at + name.len()..at + HEAD) else {
                    continue;
                };
                heads.push(Head {
                    name,
                    start: start + (at + HEAD) as u64,
                    size: u32::from_be_bytes([a, b, c, d]),
                });
            }
        }
        // A head may be cut in two.
        let done = filled.saturating_sub(HEAD - 1);
        start += done as u64;
        window.copy_within(done..filled, 0);
        filled -= done;
    }
    let end = start + filled as u64;
    heads.retain(|head| head.start + u64::from(head.size) <= end);
    Ok(heads)
}

impl Head {
    fn content(&self, file: &mut (impl Read + Seek), most: u64) -> io::Result<Vec<u8>> {
        // No head that says more than the file has is kept.
        let mut content = Vec::with_capacity(usize::try_from(most).unwrap_or(0));
        file.seek(SeekFrom::Start(self.start))?;
        file.take(most).read_to_end(&mut content)?;
        Ok(content)
    }
}

fn is_deep(name: [u8; 4], content: &[u8], id_length: usize) -> bool {
    let walk = |mut content: &[u8], next: &dyn Fn(&mut &[u8]) -> Option<usize>| {
        depth(&mut content, next) > DEEPEST
    };
    match name {
        TREE => walk(content, &|rest| cached_tree(rest, id_length)),
        UNTRACKED => {
            untracked_head(content, id_length).is_some_and(|content| walk(content, &untracked))
        }
        _ => false,
    }
}

/// How many directories stand within each other, up to one more than are read: each is followed by as many others as
/// `next` says.
fn depth(rest: &mut &[u8], next: &dyn Fn(&mut &[u8]) -> Option<usize>) -> usize {
    let mut open = vec![1_usize];
    let mut deepest = 0;
    while let Some(left) = open.last_mut() {
        if *left == 0 {
            open.pop();
            continue;
        }
        *left -= 1;
        let Some(children) = next(rest) else {
            break;
        };
        open.push(children);
        deepest = deepest.max(open.len() - 1);
        if deepest > DEEPEST {
            break;
        }
    }
    deepest
}

/// Takes a directory of the cache of trees: name, NUL, number of entries, space, number of directories, line feed, id
/// unless there are fewer than no entries.
fn cached_tree(rest: &mut &[u8], id_length: usize) -> Option<usize> {
    until(rest, 0)?;
    let entries: i32 = until(rest, b' ')?.to_str().ok()?.parse().ok()?;
    let children = until(rest, b'\n')?.to_str().ok()?.parse().ok()?;
    if entries >= 0 {
        *rest = rest.get(id_length..)?;
    }
    Some(children)
}

/// What follows the head of the cache of untracked files: an identifier after its length, two times file times and the
/// like, flags, two ids, a name, the number of directories.
fn untracked_head(content: &[u8], id_length: usize) -> Option<&[u8]> {
    const STAT: usize = 36;
    const FLAGS: usize = 4;
    let mut rest = content;
    let length = usize::try_from(number(&mut rest)?).ok()?;
    rest = rest.get(length..)?;
    rest = rest.get(2 * STAT + FLAGS + 2 * id_length..)?;
    until(&mut rest, 0)?;
    number(&mut rest)?;
    Some(rest)
}

/// Takes a directory of the cache of untracked files: number of files, number of directories, name, NUL, files each with
/// a NUL.
fn untracked(rest: &mut &[u8]) -> Option<usize> {
    let files = number(rest)?;
    let children = usize::try_from(number(rest)?).ok()?;
    until(rest, 0)?;
    for _ in 0..files {
        until(rest, 0)?;
    }
    Some(children)
}

fn until<'a>(rest: &mut &'a [u8], end: u8) -> Option<&'a [u8]> {
    let at = rest.find_byte(end)?;
    let (taken, after) = (&rest[..at], &rest[at + 1..]);
    *rest = after;
    Some(taken)
}

/// Seven bits a byte, the highest first, and none of them written twice.
fn number(rest: &mut &[u8]) -> Option<u64> {
    let (&first, mut after) = rest.split_first()?;
    let mut byte = first;
    let mut value = u64::from(byte & 0x7f);
    while byte & 0x80 != 0 {
        (byte, after) = after.split_first().map(|(&byte, after)| (byte, after))?;
        value = value
            .checked_add(1)?
            .checked_mul(0x80)?
            .checked_add(u64::from(byte & 0x7f))?;
    }
    *rest = after;
    Some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: usize = 20;

    fn index(extensions: &[(&str, Vec<u8>)]) -> Vec<u8> {
        let mut index = b"DIRC\0\0\0\x02\0\0\0\0".to_vec();
        for (name, content) in extensions {
            index.extend(name.as_bytes());
            index.extend(u32::try_from(content.len()).unwrap().to_be_bytes());
            index.extend(content);
        }
        index.extend([0; ID]);
        index
    }

    fn trees(levels: usize) -> Vec<u8> {
        let id = [7; ID];
        let known = [&b"d\x002 1\n"[..], &id].concat();
        let inner = b"d\0-1 1\n".repeat(levels - 2);
        [known, inner, b"d\0-1 0\n".to_vec()].concat()
    }

    fn untracked_files(levels: usize) -> Vec<u8> {
        let head = [&[1, b'x'][..], &[0; 36 + 36 + 4 + 2 * ID]].concat();
        let inner = b"\x01\x01d\0file\0".repeat(levels - 1);
        [
            head,
            b".gitignore\0\x05".to_vec(),
            inner,
            b"\0\0d\0".to_vec(),
        ]
        .concat()
    }

    /// Whether a file of these bytes would be handed on.
    fn is_sound(bytes: &[u8]) -> bool {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("index");
        fs::write(&path, bytes).unwrap();
        check(&path, hash::Kind::Sha1).is_ok()
    }

    #[test]
    fn deep_directories_are_told_from_those_that_people_make() {
        for (name, content) in [
            ("TREE", trees as fn(usize) -> Vec<u8>),
            ("UNTR", untracked_files),
        ] {
            assert!(is_sound(&index(&[(name, content(DEEPEST))])), "{name}");
            assert!(!is_sound(&index(&[(name, content(DEEPEST + 1))])), "{name}");
        }
        let wide = [&b"\0-1 5000\n"[..], &b"d\0-1 0\n".repeat(5000)].concat();
        assert!(is_sound(&index(&[("TREE", wide)])));
    }

    #[test]
    fn an_extension_is_found_wherever_it_stands() {
        for before in (0..40).chain((64 << 10) - 40..(64 << 10) + 40) {
            let extension = ("TREE", trees(DEEPEST + 1));
            let bytes = [vec![b'x'; before], index(&[extension])].concat();
            assert!(!is_sound(&bytes), "{before}");
        }
    }

    #[test]
    fn many_extensions_of_the_same_bytes_take_no_time() {
        // The head of an extension that is an entry of the one before too: its length in bytes is `\0`, `1`, ` `, `9`.
        let head = b"TREE\x001 9999\n\0-1 9999\nxxxxxxxxxxx";
        let directories = b"d\0-1 0\n".repeat(600_000);
        assert!(is_sound(&[head.to_vec(), directories.clone()].concat()));
        assert!(!is_sound(&[head.repeat(100), directories].concat()));
    }

    #[test]
    fn an_index_may_be_a_part_of_one_other() {
        let directory = tempfile::tempdir().unwrap();
        let (path, own) = (directory.path().join("index"), [7; ID].to_vec());
        let shared = directory
            .path()
            .join("sharedindex.0707070707070707070707070707070707070707");
        fs::write(&path, index(&[("link", own.clone())])).unwrap();
        assert_eq!(check(&path, hash::Kind::Sha1), Ok(()));
        fs::write(&shared, index(&[("TREE", trees(3))])).unwrap();
        assert_eq!(check(&path, hash::Kind::Sha1), Ok(()));
        fs::write(&shared, index(&[("TREE", trees(DEEPEST + 1))])).unwrap();
        assert_eq!(check(&path, hash::Kind::Sha1), Err(DEEP));
        fs::write(&shared, index(&[("link", own)])).unwrap();
        assert_eq!(check(&path, hash::Kind::Sha1), Err(CHAIN));
    }

    #[test]
    fn what_is_not_there_is_left_to_the_reader_and_a_directory_is_no_index() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("index");
        assert_eq!(check(&path, hash::Kind::Sha1), Ok(()));
        assert!(check(directory.path(), hash::Kind::Sha1).is_err());
    }
}
