//! The rules, one file a family, in the order of their ids.

mod addressed;
pub(in crate::check) mod django;
mod generic;
mod mssql;
mod mysql;
mod oracle;
mod postgresql;
mod shared;
mod sqlite;
pub(super) mod suppression;

use super::{
    Surroundings,
    found::{Found, Out},
    rule::{Check, Rule},
    settings::Settings,
    subject::{Database, Subject},
};
use crate::django::engine;
use shared::by_default;

pub(in crate::check) use generic::{is_hidden, is_placeholder};

/// Every rule, by family.
pub(crate) const FAMILIES: &[Family] = &[
    Family {
        name: "generic",
        title: "Every engine",
        rules: generic::RULES,
    },
    Family {
        name: "postgresql",
        title: "PostgreSQL",
        rules: postgresql::RULES,
    },
    Family {
        name: "mssql",
        title: "SQL Server",
        rules: mssql::RULES,
    },
    Family {
        name: "mysql",
        title: "MySQL and MariaDB",
        rules: mysql::RULES,
    },
    Family {
        name: "sqlite",
        title: "SQLite",
        rules: sqlite::RULES,
    },
    Family {
        name: "oracle",
        title: "Oracle",
        rules: oracle::RULES,
    },
    Family {
        name: "django",
        title: "Django's settings",
        rules: django::RULES,
    },
    Family {
        name: "server",
        title: "What the server says",
        rules: super::server::RULES,
    },
    Family {
        name: "check",
        title: "What is suppressed",
        rules: suppression::RULES,
    },
];

/// Rules of one kind.
pub(crate) struct Family {
    /// The name of its page.
    pub(crate) name: &'static str,
    /// For people.
    pub(crate) title: &'static str,
    /// In the order of their ids.
    pub(crate) rules: &'static [Rule],
}

/// Every rule.
pub(crate) fn all() -> impl Iterator<Item = &'static Rule> {
    FAMILIES.iter().flat_map(|family| family.rules)
}

/// The rule of this id, in capitals or not.
pub(crate) fn find(id: &str) -> Option<&'static Rule> {
    all().find(|rule| rule.id.eq_ignore_ascii_case(id))
}

/// A database where references bring nothing and their defaults stand in, as Django then gets it: a rule is held against
/// that where it finds nothing in what is written. The rules of other families do so themselves.
fn settled<'a>(database: &Database<'a>) -> Option<Database<'a>> {
    let is_looked_at = matches!(
        database.family,
        Some(engine::Family::Postgresql | engine::Family::Mysql)
    );
    is_looked_at.then(|| database.by_default()).flatten()
}

/// What the rules find in one way of using the manifest.
pub(crate) fn apply(subject: &Subject<'_>, surroundings: Option<&Surroundings<'_>>) -> Vec<Found> {
    let mut found = Vec::new();
    let settled: Vec<Option<Database<'_>>> = subject.databases.iter().map(settled).collect();
    for rule in all() {
        let mut out = Out::new(rule, &mut found);
        match rule.check.base() {
            Check::Family(family, check) => {
                let databases = subject.databases.iter().zip(&settled);
                for (database, settled) in databases {
                    if database.family != Some(*family) {
                        continue;
                    }
                    let before = out.count();
                    check(database, subject, &mut out);
                    if let Some(settled) = settled
                        && out.count() == before
                    {
                        check(settled, subject, &mut out);
                        out.since(before).iter_mut().for_each(|one| {
                            by_default(one);
                        });
                    }
                }
            }
            Check::Database(check) => {
                for database in &subject.databases {
                    check(database, subject, &mut out);
                }
            }
            Check::Manifest(check) => check(subject, &mut out),
            Check::Files(check) => check(subject, surroundings, &mut out),
            Check::Across(_)
            | Check::Beside(_)
            | Check::Reading
            | Check::Settings(_)
            | Check::AndSettings(..)
            | Check::Server
            | Check::Suppression => {}
        }
    }
    addressed::apply(subject, &mut found);
    found
}

/// What the rules find in the evaluated settings.
pub(crate) fn of_settings(settings: &Settings<'_>) -> Vec<Found> {
    let mut found = Vec::new();
    for rule in all() {
        if let Check::Settings(check) | Check::AndSettings(_, check) = rule.check {
            check(settings, &mut Out::new(rule, &mut found));
        }
    }
    found
}

/// What the rules find that hold the ways of using the manifest against each other, and against `beside`: those for
/// production that were not asked for.
pub(crate) fn across(subjects: &[Subject<'_>], beside: &[Subject<'_>]) -> Vec<Found> {
    let mut found = Vec::new();
    for rule in all() {
        let mut out = Out::new(rule, &mut found);
        match rule.check {
            Check::Across(check) => check(subjects, &mut out),
            Check::Beside(check) => check(subjects, beside, &mut out),
            _ => {}
        }
    }
    found
}

#[cfg(test)]
mod tests;
