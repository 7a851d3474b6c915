//! Workflow commands of GitHub Actions
//! (<https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands>): the runner turns each into an
//! annotation at the line. It shows ten of a kind for a step, so that the tenth place goes to a count of the rest.

use std::fmt::Write as _;

use super::{
    Summary, advice,
    escape::{self, visible},
    sentence,
    summary::{found, summary_line},
};
use crate::finding::{Finding, Severity};

/// How many annotations of a kind GitHub shows for one step.
const SHOWN: usize = 10;

pub(super) fn render(findings: &[Finding], summary: &Summary) -> String {
    let mut out = String::new();
    for severity in [Severity::Error, Severity::Warning, Severity::Advice] {
        let kind = kind(severity);
        let these: Vec<&Finding> = findings
            .iter()
            .filter(|finding| finding.severity == severity)
            .collect();
        for (place, finding) in these.iter().enumerate() {
            if place == SHOWN - 1 && these.len() > SHOWN {
                let rest = these.len() - place;
                let message = format!(
                    "{rest} more are in the log of this step: {}",
                    found(findings, summary)
                );
                let _ = writeln!(out, "::{kind} title=nuages::{}", data(&message));
            }
            annotate(&mut out, kind, finding);
        }
    }
    for trouble in &summary.troubles {
        let path = property(&escape::path(trouble.place.as_ref()));
        let message = format!("was not looked at: {}", trouble.reason);
        let _ = writeln!(out, "::error file={path},title=nuages::{}", data(&message));
    }
    for note in &summary.notes {
        let _ = writeln!(out, "::notice title=nuages::{}", data(note));
    }
    // Plain text, for the log alone.
    let _ = writeln!(out, "nuages: {}", summary_line(findings, summary));
    out
}

fn annotate(out: &mut String, kind: &str, finding: &Finding) {
    let place = &finding.location;
    let path = property(&escape::path(place.path.as_ref()));
    let _ = write!(out, "::{kind} file={path},line={}", place.line);
    // Columns are for annotations within one line.
    if place.end_line == place.line {
        let _ = write!(out, ",col={},endColumn={}", place.column, place.end_column);
    } else {
        let _ = write!(out, ",endLine={}", place.end_line);
    }
    let mut message = sentence(finding);
    if let Some(advice) = advice(finding) {
        message.push('\n');
        message.push_str(&advice);
    }
    if let Some(origin) = &finding.origin {
        let _ = write!(message, "\ncommit {} by {}", origin.commit, origin.author);
    }
    let _ = writeln!(
        out,
        ",title={}::{}",
        property(&finding.rule),
        data(&message)
    );
}

const fn kind(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Advice => "notice",
    }
}

/// A message: the runner undoes these three.
fn data(text: &str) -> String {
    let lines: Vec<_> = text.split('\n').map(visible).collect();
    lines
        .join("\n")
        .replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

/// A property's value: two more, since they end it.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_ends_a_command_or_begins_another() {
        assert_eq!(data("50%\n::set-env x\u{1b}"), "50%25%0A::set-env x\\u{1b}");
        assert_eq!(property("a:b,c%\n"), "a%3Ab%2Cc%25%0A");
    }
}
