//! Servers: that what is not real stays away from what is.

use super::{Check, Rule, logins::OWASP};
use crate::{
    check::{
        found::Out,
        subject::{
            Database, Host, Subject, is_before_production, is_production, is_production_host,
        },
    },
    finding::Severity,
    manifest::entry,
};

pub(super) const GN009: Rule = Rule {
    id: "GN009",
    severity: Severity::Warning,
    title: "development reaches the production server",
    why: "A profile for development, tests or staging that connects to the host of production reads and changes real data: a test \
          that empties its tables, a migration that is only tried, a laptop that is lost. The host is production's where a profile \
          for production has it, or where a word of its name says so: `prod`, `production`, `live`, `prd`.",
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
    check: Check::Beside(real_host),
};

/// A server of production, and what holds the data there, where that is known.
type Real<'a> = (String, Option<&'a str>);

fn real_host(subjects: &[Subject<'_>], beside: &[Subject<'_>], out: &mut Out<'_>) {
    // Where a profile is named for production, its hosts are the real ones; else those of the manifest without any.
    let all = || subjects.iter().chain(beside);
    let is_named = |subject: &&Subject<'_>| subject.profiles.iter().any(|name| is_production(name));
    let has_named = all().any(|subject| is_named(&subject));
    let production: Vec<Real<'_>> = all()
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
    for subject in subjects.iter().filter(|subject| !is_real(subject)) {
        for database in &subject.databases {
            let Some(host) = far(database) else { continue };
            let is_called = is_production_host(&host);
            // Another database on a shared server is another thing. Staging is often a copy on it.
            let is_same = !subject.is_production()
                && production.iter().any(|(other, name)| {
                    *other == host && (*name == database.text("NAME") || name.is_none())
                });
            if (is_called || is_same)
                && entry(&subject.layer.databases, &database.alias.text).is_some()
            {
                let found = out.on(database, &["HOST"]);
                found.profiles.clone_from(&subject.profiles);
                if is_called && !is_same {
                    found.note("its name says that it is production's");
                }
            }
        }
    }
}

/// Whether real data belongs to it, as far as its profiles tell. What profiles are put on is no use of its own.
fn is_real(subject: &Subject<'_>) -> bool {
    let mut profiles = subject.profiles.iter();
    profiles.all(|_| subject.is_production())
        && !subject
            .profiles
            .iter()
            .any(|name| is_before_production(name))
}

/// A host that is known and is not this machine. A name without a dot is a service of the same composition or cluster.
fn far(database: &Database<'_>) -> Option<String> {
    match database.host() {
        Host::Name(name) if name.contains('.') => Some(name.to_ascii_lowercase()),
        Host::Address(address) => Some(address),
        _ => None,
    }
}
