//! PG017, PG021 and PG023: who logs in, with which of several passwords, and into what.

use super::{
    Check, Rule,
    libpq::Link,
    shared::{by_default, is_live, login_name, user},
};
use crate::{
    check::{
        administrators::is_administrator,
        fix::Fix,
        found::Out,
        subject::{Database, Subject},
    },
    django::engine::Family,
    finding::Severity,
};

pub(super) const PASSFILE: &str = "https://www.postgresql.org/docs/current/libpq-pgpass.html";

/// Databases that every server has.
const OF_THE_SYSTEM: &[&str] = &["postgres", "template0", "template1"];

pub(super) const TWO_PASSWORDS: Rule = Rule {
    id: "PG017",
    severity: Severity::Warning,
    title: "the password file is not used, or the password is in the environment",
    why: "libpq takes `PASSWORD` first, then the variable `PGPASSWORD`, and reads the password file only where it has \
          neither: what is written into the file afterwards is never used. `PGPASSWORD` also goes to every program that \
          the command starts, and on some systems other users can see it. Of a `live` database nuages takes it out of \
          the environment.",
    remedy: "keep one: `live = true` for a password that changes, else the file; take `PASSWORD` or `PGPASSWORD` out",
    sources: &[
        PASSFILE,
        "https://www.postgresql.org/docs/current/libpq-envars.html",
    ],
    wrong: r#"[databases.default]
ENGINE = "postgresql"
NAME = "shop"
HOST = "db.shop.example"
USER = "shop_app"
PASSWORD = "${env://DB_PASSWORD}"
OPTIONS = { sslmode = "verify-full", sslrootcert = "system", passfile = "/run/secrets/pgpass" }
"#,
    right: r#"[databases.default]
ENGINE = "postgresql"
NAME = "shop"
HOST = "db.shop.example"
USER = "shop_app"
OPTIONS = { sslmode = "verify-full", sslrootcert = "system", passfile = "/run/secrets/pgpass" }
"#,
    check: Check::Family(Family::Postgresql, two_passwords),
};

pub(super) const SUPERUSER: Rule = Rule {
    id: "PG021",
    severity: Severity::Warning,
    title: "the application logs in as an administrator",
    why: "This login is one that a server or a service is set up with: it may read, change and drop everything, in other \
          databases too, and change other logins. One query that somebody else has written is enough.",
    remedy: "make a role of the application's own, with rights on its own tables, and write it as `USER`",
    sources: &[
        "https://www.postgresql.org/docs/current/role-attributes.html",
        "https://cheatsheetseries.owasp.org/cheatsheets/Database_Security_Cheat_Sheet.html",
    ],
    wrong: r#"[databases.default]
ENGINE = "postgresql"
NAME = "shop"
HOST = "db.shop.example"
USER = "postgres"
PASSWORD = "${env://DB_PASSWORD}"
OPTIONS = { sslmode = "verify-full", sslrootcert = "system" }
"#,
    right: super::tls::RIGHT,
    check: Check::Family(Family::Postgresql, superuser),
};

pub(super) const SYSTEM_DATABASE: Rule = Rule {
    id: "PG023",
    severity: Severity::Advice,
    title: "the application's tables are in a database of the server",
    why: "`postgres` is where tools log in, and often everybody may; what stands in `template1` is copied into every new \
          database, and `template0` takes no connection. A database of its own has its own owner, rights and backups.",
    remedy: "make a database of the application's own, and write it as `NAME`",
    sources: &["https://www.postgresql.org/docs/current/manage-ag-templatedbs.html"],
    wrong: r#"[databases.default]
ENGINE = "postgresql"
NAME = "postgres"
HOST = "db.shop.example"
USER = "shop_app"
PASSWORD = "${env://DB_PASSWORD}"
OPTIONS = { sslmode = "verify-full", sslrootcert = "system" }
"#,
    right: super::tls::RIGHT,
    check: Check::Family(Family::Postgresql, system_database),
};

fn two_passwords(database: &Database<'_>, subject: &Subject<'_>, out: &mut Out<'_>) {
    let link = Link::new(database, subject);
    let has_file = has_passfile(&link);
    let password = ["PASSWORD"].into_iter().find(|key| database.has(key));
    if has_file && (password.is_some() || database.has_option("password")) {
        let path: &[&str] = match password {
            Some(_) => &["PASSWORD"],
            None => &["OPTIONS", "password"],
        };
        let found = link.found(out, "passfile");
        found.note(format!("`{}` is used, the file is not", database.key(path)));
        let is_written = database
            .at(path)
            .is_some_and(|field| field.key_span.is_some());
        if is_written {
            found.fix(Fix::remove(database, path).shown());
        }
    }
    let variable = subject
        .variable("PGPASSWORD")
        .filter(|field| !field.is_empty() && !is_live(database));
    if let Some(field) = variable {
        let found = out.variable(field);
        if has_file && password.is_none() {
            found.note(format!(
                "it is used, and `{}` is not",
                database.key(&["OPTIONS", "passfile"])
            ));
        }
        found.remedy("take it out of `[env]`: `PASSWORD`, a password file or `live = true` bring the password to this database alone");
    }
    // What is inherited may be meant for other programs: it is told where it is used.
    let inherited = subject
        .inherited("PGPASSWORD")
        .filter(|field| !field.is_empty() && !is_live(database) && link.lacks("password"));
    if inherited.is_some() && password.is_none() && variable.is_none() && !database.is_opaque {
        let found = out.on(database, &["PASSWORD"]);
        found.note(
            "the command inherits `PGPASSWORD` from where `nuages` is started, and it is used",
        );
        found.remedy("start `nuages` without it: `PASSWORD`, a password file or `live = true` bring the password to this database alone");
    }
}

/// Whether a password file is there for this database; what a variable names may be for any of them, so that it is held
/// against the first alone, where all have passwords.
fn has_passfile(link: &Link<'_>) -> bool {
    if link.database.option("passfile").is_some() {
        return link.database.has_option("passfile");
    }
    let mut all = Link::all(link.subject);
    let is_first = all
        .next()
        .is_some_and(|first| first.database.alias.text == link.database.alias.text);
    let has_password = |link: Link<'_>| link.database.has("PASSWORD") && !link.database.is_opaque;
    link.has("passfile") && is_first && all.all(has_password)
}

fn superuser(database: &Database<'_>, subject: &Subject<'_>, out: &mut Out<'_>) {
    let link = Link::new(database, subject);
    let by_variable = || subject.variable("PGUSER").filter(|_| !link.is_open());
    let Some(field) = user(database).or_else(by_variable) else {
        return;
    };
    let login = login_name(database, field);
    let Some((_, is_default)) =
        login.filter(|(name, _)| is_administrator(Family::Postgresql, name))
    else {
        return;
    };
    let found = if database.has("USER") {
        out.on(database, &["USER"])
    } else if database.has_option("user") {
        out.on(database, &["OPTIONS", "user"])
    } else {
        out.variable(field)
    };
    if !subject.is_production() {
        found.severity(Severity::Advice);
    }
    if is_default {
        by_default(found);
    }
}

fn system_database(database: &Database<'_>, _: &Subject<'_>, out: &mut Out<'_>) {
    if database
        .text("NAME")
        .is_some_and(|name| OF_THE_SYSTEM.contains(&name))
    {
        out.on(database, &["NAME"]);
    }
}
