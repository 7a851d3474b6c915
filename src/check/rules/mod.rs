//! The rules, one file a family, in the order of their ids.

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
    subject::Subject,
};

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

/// What the rules find in one way of using the manifest.
pub(crate) fn apply(subject: &Subject<'_>, surroundings: Option<&Surroundings<'_>>) -> Vec<Found> {
    let mut found = Vec::new();
    for rule in all() {
        let mut out = Out::new(rule, &mut found);
        match rule.check.base() {
            Check::Family(family, check) => {
                for database in &subject.databases {
                    if database.family == Some(*family) {
                        check(database, subject, &mut out);
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
            | Check::Reading
            | Check::Settings(_)
            | Check::AndSettings(..)
            | Check::Server
            | Check::Suppression => {}
        }
    }
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

/// What the rules find that hold the ways of using the manifest against each other.
pub(crate) fn across(subjects: &[Subject<'_>]) -> Vec<Found> {
    let mut found = Vec::new();
    for rule in all() {
        if let Check::Across(check) = rule.check {
            check(subjects, &mut Out::new(rule, &mut found));
        }
    }
    found
}

#[cfg(test)]
mod tests;
