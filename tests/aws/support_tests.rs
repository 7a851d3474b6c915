//! The support itself: what stands between a test and the truth is judged first, by boto3, by Python's `ssl`, and by
//! plain sockets.

mod faults;
mod moto;
mod proxies;
mod rules;

use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// A connection that sends requests as the AWS SDKs do and reads what comes, without any code of the support.
struct Client {
    stream: BufReader<TcpStream>,
}

impl Client {
    fn connect(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream
            .set_read_timeout(Some(Duration::from_secs(20)))
            .unwrap();
        Self {
            stream: BufReader::new(stream),
        }
    }

    fn limit(&self, limit: Duration) {
        self.stream.get_ref().set_read_timeout(Some(limit)).unwrap();
    }

    fn send(&mut self, operation: &str, body: &str) -> io::Result<()> {
        let length = body.len();
        let request = format!(
            "POST / HTTP/1.1\r\nHost: ssm.example\r\nX-Amz-Target: AmazonSSM.{operation}\r\nContent-Length: {length}\r\n\r\n{body}"
        );
        self.stream.get_mut().write_all(request.as_bytes())
    }

    /// The status, the head and as much body as the head announces.
    fn answer(&mut self) -> io::Result<(u16, String, Vec<u8>)> {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if self.stream.read_line(&mut head)? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        let status = head[9..12].parse().map_err(io::Error::other)?;
        let length = head
            .lines()
            .find_map(|line| line.strip_prefix("content-length: "));
        let length: u64 = length.unwrap().parse().unwrap();
        let mut body = Vec::new();
        self.stream.by_ref().take(length).read_to_end(&mut body)?;
        Ok((status, head, body))
    }

    fn ask(&mut self, operation: &str, body: &str) -> io::Result<(u16, String, Vec<u8>)> {
        self.send(operation, body)?;
        self.answer()
    }

    /// The status of the answer alone.
    fn status(&mut self, operation: &str, body: &str) -> u16 {
        self.ask(operation, body).unwrap().0
    }

    /// Asks a proxy for a tunnel; what is sent from now on goes through it.
    fn tunnel(&mut self, target: &str) {
        let request = format!("CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n\r\n");
        self.stream.get_mut().write_all(request.as_bytes()).unwrap();
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            assert_ne!(self.stream.read_line(&mut head).unwrap(), 0);
        }
        assert!(head.starts_with("HTTP/1.1 200 "), "{head}");
    }

    /// Everything that comes until the connection is closed.
    fn rest(&mut self) -> io::Result<Vec<u8>> {
        let mut rest = Vec::new();
        self.stream.read_to_end(&mut rest).map(|_| rest)
    }
}
