//! The filters: those of the manifest with the meaning they have there, `join`, which puts secrets and text together, and a
//! few of Jinja's for what is no secret.

use std::fmt;

use minijinja::{
    Environment, Error, ErrorKind, State,
    value::{Rest, Value as Jinja, ValueKind},
};
use zeroize::Zeroizing;

use super::{
    kinds::{Shape, in_braces},
    values::{Hidden, Spilled, Tree, simple},
};
use crate::{filter::Filter, render, resolve::Bytes, value::Value};

/// Filters that take a secret, beside those of the manifest.
const OWN: &[&str] = &["default", "join", "odbc"];

/// Filters of Jinja that know nothing of secrets.
const PLAIN: &[&str] = &[
    "first", "items", "last", "length", "lower", "replace", "upper",
];

/// All filters, by name.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    let manifest = Filter::ALL.iter().map(|filter| filter.name());
    manifest.chain(OWN.iter().chain(PLAIN).copied())
}

/// Whether a filter can be given a secret, or what holds one.
pub(super) fn takes_secrets(name: &str) -> bool {
    Filter::named(name).is_some()
        || OWN.contains(&name)
        || ["first", "items", "last"].contains(&name)
}

/// Whether what a filter gives is kept from the engine, secret or not.
pub(super) fn hides(name: &str) -> bool {
    Filter::named(name).is_some() || ["join", "odbc"].contains(&name)
}

pub(super) fn add(environment: &mut Environment<'_>, spilled: &Spilled) {
    for filter in Filter::ALL {
        let filter = *filter;
        let spilled = spilled.clone();
        environment.add_filter(filter.name(), move |value: &Jinja| {
            apply(filter, value, &spilled)
        });
    }
    let ours = spilled.clone();
    environment.add_filter("odbc", move |value: &Jinja| {
        let bytes = text_of(value)?;
        let text = std::str::from_utf8(bytes.expose())
            .map_err(|_| refuse("the value is not UTF-8 text"))?;
        let written = in_braces(text);
        let bytes = Bytes::new(Zeroizing::new(written.as_bytes().to_vec()));
        Ok::<_, Error>(like(value, bytes, None, &ours))
    });
    let ours = spilled.clone();
    environment.add_filter("join", move |values: &Jinja, between: Option<Jinja>| {
        join(values, between.as_ref(), &ours)
    });
    environment.add_filter(
        "default",
        |state: &State<'_, '_>, value: &Jinja, rest: Rest<Jinja>| {
            minijinja::filters::default(state, value, rest)
        },
    );
    environment.add_filter("first", minijinja::filters::first);
    environment.add_filter("items", minijinja::filters::items);
    environment.add_filter("last", minijinja::filters::last);
    environment.add_filter("length", minijinja::filters::length);
    environment.add_filter("lower", minijinja::filters::lower);
    environment.add_filter("replace", minijinja::filters::replace);
    environment.add_filter("upper", minijinja::filters::upper);
}

/// A refusal of ours: unlike the engine's words, it shows no value.
#[derive(Debug)]
struct Refused(&'static str);

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl std::error::Error for Refused {}

fn refuse(reason: &'static str) -> Error {
    Error::new(ErrorKind::InvalidOperation, reason).with_source(Refused(reason))
}

/// The reason, where an error is a refusal of a filter here.
pub(super) fn refusal(error: &Error) -> Option<&'static str> {
    let source = std::error::Error::source(error)?;
    source.downcast_ref::<Refused>().map(|refused| refused.0)
}

fn text_of(value: &Jinja) -> Result<Bytes, Error> {
    if value.is_undefined() {
        return Err(ErrorKind::UndefinedError.into());
    }
    simple(value)
        .map(|(bytes, _)| bytes)
        .ok_or_else(|| refuse("the value is a list or a table"))
}

/// As secret as the value it was made of.
fn like(value: &Jinja, bytes: Bytes, done: Option<&'static str>, spilled: &Spilled) -> Jinja {
    match value.downcast_object_ref::<Hidden>() {
        Some(hidden) => hidden.with(bytes, done),
        // What a filter has written for a type must not be taken for text of the template.
        None => match Hidden::value(bytes, Shape::Text, "a value", spilled)
            .downcast_object_ref::<Hidden>()
        {
            Some(hidden) => hidden.with(hidden.bytes.clone(), done),
            None => Jinja::UNDEFINED,
        },
    }
}

fn apply(filter: Filter, value: &Jinja, spilled: &Spilled) -> Result<Jinja, Error> {
    if filter == Filter::Json && simple(value).is_none_or(|(_, shape)| shape != Shape::Text) {
        return json(value, spilled);
    }
    let bytes = text_of(value)?;
    let filtered = filter.apply(bytes.expose()).map_err(refuse)?;
    let done = (filter == Filter::Json).then_some("json");
    Ok(like(value, Bytes::new(filtered), done, spilled))
}

/// What is no text, as JSON.
fn json(value: &Jinja, spilled: &Spilled) -> Result<Jinja, Error> {
    if let Some((bytes, _)) = simple(value) {
        return Ok(like(value, bytes, Some("json"), spilled));
    }
    let bytes = as_json(value).ok_or_else(|| refuse("the value cannot be JSON"))?;
    Ok(Hidden::value(bytes, Shape::Json, "a value", spilled))
}

/// A list or a table as JSON, for a file that takes it whole.
pub(super) fn as_json(value: &Jinja) -> Option<Bytes> {
    let text = render::env_text(&ours(value)?);
    Some(Bytes::new(Zeroizing::new(text.as_bytes().to_vec())))
}

/// A list or a table as the library has it.
fn ours(value: &Jinja) -> Option<Value> {
    if let Some(tree) = value.downcast_object_ref::<Tree>() {
        return Some(tree.value.clone());
    }
    if let Some((bytes, shape)) = simple(value) {
        let text = std::str::from_utf8(bytes.expose()).ok()?;
        let text = crate::value::Text::secret(text);
        return Some(match shape {
            Shape::Text => Value::Text(text),
            Shape::Literal | Shape::Json => Value::Scalar(text),
        });
    }
    if value.kind() != ValueKind::Seq {
        return None;
    }
    let items = value.try_iter().ok()?.map(|item| ours(&item));
    Some(Value::List(items.collect::<Option<_>>()?))
}

fn join(values: &Jinja, between: Option<&Jinja>, spilled: &Spilled) -> Result<Jinja, Error> {
    let between = between.map(text_of).transpose()?;
    let mut parts = Vec::new();
    let mut name = None;
    for value in values.try_iter()? {
        if let Some(between) = between.as_ref().filter(|_| !parts.is_empty()) {
            parts.push(between.clone());
        }
        parts.push(text_of(&value)?);
        if let Some(hidden) = value.downcast_object_ref::<Hidden>() {
            name = name.or_else(|| Some(hidden.name.clone()));
        }
    }
    // Sized first: a buffer that grows would leave copies behind.
    let size = parts.iter().map(|part| part.expose().len()).sum();
    let mut whole = Zeroizing::new(Vec::with_capacity(size));
    for part in &parts {
        whole.extend_from_slice(part.expose());
    }
    let name = name.unwrap_or_else(|| "a value".to_owned());
    Ok(Hidden::value(
        Bytes::new(whole),
        Shape::Text,
        &name,
        spilled,
    ))
}
