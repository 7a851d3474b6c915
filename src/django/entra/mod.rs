//! `auth`: a login by Microsoft Entra ID, with a token that `nuages` fetches or with one that the driver fetches itself.
//! A token goes to whoever holds the other end of the connection, so nothing may weaken how that end is checked.

mod mssql;
mod mysql;
mod postgresql;

use super::{
    engine::Family,
    mssql::{Mssql, compose},
    seen::{Fault, Seen},
};
use crate::value::{Table, Text, Value};

pub(crate) use mysql::{CLEARTEXT_PLUGIN, CLEARTEXT_VARIABLE, is_verified as mysql_is_verified};

/// How `auth` logs in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Method {
    /// With a token that is fetched before the command starts.
    Token,
    /// The driver asks for a token itself, as the machine's managed identity. SQL Server alone has that.
    DriverMsi,
}

/// A login that `auth` brings.
#[derive(Clone, Debug)]
pub(crate) struct Login {
    pub(crate) method: Method,
    /// The managed identity that the driver is to log in as.
    pub(crate) client_id: Option<String>,
}

/// A key that `auth` brings, and what of the token it is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Brought {
    pub(crate) key: &'static str,
    pub(crate) field: Option<&'static str>,
    /// Whether one that is written takes its place.
    pub(crate) yields: bool,
}

impl Method {
    /// All methods.
    pub(crate) const ALL: &'static [Self] = &[Self::Token, Self::DriverMsi];

    /// The name in a manifest.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Token => "entra",
            Self::DriverMsi => "entra-msi",
        }
    }

    /// The method of this name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL
            .iter()
            .copied()
            .find(|method| method.name() == name)
    }

    /// The engines that can log in so, by their short names.
    pub(crate) fn engines(self) -> &'static [&'static str] {
        match self {
            Self::Token => &["mssql", "postgresql", "mysql"],
            Self::DriverMsi => &["mssql"],
        }
    }

    /// Whether an engine of this family can log in so.
    pub(crate) fn suits(self, family: Family) -> bool {
        match self {
            Self::Token => resource(family).is_some(),
            Self::DriverMsi => family == Family::Mssql,
        }
    }

    /// The keys it brings.
    pub(crate) fn brings(self, family: Family) -> &'static [Brought] {
        const TOKEN: Brought = Brought {
            key: "TOKEN",
            field: None,
            yields: false,
        };
        const PASSWORD: Brought = Brought {
            key: "PASSWORD",
            ..TOKEN
        };
        const USER: Brought = Brought {
            key: "USER",
            field: Some("user"),
            yields: true,
        };
        match (self, family) {
            (Self::DriverMsi, _) => &[],
            (Self::Token, Family::Mssql) => &[TOKEN],
            (Self::Token, _) => &[USER, PASSWORD],
        }
    }
}

/// What a token is asked for, as the `entra` provider calls it.
pub(crate) fn resource(family: Family) -> Option<&'static str> {
    match family {
        Family::Mssql => Some("azure-sql"),
        Family::Postgresql => Some("postgresql"),
        Family::Mysql => Some("mysql"),
        Family::Sqlite | Family::Oracle => None,
    }
}

/// The host in a `HOST` that is written out: without SQL Server's protocol, instance and port, and the first of libpq's
/// list.
pub(crate) fn host(family: Family, host: &str) -> Option<&str> {
    let host = host.trim();
    let host = match family {
        Family::Mssql => host
            .strip_prefix("tcp:")
            .unwrap_or(host)
            .split([',', '\\'])
            .next(),
        _ => host.split(',').next(),
    };
    host.map(str::trim)
        .filter(|host| !host.is_empty() && !host.starts_with(['/', '@']))
}

/// What stands beside `auth` and cannot: it would be a second login.
pub(crate) fn beside(method: Method, family: Family, database: &Seen<'_>) -> Vec<Fault> {
    let has_name = method == Method::Token && family != Family::Mssql;
    let keys = ["USER", "PASSWORD", "TOKEN", "Trusted_Connection"];
    let second = |key: &&str| database.get(key).is_some() && !(has_name && *key == "USER");
    let fault = |key: &str| {
        let hint = match (method, key) {
            (Method::DriverMsi, "USER") => {
                "leave it out: the driver logs in as the managed identity; `auth = { method = \"entra-msi\", client_id = \"…\" }` says as which"
            }
            (Method::DriverMsi, _) => "leave it out: the driver logs in as the managed identity",
            (Method::Token, "PASSWORD") if has_name => "leave it out: the token is the password",
            (Method::Token, "TOKEN") => "leave it out: `auth` brings the token",
            (Method::Token, _) => "leave it out: the token says who logs in",
        };
        Fault::key(&[key], format!("`{key}` cannot stand beside `auth`")).hint(hint)
    };
    keys.iter()
        .filter(|key| second(key))
        .map(|key| fault(key))
        .collect()
}

/// What would give the login away, or can never work. What is left out gets its value from [`finish`].
pub(crate) fn check(family: Family, login: Option<Method>, database: &Seen<'_>) -> Vec<Fault> {
    match (family, login) {
        (Family::Mssql, None) => Mssql::new(database).check(false),
        (Family::Mssql, Some(method)) => mssql::check(method, database),
        (Family::Postgresql, Some(_)) => postgresql::check(database),
        (Family::Mysql, Some(_)) => mysql::check(database),
        _ => Vec::new(),
    }
}

/// Does what is left to do once the values are here, or says what stands in the way. Of a database that is kept in part,
/// only what is kept is looked at.
pub(crate) fn finish(
    database: &mut Table,
    family: Family,
    login: Option<&Login>,
    is_whole: bool,
) -> Vec<Fault> {
    let has = |fault: &Fault| {
        let key = fault.path.first();
        is_whole || key.is_some_and(|key| database.get(key).is_some())
    };
    let mut faults = check(family, login.map(|login| login.method), &Seen::of(database));
    faults.retain(has);
    let brought = login.map_or(&[][..], |login| login.method.brings(family));
    if login.is_none() && family == Family::Mssql {
        faults.extend(check_token(database, "TOKEN"));
    }
    for key in brought
        .iter()
        .filter(|brought| brought.field.is_none())
        .map(|brought| brought.key)
    {
        strip_line_break(database, key);
        faults.extend(check_token(database, key));
    }
    if !faults.is_empty() {
        return faults;
    }
    let has_options = is_whole || database.get("OPTIONS").is_some();
    add_options(database, family, login.filter(|_| has_options));
    faults
}

/// Writes the options as the driver takes them, with those that a login adds.
pub(crate) fn add_options(database: &mut Table, family: Family, login: Option<&Login>) {
    if family == Family::Mssql {
        compose(database);
    }
    let Some(login) = login else { return };
    let mut options = match database.remove("OPTIONS") {
        Some(Value::Table(options)) => options,
        _ => Table::new(),
    };
    complete(family, &mut options, login);
    database.insert("OPTIONS", Value::Table(options));
}

/// Adds the options without which a login would be given away.
pub(crate) fn complete(family: Family, options: &mut Table, login: &Login) {
    match family {
        Family::Mssql => mssql::complete(options, login),
        Family::Postgresql => postgresql::complete(options),
        Family::Mysql => mysql::complete(options),
        Family::Sqlite | Family::Oracle => {}
    }
}

/// A store may keep a token as a line.
fn strip_line_break(database: &mut Table, key: &str) {
    let Some(Value::Text(text)) = database.get(key) else {
        return;
    };
    let whole = text.expose();
    let stripped = whole
        .strip_suffix("\r\n")
        .or_else(|| whole.strip_suffix('\n'));
    if let Some(stripped) = stripped {
        let stripped = if text.is_secret() {
            Text::secret(stripped)
        } else {
            Text::plain(stripped)
        };
        database.insert(key, Value::Text(stripped));
    }
}

/// A driver sends whatever it is given: an empty token, or one with its line break, is refused by the server alone, and
/// in words that say nothing of it. mssql-django sends ASCII alone as it is.
fn check_token(database: &Table, key: &str) -> Option<Fault> {
    let Value::Text(text) = database.get(key)? else {
        return None;
    };
    let token = text.expose();
    let what = if token.is_empty() {
        "the token is empty"
    } else if token.contains(|c: char| c.is_whitespace() || c.is_control()) {
        "a blank or a line break stands in the token"
    } else if !token.is_ascii() {
        "the token is not ASCII"
    } else {
        return None;
    };
    let fault = Fault::value(&[key], what).hint(
        "a token is one word of letters, digits and signs: is this the secret that was meant?",
    );
    Some(if key == "TOKEN" {
        fault.rule("MS015")
    } else {
        fault
    })
}

/// Without a name the driver takes that of the account it runs under.
fn check_user(database: &Seen<'_>) -> Option<Fault> {
    let is_empty = matches!(database.get("USER"), Some(Seen::Text("")));
    is_empty.then(|| {
        Fault::value(&["USER"], "`USER` must be the login's name beside `auth`")
            .hint("leave it out: `auth` writes the name of the identity")
    })
}

/// A `HOST` that a driver connects to over a network, by a name that a certificate can be held against.
fn check_host(database: &Seen<'_>, is_local: impl Fn(&str) -> bool) -> Option<Fault> {
    match database.get("HOST") {
        None => Some(
            Fault::missing("`auth` needs a `HOST`: the driver would take a server on this machine")
                .hint("write the server's full name as `HOST`: its certificate is held against it"),
        ),
        Some(Seen::Text(host)) if host.trim().is_empty() || is_local(host) => Some(
            Fault::value(
                &["HOST"],
                "`HOST` must be a server's name beside `auth`: whoever listens on this machine would get the token",
            )
            .hint("write the server's full name: its certificate is held against it"),
        ),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
