//! SARIF 2.1.0, the OASIS standard's format for what analysis finds
//! (<https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/sarif-v2.1.0-errata01-os-complete.html>), with what
//! GitHub's code scanning asks for beside it: a table of rules, relative paths, `partialFingerprints`.

use indexmap::IndexMap;
use serde_json::{Value, json};

use super::{Summary, escape, json::text, moment, page, sentence};
use crate::finding::{Finding, Location, Severity};

const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// The base that paths are relative to, by the name that GitHub's and Microsoft's tools use.
const BASE: &str = "%SRCROOT%";

pub(super) fn render(findings: &[Finding], summary: &Summary) -> String {
    // The surest finding of a rule speaks for the rule.
    let mut rules: IndexMap<&str, &Finding> = IndexMap::new();
    for finding in findings {
        let best = rules.entry(&finding.rule).or_insert(finding);
        if finding.confidence > best.confidence {
            *best = finding;
        }
    }
    let results: Vec<Value> = findings
        .iter()
        .map(|finding| result(finding, rules.get_index_of(finding.rule.as_str())))
        .collect();
    text(&json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "nuages",
                "version": env!("CARGO_PKG_VERSION"),
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "informationUri": env!("CARGO_PKG_REPOSITORY"),
                "rules": rules.values().map(|finding| rule(finding)).collect::<Vec<_>>(),
            } },
            "automationDetails": { "id": format!("nuages/{}/", summary.command) },
            "columnKind": "unicodeCodePoints",
            "invocations": [invocation(summary)],
            "results": results,
        }],
    }))
}

fn rule(finding: &Finding) -> Value {
    let mut rule = json!({
        "id": finding.rule,
        "shortDescription": { "text": finding.title },
        "defaultConfiguration": { "level": level(finding.severity) },
        "properties": { "tags": ["security"], "precision": finding.confidence.name() },
    });
    if let Some(remedy) = &finding.remedy {
        rule["help"] = json!({ "text": remedy });
    }
    if let Some(page) = page(finding) {
        rule["helpUri"] = page.into();
    }
    rule
}

fn result(finding: &Finding, index: Option<usize>) -> Value {
    let mut properties = json!({ "confidence": finding.confidence.name() });
    if let Some(origin) = &finding.origin {
        properties["commit"] = origin.commit.as_str().into();
        properties["author"] = origin.author.as_str().into();
        properties["time"] = moment::utc(origin.time).into();
    }
    if let Some(edit) = &finding.edit {
        properties["edit"] = edit.as_str().into();
        properties["automatic"] = finding.is_edit_automatic.into();
    }
    let mut result = json!({
        "ruleId": finding.rule,
        "level": level(finding.severity),
        "message": { "text": sentence(finding) },
        "locations": [location(finding)],
        "partialFingerprints": { "nuagesFinding/v1": finding.fingerprint },
        "properties": properties,
    });
    if let Some(index) = index {
        result["ruleIndex"] = index.into();
    }
    result
}

fn location(finding: &Finding) -> Value {
    let mut location = json!({ "physicalLocation": place(&finding.location) });
    if let Some(key) = &finding.key {
        location["logicalLocations"] = json!([{ "fullyQualifiedName": key }]);
    }
    location
}

fn place(location: &Location) -> Value {
    let mut artifact = json!({ "uri": escape::uri(location.path.as_ref()) });
    if !location.path.starts_with(b"/") {
        artifact["uriBaseId"] = BASE.into();
    }
    // Lines and columns count from 1, and the standard holds to it.
    json!({
        "artifactLocation": artifact,
        "region": {
            "startLine": location.line.max(1),
            "startColumn": location.column.max(1),
            "endLine": location.end_line.max(location.line).max(1),
            "endColumn": location.end_column.max(1),
        },
    })
}

fn invocation(summary: &Summary) -> Value {
    let began = moment::seconds(summary.started);
    let took = i64::try_from(summary.elapsed.as_secs()).unwrap_or_default();
    let unread = summary.troubles.iter().map(|trouble| {
        let place = escape::path(trouble.place.as_ref());
        json!({ "level": "error", "message": { "text": format!("{place}: {}", trouble.reason) } })
    });
    let notes = summary.notes.iter();
    let notes = notes.map(|note| json!({ "level": "note", "message": { "text": note } }));
    json!({
        "executionSuccessful": summary.troubles.is_empty(),
        "startTimeUtc": moment::utc(began),
        "endTimeUtc": moment::utc(began.saturating_add(took)),
        "toolExecutionNotifications": unread.chain(notes).collect::<Vec<_>>(),
    })
}

const fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Advice => "note",
    }
}
