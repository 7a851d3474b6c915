//! Logins: that there is one, that each is for one thing, and that what is not real stays away from what is.

use super::{Check, Rule};
use crate::{
    check::{
        found::Out,
        subject::{Database, Host, Subject, has_word},
    },
    django::engine::Family,
    finding::Severity,
    manifest::entry,
    template::{Part, Template},
};

const OWASP: &str =
    "https://cheatsheetseries.owasp.org/cheatsheets/Database_Security_Cheat_Sheet.html";

pub(super) const GN002: Rule = Rule {
    id: "GN002",
    severity: Severity::Warning,
    title: "no password, and nothing in its place",
    why: "A server that lets this login in asks for no password: whoever reaches the port has the database. If it does ask, the \
          application does not start.",
    remedy: "write `PASSWORD` as a reference, or what takes its place: `auth`, a passfile, an option file, a client certificate",
    sources: &[OWASP],
    wrong: r#"[databases.default]
ENGINE = "postgresql"
NAME = "shop"
HOST = "db.shop.example"
USER = "shop_app"
OPTIONS = { sslmode = "verify-full", sslrootcert = "system" }
"#,
    right: r#"[databases.default]
ENGINE = "postgresql"
NAME = "shop"
HOST = "db.shop.example"
USER = "shop_app"
OPTIONS = { sslmode = "verify-full", sslrootcert = "system", sslcert = "/run/tls/shop.crt", sslkey = "/run/tls/shop.key" }
"#,
    check: Check::Database(no_password),
};

/// What takes a password's place, by family: keys of `OPTIONS`, and variables that the client reads.
const INSTEAD: &[(Family, &[&str], &[&str])] = &[
    (
        Family::Postgresql,
        &[
            "passfile",
            "service",
            "sslcert",
            "sslkey",
            "gssencmode",
            "krbsrvname",
            "gsslib",
            "oauth_issuer",
            "password",
        ],
        &[
            "PGPASSWORD",
            "PGPASSFILE",
            "PGSERVICE",
            "PGSERVICEFILE",
            "KRB5CCNAME",
            "PGSSLCERT",
        ],
    ),
    (
        Family::Mysql,
        &[
            "read_default_file",
            "read_default_group",
            "passwd",
            "password",
            "auth_plugin",
            "unix_socket",
            "ssl",
        ],
        &["MYSQL_PWD"],
    ),
    (
        Family::Oracle,
        &[
            "wallet_location",
            "externalauth",
            "config_dir",
            "access_token",
            "password",
        ],
        &["TNS_ADMIN"],
    ),
    (Family::Mssql, &["dsn"], &[]),
];

fn no_password(database: &Database<'_>, subject: &Subject<'_>, out: &mut Out<'_>) {
    let Some((_, options, variables)) = INSTEAD
        .iter()
        .find(|(family, ..)| Some(*family) == database.family)
    else {
        return;
    };
    let is_open = database.is_opaque || database.method.is_some() || !database.is_remote();
    // Without a user, another rule says so.
    let is_other =
        database.family == Some(Family::Mssql) && (!database.has("USER") || has_login(database));
    if is_open
        || is_other
        || database.has("PASSWORD")
        || database.field("TOKEN").is_some()
        || database.has("Trusted_Connection")
        || options.iter().any(|name| is_in_place(database, name))
        || variables
            .iter()
            .any(|name| subject.variable(name).is_some())
    {
        return;
    }
    let found = out.on(database, &["PASSWORD"]);
    if !subject.is_production() {
        found.severity(Severity::Advice);
    }
}

/// `ssl` without a certificate of the client's is no login.
fn is_in_place(database: &Database<'_>, option: &str) -> bool {
    if option == "ssl" {
        let ssl = database.option("ssl");
        return ssl.is_some_and(|ssl| ssl.is_unknown() || ssl.get("cert").is_some());
    }
    database.has_option(option)
}

/// Whether `extra_params` logs in by itself.
fn has_login(database: &Database<'_>) -> bool {
    database.option("extra_params").is_some_and(|field| {
        let names = ["authentication", "pwd", "password", "trusted_connection"];
        let has = |text: &str| {
            let lower = text.to_ascii_lowercase();
            names.iter().any(|name| lower.contains(name))
        };
        field.is_unknown()
            || field.text().is_some_and(has)
            || field.fields().iter().any(|field| has(&field.name))
    })
}

pub(super) const GN007: Rule = Rule {
    id: "GN007",
    severity: Severity::Warning,
    title: "migrations and the application share a login",
    why: "Migrations make, change and drop tables; the application reads and writes rows. With one login for both, an injected \
          statement in the application may drop the tables.",
    remedy: "give migrations a login of their own, in a profile or with an alias; `nuages check --grants` writes the statements for both",
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

/// Words in an alias that is for migrations.
const MIGRATION: &[&str] = &[
    "migrate",
    "migration",
    "migrations",
    "migrator",
    "ddl",
    "schema",
];

fn shared_login(subjects: &[Subject<'_>], out: &mut Out<'_>) {
    for subject in subjects.iter().filter(|subject| subject.may_alter) {
        let Some(runtime) = subjects
            .iter()
            .find(|other| !other.may_alter && is_below(other, subject))
        else {
            continue;
        };
        for database in &subject.databases {
            let other = runtime
                .databases
                .iter()
                .find(|other| other.alias.text == database.alias.text);
            let Some(other) = other.filter(|_| database.is_remote()) else {
                continue;
            };
            if database.method.is_none() && is_same_text(database, other, "USER") {
                let found = out.on(database, &["USER"]);
                found.profiles.clone_from(&subject.profiles);
            }
        }
    }
    for subject in subjects.iter().filter(|subject| !subject.may_alter) {
        for database in &subject.databases {
            if !has_word(&database.alias.text, MIGRATION) {
                continue;
            }
            let twin = subject.databases.iter().find(|other| {
                other.alias.text != database.alias.text
                    && ["USER", "HOST", "NAME"]
                        .iter()
                        .all(|key| is_same_text(database, other, key))
            });
            if twin.is_some() && database.is_remote() {
                let found = out.on(database, &["USER"]);
                found.profiles.clone_from(&subject.profiles);
            }
        }
    }
}

/// Whether the profiles of one are among those of the other: what runs beside the migrations.
fn is_below(subject: &Subject<'_>, other: &Subject<'_>) -> bool {
    subject
        .profiles
        .iter()
        .all(|name| other.profiles.contains(name))
}

/// Whether two databases have a key alike: the same text, or the same reference.
fn is_same_text(a: &Database<'_>, b: &Database<'_>, key: &str) -> bool {
    let (Some(a), Some(b)) = (a.field(key), b.field(key)) else {
        return false;
    };
    match (a.text(), b.text()) {
        (Some(a), Some(b)) => !a.is_empty() && a == b,
        (None, None) => a.template.as_ref().is_some_and(|template| {
            let other = b.template.as_ref();
            other.is_some_and(|other| references(template) == references(other))
        }),
        _ => false,
    }
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
        for (place, database) in subject.databases.iter().enumerate() {
            let shares = subject.databases[..place].iter().find(|other| {
                is_other_login(database, other) && is_same_text(database, other, "PASSWORD")
            });
            if let Some(other) = shares {
                let note = format!("`{}` has the same", other.key(&["PASSWORD"]));
                let found = out.on(database, &["PASSWORD"]);
                found.profiles.clone_from(&subject.profiles);
                found.note(note);
            }
        }
    }
    // Migrations with the application's password and another name.
    for subject in subjects.iter().filter(|subject| subject.may_alter) {
        let runtime = subjects
            .iter()
            .find(|other| !other.may_alter && is_below(other, subject));
        for database in &subject.databases {
            let other = runtime.and_then(|runtime| {
                let mut databases = runtime.databases.iter();
                databases.find(|other| other.alias.text == database.alias.text)
            });
            let shares = other.is_some_and(|other| {
                is_other_login(database, other) && is_same_text(database, other, "PASSWORD")
            });
            if shares {
                let found = out.on(database, &["PASSWORD"]);
                found.profiles.clone_from(&subject.profiles);
                found.note("the application logs in with the same password under another name");
            }
        }
    }
}

/// Whether two databases are known to be logged in to under different names. A replica has the login of its primary.
fn is_other_login(a: &Database<'_>, b: &Database<'_>) -> bool {
    let named = |database: &Database<'_>| {
        let field = database.field("USER")?;
        let text = field.text().map(str::to_owned);
        text.or_else(|| {
            field
                .template
                .as_ref()
                .map(|template| references(template).concat())
        })
    };
    match (named(a), named(b)) {
        (Some(a), Some(b)) => !a.is_empty() && !b.is_empty() && a != b,
        _ => false,
    }
}

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
    let production: Vec<(String, Option<&str>)> = subjects
        .iter()
        .filter(|subject| subject.is_production())
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
