//! What stands in a database's `url` beside its references, for the rules of its engine: what can never work is told
//! before any reference is resolved.

use super::auth::seen;
use crate::{
    django::{
        database::from_url,
        engine::{self, Family},
        entra,
        seen::{Fault, Seen},
    },
    manifest::{DatabaseEntry, Node},
    template::{Part, Template},
    value::{Table, Text, Value},
};

/// The faults of a database that has a `url`: of SQL Server's, which alone has rules where there is no `auth`.
pub(super) fn faults(database: &DatabaseEntry) -> Vec<Fault> {
    let url = database.url.as_ref().map(|url| &url.node);
    let Some(Node::Text(template)) = url.filter(|_| database.from.is_none()) else {
        return Vec::new();
    };
    let known = mark(template).and_then(|mark| Some((keys(template, &mark, database)?, mark)));
    let Some((keys, mark)) = known else {
        return Vec::new();
    };
    let engine = match (database.engine(), keys.get("ENGINE")) {
        (Some(written), _) => Some(written),
        (None, Some(Value::Text(engine))) => Some(engine.expose()),
        _ => None,
    };
    let family = engine.and_then(engine::find).map(|engine| engine.family);
    if family != Some(Family::Mssql) {
        return Vec::new();
    }
    let behind = opened(Seen::of(&keys), &mark);
    entra::check(Family::Mssql, None, &put_on(behind, seen(database)))
}

/// Digits, which may also be a port, that stand nowhere in the URL: they stand for a reference.
fn mark(template: &Template) -> Option<String> {
    let is_free = |mark: &String| {
        let has = |part: &Part| matches!(part, Part::Literal(text) if text.contains(mark.as_str()));
        !template.parts.iter().any(has)
    };
    (10_000..=64_979)
        .rev()
        .map(|number: u16| number.to_string())
        .find(is_free)
}

/// The keys of the URL, a mark in the place of each reference; `None` where a reference may bring any key.
fn keys(template: &Template, mark: &str, database: &DatabaseEntry) -> Option<Table> {
    let opens = |pair: &[Part]| matches!(pair, [Part::Literal(text), Part::Hole(_)] if text.ends_with(['?', '&']));
    if template.parts.windows(2).any(opens) {
        return None;
    }
    let part = |part: &Part| match part {
        Part::Literal(text) => text.clone(),
        Part::Hole(_) => mark.to_owned(),
    };
    let text: String = template.parts.iter().map(part).collect();
    let keys = from_url(&Text::plain(text), database.url_style.unwrap_or_default()).ok()?;
    let Some(Value::Table(options)) = keys.get("OPTIONS") else {
        return Some(keys);
    };
    let is_open = options.iter().any(|(name, _)| name.contains(mark));
    (!is_open).then_some(keys)
}

/// What holds the mark is not known.
fn opened<'a>(seen: Seen<'a>, mark: &str) -> Seen<'a> {
    match seen {
        Seen::Text(text) if text.contains(mark) => Seen::Unknown,
        Seen::Table(entries) => {
            let entries = entries.into_iter();
            Seen::Table(
                entries
                    .map(|(name, seen)| (name, opened(seen, mark)))
                    .collect(),
            )
        }
        other => other,
    }
}

/// What is written beside a URL adds to its `OPTIONS` and takes the place of all else.
fn put_on<'a>(behind: Seen<'a>, beside: Seen<'a>) -> Seen<'a> {
    let (Seen::Table(mut behind), Seen::Table(beside)) = (behind, beside) else {
        return Seen::Other;
    };
    for (name, seen) in beside {
        match (behind.iter_mut().find(|(have, _)| *have == name), seen) {
            (Some((_, Seen::Table(have))), Seen::Table(more)) => {
                have.retain(|(name, _)| !more.iter().any(|(other, _)| other == name));
                have.extend(more);
            }
            (Some((_, have)), seen) => *have = seen,
            (None, seen) => behind.push((name, seen)),
        }
    }
    Seen::Table(behind)
}
