//! Names that nobody can guess and no two instances share: GUIDs, versions, secrets.

use ring::rand::{SecureRandom as _, SystemRandom};

pub(crate) fn bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    let filled = SystemRandom::new().fill(&mut bytes);
    // Without randomness of the system no key could be made either, so nothing gets this far.
    debug_assert!(filled.is_ok());
    bytes
}

/// So many bytes as hexadecimal digits, two a byte.
pub(crate) fn hex<const N: usize>() -> String {
    digits(&bytes::<N>())
}

fn digits(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |value: u8| char::from(DIGITS[usize::from(value)]);
    bytes
        .iter()
        .flat_map(|byte| [digit(byte >> 4), digit(byte & 15)])
        .collect()
}

/// A random GUID: `xxxxxxxx-xxxx-4xxx-axxx-xxxxxxxxxxxx`.
pub(crate) fn guid() -> String {
    let hex = hex::<16>();
    format!(
        "{}-{}-4{}-a{}-{}",
        &hex[..8],
        &hex[8..12],
        &hex[13..16],
        &hex[17..20],
        &hex[20..]
    )
}
