//! The visit of a syntax tree: which names, keys and parameters a literal reaches.

use std::{borrow::Cow, collections::BTreeMap};

use ruff_python_ast::{
    CmpOp, Expr, ExprCall, ExprTuple, Keyword, ParameterWithDefault, Parameters, Stmt,
    StmtClassDef, StmtFunctionDef,
    visitor::{self, Visitor},
};
use ruff_python_parser::{Mode, ParseOptions, parse_unchecked};

use super::{
    super::{
        detect::Match,
        text::{Role, Text},
        words::{self, Look},
    },
    aim::{self, Aim, Step, Via},
    calls,
    literal::Parts,
};
use crate::finding::Confidence;

/// Expressions within expressions that a value is followed through.
const DEEPEST: usize = 32;

/// Targets of one assignment that are looked at.
const TARGETS: usize = 16;

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
        };
        finder.visit_body(&module.body);
        found.extend(finder.found.into_values());
    }
    is_python
}

struct Finder<'a> {
    role: Role,
    floor: Confidence,
    /// Where the visit is, for the notes and for what a name means there.
    path: Vec<Step<'a>>,
    /// By where the literal begins: the surest that was found.
    found: BTreeMap<usize, Match>,
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
                    self.path.push(Step::Key(key));
                    self.flow(&item.value, Aim::at(key), 0);
                    self.visit_expr(&item.value);
                    self.path.pop();
                }
                return;
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
        match &keyword.value {
            Expr::Tuple(pair) if calls::is_authentication(&name.id) => self.log_in(pair),
            value => self.flow(value, Aim::at(&name.id), 0),
        }
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
        if let Some(at) = calls::password_at(name)
            && let Some(password) = arguments.args.get(at)
        {
            self.flow(password, Aim::at("password").via(Via::Argument(call)), 0);
        }
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
            let is_setting = calls::is_of_settings(name);
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

    /// `auth=("user", "password")`.
    fn log_in(&mut self, pair: &'a ExprTuple) {
        if let [_, password] = pair.elts.as_slice() {
            self.flow(password, Aim::at("password"), 0);
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
            self.flow(value, Aim::at(step.name()), 0);
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

    /// Follows a value to the literals that it can be.
    fn flow(&mut self, value: &'a Expr, aim: Aim<'a>, depth: usize) {
        if depth > DEEPEST {
            return;
        }
        let deeper = depth + 1;
        match value {
            Expr::If(choice) => {
                self.flow(&choice.body, aim, deeper);
                self.flow(&choice.orelse, aim, deeper);
            }
            Expr::BoolOp(choice) => {
                for value in choice.values.iter().take(TARGETS) {
                    self.flow(value, aim, deeper);
                }
            }
            Expr::Named(named) => self.flow(&named.value, aim, deeper),
            Expr::Lambda(lambda) => self.flow(&lambda.body, aim, deeper),
            Expr::Starred(starred) => self.flow(&starred.value, aim, deeper),
            Expr::List(ruff_python_ast::ExprList { elts, .. })
            | Expr::Tuple(ExprTuple { elts, .. })
            | Expr::Set(ruff_python_ast::ExprSet { elts, .. }) => {
                // A list of keys is one of secrets, a list of words is a list of words.
                for element in elts {
                    if !matches!(element, Expr::Tuple(_) | Expr::List(_) | Expr::Set(_)) {
                        self.flow(
                            element,
                            if aim.name.ends_with("FALLBACKS") {
                                aim
                            } else {
                                aim.random_only()
                            },
                            deeper,
                        );
                    }
                }
            }
            Expr::Call(call) => self.flow_through(call, value, aim, deeper),
            _ => self.judge(value, aim),
        }
    }

    fn flow_through(&mut self, call: &'a ExprCall, value: &'a Expr, aim: Aim<'a>, depth: usize) {
        if !matches!(calls::carried(call), calls::Carried::Nothing) {
            return self.judge(value, aim);
        }
        let arguments = &call.arguments;
        let aim = aim.via(Via::Default(call));
        for keyword in &arguments.keywords {
            if keyword.arg.as_ref().is_some_and(|arg| {
                matches!(
                    arg.id.as_str(),
                    "default" | "fallback" | "initial" | "default_value"
                )
            }) {
                self.flow(&keyword.value, aim, depth);
            }
        }
        let name = calls::name(call).unwrap_or_default();
        if matches!(name, "Field" | "field" | "Column" | "Setting")
            && let Some(first) = arguments.args.first()
        {
            self.flow(first, aim, depth);
        }
        if calls::is_of_settings(name)
            && let [key, default, ..] = &*arguments.args
            && text_of(key).is_some_and(|key| words::bearing(key).is_none())
        {
            self.flow(default, aim, depth);
        }
    }

    /// Weighs the literals of an expression as the value of a name.
    fn judge(&mut self, value: &'a Expr, aim: Aim<'a>) {
        let parts = Parts::of(value);
        let Some((longest, span)) = parts.longest() else {
            return;
        };
        let whole = if parts.has_holes {
            Cow::Borrowed(longest)
        } else {
            parts.whole()
        };
        let Some((bearing, look, mut confidence)) = words::judge(aim.name, &whole, self.role)
        else {
            return;
        };
        if (parts.has_holes || aim.is_random_only) && look != Look::Random {
            return;
        }
        if aim.is_doubtful && look != Look::Random {
            confidence = confidence.lowered();
        }
        if aim.is_doubtful || matches!(aim.via, Some(Via::Argument(_))) {
            confidence = confidence.min(Confidence::Medium);
        }
        if confidence < self.floor {
            return;
        }
        let mut notes = aim::notes(&self.path, aim, look);
        if self.role != Role::Main {
            notes.push(self.role.note().into());
        }
        let found = Match {
            rule: self.rule(bearing.rule, aim).into(),
            span,
            confidence,
            notes,
        };
        let start = found.span.start;
        if self
            .found
            .get(&start)
            .is_none_or(|known| known.confidence < confidence)
        {
            self.found.insert(start, found);
        }
    }

    /// The rule for a name in its place: the password of a database is one by the dictionary that it stands in.
    fn rule(&self, rule: &'static str, aim: Aim<'_>) -> &'static str {
        let is_within = |name: &str| self.path.iter().any(|step| step.name() == name);
        match aim.via {
            Some(Via::Argument(call)) if calls::name(call).is_some_and(calls::is_of_user) => {
                "django-user-password"
            }
            _ if rule == "password" && is_within("DATABASES") => "django-database-password",
            _ => rule,
        }
    }
}

/// The text of a plain literal.
fn text_of(expression: &Expr) -> Option<&str> {
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
fn last_name(expression: &Expr) -> Option<&str> {
    match expression {
        Expr::Name(name) => Some(&name.id),
        Expr::Attribute(attribute) => Some(&attribute.attr.id),
        _ => None,
    }
}
