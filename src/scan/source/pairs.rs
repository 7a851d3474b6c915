//! The files of trees in little memory: entries as (object, name) pairs, each pair once, and a tree as a list of pairs that
//! is written as differences, since versions of a tree share nearly all of theirs.

use std::collections::HashMap;

use gix::bstr::ByteSlice as _;

use super::{catalog::index, pack::NONE};

/// The entries of a tree, as bytes: mode, space, name, NUL, id.
pub(super) struct Lines<'a> {
    pub(super) bytes: &'a [u8],
    /// Of an id.
    pub(super) length: usize,
}

impl<'a> Iterator for Lines<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<Self::Item> {
        let end = self.bytes.find_byte(0)? + 1 + self.length;
        let (line, rest) = self.bytes.split_at_checked(end)?;
        self.bytes = rest;
        Some(line)
    }
}

/// The name in an entry of a tree, for its order.
pub(super) fn name_of(line: &[u8], length: usize) -> &[u8] {
    let head = &line[..line.len() - length - 1];
    head.find_byte(b' ').map_or(head, |at| &head[at + 1..])
}

/// Objects with the names that they have in trees, each pair once.
pub(super) struct Pairs {
    /// Object, and where its name begins in `names`.
    list: Vec<(u32, u32)>,
    /// Names, each after its length in two bytes.
    names: Vec<u8>,
    known_names: HashMap<Box<[u8]>, u32>,
    numbers: HashMap<(u32, u32), u32>,
}

impl Pairs {
    pub(super) fn new() -> Self {
        Self {
            list: Vec::new(),
            names: Vec::new(),
            known_names: HashMap::new(),
            numbers: HashMap::new(),
        }
    }

    /// The number of a pair; `None` where there are too many.
    pub(super) fn number(&mut self, child: u32, name: &[u8]) -> Option<u32> {
        let name = match self.known_names.get(name) {
            Some(&name) => name,
            None => self.add_name(name)?,
        };
        if let Some(&number) = self.numbers.get(&(child, name)) {
            return Some(number);
        }
        let number = u32::try_from(self.list.len())
            .ok()
            .filter(|number| *number < NONE)?;
        self.list.push((child, name));
        self.numbers.insert((child, name), number);
        Some(number)
    }

    fn add_name(&mut self, name: &[u8]) -> Option<u32> {
        let start = u32::try_from(self.names.len()).ok()?;
        // The system has no longer ones.
        let name = &name[..name.len().min(usize::from(u16::MAX))];
        self.names
            .extend_from_slice(&u16::try_from(name.len()).ok()?.to_le_bytes());
        self.names.extend_from_slice(name);
        self.known_names.insert(name.into(), start);
        Some(start)
    }

    /// The object of a pair.
    pub(super) fn child(&self, pair: u32) -> u32 {
        self.list[index(pair)].0
    }

    pub(super) fn name(&self, pair: u32) -> &[u8] {
        let start = index(self.list[index(pair)].1);
        let length = u16::from_le_bytes([self.names[start], self.names[start + 1]]);
        &self.names[start + 2..start + 2 + usize::from(length)]
    }
}

/// Writes how many numbers there are and how far each is from what would follow the one before, seven bits a byte.
pub(super) fn write_list(list: &[u32], out: &mut Vec<u8>) {
    write_number(list.len() as u64, out);
    let mut expected = 0_i64;
    for &number in list {
        let difference = i64::from(number) - expected;
        // Small numbers of either sign are small.
        write_number(
            ((difference << 1) ^ (difference >> 63)).cast_unsigned(),
            out,
        );
        expected = i64::from(number) + 1;
    }
}

fn write_number(mut number: u64, out: &mut Vec<u8>) {
    let low = |number: u64| u8::try_from(number & 0x7f).unwrap_or_default();
    while number > 0x7f {
        out.push(low(number) | 0x80);
        number >>= 7;
    }
    out.push(low(number));
}

pub(super) fn read_list(bytes: &[u8]) -> impl Iterator<Item = u32> + '_ {
    let mut rest = bytes;
    let count = if bytes.is_empty() {
        0
    } else {
        read_number(&mut rest)
    };
    let mut expected = 0_i64;
    (0..count).map(move |_| {
        let number = read_number(&mut rest);
        let difference = (number >> 1).cast_signed() ^ -(number & 1).cast_signed();
        let number = expected + difference;
        expected = number + 1;
        u32::try_from(number).unwrap_or(NONE)
    })
}

fn read_number(rest: &mut &[u8]) -> u64 {
    let mut number = 0;
    let mut shift = 0;
    while let Some((&byte, after)) = rest.split_first() {
        *rest = after;
        number |= u64::from(byte & 0x7f) << shift;
        shift += 7;
        if byte & 0x80 == 0 || shift > 56 {
            break;
        }
    }
    number
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_list_comes_back(list in prop::collection::vec(0..NONE - 1, 0..50), before: Vec<u8>) {
            let mut bytes = before.clone();
            write_list(&list, &mut bytes);
            bytes.push(0xff);
            prop_assert_eq!(read_list(&bytes[before.len()..]).collect::<Vec<_>>(), list);
        }
    }
}
