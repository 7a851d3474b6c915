//! From facts to a proposal: what the variables of the env file are, and one way after the other to put it all together.

use std::collections::BTreeMap;

use gix::bstr::BStr;
use zeroize::Zeroizing;

use super::{
    Edit, MOST, Move, NoProposal, Project, Proposal, SETTINGS,
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
        for (name, class) in &self.classes {
            if let Class::Plain(value) = class
                && classify::off(name, value).is_some()
            {
                self.left.push(format!(
                    "`{name}` is on in `{}`: in the manifest the profile `dev` alone turns it on",
                    env.path
                ));
            }
        }
        self.classify_logins();
        // A text that has a secret in it is one.
        let secrets: Vec<Zeroizing<String>> = self
            .classes
            .values()
            .filter_map(|class| match class {
                Class::Secret(value) => Some(value.clone()),
                _ => None,
            })
            .collect();
        for class in self.classes.values_mut() {
            if let Class::Plain(value) = class
                && secrets
                    .iter()
                    .any(|secret| classify::stands_in(secret, value))
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

    /// Whether the settings may ask the Python package: the project depends on it, or they do so already.
    pub(super) fn has_package(&self) -> bool {
        self.project.has_package || self.facts.iter().any(|facts| facts.has_package)
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

    /// Why the databases stay in the settings: where they are written, and what is in the way.
    pub(super) fn databases_stay(&self, why: Option<&NoProposal>) -> Vec<String> {
        let bound: usize = self.facts.iter().map(|facts| facts.bound).sum();
        let why = match why {
            Some(NoProposal::Exposed(name)) => {
                format!("the value of `{name}` stands in another value as well")
            }
            Some(NoProposal::Manifest(errors, _)) if let Some(first) = errors.first() => {
                format!("in a manifest {}", first.title)
            }
            Some(_) => "a value of it cannot stand in a manifest".to_owned(),
            None if bound > 1 => "it is set more than once".to_owned(),
            None if self.facts.iter().any(|facts| facts.is_prefixed) => return Vec::new(),
            None => "it is not one dictionary of literals and reads of variables".to_owned(),
        };
        let files = self.project.settings.iter().zip(self.facts);
        files
            .filter_map(|(file, facts)| {
                let line = line_of(&file.text, facts.bound_at?);
                Some(format!(
                    "`{}`, line {line}: `{DATABASES}` stays in the settings: {why}",
                    file.path
                ))
            })
            .collect()
    }

    /// Settings may have a value at more places than those that change.
    fn tell_of_copies(&self, edits: &[Edit], moves: &[Move], left: &mut Vec<String>) {
        for (number, file) in self.project.settings.iter().enumerate() {
            let edit = edits.iter().find(|edit| edit.file == number);
            let gone = edit.map_or(&[][..], |edit| &edit.gone);
            for one in moves.iter().filter(|one| classify::is_telling(&one.value)) {
                let copies = file.text.match_indices(one.value.as_str());
                for (at, _) in copies.filter(|(at, _)| gone.iter().all(|gone| !gone.contains(at))) {
                    let place = format!("`{}`, line {}:", file.path, line_of(&file.text, at));
                    if !left.iter().any(|told| told.starts_with(&place)) {
                        left.push(format!(
                            "{place} the value of `{}` stands there as well",
                            one.variable
                        ));
                    }
                }
            }
        }
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
            .ok_or(NoProposal::Unwritable)?;
        let moves = attempt.moves();
        let is_exposed = |one: &&Move| classify::stands_in(&one.value, &text);
        if let Some(exposed) = moves.iter().find(is_exposed) {
            return Err(NoProposal::Exposed(exposed.variable.clone()));
        }
        let has_dev = self.project.store.dev.is_some()
            || reads.iter().any(|entry| entry.on_laptops.is_some());
        self.check(&text, has_dev)?;
        self.tell_of_copies(&edits, &moves, &mut left);
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
    fn check(&self, text: &str, has_dev: bool) -> Result<(), NoProposal> {
        let manifest = Manifest::read("nuages.toml", text, self.registry);
        let dev = has_dev.then(|| vec!["dev".to_owned()]);
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

/// The number of the line that a byte is in, from 1.
fn line_of(text: &str, at: usize) -> usize {
    1 + text.bytes().take(at).filter(|byte| *byte == b'\n').count()
}
