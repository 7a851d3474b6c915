//! What Django's own checks have found, as findings: by Django's id, and as one with ours where both tell the same.

use super::{evaluate::Message, evaluated::Evaluated};
use crate::{
    check::{
        found::{Found, Out},
        rule::Rule,
        rules::{
            self,
            django::{OTHER, PAIRS, Pair, is_same, of_django},
        },
        subject::Field,
    },
    finding::Severity,
};

/// The longest sentence that is taken for a title.
const LONGEST_TITLE: usize = 200;

/// Adds what Django has found; what ours have found already is told once.
pub(super) fn add(evaluated: &Evaluated, messages: &[Message], found: &mut Vec<Found>) {
    for message in messages {
        let severity = match message.level {
            40.. => Severity::Error,
            30..40 => Severity::Warning,
            _ => Severity::Advice,
        };
        match of_django(&message.id).and_then(|pair| Some((pair, rules::find(pair.ours)?))) {
            Some((pair, ours)) => pair_up(evaluated, message, (pair, ours), severity, found),
            None => other(evaluated, message, severity, found),
        }
    }
}

/// One finding of Django's and of ours, by Django's id and with our remedy.
fn pair_up(
    evaluated: &Evaluated,
    message: &Message,
    (pair, ours): (&Pair, &'static Rule),
    severity: Severity,
    found: &mut Vec<Found>,
) {
    let number = number_in(&message.text, pair.setting);
    let path: Vec<&str> = [pair.setting].into_iter().chain(number).collect();
    let key = key(&path);
    let have = found
        .iter()
        .position(|one| one.rule.id == ours.id && one.key == key);
    let place = have.unwrap_or(found.len());
    if have.is_none() {
        let mut out = Out::new(ours, found);
        let one = out.at(key, &evaluated.span(&path));
        if !evaluated.is_own(pair.setting) {
            one.note(format!("the settings do not set `{}`", pair.setting));
        }
    }
    let one = &mut found[place];
    one.severity = one.severity.max(severity);
    if one.django.is_none() {
        one.note(format!("also `{}` of nuages", ours.id));
    }
    one.django = Some(message.id.clone());
}

/// One that no rule of ours tells of.
fn other(evaluated: &Evaluated, message: &Message, severity: Severity, found: &mut Vec<Found>) {
    let text = message
        .text
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ");
    let setting = mentioned(evaluated, &text);
    let path: Vec<&str> = setting.into_iter().collect();
    let key = match (&message.about, setting) {
        (Some(about), _) => about.clone(),
        (None, Some(_)) => key(&path),
        (None, None) => "settings".to_owned(),
    };
    let (title, rest) = sentence(&text);
    let mut out = Out::new(&OTHER, found);
    let one = out.at(key, &evaluated.span(&path));
    one.severity(severity);
    one.title = Some(title);
    one.django = Some(message.id.clone());
    if !rest.is_empty() {
        one.note(rest);
    }
    if let Some(hint) = &message.hint {
        one.remedy(hint.split_whitespace().collect::<Vec<_>>().join(" "));
    }
}

fn key(path: &[&str]) -> String {
    format!("settings.{}", path.join("."))
}

/// The first setting that a text names.
fn mentioned<'a>(evaluated: &'a Evaluated, text: &str) -> Option<&'a str> {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    let names = words.filter_map(|word| evaluated.field(word));
    let mut names = names.map(|field| field.name.as_str());
    names.next()
}

/// The number of `SECRET_KEY_FALLBACKS[2]`.
fn number_in<'a>(text: &'a str, setting: &str) -> Option<&'a str> {
    let (_, behind) = text.split_once(&format!("{setting}["))?;
    let (number, _) = behind.split_once(']')?;
    number
        .bytes()
        .all(|byte| byte.is_ascii_digit())
        .then_some(number)
}

/// The first sentence, without its end, and the rest.
fn sentence(text: &str) -> (String, String) {
    let (first, rest) = text.split_once(". ").unwrap_or((text, ""));
    let title = first.trim_end_matches('.');
    if title.chars().count() > LONGEST_TITLE {
        let begin: String = title.chars().take(LONGEST_TITLE).collect();
        return (format!("{begin}…"), text.to_owned());
    }
    (title.to_owned(), rest.trim_end_matches('.').to_owned())
}

/// Whether a rule is about what is deployed alone.
pub(super) fn is_for_deployments(rule: &Rule) -> bool {
    PAIRS.iter().any(|pair| pair.ours == rule.id)
}

/// Whether the settings silence a finding, by Django's id of it.
pub(super) fn is_silenced(evaluated: &Evaluated, found: &Found) -> bool {
    let silenced = evaluated.field("SILENCED_SYSTEM_CHECKS");
    let silenced = silenced.map_or(&[][..], Field::fields);
    let mut ids = silenced.iter().filter_map(Field::text);
    let by_us = !found.rule.id.is_empty();
    ids.any(|id| id == found.id() || by_us && is_same(id, found.rule.id))
}

#[cfg(test)]
mod tests;
