//! `DATABASES` as settings write it: dictionaries of literals and reads of the environment, and database URLs. What is
//! anything else is not guessed at.

use std::ops::Range;

use ruff_python_ast::{Expr, ExprCall, ExprDict, Keyword, Number, UnaryOp};
use ruff_text_size::{Ranged as _, TextRange};
use zeroize::Zeroizing;

use super::reads;
use crate::{django::url::UrlStyle, scan::fix::path::dotted};

/// Tables within tables that are followed.
const DEEPEST: usize = 8;

/// One alias.
pub(super) struct Database {
    pub(super) alias: String,
    pub(super) url: Option<(Value, UrlStyle)>,
    pub(super) keys: Vec<(String, Value)>,
}

pub(super) enum Value {
    Text(Literal),
    Integer(i64),
    Float(f64),
    Flag(bool),
    None,
    List(Vec<Value>),
    Table(Vec<(String, Value)>),
    Read(Read),
}

/// A literal of text and where it stands.
pub(super) struct Literal {
    pub(super) text: Zeroizing<String>,
    pub(super) span: Range<usize>,
}

/// A variable in the place of a value.
pub(super) struct Read {
    pub(super) name: String,
    /// What it falls back on, where that is something.
    pub(super) default: Option<Literal>,
    pub(super) is_optional: bool,
    pub(super) is_cast: bool,
}

/// Every database, or nothing where one of them is not understood.
pub(super) fn read(value: &Expr) -> Option<Vec<Database>> {
    let Expr::Dict(dict) = value else {
        return None;
    };
    let all: Option<Vec<Database>> = dict
        .items
        .iter()
        .map(|item| database(text(item.key.as_ref()?)?.text.to_string(), &item.value))
        .collect();
    all.filter(|all| !all.is_empty())
}

fn database(alias: String, value: &Expr) -> Option<Database> {
    if let Expr::Call(call) = value
        && let Some((url, style, keys)) = url(call)
    {
        return Some(Database {
            alias,
            url: Some((url, style)),
            keys,
        });
    }
    Some(Database {
        alias,
        url: None,
        keys: table(value, 0)?,
    })
}

/// The value, whose rules it is read by, and the keys beside it.
type Url = (Value, UrlStyle, Vec<(String, Value)>);

/// `dj_database_url.config(…)`, `dj_database_url.parse(…)`, `env.db(…)`, `config(…, cast=db_url)`.
fn url(call: &ExprCall) -> Option<Url> {
    let called = dotted(&call.func)?;
    if called == "dj_database_url.parse" {
        let value = scalar(call.arguments.args.first()?)?;
        let keys = options(call, &["url"])?;
        let is_url = match &value {
            Value::Text(_) => true,
            Value::Read(read) => !read.is_cast,
            _ => false,
        };
        let one = call.arguments.args.len() == 1;
        return (is_url && one).then_some((value, UrlStyle::DjDatabaseUrl, keys));
    }
    let reading = reads::of_call(call)?;
    let style = reading.url?;
    let keys = if called == "dj_database_url.config" {
        (call.arguments.args.len() <= 2).then_some(())?;
        options(call, &["env", "default"])?
    } else {
        let is_known = |keyword: &Keyword| {
            let name = keyword.arg.as_ref().map_or("", |arg| arg.id.as_str());
            matches!(name, "default" | "cast" | "var")
        };
        call.arguments
            .keywords
            .iter()
            .all(is_known)
            .then(Vec::new)?
    };
    Some((read_value(&reading)?, style, keys))
}

/// What dj-database-url's functions take beside the URL, as Django's keys.
fn options(call: &ExprCall, known: &[&str]) -> Option<Vec<(String, Value)>> {
    let mut keys = Vec::new();
    for keyword in &call.arguments.keywords {
        let name = keyword.arg.as_ref()?.id.as_str();
        let key = match name {
            "conn_max_age" => "CONN_MAX_AGE",
            "conn_health_checks" => "CONN_HEALTH_CHECKS",
            "disable_server_side_cursors" => "DISABLE_SERVER_SIDE_CURSORS",
            "engine" => "ENGINE",
            "ssl_require" => match &keyword.value {
                Expr::BooleanLiteral(flag) if flag.value => {
                    let sslmode = Literal {
                        text: Zeroizing::new("require".to_owned()),
                        span: 0..0,
                    };
                    let table = vec![("sslmode".to_owned(), Value::Text(sslmode))];
                    keys.push(("OPTIONS".to_owned(), Value::Table(table)));
                    continue;
                }
                Expr::BooleanLiteral(_) => continue,
                _ => return None,
            },
            name if known.contains(&name) => continue,
            _ => return None,
        };
        keys.push((key.to_owned(), scalar(&keyword.value)?));
    }
    Some(keys)
}

/// `{…}` or `dict(…)`.
fn table(value: &Expr, depth: usize) -> Option<Vec<(String, Value)>> {
    if depth > DEEPEST {
        return None;
    }
    match value {
        Expr::Dict(ExprDict { items, .. }) => items
            .iter()
            .map(|item| {
                let key = text(item.key.as_ref()?)?.text.to_string();
                Some((key, any(&item.value, depth + 1)?))
            })
            .collect(),
        Expr::Call(call) if dotted(&call.func)? == "dict" && call.arguments.args.is_empty() => call
            .arguments
            .keywords
            .iter()
            .map(|keyword| {
                let key = keyword.arg.as_ref()?.id.to_string();
                Some((key, any(&keyword.value, depth + 1)?))
            })
            .collect(),
        _ => None,
    }
}

fn any(value: &Expr, depth: usize) -> Option<Value> {
    if depth > DEEPEST {
        return None;
    }
    match value {
        Expr::List(list) => list
            .elts
            .iter()
            .map(|item| any(item, depth + 1))
            .collect::<Option<_>>()
            .map(Value::List),
        other => table(other, depth)
            .map(Value::Table)
            .or_else(|| scalar(other)),
    }
}

fn scalar(value: &Expr) -> Option<Value> {
    Some(match value {
        Expr::StringLiteral(_) => Value::Text(text(value)?),
        Expr::NumberLiteral(number) => match &number.value {
            Number::Int(number) => Value::Integer(number.as_i64()?),
            Number::Float(number) if number.is_finite() => Value::Float(*number),
            _ => return None,
        },
        Expr::UnaryOp(minus) if minus.op == UnaryOp::USub => match scalar(&minus.operand)? {
            Value::Integer(number) => Value::Integer(number.checked_neg()?),
            Value::Float(number) => Value::Float(-number),
            _ => return None,
        },
        Expr::BooleanLiteral(flag) => Value::Flag(flag.value),
        Expr::NoneLiteral(_) => Value::None,
        other => read_value(&reads::of_expression(other)?)?,
    })
}

fn read_value(reading: &reads::Reading<'_>) -> Option<Value> {
    let default = match reading.default {
        None => None,
        Some(default) => match scalar(default)? {
            Value::Text(literal) => Some(literal),
            Value::Integer(number) => Some(plain(number.to_string(), default.range())),
            Value::Flag(flag) => Some(plain(flag.to_string(), default.range())),
            Value::None => None,
            _ => return None,
        },
    };
    Some(Value::Read(Read {
        name: reading.name.to_owned(),
        default,
        is_optional: reading.is_optional,
        is_cast: reading.is_cast && reading.url.is_none(),
    }))
}

/// A plain literal of text, however many parts it has.
fn text(expression: &Expr) -> Option<Literal> {
    match expression {
        Expr::StringLiteral(literal) => {
            Some(plain(literal.value.to_str().to_owned(), literal.range))
        }
        _ => None,
    }
}

fn plain(text: String, range: TextRange) -> Literal {
    Literal {
        text: Zeroizing::new(text),
        span: range.start().to_usize()..range.end().to_usize(),
    }
}
