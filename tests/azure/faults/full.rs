//! An address that takes no connection and refuses none, as one behind a firewall that drops what it does not know.

use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::os::fd::OwnedFd;
use std::time::Duration;

use rustix::net::{AddressFamily, SocketType, bind, getsockname, listen, socket};

/// A listener whose queue is full: Linux drops what more comes, and the client waits.
pub(crate) struct Full {
    address: SocketAddr,
    _listener: OwnedFd,
    _queue: Vec<TcpStream>,
}

impl Full {
    /// On a free port of this machine.
    pub(crate) fn start() -> Self {
        Self::at((Ipv4Addr::LOCALHOST, 0).into())
    }

    pub(crate) fn at(address: SocketAddr) -> Self {
        const SHORT: Duration = Duration::from_millis(300);
        let listener = socket(AddressFamily::INET, SocketType::STREAM, None).unwrap();
        bind(&listener, &address).unwrap();
        listen(&listener, 0).unwrap();
        let address = getsockname(&listener).unwrap().try_into().unwrap();
        // On one machine a connection is there at once, or never.
        let queue: Vec<TcpStream> =
            std::iter::from_fn(|| TcpStream::connect_timeout(&address, SHORT).ok())
                .take(16)
                .collect();
        assert!(queue.len() < 16, "{address} takes all connections");
        Self {
            address,
            _listener: listener,
            _queue: queue,
        }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }
}
