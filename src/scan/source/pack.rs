//! The entries of a pack, and which is stored as a delta to which. Reads by offset rather than by a map of the file, so
//! that a large pack does not fill memory.

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

use super::git;

/// No entry, or no object.
pub(super) const NONE: u32 = u32::MAX;
/// How much of a pack is read at once to look at the headers of its entries.
pub(super) const WINDOW: usize = 1 << 20;
/// More than the longest header of an entry.
const HEADER: usize = 64;

/// A pack and how its entries hang together. An entry's number is its rank by offset.
pub(super) struct Pack {
    pub(super) file: File,
    pub(super) index: pack::index::File<pack::MMap>,
    pub(super) hash: hash::Kind,
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
    /// How many objects the index has and the pack has not.
    lost: usize,
    end: u64,
}

impl Pack {
    /// Opens a pack by the path of its index.
    pub(super) fn open(index_path: &Path, hash: hash::Kind) -> Result<Self, String> {
        let index = pack::index::File::at(index_path, hash).map_err(|error| git::reason(&error))?;
        let file =
            File::open(index_path.with_extension("pack")).map_err(|error| error.to_string())?;
        let length = file.metadata().map_err(|error| error.to_string())?.len();
        let end = length.saturating_sub(u64::try_from(hash.len_in_bytes()).unwrap_or_default());
        let mut order: Vec<(u64, u32)> = (0..index.num_objects())
            .map(|position| (index.pack_offset_at_index(position), position))
            .collect();
        let all = order.len();
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
            lost: all - count,
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

    /// How many entries are made from this one, itself among them.
    pub(super) fn weight(&self, entry: u32) -> u32 {
        self.weights[at(entry)]
    }

    /// Where an entry stands in the index.
    pub(super) fn position(&self, entry: u32) -> u32 {
        self.positions[at(entry)]
    }

    pub(super) fn kind(&self, entry: u32) -> Option<Kind> {
        self.kinds[at(entry)]
    }

    /// How many objects cannot be read at all: they are not in the pack, or what they are made from is not.
    pub(super) fn lost(&self) -> usize {
        self.lost + self.kinds.iter().filter(|kind| kind.is_none()).count()
    }

    /// The entries that are whole, not deltas.
    pub(super) fn roots(&self) -> impl Iterator<Item = u32> + '_ {
        (0..self.len())
            .filter(|&entry| self.bases[at(entry)] == NONE && self.kinds[at(entry)].is_some())
    }

    fn read_headers(&mut self) -> Result<(), String> {
        let mut window = Vec::new();
        let mut start = 0;
        for entry in 0..self.offsets.len() {
            let offset = self.offsets[entry];
            let is_within =
                offset >= start && offset + HEADER as u64 <= start + window.len() as u64;
            if !is_within {
                start = offset;
                window.resize(WINDOW, 0);
                let count =
                    read_at(&self.file, &mut window, start).map_err(|error| error.to_string())?;
                window.truncate(count);
            }
            let skip = usize::try_from(offset - start).unwrap_or(usize::MAX);
            let bytes = window.get(skip..).unwrap_or_default();
            let Ok(header) = Entry::from_bytes(bytes, offset, self.hash) else {
                continue;
            };
            match header.header {
                Header::OfsDelta { base_distance } => {
                    let base = offset
                        .checked_sub(base_distance)
                        .and_then(|base| self.offsets.binary_search(&base).ok());
                    self.bases[entry] = base
                        .and_then(|base| u32::try_from(base).ok())
                        .unwrap_or(NONE);
                }
                Header::RefDelta { base_id } => {
                    let base = self
                        .index
                        .lookup(base_id)
                        .map(|position| self.index.pack_offset_at_index(position));
                    let base = base.and_then(|base| self.offsets.binary_search(&base).ok());
                    self.bases[entry] = base
                        .and_then(|base| u32::try_from(base).ok())
                        .unwrap_or(NONE);
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
                self.weights[at(base)] =
                    self.weights[at(base)].saturating_add(self.weights[at(entry)]);
            }
        }
    }

    /// The wanted entries and all that they are made from.
    pub(super) fn needed(&self, is_wanted: impl Fn(u32) -> bool) -> Vec<bool> {
        let mut needed = vec![false; self.offsets.len()];
        for entry in
            (0..self.len()).filter(|&entry| self.kinds[at(entry)].is_some() && is_wanted(entry))
        {
            let mut next = entry;
            while next != NONE && !needed[at(next)] {
                needed[at(next)] = true;
                next = self.bases[at(next)];
            }
        }
        needed
    }

    /// The needed entries that are made from this one, those that most hangs on last.
    pub(super) fn children(&self, entry: u32, needed: &[bool]) -> Vec<u32> {
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

    /// Where an entry begins and ends.
    pub(super) fn extent(&self, entry: u32) -> (u64, u64) {
        let start = self.offsets[at(entry)];
        (
            start,
            self.offsets.get(at(entry) + 1).copied().unwrap_or(self.end),
        )
    }

    /// An entry that is whole and on which nothing hangs, as a stream: for one that is too large to have in memory.
    pub(super) fn stream(&self, entry: u32) -> io::Result<impl Read + '_> {
        let (start, end) = self.extent(entry);
        let mut head = [0; HEADER];
        let count = read_at(&self.file, &mut head, start)?;
        let header =
            Entry::from_bytes(&head[..count], start, self.hash).map_err(io::Error::other)?;
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

/// An entry as the place in an array.
pub(super) fn at(entry: u32) -> usize {
    usize::try_from(entry).unwrap_or(usize::MAX)
}

/// Reads as much as there is.
pub(super) fn read_at(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
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
        let most = buffer
            .len()
            .min(usize::try_from(self.left).unwrap_or(usize::MAX));
        if most == 0 {
            return Ok(0);
        }
        let count = zlib::stream::inflate::read(
            &mut self.compressed,
            &mut self.state,
            &mut buffer[..most],
        )?;
        if count == 0 {
            return Err(io::Error::new(
                io::ErrorKind::UnexpectedEof,
                "the object is shorter than it says",
            ));
        }
        self.left -= count as u64;
        Ok(count)
    }
}
