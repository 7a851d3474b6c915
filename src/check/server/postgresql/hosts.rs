//! The list of servers of a login.

use std::path::PathBuf;

use super::settings::{Given, wrong};
use crate::check::server::Stop;

/// A server of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Host {
    /// A name, or a socket's directory; empty where only an address is given.
    pub(super) name: String,
    pub(super) address: Option<String>,
    pub(super) port: u16,
}

/// Where builds of libpq look for a socket, where no host is named.
const SOCKETS: &[&str] = &["/var/run/postgresql", "/tmp"];

/// The list of servers. Lists of hosts, addresses and ports go together one by one; a single port is for all.
pub(super) fn hosts(given: &Given<'_>) -> Result<Vec<Host>, Stop> {
    let list = |name: &str| -> Vec<String> {
        let text = given.text(name);
        text.map_or_else(Vec::new, |text| {
            text.split(',').map(|part| part.trim().to_owned()).collect()
        })
    };
    let (names, addresses, ports) = (list("host"), list("hostaddr"), list("port"));
    let count = names.len().max(addresses.len()).max(1);
    let is_even = |list: &[String]| list.is_empty() || list.len() == count;
    if !is_even(&names) || !is_even(&addresses) || !(is_even(&ports) || ports.len() == 1) {
        return Err(Stop::not_looked_at(
            "the lists in `HOST` and `PORT` have different lengths, which libpq refuses",
        ));
    }
    let host = |at: usize| {
        let port = ports
            .get(at)
            .or_else(|| ports.first())
            .map_or("", String::as_str);
        let port = match port {
            "" => 5432,
            port => port.parse().map_err(|_| wrong("port"))?,
        };
        let mut name = names.get(at).cloned().unwrap_or_default();
        let address = addresses
            .get(at)
            .cloned()
            .filter(|address| !address.is_empty());
        if name.is_empty() && address.is_none() {
            let here = |directory: &&&str| socket(directory, port).exists();
            let directory = SOCKETS.iter().find(here).unwrap_or(&SOCKETS[0]);
            (*directory).clone_into(&mut name);
        }
        if name.starts_with('@') {
            return Err(Stop::not_looked_at(
                "abstract sockets are not honoured here",
            ));
        }
        Ok(Host {
            name,
            address,
            port,
        })
    };
    (0..count).map(host).collect()
}

/// The socket in a directory.
pub(super) fn socket(directory: &str, port: u16) -> PathBuf {
    PathBuf::from(format!(
        "{}/.s.PGSQL.{port}",
        directory.trim_end_matches('/')
    ))
}
