//! What the rules look at: a manifest with some profiles on it, each value as far as it is known, each with its place.

mod database;
mod defaults;
mod field;
mod guess;
mod host;
mod url;
mod variable;

use std::time::SystemTime;

use zeroize::Zeroizing;

use crate::{
    manifest::{DatabaseEntry, Layer, Manifest, Name, Span},
    plan::Selection,
    registry::Registry,
    render::Document,
    value::Text,
};

pub(crate) use database::{Age, Database};
pub(crate) use defaults::{by_default, default_of};
pub(crate) use field::{Field, From, Known, UNMADE};
pub(crate) use host::{Host, host};

/// Whether a module of settings is for development, as its name below the package tells: `shop.settings.dev`.
pub(crate) fn is_development(module: &str) -> bool {
    let mut parts = module.split('.').rev();
    let last = parts.next().unwrap_or_default();
    has_word(last, DEVELOPMENT)
}

/// What a profile is for, as its name tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    /// Real data: what is not said to be for anything else.
    Production,
    /// A laptop, tests, a CI job.
    Development,
}

/// Words in the names of profiles that no real data is behind.
const DEVELOPMENT: &[&str] = &[
    "ci",
    "debug",
    "demo",
    "dev",
    "devel",
    "develop",
    "developer",
    "development",
    "e2e",
    "github",
    "laptop",
    "local",
    "localhost",
    "non",
    "nonprod",
    "nonproduction",
    "preview",
    "pytest",
    "qa",
    "review",
    "sandbox",
    "test",
    "testing",
    "tests",
    "unittest",
];

/// Words in the names of profiles that real data is behind.
const PRODUCTION: &[&str] = &["prod", "production", "live", "prd"];

/// Words in the names of profiles for what is tried before production: as serious, and not production itself.
const BEFORE: &[&str] = &["pre", "stage", "staging", "uat"];

/// Variables that are looked at where a command inherits them.
const INHERITED: &[&str] = &["PGPASSWORD", "PGSERVICE", "PGSERVICEFILE"];

/// Words in the names of profiles, and of aliases, whose login changes the schema.
const MIGRATION: &[&str] = &[
    "migrate",
    "migrates",
    "migration",
    "migrations",
    "migrator",
    "ddl",
    "schema",
];

/// What references have brought, and what comes beside it.
#[derive(Clone, Copy)]
pub(crate) struct Brought<'a> {
    /// What a command would get; what failed is missing.
    pub(crate) document: &'a Document,
    /// What it would inherit.
    pub(crate) inherited: &'a [(String, Zeroizing<String>)],
}

/// One way in which the manifest can be used.
pub(crate) struct Subject<'a> {
    /// All of it.
    pub(crate) manifest: &'a Manifest,
    /// The profiles that are put on, the last wins.
    pub(crate) profiles: Vec<String>,
    /// The base with the profiles on it.
    pub(crate) layer: &'a Layer,
    /// What it is for.
    pub(crate) stage: Stage,
    /// Whether its login is the one that changes the schema.
    pub(crate) may_alter: bool,
    /// The databases, in the manifest's order.
    pub(crate) databases: Vec<Database<'a>>,
    /// The databases whose addresses stand in variables of `[env]`: teams read them with libraries of their own.
    pub(crate) addressed: Vec<Database<'a>>,
    /// `[env]`, in the manifest's order.
    pub(crate) env: Vec<Field>,
    /// What drivers read besides, where references have been resolved: what a command would inherit.
    inherited: Vec<Field>,
    /// Whether references have been resolved.
    pub(crate) is_resolved: bool,
    /// The providers of this build.
    pub(crate) registry: &'a Registry,
    /// The time by which things expire.
    pub(crate) now: SystemTime,
}

impl<'a> Subject<'a> {
    /// The manifest with the profiles that `layer` was selected by; `resolved` fills what references left open.
    pub(crate) fn new(
        (manifest, registry): (&'a Manifest, &'a Registry),
        layer: &'a Layer,
        selection: &Selection,
        resolved: Option<Brought<'_>>,
        now: SystemTime,
    ) -> Self {
        let inherited = resolved.map_or(&[][..], |brought| brought.inherited);
        let inherited = inherited.iter().filter(|(name, _)| {
            let is_set = layer.env.iter().any(|(have, _)| have.text == *name);
            INHERITED.contains(&name.as_str()) && !is_set
        });
        let inherited = inherited.map(|(name, value)| {
            let value = Known::Text(Text::secret(value.as_str()));
            Field::brought(name, value, From::Inherited, &(0..0))
        });
        let resolved = resolved.map(|brought| brought.document);
        let databases = layer.databases.iter().map(|(alias, entry)| {
            let values = resolved.and_then(|document| document.databases.get(&alias.text));
            Database::new(alias, entry, values)
        });
        let env = layer.env.iter().map(|(name, entry)| {
            let mut field = Field::of(name, &entry.slot.item);
            if let Some(value) = resolved.and_then(|document| document.env.get(&name.text)) {
                field.fill(value);
            }
            field
        });
        Self {
            manifest,
            registry,
            profiles: selection.profiles.clone(),
            layer,
            stage: stage_of(manifest, &selection.profiles),
            may_alter: may_alter(&selection.profiles),
            databases: databases.collect(),
            addressed: variable::addressed(layer, resolved),
            env: env.collect(),
            inherited: inherited.collect(),
            is_resolved: resolved.is_some(),
            now,
        }
    }

    /// `DATABASES` of evaluated settings: `databases` are its aliases, as `stand` has them.
    pub(crate) fn of_settings(
        stand: &'a Stand,
        databases: &[Field],
        (stage, registry): (Stage, &'a Registry),
        now: SystemTime,
    ) -> Self {
        let aliases = stand.aliases.iter().zip(databases);
        let databases = aliases.map(|(alias, field)| {
            Database::of_settings(alias, &stand.entry, field.fields().to_vec())
        });
        Self {
            manifest: &stand.manifest,
            registry,
            profiles: Vec::new(),
            layer: &stand.layer,
            stage,
            may_alter: false,
            databases: databases.collect(),
            addressed: Vec::new(),
            env: stand.variables.clone(),
            inherited: Vec::new(),
            is_resolved: true,
            now,
        }
    }

    /// A variable of `[env]`.
    pub(crate) fn variable(&self, name: &str) -> Option<&Field> {
        self.env.iter().find(|field| field.name == name)
    }

    /// A variable that a driver reads, which `[env]` does not set and the command inherits.
    pub(crate) fn inherited(&self, name: &str) -> Option<&Field> {
        self.inherited.iter().find(|field| field.name == name)
    }

    /// Whether real data may be behind it.
    pub(crate) fn is_production(&self) -> bool {
        self.stage == Stage::Production
    }
}

/// What stands in for a manifest where there are evaluated settings alone.
pub(crate) struct Stand {
    manifest: Manifest,
    layer: Layer,
    entry: DatabaseEntry,
    aliases: Vec<Name>,
    variables: Vec<Field>,
}

impl Stand {
    /// For databases of these aliases, and these variables of the environment.
    pub(crate) fn new<'a>(
        aliases: impl Iterator<Item = (&'a str, &'a Span)>,
        variables: &[String],
    ) -> Self {
        let name = |(text, span): (&str, &Span)| Name {
            text: text.to_owned(),
            span: span.clone(),
        };
        let variable =
            |name: &String| Field::brought(name, Known::Unknown, From::Reference, &(0..1));
        Self {
            manifest: Manifest::empty(),
            layer: Layer::default(),
            entry: DatabaseEntry {
                keys: Vec::new(),
                url: None,
                from: None,
                url_style: None,
                auth: None,
                live: None,
                verify: None,
            },
            aliases: aliases.map(name).collect(),
            variables: variables.iter().map(variable).collect(),
        }
    }
}

/// A profile is for development where one of the words in one of the names says so.
pub(crate) fn stage(profiles: &[String]) -> Stage {
    if is_for(profiles, DEVELOPMENT) {
        Stage::Development
    } else {
        Stage::Production
    }
}

/// What a manifest with these profiles is for: where one of its profiles is for production, it is for development without
/// any.
pub(crate) fn stage_of(manifest: &Manifest, profiles: &[String]) -> Stage {
    if profiles.is_empty() && manifest.profiles().any(is_production) {
        Stage::Development
    } else {
        stage(profiles)
    }
}

/// Whether the login of profiles is the one that changes the schema.
pub(crate) fn may_alter(profiles: &[String]) -> bool {
    is_for(profiles, MIGRATION)
}

/// Whether a profile is for real data and for all that runs there, by its name.
pub(crate) fn is_production(profile: &str) -> bool {
    let other = [MIGRATION, DEVELOPMENT, BEFORE];
    has_word(profile, PRODUCTION) && !other.iter().any(|words| has_word(profile, words))
}

/// Whether what is reached under a name is production's, by one of its labels: `shop-prod.eu.example`. The last one is a
/// domain that anybody may have: `shop.live`.
pub(crate) fn is_production_host(name: &str) -> bool {
    name.trim_end_matches('.')
        .rsplit_once('.')
        .is_some_and(|(labels, _)| is_production(labels))
}

/// Whether a profile is for what is tried before production.
pub(crate) fn is_before_production(profile: &str) -> bool {
    has_word(profile, BEFORE)
}

/// Whether a name is of what changes the schema.
pub(crate) fn is_migration(name: &str) -> bool {
    has_word(name, MIGRATION)
}

fn is_for(profiles: &[String], words: &[&str]) -> bool {
    profiles.iter().any(|name| has_word(name, words))
}

/// Words in the alias of a replica, besides `replica` in any of them.
const REPLICA: &[&str] = &[
    "follower", "reader", "readonly", "slave", "slaves", "standby",
];

/// Whether an alias is that of a copy, which is read alone.
pub(crate) fn is_replica(alias: &str) -> bool {
    let lower = alias.to_ascii_lowercase();
    let is_one = |part: &str| part.contains("replica") && !part.contains("replicat");
    has_word(&lower, REPLICA)
        || lower
            .split(|c: char| !c.is_ascii_alphanumeric())
            .any(is_one)
}

/// Whether a name has one of the words as a part of its own: `prod-migrate` has `migrate`, and so has `migrate2`.
pub(crate) fn has_word(name: &str, words: &[&str]) -> bool {
    let name = name.to_ascii_lowercase();
    name.split(|c: char| !c.is_ascii_alphanumeric())
        .any(|part| {
            let bare = part.trim_end_matches(|c: char| c.is_ascii_digit());
            words.contains(&part) || words.contains(&bare)
        })
}

#[cfg(test)]
mod tests;
