//! Tells what a generator makes from what a person writes: by pairs of letters, which in words (English ones, identifiers)
//! are far from even, and by how often letters, digits and case change. By itself: `build.rs` reads it too.

/// For each pair of letters, 5 + log2 of how much more often than by chance the second follows the first in the words of a
/// large Python code base and its documentation (measured, each word counted by the root of its frequency).
const PAIRS: [&[u8; 26]; 26] = [
    b"45651351513756051667442242",
    b"74447311651842632553611040",
    b"72427207506621710537511030",
    b"64468431741442620453532130",
    b"53674541311656343776243531",
    b"63436620802522701634601140",
    b"51238255600435621765511021",
    b"72128101700333720546400030",
    b"54655450112658642566140304",
    b"80208000503010743072611011",
    b"55348531712535321375505041",
    b"72357411702622730255521050",
    b"75228220701453670153511040",
    b"61666472514324531277431131",
    b"44553341424568550755645321",
    b"71237224502612761756511040",
    b"30122110100611110342902110",
    b"72458341603454620466432050",
    b"51527225603433553367613040",
    b"61428226700332630665512151",
    b"56556340500667360777210101",
    b"70219031700111500121211011",
    b"80237226704326720662213110",
    b"51637323701342370238021551",
    b"43546442603556671476334233",
    b"63118111600334610121310158",
];

/// Longer text is judged by its beginning.
const ENOUGH: usize = 256;

/// Whether a text looks made by a generator.
pub(super) fn is_random(text: &str) -> bool {
    let bytes = &text.as_bytes()[..text.len().min(ENOUGH)];
    bytes.len() >= 10 && distinct(bytes) >= 7 && evidence(bytes) >= 8
}

/// Bits in favour of a generator.
fn evidence(bytes: &[u8]) -> i32 {
    let mut bits = 0;
    for pair in bytes.windows(2) {
        bits += match (Class::of(pair[0]), Class::of(pair[1])) {
            (Class::Lower, Class::Upper) | (Class::Digit, Class::Digit) => 0,
            (Class::Lower | Class::Upper, Class::Lower | Class::Upper) => {
                5 - likelihood(pair[0], pair[1])
            }
            (Class::Lower | Class::Upper, Class::Digit) => 1,
            (_, Class::Joint) | (Class::Joint, _) => -1,
            _ => 2,
        };
    }
    bits
}

fn likelihood(first: u8, second: u8) -> i32 {
    let at = |letter: u8| usize::from(letter.to_ascii_lowercase().wrapping_sub(b'a'));
    let row = PAIRS.get(at(first)).copied();
    row.and_then(|row| row.get(at(second)))
        .map_or(5, |digit| i32::from(digit.wrapping_sub(b'0')))
}

/// How well one byte follows another in words: 0 to 9, 5 where nothing is known of the two.
pub(crate) fn follows(first: u8, second: u8) -> u8 {
    u8::try_from(likelihood(first, second)).unwrap_or(5)
}

fn distinct(bytes: &[u8]) -> usize {
    let mut seen = [false; 256];
    for &byte in bytes {
        seen[usize::from(byte)] = true;
    }
    seen.iter().filter(|seen| **seen).count()
}

enum Class {
    Lower,
    Upper,
    Digit,
    /// What joins words: blank, `_`, `-`, `.`, `/`, `:`, and every byte of other scripts.
    Joint,
    Mark,
}

impl Class {
    fn of(byte: u8) -> Self {
        match byte {
            b'a'..=b'z' => Self::Lower,
            b'A'..=b'Z' => Self::Upper,
            b'0'..=b'9' => Self::Digit,
            b' ' | b'_' | b'-' | b'.' | b'/' | b':' | b',' | 0x80.. => Self::Joint,
            _ => Self::Mark,
        }
    }
}
