//! Twenty thousand values through every CI system's own reader (`runners`): what comes out is what went in, or it is
//! refused; and what is printed of a secret is masked, line by line.

use std::path::PathBuf;

use nuages::ci::{Handover, Job, Secret, sink};
use nuages::diagnostic::Diagnostic;
use nuages::render::{Document, Settings};
use nuages::value::{Text, Value};
use nuages_provider::Environment;

use crate::documents::Random;
use crate::runners;

const VALUES: usize = 20_000;
const VALUES_A_FILE: usize = 50;

fn values(seed: u64) -> Vec<String> {
    let mut random = Random::new(seed);
    (0..VALUES).map(|_| random.value_text()).collect()
}

fn document<'a>(values: impl IntoIterator<Item = &'a String>) -> Document {
    let text = |value: &String| Value::Text(Text::secret(value.as_str()));
    Document {
        env: values
            .into_iter()
            .enumerate()
            .map(|(place, value)| (format!("V{place:02}"), text(value)))
            .collect(),
        ..Document::default()
    }
}

fn hand_over(
    name: &str,
    document: &Document,
    secrets: &[Secret<'_>],
    environment: &[(&str, &str)],
) -> Result<Handover, Vec<Diagnostic>> {
    let variables = environment
        .iter()
        .map(|(name, value)| ((*name).into(), (*value).into()));
    let job = Job {
        document,
        secrets,
        settings: &Settings::default(),
        environment: &Environment::new(variables, PathBuf::from("/")),
        mask_only: false,
        // What is asked here is how a value travels, not whether it should.
        force: true,
        delimiter: &nuages::ci::delimiter,
    };
    sink(name).unwrap().hand_over(&job)
}

type Read = fn(&Handover) -> Result<Vec<(String, String)>, String>;

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

/// Each value alone, and then those that can be held in files of fifty: the number of each.
fn read_back(
    name: &str,
    values: &[String],
    environment: &[(&str, &str)],
    read: Read,
) -> (usize, usize) {
    let (held, refused): (Vec<&String>, Vec<&String>) = values
        .iter()
        .partition(|value| hand_over(name, &document([*value]), &[], environment).is_ok());
    // One that takes half of what a file may hold stands alone.
    let most = if name == "gitlab" { 1 } else { VALUES_A_FILE };
    for values in held.chunks(most) {
        let handover =
            hand_over(name, &document(values.iter().copied()), &[], environment).unwrap();
        let read = read(&handover).unwrap_or_else(|error| panic!("{name}: {error}"));
        let names: Vec<String> = (0..values.len())
            .map(|place| format!("V{place:02}"))
            .collect();
        assert!(
            read.iter().map(|(name, _)| name).eq(&names),
            "{name}: other variables"
        );
        assert!(
            read.iter()
                .map(|(_, value)| value)
                .eq(values.iter().copied()),
            "{name}: another value"
        );
    }
    (held.len(), refused.len())
}

#[test]
fn github_reads_back_every_value() {
    let read: Read = |handover| runners::github_file(text(&handover.file));
    let values = values(61);
    let with_nul = values.iter().filter(|value| value.contains('\0')).count();
    assert_eq!(
        read_back("github", &values, &[], read),
        (VALUES - with_nul, with_nul)
    );
}

#[test]
fn azure_pipelines_reads_back_or_is_not_told() {
    let read: Read = |handover| runners::azure_variables(text(&handover.commands));
    let values = values(62);
    let (held, refused) = read_back("azure-pipelines", &values, &[], read);
    assert!(
        held > VALUES / 2 && refused > VALUES / 100,
        "{held} {refused}"
    );
    // What the agent does by default is not all that it can be told.
    let allowed = [("SYSTEM_UNSAFEALLOWMULTILINESECRET", "true")];
    let read: Read = |handover| {
        runners::azure_variables(
            &text(&handover.commands).replace("issecret=true", "issecret=false"),
        )
    };
    let (more, _) = read_back("azure-pipelines", &values, &allowed, read);
    assert!(more > held, "{more} {held}");
}

#[test]
fn gitlab_reads_back_or_is_not_told() {
    let read: Read = |handover| runners::gitlab_report(text(&handover.file));
    let (held, refused) = read_back("gitlab", &values(63), &[], read);
    assert!(
        held > VALUES / 4 && refused > VALUES / 10,
        "{held} {refused}"
    );
}

#[test]
fn jenkins_reads_back_every_value() {
    let read: Read = |handover| {
        assert!(handover.file.is_ascii());
        runners::java_properties(&handover.file)
    };
    let values = values(64);
    let with_nul = values.iter().filter(|value| value.contains('\0')).count();
    assert_eq!(
        read_back("jenkins", &values, &[], read),
        (VALUES - with_nul, with_nul)
    );
}

/// Every reader of plain lines agrees: there is nothing to disagree on.
#[test]
fn bitbucket_holds_plain_values_alone() {
    let read: Read = |handover| {
        let lines = text(&handover.file).lines();
        let pair = |line: &str| {
            line.split_once('=')
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
        };
        lines
            .map(|line| pair(line).ok_or_else(|| "no `=`".to_owned()))
            .collect()
    };
    let (held, refused) = read_back("bitbucket", &values(65), &[], read);
    assert!(
        held > VALUES / 100 && refused > VALUES / 4,
        "{held} {refused}"
    );
}

#[test]
fn every_line_of_a_secret_is_masked_where_it_is_printed() {
    let mut random = Random::new(66);
    let mut lines = 0;
    for _ in 0..VALUES {
        let value = random.value_text();
        if value.len() > 4096 || value.contains('\0') {
            continue;
        }
        let secrets = [Secret {
            key: "env.V00".to_owned(),
            value: value.as_bytes(),
        }];
        let handover = hand_over("github", &document([&value]), &secrets, &[]).unwrap();
        let masks = runners::github_masks(text(&handover.masks));
        for line in value
            .split(['\r', '\n'])
            .filter(|line| line.trim().len() >= 4)
        {
            let shown = runners::masked(&format!("[{line}]"), &masks);
            let shown = shown.trim_start_matches('[').trim_end_matches(']').trim();
            assert_eq!(shown, "***", "{} bytes are shown", shown.len());
            lines += 1;
        }
    }
    assert!(lines > VALUES / 2, "{lines}");
}

/// The readers themselves: what they must not take for the same.
#[test]
fn the_readers_notice_what_is_wrong() {
    let github = |text: &str| runners::github_file(text);
    assert_eq!(github("A<<X\none\n\nX\nB=2\n").unwrap().len(), 2);
    assert_eq!(github("A<<X\none\n\nX\n").unwrap()[0].1, "one\n");
    assert_eq!(github("A<<X\n\nX\n").unwrap()[0].1, "");
    for wrong in ["A\n", "A<<X\none\n", "<<X\nX\n", "node_options<<X\n1\nX\n"] {
        assert!(github(wrong).is_err(), "{wrong:?}");
    }
    assert_eq!(
        runners::github_command("  ::add-mask::a%250Ab%0A"),
        Some(("add-mask".to_owned(), "a%0Ab\n".to_owned()))
    );
    assert_eq!(
        runners::masked("a secret, b", &["secret".to_owned(), "ret, ".to_owned()]),
        "a ***b"
    );

    let azure =
        runners::azure_command("x ##vso[task.setvariable variable=A;isSecret=true]a%5D%AZP253B")
            .unwrap();
    assert_eq!(
        (azure.properties["issecret"].as_str(), azure.data.as_str()),
        ("true", "a]%3B")
    );
    let line = |data: &str| format!("##vso[task.setvariable variable=A;issecret=true]{data}\n");
    assert!(runners::azure_variables(&line("one%0Atwo")).is_err());
    assert!(runners::azure_variables(&line("a$(b)")).is_err());
    assert_eq!(runners::azure_variables(&line("a;b")).unwrap()[0].1, "a;b");

    assert_eq!(
        runners::gitlab_report("A = b \n").unwrap(),
        [("A".to_owned(), "b".to_owned())]
    );
    for wrong in ["A\n", "\n", "A=$B\n", "A=%B%\n"] {
        assert!(runners::gitlab_report(wrong).is_err(), "{wrong:?}");
    }

    let java = |text: &str| runners::java_properties(text.as_bytes()).unwrap();
    assert_eq!(java("# no\n a\\=b : c\\\n   d\\u00e9\\\\\n!no\nk").len(), 2);
    assert_eq!(
        java("a\\=b : c\\\n   d\\u00e9\\\\")[0],
        ("a=b".to_owned(), "cdé\\".to_owned())
    );
    assert_eq!(java("a==b")[0].1, "=b");
    assert!(runners::java_properties(b"a=\\u00g0").is_err());
}
