//! JSON files of tools: Docker's logins, Google's credentials of a user, the sensitive outputs of Terraform's state.

use std::ops::Range;

use gix::bstr::ByteSlice as _;

use super::{encoded, report::Report};
use crate::scan::{text::Kind, words::Bearing};

/// What a keyword announced.
pub(super) fn scan(report: &mut Report<'_, '_>) {
    let bytes = report.bytes();
    if !matches!(
        report.text.kind,
        Kind::Json | Kind::Other | Kind::Yaml | Kind::Shell
    ) {
        return;
    }
    if bytes.contains_str(b"\"auths\"") {
        docker(report);
    }
    if bytes.contains_str(b"\"authorized_user\"") {
        for key in [&b"\"client_secret\""[..], b"\"refresh_token\""] {
            for (_, span) in values(bytes, key) {
                report.add("gcloud-user-credentials", span, "");
            }
        }
    }
}

/// `"auth": "base64 of user:password"`.
pub(super) fn docker(report: &mut Report<'_, '_>) {
    let bytes = report.bytes();
    for (_, span) in values(bytes, b"\"auth\"") {
        let Some(login) = encoded::decoded(&bytes[span.clone()]) else {
            continue;
        };
        if let Some(password) = encoded::password_of(&login) {
            report.add_said(
                Bearing {
                    rule: "docker-auth",
                    is_strong: true,
                },
                span,
                password,
                "decoded from base64",
            );
        }
    }
}

/// `"name": {"sensitive": true, "value": "…"}` of a state's outputs; other values stand beside their own names.
pub(super) fn terraform(report: &mut Report<'_, '_>) {
    let bytes = report.bytes();
    for at in bytes.find_iter(b"\"sensitive\": true") {
        let before = &bytes[at.saturating_sub(512)..at];
        let open = at - before.len()
            + before
                .iter()
                .rposition(|&byte| matches!(byte, b'{' | b'}'))
                .unwrap_or_default();
        let after = &bytes[at..bytes.len().min(at + 1024)];
        let close = at
            + after
                .iter()
                .position(|&byte| byte == b'}')
                .unwrap_or(after.len());
        for (_, span) in values(&bytes[open..close], b"\"value\"") {
            report.add(
                "terraform-state-value",
                open + span.start..open + span.end,
                "the state marks it as sensitive",
            );
        }
    }
}

/// Where a key stands, and the content of the string that is its value.
pub(super) fn values<'a>(
    bytes: &'a [u8],
    key: &'a [u8],
) -> impl Iterator<Item = (usize, Range<usize>)> + 'a {
    bytes.find_iter(key).filter_map(move |at| {
        let colon = skip(bytes, at + key.len());
        let quote = skip(bytes, colon + 1);
        if bytes.get(colon) != Some(&b':') || bytes.get(quote) != Some(&b'"') {
            return None;
        }
        Some((at, quote + 1..end_of_string(bytes, quote + 1)?))
    })
}

/// The closing quote of a string of at most 64 KB.
pub(super) fn end_of_string(bytes: &[u8], start: usize) -> Option<usize> {
    let mut at = start;
    while at < bytes.len().min(start + 64 * 1024) {
        match bytes[at] {
            b'"' => return Some(at),
            b'\\' => at += 1,
            _ => {}
        }
        at += 1;
    }
    None
}

/// After white space.
pub(super) fn skip(bytes: &[u8], at: usize) -> usize {
    at + bytes
        .get(at..)
        .unwrap_or_default()
        .iter()
        .take(256)
        .take_while(|byte| byte.is_ascii_whitespace())
        .count()
}
