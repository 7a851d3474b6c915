//! Where a connection goes, as the text in the place of a host tells.

use std::net::IpAddr;

/// Where a connection goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Host {
    /// A socket, a file, or what the driver takes where nothing is said: nothing leaves the machine.
    Local,
    /// This machine, over TCP.
    Loopback,
    /// A name.
    Name(String),
    /// A number in place of a name.
    Address(String),
    /// A reference brings it, or a data source.
    Unknown,
}

/// Names of this machine, as systems write them into `/etc/hosts`.
const LOOPBACK: &[&str] = &[
    "(localdb)",
    "ip6-localhost",
    "ip6-loopback",
    "localhost",
    "localhost.localdomain",
    "localhost4",
    "localhost4.localdomain4",
    "localhost6",
    "localhost6.localdomain6",
];

/// Whether it is `127.1` and its like, which name lookup fills up.
fn is_short_loopback(name: &str) -> bool {
    let rest = name.strip_prefix("127.").unwrap_or_default();
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    rest.split('.').count() < 3 && rest.split('.').all(is_number)
}

/// What one host is.
pub(crate) fn host(text: &str) -> Host {
    let lower = text.to_ascii_lowercase();
    if text.is_empty() || text.starts_with(['/', '@']) || lower == "." || lower == "(local)" {
        return Host::Local;
    }
    let name = lower.strip_suffix('.').unwrap_or(&lower);
    if LOOPBACK.contains(&name) || name.ends_with(".localhost") || is_short_loopback(name) {
        return Host::Loopback;
    }
    let bare = lower.trim_start_matches('[').trim_end_matches(']');
    match bare.split('%').next().unwrap_or(bare).parse::<IpAddr>() {
        // To the address of no interface a client connects to itself.
        Ok(address) if address.to_canonical().is_loopback() || address.is_unspecified() => {
            Host::Loopback
        }
        Ok(_) => Host::Address(bare.to_owned()),
        Err(_) => Host::Name(text.to_owned()),
    }
}
