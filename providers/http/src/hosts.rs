//! Which hosts a provider's requests may go to: a token travels only to its own vendor.

use std::net::IpAddr;

use http::{Uri, uri::Scheme};

use crate::Fault;

/// Where clouds serve credentials to their own machines and containers: link-local, never through a proxy.
pub const METADATA_HOSTS: &[&str] = &[
    "169.254.169.254",
    "169.254.170.2",
    "169.254.170.23",
    "fd00:ec2::254",
    "fd00:ec2::23",
];

/// The hosts that a provider trusts.
#[derive(Clone, Debug, Default)]
pub struct HostPolicy {
    suffixes: Vec<String>,
    hosts: Vec<String>,
    /// Addresses of this network, which may be asked without TLS.
    private: Vec<String>,
}

impl HostPolicy {
    /// Hosts below these domains, each written with its leading dot: `.amazonaws.com`.
    #[must_use]
    pub fn below(suffixes: &[&str]) -> Self {
        Self {
            suffixes: suffixes.iter().map(|suffix| (*suffix).to_owned()).collect(),
            ..Self::default()
        }
    }

    /// And this host, because the manifest names it.
    #[must_use]
    pub fn and_host(mut self, host: &str) -> Self {
        self.hosts.push(bare(host).to_ascii_lowercase());
        self
    }

    /// And this address of a private network or of the link, over http too: where a platform serves its own processes.
    /// `None` where the host is nothing of the kind.
    #[must_use]
    pub fn and_private_host(mut self, host: &str) -> Option<Self> {
        if !is_loopback(host) && !is_private(host) {
            return None;
        }
        self.private.push(bare(host).to_ascii_lowercase());
        Some(self)
    }

    /// Https to a trusted host; http only to this machine and to the metadata services, which speak nothing else.
    ///
    /// # Errors
    /// What forbids it.
    pub fn check(&self, uri: &Uri) -> Result<(), Fault> {
        let Some(host) = uri.host() else {
            return Err(Fault::Forbidden);
        };
        let host = bare(host).to_ascii_lowercase();
        if is_loopback(&host)
            || METADATA_HOSTS.contains(&host.as_str())
            || self.private.contains(&host)
        {
            return Ok(());
        }
        if uri.scheme() != Some(&Scheme::HTTPS) {
            return Err(Fault::Plain);
        }
        let is_below = |suffix: &String| host.ends_with(suffix.as_str());
        if self.suffixes.iter().any(is_below) || self.hosts.contains(&host) {
            return Ok(());
        }
        Err(Fault::Forbidden)
    }
}

/// Whether a host is this machine.
#[must_use]
pub fn is_loopback(host: &str) -> bool {
    let host = bare(host);
    host.eq_ignore_ascii_case("localhost")
        || host
            .parse::<IpAddr>()
            .is_ok_and(|address| address.to_canonical().is_loopback())
}

/// Whether a host is an address that is not routed beyond its network or link.
#[must_use]
pub fn is_private(host: &str) -> bool {
    match bare(host)
        .parse::<IpAddr>()
        .map(|address| address.to_canonical())
    {
        Ok(IpAddr::V4(address)) => address.is_private() || address.is_link_local(),
        Ok(IpAddr::V6(address)) => address.is_unique_local() || address.is_unicast_link_local(),
        Err(_) => false,
    }
}

/// An IPv6 address without its brackets.
pub(crate) fn bare(host: &str) -> &str {
    host.strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'))
        .unwrap_or(host)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(uri: &str) -> Result<(), Fault> {
        HostPolicy::below(&[".amazonaws.com"])
            .and_host("Vault.Example.ORG")
            .check(&uri.parse().unwrap())
    }

    #[test]
    fn only_a_vendors_own_hosts_are_trusted() {
        for uri in [
            "https://ssm.eu-west-1.amazonaws.com/",
            "https://SSM.eu-west-1.AMAZONAWS.com:443/x",
            "https://vault.example.org/",
            "http://127.0.0.1:5000/",
            "http://127.9.9.9/",
            "http://[::1]:5000/",
            "http://localhost:5000/",
            "http://169.254.169.254/latest",
            "http://[fd00:ec2::254]/latest",
        ] {
            assert_eq!(check(uri), Ok(()), "{uri}");
        }
        for uri in [
            "https://amazonaws.com.example.org/",
            "https://notamazonaws.com/",
            "https://ssm.amazonaws.com@example.org/",
            "https://example.org/",
            "https://localhost.example.org/",
            "https://169.254.169.253/",
        ] {
            assert_eq!(check(uri), Err(Fault::Forbidden), "{uri}");
        }
        assert_eq!(check("http://ssm.amazonaws.com/"), Err(Fault::Plain));
        assert_eq!(check("http://vault.example.org/"), Err(Fault::Plain));
    }

    #[test]
    fn a_platforms_own_address_is_asked_without_tls() {
        let of = |host: &str| HostPolicy::default().and_private_host(host);
        for host in [
            "169.254.129.2",
            "172.16.0.5",
            "10.0.0.1",
            "[fd00::1]",
            "localhost",
        ] {
            let policy = of(host).unwrap();
            let uri = format!("http://{host}:8081/msi/token").parse().unwrap();
            assert_eq!(policy.check(&uri), Ok(()), "{host}");
            assert!(policy.check(&"http://10.9.9.9/".parse().unwrap()).is_err());
        }
        for host in ["example.org", "8.8.8.8", "", "[2001:db8::1]"] {
            assert!(of(host).is_none(), "{host}");
        }
    }
}
