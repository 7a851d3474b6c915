//! A live database: its driver reads the password or the token from a file each time it connects, so that a new one needs
//! no restart. What goes into `DATABASES` then, and what into the files beside it; nothing is read or written here.

mod mssql;
mod mysql;
mod postgresql;
mod python;

use std::{fmt, path::Path};

use zeroize::Zeroizing;

use super::{
    engine::{self, Family},
    seen::{Fault, Seen},
};
use crate::value::{Table, Value};

pub(crate) use python::files as python_files;

/// Which client library of MySQL reads the file: they read it differently.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Client {
    /// mysqlclient, on libmysqlclient or `MariaDB` Connector/C.
    #[default]
    MysqlClient,
    /// `PyMySQL` in its place.
    PyMysql,
}

/// A file that is written before the command starts, and again for each new password.
pub(crate) struct LiveFile {
    /// Its name in the private directory.
    pub(crate) name: String,
    /// All of it, for mode 0600.
    pub(crate) content: Zeroizing<Vec<u8>>,
}

/// The content is a secret.
impl fmt::Debug for LiveFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LiveFile")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

/// A live database: what goes into `DATABASES`, the files beside it, and what the environment must not have.
#[derive(Debug)]
pub(crate) struct Delivery {
    /// The database, with the path of a file where the password or the token was, or with neither.
    pub(crate) table: Table,
    /// The files that hold it.
    pub(crate) files: Vec<LiveFile>,
    /// Whether Python must find [`python_files`].
    pub(crate) needs_python: bool,
    /// Variables that a driver would take the password from before it looks into the file.
    pub(crate) hides: &'static [&'static str],
}

/// What becomes of a database that is resolved and finished. `family` is `None` for an engine that nobody knows; the
/// files are to be in `directory`, whose path is absolute. Two aliases never share a file.
///
/// # Errors
/// Everything that keeps the driver from reading its password afresh.
pub(crate) fn deliver(
    alias: &str,
    database: &Table,
    family: Option<Family>,
    client: Client,
    directory: &Path,
) -> Result<Delivery, Vec<Fault>> {
    let family = match family {
        Some(family @ (Family::Postgresql | Family::Mysql | Family::Mssql)) => family,
        Some(Family::Sqlite) => return Err(vec![no_password()]),
        Some(Family::Oracle) | None => return Err(vec![unsuited()]),
    };
    let place = match Place::new(alias, directory) {
        Ok(place) => place,
        Err(fault) => return Err(vec![fault]),
    };
    match family {
        Family::Mysql => mysql::deliver(database, client, &place),
        Family::Mssql => mssql::deliver(database, &place),
        _ => postgresql::deliver(alias, database, &place),
    }
}

/// A delivery as tests hand it to real drivers.
#[derive(Debug)]
pub struct Sample {
    /// The database for Django.
    pub table: Table,
    /// Names and contents of the files, those of the Python package among them.
    pub files: Vec<(String, Zeroizing<Vec<u8>>)>,
    /// Variables that must not be there.
    pub hides: &'static [&'static str],
}

/// Delivers a database of one of our own engines. With `is_pymysql`, for that client.
///
/// # Errors
/// Everything that is wrong, as fragments.
pub fn sample(
    alias: &str,
    database: &Table,
    is_pymysql: bool,
    directory: &Path,
) -> Result<Sample, Vec<String>> {
    let engine = match database.get("ENGINE") {
        Some(Value::Text(engine)) => engine::find(engine.expose()),
        _ => None,
    };
    let client = if is_pymysql {
        Client::PyMysql
    } else {
        Client::MysqlClient
    };
    let family = engine.map(|engine| engine.family);
    let delivery = deliver(alias, database, family, client, directory).map_err(|faults| {
        faults
            .into_iter()
            .map(|fault| fault.what)
            .collect::<Vec<_>>()
    })?;
    let secrets = delivery.files.into_iter();
    let mut files: Vec<_> = secrets.map(|file| (file.name, file.content)).collect();
    if delivery.needs_python {
        let package = python_files().iter();
        files.extend(package.map(|(path, text)| {
            let content = Zeroizing::new(text.as_bytes().to_vec());
            ((*path).to_owned(), content)
        }));
    }
    Ok(Sample {
        table: delivery.table,
        files,
        hides: delivery.hides,
    })
}

fn unsuited() -> Fault {
    Fault::value(
        &["ENGINE"],
        "this engine's driver reads no password afresh, so its database cannot be `live`",
    )
    .hint("`postgresql`, `mysql` and `mssql` can; for any other, a file of `[files]` with `render` and `on_change`")
}

fn no_password() -> Fault {
    Fault::value(
        &["ENGINE"],
        "this engine logs in nowhere, so there is nothing to keep `live`",
    )
    .hint("leave `live` out")
}

/// Where the files of one database are.
struct Place<'a> {
    directory: &'a str,
    stem: String,
}

/// Files have names of at most 255 bytes, and what is written beside them first has a longer one.
const LONGEST_STEM: usize = 200;

impl<'a> Place<'a> {
    fn new(alias: &str, directory: &'a Path) -> Result<Self, Fault> {
        let directory = directory
            .to_str()
            .filter(|directory| !directory.contains(char::is_control))
            .ok_or_else(|| {
                Fault::missing("the path of the directory for live databases is not plain UTF-8")
            })?;
        let stem = stem(alias);
        if stem.len() > LONGEST_STEM {
            return Err(Fault::missing(
                "the alias is too long for the name of a file",
            ));
        }
        Ok(Self { directory, stem })
    }

    /// The name of a file and its path.
    fn file(&self, extension: &str) -> (String, String) {
        let name = format!("{}.{extension}", self.stem);
        let path = format!("{}/{name}", self.directory.trim_end_matches('/'));
        (name, path)
    }
}

/// An alias as a part of a file's name: another for every alias.
fn stem(alias: &str) -> String {
    let mut stem = String::with_capacity(alias.len());
    for byte in alias.bytes() {
        if byte.is_ascii_alphanumeric() || b"_-".contains(&byte) {
            stem.push(char::from(byte));
        } else {
            // `.` itself is written so too, which keeps two aliases apart.
            let digit = |number: u8| char::from(b"0123456789abcdef"[usize::from(number)]);
            stem.extend(['.', digit(byte >> 4), digit(byte & 0xf)]);
        }
    }
    stem
}

/// A key of `OPTIONS` that cannot stand beside `live`, and what to do.
type Elsewhere = (&'static str, &'static str);

fn elsewhere(database: &Seen<'_>, keys: &[Elsewhere]) -> Vec<Fault> {
    let fault = |(key, hint): &Elsewhere| {
        database.option(key)?;
        let what = format!("`{key}` cannot stand beside `live`");
        Some(Fault::key(&["OPTIONS", key], what).hint(*hint))
    };
    keys.iter().filter_map(fault).collect()
}

/// The database with another value in `OPTIONS`.
fn with_option(database: &Table, key: &str, value: String) -> Result<Table, Fault> {
    let mut table = database.clone();
    let mut options = match table.get("OPTIONS") {
        None | Some(Value::Null) => Table::new(),
        Some(Value::Table(options)) => options.clone(),
        Some(_) => return Err(Fault::value(&["OPTIONS"], "`OPTIONS` is no table")),
    };
    options.insert(key, Value::plain(value));
    table.insert("OPTIONS", Value::Table(options));
    Ok(table)
}

/// The password, as Django would hand it on: `None` where it is empty.
fn secret<'a>(database: &'a Table, key: &str) -> Option<&'a str> {
    match database.get(key)? {
        Value::Text(text) | Value::Scalar(text) => {
            Some(text.expose()).filter(|text| !text.is_empty())
        }
        _ => None,
    }
}

fn no_secret(key: &str) -> Fault {
    Fault::missing(format!(
        "a `live` database needs a `{key}`: there is nothing to keep fresh"
    ))
    .hint("write it as a reference, or leave `live` out")
}

#[cfg(test)]
mod tests;
