//! What the formats of database clients share: which databases are theirs, and a login's keys as text.
//!
//! `CONN_MAX_AGE`, `TEST` and their like say what Django does with a connection, not how one is made: no client reads
//! them, and the formats that are built on this leave them out.

use zeroize::Zeroizing;

use super::buffer::Buffer;
use super::{Document, MASK, Rendered, Unrepresentable};
use crate::{
    django::engine::{self, Family},
    value::{Table, Value},
};

/// Engines of other projects that log in as a server of the family does: those that dj-database-url 3.1.2 names.
const OTHERS: &[(&str, Family)] = &[
    ("django_redshift_backend", Family::Postgresql),
    ("timescale.db.backends.postgresql", Family::Postgresql),
    ("timescale.db.backends.postgis", Family::Postgresql),
    ("django_cockroachdb", Family::Postgresql),
    ("mysql.connector.django", Family::Mysql),
];

/// One database and its place in the manifest.
#[derive(Clone, Copy)]
pub(crate) struct Login<'a> {
    pub(crate) alias: &'a str,
    pub(crate) keys: &'a Table,
}

/// A parameter of a client: its name there, its value, and the key that it came from.
pub(crate) struct Parameter {
    pub(crate) name: &'static str,
    pub(crate) text: Zeroizing<String>,
    pub(crate) key: String,
}

/// Everything that a format could not hold, while it goes on looking.
pub(crate) type Faults = Vec<Unrepresentable>;

/// The bytes, or all that stands in the way of them.
pub(crate) fn finish(out: Buffer, faults: Faults) -> Rendered {
    if faults.is_empty() {
        Ok(out.into_bytes())
    } else {
        Err(faults)
    }
}

/// The databases of a family. Those of another are left out; an engine that nobody knows is a fault, and so is a document
/// with databases and none of this family. An alias of `{}` is Django's way of having no database there.
pub(crate) fn of_family<'a>(
    document: &'a Document,
    family: Family,
    none: &'static str,
    faults: &mut Faults,
) -> Vec<Login<'a>> {
    let mut found = Vec::new();
    let mut others = 0_usize;
    let known = faults.len();
    for (alias, keys) in document.databases.iter() {
        let Value::Table(keys) = keys else { continue };
        if keys.is_empty() {
            continue;
        }
        let login = Login { alias, keys };
        let engine = match keys.get("ENGINE") {
            Some(Value::Text(engine)) => family_of(engine.expose()),
            _ => None,
        };
        match engine {
            Some(engine) if engine == family => found.push(login),
            Some(_) => others += 1,
            None => faults.push(login.fault(
                "ENGINE",
                "which kind of server this is cannot be told from the engine",
            )),
        }
    }
    if found.is_empty() && others > 0 && faults.len() == known {
        faults.push(Unrepresentable {
            key: "databases".to_owned(),
            reason: none,
        });
    }
    found
}

/// The kind of server behind a dotted path.
pub(crate) fn family_of(path: &str) -> Option<Family> {
    engine::find(path).map(|engine| engine.family).or_else(|| {
        OTHERS
            .iter()
            .find(|(other, _)| *other == path)
            .map(|(_, family)| *family)
    })
}

impl<'a> Login<'a> {
    /// A key of this database in the manifest's terms.
    pub(crate) fn path(&self, key: &str) -> String {
        format!("databases.{}.{key}", self.alias)
    }

    pub(crate) fn fault(&self, key: &str, reason: &'static str) -> Unrepresentable {
        Unrepresentable {
            key: self.path(key),
            reason,
        }
    }

    /// A key's value as text; nothing where it is absent, null or empty, all of which Django does not hand on.
    pub(crate) fn text(&self, key: &str, faults: &mut Faults) -> Option<Zeroizing<String>> {
        let text = match plain(self.keys.get(key)?) {
            Ok(text) => text,
            Err(reason) => {
                faults.push(self.fault(key, reason));
                None
            }
        };
        text.filter(|text| !text.is_empty())
    }

    /// The path of an option, without its name where that came out of a secret.
    pub(crate) fn option_path(&self, name: &str) -> String {
        match self.keys.get("OPTIONS") {
            Some(Value::Table(options)) if options.hides_keys() => "OPTIONS".to_owned(),
            _ => format!("OPTIONS.{name}"),
        }
    }

    /// The entries of `OPTIONS`.
    pub(crate) fn options(
        &self,
        faults: &mut Faults,
    ) -> impl Iterator<Item = (&'a str, &'a Value)> + use<'a> {
        let options = match self.keys.get("OPTIONS") {
            None | Some(Value::Null) => None,
            Some(Value::Table(options)) => Some(options),
            // What a terminal is shown where the names of the options are secret.
            Some(mask) if is_mask(mask) => None,
            Some(_) => {
                faults.push(self.fault("OPTIONS", "this is no table"));
                None
            }
        };
        options.into_iter().flat_map(Table::iter)
    }
}

/// Whether a value only stands for a secret one, in a document for a terminal.
pub(crate) fn is_mask(value: &Value) -> bool {
    matches!(value, Value::Text(text) if text.expose() == MASK)
}

/// A value as the text that a driver's C library is handed; nothing for null, which is not handed on.
pub(crate) fn plain(value: &Value) -> Result<Option<Zeroizing<String>>, &'static str> {
    match value {
        Value::Null => Ok(None),
        Value::Text(text) => Ok(Some(Zeroizing::new(text.expose().to_owned()))),
        Value::Integer(number) => Ok(Some(Zeroizing::new(number.to_string()))),
        Value::Scalar(json) => {
            let digits = json.expose().strip_prefix('-').unwrap_or(json.expose());
            if !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) {
                Ok(Some(Zeroizing::new(json.expose().to_owned())))
            } else {
                Err("the client takes text and whole numbers alone")
            }
        }
        Value::Bool(_) | Value::Float(_) => Err("the client takes text and whole numbers alone"),
        Value::List(_) | Value::Table(_) => Err("the client has no place for a list or a table"),
    }
}
