//! Settings as the project's own Python has them, each value with its place, for the rules to look at.

use std::{collections::BTreeSet, time::SystemTime};

use serde_json::Value as Json;
use zeroize::Zeroizing;

use super::{
    File,
    evaluate::{Answer, Failure, Message},
    places::{Places, Spot},
    secrets,
};
use crate::{
    check::{
        found::{Found, Out, Place},
        rules::is_placeholder,
        subject::{Field, From, Known, Stage, Stand, Subject},
    },
    manifest::Span,
    registry::Registry,
    scan::words::{Look, look},
    value::Text,
};

/// Marks what the answer has no form for.
const NO_FORM: &str = "\0";

/// A secret with fewer bytes may stand in a text by chance.
const SHORTEST: usize = 8;

/// The settings, evaluated. Holds secrets, so there is no `Debug`.
pub(crate) struct Evaluated {
    fields: Vec<Field>,
    own: BTreeSet<String>,
    has_pymysql: bool,
    /// The places of fields: the first byte of a field's span is its number here.
    spots: Vec<Spot>,
    pub(super) stage: Stage,
    /// What Django's own checks have found, or why they could not be run.
    pub(super) checks: Result<Vec<Message>, Failure>,
    /// What a subject needs that has no manifest.
    stand: Stand,
    /// Every secret that is known.
    secrets: Vec<Zeroizing<String>>,
}

/// The evaluated settings, with their databases as the rules look at them.
pub(crate) struct Settings<'a> {
    evaluated: &'a Evaluated,
    /// `DATABASES` in the place of a manifest's.
    pub(crate) subject: Subject<'a>,
}

impl Evaluated {
    /// Takes what the project's Python has answered. `main` is the file of the settings' module, of those that the
    /// settings are made of; `variables` the names of what a database's driver finds in the environment; `known` are
    /// secrets that the project was handed.
    pub(crate) fn new(
        answer: Answer,
        (files, main): (&[File], Option<usize>),
        stage: Stage,
        variables: &[String],
        known: Vec<Zeroizing<String>>,
    ) -> Self {
        let nowhere = Spot {
            file: main.unwrap_or(usize::MAX),
            span: main.map_or(0..0, |main| first_line(&files[main].text)),
        };
        let places = main.map(|main| Places::of(files, main)).unwrap_or_default();
        let mut maker = Maker {
            places,
            spots: vec![nowhere],
        };
        let own = answer.own;
        let fields: Vec<Field> = answer
            .values
            .into_iter()
            .map(|(name, json)| {
                let is_own = own.contains(&name);
                maker.field(&mut vec![name.clone()], &name, json, is_own)
            })
            .collect();
        let databases = fields.iter().find(|field| field.name == "DATABASES");
        let aliases = databases.map_or(&[][..], Field::fields);
        let mut secrets = known;
        secrets.extend(secrets::of(&fields).into_iter().map(Zeroizing::new));
        Self {
            secrets,
            stand: Stand::new(
                aliases.iter().map(|field| (&*field.name, &field.span)),
                variables,
            ),
            fields,
            own,
            has_pymysql: answer.has_pymysql,
            spots: maker.spots,
            stage,
            checks: answer.checks,
        }
    }

    /// Every secret that is known: of the settings, and what the project was handed.
    pub(crate) fn secrets(&self) -> &[Zeroizing<String>] {
        &self.secrets
    }

    /// The settings for the rules.
    pub(super) fn settings<'a>(&'a self, registry: &'a Registry, now: SystemTime) -> Settings<'a> {
        let databases = self.field("DATABASES").map_or(&[][..], Field::fields);
        Settings {
            subject: Subject::of_settings(&self.stand, databases, (self.stage, registry), now),
            evaluated: self,
        }
    }

    pub(super) fn field(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.name == name)
    }

    /// Whether the project sets it.
    pub(super) fn is_own(&self, name: &str) -> bool {
        self.own.contains(name)
    }

    /// The deepest place on a path.
    pub(super) fn span(&self, path: &[&str]) -> Span {
        let own = path.split_first().filter(|(name, _)| self.is_own(name));
        let field = own.and_then(|(name, rest)| {
            let mut field = self.field(name)?;
            for key in rest {
                let number = key.parse::<usize>().ok();
                let below = match &field.value {
                    Known::List(items) => number.and_then(|number| items.get(number)),
                    _ => field.get(key),
                };
                match below {
                    Some(below) => field = below,
                    None => break,
                }
            }
            Some(field)
        });
        field.map_or(0..1, |field| field.span.clone())
    }

    /// The place that a span of these settings stands for.
    pub(super) fn place(&self, span: &Span) -> Place {
        let spot = self.spots.get(span.start).unwrap_or(&self.spots[0]);
        Place::Settings {
            file: spot.file,
            span: spot.span.clone(),
        }
    }
}

impl Settings<'_> {
    /// A setting.
    pub(crate) fn field(&self, name: &str) -> Option<&Field> {
        self.evaluated.field(name)
    }

    /// Every setting that the project itself sets.
    pub(crate) fn own(&self) -> impl Iterator<Item = &Field> {
        let fields = self.evaluated.fields.iter();
        fields.filter(|field| self.evaluated.is_own(&field.name))
    }

    /// Whether the project has put `PyMySQL` in the place of mysqlclient.
    pub(crate) fn has_pymysql(&self) -> bool {
        self.evaluated.has_pymysql
    }

    /// Whether real data may be behind them.
    pub(crate) fn is_production(&self) -> bool {
        self.evaluated.stage == Stage::Production
    }

    /// Whether text holds a secret that is known, and long enough to be told from a word.
    pub(crate) fn holds_secret(&self, text: &str) -> bool {
        let mut secrets = self.evaluated.secrets.iter().filter(|secret| {
            let is_real = !is_placeholder(secret) && look(secret) != Look::NotSecret;
            is_real && secret.len() >= SHORTEST
        });
        secrets.any(|secret| text.contains(secret.as_str()))
    }

    /// Whether Django's own checks could be run.
    pub(crate) fn is_checked(&self) -> bool {
        self.evaluated.checks.is_ok()
    }

    /// Whether a middleware is on.
    pub(crate) fn has_middleware(&self, name: &str) -> bool {
        self.lists("MIDDLEWARE", name)
    }

    /// Whether an application is installed.
    pub(crate) fn has_app(&self, name: &str) -> bool {
        self.lists("INSTALLED_APPS", name)
    }

    fn lists(&self, setting: &str, name: &str) -> bool {
        let items = self.field(setting).map_or(&[][..], Field::fields);
        items.iter().any(|item| item.text() == Some(name))
    }

    /// Found at a setting, or below one.
    pub(crate) fn found<'o>(&self, out: &'o mut Out<'_>, path: &[&str]) -> &'o mut Found {
        let key = match path {
            ["DATABASES", rest @ ..] => format!("databases.{}", rest.join(".")),
            _ => format!("settings.{}", path.join(".")),
        };
        let found = out.at(key, &self.evaluated.span(path));
        if let Some(name) = path.first()
            && !self.evaluated.is_own(name)
        {
            found.note(format!("the settings do not set `{name}`"));
        }
        found
    }
}

/// Makes fields, and gives each its place.
struct Maker {
    places: Places,
    spots: Vec<Spot>,
}

impl Maker {
    fn field(&mut self, path: &mut Vec<String>, name: &str, json: Json, is_own: bool) -> Field {
        let value = self.value(path, json, is_own);
        let steps: Vec<&str> = path.iter().map(String::as_str).collect();
        let found = is_own.then(|| self.places.find(&steps, &value)).flatten();
        let (spot, is_literal) = found.unwrap_or((&self.spots[0], false));
        let spot = spot.clone();
        let is_text = matches!(value, Known::Text(_));
        let (value, from) = match value {
            // What the file shows is no secret of ours.
            Known::Text(text) if is_literal => {
                (Known::Text(Text::plain(text.expose())), From::Written)
            }
            value if is_text => (value, From::Reference),
            value => (value, From::Written),
        };
        let number = self.spots.len();
        self.spots.push(spot);
        Field::brought(name, value, from, &(number..number + 1))
    }

    fn value(&mut self, path: &mut Vec<String>, json: Json, is_own: bool) -> Known {
        match json {
            Json::Null => Known::Null,
            Json::Bool(flag) => Known::Flag(flag),
            Json::Number(number) => Known::Number(number.to_string()),
            Json::String(text) => Known::Text(Text::secret(text)),
            Json::Array(items) => {
                let items = items.into_iter().enumerate();
                let items = items.map(|(number, item)| {
                    path.push(number.to_string());
                    let field = self.field(path, "", item, is_own);
                    path.pop();
                    field
                });
                Known::List(items.collect())
            }
            Json::Object(entries) if entries.contains_key(NO_FORM) => Known::Unknown,
            Json::Object(entries) => {
                let entries = entries.into_iter();
                let entries = entries.map(|(name, value)| {
                    path.push(name.clone());
                    let field = self.field(path, &name, value, is_own);
                    path.pop();
                    field
                });
                Known::Table(entries.collect())
            }
        }
    }
}

/// The first line that says anything: where nothing else is the place, it shows which file is meant.
fn first_line(text: &str) -> Span {
    let start = text.len() - text.trim_start().len();
    let end = text[start..].find('\n').map_or(text.len(), |at| start + at);
    start..end
}
