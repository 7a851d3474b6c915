//! Decodes the entries of a pack, each once: first a whole one, then what is a delta to it, and so on.

use gix::{odb::pack::data::Entry, zlib};

use super::{
    delta, git,
    pack::{Pack, WINDOW, read_at},
};

/// zlib makes at most so many bytes of one.
const MOST_RATIO: u64 = 1_100;

/// What is done with the entries of a pack as they are decoded.
pub(super) trait Visitor {
    /// What is kept of an entry as long as others are made from it.
    type Kept;

    /// Takes an entry; `base` is the one that it was made from.
    fn entry(
        &mut self,
        pack: &Pack,
        entry: u32,
        bytes: &[u8],
        base: Option<(&[u8], &Self::Kept)>,
    ) -> Self::Kept;

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
    pub(super) fn family<V: Visitor>(
        &mut self,
        pack: &Pack,
        root: u32,
        needed: &[bool],
        visitor: &mut V,
    ) {
        let mut stack: Vec<Frame<V::Kept>> = Vec::new();
        self.member(pack, root, needed, None, &mut stack, visitor);
        while let Some(mut top) = stack.pop() {
            let Some(child) = top.children.pop() else {
                self.recycle(top.bytes);
                continue;
            };
            let base = (top.bytes, top.kept);
            if top.children.is_empty() {
                self.member(
                    pack,
                    child,
                    needed,
                    Some((&base.0, &base.1)),
                    &mut stack,
                    visitor,
                );
                self.recycle(base.0);
            } else {
                let mut above = Vec::new();
                self.member(
                    pack,
                    child,
                    needed,
                    Some((&base.0, &base.1)),
                    &mut above,
                    visitor,
                );
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
                    stack.push(Frame {
                        bytes,
                        kept,
                        children,
                    });
                }
            }
            Ok(Decoded::Large(size)) => visitor.large(pack, entry, size),
            Err(reason) => {
                let others = pack.weight(entry) - 1;
                let others = if others == 0 {
                    String::new()
                } else {
                    format!("; {others} more objects are made from it")
                };
                visitor.broken(pack, entry, reason + &others);
            }
        }
    }

    fn decode(
        &mut self,
        pack: &Pack,
        entry: u32,
        base: Option<&[u8]>,
        is_leaf: bool,
    ) -> Result<Decoded, String> {
        let (start, end) = pack.extent(entry);
        let length = usize::try_from(end - start).map_err(|error| error.to_string())?;
        // A size that is too much is found out before much is read.
        self.raw.resize(length.min(WINDOW), 0);
        let count = read_at(&pack.file, &mut self.raw, start).map_err(|error| error.to_string())?;
        let header = Entry::from_bytes(&self.raw[..count], start, pack.hash)
            .map_err(|error| git::reason(&error))?;
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
            let rest = read_at(&pack.file, &mut self.raw[count..], start + count as u64)
                .map_err(|error| error.to_string())?;
            self.raw.truncate(count + rest);
        }
        let skip =
            usize::try_from(header.data_offset - start).map_err(|error| error.to_string())?;
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
fn inflate(
    state: &mut zlib::Inflate,
    raw: &[u8],
    size: usize,
    out: &mut Vec<u8>,
) -> Result<(), String> {
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
