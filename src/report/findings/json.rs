//! The project's own format: one JSON document, whose shape is [`SCHEMA`]. Within a version keys are added, never changed
//! or dropped.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Map, Value, json};

use super::{
    Summary, escape, moment,
    summary::{by, by_severity},
};
use crate::finding::{Confidence, Finding, Origin, Severity};

/// The JSON Schema (2020-12) of the format.
pub const SCHEMA: &str = include_str!("findings.schema.json");

const VERSION: u32 = 1;

pub(super) fn render(findings: &[Finding], summary: &Summary) -> String {
    let list: Vec<Value> = findings.iter().map(finding).collect();
    let mut document = json!({
        "version": VERSION,
        "tool": { "name": "nuages", "version": env!("CARGO_PKG_VERSION"), "command": summary.command },
        "findings": list,
        "summary": summarise(findings, summary),
    });
    if !summary.servers.is_empty() {
        document["servers"] = summary.servers.clone().into();
    }
    text(&document)
}

fn finding(finding: &Finding) -> Value {
    let place = &finding.location;
    let mut value = json!({
        "rule": finding.rule,
        "key": finding.key,
        "title": finding.title,
        "severity": finding.severity.name(),
        "confidence": finding.confidence.name(),
        "path": place.path.to_string(),
        "line": place.line,
        "column": place.column,
        "end_line": place.end_line,
        "end_column": place.end_column,
        "masked": finding.masked,
        "notes": finding.notes,
        "remedy": finding.remedy,
        "edit": finding.edit,
        "automatic": finding.edit.as_ref().map(|_| finding.is_edit_automatic),
        "source": finding.source,
        "fingerprint": finding.fingerprint,
        "origin": finding.origin.as_ref().map(origin),
    });
    // A path that is no text cannot be told from its neighbours by what is shown of it.
    if let (Err(_), Some(map)) = (std::str::from_utf8(&place.path), value.as_object_mut()) {
        map.insert(
            "path_base64".to_owned(),
            STANDARD.encode(&place.path).into(),
        );
    }
    value
}

/// The commit's message is left out: it may well repeat what the commit leaks.
fn origin(origin: &Origin) -> Value {
    json!({
        "commit": origin.commit,
        "author": origin.author,
        "email": origin.email,
        "time": moment::utc(origin.time),
    })
}

fn summarise(findings: &[Finding], summary: &Summary) -> Value {
    let by: Map<String, Value> = Confidence::ALL
        .iter()
        .map(|confidence| {
            (
                confidence.name().to_owned(),
                by(findings, *confidence).into(),
            )
        })
        .collect();
    let by_severity: Map<String, Value> = Severity::ALL
        .iter()
        .map(|severity| {
            (
                severity.name().to_owned(),
                by_severity(findings, *severity).into(),
            )
        })
        .collect();
    let troubles: Vec<Value> = summary
        .troubles
        .iter()
        .map(|trouble| json!({ "place": trouble.place.to_string(), "reason": trouble.reason }))
        .collect();
    json!({
        "findings": findings.len(),
        "by_confidence": by,
        "by_severity": by_severity,
        "suppressed": summary.suppressed,
        "files": summary.files,
        "bytes": summary.bytes,
        "started": moment::utc(moment::seconds(summary.started)),
        "elapsed_seconds": summary.elapsed.as_secs_f64(),
        "complete": troubles.is_empty(),
        "troubles": troubles,
        "notes": summary.notes,
    })
}

/// A document as text, ending in a line break. What would act on a terminal is escaped, as JSON allows in every string.
pub(super) fn text(document: &Value) -> String {
    let plain = format!("{document:#}\n");
    let acts = |c: char| c != '\n' && escape::is_active(c);
    if !plain.contains(acts) {
        return plain;
    }
    let mut safe = String::with_capacity(plain.len() + 16);
    for c in plain.chars() {
        if acts(c) {
            let mut units = [0; 2];
            let units = c.encode_utf16(&mut units);
            safe.extend(units.iter().map(|unit| format!("\\u{unit:04x}")));
        } else {
            safe.push(c);
        }
    }
    safe
}
