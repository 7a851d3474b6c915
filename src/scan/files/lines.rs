//! Formats of lines in which the place of a field says that it is a secret.

use std::ops::Range;

use gix::bstr::ByteSlice as _;

use super::{
    encoded::{self, trimmed},
    report::Report,
};
use crate::{
    finding::Confidence,
    scan::{
        text::{Kind, Role},
        words::Bearing,
    },
};

/// Each line with where it begins, without its end.
pub(super) fn lines(bytes: &[u8]) -> impl Iterator<Item = (usize, &[u8])> {
    bytes
        .split_inclusive(|&byte| byte == b'\n')
        .scan(0, |next, line| {
            let start = *next;
            *next += line.len();
            Some((start, line.trim_ascii_end()))
        })
}

/// `machine host login name password value`, on one line or many.
pub(super) fn netrc(report: &mut Report<'_, '_>) {
    let bytes = report.bytes();
    let mut is_password = false;
    for (start, line) in lines(bytes) {
        if line.trim_ascii_start().starts_with(b"#") {
            continue;
        }
        let mut at = 0;
        while at < line.len() {
            at += count(&line[at..], u8::is_ascii_whitespace);
            let end = at + count(&line[at..], |byte| !byte.is_ascii_whitespace());
            let word = &line[at..end];
            if is_password && !word.is_empty() {
                let span = trimmed(&line[..end], at).unwrap_or(at..end);
                report.add("netrc-password", start + span.start..start + span.end, "");
                is_password = false;
            } else {
                is_password |= word == b"password" || word == b"passwd";
            }
            at = end;
        }
    }
}

/// How many bytes at the start `is_in` holds for.
fn count(bytes: &[u8], is_in: impl Fn(&u8) -> bool) -> usize {
    bytes.iter().take_while(|byte| is_in(byte)).count()
}

/// `host:port:database:user:password`, with `\:` and `\\` within fields.
pub(super) fn pgpass(report: &mut Report<'_, '_>) {
    for (start, line) in lines(report.bytes()) {
        if line.starts_with(b"#") {
            continue;
        }
        let mut colons = 0;
        let mut at = 0;
        while at < line.len() && colons < 4 {
            match line[at] {
                b'\\' => at += 1,
                b':' => colons += 1,
                _ => {}
            }
            at += 1;
        }
        if colons == 4 && at < line.len() {
            report.add("pgpass-password", start + at..start + line.len(), "");
        }
    }
}

/// `https://user:password@host`.
pub(super) fn git_credentials(report: &mut Report<'_, '_>) {
    for (start, line) in lines(report.bytes()) {
        let Some(scheme) = line.find(b"://") else {
            continue;
        };
        let login = scheme + 3;
        let Some(host) = line[login..].rfind_byte(b'@').map(|at| login + at) else {
            continue;
        };
        if let Some(colon) = line[login..host]
            .find_byte(b':')
            .map(|at| login + at)
            .filter(|&colon| colon + 1 < host)
        {
            report.add("git-credentials", start + colon + 1..start + host, "");
        }
    }
}

/// `user:hash`, as htpasswd and shadow have it, and the three fields of htdigest.
pub(super) fn hashes(report: &mut Report<'_, '_>) {
    for (start, line) in lines(report.bytes()) {
        if line.starts_with(b"#") {
            continue;
        }
        let Some(colon) = line.find_byte(b':') else {
            continue;
        };
        let rest = &line[colon + 1..];
        let digest = rest.rsplit(|&byte| byte == b':').next().unwrap_or_default();
        let field = rest.split(|&byte| byte == b':').next().unwrap_or_default();
        let span = if is_hash(field) {
            colon + 1..colon + 1 + field.len()
        } else if digest.len() == 32 && digest.iter().all(u8::is_ascii_hexdigit) {
            line.len() - 32..line.len()
        } else {
            continue;
        };
        let confidence = if report.text.role == Role::Main {
            Confidence::Medium
        } else {
            Confidence::Low
        };
        report.push(
            "password-hash-file",
            start + span.start..start + span.end,
            confidence,
            "a hash, which can be tried against word lists",
        );
    }
}

/// What `crypt` makes: `$apr1$…`, `$2y$…`, `{SHA}…`, thirteen characters of DES.
fn is_hash(field: &[u8]) -> bool {
    let is_crypt = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'/');
    (field.len() > 20 && field.starts_with(b"$"))
        || field.starts_with(b"{SHA}")
        || field.starts_with(b"{SSHA}")
        || (field.len() == 13 && field.iter().all(is_crypt))
}

/// `_authToken`, `_auth` (base64 of a login) and `_password` (base64) of npm.
pub(super) fn npmrc(report: &mut Report<'_, '_>) {
    for (start, line) in lines(report.bytes()) {
        let Some(sign) = line.find_byte(b'=') else {
            continue;
        };
        let key = line[..sign].trim_ascii();
        let key = key.rsplit(|&byte| byte == b':').next().unwrap_or_default();
        let Some(span) = trimmed(line, sign + 1) else {
            continue;
        };
        let place = start + span.start..start + span.end;
        let bearing = Bearing {
            rule: "npmrc-credential",
            is_strong: true,
        };
        match key {
            b"_authToken" | b"_authtoken" => report.add("npmrc-credential", place, ""),
            b"_auth" => {
                if let Some(login) = encoded::decoded(&line[span.clone()]) {
                    report.add_said(
                        bearing,
                        place,
                        encoded::password_of(&login).unwrap_or_default(),
                        "decoded from base64",
                    );
                }
            }
            b"_password" => {
                let said = encoded::decoded(&line[span.clone()])
                    .and_then(|said| String::from_utf8(said).ok());
                match said {
                    Some(said) => report.add_said(bearing, place, &said, "decoded from base64"),
                    None => report.add("npmrc-credential", place, ""),
                }
            }
            _ => {}
        }
    }
}

/// The keys and salts of `WordPress`: phrases of 64 signs, which no name and no look gives away.
pub(super) fn wordpress(report: &mut Report<'_, '_>) {
    let bytes = report.bytes();
    for (start, line) in lines(bytes) {
        let Some(call) = line.find(b"define(") else {
            continue;
        };
        let is_key = [&b"_KEY'"[..], b"_SALT'", b"_KEY\"", b"_SALT\""]
            .iter()
            .any(|end| line.contains_str(end));
        let Some(comma) = line[call..].find_byte(b',').map(|at| call + at) else {
            continue;
        };
        let Some(first) = line[comma..]
            .iter()
            .position(|byte| matches!(byte, b'"' | b'\''))
            .map(|at| comma + at)
        else {
            continue;
        };
        let Some(last) = line[first + 1..]
            .rfind_byte(line[first])
            .map(|at| first + 1 + at)
        else {
            continue;
        };
        let span = start + first + 1..start + last;
        if is_key && span.len() >= 40 {
            report.push("wordpress-key", span, Confidence::High, "");
        }
    }
}

/// The login in `<auth-user-pass>` of `OpenVPN`: the second line.
pub(super) fn openvpn(report: &mut Report<'_, '_>) {
    let bytes = report.bytes();
    let mark = b"<auth-user-pass>";
    if let Some(at) = bytes.find(mark) {
        let from = at + mark.len();
        let second = lines(&bytes[from..])
            .map(|(start, line)| (from + start, line))
            .filter(|(_, line)| !line.is_empty())
            .nth(1);
        if let Some((start, line)) = second.filter(|(_, line)| !line.starts_with(b"<")) {
            report.add("openvpn-password", start..start + line.len(), "");
        }
    }
}

/// `IDENTIFIED BY 'password'` of SQL, also `IDENTIFIED WITH … BY`.
pub(super) fn sql(report: &mut Report<'_, '_>) {
    let bytes = report.bytes();
    for at in bytes
        .find_iter(b"DENTIFIED")
        .chain(bytes.find_iter(b"dentified"))
    {
        let from = at + 9;
        let window = &bytes[from..bytes.len().min(from + 64)];
        let Some(by) = window
            .windows(4)
            .position(|word| word.eq_ignore_ascii_case(b" by "))
        else {
            continue;
        };
        if let Some(span) = sql_literal(bytes, from + by + 4) {
            report.add("sql-password", span, "");
        }
    }
}

fn sql_literal(bytes: &[u8], from: usize) -> Option<Range<usize>> {
    let rest = &bytes[from..];
    let skipped = rest
        .iter()
        .take(16)
        .take_while(|&&byte| byte == b' ')
        .count();
    let rest = &rest[skipped..];
    let rest = rest
        .strip_prefix(b"PASSWORD ")
        .or_else(|| rest.strip_prefix(b"VALUES "))
        .unwrap_or(rest);
    let quote = *rest.first().filter(|byte| matches!(byte, b'\'' | b'"'))?;
    let length = rest[1..]
        .iter()
        .take(512)
        .position(|&byte| byte == quote || byte == b'\n')?;
    let start = bytes.len() - rest.len() + 1;
    (length > 0 && rest[1 + length] == quote).then_some(start..start + length)
}

/// `requirepass value` and `masterauth value` of Redis, in its file and on its command line.
pub(super) fn redis(report: &mut Report<'_, '_>) {
    let bytes = report.bytes();
    if matches!(report.text.kind, Kind::Code | Kind::Python | Kind::Data) {
        return;
    }
    for word in [&b"requirepass"[..], b"masterauth"] {
        for at in bytes.find_iter(word) {
            let from = at + word.len();
            let rest = &bytes[from..bytes.len().min(from + 512)];
            let line = &rest[..rest.find_byte(b'\n').unwrap_or(rest.len())];
            let gap = line
                .iter()
                .take_while(|byte| matches!(byte, b' ' | b'\t' | b'"' | b'\'' | b',' | b'='))
                .count();
            let value = &line[gap..];
            let length = value
                .iter()
                .take_while(|byte| {
                    !byte.is_ascii_whitespace() && !matches!(byte, b'"' | b'\'' | b',' | b']')
                })
                .count();
            // A sentence about the setting goes on after the first word.
            let is_alone = value[length..]
                .trim_ascii()
                .first()
                .is_none_or(|&byte| !byte.is_ascii_alphabetic());
            if gap > 0 && length > 0 && is_alone {
                report.add("redis-password", from + gap..from + gap + length, "");
            }
        }
    }
}
