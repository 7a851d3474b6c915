//! Where each setting is written: by the syntax tree of the files that the settings are made of, down to the keys of tables.

use std::{collections::HashMap, ops::Range};

use ruff_python_ast::{
    DictItem, ExceptHandler, Expr, ExprCall, ExprList, ExprTuple, Number, Stmt, StmtImportFrom,
};
use ruff_text_size::Ranged;
use zeroize::Zeroizing;

use super::File;
use crate::{check::subject::Known, init::Parent, scan::python};

/// Tables within tables that are followed.
const DEEPEST: usize = 12;

/// So many keys of one setting are looked at.
const MOST: usize = 2_000;

/// So many items of one list.
const MOST_ITEMS: usize = 200;

/// One place in one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::check) struct Spot {
    /// Which of the files.
    pub(in crate::check) file: usize,
    /// The value, or its key where the value begins on a later line.
    pub(in crate::check) span: Range<usize>,
}

/// Something that a key is given.
pub(super) struct Written {
    /// From the setting down: `DATABASES`, `default`, `PASSWORD`. A number is an item of a list.
    pub(super) path: Vec<String>,
    pub(super) spot: Spot,
    /// The whole of the value.
    pub(super) value: Range<usize>,
    /// What it is, where it is written out.
    literal: Option<Literal>,
}

enum Literal {
    Text(Zeroizing<String>),
    Flag(bool),
    Number(String),
    Null,
}

/// Everything that the settings' files give to a setting, in the order in which it is run.
#[derive(Default)]
pub(super) struct Places {
    /// By the name of the setting.
    all: HashMap<String, Vec<Written>>,
}

impl Places {
    /// Looks through the files, from `main` on.
    pub(super) fn of(files: &[File], main: usize) -> Self {
        let mut visit = Visit {
            files,
            open: Vec::new(),
            all: HashMap::new(),
        };
        visit.file(main);
        Self { all: visit.all }
    }

    /// Everything in one file.
    pub(super) fn in_file(&self, file: usize) -> impl Iterator<Item = &Written> {
        let all = self.all.values().flatten();
        all.filter(move |written| written.spot.file == file)
    }

    /// Where a key gets its value, or the nearest thing above it; and whether that very value is written out there. Of
    /// several places it is the last, but one that has this value rather than another.
    pub(super) fn find(&self, path: &[&str], value: &Known) -> Option<(&Spot, bool)> {
        let depth = |written: &Written| {
            let is_above = written.path.len() <= path.len()
                && written.path.iter().zip(path).all(|(a, b)| a == b);
            is_above.then_some(written.path.len())
        };
        let all = self.all.get(*path.first()?)?;
        let deepest = all.iter().filter_map(depth).max()?;
        let mut places = all
            .iter()
            .rev()
            .filter(|written| depth(written) == Some(deepest))
            .peekable();
        let last = places.peek().map(|written| &written.spot)?;
        let is_whole = deepest == path.len();
        let literal = places.find(|written| is_whole && written.is(value));
        Some(literal.map_or((last, false), |written| (&written.spot, true)))
    }
}

impl Written {
    /// Whether this very value is written out.
    fn is(&self, value: &Known) -> bool {
        match (&self.literal, value) {
            (Some(Literal::Text(text)), Known::Text(value)) => text.as_str() == value.expose(),
            (Some(Literal::Flag(flag)), Known::Flag(value)) => flag == value,
            (Some(Literal::Number(number)), Known::Number(value)) => number == value,
            (Some(Literal::Null), Known::Null) => true,
            _ => false,
        }
    }
}

struct Visit<'a> {
    files: &'a [File],
    /// The files that are being looked at, the innermost last.
    open: Vec<usize>,
    all: HashMap<String, Vec<Written>>,
}

impl Visit<'_> {
    fn file(&mut self, file: usize) {
        let files = self.files;
        let Some(source) = files.get(file).filter(|_| !self.open.contains(&file)) else {
            return;
        };
        self.open.push(file);
        python::parsed(&source.text, |module| self.body(&module.body, false));
        self.open.pop();
    }

    fn body(&mut self, body: &[Stmt], is_conditional: bool) {
        for statement in body {
            self.statement(statement, is_conditional);
        }
    }

    fn statement(&mut self, statement: &Stmt, is_conditional: bool) {
        match statement {
            Stmt::Assign(assign) => {
                for target in &assign.targets {
                    self.bind(target, &assign.value, is_conditional);
                }
            }
            Stmt::AnnAssign(assign) => {
                if let Some(value) = &assign.value {
                    self.bind(&assign.target, value, is_conditional);
                }
            }
            Stmt::AugAssign(assign) => {
                if let Some(path) = path_of(&assign.target) {
                    self.put(path, &*assign.target, &*assign.value, None);
                }
            }
            Stmt::Expr(expression) => {
                if let Expr::Call(call) = &*expression.value {
                    self.call(call, is_conditional);
                }
            }
            Stmt::ImportFrom(import) => self.import(import),
            Stmt::If(branches) => {
                self.body(&branches.body, true);
                for clause in &branches.elif_else_clauses {
                    self.body(&clause.body, true);
                }
            }
            Stmt::Try(attempt) => {
                self.body(&attempt.body, true);
                for handler in &attempt.handlers {
                    let ExceptHandler::ExceptHandler(handler) = handler;
                    self.body(&handler.body, true);
                }
                self.body(&attempt.orelse, true);
                self.body(&attempt.finalbody, true);
            }
            Stmt::With(with) => self.body(&with.body, is_conditional),
            Stmt::For(each) => self.body(&each.body, true),
            Stmt::While(each) => self.body(&each.body, true),
            Stmt::Match(choice) => {
                for case in &choice.cases {
                    self.body(&case.body, true);
                }
            }
            _ => {}
        }
    }

    /// `from .base import *`
    fn import(&mut self, import: &StmtImportFrom) {
        if !import.names.iter().any(|alias| &alias.name.id == "*") {
            return;
        }
        let wanted = Parent {
            level: import.level,
            module: import
                .module
                .as_ref()
                .map_or_else(String::new, |module| module.id.to_string()),
        };
        let files = self.files;
        let here = self.open.last().and_then(|&here| files.get(here));
        let parent = here.and_then(|here| {
            let mut parents = here.parents.iter();
            parents.find(|(parent, _)| *parent == wanted)?.1
        });
        if let Some(parent) = parent {
            self.file(parent);
        }
    }

    /// `DATABASES["default"].update(…)`, `ALLOWED_HOSTS.append(…)`
    fn call(&mut self, call: &ExprCall, is_conditional: bool) {
        let Expr::Attribute(method) = &*call.func else {
            return;
        };
        let Some(path) = path_of(&method.value) else {
            return;
        };
        if &method.attr.id != "update" {
            self.put(path, &*call.func, call, None);
            return;
        }
        let tables = call.arguments.args.iter().flat_map(below);
        for (name, key, value) in tables.chain(keywords(call)) {
            self.given(&[&path[..], &[name]].concat(), key, value, is_conditional);
        }
    }

    fn bind(&mut self, target: &Expr, value: &Expr, is_conditional: bool) {
        if let (Expr::Tuple(targets), Expr::Tuple(values)) = (target, value) {
            for (target, value) in targets.elts.iter().zip(&values.elts) {
                self.bind(target, value, is_conditional);
            }
        } else if let Some(path) = path_of(target) {
            self.given(&path, target, value, is_conditional);
        }
    }

    /// A value that a statement gives.
    fn given(&mut self, path: &[String], key: &Expr, value: &Expr, is_conditional: bool) {
        if !is_conditional && let Some(all) = path.first().and_then(|name| self.all.get_mut(name)) {
            // What was there before is gone.
            all.retain(|written| !written.path.starts_with(path));
        }
        self.value(path, key, value);
    }

    fn value(&mut self, path: &[String], key: &Expr, value: &Expr) {
        self.put(path.to_vec(), key, value, literal(value));
        for (name, key, value) in below(value) {
            if path.len() < DEEPEST {
                self.value(&[path, &[name]].concat(), key, value);
            }
        }
    }

    fn put(
        &mut self,
        path: Vec<String>,
        key: &impl Ranged,
        value: &impl Ranged,
        literal: Option<Literal>,
    ) {
        let Some(&file) = self.open.last() else {
            return;
        };
        let (key, value) = (range(key), range(value));
        let between = self.files[file].text.get(key.end..value.start);
        let is_on_line = !between.unwrap_or_default().contains('\n');
        let span = if is_on_line { value.clone() } else { key };
        let Some(name) = path.first() else {
            return;
        };
        let all = self.all.entry(name.clone()).or_default();
        if all.len() < MOST {
            all.push(Written {
                path,
                spot: Spot { file, span },
                value,
                literal,
            });
        }
    }
}

/// The keys of a table, or the items of a list: name, key and value of each.
fn below(value: &Expr) -> Vec<(String, &Expr, &Expr)> {
    match value {
        Expr::Dict(dict) => {
            let items = dict.items.iter();
            let item = |item: &'_ DictItem| item.key.as_ref().and_then(text_of);
            items
                .filter_map(|one| Some((item(one)?, one.key.as_ref()?, &one.value)))
                .collect()
        }
        Expr::Call(call) if matches!(&*call.func, Expr::Name(name) if &name.id == "dict") => {
            keywords(call)
        }
        Expr::List(ExprList { elts, .. }) | Expr::Tuple(ExprTuple { elts, .. }) => {
            // Behind `*others` nobody knows which item is which.
            let known = elts
                .iter()
                .take_while(|item| !matches!(item, Expr::Starred(_)));
            let known = known.take(MOST_ITEMS).enumerate();
            known
                .map(|(number, item)| (number.to_string(), item, item))
                .collect()
        }
        _ => Vec::new(),
    }
}

fn keywords(call: &ExprCall) -> Vec<(String, &Expr, &Expr)> {
    let keywords = call.arguments.keywords.iter();
    keywords
        .filter_map(|keyword| {
            let name = keyword.arg.as_ref()?.id.to_string();
            Some((name, &keyword.value, &keyword.value))
        })
        .collect()
}

pub(super) fn range(node: &impl Ranged) -> Range<usize> {
    let range = node.range();
    range.start().to_usize()..range.end().to_usize()
}

/// The steps of `DATABASES["default"]["PASSWORD"]`; none where it begins with anything but a setting.
fn path_of(target: &Expr) -> Option<Vec<String>> {
    let mut path = Vec::new();
    let mut expression = target;
    while path.len() < DEEPEST {
        match expression {
            Expr::Name(name) => {
                let is_setting = name.id.chars().any(char::is_uppercase)
                    && !name.id.chars().any(char::is_lowercase);
                path.push(name.id.to_string());
                path.reverse();
                return is_setting.then_some(path);
            }
            Expr::Subscript(subscript) => {
                path.push(text_of(&subscript.slice)?);
                expression = &subscript.value;
            }
            _ => return None,
        }
    }
    None
}

/// The text of a literal.
fn text_of(expression: &Expr) -> Option<String> {
    match expression {
        Expr::StringLiteral(literal) => Some(literal.value.to_str().to_owned()),
        _ => None,
    }
}

fn literal(value: &Expr) -> Option<Literal> {
    Some(match value {
        Expr::StringLiteral(literal) => {
            Literal::Text(Zeroizing::new(literal.value.to_str().to_owned()))
        }
        Expr::BooleanLiteral(literal) => Literal::Flag(literal.value),
        Expr::NoneLiteral(_) => Literal::Null,
        Expr::NumberLiteral(literal) => match &literal.value {
            Number::Int(number) => Literal::Number(number.as_i64()?.to_string()),
            Number::Float(number) => Literal::Number(number.to_string()),
            Number::Complex { .. } => return None,
        },
        _ => return None,
    })
}

#[cfg(test)]
mod tests;
