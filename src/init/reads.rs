//! Reads of the environment in settings, as Python's own `os` and the usual libraries spell them.
//!
//! Sources: Python's `os` module; django-environ 0.14 (`environ/environ.py`), environs 15, python-decouple 3.8 and
//! dj-database-url 3.1, by their documentation.

use ruff_python_ast::{CmpOp, Expr, ExprCall, ExprCompare, ExprSubscript};

use crate::{
    django::url::UrlStyle,
    scan::fix::{
        names::is_variable,
        path::{dotted, text_of},
    },
};

/// One read of a variable.
#[derive(Clone, Copy)]
pub(super) struct Reading<'a> {
    pub(super) name: &'a str,
    /// What it falls back on, where that is written.
    pub(super) default: Option<&'a Expr>,
    /// Whether it works without the variable.
    pub(super) is_optional: bool,
    /// Whether something else than text comes out.
    pub(super) is_cast: bool,
    /// Whether the text is a database URL, and whose rules it is read by.
    pub(super) url: Option<UrlStyle>,
}

/// Methods of django-environ and environs that need no name, and the one they have then.
const NAMED: &[(&str, &str)] = &[
    ("db", "DATABASE_URL"),
    ("db_url", "DATABASE_URL"),
    ("database_url", "DATABASE_URL"),
    ("cache", "CACHE_URL"),
    ("cache_url", "CACHE_URL"),
    ("email", "EMAIL_URL"),
    ("email_url", "EMAIL_URL"),
    ("search_url", "SEARCH_URL"),
    ("channels", "CHANNELS_URL"),
    ("channels_url", "CHANNELS_URL"),
];

/// The other methods that read a variable.
const METHODS: &[&str] = &[
    "str",
    "bytes",
    "bool",
    "int",
    "float",
    "json",
    "list",
    "tuple",
    "dict",
    "url",
    "path",
    "date",
    "datetime",
    "time",
    "timedelta",
    "decimal",
    "uuid",
    "enum",
    "log_level",
    "get_value",
    "unicode",
];

/// environs' methods for Django: those of the libraries that it hands the text to.
const DJANGO: &[&str] = &["dj_db_url", "dj_cache_url", "dj_email_url"];

/// What `config(…, cast=…)` of python-decouple makes a database with.
const URL_CASTS: &[&str] = &["dj_database_url.parse", "db_url", "dburl", "parse_db_url"];

/// The variable that a call reads.
pub(super) fn of_call(call: &ExprCall) -> Option<Reading<'_>> {
    let called = dotted(&call.func)?;
    let reading = match called.as_str() {
        "os.environ.get" | "environ.get" | "os.getenv" | "getenv" => Call(call).reading(1, true)?,
        "os.environ.pop" | "environ.pop" => Call(call).reading(1, false)?,
        "env" | "ENV" => {
            let mut reading = Call(call).reading(2, false)?;
            reading.is_cast |= call.arguments.args.len() > 1;
            reading
        }
        "nuages.env" => {
            let mut reading = Call(call).reading(1, false)?;
            reading.is_cast |= Call(call).keyword("cast").is_some();
            reading
        }
        "config" | "decouple.config" => {
            let mut reading = Call(call).reading(1, false)?;
            let cast = Call(call).keyword("cast").and_then(dotted);
            if cast.is_some_and(|cast| URL_CASTS.contains(&cast.as_str())) {
                reading.url = Some(UrlStyle::DjDatabaseUrl);
            }
            reading.is_cast |= call.arguments.args.len() > 2;
            reading
        }
        "dj_database_url.config" => {
            let arguments = Call(call);
            let key = arguments.keyword("env").or(call.arguments.args.first());
            Reading {
                name: key.map_or(Some("DATABASE_URL"), text_of)?,
                default: arguments.keyword("default").or(call.arguments.args.get(1)),
                is_optional: true,
                is_cast: true,
                url: Some(UrlStyle::DjDatabaseUrl),
            }
        }
        other => of_method(call, other.strip_prefix("env.")?)?,
    };
    is_variable(reading.name).then_some(reading)
}

/// `env.int("NAME", default=4)`.
fn of_method<'a>(call: &'a ExprCall, method: &str) -> Option<Reading<'a>> {
    let named = NAMED.iter().find(|(known, _)| *known == method);
    let mut reading = match named {
        Some((_, name)) if Call(call).key().is_none() => Reading {
            name,
            default: Call(call).keyword("default"),
            is_optional: Call(call).keyword("default").is_some(),
            is_cast: true,
            url: None,
        },
        _ if named.is_some() || METHODS.contains(&method) || DJANGO.contains(&method) => {
            Call(call).reading(1, false)?
        }
        _ => return None,
    };
    reading.is_cast |= method != "str";
    reading.url = match method {
        "db" | "db_url" | "database_url" => Some(UrlStyle::DjangoEnviron),
        "dj_db_url" => Some(UrlStyle::DjDatabaseUrl),
        _ => None,
    };
    Some(reading)
}

/// `os.environ["NAME"]`.
pub(super) fn of_subscript(subscript: &ExprSubscript) -> Option<Reading<'_>> {
    is_environ(&subscript.value).then_some(())?;
    let name = text_of(&subscript.slice).filter(|name| is_variable(name))?;
    Some(Reading {
        name,
        default: None,
        is_optional: false,
        is_cast: false,
        url: None,
    })
}

/// `"NAME" in os.environ`.
pub(super) fn of_comparison(compare: &ExprCompare) -> Option<Reading<'_>> {
    let ([CmpOp::In | CmpOp::NotIn], [environ]) = (&*compare.ops, &*compare.comparators) else {
        return None;
    };
    is_environ(environ).then_some(())?;
    let name = text_of(&compare.left).filter(|name| is_variable(name))?;
    Some(Reading {
        name,
        default: None,
        is_optional: true,
        is_cast: true,
        url: None,
    })
}

/// A read in any of its forms, where that is all an expression is: also in `int(…)` and `str(…)`.
pub(super) fn of_expression(expression: &Expr) -> Option<Reading<'_>> {
    match expression {
        Expr::Subscript(subscript) => of_subscript(subscript),
        Expr::Call(call) => of_call(call).or_else(|| {
            let name = dotted(&call.func)?;
            let [only] = &*call.arguments.args else {
                return None;
            };
            let is_plain = call.arguments.keywords.is_empty();
            let mut reading = match name.as_str() {
                "int" | "str" if is_plain => match only {
                    Expr::Subscript(subscript) => of_subscript(subscript)?,
                    Expr::Call(call) => of_call(call)?,
                    _ => return None,
                },
                _ => return None,
            };
            reading.is_cast |= name == "int";
            Some(reading)
        }),
        _ => None,
    }
}

/// The variables that `environ.Env(DEBUG=(bool, False))` has a default for.
pub(super) fn scheme(call: &ExprCall) -> impl Iterator<Item = &str> {
    let is_scheme = dotted(&call.func).is_some_and(|name| {
        matches!(
            name.as_str(),
            "environ.Env" | "Env" | "environ.FileAwareEnv"
        )
    });
    let keywords = call.arguments.keywords.iter().filter(move |_| is_scheme);
    keywords.filter_map(|keyword| {
        let has_default = matches!(&keyword.value, Expr::Tuple(pair) if pair.elts.len() == 2);
        keyword
            .arg
            .as_ref()
            .map(|name| name.id.as_str())
            .filter(|_| has_default)
    })
}

fn is_environ(expression: &Expr) -> bool {
    dotted(expression).is_some_and(|name| matches!(name.as_str(), "os.environ" | "environ"))
}

/// The arguments of a call.
struct Call<'a>(&'a ExprCall);

impl<'a> Call<'a> {
    fn keyword(&self, name: &str) -> Option<&'a Expr> {
        let mut keywords = self.0.arguments.keywords.iter();
        keywords
            .find(|keyword| keyword.arg.as_ref().is_some_and(|arg| arg.id == name))
            .map(|keyword| &keyword.value)
    }

    fn key(&self) -> Option<&'a Expr> {
        self.0
            .arguments
            .args
            .first()
            .or_else(|| self.keyword("var"))
            .or_else(|| self.keyword("key"))
    }

    /// The name comes first, and the default as the argument at `place`, or by its name.
    fn reading(&self, place: usize, is_optional: bool) -> Option<Reading<'a>> {
        let default = self
            .keyword("default")
            .or_else(|| self.0.arguments.args.get(place));
        Some(Reading {
            name: text_of(self.key()?)?,
            default,
            is_optional: is_optional || default.is_some(),
            is_cast: self.keyword("cast").is_some(),
            url: None,
        })
    }
}
