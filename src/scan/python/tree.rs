//! The visit of a syntax tree: which names, keys and parameters a literal reaches.

use std::collections::BTreeMap;

use ruff_python_ast::{
    CmpOp, Expr, ExprCall, ExprList, ExprTuple, Keyword, ParameterWithDefault, Parameters, Pattern,
    Stmt, StmtClassDef, StmtFunctionDef,
    visitor::{self, Visitor},
};
use ruff_python_parser::{Mode, ParseOptions, parse_unchecked};

use super::{
    super::{
        detect::Match,
        text::{Role, Text},
        words,
    },
    aim::{Aim, Step, Via},
    calls, flow,
};
use crate::finding::Confidence;

/// Expressions within expressions that a value is followed through.
pub(super) const DEEPEST: usize = 32;

/// Targets of one assignment that are looked at.
pub(super) const TARGETS: usize = 16;

/// Parses and visits. False where the text is not, or not all, Python.
pub(super) fn scan(
    text: &Text<'_>,
    source: &str,
    floor: Confidence,
    found: &mut Vec<Match>,
) -> bool {
    let parsed = parse_unchecked(source, ParseOptions::from(Mode::Module));
    let is_python = parsed.has_valid_syntax();
    if let Some(module) = parsed.syntax().as_module() {
        let mut finder = Finder {
            role: text.role,
            floor,
            path: Vec::new(),
            found: BTreeMap::new(),
            bound: flow::bound(&module.body),
        };
        finder.visit_body(&module.body);
        found.extend(finder.found.into_values());
    }
    is_python
}

pub(super) struct Finder<'a> {
    pub(super) role: Role,
    pub(super) floor: Confidence,
    /// Where the visit is, for the notes and for what a name means there.
    pub(super) path: Vec<Step<'a>>,
    /// By where the literal begins: the surest that was found.
    pub(super) found: BTreeMap<usize, Match>,
    /// What the module's own names stand for, where that is a generator's work.
    pub(super) bound: BTreeMap<&'a str, &'a Expr>,
}

impl<'a> Visitor<'a> for Finder<'a> {
    fn visit_stmt(&mut self, statement: &'a Stmt) {
        match statement {
            Stmt::Assign(assign) => {
                for target in assign.targets.iter().take(TARGETS) {
                    self.assign(target, &assign.value);
                }
                let depth = assign
                    .targets
                    .first()
                    .map_or(0, |target| self.enter(target));
                visitor::walk_stmt(self, statement);
                self.leave(depth);
            }
            Stmt::AnnAssign(assign) => {
                if let Some(value) = &assign.value {
                    self.assign(&assign.target, value);
                    let depth = self.enter(&assign.target);
                    self.visit_expr(value);
                    self.leave(depth);
                }
            }
            Stmt::AugAssign(assign) => {
                self.assign(&assign.target, &assign.value);
                let depth = self.enter(&assign.target);
                self.visit_expr(&assign.value);
                self.leave(depth);
            }
            Stmt::Match(choice) => {
                for case in &choice.cases {
                    self.match_case(&choice.subject, &case.pattern);
                }
                visitor::walk_stmt(self, statement);
            }
            Stmt::FunctionDef(function) => self.visit_function(function, statement),
            Stmt::ClassDef(class) => self.visit_class(class, statement),
            _ => visitor::walk_stmt(self, statement),
        }
    }

    fn visit_expr(&mut self, expression: &'a Expr) {
        match expression {
            Expr::Dict(dict) => {
                for item in &dict.items {
                    let Some(key) = item.key.as_ref().and_then(text_of) else {
                        self.visit_expr(&item.value);
                        continue;
                    };
                    let is_user = self
                        .path
                        .last()
                        .is_some_and(|of| calls::has_users(of.name()));
                    self.path.push(Step::Key(key));
                    if is_user {
                        self.flow(&item.value, Aim::at("password"), 0);
                    } else {
                        self.hand(&item.value, key);
                    }
                    self.visit_expr(&item.value);
                    self.path.pop();
                }
                return;
            }
            Expr::List(ExprList { elts, .. }) | Expr::Tuple(ExprTuple { elts, .. }) => {
                self.take_variables(elts);
            }
            Expr::Call(call) => self.visit_call(call),
            Expr::Named(named) => self.assign(&named.target, &named.value),
            Expr::Compare(compare) => {
                if let ([CmpOp::Eq | CmpOp::NotEq], [right]) =
                    (&*compare.ops, &*compare.comparators)
                {
                    self.compare(&compare.left, right);
                    self.compare(right, &compare.left);
                }
            }
            _ => {}
        }
        visitor::walk_expr(self, expression);
    }

    fn visit_keyword(&mut self, keyword: &'a Keyword) {
        let Some(name) = &keyword.arg else {
            return visitor::walk_keyword(self, keyword);
        };
        self.path.push(Step::Name(&name.id));
        self.hand(&keyword.value, &name.id);
        visitor::walk_keyword(self, keyword);
        self.path.pop();
    }

    fn visit_parameters(&mut self, parameters: &'a Parameters) {
        let all = parameters
            .posonlyargs
            .iter()
            .chain(&parameters.args)
            .chain(&parameters.kwonlyargs);
        for ParameterWithDefault {
            parameter, default, ..
        } in all
        {
            if let Some(default) = default {
                self.path.push(Step::Name(&parameter.name.id));
                self.flow(default, Aim::at(&parameter.name.id).via(Via::Parameter), 0);
                self.path.pop();
            }
        }
        visitor::walk_parameters(self, parameters);
    }
}

impl<'a> Finder<'a> {
    fn visit_function(&mut self, function: &'a StmtFunctionDef, statement: &'a Stmt) {
        let name = function.name.id.as_str();
        let outer = (self.role, std::mem::take(&mut self.path));
        if name.starts_with("test") {
            self.role = Role::Test;
        }
        let returned = name.trim_start_matches('_').trim_start_matches("get_");
        if words::bearing(returned).is_some() {
            for line in &function.body {
                if let Stmt::Return(line) = line
                    && let Some(value) = &line.value
                {
                    self.flow(value, Aim::at(returned).via(Via::Return).doubtful(), 0);
                }
            }
        }
        visitor::walk_stmt(self, statement);
        (self.role, self.path) = outer;
    }

    fn visit_class(&mut self, class: &'a StmtClassDef, statement: &'a Stmt) {
        let outer = self.role;
        let is_test = |base: &Expr| last_name(base).is_some_and(|base| base.contains("Test"));
        if class.name.id.starts_with("Test") || class.bases().iter().any(is_test) {
            self.role = Role::Test;
        }
        self.path.push(Step::Name(&class.name.id));
        visitor::walk_stmt(self, statement);
        self.path.pop();
        self.role = outer;
    }

    fn visit_call(&mut self, call: &'a ExprCall) {
        let Some(name) = calls::name(call) else {
            return;
        };
        let arguments = &call.arguments;
        if let Some(password) = calls::password_of(call) {
            self.flow(password, Aim::at("password").via(Via::Argument(call)), 0);
        }
        self.take_key(call);
        self.add_to_list(call, name);
        let default = arguments
            .keywords
            .iter()
            .find(|keyword| keyword.arg.as_ref().is_some_and(|arg| arg.id == "default"))
            .map(|keyword| &keyword.value);
        let pairs = arguments
            .args
            .windows(2)
            .map(|pair| (&pair[0], Some(&pair[1])));
        let only = arguments.args.first().map(|first| (first, None));
        for (key, value) in pairs.chain(only).take(4) {
            let Some(key) = text_of(key) else {
                continue;
            };
            let key = key.trim_start_matches('-');
            let is_setting = calls::has_default(call);
            if let Some(value) = value.filter(|_| is_setting) {
                self.flow(value, Aim::at(key).via(Via::Default(call)), 0);
            }
            if let Some(default) = default {
                self.flow(default, Aim::at(key).via(Via::Default(call)), 0);
            }
        }
        if name == "dict"
            && let Some(Expr::List(list)) = arguments.args.first()
        {
            for item in &list.elts {
                if let Expr::Tuple(ExprTuple { elts, .. }) = item
                    && let [key, value] = elts.as_slice()
                    && let Some(key) = text_of(key)
                {
                    self.path.push(Step::Key(key));
                    self.flow(value, Aim::at(key), 0);
                    self.path.pop();
                }
            }
        }
    }

    /// Gives a value to a name. In `auth=("user", "password")` that is the second one's.
    fn hand(&mut self, value: &'a Expr, name: &'a str) {
        match value {
            Expr::Tuple(pair) if calls::is_authentication(name) => {
                if let [_, password] = pair.elts.as_slice() {
                    self.flow(password, Aim::at("password"), 0);
                }
            }
            value => self.flow(value, Aim::at(name), 0),
        }
    }

    /// `token == "literal"`.
    fn compare(&mut self, named: &'a Expr, value: &'a Expr) {
        let name = match named {
            Expr::Subscript(subscript) => text_of(&subscript.slice),
            Expr::Call(call) => call.arguments.args.first().and_then(text_of),
            named => last_name(named),
        };
        if let Some(name) = name {
            self.flow(value, Aim::at(name).via(Via::Comparison).doubtful(), 0);
        }
    }

    /// `match token: case "literal": …`.
    fn match_case(&mut self, named: &'a Expr, pattern: &'a Pattern) {
        match pattern {
            Pattern::MatchValue(pattern) => self.compare(named, &pattern.value),
            Pattern::MatchOr(choice) => {
                for pattern in &choice.patterns {
                    if let Pattern::MatchValue(pattern) = pattern {
                        self.compare(named, &pattern.value);
                    }
                }
            }
            _ => {}
        }
    }

    /// `target = value`, in all the shapes of a target.
    fn assign(&mut self, target: &'a Expr, value: &'a Expr) {
        if let (Expr::Tuple(targets), Expr::Tuple(values)) = (target, value) {
            for (target, value) in targets.elts.iter().zip(&values.elts).take(TARGETS) {
                self.assign(target, value);
            }
            return;
        }
        let depth = self.enter(target);
        if let Some(step) = self.path.last().copied().filter(|_| depth > 0) {
            self.hand(value, step.name());
        }
        self.leave(depth);
    }

    /// Goes to a target, `DATABASES["default"]["PASSWORD"]`. How many steps that took.
    fn enter(&mut self, target: &'a Expr) -> usize {
        let before = self.path.len();
        let mut expression = target;
        while self.path.len() - before < DEEPEST {
            match expression {
                Expr::Name(name) => {
                    self.path.push(Step::Name(&name.id));
                    break;
                }
                Expr::Attribute(attribute) => {
                    self.path.push(Step::Name(&attribute.attr.id));
                    expression = &attribute.value;
                }
                Expr::Subscript(subscript) => {
                    if let Some(key) = text_of(&subscript.slice) {
                        self.path.push(Step::Key(key));
                    }
                    expression = &subscript.value;
                }
                Expr::Starred(starred) => expression = &starred.value,
                _ => break,
            }
        }
        self.path[before..].reverse();
        self.path.len() - before
    }

    fn leave(&mut self, depth: usize) {
        self.path.truncate(self.path.len() - depth);
    }
}

/// The text of a plain literal.
pub(super) fn text_of(expression: &Expr) -> Option<&str> {
    match expression {
        Expr::StringLiteral(literal) => literal
            .value
            .as_slice()
            .first()
            .filter(|_| literal.value.as_slice().len() == 1)
            .map(|part| &*part.value),
        Expr::BytesLiteral(literal) => literal
            .value
            .as_slice()
            .first()
            .and_then(|part| std::str::from_utf8(&part.value).ok()),
        _ => None,
    }
}

/// `password` of `self.password`.
pub(super) fn last_name(expression: &Expr) -> Option<&str> {
    match expression {
        Expr::Name(name) => Some(&name.id),
        Expr::Attribute(attribute) => Some(&attribute.attr.id),
        _ => None,
    }
}
