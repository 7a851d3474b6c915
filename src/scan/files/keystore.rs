//! Stores of keys, known by their names and their first bytes: PKCS #12, Java's, `KeePass`.

use super::report::Report;
use crate::{finding::Confidence, scan::text::Role};

/// What the stores begin with: a DER sequence, Java's number, `KeePass`'s signature.
const HEADS: &[&[u8]] = &[
    b"\x30\x82",
    b"\x30\x80",
    b"\xfe\xed\xfe\xed",
    b"\xce\xce\xce\xce",
    b"\x03\xd9\xa2\x9a",
];

/// The file itself is the finding: its span is empty.
pub(super) fn scan(report: &mut Report<'_, '_>) {
    if HEADS.iter().any(|head| report.bytes().starts_with(head)) {
        let confidence = if report.text.role == Role::Main {
            Confidence::Medium
        } else {
            Confidence::Low
        };
        report.push(
            "keystore-file",
            0..0,
            confidence,
            "a store of keys, as safe as its password",
        );
    }
}
