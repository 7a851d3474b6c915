//! GitLab's report of secret detection, by version 15.2.1 of its schema
//! (<https://gitlab.com/gitlab-org/security-products/security-report-schemas>). `raw_source_code_extract`, which would
//! hold the secret, is never written.

use std::fmt::Write as _;

use ring::digest::{Context, SHA256};
use serde_json::{Value, json};

use super::{Summary, advice, cut, escape, json::text, moment, page, sentence};
use crate::finding::{Finding, Origin, Severity};

const VERSION: &str = "15.2.1";

/// What GitLab's own report has where nothing is committed yet.
const NO_COMMIT: &str = "0000000";

/// The longest texts that the schema takes, in characters.
const NAME: usize = 255;
const SOLUTION: usize = 7000;

pub(super) fn render(findings: &[Finding], summary: &Summary) -> String {
    let own = json!({
        "id": "nuages",
        "name": "nuages",
        "url": env!("CARGO_PKG_REPOSITORY"),
        "version": env!("CARGO_PKG_VERSION"),
        "vendor": { "name": "nuages" },
    });
    let began = moment::seconds(summary.started);
    let took = i64::try_from(summary.elapsed.as_secs()).unwrap_or_default();
    let unread = summary.troubles.iter().map(|trouble| {
        let place = escape::path(trouble.place.as_ref());
        json!({ "level": "fatal", "value": format!("{place} was not looked at: {}", trouble.reason) })
    });
    let notes = summary.notes.iter();
    let notes = notes.map(|note| json!({ "level": "info", "value": note }));
    text(&json!({
        "version": VERSION,
        "scan": {
            "analyzer": own,
            "scanner": own,
            "type": category(summary),
            "start_time": moment::plain(began),
            "end_time": moment::plain(began.saturating_add(took)),
            "status": if summary.troubles.is_empty() { "success" } else { "failure" },
            "messages": unread.chain(notes).collect::<Vec<_>>(),
        },
        "vulnerabilities": findings.iter().map(|finding| vulnerability(finding, category(summary))).collect::<Vec<_>>(),
    }))
}

fn vulnerability(finding: &Finding, category: &str) -> Value {
    let place = &finding.location;
    let mut identifier = json!({
        "type": "nuages_rule_id",
        "name": format!("nuages rule {}", finding.rule),
        "value": finding.rule,
    });
    let mut vulnerability = json!({
        "id": id(finding),
        "category": category,
        "name": cut(&finding.title, NAME),
        "description": sentence(finding),
        "severity": severity(finding.severity),
        "confidence": capitalised(finding.confidence.name()),
        "scanner": { "id": "nuages", "name": "nuages" },
        "location": {
            "file": escape::path(place.path.as_ref()),
            "start_line": place.line,
            "end_line": place.end_line,
        },
    });
    if category == LEAKS {
        vulnerability["location"]["commit"] = commit(finding.origin.as_ref());
    }
    if let Some(advice) = advice(finding) {
        vulnerability["solution"] = cut(&advice, SOLUTION).into();
    }
    if let Some(page) = page(finding) {
        identifier["url"] = page.into();
        vulnerability["links"] = json!([{ "url": page }]);
    }
    vulnerability["identifiers"] = json!([identifier]);
    vulnerability
}

/// GitLab's name for what leaks are, and for what else is found in files.
const LEAKS: &str = "secret_detection";

fn category(summary: &Summary) -> &'static str {
    if summary.is_check() { "sast" } else { LEAKS }
}

/// The commit's message is left out: it may well repeat what the commit leaks.
fn commit(origin: Option<&Origin>) -> Value {
    let Some(origin) = origin else {
        return json!({ "sha": NO_COMMIT });
    };
    json!({
        "sha": origin.commit,
        "author": origin.author,
        "date": moment::utc(origin.time),
    })
}

/// A UUID (version 8 of RFC 9562) made of the fingerprint, the place and the commit: the same in every report, and no
/// other finding's.
fn id(finding: &Finding) -> String {
    let mut context = Context::new(&SHA256);
    let place = &finding.location;
    let commit = finding.origin.as_ref().map(|origin| origin.commit.as_str());
    let parts: [&[u8]; 3] = [
        finding.fingerprint.as_bytes(),
        place.path.as_ref(),
        commit.unwrap_or_default().as_bytes(),
    ];
    for part in parts {
        context.update(part);
        context.update(b"\0");
    }
    let digest = context.finish();
    let mut uuid = String::with_capacity(36);
    for (place, byte) in digest.as_ref().iter().take(16).enumerate() {
        let byte = match place {
            6 => 0x80 | (byte & 0x0f),
            8 => 0x80 | (byte & 0x3f),
            _ => *byte,
        };
        if matches!(place, 4 | 6 | 8 | 10) {
            uuid.push('-');
        }
        let _ = write!(uuid, "{byte:02x}");
    }
    uuid
}

/// A leak that is certain is as bad as it gets; GitLab has no word for advice.
const fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "Critical",
        Severity::Warning => "Medium",
        Severity::Advice => "Low",
    }
}

/// `High`, as GitLab writes its words.
fn capitalised(word: &str) -> String {
    let mut letters = word.chars();
    let first = letters.next().map(|first| first.to_ascii_uppercase());
    first.into_iter().chain(letters).collect()
}
