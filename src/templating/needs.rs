//! What a template file names, found by walking its syntax tree before anything is fetched.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Range,
};

use minijinja::machinery::{
    Span,
    ast::{BinOpKind, Call, CallArg, CallType, Expr, Stmt},
};

use super::{check::key_of, filters};
use crate::{
    diagnostic::{Class, Diagnostic},
    suggest,
};

/// What the manifest gives: both are tables of its keys.
pub(super) const ROOTS: [&str; 2] = ["databases", "env"];

/// The function for a reference as a manifest has it.
pub(super) const REFERENCE: &str = "ref";

/// Functions of Jinja that are there.
const FUNCTIONS: [&str; 1] = ["range"];

/// Tests that are there; the first ones say nothing of a secret's text.
const TESTS: [&str; 7] = [
    "defined",
    "undefined",
    "none",
    "true",
    "false",
    "odd",
    "even",
];
const TESTS_OF_SECRETS: usize = 3;

/// A place in the template file.
pub(super) type Place = Range<usize>;

/// All that a template names.
#[derive(Debug, Default)]
pub(super) struct Needs {
    /// `secrets("db-password")`: function, and argument where it is a literal.
    pub(super) calls: Vec<(String, Option<String>, Place)>,
    /// `databases.default.HOST`, with the place of each part.
    pub(super) paths: Vec<Path>,
    /// Names that are not set in the template.
    pub(super) names: Vec<(String, Place)>,
    /// What is given to a variable of the template.
    pub(super) set: BTreeMap<String, Uses>,
    /// What reads the text of a value, which a secret's must not be: what it reads, and what it is.
    pub(super) readers: Vec<(Uses, Place, String)>,
    pub(super) errors: Vec<(String, Option<String>, Place)>,
}

/// So many mistakes are told: each is shown with its line, which may be as long as the file.
pub(super) const MOST_ERRORS: usize = 50;

/// A chain of keys below a root.
#[derive(Debug)]
pub(super) struct Path {
    pub(super) parts: Vec<(String, Place)>,
    /// Whether the template asks first if it is there.
    pub(super) is_asked: bool,
}

/// What a value is made of.
#[derive(Clone, Debug, Default)]
pub(super) struct Uses {
    /// A reference, or what a filter that takes secrets has made.
    pub(super) is_hidden: bool,
    /// Indices of paths.
    pub(super) paths: BTreeSet<usize>,
    pub(super) variables: BTreeSet<String>,
}

impl Uses {
    fn add(&mut self, other: Self) {
        self.is_hidden |= other.is_hidden;
        self.paths.extend(other.paths);
        self.variables.extend(other.variables);
    }
}

fn place(span: Span) -> Place {
    let offset = |offset: u32| usize::try_from(offset).unwrap_or(usize::MAX);
    offset(span.start_offset)..offset(span.end_offset)
}

impl Needs {
    pub(super) fn of(template: &Stmt<'_>) -> Self {
        let mut needs = Self::default();
        needs.statement(template);
        needs
    }

    fn error(&mut self, message: impl Into<String>, hint: Option<String>, at: Place) {
        if self.errors.len() >= MOST_ERRORS {
            return;
        }
        self.errors.push((message.into(), hint, at));
    }

    fn statements(&mut self, statements: &[Stmt<'_>]) {
        for statement in statements {
            self.statement(statement);
        }
    }

    fn statement(&mut self, statement: &Stmt<'_>) {
        match statement {
            Stmt::Template(template) => self.statements(&template.children),
            Stmt::EmitRaw(_) => {}
            Stmt::EmitExpr(emit) => {
                self.expression(&emit.expr);
            }
            Stmt::ForLoop(each) => {
                let mut uses = self.expression(&each.iter);
                self.assign(&each.target, &uses);
                self.set
                    .entry("loop".to_owned())
                    .or_default()
                    .add(uses.clone());
                if let Some(filter) = &each.filter_expr {
                    uses.add(self.expression(filter));
                }
                if each.recursive {
                    let at = place(each.iter.span());
                    self.error("a recursive loop is not supported", None, at);
                }
                self.statements(&each.body);
                self.statements(&each.else_body);
            }
            Stmt::IfCond(condition) => {
                self.expression(&condition.expr);
                self.statements(&condition.true_body);
                self.statements(&condition.false_body);
            }
            Stmt::WithBlock(with) => {
                for (target, value) in &with.assignments {
                    let uses = self.expression(value);
                    self.assign(target, &uses);
                }
                self.statements(&with.body);
            }
            Stmt::Set(set) => {
                let uses = self.expression(&set.expr);
                self.assign(&set.target, &uses);
            }
            // What they write would go through text of the engine, which is not wiped.
            Stmt::SetBlock(block) => self.unsupported("a block of `set`", place(block.span())),
            Stmt::FilterBlock(block) => self.unsupported("`filter`", place(block.span())),
            Stmt::AutoEscape(block) => self.unsupported("`autoescape`", place(block.span())),
            Stmt::Do(call) => self.unsupported("`do`", place(call.span())),
        }
    }

    fn unsupported(&mut self, what: &str, at: Place) {
        let hint = "`if`, `for`, `set` and `with` are there, and expressions";
        self.error(
            format!("{what} is not supported"),
            Some(hint.to_owned()),
            at,
        );
    }

    fn assign(&mut self, target: &Expr<'_>, uses: &Uses) {
        match target {
            Expr::Var(variable) => {
                if ROOTS.contains(&variable.id) || variable.id == REFERENCE {
                    let message = format!("`{}` cannot be set", variable.id);
                    self.error(message, None, place(target.span()));
                }
                let known = self.set.entry(variable.id.to_owned()).or_default();
                known.add(uses.clone());
            }
            Expr::List(list) => list.items.iter().for_each(|item| self.assign(item, uses)),
            Expr::Tuple(tuple) => tuple.items.iter().for_each(|item| self.assign(item, uses)),
            _ => self.unsupported("this target", place(target.span())),
        }
    }

    fn all<'a, 'b: 'a>(&mut self, parts: impl IntoIterator<Item = &'a Expr<'b>>) -> Uses {
        let mut uses = Uses::default();
        for part in parts {
            uses.add(self.expression(part));
        }
        uses
    }

    fn expression(&mut self, expression: &Expr<'_>) -> Uses {
        let at = place(expression.span());
        if let Some(parts) = chain(expression) {
            self.paths.push(Path {
                parts,
                is_asked: false,
            });
            return Uses {
                paths: BTreeSet::from([self.paths.len() - 1]),
                ..Uses::default()
            };
        }
        match expression {
            Expr::Const(_) => Uses::default(),
            Expr::Var(variable) => {
                self.names.push((variable.id.to_owned(), at));
                Uses {
                    variables: BTreeSet::from([variable.id.to_owned()]),
                    ..Uses::default()
                }
            }
            Expr::Slice(slice) => {
                let ends = [&slice.start, &slice.stop, &slice.step];
                let uses = self.all(std::iter::once(&slice.expr).chain(ends.into_iter().flatten()));
                self.reads(uses, at, "a slice")
            }
            Expr::UnaryOp(operation) => self.expression(&operation.expr),
            Expr::BinOp(operation) => {
                let uses = self.all([&operation.left, &operation.right]);
                match operation.op {
                    BinOpKind::ScAnd | BinOpKind::ScOr => uses,
                    BinOpKind::Concat | BinOpKind::Add => self.reads(uses, at, "`~` or `+`"),
                    _ => self.reads(uses, at, "a comparison or a sum"),
                }
            }
            Expr::Compare(comparison) => {
                let others = comparison.ops.iter().map(|other| &other.expr);
                let uses = self.all(std::iter::once(&comparison.expr).chain(others));
                self.reads(uses, at, "a comparison")
            }
            Expr::IfExpr(choice) => {
                self.expression(&choice.test_expr);
                self.all(std::iter::once(&choice.true_expr).chain(&choice.false_expr))
            }
            Expr::Filter(filter) => {
                let mut uses = self.all(filter.expr.iter());
                uses.add(self.arguments(&filter.args));
                self.filter(filter.name, uses, at)
            }
            Expr::Test(test) => {
                let before = self.paths.len();
                let mut uses = self.expression(&test.expr);
                uses.add(self.arguments(&test.args));
                let known = TESTS.iter().position(|known| *known == test.name);
                if known.is_none() {
                    let message = format!("there is no test `{}`", test.name);
                    self.error(message, suggest::hint(test.name, TESTS), at.clone());
                } else if known.is_some_and(|known| known < 2) {
                    self.paths[before..]
                        .iter_mut()
                        .for_each(|path| path.is_asked = true);
                }
                if known.is_some_and(|known| known >= TESTS_OF_SECRETS) {
                    return self.reads(uses, at, "a test");
                }
                Uses::default()
            }
            Expr::GetAttr(get) => self.expression(&get.expr),
            Expr::GetItem(get) => {
                let mut uses = self.expression(&get.expr);
                let key = self.expression(&get.subscript_expr);
                uses.add(self.reads(key, place(get.subscript_expr.span()), "a key"));
                uses
            }
            Expr::Call(call) => self.call(call, at),
            Expr::List(list) => self.all(&list.items),
            Expr::Tuple(tuple) => self.all(&tuple.items),
            Expr::Map(map) => self.all(map.keys.iter().chain(&map.values)),
        }
    }

    fn filter(&mut self, name: &str, mut uses: Uses, at: Place) -> Uses {
        if !filters::names().any(|known| known == name) {
            let hint = suggest::hint(name, filters::names());
            self.error(format!("there is no filter `{name}`"), hint, at);
        } else if !filters::takes_secrets(name) {
            return self.reads(uses, at, &format!("`{name}`"));
        } else {
            uses.is_hidden |= filters::hides(name);
        }
        uses
    }

    /// Notes that something looks at the text of values. What it gives is no secret then, since it gets none.
    fn reads(&mut self, uses: Uses, at: Place, what: &str) -> Uses {
        self.readers.push((uses, at, what.to_owned()));
        Uses::default()
    }

    fn arguments(&mut self, arguments: &[CallArg<'_>]) -> Uses {
        let each = arguments.iter().map(|argument| match argument {
            CallArg::Pos(value)
            | CallArg::Kwarg(_, value)
            | CallArg::PosSplat(value)
            | CallArg::KwargSplat(value) => value,
        });
        self.all(each)
    }

    fn call(&mut self, call: &Call<'_>, at: Place) -> Uses {
        let CallType::Function(function) = call.identify_call() else {
            let message = "a method or a value cannot be called";
            let hint = format!(
                "filters: {}",
                suggest::list(&filters::names().collect::<Vec<_>>())
            );
            self.error(message, Some(hint), at);
            return Uses::default();
        };
        if FUNCTIONS.contains(&function) {
            let uses = self.arguments(&call.args);
            return self.reads(uses, at, &format!("`{function}`"));
        }
        let literal = match &call.args[..] {
            [CallArg::Pos(Expr::Const(literal))] => literal.value.as_str().map(str::to_owned),
            _ => None,
        };
        self.calls.push((function.to_owned(), literal, at));
        Uses {
            is_hidden: true,
            ..Uses::default()
        }
    }

    /// The variables that a secret may be in.
    pub(super) fn hidden_variables(&self, is_secret: impl Fn(usize) -> bool) -> BTreeSet<&str> {
        let mut readers: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        let mut hidden = BTreeSet::new();
        let mut open = Vec::new();
        for (name, uses) in &self.set {
            for variable in &uses.variables {
                readers.entry(variable).or_default().push(name);
            }
            if uses.is_hidden || uses.paths.iter().any(|path| is_secret(*path)) {
                open.push(name.as_str());
            }
        }
        while let Some(name) = open.pop() {
            if hidden.insert(name) {
                open.extend(readers.get(name).into_iter().flatten());
            }
        }
        hidden
    }

    /// Where a value stands, if it stands in one place alone.
    pub(super) fn only_place(&self, name: &str) -> Option<Place> {
        let calls = self.calls.iter().filter_map(|(function, argument, at)| {
            let key = key_of(function, argument.as_deref()?);
            (key == name).then_some(at)
        });
        let paths = self.paths.iter().filter_map(|path| {
            let parts: Vec<&str> = path.parts.iter().map(|(part, _)| &**part).collect();
            let (_, at) = path.parts.last()?;
            (parts.join(".") == name).then_some(at)
        });
        let mut places = calls.chain(paths);
        places.next().filter(|_| places.next().is_none()).cloned()
    }

    /// The mistakes that the tree alone shows.
    pub(super) fn problems(&self) -> impl Iterator<Item = (Diagnostic, Place)> {
        self.errors.iter().map(|(message, hint, at)| {
            let error = Diagnostic::new(Class::Manifest, message.clone()).maybe_hint(hint.clone());
            (error, at.clone())
        })
    }
}

/// `databases.default["HOST"]` as its parts.
fn chain(expression: &Expr<'_>) -> Option<Vec<(String, Place)>> {
    let at = place(expression.span());
    match expression {
        Expr::Var(variable) => ROOTS
            .contains(&variable.id)
            .then(|| vec![(variable.id.to_owned(), at)]),
        Expr::GetAttr(get) => {
            let mut parts = chain(&get.expr)?;
            parts.push((get.name.to_owned(), at));
            Some(parts)
        }
        Expr::GetItem(get) => {
            let Expr::Const(key) = &get.subscript_expr else {
                return None;
            };
            let key = key.value.as_str()?.to_owned();
            let mut parts = chain(&get.expr)?;
            parts.push((key, at));
            Some(parts)
        }
        _ => None,
    }
}
