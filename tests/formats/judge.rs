//! Renders thousands of documents and lets `judge.py` read them back with the real readers.

use std::fmt::Write as _;
use std::path::Path;
use std::process::{Command, Output};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use nuages::render::{Document, Format, format};
use nuages::value::{Table, Text, Value};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::json;

use crate::documents::Random;
use crate::support;

const DOCUMENTS: usize = 1000;
const PASSWORDS: usize = 10_000;
const PASSWORDS_A_DOCUMENT: usize = 50;

/// The formats whose readers `judge.py` has. The other ones of variables differ in a line alone, which `values` tests.
const FORMATS: &[&str] = &[
    "databases-json",
    "json",
    "json-env",
    "yaml",
    "toml",
    "tfvars",
    "dotenv",
    "sh",
    "docker",
];

fn formats() -> impl Iterator<Item = &'static dyn Format> {
    FORMATS.iter().map(|name| format(name).unwrap())
}

#[test]
fn every_document_is_read_back_or_refused_by_every_format() {
    let mut random = Random::new(1);
    let mut cases = String::new();
    for _ in 0..DOCUMENTS {
        let document = random.document();
        writeln!(cases, "{}", case(&document)).unwrap();
    }
    let verdict = judge("documents", &cases);
    for format in formats() {
        let count = |what: &str| verdict[format.name()][what].as_u64().unwrap_or(0);
        let total = u64::try_from(DOCUMENTS).unwrap();
        assert_eq!(
            count("read") + count("refused"),
            total,
            "{}: {verdict}",
            format.name()
        );
        // Neither side of the judge may idle.
        assert!(count("read") > total / 4, "{}: {verdict}", format.name());
        let refuses = ["toml", "tfvars", "dotenv", "sh", "docker"].contains(&format.name());
        assert_eq!(
            count("refused") > total / 20,
            refuses,
            "{}: {verdict}",
            format.name()
        );
    }
}

#[test]
fn ten_thousand_passwords_arrive_unchanged() {
    let mut random = Random::new(2);
    let mut cases = String::new();
    for _ in 0..PASSWORDS / PASSWORDS_A_DOCUMENT {
        let passwords: Vec<String> = (0..PASSWORDS_A_DOCUMENT)
            .map(|_| random.password())
            .collect();
        let mut document = Document::default();
        for (place, password) in passwords.iter().enumerate() {
            let alias: Table = [("PASSWORD".to_owned(), Value::Text(Text::secret(password)))]
                .into_iter()
                .collect();
            document
                .databases
                .insert(format!("db{place}"), Value::Table(alias));
            let encoded = utf8_percent_encode(password, NON_ALPHANUMERIC);
            let url =
                format!("postgresql://app:{encoded}@db.internal:5432/shop?sslmode=verify-full");
            document.env.insert(
                format!("DATABASE_URL_{place}"),
                Value::Text(Text::secret(url)),
            );
        }
        let mut case = case(&document);
        case["passwords"] = json!(passwords);
        writeln!(cases, "{case}").unwrap();
    }
    let verdict = judge("passwords", &cases);
    assert_eq!(verdict["passwords"], json!(PASSWORDS), "{verdict}");
}

/// A document and what each format made of it, for the judge: the bytes, or the keys it refused.
fn case(document: &Document) -> serde_json::Value {
    let rendered: serde_json::Map<_, _> = formats()
        .map(|format| {
            let outcome = match format.render(document) {
                Ok(bytes) => json!({ "bytes": STANDARD.encode(&*bytes) }),
                Err(faults) => json!({ "refused": faults.into_iter().map(|fault| fault.key).collect::<Vec<_>>() }),
            };
            (format.name().to_owned(), outcome)
        })
        .collect();
    json!({
        "databases": plain_table(&document.databases),
        "env": plain_table(&document.env),
        "rendered": rendered,
    })
}

fn plain_table(table: &Table) -> serde_json::Value {
    table
        .iter()
        .map(|(key, value)| (key.to_owned(), plain(value)))
        .collect()
}

/// The same value in a JSON library that has nothing to do with the renderers.
fn plain(value: &Value) -> serde_json::Value {
    match value {
        Value::Null => json!(null),
        Value::Bool(value) => json!(value),
        Value::Integer(value) => json!(i64::try_from(*value).unwrap()),
        Value::Float(value) => json!(value),
        Value::Text(text) => json!(text.expose()),
        Value::Scalar(text) => serde_json::from_str(text.expose()).unwrap(),
        Value::List(items) => items.iter().map(plain).collect(),
        Value::Table(table) => plain_table(table),
    }
}

/// The judge's verdict on one case a line, once it has nothing to complain about.
fn judge(name: &str, cases: &str) -> serde_json::Value {
    run("judge.py", name, cases)
}

/// The verdict of a script, once it has nothing to complain about.
pub(crate) fn run(script: &str, name: &str, cases: &str) -> serde_json::Value {
    let output = start(script, name, cases);
    let complaints = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "the judge of the {name} ended with {}\n{complaints}",
        output.status
    );
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Runs a script on one case a line, whatever it says.
pub(crate) fn start(script: &str, name: &str, cases: &str) -> Output {
    let directory = tempfile::Builder::new().prefix(name).tempdir().unwrap();
    let file = directory.path().join("cases.jsonl");
    std::fs::write(&file, cases).unwrap();
    let script = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/formats")
        .join(script);
    // tomllib came with Python 3.11.
    Command::new(support::python::venv_with("formats", 11))
        // The checkout is no place for compiled Python.
        .arg("-B")
        .arg(script)
        .arg(&file)
        .output()
        .unwrap()
}

/// The bytes of another document under this one's values: the judge has to complain about every format.
#[test]
fn the_judge_notices_a_wrong_rendering() {
    let document = |password: &str| {
        let alias: Table = [("PASSWORD".to_owned(), Value::plain(password))]
            .into_iter()
            .collect();
        Document {
            databases: [("default".to_owned(), Value::Table(alias))]
                .into_iter()
                .collect(),
            env: [("KEY".to_owned(), Value::plain(password))]
                .into_iter()
                .collect(),
        }
    };
    for format in formats() {
        let name = format.name();
        let mut wrong = case(&document("right"));
        wrong["rendered"][name]["bytes"] =
            json!(STANDARD.encode(&*format.render(&document("left")).unwrap()));
        let output = start("judge.py", "wrong", &wrong.to_string());
        assert_eq!(output.status.code(), Some(1), "{name}");
        assert!(
            String::from_utf8_lossy(&output.stderr).contains(&format!("case 0: {name}: ")),
            "{name}"
        );
    }
}

/// A refusal where there was nothing to refuse, and bytes where there was.
#[test]
fn the_judge_notices_a_wrong_refusal() {
    let document = |text: &str| Document {
        env: [("KEY".to_owned(), Value::plain(text))]
            .into_iter()
            .collect(),
        ..Document::default()
    };
    for name in ["dotenv", "sh", "docker"] {
        let mut timid = case(&document("fine"));
        timid["rendered"][name] = json!({ "refused": ["env.KEY"] });
        let mut bold = case(&document("nul\0"));
        bold["rendered"][name] = json!({ "bytes": STANDARD.encode("KEY='nul'\n") });
        for wrong in [timid, bold] {
            let output = start("judge.py", "wrong", &wrong.to_string());
            assert_eq!(output.status.code(), Some(1), "{name}");
            assert!(
                String::from_utf8_lossy(&output.stderr)
                    .contains(&format!("case 0: {name}: refused")),
                "{name}"
            );
        }
    }
}
