//! Base64 as it is met in the wild: either alphabet, padded or not.

use base64::{
    Engine as _, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};

const LENIENT: GeneralPurposeConfig = GeneralPurposeConfig::new()
    .with_decode_padding_mode(DecodePaddingMode::Indifferent)
    .with_decode_allow_trailing_bits(true);
const STANDARD: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, LENIENT);
const URL_SAFE: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, LENIENT);

/// The bytes behind base64 of the standard or the URL's alphabet.
pub(crate) fn base64(text: &[u8]) -> Option<Vec<u8>> {
    if text.iter().any(|byte| matches!(byte, b'-' | b'_')) {
        URL_SAFE.decode(text).ok()
    } else {
        STANDARD.decode(text).ok()
    }
}

/// The JSON object behind base64.
pub(crate) fn json_object(text: &[u8]) -> Option<serde_json::Map<String, serde_json::Value>> {
    serde_json::from_slice(&base64(text)?).ok()
}

/// A number in base 62 (digits, upper case, lower case), filled up with zeros on the left.
pub(crate) fn base62(mut number: u32, width: usize) -> Vec<u8> {
    const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let mut text = Vec::with_capacity(width);
    while number > 0 || text.len() < width {
        let digit = usize::try_from(number % 62).unwrap_or_default();
        text.push(DIGITS[digit]);
        number /= 62;
    }
    text.reverse();
    text
}

/// Where a part begins in the whole it was cut from. By its address, since the same text may stand there twice.
pub(crate) fn offset_of(part: &[u8], whole: &[u8]) -> Option<usize> {
    let offset = part.as_ptr().addr().checked_sub(whole.as_ptr().addr())?;
    (offset.checked_add(part.len())? <= whole.len()).then_some(offset)
}

/// The value of a character of base 32 (RFC 4648), capitals alone.
pub(crate) fn base32_digit(byte: u8) -> Option<u8> {
    match byte {
        b'A'..=b'Z' => Some(byte - b'A'),
        b'2'..=b'7' => Some(byte - b'2' + 26),
        _ => None,
    }
}

/// Base64url without padding, for tests that put tokens together.
#[cfg(test)]
pub(crate) fn test_encode(bytes: &[u8]) -> String {
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_read_in_both_alphabets_with_and_without_padding() {
        assert_eq!(base64(b"+/8=").as_deref(), Some(&[0xfb, 0xff][..]));
        assert_eq!(base64(b"-_8").as_deref(), Some(&[0xfb, 0xff][..]));
        assert_eq!(base64(b"+_8"), None);
        assert_eq!(base64(b"not base64"), None);
    }

    #[test]
    fn a_part_is_found_by_its_address() {
        let whole = b"abab";
        assert_eq!(offset_of(&whole[2..4], whole), Some(2));
        assert_eq!(offset_of(whole, &whole[..2]), None);
    }

    #[test]
    fn a_number_is_written_in_base_62_at_a_fixed_width() {
        assert_eq!(base62(0, 3), b"000");
        assert_eq!(base62(61, 2), b"0z");
        assert_eq!(base62(62, 1), b"10");
    }
}
