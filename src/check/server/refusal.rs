//! Why a database could not be opened, in words of ours: what a server or a driver says may hold what it was given.

use std::time::Duration;

use super::text::Cleaner;

/// What kind of thing was in the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Class {
    /// The server does not take this login.
    Login,
    /// There is no such database, or not for this login.
    Database,
    /// Nobody knows the host's name.
    Host,
    /// Nobody listens, or there is no way there.
    Connection,
    /// No answer in time.
    Time,
    /// There is no TLS, and it was asked for.
    Tls,
    /// The certificate was not accepted.
    Certificate,
    /// The server wants the password in clear text, or in a way that the settings forbid.
    Cleartext,
    /// What the settings say cannot be done: a file is missing.
    Settings,
    /// The server has no room, or is starting.
    Busy,
    /// What answers does not speak as it should.
    Protocol,
}

/// A database that could not be opened.
#[derive(Clone, Debug)]
pub(crate) struct Refusal {
    pub(crate) class: Class,
    /// A lower-case fragment.
    pub(crate) what: String,
    pub(crate) hint: Option<&'static str>,
    /// An error code of the server: letters and digits.
    pub(crate) code: Option<String>,
    /// What the server showed, as far as it belongs to the matter.
    pub(crate) said: Option<String>,
    /// The keys it is about, where the class does not tell.
    pub(crate) keys: Option<&'static [&'static str]>,
}

impl Class {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Login => "login",
            Self::Database => "database",
            Self::Host => "host",
            Self::Connection => "connection",
            Self::Time => "time",
            Self::Tls => "tls",
            Self::Certificate => "certificate",
            Self::Cleartext => "cleartext",
            Self::Settings => "settings",
            Self::Busy => "busy",
            Self::Protocol => "protocol",
        }
    }

    const fn hint(self) -> Option<&'static str> {
        Some(match self {
            Self::Login => {
                "`nuages get` shows whether the password is the one you expect; the server's log says why it refuses"
            }
            Self::Database => "`NAME` must exist and the login must have CONNECT on it",
            Self::Host => "`HOST` must be resolvable from where the check runs",
            Self::Connection => "is the server up, and reachable from where the check runs?",
            Self::Time => {
                "a firewall that drops packets looks like this; `--deadline` gives it more time"
            }
            Self::Tls => "the server's configuration must offer TLS 1.2 or 1.3",
            Self::Certificate => {
                "`HOST` must be a name in the certificate, and the authority that signed it must be trusted"
            }
            Self::Cleartext => {
                "let the server ask for SCRAM (PostgreSQL) or caching_sha2_password (MySQL), or verify its certificate"
            }
            Self::Settings | Self::Busy | Self::Protocol => return None,
        })
    }
}

impl Refusal {
    pub(crate) fn new(class: Class, what: impl Into<String>) -> Self {
        Self {
            class,
            what: what.into(),
            hint: class.hint(),
            code: None,
            said: None,
            keys: None,
        }
    }

    /// With what the server calls it.
    pub(crate) fn code(mut self, code: &str) -> Self {
        let is_sound = !code.is_empty()
            && code.len() <= 8
            && code.bytes().all(|byte| byte.is_ascii_alphanumeric());
        self.code = is_sound.then(|| code.to_owned());
        self
    }

    /// With what the server showed.
    pub(crate) fn said(mut self, said: impl Into<String>) -> Self {
        self.said = Some(said.into());
        self
    }

    /// Fit to be shown.
    pub(super) fn cleaned(mut self, cleaner: &Cleaner) -> Self {
        self.said = self.said.map(|said| cleaner.clean(&said));
        self
    }

    /// All of it in one fragment.
    pub(crate) fn sentence(&self) -> String {
        let mut text = self.what.clone();
        if let Some(said) = &self.said {
            text.push_str(": ");
            text.push_str(said);
        }
        if let Some(code) = &self.code {
            text.push_str(" (");
            text.push_str(code);
            text.push(')');
        }
        text
    }
}

/// Why there are no facts.
#[derive(Clone, Debug)]
pub(super) enum Stop {
    Refused(Refusal),
    NotLookedAt(String),
}

impl Stop {
    pub(super) fn not_looked_at(why: impl Into<String>) -> Self {
        Self::NotLookedAt(why.into())
    }

    /// What the settings say cannot be done.
    pub(super) fn settings(what: impl Into<String>, keys: &'static [&'static str]) -> Self {
        let mut refusal = Refusal::new(Class::Settings, what);
        refusal.keys = Some(keys);
        Self::Refused(refusal)
    }

    /// The client of this server is not in this build.
    #[cfg(not(all(feature = "connect-postgresql", feature = "connect-mysql")))]
    pub(super) fn not_built(server: &str, feature: &str) -> Self {
        Self::NotLookedAt(format!(
            "this build has no client for {server}: the feature `{feature}` is off"
        ))
    }

    pub(super) fn protocol(what: impl Into<String>) -> Self {
        Refusal::new(Class::Protocol, what).into()
    }
}

impl From<Refusal> for Stop {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

pub(super) fn too_late(within: Duration) -> Refusal {
    let seconds = within.as_secs();
    let what = if seconds == 0 {
        format!(
            "the server has not answered within {} ms",
            within.as_millis()
        )
    } else {
        format!("the server has not answered within {seconds} s")
    };
    Refusal::new(Class::Time, what)
}
