//! Which parts of a plan a changed secret reaches, and plans for those parts alone.

use std::collections::BTreeSet;

use crate::{
    django::engine::Family,
    plan::{File, FileContent, Plan, SlotId},
    variables::DATABASES_FILE,
};

/// The format that the Python package reads.
const DATABASES_JSON: &str = "databases-json";

/// What reaches the command in a way of its own.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Part {
    /// A database whose driver reads the password afresh.
    Live(String),
    /// A file of `[files]`, by its path.
    File(String),
    /// The environment: it stays as it is until the command is started again.
    Environment,
}

/// Every part that these slots reach.
pub(super) fn reached(plan: &Plan, slots: &[SlotId]) -> BTreeSet<Part> {
    let mut parts = BTreeSet::new();
    for slot in slots {
        let uses = &plan.instances[slot.instance].fetches[slot.fetch].uses;
        for usage in uses {
            add(plan, &usage.key, &mut parts);
        }
    }
    parts
}

fn add(plan: &Plan, key: &str, parts: &mut BTreeSet<Part>) {
    if let Some(path) = key.strip_prefix("files.") {
        parts.insert(Part::File(path.to_owned()));
        return;
    }
    let database = alias_of(plan, key);
    // A rendered file holds all databases and, as its format has it, all variables. One that says what is to be done about
    // a change is where the command reads them.
    let mut is_read_there = false;
    for file in &plan.files {
        if let FileContent::Format(format) = file.content
            && (database.is_some() || format.holds_env())
        {
            is_read_there |= file.on_change.is_some() || is_read_again(plan, file, key);
            parts.insert(Part::File(file.path.clone()));
        }
    }
    match database {
        Some(alias) if is_live(plan, alias) => {
            parts.insert(Part::Live(alias.to_owned()));
        }
        _ if is_read_there => {}
        _ => {
            parts.insert(Part::Environment);
        }
    }
}

/// Whether a key is read again at each connection out of this file: by the Python package, which prefers it to the
/// environment.
fn is_read_again(plan: &Plan, file: &File, key: &str) -> bool {
    let database = alias_of(plan, key).and_then(|alias| {
        let mut databases = plan.databases.iter();
        databases.find(|database| database.alias == alias)
    });
    let read_again = match database.and_then(|database| database.family) {
        Some(Family::Postgresql) => "PASSWORD",
        Some(Family::Mssql) => "TOKEN",
        _ => return false,
    };
    let last = database.and_then(|database| {
        let rest = key
            .strip_prefix("databases.")?
            .strip_prefix(&database.alias)?;
        rest.strip_prefix('.')
    });
    is_for_package(file) && last == Some(read_again)
}

/// Whether a file is the one that the Python package takes `DATABASES` from.
pub(super) fn is_for_package(file: &File) -> bool {
    let is_databases =
        matches!(file.content, FileContent::Format(format) if format.name() == DATABASES_JSON);
    is_databases && file.env == DATABASES_FILE
}

/// The database that a key belongs to. An alias may have dots in it.
pub(super) fn alias_of<'p>(plan: &'p Plan, key: &str) -> Option<&'p str> {
    let rest = key.strip_prefix("databases.")?;
    let is_within = |database: &&crate::plan::Database| {
        let below = rest.strip_prefix(database.alias.as_str());
        below.is_some_and(|below| below.is_empty() || below.starts_with('.'))
    };
    let databases = plan.databases.iter().filter(is_within);
    let database = databases.max_by_key(|database| database.alias.len())?;
    Some(&database.alias)
}

/// Whether a secret is wanted by a database.
pub(super) fn reaches(plan: &Plan, slot: SlotId, alias: &str) -> bool {
    let uses = &plan.instances[slot.instance].fetches[slot.fetch].uses;
    uses.iter()
        .any(|usage| alias_of(plan, &usage.key) == Some(alias))
}

/// Whether a database is live.
pub(super) fn is_live(plan: &Plan, alias: &str) -> bool {
    let mut databases = plan.databases.iter();
    databases.any(|database| database.alias == alias && database.live.is_some())
}

/// The plan without what these parts do not need. Instances and slots keep their numbers.
pub(super) fn plan_for(plan: &Plan, parts: &BTreeSet<Part>) -> Plan {
    let mut part = plan.clone();
    let renders = plan.files.iter().any(|file| {
        matches!(file.content, FileContent::Format(_))
            && parts.contains(&Part::File(file.path.clone()))
    });
    let has_all = renders || parts.contains(&Part::Environment);
    if !has_all {
        part.env.clear();
        part.databases
            .retain(|database| parts.contains(&Part::Live(database.alias.clone())));
    }
    part.files
        .retain(|file| parts.contains(&Part::File(file.path.clone())));
    part
}

/// The plan for one database, with the variables that no store is asked for.
pub(super) fn plan_to_verify(plan: &Plan, alias: &str) -> Plan {
    let mut part = plan.clone();
    part.databases.retain(|database| database.alias == alias);
    part.env.retain(|variable| variable.entry.node.is_literal());
    part.files.clear();
    part
}
