//! What was found as findings, with the lines they stand in.

use std::ops::Range;
use std::{collections::HashMap, fmt::Write as _};

use ring::digest::{SHA256, digest};

use super::{Found, Place, settings::Shown as SettingsFile};
use crate::{
    finding::{Confidence, Finding, Location},
    manifest::Source,
    report::{self, findings::Excerpt},
    scan::suppress::hex,
};

/// What stands for a file of settings that nobody has found.
const SETTINGS: &str = "settings";

/// Findings, ready to be written.
pub(crate) struct Checked {
    /// In the order of their places.
    pub(crate) findings: Vec<Finding>,
    shown: HashMap<String, Shown>,
}

/// The line that a finding stands in.
#[derive(Clone, Debug)]
pub(crate) struct Shown {
    excerpt: Option<Excerpt>,
}

impl Checked {
    /// Findings of a manifest, and of settings, whose paths are those from where the run began.
    pub(crate) fn new<'f>(
        found: &'f [Found],
        let_pass: impl Iterator<Item = &'f Found>,
        source: &Source,
        settings: &[SettingsFile<'_>],
    ) -> Self {
        let masked = hide(&source.text, found.iter().chain(let_pass));
        let lines = Places {
            source: Lines::of(&source.name, &source.text),
            settings: settings
                .iter()
                .map(|file| Lines::of(file.path, file.text))
                .collect(),
        };
        let mut shown: HashMap<String, Shown> = HashMap::new();
        let mut findings = Vec::with_capacity(found.len());
        for one in found {
            let mut finding = finding(one, &lines, settings);
            // The same twice in one file: each has a name of its own.
            let mut number = 1;
            while shown.contains_key(&finding.fingerprint) {
                finding.fingerprint = fingerprint(one, settings, number);
                number += 1;
            }
            let excerpt = match &one.place {
                Place::Manifest(span) => Some(Excerpt::plain(&masked, span)),
                Place::Settings { file, span } => settings
                    .get(*file)
                    .map(|file| Excerpt::plain(&file.masked, span)),
                Place::File { .. } => None,
            };
            shown.insert(finding.fingerprint.clone(), Shown { excerpt });
            findings.push(finding);
        }
        report::findings::sort(&mut findings);
        Self { findings, shown }
    }

    /// The line of a finding, where it is one that may be shown.
    pub(crate) fn excerpt(&self, finding: &Finding) -> Option<Excerpt> {
        self.shown.get(&finding.fingerprint)?.excerpt.clone()
    }
}

/// Makes the literals of every place that is a secret itself unreadable, also of those that are let pass; all places stay
/// where they are.
fn hide<'f>(source: &str, found: impl Iterator<Item = &'f Found>) -> String {
    let mut shown = report::masked(source).into_bytes();
    for one in found {
        let Place::Manifest(span) = &one.place else {
            continue;
        };
        let place = if one.hides {
            span.clone()
        } else if one.is_mistake && one.rule.id == UNKNOWN_KEY {
            value_behind(source, span.end)
        } else {
            continue;
        };
        let hidden = source.get(place.clone()).map(report::masked_value);
        if let (Some(hidden), Some(room)) = (hidden, shown.get_mut(place))
            && hidden.len() == room.len()
        {
            room.copy_from_slice(hidden.as_bytes());
        }
    }
    String::from_utf8(shown).unwrap_or_else(|_| report::masked(source))
}

/// A key that nobody knows may be a `PASSWORD` that is spelt wrong.
const UNKNOWN_KEY: &str = "GN013";

/// What stands behind a key, to the end of the line.
fn value_behind(source: &str, key: usize) -> Range<usize> {
    let rest = source.get(key..).unwrap_or_default();
    let line = rest.split('\n').next().unwrap_or_default();
    let start = line.find('=').map_or(line.len(), |at| at + 1);
    let blanks = line[start..].len() - line[start..].trim_start().len();
    key + start + blanks..key + line.len()
}

/// The texts that findings are in.
struct Places<'t> {
    source: Lines<'t>,
    settings: Vec<Lines<'t>>,
}

fn finding(one: &Found, places: &Places<'_>, settings: &[SettingsFile<'_>]) -> Finding {
    let line = |path: &str, line: usize| Location {
        path: path.into(),
        line,
        column: 1,
        end_line: line,
        end_column: 1,
    };
    let location = match &one.place {
        Place::Manifest(span) => places.source.place(span.start, span.end),
        Place::File { path, line: number } => line(path, *number),
        Place::Settings { file, span } => match places.settings.get(*file) {
            Some(lines) => lines.place(span.start, span.end),
            None => line(SETTINGS, 1),
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
        rule: one.id().to_owned(),
        key: Some(one.key.clone()),
        title: one.title().to_owned(),
        severity: one.severity,
        confidence: Confidence::High,
        location,
        masked: None,
        notes,
        remedy: Some(remedy),
        edit: one.fix.as_ref().map(|fix| fix.describe(&one.profiles)),
        is_edit_automatic: one.fix.as_ref().is_some_and(|fix| fix.is_safe),
        source: one.rule.sources.first().map(|&source| source.to_owned()),
        fingerprint: fingerprint(one, settings, 0),
        origin: None,
    }
}

/// The same for the same fault wherever its line moves to; `number` tells those apart that would be the same.
fn fingerprint(one: &Found, settings: &[SettingsFile<'_>], number: usize) -> String {
    // Ours, where there is one: Django's may come and go with what is looked at.
    let id = match one.rule.id {
        "" => one.id(),
        id => id,
    };
    let mut text = format!("{id}\0{}\0{}", one.key, one.profiles.join("\0"));
    match &one.place {
        Place::File { path, line } => {
            let _ = write!(text, "\0{path}\0{line}");
        }
        Place::Settings { file, .. } => {
            text.push('\0');
            text.push_str(settings.get(*file).map_or(SETTINGS, |file| file.path));
        }
        Place::Manifest(_) => {}
    }
    if number > 0 {
        let _ = write!(text, "\0{number}");
    }
    for note in &one.notes {
        text.push('\0');
        text.push_str(note);
    }
    let digest = digest(&SHA256, text.as_bytes());
    hex(&digest.as_ref()[..16])
}

/// Where the lines of a text begin, found once for all places in it.
struct Lines<'t> {
    path: &'t str,
    text: &'t str,
    starts: Vec<usize>,
}

impl<'t> Lines<'t> {
    fn of(path: &'t str, text: &'t str) -> Self {
        let breaks = text.match_indices('\n').map(|(at, _)| at + 1);
        Self {
            path,
            text,
            starts: std::iter::once(0).chain(breaks).collect(),
        }
    }

    fn place(&self, start: usize, end: usize) -> Location {
        let (line, column) = self.position(start);
        let (end_line, end_column) = self.position(end.max(start));
        Location {
            path: self.path.into(),
            line,
            column,
            end_line,
            end_column,
        }
    }

    /// Line and column, counting from 1 and in characters.
    fn position(&self, offset: usize) -> (usize, usize) {
        let offset = self.text.floor_char_boundary(offset);
        let line = self.starts.partition_point(|start| *start <= offset);
        let start = self.starts[line - 1];
        (line, self.text[start..offset].chars().count() + 1)
    }
}
