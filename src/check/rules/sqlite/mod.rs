//! Rules for SQLite: where the file is, and what does nothing.

use std::path::Component;

use super::{
    Check, Rule,
    shared::{Look, normal, path_of},
};
use crate::{
    check::{
        Surroundings,
        fix::Fix,
        found::Out,
        subject::{Database, Field, From, Subject, has_word},
    },
    django::engine::Family,
    finding::Severity,
};

pub(super) const RULES: &[Rule] = &[OPEN, PASSWORD, MEMORY];

const DJANGO: &str = "https://docs.djangoproject.com/en/stable/ref/settings/#name";

const OPEN: Rule = Rule {
    id: "SL001",
    severity: Severity::Warning,
    title: "others can read the database's file",
    why: "A database below the directory of static or uploaded files is handed out to whoever asks for its path. It is \
          found where the path has a directory of such a name (`static`, `staticfiles`, `media`, `uploads`, `public`, …), \
          or begins as `STATIC_ROOT` or `MEDIA_ROOT` of `[env]` does. Where files may be looked at, a file that every \
          user of the machine may read, through each directory above it, is found too; off the way to real data, and of \
          a relative path, that is worth a thought and no more.",
    remedy: "move the file out of what is served, and let it be its owner's alone (`chmod 600`)",
    sources: &[
        "https://cheatsheetseries.owasp.org/cheatsheets/Database_Security_Cheat_Sheet.html",
        "https://docs.djangoproject.com/en/stable/ref/settings/#media-root",
    ],
    wrong: r#"[databases.default]
ENGINE = "sqlite3"
NAME = "/srv/shop/media/db.sqlite3"
"#,
    right: r#"[databases.default]
ENGINE = "sqlite3"
NAME = "/var/lib/shop/db.sqlite3"
"#,
    check: Check::Files(open),
};

const PASSWORD: Rule = Rule {
    id: "SL002",
    severity: Severity::Advice,
    title: "SQLite has no passwords",
    why: "Django does not hand `PASSWORD` on, and the file is not encrypted: whoever can read it has all of it. The secret \
          is fetched for nothing.",
    remedy: "take `PASSWORD` out, and guard the file",
    sources: &["https://docs.djangoproject.com/en/stable/ref/settings/#password"],
    wrong: r#"[databases.default]
ENGINE = "sqlite3"
NAME = "db.sqlite3"
PASSWORD = "${env://DB_PASSWORD}"
"#,
    right: r#"[databases.default]
ENGINE = "sqlite3"
NAME = "db.sqlite3"
"#,
    check: Check::Family(Family::Sqlite, password),
};

const MEMORY: Rule = Rule {
    id: "SL003",
    severity: Severity::Warning,
    title: "the database is in memory",
    why: "Each process has a database of its own, which is empty when it starts and gone when it ends. A profile for tests \
          is not meant, and the test database that Django makes is in memory anyway.",
    remedy: "write the path of a file as `NAME`; for tests, Django takes memory by itself",
    sources: &[DJANGO, "https://www.sqlite.org/inmemorydb.html"],
    wrong: r#"[databases.default]
ENGINE = "sqlite3"
NAME = ":memory:"
"#,
    right: r#"[databases.default]
ENGINE = "sqlite3"
NAME = "db.sqlite3"
TEST = { NAME = ":memory:" }
"#,
    check: Check::Family(Family::Sqlite, memory),
};

/// Directories that web servers hand out, as a rule.
const SERVED: &[&str] = &[
    "htdocs",
    "media",
    "mediafiles",
    "media_root",
    "public",
    "public_html",
    "static",
    "staticfiles",
    "static_root",
    "uploads",
    "webroot",
    "wwwroot",
];

/// Profiles whose databases may be gone when the process ends.
const FOR_TESTS: &[&str] = &["ci", "e2e", "test", "testing", "tests"];

/// The path of the file, of a plain `NAME` or of a URI, where there is a file.
fn file(field: &Field) -> Option<String> {
    let name = path_of(field)?;
    if is_memory(name) {
        return None;
    }
    let Some(uri) = name.strip_prefix("file:") else {
        return Some(name.to_owned());
    };
    let path = uri.split(['?', '#']).next().unwrap_or_default();
    // An authority may stand there, and is empty or `localhost`.
    let path = match path.strip_prefix("//") {
        Some(rest) => &rest[rest.find('/')?..],
        None => path,
    };
    let path = percent_encoding::percent_decode_str(path)
        .decode_utf8()
        .ok()?;
    (!path.is_empty()).then(|| path.into_owned())
}

fn is_memory(name: &str) -> bool {
    let Some(uri) = name.strip_prefix("file:") else {
        return name == ":memory:";
    };
    let (path, query) = uri.split_once('?').unwrap_or((uri, ""));
    path == ":memory:" || query.split(['&', '#']).any(|part| part == "mode=memory")
}

fn open(subject: &Subject<'_>, surroundings: Option<&Surroundings<'_>>, out: &mut Out<'_>) {
    let databases = subject
        .databases
        .iter()
        .filter(|database| database.family == Some(Family::Sqlite));
    for database in databases {
        let Some(path) = database.field("NAME").and_then(file) else {
            continue;
        };
        if let Some(why) = served(&path, subject, surroundings) {
            out.on(database, &["NAME"]).note(why);
            continue;
        }
        let Some(place) = surroundings.map(|around| around.lead(&path)) else {
            continue;
        };
        if let Look::File(mode) = Look::at(&place)
            && mode & 0o004 != 0
            && Look::is_reached(&place)
        {
            let found = out.on(database, &["NAME"]);
            found.note(format!("the file's mode is {mode:04o}"));
            // A relative path leads to another file where the application runs.
            if !subject.is_production() || !path.starts_with('/') {
                found.severity(Severity::Advice);
            }
        }
    }
}

/// Why a path is one that is handed out.
fn served(
    path: &str,
    subject: &Subject<'_>,
    surroundings: Option<&Surroundings<'_>>,
) -> Option<String> {
    // A relative root and a relative path start at the same place.
    let whole = |path: &str| match surroundings {
        Some(around) => normal(&around.lead(path).to_string_lossy()),
        None => normal(path),
    };
    let place = whole(path);
    let path = normal(path);
    let root = subject.env.iter().find(|field| {
        let is_root = field.name.ends_with("STATIC_ROOT") || field.name.ends_with("MEDIA_ROOT");
        let is_told = |root: &&str| normal(root).file_name().is_some();
        let root = path_of(field).filter(|root| is_root && is_told(root));
        root.is_some_and(|root| place.starts_with(whole(root)))
    });
    if let Some(root) = root {
        return Some(format!("it is below `env.{}`", root.name));
    }
    let directory = path.parent()?;
    // What is plugged in appears below `/media`.
    let names = directory.strip_prefix("/media").unwrap_or(directory);
    let name = names.components().find_map(|part| match part {
        Component::Normal(name) => {
            let name = name.to_str()?;
            let is_served = SERVED.contains(&name.to_ascii_lowercase().as_str());
            is_served.then_some(name)
        }
        _ => None,
    });
    if let Some(name) = name {
        return Some(format!("`{name}` is a directory that web servers hand out"));
    }
    path.starts_with("/var/www/html").then(|| {
        "`/var/www/html` is what web servers hand out unless they are told otherwise".to_owned()
    })
}

fn password(database: &Database<'_>, _: &Subject<'_>, out: &mut Out<'_>) {
    let Some(field) = database.field("PASSWORD") else {
        return;
    };
    if field.is_empty() || matches!(field.from, From::Secret | From::Auth) {
        return;
    }
    let is_written = field.key_span.is_some();
    let found = out.on(database, &["PASSWORD"]);
    if is_written {
        found.fix(Fix::remove(database, &["PASSWORD"]).shown());
    }
}

fn memory(database: &Database<'_>, subject: &Subject<'_>, out: &mut Out<'_>) {
    let is_for_tests = subject
        .profiles
        .iter()
        .any(|profile| has_word(profile, FOR_TESTS));
    if is_for_tests || !database.text("NAME").is_some_and(is_memory) {
        return;
    }
    let found = out.on(database, &["NAME"]);
    if !subject.is_production() {
        found.severity(Severity::Advice);
    }
}

#[cfg(test)]
mod tests;
