//! What mssql-django makes of a database, and what of it can never work, with `auth` or without.
//!
//! Source: mssql-django 2.0, `mssql/base.py`; the answers are those of ODBC Driver 18.6 and mssql-python 1.16.

mod encrypted;
pub(crate) mod extra_params;
pub(crate) mod keywords;

use super::seen::{Fault, Seen};
use crate::{
    suggest,
    value::{Table, Value},
};
use extra_params::{Attribute, PATH};

/// A database as the rules for SQL Server see it.
pub(crate) struct Mssql<'a> {
    /// The whole of it.
    pub(crate) database: &'a Seen<'a>,
    /// Whether mssql-python connects rather than pyodbc; `None` where that is not known yet.
    pub(crate) is_python: Option<bool>,
    /// `extra_params`, where it is known and can be read.
    pub(crate) attributes: Option<Vec<Attribute<'a>>>,
    /// Whether `extra_params` was written as a table.
    is_table: bool,
    /// What cannot be read of it.
    unreadable: Vec<Fault>,
}

impl<'a> Mssql<'a> {
    pub(crate) fn new(database: &'a Seen<'a>) -> Self {
        let extra_params = database.option(PATH[1]);
        let (attributes, unreadable) = match extra_params {
            Some(seen) => extra_params::attributes(seen),
            None => (Some(Vec::new()), Vec::new()),
        };
        Self {
            database,
            is_python: is_python(database),
            attributes,
            is_table: matches!(extra_params, Some(Seen::Table(_))),
            unreadable,
        }
    }

    /// The attributes that are known.
    pub(crate) fn known(&self) -> impl Iterator<Item = &Attribute<'a>> {
        self.attributes.iter().flatten()
    }

    /// What can never work. `extra_params` as text is handed on as it is where `auth` has nothing to do with it; where it
    /// has, stricter rules stand in for those of values, driver and token.
    pub(crate) fn check(&self, has_auth: bool) -> Vec<Fault> {
        let is_ours = self.is_table || has_auth;
        let mut faults = Vec::new();
        if is_ours {
            let unreadable = self.unreadable.iter().cloned();
            faults.extend(unreadable.map(|fault| fault.rule("MS018")));
            if self.is_microsoft() {
                faults.extend(self.known().filter_map(slip));
            }
            faults.extend(encrypted::check(self));
        }
        if self.is_python == Some(true) {
            faults.extend(self.known().filter_map(python_refuses));
        }
        if !has_auth {
            let known = self.known();
            faults.extend(known.filter_map(|attribute| self.check_value(attribute)));
            faults.extend(self.check_driver());
            faults.extend(self.check_token());
        }
        faults
    }

    /// Whether the driver is Microsoft's, as far as its name is known.
    fn is_microsoft(&self) -> bool {
        match self.database.option("driver") {
            Some(Seen::Text(driver)) => names_microsoft(driver),
            _ => true,
        }
    }

    fn check_value(&self, attribute: &Attribute<'_>) -> Option<Fault> {
        use keywords::{AUTHENTICATION, AUTHENTICATION_PYTHON, ENCRYPT, TRUST};
        let value = attribute.value.as_ref()?;
        let (name, known) = match attribute.name? {
            name @ "Encrypt" => (name, ENCRYPT.to_vec()),
            name @ "TrustServerCertificate" => (name, TRUST.to_vec()),
            name @ "Authentication" => {
                let more = if self.is_python == Some(false) {
                    &[][..]
                } else {
                    &AUTHENTICATION_PYTHON
                };
                (name, [&AUTHENTICATION[..], more].concat())
            }
            _ => return None,
        };
        if keywords::is_one_of(value, &known) {
            return None;
        }
        let what = format!("`{name}` must be one of {}", suggest::list(&known));
        let fault = Fault::value(&attribute.path(), what).rule("MS018");
        let is_default = keywords::is_one_of(value, &AUTHENTICATION_PYTHON[..1]);
        if name == "Authentication" && is_default {
            return Some(fault.rule("MS009").hint(
                "`ActiveDirectoryDefault` is known to mssql-python alone: `python_driver = \"mssql_python\"`, or `auth = \"entra\"`",
            ));
        }
        Some(fault.hint("the driver knows no other value"))
    }

    /// mssql-django knows a driver of Microsoft's by its name, and names the server otherwise to any other.
    fn check_driver(&self) -> Option<Fault> {
        let names_server = self.attributes.is_none()
            || self
                .known()
                .any(|attribute| attribute.name == Some("Server"));
        let has_dsn = self.database.option("dsn").is_some();
        match self.database.option("driver")? {
            Seen::Text(driver) if is_path(driver) => {
                let is_read = self.is_python == Some(false) && !has_dsn && !names_server;
                is_read.then(|| driver_is_path().rule("MS024"))
            }
            _ => None,
        }
    }

    /// What the driver answers with `FA005`, and what no server can take for a token.
    fn check_token(&self) -> Vec<Fault> {
        if self.database.get("TOKEN").is_none() {
            return Vec::new();
        }
        let mut faults = Vec::new();
        if let Some(Seen::Text(user)) = self.database.get("USER")
            && !user.is_empty()
        {
            faults.push(Fault::key(
                &["USER"],
                "`USER` cannot stand beside `TOKEN`: the driver takes one of them",
            ));
        }
        for attribute in self.known().filter(|attribute| is_login(attribute)) {
            let what = format!(
                "`{}` in `extra_params` cannot stand beside `TOKEN`: the driver takes one of them",
                attribute.name.unwrap_or_default()
            );
            faults.push(Fault::key(&attribute.path(), what));
        }
        let mut faults: Vec<Fault> = faults
            .into_iter()
            .map(|fault| {
                fault
                    .rule("MS006")
                    .hint("leave it out: the token says who logs in")
            })
            .collect();
        let weak = |attribute: &&Attribute<'_>| {
            attribute.name == Some("Encrypt")
                && attribute
                    .value
                    .as_ref()
                    .is_some_and(|value| keywords::is_one_of(value, &["no", "optional"]))
        };
        for attribute in self.known().filter(weak) {
            let what = "`Encrypt` must be `yes`, `mandatory` or `strict` beside `TOKEN`: with less, a server that offers no TLS gets the token in the clear";
            let fault = Fault::key(&attribute.path(), what).hint("write `Encrypt=yes`");
            faults.push(fault.rule("MS003"));
        }
        faults
    }
}

/// Whether an attribute is a login of its own, or part of one.
pub(crate) fn is_login(attribute: &Attribute<'_>) -> bool {
    let names = ["UID", "PWD", "Authentication", "Trusted_Connection"];
    attribute.name.is_some_and(|name| names.contains(&name))
}

/// A driver that is given as a library's file, with its directory or by its ending: `libmsodbcsql-18.6.so.2.1`.
pub(crate) fn is_path(driver: &str) -> bool {
    let lower = driver.to_ascii_lowercase();
    let is_version = |text: &str| text.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    let is_shared = lower.rsplit_once(".so").is_some_and(|(_, version)| {
        version.is_empty() || version.starts_with('.') && is_version(version)
    });
    driver.contains(['/', '\\'])
        || is_shared
        || [".dll", ".dylib"].iter().any(|end| lower.ends_with(end))
}

/// Whether a driver of this name is Microsoft's, whose keywords these are; other drivers have their own.
pub(crate) fn names_microsoft(driver: &str) -> bool {
    let lower = driver.to_ascii_lowercase();
    ["sql server", "native client", "msodbcsql"]
        .iter()
        .any(|part| lower.contains(part))
}

pub(crate) fn driver_is_path() -> Fault {
    Fault::value(
        &["OPTIONS", "driver"],
        "`driver` must be a name, not a file: to a driver that it does not know by name, mssql-django names no server",
    )
    .hint("name the file in odbcinst.ini, and write that name: `ODBC Driver 18 for SQL Server`")
}

/// mssql-django takes three spellings, blanks and capitals aside, and anything else for pyodbc.
fn is_python(database: &Seen<'_>) -> Option<bool> {
    match database.option("python_driver") {
        Some(Seen::Text(driver)) => {
            let names = ["mssql_python", "mssql-python", "python"];
            Some(keywords::is_one_of(driver.trim(), &names))
        }
        Some(Seen::Unknown) => None,
        _ => Some(false),
    }
}

/// A keyword that the ODBC driver would ignore without a word.
fn slip(attribute: &Attribute<'_>) -> Option<Fault> {
    if attribute.name.is_some() {
        return None;
    }
    let near = suggest::nearest(attribute.keyword, keywords::KEYWORDS.iter().copied())?;
    let what = "no driver knows this keyword of `extra_params`, and the ODBC driver ignores it without a word";
    let fault = Fault::key(&attribute.path(), what).rule("MS018");
    Some(fault.hint(format!("did you mean `{near}`?")))
}

fn python_refuses(attribute: &Attribute<'_>) -> Option<Fault> {
    let is_empty = attribute
        .value
        .as_ref()
        .is_some_and(|value| value.trim().is_empty());
    if keywords::python_takes(attribute.keyword) {
        return is_empty.then(|| {
            let what = "mssql-python takes no keyword of `extra_params` without a value";
            Fault::value(&attribute.path(), what)
                .rule("MS018")
                .hint("leave it out")
        });
    }
    let (what, hint) = match attribute.name {
        Some(name) => (
            format!("mssql-python refuses `{name}` in `extra_params`"),
            "leave it out, or `python_driver`: pyodbc takes it",
        ),
        None => (
            "mssql-python refuses this keyword of `extra_params`".to_owned(),
            "leave it out",
        ),
    };
    Some(Fault::key(&attribute.path(), what).rule("MS020").hint(hint))
}

/// Makes one text of `extra_params`.
pub(crate) fn compose(database: &mut Table) {
    if let Some(Value::Table(options)) = database.get_mut("OPTIONS") {
        extra_params::compose(options);
    }
}
