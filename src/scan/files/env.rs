//! Env files, whose every value is configuration that was kept out of the source: what a generator made is worth a look
//! whatever its name says.

use super::{encoded::trimmed, lines::lines, report::Report};
use crate::{
    finding::Confidence,
    scan::{
        text::Role,
        words::{self, Look},
    },
};

/// Parts of names whose values are long and mean nothing: identifiers, versions, what is public.
const PUBLIC: &[&str] = &[
    "id",
    "url",
    "uri",
    "host",
    "sha",
    "commit",
    "hash",
    "version",
    "digest",
    "public",
    "publishable",
    "pub",
    "dsn",
    "name",
    "path",
    "arn",
    "bucket",
    "image",
    "tag",
    "build",
    "revision",
    "checksum",
    "endpoint",
    "domain",
    "client",
    "tenant",
    "measurement",
    "tracking",
    "zone",
    "project",
    "org",
    "account",
    "user",
    "region",
];

/// Names without a secret-bearing word; those with one are the pairs' business.
pub(super) fn scan(report: &mut Report<'_, '_>) {
    if !matches!(report.text.role, Role::Main | Role::Test) {
        return;
    }
    for (start, line) in lines(report.bytes()) {
        let Some(sign) = line.iter().take(128).position(|&byte| byte == b'=') else {
            continue;
        };
        let Ok(name) = std::str::from_utf8(&line[..sign]) else {
            continue;
        };
        let name = name.trim();
        let name = name.strip_prefix("export ").unwrap_or(name);
        let Some(span) = trimmed(line, sign + 1).filter(|span| (20..=512).contains(&span.len()))
        else {
            continue;
        };
        let Ok(said) = std::str::from_utf8(&line[span.clone()]) else {
            continue;
        };
        let is_name = !name.is_empty()
            && name
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.'));
        if !is_name
            || said.contains(' ')
            || words::bearing(name).is_some()
            || words::look(said) != Look::Random
        {
            continue;
        }
        let is_public = name.split(['_', '.']).any(|part| {
            PUBLIC
                .iter()
                .any(|public| part.eq_ignore_ascii_case(public))
        });
        let is_sure = !is_public && said.len() >= 32 && report.text.role == Role::Main;
        let confidence = if is_sure {
            Confidence::Medium
        } else {
            Confidence::Low
        };
        report.push(
            "env-file-value",
            start + span.start..start + span.end,
            confidence,
            "looks random, though its name says nothing",
        );
    }
}
