//! `pgpass`: libpq's password file, a line for each PostgreSQL database and host.
//!
//! <https://www.postgresql.org/docs/18/libpq-pgpass.html>, and `passwordFromFile` of `fe-connect.c`, which reads it: the
//! first line that matches wins, fields are compared letter for letter, a field that is a lone `*` matches everything.
//! [`of_one_login`] is the file of a single database, which may say less: nobody else reads it.

use super::buffer::Buffer;
use super::libpq::{self, get};
use super::login::{self, Faults, Login, Parameter};
use super::{Document, Format, Rendered, Settings, Unrepresentable};
use crate::{
    django::engine::Family,
    value::{Table, Value},
};

/// Socket directories that some build of libpq takes for its own, and then looks for `localhost`.
const DEFAULT_SOCKETS: &[&str] = &["/tmp", "/var/run/postgresql", "/run/postgresql"];

/// Lines `host:port:database:user:password`, for `PGPASSFILE` or `OPTIONS.passfile`. A database without a password has
/// none; a list of hosts has a line for each.
pub(super) struct Pgpass;

impl Format for Pgpass {
    fn name(&self) -> &'static str {
        "pgpass"
    }

    fn summary(&self) -> &'static str {
        "libpq's password file: a line for each PostgreSQL database (mode 0600)"
    }

    fn holds_env(&self) -> bool {
        false
    }

    fn write(&self, document: &Document, _: &Settings) -> Rendered {
        let mut faults = Faults::new();
        let none = "there is no PostgreSQL database";
        let logins = login::of_family(document, Family::Postgresql, none, &mut faults);
        let mut lines: Vec<Line> = Vec::new();
        for login in &logins {
            let before = faults.len();
            let parameters = libpq::parameters(login, &mut faults);
            if get(&parameters, "password").is_none() {
                continue;
            }
            let new = lines_of(login, &parameters, &mut faults);
            if faults.len() == before {
                add(&mut lines, new, login, &mut faults);
            }
        }
        if lines.is_empty() && !logins.is_empty() && faults.is_empty() {
            faults.push(Unrepresentable {
                key: "databases".to_owned(),
                reason: "no PostgreSQL database has a password",
            });
        }
        login::finish(text(&lines), faults)
    }
}

/// A line in two halves, both escaped: whose password it is, up to the last colon, and the password.
struct Line {
    login: zeroize::Zeroizing<String>,
    password: zeroize::Zeroizing<String>,
}

/// What libpq compares with a field: text, letter for letter, or nothing at all.
type Field<'a> = Option<&'a str>;

/// The keys of a login that a password file is about.
const KEYS: &[&str] = &["HOST", "PORT", "USER", "PASSWORD"];

/// The same among `OPTIONS`, which Django hands on where the key is empty.
const OPTIONS: &[&str] = &["host", "hostaddr", "port", "user"];

/// The password file that one database has for itself. It is for every database of that server, since Django logs in to
/// `postgres` and to test databases too; a host or a port that is left to libpq, which may take it from `PGHOST` and
/// `PGPORT`, is not asked for. Of the keys only those of the login are looked at.
///
/// # Errors
/// Every key that keeps the file from being written, or libpq from finding its line.
pub(crate) fn of_one_login(alias: &str, database: &Table) -> Rendered {
    let mut keys: Table = part(database, KEYS);
    if let Some(Value::Table(options)) = database.get("OPTIONS") {
        keys.insert("OPTIONS", Value::Table(part(options, OPTIONS)));
    }
    let login = Login { alias, keys: &keys };
    let mut faults = Faults::new();
    let parameters = libpq::parameters(&login, &mut faults);
    if get(&parameters, "password").is_none() {
        faults.push(login.fault("PASSWORD", "it is missing"));
    }
    let user = required(&login, &parameters, "user", "USER", &mut faults);
    check_fields(&parameters, &mut faults);
    let mut lines = Vec::new();
    for (host, port) in hosts(&login, &parameters, &mut faults) {
        let port = Some(port).filter(|port| !port.is_empty());
        let searched = match host {
            "" => vec![None],
            host => searched(host).into_iter().map(Some).collect(),
        };
        for host in searched {
            lines.push(line([host, port, None, Some(user)], &parameters));
        }
    }
    login::finish(text(&lines), faults)
}

fn part(table: &Table, keys: &[&str]) -> Table {
    let found = |key: &&str| Some(((*key).to_owned(), table.get(key)?.clone()));
    keys.iter().filter_map(found).collect()
}

fn required<'a>(
    login: &Login<'_>,
    parameters: &'a [Parameter],
    name: &str,
    key: &str,
    faults: &mut Faults,
) -> &'a str {
    let found = get(parameters, name).map(|parameter| parameter.text.as_str());
    if found.is_none() {
        let reason = "it is missing, and the line would be for all of them";
        faults.push(login.fault(key, reason));
    }
    found.unwrap_or_default()
}

fn lines_of(login: &Login<'_>, parameters: &[Parameter], faults: &mut Faults) -> Vec<Line> {
    let database = required(login, parameters, "dbname", "NAME", faults);
    let user = required(login, parameters, "user", "USER", faults);
    check_fields(parameters, faults);
    let mut lines = Vec::new();
    for (host, port) in hosts(login, parameters, faults) {
        let port = if port.is_empty() { "5432" } else { port };
        for host in searched(host) {
            let fields = [host, port, database, user].map(Some);
            lines.push(line(fields, parameters));
        }
    }
    lines
}

fn line(fields: [Field<'_>; 4], parameters: &[Parameter]) -> Line {
    let mut start = Buffer::new();
    for field in fields {
        match field {
            Some(text) => write_field(&mut start, text),
            None => start.push('*'),
        }
        start.push(':');
    }
    let mut end = Buffer::new();
    let password = get(parameters, "password").map_or("", |parameter| &parameter.text);
    write_field(&mut end, password);
    Line {
        login: start.into_text(),
        password: end.into_text(),
    }
}

fn text(lines: &[Line]) -> Buffer {
    let mut out = Buffer::new();
    for line in lines {
        out.push_str(&line.login);
        out.push_str(&line.password);
        out.push('\n');
    }
    out
}

fn check_fields(parameters: &[Parameter], faults: &mut Faults) {
    for parameter in parameters {
        let is_field =
            ["host", "hostaddr", "port", "dbname", "user", "password"].contains(&parameter.name);
        if let Some(reason) = unwritable(parameter, parameter.name == "password")
            && is_field
        {
            let key = parameter.key.clone();
            faults.push(Unrepresentable { key, reason });
        }
    }
}

fn unwritable(parameter: &Parameter, is_last: bool) -> Option<&'static str> {
    let text = parameter.text.as_str();
    if text.contains('\0') {
        return Some("no line can hold a NUL character");
    }
    if text.contains('\n') || (is_last && text.ends_with('\r')) {
        return Some("a password file cannot hold a line break");
    }
    None
}

/// Host and port as libpq pairs them: lists of the same length, or one port for all hosts. What is left out is empty.
fn hosts<'a>(
    login: &Login<'_>,
    parameters: &'a [Parameter],
    faults: &mut Faults,
) -> Vec<(&'a str, &'a str)> {
    let list = |name: &str| get(parameters, name).map_or("", |parameter| &parameter.text);
    let named: Vec<&str> = list("host").split(',').collect();
    let addresses: Vec<&str> = list("hostaddr").split(',').collect();
    let ports: Vec<&str> = list("port").split(',').collect();
    let count = named.len().max(addresses.len());
    if (ports.len() > 1 && ports.len() != count)
        || (named.len() != count && named != [""])
        || (addresses.len() != count && addresses != [""])
    {
        faults.push(login.fault("PORT", "it has not as many parts as HOST has"));
        return Vec::new();
    }
    let nth = |parts: &[&'a str], place: usize| parts.get(place).copied().unwrap_or_default();
    (0..count)
        .map(|place| {
            let host = match nth(&named, place) {
                "" => nth(&addresses, place),
                host => host,
            };
            let port = match ports.as_slice() {
                [one] => one,
                several => nth(several, place),
            };
            (host, port)
        })
        .collect()
}

/// What libpq looks for: the host as it is written, and `localhost` for its own socket directory.
fn searched(host: &str) -> Vec<&str> {
    if host.is_empty() {
        vec!["localhost"]
    } else if DEFAULT_SOCKETS.contains(&host) {
        vec![host, "localhost"]
    } else {
        vec![host]
    }
}

/// `\` and `:` are escaped, and so is what would make the line a comment or the field a wildcard.
fn write_field(out: &mut Buffer, text: &str) {
    for (place, character) in text.chars().enumerate() {
        if matches!(character, '\\' | ':') || (place == 0 && matches!(character, '*' | '#')) {
            out.push('\\');
        }
        out.push(character);
    }
}

/// The same line is written once; the same login with another password cannot be told apart.
fn add(lines: &mut Vec<Line>, new: Vec<Line>, login: &Login<'_>, faults: &mut Faults) {
    for line in new {
        match lines.iter().find(|known| known.login == line.login) {
            None => lines.push(line),
            Some(known) if known.password == line.password => {}
            Some(_) => {
                let reason = "a line above is for the same login and has another password";
                faults.push(login.fault("PASSWORD", reason));
                return;
            }
        }
    }
}
