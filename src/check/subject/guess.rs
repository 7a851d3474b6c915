//! What can be told of a database although nothing says it outright: the family of an engine that wraps another, and the
//! options behind a URL that a reference brings.

use super::{
    database::Database,
    field::{Field, From, Known},
    url::Standins,
};
use crate::{
    django::{
        database::from_url,
        engine::{Family, is_relative},
    },
    manifest::{DatabaseEntry, Span},
    template::{Part, Template},
    value::{Text, Value},
};

/// What stands in the paths of engines that hand all on to Django's: `django_prometheus.db.backends.postgresql`.
const WORDS: &[(&str, Family)] = &[
    ("postgres", Family::Postgresql),
    ("postgis", Family::Postgresql),
    ("psqlextra", Family::Postgresql),
    ("django_tenants", Family::Postgresql),
    ("mysql", Family::Mysql),
    ("mariadb", Family::Mysql),
    ("sqlite", Family::Sqlite),
    ("spatialite", Family::Sqlite),
    ("oracle", Family::Oracle),
];

/// Paths that are no wrappers: Django's own, whose names are known, and drivers with options of their own.
const OTHERS: &[&str] = &["django.db.", "django.contrib.", "mysql.connector."];

/// The family of an engine by the words of its path, or, where a reference brings the engine, by an option that one driver
/// alone has.
pub(super) fn family(database: &Database<'_>) -> Option<Family> {
    if let Some(engine) = database.text("ENGINE") {
        if is_relative(engine) {
            return Some(Family::Postgresql);
        }
        let is_other = !engine.contains('.') || OTHERS.iter().any(|one| engine.starts_with(one));
        let word = WORDS.iter().find(|(word, _)| engine.contains(word));
        return word.filter(|_| !is_other).map(|(_, family)| *family);
    }
    let is_behind_url = |name: &str| {
        let option = database.option(name);
        option.is_some_and(|option| option.from == From::Url)
    };
    if is_behind_url("sslmode") || is_behind_url("sslrootcert") {
        Some(Family::Postgresql)
    } else if is_behind_url("ssl_mode") {
        Some(Family::Mysql)
    } else {
        None
    }
}

/// The options of a query that is written out behind a reference: `${env://DATABASE_URL}?sslmode=require`.
pub(super) fn options(template: &Template, entry: &DatabaseEntry, span: &Span) -> Option<Field> {
    let Some(Part::Hole(_)) = template.parts.first() else {
        return None;
    };
    let standins = Standins::of(template);
    let text = standins.text(template);
    let (_, query) = text.split_once('?')?;
    let url = Text::plain(format!("postgres://localhost/x?{query}"));
    let keys = from_url(&url, entry.url_style.unwrap_or_default()).ok()?;
    let is_options = |(name, _): &(String, Value)| name == "OPTIONS";
    let (name, value) = keys.into_iter().find(is_options)?;
    let mut field = Field::brought(&name, Known::of(&value, From::Url, span), From::Url, span);
    standins.open(&mut field);
    Some(field)
}
