//! What was found as findings, with the lines they stand in.

use std::collections::HashMap;

use ring::digest::{SHA256, digest};

use super::{Found, Place};
use crate::{
    finding::{Confidence, Finding, Location},
    manifest::Source,
    report::{self, findings::Excerpt},
};

/// Findings, ready to be written.
pub(crate) struct Checked {
    /// In the order of their places.
    pub(crate) findings: Vec<Finding>,
    shown: HashMap<String, Shown>,
}

/// The line that a finding stands in.
#[derive(Clone, Debug)]
pub(crate) struct Shown {
    excerpt: Excerpt,
}

impl Checked {
    /// Findings of a manifest, whose path is `path` from where the run began.
    pub(crate) fn new(found: &[Found], source: &Source, path: &str) -> Self {
        let masked = hide(&report::masked(&source.text), found);
        let mut shown = HashMap::new();
        let mut findings = Vec::with_capacity(found.len());
        for one in found {
            let finding = finding(one, source, path);
            if let Place::Manifest(span) = &one.place {
                let excerpt = Excerpt::plain(&masked, span);
                shown.insert(finding.fingerprint.clone(), Shown { excerpt });
            }
            findings.push(finding);
        }
        report::findings::sort(&mut findings);
        Self { findings, shown }
    }

    /// The line of a finding, where it stands in the manifest.
    pub(crate) fn excerpt(&self, finding: &Finding) -> Option<Excerpt> {
        let shown = self.shown.get(&finding.fingerprint)?;
        Some(shown.excerpt.clone())
    }
}

/// Makes every place that is a secret itself unreadable; all places stay where they are.
fn hide(text: &str, found: &[Found]) -> String {
    let hidden: Vec<_> = found
        .iter()
        .filter(|one| one.hides)
        .filter_map(|one| match &one.place {
            Place::Manifest(span) => Some(span),
            Place::File { .. } => None,
        })
        .collect();
    let is_hidden = |at: usize| hidden.iter().any(|span| span.contains(&at));
    let mut shown = String::with_capacity(text.len());
    for (at, c) in text.char_indices() {
        if c.is_alphanumeric() && is_hidden(at) {
            shown.extend(std::iter::repeat_n('*', c.len_utf8()));
        } else {
            shown.push(c);
        }
    }
    shown
}

fn finding(one: &Found, source: &Source, path: &str) -> Finding {
    let location = match &one.place {
        Place::Manifest(span) => place(path, &source.text, span.start, span.end),
        Place::File { path, line } => Location {
            path: path.as_str().into(),
            line: *line,
            column: 1,
            end_line: *line,
            end_column: 1,
        },
    };
    let mut notes = one.notes.clone();
    if !one.profiles.is_empty() {
        let profiles: Vec<String> = one
            .profiles
            .iter()
            .map(|name| format!("`{name}`"))
            .collect();
        notes.push(format!("with profile {}", profiles.join(", ")));
    }
    let remedy = one
        .remedy
        .clone()
        .unwrap_or_else(|| one.rule.remedy.to_owned());
    Finding {
        rule: one.rule.id.to_owned(),
        key: Some(one.key.clone()),
        title: one.rule.title.to_owned(),
        severity: one.severity,
        confidence: Confidence::High,
        location,
        masked: None,
        notes,
        remedy: Some(remedy),
        edit: one.fix.as_ref().map(|fix| fix.describe(&one.profiles)),
        source: one.rule.sources.first().map(|&source| source.to_owned()),
        fingerprint: fingerprint(one),
        origin: None,
    }
}

/// The same for the same fault wherever its line moves to.
fn fingerprint(one: &Found) -> String {
    let mut text = format!("{}\0{}\0{}", one.rule.id, one.key, one.profiles.join("\0"));
    if let Place::File { path, line } = &one.place {
        text.push_str(&format!("\0{path}\0{line}"));
    }
    for note in &one.notes {
        text.push('\0');
        text.push_str(note);
    }
    let digest = digest(&SHA256, text.as_bytes());
    digest.as_ref()[..16]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

fn place(path: &str, text: &str, start: usize, end: usize) -> Location {
    let (line, column) = position(text, start);
    let (end_line, end_column) = position(text, end.max(start));
    Location {
        path: path.into(),
        line,
        column,
        end_line,
        end_column,
    }
}

/// Line and column, counting from 1 and in characters.
fn position(text: &str, offset: usize) -> (usize, usize) {
    let before = &text[..text.floor_char_boundary(offset)];
    let line = before.matches('\n').count() + 1;
    let start = before.rfind('\n').map_or(0, |at| at + 1);
    (line, before[start..].chars().count() + 1)
}
