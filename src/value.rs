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
    /// A number or a boolean that came from a reference, as its JSON.
    Scalar(Text),
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

    /// The value of a JSON text, all of it as secret as the text; `None` where it is not JSON.
    #[must_use]
    pub fn from_json(text: &Text) -> Option<Self> {
        fn convert(json: serde_json::Value) -> Option<Value> {
            use serde_json::Value as Json;
            Some(match json {
                Json::Null => Value::Null,
                Json::Bool(flag) => Value::Bool(flag),
                Json::Number(number) => match number.as_i128() {
                    Some(whole) => Value::Integer(whole),
                    None => Value::Float(number.as_f64()?),
                },
                // The string moves: no copy of it is left behind.
                Json::String(text) => Value::plain(text),
                Json::Array(items) => {
                    Value::List(items.into_iter().map(convert).collect::<Option<_>>()?)
                }
                Json::Object(entries) => {
                    let entries = entries
                        .into_iter()
                        .map(|(key, value)| Some((key, convert(value)?)));
                    Value::Table(entries.collect::<Option<_>>()?)
                }
            })
        }
        let value = convert(serde_json::from_str(text.expose()).ok()?)?;
        Some(value.as_secret_as(text))
    }

    /// This value, as secret as the text it was read from: numbers and booleans are kept as text then, so that no
    /// formatter shows them.
    #[must_use]
    pub fn as_secret_as(self, text: &Text) -> Self {
        if !text.is_secret() {
            return self;
        }
        match self {
            Self::Bool(flag) => Self::Scalar(Text::secret(flag.to_string())),
            Self::Integer(number) => Self::Scalar(Text::secret(number.to_string())),
            // A float's `Debug` is JSON: it always has a point or an exponent.
            Self::Float(number) => Self::Scalar(Text::secret(format!("{number:?}"))),
            Self::Text(text) => Self::Text(Text::secret(text.expose())),
            Self::List(items) => Self::List(
                items
                    .into_iter()
                    .map(|item| item.as_secret_as(text))
                    .collect(),
            ),
            Self::Table(table) => {
                let mut secret: Table = table
                    .into_iter()
                    .map(|(key, value)| (key, value.as_secret_as(text)))
                    .collect();
                secret.hides_keys = true;
                Self::Table(secret)
            }
            Self::Null | Self::Scalar(_) => self,
        }
    }

    /// True where this value, or any value inside it, is secret.
    #[must_use]
    pub fn is_secret(&self) -> bool {
        match self {
            Self::Text(text) | Self::Scalar(text) => text.is_secret(),
            Self::List(items) => items.iter().any(Self::is_secret),
            Self::Table(table) => {
                table.hides_keys() || table.iter().any(|(_, value)| value.is_secret())
            }
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
#[derive(Clone, Default)]
pub struct Table {
    entries: IndexMap<String, Value>,
    hides_keys: bool,
}

impl Table {
    /// An empty table.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets `key`, in its old place if it was there and at the end otherwise.
    pub fn insert(&mut self, key: impl Into<String>, value: Value) {
        self.entries.insert(key.into(), value);
    }

    /// The value of `key`.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.entries.get(key)
    }

    /// The value of `key`, to change in place.
    pub fn get_mut(&mut self, key: &str) -> Option<&mut Value> {
        self.entries.get_mut(key)
    }

    /// Takes `key` out; the others keep their order.
    pub fn remove(&mut self, key: &str) -> Option<Value> {
        self.entries.shift_remove(key)
    }

    /// All entries, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.entries
            .iter()
            .map(|(key, value)| (key.as_str(), value))
    }

    /// Whether the keys, too, came from a secret.
    #[must_use]
    pub fn hides_keys(&self) -> bool {
        self.hides_keys
    }

    /// How many entries there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}

impl PartialEq for Table {
    fn eq(&self, other: &Self) -> bool {
        self.entries == other.entries
    }
}

impl fmt::Debug for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.hides_keys {
            return f.write_str("Table(REDACTED)");
        }
        f.debug_map().entries(&self.entries).finish()
    }
}

impl IntoIterator for Table {
    type Item = (String, Value);
    type IntoIter = indexmap::map::IntoIter<String, Value>;

    fn into_iter(self) -> Self::IntoIter {
        self.entries.into_iter()
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
