//! What becomes of the literals in settings: each secret one gives way, the databases as a whole.

use std::ops::Range;

use gix::bstr::BStr;
use zeroize::Zeroizing;

use super::{
    Edit, NoProposal, SETTINGS, classify,
    databases::{Database, Literal, Read, Value},
    settings,
    work::{Class, DATABASES, Work},
};
use crate::{
    finding::Confidence,
    scan::{
        detect::Match,
        fix::{self, Change, Name, Place, names::of_path},
        text::Text,
        words,
    },
};

impl Work<'_> {
    /// What can be done about the literals of each file.
    pub(super) fn drafts(&self, databases: Option<(usize, &settings::Databases)>) -> Vec<Draft> {
        let mut drafts = Vec::new();
        for (number, (file, found)) in self.project.settings.iter().zip(&self.found).enumerate() {
            let within = databases.filter(|(file, _)| *file == number);
            let is_elsewhere = |found: &&Match| {
                within.is_none_or(|(_, databases)| !databases.range.contains(&found.span.start))
            };
            let wanted: Vec<&Match> = found
                .iter()
                .filter(is_elsewhere)
                .filter(|found| is_wanted(found))
                .collect();
            let of_scan = wanted.iter().map(|found| Place {
                span: found.span.clone(),
                rule: found.rule.to_string(),
            });
            let urls = self.facts.get(number).map_or(&[][..], |facts| &facts.urls);
            let of_urls = urls
                .iter()
                .filter(|url| {
                    within.is_none_or(|(_, databases)| !databases.range.contains(&url.start))
                })
                .map(|url| Place {
                    span: url.clone(),
                    rule: "url-password".to_owned(),
                });
            let places: Vec<Place> = of_scan.chain(of_urls).collect();
            let is_sure: Vec<bool> = wanted
                .iter()
                .map(|found| found.confidence >= Confidence::Medium)
                .chain(std::iter::repeat(true))
                .take(places.len())
                .collect();
            let path: &BStr = SETTINGS.into();
            let text = Text::new(path, file.text.as_bytes());
            let is_by_package = self.has_package();
            let mut draft = Draft::default();
            let answers = fix::plan(&text, &places).into_iter();
            for ((answer, found), is_sure) in answers.zip(&places).zip(is_sure) {
                let line = text.line_of(found.span.start) + 1;
                let place = format!("`{}`, line {line}: `{}`", file.path, found.rule);
                match answer {
                    Ok(change) => {
                        let mut change = if is_by_package {
                            change.by_package()
                        } else {
                            change
                        };
                        match self.class_of(&change.name) {
                            Some(Class::Secret(value)) => change.set_value(value),
                            Some(Class::Plain(value)) => change.set_value(value),
                            _ => {}
                        }
                        draft.changes.push((change, place));
                    }
                    Err(why) if is_sure => {
                        draft.left.push(format!("{place}: {why}"));
                    }
                    Err(_) => {}
                }
                draft.hidden.push(found.span.clone());
            }
            drafts.push(draft);
        }
        drafts
    }

    /// What the env file says of the variable that a file reads already.
    pub(super) fn class_of(&self, name: &Name) -> Option<&Class> {
        match name {
            Name::Fixed(name) => self.classes.get(name.as_str()),
            Name::Wanted(_) => None,
        }
    }

    pub(super) fn edit(
        &self,
        number: usize,
        draft: &Draft,
        databases: Option<(usize, &settings::Databases)>,
        left: &mut Vec<String>,
    ) -> Result<Option<Edit>, NoProposal> {
        let Some(file) = self.project.settings.get(number) else {
            return Ok(None);
        };
        let path: &BStr = SETTINGS.into();
        let text = Text::new(path, file.text.as_bytes());
        let json = databases
            .filter(|(file, _)| *file == number)
            .map(|(_, databases)| Change::to_json(DATABASES, databases.range.clone()));
        let json = if self.has_package() {
            json.map(Change::by_package)
        } else {
            json
        };
        let mut changes: Vec<(&Change, &str)> = draft
            .named
            .iter()
            .filter_map(|(at, name)| Some((&draft.changes.get(*at)?.0, name.as_str())))
            .collect();
        changes.extend(json.iter().map(|change| (change, DATABASES)));
        left.extend(draft.left.iter().cloned());
        if changes.is_empty() {
            return Ok(None);
        }
        match fix::apply(&text, &changes, "nuages.toml") {
            Ok(new) => {
                let mut hidden = draft.hidden.clone();
                if json.is_some() {
                    let databases = databases.map(|(_, databases)| databases.all.as_slice());
                    for (_, literal) in secrets_of(databases.unwrap_or_default(), &|literal| {
                        self.is_found(literal)
                    }) {
                        hidden.push(inner(&literal.span));
                    }
                }
                Ok(Some(Edit {
                    file: number,
                    new: Zeroizing::new(new),
                    hidden,
                    gone: changes.iter().map(|(change, _)| change.range()).collect(),
                }))
            }
            // Without the databases there is less to do, and that may work.
            Err(_) if json.is_some() => Err(NoProposal::Unwritable),
            Err(why) => {
                let places = draft.changes.iter().map(|(_, place)| place);
                left.extend(places.map(|place| format!("{place}: {why}")));
                Ok(None)
            }
        }
    }
}

/// A literal without its quotes.
fn inner(span: &Range<usize>) -> Range<usize> {
    if span.len() > 2 {
        span.start + 1..span.end - 1
    } else {
        span.clone()
    }
}

/// What is to happen to one file.
#[derive(Default)]
pub(super) struct Draft {
    /// Each with its place, for people.
    pub(super) changes: Vec<(Change, String)>,
    /// Which of them have got a name.
    pub(super) named: Vec<(usize, String)>,
    hidden: Vec<Range<usize>>,
    pub(super) left: Vec<String>,
}

/// Whether a finding in settings is a secret: a setting that holds one is, whatever its value looks like.
fn is_wanted(found: &Match) -> bool {
    found.confidence >= Confidence::Medium
        || found.rule.starts_with("django-")
        || found.rule == "password"
}

/// Whether what stands under a key of a database lets somebody in.
pub(super) fn is_login(key: &str) -> bool {
    matches!(key, "PASSWORD" | "TOKEN" | "url") || words::bearing(key).is_some()
}

/// The literals of databases that are secrets, each with the name that it wants.
pub(super) fn secrets_of<'d>(
    all: &'d [Database],
    is_found: &dyn Fn(&Literal) -> bool,
) -> Vec<(Name, &'d Literal)> {
    let mut secrets = Vec::new();
    for database in all {
        if let Some((value, _)) = &database.url {
            let path = [DATABASES, &database.alias, "URL"];
            secrets_within(&path, value, is_found, &mut secrets);
        }
        for (key, value) in &database.keys {
            let path = [DATABASES, &database.alias, key];
            secrets_within(&path, value, is_found, &mut secrets);
        }
    }
    secrets
}

fn secrets_within<'d>(
    path: &[&str],
    value: &'d Value,
    is_found: &dyn Fn(&Literal) -> bool,
    secrets: &mut Vec<(Name, &'d Literal)>,
) {
    let key = path.last().copied().unwrap_or_default();
    let is_secret = |literal: &Literal| {
        !literal.text.is_empty()
            && !literal.span.is_empty()
            && (is_login(key)
                || is_found(literal)
                || classify::names_password(&literal.text)
                || key == "URL" && literal.text.contains('@'))
    };
    match value {
        Value::Text(literal) if is_secret(literal) => {
            let name = of_path(path, "password");
            secrets.push((Name::Wanted(name), literal));
        }
        Value::Read(Read {
            name,
            default: Some(default),
            ..
        }) if is_secret(default) => secrets.push((Name::Fixed(name.clone()), default)),
        Value::List(items) => {
            for item in items {
                secrets_within(path, item, is_found, secrets);
            }
        }
        Value::Table(entries) => {
            for (key, value) in entries {
                let path = [path, &[key]].concat();
                secrets_within(&path, value, is_found, secrets);
            }
        }
        _ => {}
    }
}
