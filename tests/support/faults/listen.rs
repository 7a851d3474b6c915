//! A listener on a free port of 127.0.0.1 with a thread a connection, and bytes carried both ways between two sockets.

use std::io;
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use rustix::net::sockopt::set_socket_linger;

/// Listens until dropped. Connections that are open then go on until one side closes them.
pub(super) struct Listening {
    address: SocketAddr,
    over: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Listening {
    pub(super) fn start(serve: impl Fn(TcpStream) + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let address = listener.local_addr().expect("an address");
        let over = Arc::new(AtomicBool::new(false));
        let (is_over, serve) = (Arc::clone(&over), Arc::new(serve));
        let thread = thread::spawn(move || {
            for stream in listener.incoming() {
                if is_over.load(Ordering::SeqCst) {
                    return;
                }
                // A client that is gone before it was taken is none of the test's business.
                let Ok(stream) = stream else { continue };
                drop(stream.set_nodelay(true));
                let serve = Arc::clone(&serve);
                thread::spawn(move || serve(stream));
            }
        });
        Self {
            address,
            over,
            thread: Some(thread),
        }
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        self.over.store(true, Ordering::SeqCst);
        // Wakes the thread, which waits for a connection.
        drop(TcpStream::connect(self.address));
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}

/// Carries bytes both ways until both sides are done.
pub(super) fn carry(one: TcpStream, other: TcpStream) -> io::Result<()> {
    let (mut from_one, mut to_other) = (one.try_clone()?, other.try_clone()?);
    let forth = thread::spawn(move || {
        drop(io::copy(&mut from_one, &mut to_other));
        drop(to_other.shutdown(Shutdown::Write));
    });
    let (mut from_other, mut to_one) = (other, one);
    let came = io::copy(&mut from_other, &mut to_one);
    if came.is_err() {
        // The side that breaks takes the other along: reading ends at once, and what is dropped last is a reset.
        reset_when_closed(&to_one);
        drop(to_one.shutdown(Shutdown::Read));
    } else {
        drop(to_one.shutdown(Shutdown::Write));
    }
    drop(forth.join());
    came.map(|_| ())
}

/// Makes the end of the connection a reset (RST), as from a firewall or a server that crashes. It goes out with the last
/// handle.
pub(super) fn reset_when_closed(stream: &TcpStream) {
    set_socket_linger(stream, Some(Duration::ZERO)).expect("an option of a socket");
}
