//! What `| name` does to a value on its way into a template.

use base64::{
    Engine, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig, general_purpose::STANDARD},
};
use zeroize::Zeroizing;

/// A filter of the manifest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Filter {
    /// Percent-encodes everything but RFC 3986's unreserved characters.
    Urlencode,
    /// Encodes as base64: RFC 4648 section 4, padded.
    Base64,
    /// Decodes base64, standard or URL-safe, padded or not, line breaks ignored.
    Base64Decode,
    /// Writes a JSON string, quotes included.
    Json,
    /// Removes blanks and line breaks at both ends.
    Trim,
}

/// Accepts both paddings; which alphabet is decided by the text.
const LENIENT: GeneralPurposeConfig =
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);

impl Filter {
    /// All filters.
    pub(crate) const ALL: &'static [Self] = &[
        Self::Urlencode,
        Self::Base64,
        Self::Base64Decode,
        Self::Json,
        Self::Trim,
    ];

    /// The name in a manifest.
    #[must_use]
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Urlencode => "urlencode",
            Self::Base64 => "base64",
            Self::Base64Decode => "base64decode",
            Self::Json => "json",
            Self::Trim => "trim",
        }
    }

    /// The filter of this name.
    #[must_use]
    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL
            .iter()
            .copied()
            .find(|filter| filter.name() == name)
    }

    /// The filtered bytes.
    ///
    /// # Errors
    /// A fragment that says why the value does not fit the filter, without any part of the value.
    pub(crate) fn apply(self, bytes: &[u8]) -> Result<Zeroizing<Vec<u8>>, &'static str> {
        let text = || std::str::from_utf8(bytes).map_err(|_| "the value is not UTF-8 text");
        let filtered = match self {
            Self::Urlencode => urlencode(bytes),
            Self::Base64 => STANDARD.encode(bytes).into_bytes(),
            Self::Base64Decode => decode(bytes)?,
            Self::Json => serde_json::to_vec(text()?).map_err(|_| "the value cannot be JSON")?,
            Self::Trim => text()?.trim().as_bytes().to_vec(),
        };
        Ok(Zeroizing::new(filtered))
    }
}

fn urlencode(bytes: &[u8]) -> Vec<u8> {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    let mut encoded = Vec::with_capacity(bytes.len() * 3);
    for &byte in bytes {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(byte);
        } else {
            encoded.extend([
                b'%',
                HEX[usize::from(byte >> 4)],
                HEX[usize::from(byte & 15)],
            ]);
        }
    }
    encoded
}

fn decode(bytes: &[u8]) -> Result<Vec<u8>, &'static str> {
    let compact: Zeroizing<Vec<u8>> = Zeroizing::new(
        bytes
            .iter()
            .copied()
            .filter(|byte| !b"\r\n".contains(byte))
            .collect(),
    );
    let url_safe = compact.iter().any(|byte| b"-_".contains(byte));
    let alphabet = if url_safe {
        alphabet::URL_SAFE
    } else {
        alphabet::STANDARD
    };
    GeneralPurpose::new(&alphabet, LENIENT)
        .decode(&*compact)
        .map_err(|_| "the value is not base64")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn apply(filter: Filter, text: &str) -> String {
        String::from_utf8(filter.apply(text.as_bytes()).unwrap().to_vec()).unwrap()
    }

    #[test]
    fn each_filter_does_what_it_says() {
        assert_eq!(apply(Filter::Urlencode, "a b/é+~"), "a%20b%2F%C3%A9%2B~");
        assert_eq!(apply(Filter::Base64, "a?>"), "YT8+");
        assert_eq!(apply(Filter::Base64Decode, "YT8-\n"), "a?>");
        assert_eq!(apply(Filter::Base64Decode, "YQ"), "a");
        assert_eq!(apply(Filter::Trim, " \na b\r\n"), "a b");
        assert_eq!(apply(Filter::Json, "a"), "\"a\"");
        assert_eq!(
            Filter::Base64Decode.apply(b"*").unwrap_err(),
            "the value is not base64"
        );
        assert_eq!(
            Filter::Json.apply(&[0xff]).unwrap_err(),
            "the value is not UTF-8 text"
        );
    }

    #[test]
    fn every_name_leads_back_to_its_filter() {
        for filter in Filter::ALL {
            assert_eq!(Filter::named(filter.name()), Some(*filter));
        }
    }
}
