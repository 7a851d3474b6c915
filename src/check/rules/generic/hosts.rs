//! Servers: that what is not real stays away from what is.

use super::{Check, Rule, logins::OWASP};
use crate::{
    check::{
        found::Out,
        subject::{Database, Host, Subject, is_production},
    },
    finding::Severity,
    manifest::entry,
};

pub(super) const GN009: Rule = Rule {
    id: "GN009",
    severity: Severity::Warning,
    title: "development reaches the production server",
    why: "A profile for development or tests that connects to the host of production reads and changes real data: a test that \
          empties its tables, a migration that is only tried, a laptop that is lost.",
    remedy: "give the profile a `HOST` of its own",
    sources: &[OWASP],
    wrong: r#"[databases.default]
ENGINE = "postgresql"
NAME = "shop"
HOST = "db.shop.example"
USER = "shop_app"
PASSWORD = "${env://DB_PASSWORD}"
OPTIONS = { sslmode = "verify-full", sslrootcert = "system" }

[profiles.dev.databases.default]
CONN_MAX_AGE = 0
"#,
    right: r#"[databases.default]
ENGINE = "postgresql"
NAME = "shop"
HOST = "db.shop.example"
USER = "shop_app"
PASSWORD = "${env://DB_PASSWORD}"
OPTIONS = { sslmode = "verify-full", sslrootcert = "system" }

[profiles.dev.databases.default]
HOST = "localhost"
"#,
    check: Check::Across(real_host),
};

fn real_host(subjects: &[Subject<'_>], out: &mut Out<'_>) {
    // Where a profile is named for production, its hosts are the real ones; else those of the manifest without any.
    let is_named = |subject: &&Subject<'_>| subject.profiles.iter().any(|name| is_production(name));
    let has_named = subjects.iter().any(|subject| is_named(&subject));
    let production: Vec<(String, Option<&str>)> = subjects
        .iter()
        .filter(|subject| {
            if has_named {
                is_named(subject) && subject.is_production()
            } else {
                subject.profiles.is_empty()
            }
        })
        .flat_map(|subject| &subject.databases)
        .filter_map(|database| Some((far(database)?, database.text("NAME"))))
        .collect();
    for subject in subjects.iter().filter(|subject| !subject.is_production()) {
        for database in &subject.databases {
            let Some(host) = far(database) else { continue };
            // Another database on a shared server is another thing.
            let is_real = production.iter().any(|(other, name)| {
                *other == host && (*name == database.text("NAME") || name.is_none())
            });
            if is_real && entry(&subject.layer.databases, &database.alias.text).is_some() {
                let found = out.on(database, &["HOST"]);
                found.profiles.clone_from(&subject.profiles);
            }
        }
    }
}

/// A host that is known and is not this machine. A name without a dot is a service of the same composition or cluster.
fn far(database: &Database<'_>) -> Option<String> {
    match database.host() {
        Host::Name(name) if name.contains('.') => Some(name.to_ascii_lowercase()),
        Host::Address(address) => Some(address),
        _ => None,
    }
}
