//! Just enough HTTP for a test to ask a server on this machine for a page.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

/// The status and the body of `GET http://ADDRESS/PATH`.
pub(crate) fn get(address: &str, path: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(address)
        .unwrap_or_else(|error| panic!("{address} does not answer: {error}"));
    stream
        .set_read_timeout(Some(Duration::from_mins(1)))
        .expect("a time limit");
    // Version 1.0 has the server close the connection after the body, which marks its end.
    write!(stream, "GET {path} HTTP/1.0\r\nHost: {address}\r\n\r\n").expect("a request");
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).expect("an answer");
    let answer = String::from_utf8_lossy(&answer).into_owned();
    let (head, body) = answer
        .split_once("\r\n\r\n")
        .unwrap_or_else(|| panic!("no HTTP answer: {answer}"));
    let status = head
        .split(' ')
        .nth(1)
        .and_then(|status| status.parse().ok());
    (
        status.unwrap_or_else(|| panic!("no HTTP status: {head}")),
        body.to_owned(),
    )
}
