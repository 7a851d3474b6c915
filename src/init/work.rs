//! From facts to a proposal: what the variables of the env file are, and one way after the other to put it all together.

use std::collections::BTreeMap;

use gix::bstr::BStr;
use zeroize::Zeroizing;

use super::{
    MOST, Move, NoProposal, Project, Proposal, SETTINGS,
    attempt::Attempt,
    classify,
    databases::{Literal, Value},
    drafts::is_login,
    manifest,
    settings::{self, Facts},
};
use crate::{
    finding::Confidence,
    manifest::Manifest,
    plan::{self, Selection},
    registry::Registry,
    scan::{
        detect::{Detector, Match},
        fix::names::is_variable,
        text::Text,
    },
};

/// The variable that the databases travel in.
pub(super) const DATABASES: &str = "DATABASES";

/// A value this long is nobody's word: where it stands in another text, that is told too.
const LONG: usize = 8;

/// What is known of a variable of the env file.
pub(super) enum Class {
    Secret(Zeroizing<String>),
    Plain(String),
    /// Spelled as another program's reference.
    Imported(String),
    /// Its reader would refuse it.
    Unclear,
}

pub(super) struct Work<'a> {
    pub(super) project: &'a Project<'a>,
    pub(super) facts: &'a [Facts],
    detector: &'a Detector,
    registry: &'a Registry,
    pub(super) classes: BTreeMap<&'a str, Class>,
    pub(super) found: Vec<Vec<Match>>,
    left: Vec<String>,
}

impl<'a> Work<'a> {
    pub(super) fn new(
        project: &'a Project<'a>,
        facts: &'a [Facts],
        detector: &'a Detector,
        registry: &'a Registry,
    ) -> Result<Self, NoProposal> {
        let path: &BStr = SETTINGS.into();
        let scan = |text: &str| detector.scan(&Text::new(path, text.as_bytes()), Confidence::Low);
        let found: Vec<Vec<Match>> = project
            .settings
            .iter()
            .map(|file| scan(&file.text))
            .collect();
        let urls = facts.iter().map(|facts| facts.urls.len()).sum::<usize>();
        if found.iter().map(Vec::len).sum::<usize>() + urls > MOST {
            return Err(NoProposal::TooMuch);
        }
        let mut work = Self {
            project,
            facts,
            detector,
            registry,
            classes: BTreeMap::new(),
            found,
            left: Vec::new(),
        };
        work.classify();
        for (file, facts) in project.settings.iter().zip(facts) {
            if facts.is_prefixed {
                work.left.push(format!(
                    "`{}` reads variables with a prefix: which ones is not clear",
                    file.path
                ));
            }
        }
        Ok(work)
    }

    fn classify(&mut self) {
        let Some(env) = &self.project.env else {
            return;
        };
        for variable in &env.variables {
            if !is_variable(&variable.name) {
                continue;
            }
            let (name, path) = (variable.name.as_str(), &env.path);
            let class = match &variable.value {
                None => {
                    self.left
                        .push(format!("`{name}` of `{path}`: its value is not clear"));
                    Class::Unclear
                }
                Some(value) => match (self.project.import)(value) {
                    Some(Ok(reference)) => Class::Imported(reference),
                    Some(Err(why)) => {
                        self.left.push(format!("`{name}` of `{path}`: {why}"));
                        Class::Unclear
                    }
                    None if classify::is_secret(self.detector, name, value) => {
                        Class::Secret(value.clone())
                    }
                    None => Class::Plain(value.to_string()),
                },
            };
            self.classes.insert(name, class);
        }
        let is_on = matches!(self.classes.get("DEBUG"), Some(Class::Plain(value))
            if matches!(value.to_ascii_lowercase().as_str(), "true" | "on" | "yes" | "1"));
        if is_on {
            self.left.push(format!(
                "`DEBUG` is on in `{}`: where the project is deployed, the environment must say `DEBUG=False`",
                env.path
            ));
        }
        self.classify_logins();
        // A text that has a secret in it is one.
        let secrets: Vec<Zeroizing<String>> = self
            .classes
            .values()
            .filter_map(|class| match class {
                Class::Secret(value) if value.len() >= LONG => Some(value.clone()),
                _ => None,
            })
            .collect();
        for class in self.classes.values_mut() {
            if let Class::Plain(value) = class
                && secrets.iter().any(|secret| value.contains(secret.as_str()))
            {
                *class = Class::Secret(Zeroizing::new(std::mem::take(value)));
            }
        }
    }

    /// What a database takes for a password is one, whatever its name and its value are.
    fn classify_logins(&mut self) {
        let databases = self
            .facts
            .iter()
            .filter_map(|facts| facts.databases.as_ref());
        let databases = databases.flat_map(|databases| &databases.all);
        let keys = databases.flat_map(|database| {
            let url = database.url.iter().map(|(value, _)| ("url", value));
            url.chain(
                database
                    .keys
                    .iter()
                    .map(|(key, value)| (key.as_str(), value)),
            )
        });
        for (key, value) in keys {
            if let Value::Read(read) = value
                && is_login(key)
                && let Some(class) = self.classes.get_mut(read.name.as_str())
                && let Class::Plain(value) = class
                && !value.is_empty()
            {
                *class = Class::Secret(Zeroizing::new(std::mem::take(value)));
            }
        }
    }

    /// The file that says what the databases are, and what it says.
    pub(super) fn databases(&self) -> Option<(usize, &'a settings::Databases)> {
        if self.facts.iter().map(|facts| facts.bound).sum::<usize>() != 1
            || self.facts.iter().any(|facts| facts.is_prefixed)
        {
            return None;
        }
        let mut files = self.facts.iter().enumerate();
        files.find_map(|(file, facts)| Some((file, facts.databases.as_ref()?)))
    }

    /// Works it out, with the databases in the manifest or without.
    pub(super) fn attempt(&self, converts: bool) -> Result<Proposal, NoProposal> {
        let databases = self.databases().filter(|_| converts);
        let mut drafts = self.drafts(databases);
        let mut left = self.left.clone();
        let mut attempt = Attempt::new(self, databases.map(|(_, databases)| databases));
        attempt.name(&mut drafts, &mut left)?;
        let all = databases.map_or(&[][..], |(_, databases)| &databases.all);
        let mut edits = Vec::new();
        for (number, draft) in drafts.iter().enumerate() {
            edits.extend(self.edit(number, draft, databases, &mut left)?);
        }
        let reads = attempt.entries(databases);
        let text = manifest::write(&self.project.store, all, &reads, &attempt)
            .ok_or(NoProposal::Exposed)?;
        let moves = attempt.moves();
        let is_exposed = |one: &Move| one.value.len() >= LONG && text.contains(one.value.as_str());
        if moves.iter().any(is_exposed) {
            return Err(NoProposal::Exposed);
        }
        self.check(&text)?;
        let unknown = attempt.unknown.into_inner();
        Ok(Proposal {
            manifest: text,
            edits,
            moves,
            unknown: unknown.into_iter().collect(),
            left,
        })
    }

    /// A manifest that is proposed is one, in every profile.
    fn check(&self, text: &str) -> Result<(), NoProposal> {
        let manifest = Manifest::read("nuages.toml", text, self.registry);
        let dev = self
            .project
            .store
            .dev
            .as_ref()
            .map(|_| vec!["dev".to_owned()]);
        for profiles in [Some(Vec::new()), dev].into_iter().flatten() {
            let selection = Selection {
                profiles,
                ..Selection::default()
            };
            plan::plan(&manifest, &selection, self.registry)
                .map_err(|errors| NoProposal::Manifest(errors, manifest.source.clone()))?;
        }
        Ok(())
    }

    /// Whether a scan has something to say of a literal.
    pub(super) fn is_found(&self, literal: &Literal) -> bool {
        let Some((file, _)) = self.databases() else {
            return false;
        };
        let found = self.found.get(file).map_or(&[][..], Vec::as_slice);
        // In the order of the text, and none over another.
        let first = found.partition_point(|found| found.span.end <= literal.span.start);
        found
            .get(first)
            .is_some_and(|found| found.span.start < literal.span.end)
    }
}
