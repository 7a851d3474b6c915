//! `DATABASES` as it is evaluated: keys that Django does not read, values of another type, what SQL Server's drivers refuse.
//! In a manifest these are mistakes that reading it tells.

use crate::{
    check::{
        found::{Found, Out},
        rules,
        subject::{Database, Field, Known, Subject},
    },
    django::{
        engine::Family,
        keys::{self, Kind, TEST_KEYS},
        mssql::Mssql,
        seen::Seen,
    },
    finding::Severity,
    suggest,
};

/// Everything that is found.
pub(super) fn faults(subject: &Subject<'_>) -> Vec<Found> {
    let mut found = Vec::new();
    for database in &subject.databases {
        unread(database, &mut found);
        mistyped(database, &mut found);
        refused(database, &mut found);
    }
    found
}

/// Says it by a rule, where there is one of this id.
fn tell(id: &str, found: &mut Vec<Found>, say: impl FnOnce(&mut Out<'_>)) {
    if let Some(rule) = rules::find(id) {
        say(&mut Out::new(rule, found));
    }
}

fn unread(database: &Database<'_>, found: &mut Vec<Found>) {
    // What another backend reads, nobody knows but its authors.
    let is_known = database.family.is_some();
    let known = || keys::KEYS.iter().map(|key| key.name);
    for field in &database.fields {
        let near = suggest::nearest(&field.name, known());
        if keys::find(&field.name).is_some() || (!is_known && near.is_none()) {
            continue;
        }
        tell("GN013", found, |out| {
            let one = out.on(database, &[&field.name]);
            match near {
                Some(near) => one.note(format!("did you mean `{near}`?")),
                // Something of the project's own may read it.
                None => one.severity(Severity::Warning),
            };
        });
    }
    for field in database.options() {
        if keys::find(&field.name).is_some() {
            tell("GN013", found, |out| {
                out.on(database, &["OPTIONS", &field.name])
                    .note("inside `OPTIONS` Django does not read it");
            });
        }
    }
    let test = database.field("TEST").map_or(&[][..], Field::fields);
    for field in test.iter().filter(|_| is_known) {
        if !TEST_KEYS.contains(&field.name.as_str()) {
            tell("GN013", found, |out| {
                let near = suggest::nearest(&field.name, TEST_KEYS.iter().copied());
                let one = out.on(database, &["TEST", &field.name]);
                if let Some(near) = near {
                    one.note(format!("did you mean `{near}`?"));
                }
            });
        }
    }
}

fn mistyped(database: &Database<'_>, found: &mut Vec<Found>) {
    for field in &database.fields {
        let Some(key) = keys::find(&field.name) else {
            continue;
        };
        let fits = match (key.kind, &field.value) {
            (_, Known::Unknown) => true,
            (Kind::Flag, value) => matches!(value, Known::Flag(_) | Known::Number(_)),
            (Kind::SecondsOrNull, value) => match value {
                Known::Number(number) => !number.starts_with('-'),
                Known::Null | Known::Flag(false) => true,
                _ => false,
            },
            (Kind::Options | Kind::Test, value) => matches!(value, Known::Table(_)),
            (Kind::Port, value) => matches!(value, Known::Text(_) | Known::Number(_) | Known::Null),
            _ => true,
        };
        if !fits {
            tell("GN014", found, |out| {
                out.on(database, &[&field.name]).note(format!(
                    "`{}` must be {}",
                    key.name,
                    key.kind.expects()
                ));
            });
        }
    }
    let path = &["TEST", "DEPENDENCIES"];
    let dependencies = database.at(path).map(|field| &field.value);
    if dependencies.is_some_and(|value| !matches!(value, Known::List(_) | Known::Unknown)) {
        tell("GN014", found, |out| {
            out.on(database, path)
                .note("`TEST.DEPENDENCIES` must be a list of aliases");
        });
    }
}

/// What mssql-django or its driver refuses.
fn refused(database: &Database<'_>, found: &mut Vec<Found>) {
    if database.family != Some(Family::Mssql) {
        return;
    }
    let seen = Seen::Table(seen(&database.fields));
    for fault in Mssql::new(&seen).check(false) {
        let Some(rule) = fault.rule else {
            continue;
        };
        let path: Vec<&str> = fault.path.iter().map(String::as_str).collect();
        tell(rule, found, |out| {
            let one = out.on(database, &path);
            one.note(fault.what);
            if let Some(hint) = fault.hint {
                one.remedy(hint);
            }
        });
    }
}

fn seen(fields: &[Field]) -> Vec<(&str, Seen<'_>)> {
    let fields = fields.iter();
    fields
        .map(|field| {
            let seen = match &field.value {
                Known::Text(text) => Seen::Text(text.expose()),
                Known::Flag(flag) => Seen::Flag(*flag),
                Known::Number(number) => Seen::Number(number.clone()),
                Known::Table(fields) => Seen::Table(seen(fields)),
                Known::Null | Known::List(_) => Seen::Other,
                Known::Unknown => Seen::Unknown,
            };
            (field.name.as_str(), seen)
        })
        .collect()
}
