//! Git's deltas: an object as pieces of another one and new bytes between them (gitformat-pack(5), "deltified
//! representation").

/// Makes the object that a delta describes, in place of what `out` has; `None` where the delta is broken, is not for this
/// base, or makes more than `most` bytes.
pub(super) fn apply(base: &[u8], delta: &[u8], most: u64, out: &mut Vec<u8>) -> Option<()> {
    let (base_size, rest) = size(delta)?;
    let (size, mut rest) = size(rest)?;
    if base_size != u64::try_from(base.len()).ok()? || size > most {
        return None;
    }
    let size = usize::try_from(size).ok()?;
    out.clear();
    // A delta that promises much and holds little gets its memory as it makes use of it.
    out.reserve(size.min((base.len() + delta.len()).saturating_mul(2)));
    while let Some((&command, after)) = rest.split_first() {
        rest = after;
        let piece = if command & 0x80 != 0 {
            let (start, length) = copied(command, &mut rest)?;
            base.get(start..start.checked_add(length)?)?
        } else if command == 0 {
            return None;
        } else {
            let (piece, after) = rest.split_at_checked(usize::from(command))?;
            rest = after;
            piece
        };
        if piece.len() > size - out.len() {
            return None;
        }
        out.extend_from_slice(piece);
    }
    (out.len() == size).then_some(())
}

/// The bytes' place and number of a command to copy: the bits say which bytes of the two numbers follow.
fn copied(command: u8, rest: &mut &[u8]) -> Option<(usize, usize)> {
    let mut bytes = [0_u8; 7];
    for (bit, byte) in bytes.iter_mut().enumerate() {
        if command & (1 << bit) != 0 {
            let (&first, after) = rest.split_first()?;
            *byte = first;
            *rest = after;
        }
    }
    let number = |bytes: &[u8]| {
        bytes
            .iter()
            .rev()
            .fold(0_u32, |number, &byte| number << 8 | u32::from(byte))
    };
    let start = number(&bytes[..4]);
    let length = match number(&bytes[4..]) {
        0 => 0x1_0000,
        length => length,
    };
    Some((usize::try_from(start).ok()?, usize::try_from(length).ok()?))
}

/// A number of seven bits a byte, the lowest first.
fn size(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let mut size = 0;
    for (at, &byte) in bytes.iter().enumerate().take(9) {
        size |= u64::from(byte & 0x7f) << (7 * at);
        if byte & 0x80 == 0 {
            return Some((size, &bytes[at + 1..]));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const MOST: u64 = 1 << 20;

    #[test]
    fn copies_and_inserts() {
        let mut out = Vec::new();
        let delta = [10, 7, 0x91, 2, 3, 4, b'w', b'x', b'y', b'z'];
        assert_eq!(apply(b"0123456789", &delta, MOST, &mut out), Some(()));
        assert_eq!(out, b"234wxyz");
    }

    #[test]
    fn a_copy_without_a_length_is_64_kb() {
        let base = vec![b'x'; 0x1_0000];
        let mut out = Vec::new();
        let delta = [0x80, 0x80, 4, 0x80, 0x80, 4, 0x80];
        assert_eq!(apply(&base, &delta, MOST, &mut out), Some(()));
        assert_eq!(out, base);
    }

    #[test]
    fn a_broken_delta_makes_nothing() {
        let broken: [&[u8]; 9] = [
            b"",
            &[10],
            &[9, 1, 1, b'x'],
            &[10, 1, 0],
            &[10, 2, 1, b'x'],
            &[10, 1, 2, b'x', b'y'],
            &[10, 4, 0x91, 8, 4],
            &[10, 4, 0x91, 8],
            &[10, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1],
        ];
        for delta in broken {
            assert_eq!(
                apply(b"0123456789", delta, MOST, &mut Vec::new()),
                None,
                "{delta:?}"
            );
        }
        assert_eq!(
            apply(b"0123456789", &[10, 4, 0x91, 2, 4], 3, &mut Vec::new()),
            None
        );
    }

    proptest! {
        #[test]
        fn no_bytes_break_it(base: Vec<u8>, delta: Vec<u8>) {
            let mut out = Vec::new();
            apply(&base, &delta, MOST, &mut out);
            prop_assert!(out.len() <= 1 << 20);
        }
    }
}
