//! No value of any secret is in anything that is said: a canary in every kind of provider, every class of failure, all
//! of it at `-vvv`; and the same for `Debug` of what the library hands out.

mod cases;
mod debug;
mod stores;

use std::fmt::Write as _;

use base64::{Engine as _, engine::general_purpose::STANDARD, engine::general_purpose::URL_SAFE};
use nuages_fakecloud::FakeCloud;

use crate::support::project::{Outcome, Project, Run};
use cases::CASES;

/// The part of every canary that no encoding of a single character changes.
const CORE: &str = "cAn4ryZq7Xw9";

/// With characters around the core that URLs, JSON, shells and TOML escape.
const CANARY: &str = "/+&\"cAn4ryZq7Xw9é#%x";

/// Every spelling of the core that is worth looking for.
fn spellings() -> Vec<String> {
    let mut all = vec![
        CORE.to_owned(),
        CORE.to_lowercase(),
        CORE.to_uppercase(),
        CORE.chars().rev().collect(),
    ];
    // Base64 depends on where in a group of three bytes the core begins; its outermost letters on what stands beside it.
    for before in 0..3 {
        let padded = [&vec![0; before][..], CORE.as_bytes()].concat();
        for engine in [&STANDARD, &URL_SAFE] {
            let encoded = engine.encode(&padded);
            all.push(encoded[(before * 8).div_ceil(6)..encoded.len() - 4].to_owned());
        }
    }
    let numbers: Vec<String> = CORE.bytes().map(|byte| byte.to_string()).collect();
    all.push(numbers.join(", "));
    for style in ["", "%", "\\x", " "] {
        let hex = CORE.bytes().fold(String::new(), |mut hex, byte| {
            let _ = write!(hex, "{style}{byte:02x}");
            hex
        });
        all.push(hex.to_uppercase());
        all.push(hex);
    }
    all
}

/// Fails where a text holds the canary in any spelling.
#[track_caller]
fn says_nothing(what: &str, text: &[u8]) {
    for spelling in spellings() {
        let shown = text
            .windows(spelling.len())
            .any(|window| window == spelling.as_bytes());
        assert!(
            !shown,
            "{what} holds the canary as {spelling:?}:\n{}",
            String::from_utf8_lossy(text)
        );
    }
}

/// The check is a check: it finds every spelling in the midst of other text.
#[test]
fn spellings_are_found() {
    let found =
        |text: &str| std::panic::catch_unwind(|| says_nothing("a text", text.as_bytes())).is_err();
    for before in ["", "a", "ab", "abc", "/+&\""] {
        let value = format!("{before}{CORE}é#");
        assert!(
            found(&STANDARD.encode(&value)) && found(&URL_SAFE.encode(&value)),
            "{before}"
        );
        assert!(found(&format!("{value:?}")) && found(&format!("{:?}", value.as_bytes())));
        assert!(found(&serde_json::to_string(&value).expect("JSON")));
        let url: String = value.bytes().map(|byte| format!("%{byte:02X}")).collect();
        assert!(found(&url), "{url}");
    }
    assert!(!found("nothing to see"));
}

/// A provider's kind with the contents below in it, as instance `s`.
struct Store {
    project: Project,
    kind: &'static str,
    variables: Vec<(String, Vec<u8>)>,
    /// Where the secrets of Azure are.
    cloud: Option<FakeCloud>,
}

/// What a secret may hold, by name.
fn contents() -> Vec<(&'static str, Vec<u8>)> {
    let text = |text: String| text.into_bytes();
    vec![
        ("text", text(CANARY.to_owned())),
        ("binary", [CORE.as_bytes(), b"\xff"].concat()),
        ("nul", text(format!("{CORE}\0{CORE}"))),
        ("long", text(CORE.repeat(12_000))),
        ("lines", text(format!("{CORE}\n{CORE}"))),
        ("url-scheme", text(format!("{CORE}://shop:{CORE}@db/shop"))),
        (
            "url-port",
            text(format!("postgres://shop:{CORE}@db:{CORE}/shop")),
        ),
        (
            "url-bracket",
            text(format!("postgres://shop:{CORE}@[{CORE}/shop")),
        ),
        (
            "json",
            text(format!("{{\"key\": \"{CORE}\", \"list\": [\"{CORE}\"]}}")),
        ),
        ("broken", text(format!("{{\"key\": \"{CORE}\""))),
    ]
}

impl Store {
    fn new(kind: &'static str) -> Self {
        let mut store = Self {
            project: Project::empty(),
            kind,
            variables: Vec::new(),
            cloud: (kind == "azure-kv").then(FakeCloud::start),
        };
        let settings = match kind {
            "file" => "path = \"values\"",
            "command" => "argv = [\"cat\", \"values/{}\"]",
            "age" => "key_file = \"age.key\"",
            "azure-kv" => "vault = \"shop\"",
            _ => "",
        };
        store.project.write(
            "base.toml",
            format!("[providers.s]\nkind = \"{kind}\"\n{settings}\n"),
        );
        store
            .project
            .write("nuages.toml", store.project.read("base.toml"));
        if let Some(cloud) = &store.cloud {
            let variables = cloud.environment_client_secret().into_iter();
            let variables = variables.map(|(name, value)| (name, value.into_bytes()));
            store.variables.extend(variables);
        }
        let mut dotenv = String::new();
        if kind == "age" {
            store.project.nuages(["key", "new"]).output().code(0);
        }
        for (name, content) in contents() {
            let variable = name.to_uppercase().replace('-', "_");
            match kind {
                // What no environment can hold is missing there.
                "env" if content.contains(&0) || name == "long" => {}
                "env" => store.variables.push((variable, content)),
                "dotenv" => {
                    if let Ok(text) = std::str::from_utf8(&content) {
                        dotenv.push_str(&format!("{variable}='{text}'\n"));
                    }
                }
                // Key Vault keeps text of at most 25 KB.
                "azure-kv" => {
                    let text = String::from_utf8(content).unwrap_or_default();
                    if let Some(cloud) = &store.cloud
                        && (1..25_600).contains(&text.len())
                    {
                        cloud.vault("shop").set(name, &text);
                    }
                }
                "age" => {
                    let put = store
                        .project
                        .nuages(["-vvv", "put", name])
                        .stdin(content)
                        .output()
                        .code(0);
                    says_nothing("put", &[put.stdout, put.stderr].concat());
                }
                _ => store.project.write(format!("values/{name}"), content),
            }
        }
        store.project.write(".env", dotenv);
        store
    }

    /// Runs `nuages -vvv` with the rest of a manifest.
    fn run(&self, manifest: &str, arguments: &[&str]) -> Outcome {
        self.project
            .write("nuages.toml", self.project.read("base.toml") + manifest);
        let mut run: Run = self.project.nuages([&["-vvv"], arguments].concat());
        for (name, value) in &self.variables {
            use std::os::unix::ffi::OsStrExt as _;
            run = run.env(name, std::ffi::OsStr::from_bytes(value));
        }
        run.output()
    }
}

#[track_caller]
fn every_case(kind: &'static str) {
    let store = Store::new(kind);
    for (manifest, arguments, works) in CASES {
        let outcome = store.run(manifest, arguments);
        let what = format!("{}: {manifest}{arguments:?}", store.kind);
        assert_eq!(
            outcome.status.success(),
            *works,
            "{what}\n{}",
            outcome.stderr()
        );
        assert!(
            !outcome.stderr.is_empty() || *works,
            "{what} fails without a word"
        );
        says_nothing(&what, &outcome.stderr);
        says_nothing(&what, &outcome.stdout);
    }
    // Where the value is the result, it is the result alone.
    for (manifest, arguments) in [
        ("", &["get", "s://text"][..]),
        ("[env]\nA = \"${s://text}\"\n", &["render", "json"]),
        (
            "[env]\nA = \"${s://text}\"\n",
            &["exec", "--", "printenv", "A"],
        ),
    ] {
        let outcome = store.run(manifest, arguments).code(0);
        says_nothing(kind, &outcome.stderr);
        assert!(
            String::from_utf8_lossy(&outcome.stdout).contains(CORE),
            "{kind} {arguments:?} has no value"
        );
        assert!(
            kind == "env" || !outcome.stderr.is_empty(),
            "-vvv says nothing"
        );
    }
}

#[test]
fn env_at_vvv() {
    every_case("env");
}

#[test]
fn dotenv_at_vvv() {
    every_case("dotenv");
}

#[test]
fn file_at_vvv() {
    every_case("file");
}

#[test]
fn command_at_vvv() {
    every_case("command");
}

#[test]
fn age_at_vvv() {
    every_case("age");
}

#[test]
fn azure_kv_at_vvv() {
    every_case("azure-kv");
}
