//! Just enough HTTP/1.1 to stand between a client and a server: one message at a time, its body whole.

use std::io::{self, BufRead, Read as _, Write};
use std::net::{SocketAddr, TcpStream};

/// No request or answer of a test is larger; a broken length is to fail, not to fill the memory.
const MOST: usize = 64 << 20;

/// A request or an answer: the first line, the headers in order, the body without its transfer coding.
#[derive(Clone, Debug, Default)]
pub(crate) struct Message {
    pub(crate) first: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Message {
    /// The first value of a header, whatever the case of its name.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(have, _)| have.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    /// The words of the first line: method, target, version; or version, status, reason.
    pub(crate) fn word(&self, index: usize) -> &str {
        self.first.splitn(3, ' ').nth(index).unwrap_or_default()
    }

    fn lists(&self, header: &str, word: &str) -> bool {
        self.header(header).is_some_and(|value| {
            value
                .split(',')
                .any(|part| part.trim().eq_ignore_ascii_case(word))
        })
    }

    /// Whether its sender wants the connection closed after it.
    pub(crate) fn closes(&self) -> bool {
        self.lists("connection", "close") || self.first.contains("HTTP/1.0")
    }

    /// The bytes of the message with headers that concern this connection alone: a length, and `connection`.
    fn bytes(&self, connection: &str) -> Vec<u8> {
        const OWN: [&str; 5] = [
            "connection",
            "proxy-connection",
            "keep-alive",
            "transfer-encoding",
            "content-length",
        ];
        let mut bytes = format!("{}\r\n", self.first).into_bytes();
        for (name, value) in &self.headers {
            if !OWN.iter().any(|own| name.eq_ignore_ascii_case(own)) {
                bytes.extend(format!("{name}: {value}\r\n").bytes());
            }
        }
        let length = self.body.len();
        bytes.extend(
            format!("content-length: {length}\r\nconnection: {connection}\r\n\r\n").bytes(),
        );
        bytes.extend(&self.body);
        bytes
    }

    pub(crate) fn send(&self, to: &mut impl Write, connection: &str) -> io::Result<()> {
        to.write_all(&self.bytes(connection))?;
        to.flush()
    }
}

/// Reads a request; `None` when the client has closed the connection between two.
pub(crate) fn read_request(from: &mut impl BufRead) -> io::Result<Option<Message>> {
    let Some(mut request) = read_head(from)? else {
        return Ok(None);
    };
    request.body = match framing(&request)? {
        Framing::Chunked => read_chunks(from)?,
        Framing::Length(length) => read_exactly(from, length)?,
        Framing::ToTheEnd => Vec::new(),
    };
    Ok(Some(request))
}

/// Hands a request on over a connection of its own, and reads the whole answer.
pub(crate) fn exchange(to: SocketAddr, request: &Message) -> io::Result<Message> {
    let mut stream = TcpStream::connect(to)?;
    stream.set_nodelay(true)?;
    request.send(&mut stream, "close")?;
    let mut from = io::BufReader::new(stream);
    let mut answer = loop {
        let answer = read_head(&mut from)?.ok_or(io::ErrorKind::UnexpectedEof)?;
        // Interim answers, such as `100 Continue`, come before the one that counts.
        if !answer.word(1).starts_with('1') {
            break answer;
        }
    };
    let bodiless = request.word(0) == "HEAD" || ["204", "304"].contains(&answer.word(1));
    if !bodiless {
        answer.body = match framing(&answer)? {
            Framing::Chunked => read_chunks(&mut from)?,
            Framing::Length(length) => read_exactly(&mut from, length)?,
            Framing::ToTheEnd => {
                let mut body = Vec::new();
                from.read_to_end(&mut body)?;
                body
            }
        };
    }
    Ok(answer)
}

enum Framing {
    Chunked,
    Length(usize),
    ToTheEnd,
}

fn framing(message: &Message) -> io::Result<Framing> {
    if message.lists("transfer-encoding", "chunked") {
        return Ok(Framing::Chunked);
    }
    match message.header("content-length") {
        None => Ok(Framing::ToTheEnd),
        Some(length) => Ok(Framing::Length(length.trim().parse().map_err(invalid)?)),
    }
}

fn read_head(from: &mut impl BufRead) -> io::Result<Option<Message>> {
    let first = read_line(from)?;
    if first.is_empty() {
        return Ok(None);
    }
    let mut message = Message {
        first,
        ..Message::default()
    };
    loop {
        let line = read_line(from)?;
        if line.is_empty() {
            return Ok(Some(message));
        }
        let (name, value) = line
            .split_once(':')
            .ok_or_else(|| invalid("a header without a colon"))?;
        message
            .headers
            .push((name.to_owned(), value.trim().to_owned()));
    }
}

fn read_line(from: &mut impl BufRead) -> io::Result<String> {
    let mut line = Vec::new();
    from.by_ref().take(64 << 10).read_until(b'\n', &mut line)?;
    let line = String::from_utf8(line).map_err(invalid)?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}

fn read_exactly(from: &mut impl BufRead, length: usize) -> io::Result<Vec<u8>> {
    if length > MOST {
        return Err(invalid("a body larger than any of these tests"));
    }
    let mut body = vec![0; length];
    from.read_exact(&mut body)?;
    Ok(body)
}

fn read_chunks(from: &mut impl BufRead) -> io::Result<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let line = read_line(from)?;
        let size = line.split(';').next().unwrap_or_default().trim();
        let size = usize::from_str_radix(size, 16).map_err(invalid)?;
        if size == 0 {
            // Trailers, then an empty line.
            while !read_line(from)?.is_empty() {}
            return Ok(body);
        }
        body.extend(read_exactly(from, size)?);
        if body.len() > MOST {
            return Err(invalid("a body larger than any of these tests"));
        }
        read_line(from)?;
    }
}

fn invalid(why: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, why)
}
