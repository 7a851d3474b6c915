//! The answers that are made up, each as whoever would really send it.

use std::io::{self, Write};
use std::net::TcpStream;

use super::wire::Message;
use super::{BODY_MARKER, Then};

/// In which form the client expects an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Protocol {
    /// AWS JSON: Parameter Store, Secrets Manager.
    Json,
    /// AWS Query, whose answers are XML: STS.
    Query,
}

/// Sends what the test's script says. Whether the connection can take another request.
pub(super) fn send(stream: &mut TcpStream, then: &Then, protocol: Protocol) -> io::Result<bool> {
    match then {
        Then::Pass | Then::Reset | Then::BlackHole => unreachable!("no answer is made up for it"),
        Then::Status {
            code,
            error,
            headers,
        } => {
            let mut answer = status(*code, error.as_deref(), protocol);
            answer.headers.extend(headers.iter().cloned());
            answer.send(stream, "keep-alive")?;
            Ok(true)
        }
        Then::Answer(body) => {
            let kind = match protocol {
                Protocol::Json => "application/x-amz-json-1.1",
                Protocol::Query => "text/xml",
            };
            message(200, kind, body.clone()).send(stream, "keep-alive")?;
            Ok(true)
        }
        Then::Html { code } => {
            let page = format!(
                "<!DOCTYPE html><html><head><title>Sign in</title></head><body>{BODY_MARKER}</body></html>"
            );
            message(*code, "text/html; charset=utf-8", page).send(stream, "keep-alive")?;
            Ok(true)
        }
        Then::HugeBody { bytes, chunked } => huge(stream, *bytes, *chunked).map(|()| true),
        Then::Truncated => {
            let part =
                format!(r#"{{"Parameters":[{{"Name":"{BODY_MARKER}","Value":"{BODY_MARKER}"#);
            let announced = part.len() + 500;
            write!(
                stream,
                "HTTP/1.1 200 OK\r\ncontent-type: application/x-amz-json-1.1\r\ncontent-length: {announced}\r\n\r\n{part}"
            )?;
            Ok(false)
        }
        Then::Garbage => {
            write!(stream, "\u{1}\u{2}{BODY_MARKER}\r\n\r\n")?;
            Ok(false)
        }
    }
}

fn status(code: u16, error: Option<&str>, protocol: Protocol) -> Message {
    let Some(error) = error else {
        return message(code, "text/plain", BODY_MARKER.to_owned());
    };
    match protocol {
        Protocol::Json => message(
            code,
            "application/x-amz-json-1.1",
            serde_json::json!({ "__type": error, "message": BODY_MARKER }).to_string(),
        ),
        Protocol::Query => {
            let side = if code < 500 { "Sender" } else { "Receiver" };
            let body = format!(
                "<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><Error><Type>{side}</Type>\
                 <Code>{error}</Code><Message>{BODY_MARKER}</Message></Error>\
                 <RequestId>00000000-0000-4000-8000-000000000000</RequestId></ErrorResponse>"
            );
            message(code, "text/xml", body)
        }
    }
}

fn message(code: u16, kind: &str, body: String) -> Message {
    Message {
        first: format!("HTTP/1.1 {code} Made up"),
        headers: vec![
            ("content-type".to_owned(), kind.to_owned()),
            (
                "x-amzn-requestid".to_owned(),
                "00000000-0000-4000-8000-000000000000".to_owned(),
            ),
        ],
        body: body.into_bytes(),
    }
}

/// An answer that a client without a limit of its own would take: an empty list, and a member nobody knows.
fn huge(stream: &mut TcpStream, bytes: usize, chunked: bool) -> io::Result<()> {
    const HEAD: &[u8] = br#"{"Parameters":[],"SecretValues":[],"Filler":""#;
    const TAIL: &[u8] = br#""}"#;
    let framing = if chunked {
        "transfer-encoding: chunked".to_owned()
    } else {
        format!("content-length: {bytes}")
    };
    write!(
        stream,
        "HTTP/1.1 200 OK\r\ncontent-type: application/x-amz-json-1.1\r\n{framing}\r\n\r\n"
    )?;
    let mut part = |part: &[u8]| {
        if chunked {
            write!(stream, "{:x}\r\n", part.len())?;
        }
        stream.write_all(part)?;
        stream.write_all(if chunked { b"\r\n" } else { b"" })
    };
    part(HEAD)?;
    let filler = BODY_MARKER.repeat(4096);
    let mut left = bytes
        .checked_sub(HEAD.len() + TAIL.len())
        .expect("a huge body of 64 bytes or more");
    while left > 0 {
        let length = left.min(filler.len());
        part(&filler.as_bytes()[..length])?;
        left -= length;
    }
    part(TAIL)?;
    if chunked {
        stream.write_all(b"0\r\n\r\n")?;
    }
    Ok(())
}
