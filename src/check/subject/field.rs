//! A value as far as it is known, and where it stands.

use crate::{
    django::mssql::extra_params,
    manifest::{Item, Name, Node, Span},
    template::Template,
    value::{Table, Text, Value},
};

/// The directory of `[files]` where none are made: what it would hold is unknown.
pub(crate) const UNMADE: &str = "/proc/nuages/files";

/// A key and what is known of its value. It may be a secret, so there is no `Debug`.
#[derive(Clone)]
pub(crate) struct Field {
    /// The key; empty for an item of a list.
    pub(crate) name: String,
    /// Where the key stands, where it is written.
    pub(crate) key_span: Option<Span>,
    /// Where the value stands, or what brings it.
    pub(crate) span: Span,
    /// The value.
    pub(crate) value: Known,
    /// What brings it.
    pub(crate) from: From,
    /// The text with its references, where it is text of the manifest.
    pub(crate) template: Option<Template>,
}

/// What is known of a value.
#[derive(Clone)]
pub(crate) enum Known {
    /// Python's `None`.
    Null,
    /// A boolean.
    Flag(bool),
    /// A number, as it is written.
    Number(String),
    /// Text; it tells whether it is secret.
    Text(Text),
    /// A list.
    List(Vec<Field>),
    /// A table.
    Table(Vec<Field>),
    /// A reference will bring it, or part of it.
    Unknown,
}

/// What brings a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum From {
    /// It is written in the manifest.
    Written,
    /// A reference, in whole or in part.
    Reference,
    /// The database's `url`.
    Url,
    /// The secret that `from` names.
    Secret,
    /// `auth`.
    Auth,
    /// The environment that the program was started in.
    Inherited,
}

impl Field {
    /// A key of the manifest.
    pub(crate) fn of(name: &Name, item: &Item) -> Self {
        Self {
            name: name.text.clone(),
            key_span: Some(name.span.clone()),
            ..Self::item(item)
        }
    }

    fn item(item: &Item) -> Self {
        let mut template = None;
        let mut from = From::Written;
        let value = match &item.node {
            Node::Bool(flag) => Known::Flag(*flag),
            Node::Integer(number) => Known::Number(number.to_string()),
            Node::Float(number) => Known::Number(number.to_string()),
            Node::Text(text) => {
                template = Some(text.clone());
                if let Some(literal) = text.literal() {
                    Known::Text(Text::plain(literal))
                } else {
                    from = From::Reference;
                    Known::Unknown
                }
            }
            Node::List(items) => Known::List(items.iter().map(Self::item).collect()),
            Node::Table(entries) => Known::Table(
                entries
                    .iter()
                    .map(|(name, item)| Self::of(name, item))
                    .collect(),
            ),
            Node::Invalid => Known::Unknown,
        };
        Self {
            name: String::new(),
            key_span: None,
            span: item.span.clone(),
            value,
            from,
            template,
        }
    }

    /// A value that something else than a key of its own brings.
    pub(crate) fn brought(name: &str, value: Known, from: From, span: &Span) -> Self {
        Self {
            name: name.to_owned(),
            key_span: None,
            span: span.clone(),
            value,
            from,
            template: None,
        }
    }

    /// Fills what references left open with what they brought.
    pub(crate) fn fill(&mut self, value: &Value) {
        match (&mut self.value, value) {
            (Known::Unknown, value) => {
                self.value = Known::of(value, self.from, &self.span);
            }
            (Known::Table(fields), Value::Table(table)) => {
                let (from, span) = (self.from, self.span.clone());
                fill(fields, table, from, &span);
            }
            (Known::List(fields), Value::List(values)) => {
                for (field, value) in fields.iter_mut().zip(values) {
                    field.fill(value);
                }
            }
            // `extra_params` as a table is handed on as one text: each key keeps its place.
            (Known::Table(fields), Value::Text(text)) if self.name == "extra_params" => {
                let Ok(attributes) = extra_params::read(text.expose()) else {
                    return;
                };
                for field in fields.iter_mut().filter(|field| field.is_unknown()) {
                    let brought = attributes.iter().find(|one| one.keyword == field.name);
                    if let Some(value) = brought.and_then(|one| one.value.as_ref()) {
                        field.value = Known::Text(Text::secret(value.as_str()));
                    }
                }
            }
            // What is written is what Django gets, given the type that its key takes.
            (known, value) if !matches!(value, Value::Table(_) | Value::List(_)) => {
                *known = Known::of(value, self.from, &self.span);
            }
            _ => {}
        }
    }

    /// A key below this one.
    pub(crate) fn get(&self, name: &str) -> Option<&Self> {
        self.fields().iter().find(|field| field.name == name)
    }

    /// The keys below this one.
    pub(crate) fn fields(&self) -> &[Self] {
        match &self.value {
            Known::Table(fields) | Known::List(fields) => fields,
            _ => &[],
        }
    }

    /// The text, where it is known.
    pub(crate) fn text(&self) -> Option<&str> {
        match &self.value {
            Known::Text(text) => Some(text.expose()),
            _ => None,
        }
    }

    /// Text, or a number or boolean as Python's `str` writes it.
    pub(crate) fn word(&self) -> Option<String> {
        Some(match &self.value {
            Known::Text(text) => text.expose().to_owned(),
            Known::Number(number) => number.clone(),
            Known::Flag(true) => "True".to_owned(),
            Known::Flag(false) => "False".to_owned(),
            _ => return None,
        })
    }

    /// The boolean, where it is one.
    pub(crate) fn flag(&self) -> Option<bool> {
        match self.value {
            Known::Flag(flag) => Some(flag),
            _ => None,
        }
    }

    /// Whether a reference will bring it.
    pub(crate) fn is_unknown(&self) -> bool {
        matches!(self.value, Known::Unknown)
    }

    /// Whether it is known to be nothing: null, or empty text.
    pub(crate) fn is_empty(&self) -> bool {
        match &self.value {
            Known::Null => true,
            Known::Text(text) => text.expose().is_empty(),
            _ => false,
        }
    }

    /// Whether what is known of it may be quoted: it stands in the manifest, under a key that holds no secret.
    pub(crate) fn is_public(&self) -> bool {
        match &self.value {
            Known::Text(text) => !text.is_secret() && self.from == From::Written,
            Known::Flag(_) | Known::Number(_) | Known::Null => self.from == From::Written,
            _ => false,
        }
    }
}

impl Known {
    /// A value that is there.
    pub(crate) fn of(value: &Value, from: From, span: &Span) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(flag) => Self::Flag(*flag),
            Value::Integer(number) => Self::Number(number.to_string()),
            Value::Float(number) => Self::Number(number.to_string()),
            Value::Text(text) if text.expose().starts_with(UNMADE) => Self::Unknown,
            Value::Text(text) => Self::Text(text.clone()),
            Value::Scalar(text) => match text.expose() {
                "true" => Self::Flag(true),
                "false" => Self::Flag(false),
                number => Self::Number(number.to_owned()),
            },
            Value::List(values) => Self::List(
                values
                    .iter()
                    .map(|value| Field::brought("", Self::of(value, from, span), from, span))
                    .collect(),
            ),
            Value::Table(table) => {
                let mut fields = Vec::new();
                fill(&mut fields, table, from, span);
                Self::Table(fields)
            }
        }
    }
}

/// Fills the fields that are there and adds the others.
pub(super) fn fill(fields: &mut Vec<Field>, table: &Table, from: From, span: &Span) {
    for (name, value) in table.iter() {
        match fields.iter_mut().find(|field| field.name == name) {
            Some(field) => field.fill(value),
            None => fields.push(Field::brought(
                name,
                Known::of(value, from, span),
                from,
                span,
            )),
        }
    }
}
