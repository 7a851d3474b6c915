//! Writes the files of a git repository byte by byte, as gitformat-pack(5), gitformat-index(5) and
//! gitformat-commit-graph(5) describe them: also such as git would never write.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// The name of an object. Nothing makes it the hash of what is in it.
pub type Id = [u8; 20];

/// A repository without a work tree in a directory, or the `.git` of one.
pub struct Repository {
    directory: PathBuf,
}

impl Repository {
    /// An empty one.
    pub fn new(directory: &Path) -> Self {
        for name in [
            "objects/pack",
            "objects/info",
            "refs/heads",
            "refs/tags",
            "info",
            "logs/refs",
        ] {
            fs::create_dir_all(directory.join(name)).expect("a directory");
        }
        let repository = Self {
            directory: directory.to_owned(),
        };
        repository.write("HEAD", b"ref: refs/heads/main\n");
        repository.write(
            "config",
            b"[core]\n\trepositoryformatversion = 0\n\tbare = false\n",
        );
        repository
    }

    pub fn write(&self, name: &str, content: &[u8]) {
        let path = self.directory.join(name);
        if fs::write(&path, content).is_err() {
            fs::create_dir_all(path.parent().expect("a directory")).expect("a directory");
            fs::write(&path, content).expect("a file of the repository");
        }
    }

    /// A loose object under the name that git would give it.
    pub fn loose(&mut self, kind: &str, content: &[u8]) -> Id {
        let whole = [format!("{kind} {}\0", content.len()).as_bytes(), content].concat();
        let id = sha1(&whole);
        self.write(&loose_path(&id), &deflate(&whole));
        id
    }

    pub fn reference(&self, name: &str, id: &Id) {
        self.write(name, format!("{}\n", hex(id)).as_bytes());
    }
}

/// Where a loose object is.
pub fn loose_path(id: &Id) -> String {
    let name = hex(id);
    format!("objects/{}/{}", &name[..2], &name[2..])
}

pub fn hex(id: &Id) -> String {
    id.iter().map(|byte| format!("{byte:02x}")).collect()
}

pub fn sha1(bytes: &[u8]) -> Id {
    let mut hasher = gix::hash::hasher(gix::hash::Kind::Sha1);
    hasher.update(bytes);
    let id = hasher.try_finalize().expect("no collision");
    id.as_bytes().try_into().expect("twenty bytes")
}

/// A zlib stream that stores and does not compress.
pub fn deflate(bytes: &[u8]) -> Vec<u8> {
    let mut out = vec![0x78, 0x01];
    let mut rest = bytes;
    loop {
        let (block, after) = rest.split_at(rest.len().min(0xffff));
        let length = u16::try_from(block.len()).expect("a short block");
        out.push(u8::from(after.is_empty()));
        out.extend(length.to_le_bytes());
        out.extend((!length).to_le_bytes());
        out.extend(block);
        rest = after;
        if rest.is_empty() {
            break;
        }
    }
    let (mut low, mut high) = (1_u32, 0_u32);
    for &byte in bytes {
        low = (low + u32::from(byte)) % 65521;
        high = (high + low) % 65521;
    }
    out.extend((high << 16 | low).to_be_bytes());
    out
}

pub fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0_u32, |crc, &byte| {
        (0..8).fold(crc ^ u32::from(byte), |crc, _| {
            crc >> 1 ^ 0xedb8_8320 * (crc & 1)
        })
    })
}

/// The content of a tree.
pub fn tree(entries: &[(&str, &[u8], &Id)]) -> Vec<u8> {
    let mut content = Vec::new();
    for (mode, name, id) in entries {
        content.extend(mode.as_bytes());
        content.push(b' ');
        content.extend(*name);
        content.push(0);
        content.extend(*id);
    }
    content
}

/// The content of a commit.
pub fn commit(tree: &Id, parents: &[Id], time: u32) -> Vec<u8> {
    let mut content = format!("tree {}\n", hex(tree));
    for parent in parents {
        content += &format!("parent {}\n", hex(parent));
    }
    content +=
        &format!("author A U <a@b> {time} +0000\ncommitter A U <a@b> {time} +0000\n\na message\n");
    content.into_bytes()
}

/// An entry of a pack.
pub struct Packed {
    pub id: Id,
    /// 1 commit, 2 tree, 3 blob, 4 tag, 6 delta to an entry before, 7 delta to an object.
    pub kind: u8,
    /// What a delta is to: the number of an entry, or a name.
    pub base: Base,
    /// What the header says of the size; as it is where it says nothing.
    pub size: Option<u64>,
    pub content: Vec<u8>,
}

pub enum Base {
    None,
    Entry(usize),
    Id(Id),
}

/// A pack and its index.
pub fn pack(entries: &[Packed]) -> (Vec<u8>, Vec<u8>) {
    let count = u32::try_from(entries.len()).expect("few entries");
    let mut pack = [&b"PACK\0\0\0\x02"[..], &count.to_be_bytes()].concat();
    let mut offsets: Vec<usize> = Vec::new();
    let mut crcs = Vec::new();
    for entry in entries {
        let start = pack.len();
        let mut size = entry.size.unwrap_or(entry.content.len() as u64);
        let mut byte = entry.kind << 4 | low(size, 4);
        size >>= 4;
        while size > 0 {
            pack.push(byte | 0x80);
            byte = low(size, 7);
            size >>= 7;
        }
        pack.push(byte);
        match &entry.base {
            Base::None => {}
            Base::Entry(number) => {
                let base = offsets.get(*number).copied().unwrap_or_default();
                pack.extend(distance((start - base) as u64));
            }
            Base::Id(id) => pack.extend(id),
        }
        pack.extend(deflate(&entry.content));
        offsets.push(start);
        crcs.push(crc32(&pack[start..]));
    }
    pack.extend(sha1(&pack));
    let index = pack_index(entries, &offsets, &crcs, &pack);
    (pack, index)
}

fn pack_index(entries: &[Packed], offsets: &[usize], crcs: &[u32], pack: &[u8]) -> Vec<u8> {
    let mut order: Vec<usize> = (0..entries.len()).collect();
    order.sort_by_key(|&number| entries[number].id);
    let mut index = b"\xfftOc\0\0\0\x02".to_vec();
    let ids: Vec<Id> = order.iter().map(|&number| entries[number].id).collect();
    index.extend(fan(&ids));
    index.extend(ids.concat());
    for &number in &order {
        index.extend(crcs[number].to_be_bytes());
    }
    for &number in &order {
        let offset = u32::try_from(offsets[number]).expect("a small pack");
        index.extend(offset.to_be_bytes());
    }
    index.extend(&pack[pack.len() - 20..]);
    index.extend(sha1(&index));
    index
}

/// A number as deltas and version 4 of the index have it: seven bits a byte, the highest first, none written twice.
fn distance(mut number: u64) -> Vec<u8> {
    let mut bytes = vec![low(number, 7)];
    while number >> 7 > 0 {
        number = (number >> 7) - 1;
        bytes.push(low(number, 7) | 0x80);
    }
    bytes.reverse();
    bytes
}

/// How many names begin with a byte or a lower one, for each byte.
fn fan(ids: &[Id]) -> Vec<u8> {
    let upto = |first: u8| ids.iter().filter(|id| id[0] <= first).count();
    let count = |first| u32::try_from(upto(first)).expect("few objects");
    (0..=255)
        .flat_map(|first| count(first).to_be_bytes())
        .collect()
}

/// A commit-graph: names, trees, up to two parents by their place, time.
pub fn commit_graph(commits: &[(Id, Id, Vec<u32>, u32)]) -> Vec<u8> {
    let ids: Vec<Id> = commits.iter().map(|commit| commit.0).collect();
    let mut data = Vec::new();
    for (_, tree, parents, time) in commits {
        data.extend(tree);
        for place in 0..2 {
            let parent = parents.get(place).copied().unwrap_or(0x7000_0000);
            data.extend(parent.to_be_bytes());
        }
        data.extend(4_u32.to_be_bytes());
        data.extend(time.to_be_bytes());
    }
    let chunks = [
        (b"OIDF", fan(&ids)),
        (b"OIDL", ids.concat()),
        (b"CDAT", data),
    ];
    let mut graph = b"CGPH\x01\x01\x03\0".to_vec();
    let mut offset = 8 + 12 * 4;
    for (name, content) in &chunks {
        graph.extend(*name);
        graph.extend((offset as u64).to_be_bytes());
        offset += content.len();
    }
    graph.extend([0; 4]);
    graph.extend((offset as u64).to_be_bytes());
    for (_, content) in &chunks {
        graph.extend(content);
    }
    graph.extend(sha1(&graph));
    graph
}

/// An entry of the index.
pub struct Staged<'a> {
    pub path: &'a [u8],
    pub mode: u32,
    pub id: Id,
    /// Stage and more, as the upper half of the flags has it.
    pub flags: u16,
}

/// The index, of a version from 2 to 4. Its checksum is zeros, as `index.skipHash` writes it.
pub fn index(version: u32, entries: &[Staged<'_>], extensions: &[(&[u8; 4], &[u8])]) -> Vec<u8> {
    let count = u32::try_from(entries.len()).expect("few entries");
    let mut index = [&b"DIRC"[..], &version.to_be_bytes(), &count.to_be_bytes()].concat();
    let mut before = 0;
    for entry in entries {
        let start = index.len();
        index.extend([0; 24]);
        index.extend(entry.mode.to_be_bytes());
        index.extend([0; 12]);
        index.extend(entry.id);
        let length = u16::try_from(entry.path.len().min(0xfff)).expect("twelve bits");
        index.extend((entry.flags & 0xf000 | length).to_be_bytes());
        if entry.flags & 0x4000 != 0 {
            index.extend((entry.flags << 4).to_be_bytes());
        }
        if version == 4 {
            // All of the path before goes.
            index.extend(distance(before as u64));
            before = entry.path.len();
        }
        index.extend(entry.path);
        index.push(0);
        while version < 4 && (index.len() - start) % 8 != 0 {
            index.push(0);
        }
    }
    for (name, content) in extensions {
        index.extend(*name);
        index.extend(
            u32::try_from(content.len())
                .expect("a short extension")
                .to_be_bytes(),
        );
        index.extend(*content);
    }
    index.extend([0; 20]);
    index
}

fn low(number: u64, bits: u32) -> u8 {
    u8::try_from(number & ((1 << bits) - 1)).expect("fewer bits than a byte")
}
