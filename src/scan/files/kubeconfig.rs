//! A kubeconfig: the private keys in it, which base64 hides.

use gix::bstr::ByteSlice as _;

use super::{
    encoded::{self, trimmed},
    report::Report,
};
use crate::scan::words::{self, Bearing};

/// `client-key-data` of a kubeconfig: a private key in base64.
pub(super) fn scan(report: &mut Report<'_, '_>) {
    const KEY: &[u8] = b"client-key-data";
    let bytes = report.bytes();
    for at in bytes.find_iter(KEY) {
        let from = at + KEY.len();
        let end = from
            + bytes[from..]
                .iter()
                .take(64 * 1024)
                .position(|&byte| byte == b'\n')
                .unwrap_or((bytes.len() - from).min(64 * 1024));
        let line = &bytes[from..end];
        let Some(colon) = line.find_byte(b':') else {
            continue;
        };
        let Some(span) = trimmed(line, colon + 1) else {
            continue;
        };
        if encoded::decoded(&line[span.clone()])
            .is_some_and(|said| said.contains_str("PRIVATE KEY-----"))
        {
            let sure = Bearing {
                rule: "kubeconfig-key",
                is_strong: true,
            };
            if let Some(confidence) = words::weigh(sure, words::Look::Random, report.text.role) {
                report.push(
                    "kubeconfig-key",
                    from + span.start..from + span.end,
                    confidence,
                    "decoded from base64: a private key",
                );
            }
        }
    }
}
