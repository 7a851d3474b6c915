//! A login as libpq would make it: the parameters that Django hands to psycopg, then libpq's variables, then its defaults.
//! <https://www.postgresql.org/docs/18/libpq-connect.html#LIBPQ-PARAMKEYWORDS>. What is not honoured here is named.

use std::{path::PathBuf, time::Duration};

use rustls::{
    SupportedProtocolVersion,
    version::{TLS12, TLS13},
};
use zeroize::Zeroizing;

use super::{
    hosts::{Host, hosts},
    parameters::{PARAMETERS, Use},
};

use crate::{
    check::server::{
        Job, Stop, Variables,
        facts::Asked,
        tls::{Roots, own_file},
        variable,
    },
    render::{
        libpq,
        login::{Login as Keys, Parameter},
    },
    value::Value,
};

/// `sslmode`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    Disable,
    Allow,
    Prefer,
    Require,
    VerifyCa,
    VerifyFull,
}

/// What kind of server is wanted of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Session {
    Any,
    ReadWrite,
    ReadOnly,
    Primary,
    Standby,
    PreferStandby,
}

/// A login. It holds the password, so there is no `Debug`.
pub(super) struct Login {
    pub(super) hosts: Vec<Host>,
    pub(super) user: String,
    pub(super) database: String,
    pub(super) password: Option<Zeroizing<String>>,
    pub(super) passfile: Option<PathBuf>,
    pub(super) role: Option<String>,
    pub(super) options: Option<String>,
    pub(super) application: Option<String>,
    pub(super) mode: Mode,
    pub(super) roots: Option<Roots>,
    pub(super) identity: Option<(PathBuf, PathBuf)>,
    pub(super) sends_name: bool,
    pub(super) is_direct: bool,
    pub(super) versions: Versions,
    pub(super) binding: tokio_postgres::config::ChannelBinding,
    pub(super) allowed: Allowed,
    pub(super) timeout: Option<Duration>,
    pub(super) session: Session,
}

/// `require_auth`: which requests of a server are answered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Allowed {
    methods: Vec<String>,
    is_negated: bool,
}

impl Allowed {
    /// Methods of libpq: `password`, `md5`, `scram-sha-256`, `none`.
    pub(super) fn has(&self, method: &str) -> bool {
        self.methods.is_empty()
            || self.methods.iter().any(|known| known == method) != self.is_negated
    }

    fn new(text: &str) -> Result<Self, Stop> {
        let words: Vec<&str> = text
            .split(',')
            .map(str::trim)
            .filter(|word| !word.is_empty())
            .collect();
        let negated = words.iter().filter(|word| word.starts_with('!')).count();
        if negated != 0 && negated != words.len() {
            return Err(wrong("require_auth"));
        }
        Ok(Self {
            methods: words
                .iter()
                .map(|word| word.trim_start_matches('!').to_owned())
                .collect(),
            is_negated: negated > 0,
        })
    }
}

impl Mode {
    /// Whether TLS is what is tried first.
    pub(super) const fn begins_with_tls(self) -> bool {
        !matches!(self, Self::Disable | Self::Allow)
    }

    /// What it asks of TLS, by itself.
    pub(super) const fn asked(self) -> Asked {
        match self {
            Self::Disable => Asked::Nothing,
            Self::Allow | Self::Prefer => Asked::IfOffered,
            Self::Require => Asked::Encryption,
            Self::VerifyCa => Asked::Authority,
            Self::VerifyFull => Asked::Identity,
        }
    }
}

/// Parameters with their variables. Values may be secrets.
pub(super) struct Given<'a> {
    parameters: Vec<Parameter>,
    environment: &'a Variables,
}

impl Given<'_> {
    fn get(&self, name: &str) -> Option<Zeroizing<String>> {
        if let Some(parameter) = libpq::get(&self.parameters, name) {
            return Some(parameter.text.clone()).filter(|text| !text.is_empty());
        }
        let (_, variable_name, _) = PARAMETERS.iter().find(|(known, ..)| *known == name)?;
        let text = variable(self.environment, variable_name)?.to_str()?;
        Some(Zeroizing::new(text.to_owned()))
    }

    pub(super) fn text(&self, name: &str) -> Option<String> {
        self.get(name).map(|text| text.to_string())
    }

    fn path(&self, name: &str) -> Option<PathBuf> {
        self.text(name).map(PathBuf::from)
    }

    /// The value among words.
    fn one_of<T: Copy>(&self, name: &'static str, words: &[(&str, T)]) -> Result<Option<T>, Stop> {
        let Some(text) = self.get(name) else {
            return Ok(None);
        };
        let found = words.iter().find(|(word, _)| *word == text.as_str());
        found
            .map(|(_, value)| Some(*value))
            .ok_or_else(|| wrong(name))
    }

    /// Refuses what is set and not honoured.
    fn check(&self) -> Result<(), Stop> {
        for (name, variable_name, used) in PARAMETERS {
            if let Use::Only(harmless) = used
                && let Some(text) = self.get(name)
                && !harmless.contains(&text.as_str())
            {
                let is_key = libpq::get(&self.parameters, name).is_some();
                let (what, name) = if is_key {
                    ("OPTIONS.", name)
                } else {
                    ("", variable_name)
                };
                let why = format!(
                    "`{what}{name}` is not honoured here, so this would be another connection than Django's"
                );
                return Err(Stop::not_looked_at(why));
            }
        }
        Ok(())
    }
}

pub(super) fn wrong(name: &str) -> Stop {
    Stop::not_looked_at(format!("`{name}` has a value that libpq does not take"))
}

/// The login of a database.
pub(super) fn read(job: &Job) -> Result<Login, Stop> {
    let mut faults = Vec::new();
    let keys = Keys {
        alias: &job.alias,
        keys: &job.settings,
    };
    let parameters = libpq::parameters(&keys, &mut faults);
    if let Some(fault) = faults.first() {
        return Err(Stop::not_looked_at(format!(
            "`{}`: {}",
            fault.key, fault.reason
        )));
    }
    let given = Given {
        parameters,
        environment: &job.environment,
    };
    given.check()?;
    let no_user = "there is no `USER`: libpq would take the operating system's, which is another one elsewhere";
    let user = given
        .text("user")
        .ok_or_else(|| Stop::not_looked_at(no_user))?;
    let (mode, roots) = mode(&given)?;
    let timeout = given
        .get("connect_timeout")
        .map(|text| text.trim().parse::<i64>());
    let timeout = timeout.transpose().map_err(|_| wrong("connect_timeout"))?;
    Ok(Login {
        hosts: hosts(&given)?,
        database: given.text("dbname").unwrap_or_else(|| user.clone()),
        user,
        password: given.get("password"),
        passfile: given
            .path("passfile")
            .or_else(|| own_file(&job.environment, ".pgpass")),
        role: role(job)?,
        options: given.text("options"),
        application: given.text("application_name"),
        mode,
        identity: identity(&given),
        roots,
        sends_name: given
            .one_of("sslsni", &[("0", false), ("1", true)])?
            .unwrap_or(true),
        is_direct: given
            .one_of("sslnegotiation", &[("postgres", false), ("direct", true)])?
            .unwrap_or(false),
        versions: versions(&given)?,
        binding: binding(&given)?,
        allowed: Allowed::new(&given.get("require_auth").unwrap_or_default())?,
        // libpq has no time for less than two seconds, and none at all is for ever.
        timeout: timeout
            .and_then(|seconds| u64::try_from(seconds).ok())
            .filter(|seconds| *seconds > 0)
            .map(|seconds| Duration::from_secs(seconds.max(2))),
        session: session(&given)?,
    })
}

/// `assume_role`, which Django takes for itself.
fn role(job: &Job) -> Result<Option<String>, Stop> {
    let Some(Value::Table(options)) = job.settings.get("OPTIONS") else {
        return Ok(None);
    };
    match options.get("assume_role") {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Text(role)) => {
            Ok(Some(role.expose().to_owned()).filter(|role| !role.is_empty()))
        }
        Some(_) => Err(Stop::not_looked_at("`OPTIONS.assume_role` is no text")),
    }
}

/// `sslmode`, and the file that makes it stricter where it exists.
fn mode(given: &Given<'_>) -> Result<(Mode, Option<Roots>), Stop> {
    let mode = given.one_of(
        "sslmode",
        &[
            ("disable", Mode::Disable),
            ("allow", Mode::Allow),
            ("prefer", Mode::Prefer),
            ("require", Mode::Require),
            ("verify-ca", Mode::VerifyCa),
            ("verify-full", Mode::VerifyFull),
        ],
    )?;
    let file = given.text("sslrootcert");
    if file.as_deref() == Some("system") {
        return match mode {
            None | Some(Mode::VerifyFull) => Ok((Mode::VerifyFull, Some(Roots::System))),
            Some(_) => Err(Stop::settings(
                "libpq refuses `sslrootcert = \"system\"` with a weaker `sslmode` than `verify-full`",
                &["OPTIONS", "sslmode"],
            )),
        };
    }
    let mode = mode.unwrap_or(Mode::Prefer);
    let file = match file {
        Some(file) => Some(PathBuf::from(file)),
        None => own_file(given.environment, ".postgresql/root.crt"),
    };
    let file = file.filter(|file| file.exists());
    if file.is_none() && mode.asked() >= Asked::Authority {
        return Err(Stop::settings(
            "the file of trusted certificates is missing, and libpq opens no verified connection without it",
            &["OPTIONS", "sslrootcert"],
        ));
    }
    Ok((mode, file.map(Roots::File)))
}

/// As libpq has it, a certificate that is not there is not shown.
fn identity(given: &Given<'_>) -> Option<(PathBuf, PathBuf)> {
    let certificate = given
        .path("sslcert")
        .or_else(|| own_file(given.environment, ".postgresql/postgresql.crt"))
        .filter(|path| path.exists())?;
    let key = given
        .path("sslkey")
        .or_else(|| own_file(given.environment, ".postgresql/postgresql.key"))?;
    Some((certificate, key))
}

type Versions = &'static [&'static SupportedProtocolVersion];

static BOTH: [&SupportedProtocolVersion; 2] = [&TLS13, &TLS12];
static OLD: [&SupportedProtocolVersion; 1] = [&TLS12];
static NEW: [&SupportedProtocolVersion; 1] = [&TLS13];

fn versions(given: &Given<'_>) -> Result<Versions, Stop> {
    let words = [
        ("TLSv1", 10),
        ("TLSv1.1", 11),
        ("TLSv1.2", 12),
        ("TLSv1.3", 13),
    ];
    let least = given
        .one_of("ssl_min_protocol_version", &words)?
        .unwrap_or(12);
    let most = given
        .one_of("ssl_max_protocol_version", &words)?
        .unwrap_or(13);
    match (least, most) {
        (..=12, 13) => Ok(&BOTH),
        (..=12, 12) => Ok(&OLD),
        (13, 13) => Ok(&NEW),
        _ => Err(Stop::not_looked_at(
            "`ssl_max_protocol_version` is below TLS 1.2, which is not spoken here",
        )),
    }
}

fn binding(given: &Given<'_>) -> Result<tokio_postgres::config::ChannelBinding, Stop> {
    use tokio_postgres::config::ChannelBinding;
    let words = [
        ("disable", ChannelBinding::Disable),
        ("prefer", ChannelBinding::Prefer),
        ("require", ChannelBinding::Require),
    ];
    Ok(given
        .one_of("channel_binding", &words)?
        .unwrap_or(ChannelBinding::Prefer))
}

fn session(given: &Given<'_>) -> Result<Session, Stop> {
    let words = [
        ("any", Session::Any),
        ("read-write", Session::ReadWrite),
        ("read-only", Session::ReadOnly),
        ("primary", Session::Primary),
        ("standby", Session::Standby),
        ("prefer-standby", Session::PreferStandby),
    ];
    Ok(given
        .one_of("target_session_attrs", &words)?
        .unwrap_or(Session::Any))
}

#[cfg(test)]
mod tests;
