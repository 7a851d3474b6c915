//! `url`: a database URL a line, as dj-database-url and django-environ both read it back to the same login.
//!
//! Whatever is written is read again with the grammars of `django::url` before it goes out: a key that would come back
//! as something else is refused, and so is one that a URL has no place for.

use zeroize::Zeroizing;

use super::buffer::Buffer;
use super::login::{self, Faults, Login};
use super::{Document, Format, MASK, Rendered, Setting, Settings, Unrepresentable};
use crate::{
    django::url::{UrlError, UrlStyle, parse_database_url},
    value::{Table, Text, Value},
};

/// `DATABASE_URL=…` for `default`, `DATABASE_URL_ALIAS=…` for the others. Values are percent-encoded down to RFC 3986's
/// unreserved characters; `?` and `&` stand only where there are options.
pub(super) struct Url;

impl Format for Url {
    fn name(&self) -> &'static str {
        "url"
    }

    fn summary(&self) -> &'static str {
        "DATABASE_URL lines for dj-database-url and django-environ"
    }

    fn holds_env(&self) -> bool {
        false
    }

    fn settings(&self) -> &'static [Setting] {
        &[Setting {
            name: "style",
            summary: "dj-database-url or django-environ: for this one alone, which holds more \
                      [default: for both]",
        }]
    }

    fn write(&self, document: &Document, settings: &Settings) -> Rendered {
        let mut faults = Faults::new();
        let styles = styles(settings, &mut faults);
        let mut out = Buffer::new();
        let mut names: Vec<String> = Vec::new();
        for (alias, keys) in document.databases.iter() {
            let Value::Table(keys) = keys else { continue };
            if keys.is_empty() {
                continue;
            }
            let login = Login { alias, keys };
            let name = variable(&login, &names, &mut faults);
            let before = faults.len();
            let url = url_of(&login, &styles, &mut faults);
            if let Some(url) = url.filter(|_| faults.len() == before) {
                out.push_formatted(format_args!("{name}="));
                out.push_str(&url);
                out.push('\n');
            }
            names.push(name);
        }
        login::finish(out, faults)
    }
}

fn styles(settings: &Settings, faults: &mut Faults) -> Vec<UrlStyle> {
    match settings.get("style").map(UrlStyle::parse) {
        None => UrlStyle::ALL.to_vec(),
        Some(Some(style)) => vec![style],
        Some(None) => {
            faults.push(Unrepresentable {
                key: "--set style".to_owned(),
                reason: "it is `dj-database-url` or `django-environ`",
            });
            UrlStyle::ALL.to_vec()
        }
    }
}

/// The variable of a database, told apart from those of the others.
fn variable(login: &Login<'_>, taken: &[String], faults: &mut Faults) -> String {
    let name = match login.alias {
        "default" => "DATABASE_URL".to_owned(),
        alias => format!("DATABASE_URL_{}", alias.to_ascii_uppercase()),
    };
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    let reason = if !name.bytes().all(is_word) {
        "a variable's name has ASCII letters, digits and `_` alone"
    } else if taken.contains(&name) {
        "in capitals it is another alias above"
    } else {
        return name;
    };
    faults.push(Unrepresentable {
        key: format!("databases.{}", login.alias),
        reason,
    });
    name
}

fn url_of(
    login: &Login<'_>,
    styles: &[UrlStyle],
    faults: &mut Faults,
) -> Option<Zeroizing<String>> {
    let Some(scheme) = scheme(login, styles) else {
        faults.push(login.fault("ENGINE", "no scheme stands for this engine"));
        return None;
    };
    let url = write(login, scheme, styles, faults);
    for style in styles {
        match parse_database_url(&url, *style) {
            Ok(read) => compare(login, &read.keys, faults),
            Err(UrlError::BadPort) => faults.push(login.fault("PORT", "a URL has one port")),
            Err(UrlError::BadHost | UrlError::DisguisedDelimiter) => {
                faults.push(login.fault("HOST", "it cannot stand in a URL"));
            }
            Err(_) => faults.push(Unrepresentable {
                key: format!("databases.{}", login.alias),
                reason: "a URL cannot hold it: its reader would fail",
            }),
        }
    }
    faults.dedup();
    Some(url)
}

/// The scheme that every style reads as this engine. `mssql` is none of dj-database-url's: it means a dead engine there.
fn scheme(login: &Login<'_>, styles: &[UrlStyle]) -> Option<&'static str> {
    let Some(Value::Text(engine)) = login.keys.get("ENGINE") else {
        return None;
    };
    let reads = |style: &UrlStyle, scheme: &str| {
        let is_dead = *style == UrlStyle::DjDatabaseUrl && scheme == "mssql";
        let mut known = style.schemes().iter();
        !is_dead && known.any(|known| *known == (scheme, engine.expose()))
    };
    let (first, rest) = styles.split_first()?;
    let mut schemes = first.schemes().iter().map(|(scheme, _)| *scheme);
    let longest =
        |scheme: &&str| reads(first, scheme) && rest.iter().all(|style| reads(style, scheme));
    // `postgresql` before `postgres`, as PostgreSQL itself writes it.
    let mut found: Vec<&str> = schemes.by_ref().filter(longest).collect();
    found.sort_by_key(|scheme| *scheme != "postgresql");
    found.first().copied()
}

fn write(
    login: &Login<'_>,
    scheme: &str,
    styles: &[UrlStyle],
    faults: &mut Faults,
) -> Zeroizing<String> {
    let mut text = |key: &str| login.text(key, faults).unwrap_or_default();
    let [user, password, host, port, name] =
        ["USER", "PASSWORD", "HOST", "PORT", "NAME"].map(&mut text);
    let mut out = Buffer::new();
    out.push_str(scheme);
    out.push_str("://");
    if name.as_str() == ":memory:" && user.is_empty() && password.is_empty() {
        out.push_str(":memory:");
        return out.into_text();
    }
    if !(user.is_empty() && password.is_empty()) {
        encode(&mut out, &user);
        if !password.is_empty() {
            out.push(':');
            encode(&mut out, &password);
        }
        out.push('@');
    }
    if host.contains(':') {
        out.push('[');
        out.push_str(&host);
        out.push(']');
    } else {
        encode(&mut out, &host);
    }
    if !port.is_empty() && port.as_str() != MASK {
        out.push(':');
        encode(&mut out, &port);
    }
    out.push('/');
    encode(&mut out, &name);
    write_query(&mut out, login, styles, faults);
    out.into_text()
}

/// `OPTIONS`, and for django-environ alone the keys that it takes from a query.
fn write_query(out: &mut Buffer, login: &Login<'_>, styles: &[UrlStyle], faults: &mut Faults) {
    let mut mark = '?';
    let mut pair = |name: &str, text: &str| {
        out.push(mark);
        mark = '&';
        encode(out, name);
        out.push('=');
        encode(out, text);
    };
    for (name, value) in login.options(faults) {
        match value {
            Value::Bool(flag) => pair(name, if *flag { "true" } else { "false" }),
            // What has no text here is missing from what is read, and refused for that.
            other => {
                if let Ok(Some(text)) = login::plain(other) {
                    pair(name, &text);
                }
            }
        }
    }
    if styles != [UrlStyle::DjangoEnviron] {
        return;
    }
    for key in [
        "CONN_MAX_AGE",
        "ATOMIC_REQUESTS",
        "AUTOCOMMIT",
        "DISABLE_SERVER_SIDE_CURSORS",
        "CONN_HEALTH_CHECKS",
    ] {
        let name = key.to_ascii_lowercase();
        match login.keys.get(key) {
            Some(Value::Bool(true)) => pair(&name, "True"),
            Some(Value::Bool(false)) => pair(&name, "False"),
            Some(Value::Null) => pair(&name, "None"),
            Some(Value::Integer(number)) => pair(&name, &number.to_string()),
            _ => {}
        }
    }
}

/// Percent-encodes all but RFC 3986's unreserved characters, of which `~` is encoded too: at the start of a word a
/// shell has its own idea of it.
fn encode(out: &mut Buffer, text: &str) {
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_formatted(format_args!("%{byte:02X}"));
        }
    }
}

/// Every key that a reader does not get back is a fault, and so is one that it gets and that was not there.
fn compare(login: &Login<'_>, read: &Table, faults: &mut Faults) {
    let lost = "a URL cannot hold it: its reader would get something else";
    let mut fault = |key: &str| {
        let fault = login.fault(key, lost);
        if !faults.contains(&fault) {
            faults.push(fault);
        }
    };
    let empty = Table::new();
    let table = |keys: &'_ Table| match keys.get("OPTIONS") {
        Some(Value::Table(options)) => options.clone(),
        _ => empty.clone(),
    };
    let meant = login.keys.iter().filter(|(key, _)| *key != "OPTIONS");
    for (key, value) in meant.filter(|(_, value)| !login::is_mask(value)) {
        let value = &opened(value);
        let is_same = match read.get(key) {
            Some(found) => {
                is_same(key, value, found) || is_unset(key, value) && is_unset(key, found)
            }
            None => is_unset(key, value),
        };
        if !is_same {
            fault(key);
        }
    }
    for (key, value) in read.iter().filter(|(key, _)| *key != "OPTIONS") {
        if login.keys.get(key).is_none() && !is_unset(key, value) {
            fault(key);
        }
    }
    let (meant, found) = (table(login.keys), table(read));
    for (name, value) in meant.iter() {
        if found
            .get(name)
            .is_none_or(|found| !is_same(name, value, found))
        {
            fault(&login.option_path(name));
        }
    }
    for (name, _) in found.iter().filter(|(name, _)| meant.get(name).is_none()) {
        fault(&login.option_path(name));
    }
}

/// Django takes a port as text and as a number alike, and a host's name in any case.
fn is_same(key: &str, meant: &Value, found: &Value) -> bool {
    match key {
        "PORT" => login::plain(meant) == login::plain(found),
        "HOST" => match (meant, found) {
            (Value::Text(meant), Value::Text(found)) => {
                meant == found
                    || !meant.expose().starts_with('/')
                        && meant.expose().eq_ignore_ascii_case(found.expose())
            }
            _ => meant == found,
        },
        _ => opened(meant) == *found,
    }
}

/// A number or a flag that came out of a secret, as one that did not.
fn opened(value: &Value) -> Value {
    match value {
        Value::Scalar(json) => {
            let plain = Text::plain(json.expose());
            Value::from_json(&plain).unwrap_or_else(|| value.clone())
        }
        other => other.clone(),
    }
}

/// What Django takes for a key that is not there (`django/db/utils.py`, `configure_settings`).
fn is_unset(key: &str, value: &Value) -> bool {
    match (key, value) {
        ("CONN_MAX_AGE", Value::Integer(0))
        | ("AUTOCOMMIT", Value::Bool(true))
        | (
            "CONN_HEALTH_CHECKS" | "DISABLE_SERVER_SIDE_CURSORS" | "ATOMIC_REQUESTS",
            Value::Bool(false),
        ) => true,
        (_, Value::Null) => !["CONN_MAX_AGE", "NAME"].contains(&key),
        ("USER" | "PASSWORD" | "HOST" | "PORT" | "NAME", Value::Text(text)) => {
            text.expose().is_empty()
        }
        ("TEST", Value::Table(table)) => table.is_empty(),
        _ => false,
    }
}
