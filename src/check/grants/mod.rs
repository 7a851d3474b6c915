//! SQL that gives the login of the running application and the login of migrations what each needs of a database, and no
//! more. Nothing is asked of a server: what the manifest has written out is in it, what a reference brings is a variable.
//!
//! What Django needs is what its own migrations and models do: rows for the one, tables and rows for the other. Each
//! dialect's file names the pages of its server's manual that it was written by.

mod mssql;
mod mysql;
mod postgresql;
mod quote;
mod read;
mod replica;
mod search_path;

use std::fmt::Write as _;

use crate::{
    check::subject::has_word,
    diagnostic::{Class, Diagnostic},
    django::engine::Family,
    manifest::Manifest,
    plan::{self, Plan, Selection},
    registry::Registry,
    suggest,
};
use quote::{Dialect, remark};
use read::{Copied, Database, Name};
use replica::Standing;

/// What is said where the manifest has no login for migrations.
const ONE_LOGIN: &str = "-- The manifest has no login for migrations: this one is a proposal. A profile named migrate is where it goes.\n";

/// A word in the name of a profile for migrations, where nothing else is said.
const PROFILES: &[&str] = &["migrate", "migration", "migrations"];

/// The SQL for each database of the selection. The application's logins are those of the selected profiles; those of
/// migrations are the same databases' in the profile `migrate_profile`, or in one whose name has the word `migrate`,
/// `migration` or `migrations`.
///
/// # Errors
/// Every mistake of the manifest and of the selection; a name that no SQL can hold; two logins that cannot be kept apart.
pub fn sql(
    manifest: &Manifest,
    selection: &Selection,
    registry: &Registry,
    migrate_profile: Option<&str>,
) -> Result<String, Vec<Diagnostic>> {
    let profile =
        profile(manifest, &selection.profiles, migrate_profile).map_err(|error| vec![*error])?;
    let mut profiles = selection.profiles.clone();
    profiles.retain(|name| Some(name) != profile.as_ref());
    let running = planned(manifest, &profiles, registry)?;
    let migrating = match &profile {
        Some(profile) => {
            let profiles: Vec<String> = profiles.iter().chain([profile]).cloned().collect();
            Some(planned(manifest, &profiles, registry)?)
        }
        None => None,
    };
    let mut kept = kept(&running, &selection.only).map_err(|error| vec![*error])?;
    // What is written for a copy goes by what was written for its primary.
    kept.sort_by_key(|database| replica::has_own_login(&running, database));
    let mut sections: Vec<(Vec<&str>, String)> = Vec::new();
    let mut errors = Vec::new();
    for database in kept {
        match written(&running, database, migrating.as_ref()) {
            Ok(text) => match sections.iter_mut().find(|(_, have)| *have == text) {
                Some((aliases, _)) => aliases.push(&database.alias),
                None => sections.push((vec![&database.alias], text)),
            },
            Err(error) => errors.push(*error),
        }
    }
    if errors.is_empty() {
        Ok(joined(&sections, &profiles, profile.as_deref()))
    } else {
        Err(errors)
    }
}

/// The statements for one database: for a copy, those of its primary, or what lets its own login read.
fn written(
    running: &Plan,
    database: &plan::Database,
    migrating: Option<&Plan>,
) -> Result<String, Box<Diagnostic>> {
    let beside = |database| migrating.and_then(|plan| migrations_of((running, database), plan));
    match replica::standing(running, database) {
        Standing::Own => section((running, database), beside(database), None),
        Standing::Shares(primary) => section((running, primary), beside(primary), None),
        Standing::Reads(primary, copied) => section(
            (running, primary),
            beside(primary),
            Some((database, copied)),
        ),
        Standing::Unclear(why) => Ok(why),
    }
}

/// The database for migrations: that of the same alias. Where this has no login of its own, that of another alias of the
/// same database.
fn migrations_of<'p>(
    running: (&Plan, &plan::Database),
    migrating: &'p Plan,
) -> Option<(&'p Plan, &'p plan::Database)> {
    let database = running.1;
    let of = |alias: &str| {
        let mut databases = migrating.databases.iter();
        databases.find(|other| other.alias == alias)
    };
    let own = of(&database.alias);
    let has_login = |other: &&plan::Database| read::has_migrations(running, (migrating, other));
    let others = running.0.databases.iter();
    let others = others.filter(|other| read::is_one(running.0, database, other));
    let shared = || {
        let is_same = |other: &&plan::Database| {
            read::name(other).text == read::name(database).text
                && read::family(other) == read::family(database)
        };
        let mut others = others.filter_map(|other| of(&other.alias));
        others.find(|other| is_same(other) && has_login(other))
    };
    own.filter(has_login)
        .or_else(shared)
        .or(own)
        .map(|other| (migrating, other))
}

fn planned(
    manifest: &Manifest,
    profiles: &[String],
    registry: &Registry,
) -> Result<Plan, Vec<Diagnostic>> {
    let selection = Selection {
        profiles: profiles.to_vec(),
        only: Vec::new(),
    };
    plan::plan(manifest, &selection, registry)
}

/// The profile that is for migrations, where there is one. Of several it is the one that is named after a selected profile,
/// as `prod-migrate` is after `prod`.
fn profile(
    manifest: &Manifest,
    selected: &[String],
    named: Option<&str>,
) -> Result<Option<String>, Box<Diagnostic>> {
    if let Some(name) = named {
        // Whether it is there, the plan finds out.
        return Ok(Some(name.to_owned()));
    }
    let mut found: Vec<&str> = manifest
        .profiles()
        .filter(|name| has_word(name, PROFILES))
        .collect();
    let is_of_selected = |name: &&str| {
        let mut others = selected.iter().filter(|other| other != name);
        others.any(|other| has_word(name, &[&other.to_ascii_lowercase()]))
    };
    let of_selected: Vec<&str> = found
        .iter()
        .copied()
        .filter(|name| is_of_selected(name))
        .collect();
    if of_selected.len() == 1 {
        found = of_selected;
    }
    match found[..] {
        [] => Ok(None),
        [one] => Ok(Some(one.to_owned())),
        _ => {
            let title = format!(
                "several profiles may be for migrations: {}",
                suggest::list(&found)
            );
            Err(Box::new(
                Diagnostic::new(Class::Usage, title).hint("choose one: `--migrate-profile NAME`"),
            ))
        }
    }
}

/// The databases that `--only` keeps.
fn kept<'p>(plan: &'p Plan, only: &[String]) -> Result<Vec<&'p plan::Database>, Box<Diagnostic>> {
    let is_kept = |database: &&plan::Database, key: &str| {
        let path = format!("databases.{}", database.alias);
        key == "databases" || key == path || key.starts_with(&format!("{path}."))
    };
    let mut unknown = only.iter().filter(|key| {
        !plan
            .databases
            .iter()
            .any(|database| is_kept(&database, key))
    });
    if let Some(key) = unknown.next() {
        let aliases = plan.databases.iter();
        let known: Vec<String> = aliases
            .map(|database| format!("databases.{}", database.alias))
            .collect();
        let title = format!("the manifest has no database `{key}` to keep");
        let hint = suggest::hint(key, known.iter().map(String::as_str));
        return Err(Box::new(
            Diagnostic::new(Class::Usage, title).maybe_hint(hint),
        ));
    }
    let databases = plan.databases.iter();
    Ok(databases
        .filter(|database| only.is_empty() || only.iter().any(|key| is_kept(database, key)))
        .collect())
}

/// The statements for one database, or for its copy, or why there are none, as a comment.
fn section(
    running: (&Plan, &plan::Database),
    migrating: Option<(&Plan, &plan::Database)>,
    copy: Option<(&plan::Database, Copied)>,
) -> Result<String, Box<Diagnostic>> {
    let family = match read::family(running.1) {
        Ok(family) => family,
        Err(Some(engine)) => {
            return Ok(format!(
                "-- Nothing is written for the engine {}: it is not known here.\n",
                remark(&engine)
            ));
        }
        Err(None) => {
            return Ok(
                "-- Nothing is written: a reference says what the engine is. Write ENGINE beside it.\n"
                    .to_owned(),
            );
        }
    };
    if let Some(other) = migrating {
        same_place(running.1, other.1, family)?;
    }
    let mut database = read::read(running, migrating, family);
    if let Some((copy, copied)) = copy {
        database = read::read_copy((running.0, copy), database, copied, family);
    }
    match family {
        Family::Postgresql => check(&database, Dialect::Postgresql).map(|()| postgresql::write(&database)),
        Family::Mysql => check(&database, Dialect::Mysql).map(|()| mysql::write(&database)),
        Family::Mssql => check(&database, Dialect::Mssql).map(|()| mssql::write(&database)),
        Family::Sqlite => Ok("-- SQLite: a file, which has no logins. Who may read and write it, the file system decides: chmod 600.\n".to_owned()),
        Family::Oracle => Ok("-- Nothing is written for Oracle.\n".to_owned()),
    }
}

/// A profile for migrations that leads to another database is a mistake, and grants there would be another's.
fn same_place(
    running: &plan::Database,
    migrating: &plan::Database,
    family: Family,
) -> Result<(), Box<Diagnostic>> {
    let other = read::family(migrating);
    let names = [running, migrating].map(read::name);
    let is_other_name = matches!(
        (&names[0].text, &names[1].text),
        (Some(one), Some(two)) if one != two
    );
    if other == Ok(family) && !is_other_name {
        return Ok(());
    }
    let title = format!(
        "`databases.{}` is another database in the profile for migrations",
        running.alias
    );
    Err(Box::new(
        placed(title, &names[1]).hint("another login of the same database is meant there"),
    ))
}

/// That every name can be written, and that the two logins stay two.
fn check(database: &Database, dialect: Dialect) -> Result<(), Box<Diagnostic>> {
    let logins = [&database.runtime, &database.migrations];
    let roles = logins
        .into_iter()
        .flat_map(|login| std::iter::once(&login.name).chain(&login.assumes))
        .map(|name| (name, true));
    let places = std::iter::once(&database.name).chain(database.schemas.iter().flatten());
    for (name, is_role) in roles.chain(places.map(|name| (name, false))) {
        let Some(text) = &name.text else { continue };
        let of_login = || is_role.then(|| dialect.refusal_of_login(text)).flatten();
        if let Some(reason) = dialect.refusal(text).or_else(of_login) {
            let title = format!("a name in `{}` cannot be written: it {reason}", name.key);
            let is_made_up =
                database.is_proposed && std::ptr::eq(name, &raw const database.migrations.name);
            let hint = is_made_up.then(|| {
                "it is a proposal: give a profile for migrations a `USER` of its own".to_owned()
            });
            return Err(Box::new(placed(title, name).maybe_hint(hint)));
        }
    }
    let [running, migrating] = logins.map(read::Login::acts_as);
    let is_one = match (&running.text, &migrating.text) {
        (Some(running), Some(migrating)) => running == migrating,
        // Both logins have no role of their own, or the same key says which.
        _ => database.runtime.assumes.is_some() && running.span == migrating.span,
    };
    if is_one {
        let title = "both logins act as the same role: what one may do, the other may";
        let (at, hint) = match database.copied {
            Some(_) => (
                running,
                "give the copy a login of its own, which only reads",
            ),
            None => (
                migrating,
                "give the profile for migrations an `assume_role` of its own, which owns the tables",
            ),
        };
        return Err(Box::new(placed(title.to_owned(), at).hint(hint)));
    }
    Ok(())
}

fn placed(title: String, name: &Name) -> Diagnostic {
    match &name.span {
        Some(span) => Diagnostic::manifest(title, span.clone()),
        None => Diagnostic::new(Class::Manifest, title),
    }
}

/// A login in a comment: by its name, or by the variable that it comes in.
fn shown(name: &Name, variable: &str) -> String {
    let text = name.text.as_deref();
    text.map_or_else(|| format!("the login in the variable {variable}"), remark)
}

/// All sections, each under the databases that it is for.
fn joined(
    sections: &[(Vec<&str>, String)],
    profiles: &[String],
    migrate_profile: Option<&str>,
) -> String {
    let of = |profiles: &[String]| match profiles {
        [] => "no profile".to_owned(),
        names => format!("profile {}", remark(&names.join(", "))),
    };
    let migrating = match migrate_profile {
        Some(profile) => format!("for migrations with profile {}", remark(profile)),
        None => "no profile is for migrations".to_owned(),
    };
    let mut text = format!(
        "-- Made by nuages check --grants, {}; {migrating}.\n",
        of(profiles)
    );
    if sections.is_empty() {
        text.push_str("-- The manifest has no databases.\n");
    }
    if sections.len() > 1 {
        text.push_str(
            "-- Each section is for a server of its own: --only databases.NAME writes one.\n",
        );
    }
    for (aliases, section) in sections {
        let aliases = remark(&aliases.join(", "));
        // Writing to a string cannot fail.
        let _ = write!(text, "\n-- databases: {aliases}\n{section}");
    }
    text
}

#[cfg(test)]
mod tests;
