//! A stream that listens to the login: which proof the server asks for, and that a password is not sent in clear text to
//! nobody knows whom. <https://www.postgresql.org/docs/18/protocol-message-formats.html>

use std::{
    future::{self, Ready},
    io,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, ready},
};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_postgres::tls::{ChannelBinding, TlsConnect, TlsStream};

use super::settings::Allowed;
use crate::check::server::{Class, Refusal, socket::Stream};

/// Messages before the end of a login are small.
const LONGEST: usize = 64 << 10;

/// More rounds of hashing than anyone has set, and a second of work.
const MOST_ROUNDS: u32 = 2_000_000;

/// What the server asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Request {
    /// Nothing: trusted, or known by its certificate or its user.
    Nothing,
    Cleartext,
    Md5,
    /// With binding to the channel, where that is among what it offers.
    Scram {
        is_bound: bool,
    },
    /// By its number.
    Other(u32),
}

/// What was heard of a login.
#[derive(Debug, Default)]
pub(super) struct Heard {
    pub(super) request: Option<Request>,
    /// Why the stream has ended it.
    pub(super) refusal: Option<Refusal>,
}

/// Shared between the stream, which is given away, and whoever asks later.
pub(super) type Ear = Arc<Mutex<Heard>>;

pub(super) fn heard(ear: &Ear) -> MutexGuard<'_, Heard> {
    ear.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The stream of one login.
pub(super) struct Watched {
    stream: Stream,
    /// What is held back until a message is whole.
    held: Vec<u8>,
    /// A message that may be read, and how much of it has been.
    judged: Vec<u8>,
    at: usize,
    is_over: bool,
    may_be_clear: bool,
    allowed: Allowed,
    end_point: Option<Vec<u8>>,
    ear: Ear,
}

impl Watched {
    /// `may_be_clear` where the server was verified.
    pub(super) fn new(
        stream: Stream,
        may_be_clear: bool,
        allowed: Allowed,
        end_point: Option<Vec<u8>>,
    ) -> Self {
        Self {
            stream,
            held: Vec::new(),
            judged: Vec::new(),
            at: 0,
            is_over: false,
            may_be_clear,
            allowed,
            end_point,
            ear: Ear::default(),
        }
    }

    pub(super) fn ear(&self) -> Ear {
        Arc::clone(&self.ear)
    }

    /// How long the message is that begins here, with its type.
    fn length(&self) -> io::Result<Option<usize>> {
        let Some(length) = self.held.get(1..5) else {
            return Ok(None);
        };
        let length = u32::from_be_bytes([length[0], length[1], length[2], length[3]]) as usize;
        if !(4..=LONGEST).contains(&length) {
            return Err(io::ErrorKind::InvalidData.into());
        }
        Ok(Some(length + 1))
    }

    /// Looks at a whole message.
    fn judge(&mut self, message: &[u8]) -> io::Result<()> {
        match (message[0], &message[5..]) {
            (b'R', [a, b, c, d, data @ ..]) => {
                let code = u32::from_be_bytes([*a, *b, *c, *d]);
                self.judge_request(code, data)
            }
            (b'E', _) => {
                self.is_over = true;
                Ok(())
            }
            // Notices, and which version of the protocol it knows.
            (b'N' | b'v', _) => Ok(()),
            _ => Err(io::ErrorKind::InvalidData.into()),
        }
    }

    fn judge_request(&mut self, code: u32, data: &[u8]) -> io::Result<()> {
        let request = match code {
            0 => {
                self.is_over = true;
                let mut heard = heard(&self.ear);
                if heard.request.is_some() {
                    return Ok(());
                }
                heard.request = Some(Request::Nothing);
                drop(heard);
                return self.allow("none");
            }
            // SASL goes on: how often the password is to be hashed.
            11 => return self.check_rounds(data),
            12 => return Ok(()),
            3 => Request::Cleartext,
            5 => Request::Md5,
            10 => Request::Scram {
                is_bound: self.end_point.is_some()
                    && names(data).any(|name| name == b"SCRAM-SHA-256-PLUS"),
            },
            other => Request::Other(other),
        };
        heard(&self.ear).request.get_or_insert(request);
        match request {
            Request::Cleartext => {
                self.allow("password")?;
                if self.may_be_clear {
                    return Ok(());
                }
                self.refuse(Refusal::new(
                    Class::Cleartext,
                    "the server asks for the password in clear text, and nothing has made sure who it is: it was not sent",
                ))
            }
            Request::Md5 => self.allow("md5"),
            Request::Scram { .. } => self.allow("scram-sha-256"),
            Request::Nothing | Request::Other(_) => Ok(()),
        }
    }

    fn allow(&self, method: &str) -> io::Result<()> {
        if self.allowed.has(method) {
            return Ok(());
        }
        let what = format!("the server asks for `{method}`, which `require_auth` does not allow");
        self.refuse(Refusal::new(Class::Cleartext, what))
    }

    fn check_rounds(&self, data: &[u8]) -> io::Result<()> {
        let text = String::from_utf8_lossy(data);
        let rounds = text.split(',').find_map(|part| part.strip_prefix("i="));
        let rounds = rounds
            .and_then(|rounds| rounds.parse::<u32>().ok())
            .unwrap_or(u32::MAX);
        if rounds <= MOST_ROUNDS {
            return Ok(());
        }
        self.refuse(Refusal::new(
            Class::Protocol,
            "the server asks for more hashing than is reasonable",
        ))
    }

    fn refuse(&self, refusal: Refusal) -> io::Result<()> {
        heard(&self.ear).refusal = Some(refusal);
        Err(io::ErrorKind::PermissionDenied.into())
    }

    /// Reads until a whole message is there.
    fn poll_message(&mut self, context: &mut Context<'_>) -> Poll<io::Result<bool>> {
        loop {
            let wanted = match self.length()? {
                None => 5,
                Some(length) if length == self.held.len() => {
                    let message = std::mem::take(&mut self.held);
                    self.judge(&message)?;
                    self.judged = message;
                    self.at = 0;
                    return Poll::Ready(Ok(true));
                }
                Some(length) => length,
            };
            let mut bytes = [0; 1024];
            let room = (wanted - self.held.len()).min(bytes.len());
            let mut buffer = ReadBuf::new(&mut bytes[..room]);
            ready!(Pin::new(&mut self.stream).poll_read(context, &mut buffer))?;
            if buffer.filled().is_empty() {
                return Poll::Ready(Ok(false));
            }
            self.held.extend_from_slice(buffer.filled());
        }
    }
}

/// The mechanisms that SASL offers.
fn names(data: &[u8]) -> impl Iterator<Item = &[u8]> {
    data.split(|byte| *byte == 0)
        .filter(|name| !name.is_empty())
}

impl AsyncRead for Watched {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        if this.at == this.judged.len() {
            if this.is_over {
                return Pin::new(&mut this.stream).poll_read(context, buffer);
            }
            if !ready!(this.poll_message(context))? {
                return Poll::Ready(Ok(()));
            }
        }
        let left = &this.judged[this.at..];
        let count = left.len().min(buffer.remaining());
        buffer.put_slice(&left[..count]);
        this.at += count;
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Watched {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

/// Whatever TLS there is has been made before the client gets the stream: it is told so, and is given what binds the login
/// to the channel.
impl TlsStream for Watched {
    fn channel_binding(&self) -> ChannelBinding {
        match &self.end_point {
            Some(end_point) => ChannelBinding::tls_server_end_point(end_point.clone()),
            None => ChannelBinding::none(),
        }
    }
}

/// The making of TLS that was made.
pub(super) struct Made;

impl TlsConnect<Watched> for Made {
    type Stream = Watched;
    type Error = io::Error;
    type Future = Ready<io::Result<Watched>>;

    fn connect(self, stream: Watched) -> Self::Future {
        future::ready(Ok(stream))
    }
}
