//! Tokens that carry a checksum of themselves, where the vendor has said how it is made.

use super::{Candidate, Validation, decode, placeholder};

const HOLDS: Validation = Validation::Valid("its checksum holds");
const FAILS: Validation = Validation::Invalid("its checksum does not hold");

/// GitHub: after the prefix of four bytes thirty random characters and their CRC-32 in base 62, six digits with leading
/// zeros (GitHub's blog, "Behind GitHub's new authentication token formats"). Longer tokens are of another make.
pub(crate) fn github(candidate: &Candidate<'_>) -> Validation {
    crc_in_base62(candidate.secret)
}

/// npm: the scheme of GitHub.
pub(crate) fn npm(candidate: &Candidate<'_>) -> Validation {
    crc_in_base62(candidate.secret)
}

fn crc_in_base62(secret: &[u8]) -> Validation {
    if let Some(note) = placeholder::made_up(secret) {
        return Validation::Example(note);
    }
    let Some(body) = secret.get(4..).filter(|body| body.len() == 36) else {
        return Validation::Unknown;
    };
    let (random, sum) = body.split_at(30);
    said(number(sum, base62_digit) == Some(u64::from(crc32fast::hash(random))))
}

/// GitLab's routable tokens: prefix and payload, a version, two digits of the payload's length, and the CRC-32 of all of
/// that in seven digits of base 36 (`Authn::TokenField::Generator::RoutableToken` of GitLab). Older ones have no checksum.
pub(crate) fn gitlab(candidate: &Candidate<'_>) -> Validation {
    let secret = candidate.secret;
    if let Some(note) = placeholder::made_up(secret) {
        return Validation::Example(note);
    }
    let tail = secret
        .iter()
        .rev()
        .take_while(|&&byte| byte != b'.')
        .count();
    if tail != 9 || tail == secret.len() {
        return Validation::Unknown;
    }
    let (token, sum) = secret.split_at(secret.len() - 7);
    said(number(sum, base36_digit) == Some(u64::from(crc32fast::hash(token))))
}

fn said(holds: bool) -> Validation {
    if holds { HOLDS } else { FAILS }
}

/// A few digits as a number; `None` where one is no digit.
fn number(digits: &[u8], digit: fn(u8) -> Option<u8>) -> Option<u64> {
    let base = if digit(b'A').is_some() { 62 } else { 36 };
    digits.iter().try_fold(0_u64, |sum, &byte| {
        sum.checked_mul(base)?.checked_add(digit(byte)?.into())
    })
}

/// Digits, capitals, small letters.
fn base62_digit(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'A'..=b'Z' => Some(byte - b'A' + 10),
        b'a'..=b'z' => Some(byte - b'a' + 36),
        _ => None,
    }
}

/// Digits and small letters.
fn base36_digit(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'z' => Some(byte - b'a' + 10),
        _ => None,
    }
}

/// age: Bech32 (BIP 173) with a human-readable part that ends in a dash.
pub(crate) fn age(candidate: &Candidate<'_>) -> Validation {
    said(is_bech32(candidate.secret))
}

/// The alphabet of Bech32, by value.
const BECH32: &[u8; 32] = b"qpzry9x8gf2tvdw0s3jn54khce6mua7l";

fn is_bech32(text: &[u8]) -> bool {
    let text = text.to_ascii_lowercase();
    let Some(separator) = text.iter().rposition(|&byte| byte == b'1') else {
        return false;
    };
    let (prefix, data) = (&text[..separator], &text[separator + 1..]);
    let mut sum = 1;
    for byte in prefix {
        sum = bech32_step(sum, byte >> 5);
    }
    sum = bech32_step(sum, 0);
    for byte in prefix {
        sum = bech32_step(sum, byte & 31);
    }
    for byte in data {
        let value = (0_u8..).zip(BECH32).find(|(_, letter)| *letter == byte);
        let Some((value, _)) = value else {
            return false;
        };
        sum = bech32_step(sum, value);
    }
    data.len() > 6 && sum == 1
}

/// One step of the polynomial of BIP 173.
fn bech32_step(sum: u32, value: u8) -> u32 {
    const GENERATOR: [u32; 5] = [
        0x3b6a_57b2,
        0x2650_8e6d,
        0x1ea1_19fa,
        0x3d42_33dd,
        0x2a14_62b3,
    ];
    let top = sum >> 25;
    let mut sum = (sum & 0x01ff_ffff) << 5 ^ u32::from(value);
    for (bit, term) in GENERATOR.iter().enumerate() {
        if top >> bit & 1 == 1 {
            sum ^= term;
        }
    }
    sum
}

/// `PyPI`: after `pypi-` a macaroon (version 2) in base64url. Its signature can be checked by the index alone; that all of
/// it is there can be checked here.
pub(crate) fn pypi(candidate: &Candidate<'_>) -> Validation {
    let macaroon = candidate
        .secret
        .strip_prefix(b"pypi-")
        .and_then(decode::base64);
    match macaroon.as_deref().and_then(read_macaroon) {
        Some(()) => Validation::Valid("decodes to a whole token"),
        None => Validation::Invalid("does not decode to a whole token"),
    }
}

/// Location, identifier, caveats, a signature of 32 bytes; fields are a type, a length and that many bytes.
fn read_macaroon(bytes: &[u8]) -> Option<()> {
    let mut rest = bytes.strip_prefix(&[2])?;
    // A header and each caveat end in a zero; so does the list of caveats.
    let mut is_empty = false;
    while !is_empty {
        is_empty = true;
        loop {
            let (&kind, after) = rest.split_first()?;
            rest = after;
            if kind == 0 {
                break;
            }
            is_empty = false;
            rest = skip_field(rest)?;
        }
    }
    let signature = rest.strip_prefix(&[6, 32])?;
    (signature.len() == 32).then_some(())
}

/// What follows a length (seven bits a byte, the lowest first) and as many bytes.
fn skip_field(bytes: &[u8]) -> Option<&[u8]> {
    let (mut length, mut used) = (0_usize, 0_u32);
    for (at, &byte) in bytes.iter().enumerate().take(4) {
        length |= usize::from(byte & 0x7f) << used;
        used += 7;
        if byte < 0x80 {
            return bytes.get((at + 1).checked_add(length)?..);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::{super::candidate, *};

    const DIGITS: &[u8] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

    fn in_base(mut number: u64, digits: &[u8], places: usize) -> String {
        let mut text = Vec::new();
        let base = u64::try_from(digits.len()).unwrap();
        for _ in 0..places {
            text.push(digits[usize::try_from(number % base).unwrap()]);
            number /= base;
        }
        text.reverse();
        String::from_utf8(text).unwrap()
    }

    #[test]
    fn a_github_token_with_its_checksum_is_valid() {
        // The example of GitHub's article, put together here.
        let token = ["ghp_", "zQWBuTSOoRi4A9spHcVY5", "ncnsDkxkJ", "0mLq17"].concat();
        assert_eq!(github(&candidate(&token)), HOLDS);
        let other = token.replace("0mLq17", "0mLq18");
        assert_eq!(github(&candidate(&other)), FAILS);
        assert_eq!(github(&candidate(&(token + "more"))), Validation::Unknown);
    }

    #[test]
    fn a_checksum_keeps_its_leading_zeros() {
        let random = "q3Vt8LmZr1XyWb5NcKd7Hf2Gj9PsT";
        let random = (b'a'..=b'z')
            .map(|last| format!("{random}{}", char::from(last)))
            .find(|random| crc32fast::hash(random.as_bytes()) < 900_000_000)
            .expect("one of 26 is that small");
        let sum = in_base(crc32fast::hash(random.as_bytes()).into(), DIGITS, 6);
        assert!(sum.starts_with('0'));
        assert_eq!(npm(&candidate(&format!("npm_{random}{sum}"))), HOLDS);
    }

    #[test]
    fn a_placeholder_in_githubs_shape_is_an_example() {
        let token = format!("ghp_{}", "x".repeat(36));
        assert!(matches!(github(&candidate(&token)), Validation::Example(_)));
    }

    #[test]
    fn a_routable_gitlab_token_is_checked_and_an_older_one_is_not() {
        let payload = ["glpat-", "q3Vt8LmZr1XyWb5NcKd7Hf2Gj9PsTu", ".01.0u"].concat();
        let sum = crc32fast::hash(payload.as_bytes()).into();
        let token = payload.clone() + &in_base(sum, b"0123456789abcdefghijklmnopqrstuvwxyz", 7);
        assert_eq!(gitlab(&candidate(&token)), HOLDS);
        assert_eq!(gitlab(&candidate(&(payload + "0000000"))), FAILS);
        let older = ["glpat-", "q3Vt8LmZr1XyWb5NcKd7"].concat();
        assert_eq!(gitlab(&candidate(&older)), Validation::Unknown);
        assert_eq!(gitlab(&candidate("123456.89")), Validation::Unknown);
    }

    #[test]
    fn bech32_is_checked_as_bip_173_says() {
        // From the vectors of BIP 173.
        for text in [
            "abcdef1qpzry9x8gf2tvdw0s3jn54khce6mua7lmqqqxw",
            "ABCDEF1QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7LMQQQXW",
            "split1checkupstagehandshakeupstreamerranterredcaperred2y9e3w",
        ] {
            assert!(is_bech32(text.as_bytes()), "{text}");
        }
        assert!(!is_bech32(b"A12UEL5L"), "holds nothing");
        assert!(!is_bech32(
            b"split1checkupstagehandshakeupstreamerranterredcaperred2y9e3x"
        ));
        assert!(!is_bech32(b"x1b4n0q5v"), "a letter that Bech32 lacks");
        assert!(!is_bech32(b"no separator"));
        assert!(!is_bech32(b""));
    }

    #[test]
    fn a_whole_macaroon_is_valid_and_a_cut_one_is_not() {
        let mut macaroon = vec![2, 1, 8];
        macaroon.extend_from_slice(b"pypi.org");
        macaroon.extend_from_slice(&[2, 200, 1]);
        macaroon.extend_from_slice(&[b'i'; 200]);
        macaroon.extend_from_slice(&[0, 2, 3, b'c', b'a', b'v', 0, 0, 6, 32]);
        macaroon.extend_from_slice(&[7; 32]);
        let token = |bytes: &[u8]| "pypi-".to_owned() + &decode::test_encode(bytes);
        assert!(matches!(
            pypi(&candidate(&token(&macaroon))),
            Validation::Valid(_)
        ));
        for end in 0..macaroon.len() {
            let is = pypi(&candidate(&token(&macaroon[..end])));
            assert!(matches!(is, Validation::Invalid(_)), "cut at {end}");
        }
        let endless = [2, 1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff];
        assert!(matches!(
            pypi(&candidate(&token(&endless))),
            Validation::Invalid(_)
        ));
    }
}
