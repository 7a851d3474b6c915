//! For the tests of rules: a manifest as text, or settings as they are evaluated, to what is found in them.

use std::time::SystemTime;

use super::{
    Brought, Found, Outcome, Request, Stage, Surroundings, allow, check, fixed as mended,
    settings::{self, Answer, Evaluated, Failure, File, Looked, Message},
};
use crate::{
    finding::Severity,
    manifest::Manifest,
    plan::Selection,
    registry::Registry,
    render::Document,
    value::{Table, Text, Value},
};

/// Everything that is found in a manifest, without its values and its files.
pub(super) fn found(text: &str, profiles: &[&str]) -> Vec<Found> {
    look(text, profiles, None)
}

/// Everything that is found once references are resolved to this.
pub(super) fn look(text: &str, profiles: &[&str], resolved: Option<&Document>) -> Vec<Found> {
    let registry = Registry::builtin();
    let manifest = Manifest::read("nuages.toml", text, &registry);
    let selection = Selection {
        profiles: profiles.iter().map(|&name| name.to_owned()).collect(),
        only: Vec::new(),
    };
    let now = SystemTime::now();
    let request = Request {
        manifest: &manifest,
        registry: &registry,
        selection: &selection,
        resolved: resolved.map(|document| Brought {
            document,
            inherited: &[],
        }),
        surroundings: None,
        now,
    };
    let outcome = check(&request).unwrap_or_else(|errors| panic!("{errors:?}\n{text}"));
    let mistakes: Vec<&str> = outcome
        .mistakes
        .iter()
        .map(|error| error.title.as_str())
        .collect();
    assert!(mistakes.is_empty(), "{mistakes:?}\n{text}");
    let extent = allow::Extent::Settings;
    allow::allow(outcome.found, &manifest.check.allow, now, extent).found
}

/// The ids of what is found, with every profile.
pub(super) fn ids(text: &str) -> Vec<&'static str> {
    ids_with(text, &[])
}

/// The ids of what is found with these profiles.
pub(super) fn ids_with(text: &str, profiles: &[&str]) -> Vec<&'static str> {
    found(text, profiles)
        .iter()
        .map(|one| one.rule.id)
        .collect()
}

/// The manifest after the safe fixes of this rule, where it has any.
pub(super) fn fixed(text: &str, rule: &str) -> Option<String> {
    let registry = Registry::builtin();
    let manifest = Manifest::read("nuages.toml", text, &registry);
    let found = found(text, &[]);
    let is_meant =
        |one: &&Found| one.rule.id == rule && one.fix.as_ref().is_some_and(|fix| fix.is_safe);
    mended(
        &manifest,
        &found.iter().filter(is_meant).collect::<Vec<_>>(),
    )
}

/// Holds a rule against what it is found in and what it is not found in. Each case is put behind `base`; one that begins
/// with `!` is a manifest by itself.
pub(super) fn holds(id: &str, base: &str, found: &[&str], not_found: &[&str]) {
    let whole = |case: &str| match case.strip_prefix('!') {
        Some(whole) => whole.to_owned(),
        None => format!("{base}{case}"),
    };
    for case in found {
        let count = ids(&whole(case)).iter().filter(|have| **have == id).count();
        assert_eq!(
            count,
            1,
            "{id} in\n{}\n{:?}",
            whole(case),
            ids(&whole(case))
        );
    }
    for case in not_found {
        let ids = ids(&whole(case));
        assert!(!ids.contains(&id), "{id} in\n{}\n{ids:?}", whole(case));
    }
}

/// How serious a rule's finding is with these profiles.
pub(super) fn severity(id: &str, text: &str, profiles: &[&str]) -> Option<Severity> {
    let found = found(text, profiles);
    let one = found.iter().find(|one| one.rule.id == id)?;
    Some(one.severity)
}

/// Everything that is found once the default database is resolved to this JSON, whose texts are secret.
pub(super) fn resolved(text: &str, json: &str) -> Vec<Found> {
    let database = Value::from_json(&Text::secret(json)).unwrap();
    let document = Document {
        databases: [("default".to_owned(), database)].into_iter().collect(),
        env: Table::new(),
    };
    look(text, &[], Some(&document))
}

/// A directory with files, and what is found there.
pub(super) struct Around(pub(super) tempfile::TempDir);

impl Around {
    pub(super) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    /// Writes a file, and gives its path.
    pub(super) fn file(&self, name: &str, mode: u32, text: &str) -> String {
        let path = self.0.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        let permissions = std::os::unix::fs::PermissionsExt::from_mode(mode);
        std::fs::set_permissions(&path, permissions).unwrap();
        path.to_str().unwrap().to_owned()
    }

    /// What a rule finds.
    pub(super) fn found(&self, text: &str, id: &str) -> Vec<Found> {
        let mut found = self.outcome(text).found;
        found.retain(|one| one.rule.id == id);
        found
    }

    /// Looks at whatever it is, a mistake too.
    pub(super) fn look(&self, text: &str) {
        let _ = self.outcome(text);
    }

    fn outcome(&self, text: &str) -> Outcome {
        let home = self.0.path().join("home");
        let surroundings = Surroundings {
            base: self.0.path(),
            home: Some(&home),
        };
        let registry = Registry::builtin();
        let manifest = Manifest::read("nuages.toml", text, &registry);
        check(&Request {
            manifest: &manifest,
            registry: &registry,
            selection: &Selection::default(),
            resolved: None,
            surroundings: Some(&surroundings),
            now: SystemTime::now(),
        })
        .unwrap_or_else(|errors| panic!("{errors:?}"))
    }
}

/// What is found in evaluated settings of this source. `is_checked` is whether Django's own checks could be run; they have
/// found nothing then.
pub(super) fn evaluated(source: &str, values: serde_json::Value, is_checked: bool) -> Vec<Found> {
    let checks = if is_checked {
        Ok(Vec::new())
    } else {
        Err(Failure::Late)
    };
    looked(source, values, checks, Stage::Production).found
}

/// The same, with what Django's own checks have found.
pub(super) fn looked(
    source: &str,
    values: serde_json::Value,
    checks: Result<Vec<Message>, Failure>,
    stage: Stage,
) -> Looked {
    let registry = Registry::builtin();
    let evaluated = settings_of(source, values, checks, stage);
    settings::look(&evaluated, &registry, SystemTime::now()).unwrap_or_else(|_| panic!("too many"))
}

/// Settings of one file, all of which the project sets.
pub(super) fn settings_of(
    source: &str,
    values: serde_json::Value,
    checks: Result<Vec<Message>, Failure>,
    stage: Stage,
) -> Evaluated {
    let serde_json::Value::Object(values) = values else {
        panic!("no settings: {values}");
    };
    let file = File {
        path: "shop/settings.py".to_owned(),
        text: source.to_owned().into(),
        parents: Vec::new(),
    };
    let answer = Answer::of(values, checks);
    Evaluated::new(answer, (&[file], Some(0)), stage, &[], Vec::new())
}
