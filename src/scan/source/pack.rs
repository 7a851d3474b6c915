//! The objects of a pack, each decoded once: first the base, then what is stored as a delta to it, and so on. Reads by
//! offset rather than by a map of the file, so that a large pack does not fill memory.

use std::{
    fs::File,
    io::{self, BufReader, Read},
    os::unix::fs::FileExt as _,
    path::Path,
};

use gix::{
    hash,
    objs::Kind,
    odb::pack::{
        self,
        data::{Entry, entry::Header},
    },
    zlib,
};

use super::{delta, git};

/// No entry, or no object.
pub(super) const NONE: u32 = u32::MAX;
/// How much of a pack is read at once to look at the headers of its entries.
const WINDOW: usize = 1 << 20;
/// More than the longest header of an entry.
const HEADER: usize = 64;
/// zlib makes at most so many bytes of one.
const MOST_RATIO: u64 = 1_100;

/// A pack and how its entries hang together. An entry's number is its rank by offset.
pub(super) struct Pack {
    file: File,
    pub(super) index: pack::index::File<pack::MMap>,
    hash: hash::Kind,
    offsets: Vec<u64>,
    /// Where each entry stands in the index.
    positions: Vec<u32>,
    /// The entry that each is a delta to.
    bases: Vec<u32>,
    first_child: Vec<u32>,
    next_sibling: Vec<u32>,
    /// How many entries are made from this one, itself among them.
    weights: Vec<u32>,
    /// Of each entry, where it is known: those that hang on no whole object have none.
    kinds: Vec<Option<Kind>>,
    end: u64,
}

impl Pack {
    /// Opens a pack by the path of its index.
    pub(super) fn open(index_path: &Path, hash: hash::Kind) -> Result<Self, String> {
        let index = pack::index::File::at(index_path, hash).map_err(|error| git::reason(&error))?;
        let file = File::open(index_path.with_extension("pack")).map_err(|error| error.to_string())?;
        let length = file.metadata().map_err(|error| error.to_string())?.len();
        let end = length.saturating_sub(u64::try_from(hash.len_in_bytes()).unwrap_or_default());
        let mut order: Vec<(u64, u32)> = (0..index.num_objects()).map(|position| (index.pack_offset_at_index(position), position)).collect();
        order.sort_unstable();
        order.dedup_by_key(|entry| entry.0);
        order.retain(|&(offset, _)| offset < end);
        let count = order.len();
        let mut pack = Self {
            file,
            index,
            hash,
            offsets: order.iter().map(|entry| entry.0).collect(),
            positions: order.iter().map(|entry| entry.1).collect(),
            bases: vec![NONE; count],
            first_child: vec![NONE; count],
            next_sibling: vec![NONE; count],
            weights: vec![1; count],
            kinds: vec![None; count],
            end,
        };
        drop(order);
        pack.read_headers()?;
        pack.hang_together();
        Ok(pack)
    }

    pub(super) fn len(&self) -> u32 {
        u32::try_from(self.offsets.len()).unwrap_or(NONE)
    }

    /// Where an entry stands in the index.
    pub(super) fn position(&self, entry: u32) -> u32 {
        self.positions[at(entry)]
    }

    pub(super) fn kind(&self, entry: u32) -> Option<Kind> {
        self.kinds[at(entry)]
    }

    /// The entries that are whole, not deltas.
    pub(super) fn roots(&self) -> impl Iterator<Item = u32> + '_ {
        (0..self.len()).filter(|&entry| self.bases[at(entry)] == NONE && self.kinds[at(entry)].is_some())
    }

    fn read_headers(&mut self) -> Result<(), String> {
        let mut window = Vec::new();
        let mut start = 0;
        for entry in 0..self.offsets.len() {
            let offset = self.offsets[entry];
            let is_within = offset >= start && offset + HEADER as u64 <= start + window.len() as u64;
            if !is_within {
                start = offset;
                window.resize(WINDOW, 0);
                let count = read_at(&self.file, &mut window, start).map_err(|error| error.to_string())?;
                window.truncate(count);
            }
            let skip = usize::try_from(offset - start).unwrap_or(usize::MAX);
            let bytes = window.get(skip..).unwrap_or_default();
            let Ok(header) = Entry::from_bytes(bytes, offset, self.hash) else {
                continue;
            };
            match header.header {
                Header::OfsDelta { base_distance } => {
                    let base = offset.checked_sub(base_distance).and_then(|base| self.offsets.binary_search(&base).ok());
                    self.bases[entry] = base.and_then(|base| u32::try_from(base).ok()).unwrap_or(NONE);
                }
                Header::RefDelta { base_id } => {
                    let base = self.index.lookup(base_id).map(|position| self.index.pack_offset_at_index(position));
                    let base = base.and_then(|base| self.offsets.binary_search(&base).ok());
                    self.bases[entry] = base.and_then(|base| u32::try_from(base).ok()).unwrap_or(NONE);
                }
                header => self.kinds[entry] = header.as_kind(),
            }
        }
        Ok(())
    }

    /// Links the entries to what is made from them, and gives each the kind of what it is made from. Entries that are made
    /// from each other in a circle, or from nothing, stay without a kind.
    fn hang_together(&mut self) {
        for entry in (0..self.len()).rev() {
            let base = self.bases[at(entry)];
            if base != NONE {
                self.next_sibling[at(entry)] = self.first_child[at(base)];
                self.first_child[at(base)] = entry;
            }
        }
        let mut order: Vec<u32> = self.roots().collect();
        let mut next = 0;
        while let Some(&entry) = order.get(next) {
            next += 1;
            let mut child = self.first_child[at(entry)];
            while child != NONE {
                self.kinds[at(child)] = self.kinds[at(entry)];
                order.push(child);
                child = self.next_sibling[at(child)];
            }
        }
        for &entry in order.iter().rev() {
            let base = self.bases[at(entry)];
            if base != NONE {
                self.weights[at(base)] = self.weights[at(base)].saturating_add(self.weights[at(entry)]);
            }
        }
    }

    /// The wanted entries and all that they are made from.
    pub(super) fn needed(&self, is_wanted: impl Fn(u32) -> bool) -> Vec<bool> {
        let mut needed = vec![false; self.offsets.len()];
        for entry in (0..self.len()).filter(|&entry| self.kinds[at(entry)].is_some() && is_wanted(entry)) {
            let mut next = entry;
            while next != NONE && !needed[at(next)] {
                needed[at(next)] = true;
                next = self.bases[at(next)];
            }
        }
        needed
    }

    /// The needed entries that are made from this one, those that most hangs on last.
    fn children(&self, entry: u32, needed: &[bool]) -> Vec<u32> {
        let mut children = Vec::new();
        let mut child = self.first_child[at(entry)];
        while child != NONE {
            if needed[at(child)] {
                children.push(child);
            }
            child = self.next_sibling[at(child)];
        }
        children.sort_by_key(|&child| self.weights[at(child)]);
        children
    }

    fn extent(&self, entry: u32) -> (u64, u64) {
        let start = self.offsets[at(entry)];
        (start, self.offsets.get(at(entry) + 1).copied().unwrap_or(self.end))
    }

    /// An entry that is whole and on which nothing hangs, as a stream: for one that is too large to have in memory.
    pub(super) fn stream(&self, entry: u32) -> io::Result<impl Read + '_> {
        let (start, end) = self.extent(entry);
        let mut head = [0; HEADER];
        let count = read_at(&self.file, &mut head, start)?;
        let header = Entry::from_bytes(&head[..count], start, self.hash).map_err(io::Error::other)?;
        let compressed = Compressed {
            file: &self.file,
            at: header.data_offset,
            end,
        };
        Ok(Inflated {
            compressed: BufReader::with_capacity(64 << 10, compressed),
            state: zlib::Decompress::new(),
            left: header.decompressed_size,
        })
    }
}

fn at(entry: u32) -> usize {
    usize::try_from(entry).unwrap_or(usize::MAX)
}

/// Reads as much as there is.
fn read_at(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    let mut done = 0;
    while done < buffer.len() {
        match file.read_at(&mut buffer[done..], offset + done as u64) {
            Ok(0) => break,
            Ok(count) => done += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(done)
}

struct Compressed<'a> {
    file: &'a File,
    at: u64,
    end: u64,
}

impl Read for Compressed<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = usize::try_from(self.end.saturating_sub(self.at)).unwrap_or(usize::MAX);
        let most = buffer.len().min(left);
        let count = self.file.read_at(&mut buffer[..most], self.at)?;
        self.at += count as u64;
        Ok(count)
    }
}

struct Inflated<'a> {
    compressed: BufReader<Compressed<'a>>,
    state: zlib::Decompress,
    left: u64,
}

impl Read for Inflated<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let most = buffer.len().min(usize::try_from(self.left).unwrap_or(usize::MAX));
        if most == 0 {
            return Ok(0);
        }
        let count = zlib::stream::inflate::read(&mut self.compressed, &mut self.state, &mut buffer[..most])?;
        if count == 0 {
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the object is shorter than it says"));
        }
        self.left -= count as u64;
        Ok(count)
    }
}

/// What is done with the entries of a pack as they are decoded.
pub(super) trait Visitor {
    /// What is kept of an entry as long as others are made from it.
    type Kept;

    /// Takes an entry; `base` is the one that it was made from.
    fn entry(&mut self, pack: &Pack, entry: u32, bytes: &[u8], base: Option<(&[u8], &Self::Kept)>) -> Self::Kept;

    /// Takes an entry that is larger than `Decoder::most_whole` and on which nothing hangs.
    fn large(&mut self, pack: &Pack, entry: u32, size: u64);

    /// An entry could not be decoded, and nothing that is made from it can be.
    fn broken(&mut self, pack: &Pack, entry: u32, reason: String);
}

/// Decodes entries; one for each thread.
pub(super) struct Decoder {
    /// Whole objects of more bytes than this are not decoded if nothing hangs on them.
    most_whole: u64,
    inflate: zlib::Inflate,
    raw: Vec<u8>,
    delta: Vec<u8>,
    spare: Vec<Vec<u8>>,
}

struct Frame<K> {
    bytes: Vec<u8>,
    kept: K,
    /// What is still to be made from it, the last first.
    children: Vec<u32>,
}

impl Decoder {
    pub(super) fn new(most_whole: u64) -> Self {
        Self {
            most_whole,
            inflate: zlib::Inflate::default(),
            raw: Vec::new(),
            delta: Vec::new(),
            spare: Vec::new(),
        }
    }

    /// Decodes a whole entry and all needed ones that are made from it.
    ///
    /// The heaviest child comes last and takes its base's place, so that no more than a logarithm of the family's members
    /// are in memory at once.
    pub(super) fn family<V: Visitor>(&mut self, pack: &Pack, root: u32, needed: &[bool], visitor: &mut V) {
        let mut stack: Vec<Frame<V::Kept>> = Vec::new();
        self.member(pack, root, needed, None, &mut stack, visitor);
        while let Some(mut top) = stack.pop() {
            let Some(child) = top.children.pop() else {
                self.recycle(top.bytes);
                continue;
            };
            let base = (top.bytes, top.kept);
            if top.children.is_empty() {
                self.member(pack, child, needed, Some((&base.0, &base.1)), &mut stack, visitor);
                self.recycle(base.0);
            } else {
                let mut above = Vec::new();
                self.member(pack, child, needed, Some((&base.0, &base.1)), &mut above, visitor);
                stack.push(Frame {
                    bytes: base.0,
                    kept: base.1,
                    children: top.children,
                });
                stack.append(&mut above);
            }
        }
    }

    fn member<V: Visitor>(
        &mut self,
        pack: &Pack,
        entry: u32,
        needed: &[bool],
        base: Option<(&[u8], &V::Kept)>,
        stack: &mut Vec<Frame<V::Kept>>,
        visitor: &mut V,
    ) {
        let mut children = pack.children(entry, needed);
        children.reverse();
        match self.decode(pack, entry, base.map(|base| base.0), children.is_empty()) {
            Ok(Decoded::Whole(bytes)) => {
                let kept = visitor.entry(pack, entry, &bytes, base);
                if children.is_empty() {
                    self.recycle(bytes);
                } else {
                    stack.push(Frame { bytes, kept, children });
                }
            }
            Ok(Decoded::Large(size)) => visitor.large(pack, entry, size),
            Err(reason) => {
                let others = pack.weights[at(entry)] - 1;
                let others = if others == 0 { String::new() } else { format!("; {others} more objects are made from it") };
                visitor.broken(pack, entry, reason + &others);
            }
        }
    }

    fn decode(&mut self, pack: &Pack, entry: u32, base: Option<&[u8]>, is_leaf: bool) -> Result<Decoded, String> {
        let (start, end) = pack.extent(entry);
        let length = usize::try_from(end - start).map_err(|error| error.to_string())?;
        // A size that is too much is found out before much is read.
        self.raw.resize(length.min(WINDOW), 0);
        let count = read_at(&pack.file, &mut self.raw, start).map_err(|error| error.to_string())?;
        let header = Entry::from_bytes(&self.raw[..count], start, pack.hash).map_err(|error| git::reason(&error))?;
        let size = header.decompressed_size;
        if base.is_none() && is_leaf && size > self.most_whole {
            return Ok(Decoded::Large(size));
        }
        if size > git::MOST_BYTES {
            return Err(git::too_large(size));
        }
        if size / MOST_RATIO > end - start {
            return Err("says that it has more bytes than it can have".to_owned());
        }
        if length > WINDOW {
            self.raw.resize(length, 0);
            let rest = read_at(&pack.file, &mut self.raw[count..], start + count as u64).map_err(|error| error.to_string())?;
            self.raw.truncate(count + rest);
        }
        let skip = usize::try_from(header.data_offset - start).map_err(|error| error.to_string())?;
        let raw = self.raw.get(skip..).unwrap_or_default();
        let mut out = self.spare.pop().unwrap_or_default();
        let size = usize::try_from(size).map_err(|error| error.to_string())?;
        let Some(base) = base else {
            inflate(&mut self.inflate, raw, size, &mut out)?;
            return Ok(Decoded::Whole(out));
        };
        inflate(&mut self.inflate, raw, size, &mut self.delta)?;
        match delta::apply(base, &self.delta, git::MOST_BYTES, &mut out) {
            Some(()) => Ok(Decoded::Whole(out)),
            None => Err("is a broken delta".to_owned()),
        }
    }

    fn recycle(&mut self, bytes: Vec<u8>) {
        // A large buffer would stay for good.
        if self.spare.len() < 16 && bytes.capacity() <= 1 << 20 {
            self.spare.push(bytes);
        }
        if self.raw.capacity() > 1 << 20 {
            self.raw = Vec::new();
        }
        if self.delta.capacity() > 1 << 20 {
            self.delta = Vec::new();
        }
    }
}

enum Decoded {
    Whole(Vec<u8>),
    Large(u64),
}

/// With room for one more, so that the stream comes to its end and its checksum is compared.
fn inflate(state: &mut zlib::Inflate, raw: &[u8], size: usize, out: &mut Vec<u8>) -> Result<(), String> {
    out.clear();
    out.resize(size + 1, 0);
    state.reset();
    match state.once(raw, out) {
        Ok((zlib::Status::StreamEnd, _, written)) if written == size => {
            out.truncate(size);
            Ok(())
        }
        Ok(_) => Err("is cut short or has another size than it says".to_owned()),
        Err(_) => Err("does not decompress".to_owned()),
    }
}
