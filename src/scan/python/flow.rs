//! How a value flows to the name that it gets: through choices, defaults and wrappers to the literals that it can be, and
//! what each of them is worth there.

use std::{borrow::Cow, collections::BTreeMap};

use ruff_python_ast::{Expr, ExprCall, ExprTuple, Stmt, StringFlags as _};
use ruff_text_size::Ranged as _;

use super::{
    super::{
        detect::Match,
        text::Role,
        words::{self, Look},
    },
    aim::{self, Aim, Via},
    calls,
    literal::Parts,
    tree::{DEEPEST, Finder, TARGETS, last_name, text_of},
};
use crate::finding::Confidence;

impl<'a> Finder<'a> {
    /// Follows a value to the literals that it can be.
    pub(super) fn flow(&mut self, value: &'a Expr, aim: Aim<'a>, depth: usize) {
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
            // `KEY = "…"`, then `SECRET_KEY = KEY`.
            Expr::Name(name) => {
                if let Some(literal) = self.bound.get(name.id.as_str()).copied() {
                    self.judge(literal, aim.random_only());
                }
            }
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
        if calls::has_default(call)
            && let [key, default, ..] = &*arguments.args
            && text_of(key).is_some_and(|key| words::bearing(key).is_none())
        {
            self.flow(default, aim, depth);
        }
    }

    /// `jwt.encode(claims, "key")`, `Fernet("key")`: the key that a call takes by its place.
    pub(super) fn take_key(&mut self, call: &'a ExprCall) {
        let Some((at, is_random_only)) = calls::key_at(&calls::dotted(call)) else {
            return;
        };
        let Some(key) = call.arguments.args.get(at) else {
            return;
        };
        let aim = if is_random_only {
            Aim::at("secret_key").random_only()
        } else {
            Aim::at("password")
        };
        self.flow(key, aim.via(Via::Argument(call)), 0);
    }

    /// `SECRET_KEY_FALLBACKS.append("key")`.
    pub(super) fn add_to_list(&mut self, call: &'a ExprCall, name: &str) {
        if !calls::adds(name) {
            return;
        }
        let Expr::Attribute(method) = &*call.func else {
            return;
        };
        let Some(list) = last_name(&method.value) else {
            return;
        };
        let aim = Aim::at(list).via(Via::Argument(call));
        let is_list = list.ends_with("FALLBACKS");
        for value in call.arguments.args.iter().take(TARGETS) {
            self.flow(value, if is_list { aim } else { aim.random_only() }, 0);
        }
    }

    /// `raw_env = ["NAME=value"]`: variables of a process, each in one text.
    pub(super) fn take_variables(&mut self, items: &'a [Expr]) {
        let is_environment = self.path.last().is_some_and(|of| {
            let name = of.name().to_ascii_lowercase();
            name.ends_with("env") || name.ends_with("environment")
        });
        for item in items {
            let Some((name, value)) = variable(item) else {
                continue;
            };
            let Some((bearing, look, confidence)) = words::judge(name, value, self.role) else {
                continue;
            };
            // Elsewhere it may as well be what a test compares with.
            if confidence < self.floor || look != Look::Random && !is_environment {
                continue;
            }
            // The text is what stands in the source: it has no escapes.
            let end = item.end().to_usize() - 1;
            let span = end - value.len()..end;
            self.found.entry(span.start).or_insert_with(|| Match {
                rule: bearing.rule.into(),
                span,
                confidence,
                notes: vec![format!("beside the name `{name}`").into()],
            });
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
        let is_told = || self.is_told() && !is_like_password(&whole);
        if look != Look::Random && (parts.has_holes || aim.is_random_only || is_told()) {
            return;
        }
        let rule = self.rule(bearing.rule, aim);
        let is_weak = look == Look::Placeholder
            && self.role == Role::Main
            && is_own(rule)
            && words::is_weak(&whole)
            // `{"SECRET_KEY": "secret_key"}` says where to find it.
            && (!whole.contains('_') || !aim.name.eq_ignore_ascii_case(&whole));
        if is_weak {
            confidence = Confidence::Medium;
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
        let mut notes = aim::notes(&self.path, aim);
        match look {
            Look::Placeholder if is_weak => notes.push("a word that anybody tries first".into()),
            Look::Placeholder => notes.push("looks like a placeholder".into()),
            _ => {}
        }
        if self.role != Role::Main {
            notes.push(self.role.note().into());
        }
        let found = Match {
            rule: rule.into(),
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

    /// Whether the way leads through texts that a person is told: `labels = {"password": "Kennwort"}`.
    fn is_told(&self) -> bool {
        const TOLD: &[&str] = &[
            "label",
            "labels",
            "text",
            "texts",
            "title",
            "titles",
            "message",
            "messages",
            "translation",
            "translations",
            "placeholder",
            "placeholders",
            "error",
            "errors",
            "description",
            "descriptions",
            "verbose_names",
            "class",
            "classes",
            "css",
            "icon",
            "icons",
            "widget",
            "widgets",
            "attrs",
            "hint",
            "hints",
            "help",
        ];
        let before = self.path.split_last().map_or(&[][..], |(_, before)| before);
        before.iter().any(|step| {
            let name = step.name().to_ascii_lowercase();
            let last = name.rsplit('_').next().unwrap_or_default();
            TOLD.contains(&last)
        })
    }
}

/// The name and the value of a literal `NAME=value`, of one part, in quotes of one sign and without escapes.
fn variable(item: &Expr) -> Option<(&str, &str)> {
    let Expr::StringLiteral(literal) = item else {
        return None;
    };
    let (name, value) = text_of(item)?.split_once('=')?;
    let part = literal.value.as_slice().first()?;
    let is_name = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_';
    let is_plain = part.content_range().len().to_usize() == name.len() + 1 + value.len()
        && !part.flags.is_triple_quoted();
    (name.bytes().all(is_name) && is_plain).then_some((name, value))
}

/// The names that a module gives to what a generator made: `KEY = "…"`.
pub(super) fn bound(body: &[Stmt]) -> BTreeMap<&str, &Expr> {
    let named = body.iter().filter_map(|statement| match statement {
        Stmt::Assign(assign) => match assign.targets.as_slice() {
            [Expr::Name(name)] => Some((name.id.as_str(), &*assign.value)),
            _ => None,
        },
        Stmt::AnnAssign(assign) => match &*assign.target {
            Expr::Name(name) => Some((name.id.as_str(), assign.value.as_deref()?)),
            _ => None,
        },
        _ => None,
    });
    named
        .filter(|(_, value)| text_of(value).is_some_and(|text| words::look(text) == Look::Random))
        .collect()
}

/// Whether a text is neither told to people nor the name of a style, such as `col-md-6`: `rosebud91`.
fn is_like_password(text: &str) -> bool {
    let has = |is: fn(&char) -> bool| text.chars().any(|sign| is(&sign));
    has(char::is_ascii_digit)
        && !text.contains(' ')
        && (!text.contains('-') || has(char::is_ascii_uppercase))
}

/// Whether a rule is of a setting that Django itself reads: whatever stands there is what the server runs with.
fn is_own(rule: &str) -> bool {
    matches!(
        rule,
        "django-secret-key" | "django-email-password" | "django-database-password"
    )
}
