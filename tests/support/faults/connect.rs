//! A forward proxy, as `HTTPS_PROXY` and `HTTP_PROXY` name it. Whatever host is asked for, one address answers.

use std::io::{BufReader, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::{Arc, Mutex};

use super::listen::{Listening, carry};
use super::wire;

/// What a client has asked the proxy for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Asked {
    /// `CONNECT`, or the method of a request in absolute form.
    pub(crate) method: String,
    /// `host:port` of a `CONNECT`, else the whole URL.
    pub(crate) target: String,
    /// The header `Proxy-Authorization`.
    pub(crate) authorization: Option<String>,
}

/// A running proxy; it ends when dropped.
pub(crate) struct Connect {
    listening: Listening,
    asked: Arc<Mutex<Vec<Asked>>>,
    refused: Arc<Mutex<Vec<String>>>,
}

impl Connect {
    /// A proxy whose every tunnel and every request ends at `destination`.
    pub(crate) fn start(destination: SocketAddr) -> Self {
        let asked = Arc::new(Mutex::new(Vec::new()));
        let refused = Arc::new(Mutex::new(Vec::new()));
        let (seen, closed) = (Arc::clone(&asked), Arc::clone(&refused));
        let listening = Listening::start(move |client| {
            // A connection that breaks is the client's to notice.
            drop(serve(client, destination, &seen, &closed));
        });
        Self {
            listening,
            asked,
            refused,
        }
    }

    /// A tunnel to this host is refused, with 502.
    #[must_use]
    pub(crate) fn refuse(self, host: &str) -> Self {
        self.refused.lock().unwrap().push(format!("{host}:443"));
        self
    }

    /// `http://127.0.0.1:PORT`, for `HTTPS_PROXY` and `HTTP_PROXY`.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.listening.address())
    }

    /// Everything that was asked for so far, in order.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    /// The hosts that tunnels were asked for, in order: `ssm.eu-west-1.amazonaws.com:443`.
    pub(crate) fn hosts(&self) -> Vec<String> {
        let tunnels = self.asked().into_iter();
        tunnels
            .filter(|asked| asked.method == "CONNECT")
            .map(|asked| asked.target)
            .collect()
    }
}

fn serve(
    client: TcpStream,
    destination: SocketAddr,
    seen: &Mutex<Vec<Asked>>,
    refused: &Mutex<Vec<String>>,
) -> std::io::Result<()> {
    let mut client = BufReader::new(client);
    while let Some(mut request) = wire::read_request(&mut client)? {
        seen.lock().unwrap().push(Asked {
            method: request.word(0).to_owned(),
            target: request.word(1).to_owned(),
            authorization: request.header("proxy-authorization").map(str::to_owned),
        });
        if request.word(0) == "CONNECT" {
            if refused
                .lock()
                .unwrap()
                .iter()
                .any(|host| host == request.word(1))
            {
                let refusal = b"HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\n\r\n";
                return client.get_mut().write_all(refusal);
            }
            let server = TcpStream::connect(destination)?;
            server.set_nodelay(true)?;
            // A client waits for this answer before it says more, so nothing is left in the buffer.
            client
                .get_mut()
                .write_all(b"HTTP/1.1 200 Connection established\r\n\r\n")?;
            return carry(client.into_inner(), server);
        }
        let closes = request.closes();
        request.first = in_origin_form(&request.first);
        request
            .headers
            .retain(|(name, _)| !name.eq_ignore_ascii_case("proxy-authorization"));
        let connection = if closes { "close" } else { "keep-alive" };
        wire::exchange(destination, &request)?.send(client.get_mut(), connection)?;
        if closes {
            break;
        }
    }
    Ok(())
}

/// `GET http://host/path HTTP/1.1` as a server wants it: `GET /path HTTP/1.1`.
fn in_origin_form(first: &str) -> String {
    let Some((method, rest)) = first.split_once(" http://") else {
        return first.to_owned();
    };
    let path = rest.find(['/', ' ']).map_or("", |start| &rest[start..]);
    let slash = if path.starts_with('/') { "" } else { "/" };
    format!("{method} {slash}{path}")
}
