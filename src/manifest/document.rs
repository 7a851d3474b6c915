//! The reader's tools: TOML with spans, places inside strings, and the list of mistakes found so far.

use std::{borrow::Cow, ops::Range};

use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use super::{Entries, Item, Name, Node, Source, Span};
use crate::{
    diagnostic::{Class, Diagnostic},
    registry::Registry,
    suggest,
    template::Template,
};

/// A key and its value, as TOML gives them.
pub(super) type Pair<'a, 'i> = (&'a Spanned<Cow<'i, str>>, &'a Spanned<DeValue<'i>>);

/// What reading carries along.
pub(super) struct Reader<'a> {
    pub(super) text: &'a str,
    pub(super) registry: &'a Registry,
    /// Every instance named anywhere in the manifest.
    pub(super) instances: Vec<String>,
    pub(super) errors: Vec<Diagnostic>,
}

/// Takes TOML apart. Where it is not TOML, every syntax error is returned.
pub(super) fn parse(source: &Source) -> Result<DeTable<'_>, Vec<Diagnostic>> {
    let (table, errors) = DeTable::parse_recoverable(&source.text);
    if errors.is_empty() {
        return Ok(table.into_inner());
    }
    Err(errors
        .into_iter()
        .map(|error| {
            let title = format!("this is not TOML: {}", error.message().replace('\n', ", "));
            let span = error.span().unwrap_or(0..0);
            Diagnostic::new(Class::Manifest, title).at(span)
        })
        .collect())
}

impl Reader<'_> {
    /// Reports a mistake at a place.
    pub(super) fn error(&mut self, title: impl Into<String>, span: Span) -> &mut Diagnostic {
        let place = self.errors.len();
        self.errors.push(Diagnostic::manifest(title, span));
        &mut self.errors[place]
    }

    /// The mistake that was reported last is what a rule tells of too.
    pub(super) fn ruled(&mut self, rule: &'static str) {
        if let Some(error) = self.errors.last_mut() {
            error.rule = Some(rule);
        }
    }

    /// Reports a key that means nothing here.
    pub(super) fn unknown_key(&mut self, place: &str, key: &Name, known: &[&str]) {
        let hint = suggest::hint(&key.text, known.iter().copied());
        self.error(
            format!("{place} has no key `{}`", key.text),
            key.span.clone(),
        )
        .hint = hint;
    }

    /// A table, or a report that this is none.
    pub(super) fn table<'t, 'i>(
        &mut self,
        what: &str,
        value: &'t Spanned<DeValue<'i>>,
    ) -> Option<&'t DeTable<'i>> {
        if let DeValue::Table(table) = value.get_ref() {
            return Some(table);
        }
        self.error(format!("{what} must be a table"), value.span());
        None
    }

    /// A string that may hold no reference, or a report that this is none.
    pub(super) fn plain(&mut self, what: &str, value: &Spanned<DeValue<'_>>) -> Option<Name> {
        let DeValue::String(text) = value.get_ref() else {
            self.error(format!("{what} must be a string"), value.span());
            return None;
        };
        if text.contains("${") {
            self.error(format!("{what} cannot hold a reference"), value.span())
                .hint = Some("references stand in `[databases]`, `[env]` and `[files]`; use a profile where this differs".to_owned());
            return None;
        }
        Some(Name {
            text: text.to_string(),
            span: value.span(),
        })
    }

    /// A boolean, or a report that this is none.
    pub(super) fn flag(&mut self, what: &str, value: &Spanned<DeValue<'_>>) -> bool {
        if let DeValue::Boolean(flag) = value.get_ref() {
            return *flag;
        }
        self.error(format!("{what} must be `true` or `false`"), value.span());
        false
    }

    /// Any value, strings read as templates.
    pub(super) fn item(&mut self, what: &str, value: &Spanned<DeValue<'_>>) -> Item {
        let span = value.span();
        let node = match value.get_ref() {
            DeValue::Boolean(flag) => Node::Bool(*flag),
            DeValue::Integer(digits) => {
                match i64::from_str_radix(digits.as_str(), digits.radix()) {
                    Ok(number) => Node::Integer(number),
                    Err(_) => self.invalid(format!("{what} is a number too large"), span.clone()),
                }
            }
            DeValue::Float(digits) => match digits.as_str().parse::<f64>() {
                Ok(number) if number.is_finite() => Node::Float(number),
                _ => self.invalid(
                    format!("{what} must be a finite number: JSON has no other"),
                    span.clone(),
                ),
            },
            DeValue::Datetime(_) => {
                let node = self.invalid(
                    format!("{what} cannot be a date: JSON has none"),
                    span.clone(),
                );
                if let Some(error) = self.errors.last_mut() {
                    error.hint = Some("write it as a string".to_owned());
                }
                node
            }
            DeValue::String(text) => self.template(text, &span).map_or(Node::Invalid, Node::Text),
            DeValue::Array(items) => {
                Node::List(items.iter().map(|item| self.item(what, item)).collect())
            }
            DeValue::Table(table) => {
                let entries: Entries<Item> = table
                    .iter()
                    .map(|(key, value)| {
                        let name = name(key);
                        let item = self.item(&format!("`{}`", name.text), value);
                        (name, item)
                    })
                    .collect();
                Node::Table(entries)
            }
        };
        Item { node, span }
    }

    fn invalid(&mut self, title: String, span: Span) -> Node {
        self.error(title, span);
        Node::Invalid
    }

    /// A string as a template whose places are places of the file.
    fn template(&mut self, text: &str, span: &Span) -> Option<Template> {
        let raw = self.text.get(span.clone()).unwrap_or_default();
        let places = Places::new(raw, text, span);
        let place = |range: Range<usize>| {
            places
                .as_ref()
                .map_or_else(|| span.clone(), |places| places.of(&range))
        };
        let (mut template, errors) = Template::read(text);
        template.relocate(&place);
        self.check_schemes(&template);
        let is_sound = errors.is_empty();
        for error in errors {
            self.error(error.message, place(error.range)).hint = error.hint;
        }
        is_sound.then_some(template)
    }

    fn check_schemes(&mut self, template: &Template) {
        for hole in template.holes() {
            let scheme = hole.reference.scheme();
            if self.instances.iter().any(|name| name == scheme) || self.registry.knows(scheme) {
                continue;
            }
            let error = self.registry.unknown_scheme(scheme, &self.instances);
            self.errors.push(error.at(hole.range.clone()));
        }
    }
}

/// A TOML key as a name.
pub(super) fn name(key: &Spanned<Cow<'_, str>>) -> Name {
    Name {
        text: key.get_ref().to_string(),
        span: key.span(),
    }
}

/// Where the parts of a decoded string stand in the file. Worked out once a string: there may be many parts.
struct Places {
    whole: Span,
    /// Where the decoded string's first byte stands, and for every further byte and the end, how far behind that;
    /// `None` where it is as far as in the decoded string.
    start: usize,
    offsets: Option<Vec<usize>>,
}

impl Places {
    /// For a string with this raw text and span.
    fn new(raw: &str, decoded: &str, span: &Span) -> Option<Self> {
        let is_long = raw.starts_with("\"\"\"") || raw.starts_with("'''");
        let quotes = if is_long { 3 } else { 1 };
        let inner = raw.get(quotes..raw.len().checked_sub(quotes)?)?;
        let offsets = if inner == decoded {
            None
        } else {
            Some(raw_offsets(inner, decoded, raw.starts_with('"'))?)
        };
        Some(Self {
            whole: span.clone(),
            start: span.start + quotes,
            offsets,
        })
    }

    fn of(&self, range: &Range<usize>) -> Span {
        let place = |at: usize| match &self.offsets {
            None => Some(self.start + at),
            Some(offsets) => offsets.get(at).map(|offset| self.start + offset),
        };
        match (place(range.start), place(range.end)) {
            (Some(start), Some(end)) => start..end,
            _ => self.whole.clone(),
        }
    }
}

/// For every byte of `decoded` and its end, the offset in `inner` that gave it.
fn raw_offsets(inner: &str, decoded: &str, has_escapes: bool) -> Option<Vec<usize>> {
    let mut offsets = Vec::with_capacity(decoded.len() + 1);
    let mut raw = inner
        .strip_prefix("\r\n")
        .or_else(|| inner.strip_prefix('\n'))
        .unwrap_or(inner);
    for c in decoded.chars() {
        // A backslash at a line's end swallows the break and the blanks behind it.
        while let Some(rest) = raw.strip_prefix('\\').filter(|rest| {
            has_escapes && rest.trim_start_matches([' ', '\t', '\r']).starts_with('\n')
        }) {
            raw = rest.trim_start();
        }
        offsets.extend(std::iter::repeat_n(inner.len() - raw.len(), c.len_utf8()));
        raw = match raw.strip_prefix('\\').filter(|_| has_escapes) {
            Some(escape) => escape.get(escape_length(escape)..)?,
            None => raw.strip_prefix(c).or_else(|| raw.strip_prefix("\r\n"))?,
        };
    }
    offsets.push(inner.len() - raw.len());
    Some(offsets)
}

/// How long an escape is, without its backslash.
fn escape_length(escape: &str) -> usize {
    match escape.as_bytes().first() {
        Some(b'u') => 5,
        Some(b'U') => 9,
        Some(b'x') => 3,
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_found_behind_escapes() {
        let place = |raw: &str, decoded: &str, range: Range<usize>| {
            let span = 10..10 + raw.len();
            let place = Places::new(raw, decoded, &span).unwrap().of(&range);
            raw[place.start - 10..place.end - 10].to_owned()
        };
        assert_eq!(place("\"a${x}\"", "a${x}", 1..5), "${x}");
        assert_eq!(place(r#""\t\u00e9${x}""#, "\té${x}", 3..7), "${x}");
        assert_eq!(place("\"\"\"\na\\\n   ${x}\"\"\"", "a${x}", 1..5), "${x}");
        assert_eq!(place("'''\n${x}'''", "${x}", 0..4), "${x}");
        assert_eq!(place(r#""\\ \\${x}""#, "\\ \\${x}", 3..7), "${x}");
        assert_eq!(place("'''\n\\${x}'''", "\\${x}", 1..5), "${x}");
    }
}
