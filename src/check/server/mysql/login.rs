//! A login to MySQL or MariaDB: the greeting, TLS, and the proof that the server asks for. The password itself goes only
//! to a server that was verified, or over a socket of this machine.
//!
//! The protocol is spoken here and not by a client of others': `mysql_async` and its like tell neither which method the
//! server asked for nor what its certificate said, send the password over TLS that nobody verified, and bring a second
//! set of Unicode tables. <https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_connection_phase.html>

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};
use zeroize::Zeroizing;

use super::{
    proof,
    settings::{Login, Way},
    wire::{Fields, Wire, error_code, framed, garbled},
};
use crate::check::server::{
    Class, Job, Refusal, Stop, Variables,
    facts::{Asked, Method, Strength, Verified},
    socket::{self, Stream},
    text::Cleaner,
    tls::{self, Shown, Wanted},
};

/// `LONG_PASSWORD`, `LONG_FLAG`, `PROTOCOL_41`, `TRANSACTIONS`, `SECURE_CONNECTION`, `PLUGIN_AUTH`.
const CAPABILITIES: u32 = 0x1 | 0x4 | 0x200 | 0x2000 | 0x8000 | 0x8_0000;
const CONNECT_WITH_DB: u32 = 0x8;
const SSL: u32 = 0x800;

/// `utf8mb4_general_ci`, which every server has.
const COLLATION: u8 = 45;

const LARGEST_PACKET: u32 = 1 << 24;

const NATIVE: &str = "mysql_native_password";
const CACHING_SHA2: &str = "caching_sha2_password";

/// A login that has been made.
pub(super) struct Connected {
    pub(super) wire: Wire,
    pub(super) shown: Option<Shown>,
    pub(super) is_socket: bool,
    pub(super) is_local: bool,
    pub(super) place: String,
    pub(super) method: Method,
}

/// What a server says first.
struct Greeting {
    capabilities: u32,
    nonce: Vec<u8>,
    plugin: String,
}

pub(super) async fn open(login: &Login, job: &Job, cleaner: &Cleaner) -> Result<Connected, Stop> {
    match &login.way {
        Way::Socket(path) => {
            let mut wire = Wire::new(Stream::socket(path).await?);
            let greeting = greeting(&wire.read().await?)?;
            let prover = Prover {
                login,
                trust: Trust::Socket,
                is_tls: false,
                cleaner,
            };
            let method = prover.prove(&mut wire, &greeting).await?;
            Ok(Connected {
                wire,
                shown: None,
                is_socket: true,
                is_local: true,
                place: path.display().to_string(),
                method,
            })
        }
        Way::Network { host, port } => over_network(login, host, *port, job, cleaner).await,
    }
}

/// Whom the password may be sent to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Trust {
    Nobody,
    Verified,
    Socket,
}

async fn over_network(
    login: &Login,
    host: &str,
    port: u16,
    job: &Job,
    cleaner: &Cleaner,
) -> Result<Connected, Stop> {
    let addresses = socket::resolve(host, port).await?;
    let (mut stream, address) = socket::connect(&addresses, login.timeout).await?;
    let greeting = greeting(&first(&mut stream).await?)?;
    let is_offered = greeting.capabilities & SSL != 0;
    let (mut wire, shown) = if login.asked == Asked::Nothing
        || (login.asked == Asked::IfOffered && !is_offered)
    {
        (Wire::at(Stream::network(stream), 1), None)
    } else if is_offered {
        stream
            .write_all(&framed(&ssl_request(login), 1))
            .await
            .map_err(|_| Refusal::new(Class::Connection, "the server has ended the connection"))?;
        let (stream, shown) =
            tls::handshake(stream, host, &wanted(login, &job.environment)).await?;
        (Wire::at(Stream::tls(stream), 2), Some(shown))
    } else {
        return Err(Refusal::new(Class::Tls, "the server offers no TLS").into());
    };
    let trust = match &shown {
        Some(shown) if shown.verified >= Verified::Authority => Trust::Verified,
        _ => Trust::Nobody,
    };
    let prover = Prover {
        login,
        trust,
        is_tls: shown.is_some(),
        cleaner,
    };
    let method = prover.prove(&mut wire, &greeting).await?;
    Ok(Connected {
        wire,
        shown,
        is_socket: false,
        is_local: address.ip().is_loopback(),
        place: format!("{host}:{port}"),
        method,
    })
}

/// The greeting, and not a byte of what follows it: that would be TLS already.
async fn first(stream: &mut TcpStream) -> Result<Vec<u8>, Stop> {
    let ended = |_| {
        Stop::from(Refusal::new(
            Class::Connection,
            "the server has ended the connection",
        ))
    };
    let mut head = [0; 4];
    stream.read_exact(&mut head).await.map_err(ended)?;
    let length = usize::from(head[0]) | usize::from(head[1]) << 8;
    if head[2] != 0 || head[3] != 0 || length == 0 || length > 4096 {
        return Err(garbled());
    }
    let mut packet = vec![0; length];
    stream.read_exact(&mut packet).await.map_err(ended)?;
    Ok(packet)
}

fn greeting(packet: &[u8]) -> Result<Greeting, Stop> {
    if let Some(code) = error_code(packet) {
        return Err(by_code(code).into());
    }
    let mut fields = Fields::new(packet);
    if fields.byte() != Some(10) {
        return Err(garbled());
    }
    let mut read = || -> Option<Greeting> {
        // The version is asked for later: proxies make up the one in here.
        fields.text();
        fields.take(4)?;
        let mut nonce = fields.take(8)?.to_vec();
        fields.byte()?;
        let low = fields.short()?;
        fields.byte()?;
        fields.short()?;
        let high = fields.short()?;
        let length = usize::from(fields.byte()?);
        fields.take(10)?;
        nonce.extend_from_slice(fields.take(length.saturating_sub(8).max(13))?);
        nonce.truncate(proof::NONCE);
        Some(Greeting {
            capabilities: u32::from(low) | u32::from(high) << 16,
            nonce,
            plugin: String::from_utf8_lossy(fields.text()).into_owned(),
        })
    };
    read().ok_or_else(garbled)
}

fn capabilities(login: &Login) -> u32 {
    let mut capabilities = CAPABILITIES;
    if login.database.is_some() {
        capabilities |= CONNECT_WITH_DB;
    }
    capabilities
}

/// The begin of a response, which stands alone where TLS is asked for.
fn ssl_request(login: &Login) -> Vec<u8> {
    response_head(capabilities(login) | SSL)
}

fn response_head(capabilities: u32) -> Vec<u8> {
    let mut packet = capabilities.to_le_bytes().to_vec();
    packet.extend_from_slice(&LARGEST_PACKET.to_le_bytes());
    packet.push(COLLATION);
    packet.extend_from_slice(&[0; 23]);
    packet
}

fn wanted<'a>(login: &Login, environment: &'a Variables) -> Wanted<'a> {
    Wanted {
        asked: login.asked,
        roots: login.roots.clone(),
        identity: login.identity.clone(),
        sends_name: true,
        protocol: None,
        versions: rustls::DEFAULT_VERSIONS,
        environment,
        keys: super::settings::KEYS,
    }
}

/// Answers what a server asks for.
struct Prover<'a> {
    login: &'a Login,
    trust: Trust,
    is_tls: bool,
    cleaner: &'a Cleaner,
}

impl Prover<'_> {
    /// Answers until the server is content; the method that it asked for last.
    async fn prove(&self, wire: &mut Wire, greeting: &Greeting) -> Result<Method, Stop> {
        let mut plugin = if greeting.plugin == CACHING_SHA2 {
            CACHING_SHA2
        } else {
            NATIVE
        }
        .to_owned();
        let proof = self.proof(&plugin, &greeting.nonce)?;
        wire.write(&self.response(&plugin, &proof)).await?;
        let mut is_switched = false;
        loop {
            let packet = wire.read().await?;
            match packet.as_slice() {
                [0x00, ..] => return Ok(method(&plugin, self.cleaner)),
                [0xff, ..] => return Err(by_code(error_code(&packet).unwrap_or_default()).into()),
                // The whole of it is the old way to ask for the oldest method.
                [0xfe] => return Err(unspoken("mysql_old_password")),
                [0xfe, switch @ ..] if !is_switched => {
                    is_switched = true;
                    let mut fields = Fields::new(switch);
                    plugin = String::from_utf8_lossy(fields.text()).into_owned();
                    // An empty answer is one too.
                    wire.write(&self.proof(&plugin, fields.rest())?).await?;
                }
                // The hash was in the server's cache; it says that all is well next.
                [0x01, 0x03] if plugin == CACHING_SHA2 => {}
                [0x01, 0x04] if plugin == CACHING_SHA2 => {
                    wire.write(&self.in_clear(&plugin)?).await?;
                }
                _ => return Err(garbled()),
            }
        }
    }

    fn response(&self, plugin: &str, proof: &[u8]) -> Zeroizing<Vec<u8>> {
        let login = self.login;
        let flag = if self.is_tls { SSL } else { 0 };
        let mut packet = Zeroizing::new(response_head(capabilities(login) | flag));
        packet.extend_from_slice(login.user.as_bytes());
        packet.push(0);
        // Those of the two methods that can stand here have 32 bytes at most.
        packet.push(u8::try_from(proof.len()).unwrap_or_default());
        packet.extend_from_slice(proof);
        if let Some(database) = &login.database {
            packet.extend_from_slice(database.as_bytes());
            packet.push(0);
        }
        packet.extend_from_slice(plugin.as_bytes());
        packet.push(0);
        packet
    }

    /// The answer to a method, by its name; the server's part has a zero byte behind it in some.
    fn proof(&self, plugin: &str, nonce: &[u8]) -> Result<Zeroizing<Vec<u8>>, Stop> {
        let password = self.login.password.as_bytes();
        let nonce = |length: usize| nonce.get(..length).ok_or_else(garbled);
        Ok(Zeroizing::new(match plugin {
            NATIVE => proof::native(password, nonce(proof::NONCE)?),
            CACHING_SHA2 => proof::caching_sha2(password, nonce(proof::NONCE)?),
            "client_ed25519" => proof::ed25519(password, nonce(proof::LONG_NONCE)?),
            "sha256_password" => return self.in_clear(plugin),
            "mysql_clear_password" if self.login.may_be_clear => return self.in_clear(plugin),
            "mysql_clear_password" => {
                return Err(Refusal::new(
                    Class::Cleartext,
                    "the server asks for `mysql_clear_password`, which the settings do not allow: the password was not sent",
                )
                .into());
            }
            // Known by the user of the process at the other end.
            "unix_socket" | "auth_socket" => Vec::new(),
            other => return Err(unspoken(&self.cleaner.clean(other))),
        }))
    }

    /// The password itself.
    fn in_clear(&self, plugin: &str) -> Result<Zeroizing<Vec<u8>>, Stop> {
        if self.trust == Trust::Nobody && !self.login.password.is_empty() {
            let what = format!(
                "the server asks for the password itself (`{plugin}`), and nothing has made sure who it is: it was not sent"
            );
            return Err(Refusal::new(Class::Cleartext, what).into());
        }
        let mut text = Zeroizing::new(self.login.password.as_bytes().to_vec());
        text.push(0);
        Ok(text)
    }
}

fn unspoken(plugin: &str) -> Stop {
    Stop::not_looked_at(format!(
        "the server asks for `{plugin}`, which is not spoken here"
    ))
}

fn method(plugin: &str, cleaner: &Cleaner) -> Method {
    let strength = match plugin {
        CACHING_SHA2 | "sha256_password" | "client_ed25519" => Strength::Sound,
        NATIVE => Strength::Weak,
        "mysql_clear_password" => Strength::Clear,
        _ => Strength::Unknown,
    };
    Method {
        name: cleaner.clean(plugin),
        strength,
    }
}

/// Error codes of MySQL and MariaDB, "Server Error Message Reference".
fn by_code(code: u16) -> Refusal {
    let (class, what) = match code {
        1045 | 1698 => (Class::Login, "the server refuses the login or the password"),
        1130 => (Class::Login, "the server takes no login from here"),
        1129 => (
            Class::Busy,
            "the server takes no more logins from here, after too many that failed",
        ),
        1820 | 1862 => (Class::Login, "the password has expired"),
        3118 | 4151 => (Class::Login, "the login is locked"),
        1044 => (
            Class::Database,
            "the login has nothing to do with the database",
        ),
        1049 => (Class::Database, "there is no such database"),
        3159 => (Class::Tls, "the server takes no logins without TLS"),
        1040 | 1203 | 1226 => (Class::Busy, "the server has too many connections"),
        1053 => (Class::Busy, "the server is stopping"),
        _ => (Class::Protocol, "the server does not let us in"),
    };
    Refusal::new(class, what).code(&code.to_string())
}
