//! Database URLs, read as the two libraries Django projects use read them: dj-database-url 3.1.2
//! and django-environ 0.14.0. Same values, same refusals; every difference stands in [`DEVIATIONS`].

mod dj_database_url;
mod django_environ;
mod literal;
mod python;
mod urllib;

use std::error::Error;
use std::fmt;

use crate::value::{Table, Value};

/// Which library's grammar a database URL is read with (`url_style`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum UrlStyle {
    /// `dj_database_url.parse`, version 3.1.2.
    #[default]
    DjDatabaseUrl,
    /// `environ.Env.db_url_config`, version 0.14.0.
    DjangoEnviron,
}

impl UrlStyle {
    /// Every style, the default first.
    pub const ALL: [Self; 2] = [Self::DjDatabaseUrl, Self::DjangoEnviron];

    /// The style as a manifest names it: the library's name on the package index.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::DjDatabaseUrl => "dj-database-url",
            Self::DjangoEnviron => "django-environ",
        }
    }

    /// The style of that name, if there is one.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|style| style.name() == name)
    }

    /// The URL schemes this style knows, each with the `ENGINE` it stands for, in no order that
    /// matters. `django-environ` takes any other scheme as an `ENGINE` of its own.
    #[must_use]
    pub const fn schemes(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::DjDatabaseUrl => dj_database_url::ENGINES,
            Self::DjangoEnviron => django_environ::ENGINES,
        }
    }
}

impl fmt::Display for UrlStyle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What the libraries' functions take beside the URL. The default is theirs.
///
/// `django-environ` has `engine` alone; it takes no notice of the others.
#[derive(Clone, Debug, PartialEq)]
pub struct ParseOptions {
    /// An `ENGINE` to use in place of the scheme's; empty text counts as none.
    pub engine: Option<String>,
    /// `CONN_MAX_AGE` in seconds; `None` is Python's `None`, a connection kept for ever.
    pub conn_max_age: Option<u32>,
    /// `CONN_HEALTH_CHECKS`.
    pub conn_health_checks: bool,
    /// `DISABLE_SERVER_SIDE_CURSORS`.
    pub disable_server_side_cursors: bool,
    /// Whether `OPTIONS.sslmode` becomes `require`, whatever the URL or the backend says.
    pub ssl_require: bool,
    /// `TEST`; an empty table counts as none.
    pub test_options: Table,
}

impl Default for ParseOptions {
    fn default() -> Self {
        Self {
            engine: None,
            conn_max_age: Some(0),
            conn_health_checks: false,
            disable_server_side_cursors: false,
            ssl_require: false,
            test_options: Table::new(),
        }
    }
}

impl ParseOptions {
    /// The `ENGINE` asked for, empty text counting as none, as in Python.
    fn engine(&self) -> Option<&str> {
        self.engine.as_deref().filter(|engine| !engine.is_empty())
    }
}

/// The keys of one entry of `DATABASES`, and what the library would have warned about.
#[derive(Clone, PartialEq)]
pub struct ParsedUrl {
    /// Django's keys, in the library's order. Empty where the library gives `{}` and a warning.
    pub keys: Table,
    /// The library's warnings, in our words: theirs quote the URL.
    pub warnings: Vec<&'static str>,
}

/// Shows names only: a URL's parts hold its password.
impl fmt::Debug for ParsedUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.keys.iter().map(|(name, _)| name).collect();
        f.debug_struct("ParsedUrl")
            .field("keys", &names)
            .field("warnings", &self.warnings)
            .finish()
    }
}

/// Why text is no database URL. No variant holds any part of it but a scheme, and that only where
/// `://` stands behind it: a password that is no URL at all may well start like `word:`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum UrlError {
    /// `dj-database-url` has no backend for this scheme; `None` where no `scheme://` was seen.
    UnknownScheme(Option<String>),
    /// Brackets in the host part that hold no IPv6 address, or a lone bracket.
    BadHost,
    /// The host part has a character that Unicode compatibility rules turn into `/ ? # @ :`.
    DisguisedDelimiter,
    /// The port is not a decimal number from 0 to 65535.
    BadPort,
    /// Digits that are no decimal number, such as `²`, or more than 4300 of them.
    BadNumber,
    /// A whole number that does not fit in 128 bits.
    NumberTooBig,
    /// This key holds a Python literal that JSON has no shape for, such as a set.
    Unrepresentable(&'static str),
}

impl fmt::Display for UrlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownScheme(Some(scheme)) => {
                write!(
                    f,
                    "no database backend is known for the URL scheme `{scheme}://`"
                )
            }
            Self::UnknownScheme(None) => f.write_str("a database URL must start with `scheme://`"),
            Self::BadHost => f.write_str(
                "the URL's host part has brackets that hold no IPv6 address; in a user or \
                 password, write `[` as `%5B` and `]` as `%5D`",
            ),
            Self::DisguisedDelimiter => f.write_str(
                "the URL's host part has a character that normalises to a delimiter; \
                 percent-encode user and password",
            ),
            Self::BadPort => f.write_str(
                "the URL's port is not a number from 0 to 65535; in a user or password, write \
                 `/` as `%2F`, `?` as `%3F` and `#` as `%23`",
            ),
            Self::BadNumber => {
                f.write_str("a value in the URL has digits that are no decimal number")
            }
            Self::NumberTooBig => f.write_str("a whole number in the URL does not fit in 128 bits"),
            Self::Unrepresentable(key) => {
                write!(
                    f,
                    "`{key}` in the URL is a Python literal that JSON has no shape for"
                )
            }
        }
    }
}

impl Error for UrlError {}

/// One place where a style does not do what its library does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deviation {
    /// The style it belongs to.
    pub style: UrlStyle,
    /// What differs.
    pub what: &'static str,
    /// Why that is better.
    pub why: &'static str,
}

/// Every difference from the libraries that is meant. Messages differ throughout: ours never
/// quote the URL.
pub const DEVIATIONS: &[Deviation] = &[
    Deviation {
        style: UrlStyle::DjDatabaseUrl,
        what: "`mssql://` gives the ENGINE `mssql`, not `sql_server.pyodbc`",
        why: "`sql_server.pyodbc` is django-mssql-backend, which no supported Django runs; \
              `mssql` is mssql-django, its successor",
    },
    Deviation {
        style: UrlStyle::DjDatabaseUrl,
        what: "a whole number beyond 128 bits is an error, even where the URL overrides it",
        why: "no driver option holds one",
    },
    Deviation {
        style: UrlStyle::DjangoEnviron,
        what: "a whole number beyond 128 bits is an error, even where the URL overrides it",
        why: "no driver option holds one",
    },
    Deviation {
        style: UrlStyle::DjangoEnviron,
        what: "a Python literal without a JSON shape (bytes, set, complex, `...`, infinity, \
               `\\N{…}` or a lone surrogate in text, a table with keys that are not text) is an \
               error, even where the URL overrides it; a tuple becomes a list; and text that is \
               no literal stays text where Python fails on an unhashable part of it first",
        why: "the values are carried as JSON, and Django takes none of these for the five keys \
              that django-environ reads as literals",
    },
];

/// Reads a database URL as `style`'s library does when it is called with the URL alone.
///
/// No text in the result is marked secret: whether the URL was one, the caller knows.
///
/// # Errors
/// Where the library raises, and where [`DEVIATIONS`] says so.
pub fn parse_database_url(url: &str, style: UrlStyle) -> Result<ParsedUrl, UrlError> {
    parse_database_url_with(url, style, &ParseOptions::default())
}

/// [`parse_database_url`] with the library function's other arguments.
///
/// # Errors
/// As [`parse_database_url`].
pub fn parse_database_url_with(
    url: &str,
    style: UrlStyle,
    options: &ParseOptions,
) -> Result<ParsedUrl, UrlError> {
    // Both libraries look for this very text before anything else, since `:memory:` would be read
    // as a port; and both then give these two keys alone, whatever else was asked for.
    if url == "sqlite://:memory:" {
        let keys = [
            ("ENGINE", "django.db.backends.sqlite3"),
            ("NAME", ":memory:"),
        ];
        return Ok(ParsedUrl {
            keys: keys
                .map(|(key, value)| (key.to_owned(), Value::plain(value)))
                .into_iter()
                .collect(),
            warnings: Vec::new(),
        });
    }
    match style {
        UrlStyle::DjDatabaseUrl => dj_database_url::parse(url, options),
        UrlStyle::DjangoEnviron => django_environ::parse(url, options),
    }
}

/// The engine listed for `scheme`.
fn engine_of(engines: &[(&str, &'static str)], scheme: &str) -> Option<&'static str> {
    engines
        .iter()
        .find(|(name, _)| *name == scheme)
        .map(|(_, engine)| *engine)
}

#[cfg(test)]
mod tests;
