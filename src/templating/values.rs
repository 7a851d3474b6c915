//! Values as the template engine sees them. The engine's own strings are not wiped, so that a secret's bytes stay here: the
//! engine holds an object that shows them to nobody, and filters and the output take them out of it.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use indexmap::IndexMap;
use minijinja::{
    Error, ErrorKind, State,
    value::{Enumerator, Object, ObjectRepr, Value as Jinja, ValueKind},
};

use super::kinds::Shape;
use crate::{render, resolve::Bytes, value::Value};

/// Set where the engine made text of a secret by itself: what it wrote then is not what was meant.
#[derive(Clone, Default)]
pub(super) struct Spilled(Arc<AtomicBool>);

impl Spilled {
    pub(super) fn is_set(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// A value whose bytes the engine does not see.
pub(super) struct Hidden {
    pub(super) bytes: Bytes,
    pub(super) shape: Shape,
    /// The filter that wrote it for one type of file.
    pub(super) done: Option<&'static str>,
    /// What to call it in a message.
    pub(super) name: String,
    spilled: Spilled,
}

impl Hidden {
    pub(super) fn value(bytes: Bytes, shape: Shape, name: &str, spilled: &Spilled) -> Jinja {
        Jinja::from_object(Self {
            bytes,
            shape,
            done: None,
            name: name.to_owned(),
            spilled: spilled.clone(),
        })
    }

    /// Another value made of this one.
    pub(super) fn with(&self, bytes: Bytes, done: Option<&'static str>) -> Jinja {
        Jinja::from_object(Self {
            bytes,
            shape: Shape::Text,
            done,
            name: self.name.clone(),
            spilled: self.spilled.clone(),
        })
    }
}

impl fmt::Debug for Hidden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Hidden({}, REDACTED)", self.name)
    }
}

impl Object for Hidden {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn is_true(self: &Arc<Self>) -> bool {
        let bytes = self.bytes.expose();
        match self.shape {
            Shape::Literal => ![&b"false"[..], b"null", b"0"].contains(&bytes),
            Shape::Text => !bytes.is_empty(),
            Shape::Json => true,
        }
    }

    /// The engine would copy the text: it gets none, and the run fails.
    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.spilled.0.store(true, Ordering::Relaxed);
        f.write_str("REDACTED")
    }
}

/// A table of the manifest, or what a reference's function is; the environment's is both.
pub(super) struct Tree {
    pub(super) path: String,
    pub(super) entries: IndexMap<String, Jinja>,
    /// What to call, by argument.
    pub(super) answers: IndexMap<String, Jinja>,
    pub(super) value: Value,
}

impl fmt::Debug for Tree {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Tree({})", self.path)
    }
}

impl Object for Tree {
    fn get_value(self: &Arc<Self>, key: &Jinja) -> Option<Jinja> {
        self.entries.get(key.as_str()?).cloned()
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        let keys = self.entries.keys().map(|key| Jinja::from(key.as_str()));
        Enumerator::Values(keys.collect())
    }

    fn call(self: &Arc<Self>, _: &mut State<'_, '_>, arguments: &[Jinja]) -> Result<Jinja, Error> {
        let argument = arguments.first().and_then(Jinja::as_str);
        let answer = argument.and_then(|argument| self.answers.get(argument));
        answer
            .cloned()
            .ok_or_else(|| Error::new(ErrorKind::InvalidOperation, "this was not asked for"))
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.path)
    }
}

/// A resolved value for the engine.
pub(super) fn convert(value: &Value, path: &str, spilled: &Spilled) -> Jinja {
    let hide = |text: &str, shape: Shape| Hidden::value(plain(text), shape, path, spilled);
    match value {
        Value::Null => Jinja::from(()),
        Value::Bool(flag) => Jinja::from(*flag),
        Value::Integer(number) => Jinja::from(*number),
        Value::Float(number) => Jinja::from(*number),
        Value::Text(text) if text.is_secret() => hide(text.expose(), Shape::Text),
        Value::Text(text) => Jinja::from(text.expose()),
        Value::Scalar(text) => hide(text.expose(), Shape::Literal),
        Value::List(items) => {
            let each = |(place, item)| convert(item, &format!("{path}.{place}"), spilled);
            Jinja::from(items.iter().enumerate().map(each).collect::<Vec<_>>())
        }
        // Its keys are secret, too: it can only be written as a whole.
        Value::Table(table) if table.hides_keys() => hide(&render::env_text(value), Shape::Json),
        Value::Table(table) => {
            let each = |(key, value): (&str, &Value)| {
                let value = convert(value, &format!("{path}.{key}"), spilled);
                (key.to_owned(), value)
            };
            Jinja::from_object(Tree {
                path: path.to_owned(),
                entries: table.iter().map(each).collect(),
                answers: IndexMap::new(),
                value: value.clone(),
            })
        }
    }
}

/// The bytes of a value of the engine, and what they are; nothing where it is a list or a table.
pub(super) fn simple(value: &Jinja) -> Option<(Bytes, Shape)> {
    if let Some(hidden) = value.downcast_object_ref::<Hidden>() {
        return Some((hidden.bytes.clone(), hidden.shape));
    }
    // The engine writes `True` and `None`, as Python does.
    Some(match value.kind() {
        ValueKind::String => (plain(value.as_str()?), Shape::Text),
        ValueKind::Number => (plain(&value.to_string()), Shape::Literal),
        ValueKind::Bool if value.is_true() => (plain("true"), Shape::Literal),
        ValueKind::Bool => (plain("false"), Shape::Literal),
        ValueKind::None => (plain("null"), Shape::Literal),
        _ => return None,
    })
}

fn plain(text: &str) -> Bytes {
    Bytes::new(zeroize::Zeroizing::new(text.as_bytes().to_vec()))
}
