//! A URL of a database, taken apart before its references are resolved.

use super::field::{Field, From, Known};
use crate::{
    django::database::from_url,
    filter::Filter,
    manifest::{DatabaseEntry, Span},
    template::{Hole, Part, Template},
    value::{Text, Value},
};

/// The highest number that stands for a reference while a URL is taken apart: digits alone, so that it may also be a port.
const FIRST: u16 = 64979;

/// As many references as are told apart; a URL with more of them is nobody's.
const MOST: usize = 64;

/// The keys of a URL, those that a reference brings left open; `None` where nothing can be told of it.
pub(super) fn from_template(
    template: &Template,
    entry: &DatabaseEntry,
    span: &Span,
) -> Option<Vec<Field>> {
    let standins = Standins::of(template);
    let text = standins.text(template);
    let keys = from_url(&Text::plain(text), entry.url_style.unwrap_or_default()).ok()?;
    let field = |(name, value): (String, Value)| {
        let mut field = Field::brought(&name, Known::of(&value, From::Url, span), From::Url, span);
        standins.open(&mut field);
        field
    };
    let fields: Vec<Field> = keys.into_iter().map(field).collect();
    let is_known = |field: &Field| field.name != "ENGINE" || !field.is_unknown();
    fields.iter().all(is_known).then_some(fields)
}

/// What stands for each reference.
pub(super) struct Standins<'a>(Vec<(String, &'a Hole)>);

impl<'a> Standins<'a> {
    /// Numbers that stand nowhere in the text itself.
    pub(super) fn of(template: &'a Template) -> Self {
        let is_free = |number: &String| {
            template.parts.iter().all(|part| match part {
                Part::Literal(text) => !text.contains(number.as_str()),
                Part::Hole(_) => true,
            })
        };
        let holes = template.parts.iter().filter_map(|part| match part {
            Part::Hole(hole) => Some(hole),
            Part::Literal(_) => None,
        });
        let numbers = (10_000..=FIRST).rev().map(|number| number.to_string());
        Self(numbers.filter(is_free).zip(holes.take(MOST)).collect())
    }

    pub(super) fn text(&self, template: &Template) -> String {
        let mut holes = 0;
        let part = |part: &'_ Part| match part {
            Part::Literal(text) => text.clone(),
            Part::Hole(_) => {
                let place = holes.min(self.0.len().saturating_sub(1));
                holes += 1;
                self.0
                    .get(place)
                    .map_or_else(|| FIRST.to_string(), |(number, _)| number.clone())
            }
        };
        template.parts.iter().map(part).collect()
    }

    /// Leaves open what a reference brings, and keeps which.
    pub(super) fn open(&self, field: &mut Field) {
        // Of what stands in it without a reference it is to be told that it is written.
        if let (Known::Text(text), "extra_params") = (&field.value, field.name.as_str()) {
            field.template = Some(Template {
                parts: vec![Part::Literal(text.expose().to_owned())],
            });
        }
        let parts = match &mut field.value {
            Known::Text(text) => self.parts(text.expose()),
            Known::Number(number) => self.parts(number),
            Known::Table(fields) | Known::List(fields) => {
                for field in fields {
                    self.open(field);
                }
                None
            }
            _ => None,
        };
        if let Some(parts) = parts {
            field.value = Known::Unknown;
            field.template = Some(Template { parts });
        }
    }

    /// The text with its references in their places again; `None` where there is none.
    fn parts(&self, text: &str) -> Option<Vec<Part>> {
        let mut parts = Vec::new();
        let mut rest = text;
        loop {
            let places = self
                .0
                .iter()
                .filter_map(|one| Some((rest.find(&one.0)?, one)));
            let Some((at, (number, hole))) = places.min_by_key(|(at, _)| *at) else {
                break;
            };
            if at > 0 {
                parts.push(Part::Literal(rest[..at].to_owned()));
            }
            // What reads the URL takes the encoding off again.
            let filters = hole.filters.iter().copied();
            parts.push(Part::Hole(Hole {
                filters: filters
                    .filter(|filter| *filter != Filter::Urlencode)
                    .collect(),
                ..(*hole).clone()
            }));
            rest = &rest[at + number.len()..];
        }
        if parts.is_empty() {
            return None;
        }
        if !rest.is_empty() {
            parts.push(Part::Literal(rest.to_owned()));
        }
        Some(parts)
    }
}
