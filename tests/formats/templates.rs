//! Twenty thousand values in a file of every type that templates write, and what its reader sees of them (`templates.py`).

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use nuages::manifest::Manifest;
use nuages::plan::{Plan, Selection};
use nuages::registry::Registry;
use nuages::render::Document;
use nuages::resolve::Resolved;
use nuages::templating::{FileType, TYPES, TemplateFile};
use nuages::value::{Text, Value};
use serde_json::json;

use crate::documents::Random;
use crate::judge::{run, start};

const VALUES: usize = 20_000;

/// Places for a value, each with something behind it that must stay what it is.
const PLACES: &[(&str, &[&str])] = &[
    (
        "json",
        &[
            "{\"a\": \"{{ env.V }}\", \"b\": \"c\"}",
            "{\"a\": {{ env.V }}, \"b\": \"c\"}",
            "{\"a\": {{ env.V | json }}, \"b\": \"c\"}",
        ],
    ),
    (
        "yaml",
        &[
            "a: \"{{ env.V }}\"\nb: c\n",
            "a: {{ env.V }} # x\nb: c\n",
            "a: '{{ env.V }}'\nb: c\n",
            "{a: {{ env.V }}, b: c}\n",
        ],
    ),
    (
        "toml",
        &[
            "a = \"{{ env.V }}\"\nb = \"c\"\n",
            "a = {{ env.V }} # x\nb = \"c\"\n",
            "a = '{{ env.V }}'\nb = \"c\"\n",
        ],
    ),
    (
        "sh",
        &[
            "a=\"{{ env.V }}\"\nb=c\n",
            "a={{ env.V }}\nb=c\n",
            "a='{{ env.V }}'\nb=c\n",
        ],
    ),
    (
        "nginx",
        &[
            "a \"{{ env.V }}\";\nb c;\n",
            "a {{ env.V }};\nb c;\n",
            "a '{{ env.V }}';\nb c;\n",
        ],
    ),
    (
        "userlist",
        &[
            "\"a\" \"{{ env.V }}\"\n\"b\" \"c\"\n",
            "\"a\" {{ env.V }}\n\"b\" \"c\"\n",
        ],
    ),
    (
        "pgbouncer",
        &[
            "[databases]\na = host=h password='{{ env.V }}'\n[pgbouncer]\nb = c\n",
            "[databases]\na = host=h password={{ env.V }} port=1\n[pgbouncer]\nb = c\n",
            "[pgbouncer]\na = {{ env.V }}\nb = c\n",
        ],
    ),
    (
        "odbc",
        &[
            "[s]\na = {{ env.V }}\nb = c\n",
            "[s]\na = PWD={{ env.V | odbc }};\nb = c\n",
        ],
    ),
    (
        "supervisor",
        &[
            "[program:x]\nenvironment=A=\"{{ env.V }}\",B=\"c\"\n",
            "[program:x]\nenvironment=A={{ env.V }},\n  B=\"c\"\n",
            "[inet_http_server]\npassword = {{ env.V }}\nb = c\n",
        ],
    ),
    (
        "configparser",
        &[
            "[s]\na = {{ env.V }}\nb = c\n",
            "[s]\na: {{ env.V }}\nb = c\n",
        ],
    ),
];

struct Bench {
    plan: Plan,
    file_type: &'static FileType,
    template: TemplateFile,
}

impl Bench {
    fn new(file_type: &str, text: &str) -> Self {
        let registry = Registry::builtin();
        let manifest = Manifest::read("nuages.toml", "[env]\nV = \"${env://V}\"\n", &registry);
        let template = TemplateFile::read("t", text).unwrap();
        Self {
            plan: template
                .plan(&manifest, &Selection::default(), &registry)
                .unwrap(),
            file_type: FileType::named(file_type).unwrap(),
            template,
        }
    }

    fn write(&self, value: &str) -> Option<String> {
        let resolved = Resolved {
            document: Document {
                env: [("V".to_owned(), Value::Text(Text::secret(value)))]
                    .into_iter()
                    .collect(),
                ..Document::default()
            },
            files: Vec::new(),
            single: None,
            asked: Vec::new(),
            origins: Vec::new(),
        };
        let written = self
            .template
            .render(&self.plan, &resolved, self.file_type, false);
        match written {
            Ok(bytes) => Some(STANDARD.encode(&*bytes)),
            Err(error) => {
                let shown = format!("{error:?}");
                assert!(value.len() < 9 || !shown.contains(value), "{shown}");
                None
            }
        }
    }
}

#[test]
fn twenty_thousand_values_are_read_back_or_refused_in_templates() {
    let mut random = Random::new(7);
    let values: Vec<String> = (0..VALUES).map(|_| random.value_text()).collect();
    let mut cases = String::new();
    for (file_type, places) in PLACES {
        for (place, text) in places.iter().enumerate() {
            let bench = Bench::new(file_type, text);
            let mine = values.iter().skip(place).step_by(places.len());
            let files: Vec<_> = mine
                .map(|value| json!([value, bench.write(value)]))
                .collect();
            let case = json!({ "type": file_type, "place": place, "files": files });
            writeln!(cases, "{case}").unwrap();
        }
    }
    let verdict = run("templates.py", "templates", &cases);
    for (file_type, _) in PLACES {
        let count = |what: &str| verdict[file_type][what].as_u64().unwrap_or(0);
        let total = u64::try_from(VALUES).unwrap();
        assert_eq!(
            count("read") + count("refused"),
            total,
            "{file_type}: {verdict}"
        );
        // Neither side of the judge may idle.
        assert!(count("read") > total / 5, "{file_type}: {verdict}");
        let holds_all = *file_type == "json";
        assert_eq!(count("refused") == 0, holds_all, "{file_type}: {verdict}");
    }
}

#[test]
fn every_type_of_file_is_read_by_something() {
    for file_type in TYPES.iter().filter(|known| known.name != "none") {
        let is_there = PLACES.iter().any(|(name, _)| *name == file_type.name);
        assert!(is_there, "{} has no reader in templates.py", file_type.name);
    }
}

/// Files that hold something else than is said.
#[test]
fn the_judge_of_templates_notices_what_is_wrong() {
    let mut cases = String::new();
    for (file_type, places) in PLACES {
        for (place, text) in places.iter().enumerate() {
            let file = Bench::new(file_type, text).write("left");
            let case = json!({ "type": file_type, "place": place, "files": [["right", file]] });
            writeln!(cases, "{case}").unwrap();
        }
    }
    let output = start("templates.py", "wrong", &cases);
    let complaints = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{complaints}");
    for (file_type, places) in PLACES {
        for place in 0..places.len() {
            let line = format!("{file_type} {place}: sees something else");
            assert!(complaints.contains(&line), "{line}: {complaints}");
        }
    }
}
