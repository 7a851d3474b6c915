//! A server that answers one byte at a time, for as long as anybody listens.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

/// Starts it, for the rest of the process.
pub(super) fn start() -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            thread::spawn(move || drip(stream));
        }
    });
    address
}

fn drip(stream: TcpStream) {
    let mut stream = BufReader::new(stream);
    let mut line = String::from("-");
    while !line.trim().is_empty() {
        line.clear();
        // A client that goes away is its own business.
        if !matches!(stream.read_line(&mut line), Ok(1..)) {
            return;
        }
    }
    let head =
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 100000\r\n\r\n{";
    let mut stream = stream.into_inner();
    if stream.write_all(head.as_bytes()).is_err() {
        return;
    }
    while stream.write_all(b" ").is_ok() {
        thread::sleep(Duration::from_millis(50));
    }
}
