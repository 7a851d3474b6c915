//! A resolved configuration value: JSON's shapes, with text that knows whether it is a secret.

use std::fmt;

use indexmap::IndexMap;
use zeroize::Zeroizing;

/// A value as a sink sees it: every reference replaced, every type settled.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// JSON `null`, Python `None`.
    Null,
    /// A boolean.
    Bool(bool),
    /// A whole number. Python's are unbounded; what no driver option could hold is refused earlier.
    Integer(i128),
    /// A finite floating-point number.
    Float(f64),
    /// Text, secret or not.
    Text(Text),
    /// An ordered list.
    List(Vec<Value>),
    /// An ordered table.
    Table(Table),
}

impl Value {
    /// Text that holds no secret.
    pub fn plain(text: impl Into<String>) -> Self {
        Self::Text(Text::plain(text))
    }

    /// The value of a JSON text, every string in it as secret as the text; `None` where it is not JSON.
    #[must_use]
    pub fn from_json(text: &Text) -> Option<Self> {
        fn convert(json: serde_json::Value, secret: bool) -> Option<Value> {
            use serde_json::Value as Json;
            Some(match json {
                Json::Null => Value::Null,
                Json::Bool(flag) => Value::Bool(flag),
                Json::Number(number) => match number.as_i128() {
                    Some(whole) => Value::Integer(whole),
                    None => Value::Float(number.as_f64()?),
                },
                // The string moves: no copy of it is left behind.
                Json::String(text) => Value::Text(Text {
                    text: Zeroizing::new(text),
                    secret,
                }),
                Json::Array(items) => Value::List(
                    items
                        .into_iter()
                        .map(|item| convert(item, secret))
                        .collect::<Option<_>>()?,
                ),
                Json::Object(entries) => {
                    let entries = entries
                        .into_iter()
                        .map(|(key, value)| Some((key, convert(value, secret)?)));
                    Value::Table(entries.collect::<Option<_>>()?)
                }
            })
        }
        convert(serde_json::from_str(text.expose()).ok()?, text.is_secret())
    }

    /// True where this value, or any value inside it, is secret.
    #[must_use]
    pub fn is_secret(&self) -> bool {
        match self {
            Self::Text(text) => text.is_secret(),
            Self::List(items) => items.iter().any(Self::is_secret),
            Self::Table(table) => table.iter().any(|(_, value)| value.is_secret()),
            Self::Null | Self::Bool(_) | Self::Integer(_) | Self::Float(_) => false,
        }
    }
}

/// UTF-8 text, wiped from memory when dropped. `Debug` shows it only where it is no secret.
#[derive(Clone)]
pub struct Text {
    text: Zeroizing<String>,
    secret: bool,
}

impl Text {
    /// Text that holds no secret.
    pub fn plain(text: impl Into<String>) -> Self {
        Self {
            text: Zeroizing::new(text.into()),
            secret: false,
        }
    }

    /// Text that came, in whole or in part, from a reference.
    pub fn secret(text: impl Into<String>) -> Self {
        Self {
            text: Zeroizing::new(text.into()),
            secret: true,
        }
    }

    /// Whether any part came from a reference.
    #[must_use]
    pub fn is_secret(&self) -> bool {
        self.secret
    }

    /// The text itself, for sinks and for the code that shapes values on the way to one.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.text
    }
}

impl PartialEq for Text {
    fn eq(&self, other: &Self) -> bool {
        *self.text == *other.text
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.secret {
            f.write_str("Text(REDACTED)")
        } else {
            write!(f, "{:?}", &*self.text)
        }
    }
}

/// Keys and values in the order they were written; a key stands once.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Table(IndexMap<String, Value>);

impl Table {
    /// An empty table.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets `key`, in its old place if it was there and at the end otherwise.
    pub fn insert(&mut self, key: impl Into<String>, value: Value) {
        self.0.insert(key.into(), value);
    }

    /// The value of `key`.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.0.get(key)
    }

    /// The value of `key`, to change in place.
    pub fn get_mut(&mut self, key: &str) -> Option<&mut Value> {
        self.0.get_mut(key)
    }

    /// Takes `key` out; the others keep their order.
    pub fn remove(&mut self, key: &str) -> Option<Value> {
        self.0.shift_remove(key)
    }

    /// All entries, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.0.iter().map(|(key, value)| (key.as_str(), value))
    }

    /// How many entries there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl IntoIterator for Table {
    type Item = (String, Value);
    type IntoIter = indexmap::map::IntoIter<String, Value>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl FromIterator<(String, Value)> for Table {
    fn from_iter<I: IntoIterator<Item = (String, Value)>>(entries: I) -> Self {
        let mut table = Self::new();
        for (key, value) in entries {
            table.insert(key, value);
        }
        table
    }
}
