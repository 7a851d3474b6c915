//! What libpq is given: `OPTIONS`, and where an option is absent, the variable of `[env]` that it reads instead.

use super::shared::{
    Authority, Look, authority, default_of, may_be_certified, may_be_named, missing, transport,
};
use crate::{
    check::{
        Surroundings,
        fix::Fix,
        found::{Found, Out},
        subject::{Database, Field, Host, Known, Subject},
    },
    django::engine::{Family, is_relative},
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

/// Where libpq looks for authorities when nothing names them.
const ROOT: &str = ".postgresql/root.crt";

/// Whether the authorities of the home directory are there.
pub(super) fn has_root(surroundings: Option<&Surroundings<'_>>) -> bool {
    let root = surroundings
        .and_then(|around| around.home)
        .map(|home| home.join(ROOT));
    root.is_some_and(|root| matches!(Look::at(&root), Look::File(_)))
}

/// One database, as libpq connects to it.
pub(super) struct Link<'a> {
    pub(super) database: &'a Database<'a>,
    pub(super) subject: &'a Subject<'a>,
}

impl<'a> Link<'a> {
    pub(super) fn new(database: &'a Database<'a>, subject: &'a Subject<'a>) -> Self {
        Self { database, subject }
    }

    /// The databases that libpq connects to.
    pub(super) fn all(subject: &'a Subject<'a>) -> impl Iterator<Item = Self> {
        subject
            .databases
            .iter()
            .filter(|database| database.family == Some(Family::Postgresql))
            .map(|database| Self::new(database, subject))
    }

    /// Those, and the databases whose addresses stand in variables.
    pub(super) fn every(subject: &'a Subject<'a>) -> impl Iterator<Item = Self> {
        let addressed = subject.addressed.iter();
        let addressed = addressed
            .filter(|database| database.family == Some(Family::Postgresql))
            .map(|database| Self::new(database, subject));
        Self::all(subject).chain(addressed)
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

    /// The word of `sslmode`, and whether it is a reference's default.
    pub(super) fn mode(&self) -> Option<(&'a str, bool)> {
        let field = self.option("sslmode")?;
        match field.text() {
            Some(text) => Some((text, false)),
            None => default_of(field).map(|text| (text, true)),
        }
    }

    /// Whether the server is PostgreSQL itself, as far as the engine tells, and not one that speaks its protocol alone.
    pub(super) fn is_postgresql(&self) -> bool {
        let engine = self.database.text("ENGINE").unwrap_or_default();
        !is_relative(engine)
    }

    /// Whether another rule tells that the connection may be read on its way.
    pub(super) fn is_plain(&self) -> bool {
        let is_known = match self.option("sslmode") {
            Some(field) => !field.is_unknown(),
            None => !self.is_open(),
        };
        self.needs_tls() && is_known && !self.is_encrypted()
    }

    /// Whether an option is given and not empty, or may be.
    pub(super) fn has(&self, name: &str) -> bool {
        self.option(name).is_some_and(|field| !field.is_empty()) || self.is_file(name)
    }

    /// Whether the variable in the place of an option names one of `[files]`.
    fn is_file(&self, name: &str) -> bool {
        let variable = VARIABLES.iter().find(|(have, _)| *have == name);
        let has_option = self.database.option(name).is_some();
        let mut names = self
            .subject
            .layer
            .files
            .iter()
            .filter_map(|(_, file)| file.env.as_ref());
        !has_option
            && variable.is_some_and(|(_, variable)| names.any(|name| name.text == *variable))
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
        // The variable too takes the place of what `HOST` says, where no option is there.
        if let Some(address) = self.option("hostaddr").filter(|field| !field.is_empty()) {
            return address
                .text()
                .map_or(Host::Unknown, |text| database.host_of(text));
        }
        let is_said = database.is_opaque
            || database.has("HOST")
            || ["host", "service"]
                .iter()
                .any(|name| database.has_option(name));
        if is_said {
            return database.host();
        }
        if self.has("service") {
            return Host::Unknown;
        }
        match self.option("host").filter(|field| !field.is_empty()) {
            None => database.host(),
            Some(field) => field
                .text()
                .map_or(Host::Unknown, |text| database.host_of(text)),
        }
    }

    /// The servers by the names that their certificates are held against.
    fn hosts(&self) -> Vec<Host> {
        let database = self.database;
        let is_named = database.has("HOST") || database.has_option("host");
        let variable = self.option("host").filter(|field| !field.is_empty());
        match variable.filter(|_| !is_named) {
            Some(field) => field
                .text()
                .map_or(vec![Host::Unknown], |text| database.hosts_of(text)),
            None if is_named => database.hosts(),
            None => vec![self.host()],
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
        self.fault_with(out, name, false)
    }

    /// The same where the authorities of the home directory may be there, which libpq reads where it is told of no other.
    pub(super) fn fault_with<'o>(
        &self,
        out: &'o mut Out<'_>,
        name: &str,
        has_root: bool,
    ) -> &'o mut Found {
        let (fix, authority) = self.verify_full(has_root);
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
    fn verify_full(&self, has_root: bool) -> (Fix, Option<&'static Authority>) {
        let mode = || {
            let path = ["OPTIONS", "sslmode"];
            Fix::set(self.database, &path, "\"verify-full\"")
        };
        let is_system = self.text("sslrootcert") == Some("system");
        let hosts = self.hosts();
        if !is_system && (self.has("sslrootcert") || has_root) {
            let is_sure = may_be_named(&hosts);
            return (if is_sure { mode() } else { mode().shown() }, None);
        }
        // What brings the other options may name no authority: then no connection is made any more.
        if !is_system && self.is_open() {
            return (mode().shown(), None);
        }
        let authority = authority(&hosts);
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
        // Who checks a certificate today has an authority for it, which need not be one that systems know.
        let has_own = self.text("sslmode") == Some("verify-ca");
        let is_sure = authority.is_none() && may_be_certified(&hosts) && !has_own;
        (if is_sure { fix } else { fix.shown() }, authority)
    }
}
