//! Values behind base64, and the ends of values in lines.

use std::{borrow::Cow, ops::Range};

use base64::{
    Engine as _,
    alphabet::STANDARD,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use gix::bstr::ByteSlice as _;

use super::report::Report;

const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// The longest value that is decoded, in bytes.
const LONGEST: usize = 64 * 1024;

/// What base64 stands for, white space in it aside.
pub(super) fn decoded(text: &[u8]) -> Option<Vec<u8>> {
    if text.is_empty() || text.len() > LONGEST {
        return None;
    }
    let text: Cow<'_, [u8]> = if text.iter().any(u8::is_ascii_whitespace) {
        Cow::Owned(
            text.iter()
                .copied()
                .filter(|byte| !byte.is_ascii_whitespace())
                .collect(),
        )
    } else {
        Cow::Borrowed(text)
    };
    LENIENT.decode(text).ok().filter(|bytes| !bytes.is_empty())
}

/// The password of a decoded `user:password`.
pub(super) fn password_of(login: &[u8]) -> Option<&str> {
    let login = std::str::from_utf8(login).ok()?;
    let (user, password) = login.trim_end().split_once(':')?;
    (!user.is_empty()
        && !password.is_empty()
        && login
            .chars()
            .all(|letter| !letter.is_control() || letter == '\n'))
    .then_some(password)
}

/// The value from an offset of a line: without blanks around it, and without quotes around that.
pub(super) fn trimmed(line: &[u8], from: usize) -> Option<Range<usize>> {
    let rest = line.get(from..)?;
    let mut start = from + (rest.len() - rest.trim_ascii_start().len());
    let mut end = from + rest.trim_ascii_end().len();
    if end >= start + 2 && matches!(line[start], b'"' | b'\'') && line[end - 1] == line[start] {
        start += 1;
        end -= 1;
    }
    (start < end && end - start <= LONGEST).then_some(start..end)
}

/// `<Pass encoding="base64">…</Pass>` of `FileZilla`.
pub(super) fn filezilla(report: &mut Report<'_, '_>) {
    let bytes = report.bytes();
    for open in bytes.find_iter(b"<Pass") {
        let Some(start) = bytes[open..]
            .iter()
            .take(64)
            .position(|&byte| byte == b'>')
            .map(|at| open + at + 1)
        else {
            continue;
        };
        let Some(length) = bytes[start..]
            .iter()
            .take(1024)
            .position(|&byte| byte == b'<')
        else {
            continue;
        };
        let span = start..start + length;
        let is_base64 = bytes[open..start].contains_str("base64");
        let said = if is_base64 {
            decoded(&bytes[span.clone()])
        } else {
            Some(bytes[span.clone()].to_vec())
        };
        let bearing = crate::scan::words::Bearing {
            rule: "filezilla-password",
            is_strong: true,
        };
        if let Some(said) = said {
            report.add_said(
                bearing,
                span,
                &String::from_utf8_lossy(&said),
                if is_base64 { "decoded from base64" } else { "" },
            );
        }
    }
}
