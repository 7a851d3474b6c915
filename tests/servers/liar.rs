//! A server that says what a test has it say.

use std::{
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
};

use rcgen::{CertificateParams, DistinguishedName, KeyPair};
use rustls::{ServerConfig, ServerConnection, StreamOwned, pki_types::PrivatePkcs8KeyDer};
use tempfile::NamedTempFile;

/// Everything that clients have sent.
pub(crate) type Seen = Arc<Mutex<Vec<u8>>>;

/// A connection whose bytes are written down.
pub(crate) struct Line {
    stream: Stream,
    seen: Seen,
}

enum Stream {
    Plain(TcpStream),
    Tls(Box<StreamOwned<ServerConnection, TcpStream>>),
    Gone,
}

impl Stream {
    fn both(&mut self) -> Option<&mut dyn Both> {
        match self {
            Self::Plain(stream) => Some(stream),
            Self::Tls(stream) => Some(stream),
            Self::Gone => None,
        }
    }
}

trait Both: Read + Write {}

impl<T: Read + Write> Both for T {}

impl Line {
    /// Sends bytes; whoever has gone away is not told.
    pub(crate) fn say(&mut self, bytes: &[u8]) -> bool {
        let Some(stream) = self.stream.both() else {
            return false;
        };
        stream
            .write_all(bytes)
            .and_then(|()| stream.flush())
            .is_ok()
    }

    /// Exactly so many bytes; nothing where the client has gone away.
    pub(crate) fn hear(&mut self, count: usize) -> Option<Vec<u8>> {
        let mut bytes = vec![0; count];
        self.stream.both()?.read_exact(&mut bytes).ok()?;
        self.seen.lock().unwrap().extend_from_slice(&bytes);
        Some(bytes)
    }

    /// Whatever comes until the client goes away.
    pub(crate) fn hear_out(&mut self) {
        let mut bytes = Vec::new();
        if let Some(stream) = self.stream.both() {
            let _ = stream.read_to_end(&mut bytes);
        }
        self.seen.lock().unwrap().extend_from_slice(&bytes);
    }

    /// Speaks TLS from here on.
    pub(crate) fn secure(&mut self, configuration: &Arc<ServerConfig>) {
        if let Stream::Plain(stream) = std::mem::replace(&mut self.stream, Stream::Gone) {
            let session = ServerConnection::new(Arc::clone(configuration)).unwrap();
            self.stream = Stream::Tls(Box::new(StreamOwned::new(session, stream)));
        }
    }
}

/// Listens on a port of its own for as long as the tests run.
pub(crate) fn liar(answer: impl Fn(&mut Line) + Send + Sync + 'static) -> (u16, Seen) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    let seen = Seen::default();
    let kept = Arc::clone(&seen);
    let answer = Arc::new(answer);
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let (answer, seen) = (Arc::clone(&answer), Arc::clone(&kept));
            thread::spawn(move || {
                let stream = Stream::Plain(stream);
                answer(&mut Line { stream, seen });
            });
        }
    });
    (port, seen)
}

/// Whether the bytes have this in them.
pub(crate) fn has(seen: &Seen, part: &str) -> bool {
    let seen = seen.lock().unwrap();
    seen.windows(part.len())
        .any(|window| window == part.as_bytes())
}

/// A certificate for these names, with no common name.
pub(crate) fn named(names: &[&str]) -> CertificateParams {
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let mut wanted = CertificateParams::new(names).unwrap();
    wanted.distinguished_name = DistinguishedName::new();
    wanted
}

/// What a server needs for TLS with such a certificate, and that as PEM, which is its own authority.
pub(crate) fn certificate_of(wanted: &CertificateParams) -> (Arc<ServerConfig>, NamedTempFile) {
    let key = KeyPair::generate().unwrap();
    let certificate = wanted.self_signed(&key).unwrap();
    let file = NamedTempFile::new().unwrap();
    std::fs::write(file.path(), certificate.pem()).unwrap();
    let key = PrivatePkcs8KeyDer::from(key.serialize_der());
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let configuration = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key.into())
        .unwrap();
    (Arc::new(configuration), file)
}
