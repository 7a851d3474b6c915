//! `Debug` of every public type that may hold a value, each made with the canary in it.

use std::ffi::{OsStr, OsString};
use std::fmt::Debug;
use std::path::PathBuf;
use std::time::Duration;

use nuages::exec::child::child_environment;
use nuages::manifest::Manifest;
use nuages::plan::{self, Selection};
use nuages::registry::Registry;
use nuages::render;
use nuages::resolve::{self, Options, Resolved};
use nuages::value::{Table, Text, Value};
use nuages_provider::{Environment, Error, ErrorKind, Secret, SecretValue};

use super::{CANARY, CORE, says_nothing};

/// A secret of digits, which may become a number.
const DIGITS: &str = "918273645546372819";

#[track_caller]
fn shows_nothing(what: &dyn Debug) {
    for text in [format!("{what:?}"), format!("{what:#?}")] {
        says_nothing("Debug", text.as_bytes());
        assert!(!text.contains(DIGITS), "Debug holds the digits: {text}");
    }
}

fn environment() -> Environment {
    let variables = [
        ("TEXT", CANARY.to_owned()),
        ("DIGITS", DIGITS.to_owned()),
        (
            "JSON",
            format!("{{\"list\": [\"{CORE}\", {{\"key\": \"{CORE}\"}}]}}"),
        ),
        (
            "URL",
            format!("postgres://{CORE}:{CORE}@{CORE}/{CORE}?options={CORE}"),
        ),
    ];
    Environment::new(
        variables.map(|(name, value)| (OsString::from(name), OsString::from(value))),
        "/nowhere",
    )
}

fn resolved(manifest: &str) -> Resolved {
    let registry = Registry::builtin();
    let manifest = Manifest::read("nuages.toml", manifest, &registry);
    let plan = plan::plan(&manifest, &Selection::default(), &registry).expect("a sound manifest");
    shows_nothing(&plan);
    shows_nothing(&manifest);
    let options = Options {
        deadline: Duration::from_secs(20),
        files: Some(PathBuf::from("/nowhere")),
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    runtime
        .block_on(resolve::resolve(&plan, &environment(), &options))
        .expect("values")
}

const MANIFEST: &str = r#"
[databases.default]
url = "${env://URL}"
PASSWORD = "before ${env://TEXT} after"
OPTIONS = { a = ["${env://TEXT}", { b = "${env://TEXT | base64}" }] }

[env]
PLAIN = "${env://TEXT}"
DEFAULT = "${env://NONE:-${env://TEXT | urlencode}}"
JSON = { value = "${env://TEXT | json}", as = "json" }

[files.key]
content = "${env://TEXT}"
"#;

#[test]
fn resolved_values_are_not_shown() {
    let resolved = resolved(MANIFEST);
    shows_nothing(&resolved);
    shows_nothing(&resolved.document);
    shows_nothing(&resolved.document.databases);
    shows_nothing(&resolved.files);
    shows_nothing(&resolved.origins);
    let password = resolved.document.env.get("PLAIN").expect("a value");
    shows_nothing(password);
    assert!(
        matches!(password, Value::Text(text) if text.expose() == CANARY),
        "the canary is in there"
    );

    let inherited = [
        (OsStr::new("INHERITED"), OsStr::new(CANARY)),
        (OsStr::new("AWS_SECRET_ACCESS_KEY"), OsStr::new(CANARY)),
    ];
    let child = child_environment(inherited.into_iter(), &[], false, &resolved, None)
        .expect("an environment");
    assert!(
        child.variables.iter().any(|(_, value)| value == CANARY),
        "the canary is in there"
    );
    shows_nothing(&child);
}

/// Every text inside a secret JSON object is as secret as the object.
#[test]
fn what_a_secret_becomes_by_its_type_is_not_shown() {
    shows_nothing(&resolved(
        "[env]\nA = { value = \"${env://JSON}\", as = \"json\" }\n",
    ));
}

/// A secret that `as` makes a number is as secret as its text was.
#[test]
fn a_secret_number_is_not_shown() {
    shows_nothing(&resolved(
        "[env]\nA = { value = \"${env://DIGITS}\", as = \"int\" }\n",
    ));
    shows_nothing(&resolved(
        "[env]\nA = { value = \"${env://DIGITS}\", as = \"float\" }\n",
    ));
}

/// What a terminal is shown unless `--reveal` is given.
#[test]
fn a_masked_document_holds_nothing() {
    for manifest in [
        MANIFEST,
        "[env]\nA = { value = \"${env://DIGITS}\", as = \"int\" }\n",
    ] {
        let masked = render::masked(&resolved(manifest).document);
        for format in render::FORMATS {
            let Ok(bytes) = format.render(&masked) else {
                continue;
            };
            says_nothing(format.name(), &bytes);
            let text = String::from_utf8_lossy(&bytes);
            assert!(!text.contains(DIGITS), "{}: {text}", format.name());
        }
    }
}

#[test]
fn a_single_value_is_not_shown() {
    let registry = Registry::builtin();
    let manifest = Manifest::empty();
    let plan = plan::plan_reference(&manifest, &Selection::default(), &registry, "env://TEXT")
        .expect("a plan");
    let options = Options {
        deadline: Duration::from_secs(20),
        files: None,
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let resolved = runtime
        .block_on(resolve::resolve(&plan, &environment(), &options))
        .expect("a value");
    assert_eq!(
        resolved.single.as_ref().expect("a value").expose(),
        CANARY.as_bytes()
    );
    shows_nothing(&resolved);
    shows_nothing(&resolved.single);
}

#[test]
fn values_are_not_shown() {
    let text = Text::secret(CANARY);
    shows_nothing(&text);
    let table: Table = [("a".to_owned(), Value::List(vec![Value::Text(text.clone())]))]
        .into_iter()
        .collect();
    shows_nothing(&table);
    shows_nothing(&Value::Table(table));
    shows_nothing(&Value::from_json(&Text::secret(format!("[\"{CORE}\"]"))));
    assert!(
        format!("{:?}", Text::plain("shown")).contains("shown"),
        "what is no secret is shown"
    );
}

#[test]
fn what_providers_are_handed_and_give_is_not_shown() {
    shows_nothing(&environment());
    shows_nothing(&SecretValue::new(CANARY.as_bytes().to_vec()));
    shows_nothing(&SecretValue::from_text(CANARY.to_owned()));
    let mut secret = Secret::new(SecretValue::from_text(CANARY.to_owned()));
    secret.version = Some("3".to_owned());
    shows_nothing(&secret);
    shows_nothing(&Some(Ok::<_, Error>(secret)));
}

/// The source of an error is kept for code that looks at types; many such errors quote what they failed on.
#[test]
fn the_source_of_an_error_is_not_shown() {
    let bytes = [CORE.as_bytes(), b"\xff"].concat();
    let not_text = String::from_utf8(bytes).expect_err("not UTF-8");
    assert!(
        format!("{not_text:?}").contains("99, 65, 110"),
        "the standard library's error does quote it"
    );
    let error = Error::new(ErrorKind::Malformed, "the value is not text").with_source(not_text);
    shows_nothing(&error);
    says_nothing("Display", error.to_string().as_bytes());

    let quoting: Box<dyn std::error::Error + Send + Sync> = CANARY.into();
    shows_nothing(&Error::new(ErrorKind::Unavailable, "no answer").with_source(quoting));
}
