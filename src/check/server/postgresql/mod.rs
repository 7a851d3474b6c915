//! PostgreSQL, asked by `tokio-postgres` over a stream of ours: so it is known which TLS there is and which proof the
//! server asked for. <https://www.postgresql.org/docs/18/libpq-ssl.html>

mod hosts;
mod parameters;
mod passfile;
mod questions;
mod refused;
mod roles;
mod settings;
mod watch;

use std::{io, time::Duration};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    task::JoinSet,
};
use tokio_postgres::{
    Client, Config,
    config::{ChannelBinding, SslMode, SslNegotiation},
};
use zeroize::Zeroizing;

use self::{
    hosts::Host,
    passfile::Found,
    questions::Questions,
    refused::{ended, refused},
    settings::{Login, Mode, Session},
    watch::{Ear, Made, Request, Watched, heard},
};
use super::{
    Class, Facts, Job, Refusal, Stop, Variables,
    facts::{Asked, Channel, Method, Strength, Verified},
    socket::{self, Stream},
    text::Cleaner,
    tls::{self, Shown, Wanted},
};

/// How libpq asks for TLS.
const SSL_REQUEST: [u8; 8] = [0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f];

/// How long a server may take to hear that we go.
const FAREWELL: Duration = Duration::from_millis(500);

const KEYS: tls::Keys = tls::Keys {
    roots: &["OPTIONS", "sslrootcert"],
    identity: &["OPTIONS", "sslkey"],
};

pub(super) async fn look(job: &Job, cleaner: &Cleaner) -> Result<Facts, Stop> {
    let login = settings::read(job)?;
    let mut last = Stop::not_looked_at("there is no host to ask");
    let mut is_standby_wanted = login.session == Session::PreferStandby;
    loop {
        for host in &login.hosts {
            match try_host(&login, host, job, cleaner, is_standby_wanted).await {
                Ok(Some(facts)) => return Ok(facts),
                Ok(None) => {
                    let other =
                        "no server of the list is of the kind that `target_session_attrs` wants";
                    last = Refusal::new(Class::Connection, other).into();
                }
                // libpq goes on to the next host only where this one could not be reached, or could not take anybody.
                Err(Stop::Refused(refusal))
                    if matches!(
                        refusal.class,
                        Class::Host
                            | Class::Connection
                            | Class::Time
                            | Class::Busy
                            | Class::Protocol
                    ) =>
                {
                    last = refusal.into();
                }
                Err(stop) => return Err(stop),
            }
        }
        if !is_standby_wanted {
            return Err(last);
        }
        is_standby_wanted = false;
    }
}

/// `None` where another kind of server is wanted.
async fn try_host(
    login: &Login,
    host: &Host,
    job: &Job,
    cleaner: &Cleaner,
    is_standby_wanted: bool,
) -> Result<Option<Facts>, Stop> {
    let connected = by_mode(login, host, job).await?;
    let mut questions = Questions::new(&connected.client, login.role.as_deref(), cleaner);
    if !questions.is_of(login.session, is_standby_wanted).await? {
        connected.close().await;
        return Ok(None);
    }
    let answers = questions.ask().await?;
    let method = method(login, &connected, answers.system_user.as_deref(), cleaner);
    let ends_before = connected.shown.is_some() && answers.has_tls == Some(false);
    let channel = match (&connected.shown, connected.is_socket) {
        (Some(shown), _) => Channel::Tls(shown.facts(cleaner, ends_before)),
        (None, true) => Channel::Socket,
        (None, false) => Channel::Plain,
    };
    let facts = Facts {
        place: cleaner.clean(&connected.place),
        is_local: connected.is_local,
        channel,
        method,
        ..answers.facts
    };
    connected.close().await;
    Ok(Some(facts))
}

/// With TLS, without, or with the one after the other, as libpq does.
async fn by_mode(login: &Login, host: &Host, job: &Job) -> Result<Connected, Stop> {
    let first = open(login, host, job, login.mode.begins_with_tls()).await;
    let Err(Stop::Refused(refusal)) = &first else {
        return first;
    };
    match (login.mode, refusal.class) {
        (Mode::Prefer, Class::Tls | Class::Certificate) => open(login, host, job, false).await,
        // Where neither goes, the one that was preferred tells why.
        (Mode::Prefer, Class::Login) => open(login, host, job, false).await.or(first),
        (Mode::Allow, Class::Login) => open(login, host, job, true).await,
        _ => first,
    }
}

/// A login that has been made.
struct Connected {
    client: Client,
    /// The other half of the client; it ends when this is dropped.
    driver: JoinSet<()>,
    ear: Ear,
    shown: Option<Shown>,
    is_socket: bool,
    is_local: bool,
    place: String,
}

impl Connected {
    /// Says farewell, so that nothing of a lost connection stands in the server's log.
    async fn close(self) {
        let Self {
            client, mut driver, ..
        } = self;
        drop(client);
        let _ = tokio::time::timeout(FAREWELL, driver.join_next()).await;
    }
}

async fn open(login: &Login, host: &Host, job: &Job, with_tls: bool) -> Result<Connected, Stop> {
    let (stream, shown, is_local, place) = if host.name.starts_with('/') && host.address.is_none() {
        let path = hosts::socket(&host.name, host.port);
        (
            Stream::socket(&path).await?,
            None,
            true,
            path.display().to_string(),
        )
    } else {
        over_network(login, host, job, with_tls).await?
    };
    let is_socket = host.name.starts_with('/') && host.address.is_none();
    let verified = shown
        .as_ref()
        .map_or(Verified::Nothing, |shown| shown.verified);
    let end_point = shown
        .as_ref()
        .and_then(Shown::end_point)
        .filter(|_| login.binding != ChannelBinding::Disable);
    let may_be_clear = verified >= Verified::Authority && login.mode.asked() >= Asked::Encryption;
    let watched = Watched::new(
        stream,
        may_be_clear,
        login.allowed.clone(),
        end_point.map(<[u8]>::to_vec),
    );
    let ear = watched.ear();
    let (config, gap) = config(login, host);
    match config.connect_raw(watched, Made).await {
        Ok((client, connection)) => {
            let mut driver = JoinSet::new();
            driver.spawn(async move { drop(connection.await) });
            Ok(Connected {
                client,
                driver,
                ear,
                shown,
                is_socket,
                is_local,
                place,
            })
        }
        Err(error) => Err(refused(&error, &ear, gap)),
    }
}

/// A connection over the network, with TLS where it is to be had.
async fn over_network(
    login: &Login,
    host: &Host,
    job: &Job,
    with_tls: bool,
) -> Result<(Stream, Option<Shown>, bool, String), Stop> {
    let to = host.address.as_deref().unwrap_or(&host.name);
    let addresses = socket::resolve(to, host.port).await?;
    let (mut stream, address) = socket::connect(&addresses, login.timeout).await?;
    let is_local = address.ip().is_loopback();
    let place = format!(
        "{}:{}",
        if host.name.is_empty() { to } else { &host.name },
        host.port
    );
    if !with_tls {
        return Ok((Stream::network(stream), None, is_local, place));
    }
    if !login.is_direct && !offers_tls(&mut stream).await? {
        return match login.mode {
            Mode::Allow | Mode::Prefer => Ok((Stream::network(stream), None, is_local, place)),
            _ => Err(Refusal::new(Class::Tls, "the server offers no TLS").into()),
        };
    }
    if host.name.is_empty() && login.mode == Mode::VerifyFull {
        return Err(Stop::settings(
            "`verify-full` needs a `HOST`: an address alone is no name",
            &["HOST"],
        ));
    }
    let wanted = wanted(login, &job.environment);
    let (stream, shown) = tls::handshake(
        stream,
        if host.name.is_empty() { to } else { &host.name },
        &wanted,
    )
    .await?;
    Ok((Stream::tls(stream), Some(shown), is_local, place))
}

async fn offers_tls(stream: &mut TcpStream) -> Result<bool, Stop> {
    let failed = |error: io::Error| Stop::from(ended(&error));
    stream.write_all(&SSL_REQUEST).await.map_err(failed)?;
    match stream.read_u8().await.map_err(failed)? {
        b'S' => Ok(true),
        b'N' => Ok(false),
        _ => Err(Stop::protocol("what answers is no PostgreSQL server")),
    }
}

fn wanted<'a>(login: &Login, environment: &'a Variables) -> Wanted<'a> {
    // Where there is a file of trusted certificates, libpq holds the server's against it in every mode.
    let asked = match &login.roots {
        Some(_) => login.mode.asked().max(Asked::Authority),
        None => login.mode.asked(),
    };
    Wanted {
        asked,
        roots: login.roots.clone(),
        identity: login.identity.clone(),
        sends_name: login.sends_name,
        protocol: login.is_direct.then_some(b"postgresql"),
        versions: login.versions,
        environment,
        keys: KEYS,
    }
}

/// The client's settings, and why there is no password where that may be why a login fails.
fn config(login: &Login, host: &Host) -> (Config, Option<&'static str>) {
    let mut config = Config::new();
    config
        .user(&login.user)
        .dbname(&login.database)
        .channel_binding(login.binding)
        // The stream has it already.
        .ssl_mode(SslMode::Require)
        .ssl_negotiation(SslNegotiation::Direct);
    if let Some(options) = &login.options {
        config.options(options);
    }
    if let Some(application) = &login.application {
        config.application_name(application);
    }
    let found =
        |path: &std::path::PathBuf| passfile::find(path, host, &login.database, &login.user);
    let password: Option<Zeroizing<String>> = login.password.clone();
    let (password, gap) = match password
        .map(Found::Password)
        .or_else(|| login.passfile.as_ref().map(found))
    {
        Some(Found::Password(password)) => (Some(password), None),
        Some(Found::Unreadable(why)) => (None, Some(why)),
        Some(Found::Nothing) | None => (None, None),
    };
    if let Some(password) = password {
        config.password(password.as_bytes());
    }
    (config, gap)
}

/// How the login was proven, by what the server asked for; with what it says itself, from version 16 on.
fn method(
    login: &Login,
    connected: &Connected,
    system_user: Option<&str>,
    cleaner: &Cleaner,
) -> Option<Method> {
    let by_itself = system_user
        .and_then(|user| user.split_once(':'))
        .map(|(method, _)| method);
    let (name, strength) = match heard(&connected.ear).request? {
        Request::Cleartext => (by_itself.unwrap_or("password"), Strength::Clear),
        Request::Md5 => ("md5", Strength::Weak),
        Request::Scram { is_bound: true } => ("SCRAM-SHA-256-PLUS", Strength::Sound),
        Request::Scram { is_bound: false } => ("SCRAM-SHA-256", Strength::Sound),
        Request::Nothing => match by_itself {
            Some(method) => (method, Strength::Sound),
            None if connected.is_socket => ("none (trust, peer or ident)", Strength::Unknown),
            None if login.identity.is_some() && connected.shown.is_some() => {
                ("none (trust or cert)", Strength::Unknown)
            }
            None => ("none (trust)", Strength::Absent),
        },
        Request::Other(_) => return None,
    };
    Some(Method {
        name: cleaner.clean(name),
        strength,
    })
}
