//! Settings and an env file, apart by a byte 1, and what would be made of them: the manifest can be planned, the settings are
//! Python still, no value gets out.
#![no_main]

use libfuzzer_sys::fuzz_target;
use nuages::{
    init::{self, EnvFile, NoProposal, Project, Settings, Store, Variable},
    manifest::Manifest,
    plan::{self, Selection},
    registry::Registry,
};
use nuages_fuzz::{
    MARKER,
    scan::{DETECTOR, expand, in_time},
};
use nuages_provider::Environment;
use nuages_provider_local::dotenv::{self, Dialect};
use zeroize::Zeroizing;

fn variables(text: &str, by: u8) -> Vec<Variable> {
    let Some(dialect) = Dialect::ALL.get(usize::from(by % 4)) else {
        return init::read_decouple(text);
    };
    let variables = dotenv::variables(text, *dialect, &Environment::default());
    variables
        .into_iter()
        .map(|(name, value)| Variable {
            name,
            value: value
                .and_then(|value| value.expose_text().map(str::to_owned).ok())
                .map(Zeroizing::new),
        })
        .collect()
}

/// Who uses the file is the first byte's to say.
fn project(settings: String, env: &str, by: u8) -> Project<'static> {
    let kind = if by & 4 == 0 { "dotenv" } else { "age" };
    Project {
        settings: vec![Settings {
            path: "shop/settings.py".to_owned(),
            text: Zeroizing::new(settings),
        }],
        env: Some(EnvFile {
            path: ".env".to_owned(),
            variables: variables(env, by),
        }),
        store: Store {
            instance: "secrets".to_owned(),
            kind: kind.to_owned(),
            settings: Vec::new(),
            dev: (by & 4 != 0).then(Vec::new),
        },
        has_package: by & 16 != 0,
        import: &|text| match text.strip_prefix("op://")? {
            "" => Some(Err("it names nothing".to_owned())),
            _ => Some(Ok("env://IMPORTED".to_owned())),
        },
    }
}

fn silent(text: &str) {
    assert!(!text.contains(MARKER), "a value gets out:\n{text}");
}

fuzz_target!(|input: &[u8]| {
    let [by, _, bytes @ ..] = input else {
        return;
    };
    let bytes = expand(bytes);
    let Ok(text) = std::str::from_utf8(&bytes) else {
        return;
    };
    // A copy of the marker in a name, or in a comment, is no secret.
    if text.contains("kept") {
        return;
    }
    let (settings, env) = text.split_once('\u{1}').unwrap_or((text, ""));
    let settings = format!("MARKED_PASSWORD = \"{MARKER}\"\n{settings}");
    let env = format!("KEPT_TOKEN='{MARKER}'\n{env}");
    let project = project(settings, &env, *by);
    let registry = Registry::builtin();
    let length = bytes.len();
    let proposal = in_time(length, "a proposal", || {
        init::propose(&project, &DETECTOR, &registry)
    });
    let proposal = match proposal {
        Ok(proposal) => proposal,
        Err(NoProposal::Manifest(errors, source)) => {
            // Only a name that no manifest takes can do that.
            let names: Vec<&str> = errors.iter().map(|error| error.title.as_str()).collect();
            panic!("no manifest: {names:?}\n{}", source.text);
        }
        Err(_) => return,
    };
    let manifest = Manifest::read("nuages.toml", proposal.manifest.clone(), &registry);
    assert!(plan::plan(&manifest, &Selection::default(), &registry).is_ok());
    silent(&proposal.manifest);
    silent(&proposal.left.concat());
    silent(&proposal.unknown.concat());
    silent(&format!("{:?}", proposal.moves));
    for edit in &proposal.edits {
        silent(&proposal.diff(edit, &project, &DETECTOR));
        let again = init::propose(
            &self::project(edit.new.to_string(), &env, *by),
            &DETECTOR,
            &registry,
        );
        assert!(
            !matches!(again, Err(NoProposal::NotPython(_))),
            "no Python any more"
        );
    }
});
