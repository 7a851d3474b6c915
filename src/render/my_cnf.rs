//! `my-cnf`: an option file for the clients of MySQL and MariaDB, and for `OPTIONS.read_default_file`.
//!
//! <https://dev.mysql.com/doc/refman/8.4/en/option-files.html> and <https://mariadb.com/kb/en/configuring-mariadb-with-option-files/>
//! have the quotes and escapes. `PyMySQL` 1.1 reads the same file with Python's `configparser`, which knows no escapes.
//! [`of_one_password`] is the file of a single database, for a known reader.

use zeroize::Zeroizing;

use super::buffer::Buffer;
use super::login::{self, Faults, Login, Parameter, plain};
use super::{Document, Format, Rendered, Setting, Settings, Unrepresentable};
use crate::{django::engine::Family, value::Value};

/// The longest line: the readers of the C clients cut at 4,096 bytes, the break and the end of the text among them.
const LONGEST: usize = 4094;

const TOO_LONG: &str = "the line would be longer than 4,094 bytes, where the clients cut it";

/// `OPTIONS` that have a name in option files.
const OPTIONS: &[(&str, &str)] = &[
    ("charset", "default-character-set"),
    ("unix_socket", "socket"),
    ("connect_timeout", "connect-timeout"),
];

/// `OPTIONS.ssl` and the options of the file.
const TLS: &[(&str, &str)] = &[
    ("ca", "ssl-ca"),
    ("capath", "ssl-capath"),
    ("cert", "ssl-cert"),
    ("key", "ssl-key"),
    ("cipher", "ssl-cipher"),
];

/// Options that Django and the drivers keep for themselves: they are nothing that a client is told.
const NOT_CLIENTS: &[&str] = &["isolation_level", "autocommit", "conv", "use_unicode"];

/// `[client]` for `default` and `[client_ALIAS]` for every other MySQL database.
pub(super) struct MyCnf;

impl Format for MyCnf {
    fn name(&self) -> &'static str {
        "my-cnf"
    }

    fn summary(&self) -> &'static str {
        "an option file of MySQL and MariaDB: a group for each such database"
    }

    fn holds_env(&self) -> bool {
        false
    }

    fn settings(&self) -> &'static [Setting] {
        &[
            Setting {
                name: "client",
                summary: "mysql or mariadb: written for its programs and C library alone, which know \
                          escapes and TLS modes [default: for PyMySQL too]",
            },
            Setting {
                name: "group",
                summary: "the group's name, where one database is written [default: client, or \
                          client_ALIAS beside `default`]",
            },
        ]
    }

    fn write(&self, document: &Document, settings: &Settings) -> Rendered {
        let mut faults = Faults::new();
        let dialect = Dialect::of(settings, &mut faults);
        let none = "there is no MySQL or MariaDB database";
        let logins = login::of_family(document, Family::Mysql, none, &mut faults);
        let mut out = Buffer::new();
        let mut shared: Vec<&'static str> = Vec::new();
        for (place, login) in logins.iter().enumerate() {
            let name = group(login, settings, logins.len(), &mut faults);
            let parameters = parameters(login, dialect, &mut faults);
            if place > 0 {
                out.push('\n');
            }
            out.push_formatted(format_args!("[{name}]\n"));
            for parameter in &parameters {
                if let Err(reason) = write_line(&mut out, parameter, dialect) {
                    let key = parameter.key.clone();
                    faults.push(Unrepresentable { key, reason });
                }
            }
            if name == "client" {
                shared = parameters.iter().map(|parameter| parameter.name).collect();
            }
        }
        for login in logins.iter().filter(|login| login.alias != "default") {
            inherited(login, dialect, &shared, &mut faults);
        }
        login::finish(out, faults)
    }
}

/// Who reads the file.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Dialect {
    /// Everybody: what one of them would read otherwise is refused.
    Any,
    Mysql,
    Mariadb,
}

impl Dialect {
    fn of(settings: &Settings, faults: &mut Faults) -> Self {
        match settings.get("client") {
            None => Self::Any,
            Some("mysql") => Self::Mysql,
            Some("mariadb") => Self::Mariadb,
            Some(_) => {
                faults.push(Unrepresentable {
                    key: "--set client".to_owned(),
                    reason: "it is `mysql` or `mariadb`",
                });
                Self::Any
            }
        }
    }
}

fn group(login: &Login<'_>, settings: &Settings, count: usize, faults: &mut Faults) -> String {
    let given = settings.get("group").filter(|_| {
        if count > 1 {
            faults.push(Unrepresentable {
                key: "--set group".to_owned(),
                reason: "there are several databases, and a group has room for one",
            });
        }
        count == 1
    });
    let name = match (given, login.alias) {
        (Some(name), _) => name.to_owned(),
        (None, "default") => "client".to_owned(),
        (None, alias) => format!("client_{alias}"),
    };
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte);
    if name.is_empty() || name.len() > 64 || !name.bytes().all(is_word) {
        faults.push(Unrepresentable {
            key: format!("databases.{}", login.alias),
            reason: "a group's name has letters, digits, `_`, `-` and `.` alone, 64 at most",
        });
    }
    name
}

/// Every client reads `[client]` besides its own group: what stands only there would be another login's.
fn inherited(login: &Login<'_>, dialect: Dialect, shared: &[&'static str], faults: &mut Faults) {
    let own = parameters(login, dialect, &mut Faults::new());
    for name in shared {
        // Only one of the two ever stands in a group, and a socket beats a host.
        let is_own = own.iter().any(|parameter| parameter.name == *name)
            || (*name == "host" && own.iter().any(|parameter| parameter.name == "socket"));
        if !is_own {
            faults.push(login.fault(
                django_key(name),
                "`default` has it and this one has not, and clients read both groups",
            ));
        }
    }
}

/// The key of a database that an option stands for.
fn django_key(option: &str) -> &'static str {
    match option {
        "host" | "socket" => "HOST",
        "port" => "PORT",
        "user" => "USER",
        "password" => "PASSWORD",
        "database" => "NAME",
        _ => "OPTIONS",
    }
}

/// The options of one database, under the names of option files, as `get_connection_params` of
/// `django/db/backends/mysql/base.py` hands them on (Django 5.2 and 6.1).
fn parameters(login: &Login<'_>, dialect: Dialect, faults: &mut Faults) -> Vec<Parameter> {
    let mut found: Vec<Parameter> = Vec::new();
    for (key, name) in [
        ("HOST", "host"),
        ("PORT", "port"),
        ("NAME", "database"),
        ("USER", "user"),
        ("PASSWORD", "password"),
    ] {
        if let Some(text) = login.text(key, faults) {
            let is_socket = key == "HOST" && text.starts_with('/');
            let name = if is_socket { "socket" } else { name };
            let key = login.path(key);
            found.push(Parameter { name, text, key });
        }
    }
    for (name, value) in login.options(faults) {
        option(login, (name, value), dialect, &mut found, faults);
    }
    found
}

fn option(
    login: &Login<'_>,
    (name, value): (&str, &Value),
    dialect: Dialect,
    found: &mut Vec<Parameter>,
    faults: &mut Faults,
) {
    let path = login.option_path(name);
    if NOT_CLIENTS.contains(&name) || matches!(value, Value::Null) {
        return;
    }
    if let Some((_, option)) = OPTIONS.iter().find(|(known, _)| *known == name) {
        put(login, option, (&path, value), found, faults);
        return;
    }
    match (name, value) {
        ("ssl", Value::Table(table)) => {
            for (part, value) in table.iter() {
                let path = if table.hides_keys() {
                    path.clone()
                } else {
                    format!("{path}.{part}")
                };
                match TLS.iter().find(|(known, _)| *known == part) {
                    Some((_, option)) => put(login, option, (&path, value), found, faults),
                    None => faults.push(login.fault(&path, "option files have no such option")),
                }
            }
        }
        ("ssl_mode", Value::Text(mode)) => match tls_mode(mode.expose(), dialect) {
            Ok((name, text)) => found.push(Parameter {
                name,
                text: text.to_owned().into(),
                key: login.path(&path),
            }),
            Err(reason) => faults.push(login.fault(&path, reason)),
        },
        _ => faults.push(login.fault(&path, "option files have no such option")),
    }
}

fn put(
    login: &Login<'_>,
    name: &'static str,
    (path, value): (&str, &Value),
    found: &mut Vec<Parameter>,
    faults: &mut Faults,
) {
    match plain(value) {
        Ok(None) => {}
        Ok(Some(text)) => {
            // OPTIONS.unix_socket beats a socket in HOST, as keyword arguments do.
            found.retain(|parameter| parameter.name != name);
            let key = login.path(path);
            found.push(Parameter { name, text, key });
        }
        Err(reason) => faults.push(login.fault(path, reason)),
    }
}

/// The two have no spelling in common, and each library skips what it does not know: without TLS, and without a word.
fn tls_mode(mode: &str, dialect: Dialect) -> Result<(&'static str, &'static str), &'static str> {
    const MODES: &[&str] = &[
        "DISABLED",
        "PREFERRED",
        "REQUIRED",
        "VERIFY_CA",
        "VERIFY_IDENTITY",
    ];
    let known = MODES.iter().find(|known| known.eq_ignore_ascii_case(mode));
    match (dialect, known) {
        (_, None) => Err("there is no such mode"),
        (Dialect::Any, _) => {
            Err("its spelling depends on the client: `--set client=mysql` or `mariadb`")
        }
        (Dialect::Mysql, Some(mode)) => Ok(("ssl-mode", mode)),
        (Dialect::Mariadb, Some(&"VERIFY_IDENTITY")) => Ok(("ssl-verify-server-cert", "1")),
        (Dialect::Mariadb, Some(_)) => {
            Err("MariaDB's clients have no mode like it; `VERIFY_IDENTITY` they have")
        }
    }
}

/// Who reads a file that holds a password alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reader {
    /// libmysqlclient and `MariaDB` Connector/C, which mysqlclient is built on, and the programs of both.
    CLibrary,
    /// `PyMySQL`, with Python's `configparser`.
    Pymysql,
}

/// An option file with nothing but a password, in the group that every client reads.
///
/// # Errors
/// A fragment that says what the reader would not take as it is.
pub(crate) fn of_one_password(
    password: &str,
    reader: Reader,
) -> Result<Zeroizing<Vec<u8>>, &'static str> {
    let value = match reader {
        Reader::CLibrary => escaped(password)?,
        Reader::Pymysql => quoted_for_pymysql(password)?,
    };
    let mut out = Buffer::new();
    out.push_str("[client]\n");
    let start = out.len();
    out.push_str("password=");
    out.push_str(&value);
    if reader == Reader::CLibrary && out.len() - start > LONGEST {
        return Err(TOO_LONG);
    }
    out.push('\n');
    Ok(out.into_bytes())
}

/// Only the outermost quotes are taken away, so that everything within a line stands for itself.
fn quoted_for_pymysql(text: &str) -> Result<Zeroizing<String>, &'static str> {
    if text.contains(['\n', '\r', '\0']) {
        return Err("PyMySQL takes no line break and no NUL character from a file");
    }
    if text.chars().any(|c| u32::from(c) > 0xff) {
        return Err("PyMySQL sends passwords in Latin-1, which has not all of these characters");
    }
    let mut out = Buffer::new();
    out.push('"');
    out.push_str(text);
    out.push('"');
    Ok(out.into_text())
}

fn write_line(
    out: &mut Buffer,
    parameter: &Parameter,
    dialect: Dialect,
) -> Result<(), &'static str> {
    let text = parameter.text.as_str();
    let value = if dialect == Dialect::Any {
        quoted_for_all(text)?
    } else {
        escaped(text)?
    };
    if parameter.name.len() + 1 + value.len() > LONGEST {
        return Err(TOO_LONG);
    }
    out.push_str(parameter.name);
    out.push('=');
    out.push_str(&value);
    out.push('\n');
    Ok(())
}

/// With the escapes of the C clients.
fn escaped(text: &str) -> Result<Zeroizing<String>, &'static str> {
    let mut out = Buffer::new();
    out.push('"');
    for character in text.chars() {
        match character {
            '\0' => return Err("no line can hold a NUL character"),
            '\\' => out.push_str(r"\\"),
            '"' => out.push_str(r#"\""#),
            '\n' => out.push_str(r"\n"),
            '\r' => out.push_str(r"\r"),
            '\t' => out.push_str(r"\t"),
            other => out.push(other),
        }
    }
    out.push('"');
    Ok(out.into_text())
}

/// Without any escape, in the quotes that the value has not.
fn quoted_for_all(text: &str) -> Result<Zeroizing<String>, &'static str> {
    if text.contains('\\') {
        return Err(
            "PyMySQL and the other clients disagree on `\\`: `--set client=mysql` or `mariadb` leaves PyMySQL out",
        );
    }
    if text.chars().any(|c| c.is_control() && c != '\t') {
        return Err(
            "PyMySQL takes no control characters from a file: `--set client=mysql` or `mariadb` leaves it out",
        );
    }
    let quote = match (text.contains('"'), text.contains('\'')) {
        (false, _) => '"',
        (true, false) => '\'',
        (true, true) => {
            return Err(
                "without escapes a value cannot have both kinds of quotes: `--set client=mysql` or `mariadb` leaves PyMySQL out",
            );
        }
    };
    let mut out = Buffer::new();
    out.push(quote);
    out.push_str(text);
    out.push(quote);
    Ok(out.into_text())
}
