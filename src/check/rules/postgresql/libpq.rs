//! What libpq is given: `OPTIONS`, and where an option is absent, the variable of `[env]` that it reads instead.

use super::shared::{Authority, authority, missing, transport};
use crate::check::{
    fix::Fix,
    found::{Found, Out},
    subject::{Database, Field, Host, Known, Subject},
};

/// What libpq reads where an option is absent.
const VARIABLES: &[(&str, &str)] = &[
    ("channel_binding", "PGCHANNELBINDING"),
    ("gssdelegation", "PGGSSDELEGATION"),
    ("gssencmode", "PGGSSENCMODE"),
    ("gsslib", "PGGSSLIB"),
    ("host", "PGHOST"),
    ("hostaddr", "PGHOSTADDR"),
    ("krbsrvname", "PGKRBSRVNAME"),
    ("passfile", "PGPASSFILE"),
    ("password", "PGPASSWORD"),
    ("port", "PGPORT"),
    ("require_auth", "PGREQUIREAUTH"),
    ("service", "PGSERVICE"),
    ("sslmode", "PGSSLMODE"),
    ("sslrootcert", "PGSSLROOTCERT"),
];

/// The words of `sslmode`.
pub(super) const MODES: &[&str] = &[
    "disable",
    "allow",
    "prefer",
    "require",
    "verify-ca",
    "verify-full",
];

/// One database, as libpq connects to it.
pub(super) struct Link<'a> {
    pub(super) database: &'a Database<'a>,
    pub(super) subject: &'a Subject<'a>,
}

impl<'a> Link<'a> {
    pub(super) fn new(database: &'a Database<'a>, subject: &'a Subject<'a>) -> Self {
        Self { database, subject }
    }

    /// An option, or the variable in its place; psycopg leaves out what is `None`.
    pub(super) fn option(&self, name: &str) -> Option<&'a Field> {
        let is_given = |field: &&Field| !matches!(field.value, Known::Null);
        let option = self.database.option(name).filter(is_given);
        option.or_else(|| {
            let (_, variable) = VARIABLES.iter().find(|(have, _)| *have == name)?;
            self.subject.variable(variable).filter(is_given)
        })
    }

    /// The text of an option, where it is known.
    pub(super) fn text(&self, name: &str) -> Option<&'a str> {
        self.option(name)?.text()
    }

    /// Whether an option is given and not empty, or may be.
    pub(super) fn has(&self, name: &str) -> bool {
        self.option(name).is_some_and(|field| !field.is_empty())
    }

    /// Whether what is not written may come from elsewhere: a URL that nobody has seen, or a service.
    pub(super) fn is_open(&self) -> bool {
        let has_hidden_url = self.database.is_opaque && self.database.entry.url.is_some();
        has_hidden_url || self.has("service")
    }

    /// Whether an option is known to be left out.
    pub(super) fn lacks(&self, name: &str) -> bool {
        !self.is_open() && !self.has(name)
    }

    /// Where it connects to.
    pub(super) fn host(&self) -> Host {
        let database = self.database;
        let is_said = database.is_opaque
            || database.has("HOST")
            || ["host", "hostaddr", "service"]
                .iter()
                .any(|name| database.has_option(name));
        if is_said {
            return database.host();
        }
        if self.has("service") {
            return Host::Unknown;
        }
        let elsewhere = ["host", "hostaddr"]
            .iter()
            .filter_map(|name| self.option(name))
            .find(|field| !field.is_empty());
        match elsewhere {
            None => database.host(),
            Some(field) => field
                .text()
                .map_or(Host::Unknown, |text| database.host_of(text)),
        }
    }

    /// Whether the connection leaves the machine, or may.
    pub(super) fn is_remote(&self) -> bool {
        !matches!(self.host(), Host::Local | Host::Loopback)
    }

    /// Whether TLS is what protects the connection: it leaves the machine, and Kerberos does not encrypt it.
    pub(super) fn needs_tls(&self) -> bool {
        self.is_remote() && self.text("gssencmode") != Some("require")
    }

    /// Whether libpq makes sure that the connection is encrypted by TLS.
    pub(super) fn is_encrypted(&self) -> bool {
        let mode = self.text("sslmode");
        mode.is_some_and(|mode| MODES[3..].contains(&mode)) || self.takes_system_mode()
    }

    /// libpq takes `verify-full` where `sslrootcert=system` stands alone.
    pub(super) fn takes_system_mode(&self) -> bool {
        self.option("sslmode").is_none() && self.text("sslrootcert") == Some("system")
    }

    /// Found at an option, or at the variable in its place, or where it is missing.
    pub(super) fn found<'o>(&self, out: &'o mut Out<'_>, name: &str) -> &'o mut Found {
        let path = ["OPTIONS", name];
        if self.database.at(&path).is_some() {
            return out.on(self.database, &path);
        }
        match self.option(name) {
            Some(variable) => out.variable(variable),
            None => missing(out, self.database, &path),
        }
    }

    /// A fault of the way, and what makes the way safe.
    pub(super) fn fault<'o>(&self, out: &'o mut Out<'_>, name: &str) -> &'o mut Found {
        let (fix, authority) = self.verify_full();
        let found = transport(self.found(out, name), self.subject).fix(fix);
        if let Some(authority) = authority {
            found.remedy(format!(
                "{}, name it as `sslrootcert`, and write `sslmode = \"verify-full\"`: no system has this authority in its store",
                authority.remedy
            ));
        }
        found
    }

    /// The options with which the server is verified, as far as they are not there; an authority that has to be
    /// fetched first is left to people.
    fn verify_full(&self) -> (Fix, Option<&'static Authority>) {
        let mode = || {
            let path = ["OPTIONS", "sslmode"];
            Fix::set(self.database, &path, "\"verify-full\"")
        };
        let is_system = self.text("sslrootcert") == Some("system");
        if !is_system && (self.has("sslrootcert") || self.is_open()) {
            return (mode(), None);
        }
        let authority = authority(self.database, &self.host());
        let path = match authority {
            Some(authority) => format!("\"{}\"", authority.path),
            None if is_system => return (mode(), None),
            None => "\"system\"".to_owned(),
        };
        let root = ["OPTIONS", "sslrootcert"];
        let fix = if self.text("sslmode") == Some("verify-full") {
            Fix::set(self.database, &root, path)
        } else {
            mode().and_set(self.database, &root, path)
        };
        (
            if authority.is_some() {
                fix.shown()
            } else {
                fix
            },
            authority,
        )
    }
}
