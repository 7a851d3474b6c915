//! One database of `DATABASES`: values given the types Django wants, and a URL's keys beneath the others.

use std::fmt;

use super::{
    engine,
    keys::{self, Kind},
    url::{ParseOptions, UrlError, UrlStyle, parse_database_url_with},
};
use crate::value::{Table, Text, Value};

/// Whether a literal string of the manifest can be of this kind.
pub(crate) fn coerce_literal(kind: Kind, text: &str) -> bool {
    coerce(kind, &Text::plain(text)).is_some()
}

/// Text as the type its key takes; `None` where it does not fit.
pub(crate) fn coerce(kind: Kind, text: &Text) -> Option<Value> {
    let raw = text.expose();
    match kind {
        Kind::Text => Some(Value::Text(text.clone())),
        Kind::Engine => engine::expand(raw).map(Value::plain),
        Kind::Port => is_port(raw).then(|| Value::Text(text.clone())),
        Kind::SecondsOrNull => match raw.to_ascii_lowercase().as_str() {
            "none" | "null" => Some(Value::Null),
            _ => raw
                .parse::<u32>()
                .ok()
                .map(|seconds| Value::Integer(seconds.into())),
        },
        Kind::Flag => flag(raw).map(Value::Bool),
        Kind::Options | Kind::Test => None,
    }
}

/// A boolean as people write it in environments.
pub(crate) fn flag(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "yes" | "on" | "1" => Some(true),
        "false" | "no" | "off" | "0" => Some(false),
        _ => None,
    }
}

/// Empty, a port, or libpq's list of ports; Django hands a string on as it is.
fn is_port(text: &str) -> bool {
    let is_one = |part: &str| {
        part.is_empty()
            || (part.bytes().all(|byte| byte.is_ascii_digit()) && part.parse::<u16>().is_ok())
    };
    text.split(',').all(is_one)
}

/// Why a URL gives no database. Holds no part of the URL.
#[derive(Debug)]
pub(crate) enum UrlFailure {
    /// It cannot be read.
    Unreadable(UrlError),
    /// The library would warn and give nothing, and Django would run without a database.
    Empty(&'static str),
    /// A value in it has changed the host or the name of the database, or has brought options.
    Elsewhere,
}

impl fmt::Display for UrlFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable(error) => error.fmt(f),
            Self::Empty(warning) => f.write_str(warning),
            Self::Elsewhere => f.write_str(
                "a reference in it has brought characters that change which server, database or options it names",
            ),
        }
    }
}

/// The keys that a URL gives. Text is marked secret where the URL is.
pub(crate) fn from_url(url: &Text, style: UrlStyle) -> Result<Table, UrlFailure> {
    let parsed = parse_database_url_with(url.expose(), style, &ParseOptions::default()).map_err(
        |error| {
            UrlFailure::Unreadable(match error {
                // What stands before `://` in a secret may be part of one.
                UrlError::UnknownScheme(_) if url.is_secret() => UrlError::UnknownScheme(None),
                error => error,
            })
        },
    )?;
    if parsed.keys.is_empty() {
        return Err(UrlFailure::Empty(
            parsed
                .warnings
                .first()
                .copied()
                .unwrap_or("it names no database"),
        ));
    }
    // An engine that the scheme's list gave is no secret; django-environ also takes any other scheme as an engine.
    let is_listed = |value: &Value| {
        style
            .schemes()
            .iter()
            .any(|(_, engine)| *value == Value::plain(*engine))
    };
    let taint = |(key, value): (String, Value)| {
        let is_public = !url.is_secret() || (key == "ENGINE" && is_listed(&value));
        (
            key,
            if is_public {
                value
            } else {
                value.as_secret_as(url)
            },
        )
    };
    Ok(parsed.keys.into_iter().map(taint).collect())
}

/// Puts a value beside or over what a URL gave. Tables are merged key by key, as `OPTIONS` beside a URL adds to them.
pub(crate) fn put_on(table: &mut Table, key: &str, value: Value) {
    match (table.get_mut(key), value) {
        (Some(Value::Table(mine)), Value::Table(theirs)) => {
            for (key, value) in theirs {
                mine.insert(key, value);
            }
        }
        (_, value) => table.insert(key, value),
    }
}

/// The kind of a key; keys of other projects' backends are text.
pub(crate) fn kind(key: &str) -> Kind {
    keys::find(key).map_or(Kind::Text, |key| key.kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(kind: Kind, text: &str) -> Option<Value> {
        coerce(kind, &Text::plain(text))
    }

    #[test]
    fn text_becomes_what_its_key_takes() {
        assert_eq!(plain(Kind::SecondsOrNull, "60"), Some(Value::Integer(60)));
        assert_eq!(plain(Kind::SecondsOrNull, "None"), Some(Value::Null));
        assert_eq!(plain(Kind::SecondsOrNull, "-1"), None);
        assert_eq!(plain(Kind::Flag, "True"), Some(Value::Bool(true)));
        assert_eq!(plain(Kind::Flag, "maybe"), None);
        assert_eq!(plain(Kind::Port, "5432"), Some(Value::plain("5432")));
        assert_eq!(
            plain(Kind::Port, "5432,5433"),
            Some(Value::plain("5432,5433"))
        );
        assert_eq!(plain(Kind::Port, ""), Some(Value::plain("")));
        assert_eq!(plain(Kind::Port, "5432x"), None);
        assert_eq!(plain(Kind::Port, "65536"), None);
        assert_eq!(plain(Kind::Engine, "mssql"), Some(Value::plain("mssql")));
    }

    #[test]
    fn a_secret_url_gives_secret_text() {
        let url = Text::secret("postgres://u:p@h:1/db?sslmode=verify-full");
        let table = from_url(&url, UrlStyle::DjDatabaseUrl).unwrap();
        let password = table.get("PASSWORD").unwrap();
        assert!(password.is_secret());
        assert_eq!(*password, Value::plain("p"));
        assert!(!format!("{table:?}").contains("\"p\""));
    }

    #[test]
    fn what_is_no_url_stays_secret() {
        let table = from_url(&Text::secret("hunter2:xyz"), UrlStyle::DjangoEnviron).unwrap();
        assert!(table.get("ENGINE").unwrap().is_secret());
        let failure = from_url(&Text::secret("hunter2://x"), UrlStyle::DjDatabaseUrl).unwrap_err();
        assert!(!format!("{failure:?}").contains("hunter2"));
    }

    #[test]
    fn names_of_options_out_of_a_secret_are_secret() {
        // With its `?` not encoded, the rest of the password reads as the name of an option.
        let url = Text::secret("postgres://shop:5?hunter2=x@db:5432/shop");
        let table = from_url(&url, UrlStyle::DjDatabaseUrl).unwrap();
        assert!(!format!("{table:?}").contains("hunter2"));
        let document = crate::render::Document {
            databases: [("default".to_owned(), Value::Table(table))]
                .into_iter()
                .collect(),
            env: Table::new(),
        };
        for format in crate::render::FORMATS {
            let shown = match format.render(&crate::render::masked(&document)) {
                Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
                Err(faults) => format!("{faults:?}"),
            };
            assert!(!shown.contains("hunter2"), "{}", format.name());
        }
    }

    #[test]
    fn options_beside_a_url_add_to_its_own() {
        let mut table = from_url(
            &Text::plain("postgres://h/db?connect_timeout=3"),
            UrlStyle::DjDatabaseUrl,
        )
        .unwrap();
        let more = [("sslmode".to_owned(), Value::plain("verify-full"))]
            .into_iter()
            .collect();
        put_on(&mut table, "OPTIONS", Value::Table(more));
        let Some(Value::Table(options)) = table.get("OPTIONS") else {
            panic!("no options")
        };
        assert_eq!(options.len(), 2);
    }
}
