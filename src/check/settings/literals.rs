//! Secrets that are written out in the files of settings: what a scan of the files says, and lets pass, holds here too.

use std::ops::Range;

use gix::bstr::{BStr, ByteSlice as _};

use super::{File, places::Places};
use crate::{
    check::{
        found::{Found, Out, Place},
        rules, subject,
    },
    finding::{Confidence, Severity},
    scan::{
        detect::Detector,
        session::{self, Caught},
        source::{Sink as _, Unit},
        suppress::Suppressions,
    },
};

/// What a scan of the files is to go by.
pub(crate) struct Session<'a> {
    pub(crate) detector: &'a Detector,
    pub(crate) suppressions: &'a Suppressions,
    /// Leaves out whole files.
    pub(crate) excludes: &'a (dyn Fn(&BStr) -> bool + Sync),
    /// The least certain finding that counts.
    pub(crate) floor: Confidence,
}

/// Secrets in the files, and how many are let pass. `mains` are the files that settings begin with.
pub(crate) fn literals(
    files: &[File],
    mains: &[usize],
    session: &Session<'_>,
) -> (Vec<Found>, usize) {
    let options = session::Options {
        // A password that a word is, in a database: its place says what it is.
        floor: Some(Confidence::Low),
        excludes: Some(session.excludes),
        ..session::Options::default()
    };
    let scanning = session::Session::new(session.detector, session.suppressions, options);
    for file in files {
        scanning.unit(&Unit {
            path: file.path.as_bytes().as_bstr(),
            bytes: file.text.as_bytes(),
            added: None,
            commit: None,
            blob: None,
            first_line: 0,
            first_column: 0,
        });
    }
    let places: Vec<Places> = mains.iter().map(|&main| Places::of(files, main)).collect();
    let mut found = Vec::new();
    let mut suppressed = 0;
    for caught in scanning.finish(|_| None).caught {
        let Some((file, span)) = place(files, &caught) else {
            continue;
        };
        let path = places.iter().find_map(|places| named(places, file, &span));
        let is_login = path.as_deref().is_some_and(is_login);
        if caught.finding.confidence < session.floor && !is_login {
            continue;
        }
        if caught.is_suppressed {
            suppressed += 1;
            continue;
        }
        add(
            &mut found,
            &files[file],
            &caught,
            (file, span),
            path.as_deref(),
            is_login,
        );
    }
    (found, suppressed)
}

fn add(
    found: &mut Vec<Found>,
    file: &File,
    caught: &Caught,
    (number, span): (usize, Range<usize>),
    path: Option<&[String]>,
    is_login: bool,
) {
    let Some(rule) = rules::find("GN001") else {
        return;
    };
    let key = match path {
        Some([first, rest @ ..]) if first == "DATABASES" => format!("databases.{}", rest.join(".")),
        Some(path) => format!("settings.{}", path.join(".")),
        None => "settings".to_owned(),
    };
    let mut out = Out::new(rule, found);
    let one = out.at(key, &span);
    one.place = Place::Settings { file: number, span };
    one.title = Some("a secret stands in the settings".to_owned());
    one.remedy(
        "`nuages scan --fix` puts a reference in its place; change the secret: it has been seen",
    );
    one.note(caught.finding.title.clone());
    one.notes.extend(caught.finding.notes.iter().cloned());
    let stem = file.path.rsplit('/').next().unwrap_or_default();
    let is_development = subject::is_development(stem.trim_end_matches(".py"));
    one.severity(match caught.finding.confidence {
        _ if is_development => Severity::Warning.min(caught.finding.severity),
        _ if is_login => Severity::Error,
        confidence => confidence.severity(),
    });
}

/// Where in which of the files a finding is. Lines and columns count from 1, columns in characters.
fn place(files: &[File], caught: &Caught) -> Option<(usize, Range<usize>)> {
    let location = &caught.finding.location;
    let file = files
        .iter()
        .position(|file| file.path.as_bytes() == location.path.as_bytes())?;
    let text = &**files[file].text;
    let at = |line: usize, column: usize| {
        let start: usize = text
            .split_inclusive('\n')
            .take(line - 1)
            .map(str::len)
            .sum();
        let line = &text[start..];
        let before: usize = line.chars().take(column - 1).map(char::len_utf8).sum();
        start + before
    };
    let start = at(location.line, location.column);
    Some((
        file,
        start..at(location.end_line, location.end_column).max(start),
    ))
}

/// The key that a literal is given to.
fn named(places: &Places, file: usize, span: &Range<usize>) -> Option<Vec<String>> {
    let written = places.in_file(file);
    let around = written
        .filter(|written| written.value.start <= span.start && span.end <= written.value.end);
    let innermost = around.max_by_key(|written| (written.path.len(), written.value.start))?;
    Some(innermost.path.clone())
}

/// Whether a key is a database's password or token, of which any literal is one.
fn is_login(path: &[String]) -> bool {
    let path: Vec<&str> = path.iter().map(String::as_str).collect();
    matches!(path[..], ["DATABASES", _, "PASSWORD" | "TOKEN"])
}

#[cfg(test)]
mod tests;
