//! What is written of findings, in every format: the whole output, against the public schemas, and never with a secret.

use std::{
    collections::BTreeMap,
    io::Write as _,
    ops::Range,
    process::{Command, Stdio},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use nuages::{
    finding::{Confidence, Finding, Location, Origin},
    report::findings::{
        Excerpt, Format, Hidden, SCHEMA, Secrets, Summary, mask, render, sort, summary_line,
        troubles,
    },
    scan::{detect::Match, source::Trouble, suppress::fingerprints, text::Text},
};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::support;

fn began() -> SystemTime {
    UNIX_EPOCH + Duration::from_hours(490_136)
}

fn summary() -> Summary {
    Summary {
        files: 6797,
        bytes: 70_194_000,
        elapsed: Duration::from_millis(310),
        suppressed: 4,
        ..Summary::new("scan", began())
    }
}

fn found(rule: &str, path: &[u8], line: usize, confidence: Confidence) -> Finding {
    Finding {
        rule: rule.to_owned(),
        title: "GitHub personal access token".to_owned(),
        severity: confidence.severity(),
        confidence,
        location: Location {
            path: path.into(),
            line,
            column: 10,
            end_line: line,
            end_column: 50,
        },
        masked: Some("ghp_…".to_owned()),
        notes: vec!["its checksum holds".to_owned()],
        edit: None,
        is_edit_automatic: false,
        key: None,
        remedy: Some("revoke it at https://github.com/settings/tokens".to_owned()),
        source: Some("https://docs.github.com/".to_owned()),
        fingerprint: "0f".repeat(32),
        origin: None,
    }
}

/// Findings with everything that a report may have to cope with.
fn odd() -> Vec<Finding> {
    let plain = found("github-pat", b"shop/settings.py", 12, Confidence::High);
    let mut old = found("github-pat", b"a b/%41,:\xff\n.py", 3, Confidence::Medium);
    old.location.end_line = 7;
    old.location.end_column = 1;
    old.origin = Some(Origin {
        commit: "0123456789abcdef0123456789abcdef01234567".to_owned(),
        author: "Ann \u{1b}[31mOther\u{202e}".to_owned(),
        email: "ann@shop.example".to_owned(),
        time: 1_700_000_000,
        summary: "add the password hunter2".to_owned(),
    });
    let mut bare = found("django-secret-key", b"/etc/shop.env", 1, Confidence::Low);
    bare.title = "long ".repeat(100);
    bare.masked = None;
    bare.notes = Vec::new();
    bare.remedy = None;
    bare.source = Some("the framework's own documentation".to_owned());
    let mut findings = vec![plain, old, bare];
    sort(&mut findings);
    findings
}

fn none(_: &Finding) -> Option<Excerpt> {
    None
}

fn document(format: Format, findings: &[Finding], summary: &Summary) -> Value {
    let text = render(format, findings, summary, &none, false);
    assert!(text.ends_with('\n'));
    assert!(!text.contains(['\u{1b}', '\u{202e}']), "{text}");
    serde_json::from_str(&text).expect("JSON")
}

fn troubled() -> Summary {
    Summary {
        troubles: vec![Trouble {
            place: b"a\n\xff".as_slice().into(),
            reason: "permission denied".to_owned(),
        }],
        notes: vec!["history is cut off: this clone is shallow".to_owned()],
        ..summary()
    }
}

#[test]
fn people_see_each_finding_beside_its_line() {
    let secret = "ghp_hunter2hunter2";
    let text = format!("import os\n\n\tTOKEN = \"{secret}\"  # of ann\n");
    let start = text.find(secret).unwrap();
    let span = start..start + secret.len();
    let secrets = Secrets::new(vec![Hidden {
        span: span.clone(),
        shown: 4,
    }]);
    let excerpt = Excerpt::new(text.as_bytes(), &span, &secrets);
    let mut finding = found("github-pat", b"shop/settings.py", 3, Confidence::High);
    finding.origin = odd().into_iter().find_map(|finding| finding.origin);
    let drawn = render(
        Format::Human,
        &[finding],
        &summary(),
        &|_| Some(excerpt.clone()),
        false,
    );
    shot("human", &drawn);
}

#[test]
fn people_see_the_masked_secret_where_the_line_is_not_at_hand() {
    let drawn = render(Format::Human, &odd(), &summary(), &none, false);
    shot("human-without-lines", &drawn);
}

#[test]
fn the_summary_counts_what_was_found_and_looked_at() {
    assert_eq!(
        summary_line(&odd(), &summary()),
        "3 findings (1 high, 1 medium, 1 low) in 3 files; looked at 6797 files, 70.1 MB, in 0.31 s; 4 suppressed"
    );
    assert_eq!(
        summary_line(&[], &troubled()),
        "no findings; looked at 6797 files, 70.1 MB, in 0.31 s; 4 suppressed; 1 could not be read"
    );
    assert_eq!(
        troubles(&troubled(), false),
        "error: `a\\n\\xff` was not looked at: permission denied\n\
         note: history is cut off: this clone is shallow\n"
    );
    assert_eq!(troubles(&summary(), false), "");
}

#[test]
fn documents_are_whole() {
    // Of a path that is no text, with a commit; and with something that could not be read.
    let findings = &odd()[1..2];
    for format in [Format::Json, Format::Sarif, Format::GitLab] {
        let written = render(format, findings, &troubled(), &none, false);
        let written = written.replace(env!("CARGO_PKG_VERSION"), "VERSION");
        shot(format.name(), &written);
    }
}

/// Compares with the file of that name, whichever test target this is a part of.
fn shot(name: &str, written: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_prepend_module_to_snapshot(false);
    settings.set_snapshot_path("snapshots");
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(format!("report-{name}"), written));
}

#[test]
fn github_gets_one_command_a_finding() {
    let drawn = render(Format::GitHub, &odd(), &troubled(), &none, false);
    shot("github", &drawn);
}

#[test]
fn github_is_told_how_many_it_does_not_show() {
    let many: Vec<Finding> = (1..=27)
        .map(|line| found("github-pat", b"a.py", line, Confidence::High))
        .collect();
    let drawn = render(Format::GitHub, &many, &summary(), &none, false);
    let lines: Vec<&str> = drawn.lines().collect();
    assert_eq!(lines.len(), 27 + 1 + 1);
    assert_eq!(
        lines[9],
        "::error title=nuages::18 more are in the log of this step: 27 findings (27 high) in 1 file"
    );
    let ten = render(Format::GitHub, &many[..10], &summary(), &none, false);
    assert!(!ten.contains("more are in the log"), "{ten}");
}

#[test]
fn gitlabs_ids_are_the_same_each_time_and_each_their_own() {
    let ids = |findings: &[Finding]| -> Vec<String> {
        let report = document(Format::GitLab, findings, &summary());
        let list = report["vulnerabilities"]
            .as_array()
            .expect("a list")
            .clone();
        list.iter()
            .map(|one| one["id"].as_str().expect("an id").to_owned())
            .collect()
    };
    let first = ids(&odd());
    assert_eq!(first, ids(&odd()));
    let distinct: std::collections::HashSet<_> = first.iter().collect();
    assert_eq!(distinct.len(), 3);
}

/// For each pair of schema and document, why the one refuses the other, or `None`.
fn refusals(tasks: &[(Value, Value)]) -> Vec<Option<String>> {
    let tasks: Vec<Value> = tasks
        .iter()
        .map(|(schema, document)| json!({ "schema": schema, "document": document }))
        .collect();
    let mut judge = Command::new(support::python::venv())
        .arg(support::checkout().join("tests/scan/schema_judge.py"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the judge starts");
    let mut stdin = judge.stdin.take().expect("a pipe");
    stdin
        .write_all(json!(tasks).to_string().as_bytes())
        .expect("the judge reads");
    drop(stdin);
    let output = judge.wait_with_output().expect("the judge ends");
    assert!(output.status.success(), "the judge failed");
    let verdicts: Vec<Value> = serde_json::from_slice(&output.stdout).expect("verdicts");
    verdicts
        .iter()
        .map(|verdict| verdict.as_str().map(str::to_owned))
        .collect()
}

fn schema(format: Format) -> Value {
    let read = |name: &str| {
        let path = support::checkout().join("tests/data/scan").join(name);
        std::fs::read_to_string(path).expect("a schema")
    };
    let text = match format {
        Format::Json => SCHEMA.to_owned(),
        Format::Sarif => read("sarif-schema-2.1.0.json"),
        Format::GitLab => read("gitlab-secret-detection-15.2.1.json"),
        Format::Human | Format::GitHub => unreachable!("no JSON"),
    };
    serde_json::from_str(&text).expect("a schema")
}

#[test]
fn documents_are_what_their_schemas_ask_for() {
    let mut tasks = Vec::new();
    for format in [Format::Json, Format::Sarif, Format::GitLab] {
        for summary in [summary(), troubled()] {
            for findings in [&odd()[..], &[]] {
                tasks.push((schema(format), document(format, findings, &summary)));
            }
        }
    }
    let refused: Vec<_> = refusals(&tasks).into_iter().flatten().collect();
    assert!(refused.is_empty(), "{refused:#?}");
}

/// GitLab's report of static analysis has a place without a commit, and another name; all else is as in the other.
fn static_analysis() -> Value {
    let mut schema = schema(Format::GitLab);
    for place in [
        "/properties/scan/properties/type/enum",
        "/properties/vulnerabilities/items/properties/category/enum",
    ] {
        *schema.pointer_mut(place).expect(place) = json!(["sast"]);
    }
    let location = "/properties/vulnerabilities/items/properties/location";
    let location = schema.pointer_mut(location).expect("a location");
    location["required"] = json!([]);
    let properties = location["properties"].as_object_mut();
    properties.expect("properties").remove("commit");
    schema
}

#[test]
fn documents_of_a_check_are_what_their_schemas_ask_for() {
    let summary = Summary {
        command: "check",
        ..summary()
    };
    let mut findings = odd();
    for finding in &mut findings {
        finding.rule = "PG004".to_owned();
        finding.key = Some("databases.default.OPTIONS.sslmode".to_owned());
        finding.edit = Some("databases.default.OPTIONS.sslmode = \"verify-full\"".to_owned());
    }
    let mut tasks = Vec::new();
    for findings in [&findings[..], &[]] {
        for format in [Format::Json, Format::Sarif] {
            tasks.push((schema(format), document(format, findings, &summary)));
        }
        let report = document(Format::GitLab, findings, &summary);
        tasks.push((static_analysis(), report.clone()));
        // The one is not the other.
        assert!(findings.is_empty() || refusals(&[(schema(Format::GitLab), report)])[0].is_some());
    }
    let refused: Vec<_> = refusals(&tasks).into_iter().flatten().collect();
    assert!(refused.is_empty(), "{refused:#?}");
}

/// Otherwise the test above would say nothing.
#[test]
fn the_schemas_refuse_what_is_wrong() {
    let mut tasks = Vec::new();
    let wrong = [
        (Format::Json, "/findings/0/confidence"),
        (Format::Json, "/findings/0/line"),
        (Format::Sarif, "/runs/0/results/0/level"),
        (
            Format::Sarif,
            "/runs/0/results/0/locations/0/physicalLocation/region/startLine",
        ),
        (Format::GitLab, "/vulnerabilities/0/severity"),
        (Format::GitLab, "/scan/start_time"),
    ];
    for (format, place) in wrong {
        let mut document = document(format, &odd(), &summary());
        *document.pointer_mut(place).expect(place) = json!("wrong");
        tasks.push((schema(format), document));
    }
    for (refusal, (_, place)) in refusals(&tasks).into_iter().zip(wrong) {
        assert!(refusal.is_some(), "{place}");
    }
}

/// A text with secrets, and everything that can be written of them.
fn everything(before: &str, secrets: &[String], after: &str) -> String {
    let mut text = String::new();
    let mut spans: Vec<Range<usize>> = Vec::new();
    for (place, secret) in secrets.iter().enumerate() {
        text.push_str(before);
        spans.push(text.len()..text.len() + secret.len());
        text.push_str(secret);
        text.push_str(after);
        if place % 2 == 1 {
            text.push('\n');
        }
    }
    let text = Text::new(b"shop/settings.py".as_slice().into(), text.as_bytes());
    let matches: Vec<Match> = spans
        .iter()
        .map(|span| Match {
            rule: "some-rule".into(),
            span: span.clone(),
            confidence: Confidence::High,
            notes: Vec::new(),
        })
        .collect();
    let hidden = Secrets::new(
        spans
            .iter()
            .map(|span| Hidden {
                span: span.clone(),
                shown: 4,
            })
            .collect(),
    );
    let mut excerpts = BTreeMap::new();
    let prints = fingerprints(&text, &matches);
    let findings: Vec<Finding> = spans
        .iter()
        .zip(prints)
        .map(|(span, fingerprint)| {
            let (line, column) = text.position(span.start);
            let (end_line, end_column) = text.position(span.end);
            let mut finding = found("some-rule", b"shop/settings.py", line, Confidence::High);
            finding.location = Location {
                column,
                end_line,
                end_column,
                ..finding.location
            };
            finding.masked = Some(mask(&text.bytes[span.clone()], 4));
            finding.fingerprint = fingerprint;
            excerpts.insert(
                finding.location.clone(),
                Excerpt::new(text.bytes, span, &hidden),
            );
            finding
        })
        .collect();
    let excerpt = |finding: &Finding| excerpts.get(&finding.location).cloned();
    let formats = Format::ALL.iter();
    let written = formats.map(|format| render(*format, &findings, &summary(), &excerpt, true));
    written.collect::<Vec<_>>().join("\n")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn no_secret_is_in_any_format(
        secrets in prop::collection::vec("[!-~é]{4}[!-~é ]{8,60}[!-~]", 1..6),
        before in "[a-z_\"' =:\t]{0,20}",
        after in "[\"' ,;#]{0,4}",
    ) {
        let written = everything(&before, &secrets, &after);
        for secret in &secrets {
            // What comes behind the prefix that may be shown; and the whole in what a report might hide it in.
            let hidden: Vec<char> = secret.chars().skip(4).collect();
            let piece: String = hidden[..8].iter().collect();
            let escaped = json!(secret).to_string();
            let forms = [
                piece,
                STANDARD.encode(secret),
                secret.bytes().flat_map(|byte| format!("{byte:02x}").into_bytes()).map(char::from).collect(),
                escaped.trim_matches('"').to_owned(),
            ];
            for form in forms {
                prop_assert!(!written.contains(&form), "{form:?} is in\n{written}");
            }
        }
    }
}

proptest! {
    #[test]
    fn any_line_can_be_shown(
        bytes in prop::collection::vec(prop_oneof![any::<u8>(), Just(b'\n'), Just(b'a'), Just(0xe2)], 0..600),
        places in prop::collection::vec((0_usize..700, 0_usize..90, 0_usize..9), 1..8),
    ) {
        let spans = places.iter().map(|(start, length, shown)| Hidden { span: *start..start + length, shown: *shown });
        let hidden: Vec<Hidden> = spans.collect();
        let secrets = Secrets::new(hidden.clone());
        for place in &hidden {
            let excerpt = Excerpt::new(&bytes, &place.span, &secrets);
            let is_empty = place.span.end.min(bytes.len()) <= place.span.start;
            prop_assert_eq!(excerpt.text.is_empty(), is_empty);
            let mark = excerpt.text.get(excerpt.mark.clone());
            prop_assert!(mark.is_some_and(|mark| is_empty || mark.ends_with('…')));
            prop_assert!(!excerpt.text.contains(|c: char| c.is_control()));
            let finding = found("some-rule", b"a.py", 1, Confidence::High);
            let drawn = render(Format::Human, &[finding], &summary(), &|_| Some(excerpt.clone()), false);
            prop_assert!(drawn.contains(" a.py:1:10\n"), "{drawn}");
        }
    }
}
