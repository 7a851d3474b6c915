//! Values as templates of External Secrets Operator, engine v2: Go's `text/template` with sprig 3.
//!
//! Of the filters, those are written that give the very same bytes there: `urlquery` is `urlencode` but for the blank,
//! which it writes as `+`; `b64enc` and `trim` are equal; the others are not.

use std::fmt::Write;

use super::content::{Item, Part, Want};
use crate::filter::Filter;

/// What a filter is called there; nothing where it has no equal.
pub(super) fn filter(filter: Filter) -> Option<&'static str> {
    match filter {
        Filter::Urlencode => Some(r#"urlquery | replace "+" "%20""#),
        Filter::Base64 => Some("b64enc"),
        Filter::Trim => Some("trim"),
        // sprig's decoder gives its error's text as the value; its JSON escapes other characters.
        Filter::Base64Decode | Filter::Json => None,
    }
}

/// The template of one key; `name` says under which key of the data a reference is found.
pub(super) fn write(item: &Item, name: &impl Fn(&Want) -> String) -> String {
    let mut out = String::new();
    for part in &item.parts {
        match part {
            Part::Literal(text) => literal(&mut out, text),
            Part::Secret(want) => action(&mut out, &pipeline(want, name)),
            Part::Json(parts) => action(&mut out, &json(parts, name)),
        }
    }
    out
}

fn action(out: &mut String, pipeline: &str) {
    // Writing to a string cannot fail.
    let _ = write!(out, "{{{{ {pipeline} }}}}");
}

/// Text as it is, but for a brace that would open an action with what follows it.
fn literal(out: &mut String, text: &str) {
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        if character == '{' && matches!(characters.peek(), None | Some('{')) {
            action(out, r#""{""#);
        } else {
            out.push(character);
        }
    }
}

fn pipeline(want: &Want, name: &impl Fn(&Want) -> String) -> String {
    let mut pipeline = format!(".{}", name(want));
    for known in want.filters.iter().filter_map(|known| filter(*known)) {
        pipeline.push_str(" | ");
        pipeline.push_str(known);
    }
    pipeline
}

/// The parts put together, as a JSON string. `print` puts nothing between operands that are all text.
fn json(parts: &[Part], name: &impl Fn(&Want) -> String) -> String {
    let mut words: Vec<String> = parts
        .iter()
        .map(|part| match part {
            Part::Literal(text) => quoted(text),
            Part::Secret(want) => pipeline(want, name),
            // A JSON string stands in no other.
            Part::Json(parts) => json(parts, name),
        })
        .collect();
    if let [one] = words.as_slice() {
        return format!("{one} | toJson");
    }
    for word in words
        .iter_mut()
        .filter(|word| word.contains(" | ") && !word.starts_with('"'))
    {
        *word = format!("({word})");
    }
    format!("print {} | toJson", words.join(" "))
}

/// A string literal of Go.
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for character in text.chars() {
        match character {
            '"' | '\\' => out.extend(['\\', character]),
            ' '..='~' => out.push(character),
            other => {
                let _ = write!(out, "\\U{:08x}", u32::from(other));
            }
        }
    }
    out.push('"');
    out
}
