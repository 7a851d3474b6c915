//! `OpenPGP`'s secret keys (RFC 9580, RFC 4880): the armour's checksum, and whether a passphrase protects the key.

use super::{Validation, decode::base64};

/// What an armoured secret key is worth: its base64, and the checksum's four characters if it has them.
pub(super) fn secret_key(body: &[u8], checksum: Option<&[u8]>) -> Validation {
    let Some(bytes) = base64(body) else {
        return Validation::Invalid("it does not decode");
    };
    let Some(packet) = first_packet(&bytes) else {
        return Validation::Invalid("it is cut off, or no key");
    };
    let is_whole = checksum
        .and_then(base64)
        .is_some_and(|sum| sum == crc24(&bytes));
    match (is_protected(packet), is_whole) {
        (Some(true), _) => Validation::Invalid("a passphrase protects it"),
        (Some(false), _) => Validation::Valid("it decodes, and no passphrase protects it"),
        (None, true) => Validation::Valid("its checksum holds"),
        (None, false) => Validation::Unknown,
    }
}

/// The body of the first packet, if that is a secret key (tag 5).
fn first_packet(bytes: &[u8]) -> Option<&[u8]> {
    let (&tag, rest) = bytes.split_first()?;
    match tag {
        // The old format: the length's length is in the tag.
        0x94 => rest.get(1..),
        0x95 => rest.get(2..),
        0x96 => rest.get(4..),
        0xc5 => match *rest.first()? {
            0..192 => rest.get(1..),
            192..224 => rest.get(2..),
            255 => rest.get(5..),
            _ => None,
        },
        _ => None,
    }
}

/// Whether the secret part is encrypted; `None` where the key's kind is not known here.
fn is_protected(packet: &[u8]) -> Option<bool> {
    // Version, time of creation (4 bytes), algorithm; version 6 has the length of the public part besides.
    let (&version, _) = packet.split_first()?;
    let algorithm = *packet.get(5)?;
    let mut rest = match version {
        4 => packet.get(6..)?,
        6 => packet.get(10..)?,
        _ => return None,
    };
    match algorithm {
        1..=3 => rest = skip_numbers(rest, 2)?,
        16 => rest = skip_numbers(rest, 3)?,
        17 => rest = skip_numbers(rest, 4)?,
        18 => rest = skip_octets(skip_numbers(skip_octets(rest)?, 1)?)?,
        19 | 22 => rest = skip_numbers(skip_octets(rest)?, 1)?,
        25 | 27 => rest = rest.get(32..)?,
        _ => return None,
    }
    Some(*rest.first()? != 0)
}

/// Past integers that say their length in bits.
fn skip_numbers(mut bytes: &[u8], count: usize) -> Option<&[u8]> {
    for _ in 0..count {
        let bits = u16::from_be_bytes([*bytes.first()?, *bytes.get(1)?]);
        bytes = bytes.get(2 + usize::from(bits).div_ceil(8)..)?;
    }
    Some(bytes)
}

/// Past a field that says its length in bytes.
fn skip_octets(bytes: &[u8]) -> Option<&[u8]> {
    let (&length, rest) = bytes.split_first()?;
    rest.get(usize::from(length)..)
}

/// The armour's checksum.
fn crc24(bytes: &[u8]) -> [u8; 3] {
    let mut sum: u32 = 0x00b7_04ce;
    for &byte in bytes {
        sum ^= u32::from(byte) << 16;
        for _ in 0..8 {
            sum <<= 1;
            if sum & 0x0100_0000 != 0 {
                sum ^= 0x0186_4cfb;
            }
        }
    }
    let [_, high, middle, low] = sum.to_be_bytes();
    [high, middle, low]
}

#[cfg(test)]
mod tests {
    use base64::{Engine as _, prelude::BASE64_STANDARD};

    use super::*;

    /// A packet of an Ed25519 key of version 4, as far as the octet that says how it is protected.
    fn packet(usage: u8) -> Vec<u8> {
        let mut body = vec![4, 0x60, 0, 0, 0, 22, 9];
        body.extend([1; 9]);
        body.extend([0x01, 0x07]);
        body.extend([2; 33]);
        body.push(usage);
        body.extend([3; 34]);
        let mut bytes = vec![0x94, u8::try_from(body.len()).expect("short")];
        bytes.extend(body);
        bytes
    }

    fn judge(bytes: &[u8]) -> Validation {
        let sum = BASE64_STANDARD.encode(crc24(bytes));
        secret_key(
            BASE64_STANDARD.encode(bytes).as_bytes(),
            Some(sum.as_bytes()),
        )
    }

    #[test]
    fn the_octet_after_the_public_part_says_whether_a_passphrase_protects_it() {
        assert_eq!(
            judge(&packet(0)),
            Validation::Valid("it decodes, and no passphrase protects it")
        );
        assert_eq!(
            judge(&packet(254)),
            Validation::Invalid("a passphrase protects it")
        );
    }

    #[test]
    fn other_packets_are_no_secret_keys() {
        let mut bytes = packet(0);
        bytes[0] = 0x98;
        assert_eq!(
            judge(&bytes),
            Validation::Invalid("it is cut off, or no key")
        );
        assert_eq!(
            judge(&packet(0)[..10]),
            Validation::Valid("its checksum holds"),
            "an unknown kind, as far as it goes"
        );
    }

    #[test]
    fn the_checksum_is_the_one_of_the_standard() {
        // CRC-24/OPENPGP of the usual check input.
        assert_eq!(crc24(b"123456789"), [0x21, 0xcf, 0x02]);
    }
}
