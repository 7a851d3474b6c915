//! Literals in Python source that reach a secret-bearing name: by the syntax tree, where a glance at the text says that it
//! can be worth the parsing. What is commented out is judged by its text.

mod aim;
mod calls;
mod comments;
mod flow;
mod glance;
mod literal;
mod nesting;
mod sniff;
mod tree;

use ruff_python_ast::ModModule;
use ruff_python_parser::parse_module;

use super::{
    detect::{Match, Request},
    text::Text,
};

/// A longer file is machine-made, and left to `pairs`.
const LONGEST: usize = 1 << 20;

/// Adds what it finds. False where the file could not be judged as Python, or not all of it: it is no Python (of any
/// version that the parser knows), no UTF-8, too long or too deeply nested. Then its text is worth a look as any other.
pub(crate) fn scan(text: &Text<'_>, request: &Request<'_>, found: &mut Vec<Match>) -> bool {
    let Ok(source) = std::str::from_utf8(text.bytes) else {
        return false;
    };
    if source.len() > LONGEST {
        return false;
    }
    comments::scan(text, source, request, found);
    if !glance::is_worth_parsing(text, source, request) {
        return true;
    }
    let Some(levels) = nesting::levels(source) else {
        return false;
    };
    let stack = nesting::stack_for(levels);
    stacker::maybe_grow(stack, stack, || {
        tree::scan(text, source, request.floor, found)
    })
}

/// Whether what a name gets, behind a hit in it, is a constant's literal, wherever that stands: `SECRET_KEY = KEY`.
pub(crate) fn is_by_name(bytes: &[u8], hit_end: usize) -> bool {
    glance::is_by_name(bytes, hit_end)
}

/// The same for a text whose name does not say what it is, but whose lines do. False, with nothing added, where it is no
/// Python.
pub(crate) fn scan_unnamed(text: &Text<'_>, request: &Request<'_>, found: &mut Vec<Match>) -> bool {
    if !sniff::looks_like_python(text.bytes) {
        return false;
    }
    let Ok(source) = std::str::from_utf8(text.bytes) else {
        return false;
    };
    let mut own = Vec::new();
    let is_python = parsed(source, |_| ()).is_some() && scan(text, request, &mut own);
    if is_python {
        found.append(&mut own);
    }
    is_python
}

/// Parses a module and looks at it. `None` where it is no Python, or none that is parsed here: too long, too deeply nested.
pub(crate) fn parsed<T>(source: &str, look: impl FnOnce(&ModModule) -> T) -> Option<T> {
    let levels = (source.len() <= LONGEST)
        .then(|| nesting::levels(source))
        .flatten()?;
    let stack = nesting::stack_for(levels);
    stacker::maybe_grow(stack, stack, || {
        parse_module(source)
            .ok()
            .map(|parsed| look(parsed.syntax()))
    })
}

#[cfg(test)]
mod tests;
