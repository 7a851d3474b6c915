//! As much of X.509 (RFC 5280) as it takes to know a registered certificate again: its public key and its thumbprints.

use std::io;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::digest;

use crate::jwt::encode;

const SEQUENCE: u8 = 0x30;
const BIT_STRING: u8 = 0x03;
const VERSION: u8 = 0xa0;

/// A certificate that an application was registered with.
#[derive(Clone, Debug)]
pub(crate) struct Certificate {
    /// `RSAPublicKey` in DER, as ring takes it.
    pub(crate) public_key: Vec<u8>,
    sha1: String,
    sha256: String,
}

impl Certificate {
    /// The first certificate of a text in PEM; keys beside it are passed over.
    pub(crate) fn from_pem(text: &str) -> io::Result<Self> {
        let wrong = |what| io::Error::new(io::ErrorKind::InvalidData, what);
        let der = first_block(text, "CERTIFICATE").ok_or_else(|| wrong("no certificate in PEM"))?;
        let public_key =
            public_key(&der).ok_or_else(|| wrong("a certificate that cannot be read"))?;
        Ok(Self {
            public_key,
            sha1: encode(digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, &der)),
            sha256: encode(digest::digest(&digest::SHA256, &der)),
        })
    }

    /// Whether this is the certificate that the header of an assertion names by `x5t#S256` or `x5t`.
    pub(crate) fn is_named(&self, sha256: Option<&str>, sha1: Option<&str>) -> bool {
        let is = |named: &str, own: &str| named.trim_end_matches('=') == own;
        match (sha256, sha1) {
            (Some(sha256), _) => is(sha256, &self.sha256),
            (None, Some(sha1)) => is(sha1, &self.sha1),
            (None, None) => false,
        }
    }
}

fn first_block(text: &str, label: &str) -> Option<Vec<u8>> {
    let (_, rest) = text.split_once(&format!("-----BEGIN {label}-----"))?;
    let (body, _) = rest.split_once(&format!("-----END {label}-----"))?;
    let body: String = body.split_whitespace().collect();
    STANDARD.decode(body).ok()
}

/// One element: its tag, its content, and what comes after it.
fn element(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&tag, rest) = bytes.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let (length, rest) = if first < 0x80 {
        (usize::from(first), rest)
    } else {
        let (digits, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
        if digits.len() > 4 {
            return None;
        }
        let length = digits
            .iter()
            .fold(0, |length, digit| length << 8 | usize::from(*digit));
        (length, rest)
    };
    let (content, after) = rest.split_at_checked(length)?;
    Some((tag, content, after))
}

/// The same, for an element of a certain tag.
fn expect(tag: u8, bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (found, content, after) = element(bytes)?;
    (found == tag).then_some((content, after))
}

/// What the bit string in `subjectPublicKeyInfo` holds.
fn public_key(certificate: &[u8]) -> Option<Vec<u8>> {
    let (certificate, _) = expect(SEQUENCE, certificate)?;
    let (mut fields, _) = expect(SEQUENCE, certificate)?;
    if let Some((_, after)) = expect(VERSION, fields) {
        fields = after;
    }
    // serialNumber, signature, issuer, validity, subject
    for _ in 0..5 {
        (_, _, fields) = element(fields)?;
    }
    let (info, _) = expect(SEQUENCE, fields)?;
    let (_, key) = expect(SEQUENCE, info)?;
    let (bits, _) = expect(BIT_STRING, key)?;
    // The first byte counts the bits that are unused, which are none in a key.
    let (&unused, key) = bits.split_first()?;
    (unused == 0).then(|| key.to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::certificates;

    #[test]
    fn the_key_in_a_certificate_is_the_one_it_was_made_with() {
        let pem = certificates::application("shop").unwrap();
        let certificate = Certificate::from_pem(&pem).unwrap();
        assert_eq!(
            certificate.public_key,
            certificates::application_key().unwrap()
        );
        assert!(certificate.is_named(Some(&certificate.sha256.clone()), Some("other")));
        assert!(certificate.is_named(None, Some(&format!("{}=", certificate.sha1))));
        assert!(!certificate.is_named(None, Some("other")));
        assert!(!certificate.is_named(None, None));
    }

    #[test]
    fn what_is_no_certificate_is_refused() {
        for text in [
            "",
            "-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----",
            "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----",
            "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----",
        ] {
            assert!(Certificate::from_pem(text).is_err(), "{text}");
        }
    }
}
