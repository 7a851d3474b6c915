//! Kubernetes Secrets in YAML and JSON, alone, in lists and in templates of Helm: `data` is base64 of a secret each,
//! `stringData` the secret itself. Read line by line, so that a template in between hides nothing. What is encrypted
//! (`encryptedData` of a `SealedSecret`) is none.

use std::ops::Range;

use gix::bstr::ByteSlice as _;

use super::{
    encoded::{self, trimmed},
    json::{end_of_string, skip},
    lines::lines,
    report::Report,
};
use crate::{
    finding::Confidence,
    scan::{
        text::{Kind, Role, Text},
        validate::{Validation, url},
        words::{self, Bearing},
    },
};

/// One value of a Secret.
struct Entry<'t> {
    key: &'t [u8],
    span: Range<usize>,
    form: Form,
}

/// How a value is written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    /// In `data`.
    Base64,
    /// In `stringData`.
    Plain,
    /// In `encryptedData`.
    Encrypted,
}

/// Takes the values of the Secrets.
pub(super) fn scan(report: &mut Report<'_, '_>) {
    for entry in entries(report.text) {
        let bearing = std::str::from_utf8(entry.key).ok().and_then(words::bearing);
        let is_strong = bearing.is_some_and(|bearing| bearing.is_strong);
        let bearing = Bearing {
            rule: "kubernetes-secret",
            is_strong,
        };
        let bytes = &report.bytes()[entry.span.clone()];
        match entry.form {
            Form::Encrypted => {}
            Form::Plain => {
                let said = String::from_utf8_lossy(bytes).into_owned();
                report.add_said(bearing, entry.span, &said, "");
            }
            Form::Base64 => {
                if let Some(said) = encoded::decoded(bytes) {
                    add_decoded(report, bearing, entry.span, &said);
                }
            }
        }
    }
}

fn add_decoded(report: &mut Report<'_, '_>, bearing: Bearing, span: Range<usize>, said: &[u8]) {
    const NOTE: &str = "decoded from base64";
    let sure = Bearing {
        is_strong: true,
        ..bearing
    };
    if said.contains_str("PRIVATE KEY-----") {
        let most = words::weigh(sure, words::Look::Random, report.text.role);
        if let Some(confidence) = most {
            report.push(
                bearing.rule,
                span,
                confidence,
                "decoded from base64: a private key",
            );
        }
    } else if let Some(login) = said.find(b"\"auth\"").and_then(|_| login(said)) {
        report.add_said(
            sure,
            span,
            &login,
            "decoded from base64: a registry's login",
        );
    } else if let Ok(said) = std::str::from_utf8(said) {
        if let Some(validation) = url::within(said.as_bytes()) {
            add_url(report, bearing, span.clone(), validation);
        }
        report.add_said(bearing, span, said.trim_end(), NOTE);
    } else if bearing.is_strong {
        // Bytes that are no text: a key as a generator makes it.
        let most = words::weigh(bearing, words::Look::Random, report.text.role);
        if let Some(confidence) = most {
            report.push(
                bearing.rule,
                span,
                confidence,
                "decoded from base64: bytes that are no text",
            );
        }
    }
}

/// A URL with its password, which no rule sees behind base64.
fn add_url(
    report: &mut Report<'_, '_>,
    bearing: Bearing,
    span: Range<usize>,
    validation: Validation,
) {
    let confidence = match validation {
        Validation::Valid(_) => Confidence::High,
        Validation::Unknown if report.text.role == Role::Main => Confidence::Medium,
        Validation::Unknown | Validation::Invalid(_) | Validation::Example(_) => Confidence::Low,
        Validation::NotSecret => return,
    };
    report.push(
        bearing.rule,
        span,
        confidence,
        "decoded from base64: a URL with its password",
    );
}

/// The password in a `.dockerconfigjson`.
fn login(said: &[u8]) -> Option<String> {
    let (_, span) = super::json::values(said, b"\"auth\"").next()?;
    let login = encoded::decoded(&said[span])?;
    encoded::password_of(&login).map(str::to_owned)
}

/// The places that are judged here, in order.
pub(super) fn covered(text: &Text<'_>) -> Vec<Range<usize>> {
    if !matches!(text.kind, Kind::Yaml | Kind::Json | Kind::Other) {
        return Vec::new();
    }
    let mut spans: Vec<_> = entries(text).into_iter().map(|entry| entry.span).collect();
    spans.sort_by_key(|span| span.start);
    spans
}

fn entries<'t>(text: &Text<'t>) -> Vec<Entry<'t>> {
    let bytes = text.bytes;
    if !bytes.contains_str("Secret") {
        return Vec::new();
    }
    match text.kind {
        Kind::Json => in_json(bytes),
        Kind::Yaml | Kind::Other => {
            let mut entries = in_yaml(bytes);
            if entries.is_empty() && bytes.trim_ascii_start().starts_with(b"{") {
                entries = in_json(bytes);
            }
            entries
        }
        _ => Vec::new(),
    }
}

/// One mapping that is being read: a document, or an item of a list.
struct Object<'t> {
    /// The column of its keys.
    column: usize,
    kind: Option<&'t [u8]>,
    entries: Vec<Entry<'t>>,
}

impl<'t> Object<'t> {
    const fn new(column: usize) -> Self {
        Self {
            column,
            kind: None,
            entries: Vec::new(),
        }
    }

    fn finish(self, all: &mut Vec<Entry<'t>>) {
        match self.kind {
            Some(b"Secret") => all.extend(
                self.entries
                    .into_iter()
                    .filter(|entry| entry.form != Form::Encrypted),
            ),
            Some(b"SealedSecret") => all.extend(
                self.entries
                    .into_iter()
                    .filter(|entry| entry.form == Form::Encrypted),
            ),
            _ => {}
        }
    }
}

/// Goes through the lines once, with one object at the top of a document and one an item of its list.
fn in_yaml(bytes: &[u8]) -> Vec<Entry<'_>> {
    let mut all = Vec::new();
    let mut object = Object::new(0);
    // Which section of the object a line is in, and the column of the section's keys once one was met.
    let mut section: Option<(Form, usize)> = None;
    for (start, line) in lines(bytes) {
        let indent = line.len() - line.trim_start_with(|byte| byte == ' ').len();
        let mut content = &line[indent..];
        if content.is_empty() || content.starts_with(b"#") || content.starts_with(b"{{") {
            continue;
        }
        if indent == 0 && content.starts_with(b"---") {
            std::mem::replace(&mut object, Object::new(0)).finish(&mut all);
            section = None;
            continue;
        }
        let mut column = indent;
        let is_item = content.starts_with(b"- ");
        if is_item {
            let rest = content[2..].trim_ascii_start();
            column += content.len() - rest.len();
            content = rest;
        }
        // An item of a list that holds objects begins one of its own.
        let begins =
            is_item && (content.starts_with(b"apiVersion:") || content.starts_with(b"kind:"));
        if begins || (column < object.column) {
            std::mem::replace(&mut object, Object::new(column)).finish(&mut all);
            section = None;
        }
        let Some(colon) = content.find(b":") else {
            continue;
        };
        let key = unquoted(&content[..colon]);
        let from = column + colon + 1;
        if column == object.column {
            section = None;
            match key {
                b"kind" => {
                    object.kind =
                        value(line, from).map(|span| &bytes[start + span.start..start + span.end]);
                }
                b"data" => section = Some((Form::Base64, usize::MAX)),
                b"stringData" => section = Some((Form::Plain, usize::MAX)),
                _ => {}
            }
        } else if key == b"encryptedData" {
            section = Some((Form::Encrypted, usize::MAX));
        } else if let Some((form, expected)) = &mut section {
            if *expected == usize::MAX {
                *expected = column;
            }
            if column != *expected {
                continue;
            }
            let form = *form;
            let span = value(line, from).map(|span| start + span.start..start + span.end);
            let span = span.or_else(|| block(bytes, start + line.len(), column));
            if let Some(span) = span {
                object.entries.push(Entry { key, span, form });
            }
        }
    }
    object.finish(&mut all);
    all
}

/// A value on its own line; `None` where a block follows or there is none.
fn value(line: &[u8], from: usize) -> Option<Range<usize>> {
    let comment = line[from.min(line.len())..]
        .find(b" #")
        .map_or(line.len(), |at| from + at);
    let mut span = trimmed(&line[..comment], from)?;
    // A tag says nothing but that the bytes are base64.
    for tag in [&b"!!binary "[..], b"!!str "] {
        if line[span.clone()].starts_with(tag) {
            span.start += tag.len();
        }
    }
    (!matches!(line[span.start], b'|' | b'>' | b'{' | b'*' | b'&')
        && !line[span.clone()].starts_with(b"{{"))
    .then_some(span)
}

/// The lines of a block below a key, as one span; 16 KB of them at most.
fn block(bytes: &[u8], from: usize, column: usize) -> Option<Range<usize>> {
    let window = &bytes[from..bytes.len().min(from + 16 * 1024)];
    let mut span: Option<Range<usize>> = None;
    for (at, line) in lines(window).skip(1) {
        let indent = line.len() - line.trim_start_with(|byte| byte == ' ').len();
        if line.is_empty() {
            continue;
        }
        if indent <= column {
            break;
        }
        let begin = span.map_or(from + at + indent, |span| span.start);
        span = Some(begin..from + at + line.len());
    }
    // Only the base64 of one thing is a value; a script or a settings file is read as a text.
    span.filter(|span| {
        bytes[span.clone()].iter().all(|byte| {
            byte.is_ascii_alphanumeric()
                || matches!(byte, b'+' | b'/' | b'=' | b'\n' | b'\r' | b' ')
        })
    })
}

fn unquoted(key: &[u8]) -> &[u8] {
    key.trim_ascii()
        .trim_with(|quote| quote == '"' || quote == '\'')
}

/// The string members of `"data"` and `"stringData"` near each `"kind": "Secret"`.
fn in_json(bytes: &[u8]) -> Vec<Entry<'_>> {
    let kinds: Vec<_> = super::json::values(bytes, b"\"kind\"")
        .filter(|(_, span)| &bytes[span.clone()] == b"Secret")
        .map(|(at, _)| at)
        .collect();
    if kinds.is_empty() {
        return Vec::new();
    }
    let mut entries = Vec::new();
    for (mark, form) in [
        (&b"\"data\""[..], Form::Base64),
        (b"\"stringData\"", Form::Plain),
    ] {
        for at in bytes.find_iter(mark) {
            let colon = skip(bytes, at + mark.len());
            let open = skip(bytes, colon + 1);
            if bytes.get(colon) == Some(&b':') && bytes.get(open) == Some(&b'{') {
                members(bytes, open + 1, form, &mut entries);
            }
        }
    }
    entries
}

/// `"key": "value", …` up to the closing brace.
fn members<'t>(bytes: &'t [u8], from: usize, form: Form, entries: &mut Vec<Entry<'t>>) {
    let mut at = from;
    loop {
        at = skip(bytes, at);
        if bytes.get(at) != Some(&b'"') {
            return;
        }
        let Some(key_end) = end_of_string(bytes, at + 1) else {
            return;
        };
        let key = &bytes[at + 1..key_end];
        let colon = skip(bytes, key_end + 1);
        let quote = skip(bytes, colon + 1);
        if bytes.get(colon) != Some(&b':') || bytes.get(quote) != Some(&b'"') {
            return;
        }
        let Some(end) = end_of_string(bytes, quote + 1) else {
            return;
        };
        entries.push(Entry {
            key,
            span: quote + 1..end,
            form,
        });
        at = skip(bytes, end + 1);
        if bytes.get(at) != Some(&b',') {
            return;
        }
        at += 1;
    }
}
