//! How a fake cloud is started.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use tokio_rustls::TlsAcceptor;

use crate::cloud::{FakeCloud, Ports};
use crate::server::{Server, Speaks, bind};
use crate::world::Shared;
use crate::{certificates, random};

/// What a cloud is to be like from the start.
#[derive(Clone, Debug, Default)]
pub struct Builder {
    hosts: Vec<String>,
    more: Vec<SocketAddr>,
    proxy: Option<SocketAddr>,
    latency: Duration,
}

impl Builder {
    /// Adds a name to the server's certificate.
    #[must_use]
    pub fn host(mut self, host: &str) -> Self {
        self.hosts.push(host.to_owned());
        self
    }

    /// Listens for plain http here as well, such as at `169.254.169.254:80` within a network namespace.
    #[must_use]
    pub fn listen_on(mut self, address: SocketAddr) -> Self {
        self.more.push(address);
        self
    }

    /// Puts the proxy at this address instead of a free port.
    #[must_use]
    pub fn proxy_on(mut self, address: SocketAddr) -> Self {
        self.proxy = Some(address);
        self
    }

    /// How long every answer takes.
    #[must_use]
    pub fn latency(mut self, latency: Duration) -> Self {
        self.latency = latency;
        self
    }

    /// Starts it.
    ///
    /// # Errors
    ///
    /// An address is taken, a name cannot stand in a certificate, or the temporary directory cannot be written.
    pub fn start(self) -> io::Result<FakeCloud> {
        let directory = tempfile::tempdir()?;
        let (authority, config) = certificates::server(&self.hosts)?;
        std::fs::write(directory.path().join("ca.pem"), authority)?;

        let free = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let (plain, http) = bind(free)?;
        let (secure, https) = bind(free)?;
        let (tunnels, proxy) = bind(self.proxy.unwrap_or(free))?;
        let mut ports = vec![
            (plain, Speaks::Http),
            (secure, Speaks::Https),
            (tunnels, Speaks::Proxy),
        ];
        for address in self.more {
            ports.push((bind(address)?.0, Speaks::Http));
        }
        let shared = Arc::new(Shared::new()?);
        let server = Server::start(
            Arc::clone(&shared),
            ports,
            TlsAcceptor::from(Arc::new(config)),
        )?;
        let cloud = FakeCloud {
            shared,
            ports: Ports { http, https, proxy },
            directory,
            secret: random::hex::<20>(),
            _server: server,
        };
        cloud.settle()?;
        cloud.latency(self.latency);
        Ok(cloud)
    }
}
