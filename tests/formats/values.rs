//! Twenty thousand values in every format of variables, and what its readers see of them (`values.py`).

use std::fmt::Write as _;
use std::path::Path;

use nuages::render::{Document, Format, format};
use nuages::value::{Text, Value};
use serde_json::json;

use crate::documents::Random;
use crate::judge::{run, start};

const VALUES: usize = 20_000;
/// So many that a value which reaches beyond its line has neighbours to spoil, and few enough for a shell.
const VALUES_A_FILE: usize = 50;

/// The formats whose readers `values.py` has.
const FORMATS: &[&str] = &[
    "json",
    "yaml",
    "toml",
    "tfvars",
    "dotenv",
    "dotenv-django-environ",
    "dotenv-decouple",
    "node",
    "sh",
    "systemd",
    "docker",
    "compose",
    "portable",
];

#[test]
fn twenty_thousand_values_are_read_back_or_refused() {
    let mut random = Random::new(4);
    let values: Vec<String> = (0..VALUES).map(|_| random.value_text()).collect();
    let directory = tempfile::tempdir().unwrap();
    let mut cases = format!("{}\n", json!({ "values": values }));
    for name in FORMATS {
        write_cases(&mut cases, format(name).unwrap(), &values, directory.path());
    }
    let verdict = run("values.py", "values", &cases);
    for name in FORMATS {
        let count = |what: &str| verdict[name][what].as_u64().unwrap_or(0);
        let total = u64::try_from(VALUES).unwrap();
        assert_eq!(count("read") + count("refused"), total, "{name}: {verdict}");
        // Neither side of the judge may idle, and JSON, YAML and TOML hold any text.
        let least = if *name == "portable" { 50 } else { 4 };
        assert!(count("read") > total / least, "{name}: {verdict}");
        let holds_all = ["json", "yaml", "toml"].contains(name);
        assert_eq!(count("refused") == 0, holds_all, "{name}: {verdict}");
    }
}

/// What the judge needs to know of one format: its files with the numbers of the values, and the numbers of the refused.
fn write_cases(
    cases: &mut String,
    format: &'static dyn Format,
    values: &[String],
    directory: &Path,
) {
    let name = format.name();
    let document = |numbers: &[usize]| Document {
        env: numbers
            .iter()
            .enumerate()
            .map(|(place, number)| {
                let text = Text::secret(values[*number].as_str());
                (format!("V{place:02}"), Value::Text(text))
            })
            .collect(),
        ..Document::default()
    };
    let (held, refused): (Vec<usize>, Vec<usize>) =
        (0..values.len()).partition(|number| format.render(&document(&[*number])).is_ok());
    for (place, numbers) in held.chunks(VALUES_A_FILE).enumerate() {
        let file = directory.join(format!("{name}.{place}"));
        // What it holds alone, it holds beside others.
        std::fs::write(&file, format.render(&document(numbers)).unwrap()).unwrap();
        writeln!(
            cases,
            "{}",
            json!({ "format": name, "file": file, "numbers": numbers })
        )
        .unwrap();
    }
    writeln!(cases, "{}", json!({ "format": name, "refused": refused })).unwrap();
}

/// Files that hold something else than is said, and a refusal of what can be held.
#[test]
fn the_judge_of_values_notices_what_is_wrong() {
    let directory = tempfile::tempdir().unwrap();
    let mut cases = format!("{}\n", json!({ "values": ["right"] }));
    let document = Document {
        env: [("V00".to_owned(), Value::plain("left"))]
            .into_iter()
            .collect(),
        ..Document::default()
    };
    for name in FORMATS {
        let file = directory.path().join(name);
        std::fs::write(&file, format(name).unwrap().render(&document).unwrap()).unwrap();
        for case in [
            json!({ "format": name, "file": file, "numbers": [0] }),
            json!({ "format": name, "refused": [0] }),
        ] {
            writeln!(cases, "{case}").unwrap();
        }
    }
    let output = start("values.py", "wrong", &cases);
    let complaints = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{complaints}");
    for name in FORMATS {
        let says = |what: &str| {
            complaints
                .lines()
                .any(|line| line.starts_with(&format!("{name}: ")) && line.contains(what))
        };
        assert!(says("sees something else"), "{name}: {complaints}");
        // What the others refuse is judged by other means, or refused by design.
        let is_tried = !["json", "yaml", "toml", "sh", "portable"].contains(name);
        assert_eq!(says("refused, though"), is_tried, "{name}: {complaints}");
    }
}
