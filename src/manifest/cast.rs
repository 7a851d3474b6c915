//! `as = …`: the type of a value of `[env]`.

use super::Node;
use crate::{
    django::database::flag,
    value::{Text, Value},
};

/// The type that `as = …` gives a value of `[env]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cast {
    /// Text, as it is.
    Text,
    /// A whole number.
    Integer,
    /// A number.
    Float,
    /// A boolean.
    Bool,
    /// JSON.
    Json,
}

impl Cast {
    /// All casts, by their names in a manifest.
    pub const ALL: &'static [(&'static str, Self)] = &[
        ("str", Self::Text),
        ("int", Self::Integer),
        ("float", Self::Float),
        ("bool", Self::Bool),
        ("json", Self::Json),
    ];

    /// What a value must be, for errors: "a whole number".
    pub(crate) fn expects(self) -> &'static str {
        match self {
            Self::Text => "a string",
            Self::Integer => "a whole number",
            Self::Float => "a number",
            Self::Bool => "a boolean",
            Self::Json => "JSON",
        }
    }

    /// Text as this type; `None` where it does not fit.
    pub(crate) fn apply(self, text: &Text) -> Option<Value> {
        let raw = text.expose().trim();
        let value = match self {
            Self::Text => return Some(Value::Text(text.clone())),
            Self::Integer => Value::Integer(raw.parse().ok()?),
            Self::Float => {
                Value::Float(raw.parse().ok().filter(|number: &f64| number.is_finite())?)
            }
            Self::Bool => Value::Bool(flag(raw)?),
            Self::Json => Value::from_json(text)?,
        };
        Some(value.as_secret_as(text))
    }

    /// Whether what the manifest writes out can be this type. What a reference brings is seen when it is there.
    pub(super) fn fits(self, node: &Node) -> bool {
        match node {
            Node::Invalid => true,
            Node::Text(text) => text
                .literal()
                .is_none_or(|text| self.apply(&Text::plain(text)).is_some()),
            Node::Bool(_) => matches!(self, Self::Bool | Self::Json),
            Node::Integer(_) => matches!(self, Self::Integer | Self::Float | Self::Json),
            Node::Float(_) => matches!(self, Self::Float | Self::Json),
            Node::List(_) | Node::Table(_) => self == Self::Json,
        }
    }
}
