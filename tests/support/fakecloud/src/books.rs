//! What has come in so far, for tests to count; credentials are left out of it.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::exchange::Ask;
use crate::lock;

/// Headers whose value lets somebody in: the scheme alone is kept, or nothing.
const SECRET: &[&str] = &[
    "authorization",
    "proxy-authorization",
    "x-identity-header",
    "cookie",
];

/// Fields of a form that say what was asked without giving anything away.
const OPEN_FIELDS: &[&str] = &[
    "client_id",
    "scope",
    "resource",
    "grant_type",
    "client_assertion_type",
];

/// One request that was answered.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Seen {
    /// What it was for: `vault.get`, `entra.token`, …; the crate's documentation has the list.
    pub operation: &'static str,
    /// `GET`, `POST`, …
    pub method: String,
    /// The host that was asked for, in lower case, without a port.
    pub host: String,
    /// The path, as it was sent.
    pub path: String,
    /// What follows the question mark, as it was sent.
    pub query: String,
    /// `HTTP/1.1` or `HTTP/2.0`.
    pub version: String,
    /// Names in lower case; of a credential only its scheme is left, `Bearer`.
    pub headers: Vec<(String, String)>,
    /// Fields of a form that are no credentials: `client_id`, `scope`, `grant_type`, …
    pub fields: Vec<(String, String)>,
    /// The status of the answer.
    pub status: u16,
    /// Requests of one connection have the same number here.
    pub connection: u64,
}

impl Seen {
    pub(crate) fn new(ask: &Ask, operation: &'static str, status: u16) -> Self {
        let headers = ask.headers.iter().map(|(name, value)| {
            let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
            let value = if SECRET.contains(&name.as_str()) {
                value
                    .split_once(' ')
                    .map(|(scheme, _)| scheme.to_owned())
                    .unwrap_or_default()
            } else {
                value
            };
            (name.as_str().to_owned(), value)
        });
        let mut fields = ask.form();
        fields.retain(|(name, _)| OPEN_FIELDS.contains(&name.as_str()));
        Self {
            operation,
            method: ask.method.to_string(),
            host: ask.host.clone(),
            path: ask.path.clone(),
            query: ask.query.clone(),
            version: format!("{:?}", ask.version),
            headers: headers.collect(),
            fields,
            status,
            connection: ask.connection,
        }
    }

    /// The first header of this name, which is in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        value(&self.headers, name)
    }

    /// A field of the form that is no credential.
    pub fn field(&self, name: &str) -> Option<&str> {
        value(&self.fields, name)
    }
}

fn value<'a>(pairs: &'a [(String, String)], name: &str) -> Option<&'a str> {
    let (_, value) = pairs.iter().find(|(found, _)| found == name)?;
    Some(value)
}

/// Everything that is written down.
#[derive(Default)]
pub(crate) struct Books {
    seen: Mutex<Vec<Seen>>,
    tunnels: Mutex<Vec<String>>,
    connections: AtomicU64,
    failed_handshakes: AtomicU64,
}

impl Books {
    pub(crate) fn write(&self, seen: Seen) {
        lock(&self.seen).push(seen);
    }

    pub(crate) fn write_tunnel(&self, target: &str) {
        lock(&self.tunnels).push(target.to_owned());
    }

    /// The number of a new connection, from 1.
    pub(crate) fn connect(&self) -> u64 {
        self.connections.fetch_add(1, Ordering::Relaxed) + 1
    }

    pub(crate) fn write_failed_handshake(&self) {
        self.failed_handshakes.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn seen(&self) -> Vec<Seen> {
        lock(&self.seen).clone()
    }

    pub(crate) fn tunnels(&self) -> Vec<String> {
        lock(&self.tunnels).clone()
    }

    pub(crate) fn connections(&self) -> u64 {
        self.connections.load(Ordering::Relaxed)
    }

    pub(crate) fn failed_handshakes(&self) -> u64 {
        self.failed_handshakes.load(Ordering::Relaxed)
    }

    pub(crate) fn forget(&self) {
        lock(&self.seen).clear();
        lock(&self.tunnels).clear();
        self.connections.store(0, Ordering::Relaxed);
        self.failed_handshakes.store(0, Ordering::Relaxed);
    }
}
