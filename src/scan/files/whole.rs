//! Files that are one secret: Rails' `master.key`, a password file of Ansible's vault, `secret_key.txt`, `db_password` in a
//! folder that containers mount.

use super::report::Report;
use crate::scan::words;

/// The longest such file, in bytes.
const LONGEST: usize = 4096;

/// Takes the only line of the file.
pub(super) fn line(report: &mut Report<'_, '_>) {
    let bytes = report.bytes();
    let said = bytes.trim_ascii();
    let is_line = !said.is_empty()
        && said.len() <= LONGEST
        && !said
            .iter()
            .any(|byte| byte.is_ascii_whitespace() || matches!(byte, 0..=31));
    if is_line {
        let start = bytes.len() - bytes.trim_ascii_start().len();
        report.add(
            "secret-file",
            start..start + said.len(),
            "all that the file holds",
        );
    }
}

/// Whether a file is named as a secret is and as nothing else: `secret_key.txt`, `.db_password`, `DJANGO_SECRET_KEY`.
pub(super) fn is_named(name: &[u8]) -> bool {
    let stem = name.strip_prefix(b".").unwrap_or(name);
    let (stem, end) = match stem.iter().rposition(|&byte| byte == b'.') {
        Some(at) => (&stem[..at], &stem[at + 1..]),
        None => (stem, &b""[..]),
    };
    let is_end = matches!(
        end,
        b"" | b"txt" | b"secret" | b"key" | b"password" | b"passwd"
    );
    // Cheap before the vocabulary is asked: this runs for every file.
    let may_be = is_end
        && stem.len() <= 64
        && ["pass", "secret", "token", "key", "pwd"]
            .iter()
            .any(|part| contains(stem, part));
    may_be
        && std::str::from_utf8(stem)
            .ok()
            .and_then(words::bearing)
            .is_some_and(|bearing| bearing.is_strong)
}

fn contains(name: &[u8], part: &str) -> bool {
    name.windows(part.len())
        .any(|window| window.eq_ignore_ascii_case(part.as_bytes()))
}
