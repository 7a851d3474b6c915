//! Ways to a server: a socket of this machine, a network, TLS over it. What comes back is counted, for a server may send
//! without end.

use std::{
    io,
    net::SocketAddr,
    path::Path,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpStream, UnixStream, lookup_host},
};
use tokio_rustls::client::TlsStream;

use super::{Class, Refusal, refusal::Stop};

/// More than everything that is asked for could be.
const MOST: usize = 16 << 20;

/// An open way to a server.
pub(super) struct Stream {
    way: Way,
    left: usize,
}

enum Way {
    Network(TcpStream),
    Socket(UnixStream),
    Tls(Box<TlsStream<TcpStream>>),
}

impl Stream {
    pub(super) fn network(stream: TcpStream) -> Self {
        Self::new(Way::Network(stream))
    }

    pub(super) fn tls(stream: TlsStream<TcpStream>) -> Self {
        Self::new(Way::Tls(Box::new(stream)))
    }

    /// Opens a socket of this machine.
    pub(super) async fn socket(path: &Path) -> Result<Self, Stop> {
        match UnixStream::connect(path).await {
            Ok(stream) => Ok(Self::new(Way::Socket(stream))),
            Err(error) => Err(unreachable(&error, "the socket")),
        }
    }

    fn new(way: Way) -> Self {
        Self { way, left: MOST }
    }
}

/// Every address of a host.
pub(super) async fn resolve(host: &str, port: u16) -> Result<Vec<SocketAddr>, Stop> {
    let unknown = || Refusal::new(Class::Host, "the name of the server is not known");
    let found: Vec<SocketAddr> = lookup_host((host, port))
        .await
        .map_err(|_| unknown())?
        .collect();
    if found.is_empty() {
        return Err(unknown().into());
    }
    Ok(found)
}

/// Connects to the first address that answers, each within its time.
pub(super) async fn connect(
    addresses: &[SocketAddr],
    within: Option<Duration>,
) -> Result<(TcpStream, SocketAddr), Stop> {
    let mut last = None;
    for address in addresses {
        let connecting = TcpStream::connect(address);
        let connected = match within {
            Some(within) => tokio::time::timeout(within, connecting)
                .await
                .unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into())),
            None => connecting.await,
        };
        match connected {
            Ok(stream) => {
                // Without it, each small question waits for the answer to the one before.
                let _ = stream.set_nodelay(true);
                return Ok((stream, *address));
            }
            Err(error) => last = Some(error),
        }
    }
    let error = last.unwrap_or_else(|| io::ErrorKind::NotFound.into());
    Err(unreachable(&error, "the server"))
}

fn unreachable(error: &io::Error, what: &str) -> Stop {
    match error.kind() {
        io::ErrorKind::TimedOut => {
            Refusal::new(Class::Time, format!("{what} has not answered in time"))
        }
        io::ErrorKind::ConnectionRefused => {
            Refusal::new(Class::Connection, format!("{what} refuses connections"))
        }
        io::ErrorKind::NotFound => Refusal::new(Class::Connection, format!("{what} is not there")),
        io::ErrorKind::PermissionDenied => Refusal::new(
            Class::Connection,
            format!("{what} must not be opened by this user"),
        ),
        _ => Refusal::new(Class::Connection, format!("{what} cannot be reached")),
    }
    .into()
}

impl AsyncRead for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        ready!(match &mut self.way {
            Way::Network(stream) => Pin::new(stream).poll_read(context, buffer),
            Way::Socket(stream) => Pin::new(stream).poll_read(context, buffer),
            Way::Tls(stream) => Pin::new(stream).poll_read(context, buffer),
        })?;
        let more = buffer.filled().len() - before;
        match self.left.checked_sub(more) {
            Some(left) => self.left = left,
            None => return Poll::Ready(Err(io::ErrorKind::InvalidData.into())),
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match &mut self.way {
            Way::Network(stream) => Pin::new(stream).poll_write(context, bytes),
            Way::Socket(stream) => Pin::new(stream).poll_write(context, bytes),
            Way::Tls(stream) => Pin::new(stream).poll_write(context, bytes),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.way {
            Way::Network(stream) => Pin::new(stream).poll_flush(context),
            Way::Socket(stream) => Pin::new(stream).poll_flush(context),
            Way::Tls(stream) => Pin::new(stream).poll_flush(context),
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.way {
            Way::Network(stream) => Pin::new(stream).poll_shutdown(context),
            Way::Socket(stream) => Pin::new(stream).poll_shutdown(context),
            Way::Tls(stream) => Pin::new(stream).poll_shutdown(context),
        }
    }
}
