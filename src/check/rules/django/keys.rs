//! The keys that Django signs with.

use std::collections::HashSet;

use super::{Check, Rule, given, note_default, variables};
use crate::{
    check::{
        found::Out,
        rules::generic::is_placeholder,
        settings::Settings,
        subject::{Field, Known, Subject},
    },
    finding::Severity,
    manifest::Span,
    template::{Hole, Part, Template},
};

const SECRET_KEY: &str = "SECRET_KEY";
const FALLBACKS: &str = "SECRET_KEY_FALLBACKS";

pub(super) const DJ009: Rule = Rule {
    id: "DJ009",
    severity: Severity::Error,
    title: "`SECRET_KEY` can be guessed",
    why: "With this key Django signs sessions, password resets and messages. Whoever knows it logs in as anybody; with sessions in \
          cookies that are pickled, they run code. A short key, one of few characters, a placeholder and the key that \
          `startproject` has written are tried first.",
    remedy: "let a generator make one of 50 characters or more, put it in a store (`nuages put`), and write a reference to it",
    sources: &[
        "https://docs.djangoproject.com/en/stable/ref/settings/#secret-key",
        "https://docs.djangoproject.com/en/stable/howto/deployment/checklist/#secret-key",
    ],
    wrong: "[env]\nSECRET_KEY = \"${env://SECRET_KEY:-changeme}\"\n",
    right: "[env]\nSECRET_KEY = \"${env://SECRET_KEY}\"\n",
    check: Check::AndSettings(&Check::Manifest(key), key_of_settings),
};

fn key(subject: &Subject<'_>, out: &mut Out<'_>) {
    if !subject.is_production() {
        return;
    }
    for field in variables(subject, SECRET_KEY) {
        let mut weak = given(field).into_iter();
        let weak = weak.find_map(|one| Some((weakness(&one.text)?, one)));
        if let Some((why, one)) = weak {
            let found = out.variable(field);
            found.hides = true;
            note_default(found.note(why), &one);
        }
    }
}

fn key_of_settings(settings: &Settings<'_>, out: &mut Out<'_>) {
    let key = settings.field(SECRET_KEY).and_then(Field::text);
    if settings.is_production()
        && let Some(why) = weakness(key.unwrap_or_default())
    {
        settings.found(out, &[SECRET_KEY]).note(why);
    }
}

pub(super) const DJ025: Rule = Rule {
    id: "DJ025",
    severity: Severity::Warning,
    title: "`SECRET_KEY_FALLBACKS` has a key that should not be there",
    why: "What was signed with a former key is still taken: one that can be guessed, or that others have seen, opens the same doors \
          as `SECRET_KEY` itself. The present key among them does nothing, and a long list is a list of keys that nobody has \
          retired.",
    remedy: "keep the one or two keys before the present one, for as long as a session lasts, and take the others out",
    sources: &["https://docs.djangoproject.com/en/stable/ref/settings/#secret-key-fallbacks"],
    wrong: "[env]\nSECRET_KEY_FALLBACKS = \"${env://FORMER_KEY:-changeme}\"\n",
    right: "[env]\nSECRET_KEY_FALLBACKS = \"${env://FORMER_KEY:-}\"\n",
    check: Check::AndSettings(&Check::Manifest(former), former_of_settings),
};

/// So many former keys may still be in use.
const MOST: usize = 3;

/// A former key.
#[derive(Default)]
struct Former {
    /// Where it stands, where it stands by itself.
    span: Option<Span>,
    /// The values that it may have.
    values: Vec<String>,
    /// What brings it.
    reference: Option<String>,
}

fn former(subject: &Subject<'_>, out: &mut Out<'_>) {
    if !subject.is_production() {
        return;
    }
    let present = || variables(subject, SECRET_KEY);
    for field in variables(subject, FALLBACKS) {
        let keys = formers(field);
        for key in &keys {
            let is_present = present().any(|present| is_same(present, key));
            if let Some(why) = fault(key, is_present) {
                let span = key.span.as_ref().unwrap_or(&field.span);
                let found = out.at(format!("env.{}", field.name), span);
                found.hides = key.reference.is_none();
                found.note(why);
            }
        }
        if keys.len() > MOST {
            out.variable(field)
                .note(format!("{} former keys are taken", keys.len()));
        }
    }
}

fn former_of_settings(settings: &Settings<'_>, out: &mut Out<'_>) {
    let Some(field) = settings
        .field(FALLBACKS)
        .filter(|_| settings.is_production())
    else {
        return;
    };
    let present = settings.field(SECRET_KEY);
    let keys = formers(field);
    for (number, key) in keys.iter().enumerate() {
        let is_present = present.is_some_and(|present| is_same(present, key));
        if let Some(why) = fault(key, is_present) {
            let number = number.to_string();
            settings.found(out, &[FALLBACKS, &number]).note(why);
        }
    }
    if keys.len() > MOST {
        let note = format!("{} former keys are taken", keys.len());
        settings.found(out, &[FALLBACKS]).note(note);
    }
}

/// The former keys of a list, or of text that libraries take apart: JSON, or words between commas.
fn formers(field: &Field) -> Vec<Former> {
    match &field.value {
        Known::List(items) => {
            let texts = |item: &Field| given(item).into_iter().map(|one| one.text).collect();
            let items = items.iter();
            items
                .map(|item| Former {
                    span: Some(item.span.clone()),
                    values: texts(item),
                    reference: None,
                })
                .collect()
        }
        Known::Text(text) => keys_of(text.expose()),
        Known::Unknown => {
            let holes = field.template.iter().flat_map(Template::holes);
            holes.flat_map(former_of_reference).collect()
        }
        _ => Vec::new(),
    }
}

/// What a reference brings is one key; what stands in for it may be several.
fn former_of_reference(hole: &Hole) -> Vec<Former> {
    let default = hole.default.as_ref().and_then(Template::literal);
    let mut keys = default.map_or_else(Vec::new, keys_of);
    if keys.is_empty() {
        keys.push(Former::default());
    }
    for key in &mut keys {
        key.span = Some(hole.range.clone());
        key.reference = Some(hole.reference.to_string());
    }
    keys
}

fn keys_of(text: &str) -> Vec<Former> {
    let json: Option<Vec<String>> = serde_json::from_str(text).ok();
    let keys = json.unwrap_or_else(|| {
        let words = text.split(',').map(str::trim);
        let words = words.filter(|word| !word.is_empty());
        words.map(str::to_owned).collect()
    });
    let keys = keys.into_iter();
    keys.map(|key| Former {
        values: vec![key],
        ..Former::default()
    })
    .collect()
}

fn fault(key: &Former, is_present: bool) -> Option<&'static str> {
    if is_present {
        return Some("it is `SECRET_KEY` itself");
    }
    key.values.iter().find_map(|value| weakness(value))
}

/// Whether a former key is the present one: the same text, or the same reference.
fn is_same(present: &Field, key: &Former) -> bool {
    let template = present.template.as_ref();
    let mine = template.and_then(|template| match template.parts.as_slice() {
        [Part::Hole(hole)] => Some(hole.reference.to_string()),
        _ => None,
    });
    let is_reference = mine.is_some() && mine == key.reference;
    let text = present.text().filter(|text| !text.is_empty());
    is_reference || text.is_some_and(|text| key.values.iter().any(|value| value == text))
}

/// Why a key can be guessed. The numbers are those of Django's own check.
pub(super) fn weakness(key: &str) -> Option<&'static str> {
    let distinct: HashSet<char> = key.chars().collect();
    if key.is_empty() {
        Some("it is empty")
    } else if is_placeholder(key) {
        Some("it is a placeholder that nobody has filled in")
    } else if key.starts_with("django-insecure-") {
        Some("`startproject` has written it, for development")
    } else if key.chars().count() < 50 {
        Some("it has fewer than 50 characters")
    } else if distinct.len() < 5 {
        Some("it has fewer than 5 different characters")
    } else {
        None
    }
}
