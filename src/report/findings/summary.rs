//! What a run did, in a line for people; and what it could not do.

use std::fmt::Write as _;

use annotate_snippets::{Group, Level, Renderer};

use super::{Summary, escape};
use crate::finding::{Confidence, Finding, Severity};

/// `3 findings (2 high, 1 medium) in 2 files; looked at 6797 files, 70.1 MB, in 0.31 s; 4 suppressed`.
#[must_use]
pub fn summary_line(findings: &[Finding], summary: &Summary) -> String {
    let mut line = found(findings, summary);
    let seconds = summary.elapsed.as_secs_f64();
    if summary.is_check() {
        let _ = write!(line, "; in {seconds:.2} s");
    } else {
        let (files, bytes) = (count(summary.files, "file"), size(summary.bytes));
        let _ = write!(line, "; looked at {files}, {bytes}, in {seconds:.2} s");
    }
    if summary.suppressed > 0 {
        let _ = write!(line, "; {} suppressed", summary.suppressed);
    }
    if !summary.troubles.is_empty() {
        let _ = write!(line, "; {} could not be read", summary.troubles.len());
    }
    line
}

/// `3 findings (2 high, 1 medium) in 2 files`, or `no findings`; of a check, `(2 error, 1 warning)`.
pub(super) fn found(findings: &[Finding], summary: &Summary) -> String {
    if findings.is_empty() {
        return "no findings".to_owned();
    }
    let mut paths: Vec<_> = findings
        .iter()
        .map(|finding| &finding.location.path)
        .collect();
    paths.sort_unstable();
    paths.dedup();
    let numbers: Vec<(&str, usize)> = if summary.is_check() {
        let severities = Severity::ALL.iter().rev();
        let named = severities.map(|severity| (severity.name(), by_severity(findings, *severity)));
        named.collect()
    } else {
        let confidences = Confidence::ALL.iter().rev();
        let named = confidences.map(|confidence| (confidence.name(), by(findings, *confidence)));
        named.collect()
    };
    let parts: Vec<String> = numbers
        .into_iter()
        .filter(|(_, number)| *number > 0)
        .map(|(name, number)| format!("{number} {name}"))
        .collect();
    format!(
        "{} ({}) in {}",
        count(findings.len(), "finding"),
        parts.join(", "),
        count(paths.len(), "file")
    )
}

/// How many findings are as sure as that.
pub(super) fn by(findings: &[Finding], confidence: Confidence) -> usize {
    let same = |finding: &&Finding| finding.confidence == confidence;
    findings.iter().filter(same).count()
}

/// How many findings are as serious as that.
pub(super) fn by_severity(findings: &[Finding], severity: Severity) -> usize {
    let same = |finding: &&Finding| finding.severity == severity;
    findings.iter().filter(same).count()
}

/// One error a line for what could not be read, one note a line for what else is to be known; empty when there is neither.
#[must_use]
pub fn troubles(summary: &Summary, colour: bool) -> String {
    let renderer = if colour {
        Renderer::styled()
    } else {
        Renderer::plain()
    };
    let line = |level: Level<'_>, text: String| {
        renderer.render(&[Group::with_title(level.primary_title(text))]) + "\n"
    };
    let unread = summary.troubles.iter().map(|trouble| {
        let place = escape::path(trouble.place.as_ref());
        let reason = escape::visible(&trouble.reason);
        line(
            Level::ERROR,
            format!("`{place}` was not looked at: {reason}"),
        )
    });
    let notes = summary.notes.iter();
    let notes = notes.map(|note| line(Level::NOTE, escape::visible(note).into_owned()));
    unread.chain(notes).collect()
}

fn count<N: Into<Number>>(number: N, noun: &str) -> String {
    let Number(number) = number.into();
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}

/// Both of the integers that are counted with.
struct Number(u64);

impl From<u64> for Number {
    fn from(number: u64) -> Self {
        Self(number)
    }
}

impl From<usize> for Number {
    fn from(number: usize) -> Self {
        Self(u64::try_from(number).unwrap_or(u64::MAX))
    }
}

/// `70.1 MB`: powers of ten, as file managers have it.
fn size(bytes: u64) -> String {
    const UNITS: [(u64, &str); 3] = [(1_000_000_000, "GB"), (1_000_000, "MB"), (1_000, "kB")];
    for (unit, name) in UNITS {
        if bytes >= unit {
            return format!("{}.{} {name}", bytes / unit, bytes % unit * 10 / unit);
        }
    }
    format!("{bytes} B")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_cut_to_a_tenth() {
        let cases = [
            (0, "0 B"),
            (999, "999 B"),
            (1000, "1.0 kB"),
            (70_194_000, "70.1 MB"),
            (u64::MAX, "18446744073.7 GB"),
        ];
        for (bytes, text) in cases {
            assert_eq!(size(bytes), text);
        }
    }
}
