//! What each system is told, by hand: the cases that a generator does not hit, and a file that cannot be written.
//! A little longer than a file ought to be: the cases of all systems are told by one `Case`.

use std::{
    cell::Cell,
    fs,
    io::{self, Write as _},
    os::unix::fs::{PermissionsExt as _, symlink},
    path::PathBuf,
};

use super::*;
use crate::value::{Table, Text, Value};

struct Case {
    document: Document,
    settings: Vec<(String, String)>,
    environment: Vec<(&'static str, &'static str)>,
    force: bool,
    mask_only: bool,
}

impl Case {
    fn secret(name: &str, value: &str) -> Self {
        Self::of([(name, Value::Text(Text::secret(value)))])
    }

    fn of<const N: usize>(env: [(&str, Value); N]) -> Self {
        Self {
            document: Document {
                databases: Table::new(),
                env: env
                    .into_iter()
                    .map(|(name, value)| (name.to_owned(), value))
                    .collect(),
            },
            settings: Vec::new(),
            environment: Vec::new(),
            force: false,
            mask_only: false,
        }
    }

    fn set(mut self, name: &str, value: &str) -> Self {
        self.settings.push((name.to_owned(), value.to_owned()));
        self
    }

    fn run(&self, name: &str) -> Result<Handover, Vec<Diagnostic>> {
        self.run_with(name, &|| Some("STOP_HERE".to_owned()))
    }

    fn run_with(
        &self,
        name: &str,
        delimiter: &dyn Fn() -> Option<String>,
    ) -> Result<Handover, Vec<Diagnostic>> {
        let texts: Vec<(String, Zeroizing<String>)> = render::variables(&self.document)
            .into_iter()
            .filter(|variable| variable.is_secret)
            .map(|variable| (variable.key, variable.text))
            .collect();
        let secrets: Vec<Secret<'_>> = texts
            .iter()
            .map(|(key, text)| Secret {
                key: key.clone(),
                value: text.as_bytes(),
            })
            .collect();
        let variables = self
            .environment
            .iter()
            .map(|(name, value)| ((*name).into(), (*value).into()));
        sink(name).unwrap().hand_over(&Job {
            document: &self.document,
            secrets: &secrets,
            settings: &self.settings.iter().cloned().collect(),
            environment: &Environment::new(variables, PathBuf::from("/")),
            mask_only: self.mask_only,
            force: self.force,
            delimiter,
        })
    }

    /// Why it is refused, once.
    fn refused(&self, name: &str) -> String {
        let errors = self.run(name).unwrap_err();
        assert_eq!(errors.len(), 1, "{errors:?}");
        errors[0].title.clone()
    }
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

/// What is masked, as the runner turns it back.
fn masks(handover: &Handover) -> Vec<String> {
    let lines = text(&handover.masks).lines();
    let data = lines.map(|line| line.strip_prefix("::add-mask::").unwrap());
    let turned = data.map(|data| {
        let data = data.replace("%0D", "\r").replace("%0A", "\n");
        data.replace("%25", "%")
    });
    turned.collect()
}

fn pem() -> String {
    let line = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj";
    let mut body = String::new();
    for number in 0..1010 {
        body.extend([&format!("{number:04}"), &line[4..], "\n"]);
    }
    format!("-----BEGIN PRIVATE KEY-----\n{body}-----END PRIVATE KEY-----\n")
}

#[test]
fn sinks_are_found_by_their_own_name_only() {
    for expected in SINKS {
        assert_eq!(sink(expected.name()).map(Sink::name), Some(expected.name()));
        assert!(
            render::format(expected.name()).is_none(),
            "{}",
            expected.name()
        );
    }
    assert!(sink("travis").is_none());
}

#[test]
fn github_escapes_what_the_runner_turns_back() {
    let handover = Case::secret("KEY", "50%0A off\r\n::set-env name=A::b")
        .run("github")
        .unwrap();
    let printed = text(&handover.masks);
    assert!(printed.contains("\n::add-mask::50%250A off\n"), "{printed}");
    assert!(
        printed.contains("::add-mask::50%250A off%0D%0A::set-env name=A::b\n"),
        "{printed}"
    );
    // A line of the value is never a line of the output: nothing in it is a command.
    assert!(printed.lines().all(|line| line.starts_with("::add-mask::")));
    assert_eq!(
        text(&handover.file),
        "KEY<<STOP_HERE\n50%0A off\r\n::set-env name=A::b\nSTOP_HERE\n"
    );
}

#[test]
fn github_ends_no_value_with_a_word_in_it() {
    let case = Case::secret("KEY", "a\nFIRST\nINJECTED=yes");
    let calls = Cell::new(0);
    let words = || {
        calls.set(calls.get() + 1);
        Some(if calls.get() == 1 { "FIRST" } else { "SECOND" }.to_owned())
    };
    let handover = case.run_with("github", &words).unwrap();
    assert_eq!(
        text(&handover.file),
        "KEY<<SECOND\na\nFIRST\nINJECTED=yes\nSECOND\n"
    );
    for word in [Some("FIRST".to_owned()), None] {
        let errors = case.run_with("github", &|| word.clone()).unwrap_err();
        assert!(errors[0].title.contains("env.KEY"), "{errors:?}");
    }
    let (one, other) = (delimiter().unwrap(), delimiter().unwrap());
    assert_ne!(one, other);
    assert_eq!(one.len(), "ghadelimiter_".len() + 32);
}

#[test]
fn github_masks_a_long_key_by_line() {
    let pem = pem();
    assert!(pem.len() > 64 * 1024);
    let handover = Case::secret("KEY", &pem).run("github").unwrap();
    let masks = masks(&handover);
    assert!(masks.contains(&pem));
    for line in pem.lines() {
        assert!(masks.iter().any(|mask| mask == line), "{line}");
    }
    assert!(masks.contains(&pem.trim().replace('\n', "\\n")), "in JSON");
    assert_eq!(
        text(&handover.file),
        format!("KEY<<STOP_HERE\n{pem}\nSTOP_HERE\n"),
        "whole"
    );
    // Nothing twice, the longest first.
    let mut once = masks.clone();
    once.sort_unstable();
    once.dedup();
    assert_eq!(once.len(), masks.len());
    assert!(masks.is_sorted_by_key(|mask| std::cmp::Reverse(mask.len())));
}

#[test]
fn github_masks_the_parts_of_a_json_secret() {
    let key = "-----BEGIN PRIVATE KEY-----\nMIIEvQ+/abcdef==\n-----END PRIVATE KEY-----\n";
    let account = serde_json::json!({
        "type": "service_account",
        "private_key_id": "6f1d2c3b4a59687766554433",
        "private_key": key,
        "client": { "email": "shop@project.example", "ids": [1_098_765_432, "p@ss/w rd"] },
        "port": 5432,
        "host": "db.internal",
        "is_active": true,
    });
    let pretty = serde_json::to_string_pretty(&account).unwrap();
    let handover = Case::secret("ACCOUNT", &pretty).run("github").unwrap();
    let masks = masks(&handover);
    for expected in [
        "6f1d2c3b4a59687766554433",
        key,
        "MIIEvQ+/abcdef==",
        "MIIEvQ%2B%2Fabcdef%3D%3D%0A",
        "shop@project.example",
        "1098765432",
        "p@ss/w rd",
        "p%40ss%2Fw%20rd",
        "p%40ss%2Fw+rd",
        "p@ss/w\\u0020rd",
        "cEBzcy93IHJk",
        "70407373",
        "\"client\": {",
    ] {
        assert!(
            masks.iter().any(|mask| mask.contains(expected)),
            "{expected}"
        );
    }
    // One brace would mask every brace, and these stand in every log.
    for unwanted in ["{", "}", "true", "5432", "db.internal"] {
        assert!(!masks.iter().any(|mask| mask == unwanted), "{unwanted}");
    }
    assert!(
        handover.notes[0].starts_with("warning: `env.ACCOUNT` is masked but for"),
        "{:?}",
        handover.notes
    );
}

/// The runner masks each line of what it is told: `{` alone would mask every brace in the log.
#[test]
fn github_is_told_no_line_that_is_short() {
    let secret =
        "{\n  \"url\": \"postgres://app:pw%2Fpw%2Fpw@db/shop\",\n  \"key\": \"it's <secret>\"\n}\n";
    let masks = masks(&Case::secret("KEY", secret).run("github").unwrap());
    for mask in &masks {
        let lines = mask.split(['\r', '\n']);
        let short = lines.filter(|line| (1..4).contains(&line.trim().len()));
        assert_eq!(short.count(), 0, "{mask:?}");
    }
    // A URL within JSON hides a password, too; and lines are masked as they are quoted.
    for expected in [
        "pw%2Fpw%2Fpw",
        "pw/pw/pw",
        "\"key\": \"it'\\''s <secret>\"",
        "&quot;key&quot;: &quot;it&#x27;s &lt;secret&gt;&quot;",
    ] {
        assert!(
            masks.iter().any(|mask| mask == expected),
            "{expected}: {masks:?}"
        );
    }
}

#[test]
fn github_masks_the_password_of_a_url() {
    let url = "postgresql://shop:p%40ss%2Fword@db/shop?sslmode=require";
    let masks = masks(&Case::secret("URL", url).run("github").unwrap());
    for expected in [url, "p%40ss%2Fword", "p@ss/word"] {
        assert!(masks.iter().any(|mask| mask == expected), "{expected}");
    }
    assert!(!masks.iter().any(|mask| mask == "shop"));
}

#[test]
fn what_the_databases_hold_is_masked_as_the_variable_holds_it() {
    let password = Value::Text(Text::secret("it's p$$"));
    let default: Table = [("PASSWORD".to_owned(), password)].into_iter().collect();
    let mut case = Case::of([]);
    case.document.databases = [("default".to_owned(), Value::Table(default))]
        .into_iter()
        .collect();
    let masks = masks(&case.run("github").unwrap());
    let whole = r#"{"default":{"PASSWORD":"it\u0027s\u0020p\u0024\u0024"}}"#;
    for expected in [whole, r"it\u0027s\u0020p\u0024\u0024", "it's p$$"] {
        assert!(masks.iter().any(|mask| mask == expected), "{expected}");
    }
}

#[test]
fn github_refuses_names_that_would_not_arrive() {
    for (name, reason) in [
        ("GITHUB_TOKEN", "begin with `GITHUB_`"),
        ("github_x", "begin with `GITHUB_`"),
        ("RUNNER_TEMP", "begin with `RUNNER_`"),
        ("ACTIONS_ALLOW_UNSECURE_COMMANDS", "begin with `ACTIONS_`"),
        ("Node_Options", "takes this name from no step"),
        ("A.B", "names of ASCII letters"),
        ("A<<B", "names of ASCII letters"),
    ] {
        let refused = Case::secret(name, "value").refused("github");
        assert!(refused.contains(reason), "{refused}");
        assert!(refused.contains(&format!("`env.{name}`")), "{refused}");
    }
    // An output is no variable.
    let case = Case::secret("NODE_OPTIONS", "value").set("to", "output");
    assert!(case.run("github").is_ok());
    let twins = [("Key", Value::plain("1")), ("KEY", Value::plain("2"))];
    assert!(Case::of(twins.clone()).run("github").is_ok());
    let refused = Case::of(twins).set("to", "output").refused("github");
    assert!(refused.contains("`env.KEY`"), "{refused}");
    let refused = Case::of([]).set("to", "nowhere").refused("github");
    assert_eq!(refused, "`--set to` takes `env` or `output`, not `nowhere`");
}

#[test]
fn what_no_process_can_be_started_with_is_refused() {
    for (length, fits) in [(131_067, true), (131_068, false)] {
        let long = "x".repeat(length);
        let case = Case::of([("KEY", Value::plain(long))]);
        for name in ["github", "azure-pipelines", "circleci", "jenkins"] {
            assert_eq!(case.run(name).is_ok(), fits, "{name} {length}");
        }
    }
    let outputs = Case::of([
        ("A", Value::plain("é".repeat(60_000))),
        ("B", Value::plain("x".repeat(120_000))),
        ("C", Value::plain("x".repeat(120_000))),
        ("D", Value::plain("x".repeat(120_000))),
        ("E", Value::plain("x".repeat(120_000))),
    ])
    .set("to", "output");
    assert!(outputs.refused("github").contains("1 MB for a job"));
}

#[test]
fn masks_alone_need_no_file() {
    let mut case = Case::secret("GITHUB_TOKEN", "secret value");
    case.mask_only = true;
    for name in ["github", "azure-pipelines"] {
        let handover = case.run(name).unwrap();
        assert!(handover.file.is_empty() && handover.commands.is_empty());
        assert!(text(&handover.masks).contains("secret value"), "{name}");
    }
}

#[test]
fn azure_pipelines_is_told_masks_and_then_variables() {
    let case = Case::of([
        ("KEY", Value::Text(Text::secret("a;b]c\rd%3B%AZP25"))),
        ("lower", Value::plain("plain")),
    ]);
    let handover = case.run("azure-pipelines").unwrap();
    let masks = text(&handover.masks);
    assert!(
        masks.contains("##vso[task.setsecret]a%3Bb%5Dc%0Dd%AZP253B%AZP25AZP25\n"),
        "{masks}"
    );
    assert!(masks.contains("##vso[task.setsecret]d%AZP253B%AZP25AZP25\n"));
    assert_eq!(
        text(&handover.commands),
        "##vso[task.setvariable variable=KEY;issecret=true]a%3Bb%5Dc%0Dd%AZP253B%AZP25AZP25\n\
         ##vso[task.setvariable variable=lower;issecret=false;preserveCase=true]plain\n"
    );
    let handover = case.set("output", "true").run("azure-pipelines").unwrap();
    assert!(text(&handover.commands).contains(";issecret=true;isOutput=true]"));
}

#[test]
fn azure_pipelines_is_not_told_what_it_changes() {
    for (name, value, reason) in [
        ("SECRET_KEY", "value", "begin with `secret`"),
        ("Input", "value", "begin with `input`"),
        ("Build_Id", "value", "begin with `BUILD_`"),
        ("KEY", "one\ntwo", "several lines"),
        ("KEY", "a$(b)", "`$(…)`"),
        ("KEY", "nul\0", "NUL"),
    ] {
        let refused = Case::secret(name, value).refused("azure-pipelines");
        assert!(refused.contains(reason), "{refused}");
    }
    let mut case = Case::secret("KEY", "one\ntwo");
    case.environment = vec![("SYSTEM_UNSAFEALLOWMULTILINESECRET", "True")];
    let handover = case.run("azure-pipelines").unwrap();
    assert!(text(&handover.commands).contains("]one%0Atwo\n"));
    let mut case = Case::secret("KEY", "100%");
    case.environment = vec![("DECODE_PERCENTS", "false")];
    assert!(
        case.refused("azure-pipelines")
            .contains("`DECODE_PERCENTS` is off")
    );
}

#[test]
fn secrets_are_not_given_to_those_that_show_them() {
    for name in ["gitlab", "bitbucket"] {
        let mut case = Case::secret("KEY", "value");
        let errors = case.run(name).unwrap_err();
        assert_eq!(errors.len(), 1);
        assert!(errors[0].title.contains("`env.KEY`"), "{errors:?}");
        let hint = errors[0].hint.as_deref().unwrap();
        assert!(hint.contains("nuages exec --redact"), "{hint}");
        case.force = true;
        assert_eq!(text(&case.run(name).unwrap().file), "KEY=value\n");
        let plain = Case::of([("KEY", Value::plain("value"))]);
        assert_eq!(text(&plain.run(name).unwrap().file), "KEY=value\n");
    }
}

#[test]
fn a_report_of_gitlab_stays_within_its_limits() {
    let long = |length: usize| Case::of([("K", Value::plain("x".repeat(length)))]);
    assert!(long(5116).run("gitlab").is_ok());
    assert!(long(5117).refused("gitlab").contains("less than 5 KiB"));
    for (value, is_held) in [
        ("100% $", false),
        ("100%", true),
        ("%a%", false),
        ("a%% %1%", true),
        (" a", false),
        ("a b", true),
    ] {
        let case = Case::of([("K", Value::plain(value))]);
        assert_eq!(case.run("gitlab").is_ok(), is_held, "{value}");
    }
    let mut many = Case::of([]);
    many.document.env = (0..21)
        .map(|number| (format!("V{number}"), Value::plain("x")))
        .collect();
    let notes = many.run("gitlab").unwrap().notes;
    assert!(notes[0].contains("21 variables"), "{notes:?}");
}

#[test]
fn circleci_gets_what_bash_reads_back() {
    let handover = Case::secret("KEY", "it's $HOME\n`id`")
        .run("circleci")
        .unwrap();
    assert_eq!(text(&handover.file), "export KEY='it'\\''s $HOME\n`id`'\n");
    assert!(handover.masks.is_empty());
    let refused = Case::secret("UID", "value").refused("circleci");
    assert!(refused.contains("bash keeps this name"), "{refused}");
}

#[test]
fn jenkins_gets_ascii() {
    let handover = Case::secret("KEY", "  é\\ \n#=:\r\t🎻")
        .run("jenkins")
        .unwrap();
    assert_eq!(
        text(&handover.file),
        "KEY=\\  \\u00e9\\\\ \\n#=:\\r\\u0009\\ud83c\\udfbb\n"
    );
}

#[test]
fn lines_are_appended_to_what_is_there() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("env");
    fs::write(&path, "A=1").unwrap();
    append::append(&path, b"B=2\n", false).unwrap();
    append::append(&path, b"C=3\n", false).unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap(), "A=1\nB=2\nC=3\n");
    let made = directory.path().join("made");
    append::append(&made, b"A=1\n", true).unwrap();
    let permissions = fs::metadata(&made).unwrap().permissions();
    assert_eq!(permissions.mode() & 0o777, 0o600);
}

#[test]
fn only_a_file_that_is_there_is_written() {
    let directory = tempfile::tempdir().unwrap();
    let at = |name: &str| directory.path().join(name);
    fs::write(at("file"), "before").unwrap();
    fs::create_dir(at("directory")).unwrap();
    symlink("file", at("link")).unwrap();
    symlink("nothing", at("dangling")).unwrap();
    for name in ["directory", "link", "dangling"] {
        for may_create in [false, true] {
            let failure = append::append(&at(name), b"A=1\n", may_create).unwrap_err();
            assert!(matches!(failure, append::Failure::Unfit(_)), "{failure}");
        }
    }
    assert!(append::append(&at("none"), b"A=1\n", false).is_err());
    assert!(append::check(&at("no/file"), true).is_err());
    assert!(!at("none").exists() && !at("nothing").exists());
    assert_eq!(fs::read_to_string(at("file")).unwrap(), "before");
}

#[test]
fn what_cannot_be_written_whole_is_cut_again() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("env");
    fs::write(&path, "A=1\n").unwrap();
    let file = fs::OpenOptions::new().append(true).open(&path).unwrap();
    let full = |mut file: &fs::File| {
        file.write_all(b"B=half of a ")?;
        Err(io::Error::from(io::ErrorKind::StorageFull))
    };
    let failure = append::or_cut(&file, 4, full).unwrap_err();
    assert!(matches!(failure, append::Failure::Io(_)));
    assert!(failure.to_string().ends_with("the file is as it was"));
    assert_eq!(fs::read_to_string(&path).unwrap(), "A=1\n");

    // A file that is open for reading alone cannot be cut.
    let file = fs::File::open(&path).unwrap();
    let failure = append::or_cut(&file, 4, |_| Err(io::Error::other("full"))).unwrap_err();
    assert!(failure.to_string().contains("a part of the values remains"));
}
