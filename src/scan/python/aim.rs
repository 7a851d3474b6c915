//! Where a literal goes on its way to a name, and how that is told.

use std::borrow::Cow;

use ruff_python_ast::ExprCall;

use super::{
    super::words::{self, Look},
    calls,
};

/// One step of the way to a literal.
#[derive(Clone, Copy)]
pub(super) enum Step<'a> {
    /// A variable, an attribute, a parameter.
    Name(&'a str),
    /// A key of a dictionary.
    Key(&'a str),
}

impl<'a> Step<'a> {
    pub(super) fn name(self) -> &'a str {
        match self {
            Self::Name(name) | Self::Key(name) => name,
        }
    }
}

/// What a value is followed for.
#[derive(Clone, Copy)]
pub(super) struct Aim<'a> {
    /// The name that the value gets.
    pub(super) name: &'a str,
    /// How the literal gets there, where that is not plain.
    pub(super) via: Option<Via<'a>>,
    /// Only what a generator made counts.
    pub(super) is_random_only: bool,
    /// What a person thought of counts for less.
    pub(super) is_doubtful: bool,
}

/// How a literal gets to its name.
#[derive(Clone, Copy)]
pub(super) enum Via<'a> {
    /// As what a read of a setting falls back on.
    Default(&'a ExprCall),
    /// As an argument.
    Argument(&'a ExprCall),
    /// As the default of a parameter.
    Parameter,
    /// In a comparison.
    Comparison,
    /// As what a function returns.
    Return,
}

impl<'a> Aim<'a> {
    pub(super) const fn at(name: &'a str) -> Self {
        Self {
            name,
            via: None,
            is_random_only: false,
            is_doubtful: false,
        }
    }

    pub(super) const fn via(self, via: Via<'a>) -> Self {
        Self {
            via: Some(via),
            ..self
        }
    }

    pub(super) const fn random_only(self) -> Self {
        Self {
            is_random_only: true,
            ..self
        }
    }

    pub(super) const fn doubtful(self) -> Self {
        Self {
            is_doubtful: true,
            ..self
        }
    }
}

impl Via<'_> {
    /// As a note; never holds a literal.
    fn note(self) -> Cow<'static, str> {
        match self {
            Self::Default(call) => format!("the default of `{}`", calls::dotted(call)).into(),
            Self::Argument(call) => format!("an argument of `{}`", calls::dotted(call)).into(),
            Self::Parameter => "the default of a parameter".into(),
            Self::Comparison => "in a comparison".into(),
            Self::Return => "what a function returns".into(),
        }
    }
}

/// What is to be said of a literal that went this way.
pub(super) fn notes(path: &[Step<'_>], aim: Aim<'_>) -> Vec<Cow<'static, str>> {
    let way = aim.via.map(Via::note);
    let place = place(path).map(|place| format!("reaches `{place}`").into());
    way.into_iter().chain(place).collect()
}

/// The path as Python has it, `DATABASES["default"]["PASSWORD"]`; none where a step could be a secret itself.
fn place(path: &[Step<'_>]) -> Option<String> {
    let mut place = String::new();
    for step in path {
        let name = step.name();
        if name.len() > 64 || words::look(name) == Look::Random {
            return None;
        }
        match step {
            Step::Name(_) if place.is_empty() => place.push_str(name),
            Step::Name(_) => place.extend([".", name]),
            Step::Key(_) => place.extend(["[\"", name, "\"]"]),
        }
    }
    (!place.is_empty()).then_some(place)
}
