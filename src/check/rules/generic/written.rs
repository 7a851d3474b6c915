//! Secrets that stand in text of the manifest, whole or as a part, in the clear or as the default of a reference.

use serde_json::Value as Json;

use super::{
    secrets::OPTIONS,
    weak::{is_placeholder, is_template},
};
use crate::{
    check::subject::{Field, Known, Subject, by_default, default_of},
    django::{engine::Family, mssql::keywords},
    finding::Confidence,
    manifest::{Node, Span},
    scan::{
        text::Role,
        words::{Look, bearing, judge, look},
    },
    template::{Part, Template},
};

/// Stands for a reference: no URL has one.
const HOLE: &str = "\u{1}";

/// Whether a literal stands in a template that holds a secret: as the whole of it, beside a reference, or as the default
/// of one. The place is that of the reference, where it is a default's, else that of the whole.
pub(super) fn literal_in(template: &Template, whole: &Span, is_strict: bool) -> Option<Span> {
    if let Some(literal) = template.literal() {
        return (!literal.is_empty()).then(|| whole.clone());
    }
    let is_random = |part: &Part| matches!(part, Part::Literal(text) if look(text) == Look::Random);
    if template.parts.iter().any(is_random) {
        return Some(whole.clone());
    }
    let default = template.holes().into_iter().find(|hole| {
        let default = hole.default.as_ref().and_then(Template::literal);
        default
            .is_some_and(|default| !default.is_empty() && (is_strict || !is_placeholder(default)))
    });
    default.map(|hole| hole.range.clone())
}

/// Whether what a variable holds is a secret, and not a name, a path or an address.
pub(super) fn is_credential(name: &str, template: &Template) -> bool {
    let literals = template.parts.iter().filter_map(|part| match part {
        Part::Literal(text) => Some(text.clone()),
        Part::Hole(_) => None,
    });
    let defaults = template.holes().into_iter().filter_map(|hole| {
        let default = hole.default.as_ref()?;
        default.literal().map(str::to_owned)
    });
    let mut all = literals.chain(defaults);
    all.any(|text| is_secret(name, &text))
}

fn is_secret(name: &str, value: &str) -> bool {
    judge(name, value, Role::Main)
        .is_some_and(|(_, _, confidence)| confidence >= Confidence::Medium)
}

/// Secrets in the `url` of databases, and in what stands in for a `from`.
pub(super) fn in_urls(subject: &Subject<'_>) -> Vec<(String, Span)> {
    let mut found = Vec::new();
    for database in &subject.databases {
        let url = database.entry.url.as_ref().map(|item| ("url", item));
        let from = database.entry.from.as_ref().map(|item| ("from", item));
        for (key, item) in url.into_iter().chain(from) {
            let Node::Text(template) = &item.node else {
                continue;
            };
            let holds = |text: &str| match key {
                "url" => has_password(text) || has_parameter(text),
                _ => serde_json::from_str(text).is_ok_and(|json: Json| has_member(&json, true)),
            };
            if let Some(place) = holding(template, &item.span, holds) {
                found.push((database.key(&[key]), place));
            }
        }
    }
    found
}

/// Secrets in keys whose names say nothing of them: addresses and JSON in `[env]`, a connection string as text.
pub(super) fn beside(subject: &Subject<'_>) -> Vec<(String, Span)> {
    let mut found = Vec::new();
    for field in &subject.env {
        let holds = |text: &str| {
            let is_filled = |password: &str| !is_template(password);
            passwords(text).any(is_filled) || is_telling(text)
        };
        let template = field.template.as_ref();
        let place = template.and_then(|template| holding(template, &field.span, holds));
        if let Some(place) = place {
            found.push((format!("env.{}", field.name), place));
        }
    }
    for database in &subject.databases {
        let params = database.option("extra_params").filter(|field| {
            database.family == Some(Family::Mssql) && !matches!(field.value, Known::Table(_))
        });
        if let Some(place) = params.and_then(connection_string) {
            let key = database.key(&["OPTIONS", "extra_params"]);
            found.push((key, place));
        }
    }
    found
}

fn connection_string(field: &Field) -> Option<Span> {
    let holds = |text: &str| {
        text.split(';').any(|part| {
            let Some((keyword, value)) = part.split_once('=') else {
                return false;
            };
            let is_secret = matches!(
                keywords::find(keyword.trim()),
                Some("PWD" | "KeyStoreSecret")
            );
            let value = value.trim().trim_matches(['{', '}']);
            is_secret && !value.is_empty() && !value.contains(HOLE)
        })
    };
    holding(field.template.as_ref()?, &field.span, holds)
}

/// Whether something stands in a text as it is written, or as it is where references bring nothing; the place is that of
/// the first default, where it takes one, else that of the whole.
fn holding(template: &Template, whole: &Span, is_meant: impl Fn(&str) -> bool) -> Option<Span> {
    let text = |with_defaults: bool| -> String {
        let part = |part: &Part| match part {
            Part::Literal(text) => text.clone(),
            Part::Hole(hole) => with_defaults
                .then(|| default_of(hole).or_else(|| hole.default.as_ref().map(partly)))
                .flatten()
                .unwrap_or_else(|| HOLE.to_owned()),
        };
        template.parts.iter().map(part).collect()
    };
    if is_meant(&text(false)) {
        return Some(whole.clone());
    }
    let holes = template.holes();
    let first = holes.iter().find(|hole| hole.default.is_some())?;
    is_meant(&text(true)).then(|| first.range.clone())
}

/// A default in which references without one stand.
fn partly(template: &Template) -> String {
    by_default(template).unwrap_or_else(|| {
        let part = |part: &Part| match part {
            Part::Literal(text) => text.clone(),
            Part::Hole(hole) => default_of(hole).unwrap_or_else(|| HOLE.to_owned()),
        };
        template.parts.iter().map(part).collect()
    })
}

fn has_password(text: &str) -> bool {
    passwords(text).next().is_some()
}

/// The passwords of the addresses in a text, as far as they stand in it: `scheme://user:password@`.
fn passwords(text: &str) -> impl Iterator<Item = &str> {
    let authorities = text.match_indices("://").filter_map(|(at, _)| {
        let has_scheme = text[..at].ends_with(|c: char| c.is_ascii_alphanumeric() || c == '\u{1}');
        let rest = &text[at + 3..];
        let end = rest.find(|c: char| "/?#\"'<>".contains(c) || c.is_whitespace());
        has_scheme.then(|| &rest[..end.unwrap_or(rest.len())])
    });
    authorities.filter_map(|authority| {
        let (login, _) = authority.rsplit_once('@')?;
        let (_, password) = login.split_once(':')?;
        let is_written = if password.contains(HOLE) {
            password.split(HOLE).any(|part| look(part) == Look::Random)
        } else {
            !password.is_empty()
        };
        is_written.then_some(password)
    })
}

/// Whether the query of a URL holds a secret by the name of a parameter.
fn has_parameter(text: &str) -> bool {
    let Some((_, query)) = text.split_once('?') else {
        return false;
    };
    query.split('&').any(|pair| {
        pair.split_once('=').is_some_and(|(name, value)| {
            OPTIONS.contains(&name.to_ascii_lowercase().as_str())
                && !value.is_empty()
                && !value.contains(HOLE)
        })
    })
}

/// Whether a text is JSON with a secret in it.
fn is_telling(text: &str) -> bool {
    text.trim_start().starts_with(['{', '['])
        && serde_json::from_str(text).is_ok_and(|json: Json| has_member(&json, false))
}

/// Whether JSON holds a secret: by a member's name, and, where not every name tells, by what the member looks like.
fn has_member(json: &Json, by_name: bool) -> bool {
    match json {
        Json::Object(members) => members.iter().any(|(name, value)| match value {
            Json::String(text) if by_name => !text.is_empty() && bearing(name).is_some(),
            Json::String(text) => is_secret(name, text),
            other => has_member(other, by_name),
        }),
        Json::Array(items) => items.iter().any(|item| has_member(item, by_name)),
        _ => false,
    }
}
