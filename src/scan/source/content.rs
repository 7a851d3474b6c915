//! What kind of bytes a file has, by its first 8 KB: text as UTF-8, as UTF-16, or no text at all; and UTF-16 to UTF-8.

/// How many bytes are looked at.
pub(super) const HEAD: usize = 8 * 1024;

/// How to read a file's bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Encoding {
    /// UTF-8 or any other superset of ASCII, after so many bytes of a byte-order mark.
    Bytes(usize),
    /// UTF-16, low byte first, after so many bytes of a byte-order mark.
    Utf16Low(usize),
    /// UTF-16, high byte first, after so many bytes of a byte-order mark.
    Utf16High(usize),
    /// Not text.
    Binary,
}

/// First bytes of formats that are no text although their first kilobytes may look like it, or that are common enough to
/// be told without counting. From the formats' own specifications, as `file` lists them.
const MAGIC: &[&[u8]] = &[
    b"\x7fELF",
    b"\x89PNG\r\n\x1a\n",
    b"GIF87a",
    b"GIF89a",
    b"\xff\xd8\xff",
    b"PK\x03\x04",
    b"PK\x05\x06",
    b"\x1f\x8b",
    b"BZh9",
    b"\xfd7zXZ\0",
    b"7z\xbc\xaf\x27\x1c",
    b"\x28\xb5\x2f\xfd",
    b"%PDF-",
    b"SQLite format 3\0",
    b"wOFF",
    b"wOF2",
    b"\0\x01\0\0\0",
    b"OTTO",
    b"\xde\x12\x04\x95",
    b"\x95\x04\x12\xde",
    b"\xca\xfe\xba\xbe",
    b"\xcf\xfa\xed\xfe",
    b"\0asm",
    b"OggS",
    b"ID3\x03",
    b"ID3\x04",
    b"fLaC",
    b"RIFF",
    b"\0\0\x01\0\x01\0",
    b"II*\0",
    b"MM\0*",
    b"8BPS",
    b"DIRC",
    b"\xfftOc",
];

impl Encoding {
    /// By the first bytes of a file. One NUL byte, or a few, do not make a text binary: its secrets would hide behind them.
    pub(super) fn of(head: &[u8]) -> Self {
        let head = &head[..head.len().min(HEAD)];
        if head.starts_with(b"\xef\xbb\xbf") {
            return Self::Bytes(3);
        }
        if head.starts_with(b"\xff\xfe") {
            return Self::Utf16Low(2);
        }
        if head.starts_with(b"\xfe\xff") {
            return Self::Utf16High(2);
        }
        // All of these end in a byte that no text begins with, or are followed by one soon; `head` may be shorter.
        if MAGIC.iter().any(|magic| head.starts_with(magic))
            && head.iter().any(|&byte| is_foreign(byte))
        {
            return Self::Binary;
        }
        let foreign = controls(head);
        // Random bytes have 10 % of control characters, programs more.
        if foreign < 3 || foreign * 16 <= head.len() {
            return Self::Bytes(0);
        }
        without_mark(head).unwrap_or(Self::Binary)
    }
}

/// UTF-16 without a byte-order mark: most of the text is ASCII, so that every other byte is NUL and the rest is text.
fn without_mark(head: &[u8]) -> Option<Encoding> {
    let pairs = head.len() / 2;
    let (mut low_nul, mut high_nul, mut odd) = (0, 0, 0);
    for pair in head.chunks_exact(2) {
        low_nul += usize::from(pair[0] == 0);
        high_nul += usize::from(pair[1] == 0);
        odd += usize::from(pair.iter().any(|&byte| byte != 0 && is_control(byte)));
    }
    let is_most = |count: usize| count * 10 >= pairs * 7;
    let is_few = |count: usize| count * 20 <= pairs;
    match () {
        () if odd * 20 > pairs => None,
        () if is_most(high_nul) && is_few(low_nul) => Some(Encoding::Utf16Low(0)),
        () if is_most(low_nul) && is_few(high_nul) => Some(Encoding::Utf16High(0)),
        () => None,
    }
}

/// Control characters that no text has: not tab, line ends, form feed, or the escape of terminals' colours.
#[expect(
    clippy::needless_bitwise_bool,
    reason = "without branches: see `controls`"
)]
const fn is_control(byte: u8) -> bool {
    (byte < 7) | ((byte.wrapping_sub(0x0e) < 0x12) & (byte != 0x1b)) | (byte == 0x7f)
}

/// How many control characters there are. Every file's head is counted: in parts that one byte can count, so that the
/// compiler takes many bytes at a time.
fn controls(head: &[u8]) -> usize {
    let count = |part: &[u8]| {
        part.iter()
            .fold(0, |sum: u8, &byte| sum + u8::from(is_control(byte)))
    };
    head.chunks(255).map(|part| usize::from(count(part))).sum()
}

const fn is_foreign(byte: u8) -> bool {
    byte >= 0x80 || is_control(byte)
}

/// Appends UTF-16 as UTF-8; a lone half of a pair becomes U+FFFD. Gives back how many bytes were used: all but an odd last
/// one and the first half of a pair at the very end, unless `is_last`.
pub(super) fn decode_utf16(
    bytes: &[u8],
    is_low_first: bool,
    is_last: bool,
    out: &mut Vec<u8>,
) -> usize {
    let unit = |pair: &[u8]| match *pair {
        [low, high] if is_low_first => u16::from_le_bytes([low, high]),
        [high, low] => u16::from_be_bytes([high, low]),
        _ => 0xfffd,
    };
    let mut even = bytes.len() - bytes.len() % 2;
    if !is_last && even >= 2 && (0xd800..0xdc00).contains(&unit(&bytes[even - 2..even])) {
        even -= 2;
    }
    out.reserve(even / 2 + 4);
    let mut buffer = [0; 4];
    for character in char::decode_utf16(bytes[..even].chunks_exact(2).map(unit)) {
        let character = character.unwrap_or(char::REPLACEMENT_CHARACTER);
        out.extend_from_slice(character.encode_utf8(&mut buffer).as_bytes());
    }
    if is_last && even < bytes.len() {
        out.extend_from_slice(
            char::REPLACEMENT_CHARACTER
                .encode_utf8(&mut buffer)
                .as_bytes(),
        );
    }
    if is_last { bytes.len() } else { even }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn utf16(text: &str, is_low_first: bool) -> Vec<u8> {
        text.encode_utf16()
            .flat_map(|unit| {
                if is_low_first {
                    unit.to_le_bytes()
                } else {
                    unit.to_be_bytes()
                }
            })
            .collect()
    }

    #[test]
    fn one_nul_byte_does_not_hide_a_text() {
        assert_eq!(Encoding::of(b"a = 1\0\nb = 2\n"), Encoding::Bytes(0));
        assert_eq!(Encoding::of(b"\0"), Encoding::Bytes(0));
        let environment = b"HOME=/home/somebody\0PATH=/usr/bin:/bin:/usr/local/bin\0SHELL=/bin/sh\0TERM=xterm-256color\0".repeat(9);
        assert_eq!(Encoding::of(&environment), Encoding::Bytes(0));
    }

    #[test]
    fn pictures_archives_and_programs_are_binary() {
        assert_eq!(Encoding::of(b"\x89PNG\r\n\x1a\n"), Encoding::Binary);
        assert_eq!(
            Encoding::of(b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x03\0>\0"),
            Encoding::Binary
        );
        let mut state = 1_u32;
        let noise: Vec<u8> = std::iter::repeat_with(|| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            state.to_be_bytes()[0]
        })
        .take(HEAD)
        .collect();
        assert_eq!(Encoding::of(&noise), Encoding::Binary);
    }

    #[test]
    fn words_that_begin_like_a_format_are_text() {
        assert_eq!(Encoding::of(b"RIFFRAFF = 1\n"), Encoding::Bytes(0));
        assert_eq!(Encoding::of(b"GIF89a is a format\n"), Encoding::Bytes(0));
    }

    #[test]
    fn utf16_is_known_with_and_without_its_mark() {
        let text = "PASSWORD = 'één'\nHOST = 'db'\n";
        assert_eq!(
            Encoding::of(&utf16(&format!("\u{feff}{text}"), true)),
            Encoding::Utf16Low(2)
        );
        assert_eq!(
            Encoding::of(&utf16(&format!("\u{feff}{text}"), false)),
            Encoding::Utf16High(2)
        );
        assert_eq!(Encoding::of(&utf16(text, true)), Encoding::Utf16Low(0));
        assert_eq!(Encoding::of(&utf16(text, false)), Encoding::Utf16High(0));
    }

    proptest! {
        #[test]
        fn utf16_comes_back_however_it_is_cut(text in ".{0,40}", cut in 0_usize..80, is_low_first: bool) {
            let bytes = utf16(&text, is_low_first);
            let cut = cut.min(bytes.len());
            let mut out = Vec::new();
            let used = decode_utf16(&bytes[..cut], is_low_first, false, &mut out);
            decode_utf16(&bytes[used..], is_low_first, true, &mut out);
            prop_assert_eq!(String::from_utf8(out).unwrap(), text);
        }

        #[test]
        fn any_bytes_decode_to_utf8(bytes: Vec<u8>, is_low_first: bool) {
            let mut out = Vec::new();
            decode_utf16(&bytes, is_low_first, true, &mut out);
            prop_assert!(std::str::from_utf8(&out).is_ok());
            Encoding::of(&bytes);
        }
    }
}
