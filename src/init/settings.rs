//! One file of settings, by its syntax tree: what it reads from the environment, where its databases stand, what it is
//! built on. Nothing of it is run.

use std::{collections::BTreeMap, ops::Range};

use ruff_python_ast::{
    AnyNodeRef, Expr, ExprContext, ModModule, Stmt,
    visitor::source_order::{SourceOrderVisitor, TraversalSignal, walk_body},
};
use ruff_text_size::Ranged as _;

use super::{
    classify,
    databases::{self, Database},
    reads::{self, Reading},
};
use crate::scan::python;

/// A library that reads env files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Library {
    /// python-dotenv, and environs, which reads with it.
    PythonDotenv,
    /// django-environ.
    DjangoEnviron,
    /// python-decouple.
    Decouple,
}

/// `from .base import *`: a module whose settings are these settings too.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parent {
    /// How many dots stand before it.
    pub level: u32,
    /// Its dotted name.
    pub module: String,
}

/// What is known of a file of settings.
#[derive(Default)]
pub(super) struct Facts {
    /// Variables in the order of their reads.
    pub(super) reads: Vec<Read>,
    /// Defaults that `environ.Env(…)` sets.
    pub(super) scheme: Vec<String>,
    /// The one statement `DATABASES = …`, where it is understood.
    pub(super) databases: Option<Databases>,
    /// How often anything is called `DATABASES`.
    pub(super) bound: usize,
    /// Where that is first.
    pub(super) bound_at: Option<usize>,
    /// The contents of literals that are URLs with a password, where that is all they are.
    pub(super) urls: Vec<Range<usize>>,
    pub(super) libraries: Vec<Library>,
    pub(super) parents: Vec<Parent>,
    /// Whether the package `nuages` is imported.
    pub(super) has_package: bool,
    /// `with env.prefixed(…)`: which variable a call reads is not clear then.
    pub(super) is_prefixed: bool,
}

#[derive(Clone)]
pub(super) struct Read {
    pub(super) name: String,
    /// Whether it works without the variable, or is not always done.
    pub(super) is_optional: bool,
    /// Whether the value is a database's URL.
    pub(super) is_url: bool,
    pub(super) at: usize,
}

pub(super) struct Databases {
    /// The value of the statement.
    pub(super) range: Range<usize>,
    pub(super) all: Vec<Database>,
}

/// `None` where the text is no Python that can be read.
pub(super) fn facts(source: &str) -> Option<Facts> {
    python::parsed(source, |module| {
        let mut visit = Visit {
            facts: Facts {
                is_prefixed: source.contains(".prefixed("),
                ..Facts::default()
            },
            conditions: 0,
        };
        walk_body(&mut visit, &module.body);
        let mut facts = visit.facts;
        facts.databases = (facts.bound == 1)
            .then(|| assigned(module))
            .flatten()
            .and_then(databases);
        facts
    })
}

/// What is given to `DATABASES` at the top of a module.
fn assigned(module: &ModModule) -> Option<&Expr> {
    let is_it = |target: &Expr| matches!(target, Expr::Name(name) if name.id == "DATABASES");
    module.body.iter().find_map(|statement| match statement {
        Stmt::Assign(assign) => match assign.targets.as_slice() {
            [only] if is_it(only) => Some(&*assign.value),
            _ => None,
        },
        Stmt::AnnAssign(assign) if is_it(&assign.target) => assign.value.as_deref(),
        _ => None,
    })
}

fn databases(value: &Expr) -> Option<Databases> {
    let range = value.range();
    Some(Databases {
        range: range.start().to_usize()..range.end().to_usize(),
        all: databases::read(value)?,
    })
}

struct Visit {
    facts: Facts,
    /// How many nodes around may keep the visited one from being run.
    conditions: usize,
}

impl<'a> SourceOrderVisitor<'a> for Visit {
    fn enter_node(&mut self, node: AnyNodeRef<'a>) -> TraversalSignal {
        self.conditions += usize::from(is_condition(node));
        match node {
            AnyNodeRef::ExprCall(call) => {
                self.read(node, reads::of_call(call));
                let scheme = reads::scheme(call).map(str::to_owned);
                self.facts.scheme.extend(scheme);
            }
            AnyNodeRef::ExprSubscript(subscript) if subscript.ctx == ExprContext::Load => {
                self.read(node, reads::of_subscript(subscript));
            }
            AnyNodeRef::ExprStringLiteral(literal) => {
                if let [part] = literal.value.as_slice()
                    && classify::has_password(&part.value)
                {
                    let content = part.content_range();
                    let content = content.start().to_usize()..content.end().to_usize();
                    self.facts.urls.push(content);
                }
            }
            AnyNodeRef::ExprCompare(compare) => self.read(node, reads::of_comparison(compare)),
            AnyNodeRef::ExprName(name)
                if name.ctx == ExprContext::Store && name.id == "DATABASES" =>
            {
                self.facts.bound += 1;
                let at = name.range().start().to_usize();
                self.facts.bound_at.get_or_insert(at);
            }
            AnyNodeRef::StmtImport(import) => {
                for alias in &import.names {
                    self.library(&alias.name.id);
                }
            }
            AnyNodeRef::StmtImportFrom(import) => {
                let module = import.module.as_ref().map_or("", |module| &module.id);
                if import.level == 0 {
                    self.library(module);
                }
                if import.names.iter().any(|alias| &alias.name.id == "*") {
                    self.facts.parents.push(Parent {
                        level: import.level,
                        module: module.to_owned(),
                    });
                }
            }
            _ => {}
        }
        TraversalSignal::Traverse
    }

    fn leave_node(&mut self, node: AnyNodeRef<'a>) {
        self.conditions -= usize::from(is_condition(node));
    }
}

impl Visit {
    fn read(&mut self, node: AnyNodeRef<'_>, reading: Option<Reading<'_>>) {
        self.facts.reads.extend(reading.map(|reading| Read {
            name: reading.name.to_owned(),
            is_optional: reading.is_optional || self.conditions > 0,
            is_url: reading.url.is_some(),
            at: node.range().start().to_usize(),
        }));
    }

    fn library(&mut self, module: &str) {
        let library = match module.split('.').next().unwrap_or_default() {
            "decouple" => Library::Decouple,
            "environ" => Library::DjangoEnviron,
            "dotenv" | "environs" => Library::PythonDotenv,
            "nuages" => {
                self.facts.has_package = true;
                return;
            }
            _ => return,
        };
        self.facts.libraries.push(library);
    }
}

fn is_condition(node: AnyNodeRef<'_>) -> bool {
    matches!(
        node,
        AnyNodeRef::StmtIf(_)
            | AnyNodeRef::StmtTry(_)
            | AnyNodeRef::StmtFor(_)
            | AnyNodeRef::StmtWhile(_)
            | AnyNodeRef::StmtMatch(_)
            | AnyNodeRef::StmtFunctionDef(_)
            | AnyNodeRef::ExprIf(_)
            | AnyNodeRef::ExprBoolOp(_)
            | AnyNodeRef::ExprLambda(_)
    )
}

/// Every variable once, in the order of its first read outside of `except`: whether it may be missing, and whether it is a
/// database's URL.
pub(super) fn merged<'a>(reads: impl Iterator<Item = &'a Read>) -> Vec<(&'a str, bool, bool)> {
    let mut places: BTreeMap<&str, usize> = BTreeMap::new();
    let mut merged: Vec<(&str, bool, bool)> = Vec::new();
    for read in reads {
        let place = *places.entry(&read.name).or_insert_with(|| {
            merged.push((&read.name, true, false));
            merged.len() - 1
        });
        if let Some((_, is_optional, is_url)) = merged.get_mut(place) {
            *is_optional &= read.is_optional;
            *is_url |= read.is_url;
        }
    }
    merged
}
