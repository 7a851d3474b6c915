//! One database: Django's keys, whether they are written, stand in a URL, or come from elsewhere.

use super::{
    defaults::settle,
    field::{Field, From, Known, fill},
    guess,
    host::{Host, host},
    url::from_template,
};
use crate::{
    django::{
        database::{coerce, kind},
        engine::{self, Family},
        entra::{self, Login, Method},
        keys::Kind,
    },
    manifest::{DatabaseEntry, Name, Node, Span},
    value::{Table, Value},
};

/// A database.
pub(crate) struct Database<'a> {
    /// Its alias, and where that stands.
    pub(crate) alias: &'a Name,
    /// As the manifest has it.
    pub(crate) entry: &'a DatabaseEntry,
    /// Django's keys.
    pub(crate) fields: Vec<Field>,
    /// The engine's family, where the engine is known and one of ours.
    pub(crate) family: Option<Family>,
    /// The login that `auth` brings.
    pub(crate) method: Option<Method>,
    /// Whether a reference brings keys that nobody can name yet: its `url`, or its `from`.
    pub(crate) is_opaque: bool,
    /// Whether it is the address of a database that a variable of `[env]` holds: its alias is the variable's name.
    pub(crate) is_variable: bool,
}

/// How long a connection is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Age {
    /// Seconds.
    Seconds(u64),
    /// For ever.
    Unlimited,
    /// A reference brings it.
    Unknown,
}

impl<'a> Database<'a> {
    /// A database of the manifest; `resolved` is what Django would get.
    pub(super) fn new(alias: &'a Name, entry: &'a DatabaseEntry, resolved: Option<&Value>) -> Self {
        let mut fields = Vec::new();
        let mut is_opaque = false;
        if let Some(url) = &entry.url {
            match &url.node {
                Node::Text(template) => {
                    let found = from_template(template, entry, &url.span);
                    is_opaque = found.is_none();
                    let guessed = || guess::options(template, entry, &url.span);
                    fields = found.unwrap_or_else(|| guessed().into_iter().collect());
                }
                _ => is_opaque = true,
            }
        }
        if let Some(from) = &entry.from {
            is_opaque = true;
            for key in ["ENGINE", "NAME", "USER", "PASSWORD", "HOST", "PORT"] {
                fields.push(Field::brought(
                    key,
                    Known::Unknown,
                    From::Secret,
                    &from.span,
                ));
            }
        }
        for (name, slot) in &entry.keys {
            let mut field = Field::of(name, &slot.item);
            typed(&mut field);
            match fields.iter_mut().find(|have| have.name == name.text) {
                Some(have) => put_on(have, field),
                None => fields.push(field),
            }
        }
        let method = entry.auth.as_ref().and_then(|auth| auth.method);
        let mut database = Self {
            alias,
            entry,
            fields,
            family: None,
            method,
            is_opaque,
            is_variable: false,
        };
        if let Some(Value::Table(table)) = resolved {
            let (from, span) = database.brings();
            fill(&mut database.fields, table, from, &span);
            database.is_opaque = false;
        }
        database.family = database
            .text("ENGINE")
            .and_then(engine::find)
            .map(|engine| engine.family);
        if resolved.is_none() {
            database.complete();
        }
        if database.family.is_none() {
            database.family = guess::family(&database);
        }
        database
    }

    /// A database of evaluated settings.
    pub(super) fn of_settings(
        alias: &'a Name,
        entry: &'a DatabaseEntry,
        fields: Vec<Field>,
    ) -> Self {
        let mut database = Self {
            alias,
            entry,
            fields,
            family: None,
            method: None,
            is_opaque: false,
            is_variable: false,
        };
        let engine = database.text("ENGINE").and_then(engine::find);
        database.family = engine.map(|engine| engine.family);
        database
    }

    /// The database as it is where references bring nothing and their defaults stand in, where any has one.
    pub(crate) fn by_default(&self) -> Option<Self> {
        let mut fields = self.fields.clone();
        // Of several changes none is left out.
        let changed = fields.iter_mut().filter_map(settle).count();
        fields.iter_mut().for_each(typed);
        (changed > 0).then(|| Self {
            fields,
            alias: self.alias,
            entry: self.entry,
            family: self.family,
            method: self.method,
            is_opaque: self.is_opaque,
            is_variable: self.is_variable,
        })
    }

    /// What brings keys that have no place of their own.
    fn brings(&self) -> (From, Span) {
        let url = self
            .entry
            .url
            .as_ref()
            .map(|url| (From::Url, url.span.clone()));
        let from = self.entry.from.as_ref();
        let auth = self.entry.auth.as_ref();
        url.or_else(|| from.map(|from| (From::Secret, from.span.clone())))
            .or_else(|| auth.map(|auth| (From::Auth, auth.span.clone())))
            .unwrap_or((From::Reference, self.alias.span.clone()))
    }

    /// Adds what `auth` adds.
    fn complete(&mut self) {
        let (Some(method), Some(family), Some(auth)) = (self.method, self.family, &self.entry.auth)
        else {
            return;
        };
        let span = auth.span.clone();
        for brought in method.brings(family) {
            if self.field(brought.key).is_none() {
                let field = Field::brought(brought.key, Known::Unknown, From::Auth, &span);
                self.fields.push(field);
            }
        }
        let mut options: Table = self
            .options()
            .iter()
            .map(|field| {
                let value = field.text().map_or(Value::Null, Value::plain);
                (field.name.clone(), value)
            })
            .collect();
        let login = Login {
            method,
            client_id: None,
        };
        entra::complete(family, &mut options, &login);
        let added = options
            .iter()
            .filter(|(name, _)| self.option(name).is_none());
        let added: Vec<Field> = added
            .map(|(name, value)| {
                Field::brought(name, Known::of(value, From::Auth, &span), From::Auth, &span)
            })
            .collect();
        match self.fields.iter_mut().find(|field| field.name == "OPTIONS") {
            Some(Field {
                value: Known::Table(fields),
                ..
            }) => fields.extend(added),
            Some(_) => {}
            None => {
                let value = Known::Table(added);
                self.fields
                    .push(Field::brought("OPTIONS", value, From::Auth, &span));
            }
        }
    }

    /// A key of Django's.
    pub(crate) fn field(&self, key: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.name == key)
    }

    /// The text of a key, where it is known.
    pub(crate) fn text(&self, key: &str) -> Option<&str> {
        self.field(key)?.text()
    }

    /// A key of `OPTIONS`.
    pub(crate) fn option(&self, key: &str) -> Option<&Field> {
        self.field("OPTIONS")?.get(key)
    }

    /// The keys of `OPTIONS`.
    pub(crate) fn options(&self) -> &[Field] {
        self.field("OPTIONS").map_or(&[], Field::fields)
    }

    /// The text of a key of `OPTIONS`, where it is known.
    pub(crate) fn option_text(&self, key: &str) -> Option<&str> {
        self.option(key)?.text()
    }

    /// Whether a key has a value, or may have one.
    pub(crate) fn has(&self, key: &str) -> bool {
        self.field(key).is_some_and(|field| !field.is_empty())
    }

    /// Whether a key of `OPTIONS` has a value, or may have one.
    pub(crate) fn has_option(&self, key: &str) -> bool {
        self.option(key).is_some_and(|field| !field.is_empty())
    }

    /// The field at the end of a path.
    pub(crate) fn at(&self, path: &[&str]) -> Option<&Field> {
        let (first, rest) = path.split_first()?;
        rest.iter()
            .try_fold(self.field(first)?, |field, key| field.get(key))
    }

    /// The deepest field on a path.
    pub(crate) fn deepest(&self, path: &[&str]) -> Option<&Field> {
        let (first, rest) = path.split_first()?;
        let mut field = self.field(first)?;
        for key in rest {
            match field.get(key) {
                Some(below) => field = below,
                None => break,
            }
        }
        Some(field)
    }

    /// The key as messages name it: `databases.default.OPTIONS.sslmode`.
    pub(crate) fn key(&self, path: &[&str]) -> String {
        if self.is_variable {
            return format!("env.{}", self.alias.text);
        }
        let mut key = format!("databases.{}", self.alias.text);
        for part in path {
            key.push('.');
            key.push_str(part);
        }
        key
    }

    /// The place of a path, or of the nearest thing above it.
    pub(crate) fn span(&self, path: &[&str]) -> Span {
        let own = match path {
            ["auth"] => self.entry.auth.as_ref().map(|auth| &auth.span),
            ["url"] => self.entry.url.as_ref().map(|url| &url.span),
            ["from"] => self.entry.from.as_ref().map(|from| &from.span),
            _ => None,
        };
        if let Some(own) = own {
            return own.clone();
        }
        if let Some(address) = self.fields.first().filter(|_| self.is_variable) {
            return address.span.clone();
        }
        self.deepest(path)
            .map_or_else(|| self.alias.span.clone(), |field| field.span.clone())
    }

    /// How long a connection is kept.
    pub(crate) fn max_age(&self) -> Age {
        match self.field("CONN_MAX_AGE").map(|field| &field.value) {
            None => Age::Seconds(0),
            Some(Known::Null) => Age::Unlimited,
            Some(Known::Number(number)) => number.parse().map_or(Age::Unknown, Age::Seconds),
            Some(_) => Age::Unknown,
        }
    }

    /// Whether connections are kept, or may be.
    pub(crate) fn keeps_connections(&self) -> bool {
        !matches!(self.max_age(), Age::Seconds(0) | Age::Unknown)
    }

    /// The servers by the names that their certificates are held against: each of libpq's list.
    pub(crate) fn hosts(&self) -> Vec<Host> {
        match self.name_field().and_then(Field::text) {
            Some(text) => self.hosts_of(text),
            None => vec![self.host()],
        }
    }

    /// Where the connection goes. Of libpq's list of hosts, the one that is farthest.
    pub(crate) fn host(&self) -> Host {
        if self.family == Some(Family::Sqlite) {
            return Host::Local;
        }
        let elsewhere = match self.family {
            Some(Family::Mysql) if self.has_option("unix_socket") => return Host::Local,
            Some(Family::Postgresql) => self.option("service"),
            Some(Family::Mssql) => self.option("dsn"),
            _ => None,
        };
        let host = self.place_field();
        if elsewhere.is_some_and(|field| !field.is_empty()) && host.is_none_or(Field::is_empty) {
            return Host::Unknown;
        }
        match host.map(|field| &field.value) {
            None if self.is_opaque && self.field("HOST").is_none() => Host::Unknown,
            None | Some(Known::Null) => self.nowhere(),
            Some(Known::Text(text)) if text.expose().trim().is_empty() => self.nowhere(),
            Some(Known::Text(text)) => self.host_of(text.expose()),
            Some(_) => Host::Unknown,
        }
    }

    /// What says where the connection goes: libpq takes the name for its check alone where an address is beside it.
    fn place_field(&self) -> Option<&Field> {
        let address = self
            .option("hostaddr")
            .filter(|field| self.family == Some(Family::Postgresql) && !field.is_empty());
        address.or_else(|| self.name_field())
    }

    /// What names the host: Django hands `OPTIONS` on beneath its own keys for PostgreSQL, and over them for MySQL.
    fn name_field(&self) -> Option<&Field> {
        let key = || self.field("HOST").filter(|field| !field.is_empty());
        let option = |name| self.option(name).filter(|field| !field.is_empty());
        match self.family {
            Some(Family::Postgresql) => key()
                .or_else(|| option("host"))
                .or_else(|| option("hostaddr")),
            Some(Family::Mysql) => option("host").or_else(key),
            _ => key(),
        }
    }

    /// What a driver takes where there is no host.
    fn nowhere(&self) -> Host {
        match self.family {
            // A name from a file of the client's own, or a full connect descriptor.
            Some(Family::Oracle) => Host::Unknown,
            _ => Host::Local,
        }
    }

    /// What text in the place of `HOST` is.
    pub(crate) fn host_of(&self, text: &str) -> Host {
        if self.family == Some(Family::Mssql)
            && let Some(host) = pipe(text)
        {
            return host;
        }
        let mut farthest = Host::Local;
        for host in self.hosts_of(text) {
            let rank = |host: &Host| match host {
                Host::Local => 0,
                Host::Loopback => 1,
                Host::Unknown => 2,
                Host::Name(_) => 3,
                Host::Address(_) => 4,
            };
            if rank(&host) >= rank(&farthest) {
                farthest = host;
            }
        }
        farthest
    }

    /// What each host of a text in the place of `HOST` is.
    pub(crate) fn hosts_of(&self, text: &str) -> Vec<Host> {
        let parts: Vec<&str> = match self.family {
            Some(Family::Mssql) => entra::host(Family::Mssql, text).into_iter().collect(),
            Some(Family::Postgresql) => text.split(',').collect(),
            _ => vec![text],
        };
        parts.into_iter().map(|part| host(part.trim())).collect()
    }

    /// Whether the connection leaves the machine, or may.
    pub(crate) fn is_remote(&self) -> bool {
        !matches!(self.host(), Host::Local | Host::Loopback)
    }

    /// The host's name in lower case, where there is one.
    pub(crate) fn host_name(&self) -> Option<String> {
        let name = |host: &Host| match host {
            Host::Name(name) => Some(name.to_ascii_lowercase()),
            _ => None,
        };
        self.hosts().iter().rev().find_map(name)
    }

    /// Whether the server is of this domain: `.postgres.database.azure.com`.
    pub(crate) fn is_at(&self, suffixes: &[&str]) -> bool {
        self.host_name().is_some_and(|host| {
            let host = host.trim_end_matches('.');
            suffixes.iter().any(|suffix| host.ends_with(suffix))
        })
    }
}

/// Where SQL Server's shared memory and its named pipes lead; `None` where the text names neither.
fn pipe(text: &str) -> Option<Host> {
    let lower = text.trim().to_ascii_lowercase();
    // Shared memory is the machine's own, whatever name stands behind it.
    if lower.starts_with("lpc:") {
        return Some(Host::Local);
    }
    let path = lower
        .strip_prefix("np:")
        .unwrap_or(&lower)
        .strip_prefix(r"\\")?;
    Some(host(path.split('\\').next().unwrap_or_default()))
}

/// Literal text as the type its key takes, as Django gets it.
fn typed(field: &mut Field) {
    let wanted = kind(&field.name);
    if matches!(wanted, Kind::Options | Kind::Test) {
        return;
    }
    let Known::Text(text) = &field.value else {
        return;
    };
    if let Some(value) = coerce(wanted, text) {
        field.value = Known::of(&value, field.from, &field.span);
    }
}

/// What is written beside a URL adds to its `OPTIONS` and takes the place of all else.
fn put_on(mine: &mut Field, theirs: Field) {
    match (&mut mine.value, theirs.value) {
        (Known::Table(mine), Known::Table(theirs)) => {
            for field in theirs {
                match mine.iter_mut().find(|have| have.name == field.name) {
                    Some(have) => *have = field,
                    None => mine.push(field),
                }
            }
        }
        (_, value) => *mine = Field { value, ..theirs },
    }
}
