//! Logins and passwords that are used for more than one thing.

use std::collections::HashMap;

use super::{Check, Rule, logins::OWASP};
use crate::{
    check::{
        found::Out,
        subject::{Database, Field, Subject, is_migration},
    },
    finding::Severity,
    manifest::entry,
    template::{Part, Template},
};

pub(super) const GN007: Rule = Rule {
    id: "GN007",
    severity: Severity::Warning,
    title: "migrations and the application share a login",
    why: "Migrations make, change and drop tables; the application reads and writes rows. With one login for both, an injected \
          statement in the application may drop the tables. A profile for migrations is held against `default`, what is on its \
          server, and the databases that the profile names; `TEST = { MIGRATE = false }` and another `assume_role` answer it.",
    remedy: "give migrations a login or an `assume_role` of their own, in a profile or with an alias; `nuages check --grants` writes the statements for both",
    sources: &[
        OWASP,
        "https://docs.djangoproject.com/en/stable/topics/migrations/",
    ],
    wrong: r#"[databases.default]
ENGINE = "postgresql"
NAME = "shop"
HOST = "db.shop.example"
USER = "shop"
PASSWORD = "${env://DB_PASSWORD}"
OPTIONS = { sslmode = "verify-full", sslrootcert = "system" }

[profiles.migrate.databases.default]
CONN_MAX_AGE = 0
"#,
    right: r#"[databases.default]
ENGINE = "postgresql"
NAME = "shop"
HOST = "db.shop.example"
USER = "shop_app"
PASSWORD = "${env://DB_PASSWORD}"
OPTIONS = { sslmode = "verify-full", sslrootcert = "system" }

[profiles.migrate.databases.default]
USER = "shop_migrations"
PASSWORD = "${env://DB_MIGRATIONS_PASSWORD}"
"#,
    check: Check::Across(shared_login),
};

fn shared_login(subjects: &[Subject<'_>], out: &mut Out<'_>) {
    for subject in subjects {
        for (database, other) in beside(subject, subjects) {
            let counts = database.method.is_none()
                && !is_mirror(database)
                && !is_other_role(database, other);
            if counts && is_same_text(database, other, "USER") {
                let found = out.on(database, &["USER"]);
                found.profiles.clone_from(&subject.profiles);
            }
        }
    }
    for subject in subjects.iter().filter(|subject| !subject.may_alter) {
        let mut places: HashMap<[Said<'_>; 3], Vec<&Database<'_>>> = HashMap::new();
        for database in &subject.databases {
            if let Some(place) = place(database) {
                places.entry(place).or_default().push(database);
            }
        }
        for database in &subject.databases {
            if !is_migration(&database.alias.text) {
                continue;
            }
            let twins = place(database).and_then(|place| places.get(&place));
            let has_twin = twins.is_some_and(|twins| {
                let mut twins = twins.iter();
                twins.any(|other| {
                    other.alias.text != database.alias.text && !is_other_role(database, other)
                })
            });
            if has_twin && database.is_remote() {
                let found = out.on(database, &["USER"]);
                found.profiles.clone_from(&subject.profiles);
            }
        }
    }
}

/// Who logs in, and where, as far as all of it is said.
fn place<'d>(database: &'d Database<'_>) -> Option<[Said<'d>; 3]> {
    let said = |key| Said::of(database.field(key)?);
    Some([said("USER")?, said("HOST")?, said("NAME")?])
}

/// The databases of a profile for migrations, each with what the application uses in its place: once for every way of
/// running the application that the migrations may be for.
fn beside<'s, 'a>(
    subject: &'s Subject<'a>,
    subjects: &'s [Subject<'a>],
) -> Vec<(&'s Database<'a>, &'s Database<'a>)> {
    if !subject.may_alter || !subject.is_production() {
        return Vec::new();
    }
    let is_runtime = |other: &&Subject<'_>| !other.may_alter && other.is_production();
    let runtimes: Vec<&Subject<'a>> = subjects.iter().filter(is_runtime).collect();
    let stack = subject.manifest.stack(&subject.profiles);
    // Migrations that are put on one profile are for that one.
    let own = |other: &&&Subject<'_>| {
        let below = other.manifest.stack(&other.profiles);
        !below.is_empty() && below.iter().all(|name| stack.contains(name))
    };
    let mine: Vec<&Subject<'a>> = runtimes.iter().filter(own).copied().collect();
    let runtimes = if mine.is_empty() { runtimes } else { mine };
    let mut named: HashMap<&str, Vec<&'s Database<'a>>> = HashMap::new();
    for other in runtimes.iter().flat_map(|runtime| &runtime.databases) {
        named.entry(&other.alias.text).or_default().push(other);
    }
    let mut pairs = Vec::new();
    let is_for_both = |name: &String| {
        let mut runtimes = runtimes.iter();
        runtimes.any(|runtime| subject.manifest.stack(&runtime.profiles).contains(name))
    };
    let mut only = stack;
    only.retain(|name| !is_for_both(name));
    let migrated = subject
        .databases
        .iter()
        .filter(|database| database.is_remote() && is_migrated(database, subject, &only));
    for database in migrated {
        let others = named
            .get(database.alias.text.as_str())
            .into_iter()
            .flatten();
        let others = others.filter(|other| !is_elsewhere(database, other));
        pairs.extend(others.map(|other| (database, *other)));
    }
    pairs
}

/// Whether profiles for migrations are about a database: it is `default`, or on the server of that, or one of the profiles
/// says something of it, and nothing says that nobody migrates it.
fn is_migrated(database: &Database<'_>, subject: &Subject<'_>, profiles: &[String]) -> bool {
    const DEFAULT: &str = "default";
    let alias = database.alias.text.as_str();
    if alias == DEFAULT {
        return true;
    }
    // Of `default` it says only that tests are quicker without.
    let migrate = database.at(&["TEST", "MIGRATE"]);
    if migrate.and_then(Field::flag) == Some(false) {
        return false;
    }
    let is_named = |name: &String| {
        let profile = entry(&subject.manifest.profiles, name);
        profile.is_some_and(|profile| entry(&profile.layer.databases, alias).is_some())
    };
    let mut databases = subject.databases.iter();
    let default = databases.find(|other| other.alias.text == DEFAULT);
    default.is_none_or(|default| is_same_text(default, database, "HOST"))
        || profiles.iter().any(is_named)
}

/// Whether two databases act as different roles, whoever logs in.
fn is_other_role(a: &Database<'_>, b: &Database<'_>) -> bool {
    let role = |database: &Database<'_>| {
        let field = database.option("assume_role")?;
        let written = field.text().map(str::to_owned);
        let brought = || field.template.as_ref().map(|one| references(one).concat());
        written.or_else(brought).filter(|role| !role.is_empty())
    };
    role(a) != role(b)
}

/// Whether this is the copy of another database: nobody migrates it, and it has a login that only reads.
fn is_mirror(database: &Database<'_>) -> bool {
    let mirror = database.field("TEST").and_then(|test| test.get("MIRROR"));
    mirror.is_some_and(|mirror| !mirror.is_empty())
}

/// Whether two databases are known to be on different servers.
fn is_elsewhere(a: &Database<'_>, b: &Database<'_>) -> bool {
    matches!((a.host_name(), b.host_name()), (Some(a), Some(b)) if a != b)
}

/// What a key says: a text, or the references that bring it.
#[derive(PartialEq, Eq, Hash)]
enum Said<'d> {
    Text(&'d str),
    References(Vec<String>),
}

impl<'d> Said<'d> {
    /// Nothing is said by a text that is empty, or that a reference hides.
    fn of(field: &'d Field) -> Option<Self> {
        match field.text() {
            Some(text) => (!text.is_empty()).then_some(Self::Text(text)),
            None => field
                .template
                .as_ref()
                .map(|template| Self::References(references(template))),
        }
    }
}

/// Whether two databases have a key alike: the same text, or the same reference.
fn is_same_text(a: &Database<'_>, b: &Database<'_>, key: &str) -> bool {
    let (Some(a), Some(b)) = (a.field(key), b.field(key)) else {
        return false;
    };
    Said::of(a).is_some_and(|said| Some(said) == Said::of(b))
}

/// The references of a template, as they are written.
fn references(template: &Template) -> Vec<String> {
    let part = |part: &Part| match part {
        Part::Literal(text) => text.clone(),
        Part::Hole(hole) => format!("${{{}}}", hole.reference),
    };
    template.parts.iter().map(part).collect()
}

pub(super) const GN008: Rule = Rule {
    id: "GN008",
    severity: Severity::Warning,
    title: "two logins have one password",
    why: "Where two logins share a password, whoever learns the lesser one has the other too, and neither can be changed by \
          itself.",
    remedy: "give each login a password of its own",
    sources: &[OWASP],
    wrong: r#"[databases.default]
ENGINE = "postgresql"
NAME = "shop"
HOST = "db.shop.example"
USER = "shop_app"
PASSWORD = "${env://DB_PASSWORD}"
OPTIONS = { sslmode = "verify-full", sslrootcert = "system" }

[databases.reports]
ENGINE = "postgresql"
NAME = "reports"
HOST = "db.shop.example"
USER = "shop_reports"
PASSWORD = "${env://DB_PASSWORD}"
OPTIONS = { sslmode = "verify-full", sslrootcert = "system" }
"#,
    right: r#"[databases.default]
ENGINE = "postgresql"
NAME = "shop"
HOST = "db.shop.example"
USER = "shop_app"
PASSWORD = "${env://DB_PASSWORD}"
OPTIONS = { sslmode = "verify-full", sslrootcert = "system" }

[databases.reports]
ENGINE = "postgresql"
NAME = "reports"
HOST = "db.shop.example"
USER = "shop_reports"
PASSWORD = "${env://REPORTS_PASSWORD}"
OPTIONS = { sslmode = "verify-full", sslrootcert = "system" }
"#,
    check: Check::Across(shared_password),
};

fn shared_password(subjects: &[Subject<'_>], out: &mut Out<'_>) {
    for subject in subjects {
        // With each password, the first login, and the first with another name: whichever comes next differs from one.
        let mut logins: HashMap<Said<'_>, Vec<(String, &Database<'_>)>> = HashMap::new();
        for database in &subject.databases {
            let password = database.field("PASSWORD").and_then(Said::of);
            let (Some(password), Some(login)) = (password, login(database)) else {
                continue;
            };
            let before = logins.entry(password).or_default();
            if let Some((_, other)) = before.iter().find(|(other, _)| *other != login) {
                let note = format!("`{}` has the same", other.key(&["PASSWORD"]));
                let found = out.on(database, &["PASSWORD"]);
                found.profiles.clone_from(&subject.profiles);
                found.note(note);
            }
            if before.len() < 2 && before.iter().all(|(other, _)| *other != login) {
                before.push((login, database));
            }
        }
    }
    // Migrations with the application's password and another name.
    for subject in subjects {
        for (database, other) in beside(subject, subjects) {
            if is_other_login(database, other) && is_same_text(database, other, "PASSWORD") {
                let found = out.on(database, &["PASSWORD"]);
                found.profiles.clone_from(&subject.profiles);
                found.note("the application logs in with the same password under another name");
            }
        }
    }
}

/// Whether two databases are known to be logged in to under different names. A replica has the login of its primary.
fn is_other_login(a: &Database<'_>, b: &Database<'_>) -> bool {
    matches!((login(a), login(b)), (Some(a), Some(b)) if a != b)
}

/// The login's name, or the references that bring it.
fn login(database: &Database<'_>) -> Option<String> {
    let field = database.field("USER")?;
    let written = field.text().map(str::to_owned);
    let brought = || {
        let template = field.template.as_ref()?;
        Some(references(template).concat())
    };
    written.or_else(brought).filter(|name| !name.is_empty())
}
