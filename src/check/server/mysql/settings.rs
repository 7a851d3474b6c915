//! A login as mysqlclient would make it, from what Django 5.2 and 6.1 hand on (`django/db/backends/mysql/base.py`). The two
//! C libraries below it differ; where they do, it is told what was done here.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use zeroize::Zeroizing;

use crate::{
    check::server::{
        Job, Stop,
        facts::Asked,
        tls::{Keys, Roots},
        variable,
    },
    django::entra::CLEARTEXT_PLUGIN,
    render::login::{Login as Database, plain},
    value::{Table, Value},
};

pub(super) const KEYS: Keys = Keys {
    roots: &["OPTIONS", "ssl"],
    identity: &["OPTIONS", "ssl"],
};

/// Where distributions have the socket that `localhost` stands for.
const SOCKETS: &[&str] = &[
    "/run/mysqld/mysqld.sock",
    "/var/run/mysqld/mysqld.sock",
    "/var/lib/mysql/mysql.sock",
    "/tmp/mysql.sock",
];

/// `OPTIONS` that change nothing of what is told.
const OF_NO_ACCOUNT: &[&str] = &[
    "charset",
    "collation",
    "use_unicode",
    "conv",
    "sql_mode",
    "read_timeout",
    "write_timeout",
    "isolation_level",
    "autocommit",
    "compress",
    "local_infile",
    "max_allowed_packet",
    "binary_prefix",
    "program_name",
    "cursorclass",
];

/// The way to the server.
pub(super) enum Way {
    Socket(PathBuf),
    Network { host: String, port: u16 },
}

/// A login. It holds the password, so there is no `Debug`.
pub(super) struct Login {
    pub(super) way: Way,
    pub(super) user: String,
    pub(super) password: Zeroizing<String>,
    pub(super) database: Option<String>,
    pub(super) asked: Asked,
    pub(super) roots: Option<Roots>,
    pub(super) identity: Option<(PathBuf, PathBuf)>,
    /// Whether the settings allow `mysql_clear_password`.
    pub(super) may_be_clear: bool,
    pub(super) timeout: Option<Duration>,
    /// What would be otherwise with Django.
    pub(super) gaps: Vec<String>,
}

/// What is gathered before it is one.
#[derive(Default)]
struct Given {
    texts: Vec<(&'static str, Zeroizing<String>)>,
    tls: Tls,
    gaps: Vec<String>,
}

#[derive(Default)]
struct Tls {
    is_asked: bool,
    mode: Option<Asked>,
    authority: Option<PathBuf>,
    certificate: Option<PathBuf>,
    key: Option<PathBuf>,
}

/// `OPTIONS` that beat the keys that stand for the same, as keyword arguments do.
const TEXTS: &[(&str, &str)] = &[
    ("host", "host"),
    ("user", "user"),
    ("password", "password"),
    ("passwd", "password"),
    ("database", "database"),
    ("db", "database"),
    ("port", "port"),
    ("unix_socket", "socket"),
    ("connect_timeout", "timeout"),
    ("auth_plugin", "plugin"),
    ("init_command", "init"),
];

impl Given {
    fn put(&mut self, name: &'static str, text: Zeroizing<String>) {
        self.texts.retain(|(known, _)| *known != name);
        self.texts.push((name, text));
    }

    fn get(&self, name: &str) -> Option<&Zeroizing<String>> {
        let (_, text) = self.texts.iter().find(|(known, _)| *known == name)?;
        Some(text).filter(|text| !text.is_empty())
    }

    fn text(&self, name: &str) -> Option<String> {
        self.get(name).map(|text| text.to_string())
    }

    fn number(&self, name: &str) -> Result<Option<u64>, Stop> {
        let wrong =
            |_| Stop::not_looked_at(format!("the {name} is no number, which the driver refuses"));
        self.get(name)
            .map(|text| text.trim().parse().map_err(wrong))
            .transpose()
    }

    /// `path` is the option's, as far as it may be told.
    fn option(&mut self, name: &str, path: &str, value: &Value) -> Result<(), Stop> {
        if matches!(value, Value::Null) || OF_NO_ACCOUNT.contains(&name) {
            return Ok(());
        }
        if let Some((_, known)) = TEXTS.iter().find(|(option, _)| *option == name) {
            let text = plain(value)
                .map_err(|reason| Stop::not_looked_at(format!("`{path}`: {reason}")))?;
            if let Some(text) = text {
                self.put(known, text);
            }
            return Ok(());
        }
        match (name, value) {
            ("ssl_mode", Value::Text(mode)) => self.tls.mode = Some(tls_mode(mode.expose())?),
            ("ssl", Value::Bool(is)) => self.tls.is_asked = *is,
            ("ssl", Value::Table(parts)) => self.parts(parts)?,
            _ => {
                let why = format!(
                    "`{path}` is not honoured here, so this would be another connection than Django's"
                );
                return Err(Stop::not_looked_at(why));
            }
        }
        Ok(())
    }

    fn parts(&mut self, parts: &Table) -> Result<(), Stop> {
        self.tls.is_asked = !parts.is_empty();
        for (name, value) in parts.iter() {
            let text = plain(value).ok().flatten();
            let path = text.map(|text| PathBuf::from(text.as_str()));
            match (name, path) {
                ("ca" | "capath", Some(path)) => self.tls.authority = Some(path),
                ("cert", Some(path)) => self.tls.certificate = Some(path),
                ("key", Some(path)) => self.tls.key = Some(path),
                ("ca" | "capath" | "cert" | "key" | "cipher", _) => {}
                // PyMySQL's.
                ("check_hostname" | "verify_mode", _) => self.gaps.push(format!(
                    "`OPTIONS.ssl.{name}`: it is PyMySQL's alone, and was left aside"
                )),
                _ => {
                    return Err(Stop::not_looked_at(
                        "a part of `OPTIONS.ssl` is not honoured here",
                    ));
                }
            }
        }
        Ok(())
    }
}

fn tls_mode(mode: &str) -> Result<Asked, Stop> {
    Ok(match mode {
        "DISABLED" => Asked::Nothing,
        "PREFERRED" => Asked::IfOffered,
        "REQUIRED" => Asked::Encryption,
        "VERIFY_CA" => Asked::Authority,
        "VERIFY_IDENTITY" => Asked::Identity,
        _ => {
            return Err(Stop::not_looked_at(
                "`OPTIONS.ssl_mode` has a value that mysqlclient does not take",
            ));
        }
    })
}

/// The login of a database.
pub(super) fn read(job: &Job) -> Result<Login, Stop> {
    let mut faults = Vec::new();
    let keys = Database {
        alias: &job.alias,
        keys: &job.settings,
    };
    let mut given = Given::default();
    for (key, name) in [
        ("HOST", "host"),
        ("PORT", "port"),
        ("NAME", "database"),
        ("USER", "user"),
        ("PASSWORD", "password"),
    ] {
        if let Some(text) = keys.text(key, &mut faults) {
            let is_socket = key == "HOST" && text.starts_with('/');
            given.put(if is_socket { "socket" } else { name }, text);
        }
    }
    for (name, value) in keys.options(&mut faults) {
        given.option(name, &keys.option_path(name), value)?;
    }
    if let Some(fault) = faults.first() {
        return Err(Stop::not_looked_at(format!(
            "`{}`: {}",
            fault.key, fault.reason
        )));
    }
    for name in ["user", "database"] {
        if given.get(name).is_some_and(|text| text.contains('\0')) {
            return Err(Stop::not_looked_at(format!(
                "the {name}'s name has a zero byte in it"
            )));
        }
    }
    if given.get("init").is_some() {
        let gap = "`OPTIONS.init_command`: it was not run, since it may change something; what it sets is not seen";
        given.gaps.push(gap.to_owned());
    }
    login(job, given)
}

fn login(job: &Job, mut given: Given) -> Result<Login, Stop> {
    let no_user = "there is no `USER`: the driver would take the operating system's, which is another one elsewhere";
    let user = given
        .text("user")
        .ok_or_else(|| Stop::not_looked_at(no_user))?;
    let password = given.get("password").cloned();
    let from_variable = || {
        let text = variable(&job.environment, "MYSQL_PWD")?.to_str()?;
        Some(Zeroizing::new(text.to_owned()))
    };
    let timeout = given.number("timeout")?.filter(|seconds| *seconds > 0);
    let may_be_clear = given
        .get("plugin")
        .is_some_and(|plugin| plugin.as_str() == CLEARTEXT_PLUGIN);
    let way = way(&given)?;
    let tls = std::mem::take(&mut given.tls);
    let asked = match tls.mode {
        Some(mode) => mode,
        None if tls.is_asked => Asked::Encryption,
        None => Asked::IfOffered,
    };
    Ok(Login {
        way,
        user,
        password: password.or_else(from_variable).unwrap_or_default(),
        database: given.text("database"),
        asked,
        roots: tls.authority.map(Roots::File),
        identity: tls.certificate.zip(tls.key),
        may_be_clear,
        timeout: timeout.map(Duration::from_secs),
        gaps: given.gaps,
    })
}

/// For the C libraries `localhost`, or no host at all, is the machine's socket; where there is none, it is asked over the
/// network, as `PyMySQL` would.
fn way(given: &Given) -> Result<Way, Stop> {
    if let Some(path) = given.text("socket") {
        return Ok(Way::Socket(PathBuf::from(path)));
    }
    let port = match given.number("port")? {
        None | Some(0) => 3306,
        Some(port) => u16::try_from(port).map_err(|_| Stop::not_looked_at("the port is none"))?,
    };
    let host = given.text("host").unwrap_or_else(|| "localhost".to_owned());
    if host == "localhost"
        && let Some(socket) = SOCKETS.iter().map(Path::new).find(|path| path.exists())
    {
        return Ok(Way::Socket(socket.to_owned()));
    }
    Ok(Way::Network { host, port })
}
