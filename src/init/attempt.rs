//! One way to do it: everything that is to be in the store has a name, and every variable of the manifest a value.

use std::{
    borrow::Cow,
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
};

use zeroize::Zeroizing;

use super::{
    MOST, Move, NoProposal, classify,
    databases::Literal,
    drafts::{Draft, is_login, secrets_of},
    manifest::{self, Entry, Known, Refer},
    settings,
    work::{Class, DATABASES, Work},
};
use crate::{
    registry::kind,
    scan::fix::{Change, Name, Names, secret_name},
};

/// Variables that every process has, or that say how Django starts.
const NOT_OURS: &[&str] = &[
    "PATH",
    "HOME",
    "USER",
    "PWD",
    "LANG",
    "LC_ALL",
    "TZ",
    "HOSTNAME",
    "VIRTUAL_ENV",
    "PYTHONPATH",
    "DJANGO_SETTINGS_MODULE",
    "TMPDIR",
];

/// One way to do it: the names that everything has got.
pub(super) struct Attempt<'w> {
    work: &'w Work<'w>,
    names: Names,
    /// The secrets' names by where the databases' literals begin.
    of_literals: BTreeMap<usize, String>,
    databases: Option<&'w settings::Databases>,
    /// Variables whose values stood in settings, and where: of which file, and at which byte.
    of_settings: BTreeMap<String, (usize, usize)>,
    /// What the values of databases are called: no variables.
    of_databases: BTreeSet<String>,
    pub(super) unknown: RefCell<BTreeSet<String>>,
}

impl<'w> Attempt<'w> {
    pub(super) fn new(work: &'w Work<'w>, databases: Option<&'w settings::Databases>) -> Self {
        Self {
            work,
            names: Names::default(),
            of_literals: BTreeMap::new(),
            databases,
            of_settings: BTreeMap::new(),
            of_databases: BTreeSet::new(),
            unknown: RefCell::default(),
        }
    }

    /// Gives everything that is to be in the store its name.
    pub(super) fn name(
        &mut self,
        drafts: &mut [Draft],
        left: &mut Vec<String>,
    ) -> Result<(), NoProposal> {
        let work = self.work;
        let of_env: Vec<Change> = work
            .classes
            .iter()
            .filter_map(|(name, class)| {
                let value = match class {
                    Class::Secret(value) => value.as_str(),
                    Class::Plain(value) => value,
                    Class::Imported(_) | Class::Unclear => return None,
                };
                Some(Change::of_name(Name::Fixed((*name).to_owned()), value))
            })
            .collect();
        let all = self.databases.map_or(&[][..], |databases| &databases.all);
        let is_found = |literal: &Literal| work.is_found(literal);
        let literals = secrets_of(all, &is_found);
        if literals.len() > MOST {
            return Err(NoProposal::TooMuch);
        }
        let of_databases: Vec<Change> = literals
            .iter()
            .map(|(name, literal)| Change::of_name(name.clone(), &literal.text))
            .filter(|change| work.class_of(&change.name).is_none())
            .collect();
        let settings = drafts.iter().flat_map(|draft| &draft.changes);
        let changes: Vec<&Change> = of_env
            .iter()
            .chain(settings.map(|(change, _)| change))
            .chain(&of_databases)
            .collect();
        let mut given = self.names.give(&changes).into_iter();
        for change in &of_env {
            if let (Some(Err(why)), Name::Fixed(name)) = (given.next(), &change.name) {
                left.push(format!("`{name}`: {why}"));
            }
        }
        for (number, draft) in drafts.iter_mut().enumerate() {
            for (at, (change, place)) in draft.changes.iter().enumerate() {
                match given.next() {
                    Some(Ok(name)) => {
                        let place = (number, change.range().start);
                        self.of_settings.entry(name.clone()).or_insert(place);
                        draft.named.push((at, name));
                    }
                    Some(Err(why)) => draft.left.push(format!("{place}: {why}")),
                    None => {}
                }
            }
        }
        let moved = literals
            .iter()
            .filter(|(name, _)| work.class_of(name).is_none());
        for (_, literal) in moved {
            let Some(Ok(name)) = given.next() else {
                return Err(NoProposal::Unwritable);
            };
            self.of_literals
                .insert(literal.span.start, self.secret_of(&name));
            self.of_databases.insert(name);
        }
        Ok(())
    }

    /// What a variable's secret is called in the store. One that reads names as environments spell them must come back to
    /// the very variable.
    fn secret_of(&self, variable: &str) -> String {
        let name = secret_name(variable);
        let back = name.to_ascii_uppercase().replace('-', "_");
        // It looks for the name as it stands first.
        let is_other = name != variable && self.work.classes.contains_key(name.as_str());
        if self.work.project.store.kind == kind::DOTENV && (back != variable || is_other) {
            return variable.to_owned();
        }
        name
    }

    fn reference(&self, variable: &str) -> String {
        let instance = &self.work.project.store.instance;
        format!("{instance}://{}", self.secret_of(variable))
    }

    /// The variables of `[env]`: those that the settings read or are to read, in their order, then the rest of the env file.
    pub(super) fn entries(&self, databases: Option<(usize, &settings::Databases)>) -> Vec<Entry> {
        let facts = self.work.facts;
        let mut reads: Vec<(usize, usize, Cow<'_, settings::Read>)> = Vec::new();
        let mut within = BTreeSet::new();
        for (number, facts) in facts.iter().enumerate() {
            for read in facts.reads.iter().filter(|_| !facts.is_prefixed) {
                let is_within = databases.is_some_and(|(file, databases)| {
                    file == number && databases.range.contains(&read.at)
                });
                if is_within {
                    within.insert(read.name.as_str());
                } else {
                    reads.push((number, read.at, Cow::Borrowed(read)));
                }
            }
        }
        for (name, (number, at)) in &self.of_settings {
            let read = settings::Read {
                name: name.clone(),
                is_optional: false,
                is_url: false,
                at: *at,
            };
            reads.push((*number, *at, Cow::Owned(read)));
        }
        reads.sort_by_key(|(number, at, _)| (*number, *at));
        let scheme: BTreeSet<&str> = facts
            .iter()
            .flat_map(|facts| facts.scheme.iter().map(String::as_str))
            .collect();
        let mut seen: BTreeSet<&str> = NOT_OURS.iter().copied().collect();
        seen.extend(databases.map(|_| DATABASES));
        let mut entries = Vec::new();
        for (name, is_optional, is_url) in
            settings::merged(reads.iter().map(|(_, _, read)| &**read))
        {
            if !seen.contains(name) && !name.starts_with("NUAGES_") {
                let is_optional = is_optional || scheme.contains(name);
                entries.push(self.entry(name, is_optional, is_url));
            }
            within.insert(name);
        }
        let variables = self.work.project.env.iter().flat_map(|env| &env.variables);
        for name in variables.map(|variable| variable.name.as_str()) {
            let is_new = !within.contains(name) && seen.insert(name);
            if is_new && self.work.classes.contains_key(name) && !name.starts_with("NUAGES_") {
                entries.push(self.entry(name, true, false));
            }
        }
        entries
    }

    fn entry(&self, name: &str, is_optional: bool, is_url: bool) -> Entry {
        let of = |value: String, is_optional: bool| Entry {
            name: name.to_owned(),
            value,
            is_optional,
            on_laptops: None,
        };
        match self.known(name, is_url, is_optional) {
            Known::Stored(reference) => of(format!("${{{reference}}}"), false),
            Known::Unknown(reference) => of(format!("${{{reference}}}"), is_optional),
            Known::Plain(None) => of(format!("${{env://{name}}}"), is_optional),
            Known::Plain(Some(value)) => {
                // As the libraries have it: what the environment says comes before the file.
                let with = |value: &str| {
                    let text = manifest::with_default(&format!("env://{name}"), value);
                    text.unwrap_or_else(|| manifest::plain(value))
                };
                match classify::off(name, &value) {
                    Some(off) => Entry {
                        on_laptops: Some(with(&value)),
                        ..of(with(off), false)
                    },
                    None => of(with(&value), false),
                }
            }
        }
    }

    /// What a variable is. One that may be missing is asked of nobody.
    fn known(&self, name: &str, is_url: bool, is_optional: bool) -> Known {
        let unknown = || {
            let secret = self.secret_of(name);
            if !is_optional {
                self.unknown.borrow_mut().insert(secret);
            }
            Known::Unknown(self.reference(name))
        };
        if self.of_settings.contains_key(name) {
            return Known::Stored(self.reference(name));
        }
        match self.work.classes.get(name) {
            Some(Class::Imported(reference)) => Known::Stored(reference.clone()),
            Some(Class::Secret(_)) => Known::Stored(self.reference(name)),
            Some(Class::Plain(value)) => Known::Plain(Some(value.clone())),
            Some(Class::Unclear) => unknown(),
            None if is_url || classify::is_secret_name(name) => unknown(),
            None => Known::Plain(None),
        }
    }

    /// The values for the store: the secrets of the env file, and what stood in the settings.
    pub(super) fn moves(&self) -> Vec<Move> {
        let taken = self.names.taken();
        let is_secret = |variable: &str| {
            self.of_settings.contains_key(variable)
                || self.of_databases.contains(variable)
                || matches!(self.work.classes.get(variable), Some(Class::Secret(_)))
        };
        taken
            .filter(|(_, taken)| is_secret(&taken.variable))
            .map(|(_, taken)| Move {
                variable: taken.variable.clone(),
                secret: self.secret_of(&taken.variable),
                is_of_settings: !matches!(
                    self.work.classes.get(taken.variable.as_str()),
                    Some(Class::Secret(value)) if value.as_str() == taken.expose()
                ),
                value: Zeroizing::new(taken.expose().to_owned()),
            })
            .collect()
    }
}

impl Refer for Attempt<'_> {
    fn literal(&self, literal: &Literal) -> Option<String> {
        let instance = &self.work.project.store.instance;
        let secret = self.of_literals.get(&literal.span.start)?;
        (!literal.span.is_empty()).then(|| format!("{instance}://{secret}"))
    }

    fn variable(&self, name: &str, key: &str, default: Option<&Literal>) -> Known {
        // A default that is a secret has gone to the store under the variable's own name.
        if default.is_some_and(|default| self.of_literals.contains_key(&default.span.start)) {
            return Known::Stored(self.reference(name));
        }
        self.known(name, is_login(key), default.is_some())
    }
}
