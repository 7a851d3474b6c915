//! A file of settings as it may be shown: literals can be read only where Django's own settings hold no secret. Every place
//! stays where it is.

use std::ops::Range;

use gix::bstr::ByteSlice as _;
use ruff_python_ast::{
    AnyNodeRef, Expr,
    visitor::source_order::{SourceOrderVisitor, TraversalSignal, walk_body},
};
use zeroize::Zeroizing;

use super::{
    File,
    places::{Places, range},
};
use crate::{
    finding::Confidence,
    redact::common::{is_open_key, is_public_key},
    scan::{
        detect::Detector,
        fix::{names::is_variable, path::dotted},
        python,
        text::Text,
        words::bearing,
    },
};

/// Settings whose literals can be read, besides those that begin so.
const OPEN: &[&str] = &[
    "ALLOWED_HOSTS",
    "APPEND_SLASH",
    "ASGI_APPLICATION",
    "DATABASE_CONNECTION_POOLING",
    "DEBUG",
    "INSTALLED_APPS",
    "LANGUAGE_CODE",
    "MIDDLEWARE",
    "ROOT_URLCONF",
    "SILENCED_SYSTEM_CHECKS",
    "STATIC_ROOT",
    "STATIC_URL",
    "TIME_ZONE",
    "USE_TZ",
    "WSGI_APPLICATION",
    "X_FRAME_OPTIONS",
];
const OPEN_PREFIXES: &[&str] = &["CSRF_COOKIE_", "SECURE_", "SESSION_COOKIE_"];

/// The roots of what reads a variable by its name.
const READERS: &[&str] = &["config", "env", "environ", "getenv", "os"];

/// The text of one of the files, masked.
pub(super) fn masked(
    files: &[File],
    number: usize,
    detector: &Detector,
    known: &[Zeroizing<String>],
) -> String {
    let file = &files[number];
    let text = &**file.text;
    let Some(mut hidden) = parsed(files, number) else {
        // Nobody knows what stands where.
        let all = 0..text.len();
        return cover(text, std::slice::from_ref(&all));
    };
    let scanned = Text::new(file.path.as_bytes().as_bstr(), text.as_bytes());
    let found = detector.scan(&scanned, Confidence::Low);
    hidden.extend(found.into_iter().map(|found| found.span));
    for value in known {
        let places = text.match_indices(value.as_str());
        hidden.extend(places.map(|(start, found)| start..start + found.len()));
    }
    hidden.sort_by_key(|range| range.start);
    cover(text, &hidden)
}

/// Puts a `*` for each byte that is hidden.
fn cover(text: &str, hidden: &[Range<usize>]) -> String {
    let mut hidden = hidden.iter().peekable();
    let mut end = 0;
    let mut shown = String::with_capacity(text.len());
    for (at, c) in text.char_indices() {
        while let Some(range) = hidden.next_if(|range| range.start <= at) {
            end = end.max(range.end);
        }
        if at < end && !matches!(c, '\n' | '\r') {
            shown.extend(std::iter::repeat_n('*', c.len_utf8()));
        } else {
            shown.push(c);
        }
    }
    shown
}

/// What its syntax tree says is to be hidden.
fn parsed(files: &[File], number: usize) -> Option<Vec<Range<usize>>> {
    let file = &files[number];
    let mut literals = python::parsed(&file.text, |module| {
        let mut literals = Literals::default();
        walk_body(&mut literals, &module.body);
        literals
    })?;
    let places = Places::of(files, number);
    let mut secret = Vec::new();
    for written in places.in_file(number) {
        let path: Vec<&str> = written.path.iter().map(String::as_str).collect();
        if is_open(&path) {
            literals.open.push(written.value.clone());
        }
        if path.iter().any(|key| bearing(key).is_some()) {
            secret.push(written.value.clone());
        }
    }
    let is_inside = |ranges: &[Range<usize>], one: &Range<usize>| {
        let mut ranges = ranges.iter();
        ranges.any(|range| range.start <= one.start && one.end <= range.end)
    };
    let mut hidden: Vec<Range<usize>> = Vec::new();
    for text in &literals.texts {
        if !is_inside(&literals.open, text)
            || is_inside(&secret, text) && !is_inside(&literals.keys, text)
        {
            hidden.push(text.clone());
        }
    }
    let numbers = literals.numbers.iter();
    hidden.extend(numbers.filter(|number| is_inside(&secret, number)).cloned());
    let comments = comments(&file.text, &literals.texts, &hidden);
    hidden.extend(comments);
    Some(hidden)
}

/// Whether a setting's literals can be read: of a table, down to this key.
fn is_open(path: &[&str]) -> bool {
    let is_open = |name: &str| {
        OPEN.contains(&name) || OPEN_PREFIXES.iter().any(|prefix| name.starts_with(prefix))
    };
    match path {
        [name] => is_open(name) && bearing(name).is_none(),
        ["DATABASES" | "CACHES", .., key] => is_open_key(key) || is_public_key(key),
        _ => false,
    }
}

/// Comments behind something that is hidden: they often say the same.
fn comments(text: &str, literals: &[Range<usize>], hidden: &[Range<usize>]) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    for one in hidden {
        let end = text[one.end..]
            .find('\n')
            .map_or(text.len(), |at| one.end + at);
        let marks = text[one.end..end].match_indices('#');
        let mut marks = marks.map(|(at, _)| one.end + at);
        let in_literal = |at: &usize| literals.iter().any(|literal| literal.contains(at));
        if let Some(mark) = marks.find(|at| !in_literal(at)) {
            found.push(mark + 1..end);
        }
    }
    found
}

#[derive(Default)]
struct Literals {
    /// The contents of literals of text and of bytes.
    texts: Vec<Range<usize>>,
    numbers: Vec<Range<usize>>,
    /// What can be read wherever it stands: keys, the names of variables, docstrings.
    keys: Vec<Range<usize>>,
    open: Vec<Range<usize>>,
}

impl Literals {
    fn key(&mut self, key: &Expr) {
        if matches!(key, Expr::StringLiteral(_)) {
            self.keys.push(range(key));
            self.open.push(range(key));
        }
    }
}

impl<'a> SourceOrderVisitor<'a> for Literals {
    fn enter_node(&mut self, node: AnyNodeRef<'a>) -> TraversalSignal {
        match node {
            AnyNodeRef::ExprStringLiteral(literal) => {
                for part in &literal.value {
                    let content = part.content_range();
                    let content = content.start().to_usize()..content.end().to_usize();
                    self.texts.push(content);
                }
            }
            AnyNodeRef::ExprBytesLiteral(_)
            | AnyNodeRef::ExprFString(_)
            | AnyNodeRef::ExprTString(_) => self.texts.push(range(&node)),
            AnyNodeRef::ExprNumberLiteral(_) => self.numbers.push(range(&node)),
            AnyNodeRef::ExprDict(dict) => {
                for key in dict.items.iter().filter_map(|item| item.key.as_ref()) {
                    self.key(key);
                }
            }
            AnyNodeRef::ExprSubscript(subscript) => self.key(&subscript.slice),
            AnyNodeRef::ExprCall(call) => {
                let called = dotted(&call.func).unwrap_or_default();
                let root = called.split('.').next().unwrap_or_default();
                if READERS.contains(&root)
                    && let Some(name @ Expr::StringLiteral(literal)) = call.arguments.args.first()
                    && is_name(literal.value.to_str())
                {
                    self.key(name);
                }
            }
            AnyNodeRef::StmtExpr(statement) if statement.value.is_string_literal_expr() => {
                self.key(&statement.value);
            }
            _ => {}
        }
        TraversalSignal::Traverse
    }
}

/// Whether text is a variable's name, as variables are usually called.
fn is_name(text: &str) -> bool {
    is_variable(text) && !text.bytes().any(|byte| byte.is_ascii_lowercase())
}

#[cfg(test)]
mod tests;
